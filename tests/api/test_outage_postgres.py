"""What happens to a PostgreSQL server, its connections and its network: 503 at worst, and soon well
again (DESIGN 6, E13, R05)."""

import socket
import time

import pytest

import stores
from client import PASSWORD, Client, fresh_name
from fixtures import ADMIN, ADMIN_PASSWORD
from parallel import together
from process import PATIENCE, cli_user, make_user, run_cli
from stores.proxy import Proxy
from waiting import eventually

pytestmark = pytest.mark.store("postgres")

# DESIGN 6: recovers without a restart, within this of the server's return.
RECOVERY_S = 5 * PATIENCE
# No wait is longer than 3 s to connect and 4 s for an answer; a request may need both.
BOUND_S = 10 * PATIENCE
OPTIONS = {"STORE_WORKERS": 3, "HASH_WORKERS": 2, "LOGIN_LOCK_AFTER": 2}


@pytest.fixture(scope="module")
def cluster():
    """A server of these tests' own: they do to it what others could not bear."""
    server = stores.module().Server()
    yield server
    server.stop()


@pytest.fixture
def database(cluster, tmp_path):
    return stores.module().make(cluster.url, tmp_path, "outage")


@pytest.fixture
def server(start, database):
    server = start(database=database, options=OPTIONS, admin=True)
    server.unavailable_expected = server.error_records_expected = True
    return server


@pytest.fixture
def proxy(cluster):
    proxy = Proxy(cluster.port)
    yield proxy
    proxy.close()


def through(proxy, cluster, database):
    return database.replace(f":{cluster.port}/", f":{proxy.port}/")


def is_ready(server):
    return Client(server).get("/health/ready").status == 200


def timed(ask):
    began = time.monotonic()
    reply = ask()
    return reply.status, time.monotonic() - began


# --- the server goes, and comes back --------------------------------------------------------------


def check_outage(server, away, back):
    """While it is away everything that needs it is 503 in bounded time; then all is as it was."""
    person = Client(server).signup()
    admin = Client(server).login(ADMIN, ADMIN_PASSWORD)
    asks = [
        lambda: Client(server).get("/health/ready"),
        lambda: person.try_refresh(),
        lambda: Client(server).try_login(ADMIN, "wrong password here"),
        lambda: Client(server).try_login(ADMIN, ADMIN_PASSWORD),
        lambda: Client(server, person.token).get("/v1/users/me"),
        lambda: Client(server, admin.token).get("/v1/users"),
        lambda: Client(server, person.token).post("/v1/auth/logout"),
    ]
    away()
    try:
        answers = together(len(asks), lambda index: timed(asks[index]))
    finally:
        back()
    began = time.monotonic()
    eventually(lambda: is_ready(server), RECOVERY_S, "it is not well again")
    eventually(lambda: person.me().status == 200, RECOVERY_S)
    assert time.monotonic() - began < RECOVERY_S
    assert {status for status, _ in answers} == {503}, answers
    assert max(took for _, took in answers) < BOUND_S, answers
    person.refresh()
    admin.get("/v1/users").expect(200)
    # E13: no failure was counted: two real ones still fit under the limit.
    for _ in range(2):
        Client(server).try_login(ADMIN, "wrong password here").expect(401)


def test_hangs(server, cluster):
    """SIGSTOP: connections stay open, and nobody answers."""
    check_outage(server, cluster.pause, cluster.resume)


def test_killed(server, cluster):
    """SIGKILL: a crash; the server recovers its files when it starts again."""
    check_outage(server, cluster.kill, cluster.start)


def test_ended_while_it_connects(server, cluster):
    """An operator stops Latchkey while its database hangs and is called again and again: a clean end,
    and no long wait."""
    Client(server).signup()
    cluster.pause()
    try:  # all connections are lost
        answers = together(8, lambda _: Client(server).try_login(ADMIN, "wrong").status)
        assert set(answers) == {503}
        began = time.monotonic()
        assert server.terminate() == 0
        assert time.monotonic() - began < BOUND_S
    finally:
        cluster.resume()


def test_connections_ended_while_idle(server, cluster):
    """A restart in between, an operator's pg_terminate_backend: nobody notices."""
    person = Client(server).signup()
    for _ in range(3):
        assert cluster.end_connections() > 0
        person.me().expect(200)
        person.refresh()
        Client(server).login(ADMIN, ADMIN_PASSWORD)


def test_slow(start, cluster, database, proxy):
    """Every answer comes five seconds late."""
    server = start(database=through(proxy, cluster, database), options=OPTIONS, admin=True)
    server.unavailable_expected = server.error_records_expected = True

    def be_late(seconds):
        proxy.late_s = seconds

    check_outage(server, lambda: be_late(5), lambda: be_late(0))


def test_the_name_is_gone(start, cluster, database, names):
    """The server's name cannot be looked up any more when connections are to be made anew."""
    names.know("db.latchkey.test")
    url = database.replace("127.0.0.1", "db.latchkey.test")
    server = start(database=url, options=OPTIONS, within=names.within)
    make_user(server, ADMIN, ADMIN_PASSWORD, role="admin", database=database)
    server.unavailable_expected = server.error_records_expected = True

    def forget():
        names.forget()
        cluster.end_connections()

    check_outage(server, forget, lambda: names.know("db.latchkey.test"))


def test_connections_reset_while_idle(start, cluster, database, proxy):
    server = start(database=through(proxy, cluster, database), options=OPTIONS, admin=True)
    server.unavailable_expected = server.error_records_expected = True
    person = Client(server).signup()
    for _ in range(3):
        proxy.reset()
        eventually(lambda: person.me().status == 200, RECOVERY_S)
        person.refresh()


# --- the answer to a commit is lost ---------------------------------------------------------------


def test_lost_answer_of_a_signup(start, cluster, database, proxy):
    """Nobody is told that it failed: 503, and who asks again learns that the name is there."""
    server = start(database=through(proxy, cluster, database), options=OPTIONS)
    server.unavailable_expected = server.error_records_expected = True
    body = {"username": fresh_name(), "password": PASSWORD}
    proxy.cut_after = b"INSERT INTO users"
    Client(server).post("/v1/auth/signup", body).expect(503, "store_unavailable")
    assert proxy.was_cut.is_set()
    assert stores.peek(database).count_users() == 0  # it was in a transaction that had not ended
    proxy.was_cut.clear()
    proxy.cut_after = b"COMMIT"
    Client(server).post("/v1/auth/signup", body).expect(503, "store_unavailable")
    assert proxy.was_cut.is_set()
    assert stores.peek(database).count_users() == 1
    Client(server).post("/v1/auth/signup", body).expect(409, "username_taken")
    Client(server).login(body["username"])


def test_lost_answer_of_a_refresh(start, cluster, database, proxy):
    """R05: the token that was presented is good once more: the same successor comes."""
    server = start(database=through(proxy, cluster, database), options=OPTIONS)
    server.unavailable_expected = server.error_records_expected = True
    person = Client(server).signup()
    proxy.reset()  # new connections: their statements are prepared anew, and can be told
    eventually(lambda: person.me().status == 200, RECOVERY_S)
    proxy.cut_after = b"counter = counter + 1"
    lost = person.refresh_token
    person.try_refresh(lost).expect(503, "store_unavailable")
    assert proxy.was_cut.is_set()
    again = eventually(lambda: _good(person.try_refresh(lost)), RECOVERY_S)
    assert person.try_refresh(lost).expect(200).json()["refresh_token"] == again["refresh_token"]
    person.take(again).refresh()


def _good(reply):
    return reply.json() if reply.status == 200 else None


# --- several servers ------------------------------------------------------------------------------


def test_a_server_that_is_silent_holds_nobody_up(cluster, database, tmp_path):
    """A machine that is gone takes its whole time-out; the next one of the URL need not wait for that."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hosts = f"127.0.0.1:{silent.getsockname()[1]},127.0.0.1:{cluster.port}"
        url = database.replace(f"127.0.0.1:{cluster.port}", hosts) + "&connect_timeout=600"
        run_cli("user", "list", "--database", url, folder=tmp_path)


# --- what is said, and how many -------------------------------------------------------------------


def test_connections_are_counted(server, cluster):
    """docs/stores.md: one a worker (of the lanes store, hash and group), one for the feed, one for
    housekeeping."""
    Client(server).signup()
    count = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'latchkey'"
    bound = OPTIONS["STORE_WORKERS"] + 5 * OPTIONS["HASH_WORKERS"] // 4 + 5
    together(8, lambda _: Client(server).signup().refresh())
    eventually(lambda: 0 < int(cluster.sql(count)[0][0]) <= bound, 5 * PATIENCE)
    assert int(cluster.sql(count)[0][0]) <= bound


def test_nothing_to_connect_to(tmp_path, cluster):
    """One line that says why, and never the password."""
    word = cluster.password
    good = f"postgresql://latchkey:{word}@127.0.0.1:{cluster.port}/latchkey"
    for url, said in (
        (good.replace(str(cluster.port), "1"), "refused"),
        (good.replace("/latchkey", "/nowhere"), "nowhere"),
        (good.replace(word, "wrong-" + word), "password authentication failed"),
        (good.replace(word, word + "/x"), "%2F"),
        (good + "?colour=blue", "colour"),
    ):
        done = run_cli("user", "list", "--database", url, folder=tmp_path, status=None)
        assert done.returncode in (1, 2), done.stderr
        assert said in done.stderr and word not in done.stderr, done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_urls_of_sqlalchemy(start, database):
    """The templates' own forms: DATABASE_URL=postgresql+asyncpg://…"""
    for form in ("postgresql+asyncpg", "postgresql+psycopg2", "postgres"):
        server = start(database=database.replace("postgresql", form, 1), options=OPTIONS)
        Client(server).signup()


def test_another_process_is_woken(server, start):
    """LISTEN and NOTIFY: what one process ends is over in the other at once, not at its next look."""
    other = start.second(server, **OPTIONS)
    make_user(server, "mover", PASSWORD)
    person = Client(server).login("mover")
    elsewhere = Client(other, person.token)
    elsewhere.me().expect(200)
    cli_user(server, "disable", "mover")
    eventually(lambda: elsewhere.me().status == 401, PATIENCE)
