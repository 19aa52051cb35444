"""Headers of answers, cookies, CORS (X01 to X03, X05, X07)."""

import re

import pytest

from client import Client

GOOD_ORIGIN = "https://app.example.com"
PRODUCTION = {
    "ENVIRONMENT": "production",
    "ISSUER": "https://id.example.com",
    "METRICS": "off",
}
EVIL_ORIGINS = [
    "https://evil.example",
    "null",
    "https://app.example.com.evil.com",
    "https://evil-app.example.com",
    "http://app.example.com",
    "https://app.example.com:8443",
    "https://APP.example.com.",
    "https://app.example.com/",
]
GZIP = {"Accept-Encoding": "gzip"}
COOKIE = re.compile(r"^([^=]+)=([^;]*)(.*)$")


@pytest.fixture(scope="module")
def production(start_module):
    return start_module(options=PRODUCTION)


@pytest.fixture(scope="module")
def cors(start_module):
    return start_module(options={"CORS_ORIGINS": f"{GOOD_ORIGIN},https://other.example.com"})


# --- every answer ---------------------------------------------------------------------------------


def sample(client):
    """Answers of every kind, errors too."""
    yield client.get("/health/live").expect(200)
    yield client.me().expect(200)
    yield client.me(token=False).expect(401)
    yield client.get("/v1/users").expect(403)
    yield client.get("/nowhere").expect(404)
    yield client.put("/v1/users/me", {}).expect(405)
    yield client.post("/v1/auth/login", {}).expect(422)
    yield client.request("POST", "/v1/auth/login", body=b"x").expect(415)
    yield client.get("/health/live?%zz").expect(400)
    yield client.get("/" + "a" * 9000).expect(414)
    yield client.request("OPTIONS", "/v1/users")
    yield client.request("BREW", "/v1/users")


def test_on_every_answer(person):
    """X01."""
    for reply in sample(person):
        headers = reply.headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Server" not in headers or not re.search(r"\d", headers["Server"])
        assert "no-store" in headers["Cache-Control"], reply.path
        assert "Content-Security-Policy" in headers, reply.path
        assert headers["Referrer-Policy"] in ("no-referrer", "same-origin"), reply.path
        assert "Strict-Transport-Security" not in headers
        assert "X-Powered-By" not in headers
        assert headers.get("Date")
        if reply.body:
            assert headers["Content-Type"].split(";")[0] in (
                "application/json",
                "application/problem+json",
            )


def test_request_ids(person):
    """Each answer names its request; the client's own idea of it is not echoed (X05)."""
    replies = [person.me(headers={"X-Request-Id": "mine"}) for _ in range(2)]
    ids = {reply.headers["X-Request-Id"] for reply in replies}
    assert len(ids) == 2
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22}", one) for one in ids)


def test_csp_of_pages(anyone):
    """ASVS 3.4: pages too name what they may load."""
    for path in ("/docs", "/redoc"):
        page = anyone.get(path, headers=GZIP).expect(200)
        csp = page.headers["Content-Security-Policy"]
        for directive in ("frame-ancestors 'none'", "object-src 'none'", "base-uri 'none'"):
            assert directive in csp or "default-src 'none'" in csp, csp
        assert "frame-ancestors 'none'" in csp
        assert "unsafe-eval" not in csp
        assert "http:" not in csp and "https:" not in csp


def test_hsts_in_production(production):
    """X01: a year or more, on every answer."""
    client = Client(production).signup()
    for reply in sample(client):
        age = re.search(r"max-age=(\d+)", reply.headers["Strict-Transport-Security"])
        assert int(age.group(1)) >= 31_536_000


def test_no_metrics_in_production(production, start, anyone):
    """X07: off unless asked for; on an address of its own when there is one."""
    Client(production).get("/metrics").expect(404)
    server = start(options={"METRICS_LISTEN": "127.0.0.1:0"})
    Client(server).get("/metrics").expect(404)
    apart = server.wait_event("metrics_listening")["address"]
    server.host, port = apart.rsplit(":", 1)
    server.port = int(port)
    client = Client(server)
    client.get("/metrics").expect(200)
    for path in ("/v1/users/me", "/health/live", "/docs", "/openapi.json"):
        client.get(path).expect(404)


def test_docs_can_be_off(start):
    """X07."""
    client = Client(start(options={"DOCS": "off"}))
    for path in ("/docs", "/redoc", "/docs/docs.js"):
        client.get(path).expect(404)
    client.get("/openapi.json").expect(200)


def test_docs_files(anyone):
    """ETag, compression, and no file that is not there."""
    page = anyone.get("/docs", headers=GZIP).expect(200)
    assert page.headers["Content-Encoding"] == "gzip"
    assert page.headers["Content-Type"].startswith("text/html")
    assert "charset=utf-8" in page.headers["Content-Type"].lower()
    again = anyone.get("/docs", headers=GZIP | {"If-None-Match": page.headers["ETag"]})
    assert again.status == 304
    for path in ("/docs/nothing.js", "/docs/..%2fdocs.js", "/docs/index.html.gz"):
        assert anyone.get(path, headers=GZIP).status in (400, 404)
    assert anyone.get("/").status in (200, 302, 303, 307)


# --- cookies --------------------------------------------------------------------------------------


def cookie_of(reply):
    """(name, value, attributes in lower case) of the one cookie set."""
    values = reply.headers.get_all("Set-Cookie")
    assert len(values) == 1, values
    name, value, rest = COOKIE.match(values[0]).groups()
    attributes = {a.strip().lower() for a in rest.split(";") if a.strip()}
    assert len(values[0]) < 4096
    return name, value, attributes


def test_cookie_when_asked(person):
    """X02, DESIGN 5: only for ?cookie=true; HttpOnly, SameSite=Strict."""
    body = {"username": person.user["username"], "password": "plum-Velvet7 orbit"}
    reply = person.post("/v1/auth/login?cookie=true", body).expect(200)
    name, value, attributes = cookie_of(reply)
    assert (name, value) == ("refresh_token", reply.json()["refresh_token"])
    assert {"httponly", "samesite=strict", "path=/"} <= attributes
    assert "secure" not in attributes
    assert any(a.startswith("max-age=") for a in attributes)


def test_cookie_in_production(production):
    """X02."""
    client = Client(production).signup()
    body = {"username": client.user["username"], "password": "plum-Velvet7 orbit"}
    name, value, attributes = cookie_of(client.post("/v1/auth/login?cookie=true", body).expect(200))
    assert name == "__Host-refresh_token"
    assert {"httponly", "samesite=strict", "path=/", "secure"} <= attributes
    assert not any(a.startswith("domain") for a in attributes)
    for cookie, status in ((f"refresh_token={value}", 422), (f"{name}={value}", 200)):
        client.post("/v1/auth/refresh", {}, headers={"Cookie": cookie}).expect(status)


def test_refresh_by_cookie(person):
    """The cookie alone is enough, is renewed, and log-out deletes it."""
    cookie = {"Cookie": f"theme=dark; refresh_token={person.refresh_token}; x=y"}
    reply = person.request("POST", "/v1/auth/refresh?cookie=true", headers=cookie, token=False)
    name, value, _ = cookie_of(reply.expect(200))
    assert value == reply.json()["refresh_token"] != person.refresh_token
    reply = person.post("/v1/auth/logout", headers={"Cookie": f"{name}={value}"}).expect(204)
    name, value, attributes = cookie_of(reply)
    assert (name, value) == ("refresh_token", "")
    assert "max-age=0" in attributes


def test_body_wins_over_cookie(person, server):
    """What a client says in so many words counts."""
    other = Client(server).signup()
    cookie = {"Cookie": f"refresh_token={other.refresh_token}"}
    grant = person.try_refresh(headers=cookie).expect(200).json()
    assert grant["user"]["id"] == person.user["id"]
    other.refresh()


def test_cookie_twice_is_none(person):
    cookie = {"Cookie": f"refresh_token={person.refresh_token}; refresh_token=x"}
    reply = person.request("POST", "/v1/auth/refresh", headers=cookie, token=False)
    assert reply.status in (401, 422)
    person.refresh()


def test_cookie_opens_nothing_else(person):
    """X02: the cookie is for refreshing; a page of another site gets nowhere with it."""
    cookie = {"Cookie": f"refresh_token={person.refresh_token}; access_token={person.token}"}
    person.me(headers=cookie, token=False).expect(401)
    person.post("/v1/auth/logout", headers=cookie, token=False).expect(401)


# --- CORS -----------------------------------------------------------------------------------------


def test_no_cors_by_default(person):
    """X03."""
    for origin in (GOOD_ORIGIN, "null", "*"):
        for reply in (
            person.me(headers={"Origin": origin}),
            person.request("OPTIONS", "/v1/users/me", headers={"Origin": origin}),
        ):
            assert "Access-Control-Allow-Origin" not in reply.headers


@pytest.mark.parametrize("origin", EVIL_ORIGINS)
def test_foreign_origins(cors, origin):
    """X03: exact or not at all."""
    client = Client(cors)
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    for reply in (
        client.get("/health/live", headers={"Origin": origin}),
        client.request("OPTIONS", "/v1/auth/login", headers=headers),
    ):
        for name in ("Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"):
            assert name not in reply.headers, (origin, reply.headers.items())
        assert "origin" in reply.headers["Vary"].lower()


def test_allowed_origin(cors):
    """X03: named back, on errors too, never as a wildcard."""
    client = Client(cors)
    origin = {"Origin": GOOD_ORIGIN}
    for reply in (
        client.get("/health/live", headers=origin),
        client.me(headers=origin).expect(401),
        client.get("/nowhere", headers=origin).expect(404),
    ):
        assert reply.headers["Access-Control-Allow-Origin"] == GOOD_ORIGIN
        assert "origin" in reply.headers["Vary"].lower()


def test_preflight(cors):
    asked = {"Origin": GOOD_ORIGIN, "Access-Control-Request-Method": "PATCH"}
    asked["Access-Control-Request-Headers"] = "authorization, content-type"
    reply = Client(cors).request("OPTIONS", "/v1/users/me", headers=asked)
    assert reply.status in (200, 204)
    headers = reply.headers
    assert headers["Access-Control-Allow-Origin"] == GOOD_ORIGIN
    assert "PATCH" in headers["Access-Control-Allow-Methods"]
    allowed = headers["Access-Control-Allow-Headers"].lower()
    assert "authorization" in allowed and "content-type" in allowed


@pytest.mark.parametrize("value", ["a%0d%0aSet-Cookie:%20x=1", "%0aX-Injected:%201"])
def test_no_header_injection(admin, value):
    """X05."""
    reply = admin.get(f"/v1/users/{value}")
    assert reply.status in (400, 404)
    assert "X-Injected" not in reply.headers and "Set-Cookie" not in reply.headers
