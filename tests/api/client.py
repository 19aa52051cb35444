"""A small HTTP client with keep-alive; every answer goes through the recorder."""

import http.client
import itertools
import json as jsonlib
import socket
from urllib.parse import urlencode

import recorder
from process import PATIENCE

TIMEOUT_S = 30 * PATIENCE
SECRET_MEMBERS = (
    "password",
    "current_password",
    "new_password",
    "access_token",
    "refresh_token",
    "client_secret",
)
SECRET_MIN = 8
# A good password that no blocklist holds; tests that log many people in share it.
PASSWORD = "plum-Velvet7 orbit"
_numbers = itertools.count(1)


def fresh_name(stem="person"):
    """A username nobody has."""
    return f"{stem}-{next(_numbers)}"


class Reply:
    """One answer."""

    def __init__(self, method, path, response, body):
        self.method = method
        self.path = path
        self.status = response.status
        self.headers = response.headers
        self.body = body

    def json(self):
        return jsonlib.loads(self.body)

    @property
    def code(self):
        """The stable code of a problem document, or the error of an OAuth endpoint."""
        body = self.json()
        return body["code"] if "code" in body else body["error"]

    def code_is(self, code):
        """True for a refusal of that code; any other body is not."""
        problem = _json_or_none(self.body)
        return isinstance(problem, dict) and code in (problem.get("code"), problem.get("error"))

    def faults(self):
        """What a 422 says: (path of the member, code)."""
        return [(".".join(map(str, e["loc"])), e["code"]) for e in self.json().get("errors", [])]

    def expect(self, status, code=None):
        """Asserts status (and code); returns the reply."""
        shown = f"{self.method} {self.path}: {self.status} {self.body[:400]!r}"
        assert self.status == status, f"wanted {status}: {shown}"
        if code is not None:
            assert self.code == code, f"wanted {code}: {shown}"
        return self


class Client:
    """One connection to one server; with a token once someone has logged in. For one thread.

    prefix stands before every path: where a dialect is mounted."""

    def __init__(self, server, token=None, prefix=""):
        self.server = server
        self.prefix = prefix
        self.token = token
        self.refresh_token = None
        self.user = None
        self.headers = {}
        self._connection = None

    def close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def request(self, method, path, json=None, form=None, body=None, headers=None, token=None):
        """Sends one request; token False sends none, text sends that, None the client's own."""
        sent = {**self.headers, **(headers or {})}
        if json is not None:
            body = jsonlib.dumps(json).encode()
            sent.setdefault("Content-Type", "application/json")
        elif form is not None:
            body = urlencode(form).encode()
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
        token = self.token if token is None else token
        if token:
            sent.setdefault("Authorization", f"Bearer {token}")
        self._note_secrets(json if json is not None else form)
        reply = self._exchange(method, self.prefix + path, body, sent)
        self._note_secrets(_json_or_none(reply.body))
        recorder.observe(self.server, reply, sent)
        return reply

    def _exchange(self, method, path, body, headers):
        for attempt in (1, 2):
            fresh = self._connection is None
            if fresh:
                self._connection = http.client.HTTPConnection(
                    self.server.host, self.server.port, timeout=TIMEOUT_S
                )
            try:
                self._connection.request(method, path, body=body, headers=headers)
                response = self._connection.getresponse()
                reply = Reply(method, path, response, response.read())
                if response.will_close:
                    self.close()
                return reply
            except (http.client.RemoteDisconnected, ConnectionError, socket.timeout):
                self.close()
                # A kept connection may have been closed meanwhile; a new one must answer.
                if fresh or attempt == 2:
                    raise
        raise AssertionError("unreachable")

    def _note_secrets(self, value):
        if not isinstance(value, dict):
            return
        for name in SECRET_MEMBERS:
            secret = value.get(name)
            if isinstance(secret, str) and len(secret) >= SECRET_MIN:
                self.server.secrets.add(secret)

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, json=None, **more):
        return self.request("POST", path, json=json, **more)

    def patch(self, path, json=None, **more):
        return self.request("PATCH", path, json=json, **more)

    def put(self, path, json=None, **more):
        return self.request("PUT", path, json=json, **more)

    def delete(self, path, **more):
        return self.request("DELETE", path, **more)

    # --- the main job ---

    def take(self, grant):
        """Goes on with the tokens of a grant."""
        self.token = grant["access_token"]
        self.refresh_token = grant["refresh_token"]
        self.user = grant["user"]
        return self

    def try_login(self, username, password=PASSWORD, **more):
        credentials = {"username": username, "password": password}
        return self.post("/v1/auth/login", credentials, token=False, **more)

    def login(self, username, password=PASSWORD):
        return self.take(self.try_login(username, password).expect(200).json())

    def signup(self, username=None, password=PASSWORD, **more):
        body = {"username": username or fresh_name(), "password": password, **more}
        body.setdefault("email", f"{body['username']}@example.com")
        return self.take(self.post("/v1/auth/signup", body, token=False).expect(201).json())

    def try_refresh(self, refresh_token=None, **more):
        body = {"refresh_token": refresh_token or self.refresh_token}
        return self.post("/v1/auth/refresh", body, token=False, **more)

    def refresh(self):
        return self.take(self.try_refresh().expect(200).json())

    def oauth_token(self, **form):
        """POST /oauth/token, without any client or token."""
        return self.post("/oauth/token", form=form, token=False)

    def me(self, **more):
        return self.get("/v1/users/me", **more)


def _json_or_none(body):
    if not body.startswith((b"{", b"[")):
        return None
    try:
        return jsonlib.loads(body)
    except ValueError:
        return None


def raw_exchange(server, data, half_close=False, timeout_s=TIMEOUT_S):
    """Sends bytes and returns all that comes until the server closes."""
    received = b""
    with socket.create_connection((server.host, server.port), timeout_s) as connection:
        try:
            connection.sendall(data)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(65536):
                received += chunk
        except ConnectionError:
            pass  # closed while we were still sending: what came before counts
    return received


def raw_replies(data):
    """Splits what came over one connection into (status, headers, body)."""
    replies = []
    while data:
        head, _, rest = data.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        length = int(headers.get("content-length", "0"))
        replies.append((int(lines[0].split()[1]), headers, rest[:length]))
        data = rest[length:]
    return replies
