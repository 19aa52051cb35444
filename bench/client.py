"""A small client of Latchkey's own API, to prepare what is measured."""

import http.client
import json
import subprocess
from concurrent.futures import ThreadPoolExecutor

from processes import ENVIRONMENT, Broken

PASSWORD = "correct horse battery staple"
WORKERS = 4


class Client:
    """One connection to one server."""

    def __init__(self, address):
        self.connection = http.client.HTTPConnection(address, timeout=60)

    def call(self, method, path, body=None, token=None, expected=200):
        """Sends JSON and returns the text of the answer."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        payload = json.dumps(body) if body is not None else None
        self.connection.request(method, path, payload, headers)
        reply = self.connection.getresponse()
        text = reply.read().decode()
        if reply.status != expected:
            raise Broken(f"{method} {path}: {reply.status} {text[:300]}")
        return text

    def introspect(self, token, credentials):
        """What the client with these Basic credentials is told of a token, as text."""
        headers = {"Content-Type": "application/x-www-form-urlencoded",
                   "Authorization": f"Basic {credentials}"}  # fmt: skip
        self.connection.request("POST", "/oauth/introspect", f"token={token}", headers)
        reply = self.connection.getresponse()
        text = reply.read().decode()
        if reply.status != 200 or not text.startswith('{"active":true'):
            raise Broken(f"introspect: {reply.status} {text[:300]}")
        return text

    def log_in(self, username):
        """The answer of a log-in, decoded."""
        body = {"username": username, "password": PASSWORD}
        return json.loads(self.call("POST", "/v1/auth/login", body))


def user_name(number):
    return f"user{number:04d}"


def make_admin(binary, database, url=None):
    """Creates the first admin, "root", with the command line; url: as for serving()."""
    url = url or f"sqlite:{database}"
    command = [binary, "user", "create", "--database", url, "--username", "root",
               "--email", "root@example.com", "--role", "admin", "--password-stdin"]  # fmt: skip
    done = subprocess.run(
        [str(word) for word in command], input=PASSWORD + "\n", cwd=database.parent,
        env=ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise Broken(f"user create: status {done.returncode} {done.stderr}")


def make_users(server, count):
    """Creates user0001 and so on, on several connections at once."""
    token = Client(server.address).log_in("root")["access_token"]

    def make(first):
        client = Client(server.address)
        for number in range(first, count + 1, WORKERS):
            name = user_name(number)
            body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
            client.call("POST", "/v1/users", body, token, expected=201)

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(make, range(1, WORKERS + 1)))


def log_in_many(server, count):
    """Logs in count times on several connections, as users 1, 2, …; returns the answers."""

    def log_in(first):
        client = Client(server.address)
        return [client.log_in(user_name(n)) for n in range(first, count + 1, WORKERS)]

    with ThreadPoolExecutor(WORKERS) as pool:
        return [answer for part in pool.map(log_in, range(1, WORKERS + 1)) for answer in part]
