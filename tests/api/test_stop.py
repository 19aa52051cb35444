"""SIGTERM: requests in flight are finished, new ones refused, exit 0."""

import signal
import socket
import threading

import pytest

from client import PASSWORD, Client, fresh_name, raw_replies
from parallel import together
from process import PATIENCE, wait_refused

BODY = b'{"username":"%s","password":"' + PASSWORD.encode() + b'"}'


def signup_bytes(name):
    body = BODY % name.encode()
    head = b"POST /v1/auth/signup HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def test_finishes_what_has_begun(start):
    """Sign-ups whose last byte comes after SIGTERM are answered and kept."""
    server = start()
    names = [fresh_name("late") for _ in range(3)]
    connections = []
    for name in names:
        connection = socket.create_connection((server.host, server.port), 30)
        connection.sendall(signup_bytes(name)[:-1])
        connections.append(connection)
    Client(server).get("/health/live").expect(200)
    server.signal()
    wait_refused(server, within=5 * PATIENCE)
    for connection in connections:
        connection.sendall(b"}")
    for connection in connections:
        assert _status(connection) == 201
        connection.close()
    assert server.terminate() == 0
    again = start.second(server)
    for name in names:
        Client(again).login(name)


def _status(connection):
    data = b""
    while chunk := connection.recv(65536):
        data += chunk
    return raw_replies(data)[0][0]


def test_idle_connections_do_not_hold_it(start):
    """Keep-alive connections and half requests end with the server, well before the 10 seconds."""
    server = start()
    clients = [Client(server) for _ in range(5)]
    for client in clients:
        client.get("/health/live").expect(200)
    assert server.terminate(within=min(8 * PATIENCE, 9)) == 0


def test_half_a_request_ends_at_the_bound(start):
    """A client that never finishes holds the stop for 10 s at most, here for its own deadline."""
    server = start(options={"HEADER_DEADLINE": "1s", "BODY_DEADLINE": "1s"})
    with socket.create_connection((server.host, server.port), 5) as connection:
        connection.sendall(b"POST /v1/auth/signup HTTP/1.1\r\nHost: x\r\nContent-Len")
        Client(server).get("/health/live").expect(200)
        assert server.terminate(within=11 * PATIENCE) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals(start, number):
    server = start()
    server.signal(number)
    assert server.terminate() == 0
    server.wait_event("stopped")


@pytest.mark.concurrency
def test_stop_under_load(start):
    """Whatever was answered before the end was answered well; then exit 0."""
    server = start()
    server.unavailable_expected = True
    person = Client(server).signup()
    begun = threading.Event()

    def work(index):
        if index == 0:
            begun.wait(30)
            server.signal()
            return 0
        client, count = Client(server, person.token), 0
        try:
            while True:
                client.me().expect(200)
                count += 1
                if count > 20:
                    begun.set()
        except OSError:
            return count
        except AssertionError:
            raise
        except Exception as error:  # an answer that breaks off is none
            assert "IncompleteRead" in repr(error) or "BadStatusLine" in repr(error), error
            return count

    counts = together(5, work)
    assert sum(counts) > 20
    assert server.terminate() == 0
