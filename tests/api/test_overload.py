"""More than can be done: bounded queues, 503 with Retry-After, health answers meanwhile (P15)."""

import contextlib
import socket
import threading

import pytest

from client import Client, fresh_name
from parallel import together
from process import PATIENCE, SANITIZED
from waiting import eventually

CLIENTS = 200
HASH_MIB = 19
SLACK_MIB = 40
KEPT_OPEN = 800
CONNECTION_KIB = 2  # an idle one has no buffer
USED_KIB = 3 * 1024  # what else a server takes once it is used


@pytest.mark.concurrency
def test_login_storm(start):
    """200 log-ins at once on one hash worker: 200 or 503; memory is bounded; nothing else waits."""
    server = start(options={"HASH_WORKERS": 1})
    server.unavailable_expected = True
    person = Client(server).signup()
    name = person.user["username"]
    before = server.memory_kib()
    over = threading.Event()
    slowest = []

    def work(index):
        if index == CLIENTS:
            slowest.append(ask_while(person, over))
            return 0
        client = Client(server)
        status = client.try_login(name).status
        client.close()
        return status

    def all_of_it(index):
        status = work(index)
        with lock:
            left.discard(index)
            if not left:
                over.set()
        return status

    lock, left = threading.Lock(), set(range(CLIENTS))
    statuses = together(CLIENTS + 1, all_of_it)[:-1]
    assert set(statuses) <= {200, 503}, set(statuses)
    assert statuses.count(200) >= 10
    assert 503 in statuses, "the queue has no bound"
    if not SANITIZED:
        grown = (server.memory_kib() - before) / 1024
        assert grown < HASH_MIB + SLACK_MIB, f"{grown} MiB more"
    person.me().expect(200)
    assert slowest[0] < 1.0 * PATIENCE


def ask_while(person, over):
    """The slowest of health and own record while the storm lasts, in seconds."""
    import time

    slowest, client = 0.0, Client(person.server, person.token)
    while not over.is_set():
        for path in ("/health/live", "/health/ready", "/v1/users/me"):
            started = time.monotonic()
            client.get(path).expect(200)
            slowest = max(slowest, time.monotonic() - started)
    return slowest


@pytest.mark.concurrency
def test_full_hash_lane_everywhere(start, login_as_admin):
    """Every operation that hashes says 503 when the lane is full, and works later."""
    server = start(options={"HASH_WORKERS": 1}, admin=True)
    server.unavailable_expected = True
    admin = login_as_admin(server)
    person = Client(server).signup()
    change = {"current_password": "not the right one", "new_password": "gravel Teapot 19"}
    requests = [
        lambda c: c.try_login(fresh_name("nobody")),
        lambda c: c.post(
            "/v1/auth/signup", {"username": fresh_name(), "password": "gravel Teapot 19"}
        ),
        lambda c: c.post("/v1/auth/password", change, token=person.token),
        lambda c: c.post(
            "/v1/users",
            {"username": fresh_name(), "password": "gravel Teapot 19"},
            token=admin.token,
        ),
        lambda c: c.patch(f"/v1/users/{person.user['id']}", {"name": "x"}, token=admin.token),
    ]

    def send(index):
        client = Client(server)
        reply = requests[index % len(requests)](client)
        client.close()
        return (index % len(requests), reply.status)

    answers = set()
    for _ in range(5):
        answers |= set(together(220, send))
        if all((kind, 503) in answers for kind in range(len(requests))):
            break
    assert {kind for kind, status in answers if status == 503} == set(range(len(requests)))
    person.try_login(fresh_name("nobody")).expect(401)


@pytest.mark.skipif(SANITIZED, reason="a sanitizer's heap is another")
def test_memory_of_connections(start):
    """What is kept open costs little, and is given back when it goes."""
    server = start()
    before = server.memory_kib()
    with contextlib.ExitStack() as stack:
        for _ in range(KEPT_OPEN):
            peer = stack.enter_context(socket.create_connection((server.host, server.port), 30))
            peer.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
            assert peer.recv(4096).startswith(b"HTTP/1.1 200 ")
        grown = server.memory_kib() - before
        assert grown < KEPT_OPEN * CONNECTION_KIB + USED_KIB, f"{grown} KiB"
    eventually(
        lambda: server.memory_kib() - before < USED_KIB, 10 * PATIENCE, "it keeps the memory"
    )
