"""POST /v1/auth/password: one's own password."""

import pytest

import metrics
from client import PASSWORD, Client
from parallel import together

PATH = "/v1/auth/password"
CHANGES = 4
ROUNDS = 3
NEW = "gravel Teapot 19 sail"


def change(current=PASSWORD, new=NEW):
    return {"current_password": current, "new_password": new}


def test_change(server, person):
    """P11: the other sessions end at once, this one goes on; only the new password works."""
    name = person.user["username"]
    other = Client(server).login(name)
    person.post(PATH, change()).expect(204)
    other.me().expect(401, "invalid_token")
    other.try_refresh().expect(401, "invalid_grant")
    person.me().expect(200)
    person.refresh()
    other.try_login(name, PASSWORD).expect(401, "invalid_credentials")
    other.login(name, NEW)


def test_wrong_current(person):
    """P10."""
    person.post(PATH, change("not it at all")).expect(403, "wrong_password")
    person.try_login(person.user["username"]).expect(200)


def test_wrong_current_counts(start):
    """P10: it is a failed attempt like any other."""
    client = Client(start(options={"LOGIN_LOCK_AFTER": 3})).signup()
    for _ in range(3):
        client.post(PATH, change("not it at all")).expect(403)
    client.post(PATH, change()).expect(429, "locked")
    client.try_login(client.user["username"]).expect(429, "locked")
    client.me().expect(200)


@pytest.mark.parametrize(
    "body, member",
    [
        ({"new_password": NEW}, "current_password"),
        ({"current_password": PASSWORD}, "new_password"),
        (change(None), "current_password"),
        (change(new=None), "new_password"),
        (change(new="short"), "new_password"),
        (change(new="password1"), "new_password"),
        (change(new="x" * 1025), "new_password"),
        (change(new=["list"]), "new_password"),
        (change() | {"user": "root"}, "user"),
    ],
)
def test_invalid(server, person, body, member):
    server.public |= {"password1"}
    reply = person.post(PATH, body).expect(422, "invalid")
    assert reply.faults()[0][0] == f"body.{member}"
    person.try_login(person.user["username"]).expect(200)


def test_own_name(server, person):
    """P08."""
    server.public.add(person.user["email"])
    reply = person.post(PATH, change(new=person.user["email"])).expect(422)
    assert reply.faults()[0][0] == "body.new_password"


@pytest.mark.concurrency
def test_many_changes_at_once(start):
    """P10, P11: one of them wins; for the others the current password has become a wrong one."""
    server = start(options={"HASH_WORKERS": CHANGES})
    client = Client(server).signup()
    current = PASSWORD
    for round_ in range(ROUNDS):
        names = [f"gravel Teapot {round_}-{i} sail" for i in range(CHANGES)]
        client.login(client.user["username"], current)

        def alter(index, current=current, names=names):
            other = Client(server, client.token)
            status = other.post(PATH, change(current, names[index])).status
            other.close()
            return status

        statuses = together(CHANGES, alter)
        assert statuses.count(204) == 1, statuses
        assert set(statuses) <= {204, 403, 409}, statuses
        current = names[statuses.index(204)]
    client.login(client.user["username"], current)


def test_nobody(anyone, server):
    before = metrics.hashes(server)
    anyone.post(PATH, change()).expect(401, "missing_token")
    assert metrics.hashes(server) == before


@pytest.mark.parametrize("path", ["/v1/users/me", "/v1/users/{id}"])
def test_no_other_way(person, admin, path):
    """DESIGN 5: no other route changes one's own password, whatever rights one has."""
    for client in (person, admin):
        reply = client.patch(path.format(id=client.user["id"]), {"password": NEW})
        assert reply.status in (403, 422), reply.status
    person.try_login(person.user["username"]).expect(200)


def test_admin_sets_anothers(server, person, admin):
    admin.patch(f"/v1/users/{person.user['id']}", {"password": NEW}).expect(200)
    person.me().expect(401)
    Client(server).login(person.user["username"], NEW)
