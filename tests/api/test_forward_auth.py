"""GET /v1/auth/verify: alone, and behind a real nginx configured as docs/oauth.md has it."""

import http.client
import http.server
import json
import os
import re
import shutil
import socket
import subprocess
import threading

import pytest

from client import Client, fresh_name
from process import LEASH, PATIENCE, ROOT
from waiting import eventually

PATH = "/v1/auth/verify"
NAMES = ("X-Auth-User-Id", "X-Auth-Username", "X-Auth-Roles")
FORGED = {
    **{name: "forged" for name in NAMES},
    "X-Forwarded-User": "root", "X-Forwarded-For": "203.0.113.7", "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Uri": "/admin", "X-Forwarded-Method": "DELETE", "X-Original-URL": "/x",
    "Remote-User": "root",
}  # fmt: skip


def identity(reply):
    return tuple(reply.headers.get(name) for name in NAMES)


def who(client, roles="user"):
    return (client.user["id"], client.user["username"], roles)


# --- alone ----------------------------------------------------------------------------------------


def test_verify(person):
    """200 with who it is, no body; 401 for nobody, without any word of who."""
    reply = person.get(PATH).expect(200)
    assert identity(reply) == who(person) and reply.body == b""
    for token in (False, "not.a.token", person.refresh_token):
        refused = person.get(PATH, token=token).expect(401)
        assert identity(refused) == (None, None, None)
        assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    person.get(f"{PATH}?access_token={person.token}", token=False).expect(401, "missing_token")


def test_only_the_token_says_who(person, admin):
    """What a proxy forwards about its client, true or forged, changes nothing (E09)."""
    assert identity(person.get(PATH, headers=FORGED).expect(200)) == who(person)
    person.get(PATH, headers=FORGED, token=False).expect(401, "missing_token")
    assert identity(admin.get(PATH, headers=FORGED).expect(200)) == who(admin, "admin")


def test_it_is_who_they_are_now(server, person, admin):
    """T19, T20: a new name, other roles, the end of the session: at once."""
    role, path = fresh_name("role"), f"/v1/users/{person.user['id']}"
    admin.post("/v1/roles", {"name": role, "permissions": ["audit:read"]}).expect(201)
    person.get(f"{PATH}?role={role}").expect(403, "forbidden")
    refused = person.get(f"{PATH}?permission=audit:read").expect(403, "forbidden")
    assert refused.headers["WWW-Authenticate"].endswith('scope="audit:read"')
    admin.put(f"{path}/roles", {"roles": ["user", role]}).expect(200)
    person.user = person.patch("/v1/users/me", {"username": fresh_name("renamed")}).json()
    reply = person.get(f"{PATH}?role={role}&permission=audit:read").expect(200)
    assert sorted(reply.headers["X-Auth-Roles"].split(",")) == sorted(["user", role])
    assert reply.headers["X-Auth-Username"] == person.user["username"]
    admin.put(f"{path}/roles", {"roles": []}).expect(200)
    assert identity(person.get(PATH).expect(200)) == who(person, None)
    person.post("/v1/auth/logout").expect(204)
    person.get(PATH).expect(401, "invalid_token")


@pytest.mark.parametrize("query, user, root", [
    ("permission=products:read", 200, 200),
    ("permission=users:read", 403, 200),
    ("role=user", 200, 403),
    ("role=admin", 403, 200),
    ("role=editor,user,admin", 200, 200),
    ("role=use", 403, 403),
    ("role=user%2C", 200, 403),
    ("role=", 403, 403),
    ("role=*", 403, 403),
    ("role=User", 403, 403),
    ("permission=products:read&role=admin", 403, 200),
    ("permission=users:read&role=user", 403, 403),
    # A12: what is unknown, empty or a wildcard is held by nobody.
    ("permission=", 403, 403),
    ("permission=*", 403, 403),
    ("permission=products:*", 403, 403),
    ("permission=no-such:thing", 403, 403),
    ("permission=products:read,products:create", 403, 403),
    ("permission=Products:read", 403, 403),
])  # fmt: skip
def test_asked_rights(person, admin, query, user, root):
    """A12, T22: 403, never 401, for a right that is not held."""
    for client, status in ((person, user), (admin, root)):
        reply = client.get(f"{PATH}?{query}").expect(status)
        if status == 403:
            assert identity(reply) == (None, None, None)
            assert "insufficient_scope" in reply.headers["WWW-Authenticate"]


def test_invalid_queries(person):
    """Q06: neither twice nor unknown; closed, whatever a proxy makes of it."""
    person.get(f"{PATH}?permission=products:read&permission=users:read").expect(400, "bad_request")
    person.get(f"{PATH}?permissions=products:read").expect(422, "invalid")
    person.get(f"{PATH}?role={'x' * 1025}").expect(422, "invalid")


# --- behind nginx ---------------------------------------------------------------------------------


def find_nginx():
    return shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


def blocks():
    """The two blocks of nginx in the documentation."""
    text = (ROOT / "docs" / "oauth.md").read_text(encoding="utf-8")
    found = re.findall(r"```nginx\n(.*?)```", text, re.DOTALL)
    assert len(found) == 2
    return found


class Upstream:
    """An application that knows nothing of tokens: it answers what reached it."""

    def __init__(self):
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                outer.seen += 1
                shown = {"method": self.command, "path": self.path, "headers": self.headers.items(),
                         "body": self.rfile.read(length).decode()}  # fmt: skip
                data = json.dumps(shown).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = answer

            def log_message(self, *args):
                pass

        self.seen = 0
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


MAIN = """
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{server}
}}
"""


class Nginx:
    """A real one, with the documented blocks; only addresses are put in."""

    def __init__(self, folder, latchkey, upstream):
        server, identity_block = blocks()
        self.port = free_port()
        for before, after in (
            ("listen 80;", f"listen 127.0.0.1:{self.port};"),
            ("http://127.0.0.1:8000/", f"http://{latchkey}/"),
            ("http://127.0.0.1:3000;", f"http://127.0.0.1:{upstream};"),
        ):
            assert before in server
            server = server.replace(before, after)
        (folder / "latchkey_identity.conf").write_text(identity_block)
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder, server=server))
        command = [*LEASH, find_nginx(), "-p", str(folder), "-c", "nginx.conf", "-e", "stderr"]
        self.log = open(folder / "log", "w", encoding="utf-8")
        self.process = subprocess.Popen(command, stderr=self.log)
        eventually(self.is_up, within=10 * PATIENCE)

    def is_up(self):
        assert self.process.poll() is None, open(self.log.name, encoding="utf-8").read()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def ask(self, path, token=None, headers=None, method="GET", body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30 * PATIENCE)
        sent = dict(headers or {})
        if token:
            sent["Authorization"] = f"Bearer {token}"
        connection.request(method, path, body=body, headers=sent)
        response = connection.getresponse()
        data = response.read()
        connection.close()
        return response.status, response.headers, data

    def close(self):
        self.process.terminate()
        self.process.wait(10 * PATIENCE)
        self.log.close()


@pytest.fixture(scope="module")
def upstream():
    application = Upstream()
    yield application
    application.close()


@pytest.fixture(scope="module")
def nginx(server, upstream, tmp_path_factory):
    if find_nginx() is None:
        assert os.environ.get("CI") != "true", "nginx is not there: tools/setup --test"
        pytest.skip("nginx is not there: tools/setup --test installs it")
    proxy = Nginx(tmp_path_factory.mktemp("nginx"), server.address, upstream.port)
    yield proxy
    proxy.close()


def arrived(answer):
    """What the application got: the headers as (name, value), and all of it."""
    status, _, data = answer
    assert status == 200, answer
    shown = json.loads(data)
    return [(name.lower(), value) for name, value in shown["headers"]], shown


def named(headers, stem="x-auth-"):
    return sorted((name, value) for name, value in headers if name.startswith(stem))


def expected(client, roles="user"):
    pairs = zip((name.lower() for name in NAMES), who(client, roles))
    return sorted((name, value) for name, value in pairs if value is not None)


def test_nginx_lets_the_known_through(nginx, person):
    """The application learns who it is, and gets the request as it was."""
    headers, _ = arrived(nginx.ask("/x?y=1", person.token))
    assert named(headers) == expected(person)
    answer = nginx.ask("/x?y=1", person.token, method="POST", body="some text")
    headers, shown = arrived(answer)
    assert named(headers) == expected(person)
    assert (shown["method"], shown["path"], shown["body"]) == ("POST", "/x?y=1", "some text")


def test_nginx_overwrites_forged_headers(nginx, person, admin):
    """A client that says who it is, is not believed: the three headers are the token's alone."""
    for spelling in (str.lower, str.upper, str.title):
        forged = {spelling(name): value for name, value in FORGED.items()}
        headers, _ = arrived(nginx.ask("/", person.token, forged))
        assert named(headers) == expected(person)
    # Without any role there is nothing to put in its place: it must be gone.
    bare = Client(person.server).signup()
    admin.put(f"/v1/users/{bare.user['id']}/roles", {"roles": []}).expect(200)
    headers, _ = arrived(nginx.ask("/", bare.token, FORGED))
    assert named(headers) == expected(bare, None)
    # What some application servers would read as the same name does not come through.
    headers, _ = arrived(nginx.ask("/", person.token, {"X_Auth_Username": "root"}))
    assert not [name for name, _ in headers if "_" in name]


def test_nginx_keeps_strangers_out(nginx, upstream, person):
    """401 with the challenge; the application hears nothing of it."""
    before = upstream.seen
    for token, headers in ((None, None), (None, FORGED), ("not.a.token", FORGED)):
        status, answer, _ = nginx.ask("/", token, headers)
        assert status == 401 and answer["WWW-Authenticate"].startswith("Bearer")
    person.post("/v1/auth/logout").expect(204)
    assert nginx.ask("/", person.token)[0] == 401
    assert nginx.ask("/_latchkey/verify", person.token)[0] == 404
    assert upstream.seen == before


def test_nginx_asks_for_a_role(nginx, upstream, person, admin):
    """403 where the query of the location asks for what is not held, 200 where it is."""
    before = upstream.seen
    assert nginx.ask("/admin/", person.token, FORGED)[0] == 403
    assert nginx.ask("/admin/?role=user", person.token)[0] == 403
    assert upstream.seen == before
    headers, _ = arrived(nginx.ask("/admin/", admin.token, FORGED))
    assert named(headers) == expected(admin, "admin")


def test_nginx_is_closed_without_latchkey(start, upstream, tmp_path):
    """When nobody can say who it is, nobody gets in."""
    if find_nginx() is None:
        pytest.skip("nginx is not there: tools/setup --test installs it")
    server = start()
    client = Client(server).signup()
    proxy = Nginx(tmp_path, server.address, upstream.port)
    try:
        arrived(proxy.ask("/", client.token))
        before = upstream.seen
        server.terminate()
        assert proxy.ask("/", client.token)[0] == 500
        assert upstream.seen == before
    finally:
        proxy.close()
