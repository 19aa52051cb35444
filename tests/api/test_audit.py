"""Audit events: each kind (X06), filters, pages while events come in, retention, no secret."""

import json
from urllib.parse import quote, urlencode

import pytest

from client import PASSWORD, Client, fresh_name
from fixtures import ADMIN, ADMIN_PASSWORD
from process import PATIENCE, cli_user, make_user, run_cli
from waiting import eventually

WRONG = "no such Password 55"
FRESH = "fresh Orbit 6 plum"
OPTIONS = {"REFRESH_GRACE": "0s", "LOGIN_LOCK_AFTER": 5}


def listed(admin, status=200, **filters):
    return admin.get("/v1/audit?" + urlencode(filters)).expect(status).json()


def events(admin, **filters):
    """The items, the newest first; all pages."""
    page = listed(admin, **filters)
    items = page["items"]
    while page["next_cursor"] is not None:
        page = listed(admin, cursor=page["next_cursor"], **filters)
        items += page["items"]
    return items


def newest(admin, event, subject):
    """The newest of that kind about somebody; it says when, who and from where."""
    found = events(admin, event=event, subject=subject)
    assert found, f"no {event}"
    item = found[0]
    assert item["event"] == event
    assert item["at"].endswith("Z")
    assert item["address"]
    return item


def by(client):
    user = client.user
    return {"kind": "user", "id": user["id"], "username": user["username"]}


def about(client):
    user = client.user
    return {"id": user["id"], "username": user["username"]}


NOBODY = {"kind": "nobody", "id": None, "username": None}
SYSTEM = {"kind": "system", "id": None, "username": None}


def names(items):
    return [item["event"] for item in items]


# --- kinds ----------------------------------------------------------------------------------------


def test_own_events(server, admin):
    """X06: what one does to oneself, and what others try."""
    client = Client(server).signup()
    key = client.user["id"]
    assert newest(admin, "user_created", key)["actor"] == by(client)
    login = client.try_login(client.user["username"]).expect(200)
    item = newest(admin, "login", key)
    assert (item["outcome"], item["reason"]) == ("success", None)
    assert (item["actor"], item["subject"]) == (by(client), about(client))
    assert item["address"] == "127.0.0.1"
    assert item["request_id"] == login.headers["X-Request-Id"]
    client.try_login(client.user["email"], WRONG, headers={"User-Agent": "guess/1"}).expect(401)
    item = newest(admin, "login_failed", key)
    assert (item["outcome"], item["reason"]) == ("failure", "wrong_password")
    assert (item["actor"], item["subject"]) == (NOBODY, about(client))
    assert (item["user_agent"], item["details"]) == ("guess/1", {})
    old = client.refresh_token
    client.refresh()
    client.try_refresh(old).expect(401)
    item = newest(admin, "token_reuse", key)
    assert (item["outcome"], item["reason"]) == ("failure", "token_used_before")
    assert (item["actor"], item["subject"]) == (NOBODY, about(client))
    client.login(client.user["username"])
    change = {"current_password": WRONG, "new_password": FRESH}
    client.post("/v1/auth/password", change).expect(403)
    item = newest(admin, "password_change_failed", key)
    assert (item["outcome"], item["reason"]) == ("failure", "wrong_password")
    assert item["actor"] == by(client)
    client.post("/v1/auth/password", change | {"current_password": PASSWORD}).expect(204)
    assert newest(admin, "password_changed", key)["actor"] == by(client)
    client.patch("/v1/users/me", {"name": "Somebody"}).expect(200)
    assert newest(admin, "user_updated", key)["actor"] == by(client)
    other = Client(server).login(client.user["username"], FRESH)
    sessions = client.get("/v1/auth/sessions").expect(200).json()["items"]
    ended = next(s["id"] for s in sessions if not s["current"])
    client.delete(f"/v1/auth/sessions/{ended}").expect(204)
    assert newest(admin, "session_ended", key)["details"] == {"session_id": ended}
    other.close()
    client.post("/v1/auth/logout").expect(204)
    item = newest(admin, "logout", key)
    assert (item["actor"], item["details"]) == (by(client), {"scope": "local"})


def test_events_by_an_admin(server, admin):
    """X06: what is done to others."""
    name = fresh_name()
    body = {"username": name, "password": PASSWORD}
    user = admin.post("/v1/users", body).expect(201).json()
    client = Client(server).login(name)
    path = f"/v1/users/{user['id']}"
    admin.patch(path, {"status": "disabled"}).expect(200)
    client.try_login(name).expect(401)
    assert newest(admin, "login_failed", name)["reason"] == "disabled"
    admin.patch(path, {"status": "active"}).expect(200)
    admin.patch(path, {"password": FRESH}).expect(200)
    admin.delete(path).expect(204)
    done = events(admin, subject=user["id"], actor=admin.user["id"])
    assert names(done) == [
        "user_deleted",
        "password_changed",
        "user_updated",
        "user_enabled",
        "user_updated",
        "user_disabled",
        "user_updated",
        "user_created",
    ]
    for item in done:
        assert (item["actor"], item["subject"]) == (by(admin), about(client))
        assert item["outcome"] == "success"
    # Nobody has the name now; the id still finds what happened to its owner.
    assert events(admin, subject=name) == []
    assert len(events(admin, subject=user["id"])) == 10


def test_lock(server, admin):
    """The failures up to the lock, and the lock once."""
    client = Client(server).signup()
    name = client.user["username"]
    for _ in range(5):
        client.try_login(name, WRONG).expect(401)
    for _ in range(3):
        client.try_login(name, WRONG).expect(429, "locked")
    found = events(admin, subject=client.user["id"], outcome="failure")
    assert names(found) == ["account_locked"] + ["login_failed"] * 5
    assert found[0]["reason"] == "too_many_failures"
    assert (found[0]["actor"], found[0]["subject"]) == (NOBODY, about(client))


def test_operator(server, admin):
    """What commands change is kept, as done by the system."""
    name = fresh_name()
    make_user(server, name, PASSWORD)
    cli_user(server, "set-roles", name, "--role", "admin", "--role", "user")
    cli_user(server, "set-password", name, "--password-stdin", stdin=FRESH + "\n")
    server.secrets.add(FRESH)
    cli_user(server, "disable", name)
    cli_user(server, "enable", name)
    cli_user(server, "delete", name)
    before = events(admin, actor="system", limit=1000)
    user_id = before[0]["subject"]["id"]
    mine = [item for item in before if item["subject"]["id"] == user_id]
    assert names(mine) == [
        "user_deleted",
        "user_enabled",
        "user_updated",
        "user_disabled",
        "user_updated",
        "password_changed",
        "user_updated",
        "roles_changed",
        "user_updated",
        "user_created",
    ]
    for item in mine:
        assert item["actor"] == SYSTEM
        assert (item["address"], item["subject"]["username"]) == ("local", name)
    assert mine[7]["details"] == {"before": "user", "after": "admin user"}
    flags = ["--database", server.database]
    key = run_cli("keys", "rotate", *flags, folder=server.folder).stdout.strip()
    run_cli("keys", "retire", *flags, "--", key, folder=server.folder)
    after = events(admin, actor="system", limit=1000)
    assert names(after[:2]) == ["key_retired", "key_rotated"]
    assert {json.dumps(item["details"]) for item in after[:2]} == {json.dumps({"key_id": key})}


# --- secrets --------------------------------------------------------------------------------------


def test_never_a_secret(server, admin):
    """X06, P12: no password, token or hash; what is no name is not kept as one."""
    client = Client(server).signup()
    typed = "my dear Password 77"
    client.try_login(typed, PASSWORD).expect(401)
    item = events(admin, event="login_failed", limit=1)[0]
    assert item["subject"] == {"id": None, "username": None}
    assert item["reason"] == "unknown_user"
    ghost = fresh_name("ghost")
    client.try_login(ghost.upper(), PASSWORD).expect(401)
    found = events(admin, subject=ghost)
    assert [item["subject"] for item in found] == [{"id": None, "username": ghost}]
    client.refresh()
    text = json.dumps(events(admin, limit=1000))
    assert typed not in text
    for secret in server.secrets:
        assert secret not in text
    for mark in ("$argon2", "$2b$", "lkr_", "eyJ"):
        assert mark not in text


@pytest.mark.parametrize("agent", ['"}],"x":["', "\\\\\\", "<script>", "é?"])
def test_text_is_escaped(server, admin, agent):
    """X04: what a client says of itself comes back as it was, or as what is legible of it."""
    client = Client(server).signup()
    client.try_login(
        client.user["username"], headers={"User-Agent": agent.encode().decode("latin-1")}
    ).expect(200)
    assert newest(admin, "login", client.user["id"])["user_agent"] == agent


# --- filters --------------------------------------------------------------------------------------


def test_filters(server, admin):
    client = Client(server).signup()
    name = client.user["username"]
    client.try_login(name, WRONG).expect(401)
    client.login(name)
    key = client.user["id"]
    for who in (key, key.upper(), name, name.upper(), client.user["email"], client.user["number"]):
        assert names(events(admin, subject=who)) == ["login", "login_failed", "user_created"]
        assert names(events(admin, actor=who)) == ["login", "user_created"]
    assert names(events(admin, subject=key, event="login")) == ["login"]
    assert names(events(admin, subject=key, outcome="failure")) == ["login_failed"]
    assert len(events(admin, subject=key, address="127.0.0.1")) == 3
    assert events(admin, subject=key, address="127.0.0.2") == []
    assert events(admin, subject=key, actor="system") == []
    assert events(admin, actor=fresh_name("nobody")) == []
    assert events(admin, event="no_such_event") == []
    items = events(admin, subject=key)
    middle = items[1]["at"]
    after = events(admin, subject=key, after=middle)
    before = events(admin, subject=key, before=middle)
    assert items == after + before
    assert items[1] in after
    assert events(admin, subject=key, after="2999-01-01T00:00:00+05:00") == []


def test_count(admin, person):
    """Counted only when asked for; on all pages then."""
    reply = admin.get(f"/v1/audit?subject={person.user['id']}").expect(200)
    assert reply.json()["total"] is None
    assert "X-Total-Count" not in reply.headers
    person.patch("/v1/users/me", {"name": "x"}).expect(200)
    reply = admin.get(f"/v1/audit?subject={person.user['id']}&count=true&limit=1").expect(200)
    page = reply.json()
    assert (page["total"], len(page["items"])) == (2, 1)
    assert reply.headers["X-Total-Count"] == "2"
    cursor = page["next_cursor"]
    page = listed(admin, subject=person.user["id"], count="true", limit=1, cursor=cursor)
    assert (page["total"], page["next_cursor"]) == (2, None)
    page = listed(admin, actor=fresh_name("nobody"), count="true")
    assert (page["total"], page["items"]) == (0, [])


@pytest.mark.parametrize("year", ["0001", "1969", "1970"])
def test_nothing_is_older_than_1970(admin, year):
    page = listed(admin, before=f"{year}-01-01T00:00:00Z", count="true")
    assert (page["total"], page["items"], page["next_cursor"]) == (0, [], None)
    assert listed(admin, after=f"{year}-01-01T00:00:00Z")["items"]


@pytest.mark.parametrize(
    "query, member",
    [
        ("after=yesterday", "after"),
        ("before=2026-13-01T00:00:00Z", "before"),
        ("outcome=maybe", "outcome"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("actor=", "actor"),
        ("subject=" + "a" * 255, "subject"),
        ("count=perhaps", "count"),
        ("order=asc", "order"),
    ],
)
def test_refusals(admin, query, member):
    reply = admin.get(f"/v1/audit?{query}").expect(422, "invalid")
    assert reply.json()["errors"][0]["loc"] == ["query", member]


def test_literal(admin):
    """Nothing in a filter is a pattern, or SQL."""
    for text in ("%", "login%", "_", "'", "' OR 1=1 --", "*", "\\", "login\u2028"):
        assert events(admin, event=text) == []
        assert events(admin, actor=text) == []
        assert events(admin, subject=text) == []
        assert events(admin, address=text) == []


def test_permission(person, anyone):
    reply = person.get("/v1/audit").expect(403, "forbidden")
    assert "audit:read" in reply.headers["WWW-Authenticate"]
    anyone.get("/v1/audit").expect(401, "missing_token")
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        person.request(method, "/v1/audit").expect(405)


# --- pages ----------------------------------------------------------------------------------------


def test_walk_while_events_come_in(admin, person):
    """No event twice, none left out that was there at the start."""
    for i in range(25):
        person.patch("/v1/users/me", {"name": f"x{i}"}).expect(200)
    key = person.user["id"]
    all_before = [item["id"] for item in events(admin, subject=key)]
    seen = []
    cursor = {}
    while cursor is not None:
        page = listed(admin, subject=key, limit=4, **cursor)
        seen += [item["id"] for item in page["items"]]
        person.patch("/v1/users/me", {"name": "y"}).expect(200)
        cursor = page["next_cursor"] and {"cursor": page["next_cursor"]}
    assert seen == all_before
    assert len(events(admin, subject=key)) > len(all_before)


def test_cursor_is_bound(admin, person):
    """400 for an altered cursor, a foreign one, and one of other filters."""
    person.patch("/v1/users/me", {"name": "x"}).expect(200)
    key = person.user["id"]
    cursor = listed(admin, subject=key, limit=1)["next_cursor"]
    listed(admin, subject=key, limit=9, cursor=cursor)
    for text in ("", "x", cursor[:-1], cursor + "A", cursor[:5] + "_" + cursor[6:], "A" * 2000):
        if text != cursor:
            reply = admin.get(f"/v1/audit?subject={key}&cursor={quote(text)}")
            reply.expect(400, "bad_request")
    for other in ({}, {"subject": key, "outcome": "success"}, {"actor": key}):
        assert listed(admin, status=400, cursor=cursor, **other)["code"] == "bad_request"


# --- time -----------------------------------------------------------------------------------------


def test_retention(start, login_as_admin):
    """What is older is not shown any more; that it is purged is tested below the API."""
    server = start(options={"AUDIT_RETENTION": "1s"}, admin=True)
    admin = login_as_admin(server)
    assert eventually(lambda: events(admin) == [], 10 * PATIENCE)

    def is_told():
        admin.login(ADMIN, ADMIN_PASSWORD)
        return set(names(events(admin))) == {"login"}

    eventually(is_told)  # asked within the second in which it is told


def test_another_process_sees_them(start, login_as_admin):
    """One database, one trail; a cursor of one process is good for the other."""
    first = start(admin=True)
    second = start.second(first)
    admin = login_as_admin(first)
    person = Client(second).signup()
    person.patch("/v1/users/me", {"name": "x"}).expect(200)
    key = person.user["id"]
    assert names(events(admin, subject=key)) == ["user_updated", "user_created"]
    cursor = listed(admin, subject=key, limit=1)["next_cursor"]
    there = Client(second, admin.token)
    assert names(listed(there, subject=key, cursor=cursor)["items"]) == ["user_created"]
