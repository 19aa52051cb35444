"""ETag and If-Match of users and roles (RFC 9110 section 13.1.1): no update is lost."""

import pytest

from client import Client, fresh_name
from fixtures import ADMIN, ADMIN_PASSWORD
from parallel import together

USERS = "/v1/users"
ROLES = "/v1/roles"
WORKERS = 4
ROUNDS = 5


def if_match(tag):
    return {"headers": {"If-Match": tag}}


def tag_of(reply):
    tag = reply.headers["ETag"]
    assert tag.startswith('"') and tag.endswith('"')
    return tag


@pytest.fixture
def user(admin):
    """Path and ETag of somebody new."""
    reply = admin.post(USERS, {"username": fresh_name("versioned")}).expect(201)
    return f"{USERS}/{reply.json()['id']}", tag_of(reply)


def test_every_answer_with_a_user_has_one(admin, user):
    path, tag = user
    assert tag_of(admin.get(path).expect(200)) == tag
    changed = tag_of(admin.patch(path, {"name": "x"}).expect(200))
    assert changed != tag
    assert tag_of(admin.get(path)) == changed
    roles = tag_of(admin.put(f"{path}/roles", {"roles": []}).expect(200))
    assert roles not in (tag, changed)
    admin.delete(path).expect(204)
    deleted = tag_of(admin.get(f"{path}?deleted=only").expect(200))
    restored = tag_of(admin.post(f"{path}/restore").expect(200))
    assert len({tag, changed, roles, deleted, restored}) == 5
    assert tag_of(admin.get(path)) == restored


CHANGES = [
    lambda client, path, tag: client.patch(path, {"age": 3}, **if_match(tag)),
    lambda client, path, tag: client.put(f"{path}/roles", {"roles": []}, **if_match(tag)),
    lambda client, path, tag: client.delete(path, **if_match(tag)),
    lambda client, path, tag: client.delete(f"{path}?permanent=true", **if_match(tag)),
]
IDS = ["patch", "roles", "delete", "purge"]


@pytest.mark.parametrize("change", CHANGES, ids=IDS)
def test_change_of_one_version(admin, user, change):
    path, old = user
    reply = admin.patch(path, {"name": "x"}, **if_match(old)).expect(200)
    for stale in (old, '"999999"', f"W/{tag_of(reply)}", '"x"', f"{old}, {old}", '""'):
        change(admin, path, stale).expect(412, "precondition_failed")
    for malformed in ("1", "x", '"1', '"1" "2"', ""):
        change(admin, path, malformed).expect(400, "bad_request")
    assert admin.get(path).expect(200).json() == reply.json()
    assert change(admin, path, tag_of(reply)).status in (200, 204)


@pytest.mark.parametrize("change", CHANGES, ids=IDS)
def test_any_version(admin, user, change):
    assert change(admin, user[0], "*").status in (200, 204)
    change(admin, f"{USERS}/nobody-there", "*").expect(404)


def test_restore_of_one_version(admin, user):
    path, old = user
    admin.delete(path).expect(204)
    admin.post(f"{path}/restore", **if_match(old)).expect(412, "precondition_failed")
    tag = tag_of(admin.get(f"{path}?deleted=only"))
    admin.post(f"{path}/restore", **if_match("nothing")).expect(400)
    admin.post(f"{path}/restore", {"email": None}, **if_match(tag)).expect(200)


def test_own_record(person):
    tag = tag_of(person.me().expect(200))
    change = {"name": "Mine"}
    changed = tag_of(person.patch(f"{USERS}/me", change, **if_match(tag)).expect(200))
    person.patch(f"{USERS}/me", change, **if_match(tag)).expect(412, "precondition_failed")
    own = f"{USERS}/{person.user['id']}"
    person.patch(own, change, **if_match(tag)).expect(412, "precondition_failed")
    person.patch(own, change, **if_match(f"{tag}, {changed}")).expect(200)
    person.patch(f"{USERS}/me", change, **if_match("*")).expect(200)
    assert tag_of(person.me()) != changed


def test_other_faults_come_first(admin, user):
    """RFC 9110 section 13.2.1: a request that fails anyway is not refused for its version."""
    path, _ = user
    stale = if_match('"999999"')
    admin.patch(path, {"age": -1}, **stale).expect(422)
    admin.patch(path, {"status": "x"}, **stale).expect(422)
    admin.patch(f"{USERS}/{admin.user['id']}", {"status": "disabled"}, **stale).expect(403)


def test_a_log_in_is_no_change(server, person):
    """Else nobody could work on the record of a busy person."""
    tag = tag_of(person.me())
    Client(server).login(person.user["username"])
    person.refresh()
    assert tag_of(person.me()) == tag


def test_versions_are_not_asked_where_none_is(admin, person):
    """What is not a change of a record takes no notice."""
    stale = if_match('"999999"')
    admin.get(f"{USERS}/{person.user['id']}", **stale).expect(200)
    admin.post(USERS, {"username": fresh_name()}, **stale).expect(201)
    admin.delete(f"{USERS}/{person.user['id']}/sessions", **stale).expect(204)


@pytest.mark.concurrency
def test_no_update_is_lost(server, user):
    """Workers count up by reading, thinking and If-Match: each good change counts."""
    path, _ = user
    admin = Client(server).login(ADMIN, ADMIN_PASSWORD)
    admin.patch(path, {"age": 0}).expect(200)

    def work(_index):
        client = Client(server, admin.token)
        for _ in range(ROUNDS):
            while True:
                seen = client.get(path).expect(200)
                change = {"age": seen.json()["age"] + 1}
                reply = client.patch(path, change, **if_match(tag_of(seen)))
                if reply.status == 200:
                    break
                reply.expect(412, "precondition_failed")
        client.close()

    together(WORKERS, work)
    assert admin.get(path).expect(200).json()["age"] == WORKERS * ROUNDS


# --- roles ----------------------------------------------------------------------------------------


def test_roles(admin):
    name = fresh_name("role")
    path = f"{ROLES}/{name}"
    made = tag_of(admin.post(ROLES, {"name": name, "permissions": []}).expect(201))
    assert tag_of(admin.get(path).expect(200)) == made
    body = {"permissions": ["users:read"]}
    changed = tag_of(admin.put(path, body, **if_match(made)).expect(200))
    assert changed != made
    admin.put(path, {"permissions": []}, **if_match(made)).expect(412, "precondition_failed")
    admin.delete(path, **if_match(made)).expect(412, "precondition_failed")
    admin.put(path, body, **if_match("x")).expect(400)
    admin.put(path, {"permissions": ["x:y"]}, **if_match(made)).expect(422)
    assert admin.get(path).expect(200).json()["permissions"] == ["users:read"]
    again = tag_of(admin.put(path, body, **if_match("*")).expect(200))
    admin.delete(path, **if_match(f"{made}, {again}")).expect(204)
    admin.delete(path, **if_match("*")).expect(404)
