"""Fixtures: servers with a folder and a file of their own, and people on them."""

import os

import pytest

import stores
from client import PASSWORD, Client, fresh_name
from process import SANITIZED, Server, make_user
from stores.names import Names

ADMIN = "root"
ADMIN_PASSWORD = "Quartz-lantern 42 field"
LOG_LINES_SHOWN = 40


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "concurrency: many clients at once; also run under the thread sanitizer"
    )
    config.addinivalue_line("markers", "store(name, …): is about these stores alone")
    config.addinivalue_line(
        "markers", "once: about no store and no memory; on SQLite, without sanitizers"
    )
    config.addinivalue_line("markers", "long: takes minutes; only with LATCHKEY_TEST_LONG=1")


def pytest_collection_modifyitems(config, items):
    """Tests that are about another store, too long, or made once elsewhere are not of this run, and
    counted as deselected."""
    checks = (_is_of_this_store, _is_of_this_build, _is_short_enough)
    other = [item for item in items if not all(check(item) for check in checks)]
    if other:
        items[:] = [item for item in items if item not in set(other)]
        config.hook.pytest_deselected(items=other)


def _is_of_this_store(item):
    marks = list(item.iter_markers("store"))
    return all(stores.kind() in mark.args for mark in marks)


def _is_of_this_build(item):
    is_the_one = stores.kind() == "sqlite" and not SANITIZED
    return is_the_one or item.get_closest_marker("once") is None


def _is_short_enough(item):
    return os.environ.get("LATCHKEY_TEST_LONG") == "1" or item.get_closest_marker("long") is None


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the end of the log of its servers."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for value in getattr(item, "funcargs", {}).values():
            for server in getattr(value, "servers", [value]):
                if isinstance(server, Server):
                    text = "\n".join(server.lines[-LOG_LINES_SHOWN:])
                    report.sections.append(("log of the server", text))


def pytest_terminal_summary(terminalreporter):
    """What tests have measured, good or bad, stands at the end of the output."""
    reports = [r for kind in ("passed", "failed") for r in terminalreporter.stats.get(kind, [])]
    lines = [
        f"{report.nodeid.rpartition('/')[2]}: {text}"
        for report in reports
        for name, text in getattr(report, "user_properties", [])
        if name == "measured" and report.when == "call"
    ]
    if lines:
        terminalreporter.section("measured")
        terminalreporter.write_line("\n".join(sorted(lines)))


@pytest.fixture
def measured(record_property):
    """Notes a measure to be shown at the end: measured("log-out", 0.031)."""

    def note(what, seconds):
        record_property("measured", f"{what}: {seconds * 1000:.0f} ms")

    return note


class Starter:
    """Starts servers and ends all of them; calling it starts one."""

    def __init__(self, tmp_path_factory):
        self._folders = tmp_path_factory
        self.servers = []

    def folder(self):
        return self._folders.mktemp("server")

    def __call__(self, folder=None, admin=False, **more):
        server = Server(folder or self.folder(), **more)
        self.servers.append(server)
        if admin:
            make_user(server, ADMIN, ADMIN_PASSWORD, email="root@example.com", role="admin")
        return server

    def second(self, server, **options):
        """Another process on the same database."""
        return self(folder=server.folder, database=server.database, options=options)

    def stop(self):
        """Ends all; the first that did not end well is the error."""
        failures = []
        for server in reversed(self.servers):
            try:
                server.stop()
            except AssertionError as error:
                failures.append(error)
        for server in self.servers:
            stores.drop_below(server.folder)
        if failures:
            raise failures[0]


@pytest.fixture
def start(tmp_path_factory):
    """Starts servers for one test: start(options={"SIGNUP": "closed"}, admin=True)."""
    starter = Starter(tmp_path_factory)
    yield starter
    starter.stop()


@pytest.fixture(scope="module")
def start_module(tmp_path_factory):
    """The same for all tests of a file."""
    starter = Starter(tmp_path_factory)
    yield starter
    starter.stop()


@pytest.fixture(scope="module")
def server(request, start_module):
    """One server for the tests of a file, with an admin. A file's OPTIONS are its options."""
    options = getattr(request.module, "OPTIONS", {})
    return start_module(options=options, admin=True)


@pytest.fixture(scope="module")
def admin_grant(server):
    return Client(server).login(ADMIN, ADMIN_PASSWORD)


@pytest.fixture
def admin(server, admin_grant):
    """A client of the admin, in a session that all tests of the file share."""
    client = Client(server, admin_grant.token)
    client.user = admin_grant.user
    yield client
    client.close()


@pytest.fixture
def delegate(server, admin):
    """Makes a client of somebody new who holds `user` and one more role, with these permissions."""

    def make(*permissions):
        client = Client(server).signup(fresh_name("delegate"))
        role = {"name": fresh_name("role"), "permissions": list(permissions)}
        admin.post("/v1/roles", role).expect(201)
        roles = {"roles": ["user", role["name"]]}
        admin.put(f"/v1/users/{client.user['id']}/roles", roles).expect(200)
        return client

    return make


SESSION_ENDS = ("logout", "global", "disable", "delete", "password")


def end_session(how, client, admin):
    """Ends the client's session in one of SESSION_ENDS, by themselves or by the admin."""
    path = f"/v1/users/{client.user['id']}"
    acts = {
        "logout": lambda: client.post("/v1/auth/logout").expect(204),
        "global": lambda: client.post("/v1/auth/logout?scope=global").expect(204),
        "disable": lambda: admin.patch(path, {"status": "disabled"}).expect(200),
        "delete": lambda: admin.delete(path).expect(204),
        "password": lambda: admin.patch(path, {"password": "new Orbit velvet 88"}).expect(200),
    }
    acts[how]()


@pytest.fixture
def anyone(server):
    """A client without a token."""
    client = Client(server)
    yield client
    client.close()


@pytest.fixture
def person(server):
    """A client of somebody new, with the password PASSWORD."""
    client = Client(server).signup(fresh_name(), PASSWORD)
    yield client
    client.close()


@pytest.fixture(scope="module")
def shared_person(server):
    """Somebody for tests that change nothing of theirs."""
    return Client(server).signup(fresh_name("shared"), PASSWORD)


@pytest.fixture
def names(tmp_path):
    """Names of hosts, for a server that is started with names.within."""
    names = Names(tmp_path)
    reason = names.why_not()
    if reason:
        pytest.skip(f"no process can have names of its own: {reason}")
    return names


@pytest.fixture
def login_as_admin():
    """Logs the admin of any server in."""

    def login(server):
        return Client(server).login(ADMIN, ADMIN_PASSWORD)

    return login
