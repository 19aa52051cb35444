"""pymongo-async: its document from top to bottom, then lists, rights and refusals."""

import json
import uuid

import pytest

import tokens
from client import PASSWORD, Client, fresh_name
from dialects import expect_invalid, expect_unauthorized, mounted_fixture
from fixtures import ADMIN, ADMIN_PASSWORD
from process import PATIENCE, run_cli

NAME = "pymongo-async"
ENVELOPE = {"message", "response_status", "response_data"}
USER = {"id", "username", "userage", "role"}
CREATE = "/users/create"

mounted = mounted_fixture(NAME)


# --- what an answer looks like --------------------------------------------------------------------


def data_of(reply, status=200, message=None):
    """What a good answer's envelope holds."""
    body = reply.expect(status).json()
    assert set(body) == ENVELOPE, body
    assert body["response_status"] is True
    assert message is None or body["message"] == message, body
    return body["response_data"]


def user_of(reply, status=200, message=None):
    user = data_of(reply, status, message)
    assert set(user) == USER, user
    return user


def users_of(reply):
    users = data_of(reply, message="Users fetched successfully")
    for user in users:
        assert set(user) == USER, user
    return users


def expect_empty(reply, status):
    """A refusal: the envelope without data, and FastAPI's detail."""
    body = reply.expect(status).json()
    assert set(body) == ENVELOPE | {"detail"}, body
    assert (body["response_status"], body["response_data"]) == (False, None)
    assert isinstance(body["message"], str) and body["message"]
    assert status == 422 or body["message"] == body["detail"]
    return reply


def expect_wrong(reply, where, kind=None):
    return expect_empty(expect_invalid(reply, where, kind), 422)


def log_in(place, username, password):
    reply = place.client().post("/login", form={"username": username, "password": password})
    grant = reply.expect(200).json()
    assert set(grant) == {"access_token", "token_type"}, grant  # not in the envelope
    assert grant["token_type"] == "bearer"
    return place.client(grant["access_token"])


def create(admin, **more):
    body = {"username": fresh_name(), "password": PASSWORD, "userage": 25, "role": "user", **more}
    return user_of(admin.post(CREATE, body), 201, "User created successfully")


# --- the document ---------------------------------------------------------------------------------


def test_the_document(mounted):
    """Every request that the document shows, in its order."""
    # 66: "Admin-only via /users/create"; the first admin is made by `latchkey user create`.
    admin = log_in(mounted, ADMIN, ADMIN_PASSWORD)
    # 83 to 94
    body = {"username": "alice", "password": "securepassword", "userage": 25, "role": "user"}
    alice = user_of(admin.post(CREATE, body), 201, "User created successfully")
    assert alice == {"id": alice["id"], "username": "alice", "userage": 25, "role": "user"}
    uuid.UUID(alice["id"])  # 23: ids are texts
    # 101 to 116, and 68 to 74: Authorization: Bearer <access_token>
    client = log_in(mounted, "alice", "securepassword")
    # 123 to 135
    found = users_of(admin.get("/users/"))
    assert [user["username"] for user in found] == ["alice", ADMIN]
    query = "?username=LIC&min_age=20&max_age=30&skip=0&limit=10&sort_by=username&sort_order=asc"
    assert users_of(admin.get(f"/users/{query}")) == [alice]
    # 139 to 143 and 177 to 182: admin or self
    path = f"/users/{alice['id']}"
    for reader in (admin, client):
        assert user_of(reader.get(path), message="User fetched successfully") == alice
    # 147 to 160: by oneself
    body = {"username": "newname", "password": "newpassword", "userage": 30}
    changed = user_of(client.put(path, body), message="User updated successfully")
    assert changed == {**alice, "username": "newname", "userage": 30}
    log_in(mounted, "newname", "newpassword").close()
    expect_empty(
        mounted.client().post("/login", form={"username": "alice", "password": "securepassword"}),
        401,
    )
    # 15, 192: others may not
    other = mounted.person()
    for method, send in (("GET", {}), ("PUT", {"json": {"userage": 1}})):
        expect_empty(other.request(method, path, **send), 403)
    # 165 to 168: admin only
    expect_empty(client.delete(path), 403)
    assert data_of(admin.delete(path), message="User deleted successfully") is None
    expect_empty(admin.get(path), 404)
    expect_empty(expect_unauthorized(client.get(path)), 401)


def test_tokens_live_thirty_minutes(mounted):
    """190."""
    claims = tokens.claims(log_in(mounted, ADMIN, ADMIN_PASSWORD).token)
    assert claims["exp"] - claims["iat"] == 30 * 60


def test_token_lifetime_is_configurable(start):
    """190: by the name that such templates have for it, from a .env file."""
    folder = start.folder()
    (folder / ".env").write_text("ACCESS_TOKEN_EXPIRE_MINUTES=45\n")
    server = start(folder=folder, admin=True, dialects=[NAME])
    form = {"username": ADMIN, "password": ADMIN_PASSWORD}
    token = Client(server).post("/login", form=form).expect(200).json()["access_token"]
    claims = tokens.claims(token)
    assert claims["exp"] - claims["iat"] == 45 * 60


def test_no_answer_tells_of_passwords(mounted):
    """189."""
    admin = mounted.admin()
    user = create(admin)
    for reply in (admin.get("/users/"), admin.get(f"/users/{user['id']}")):
        assert b"password" not in reply.body and b"$" not in reply.body


def multipart(members):
    boundary = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
    lines = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in members.items()
    ]
    return {
        "body": ("".join(lines) + f"--{boundary}--\r\n").encode(),
        "headers": {"Content-Type": f"multipart/form-data; boundary={boundary}"},
    }


def test_login_in_every_form(mounted):
    """105: form data means both kinds of form; JSON too."""
    members = {"username": ADMIN.upper(), "password": ADMIN_PASSWORD}
    for sent in ({"form": members}, multipart(members), {"json": members}):
        assert set(mounted.client().post("/login", **sent).expect(200).json()) == {
            "access_token",
            "token_type",
        }
    wrong = {**members, "password": "not the password"}
    for sent in ({"form": wrong}, multipart(wrong), {"json": wrong}):
        expect_empty(expect_unauthorized(mounted.client().post("/login", **sent)), 401)
    for name in members:
        rest = {key: value for key, value in members.items() if key != name}
        for sent in ({"form": rest}, multipart(rest), {"json": rest}):
            expect_wrong(mounted.client().post("/login", **sent), f"body.{name}", "missing")


def test_login_lock(start):
    """E04: after too many failures the right password waits too; the answer is in the envelope."""
    server = start(options={"LOGIN_LOCK_AFTER": 2}, admin=True, dialects=[NAME])
    client = Client(server)
    for _ in range(2):
        expect_empty(client.post("/login", form={"username": ADMIN, "password": "wrong"}), 401)
    expect_empty(client.post("/login", form={"username": ADMIN, "password": ADMIN_PASSWORD}), 429)


# --- lists ----------------------------------------------------------------------------------------

PEOPLE = [
    {"username": "Anna.q", "userage": 30, "role": "user"},
    {"username": "bert-q", "userage": 40, "role": "manager-q"},
    {"username": "carl_q", "userage": 40, "role": "user"},
    {"username": "dora.q", "role": "auditor-q"},
    {"username": "emil-q-x", "userage": 0, "role": "admin"},
]


@pytest.fixture(scope="module")
def people(mounted):
    """An admin's client, where PEOPLE are, and somebody without any role."""
    admin = mounted.admin()
    native = mounted.native(admin.token)
    for role in ("manager-q", "auditor-q"):
        native.post("/v1/roles", {"name": role, "permissions": []}).expect(201)
    for person in PEOPLE:
        user_of(admin.post(CREATE, {**person, "password": PASSWORD}), 201)
    nobody = create(admin, username="fred.q", userage=None)
    native.put(f"/v1/users/{nobody['id']}/roles", {"roles": []}).expect(200)
    yield admin
    admin.close()


def found(client, query):
    """Short names of those of PEOPLE that a list has, in its order."""
    names = [user["username"] for user in users_of(client.get(f"/users/?limit=1000&{query}"))]
    return [name[:4].lower() for name in names if name.lower()[4:] in (".q", "-q", "_q", "-q-x")]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["anna", "bert", "carl", "dora", "emil", "fred"]),
        ("username=", ["anna", "bert", "carl", "dora", "emil", "fred"]),
        ("username=q", ["anna", "bert", "carl", "dora", "emil", "fred"]),
        ("username=-Q", ["bert", "emil"]),
        ("username=.q", ["anna", "dora", "fred"]),
        ("username=ANNA.Q", ["anna"]),
        ("username=l-q", ["emil"]),
        ("username=l_q", ["carl"]),
        ("username=l%25q", []),
        ("username=%5E", []),
        ("username=.*q", []),
        ("username=%C3%A9", []),
        ("username=" + "a" * 200, []),
        ("min_age=30", ["anna", "bert", "carl"]),
        ("max_age=30", ["anna", "emil"]),
        ("min_age=40&max_age=40", ["bert", "carl"]),
        ("min_age=41&max_age=40", []),
        ("min_age=-5", ["anna", "bert", "carl", "emil"]),
        ("max_age=-1", []),
        ("min_age=151", []),
        ("min_age=9223372036854775807", []),
        ("max_age=9223372036854775807", ["anna", "bert", "carl", "emil"]),
        ("username=.q&min_age=1", ["anna"]),
        ("sort_by=username", ["anna", "bert", "carl", "dora", "emil", "fred"]),
        ("sort_order=desc", ["fred", "emil", "dora", "carl", "bert", "anna"]),
        ("sort_by=id", ["anna", "bert", "carl", "dora", "emil", "fred"]),
        ("sort_by=id&sort_order=desc", ["fred", "emil", "dora", "carl", "bert", "anna"]),
        ("username=q&min_age=1&sort_by=userage", ["anna", "bert", "carl"]),
        ("username=q&sort_by=role", ["emil", "dora", "bert", "anna", "carl", "fred"]),
        ("username=q&sort_by=role&sort_order=desc", ["fred", "carl", "anna", "bert", "dora", "emil"]),
        ("no_such=1&sort=-username", ["anna", "bert", "carl", "dora", "emil", "fred"]),
    ],
)  # fmt: skip
def test_filters_and_order(people, query, expected):
    """129 to 135: a literal part of the name in any case (Q03), both ages included."""
    assert found(people, query) == expected


@pytest.mark.parametrize(
    ("order", "expected"),
    [("asc", [0, 30, 40, 40, None, None]), ("desc", [None, None, 40, 40, 30, 0])],
)
def test_order_by_age(people, order, expected):
    """135: who has no age comes last, with desc first."""
    users = users_of(people.get(f"/users/?username=q&sort_by=userage&sort_order={order}"))
    assert [user["userage"] for user in users] == expected


@pytest.mark.parametrize("order", ["username", "userage", "role", "id"])
@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_pages(people, order, direction):
    """132, 133: pages make up the whole; X-Total-Count is of all that match."""
    query = f"username=q&sort_by={order}&sort_order={direction}"
    whole = users_of(people.get(f"/users/?{query}"))
    pages = []
    for skip in range(0, len(whole) + 2, 2):
        reply = people.get(f"/users/?{query}&skip={skip}&limit=2")
        assert reply.headers["X-Total-Count"] == str(len(whole))
        pages += users_of(reply)
    assert pages == whole
    assert users_of(people.get(f"/users/?{query}&limit=0")) == []
    assert users_of(people.get(f"/users/?{query}&skip={2**63 - 1}")) == []


@pytest.mark.parametrize(
    "query",
    ["skip=-1", "limit=-1", "limit=1001", "skip=x", "limit=", "min_age=x", "max_age=1.5"]
    + [f"sort_by={name}" for name in ("password", "hashed_password", "_id", "age", "email", "")]
    + [f"sort_order={name}" for name in ("up", "DESC", "1", "-1", "")]
    + ["username=" + "a" * 201],
)
def test_list_refusals(people, query):
    """Q01, Q04, Q05."""
    expect_wrong(people.get(f"/users/?{query}"), f"query.{query.partition('=')[0]}")


@pytest.fixture(scope="module")
def crowd(start_module):
    """An admin's client where there are 10,000 others."""
    server = start_module(admin=True, dialects=[NAME])
    path = server.folder / "many.ndjson"
    path.write_text("".join(json.dumps({"username": f"many-{n:05}"}) + "\n" for n in range(10_000)))
    flags = ("--database", server.database)
    run_cli("import", str(path), *flags, folder=server.folder, timeout_s=60 * PATIENCE)
    admin = Client(server)
    form = {"username": ADMIN, "password": ADMIN_PASSWORD}
    admin.token = admin.post("/login", form=form).expect(200).json()["access_token"]
    yield admin
    admin.close()


def test_a_hundred_by_default(crowd):
    """133: 100 unless told, 1000 at most."""
    assert len(users_of(crowd.get("/users/"))) == 100
    assert len(users_of(crowd.get("/users/?limit=1000"))) == 1000
    far = crowd.get("/users/?skip=10000")
    assert far.headers["X-Total-Count"] == "10001"
    assert [user["username"] for user in users_of(far)] == [ADMIN]


@pytest.mark.parametrize("name", ["role", "id"])
def test_more_than_can_be_sorted(crowd, name):
    """134: what has no index is sorted up to 10,000; beyond, 422 says what to do."""
    reply = expect_wrong(crowd.get(f"/users/?sort_by={name}"), "query.sort_by", "enum")
    assert "10,000" in reply.json()["detail"][0]["msg"]
    query = f"/users/?sort_by={name}&username=MANY-&limit=1000"
    pages = [users_of(crowd.get(f"{query}&skip={skip}")) for skip in range(0, 10_000, 1000)]
    ids = [user["id"] for page in pages for user in page]
    assert len(set(ids)) == 10_000
    assert ids == sorted(ids)  # all have the same role
    last = users_of(crowd.get(f"{query}&sort_order=desc"))
    assert [user["id"] for user in last] == ids[:-1001:-1]


# --- creating and changing ------------------------------------------------------------------------


def test_create_by_defaults(mounted):
    """DIALECTS: the role `user`; an age need not be told."""
    admin = mounted.admin()
    body = {"username": fresh_name(), "password": PASSWORD}
    made = user_of(admin.post(CREATE, body), 201)
    assert (made["userage"], made["role"]) == (None, "user")
    null = {"username": fresh_name(), "password": PASSWORD, "userage": None, "role": None}
    made = user_of(admin.post(CREATE, null), 201)
    assert (made["userage"], made["role"]) == (None, "user")


def test_create_an_admin(mounted):
    """92: the role as given; that one is an admin at once."""
    made = create(mounted.admin(), role="admin")
    second = log_in(mounted, made["username"], PASSWORD)
    users_of(second.get("/users/?limit=1"))
    create(second)


@pytest.mark.parametrize(
    ("changed", "where", "kind"),
    [
        ({"userage": -1}, "userage", "greater_than_equal"),
        ({"userage": 151}, "userage", "less_than_equal"),
        ({"userage": 2**63}, None, "json_invalid"),
        ({"userage": "old"}, "userage", "int_parsing"),
        ({"username": "ab"}, "username", "string_too_short"),
        ({"username": "a b c"}, "username", None),
        ({"username": "x" * 65}, "username", "string_too_long"),
        ({"password": "short"}, "password", "string_too_short"),
        ({"password": "x" * 1025}, "password", "string_too_long"),
        ({"role": "no-such-role"}, "role", None),
        ({"role": ""}, "role", None),
    ],
)
def test_invalid_members(mounted, changed, where, kind):
    """In a create and in an update alike."""
    admin = mounted.admin()
    user = create(admin)
    good = {"username": fresh_name(), "password": PASSWORD}
    where = f"body.{where}" if where else "body"
    expect_wrong(admin.post(CREATE, {**good, **changed}), where, kind)
    expect_wrong(admin.put(f"/users/{user['id']}", changed), where, kind)
    assert user_of(admin.get(f"/users/{user['id']}")) == user


def test_numbers_may_come_as_texts(mounted):
    """As pydantic reads them."""
    assert create(mounted.admin(), userage="25")["userage"] == 25


def test_taken_names(mounted):
    """409, in whatever case, for a create and for a change."""
    admin = mounted.admin()
    one, other = create(admin), create(admin)
    taken = {"username": one["username"].upper(), "password": PASSWORD}
    expect_empty(admin.post(CREATE, taken), 409)
    expect_empty(admin.put(f"/users/{other['id']}", {"username": one["username"]}), 409)
    client = log_in(mounted, other["username"], PASSWORD)
    expect_empty(client.put(f"/users/{other['id']}", {"username": one["username"]}), 409)


def test_update_is_of_what_is_given(mounted):
    """153: any field; null counts as left out."""
    admin = mounted.admin()
    user = create(admin, userage=33)
    path = f"/users/{user['id']}"
    assert user_of(admin.put(path, {})) == user
    assert user_of(admin.put(path, {"userage": None, "role": None, "username": None})) == user
    assert user_of(admin.put(path, {"userage": 34})) == {**user, "userage": 34}
    log_in(mounted, user["username"], PASSWORD)


def test_roles_are_for_admins(mounted):
    """192 and DIALECTS: `role` in an update is for admins, and replaces all roles."""
    admin = mounted.admin()
    user = create(admin)
    path = f"/users/{user['id']}"
    client = log_in(mounted, user["username"], PASSWORD)
    for role in ("admin", "user"):
        expect_empty(client.put(path, {"role": role, "userage": 99}), 403)
    delegate = mounted.holder("users:*")
    native = mounted.native(admin.token)
    role = fresh_name("limited")
    native.post("/v1/roles", {"name": role, "permissions": ["users:read", "users:update"]})
    limited = mounted.person("limited")
    native.put(f"/v1/users/{limited.user['id']}/roles", {"roles": ["user", role]}).expect(200)
    expect_empty(limited.put(path, {"role": "user"}), 403)
    assert user_of(limited.put(path, {"userage": 50}))["userage"] == 50
    # A05: nobody gives what they do not hold.
    expect_empty(delegate.put(path, {"role": "admin"}), 403)
    expect_empty(delegate.post(CREATE, {**_newcomer(), "role": "admin"}), 403)
    assert user_of(admin.put(path, {"role": "admin"}))["role"] == "admin"
    record = native.get(f"/v1/users/{user['id']}").expect(200).json()
    assert record["roles"] == ["admin"]
    expect_empty(delegate.put(path, {"userage": 1}), 403)  # who has more rights
    expect_empty(delegate.delete(path), 403)
    assert user_of(admin.put(path, {"role": "user"}))["role"] == "user"


def _newcomer():
    return {"username": fresh_name(), "password": PASSWORD}


def test_own_role_of_an_admin(mounted):
    """The same role sent back changes nothing; another one nobody gives themselves."""
    made = create(mounted.admin(), role="admin")
    second = log_in(mounted, made["username"], PASSWORD)
    path = f"/users/{made['id']}"
    assert user_of(second.put(path, {**made, "userage": 41}))["userage"] == 41
    expect_empty(second.put(path, {"role": "user"}), 403)


def test_own_password(mounted):
    """P11: the other sessions end, the own one stays."""
    user = create(mounted.admin())
    path = f"/users/{user['id']}"
    here, there = (log_in(mounted, user["username"], PASSWORD) for _ in range(2))
    native = mounted.native().login(user["username"])
    user_of(here.put(path, {"password": "violet Harbor 61"}))
    assert user_of(here.get(path)) == user
    expect_unauthorized(there.get(path))
    native.me().expect(401)
    native.try_refresh().expect(401)
    log_in(mounted, user["username"], "violet Harbor 61")


def test_password_set_by_an_admin(mounted):
    """All sessions of the user end."""
    admin = mounted.admin()
    user = create(admin)
    client = log_in(mounted, user["username"], PASSWORD)
    user_of(admin.put(f"/users/{user['id']}", {"password": "violet Harbor 62"}))
    expect_unauthorized(client.get(f"/users/{user['id']}"))
    log_in(mounted, user["username"], "violet Harbor 62")


def test_common_passwords(mounted):
    """P08: in a create and in a change, one's own too."""
    admin = mounted.admin()
    user = create(admin)
    client = log_in(mounted, user["username"], PASSWORD)
    for password in ("password1", user["username"]):
        body = {"username": user["username"], "password": password}
        expect_wrong(admin.post(CREATE, body), "body.password", "value_error")
        for changer in (admin, client):
            reply = changer.put(f"/users/{user['id']}", {"password": password})
            expect_wrong(reply, "body.password", "value_error")


# --- deleting -------------------------------------------------------------------------------------


def test_delete(mounted):
    """Gone at once, for everybody; the name is free again; T18: the old token stays dead."""
    admin = mounted.admin()
    user = create(admin)
    client = log_in(mounted, user["username"], PASSWORD)
    path = f"/users/{user['id']}"
    assert data_of(admin.delete(path)) is None
    expect_empty(admin.delete(path), 404)
    expect_empty(admin.put(path, {"userage": 1}), 404)
    again = create(admin, username=user["username"])
    assert again["id"] != user["id"]
    expect_unauthorized(client.get(f"/users/{again['id']}"))


def test_the_last_admin_stays(mounted):
    """A06."""
    native = mounted.native().login(ADMIN, ADMIN_PASSWORD)
    admin = log_in(mounted, ADMIN, ADMIN_PASSWORD)
    others = native.get("/v1/users?role=admin&limit=1000").expect(200).json()["items"]
    me = native.user["id"]
    for user in others:
        if user["id"] != me:
            user_of(admin.put(f"/users/{user['id']}", {"role": "user"}))
    expect_empty(admin.delete(f"/users/{me}"), 409)


# --- the envelope everywhere ----------------------------------------------------------------------


def test_every_refusal_has_the_envelope(mounted):
    """DIALECTS: errors too, whoever refuses: router, gate, decoder, front."""
    admin = mounted.admin()
    expect_empty(admin.get("/no/such/path"), 404)
    expect_empty(admin.request("PATCH", "/users/"), 405)
    expect_empty(admin.post(CREATE, form={"username": "x"}), 415)
    expect_empty(admin.post(CREATE, body=b"{", headers={"Content-Type": "application/json"}), 422)
    expect_empty(admin.post("/login", form={"username": "x" * 300, "password": "x"}), 422)
    big = json.dumps({"username": "x" * 70_000}).encode()
    expect_empty(
        admin.post(CREATE, body=big, headers={"Content-Type": "application/json"}), 413
    )
    for token in (False, "garbage"):
        expect_empty(expect_unauthorized(admin.get("/users/", token=token)), 401)


def test_a_foreign_record_tells_nothing(mounted):
    """A02: there or not, 403."""
    client = mounted.person()
    for user_id in (mounted.admin().user["id"], str(uuid.uuid4())):
        for method in ("GET", "PUT"):
            body = {"userage": 1} if method == "PUT" else None
            expect_empty(client.request(method, f"/users/{user_id}", json=body), 403)


def test_document_of_errors(mounted):
    """Issue 5.3: FastAPI's schema names, with the envelope's members."""
    schemas = mounted.document.document["components"]["schemas"]
    assert {"HTTPValidationError", "ValidationError", "Token", "User"} <= set(schemas)
    for name in ("HTTPValidationError", "HTTPError"):
        assert set(schemas[name]["required"]) == ENVELOPE | {"detail"}
