"""Custom roles, the permission catalogue, and who holds what (CHECKLIST A05 to A09, J12, T20, T22)."""

import re

import pytest

import recorder
import tokens
from client import PASSWORD, Client, fresh_name
from fixtures import ADMIN, ADMIN_PASSWORD
from parallel import together
from process import PATIENCE, cli_user
from waiting import eventually

ROLES = "/v1/roles"
USERS = "/v1/users"
GATED = re.compile(r"Needs the permission `([^`]+)`")
FLAGGED = re.compile(r"`(\w+=true)` needs `([^`]+)` too")
ROUNDS = 12


def permission_of(operation):
    """The permission that the document names for an operation, or None."""
    found = GATED.search(recorder.document().operations[operation].get("description", ""))
    return found and found.group(1)


NEEDS = {
    operation: permission_of(operation)
    for operation in sorted(recorder.document().operations)
    if permission_of(operation)
}


# (method, path with the flag): what is needed besides.
FLAGS = {
    (method, f"{path}?{flag}"): permission
    for (method, path), operation in recorder.document().operations.items()
    for flag, permission in FLAGGED.findall(operation.get("description", ""))
}


def make_role(admin, permissions, name=None, **more):
    body = {"name": name or fresh_name("role"), "permissions": permissions, **more}
    return admin.post(ROLES, body).expect(201).json()


def give(admin, user, *roles):
    return admin.put(f"{USERS}/{user['id']}/roles", {"roles": list(roles)}).expect(200).json()


@pytest.fixture
def holder(server, admin):
    """Makes somebody who holds one new role with these permissions, and nothing else."""
    clients = []

    def make(*permissions):
        client = Client(server).signup(fresh_name("holder"), PASSWORD)
        clients.append(client)
        client.role = make_role(admin, list(permissions))["name"]
        give(admin, client.user, client.role)
        return client

    yield make
    for client in clients:
        client.close()


# --- the records ----------------------------------------------------------------------------------


def test_life_of_a_role(admin):
    name = fresh_name("Role")
    made = make_role(admin, ["users:read", "roles:*", "users:read"], name, description="For é.")
    assert set(made) == {
        "name", "description", "permissions", "built_in", "created_at", "updated_at",
    }  # fmt: skip
    assert made["name"] == name
    assert made["permissions"] == ["roles:*", "users:read"]
    assert made["built_in"] is False
    assert admin.get(f"{ROLES}/{name}").expect(200).json() == made
    change = {"permissions": ["users:*"], "name": name}
    after = admin.put(f"{ROLES}/{name}", change).expect(200).json()
    assert after["permissions"] == ["users:*"]
    assert after["description"] is None
    assert after["created_at"] == made["created_at"] and after["updated_at"] >= made["updated_at"]
    assert admin.get(f"{ROLES}/{name}").expect(200).json() == after
    admin.delete(f"{ROLES}/{name}").expect(204)
    for again in (admin.get(f"{ROLES}/{name}"), admin.delete(f"{ROLES}/{name}")):
        again.expect(404, "not_found")
    admin.put(f"{ROLES}/{name}", {"permissions": []}).expect(404, "not_found")


def test_list(admin):
    made = [make_role(admin, [])["name"] for _ in range(3)]
    listing = admin.get(ROLES).expect(200).json()
    names = [role["name"] for role in listing["items"]]
    assert names == sorted(names)
    assert {"admin", "user", *made} <= set(names)
    assert listing["total"] == len(names)
    assert listing["next_cursor"] is None
    built_in = {role["name"] for role in listing["items"] if role["built_in"]}
    assert built_in == {"admin", "user"}


def test_catalogue(admin):
    """The permissions come from the rows: what the document names, no more and no less."""
    listing = admin.get("/v1/permissions").expect(200).json()
    operations = {}
    for (method, path), permission in (NEEDS | FLAGS).items():
        operations.setdefault(permission, set()).add(f"{method} {path}")
    assert {row["name"]: set(row["operations"]) for row in listing["items"]} == operations
    names = [row["name"] for row in listing["items"]]
    assert names == sorted(set(names))
    assert listing["total"] == len(names)


@pytest.mark.parametrize(
    "name", ["a", "Z" * 64, "a.b", "a_b", "a-b", "a1", "a..b", "a--", "con.json", "me"]
)
def test_names_survive_a_path(admin, name):
    """J12: what can be created can be read and deleted."""
    make_role(admin, [], name)
    assert admin.get(f"{ROLES}/{name}").expect(200).json()["name"] == name
    admin.delete(f"{ROLES}/{name}").expect(204)


@pytest.mark.parametrize(
    "name",
    ["", "1a", "-a", ".", "..", "a/b", "a%2Fb", "a?b", "a#b", "a b", "a ", " a", "ä", "а", "a\n", "a;b",
     "a,b", "a:b", "*", "a*", "A" * 65, "a\u200b", "a\\b", "a'b", "_a"],
)  # fmt: skip
def test_bad_names(admin, name):
    faults = admin.post(ROLES, {"name": name, "permissions": []}).expect(422, "invalid").faults()
    assert [place for place, _ in faults] == ["body.name"]


@pytest.mark.parametrize("name", [None, 1, True, ["a"], {"$ne": 1}])
def test_names_of_another_kind(admin, name):
    admin.post(ROLES, {"name": name, "permissions": []}).expect(422, "invalid")


def test_names_are_unique_without_case(admin):
    name = make_role(admin, [], fresh_name("Mixed"))["name"]
    for taken in (name, name.lower(), name.upper(), "admin", "ADMIN", "User"):
        admin.post(ROLES, {"name": taken, "permissions": []}).expect(409, "role_taken")
    admin.get(f"{ROLES}/{name.upper()}").expect(404)


@pytest.mark.parametrize("permission, code", [
    ("", "malformed"), ("users", "malformed"), ("users:", "malformed"), (":read", "malformed"),
    ("users:read:all", "malformed"), ("Users:read", "malformed"), ("users:re*", "malformed"),
    ("*:read", "malformed"), ("**", "malformed"), ("*:*", "malformed"), ("users: read", "malformed"),
    ("users:read\n", "malformed"), ("üsers:read", "malformed"), ("user:read", "unknown_permission"),
    ("users:fly", "unknown_permission"), ("nothing:*", "unknown_permission"),
    ("use:*", "unknown_permission"), ("x:" + "y" * 63, "too_long"),
])  # fmt: skip
def test_bad_permissions(admin, permission, code):
    body = {"name": fresh_name("role"), "permissions": ["users:read", permission]}
    faults = admin.post(ROLES, body).expect(422, "invalid").faults()
    assert faults == [("body.permissions.1", code)]
    admin.get(f"{ROLES}/{body['name']}").expect(404)
    name = make_role(admin, ["users:read"])["name"]
    admin.put(f"{ROLES}/{name}", {"permissions": [permission]}).expect(422, "invalid")
    assert admin.get(f"{ROLES}/{name}").json()["permissions"] == ["users:read"]


@pytest.mark.parametrize("body", [
    {}, {"permissions": "users:read"}, {"permissions": None}, {"permissions": [1]},
    {"permissions": [["users:read"]]}, {"permissions": ["users:read"] * 65},
    {"permissions": [], "description": "x" * 501}, {"permissions": [], "description": "a\u202eb"},
    {"permissions": [], "description": "a\nb"}, {"permissions": [], "description": 1},
    {"permissions": [], "built_in": True}, {"permissions": [], "id": "x"},
])  # fmt: skip
def test_bad_bodies(admin, body):
    """Nothing that is not offered, created or replaced."""
    name = make_role(admin, [])["name"]
    admin.put(f"{ROLES}/{name}", body).expect(422, "invalid")
    admin.post(ROLES, {"name": fresh_name("role"), **body}).expect(422, "invalid")


def test_no_renaming(admin):
    """A07."""
    name = make_role(admin, [])["name"]
    body = {"permissions": [], "name": name.upper()}
    faults = admin.put(f"{ROLES}/{name}", body).expect(422, "invalid").faults()
    assert faults == [("body.name", "not_allowed")]


def test_largest_role(admin):
    description = "ä" * 500
    role = make_role(admin, ["users:read"] * 64, description=description)
    assert role["description"] == description
    assert role["permissions"] == ["users:read"]


# --- built-in roles and roles in use --------------------------------------------------------------


def test_built_in(start, login_as_admin):
    """A07: `admin` is as it is; `user` may grant something else, but stays."""
    server = start(admin=True)
    admin = login_as_admin(server)
    before = admin.get(f"{ROLES}/admin").expect(200).json()
    assert before["permissions"] == ["*"]
    admin.put(f"{ROLES}/admin", {"permissions": ["*"]}).expect(409, "role_built_in")
    admin.delete(f"{ROLES}/admin").expect(409, "role_built_in")
    assert admin.get(f"{ROLES}/admin").expect(200).json() == before
    person = Client(server).signup()
    person.get(ROLES).expect(403)
    admin.put(f"{ROLES}/user", {"permissions": ["roles:read"]}).expect(200)
    person.get(ROLES).expect(200)
    admin.delete(f"{ROLES}/user").expect(409, "role_built_in")


def test_role_in_use(server, admin):
    """A07: says how many hold it; a deleted holder is none."""
    role = make_role(admin, ["users:read"])
    path = f"{ROLES}/{role['name']}"
    people = [Client(server).signup() for _ in range(3)]
    for person in people:
        give(admin, person.user, role["name"])
    reply = admin.delete(path).expect(409, "role_in_use")
    assert "3" in reply.json()["detail"]
    give(admin, people[0].user, "user")
    admin.delete(f"{USERS}/{people[1].user['id']}").expect(204)
    assert "1" in admin.delete(path).expect(409, "role_in_use").json()["detail"]
    people[2].get(USERS).expect(200)
    give(admin, people[2].user)
    admin.delete(path).expect(204)


def test_new_role_of_an_old_name(server, admin):
    """A08: no grant comes back; not by an old token, a refresh, or a new log-in."""
    role = make_role(admin, ["users:read"])
    person = Client(server).signup()
    give(admin, person.user, role["name"])
    person.refresh()
    assert tokens.claims(person.token)["roles"] == [role["name"]]
    person.get(USERS).expect(200)
    give(admin, person.user)
    admin.delete(f"{ROLES}/{role['name']}").expect(204)
    make_role(admin, ["users:read"], role["name"])
    person.get(USERS).expect(403, "forbidden")
    assert person.me().expect(200).json()["roles"] == []
    person.refresh()
    person.get(USERS).expect(403)
    person.login(person.user["username"]).get(USERS).expect(403)
    give(admin, person.user, role["name"])
    person.get(USERS).expect(200)


def test_new_role_of_an_old_name_after_a_restart(start, login_as_admin):
    """A08: nor by a token that names it, at a process that never saw the old one."""
    server = start(admin=True)
    admin = login_as_admin(server)
    person = Client(server).signup()
    make_role(admin, ["users:read"], "reader")
    give(admin, person.user, "reader")
    person.refresh()
    give(admin, person.user)
    admin.delete(f"{ROLES}/reader").expect(204)
    make_role(admin, ["users:read"], "reader")
    other = start.second(server)
    Client(other, person.token).get(USERS).expect(403)


# --- who may --------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", sorted(NEEDS), ids=lambda o: f"{o[0]} {o[1]}")
def test_gate(server, admin, holder, operation):
    """T22, A01: who has all rights but this one is told its name; this one alone opens the gate."""
    method, template = operation
    needed = NEEDS[operation]
    others = sorted(set(NEEDS.values()) - {needed})
    path = re.sub(r"\{[a-z_]+\}", "018f0000-0000-7000-8000-000000000000", template)
    oauth = recorder.is_oauth(path)
    code = "insufficient_scope" if oauth else "forbidden"
    reply = holder(*others).request(method, path, json={}).expect(403, code)
    assert needed in reply.json()["error_description" if oauth else "detail"]
    challenge = reply.headers["WWW-Authenticate"]
    assert 'error="insufficient_scope"' in challenge and f'scope="{needed}"' in challenge
    for grant in (needed, needed.split(":")[0] + ":*"):
        reply = holder(grant).request(method, path, json={})
        assert reply.status not in (401, 403), (grant, reply.status)


@pytest.mark.parametrize("operation", sorted(FLAGS), ids=lambda o: f"{o[0]} {o[1]}")
def test_gate_of_a_flag(holder, operation):
    """T22, A01: what a flag of the query asks for needs its own permission besides the other."""
    method, template = operation
    needed, also = FLAGS[operation], NEEDS[(method, template.split("?")[0])]
    everything = set(NEEDS.values()) | set(FLAGS.values())
    path = re.sub(r"\{[a-z_]+\}", "018f0000-0000-7000-8000-000000000000", template)
    for missing in (needed, also):
        client = holder(*sorted(everything - {missing}))
        reply = client.request(method, path).expect(403, "forbidden")
        assert missing in reply.json()["detail"]
        assert f'scope="{missing}"' in reply.headers["WWW-Authenticate"]
        unset = path.replace("=true", "=false")
        assert (client.request(method, unset).status == 403) == (missing == also)
    holder(needed, also).request(method, path).expect(404)


def test_nobody_makes_more_than_they_hold(holder):
    """A05: neither by creating nor by replacing, by name or by wildcard."""
    delegate = holder("roles:create", "roles:update", "roles:delete", "users:read")
    for permissions in (["*"], ["users:*"], ["users:delete"], ["users:read", "users:create"]):
        body = {"name": fresh_name("role"), "permissions": permissions}
        reply = delegate.post(ROLES, body).expect(403, "exceeds_rights")
        assert permissions[-1] in reply.json()["detail"]
    mine = make_role(delegate, ["users:read"])["name"]
    for permissions in (["*"], ["users:*"], ["users:read", "users:update"]):
        delegate.put(f"{ROLES}/{mine}", {"permissions": permissions}).expect(403, "exceeds_rights")
    delegate.put(f"{ROLES}/{mine}", {"permissions": ["users:read", "roles:update"]}).expect(200)
    delegate.delete(f"{ROLES}/{mine}").expect(204)


def test_nobody_touches_a_role_beyond_theirs(admin, holder):
    """A05: what the role granted counts too, so nobody takes from others what they do not hold."""
    delegate = holder("roles:*", "users:read")
    strong = make_role(admin, ["users:delete"])["name"]
    delegate.put(f"{ROLES}/{strong}", {"permissions": []}).expect(403, "exceeds_rights")
    delegate.delete(f"{ROLES}/{strong}").expect(403, "exceeds_rights")
    delegate.put(f"{ROLES}/admin", {"permissions": []}).expect(409, "role_built_in")
    assert admin.get(f"{ROLES}/{strong}").expect(200).json()["permissions"] == ["users:delete"]


def test_nobody_changes_the_role_their_rights_come_from(admin, holder):
    """A05: not even to less; one who holds the rights otherwise may."""
    delegate = holder("roles:*", "users:read")
    path = f"{ROLES}/{delegate.role}"
    for permissions in ([], ["roles:*"], ["roles:*", "users:read"], ["*"]):
        delegate.put(path, {"permissions": permissions}).expect(403, "exceeds_rights")
    second = make_role(admin, ["users:read"])["name"]
    give(admin, delegate.user, delegate.role, second)
    delegate.put(f"{ROLES}/{second}", {"permissions": []}).expect(200)
    admin.put(path, {"permissions": ["roles:*"]}).expect(200)


def test_nobody_gives_or_takes_more_than_they_hold(server, admin, holder):
    """A05: a user's roles, by PUT and at creation."""
    delegate = holder("users:roles", "users:create", "users:read")
    strong = make_role(admin, ["users:delete"])["name"]
    weak = make_role(admin, ["users:read"])["name"]
    person = Client(server).signup()
    path = f"{USERS}/{person.user['id']}/roles"
    # Somebody new holds `user`, whose permissions the delegate does not.
    delegate.put(path, {"roles": []}).expect(403, "exceeds_rights")
    give(admin, person.user)
    for roles in (["admin"], [strong], [weak, strong]):
        reply = delegate.put(path, {"roles": roles}).expect(403, "exceeds_rights")
        assert roles[-1] in reply.json()["detail"]
        body = {"username": fresh_name(), "password": PASSWORD, "roles": roles}
        delegate.post(USERS, body).expect(403, "exceeds_rights")
    assert delegate.put(path, {"roles": [weak, weak]}).expect(200).json()["roles"] == [weak]
    give(admin, person.user, strong)
    delegate.put(path, {"roles": [weak]}).expect(403, "exceeds_rights")
    assert person.me().json()["roles"] == [strong]


def test_nobody_changes_their_own_roles(admin, holder):
    delegate = holder("*")
    for roles in ([], ["admin"], [delegate.role], ["user"]):
        delegate.put(f"{USERS}/{delegate.user['id']}/roles", {"roles": roles}).expect(403)
    admin.put(f"{USERS}/{admin.user['id']}/roles", {"roles": ["user"]}).expect(403)
    assert admin.me().expect(200).json()["roles"] == ["admin"]


@pytest.mark.parametrize("body, code", [
    ({}, "missing"), ({"roles": None}, "wrong_type"), ({"roles": "user"}, "wrong_type"),
    ({"roles": ["nosuch"]}, "unknown_role"), ({"roles": ["ADMIN"]}, "unknown_role"),
    ({"roles": ["user", ""]}, "unknown_role"), ({"roles": [1]}, "wrong_type"),
    ({"roles": ["user"] * 33}, "too_long"), ({"roles": ["x" * 65]}, "too_long"),
])  # fmt: skip
def test_bad_user_roles(admin, person, body, code):
    faults = admin.put(f"{USERS}/{person.user['id']}/roles", body).expect(422, "invalid").faults()
    assert [found for _, found in faults] == [code]
    assert person.me().json()["roles"] == ["user"]


def test_user_by_any_key(admin, person):
    user = person.user
    for key in (user["id"], user["number"], user["username"].upper()):
        assert admin.put(f"{USERS}/{key}/roles", {"roles": []}).expect(200).json()["roles"] == []
        give(admin, user, "user")
    admin.put(f"{USERS}/nobody-there/roles", {"roles": []}).expect(404, "not_found")


def test_last_admin_keeps_the_role(start, login_as_admin):
    """A06: not even one who holds everything by another role takes it away."""
    server = start(admin=True)
    admin = login_as_admin(server)
    strong = Client(server).signup()
    make_role(admin, ["*"], "super")
    give(admin, strong.user, "super")
    path = f"{USERS}/{admin.user['id']}/roles"
    strong.put(path, {"roles": []}).expect(409, "last_admin")
    strong.put(path, {"roles": ["super"]}).expect(409, "last_admin")
    strong.put(path, {"roles": ["super", "admin"]}).expect(200)
    assert admin.me().expect(200).json()["roles"] == ["admin", "super"]


# --- at once, everywhere --------------------------------------------------------------------------


def test_acts_on_living_tokens(server, admin, holder):
    """T20: at once at the process that made the change; sessions and tokens live on."""
    person = holder("users:read")
    path = f"{ROLES}/{person.role}"
    for permissions, status in ((["roles:read"], 403), (["users:*"], 200), ([], 403), (["*"], 200)):
        admin.put(path, {"permissions": permissions}).expect(200)
        person.get(USERS).expect(status)
    give(admin, person.user)
    person.get(USERS).expect(403)
    give(admin, person.user, "admin")
    person.get(USERS).expect(200)
    person.refresh()
    assert tokens.claims(person.token)["roles"] == ["admin"]


def test_acts_at_other_processes_within_a_second(start, login_as_admin):
    """T20: a role's permissions, a user's roles and a new role, seen from a second process."""
    server = start(admin=True)
    other = start.second(server)
    admin, person = login_as_admin(server), Client(server).signup()
    there = Client(other, person.token)
    within = PATIENCE

    def becomes(status):
        eventually(lambda: there.get(USERS).status == status, within, f"never {status}")

    there.get(USERS).expect(403)
    make_role(admin, ["users:read"], "reader")
    give(admin, person.user, "reader")
    becomes(200)
    admin.put(f"{ROLES}/reader", {"permissions": ["roles:read"]}).expect(200)
    becomes(403)
    admin.put(f"{ROLES}/reader", {"permissions": ["users:read"]}).expect(200)
    becomes(200)
    give(admin, person.user)
    becomes(403)
    admin.delete(f"{ROLES}/reader").expect(204)
    eventually(
        lambda: Client(other, admin.token).get(f"{ROLES}/reader").status == 404, within, "still there"
    )


def test_rights_of_this_very_moment(start, login_as_admin):
    """T20: who lost a right at one process does not pass it on at another: not within the second."""
    server = start(admin=True)
    other = start.second(server)
    admin, delegate = login_as_admin(server), Client(server).signup()
    make_role(admin, ["roles:create", "users:roles"], "maker")
    make_role(admin, ["users:delete"], "extra")
    give(admin, delegate.user, "maker", "extra")
    person = Client(server).signup()
    give(admin, person.user)
    there = Client(other, delegate.token)
    path = f"{USERS}/{person.user['id']}/roles"
    eventually(lambda: there.post(ROLES, {}).status == 422)

    def tries(status, name):
        body = {"name": name, "permissions": ["users:delete"]}
        assert there.post(ROLES, body).status == {200: 201}.get(status, status)
        assert there.put(path, {"roles": ["extra"]}).status == status
        give(admin, person.user)

    for turn in range(ROUNDS):
        give(admin, delegate.user, "maker")
        tries(403, f"lost-role-{turn}")
        give(admin, delegate.user, "maker", "extra")
        tries(200, f"has-role-{turn}")
        admin.put(f"{ROLES}/extra", {"permissions": ["users:delete", "roles:read"]}).expect(200)
        admin.put(f"{ROLES}/maker", {"permissions": ["roles:create", "users:roles"]}).expect(200)
        tries(200, f"more-{turn}")
        admin.put(f"{ROLES}/extra", {"permissions": []}).expect(200)
        body = {"name": f"lost-permission-{turn}", "permissions": ["users:delete"]}
        there.post(ROLES, body).expect(403, "exceeds_rights")
        admin.put(f"{ROLES}/extra", {"permissions": ["users:delete"]}).expect(200)


# --- races ----------------------------------------------------------------------------------------


@pytest.mark.concurrency
def test_role_is_given_once(server, admin):
    """A09."""
    role = make_role(admin, ["users:read"])["name"]
    person = Client(server).signup()
    path = f"{USERS}/{person.user['id']}/roles"

    def put(_index):
        client = Client(server, admin.token)
        status = client.put(path, {"roles": [role]}).status
        client.close()
        return status

    statuses = [status for _ in range(12) for status in together(8, put)]
    assert set(statuses) <= {200, 409} and 200 in statuses
    assert person.me().json()["roles"] == [role]
    assert "1" in admin.delete(f"{ROLES}/{role}").expect(409, "role_in_use").json()["detail"]


@pytest.mark.concurrency
def test_given_or_deleted_over_two_processes(start, login_as_admin):
    """A07: one gives a role while the other deletes it: nobody holds what is not there."""
    server = start(admin=True)
    nodes = (server, start.second(server))
    for node in nodes:
        node.unavailable_expected = True
    admin, person = login_as_admin(server), Client(server).signup()
    path = f"{USERS}/{person.user['id']}/roles"
    give(admin, person.user)
    for turn in range(ROUNDS):
        role = make_role(admin, ["users:read"], f"role-{turn}")["name"]
        eventually(lambda: Client(nodes[1], admin.token).get(ROLES).status == 200)
        clients = [Client(node, admin.token) for node in nodes]

        def act(index, role=role, clients=clients):
            if index == 0:
                return clients[0].put(path, {"roles": [role]}).status
            return clients[1].delete(f"{ROLES}/{role}").status

        given, deleted = together(2, act)
        assert (given, deleted) in {(200, 409), (422, 204)}
        assert person.me().json()["roles"] == ([role] if given == 200 else [])
        give(admin, person.user)


@pytest.mark.concurrency
def test_two_admins_demote_each_other(start, login_as_admin):
    """A06: by PUT of roles, on two processes at once: never zero admins."""
    server = start(admin=True)
    nodes = (server, start.second(server))
    for node in nodes:
        node.unavailable_expected = True
    keeper = login_as_admin(server)
    names = [fresh_name("duel") for _ in nodes]
    for name in names:
        body = {"username": name, "password": PASSWORD, "roles": ["admin"]}
        keeper.post(USERS, body).expect(201)
    for _ in range(ROUNDS):
        pair = [Client(node).login(name) for node, name in zip(nodes, names)]
        pair[0].patch(f"{USERS}/{keeper.user['id']}", {"status": "disabled"}).expect(200)
        statuses = together(
            2,
            lambda i, pair=pair: pair[i]
            .put(f"{USERS}/{pair[1 - i].user['id']}/roles", {"roles": []})
            .status,
        )
        assert statuses.count(200) <= 1, "both demoted the other"
        cli_user(server, "enable", ADMIN)
        keeper.login(ADMIN, ADMIN_PASSWORD)
        # The command is another process: what it did acts here within a second.
        eventually(lambda: keeper.me().status == 200)
        for name in names:
            keeper.put(f"{USERS}/{name}/roles", {"roles": ["admin"]}).expect(200)


# --- the log --------------------------------------------------------------------------------------


def test_log(server, admin, person):
    """X06: who changed which role from what to what."""
    line = len(server.lines)
    role = make_role(admin, ["users:read"])["name"]
    admin.put(f"{ROLES}/{role}", {"permissions": ["roles:read", "users:*"]}).expect(200)
    give(admin, person.user, role)
    give(admin, person.user)
    admin.delete(f"{ROLES}/{role}").expect(204)
    wanted = {
        "role_created": {"after": "users:read"},
        "role_changed": {"before": "users:read", "after": "roles:read users:*"},
        "role_deleted": {"before": "roles:read users:*"},
    }
    for event, fields in wanted.items():
        record = server.wait_event(event, after=line)
        assert {name: record[name] for name in fields} == fields
        assert record["role"] == role and record["actor"] == admin.user["id"]
        assert record["address"] == "127.0.0.1" and record["request_id"]
    record = server.wait_event("roles_changed", after=line)
    assert (record["before"], record["after"]) == ("user", role)
    assert record["user_id"] == person.user["id"]
