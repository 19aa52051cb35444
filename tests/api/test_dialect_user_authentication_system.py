"""The document "User Authentication System with JWT and FastAPI", from top to bottom.

Each step has the line of the document that promises it. What holds for every dialect (bad bodies,
bad tokens, unknown ids, enumeration) is in test_dialect_walk.py, who may what in
test_access_matrix.py.
"""

import re

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

mounted = mounted_fixture("user-authentication-system")
MEMBERS = {"id", "username", "email", "role"}
NEW_PASSWORD = "gravel Teapot 19"
TAKEN = 400


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
    grant = client.post("/login", credentials(username, password)).expect(200).json()
    client.token = grant["access_token"]
    return client


def shown(user):
    """A native record as the template shows it."""
    return {name: user[name] for name in ("id", "username", "email")} | {"role": user["roles"][0]}


def path_of(person):
    return f"/users/{person.user['username']}"


# --- "Must-Have" ----------------------------------------------------------------------------------


def test_login_gives_a_jwt_for_authentication(mounted, anyone):
    """1. "Users can log in to receive a JWT token and use it for authentication." """
    person = mounted.person()
    grant = anyone.post("/login", credentials(person.user["username"])).expect(200)
    assert set(grant.json()) == {"access_token", "token_type"}
    assert grant.json()["token_type"] == "bearer"
    assert tokens.claims(grant.json()["access_token"])["sub"] == person.user["id"]
    me = anyone.get("/users/me", token=grant.json()["access_token"]).expect(200).json()
    assert me == shown(person.user)


def test_crud_is_for_authenticated_users_only(mounted, anyone):
    """2. "All user CRUD operations … are secure and accessible only to authenticated users." """
    path = path_of(mounted.person())
    for method, where, body in (
        ("POST", "/users/", newcomer()),
        ("GET", "/users/me", None),
        ("GET", path, None),
        ("PUT", path, {"email": "x@example.com"}),
        ("DELETE", path, None),
    ):
        expect_unauthorized(anyone.request(method, where, json=body), "Not authenticated")


def test_user_creation_script(mounted, anyone):
    """5. "A script is included to create users in a predefined … database" """
    name = fresh_name("first")
    make_user(mounted.server, name, PASSWORD, email=f"{name}@example.com", role="admin")
    assert stores.peek(mounted.server.database).password_hash(name).startswith("$argon2id$")
    assert login(anyone, name).get("/users/me").expect(200).json()["role"] == "admin"


# --- "Good-to-Have" -------------------------------------------------------------------------------


def test_logging_traces_operations_and_errors(mounted, anyone):
    """1. "Logging: Adds logging across the API to trace operations and errors." """
    server = mounted.server
    before = len(server.lines)
    expect_unauthorized(anyone.post("/login", credentials("nobody-there")))
    route = f"{mounted.prefix}/login"
    wanted = {"event": "request", "method": "POST", "route": route, "status": 401}
    server.wait_record(lambda record: wanted.items() <= record.items(), after=before)
    assert server.wait_event("login_failed", after=before)["reason"] == "unknown_user"


def test_models_provide_documentation(mounted):
    """2. "Uses Pydantic models for user and token, providing validation and documentation" """
    native = mounted.native()
    document = native.get("/openapi/user-authentication-system.json").expect(200).json()
    schemas = document["components"]["schemas"]
    assert set(schemas["User"]["properties"]) == MEMBERS
    assert set(schemas["Token"]["properties"]) == {"access_token", "token_type"}
    flow = document["components"]["securitySchemes"]["OAuth2PasswordBearer"]["flows"]["password"]
    assert flow["tokenUrl"] == mounted.prefix + "/login"


# --- "Environment Variables" ----------------------------------------------------------------------

SECRET = "Tq7-vN2xW9rLk4mB8sZ1pD6fH3jC5gYa"


def test_env_names_work_as_they_are(start, tmp_path):
    """`.env` with SECRET_KEY and MONGO_URI=mongodb://localhost:27017.

    The server of this test keeps its data elsewhere: `--database` wins over MONGO_URI."""
    (tmp_path / ".env").write_text(f"SECRET_KEY={SECRET}\nMONGO_URI=mongodb://localhost:27017\n")
    text = run_cli("config", folder=tmp_path).stdout
    assert re.search(r"DATABASE\s+mongodb://localhost:27017\s+# .*MONGO_URI", text)
    server = start(folder=tmp_path, dialects=["user-authentication-system"])
    server.secrets.add(SECRET)
    person = Client(server).signup()
    import jwt

    token = login(Client(server), person.user["username"]).token
    assert jwt.decode(token, SECRET, algorithms=["HS256"])["sub"] == person.user["id"]


def test_the_examples_secret_is_refused(tmp_path):
    """`SECRET_KEY=your_secret_key`: refused, with a line that says how to make one."""
    (tmp_path / ".env").write_text("SECRET_KEY=your_secret_key\n")
    line = run_cli("serve", "--listen", "127.0.0.1:0", folder=tmp_path, status=2).stderr
    assert "openssl rand -base64 48" in line
    # The guide shows this very line.
    assert line in (ROOT / "docs/from/user-authentication-system.md").read_text(encoding="utf-8")


# --- "Run the Application" ------------------------------------------------------------------------


def test_documentation_is_at_docs(mounted):
    """ "Access the API Documentation Open http://127.0.0.1:8000/docs" """
    page = mounted.native().get("/docs", headers={"Accept-Encoding": "gzip"}).expect(200)
    assert page.headers["Content-Type"].startswith("text/html")


# --- "Authentication" -----------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["json", "form"])
def test_login(mounted, anyone, how):
    """ "POST /login: Authenticates the user and returns a JWT token." """
    person = mounted.person()
    grant = anyone.request("POST", "/login", **{how: credentials(person.user["username"])})
    mounted.native(grant.expect(200).json()["access_token"]).me().expect(200)
    login(mounted.client(), person.user["email"])


def test_login_by_the_oauth2_form(mounted, anyone):
    """As FastAPI's OAuth2PasswordRequestForm and Swagger UI's Authorize send it."""
    form = credentials(mounted.person().user["username"])
    form |= {"grant_type": "password", "scope": "", "client_id": "", "client_secret": ""}
    anyone.post("/login", form=form).expect(200)


def test_login_refused(mounted, anyone):
    name = mounted.person().user["username"]
    for body in (credentials(name, "wrong"), credentials("nobody-there")):
        expect_unauthorized(anyone.post("/login", body), "Incorrect username or password")


def test_logout(mounted, anyone):
    """ "POST /logout: Logs out the user (placeholder endpoint)." Here it really ends the token."""
    expect_unauthorized(anyone.post("/logout"), "Not authenticated")
    person = mounted.person()
    expect_unauthorized(anyone.post("/logout", token=expired(mounted.server, person.token)))
    other = login(mounted.client(), person.user["username"])
    assert person.post("/logout").expect(200).json() == {"message": "Successfully logged out"}
    expect_unauthorized(person.get("/users/me"), "Could not validate credentials")
    mounted.native().try_refresh(person.refresh_token).expect(401)
    other.get("/users/me").expect(200)
    person.post("/logout").expect(200)


# --- "User CRUD (Requires Authentication)" --------------------------------------------------------


def test_create(mounted, admin):
    """ "POST /users/: Create a new user." For admins, DIALECTS says."""
    body = newcomer()
    made = admin.post("/users/", body).expect(201).json()
    assert set(made) == MEMBERS
    assert (made["username"], made["email"]) == (body["username"], body["email"])
    assert made["role"] == "user"
    assert login(mounted.client(), body["username"]).get("/users/me").expect(200).json() == made
    assert admin.post("/users", newcomer(role="admin")).expect(201).json()["role"] == "admin"


def test_create_is_for_admins(mounted):
    person = mounted.person()
    expect_refusal(person.post("/users/", newcomer()), 403)
    expect_refusal(person.post("/users/", newcomer(role="admin")), 403)


def test_create_refused(mounted, admin):
    """A taken name or address is 400 here."""
    taken = mounted.person().user
    for spelling in (str, str.upper):
        again = newcomer() | {"username": spelling(taken["username"])}
        expect_refusal(admin.post("/users/", again), TAKEN, "Username already registered")
        again = newcomer() | {"email": spelling(taken["email"])}
        expect_refusal(admin.post("/users/", again), TAKEN, "Email already registered")
    expect_invalid(admin.post("/users/", newcomer(role="no-such-role")), "body.role")
    expect_invalid(admin.post("/users/", newcomer() | {"username": "x"}), "body.username")
    expect_invalid(admin.post("/users/", newcomer() | {"username": "me"}), "body.username")
    expect_invalid(admin.post("/users/", newcomer() | {"email": "x"}), "body.email")
    expect_invalid(admin.post("/users/", newcomer() | {"password": "short"}), "body.password")


def test_nobody_gives_what_they_do_not_hold(mounted):
    """A05."""
    delegate = mounted.holder("users:create", "users:update", "users:delete")
    expect_refusal(delegate.post("/users/", newcomer(role="admin")), 403)
    made = delegate.post("/users/", newcomer()).expect(201).json()
    expect_refusal(delegate.put(f"/users/{made['username']}", {"role": "admin"}), 403)
    expect_refusal(delegate.put(f"/users/{ADMIN}", {"email": "mine@example.com"}), 403)
    expect_refusal(delegate.put(f"/users/{ADMIN}", {"password": NEW_PASSWORD}), 403)
    expect_refusal(delegate.delete(f"/users/{ADMIN}"), 403)


def test_me(mounted):
    """ "GET /users/me: Retrieve the authenticated user's details." """
    person = mounted.person()
    assert person.get("/users/me").expect(200).json() == shown(person.user)
    assert person.get("/users/me/").expect(200).json() == shown(person.user)
    assert person.post("/users/me").status == 405


def test_read(mounted, admin):
    """ "GET /users/{username}: Retrieve details of a specific user." Anybody who has logged in."""
    person, other = mounted.person(), mounted.person()
    assert other.get(path_of(person)).expect(200).json() == shown(person.user)
    assert admin.get(path_of(person).upper().replace("/USERS", "/users")).expect(200)
    assert person.get(f"/users/{ADMIN}").expect(200).json()["role"] == "admin"
    expect_refusal(person.get("/users/nobody-there"), 404, "Not Found")


def test_read_by_username_alone(mounted):
    """A11: no other name of the same person is one."""
    person = mounted.person()
    user = person.user
    for key in (user["id"], str(user["number"]), user["email"], user["username"] + "."):
        expect_refusal(person.get(f"/users/{key}"), 404)


def test_update_of_oneself(mounted):
    """ "PUT /users/{username}: Update user information.", one's own."""
    person = mounted.person()
    name = fresh_name("renamed")
    changed = person.put(path_of(person), {"email": f"{name}@example.org"}).expect(200).json()
    assert changed == {**shown(person.user), "email": f"{name}@example.org"}
    changed = person.put(path_of(person).upper().replace("/USERS", "/users"), {"username": name})
    assert changed.expect(200).json()["username"] == name
    # The token goes on; the old name is nobody's.
    assert person.get("/users/me").expect(200).json()["username"] == name
    expect_refusal(person.get(path_of(person)), 404)
    expect_refusal(person.put(path_of(person), {}), 403)
    path = f"/users/{name}"
    assert person.put(path, {}).expect(200).json() == changed.json()
    assert person.put(path, dict.fromkeys(MEMBERS | {"password"})).expect(200).json()


def test_own_password(mounted):
    """P11: it ends the other sessions, and the old one is dead."""
    person = mounted.person()
    other = login(mounted.client(), person.user["username"])
    person.put(path_of(person), {"password": NEW_PASSWORD}).expect(200)
    person.get("/users/me").expect(200)
    expect_unauthorized(other.get("/users/me"))
    anyone = mounted.client()
    expect_unauthorized(anyone.post("/login", credentials(person.user["username"])))
    login(anyone, person.user["username"], NEW_PASSWORD)
    expect_invalid(person.put(path_of(person), {"password": "short"}), "body.password")
    name = person.user["username"]
    mounted.server.public.add(name)
    expect_invalid(person.put(path_of(person), {"password": name}), "body.password")


def test_own_role_stays(mounted):
    """A03: "role: admin only"; not even one's own again, and never in part."""
    person = mounted.person()
    for body in ({"role": "admin"}, {"role": "user"}, {"role": "admin", "email": "x@example.com"}):
        expect_refusal(person.put(path_of(person), body), 403)
    assert person.get("/users/me").expect(200).json() == shown(person.user)
    person.put(path_of(person), {"roles": ["admin"], "is_admin": True, "Role": "admin"}).expect(200)
    assert mounted.native(person.token).me().json()["roles"] == ["user"]


def test_update_by_an_admin(mounted, admin):
    person = mounted.person()
    assert admin.put(path_of(person), {"role": "admin"}).expect(200).json()["role"] == "admin"
    person.post("/users/", newcomer()).expect(201)
    assert admin.put(path_of(person), {"role": "user"}).expect(200).json()["role"] == "user"
    expect_refusal(person.post("/users/", newcomer()), 403)
    expect_invalid(admin.put(path_of(person), {"role": "no-such-role"}), "body.role")
    admin.put(path_of(person), {"password": NEW_PASSWORD}).expect(200)
    expect_unauthorized(person.get("/users/me"))
    whole = login(mounted.client(), person.user["username"], NEW_PASSWORD).get("/users/me").json()
    assert admin.put(path_of(person), whole).expect(200).json() == whole
    expect_refusal(admin.put("/users/nobody-there", {}), 404)


def test_update_refused(mounted, admin):
    """A name or address of somebody else is 400, for oneself and for admins."""
    person, other = mounted.person(), mounted.person()
    for client in (person, admin):
        expect_refusal(
            client.put(path_of(person), {"username": other.user["username"].upper()}),
            TAKEN,
            "Username already registered",
        )
        expect_refusal(
            client.put(path_of(person), {"email": other.user["email"]}),
            TAKEN,
            "Email already registered",
        )
    assert person.get("/users/me").expect(200).json() == shown(person.user)


def test_records_of_others(mounted):
    """A02: 403 whether somebody is there or not."""
    person, other = mounted.person(), mounted.person()
    replies = [
        expect_refusal(person.put(path, {"email": "x@example.com"}), 403)
        for path in (path_of(other), "/users/nobody-there", f"/users/{ADMIN}")
    ]
    assert len({reply.body for reply in replies}) == 1
    assert other.get("/users/me").expect(200).json() == shown(other.user)
    for path in (path_of(other), path_of(person), "/users/nobody-there"):
        expect_refusal(person.delete(path), 403)


def test_delete(mounted, admin):
    """ "DELETE /users/{username}: Delete a user." For admins, DIALECTS says."""
    person = mounted.person()
    reply = admin.delete(path_of(person)).expect(200)
    assert reply.json() == {"message": "User deleted successfully"}
    expect_refusal(admin.delete(path_of(person)), 404)
    expect_refusal(admin.get(path_of(person)), 404)
    expect_unauthorized(person.get("/users/me"))
    expect_unauthorized(mounted.client().post("/login", credentials(person.user["username"])))
    # T18: the name is free; whoever takes it is somebody else.
    body = newcomer() | {"username": person.user["username"]}
    assert admin.post("/users/", body).expect(201).json()["id"] != person.user["id"]
    expect_unauthorized(person.get("/users/me"))


def test_last_admin_stays(start):
    """A06."""
    server = start(admin=True, dialects=["user-authentication-system"])
    client = login(Client(server), ADMIN, ADMIN_PASSWORD)
    expect_refusal(client.delete(f"/users/{ADMIN}"), 409, "There must be one active admin")
    expect_refusal(client.put(f"/users/{ADMIN}", {"role": "user"}), 403)
    client.get("/users/me").expect(200)
    # Not even by somebody who holds every right without being an admin.
    native = Client(server, client.token)
    native.post("/v1/roles", {"name": "super", "permissions": ["*"]}).expect(201)
    made = client.post("/users/", newcomer(role="super")).expect(201).json()
    strong = login(Client(server), made["username"])
    for role in ("user", "super"):
        reply = strong.put(f"/users/{ADMIN}", {"role": role})
        expect_refusal(reply, 409, "There must be one active admin")
    strong.put(f"/users/{ADMIN}", {"role": "admin"}).expect(200)


# --- "RBAC and Future Improvements" ---------------------------------------------------------------


def test_roles_restrict_access_to_certain_routes(mounted, admin):
    """ "Add roles like Admin and User with restricted access to certain routes." """
    native = mounted.native(admin.token)
    role = fresh_name("helper")
    native.post("/v1/roles", {"name": role, "permissions": ["users:create"]}).expect(201)
    made = admin.post("/users/", newcomer(role=role)).expect(201).json()
    helper = login(mounted.client(), made["username"])
    assert helper.get("/users/me").expect(200).json()["role"] == role
    helper.post("/users/", newcomer()).expect(201)
    expect_refusal(helper.delete(f"/users/{ADMIN}"), 403)
