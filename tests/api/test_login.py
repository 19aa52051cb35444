"""POST /v1/auth/login, and the protection of it."""

import pytest

import metrics
from client import PASSWORD, Client, fresh_name
from process import PATIENCE
from rates import RATED, crowd_limited, until_limited
from waiting import eventually

PATH = "/v1/auth/login"
WRONG = "not the Password at all"
VOLATILE = ("date", "x-request-id", "request-id")


def shape(reply):
    """All of an answer that could tell one failure from another."""
    headers = sorted((k.lower(), v) for k, v in reply.headers.items() if k.lower() not in VOLATILE)
    return (reply.status, headers, reply.body)


@pytest.fixture
def disabled(admin, server):
    name = fresh_name("disabled")
    user = Client(server).signup(name).user
    admin.patch(f"/v1/users/{user['id']}", {"status": "disabled"}).expect(200)
    return name


# --- ways in --------------------------------------------------------------------------------------


def test_by_username_and_email(anyone, shared_person):
    user = shared_person.user
    for credentials in (
        {"username": user["username"]},
        {"username": user["username"].upper()},
        {"username": user["email"]},
        {"email": user["email"]},
        {"email": user["email"].upper()},
    ):
        grant = anyone.post(PATH, credentials | {"password": PASSWORD}).expect(200).json()
        assert grant["user"]["id"] == user["id"]
        assert grant["user"]["last_login_at"] is not None


def test_form(anyone, shared_person):
    """The OAuth2 password form, with members that only OAuth knows."""
    form = {"grant_type": "password", "username": shared_person.user["username"], "scope": ""}
    form |= {"password": PASSWORD, "client_id": "", "client_secret": ""}
    assert anyone.post(PATH, form=form).expect(200).json()["token_type"] == "bearer"


def test_every_login_is_a_new_session(anyone, shared_person):
    name = shared_person.user["username"]
    grants = [anyone.try_login(name).expect(200).json() for _ in range(2)]
    assert grants[0]["access_token"] != grants[1]["access_token"]
    assert grants[0]["refresh_token"] != grants[1]["refresh_token"]


@pytest.mark.parametrize(
    "body",
    [
        {"password": PASSWORD},
        {"username": "somebody"},
        {"username": None, "password": PASSWORD},
        {"username": {"$ne": None}, "password": {"$ne": None}},
        {"username": {"$gt": ""}, "password": PASSWORD},
        {"username": {"$regex": ".*"}, "password": PASSWORD},
        {"username": ["root"], "password": PASSWORD},
        {"username": True, "password": PASSWORD},
        {"username": 0, "password": 0},
        {"email": {"$ne": None}, "password": PASSWORD},
        {"username": "root", "password": ["a"]},
        {"username": "root", "password": None},
        {"username": "root", "password": PASSWORD, "extra": 1},
    ],
)
def test_invalid_bodies(anyone, body):
    """J05: never a log-in by anything but a text."""
    anyone.post(PATH, body).expect(422, "invalid")


# --- failures -------------------------------------------------------------------------------------


def test_failures_look_alike(anyone, shared_person, disabled):
    """E01: unknown, wrong, disabled: the same answer to the byte."""
    wrong = shape(anyone.try_login(shared_person.user["username"], WRONG).expect(401))
    assert wrong == shape(anyone.try_login(fresh_name("nobody"), WRONG).expect(401))
    assert wrong == shape(anyone.try_login(disabled, WRONG).expect(401))
    assert wrong == shape(anyone.try_login(disabled, PASSWORD).expect(401, "invalid_credentials"))
    assert wrong == shape(anyone.post(PATH, {"email": "no@one.example", "password": WRONG}))
    assert wrong == shape(anyone.try_login("not a/valid name", WRONG))


def test_deleted_looks_like_unknown(anyone, admin, server):
    name = fresh_name("deleted")
    user = Client(server).signup(name).user
    admin.delete(f"/v1/users/{user['id']}").expect(204)
    assert shape(anyone.try_login(name)) == shape(anyone.try_login(fresh_name("nobody")))


@pytest.mark.parametrize(
    "change",
    [str.swapcase, lambda p: p + " ", lambda p: " " + p, str.upper, lambda p: p[:-1],
     lambda p: p + "\u0000", lambda p: p + "\u0000x", lambda p: ""],
)  # fmt: skip
def test_nearly_right_password(anyone, shared_person, change):
    """P05, P06: byte-exact or not at all."""
    reply = anyone.try_login(shared_person.user["username"], change(PASSWORD))
    assert reply.status in (400, 401, 422), reply.status


@pytest.mark.parametrize(
    "login",
    ["{}\u0000", "{}\u0000x", "\u0430{}", "{}\u200b", "{}.", "{}' OR '1'='1", "{}%", "%"],
)
def test_other_spellings_are_nobody(anyone, shared_person, login):
    """J07, J08, Q02: no cut, folded or injected name is that person."""
    reply = anyone.try_login(login.format(shared_person.user["username"]))
    assert reply.status in (400, 401, 422), reply.status


def test_equal_work(anyone, server, shared_person, disabled):
    """E02: a hash is computed whatever the reason; none for what is not even a log-in."""
    for name in (shared_person.user["username"], fresh_name("nobody"), disabled, "no such/name"):
        before = metrics.hashes(server)
        anyone.try_login(name, WRONG).expect(401)
        assert metrics.hashes(server) == before + 1, name
    before = metrics.hashes(server)
    anyone.post(PATH, {"username": "root"}).expect(422)
    anyone.post(PATH, body=b"{", headers={"Content-Type": "application/json"}).expect(400)
    assert metrics.hashes(server) == before


@pytest.mark.parametrize("size, status", [(1025, (401, 422)), (70_000, (413,))])
def test_huge_password(anyone, server, shared_person, size, status):
    """P09: refused without hashing beyond what a failure costs."""
    before = metrics.hashes(server)
    assert anyone.try_login(shared_person.user["username"], "x" * size).status in status
    assert metrics.hashes(server) <= before + 1


def test_failure_keeps_another_session(anyone, person, shared_person):
    """R16: a failed log-in with someone's token or cookie at hand changes nothing of theirs."""
    headers = {"Cookie": f"refresh_token={person.refresh_token}"}
    name = shared_person.user["username"]
    anyone.try_login(name, WRONG, headers=headers).expect(401)
    anyone.try_login(name, WRONG, headers={"Authorization": f"Bearer {person.token}"}).expect(401)
    assert person.me().expect(200).json()["id"] == person.user["id"]


# --- the lock -------------------------------------------------------------------------------------

LOCK = {"LOGIN_LOCK_AFTER": 3, "LOGIN_LOCK_FOR": "3s"}


@pytest.fixture(scope="module")
def locking(start_module):
    """A server that locks soon, behind a proxy that says whom it speaks for."""
    return start_module(options=LOCK | {"TRUSTED_PROXIES": "127.0.0.0/8"}, admin=True)


def fail(client, name, times, **more):
    for _ in range(times):
        client.try_login(name, WRONG, **more).expect(401)


def come_from(address):
    return {"X-Forwarded-For": address}


def test_lock_and_its_end(start):
    """E04, E12: limit+1 failures lock; the right password works again when the time is over."""
    server = start(options=LOCK)
    client = Client(server)
    name = fresh_name()
    client.signup(name)
    fail(client, name, 3)
    before = metrics.hashes(server)
    first = client.try_login(name).expect(429, "locked")
    again = client.try_login(name, WRONG).expect(429, "locked")
    assert first.body == again.body
    assert metrics.hashes(server) == before, "a locked log-in computed a hash"
    assert 1 <= int(first.headers["Retry-After"]) <= 3
    eventually(lambda: client.try_login(name).status == 200, within=10 * PATIENCE)
    fail(client, name, 3)


def test_lock_of_nobody_looks_the_same(locking):
    """E01: a name that nobody has locks like one that somebody has."""
    client = Client(locking)
    name = fresh_name("real")
    client.signup(name)
    headers = come_from("203.0.113.1")
    replies = []
    for login in (name, fresh_name("nobody")):
        fail(client, login, 3, headers=headers)
        replies.append(client.try_login(login, WRONG, headers=headers).expect(429))
    assert replies[0].body == replies[1].body
    assert {k.lower() for k in replies[0].headers} == {k.lower() for k in replies[1].headers}


def test_one_counter_for_every_spelling(locking):
    """E06."""
    client = Client(locking)
    name = fresh_name("Bob")
    client.signup(name)
    headers = come_from("203.0.113.2")
    for login in (f" {name} ", name.upper(), f"{name}@example.com".upper()):
        client.try_login(login, WRONG, headers=headers).expect(401)
    client.try_login(name.lower(), PASSWORD, headers=headers).expect(429)
    client.post(
        PATH, {"email": f"{name}@example.com", "password": PASSWORD}, headers=headers
    ).expect(429)


def test_lock_holds_for_its_address(locking):
    """E10: a stranger who fails does not keep the owner out."""
    client = Client(locking)
    name = fresh_name("owner")
    client.signup(name)
    stranger, owner = come_from("203.0.113.3"), come_from("203.0.113.4")
    fail(client, name, 3, headers=stranger)
    client.try_login(name, PASSWORD, headers=stranger).expect(429)
    client.try_login(name, PASSWORD, headers=owner).expect(200)


def test_success_sets_back(locking):
    """E11: the account's counter of that address, not that of others."""
    client = Client(locking)
    name = fresh_name("forgetful")
    client.signup(name)
    here, there = come_from("203.0.113.5"), come_from("203.0.113.6")
    fail(client, name, 2, headers=there)
    for _ in range(2):
        fail(client, name, 2, headers=here)
        client.try_login(name, PASSWORD, headers=here).expect(200)
    fail(client, name, 1, headers=there)
    client.try_login(name, PASSWORD, headers=there).expect(429)


def test_lock_leaves_sessions_alone(locking):
    """DESIGN 5: a lock stops every check of a password, not existing sessions."""
    client = Client(locking)
    client.signup(fresh_name("kept"))
    name = client.user["username"]
    anyone = Client(locking)
    fail(anyone, name, 3)
    anyone.try_login(name).expect(429)
    client.me().expect(200)
    client.refresh()
    change = {"current_password": PASSWORD, "new_password": "another Plum orbit 9"}
    client.post("/v1/auth/password", change).expect(429, "locked")


@pytest.mark.parametrize(
    "headers",
    [
        lambda i: {"X-Forwarded-For": f"198.51.100.{i}"},
        lambda i: {"X-Real-IP": f"198.51.100.{i}"},
        lambda i: {"Forwarded": f"for=198.51.100.{i}"},
    ],
)
def test_forged_addresses_count_nothing(start, headers):
    """E09: without a configured proxy the peer is the client."""
    client = Client(start(options=LOCK | {"LOGIN_LOCK_FOR": "1m"}))
    name = fresh_name()
    for i in range(3):
        client.try_login(name, WRONG, headers=headers(i)).expect(401)
    client.try_login(name, WRONG, headers=headers(9)).expect(429)


def test_forwarded_is_read_from_the_right(locking):
    """E09: what a client writes itself stands to the left of what the proxy adds."""
    client = Client(locking)
    name = fresh_name("nobody")
    for i in range(3):
        headers = come_from(f"198.51.100.{i}, 203.0.113.77")
        client.try_login(name, WRONG, headers=headers).expect(401)
    client.try_login(name, WRONG, headers=come_from("198.51.100.9, 203.0.113.77")).expect(429)


@pytest.mark.concurrency
def test_parallel_failures(start):
    """E05: no more than the limit are ever evaluated, however they arrive."""
    from parallel import together

    server = start(options={"LOGIN_LOCK_AFTER": 5, "LOGIN_LOCK_FOR": "1m"})
    server.unavailable_expected = True
    other = start.second(server, LOGIN_LOCK_AFTER=5, LOGIN_LOCK_FOR="1m", RATE_LIMIT="off")
    other.unavailable_expected = True
    Client(server).signup("victim")
    before = metrics.hashes(server) + metrics.hashes(other)

    def guess(index):
        client = Client((server, other)[index % 2])
        status = client.try_login("victim", f"guess number {index}").status
        client.close()
        return status

    statuses = together(24, guess)
    assert set(statuses) <= {401, 429, 503}, statuses
    assert statuses.count(401) <= 5
    assert metrics.hashes(server) + metrics.hashes(other) - before <= 5


# --- the bucket of an address ---------------------------------------------------------------------


def test_rate_limit_of_refresh(start):
    server = start(options=RATED)
    for reply in crowd_limited(server, lambda client: client.try_refresh("junk-refresh-token")):
        assert reply.code == "rate_limited"


def test_rate_limit_of_login(start):
    """E08, E12: many names from one address; 429 costs no hash, another address goes on."""
    server = start(options=RATED | {"TRUSTED_PROXIES": "127.0.0.1"})
    client = Client(server)
    headers = come_from("203.0.113.50")

    def guess():
        return client.try_login(fresh_name("nobody"), WRONG, headers=headers)

    before = metrics.hashes(server)
    first, tried = until_limited(guess)
    second, more = until_limited(guess)
    assert metrics.hashes(server) == before + tried + more
    assert first.body == second.body
    client.try_login(fresh_name("nobody"), WRONG, headers=come_from("203.0.113.51")).expect(401)


def test_rate_limit_of_signup(start):
    client = Client(start(options=RATED))
    reply, _ = until_limited(lambda: client.post("/v1/auth/signup", {"username": "x"}))
    assert reply.code == "rate_limited"
    client.me().expect(401)
