"""GET /v1/auth/sessions and DELETE /v1/auth/sessions/{id} (R15)."""

import pytest

import tokens
from client import Client

PATH = "/v1/auth/sessions"
MEMBERS = {
    "id", "user_agent", "address", "created_at", "last_used_at", "expires_at", "current",
}  # fmt: skip


def test_list(server, person):
    other = Client(server)
    other.headers = {"User-Agent": "a browser"}
    other.login(person.user["username"])
    listing = person.get(PATH).expect(200).json()
    assert listing["total"] == 2
    assert all(set(item) >= MEMBERS for item in listing["items"])
    by_id = {item["id"]: item for item in listing["items"]}
    mine = by_id[tokens.claims(person.token)["sid"]]
    theirs = by_id[tokens.claims(other.token)["sid"]]
    assert (mine["current"], theirs["current"]) == (True, False)
    assert theirs["user_agent"] == "a browser"
    assert mine["address"] == "127.0.0.1"
    assert mine["created_at"] <= mine["last_used_at"] < mine["expires_at"]


def test_use_is_noted(person):
    before = person.get(PATH).expect(200).json()["items"][0]
    person.refresh()
    after = person.get(PATH).expect(200).json()["items"][0]
    assert after["id"] == before["id"]
    assert after["last_used_at"] >= before["last_used_at"]
    assert after["created_at"] == before["created_at"]


def test_end_another(server, person):
    other = Client(server).login(person.user["username"])
    session_id = tokens.claims(other.token)["sid"]
    person.delete(f"{PATH}/{session_id}").expect(204)
    other.me().expect(401, "invalid_token")
    other.try_refresh().expect(401, "invalid_grant")
    person.me().expect(200)
    person.delete(f"{PATH}/{session_id}").expect(404)
    assert person.get(PATH).expect(200).json()["total"] == 1


def test_end_own(person):
    session_id = tokens.claims(person.token)["sid"]
    person.delete(f"{PATH}/{session_id}").expect(204)
    person.me().expect(401)


def test_of_somebody_else(person, admin):
    """R15, A02: another's session looks like none at all, to an admin too."""
    theirs = tokens.claims(person.token)["sid"]
    missing = "018f0000-0000-7000-8000-000000000000"
    stranger = admin.delete(f"{PATH}/{theirs}").expect(404)
    assert stranger.json() == admin.delete(f"{PATH}/{missing}").expect(404).json()
    person.me().expect(200)
    listed = {item["id"] for item in admin.get(PATH).expect(200).json()["items"]}
    assert theirs not in listed


@pytest.mark.parametrize("session_id", ["0", "-1", "x", "a" * 300, "%27%20OR%201", "%F0%9F%8E%88"])
def test_ids_that_cannot_be(person, session_id):
    """A11."""
    assert person.delete(f"{PATH}/{session_id}").status in (404, 422)


def test_nobody(anyone):
    anyone.get(PATH).expect(401, "missing_token")
    anyone.delete(f"{PATH}/018f0000-0000-7000-8000-000000000000").expect(401)
