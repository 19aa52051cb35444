"""One person, one session, one password over all dialects and the native API."""

import itertools

import pytest

import metrics
import profiles
import recorder
import tokens
from client import PASSWORD, Client, fresh_name
from dialects import Mounted, expect_refusal
from fixtures import ADMIN, ADMIN_PASSWORD
from process import make_user
from rates import RATED, until_limited

NAMES = recorder.dialects()
NATIVE = recorder.NATIVE
WAYS = (NATIVE, *NAMES)
LOGOUTS = [NATIVE] + [name for name in NAMES if profiles.of(name).LOGOUT]
SIGNUPS = [NATIVE] + [name for name in NAMES if profiles.of(name).SIGNUP]
WRONG = "not the Password at all"
NEW_PASSWORD = "gravel Teapot 19"


def mounts():
    return [f"{name}=/at/{name}" for name in NAMES]


class Way:
    """One way to use a server: the native API, or a dialect."""

    def __init__(self, server, name):
        self.server, self.name = server, name
        self.place = Mounted(server, name, "" if name == NATIVE else f"/at/{name}")
        self.profile = None if name == NATIVE else profiles.of(name)

    def sign_up(self, name, password=PASSWORD):
        """The native record of somebody who came this way."""
        if self.profile is None:
            return Client(self.server).signup(name, password).user
        path, how = self.profile.SIGNUP
        self.place.client().post(path, **how(name, password)).expect(201)
        return self.user_of(f"{name}@example.com", password)

    def user_of(self, email, password=PASSWORD):
        return Client(self.server).login(email, password).user

    def try_login(self, user, password=PASSWORD, **more):
        if self.profile is None:
            return Client(self.server).try_login(user["username"], password, **more)
        path, how = self.profile.LOGIN
        return self.place.client().post(path, **how(user, password), **more)

    def login(self, user, password=PASSWORD):
        return self.try_login(user, password).expect(200).json()["access_token"]

    def log_out(self, token):
        if self.profile is None:
            self.place.client(token).post("/v1/auth/logout").expect(204)
        else:
            self.place.client(token).post(self.profile.LOGOUT).expect(200)

    def is_alive(self, token):
        method, path = ("GET", "/v1/users/me") if self.profile is None else self.profile.ALIVE
        return self.place.client(token).request(method, path).status != 401


@pytest.fixture(scope="module")
def ways(start_module):
    server = start_module(admin=True, dialects=mounts())
    return {name: Way(server, name) for name in WAYS}


@pytest.fixture
def user(ways):
    return ways[NATIVE].sign_up(fresh_name())


@pytest.fixture
def chief(ways):
    return Client(ways[NATIVE].server).login(ADMIN, ADMIN_PASSWORD)


def all_alive(ways, token):
    return {way.is_alive(token) for way in ways.values()} == {True}


def all_dead(ways, token):
    return {way.is_alive(token) for way in ways.values()} == {False}


# --- one session ----------------------------------------------------------------------------------


@pytest.mark.parametrize("first", SIGNUPS)
def test_sign_up_in_one_log_in_through_another(ways, first):
    """Who came in one way is known in all of them, as the same person."""
    user = ways[first].sign_up(fresh_name("traveller"))
    for way in ways.values():
        token = way.login(user)
        assert tokens.claims(token)["sub"] == user["id"]
        assert all_alive(ways, token), way.name


@pytest.mark.parametrize("second, third", itertools.product(WAYS, LOGOUTS))
def test_log_out_in_a_third_ends_it_everywhere(ways, user, second, third):
    """Log in through one, log out in another; the person's other sessions go on."""
    token, other = ways[second].login(user), ways[third].login(user)
    assert all_alive(ways, token)
    ways[third].log_out(token)
    assert all_dead(ways, token)
    assert all_alive(ways, other)


@pytest.mark.parametrize("name", WAYS)
def test_sessions_of_all_ways_are_listed(ways, user, name):
    """A log-in through a dialect is a session like any other: seen, and ended from afar."""
    token = ways[name].login(user)
    native = Client(ways[NATIVE].server, ways[NATIVE].login(user))
    session = tokens.claims(token)["sid"]
    assert session in {item["id"] for item in native.get("/v1/auth/sessions").json()["items"]}
    native.delete(f"/v1/auth/sessions/{session}").expect(204)
    assert all_dead(ways, token)


@pytest.mark.parametrize("name", WAYS)
def test_global_log_out(ways, user, name):
    token = ways[name].login(user)
    native = Client(ways[NATIVE].server, ways[NATIVE].login(user))
    native.post("/v1/auth/logout?scope=global").expect(204)
    assert all_dead(ways, token)


# --- one password ---------------------------------------------------------------------------------


def test_one_password(ways, user):
    """Changed in one place, it is changed in all; other sessions end (P11)."""
    held = {name: way.login(user) for name, way in ways.items()}
    native = Client(ways[NATIVE].server, held[NATIVE])
    change = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    native.post("/v1/auth/password", change).expect(204)
    for name, way in ways.items():
        assert name == NATIVE or all_dead(ways, held[name]), name
        way.try_login(user, PASSWORD).expect(401)
        way.login(user, NEW_PASSWORD)


def password_setters():
    """Dialects in which one row takes somebody's new password: (name, method, path)."""
    for name in NAMES:
        document = recorder.document(name)
        for (method, path), operation in document.operations.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if method == "PUT" and content and "{" in path:
                if "password" in document.resolve(content["schema"])["properties"]:
                    yield name, method, path


@pytest.mark.parametrize("setter", list(password_setters()), ids=" ".join)
def test_password_set_through_a_dialect(ways, setter):
    name, method, path = setter
    place, profile = ways[name].place, profiles.of(name)
    person = place.person()
    target = path[: path.index("{")] + str(profile.TARGETS[path](place, person))
    place.admin().request(method, target, json={"password": NEW_PASSWORD}).expect(200)
    assert all_dead(ways, person.token)
    for way in ways.values():
        way.try_login(person.user, PASSWORD).expect(401)
        way.login(person.user, NEW_PASSWORD)


# --- rights and standing --------------------------------------------------------------------------


def for_admins_only():
    """A row of each dialect that people may not use and admins may, by its document's method."""
    for name in NAMES:
        access = profiles.of(name).ACCESS
        rows = [key for key, row in sorted(access.items()) if row == profiles.ADMINS]
        rows = [key for key in rows if "{" not in key[1]]
        if rows:
            yield (name, *rows[0])


def test_role_acts_at_once(ways, user, chief):
    """T20: given natively, it opens rows of every dialect for tokens that are out; taken, it shuts."""
    token = ways[NATIVE].login(user)
    path = f"/v1/users/{user['id']}/roles"
    for roles, good in ((["user"], False), (["admin"], True), (["user"], False)):
        chief.put(path, {"roles": roles}).expect(200)
        for name, method, template in for_admins_only():
            place, profile = ways[name].place, profiles.of(name)
            request = profile.GOOD.get((method, template), lambda person: {})(chief)
            status = place.client(token).request(method, template, **request).status
            assert (status < 300) if good else (status == 403), (name, roles, status)


@pytest.mark.parametrize("change", ["disable", "delete"])
def test_disabled_and_deleted_at_once(ways, user, chief, change):
    """T18: dead in every dialect, and no way in through any."""
    held = [way.login(user) for way in ways.values()]
    path = f"/v1/users/{user['id']}"
    if change == "disable":
        chief.patch(path, {"status": "disabled"}).expect(200)
    else:
        chief.delete(path).expect(204)
    for token in held:
        assert all_dead(ways, token)
    for way in ways.values():
        way.try_login(user).expect(401)


def test_enabled_again(ways, user, chief):
    """DESIGN 5: it revives no session, and every way in is open again."""
    held = [way.login(user) for way in ways.values()]
    for status in ("disabled", "active"):
        chief.patch(f"/v1/users/{user['id']}", {"status": status}).expect(200)
    for token in held:
        assert all_dead(ways, token)
    for way in ways.values():
        way.login(user)


# --- one guard ------------------------------------------------------------------------------------

LOCK = {"LOGIN_LOCK_AFTER": 3, "LOGIN_LOCK_FOR": "1m"}


@pytest.fixture(scope="module")
def locking(start_module):
    """Every way on a server that locks soon, behind a proxy that says whom it speaks for."""
    options = LOCK | {"TRUSTED_PROXIES": "127.0.0.0/8"}
    server = start_module(options=options, admin=True, dialects=mounts())
    return {name: Way(server, name) for name in WAYS}


@pytest.mark.parametrize("last", WAYS)
def test_lock_is_shared(locking, last):
    """E04, E06: failures count over all ways and spellings; the lock shuts every way, at no cost."""
    user = locking[NATIVE].sign_up(fresh_name("Locked"))
    spellings = itertools.cycle([str, str.upper, str.lower])
    ways = itertools.cycle(locking.values())
    for way, spelling, _ in zip(ways, spellings, range(3)):
        spelled = {key: spelling(user[key]) for key in ("username", "email")}
        way.try_login(spelled, WRONG).expect(401)
    before = metrics.hashes(locking[last].server)
    reply = locking[last].try_login(user).expect(429)
    assert 1 <= int(reply.headers["Retry-After"]) <= 60
    if last != NATIVE:
        expect_refusal(reply, 429, "Too many failed attempts")
    for way in locking.values():
        assert way.try_login(user).expect(429).headers["Retry-After"]
    assert metrics.hashes(locking[last].server) == before


@pytest.mark.parametrize("name", WAYS)
def test_lock_of_nobody_looks_the_same(locking, name):
    """E01: to the header set."""
    real = locking[NATIVE].sign_up(fresh_name("real"))
    nobody = fresh_name("nobody")
    replies = []
    for user in (real, {"username": nobody, "email": f"{nobody}@example.com"}):
        for _ in range(3):
            locking[name].try_login(user, WRONG).expect(401)
        replies.append(locking[name].try_login(user, WRONG).expect(429))
    assert replies[0].body == replies[1].body
    assert {k.lower() for k in replies[0].headers} == {k.lower() for k in replies[1].headers}


@pytest.mark.parametrize("name", WAYS)
def test_lock_holds_for_its_address(locking, name):
    """E10, E11: a stranger who fails keeps nobody else out; a good log-in sets back."""
    user = locking[NATIVE].sign_up(fresh_name("owner"))
    way = locking[name]
    stranger, owner = ({"X-Forwarded-For": address} for address in ("203.0.113.3", "203.0.113.4"))
    for _ in range(3):
        way.try_login(user, WRONG, headers=stranger).expect(401)
    way.try_login(user, headers=stranger).expect(429)
    for _ in range(2):
        way.try_login(user, WRONG, headers=owner).expect(401)
        way.try_login(user, WRONG, headers=owner).expect(401)
        way.try_login(user, headers=owner).expect(200)


# Buckets are in memory and ask no store: once for all ways; on every store and build for the native
# one (test_login.py).
@pytest.fixture(scope="module")
def rated(start_module):
    server = start_module(options=RATED | {"TRUSTED_PROXIES": "127.0.0.1"}, dialects=mounts())
    return {name: Way(server, name) for name in WAYS}


# An empty bucket fills slowly; a full one of its own would let far more through.
FEW = {"login": 50, "signup": 100, "password": 5}


@pytest.mark.once
@pytest.mark.parametrize("number, name", enumerate(WAYS), ids=lambda value: str(value))
def test_rate_of_log_ins_is_shared(rated, number, name):
    """E08, E12: one bucket an address, whichever way; 429 costs no hash, others go on."""
    here = {"X-Forwarded-For": f"203.0.113.{50 + number}"}
    there = {"X-Forwarded-For": f"203.0.113.{150 + number}"}

    def guess(way, headers):
        nobody = fresh_name("nobody")
        user = {"username": nobody, "email": f"{nobody}@example.com"}
        return way.try_login(user, WRONG, headers=headers)

    reply, _ = until_limited(lambda: guess(rated[name], here))
    assert reply.headers["Retry-After"]
    if name != NATIVE:
        expect_refusal(reply, 429, "Too many requests")
    for way in rated.values():
        before = metrics.hashes(way.server)
        _, tried = until_limited(lambda way=way: guess(way, here), FEW["login"])
        assert metrics.hashes(way.server) == before + tried, "a refused log-in computed a hash"
    guess(rated[name], there).expect(401)


@pytest.mark.once
@pytest.mark.parametrize("number, setter", enumerate(password_setters()), ids=lambda value: str(value))
def test_rate_of_own_passwords_is_shared(rated, number, setter):
    """Setting one's own password over and over is no way to keep the hash workers busy."""
    name, method, path = setter
    place, profile = rated[name].place, profiles.of(name)
    here = {"X-Forwarded-For": f"203.0.113.{20 + number}"}
    somebody = fresh_name("busy")
    make_user(place.server, somebody, PASSWORD, email=f"{somebody}@example.com", role="admin")
    native = Client(place.server).login(somebody)
    client = place.client(native.token)
    target = path[: path.index("{")] + str(profile.TARGETS[path](place, native))

    def set_own():
        return client.request(method, target, json={"password": NEW_PASSWORD}, headers=here)

    reply, _ = until_limited(set_own)
    expect_refusal(reply, 429, "Too many requests")
    assert 1 <= int(reply.headers["Retry-After"]) <= 60
    change = {"current_password": NEW_PASSWORD, "new_password": NEW_PASSWORD}
    until_limited(
        lambda: native.post("/v1/auth/password", change, headers=here), FEW["password"]
    )
    # Other changes, and passwords of others, go on.
    client.request(method, target, json={}, headers=here).expect(200)
    for _ in range(3):
        other = path[: path.index("{")] + str(profile.TARGETS[path](place, place.person()))
        client.request(method, other, json={"password": NEW_PASSWORD}, headers=here).expect(200)


@pytest.mark.once
@pytest.mark.parametrize("number, name", enumerate(SIGNUPS), ids=lambda value: str(value))
def test_rate_of_sign_ups_is_shared(rated, number, name):
    here = {"X-Forwarded-For": f"203.0.113.{200 + number}"}

    def send(way):
        path = "/v1/auth/signup" if way.profile is None else way.profile.SIGNUP[0]
        return way.place.client().post(path, {}, headers=here)

    until_limited(lambda: send(rated[name]))
    for other in SIGNUPS:
        until_limited(lambda other=other: send(rated[other]), FEW["signup"])
