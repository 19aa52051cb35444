"""A01, A02: every operation of the document for everyone; a cell nobody wrote down fails."""

import re

import pytest

import profiles
import recorder
import tokens
from client import PASSWORD, Client, fresh_name
from dialects import Mounted
from fixtures import ADMIN, ADMIN_PASSWORD

ANY = None  # whoever it is, the answer is not about access
OPEN = {"nobody": ANY, "user": ANY, "other": ANY, "admin": ANY}
OWN = {"nobody": 401, "user": ANY, "other": ANY, "admin": ANY}  # about oneself
ADMINS = {"nobody": 401, "user": 403, "other": 403, "admin": ANY}
SELF = {"nobody": 401, "user": ANY, "other": 403, "admin": ANY}  # {id} is the user's

OWNER = {"nobody": 401, "user": ANY, "other": 403, "admin": ANY}  # {id} is the user's product
ALL = {"nobody": 401, "user": ANY, "other": ANY, "admin": ANY}  # everybody holds the permission

EXPECTED = {
    ("POST", "/v1/auth/signup"): OPEN,
    ("POST", "/v1/auth/login"): OPEN,
    ("POST", "/v1/auth/refresh"): OPEN,
    ("POST", "/v1/auth/logout"): OWN,
    ("POST", "/v1/auth/password"): OWN,
    ("GET", "/v1/auth/verify"): OWN,
    ("POST", "/oauth/token"): OPEN,
    ("POST", "/oauth/revoke"): OPEN,
    ("POST", "/oauth/introspect"): ADMINS,
    ("GET", "/.well-known/oauth-authorization-server"): OPEN,
    ("GET", "/.well-known/openid-configuration"): OPEN,
    ("GET", "/v1/auth/sessions"): OWN,
    ("DELETE", "/v1/auth/sessions/{id}"): OWN,
    ("GET", "/v1/users/me"): OWN,
    ("PATCH", "/v1/users/me"): OWN,
    ("GET", "/v1/users"): ADMINS,
    ("POST", "/v1/users"): ADMINS,
    ("GET", "/v1/users/{id}"): SELF,
    ("PATCH", "/v1/users/{id}"): SELF,
    ("DELETE", "/v1/users/{id}"): ADMINS,
    ("DELETE", "/v1/users/{id}?permanent=true"): ADMINS,
    ("POST", "/v1/users/{id}/restore"): ADMINS,
    ("GET", "/v1/users/{id}/sessions"): SELF,
    ("DELETE", "/v1/users/{id}/sessions"): SELF,
    ("DELETE", "/v1/users/{id}/sessions/{session_id}"): SELF,
    ("GET", "/v1/products"): ALL,
    ("POST", "/v1/products"): ALL,
    ("GET", "/v1/products/{id}"): ALL,
    ("PATCH", "/v1/products/{id}"): OWNER,
    ("DELETE", "/v1/products/{id}"): OWNER,
    ("GET", "/v1/audit"): ADMINS,
    ("GET", "/v1/roles"): ADMINS,
    ("POST", "/v1/roles"): ADMINS,
    ("GET", "/v1/roles/{name}"): ADMINS,
    ("PUT", "/v1/roles/{name}"): ADMINS,
    ("DELETE", "/v1/roles/{name}"): ADMINS,
    ("GET", "/v1/permissions"): ADMINS,
    ("PUT", "/v1/users/{id}/roles"): ADMINS,
    ("GET", "/health/live"): OPEN,
    ("GET", "/health/ready"): OPEN,
    ("GET", "/.well-known/jwks.json"): OPEN,
    ("GET", "/metrics"): OPEN,
    ("GET", "/openapi.json"): OPEN,
    ("GET", "/openapi/native.json"): OPEN,
}
WHO = ("nobody", "user", "other", "admin")
BODIES = {
    ("POST", "/v1/auth/signup"): lambda: {"username": fresh_name(), "password": PASSWORD},
    ("POST", "/v1/auth/login"): lambda: {"username": "nobody-there", "password": PASSWORD},
    ("POST", "/v1/auth/refresh"): lambda: {"refresh_token": "x"},
    ("POST", "/v1/auth/password"): lambda: {"current_password": "x", "new_password": "y" * 20},
    ("PATCH", "/v1/users/me"): lambda: {"name": "x"},
    ("PATCH", "/v1/users/{id}"): lambda: {"name": "x"},
    ("POST", "/v1/products"): lambda: {"name": "x", "price": "1"},
    ("PATCH", "/v1/products/{id}"): lambda: {"name": "x"},
    ("POST", "/v1/users"): lambda: {"username": fresh_name(), "password": PASSWORD},
    ("POST", "/v1/roles"): lambda: {"name": fresh_name("role"), "permissions": []},
    ("PUT", "/v1/roles/{name}"): lambda: {"permissions": []},
    ("PUT", "/v1/users/{id}/roles"): lambda: {"roles": ["user"]},
}
FORMS = {
    ("POST", "/oauth/token"): {"grant_type": "refresh_token", "refresh_token": "x"},
    ("POST", "/oauth/revoke"): {"token": "x"},
    ("POST", "/oauth/introspect"): {"token": "x"},
}
FLAG = re.compile(r"`(\w+=true)` needs `[^`]+` too")


def operations():
    """Those of the document; one with a flag that needs a permission of its own stands twice."""
    for (method, path), operation in recorder.document().operations.items():
        yield method, path
        flag = FLAG.search(operation.get("description", ""))
        if flag:
            yield method, f"{path}?{flag.group(1)}"


OPERATIONS = sorted(operations())


def test_table_is_complete():
    """What is in the document is in the table, and the other way round."""
    assert set(EXPECTED) == set(OPERATIONS)


def test_security_is_declared_as_it_is():
    """The document says of each operation whether it needs a token."""
    for operation, declared in recorder.document().operations.items():
        assert bool(declared["security"]) == (EXPECTED[operation]["nobody"] == 401), operation


@pytest.fixture
def cast(server):
    """Everyone who may ask; fresh, because an operation may end what it is given."""
    clients = {
        "nobody": Client(server),
        "user": Client(server).signup(),
        "other": Client(server).signup(),
        "admin": Client(server).login(ADMIN, ADMIN_PASSWORD),
    }
    yield clients
    for client in clients.values():
        client.close()


def targets(template, user):
    """What {id} may be: every name of the user, of a new product of theirs, or their session."""
    if "{session_id}" in template:
        session = tokens.claims(user.token)["sid"]
        return [f"{user.user[key]}/sessions/{session}" for key in ("id", "username", "number")]
    if "products/" in template:
        made = user.post("/v1/products", {"name": "x", "price": "1"}).expect(201).json()
        return [made["id"], made["number"]]
    if "users/" in template:
        return [user.user[key] for key in ("id", "username", "number")]
    return [tokens.claims(user.token)["sid"]]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: f"{o[0]} {o[1]}")
def test_matrix(cast, operation):
    """Each cell: the refusal that stands there, or anything that is not about access."""
    method, template = operation
    body = BODIES.get(operation, lambda: None)
    user = cast["user"]
    for value in targets(template, user):
        path = re.sub(r"\{.+\}", str(value), template)
        for who in WHO:
            expected = EXPECTED[operation][who]
            form = FORMS.get(operation)
            reply = cast[who].request(method, path, json=body(), form=form)
            if expected is ANY:
                about_access = reply.status == 403 or reply.code_is("missing_token")
                assert not about_access or reply.code == "wrong_password", (who, reply.status)
            else:
                assert reply.status == expected, (who, reply.status, reply.body)
            if who == "admin" and expected is ANY and method == "DELETE":
                return  # the target is gone


# --- dialects -------------------------------------------------------------------------------------

DIALECT_ROWS = [
    (name, *key)
    for name in recorder.dialects()
    for key in sorted(recorder.document(name).operations)
]


@pytest.fixture(scope="module")
def places(start_module):
    """All dialects on one server, each at a prefix of its own."""
    names = recorder.dialects()
    server = start_module(admin=True, dialects=[f"{name}=/at/{name}" for name in names])
    return {name: Mounted(server, name, f"/at/{name}") for name in names}


def dialect_cast(place):
    """Everyone who may ask; the delegate may do all with users but give roles."""
    permissions = ("users:read", "users:create", "users:update", "users:delete")
    return {
        "nobody": place.client(),
        "user": place.person("user"),
        "other": place.person("other"),
        "delegate": place.holder(*permissions),
        "admin": place.admin(),
    }


@pytest.mark.parametrize("row", DIALECT_ROWS, ids=" ".join)
def test_dialect_security_is_declared_as_it_is(row):
    """The document says of each operation whether it needs a token."""
    declared = recorder.document(row[0]).operations[row[1:]]["security"]
    assert bool(declared) == (profiles.of(row[0]).ACCESS[row[1:]]["nobody"] == 401)


@pytest.mark.parametrize("row", DIALECT_ROWS, ids=" ".join)
def test_dialect_matrix(places, row):
    """A01 for dialects: each cell is the refusal that stands there, or a good answer."""
    place, (_, method, template) = places[row[0]], row
    profile = profiles.of(row[0])
    cast = dialect_cast(place)
    for who in profiles.WHO:
        # What one asker has deleted is not there for the next.
        user = place.person("target") if method == "DELETE" and who != "user" else cast["user"]
        target = profile.TARGETS.get(template)
        path = re.sub(r"\{[a-z_]+\}", lambda _: str(target(place, user)), template)
        asker = cast[who]
        good = profile.GOOD.get((method, template), lambda person: {})
        reply = asker.request(method, path, **good(user))
        expected = profile.ACCESS[method, template][who]
        if expected == profiles.FINE:
            assert reply.status < 300, (who, reply.status, reply.body)
        else:
            assert reply.status == expected, (who, reply.status, reply.body)
        if method == "PUT" and reply.status < 300:
            cast["user"] = place.person("user")  # name and password may be others now
    for client in cast.values():
        client.close()


@pytest.mark.parametrize("row", [r for r in DIALECT_ROWS if "{" in r[2]], ids=" ".join)
def test_dialect_same_for_existing_and_missing(places, row):
    """A02: a stranger learns nothing about which records exist."""
    place, (_, method, template) = places[row[0]], row
    profile = profiles.of(row[0])
    if profile.ACCESS[method, template]["other"] != 403:
        return
    owner, stranger = place.person("owner"), place.person("stranger")
    missing = [value for value, status in profile.IDS[template].items() if status == 404]
    there = profile.TARGETS[template](place, owner)
    good = profile.GOOD.get((method, template), lambda person: {})
    answers = {
        (reply.status, reply.body)
        for value in (there, missing[0])
        for reply in [stranger.request(method, re.sub(r"\{[a-z_]+\}", str(value), template), **good(owner))]
    }
    assert len(answers) == 1 and {status for status, _ in answers} == {403}, answers
