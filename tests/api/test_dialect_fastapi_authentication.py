"""fastapi-authentication: its document from top to bottom, the cookie, refresh, and refusals."""

import sqlite3
from datetime import datetime
from http.cookies import SimpleCookie

import pytest

import metrics
import stores
import tokens
from client import PASSWORD, Client, fresh_name
from dialects import (
    Mounted,
    expect_invalid,
    expect_refusal,
    expect_unauthorized,
    mounted_fixture,
)
from fixtures import ADMIN, ADMIN_PASSWORD
from parallel import together
from process import PATIENCE, run_cli
from rates import RATED, crowd_limited
from waiting import eventually

NAME = "fastapi-authentication"
REFRESH = "/refresh-access-token"
COOKIE = "refresh_token"
USER = {"id", "username", "email"}
SIGNUP = {"message", "data", "access_token", "refresh_token", "token_type"}
LOGIN = SIGNUP - {"message"}
REFRESHED = {"user", "access_token", "expires_in"}
NO_GRACE = {"REFRESH_GRACE": "0s"}
WRONG = "not the Password at all"

mounted = mounted_fixture(NAME)


# --- what an answer looks like --------------------------------------------------------------------


def keys_are(reply, keys, status=200):
    body = reply.expect(status).json()
    assert set(body) == keys, body
    return body


def newcomer(name=None, password=PASSWORD):
    name = name or fresh_name()
    return {"username": name, "email": f"{name}@example.com", "password": password}


def cookies_of(reply):
    """The cookies that an answer sets, by name."""
    jar = SimpleCookie()
    for value in reply.headers.get_all("Set-Cookie") or []:
        jar.load(value)
    return jar


def cookie_of(reply):
    """The refresh token's cookie; None when the answer sets none."""
    jar = cookies_of(reply)
    assert set(jar) <= {COOKIE}, jar
    return jar.get(COOKIE)


class Browser(Client):
    """A client that keeps the cookie as a browser does, and the tokens of the last grant."""

    def __init__(self, place, send_cookie=True):
        super().__init__(place.server, prefix=place.prefix)
        self.place = place
        self.send_cookie = send_cookie
        self.cookie = None

    def request(self, method, path, headers=None, **more):
        headers = dict(headers or {})
        if self.cookie and self.send_cookie:
            headers.setdefault("Cookie", f"{COOKIE}={self.cookie}")
        reply = super().request(method, path, headers=headers, **more)
        sent = cookie_of(reply)
        if sent is not None:
            self.server.secrets |= {sent.value} - {""}
            self.cookie = sent.value or None
        return reply

    def _go_on(self, body, name="data"):
        self.token, self.user = body["access_token"], body[name]
        assert set(self.user) == USER
        return self

    def sign_up(self, **more):
        body = keys_are(self.post("/signup", {**newcomer(), **more}, token=False), SIGNUP, 201)
        self.refresh_token = body["refresh_token"]
        return self._go_on(body)

    def log_in(self, email, password=PASSWORD):
        body = {"email": email, "password": password}
        body = keys_are(self.post("/login", body, token=False), LOGIN)
        self.refresh_token = body["refresh_token"]
        return self._go_on(body)

    def try_refresh(self, token=False, **more):
        return self.get(REFRESH, token=token, **more)

    def refresh(self):
        body = keys_are(self.try_refresh(), REFRESHED)
        self.refresh_token = self.cookie
        return self._go_on(body, "user")


def by_cookie(token):
    return {"headers": {"Cookie": f"{COOKIE}={token}"}, "token": False}


def dead(reply):
    """A refresh token that is no good: 401, and the cookie that held it goes."""
    expect_unauthorized(reply, "The refresh token is not valid any more")
    cookie = cookie_of(reply)
    assert cookie is None or (cookie.value, cookie["max-age"]) == ("", "0")
    return cookie


@pytest.fixture
def browser(mounted):
    """Somebody new, as a browser."""
    client = Browser(mounted).sign_up()
    yield client
    client.close()


@pytest.fixture(scope="module")
def strict(start_module):
    """Without grace: any token but the newest is reuse."""
    return Mounted(start_module(options=NO_GRACE, admin=True, dialects=[NAME]), NAME, "")


# --- the document ---------------------------------------------------------------------------------


def test_the_document(mounted):
    """Every request that the document shows, in its order."""
    client = Browser(mounted)
    # 88 to 115
    body = newcomer()
    made = keys_are(client.post("/signup", body), SIGNUP, 201)
    shown = {"id": made["data"]["id"], "username": body["username"], "email": body["email"]}
    assert made["data"] == shown and type(shown["id"]) is int
    assert (made["message"], made["token_type"]) == ("Success", "bearer")
    keys_are(client.get("/user", token=made["access_token"]), USER)
    # 117 to 141
    known = keys_are(
        client.post("/login", {"email": body["email"], "password": PASSWORD}), LOGIN
    )
    assert (known["data"], known["token_type"]) == (shown, "bearer")
    # 144 to 155
    assert keys_are(client.get("/user", token=known["access_token"]), USER) == shown
    # 158 to 173
    renewed = keys_are(client.get(REFRESH), REFRESHED)
    assert (renewed["user"], renewed["expires_in"]) == (shown, 1800)
    claims = tokens.claims(renewed["access_token"])
    assert claims["exp"] - claims["iat"] == renewed["expires_in"]
    client.token = renewed["access_token"]
    keys_are(client.get("/user"), USER)
    # 176 to 185
    assert client.post("/logout").expect(200).json() == {
        "message": "User logged out successfully."
    }
    expect_unauthorized(client.get("/user"))
    # 188 to 197: oneself
    client.log_in(body["email"])
    reply = client.delete(f"/users/{shown['id']}")
    assert reply.expect(200).json() == {"message": "User deleted successfully."}
    expect_unauthorized(client.get("/user"))
    expect_unauthorized(client.post("/login", {"email": body["email"], "password": PASSWORD}))
    # 200 to 209
    admin = Browser(mounted).log_in("root@example.com", ADMIN_PASSWORD)
    role = {"name": fresh_name("editor"), "permissions": ["users:read", "products:*"]}
    reply = admin.post("/users/roles", role)
    assert reply.expect(201).json() == {"message": "Role created successfully."}
    made = admin.place.native(admin.token).get(f"/v1/roles/{role['name']}").expect(200).json()
    assert made["permissions"] == sorted(role["permissions"])


def test_the_documents_env(start):
    """79 to 84: each name does what it says, as `.env` has it."""
    folder = start.folder()
    names = {
        "ACCESS_TOKEN_EXPIRE_MINUTES": "15",
        "JWT_REFRESH_EXPIRY": "7",
        "PYTHON_ENV": "staging",
        "DATABASE_URL": stores.database(folder),
    }
    lines = [f"{name}={value}\n" for name, value in names.items()]
    (folder / ".env").write_text("".join(lines))
    server = start(folder=folder, dialects=[NAME])
    client = Browser(Mounted(server, NAME, ""))
    body = newcomer()
    reply = client.post("/signup", body).expect(201)
    # A command in the same folder finds the same database.
    assert body["email"] in run_cli("user", "list", "--json", folder=folder).stdout
    assert not cookie_of(reply)["secure"]  # anything but production is development
    renewed = keys_are(client.get(REFRESH), REFRESHED)
    assert renewed["expires_in"] == 900  # as the document shows it
    native = client.place.native(renewed["access_token"])
    (session,) = native.get("/v1/auth/sessions").expect(200).json()["items"]
    week = 7 * 24 * 3600
    used, expires = (
        datetime.fromisoformat(session[key].replace("Z", "+00:00"))
        for key in ("last_used_at", "expires_at")
    )
    assert (expires - used).total_seconds() == week


def test_secure_cookies_in_production(start):
    """83."""
    folder = start.folder()
    (folder / ".env").write_text("PYTHON_ENV=production\n")
    server = start(folder=folder, dialects=[NAME])
    client = Browser(Mounted(server, NAME, "")).sign_up()
    for reply in (client.try_refresh().expect(200), client.post("/logout").expect(200)):
        assert cookie_of(reply)["secure"] is True


# --- the cookie -----------------------------------------------------------------------------------


def test_cookie_attributes(mounted):
    """X02 and DIALECTS: of sign-up, log-in and refresh alike."""
    client = Browser(mounted)
    body = newcomer()
    replies = [
        client.post("/signup", body).expect(201),
        client.post("/login", {"email": body["email"], "password": PASSWORD}).expect(200),
        client.get(REFRESH).expect(200),
    ]
    for reply in replies:
        cookie = cookie_of(reply)
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
        assert not cookie["secure"] and not cookie["domain"]
        # As the session lives: up to 90 days; the cookie's text has no more.
        assert 0 < int(cookie["max-age"]) <= 90 * 24 * 3600
        assert len(reply.headers["Set-Cookie"]) < 4096
        assert reply.headers["Cache-Control"] == "no-store"  # R13
    for reply in replies[:2]:
        assert cookie_of(reply).value == reply.json()["refresh_token"]
    values = [cookie_of(reply).value for reply in replies]
    assert len(set(values)) == 3


def multipart(members):
    boundary = "----geckoformboundary7MA4YWxkTrZu0gW"
    lines = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in members.items()
    ]
    return {
        "body": ("".join(lines) + f"--{boundary}--\r\n").encode(),
        "headers": {"Content-Type": f"multipart/form-data; boundary={boundary}"},
    }


def test_forms_set_no_cookie(mounted, browser):
    """Any site can send a form in the browser of its visitor: that logs nobody in there."""
    other = mounted.person()
    for login in (other.user["username"], other.user["email"].upper()):
        members = {"grant_type": "password", "username": login, "password": PASSWORD}
        for sent in ({"form": members}, multipart(members)):
            reply = mounted.client().post("/login", **sent)
            body = keys_are(reply, LOGIN)
            assert body["data"]["id"] == other.user["number"]
            assert cookie_of(reply) is None
            kept = browser.post("/login", **sent)
            assert cookie_of(kept.expect(200)) is None
    assert browser.refresh().user["id"] != other.user["number"]


def test_json_and_form_name_their_members(mounted):
    """A form has OAuth2's `username`, JSON has `email`; what is missing is said so."""
    post = mounted.client().post
    form = {"username": "x", "password": PASSWORD}
    expect_invalid(post("/login", {"username": ADMIN, "password": "x"}), "body.email", "missing")
    expect_invalid(post("/login", {"email": "a@b.cd"}), "body.password", "missing")
    expect_invalid(post("/login", form={"password": PASSWORD}), "body.username", "missing")
    expect_invalid(post("/login", form={"username": "x"}), "body.password", "missing")
    expect_invalid(post("/login", form={**form, "grant_type": "code"}), "body.grant_type", "enum")


def test_failed_login_keeps_the_cookie(browser):
    """R16: whoever was logged in still is."""
    mine = browser.cookie
    for sent in ({"json": {"email": "root@example.com", "password": WRONG}}, {"json": {}}):
        reply = browser.post("/login", token=False, **sent)
        assert reply.status in (401, 422) and cookie_of(reply) is None
    body = {"username": ADMIN, "email": "x@example.com", "password": PASSWORD}
    assert cookie_of(browser.post("/signup", body).expect(409)) is None
    assert browser.cookie == mine
    browser.refresh()


# --- sign-up and log-in ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "where", "kind"),
    [
        ({"username": "ab"}, "username", "string_too_short"),
        ({"username": "x" * 65}, "username", "string_too_long"),
        ({"username": "with space"}, "username", None),
        ({"email": "no-address"}, "email", None),
        ({"email": "x" * 250 + "@example.com"}, "email", "string_too_long"),
        ({"password": "short"}, "password", "string_too_short"),
        ({"password": "password1"}, "password", None),
        ({"password": "x" * 1025}, "password", "string_too_long"),
    ],
)
def test_signup_refusals(mounted, changed, where, kind):
    reply = mounted.client().post("/signup", {**newcomer(), **changed})
    expect_invalid(reply, f"body.{where}", kind)
    assert cookie_of(reply) is None


def test_taken(mounted, browser):
    """409, in whatever case."""
    for member in ("username", "email"):
        body = {**newcomer(), member: browser.user[member].upper()}
        expect_refusal(mounted.client().post("/signup", body), 409)


def test_signup_closed(start):
    server = start(options={"SIGNUP": "closed"}, dialects=[NAME])
    expect_refusal(Client(server).post("/signup", newcomer()), 403, "Sign-up is closed")


def test_login_refusals(mounted, browser):
    """E01: one answer for an unknown address and a wrong password; names in any case."""
    post = mounted.client().post
    answers = {
        (reply.status, reply.body)
        for email in (browser.user["email"], "nobody@example.com", "nobody")
        for reply in [post("/login", {"email": email, "password": WRONG})]
    }
    assert len(answers) == 1
    email = browser.user["email"].upper()
    keys_are(post("/login", {"email": email, "password": PASSWORD}), LOGIN)


def test_rates(start):
    """E08, E12: sign-ups, log-ins and refreshes of one address are counted; 429 has no cookie."""
    server = start(options=RATED, dialects=[NAME])

    def until_429(send):
        for reply in crowd_limited(server, send):
            assert int(reply.headers["Retry-After"]) > 0
            assert cookie_of(expect_refusal(reply, 429, "Too many requests")) is None

    until_429(lambda client: client.post("/signup", {**newcomer(), "password": "x"}))
    until_429(lambda client: client.post("/login", {"email": fresh_name(), "password": WRONG}))
    until_429(lambda client: client.get(REFRESH, **by_cookie("x")))


def test_login_lock(start):
    """E04."""
    server = start(options={"LOGIN_LOCK_AFTER": 2}, admin=True, dialects=[NAME])
    client = Client(server)
    body = {"email": "root@example.com", "password": WRONG}
    for _ in range(2):
        expect_unauthorized(client.post("/login", body))
    expect_refusal(client.post("/login", {**body, "password": ADMIN_PASSWORD}), 429)


# --- the user -------------------------------------------------------------------------------------


def test_user_without_email(mounted):
    """Somebody from elsewhere may have none: null."""
    name = fresh_name()
    admin = mounted.native().login(ADMIN, ADMIN_PASSWORD)
    admin.post("/v1/users", {"username": name, "password": PASSWORD}).expect(201)
    form = {"username": name, "password": PASSWORD}
    body = keys_are(mounted.client().post("/login", form=form), LOGIN)
    shown = keys_are(mounted.client(body["access_token"]).get("/user"), USER)
    assert (shown["username"], shown["email"]) == (name, None)


# --- refresh --------------------------------------------------------------------------------------


def test_refresh_by_bearer(mounted):
    """DIALECTS: the refresh token as bearer; the new one comes as the cookie."""
    client = Browser(mounted, send_cookie=False).sign_up()
    first = client.refresh_token
    reply = client.try_refresh(token=first)
    body = keys_are(reply, REFRESHED)
    second = cookie_of(reply).value
    assert second != first
    keys_are(client.get("/user", token=body["access_token"]), USER)
    keys_are(client.try_refresh(token=second), REFRESHED)


def test_cookie_wins(mounted, browser):
    """DIALECTS: over a bearer sent along, good or bad."""
    other = Browser(mounted).sign_up()
    body = keys_are(browser.try_refresh(token=other.refresh_token), REFRESHED)
    assert body["user"] == browser.user
    assert keys_are(browser.try_refresh(token="garbage"), REFRESHED)["user"] == browser.user
    other.refresh()  # untouched
    cookie = {"Cookie": f"{COOKIE}=garbage"}
    assert dead(other.try_refresh(token=other.refresh_token, headers=cookie)) is not None
    # The dead cookie is gone; now the bearer counts.
    other.cookie = None
    keys_are(other.try_refresh(token=other.refresh_token), REFRESHED)


def test_no_refresh_token(mounted):
    """Nothing sent, an empty cookie, the name twice, another scheme: 401."""
    client = mounted.client()
    expect_unauthorized(client.get(REFRESH), "Not authenticated")
    for headers in (
        {"Cookie": "other=1"},
        {"Cookie": f"{COOKIE}=a; {COOKIE}=b"},
        {"Authorization": "Basic Og=="},
    ):
        expect_unauthorized(client.get(REFRESH, headers=headers), "Not authenticated")
    dead(client.get(REFRESH, **by_cookie("")))


def test_refresh_rotates(browser):
    first, old_access = browser.cookie, browser.token
    browser.refresh()
    assert browser.cookie != first and browser.token != old_access
    keys_are(browser.get("/user"), USER)
    keys_are(browser.get("/user", token=old_access), USER)  # good until it ends


@pytest.mark.store("sqlite", "postgres")
def test_refresh_goes_through_the_group_lane(mounted, browser):
    """ADR 0021."""

    def written():
        return metrics.read(mounted.server, "latchkey_lane_jobs_total", lane="group")

    before = written()
    browser.refresh()
    eventually(lambda: written() == before + 1)


def test_refresh_grace(browser):
    """R03: a client that lost the answer gets the same successor again."""
    first = browser.cookie
    browser.refresh()
    second = browser.cookie
    assert cookie_of(browser.try_refresh(**by_cookie(first)).expect(200)).value == second
    browser.cookie = second
    browser.refresh()
    assert browser.cookie not in (first, second)


def test_reuse_ends_the_family(strict):
    """R01: the old one again: its session ends with the new pair; the user's others live."""
    client = Browser(strict).sign_up()
    other = Browser(strict).log_in(client.user["email"])
    first = client.cookie
    client.refresh()
    second = client.cookie
    dead(client.try_refresh(**by_cookie(first)))
    dead(client.try_refresh(**by_cookie(second)))
    expect_unauthorized(client.get("/user"))
    keys_are(other.get("/user"), USER)
    other.refresh()


def test_reuse_two_steps_behind(mounted):
    """R02: older than one step is reuse, grace or not."""
    client = Browser(mounted).sign_up()
    first = client.cookie
    client.refresh()
    client.refresh()
    newest = client.cookie
    dead(client.try_refresh(**by_cookie(first)))
    dead(client.try_refresh(**by_cookie(newest)))
    expect_unauthorized(client.get("/user"))


def test_refresh_survives_a_restart(start):
    """R04, R06: good tokens stay good, rotated and ended ones stay dead."""
    server = start(options=NO_GRACE, dialects=[NAME])
    place = Mounted(server, NAME, "")
    kept, reused, out = (Browser(place).sign_up() for _ in range(3))
    old = reused.cookie
    reused.refresh()
    newest = reused.cookie
    ended = out.cookie
    out.post("/logout").expect(200)
    server.stop()
    again = start(
        folder=server.folder, database=server.database, options=NO_GRACE, dialects=[NAME]
    )
    for client in (kept, reused, out):
        client.close()
        client.server = again
    keys_are(kept.get("/user"), USER)
    kept.refresh()
    dead(out.try_refresh(**by_cookie(ended)))
    expect_unauthorized(out.get("/user"))
    dead(reused.try_refresh(**by_cookie(old)))
    dead(reused.try_refresh(**by_cookie(newest)))


@pytest.mark.store("sqlite")
def test_refresh_while_the_store_is_locked(start):
    """R05: 503, the cookie stays, and the token is good afterwards."""
    server = start(dialects=[NAME])
    server.unavailable_expected = server.error_records_expected = True
    client = Browser(Mounted(server, NAME, "")).sign_up()
    token = client.cookie
    other = sqlite3.connect(server.database.removeprefix("sqlite:"), isolation_level=None)
    other.execute("begin immediate")
    reply = expect_refusal(client.try_refresh(), 503)
    assert cookie_of(reply) is None
    other.execute("rollback")
    other.close()
    assert client.cookie == token
    client.refresh()


ENDS = ["logout", "native", "global", "disable", "delete", "self", "password"]


@pytest.mark.parametrize("end", ENDS)
def test_dead_after(mounted, end):
    """R06: whatever ends the session, in this dialect or natively, ends its refresh token."""
    client = Browser(mounted).sign_up()
    token = client.cookie
    native = mounted.native(client.token)
    admin = mounted.native().login(ADMIN, ADMIN_PASSWORD)
    number = client.user["id"]
    path = f"/v1/users/{number}"
    acts = {
        "logout": lambda: client.post("/logout").expect(200),
        "native": lambda: native.post("/v1/auth/logout").expect(204),
        "global": lambda: native.post("/v1/auth/logout?scope=global").expect(204),
        "disable": lambda: admin.patch(path, {"status": "disabled"}).expect(200),
        "delete": lambda: mounted.client(admin.token).delete(f"/users/{number}").expect(200),
        "self": lambda: client.delete(f"/users/{number}").expect(200),
        "password": lambda: admin.patch(path, {"password": "new Orbit velvet 88"}).expect(200),
    }
    acts[end]()
    dead(client.try_refresh(**by_cookie(token)))
    dead(client.try_refresh(token=token, headers={"Cookie": "a=b"}))
    expect_unauthorized(client.get("/user"))


def junk_of(token):
    yield from ("x", "x" * 4000, token + "A", token[:-1], token[1:], token + "=")
    yield from (token.swapcase(), token + "." + token, "eyJhbGciOiJub25lIn0.e30.")


def test_junk(mounted, browser):
    """What is no token is refused and hurts nobody, by cookie and as bearer."""
    for junk in junk_of(browser.cookie):
        dead(mounted.client().get(REFRESH, **by_cookie(junk)))
        dead(mounted.client().get(REFRESH, token=junk))
    browser.refresh()


def test_kinds_do_not_mix(mounted, browser):
    """T15: an access token refreshes nothing, a refresh token opens nothing."""
    dead(mounted.client().get(REFRESH, token=browser.token))
    dead(mounted.client().get(REFRESH, **by_cookie(browser.token)))
    for method, path in (("GET", "/user"), ("POST", "/logout"), ("POST", "/users/roles")):
        body = {"name": "x"} if path == "/users/roles" else None
        expect_unauthorized(
            mounted.client().request(method, path, json=body, token=browser.refresh_token)
        )


def test_one_session_everywhere(mounted, browser):
    """Issue 5.4: the token of this dialect refreshes natively, and the other way round."""
    native = mounted.native()
    grant = native.try_refresh(browser.cookie).expect(200).json()
    browser.cookie = grant["refresh_token"]
    browser.refresh()
    native.try_refresh(browser.cookie).expect(200)
    native.token = browser.token
    native.post("/v1/auth/logout").expect(204)
    expect_unauthorized(browser.get("/user"))


def test_idle_end(start):
    """R08: JWT_REFRESH_EXPIRY is how long a refresh token may lie unused."""
    server = start(environment={"JWT_REFRESH_EXPIRY": "1s"}, dialects=[NAME])
    client = Browser(Mounted(server, NAME, "")).sign_up()
    watcher = client.place.native()
    session_id = tokens.claims(client.token)["sid"]

    def gone():
        watcher.login(client.user["username"])
        items = watcher.get("/v1/auth/sessions").expect(200).json()["items"]
        return session_id not in {item["id"] for item in items}

    eventually(gone, within=10 * PATIENCE)
    dead(client.try_refresh())


@pytest.mark.concurrency
def test_fifty_at_once(mounted):
    """R03: one token, fifty clients: one successor for all of them."""
    client = Browser(mounted).sign_up()
    token = client.cookie
    mounted.server.unavailable_expected = True

    def refresh(_):
        each = mounted.client()
        reply = each.get(REFRESH, **by_cookie(token))
        each.close()
        return reply

    replies = together(50, refresh)
    mounted.server.unavailable_expected = False
    good = [reply for reply in replies if reply.status == 200]
    assert good and {reply.status for reply in replies} <= {200, 503}
    successors = {cookie_of(reply).value for reply in good}
    assert len(successors) == 1
    client.cookie = successors.pop()
    client.refresh()


@pytest.mark.concurrency
def test_fifty_at_once_on_two_processes(start):
    """R03 between two processes on one database, without grace: at most one gets through."""
    server = start(options=NO_GRACE, dialects=[NAME])
    other = start(
        folder=server.folder, database=server.database, options=NO_GRACE, dialects=[NAME]
    )
    places = [Mounted(each, NAME, "") for each in (server, other)]
    server.unavailable_expected = other.unavailable_expected = True
    token = Browser(places[0]).sign_up().cookie

    def refresh(index):
        each = places[index % 2].client()
        reply = each.get(REFRESH, **by_cookie(token))
        each.close()
        return reply.status

    statuses = together(50, refresh)
    assert statuses.count(200) <= 1, statuses
    assert set(statuses) <= {200, 401, 503}


# --- log-out --------------------------------------------------------------------------------------


def test_logout(browser):
    """Ends this session alone and clears the cookie; repeating it is fine."""
    other = Browser(browser.place).log_in(browser.user["email"])
    for _ in range(2):
        reply = browser.post("/logout")
        assert reply.expect(200).json() == {"message": "User logged out successfully."}
        cookie = cookie_of(reply)
        assert (cookie.value, cookie["max-age"], cookie["path"]) == ("", "0", "/")
        assert cookie["httponly"] and cookie["samesite"] == "Lax"
    keys_are(other.get("/user"), USER)
    other.refresh()


def test_logout_takes_a_bearer(browser):
    """The cookie alone logs nobody out: any site's form could."""
    reply = browser.post("/logout", token=False)
    assert cookie_of(expect_unauthorized(reply, "Not authenticated")) is None
    keys_are(browser.get("/user"), USER)
    browser.refresh()


# --- deleting -------------------------------------------------------------------------------------


def test_delete_is_soft(mounted, browser):
    """191: gone, but an administrator can bring them back; no session comes back."""
    admin = mounted.admin()
    number = browser.user["id"]
    reply = admin.delete(f"/users/{number}")
    assert reply.expect(200).json() == {"message": "User deleted successfully."}
    expect_refusal(admin.delete(f"/users/{number}"), 404, "Not Found")
    native = mounted.native(admin.token)
    gone = native.get(f"/v1/users?deleted=only&username={browser.user['username']}")
    (record,) = gone.expect(200).json()["items"]
    assert record["number"] == number
    expect_unauthorized(browser.get("/user"))
    again = Browser(mounted).sign_up(
        username=browser.user["username"], email=browser.user["email"]
    )
    assert again.user["id"] > number  # T18: no id comes twice
    expect_unauthorized(browser.get("/user"))


def test_delete_is_for_oneself_or_admins(mounted, browser):
    """A02: another's is 403 whether it exists or not."""
    other = Browser(mounted).sign_up()
    for number in (browser.user["id"], 10**9, 0, -1):
        expect_refusal(other.delete(f"/users/{number}"), 403)
    expect_invalid(other.delete(f"/users/{browser.user['username']}"), "path.user_id")
    keys_are(browser.get("/user"), USER)
    delegate = mounted.holder("users:delete")
    expect_refusal(delegate.delete(f"/users/{mounted.admin().user['number']}"), 403)
    delegate.delete(f"/users/{browser.user['id']}").expect(200)


def test_the_last_admin_stays(strict):
    """A06."""
    admin = Browser(strict).log_in("root@example.com", ADMIN_PASSWORD)
    expect_refusal(admin.delete(f"/users/{admin.user['id']}"), 409)


# --- roles ----------------------------------------------------------------------------------------


def test_roles(mounted):
    """202: name, and permissions that are optional."""
    admin = mounted.admin()
    native = mounted.native(admin.token)
    for more in ({}, {"permissions": []}, {"permissions": None}):
        name = fresh_name("role")
        assert admin.post("/users/roles", {"name": name, **more}).expect(201).json() == {
            "message": "Role created successfully."
        }
        assert native.get(f"/v1/roles/{name}").expect(200).json()["permissions"] == []
        expect_refusal(
            admin.post("/users/roles", {"name": name.upper()}), 409, "Role already exists"
        )


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "body.name"),
        ({"name": ""}, "body.name"),
        ({"name": "x" * 65}, "body.name"),
        ({"name": "with space"}, "body.name"),
        ({"name": "role", "permissions": "users:read"}, "body.permissions"),
        ({"name": "role", "permissions": ["nonsense"]}, "body.permissions.0"),
        ({"name": "role", "permissions": ["users:fly"]}, "body.permissions.0"),
        ({"name": "role", "permissions": ["users:read"] * 65}, "body.permissions"),
    ],
)
def test_role_refusals(mounted, body, where):
    expect_invalid(mounted.admin().post("/users/roles", body), where)


def test_roles_need_a_right(mounted, browser):
    """A05: `roles:create`, and nobody makes a role that grants more than they hold."""
    expect_refusal(browser.post("/users/roles", {"name": fresh_name("role")}), 403)
    delegate = mounted.holder("roles:create", "users:read")
    name = fresh_name("role")
    for permissions in (["users:delete"], ["users:*"], ["*"]):
        body = {"name": name, "permissions": permissions}
        expect_refusal(delegate.post("/users/roles", body), 403)
    delegate.post("/users/roles", {"name": name, "permissions": ["users:read"]}).expect(201)


# --- the document of the API ----------------------------------------------------------------------


def test_openapi(mounted):
    """Issue 5.3: Authorize of the docs pages can log in; JSON wants `email`, a form `username`."""
    document = mounted.document.document
    schemas = document["components"]["schemas"]
    assert {"HTTPValidationError", "ValidationError", "User"} <= set(schemas)
    assert set(schemas["UserLogin"]["required"]) == {"email", "password"}
    assert "username" not in schemas["UserLogin"]["properties"]
    assert "username" in schemas["UserLoginForm"]["properties"]
    flow = document["components"]["securitySchemes"]["OAuth2PasswordBearer"]["flows"]["password"]
    assert flow["tokenUrl"] == "/login"
