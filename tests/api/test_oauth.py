"""OAuth 2: /oauth/token, /oauth/revoke, /oauth/introspect and what is said of them."""

import base64
from urllib.parse import quote_plus

import pytest

import tokens
from client import PASSWORD, Client, fresh_name
from fixtures import ADMIN, ADMIN_PASSWORD, SESSION_ENDS, end_session
from process import PATIENCE
from rates import RATED, crowd_limited, until_limited
from waiting import eventually

CLIENT = "orders-api"
# What `openssl rand -base64 33` makes: `+`, `/` and `=` are where decoders differ.
SECRET = "q+8/uZJ0c+S3vT1nYk6wRz5hXb/4mLd7PfGe2oAiKy=="
WRONG = "wrong-secret-0123456789"
OPTIONS = {"INTROSPECTION_CLIENT": CLIENT, "INTROSPECTION_SECRET": SECRET}
INACTIVE = b'{"active":false}'
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JUNK = ("", "x", "a.b.c", "lkr_", "lkr_" + "A" * 55, "eyJhbGciOiJub25lIn0.e30.", "x" * 9000, "ü")


def basic(name, secret):
    pair = base64.b64encode(f"{name}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def by_password(client, username, password=PASSWORD, **more):
    return client.oauth_token(grant_type="password", username=username, password=password, **more)


def by_refresh(client, token, **more):
    return client.oauth_token(grant_type="refresh_token", refresh_token=token, **more)


def introspect(client, token, name=CLIENT, secret=SECRET, **more):
    if secret == SECRET:
        client.server.secrets.add(secret)
    headers = basic(name, secret)
    return client.post(
        "/oauth/introspect", form={"token": token, **more}, headers=headers, token=False
    )


def revoke(client, token, **more):
    return client.post("/oauth/revoke", form={"token": token, **more}, token=False).expect(200)


def inactive(reply):
    assert reply.expect(200).body == INACTIVE


# --- token ----------------------------------------------------------------------------------------


def test_password_grant(person):
    """RFC 6749 5.1, R13: these members and no more, not to be kept."""
    for name in (person.user["username"], person.user["email"].upper()):
        reply = by_password(person, name).expect(200)
        grant = reply.json()
        assert set(grant) == {"access_token", "token_type", "expires_in", "refresh_token"}
        assert grant["token_type"].lower() == "bearer"
        assert grant["expires_in"] == 1800
        assert reply.headers["Cache-Control"] == "no-store"
        assert reply.headers["Pragma"] == "no-cache"
        person.me(token=grant["access_token"]).expect(200)
        person.refresh_token = grant["refresh_token"]
        person.refresh()


@pytest.mark.parametrize("value", ["Og==", "b3JkZXJzLWFwaTo=", "d2hvZXZlcjo="])
def test_no_client_is_needed(person, value):
    """An empty Basic, as Swagger UI sends it, counts as none; so does a name without a secret."""
    form = {"grant_type": "password", "username": person.user["username"], "password": PASSWORD}
    headers = {"Authorization": f"Basic {value}"}
    person.post("/oauth/token", form=form, headers=headers, token=False).expect(200)
    form |= {"client_id": "whoever", "client_secret": "", "scope": ""}
    person.post("/oauth/token", form=form, headers=headers, token=False).expect(200)


def test_refresh_grant(person):
    """The same rotation as POST /v1/auth/refresh: they are one chain."""
    first = person.refresh_token
    grant = by_refresh(person, first).expect(200).json()
    assert grant["refresh_token"] != first
    assert tokens.claims(grant["access_token"])["sid"] == tokens.claims(person.token)["sid"]
    again = by_refresh(person, first).expect(200).json()
    assert again["refresh_token"] == grant["refresh_token"], "grace: the same successor"
    person.refresh_token = grant["refresh_token"]
    person.refresh()


@pytest.mark.parametrize("steps", [1, 3])
def test_reuse_ends_the_session(start, steps):
    """R01, R02: an old token is invalid_grant by 400, and its family dies; others live."""
    server = start(options={"REFRESH_GRACE": "0s"})
    client = Client(server).signup()
    other = Client(server).login(client.user["username"])
    old = client.refresh_token
    for _ in range(steps):
        grant = by_refresh(client, client.refresh_token).expect(200).json()
        client.token, client.refresh_token = grant["access_token"], grant["refresh_token"]
    by_refresh(client, old).expect(400, "invalid_grant")
    by_refresh(client, client.refresh_token).expect(400, "invalid_grant")
    client.me().expect(401, "invalid_token")
    other.me().expect(200)
    other.refresh()


@pytest.mark.parametrize("end", SESSION_ENDS)
def test_dead_after(server, admin, end):
    """R06, E07: whatever ends the session is seen by every endpoint."""
    client = Client(server).signup()
    end_session(end, client, admin)
    by_refresh(client, client.refresh_token).expect(400, "invalid_grant")
    inactive(introspect(client, client.token))
    client.get("/v1/auth/verify").expect(401, "invalid_token")
    revoke(client, client.refresh_token)
    if end in ("disable", "delete", "password"):
        by_password(client, client.user["username"]).expect(400, "invalid_grant")


def test_kinds_do_not_mix(person):
    """T15: an access token refreshes nothing, a refresh token is no access token anywhere."""
    by_refresh(person, person.token).expect(400, "invalid_grant")
    inactive(introspect(person, person.refresh_token))
    inactive(introspect(person, person.refresh_token, token_type_hint="refresh_token"))
    person.get("/v1/auth/verify", token=person.refresh_token).expect(401, "invalid_token")


@pytest.mark.parametrize(
    "form, error",
    [
        ({}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"username": "a", "password": "b"}, "invalid_request"),
        ({"grant_type": "password", "password": "b"}, "invalid_request"),
        ({"grant_type": "password", "username": "a"}, "invalid_request"),
        ({"grant_type": "password", "username": "a", "password": ""}, "invalid_request"),
        ({"grant_type": "password", "username": "a", "password": "b" * 1025}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "invalid_grant"),
        ({"grant_type": "authorization_code", "code": "x"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": "Password"}, "unsupported_grant_type"),
        ({"grant_type": 'x"\\\u00fc\n'}, "unsupported_grant_type"),
        ({"grant_type": "password", "username": "nobody-there", "password": "b"}, "invalid_grant"),
    ],
)
def test_grant_errors(anyone, form, error):
    anyone.post("/oauth/token", form=form).expect(400, error)


def test_no_scopes(person):
    """R09: there are none, so whoever asks for one is told so, and no token is used up."""
    by_password(person, person.user["username"], scope="openid").expect(400, "invalid_scope")
    by_refresh(person, person.refresh_token, scope="admin").expect(400, "invalid_scope")
    by_refresh(person, person.refresh_token).expect(200)


def test_one_answer_for_every_reason(server, admin):
    """E01: unknown, wrong, disabled: the same status, body and headers."""
    wrong, disabled = Client(server).signup(), Client(server).signup()
    admin.patch(f"/v1/users/{disabled.user['id']}", {"status": "disabled"}).expect(200)
    replies = [
        by_password(wrong, wrong.user["username"], "wrong password here"),
        by_password(wrong, disabled.user["username"]),
        by_password(wrong, "nobody-there"),
    ]
    bodies = {reply.expect(400, "invalid_grant").body for reply in replies}
    headers = {tuple(sorted(set(reply.headers) - {"Date"})) for reply in replies}
    assert len(bodies) == len(headers) == 1


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke", "/oauth/introspect"])
def test_never_in_the_target(anyone, person, path):
    """R12: no GET, nothing in the query, nothing twice; always in the form of RFC 6749 5.2."""
    form = {"grant_type": "password", "username": person.user["username"], "password": PASSWORD}
    query = f"username={form['username']}&password={quote_plus(PASSWORD)}"
    caller = {"headers": basic(CLIENT, SECRET)}
    anyone.get(f"{path}?grant_type=password&{query}").expect(405, "invalid_request")
    reply = anyone.post(f"{path}?{query}", form={"grant_type": "password", "token": "x"}, **caller)
    reply.expect(400, "invalid_request")
    for twice in ("grant_type=password&grant_type=password", "token=x&token=x"):
        body = f"{query}&{twice}" if path == "/oauth/token" else "token=x&token=x"
        reply = anyone.post(path, body=body.encode(), headers={**FORM, **caller["headers"]})
        reply.expect(400, "invalid_request")


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke", "/oauth/introspect"])
def test_unreadable(anyone, path):
    """J06, J07, J11: whatever is wrong with a body is 400 invalid_request."""
    headers = basic(CLIENT, SECRET)
    good = b"grant_type=refresh_token&refresh_token=x&token=x"
    for body in (b"token=%zz", b"token=%00", b"token=%ff", b"token=\xff", b"%=1", b""):
        bodies = body + b"&grant_type=%zz" if path == "/oauth/token" and body else body
        anyone.post(path, body=bodies, headers=FORM | headers).expect(400, "invalid_request")
    for media_type in ("application/json", "text/plain", "", "multipart/form-data; boundary=x",
                       "application/x-www-form-urlencoded; charset=utf-16"):  # fmt: skip
        sent = {"Content-Type": media_type, **headers}
        anyone.post(path, body=good, headers=sent).expect(400, "invalid_request")
    anyone.post(path, json={"token": "x"}, headers=headers).expect(400, "invalid_request")
    anyone.post(path, body=b"a" * 70_000, headers=FORM | headers).expect(413, "invalid_request")


@pytest.mark.parametrize("path", ["/oauth", "/oauth/", "/oauth/authorize", "/oauth/token/x"])
def test_nowhere(anyone, path):
    """What is not there is refused as anywhere else."""
    anyone.get(path).expect(404, "not_found")
    anyone.post(path, form={"a": "b"}).expect(404, "not_found")


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/token/", "/oauth/revoke", "/oauth/introspect/"])
def test_refused_before_any_route(anyone, path):
    """Other methods, bad targets, wrong framing: in the form of the endpoint all the same."""
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        assert "POST" in anyone.request(method, path).expect(405, "invalid_request").headers["Allow"]
    anyone.get(f"{path}?a=%zz").expect(400, "invalid_request")
    anyone.post(f"{path}?a=%00", form={"a": "b"}).expect(400, "invalid_request")
    anyone.post(path, form={"a": "b"}, headers={"Expect": "x"}).expect(417, "invalid_request")


# --- limits ---------------------------------------------------------------------------------------


def test_one_counter_of_failures(start):
    """E04, E06, E07: log-in and password grant count together; a lock stops both, no session."""
    server = start(options={**OPTIONS, "LOGIN_LOCK_AFTER": 3})
    client = Client(server).signup()
    name, stranger = client.user["username"], Client(server)
    stranger.try_login(name, "wrong password here").expect(401)
    by_password(stranger, name.upper(), "wrong password here").expect(400, "invalid_grant")
    by_password(stranger, client.user["email"], "wrong password here").expect(400, "invalid_grant")
    reply = by_password(stranger, name).expect(429, "temporarily_unavailable")
    assert 0 < int(reply.headers["Retry-After"]) <= 900
    stranger.try_login(name).expect(429, "locked")
    assert introspect(stranger, client.token).expect(200).json()["active"] is True
    by_refresh(client, client.refresh_token).expect(200)


def test_rates(start):
    """E12: junk is limited by address, 429 with Retry-After in the form of RFC 6749 5.2."""
    server = start(options=OPTIONS | RATED)
    for reply in crowd_limited(server, lambda client: by_refresh(client, "x")):
        reply.expect(429, "temporarily_unavailable")
    form = {"token": "x"}
    crowd_limited(server, lambda client: client.post("/oauth/revoke", form=form, token=False))


def test_secrets_cannot_be_tried_out(start):
    """E08 for clients: when an address was wrong too often, the right secret is not looked at."""
    server = start(options={**OPTIONS, "RATE_LIMIT": "on"})
    client = Client(server).signup()
    form = {"grant_type": "password", "username": "x", "password": "y"}

    def wrong():
        return introspect(client, client.token, secret=WRONG)

    def right_is_refused():
        until_limited(wrong)[0].expect(429, "temporarily_unavailable")
        return introspect(client, client.token).status == 429

    for _ in range(100):
        introspect(client, client.token).expect(200)  # what is right takes nothing
    assert [wrong().status for _ in range(20)] == [401] * 20
    eventually(right_is_refused, within=20 * PATIENCE)
    wrong_too = {"form": form, "headers": basic(CLIENT, WRONG), "token": False}
    until_limited(lambda: client.post("/oauth/token", **wrong_too))
    assert server.wait_event("client_refused")["reason"] == "wrong_secret"
    client.get("/v1/auth/verify").expect(200)  # tokens go on
    eventually(lambda: introspect(client, client.token).status == 200, within=20 * PATIENCE)


# --- clients --------------------------------------------------------------------------------------


def test_client_spellings(person):
    """RFC 6749 2.3.1: the secret as it is, and form-encoded."""
    for secret in (SECRET, quote_plus(SECRET)):
        assert introspect(person, person.token, secret=secret).expect(200).json()["active"]


@pytest.mark.parametrize(
    "name, secret",
    [(CLIENT, SECRET[:-1]), (CLIENT, SECRET + "x"), (CLIENT, SECRET.swapcase()), (CLIENT, ""),
     ("", SECRET), (CLIENT.upper(), SECRET), (CLIENT + "\0", SECRET), ("other", SECRET),
     (SECRET, CLIENT), (CLIENT, quote_plus(quote_plus(SECRET)))],
)  # fmt: skip
def test_wrong_client(person, name, secret):
    """R11: 401 with the scheme that was used, at every endpoint that was shown a secret. The secret
    is never in the log, not even where it was taken for the name."""
    person.server.secrets.add(SECRET)
    headers = basic(name, secret)
    form = {"token": person.token, "grant_type": "refresh_token", "refresh_token": "x"}
    paths = ["/oauth/introspect", "/oauth/token", "/oauth/revoke"]
    for path in paths[: 3 if secret else 1]:
        reply = person.post(path, form=form, headers=headers, token=False)
        reply.expect(401, "invalid_client")
        assert reply.headers["WWW-Authenticate"] == 'Basic realm="latchkey", charset="UTF-8"'
    person.me().expect(200)


@pytest.mark.parametrize("value", ["Basic", "Basic ", "Basic x", "Basic ====", "Basic Og", "Basic Oz==",
                                   "Basic YWJj", "Basic /+8=", "basic eA=="])  # fmt: skip
def test_malformed_basic(person, value):
    reply = person.post(
        "/oauth/introspect", form={"token": "x"}, headers={"Authorization": value}, token=False
    )
    assert reply.expect(401).code == "invalid_client"


def test_client_in_the_form(person):
    """At token and revocation endpoint; both ways at once are one too many (RFC 6749 2.3)."""
    form = {"token": "x", "client_id": CLIENT, "client_secret": SECRET}
    person.post("/oauth/revoke", form=form, token=False).expect(200)
    person.post("/oauth/revoke", form=form, headers=basic(CLIENT, SECRET), token=False).expect(
        400, "invalid_request"
    )
    wrong = {**form, "client_secret": WRONG}
    person.post("/oauth/revoke", form=wrong, token=False).expect(401, "invalid_client")
    grant = {"grant_type": "password", "username": person.user["username"], "password": PASSWORD}
    person.post("/oauth/token", form={**grant, **wrong}, token=False).expect(401, "invalid_client")
    person.post("/oauth/token", form={**grant, **form}, token=False).expect(200)
    person.post("/oauth/introspect", form=form, token=False).expect(401, "invalid_client")


def test_without_a_client(start):
    """None is configured: no name and secret are right, empty ones neither."""
    client = Client(start()).signup()
    for name, secret in ((CLIENT, SECRET), ("", "x"), ("x", "")):
        introspect(client, client.token, name, secret).expect(401, "invalid_client")
    reply = introspect(client, client.token, "", "").expect(401, "invalid_client")
    assert reply.headers.get_all("WWW-Authenticate") == ["Bearer"]
    methods = client.get("/.well-known/oauth-authorization-server").expect(200).json()
    assert methods["token_endpoint_auth_methods_supported"] == ["none"]
    assert methods["introspection_endpoint_auth_methods_supported"] == ["Bearer"]


# --- introspection --------------------------------------------------------------------------------


def test_introspection(person):
    """RFC 7662 2.2: all of it, as the token says it; roles as they are now."""
    told = introspect(person, person.token, token_type_hint="refresh_token").expect(200).json()
    claims = tokens.claims(person.token)
    assert told.pop("active") is True
    assert told.pop("token_type") == "bearer"
    assert told == claims
    again = introspect(person, person.token).expect(200).json()  # remembered now
    assert again == {"active": True, "token_type": "bearer", **claims}


def test_introspection_of_anything_else(person):
    """R11: unknown, malformed, revoked: {"active":false} and nothing else."""
    for junk in JUNK[1:]:
        inactive(introspect(person, junk))
    header, payload, signature = person.token.split(".")
    for forged in (f"{header}.{payload}.", f"{header}.{payload}.{signature[:-4]}AAAA",
                   f"{header}.{payload}.{signature}x", f" {person.token}"):  # fmt: skip
        inactive(introspect(person, forged))
    assert introspect(person, person.token).json()["active"] is True
    person.post("/v1/auth/logout").expect(204)
    inactive(introspect(person, person.token))


def test_who_may_introspect(server, person, admin, delegate):
    """R11, T22: nobody 401; a person 403; the permission, a wildcard, the client 200."""
    form = {"token": person.token}
    reply = person.post("/oauth/introspect", form=form, token=False).expect(401, "invalid_client")
    schemes = reply.headers.get_all("WWW-Authenticate")
    assert [scheme.split()[0] for scheme in schemes] == ["Bearer", "Basic"]
    reply = person.post("/oauth/introspect", form=form).expect(403, "insufficient_scope")
    assert 'scope="tokens:introspect"' in reply.headers["WWW-Authenticate"]
    for holder in (admin, delegate("tokens:introspect"), delegate("tokens:*")):
        assert holder.post("/oauth/introspect", form=form).expect(200).json()["active"] is True
    gone = Client(server).login(ADMIN, ADMIN_PASSWORD)
    gone.post("/v1/auth/logout").expect(204)
    gone.post("/oauth/introspect", form=form).expect(401, "invalid_token")
    catalogue = admin.get("/v1/permissions").expect(200).json()["items"]
    assert {
        "name": "tokens:introspect", "operations": ["POST /oauth/introspect"]
    } in catalogue  # fmt: skip


def test_roles_are_those_of_now(server, person, admin):
    """T20: what introspection tells follows a change at once, whatever the token says."""
    role = fresh_name("role")
    admin.post("/v1/roles", {"name": role, "permissions": []}).expect(201)
    assert introspect(person, person.token).json()["roles"] == ["user"]
    admin.put(f"/v1/users/{person.user['id']}/roles", {"roles": ["user", role]}).expect(200)
    assert set(introspect(person, person.token).json()["roles"]) == {"user", role}
    admin.put(f"/v1/users/{person.user['id']}/roles", {"roles": []}).expect(200)
    told = introspect(person, person.token).json()
    assert told["active"] is True and told["roles"] == []


# --- revocation -----------------------------------------------------------------------------------


def test_revoke_a_refresh_token(server, person):
    """R10, T19: it ends its session at once, and no other."""
    other = Client(server).login(person.user["username"])
    revoke(person, person.refresh_token, token_type_hint="refresh_token")
    person.me().expect(401, "invalid_token")
    inactive(introspect(person, person.token))
    by_refresh(person, person.refresh_token).expect(400, "invalid_grant")
    revoke(person, person.refresh_token)
    other.me().expect(200)
    other.refresh()


def test_revoke_an_access_token(server, person):
    """RFC 7009 2.1: the grant behind it goes too."""
    other = Client(server).login(person.user["username"])
    revoke(person, person.token, token_type_hint="nonsense")
    person.me().expect(401, "invalid_token")
    by_refresh(person, person.refresh_token).expect(400, "invalid_grant")
    revoke(person, person.token)
    other.me().expect(200)


def test_revoke_one_that_was_rotated(person):
    """Whoever shows it has it: the session ends, as with any reuse."""
    old = person.refresh_token
    grant = by_refresh(person, old).expect(200).json()
    revoke(person, old)
    person.me(token=grant["access_token"]).expect(401, "invalid_token")


def test_revoke_anything_else(person):
    """R10, RFC 7009 2.2: 200 for what is no token here, without effect; one is needed, though."""
    for junk in JUNK[1:]:
        revoke(person, junk)
    for form in ({}, {"token": ""}, {"token_type_hint": "refresh_token"}):
        person.post("/oauth/revoke", form=form, token=False).expect(400, "invalid_request")
    person.me().expect(200)
    person.refresh()


def test_revocation_is_audited(person, admin):
    """X06: who, from where; no token."""
    session = tokens.claims(person.token)["sid"]
    revoke(person, person.refresh_token)
    path = f"/v1/audit?event=token_revoked&subject={person.user['id']}"
    (event,) = admin.get(path).expect(200).json()["items"]
    assert event["outcome"] == "success"
    assert event["actor"]["id"] == event["subject"]["id"] == person.user["id"]
    assert event["details"] == {"session_id": session}


# --- metadata -------------------------------------------------------------------------------------

WELL_KNOWN = ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration")


@pytest.mark.parametrize("issuer", ["https://id.example.com", "https://example.com/id/"])
def test_metadata(start, issuer):
    """RFC 8414: by the issuer alone, whatever Host and X-Forwarded-* say."""
    client = Client(start(options={"ISSUER": issuer, **OPTIONS}))
    base = issuer.rstrip("/")
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
    for path in WELL_KNOWN:
        reply = client.get(path, headers=forged).expect(200)
        told = reply.json()
        assert told["issuer"] == issuer
        assert told["token_endpoint"] == f"{base}/oauth/token"
        assert told["revocation_endpoint"] == f"{base}/oauth/revoke"
        assert told["introspection_endpoint"] == f"{base}/oauth/introspect"
        assert told["jwks_uri"] == f"{base}/.well-known/jwks.json"
        assert told["grant_types_supported"] == ["password", "refresh_token"]
        assert told["response_types_supported"] == []
        methods = ["none", "client_secret_basic", "client_secret_post"]
        assert told["token_endpoint_auth_methods_supported"] == methods
        assert told["revocation_endpoint_auth_methods_supported"] == methods
        assert told["introspection_endpoint_auth_methods_supported"] == ["Bearer", "client_secret_basic"]
        assert b"evil" not in reply.body and "authorization_endpoint" not in told
        assert reply.headers["Cache-Control"] == "public, max-age=300"
    openid = client.get(WELL_KNOWN[1]).json()
    assert openid["id_token_signing_alg_values_supported"] == []
    assert openid["subject_types_supported"] == ["public"]


def test_metadata_of_the_issuer_that_was_kept(server, person):
    """DESIGN 3: what tokens say, the metadata says."""
    for path in WELL_KNOWN:
        assert person.get(path).expect(200).json()["issuer"] == tokens.claims(person.token)["iss"]
