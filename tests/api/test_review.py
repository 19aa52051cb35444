"""What a security review found: each of these went wrong once."""

import json
import os
import socket
import subprocess
import threading
import time

import pytest

import metrics
from client import PASSWORD, Client, fresh_name
from process import BINARY, LEASH, PATIENCE, environment_of, make_user
from waiting import eventually

CONNECTIONS = 64
# Log-ins of some 250 ms each, one after the other: the last must not wait for 10 s on a busy machine.
QUEUED = 5
# Far below the deadlines of a body (30 s) and of an answer (60 s).
GOOD_WAITS_S = min(5 * PATIENCE, 20)
REFILL_S = 5  # one more change of a password
BODY_BYTE = b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\na"
UNREAD = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 200


def crowd(server, data):
    """More connections than there is room for, each of which has sent data and reads nothing."""
    opened = []
    for _ in range(CONNECTIONS + 6):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        connection.connect((server.host, server.port))
        connection.setblocking(False)
        try:
            connection.send(data)
        except OSError:
            pass  # as much as goes in
        opened.append(connection)
    return opened


@pytest.mark.parametrize("data", [BODY_BYTE, UNREAD], ids=["body", "answer"])
def test_a_crowd_that_stalls_makes_room(start, data):
    """P06: half a body, or an answer nobody reads, keeps no place when there is no other."""
    server = start(options={"MAX_CONNECTIONS": CONNECTIONS, "IO_THREADS": 1})
    crowded = crowd(server, data)
    with socket.create_connection((server.host, server.port), timeout=GOOD_WAITS_S) as good:
        good.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert good.recv(12) == b"HTTP/1.1 200"
    for connection in crowded:
        connection.close()


def in_lane(server, *names):
    """Jobs of the hash lane. Read in the order total, running, waiting, one that moves on meanwhile is
    missed once, and never counted twice."""
    return sum(metrics.read(server, f"latchkey_lane_{name}", lane="hash") for name in names)


def taken(server):
    return in_lane(server, "jobs_total", "running", "waiting")


def in_background(work):
    """Starts work(); the list gets its result."""
    results = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()
    return thread, results


@pytest.mark.concurrency
def test_a_deleted_admin_makes_no_backdoor(start, login_as_admin):
    """A03, T19: what waits in a queue has the rights of the moment it runs."""
    server = start(options={"HASH_WORKERS": 1, "PASSWORD_HASH": "bcrypt"}, admin=True)
    root = login_as_admin(server)
    make_user(server, "mallory", PASSWORD, role="admin")
    mallory = Client(server).login("mallory")
    # A job runs on a moment after its answer.
    eventually(lambda: in_lane(server, "running", "waiting") == 0)
    before = taken(server)
    ahead = [in_background(lambda: Client(server).try_login(fresh_name())) for _ in range(QUEUED)]
    eventually(lambda: taken(server) == before + QUEUED)
    backdoor = {"username": "backdoor", "password": "gravel Teapot 19", "roles": ["admin"]}
    thread, late = in_background(
        lambda: Client(server).post("/v1/users", backdoor, token=mallory.token)
    )
    eventually(lambda: taken(server) == before + QUEUED + 1)
    root.delete("/v1/users/mallory").expect(204)
    for other, _ in [*ahead, (thread, late)]:
        other.join()
    late[0].expect(401, "invalid_token")
    root.get("/v1/users/backdoor").expect(404)


def test_no_cookie_for_a_form(start):
    """X02: a form of any site's page must not log its visitor in as somebody else."""
    server = start()
    person = Client(server).signup()
    form = {"username": person.user["username"], "password": PASSWORD}
    reply = person.request("POST", "/v1/auth/login?cookie=true", form=form, token=False)
    reply.expect(422)
    assert reply.faults() == [("query.cookie", "not_allowed")]
    assert "Set-Cookie" not in reply.headers
    person.request("POST", "/v1/auth/login", form=form, token=False).expect(200)


def test_password_changes_have_a_rate(start):
    """E08: with the right password too: each costs two hashes."""
    server = start(options={"RATE_LIMIT": "on"})
    person = Client(server).signup()
    change = {"current_password": PASSWORD, "new_password": PASSWORD}
    began_s, statuses = time.monotonic(), []
    while statuses[-1:] != [429] and len(statuses) < 100:
        statuses.append(person.post("/v1/auth/password", change).status)
    refilled = int((time.monotonic() - began_s) / REFILL_S)
    assert set(statuses[:-1]) == {204} and 10 <= statuses.index(429) <= 10 + refilled, statuses


@pytest.mark.parametrize("kind", ["pipe", "socket"])
def test_a_log_that_nobody_reads(tmp_path, kind):
    """A stalled reader of standard error stops nothing, and is told what it has missed."""
    ours, theirs = os.pipe() if kind == "pipe" else (end.detach() for end in socket.socketpair())
    settings = environment_of({"LATCHKEY_LISTEN": "127.0.0.1:0", "LATCHKEY_RATE_LIMIT": "off"})
    process = subprocess.Popen(
        [*LEASH, BINARY, "serve"], cwd=tmp_path, env=settings, stderr=theirs, stdout=theirs
    )
    os.close(theirs)
    with os.fdopen(ours, "rb", buffering=0) as log:
        text = b""
        while b'"listening"' not in text or not text.endswith(b"\n"):
            text += log.read(65536)
        lines = [json.loads(line) for line in text.splitlines()]
        address = next(line["address"] for line in lines if line["event"] == "listening")
        host, port = address.rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=10 * PATIENCE) as client:
            for _ in range(3000):
                client.sendall(b"GET /v1/nope HTTP/1.1\r\nHost: x\r\n\r\n")
                answer = client.recv(65536)
                while b"\r\n\r\n" not in answer or not answer.endswith(b"}"):
                    answer += client.recv(65536)
            process.terminate()
        rest = b""
        while chunk := log.read(65536):
            rest += chunk
    assert process.wait(20 * PATIENCE) == 0
    events = [json.loads(line) for line in rest.splitlines()]
    assert events, "nothing was kept"
    if kind == "pipe":
        assert len(events) < 3000, "the pipe has no bound"
