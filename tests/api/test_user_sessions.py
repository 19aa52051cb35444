"""/v1/users/{id}/sessions: someone's sessions, seen and ended by those with the right (R15)."""

import pytest

import tokens
from client import Client
from waiting import eventually

USERS = "/v1/users"
OWN = "/v1/auth/sessions"
MISSING_ID = "018f0000-0000-7000-8000-000000000000"


def path_of(client, session=None):
    path = f"{USERS}/{client.user['id']}/sessions"
    return path if session is None else f"{path}/{session}"


def sid(client):
    return tokens.claims(client.token)["sid"]


@pytest.fixture
def pair(server):
    """Two sessions of one person."""
    first = Client(server).signup()
    second = Client(server).login(first.user["username"])
    yield first, second
    first.close()
    second.close()


def test_list(admin, pair):
    """The same as its owner sees, but that none is the caller's."""
    first, second = pair
    listing = admin.get(path_of(first)).expect(200).json()
    assert [item["current"] for item in listing["items"]] == [False, False]
    own = first.get(OWN).expect(200).json()
    assert [{**item, "current": False} for item in own["items"]] == listing["items"]
    assert (own["total"], own["next_cursor"]) == (listing["total"], listing["next_cursor"])
    for client in pair:
        seen = client.get(path_of(client)).expect(200).json()
        assert [item["id"] for item in seen["items"] if item["current"]] == [sid(client)]
    for key in ("username", "number", "email"):
        path = f"{USERS}/{first.user[key]}/sessions"
        assert admin.get(path).expect(200).json() == listing
        first.get(path).expect(200)


def test_end_one(admin, pair):
    first, second = pair
    admin.delete(path_of(first, sid(first))).expect(204)
    first.me().expect(401, "invalid_token")
    first.try_refresh().expect(401, "invalid_grant")
    second.me().expect(200)
    admin.delete(path_of(first, sid(first))).expect(404)
    event = admin.get(f"/v1/audit?subject={first.user['id']}&event=session_ended").json()["items"][0]
    assert event["actor"]["username"] == admin.user["username"]
    assert event["details"] == {"session_id": sid(first)}


def test_end_all(admin, pair):
    first, second = pair
    admin.delete(path_of(first)).expect(204)
    for client in pair:
        client.me().expect(401, "invalid_token")
        client.try_refresh().expect(401, "invalid_grant")
    assert admin.get(path_of(first)).expect(200).json()["items"] == []
    event = admin.get(f"/v1/audit?subject={first.user['id']}&event=sessions_ended").json()["items"][0]
    assert event["details"] == {"sessions": 2}
    admin.delete(path_of(first)).expect(204)
    first.login(first.user["username"])


def test_end_own(pair):
    """Oneself may, without any permission: one session, then all."""
    first, second = pair
    first.delete(path_of(first, sid(second))).expect(204)
    second.me().expect(401)
    first.delete(path_of(first)).expect(204)
    first.me().expect(401)


def test_of_somebody_else(admin, person, pair):
    """A02, R15: a session that is another's is none of this user's."""
    first, _ = pair
    stranger = admin.delete(path_of(person, sid(first))).expect(404).json()
    assert admin.delete(path_of(person, MISSING_ID)).expect(404).json() == stranger
    for session in ("x", "1", MISSING_ID.replace("-", ""), "%27", "..%2f", sid(first) + "0"):
        assert admin.delete(path_of(first, session)).status in (400, 404)
    first.me().expect(200)
    for method, path in (("GET", path_of(first)), ("DELETE", path_of(first)),
                         ("DELETE", path_of(first, sid(first)))):  # fmt: skip
        there = person.request(method, path).expect(403, "forbidden").json()
        nowhere = path.replace(first.user["id"], MISSING_ID)
        assert person.request(method, nowhere).expect(403).json() == there
    admin.get(f"{USERS}/{MISSING_ID}/sessions").expect(404)
    admin.delete(f"{USERS}/{MISSING_ID}/sessions").expect(404)


def test_nobody_ends_sessions_above_themselves(admin, person, delegate):
    """A05: reading is another right, and not bound so."""
    client = delegate("sessions:read", "sessions:delete")
    client.delete(path_of(admin)).expect(403, "exceeds_rights")
    client.delete(path_of(admin, sid(admin))).expect(403, "exceeds_rights")
    admin.me().expect(200)
    client.get(path_of(admin)).expect(200)
    client.delete(path_of(person)).expect(204)
    person.me().expect(401)
    reader = delegate("sessions:read")
    reader.get(path_of(client)).expect(200)
    reader.delete(path_of(client)).expect(403, "forbidden")


def test_another_process_knows(start, login_as_admin):
    """T19: the access tokens are dead everywhere within the bound."""
    server = start(admin=True)
    other = start.second(server)
    admin = login_as_admin(server)
    there = Client(other).signup()
    admin.delete(path_of(there)).expect(204)
    assert eventually(lambda: there.me().status == 401)
    there.login(there.user["username"]).me().expect(200)
