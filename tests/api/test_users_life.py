"""Deleted users: reading and restoring them; deleting for good."""

import pytest

import tokens
from client import PASSWORD, Client, fresh_name
from fixtures import ADMIN, ADMIN_PASSWORD
from parallel import together
from process import cli_user
from waiting import eventually

PATH = "/v1/users"
MISSING_ID = "018f0000-0000-7000-8000-000000000000"
ROUNDS = 8


@pytest.fixture
def gone(server, admin):
    """A client of somebody who has just been deleted."""
    client = Client(server).signup()
    admin.delete(f"{PATH}/{client.user['id']}").expect(204)
    yield client
    client.close()


def events(admin, key):
    listing = admin.get(f"/v1/audit?subject={key}").expect(200).json()
    return [item["event"] for item in listing["items"]]


# --- reading --------------------------------------------------------------------------------------


def test_read(admin, gone):
    user = gone.user
    for key in (user["id"], user["number"], user["username"].upper(), user["email"]):
        path = f"{PATH}/{key}"
        admin.get(path).expect(404)
        shown = admin.get(f"{path}?deleted=only").expect(200).json()
        assert admin.get(f"{path}?deleted=with").expect(200).json() == shown
        assert (shown["id"], shown["username"]) == (user["id"], user["username"])
        assert shown["deleted_at"] is not None
        assert shown["roles"] == ["user"]
    for deleted, status in (("only", 404), ("with", 200)):
        admin.get(f"{PATH}/{admin.user['id']}?deleted={deleted}").expect(status)
    admin.get(f"{PATH}/{MISSING_ID}?deleted=with").expect(404)


def test_a_name_means_who_has_it(server, admin, gone):
    """Then the only deleted one who had it; of several it means none."""
    name = gone.user["username"]
    path = f"{PATH}/{name}"
    again = Client(server).signup(name)
    assert admin.get(f"{path}?deleted=with").expect(200).json()["id"] == again.user["id"]
    assert admin.get(f"{path}?deleted=only").expect(200).json()["id"] == gone.user["id"]
    admin.delete(path).expect(204)
    for deleted in ("only", "with"):
        admin.get(f"{path}?deleted={deleted}").expect(409, "ambiguous")
    admin.post(f"{path}/restore").expect(409, "ambiguous")
    found = admin.get(f"{PATH}?username={name}&deleted=only").expect(200).json()["items"]
    assert {item["id"] for item in found} == {gone.user["id"], again.user["id"]}
    for item in found:
        assert admin.get(f"{PATH}/{item['id']}?deleted=only").expect(200).json() == item


@pytest.mark.parametrize("query", ["deleted=", "deleted=yes", "deleted=true", "deleted=ONLY",
                                   "deleted=only&deleted=with"])  # fmt: skip
def test_bad_query(admin, query):
    """Q06."""
    assert admin.get(f"{PATH}/root?{query}").status in (400, 422)


def test_deleted_ones_are_not_for_everybody(person, gone):
    """A02: the same answer for those who are there, deleted, or were never there."""
    answers = [
        person.get(f"{PATH}/{key}?deleted=with").expect(403).json()
        for key in (gone.user["id"], gone.user["username"], MISSING_ID, "nobody-there")
    ]
    assert all(answer == answers[0] for answer in answers)
    own = person.user["id"]
    person.get(f"{PATH}/{own}?deleted=with").expect(200)
    person.get(f"{PATH}/{own}?deleted=only").expect(404)


# --- restore --------------------------------------------------------------------------------------


def test_restore(server, admin, gone):
    """R06, T18: the person is back; no token and no session of before is."""
    before = gone.user
    user = admin.post(f"{PATH}/{before['id']}/restore").expect(200).json()
    assert {key: user[key] for key in before if not key.endswith("_at")} == {
        key: before[key] for key in before if not key.endswith("_at")
    }
    assert user["deleted_at"] is None
    assert admin.get(f"{PATH}/{before['username']}").expect(200).json() == user
    gone.me().expect(401, "invalid_token")
    gone.try_refresh().expect(401, "invalid_grant")
    assert admin.get(f"{PATH}/{before['id']}/sessions").expect(200).json()["total"] == 0
    gone.login(before["username"])
    gone.me().expect(200)
    assert events(admin, before["id"])[:3] == ["login", "user_restored", "user_deleted"]
    admin.post(f"{PATH}/{before['id']}/restore").expect(404)


@pytest.mark.parametrize("key", ["id", "number", "username", "email"])
def test_restore_by_every_key(admin, gone, key):
    admin.post(f"{PATH}/{gone.user[key]}/restore", {}).expect(200)


def test_what_cannot_be_restored(admin, person):
    for key in (MISSING_ID, "nobody-there", "0", "-1", person.user["id"], person.user["username"]):
        admin.post(f"{PATH}/{key}/restore").expect(404, "not_found")


def test_restore_when_the_names_are_taken(server, admin, gone):
    """409 says the way out: another name, another e-mail address, or none."""
    user = gone.user
    path = f"{PATH}/{user['id']}/restore"
    other = Client(server).signup(user["username"].upper(), email=user["email"].upper())
    reply = admin.post(path).expect(409, "username_taken")
    assert user["username"] in reply.json()["detail"]
    assert "another username" in reply.json()["detail"]
    admin.post(path, {"username": ADMIN.upper()}).expect(409, "username_taken")
    name = fresh_name("renamed")
    reply = admin.post(path, {"username": name}).expect(409, "email_taken")
    assert user["email"] in reply.json()["detail"]
    assert "another email" in reply.json()["detail"] and "null" in reply.json()["detail"]
    admin.post(path, {"username": name, "email": other.user["email"]}).expect(409, "email_taken")
    assert admin.get(f"{PATH}/{user['id']}?deleted=only").expect(200).json()["username"] == user["username"]
    back = admin.post(path, {"username": name, "email": None}).expect(200).json()
    assert (back["username"], back["email"], back["id"]) == (name, None, user["id"])
    other.me().expect(200)
    gone.login(name)


def test_restore_with_another_email(admin, gone):
    email = f"{fresh_name('mail')}@example.com"
    back = admin.post(f"{PATH}/{gone.user['id']}/restore", {"email": email}).expect(200).json()
    assert (back["email"], back["email_verified"]) == (email, False)
    assert back["username"] == gone.user["username"]


@pytest.mark.parametrize("body", [
    {"username": "x"}, {"username": None}, {"username": 1}, {"email": "x"}, {"email": 1},
    {"roles": ["admin"]}, {"password": PASSWORD}, {"status": "active"}, {"name": "x"}, [], "x",
])  # fmt: skip
def test_bad_restores(admin, gone, body):
    """A04: nothing but the names can be given."""
    admin.post(f"{PATH}/{gone.user['id']}/restore", body).expect(422, "invalid")
    admin.get(f"{PATH}/{gone.user['id']}").expect(404)


def test_roles_that_are_gone_stay_so(server, admin):
    """A08: also when a role of the same name was made anew."""
    client = Client(server).signup()
    role = fresh_name("role")
    for _ in range(2):
        admin.post("/v1/roles", {"name": role, "permissions": ["users:read"]}).expect(201)
        path = f"{PATH}/{client.user['id']}"
        if client.user["deleted_at"] is None:
            admin.put(f"{path}/roles", {"roles": ["user", role]}).expect(200)
            admin.delete(path).expect(204)
            client.user["deleted_at"] = "now"
            admin.delete(f"/v1/roles/{role}").expect(204)
    assert admin.post(f"{path}/restore").expect(200).json()["roles"] == ["user"]


def test_nobody_restores_above_themselves(server, admin, delegate):
    """A05."""
    client = delegate("users:restore")
    strong = admin.post(
        PATH, {"username": fresh_name("strong"), "roles": ["admin"]}
    ).expect(201).json()
    weak = Client(server).signup().user
    for user in (strong, weak):
        admin.delete(f"{PATH}/{user['id']}").expect(204)
    client.post(f"{PATH}/{strong['id']}/restore").expect(403, "exceeds_rights")
    client.post(f"{PATH}/{weak['id']}/restore").expect(200)
    admin.get(f"{PATH}/{strong['id']}").expect(404)


def test_a_disabled_one_comes_back_disabled(server, admin):
    client = Client(server).signup()
    path = f"{PATH}/{client.user['id']}"
    admin.patch(path, {"status": "disabled"}).expect(200)
    admin.delete(path).expect(204)
    assert admin.post(f"{path}/restore").expect(200).json()["status"] == "disabled"
    client.try_login(client.user["username"]).expect(401)


@pytest.mark.concurrency
def test_restore_against_sign_up(start, login_as_admin):
    """Two processes, one name: exactly one of the two has it, again and again."""
    server = start(admin=True)
    other = start.second(server)
    admin = login_as_admin(server)
    owner = Client(server).signup("prize").user
    strangers = [Client(other) for _ in range(ROUNDS)]
    for stranger in strangers:
        admin.delete(f"{PATH}/{owner['id']}").expect(204)
        body = {"username": "Prize", "password": PASSWORD}

        def race(index, owner=owner, stranger=stranger, body=body):
            if index == 0:
                return admin.post(f"{PATH}/{owner['id']}/restore").status
            return stranger.post("/v1/auth/signup", body, token=False).status

        statuses = together(2, race)
        assert sorted(statuses) in ([200, 409], [201, 409]), statuses
        now = admin.get(f"{PATH}/prize").expect(200).json()
        assert (now["id"] == owner["id"]) == (statuses[0] == 200)
        owner = now


# --- for good -------------------------------------------------------------------------------------


@pytest.mark.parametrize("deleted_first", [False, True], ids=["present", "deleted"])
def test_purge(server, admin, deleted_first):
    """T18: gone from everywhere at once; number and id are not used again."""
    client = Client(server).signup()
    user = client.user
    product = client.post("/v1/products", {"name": "x", "price": "1"}).expect(201).json()
    if deleted_first:
        admin.delete(f"{PATH}/{user['id']}").expect(204)
    admin.delete(f"{PATH}/{user['id']}?permanent=true").expect(204)
    client.me().expect(401, "invalid_token")
    client.try_refresh().expect(401, "invalid_grant")
    client.try_login(user["username"]).expect(401, "invalid_credentials")
    for key in (user["id"], user["number"], user["username"], user["email"]):
        admin.get(f"{PATH}/{key}?deleted=with").expect(404)
        admin.post(f"{PATH}/{key}/restore").expect(404)
        admin.delete(f"{PATH}/{key}?permanent=true").expect(404)
    assert admin.get(f"{PATH}?q={user['username']}&deleted=with").expect(200).json()["total"] == 0
    # What is not theirs alone stays.
    assert admin.get(f"/v1/products/{product['id']}").expect(200).json()["owner_id"] == user["id"]
    listing = admin.get(f"/v1/audit?subject={user['id']}").expect(200).json()["items"]
    assert listing[0]["event"] == "user_purged"
    assert {item["subject"]["username"] for item in listing} == {user["username"]}
    again = Client(server).signup(user["username"], email=user["email"])
    assert again.user["number"] > user["number"]
    assert again.user["id"] != user["id"]
    client.me().expect(401, "invalid_token")


def test_purge_by_name(server, admin, gone):
    """A name means one who is there, so nobody is met who has it since."""
    name = gone.user["username"]
    admin.delete(f"{PATH}/{name}?permanent=true").expect(404)
    again = Client(server).signup(name)
    admin.delete(f"{PATH}/{name}?permanent=true").expect(204)
    admin.get(f"{PATH}/{gone.user['id']}?deleted=only").expect(200)
    admin.get(f"{PATH}/{again.user['id']}?deleted=with").expect(404)


@pytest.mark.parametrize("query", ["permanent=", "permanent=1", "permanent=True", "permanent=yes",
                                   "permanent=true&permanent=false", "Permanent=true"])  # fmt: skip
def test_bad_purges(admin, person, query):
    assert admin.delete(f"{PATH}/{person.user['id']}?{query}").status in (400, 422)
    person.me().expect(200)


def test_who_may_purge(admin, person, delegate):
    """A05, T22: each permission alone is not enough, nor are both against somebody stronger."""
    for permissions in (["users:delete"], ["users:purge"]):
        client = delegate(*permissions)
        reply = client.delete(f"{PATH}/{person.user['id']}?permanent=true").expect(403, "forbidden")
        missing = "users:purge" if permissions == ["users:delete"] else "users:delete"
        assert missing in reply.json()["detail"]
        assert f'scope="{missing}"' in reply.headers["WWW-Authenticate"]
    person.delete(f"{PATH}/{person.user['id']}?permanent=true").expect(403, "forbidden")
    both = delegate("users:delete", "users:purge")
    both.delete(f"{PATH}/{admin.user['id']}?permanent=true").expect(403, "exceeds_rights")
    both.delete(f"{PATH}/{person.user['id']}?permanent=true").expect(204)
    person.me().expect(401)


def test_the_last_admin_stays(start, login_as_admin):
    """A06."""
    server = start(admin=True)
    admin = login_as_admin(server)
    admin.delete(f"{PATH}/{admin.user['id']}?permanent=true").expect(409, "last_admin")
    cli_user(server, "delete", "root", "--permanent", status=1)
    admin.me().expect(200)
    admin.post(
        PATH, {"username": "second", "password": ADMIN_PASSWORD, "roles": ["admin"]}
    ).expect(201)
    admin.delete(f"{PATH}/{admin.user['id']}?permanent=true").expect(204)
    admin.me().expect(401)


@pytest.mark.concurrency
def test_two_admins_purge_each_other(start, login_as_admin):
    """A06: on two processes at once: one admin is always left."""
    server = start(admin=True)
    nodes = (server, start.second(server))
    keeper = login_as_admin(server)
    for index in range(ROUNDS):
        names = [f"first-{index}", f"second-{index}"]
        users = [
            keeper.post(PATH, {"username": name, "password": PASSWORD, "roles": ["admin"]})
            .expect(201)
            .json()
            for name in names
        ]
        pair = [Client(node).login(name) for node, name in zip(nodes, names)]
        pair[0].patch(f"{PATH}/{keeper.user['id']}", {"status": "disabled"}).expect(200)
        statuses = together(
            2, lambda i, p=pair, u=users: p[i].delete(f"{PATH}/{u[1 - i]['id']}?permanent=true").status
        )
        # The loser's token died with them, or they were told that they are the last one.
        assert sorted(statuses)[0] == 204 and sorted(statuses)[1] in (401, 404, 409), statuses
        # At the first process, so that it knows at once what is changed next.
        left = Client(server).login(names[0 if statuses[0] == 204 else 1])
        left.patch(f"{PATH}/{keeper.user['id']}", {"status": "active"}).expect(200)
        keeper.login(ADMIN, ADMIN_PASSWORD)
        keeper.delete(f"{PATH}/{left.user['id']}?permanent=true").expect(204)


def test_another_process_knows(start, login_as_admin):
    """T19: the tokens are dead there within the bound, and come back by no restore."""
    server = start(admin=True)
    other = start.second(server)
    admin = login_as_admin(server)
    for permanent in ("false", "true"):
        there = Client(other).signup()
        path = f"{PATH}/{there.user['id']}"
        admin.delete(f"{path}?permanent={permanent}").expect(204)
        assert eventually(lambda c=there: c.me().status == 401)
        if permanent == "false":
            admin.post(f"{path}/restore").expect(200)
            assert eventually(lambda c=there: c.me().status == 401)
            back = Client(other).login(there.user["username"])
            assert eventually(lambda c=back: c.me().status == 200)


def test_sessions_of_a_deleted_one(admin, gone):
    session = tokens.claims(gone.token)["sid"]
    path = f"{PATH}/{gone.user['id']}/sessions"
    admin.get(path).expect(404)
    admin.delete(path).expect(404)
    admin.delete(f"{path}/{session}").expect(404)
