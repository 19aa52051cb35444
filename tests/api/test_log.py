"""The log: one record per line, what happened, never a secret (X04, X06)."""

import json

import pytest

from client import PASSWORD, Client, fresh_name
from process import cli_user
from waiting import eventually

WRONG = "no such Password 55"
OPTIONS = {"REFRESH_GRACE": "0s"}


def after(server):
    """A mark: records from here on."""
    return len(server.records())


def test_listening_whatever_the_level(start):
    """DESIGN 1: tools wait for that line."""
    server = start(options={"LOG_LEVEL": "error"})
    assert server.address.startswith("127.0.0.1:")
    Client(server).get("/health/live")
    assert all(record["event"] in ("listening", "no_users") for record in server.records())


def test_first_start_says_how_to_begin(start):
    """Issue 13: without any user, how to make one."""
    server = start()
    record = server.wait_record(lambda r: "latchkey user create" in r.get("message", ""))
    assert record["level"] == "warning"
    if server.database.startswith("sqlite:"):
        assert f" --database {server.database} --username root" in record["message"]
    else:
        assert "with this server's DATABASE set" in record["message"]
        assert "://" not in record["message"]
    again = start(admin=True)
    again.stop()
    third = start.second(again)
    Client(third).get("/health/live").expect(200)
    third.wait_record(lambda r: r.get("route") == "/health/live")
    assert "latchkey user create" not in third.log_text()


def test_one_line_per_request(server, person):
    """Issue 7: request id, route, status, duration, user, address."""
    mark = after(server)
    reply = person.get(f"/v1/users/{person.user['username']}?x=1")
    record = server.wait_record(
        lambda r: r.get("request_id") == reply.headers["X-Request-Id"] and r["event"] == "request",
        after=mark,
    )
    assert record["route"] == "/v1/users/{id}"
    assert (record["method"], record["status"]) == ("GET", reply.status)
    assert record["duration_ms"] >= 0
    assert record["user_id"] == person.user["id"]
    assert record["address"] == "127.0.0.1"
    assert person.user["username"] not in json.dumps(record)


def happened(server, event, mark, **fields):
    """Waits for an event about somebody; it must say when, who and from where."""
    record = server.wait_record(
        lambda r: r.get("event") == event and fields.items() <= r.items(), after=mark
    )
    assert record["time"].endswith("Z")
    assert record["address"]
    return record


def test_events(server, admin):
    """X06: log-in, failure, log-out, reuse, change of password, status and role."""
    mark = after(server)
    client = Client(server).signup()
    user = {"user_id": client.user["id"]}
    happened(server, "user_created", mark, **user)
    client.login(client.user["username"])
    happened(server, "login", mark, **user)
    client.try_login(client.user["username"], WRONG).expect(401)
    happened(server, "login_failed", mark, **user)
    old = client.refresh_token
    client.refresh()
    client.try_refresh(old).expect(401)
    assert happened(server, "token_reuse", mark, **user)["level"] == "warning"
    client.login(client.user["username"])
    change = {"current_password": WRONG, "new_password": "fresh Orbit 6 plum"}
    client.post("/v1/auth/password", change).expect(403)
    happened(server, "password_change_failed", mark, **user)
    client.post("/v1/auth/password", change | {"current_password": PASSWORD}).expect(204)
    happened(server, "password_changed", mark, **user)
    client.post("/v1/auth/logout").expect(204)
    happened(server, "logout", mark, **user)
    path = f"/v1/users/{client.user['id']}"
    by_admin = user | {"actor": admin.user["id"]}
    admin.patch(path, {"status": "disabled"}).expect(200)
    happened(server, "user_disabled", mark, **by_admin)
    admin.patch(path, {"status": "active"}).expect(200)
    happened(server, "user_enabled", mark, **by_admin)
    admin.delete(path).expect(204)
    happened(server, "user_deleted", mark, **by_admin)


def test_role_change_by_command(server, person):
    """X06: the operator's change is told where it is made."""
    done = cli_user(server, "set-roles", person.user["id"], "--role", "admin")
    assert done.returncode == 0


@pytest.mark.parametrize(
    "name",
    [
        'a\r\n{"level":"info","event":"login"}',
        "a\x1b[2J\x1b[31mred",
        "a\u2028b\u2029c",
        "a\u202eb\u2066c\u200fd",
        'quote " backslash \\ end',
        "tab\tdel\x7fnul-free",
        "é🎈",
    ],
)
def test_forged_lines(server, anyone, name):
    """X04: one record, escaped: as the bytes of the log are read by people and programs."""
    mark = after(server)
    anyone.try_login(name, WRONG)
    latin = name.encode("latin-1", "replace").decode("latin-1")
    agent = "".join(c for c in latin if c.isprintable())
    anyone.me(headers={"User-Agent": agent})
    reply = anyone.get("/health/live").expect(200)
    server.wait_record(lambda r: r.get("request_id") == reply.headers["X-Request-Id"], after=mark)
    for line in server.lines[mark:]:
        record = json.loads(line)
        assert record["event"] != "login"
        for mark_of_trouble in "\x1b\u2028\u2029\u202e\u2066\u200f\x7f\r\t":
            assert mark_of_trouble not in line


def test_text_format(start):
    """LOG_FORMAT=text: lines for people, still one per record; `listening` stays JSON for tools."""
    server = start(options={"LOG_FORMAT": "text"})
    client = Client(server)
    client.try_login("a\r\nb\u2028c", WRONG)
    client.get("/health/live").expect(200)
    eventually(lambda: "/health/live" in server.log_text())
    assert all(line and "\u2028" not in line and "\r" not in line for line in server.lines)


def test_levels(start):
    """LOG_LEVEL=warning leaves requests out."""
    server = start(options={"LOG_LEVEL": "warning", "LOGIN_LOCK_AFTER": 1})
    client = Client(server)
    name = fresh_name("nobody")
    client.try_login(name, WRONG).expect(401)
    client.try_login(name, WRONG).expect(429)
    server.wait_record(lambda r: r.get("event") == "login_locked")
    assert all(
        r["level"] in ("warning", "error") or r["event"] == "listening" for r in server.records()
    )
