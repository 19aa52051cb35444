"""kill -9 while people sign up: whoever was told 201 is there afterwards."""

import http.client
import threading

import pytest

from client import Client, fresh_name
from parallel import together

ROUNDS = 5
WRITERS = 4
REFRESHERS = 16
ENOUGH = 12


@pytest.mark.concurrency
def test_acknowledged_is_there(start):
    """Issue, judged: every acknowledged user is there; the file needs no repair."""
    server = start()
    acknowledged = []
    for _ in range(ROUNDS):
        acknowledged += write_until_killed(server)
        server = start.second(server)
        check = Client(server).signup()
        check.me().expect(200)
        known = {name for name, _, _ in acknowledged}
        assert known <= usernames(server)
        for name, token, _ in acknowledged[-3:]:
            assert Client(server).me(token=token).expect(200).json()["username"] == name


def usernames(server):
    """All names, by an admin made at the command line."""
    from process import run_cli

    done = run_cli("user", "list", "--database", server.database, folder=server.folder)
    return {line.split()[1] for line in done.stdout.splitlines()[1:]}


def write_until_killed(server):
    """Signs people up on several connections; kills the server in the middle."""
    made, lock, enough = [], threading.Lock(), threading.Event()

    def work(index):
        if index == WRITERS:
            enough.wait(60)
            server.process.kill()
            return
        client = Client(server)
        try:
            while True:
                client.signup(fresh_name("durable"))
                with lock:
                    made.append((client.user["username"], client.token, client.refresh_token))
                    if len(made) >= ENOUGH:
                        enough.set()
        except (OSError, http.client.HTTPException):
            enough.set()

    together(WRITERS + 1, work)
    server.kill()
    assert len(made) >= ENOUGH
    return made


@pytest.mark.concurrency
def test_acknowledged_refreshes_are_there(start):
    """R03, issue: kill -9 while refreshes share commits. Whoever was told a successor can use it;
    whoever was told nothing is within the grace."""
    options = {"REFRESH_GRACE": "60s"}
    server = start(options=options)
    clients = [Client(server).signup(fresh_name("durable")) for _ in range(REFRESHERS)]
    for _ in range(ROUNDS):
        refresh_until_killed(server, clients)
        server = start.second(server, **options)
        for client in clients:
            client.close()
            client.server = server
            client.refresh()
            client.me().expect(200)


def refresh_until_killed(server, clients):
    """Each client refreshes over and over on a connection of its own, until the server is killed in
    the middle."""
    done, lock, enough = [0], threading.Lock(), threading.Event()

    def work(index):
        if index == len(clients):
            enough.wait(60)
            server.process.kill()
            return
        client = clients[index]
        try:
            while True:
                client.refresh()
                with lock:
                    done[0] += 1
                    if done[0] >= ENOUGH * REFRESHERS:
                        enough.set()
        except (OSError, http.client.HTTPException):
            enough.set()

    together(len(clients) + 1, work)
    server.kill()
    assert done[0] >= ENOUGH * REFRESHERS


def test_ended_stays_ended_after_kill(start):
    """R04: an acknowledged log-out survives kill -9."""
    server = start()
    client = Client(server).signup()
    client.post("/v1/auth/logout").expect(204)
    server.kill()
    again = start.second(server)
    asker = Client(again)
    asker.me(token=client.token).expect(401)
    asker.try_refresh(client.refresh_token).expect(401)
