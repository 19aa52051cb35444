"""The store cannot be reached: 503, never 401, and nothing is lost or counted (E13, R05)."""

import re
import sqlite3

import pytest

import profiles
import recorder
import stores
from client import PASSWORD, Client, fresh_name
from dialects import Mounted
from fixtures import ADMIN, ADMIN_PASSWORD
from parallel import together
from process import PATIENCE
from waiting import eventually

BODIES = {
    ("POST", "/v1/auth/signup"): lambda: {"username": fresh_name(), "password": PASSWORD},
    ("POST", "/v1/auth/login"): lambda: {"username": ADMIN, "password": ADMIN_PASSWORD},
    ("POST", "/v1/auth/password"): lambda: {
        "current_password": PASSWORD,
        "new_password": "gravel Teapot 19",
    },
    ("PATCH", "/v1/users/me"): lambda: {"name": "x"},
    ("PATCH", "/v1/users/{id}"): lambda: {"name": "x"},
    ("POST", "/v1/products"): lambda: {"name": "x", "price": "1"},
    ("PATCH", "/v1/products/{id}"): lambda: {"name": "x"},
    ("POST", "/v1/users"): lambda: {"username": fresh_name(), "password": PASSWORD},
    ("POST", "/v1/roles"): lambda: {"name": fresh_name("role"), "permissions": []},
    ("PUT", "/v1/roles/{name}"): lambda: {"permissions": []},
    ("PUT", "/v1/users/{id}/roles"): lambda: {"roles": ["user"]},
}
FORMS = {
    ("POST", "/oauth/token"): lambda keeper: {
        "grant_type": "password",
        "username": ADMIN,
        "password": ADMIN_PASSWORD,
    },
    ("POST", "/oauth/revoke"): lambda keeper: {"token": keeper.refresh_token},
    ("POST", "/oauth/introspect"): lambda keeper: {"token": keeper.token},
}
# Answered from memory, until that is too old to be trusted.
IN_MEMORY = {("GET", "/v1/permissions"), ("POST", "/oauth/introspect")}


@pytest.fixture
def breakable(tmp_path):
    """A database that can be taken away."""
    database = stores.module().Breakable(tmp_path)
    yield database
    database.close()


@pytest.fixture
def outage(breakable, start):
    """A server with many workers, and a context in which nobody can read or write its database."""
    # A request that waits behind a read of the same thread is late, and not what is tested here.
    options = {
        "STORE_WORKERS": 32,
        "HASH_WORKERS": 4,
        "IO_THREADS": 32,
        "HEADER_DEADLINE": "60s",
        "LOGIN_LOCK_AFTER": 2,
    }
    server = start(database=breakable.url, options=options, admin=True)
    server.unavailable_expected = server.error_records_expected = True
    return server, breakable.away()


def _stale(client, method, path, form):
    reply = client.request(method, path, form=form)
    return reply if reply.status == 503 else None


def test_everything_answers_503(outage):
    """DESIGN 6: an outage is 503; afterwards all works, no token or counter has changed."""
    server, away = outage
    person, keeper = Client(server).signup(), Client(server).signup()
    admin = Client(server).login(ADMIN, ADMIN_PASSWORD)
    rows = [
        key
        for key, operation in sorted(recorder.document().operations.items())
        if "503" in operation["responses"]
    ]

    def ask(index):
        method, template = rows[index]
        client = Client(server, admin.token)
        path = re.sub(r"\{[a-z_]+\}", person.user["id"], template)
        body = BODIES.get((method, template), lambda: None)()
        if template == "/v1/auth/refresh":
            body = {"refresh_token": keeper.refresh_token}
        form = FORMS.get((method, template), lambda keeper: None)(keeper)
        reply = client.request(method, path, json=body, form=form)
        if (method, template) in IN_MEMORY:
            reply = eventually(lambda: _stale(client, method, path, form), within=20 * PATIENCE)
        client.close()
        return reply.status

    with away:
        statuses = together(len(rows), ask)
    assert set(statuses) == {503}, dict(zip(rows, statuses))

    def well():
        return Client(server).get("/health/ready").status == 200

    eventually(well, within=20 * PATIENCE)
    keeper.me().expect(200)
    keeper.refresh()
    person.me().expect(200)
    admin.get("/v1/users").expect(200)
    # E13: the failures of the outage were none: two real ones still fit under the limit.
    wrong = Client(server)
    for _ in range(2):
        wrong.try_login(ADMIN, "wrong password here").expect(401)


def test_dialects_answer_503(breakable, start):
    """The same for every row of every dialect, in FastAPI's form."""
    names = recorder.dialects()
    options = {"STORE_WORKERS": 32, "HASH_WORKERS": 4, "IO_THREADS": 32, "HEADER_DEADLINE": "60s"}
    mounts = [f"{name}=/at/{name}" for name in names]
    server = start(database=breakable.url, options=options, admin=True, dialects=mounts)
    server.unavailable_expected = server.error_records_expected = True
    places = {name: Mounted(server, name, f"/at/{name}") for name in names}
    rows = [
        (name, method, template)
        for name in names
        for (method, template), operation in sorted(recorder.document(name).operations.items())
        if "503" in operation["responses"]
    ]
    admin, person = places[names[0]].admin(), places[names[0]].person()
    keepers = {row: places[row[0]].person("keeper") for row in rows}
    requests = []
    for name, method, template in rows:
        profile, place = profiles.of(name), places[name]
        target = profile.TARGETS.get(template)
        path = re.sub(r"\{[a-z_]+\}", lambda _: str(target(place, person)), template)
        good = profile.GOOD.get((method, template), lambda person: {})
        requests.append((place, method, path, good(keepers[name, method, template])))

    def ask(index):
        place, method, path, good = requests[index]
        client = place.client(admin.token)
        reply = client.request(method, path, **good)
        client.close()
        return reply.status

    with breakable.away():
        statuses = together(len(rows), ask)
    assert set(statuses) == {503}, dict(zip(rows, statuses))
    eventually(
        lambda: places[names[0]].native().get("/health/ready").status == 200, within=20 * PATIENCE
    )
    for place in places.values():
        path, how = profiles.of(place.name).LOGIN
        place.client().post(path, **how(person.user, PASSWORD)).expect(200)


@pytest.mark.store("sqlite")
def test_locked_for_writing(start):
    """Another program holds the write lock: writes are 503, reads go on, the token stays good."""
    server = start()
    server.unavailable_expected = server.error_records_expected = True
    client = Client(server).signup()
    other = sqlite3.connect(server.database.removeprefix("sqlite:"), isolation_level=None)
    other.execute("begin immediate")
    client.me().expect(200)
    client.try_refresh().expect(503, "store_unavailable")
    Client(server).post("/v1/auth/signup", {"username": fresh_name(), "password": PASSWORD}).expect(
        503, "store_unavailable"
    )
    client.post("/v1/auth/logout").expect(503)
    client.me().expect(200)
    other.execute("rollback")
    other.close()
    client.refresh()
    client.post("/v1/auth/logout").expect(204)
