"""Dialects under test: one mounted somewhere, its clients, its tokens that are no good, its refusals.

Each dialect is told of in a module of the package `profiles`, named after it: what the tests that
walk every dialect cannot read from its document. See profiles/__init__.py.
"""

import time

import pytest

import recorder
import tokens
from client import PASSWORD, Client, fresh_name
from fixtures import ADMIN, ADMIN_PASSWORD

PLACES = {"at-root": "", "at-prefix": "/legacy"}
HOUR_S = 3600


class Mounted:
    """A dialect where it is mounted on a server, and who uses it."""

    def __init__(self, server, name, prefix):
        self.server = server
        self.name = name
        self.prefix = prefix
        self.document = recorder.document(name)

    def client(self, token=None):
        """A client of the dialect; with the token of somebody, or without one."""
        return Client(self.server, token, self.prefix)

    def native(self, token=None):
        """A client of the native API on the same server."""
        return Client(self.server, token)

    def person(self, stem="person", password=PASSWORD, **more):
        """A client of the dialect for somebody new, signed up natively; .user is the native record."""
        native = self.native().signup(fresh_name(stem), password, **more)
        return self._as(native)

    def admin(self):
        """A client of the dialect for the admin, in a session of its own."""
        return self._as(self.native().login(ADMIN, ADMIN_PASSWORD))

    def holder(self, *permissions):
        """As person(), of somebody with a new role of these permissions beside `user`."""
        admin = self.native().login(ADMIN, ADMIN_PASSWORD)
        role = fresh_name("role")
        admin.post("/v1/roles", {"name": role, "permissions": list(permissions)}).expect(201)
        somebody = self.person("holder")
        path = f"/v1/users/{somebody.user['id']}/roles"
        admin.put(path, {"roles": ["user", role]}).expect(200)
        return somebody

    def _as(self, native):
        client = self.client(native.token)
        client.refresh_token, client.user = native.refresh_token, native.user
        native.close()
        return client


def mounted_fixture(name):
    """A fixture for a dialect's test module: it at `/`, then at a prefix, with an admin each.

    mounted = mounted_fixture("fastapi-crud")
    """

    @pytest.fixture(scope="module", params=list(PLACES.values()), ids=list(PLACES))
    def mounted(request, start_module):
        prefix = request.param
        options = getattr(request.module, "OPTIONS", {})
        mount = f"{name}={prefix}" if prefix else name
        return Mounted(start_module(options=options, admin=True, dialects=[mount]), name, prefix)

    return mounted


# --- forms ----------------------------------------------------------------------------------------


def multipart(members, boundary="----formdata-undici-04711"):
    """What a browser's FormData sends, as keywords of Client.request; members are (name, value)."""
    parts = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in members
    )
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    return {"body": f"{parts}--{boundary}--\r\n".encode(), "headers": headers}


# --- tokens that are no good ----------------------------------------------------------------------


def forged(server, token, key=None, **changed):
    """The token with other claims, signed by the server's own key or the given one."""
    signer = tokens.signer(key or tokens.stored_key(server.database))
    made = tokens.assemble(tokens.header(token), tokens.claims(token) | changed, signer)
    server.secrets.add(made)
    return made


def expired(server, token):
    """The token as it would be, well signed, an hour after its end."""
    claims = tokens.claims(token)
    now = int(time.time())
    life = claims["exp"] - claims["iat"]
    ended = {"exp": now - HOUR_S, "iat": now - HOUR_S - life}
    if "nbf" in claims:
        ended["nbf"] = ended["iat"]
    return forged(server, token, **ended)


def badly_signed(token):
    head, payload, signature = tokens.parts(token)
    return ".".join((head, payload, ("A" if signature[0] != "A" else "B") + signature[1:]))


def ended(mounted):
    """The token of somebody who has logged out."""
    somebody = mounted.native().signup(fresh_name("gone"))
    somebody.post("/v1/auth/logout").expect(204)
    return somebody.token


def disabled(mounted):
    """The token of somebody who was disabled since."""
    somebody = mounted.native().signup(fresh_name("disabled"))
    admin = mounted.native().login(ADMIN, ADMIN_PASSWORD)
    admin.patch(f"/v1/users/{somebody.user['id']}", {"status": "disabled"}).expect(200)
    return somebody.token


def bad_tokens(mounted):
    """Every kind of token that must be refused, by name; False: none is sent."""
    good = mounted.native().signup(fresh_name("token"))
    return {
        "missing": False,
        "garbage": "garbage",
        "three parts": "not.a.token",
        "bad signature": badly_signed(good.token),
        "no signature": good.token.rsplit(".", 1)[0] + ".",
        "expired": expired(mounted.server, good.token),
        "refresh token": good.refresh_token,
        "logged out": ended(mounted),
        "disabled": disabled(mounted),
    }


# A row that takes tokens of ended sessions (log-out) is fine with these.
MAY_HAVE_ENDED = ("logged out",)

# --- refusals -------------------------------------------------------------------------------------


def expect_refusal(reply, status, detail=None):
    """A refusal with one sentence; detail is the sentence, when it matters."""
    found = reply.expect(status).json()["detail"]
    assert isinstance(found, str) and found, found
    assert detail is None or found == detail, found
    return reply


def expect_unauthorized(reply, detail=None):
    """401 as FastAPI's OAuth2PasswordBearer says it."""
    expect_refusal(reply, 401, detail)
    assert reply.headers["WWW-Authenticate"] == "Bearer"
    return reply


def invalid(reply):
    """What a 422 finds wrong: (place.member, type), in order."""
    return [(".".join(map(str, e["loc"])), e["type"]) for e in reply.expect(422).json()["detail"]]


def expect_invalid(reply, where, kind=None):
    """422 about that place, such as "body.email"; kind is pydantic's word, when it matters."""
    found = invalid(reply)
    assert any(loc == where and kind in (None, its) for loc, its in found), found
    return reply
