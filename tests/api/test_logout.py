"""POST /v1/auth/logout: what ends, where, and how soon."""

import pytest

from client import Client
from process import cli_user
from waiting import NODE_BOUND_S, eventually

PATH = "/v1/auth/logout"


@pytest.fixture
def two(server, person):
    """Two sessions of one person."""
    other = Client(server).login(person.user["username"])
    yield person, other
    other.close()


def gone(client):
    client.me().expect(401, "invalid_token")
    client.try_refresh().expect(401, "invalid_grant")


def lives(client):
    client.me().expect(200)
    client.refresh()


@pytest.mark.parametrize("query", ["", "?scope=local"])
def test_local(two, query):
    """T19: the access token is dead at once, the other session lives."""
    one, other = two
    assert one.post(PATH + query).expect(204).body == b""
    gone(one)
    lives(other)


def test_others(two):
    one, other = two
    one.post(f"{PATH}?scope=others").expect(204)
    gone(other)
    lives(one)


def test_global(two):
    one, other = two
    one.post(f"{PATH}?scope=global").expect(204)
    gone(one)
    gone(other)


def test_again(person):
    """A client can always finish: a well-signed token of an ended session gets 204 too."""
    for _ in range(3):
        person.post(PATH).expect(204)
    person.post(f"{PATH}?scope=others").expect(204)
    person.post(f"{PATH}?scope=global").expect(204)
    gone(person)


def test_ended_session_ends_no_others(two):
    """A stolen token of an ended session is no handle on the person's other sessions."""
    one, other = two
    one.post(PATH).expect(204)
    one.post(f"{PATH}?scope=global").expect(204)
    one.post(f"{PATH}?scope=others").expect(204)
    lives(other)


@pytest.mark.parametrize(
    "query", ["?scope=all", "?scope=", "?scope=LOCAL", "?scope=local&scope=global"]
)
def test_unknown_scope(person, query):
    assert person.post(PATH + query).status in (400, 422)
    person.me().expect(200)


def test_without_token(anyone):
    """T21."""
    reply = anyone.post(PATH).expect(401, "missing_token")
    assert reply.headers["WWW-Authenticate"] == "Bearer"
    anyone.post(PATH, token="junk").expect(401, "invalid_token")


def test_refresh_token_logs_nobody_out(person):
    """T15."""
    person.post(PATH, token=person.refresh_token).expect(401)
    lives(person)


def test_others_of_somebody_else_live(person, server):
    other = Client(server).signup()
    person.post(f"{PATH}?scope=global").expect(204)
    lives(other)


@pytest.fixture(scope="module")
def second(server, start_module):
    """Another process on the same file."""
    return start_module.second(server)


@pytest.mark.parametrize(
    "how", ["logout", "global", "disable", "delete", "password", "own-password"]
)
def test_second_process_within_a_second(server, second, admin, how):
    """T19, T18, P11: dead at once here, within one second there."""
    client = Client(server).signup()
    token = client.token
    there = Client(second, token)
    eventually(lambda: there.me().status == 200)
    path = f"/v1/users/{client.user['id']}"
    new = "quite another Velvet 31"
    killer = Client(server).login(client.user["username"]) if how == "own-password" else None
    change = {"current_password": "plum-Velvet7 orbit", "new_password": new}
    acts = {
        "logout": lambda: client.post(PATH).expect(204),
        "global": lambda: client.post(f"{PATH}?scope=global").expect(204),
        "disable": lambda: admin.patch(path, {"status": "disabled"}).expect(200),
        "delete": lambda: admin.delete(path).expect(204),
        "password": lambda: admin.patch(path, {"password": new}).expect(200),
        "own-password": lambda: killer.post("/v1/auth/password", change).expect(204),
    }
    acts[how]()
    client.me(token=token).expect(401)
    eventually(lambda: there.me().status == 401, within=NODE_BOUND_S)


def test_roles_reach_both_processes(server, second):
    """T20: a role given or taken by a third process counts in both within the bound."""
    client = Client(server).signup()
    there = Client(second, client.token)
    for role, status in (("admin", 200), ("user", 403)):
        cli_user(server, "set-roles", client.user["id"], "--role", role)
        eventually(lambda s=status: client.get("/v1/users").status == s, within=NODE_BOUND_S)
        eventually(lambda s=status: there.get("/v1/users").status == s, within=NODE_BOUND_S)
