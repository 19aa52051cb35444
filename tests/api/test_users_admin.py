"""/v1/users: managing others."""

import re

import pytest

from client import PASSWORD, Client, fresh_name
from fixtures import ADMIN, ADMIN_PASSWORD
from parallel import together
from process import cli_user

PATH = "/v1/users"
LINK = re.compile(r'<([^>]+)>; rel="(\w+)"')
DUELS = 4
MISSING_ID = "018f0000-0000-7000-8000-000000000000"


def new_user(**more):
    name = fresh_name("made")
    return {"username": name, "password": PASSWORD} | more


@pytest.fixture
def made(admin):
    return admin.post(PATH, new_user()).expect(201).json()


# --- create ---------------------------------------------------------------------------------------


def test_create(server, admin):
    body = new_user(email="Made@Example.com", name="Made Up", age=0, metadata={"k": "v"})
    body["email_verified"] = True
    body["roles"] = ["admin", "user"]
    user = admin.post(PATH, body).expect(201).json()
    assert (user["name"], user["age"], user["metadata"]) == ("Made Up", 0, {"k": "v"})
    assert sorted(user["roles"]) == ["admin", "user"]
    assert user["last_login_at"] is None
    grant = Client(server).try_login(body["username"]).expect(200).json()
    assert grant["user"]["id"] == user["id"]


def test_create_default_role(made):
    assert (made["roles"], made["status"]) == (["user"], "active")


def test_create_without_password(server, admin):
    body = new_user()
    del body["password"]
    reply = admin.post(PATH, body)
    if reply.status == 201:
        Client(server).try_login(body["username"]).expect(401)
    else:
        reply.expect(422)


def test_create_taken(admin, made):
    admin.post(PATH, new_user(username=made["username"].upper())).expect(409, "username_taken")
    email = f"{fresh_name('mail')}@example.com"
    admin.post(PATH, new_user(email=email)).expect(201)
    admin.post(PATH, new_user(email=email.upper())).expect(409, "email_taken")


@pytest.mark.parametrize(
    "more",
    [
        {"username": "x"},
        {"password": "short"},
        {"roles": ["nosuchrole"]},
        {"roles": "admin"},
        {"roles": [1]},
        {"roles": [None]},
        {"status": "gone"},
        {"age": -1},
        {"id": MISSING_ID},
        {"number": 5},
        {"unknown": 1},
        {"email_verified": "yes"},
    ],
)
def test_create_invalid(admin, more):
    body = new_user() | more
    admin.post(PATH, body).expect(422, "invalid")
    if "username" not in more:
        admin.get(f"{PATH}/{body['username']}").expect(404)


# --- read -----------------------------------------------------------------------------------------


def test_read_by_every_key(admin, made):
    """P12 with it: no hash in any body (the recorder refuses undeclared members)."""
    for key in (made["id"], made["id"].upper(), made["number"], made["username"].upper()):
        reply = admin.get(f"{PATH}/{key}").expect(200)
        assert reply.json() == made
        assert b"$argon2" not in reply.body


@pytest.mark.parametrize(
    "key",
    [
        MISSING_ID,
        MISSING_ID.replace("-", ""),
        "{" + MISSING_ID + "}",
        "0",
        "-1",
        "9223372036854775807",
        "9223372036854775808",
        "99999999999999999999999999",
        "1.0",
        "+1",
        "0x1",
        "507f1f77bcf86cd799439011",
        "nobody-there",
        "no%20body",
        "%27%20OR%20%271%27=%271",
        "a%2Fb",
        "%E2%80%AE",
        "x" * 1000,
        "$where",
        "*",
        "null",
    ],
)
def test_keys_of_nobody(admin, key):
    """A11: 404, whatever form the key has."""
    reply = admin.get(f"{PATH}/{key}")
    assert reply.status in (404, 422), reply.status
    admin.delete(f"{PATH}/{key}").expect(reply.status)
    admin.patch(f"{PATH}/{key}", {"name": "x"}).expect(reply.status)


def test_others_records_tell_nothing(person, made):
    """A02: the same answer whether there is such a person or not."""
    for key, missing in ((made["id"], MISSING_ID), (made["username"], "nobody-there"),
                         (made["number"], 999999)):  # fmt: skip
        for method, body in (("GET", None), ("PATCH", {"name": "x"}), ("DELETE", None)):
            there = person.request(method, f"{PATH}/{key}", json=body).expect(403, "forbidden")
            nowhere = person.request(method, f"{PATH}/{missing}", json=body).expect(403)
            assert there.json() == nowhere.json()


# --- list -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def crowd(server):
    """At least seven people."""
    admin = Client(server).login(ADMIN, ADMIN_PASSWORD)
    for _ in range(7):
        admin.post(PATH, new_user()).expect(201)
    return admin


def test_list(crowd):
    reply = crowd.get(PATH).expect(200)
    listing = reply.json()
    assert set(listing) == {"items", "total", "next_cursor"}
    assert listing["total"] >= 8
    assert reply.headers["X-Total-Count"] == str(listing["total"])
    numbers = [item["number"] for item in listing["items"]]
    assert numbers == sorted(numbers)


def test_pages(crowd):
    whole = crowd.get(f"{PATH}?limit=1000").expect(200).json()
    walked = []
    for offset in range(0, whole["total"], 3):
        page = crowd.get(f"{PATH}?limit=3&offset={offset}").expect(200).json()
        assert len(page["items"]) <= 3
        assert page["total"] == whole["total"]
        walked += [item["id"] for item in page["items"]]
    assert walked == [item["id"] for item in whole["items"]]
    assert crowd.get(f"{PATH}?offset={whole['total']}").expect(200).json()["items"] == []


def test_links(crowd):
    """Every page is reached by following next, and prev leads back."""
    total = crowd.get(PATH).expect(200).json()["total"]
    path, walked = f"{PATH}?limit=3", []
    while path:
        reply = crowd.get(path).expect(200)
        links = {rel: target for target, rel in LINK.findall(reply.headers.get("Link", ""))}
        walked += [item["id"] for item in reply.json()["items"]]
        assert ("prev" in links) == (path != f"{PATH}?limit=3")
        path = links.get("next")
        if path is not None:
            path = path.removeprefix(crowd.server.url)
    assert len(walked) == len(set(walked)) == total


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=-1", "limit=1001", "limit=1000000000", "limit=abc", "limit=", "limit=1.5",
        "limit=9223372036854775808", "limit=%31%00", "offset=-1", "offset=9223372036854775808",
        "offset=abc", "limit=5&limit=6", "offset=1&offset=1",
    ],
)  # fmt: skip
def test_bad_pages(admin, query):
    """Q04, Q06."""
    assert admin.get(f"{PATH}?{query}").status in (400, 422)


def test_huge_offset(admin):
    reply = admin.get(f"{PATH}?offset=9223372036854775807")
    assert reply.status in (200, 422)
    if reply.status == 200:
        assert reply.json()["items"] == []


# --- change ---------------------------------------------------------------------------------------


def test_patch(admin, made):
    change = {"name": "New", "age": 7, "metadata": {"x": [1]}, "email": "n@example.org"}
    change |= {"email_verified": True, "username": fresh_name("patched")}
    user = admin.patch(f"{PATH}/{made['id']}", change).expect(200).json()
    assert {key: user[key] for key in change} == change
    assert admin.get(f"{PATH}/{change['username']}").expect(200).json() == user
    admin.get(f"{PATH}/{made['username']}").expect(404)


@pytest.mark.parametrize(
    "change",
    [{"roles": ["nosuch"]}, {"roles": "admin"}, {"status": "x"}, {"status": None},
     {"id": MISSING_ID}, {"username": None}, {"password": "short"}, {"password": None},
     {"email": "bad"}, {"other": 1}],
)  # fmt: skip
def test_patch_invalid(admin, made, change):
    admin.patch(f"{PATH}/{made['id']}", change).expect(422, "invalid")
    assert admin.get(f"{PATH}/{made['id']}").expect(200).json() == made


@pytest.mark.parametrize("by", ["admin", "oneself"])
def test_null_clears_what_can_be_cleared(server, admin, by):
    """As RFC 7396 has it for members: null clears, what is left out stays."""
    client = Client(server).signup(name="Named", age=40, metadata={"a": 1})
    user = client.user
    path = f"{PATH}/{user['id']}" if by == "admin" else f"{PATH}/me"
    who = admin if by == "admin" else client
    for member in ("email", "name", "age"):
        after = who.patch(path, {member: None}).expect(200).json()
        assert after[member] is None
        user[member] = None
        assert {key: after[key] for key in user if not key.endswith("_at")} == {
            key: user[key] for key in user if not key.endswith("_at")
        }
        assert who.patch(path, {member: None}).expect(200).json()[member] is None
    assert who.patch(path, {"metadata": {}}).expect(200).json()["metadata"] == {}


@pytest.mark.parametrize("member", ["username", "password", "metadata", "status", "email_verified"])
def test_null_is_refused_elsewhere(admin, made, member):
    faults = admin.patch(f"{PATH}/{made['id']}", {member: None}).expect(422, "invalid").faults()
    assert [place for place, _ in faults] == [f"body.{member}"]
    admin.post(PATH, new_user() | {member: None}).expect(422, "invalid")
    assert admin.get(f"{PATH}/{made['id']}").expect(200).json() == made


def test_metadata_is_replaced_as_a_whole(admin, made):
    path = f"{PATH}/{made['id']}"
    admin.patch(path, {"metadata": {"a": 1, "b": {"c": 2}}}).expect(200)
    after = admin.patch(path, {"metadata": {"b": {"d": None}}}).expect(200).json()
    assert after["metadata"] == {"b": {"d": None}}


def test_nothing_given_changes_nothing_but_the_version(admin, made):
    path = f"{PATH}/{made['id']}"
    after = admin.patch(path, {}).expect(200).json()
    assert {**after, "updated_at": None} == {**made, "updated_at": None}


def test_disable_and_enable(server, admin):
    """E07, R06: disabled is out by every path; enabling again revives no session."""
    client = Client(server).signup()
    path = f"{PATH}/{client.user['id']}"
    assert admin.patch(path, {"status": "disabled"}).expect(200).json()["status"] == "disabled"
    name = client.user["username"]
    for check in range(2):
        client.me().expect(401, "invalid_token")
        client.try_refresh().expect(401, "invalid_grant")
        change = {"current_password": PASSWORD, "new_password": "some Other pass 71"}
        client.post("/v1/auth/password", change).expect(401)
        if check == 0:
            client.try_login(name).expect(401, "invalid_credentials")
            admin.patch(path, {"status": "active"}).expect(200)
    client.login(name)


def test_nobody_manages_oneself(admin):
    """users.h: one's own password, status and roles are not for oneself."""
    path = f"{PATH}/{admin.user['id']}"
    for change in ({"status": "disabled"}, {"roles": ["user"]}):
        assert admin.patch(path, change).status in (403, 409, 422)
    assert admin.me().expect(200).json()["roles"] == ["admin"]


# --- delete ---------------------------------------------------------------------------------------


def test_delete(server, admin):
    """T18: gone from every answer, the name free again; the new holder is somebody else."""
    client = Client(server).signup(email=f"{fresh_name('mail')}@example.com")
    user = client.user
    admin.delete(f"{PATH}/{user['id']}").expect(204)
    for key in (user["id"], user["number"], user["username"]):
        admin.get(f"{PATH}/{key}").expect(404)
        admin.delete(f"{PATH}/{key}").expect(404)
        admin.patch(f"{PATH}/{key}", {"name": "x"}).expect(404)
    listed = admin.get(f"{PATH}?limit=1000").expect(200).json()["items"]
    assert user["id"] not in {item["id"] for item in listed}
    client.me().expect(401, "invalid_token")
    client.try_refresh().expect(401)
    client.try_login(user["username"]).expect(401)
    again = Client(server).signup(user["username"], email=user["email"])
    assert again.user["id"] != user["id"]
    assert again.user["number"] > user["number"]
    client.me().expect(401, "invalid_token")
    client.try_refresh().expect(401)


# --- the last admin -------------------------------------------------------------------------------


def make_admin(by, client):
    """A new admin, made by one and logged in with the other."""
    body = new_user(roles=["admin"])
    by.post(PATH, body).expect(201)
    return client.login(body["username"])


def test_last_admin_stays(start, login_as_admin):
    """A06: neither deleted, disabled nor demoted, by anyone."""
    server = start(admin=True)
    admin = login_as_admin(server)
    own = f"{PATH}/{admin.user['id']}"
    admin.delete(own).expect(409, "last_admin")
    assert admin.patch(own, {"status": "disabled"}).status in (403, 409)
    second = make_admin(admin, Client(server))
    second.patch(own, {"status": "disabled"}).expect(200)
    second.delete(f"{PATH}/{second.user['id']}").expect(409, "last_admin")
    second.delete(own).expect(204)
    for command in ("delete", "disable"):
        cli_user(server, command, second.user["username"], status=1)
    cli_user(server, "set-roles", second.user["username"], "--role", "user", status=1)
    second.get(PATH).expect(200)


def test_nobody_gives_or_touches_more_than_they_have(server, admin, person):
    """A05: without the permission nothing, whatever the body says."""
    person.post(PATH, new_user(roles=["admin"])).expect(403)
    for change in ({"password": PASSWORD}, {"email": "x@example.com"}, {"status": "disabled"}):
        person.patch(f"{PATH}/{admin.user['id']}", change).expect(403)
    person.delete(f"{PATH}/{admin.user['id']}").expect(403)


@pytest.mark.concurrency
@pytest.mark.parametrize("way", ["delete", "disable", "demote"])
def test_two_admins_end_each_other(start, login_as_admin, way):
    """A06: on two processes at once, again and again: never zero admins."""
    server = start(admin=True)
    nodes = (server, start.second(server))
    for node in nodes:
        node.unavailable_expected = True
    keeper = login_as_admin(server)
    path = f"{PATH}/{keeper.user['id']}"
    for _ in range(DUELS):
        pair = [make_admin(keeper, Client(node)) for node in nodes]
        # The keeper steps back for the duel: two admins are left.
        pair[0].patch(path, {"status": "disabled"}).expect(200)
        done = together(2, lambda i, pair=pair: _end(pair[i], pair[1 - i].user, way))
        assert not all(done), "both ended the other"
        left = _admins(server, pair)
        assert left, "no admin is left"
        left[0].patch(path, {"status": "active"}).expect(200)
        keeper.login(ADMIN, ADMIN_PASSWORD)
        for client in pair:
            keeper.delete(f"{PATH}/{client.user['id']}")


def _end(client, user, way):
    """True when it worked."""
    if way == "demote":
        done = cli_user(client.server, "set-roles", user["id"], "--role", "user", status=None)
        return done.returncode == 0
    path = f"{PATH}/{user['id']}"
    if way == "delete":
        return client.delete(path).status == 204
    return client.patch(path, {"status": "disabled"}).status == 200


def _admins(server, pair):
    """Those of the pair who still are admins, in new sessions at the first process."""
    clients = []
    for client in pair:
        other = Client(server)
        reply = other.try_login(client.user["username"])
        if reply.status == 200 and "admin" in reply.json()["user"]["roles"]:
            clients.append(other.take(reply.json()))
    return clients
