"""Query strings and path keys (Q01 to Q06, A11)."""

import pytest

from client import Client

USERS = "/v1/users"
INJECTIONS = [
    "' OR '1'='1",
    "'; DROP TABLE user; --",
    "1; SELECT randomblob(1000000000)",
    "1 UNION SELECT password_hash FROM user",
    "%' OR 1=1 --",
    '{"$gt":""}',
    "$where",
    "\\",
    "%",
    "_",
    "*",
    "(a+)+$",
    "..%2F..%2Fetc%2Fpasswd",
    "${7*7}",
    "\u202e",
]


def quoted(text):
    from urllib.parse import quote

    return quote(text, safe="%")


@pytest.mark.parametrize(
    "name",
    ["sort_by", "order", "fields", "filter", "limit[]", "limit[$gt]",
     "$where", "LIMIT", "password_hash"],
)  # fmt: skip
def test_unknown_parameters(admin, name):
    """Q01, Q05, Q06: an allow-list, and nothing else."""
    for value in ("password_hash", "(select 1)", "id;drop", "-created_at", ""):
        reply = admin.get(f"{USERS}?{quoted(name)}={quoted(value)}")
        assert reply.status in (400, 422), reply.status


@pytest.mark.parametrize("text", INJECTIONS)
def test_injections(admin, text):
    """Q02, Q03: like any word that names nobody."""
    escaped = quoted(text).replace("%'", "%25'")
    if "%" in text and "%2F" not in text:
        escaped = quoted(text.replace("%", "%25"))
    for path in (f"{USERS}/{escaped}", f"{USERS}?limit={escaped}", f"{USERS}?offset={escaped}"):
        assert admin.get(path).status in (400, 404, 422)
    # The table is still there.
    assert admin.get(USERS).expect(200).json()["total"] >= 1


@pytest.mark.parametrize("text", INJECTIONS)
def test_injections_at_login(server, anyone, shared_person, text):
    """Q02: never a log-in."""
    server.public.add(text)
    anyone.try_login(shared_person.user["username"]).expect(200)
    for body in (
        {"username": text, "password": "x"},
        {"username": shared_person.user["username"], "password": text},
        {"email": text, "password": text},
    ):
        assert anyone.post("/v1/auth/login", body).status in (401, 422)


def test_parameters_are_decoded(admin):
    assert len(admin.get(f"{USERS}?%6cimit=%31").expect(200).json()["items"]) == 1
    assert admin.get(f"{USERS}?limit=+1").status in (200, 422)


@pytest.mark.parametrize("value", ["true", "false"])
def test_booleans(server, value):
    client = Client(server).signup()
    reply = client.post(f"/v1/auth/refresh?cookie={value}", {"refresh_token": client.refresh_token})
    assert ("Set-Cookie" in reply.expect(200).headers) == (value == "true")


@pytest.mark.parametrize("value", ["1", "yes", "TRUE", "", "tru", "null", "true&cookie=false"])
def test_bad_booleans(person, value):
    reply = person.post(f"/v1/auth/refresh?cookie={value}", {"refresh_token": person.refresh_token})
    if value == "1":
        assert reply.status in (200, 422)
    else:
        assert reply.status in (400, 422), reply.status


def test_body_parameters_are_not_query_parameters(person):
    """Q06: a token in the query is none."""
    reply = person.post(f"/v1/auth/refresh?refresh_token={person.refresh_token}", {})
    assert reply.status in (400, 422)
    person.refresh()


def test_query_is_never_logged(server, person):
    """DESIGN 5."""
    for target in ("/health/live", "/v1/users/me", "/nowhere"):
        told = person.get(f"{target}?marker=Zebra-4711").headers["X-Request-Id"]
        server.wait_record(lambda record, told=told: record.get("request_id") == told)
    person.get("/health/live?marker=Zebra-4711%zz").expect(400)
    told = person.me().expect(200).headers["X-Request-Id"]
    server.wait_record(lambda record: record.get("request_id") == told)
    assert "Zebra-4711" not in server.log_text()
