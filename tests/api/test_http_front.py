"""The HTTP front over raw sockets (H01 to H10): strictness, limits, deadlines."""

import contextlib
import socket
import struct
from pathlib import Path

import pytest

import raw_cases
from client import Client, raw_exchange, raw_replies
from parallel import together
from process import PATIENCE
from waiting import eventually

OPTIONS = {
    "HEADER_DEADLINE": "1s",
    "BODY_DEADLINE": "1s",
    "MAX_CONNECTIONS": 64,
    "LOG_LEVEL": "warning",
}
CASE_PATIENCE_S = 10.0 * PATIENCE
GET = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"


def good(server):
    client = Client(server)
    client.get("/health/live").expect(200)
    client.close()
    return True


@pytest.mark.parametrize("row", raw_cases.CASES, ids=lambda row: f"{row.check}-{row.name}")
def test_raw(server, row):
    """One row of the table; then a good request on a new connection."""
    wrong = raw_cases.run((server.host, server.port), row, CASE_PATIENCE_S)
    assert wrong is None, wrong
    good(server)


@pytest.mark.parametrize("step", ["header", "body"])
def test_drip(server, step):
    """H05: a byte now and then does not keep a connection beyond the absolute deadline."""
    head = b"POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    start = head + (b"" if step == "header" else b"Content-Length: 60000\r\n\r\n")
    with socket.create_connection((server.host, server.port), 5) as connection:
        connection.sendall(start)
        connection.settimeout(0.1)
        received = []

        def closed():
            try:
                connection.sendall(b"x")
                data = connection.recv(4096)
            except TimeoutError:
                return False
            except ConnectionError:
                return True
            received.append(data)
            return data == b""

        eventually(closed, within=6 * PATIENCE)
        answer = b"".join(received)
        assert answer == b"" or b" 408 " in answer.split(b"\r\n")[0]


def test_many_slow_clients(server):
    """H05: good requests are answered while slow ones wait for their end."""
    slow = [socket.create_connection((server.host, server.port), 5) for _ in range(40)]
    for connection in slow:
        connection.sendall(b"GET /health/live HTTP/1.1\r\nX: ")
    for _ in range(20):
        good(server)
    for connection in slow:
        connection.settimeout(6 * PATIENCE)
        assert _read_to_end(connection) is not None
        connection.close()


def _read_to_end(connection):
    data = b""
    try:
        while chunk := connection.recv(4096):
            data += chunk
    except ConnectionError:
        pass
    return data


def test_connection_limit_recovers(server):
    """H06: more connections than may be; afterwards everything is as before."""
    idle = []
    for _ in range(120):
        try:
            idle.append(socket.create_connection((server.host, server.port), 1))
        except OSError:
            break
    for connection in idle:
        connection.close()
    eventually(lambda: _try_good(server), within=5 * PATIENCE)


def _try_good(server):
    try:
        return good(server)
    except (OSError, AssertionError):
        return False


def test_pipelining_in_order(server):
    """H09: answers in the order of the requests."""
    targets = ["/health/live", "/nowhere", "/v1/users/me", "/.well-known/jwks.json"] * 10
    data = "".join(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n" for target in targets)
    data += "GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    statuses = [status for status, _, _ in raw_replies(raw_exchange(server, data.encode()))]
    assert statuses == [200, 404, 401, 200] * 10 + [200]


def test_hidden_request_is_not_served(server):
    """H01: what is smuggled behind a body is never a request; nobody is made by it."""
    hidden = b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Hidden: yes\r\n\r\n"
    data = (
        b"POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" % (5 + len(hidden))
    )
    replies = raw_replies(raw_exchange(server, data + hidden))
    assert [status for status, _, _ in replies] == [400]


def test_reset_at_every_byte(server):
    """H10: clients that go away at any byte leave nothing behind."""
    body = b'{"username":"nobody-there","password":"not the one"}'
    request = b"POST /v1/auth/refresh HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    request += b"Content-Length: %d\r\n\r\n" % len(body) + body
    good(server)
    before = server.descriptors()
    for length in range(1, len(request) + 1, 2):
        with socket.create_connection((server.host, server.port), 5) as connection:
            connection.sendall(request[:length])
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    good(server)
    eventually(lambda: server.descriptors() <= before + 2, within=10 * PATIENCE)


def _sockets_of_loops(server):
    """How many sockets each I/O thread waits for."""
    counts = []
    for info in Path(f"/proc/{server.process.pid}/fdinfo").iterdir():
        with contextlib.suppress(OSError):
            lines = info.read_text().splitlines()
            counts.append(sum(line.startswith("tfd:") for line in lines))
    return sorted(count for count in counts if count > 0)


def test_threads_share_connections(start):
    """Also those that are opened one by one, of which the kernel tells always the same thread."""
    server = start(options={"IO_THREADS": 4})
    with contextlib.ExitStack() as stack:
        for _ in range(32):
            peer = stack.enter_context(socket.create_connection((server.host, server.port), 5))
            peer.sendall(GET)
            assert peer.recv(4096).startswith(b"HTTP/1.1 200 ")
        counts = _sockets_of_loops(server)
        assert len(counts) == 4
        assert counts[0] >= 8, counts


@pytest.mark.parametrize("most, threads", [(15, 8), (8, 16)])
def test_odd_shares(start, most, threads):
    """H06: a crowd is a crowd, however the connections are shared among the threads."""
    server = start(options={"MAX_CONNECTIONS": most, "IO_THREADS": threads})
    with contextlib.ExitStack() as stack:
        for _ in range(2 * most):
            stack.enter_context(socket.create_connection((server.host, server.port), 5))
        eventually(lambda: _try_good(server), within=5 * PATIENCE)


def test_more_than_asked_is_no_reset(server):
    """What comes behind the last request is read, so that its answer is not lost to a reset."""
    body = b'{"username":"nobody-there","password":"not the right one"}'
    head = b"POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    head += b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
    with socket.create_connection((server.host, server.port), 10 * PATIENCE) as connection:
        connection.sendall(head + body)
        connection.sendall(b"\r\n" + GET)
        data = b""
        while piece := connection.recv(4096):
            data += piece
    assert [status for status, _, _ in raw_replies(data)] == [401]


def test_urgent_data_hides_nothing(server):
    with socket.create_connection((server.host, server.port), 5 * PATIENCE) as connection:
        connection.sendall(GET)
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
        connection.sendall(GET[:10])
        connection.send(GET[10:11], socket.MSG_OOB)
        connection.sendall(GET[11:])
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_a_strange_method_in_pieces(server):
    with socket.create_connection((server.host, server.port), 5 * PATIENCE) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in (b"BRE", b"W /health/l", b"ive HTTP/1.1\r\nHost: x\r\n\r\n"):
            connection.sendall(piece)
            good(server)
        assert _read_to_end(connection).startswith(b"HTTP/1.1 501 ")


def test_a_slow_reader_gets_all(server):
    """An answer larger than any buffer, read in small pieces, twice over one connection."""
    page = Client(server).get("/openapi.json").expect(200).body
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(10 * PATIENCE)
        connection.connect((server.host, server.port))
        ask = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n"
        connection.sendall(ask + b"\r\n" + ask + b"Connection: close\r\n\r\n")
        data = b""
        while piece := connection.recv(1500):
            data += piece
    replies = list(raw_replies(data))
    assert [(status, body) for status, _, body in replies] == [(200, page), (200, page)]
    assert len(page) > 64 * 1024


@pytest.mark.parametrize("kept", [True, False])
def test_keep_alive_of_1_0(server, kept):
    """RFC 9112 section 9.3: on request, and then the client is told."""
    ask = b"GET /health/live HTTP/1.0\r\n"
    if kept:
        ask += b"Connection: keep-alive\r\n"
    data = raw_exchange(server, ask + b"\r\n" + GET, half_close=True)
    replies = list(raw_replies(data))
    assert [status for status, _, _ in replies] == ([200, 200] if kept else [200])
    assert replies[0][1]["connection"] == ("keep-alive" if kept else "close")


def test_refusal_of_a_long_upload_is_read(server):
    """The client sends on, and still reads why: no reset overtakes the answer."""
    head = b"POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    body = b" " * (4 * 1024 * 1024)
    with socket.create_connection((server.host, server.port), 10 * PATIENCE) as connection:
        connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        assert _read_to_end(connection).startswith(b"HTTP/1.1 413 ")


@pytest.mark.concurrency
def test_many_at_once(server):
    """Keep-alive connections at the same time, every answer the right one."""

    def walk(_):
        client = Client(server)
        for _ in range(20):
            client.get("/health/live").expect(200)
            client.get("/nowhere").expect(404)
            client.me().expect(401)
        client.close()
        return True

    assert all(together(16, walk))


def test_body_limit_by_option(start):
    """H04."""
    client = Client(start(options={"MAX_BODY_BYTES": "1KiB"}))
    headers = {"Content-Type": "application/json"}
    client.request("POST", "/v1/auth/login", body=b" " * 1024, headers=headers).expect(400)
    client.request("POST", "/v1/auth/login", body=b" " * 1025, headers=headers).expect(413)
