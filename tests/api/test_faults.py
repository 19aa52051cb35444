"""1,000 mixed requests with faults: never a 5xx, never an answer the document does not declare."""

import json
import random
import re

import pytest

import recorder
from client import PASSWORD, Client, fresh_name
from fixtures import ADMIN, ADMIN_PASSWORD

REQUESTS = 1000  # enough that each kind of answer comes, whatever operations there are
SEEDS = (1, 2, 3)
VALUES = [
    None, True, 0, -1, 1.5, 2**63, "", "x", "a" * 300, "é🎈", "\u0000", "' OR 1=1", [], ["admin"],
    {}, {"$ne": 1}, "root", PASSWORD,
]  # fmt: skip
MEMBERS = [
    "username", "email", "password", "name", "age", "metadata", "roles", "status", "refresh_token",
    "current_password", "new_password", "email_verified", "extra", "",
]  # fmt: skip
KEYS = [
    "root",
    "1",
    "0",
    "nobody",
    "018f0000-0000-7000-8000-000000000000",
    "%00",
    "..",
    "x" * 500,
    "é",
    "%ff",
]
TYPES = [
    "application/json",
    "application/x-www-form-urlencoded",
    "text/plain",
    "",
    "application/json; charset=x",
]
QUERIES = [
    "",
    "",
    "",
    "?limit=5",
    "?limit=x",
    "?a=1&a=2",
    "?%zz",
    "?scope=global",
    "?cookie=true",
    "?&&=",
    "?" + "a" * 3000,
]
FORMS = [b"username=root&password=x", b"username=%zz", b"username=root&username=root", b"&&=", b""]
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW"]


def prefix_of(name):
    return "" if name == recorder.NATIVE else f"/at/{name}"


class Faults:
    """Makes requests, most of them nearly right, for a document's operations below a prefix."""

    def __init__(self, seed, names=(recorder.NATIVE,)):
        self.random = random.Random(seed)
        self.operations = [
            (method, prefix_of(name) + path)
            for name in names
            for method, path in sorted(recorder.document(name).operations)
        ]

    def body(self):
        members = self.random.sample(MEMBERS, self.random.randrange(5))
        text = json.dumps({name: self.random.choice(VALUES) for name in members}).encode()
        if self.random.random() < 0.2:
            at = self.random.randrange(len(text))
            text = (
                text[:at]
                + self.random.choice([b"", b"\x00", b"\xff", b'"', b"}", b"{"])
                + text[at + 1 :]
            )
        return text

    def request(self, client):
        method, template = self.random.choice(self.operations)
        if self.random.random() < 0.1:
            method = self.random.choice(METHODS)
        key = self.random.choice(KEYS).encode("utf-8").decode("latin-1")
        path = re.sub(r"\{[a-z_]+\}", lambda _: key, template)
        path = path.encode("latin-1", "ignore").decode("ascii", "ignore")
        headers = {}
        body = None
        if method in ("POST", "PUT", "PATCH") or self.random.random() < 0.05:
            headers["Content-Type"] = self.random.choice(TYPES[:1] * 6 + TYPES)
            form = headers["Content-Type"] == TYPES[1]
            body = self.random.choice(FORMS) if form else self.body()
        if self.random.random() < 0.2:
            headers["Authorization"] = self.random.choice(["Bearer x", "Basic Og==", "Bearer", ""])
        path += self.random.choice(QUERIES)
        return client.request(method, path, body=body, headers=headers)


def mixed_requests(server, faults):
    """The recorder judges every answer; the server lives on."""
    server.public |= {value for value in VALUES if isinstance(value, str)}
    person = Client(server).signup(fresh_name("faulty"))
    admin = Client(server).login(ADMIN, ADMIN_PASSWORD)
    people = [person, Client(server), admin]
    statuses = set()
    for index in range(REQUESTS):
        client = people[index % len(people)]
        statuses.add(faults.request(client).status)
        if client is admin and client.me().status == 401:
            admin.login(ADMIN, ADMIN_PASSWORD)
    assert {401, 404, 422} <= statuses
    assert server.process.poll() is None
    Client(server).signup()


@pytest.mark.parametrize("seed", SEEDS)
def test_mixed_requests(server, seed):
    mixed_requests(server, Faults(seed))


@pytest.mark.parametrize("seed", SEEDS)
def test_mixed_requests_to_dialects(start, seed):
    names = recorder.dialects()
    server = start(admin=True, dialects=[f"{name}={prefix_of(name)}" for name in names])
    mixed_requests(server, Faults(seed, names))
