"""Refreshes that wait in the group lane behind a store that is held up: turned away when they waited
too long, or when the server ends; nothing is lost (R05)."""

import contextlib
import sqlite3

import pytest

import metrics
from client import Client
from parallel import together
from waiting import PATIENCE, eventually

GROUP = 64  # how many the lane takes at once (HTTP_GROUP_MAX)
SESSIONS = 3
# One is taken alone, then two groups, each until the store gives up after 5 s: what is left by then
# has waited for more than 10 s.
MANY = 1 + 2 * GROUP + 12

pytestmark = [pytest.mark.once, pytest.mark.store("sqlite")]


@pytest.fixture
def server(start):
    server = start()
    server.unavailable_expected = server.error_records_expected = True
    return server


@contextlib.contextmanager
def held_up(server):
    """Another program writes, and does not come to an end."""
    other = sqlite3.connect(
        server.database.removeprefix("sqlite:"), isolation_level=None, check_same_thread=False
    )
    other.execute("begin immediate")
    try:
        yield
    finally:
        other.execute("rollback")
        other.close()


def sign_up(server):
    """Sessions of one person."""
    first = Client(server).signup()
    more = [Client(server).login(first.user["username"]) for _ in range(SESSIONS - 1)]
    return [first, *more]


def in_lane(server, how):
    return metrics.read(server, f"latchkey_lane_{how}", lane="group")


def refresh_at_once(server, sessions, count, meanwhile=None):
    """So many refreshes, each over a connection of its own; the answers."""
    held = [session.refresh_token for session in sessions]

    def send(index):
        if index == count:
            return meanwhile()
        client = Client(server)
        reply = client.try_refresh(held[index % len(held)])
        client.close()
        return reply

    return together(count + (meanwhile is not None), send)[:count]


def codes_of(replies):
    """How often which code came. Whatever it was, the client is told to come again."""
    codes = [reply.expect(503).code for reply in replies]
    assert all(int(reply.headers["Retry-After"]) >= 1 for reply in replies)
    return {code: codes.count(code) for code in codes}


def test_those_that_waited_too_long(server):
    sessions = sign_up(server)
    with held_up(server):
        codes = codes_of(refresh_at_once(server, sessions, MANY))
    assert set(codes) == {"busy", "store_unavailable"}
    assert codes["busy"] >= MANY - 1 - 2 * GROUP
    for session in sessions:
        session.refresh()
        session.me().expect(200)


def test_those_that_wait_when_the_server_ends(server, start):
    """Every one is answered, the server ends, and the tokens are good when it is there again."""
    sessions = sign_up(server)
    count = GROUP + 10

    def stop_when_they_wait():
        # All of them are there.
        eventually(lambda: in_lane(server, "running") + in_lane(server, "waiting") >= count)
        server.signal()

    with held_up(server):
        codes = codes_of(refresh_at_once(server, sessions, count, stop_when_they_wait))
        assert server.terminate(within=20 * PATIENCE) == 0
    assert set(codes) <= {"busy", "store_unavailable"}
    again = start.second(server)
    for session in sessions:
        session.close()
        session.server = again
        session.refresh()
        session.me().expect(200)
