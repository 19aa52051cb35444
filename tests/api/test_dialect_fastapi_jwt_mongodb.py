"""The document "FastAPI JWT Authentication System with MongoDB", from top to bottom.

Each step has the line of the document that promises it. What holds for every dialect (bad bodies,
bad tokens, unknown ids, enumeration) is in test_dialect_walk.py, who may what in
test_access_matrix.py.
"""

import re
import uuid

import pytest

import stores
import tokens
from client import PASSWORD, Client, fresh_name
from dialects import (
    expect_invalid,
    expect_refusal,
    expect_unauthorized,
    expired,
    mounted_fixture,
)
from fixtures import ADMIN, ADMIN_PASSWORD
from process import ROOT, make_user, run_cli

mounted = mounted_fixture("fastapi-jwt-mongodb")
MEMBERS = {"id", "username", "email", "role"}
NEW_PASSWORD = "gravel Teapot 19"


@pytest.fixture
def anyone(mounted):
    return mounted.client()


@pytest.fixture
def admin(mounted):
    return mounted.admin()


def credentials(username, password=PASSWORD):
    return {"username": username, "password": password}


def newcomer(stem="new", **more):
    name = fresh_name(stem)
    return {"username": name, "email": f"{name}@example.com", "password": PASSWORD, **more}


def login(client, username, password=PASSWORD):
    """The client with the token of somebody, by the dialect's log-in."""
    grant = client.post("/auth/login", credentials(username, password)).expect(200).json()
    client.token = grant["access_token"]
    return client


# --- "Must-Have Requirements" ---------------------------------------------------------------------


def test_login_generates_a_jwt(mounted, anyone):
    """1. "Login and Logout Endpoints: Supports JWT token generation upon login …" """
    person = mounted.person()
    grant = anyone.post("/auth/login", credentials(person.user["username"])).expect(200)
    assert set(grant.json()) == {"access_token", "token_type"}
    assert grant.json()["token_type"] == "bearer"
    assert grant.headers["Cache-Control"] == "no-store"
    claims = tokens.claims(grant.json()["access_token"])
    assert claims["sub"] == person.user["id"]
    assert claims["roles"] == ["user"]


def test_logout_invalidates_the_token(mounted, anyone):
    """1. "… and token invalidation for logout": at once, and its refresh token too."""
    person = mounted.person()
    assert person.post("/auth/logout").expect(200).json() == {"message": "Successfully logged out"}
    expect_unauthorized(person.get("/users/"), "Could not validate credentials")
    mounted.native(person.token).me().expect(401)
    mounted.native().try_refresh(person.refresh_token).expect(401)
    # A client that did not hear the answer says it again.
    person.post("/auth/logout").expect(200)


def test_logout_ends_one_session(mounted):
    person = mounted.person()
    other = login(mounted.client(), person.user["username"])
    person.post("/auth/logout").expect(200)
    expect_refusal(other.get("/users/"), 403)


def test_crud_is_secured_by_jwt_and_rbac(mounted, anyone):
    """2. "CRUD operations on users, secured by JWT authentication and RBAC …" """
    person = mounted.person()
    path = f"/users/{person.user['id']}"
    for method, where, body in (
        ("GET", "/users/", None),
        ("POST", "/users/", newcomer()),
        ("PUT", path, {"email": "x@example.com"}),
        ("DELETE", path, None),
    ):
        expect_unauthorized(anyone.request(method, where, json=body), "Not authenticated")
        expect_refusal(person.request(method, where, json=body), 403)


def test_first_user_by_command(mounted, anyone):
    """5. "Script for Initial User Creation: … creates initial users with a hashed password" """
    name = fresh_name("first")
    make_user(mounted.server, name, PASSWORD, email=f"{name}@example.com", role="admin")
    assert stores.peek(mounted.server.database).password_hash(name).startswith("$argon2id$")
    client = login(anyone, name)
    assert client.get("/users/").expect(200).json()


def test_requests_are_logged(mounted, anyone):
    """Good-to-Have 1. "Logging Support: … tracking API requests and application events" """
    server = mounted.server
    before = len(server.lines)
    person = mounted.person()
    anyone.post("/auth/login", credentials(person.user["username"])).expect(200)
    anyone.post("/auth/login", credentials(person.user["username"], "wrong one here")).expect(401)
    route = f"{mounted.prefix}/auth/login"
    wanted = {"event": "request", "method": "POST", "route": route, "status": 401}
    server.wait_record(lambda record: wanted.items() <= record.items(), after=before)
    for event in ("login", "login_failed"):
        record = server.wait_event(event, after=before)
        assert record["user_id"] == person.user["id"]


def test_models_are_documented(mounted, anyone):
    """Good-to-Have 2. "Predefined models for User and Token with Pydantic, … Swagger UI" """
    document = mounted.native().get("/openapi/fastapi-jwt-mongodb.json").expect(200).json()
    schemas = document["components"]["schemas"]
    assert set(schemas["User"]["properties"]) == MEMBERS
    assert set(schemas["Token"]["properties"]) == {"access_token", "token_type"}
    flow = document["components"]["securitySchemes"]["OAuth2PasswordBearer"]["flows"]["password"]
    assert flow["tokenUrl"] == mounted.prefix + "/auth/login"
    assert all(path.startswith(mounted.prefix + "/") for path in document["paths"])


# --- "Environment Configuration" ------------------------------------------------------------------

SECRET = "Tq7-vN2xW9rLk4mB8sZ1pD6fH3jC5gYa"


def test_env_names_work_as_they_are(start, tmp_path):
    """3. `.env` with MONGO_URI, JWT_SECRET_KEY, ACCESS_TOKEN_EXPIRE_MINUTES, as it is quoted there.

    The server of this test keeps its data in SQLite: `--database` wins over MONGO_URI."""
    (tmp_path / ".env").write_text(
        'MONGO_URI="mongodb://localhost:27017/app"\n'
        f'JWT_SECRET_KEY="{SECRET}"\n'
        "ACCESS_TOKEN_EXPIRE_MINUTES=45\n"
    )
    shown = run_cli("config", folder=tmp_path).stdout
    assert re.search(r"DATABASE\s+mongodb://localhost:27017/app\s+# .*MONGO_URI", shown)
    server = start(folder=tmp_path, dialects=["fastapi-jwt-mongodb"])
    server.secrets.add(SECRET)
    person = Client(server).signup()
    token = login(Client(server), person.user["username"]).token
    claims = tokens.claims(token)
    assert claims["exp"] - claims["iat"] == 45 * 60
    # What shares the secret reads the token itself, as PyJWT and python-jose do.
    import jwt

    assert jwt.decode(token, SECRET, algorithms=["HS256"])["sub"] == person.user["id"]


def test_the_examples_secret_is_refused(tmp_path):
    """`JWT_SECRET_KEY="your_jwt_secret_key_here"`: refused, with a line that says how to make one."""
    (tmp_path / ".env").write_text('JWT_SECRET_KEY="your_jwt_secret_key_here"\n')
    line = run_cli("serve", "--listen", "127.0.0.1:0", folder=tmp_path, status=2).stderr
    assert "openssl rand -base64 48" in line
    # The guide shows this very line.
    assert line in (ROOT / "docs/from/fastapi-jwt-mongodb.md").read_text(encoding="utf-8")


# --- "Running the Application" --------------------------------------------------------------------


def test_start_line(start):
    """`uvicorn app.main:app --reload`: one command, and a line that says where it runs."""
    server = start(dialects=["fastapi-jwt-mongodb"])
    message = server.wait_event("started")["message"]
    assert message == f"Latchkey running on http://{server.address} (Press CTRL+C to quit)"


# --- "Script for Initial User Creation" -----------------------------------------------------------


def test_script_takes_username_email_password_and_role(mounted, admin):
    """ "… with the desired username, email, password, and role." """
    for role in ("user", "admin"):
        name = fresh_name("scripted")
        make_user(mounted.server, name, PASSWORD, email=f"{name}@example.com", role=role)
        (found,) = [u for u in admin.get("/users/").expect(200).json() if u["username"] == name]
        assert (found["email"], found["role"]) == (f"{name}@example.com", role)


# --- "Authentication Routes (`/auth`)" ------------------------------------------------------------


@pytest.mark.parametrize("how", ["json", "form"])
def test_login(mounted, anyone, how):
    """ "POST /auth/login: Authenticate user credentials, return a JWT token." """
    person = mounted.person()
    body = credentials(person.user["username"])
    grant = anyone.request("POST", "/auth/login", **{how: body}).expect(200).json()
    login(mounted.client(), person.user["email"])
    login(mounted.client(), person.user["username"].upper())
    mounted.native(grant["access_token"]).me().expect(200)


def test_login_by_the_oauth2_form(mounted, anyone):
    """As FastAPI's OAuth2PasswordRequestForm and Swagger UI's Authorize send it."""
    form = credentials(mounted.person().user["username"])
    form |= {"grant_type": "password", "scope": "", "client_id": "", "client_secret": ""}
    anyone.post("/auth/login", form=form, headers={"Authorization": "Basic Og=="}).expect(200)
    expect_invalid(
        anyone.post("/auth/login", form=form | {"grant_type": "implicit"}), "body.grant_type"
    )


def test_login_by_form_data(mounted, anyone):
    """As a browser's FormData goes out."""
    name = mounted.person().user["username"]
    body = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in credentials(name).items()
    )
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    anyone.post("/auth/login", body=f"{body}--x--\r\n".encode(), headers=headers).expect(200)
    expect_refusal(anyone.post("/auth/login", body=body.encode(), headers=headers), 400)


def test_login_refused(mounted, anyone):
    name = mounted.person().user["username"]
    for body in (credentials(name, "wrong"), credentials("nobody-there"), credentials("not/a name")):
        reply = anyone.post("/auth/login", body)
        expect_unauthorized(reply, "Incorrect username or password")


def test_logout(mounted, anyone):
    """ "POST /auth/logout: Invalidate the JWT token …" """
    expect_unauthorized(anyone.post("/auth/logout"), "Not authenticated")
    person = mounted.person()
    expect_unauthorized(anyone.post("/auth/logout", token=expired(mounted.server, person.token)))
    # A body nobody asked for does not matter.
    person.post("/auth/logout", {"token": person.token}).expect(200)


def test_register(mounted, anyone):
    """ "auth.py  # Routes for login, logout, and user registration" """
    body = newcomer()
    made = anyone.post("/auth/register", body).expect(201).json()
    assert set(made) == MEMBERS
    assert uuid.UUID(made["id"])
    assert (made["username"], made["email"]) == (body["username"], body["email"])
    assert made["role"] == "user"
    login(anyone, body["username"])


def test_register_makes_no_admin(mounted, anyone):
    """A03: whatever a stranger sends along."""
    body = newcomer(role="admin", roles=["admin"], is_admin=True, id=str(uuid.uuid4()))
    made = anyone.post("/auth/register", body).expect(201).json()
    assert made["role"] == "user" and made["id"] != body["id"]
    assert mounted.native().login(body["username"]).user["roles"] == ["user"]


@pytest.mark.parametrize("spelling", [str, str.upper, str.title])
def test_register_duplicates(mounted, anyone, spelling):
    body = newcomer()
    anyone.post("/auth/register", body).expect(201)
    again = newcomer() | {"username": spelling(body["username"])}
    expect_refusal(anyone.post("/auth/register", again), 409, "Username already registered")
    again = newcomer() | {"email": spelling(body["email"])}
    expect_refusal(anyone.post("/auth/register", again), 409, "Email already registered")


@pytest.mark.parametrize(
    "changed, where",
    [
        ({"username": "x"}, "username"),
        ({"username": "has space"}, "username"),
        ({"username": "1digit"}, "username"),
        ({"username": "a" * 65}, "username"),
        ({"username": str(uuid.uuid4())}, "username"),
        ({"username": "\u0430dmin"}, "username"),
        ({"email": "no-at-sign"}, "email"),
        ({"email": "a@b@c"}, "email"),
        ({"email": ""}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "password123"}, "password"),
        ({"password": ""}, "password"),
        ({"password": "x" * 1025}, "password"),
    ],
)
def test_register_by_the_rules(anyone, changed, where):
    """P01, P08, J08: the same rules as everywhere; FastAPI's form tells which was broken."""
    expect_invalid(anyone.post("/auth/register", newcomer() | changed), f"body.{where}")


def test_register_when_closed(start):
    server = start(options={"SIGNUP": "closed"}, dialects=["fastapi-jwt-mongodb"])
    expect_refusal(Client(server).post("/auth/register", newcomer()), 403, "Sign-up is closed")


# --- "User CRUD Routes (`/users`)" ----------------------------------------------------------------


def test_list(mounted, admin):
    """ "GET /users/: Retrieve all users (admin-only)." """
    person = mounted.person()
    reply = admin.get("/users/").expect(200)
    users = {user["id"]: user for user in reply.json()}
    assert all(set(user) == MEMBERS for user in users.values())
    assert users[person.user["id"]] == {
        "id": person.user["id"],
        "username": person.user["username"],
        "email": person.user["email"],
        "role": "user",
    }
    assert "admin" in {user["role"] for user in users.values()}
    assert int(reply.headers["X-Total-Count"]) == len(users)
    assert admin.get("/users").expect(200).json() == reply.json()


def test_list_walks_on(mounted, admin):
    """DIALECTS: up to 10,000 rows; `skip` and `limit` walk on, X-Total-Count tells how many."""
    for _ in range(3):
        mounted.person()
    everybody = admin.get("/users/").expect(200).json()
    walked = []
    while len(walked) < len(everybody):
        page = admin.get(f"/users/?skip={len(walked)}&limit=2").expect(200)
        assert int(page.headers["X-Total-Count"]) == len(everybody)
        walked += page.json()
    assert walked == everybody
    assert admin.get(f"/users/?skip={len(everybody)}").expect(200).json() == []
    assert admin.get(f"/users/?skip={2**63 - 1}&limit=10000").expect(200).json() == []
    for query in ("limit=0", "limit=-1", "limit=10001", "skip=-1", "skip=x", "limit="):
        expect_invalid(admin.get(f"/users/?{query}"), "query." + query.split("=")[0])


def test_list_has_no_deleted_ones(mounted, admin):
    person = mounted.person()
    admin.delete(f"/users/{person.user['id']}").expect(200)
    assert person.user["id"] not in {user["id"] for user in admin.get("/users/").json()}


def test_people_without_an_address(mounted, admin):
    """Somebody made by other means has none: null, as the schema says."""
    name = fresh_name("bare")
    make_user(mounted.server, name, PASSWORD)
    (found,) = [user for user in admin.get("/users/").json() if user["username"] == name]
    assert found["email"] is None


def test_create(mounted, admin):
    """ "POST /users/: Create a new user (admin-only)." """
    body = newcomer()
    made = admin.post("/users/", body).expect(201).json()
    assert set(made) == MEMBERS and made["role"] == "user"
    chief = admin.post("/users/", newcomer(role="admin")).expect(201).json()
    assert chief["role"] == "admin"
    login(mounted.client(), chief["username"]).get("/users/").expect(200)
    nothing = admin.post("/users/", newcomer(role=None)).expect(201).json()
    assert nothing["role"] == "user"


def test_create_refused(mounted, admin):
    expect_invalid(admin.post("/users/", newcomer(role="no-such-role")), "body.role")
    expect_invalid(admin.post("/users/", newcomer(role="")), "body.role")
    expect_invalid(admin.post("/users/", newcomer(role="a" * 500)), "body.role", "string_too_long")
    taken = mounted.person().user
    expect_refusal(admin.post("/users/", newcomer() | {"username": taken["username"]}), 409)
    expect_refusal(admin.post("/users/", newcomer() | {"email": taken["email"]}), 409)


def test_custom_roles(mounted, admin):
    """RBAC: roles that mix any permissions are names here as well."""
    native = mounted.native(admin.token)
    role = fresh_name("auditor")
    native.post("/v1/roles", {"name": role, "permissions": ["users:read"]}).expect(201)
    made = admin.post("/users/", newcomer(role=role)).expect(201).json()
    assert made["role"] == role
    client = login(mounted.client(), made["username"])
    client.get("/users/").expect(200)
    expect_refusal(client.post("/users/", newcomer()), 403)


def test_nobody_gives_what_they_do_not_hold(mounted):
    """A05."""
    delegate = mounted.holder("users:read", "users:create", "users:update", "users:delete")
    expect_refusal(delegate.post("/users/", newcomer(role="admin")), 403)
    made = delegate.post("/users/", newcomer()).expect(201).json()
    path = f"/users/{made['id']}"
    expect_refusal(delegate.put(path, {"role": "admin"}), 403)
    assert delegate.put(path, {"email": f"{fresh_name()}@example.com"}).expect(200)
    boss = next(u for u in mounted.admin().get("/users/").json() if u["username"] == ADMIN)
    expect_refusal(delegate.put(f"/users/{boss['id']}", {"email": "mine@example.com"}), 403)
    expect_refusal(delegate.delete(f"/users/{boss['id']}"), 403)


def test_update(mounted, admin):
    """ "PUT /users/{id}: Update user information (admin-only)." """
    person = mounted.person()
    path = f"/users/{person.user['id']}"
    name = fresh_name("renamed")
    changed = admin.put(path, {"username": name}).expect(200).json()
    assert changed == {**_shown(person.user), "username": name}
    changed = admin.put(path, {"email": f"{name}@example.org"}).expect(200).json()
    assert changed["email"] == f"{name}@example.org"
    assert admin.put(path, {}).expect(200).json() == changed
    assert admin.put(path, dict.fromkeys(MEMBERS | {"password"})).expect(200).json() == changed
    # The whole record, as clients send it back.
    assert admin.put(path, changed).expect(200).json() == changed
    login(mounted.client(), name)


def _shown(user):
    """A native record as the template shows it."""
    return {name: user[name] for name in ("id", "username", "email")} | {"role": user["roles"][0]}


def test_update_of_a_password(mounted, admin):
    """It is hashed, the old one is dead, and so is every session (P11)."""
    person = mounted.person()
    admin.put(f"/users/{person.user['id']}", {"password": NEW_PASSWORD}).expect(200)
    expect_unauthorized(person.get("/users/"))
    mounted.native().try_refresh(person.refresh_token).expect(401)
    anyone = mounted.client()
    expect_unauthorized(anyone.post("/auth/login", credentials(person.user["username"])))
    login(anyone, person.user["username"], NEW_PASSWORD)
    expect_invalid(
        admin.put(f"/users/{person.user['id']}", {"password": "short"}), "body.password"
    )


def test_update_of_a_role(mounted, admin):
    """A role replaces all roles, and acts at once (T20)."""
    person = mounted.person()
    path = f"/users/{person.user['id']}"
    expect_refusal(person.get("/users/"), 403)
    assert admin.put(path, {"role": "admin"}).expect(200).json()["role"] == "admin"
    person.get("/users/").expect(200)
    assert admin.put(path, {"role": "user"}).expect(200).json()["role"] == "user"
    expect_refusal(person.get("/users/"), 403)
    expect_invalid(admin.put(path, {"role": "no-such-role"}), "body.role")
    assert mounted.native(admin.token).get(f"/v1{path}").json()["roles"] == ["user"]


def test_update_refused(mounted, admin):
    person, other = mounted.person(), mounted.person()
    path = f"/users/{person.user['id']}"
    expect_refusal(
        admin.put(path, {"username": other.user["username"].upper()}),
        409,
        "Username already registered",
    )
    expect_refusal(
        admin.put(path, {"email": other.user["email"]}), 409, "Email already registered"
    )
    # One's own in another spelling is nobody else's.
    admin.put(path, {"username": person.user["username"].upper()}).expect(200)


def test_ids_are_exact(mounted, admin):
    """A11: no other spelling of an id, no other name of the same person."""
    user = mounted.person().user
    bare = user["id"].replace("-", "")
    for key in (bare, f"%7B{user['id']}%7D", user["username"], str(user["number"]), user["email"]):
        expect_refusal(admin.put(f"/users/{key}", {}), 404)
        expect_refusal(admin.delete(f"/users/{key}"), 404)


def test_admins_own_record(mounted):
    """One changes one's own name, address and password, never one's own role."""
    name = fresh_name("chief")
    make_user(mounted.server, name, PASSWORD, email=f"{name}@example.com", role="admin")
    here, there = login(mounted.client(), name), login(mounted.client(), name)
    me = next(user for user in here.get("/users/").json() if user["username"] == name)
    path = f"/users/{me['id']}"
    assert here.put(path, me).expect(200).json() == me
    expect_refusal(here.put(path, {"role": "user"}), 403)
    here.put(path, {"password": NEW_PASSWORD}).expect(200)
    here.get("/users/").expect(200)
    expect_unauthorized(there.get("/users/"))
    login(mounted.client(), name, NEW_PASSWORD)


def test_delete(mounted, admin):
    """ "DELETE /users/{id}: Delete a user (admin-only)." """
    person = mounted.person()
    path = f"/users/{person.user['id']}"
    assert admin.delete(path).expect(200).json() == {"message": "User deleted successfully"}
    expect_refusal(admin.delete(path), 404)
    expect_refusal(admin.put(path, {"email": "x@example.com"}), 404)
    # T18: sessions and tokens end; the name is free, and who takes it is somebody else.
    expect_unauthorized(person.post("/auth/logout"))
    expect_unauthorized(mounted.client().post("/auth/login", credentials(person.user["username"])))
    body = newcomer() | {"username": person.user["username"], "email": person.user["email"]}
    made = mounted.client().post("/auth/register", body).expect(201).json()
    assert made["id"] != person.user["id"]
    expect_unauthorized(person.post("/auth/logout"))


def test_last_admin_stays(start):
    """A06."""
    server = start(admin=True, dialects=["fastapi-jwt-mongodb"])
    client = login(Client(server), ADMIN, ADMIN_PASSWORD)
    (me,) = client.get("/users/").expect(200).json()
    expect_refusal(client.delete(f"/users/{me['id']}"), 409, "There must be one active admin")
    delegate = client.post("/users/", newcomer(role="admin")).expect(201).json()
    login(Client(server), delegate["username"]).delete(f"/users/{me['id']}").expect(200)


# --- "JWT Authentication and Role-Based Access Control (RBAC)" ------------------------------------


def test_tokens_are_needed_for_protected_endpoints(mounted, anyone):
    """ "Users must authenticate to receive a token for accessing protected endpoints." """
    expect_unauthorized(anyone.get("/users/"), "Not authenticated")
    expect_unauthorized(anyone.get("/users/", token="x"), "Could not validate credentials")
    expect_unauthorized(anyone.get("/users/", headers={"Authorization": "Basic Og=="}))


def test_regular_users_cannot_access_restricted_endpoints(mounted):
    """ "Regular users cannot access restricted endpoints.", their own record among them."""
    person = mounted.person()
    path = f"/users/{person.user['id']}"
    for reply in (
        person.get("/users/"),
        person.post("/users/", newcomer()),
        person.put(path, {"email": "x@example.com"}),
        person.put(path, {"role": "admin"}),
        person.delete(path),
    ):
        expect_refusal(reply, 403)
    assert mounted.native(person.token).me().expect(200).json()["roles"] == ["user"]


def test_lists_beyond_a_page(start):
    """More people than the store gives at once come in one answer, in order, each once."""
    server = start(admin=True, dialects=["fastapi-jwt-mongodb"])
    lines = "".join(f'{{"username":"import-{n:05}"}}\n' for n in range(2500))
    run_cli("import", "-", "--database", server.database, folder=server.folder, stdin=lines)
    client = login(Client(server), ADMIN, ADMIN_PASSWORD)
    reply = client.get("/users/").expect(200)
    assert reply.headers["X-Total-Count"] == "2501"
    names = [user["username"] for user in reply.json()]
    assert len(names) == len(set(names)) == 2501
    assert client.get("/users/?skip=990&limit=1015").json() == reply.json()[990:2005]
