"""The key ring: what is published, and changing keys under load (T23, T24)."""

import threading

import pytest

import tokens
from client import Client
from parallel import together
from process import run_cli
from waiting import NODE_BOUND_S, PATIENCE, eventually

JWKS = "/.well-known/jwks.json"
PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


def keys_command(server, *words):
    """Of the words the first is the command; a key id may begin with a hyphen."""
    name, *operands = words
    command = ["keys", name, "--database", server.database, "--", *operands]
    return run_cli(*command, folder=server.folder).stdout


def published(server):
    client = Client(server)
    keys = client.get(JWKS).expect(200).json()["keys"]
    client.close()
    return {key["kid"]: key for key in keys}


@pytest.mark.parametrize("algorithm, kty", [("ES256", "EC"), ("EdDSA", "OKP"), ("RS256", "RSA")])
def test_key_set(start, algorithm, kty):
    """T23: public members only, unique ids, to be cached."""
    server = start(options={"TOKEN_ALGORITHM": algorithm})
    reply = Client(server).get(JWKS).expect(200)
    keys = reply.json()["keys"]
    assert keys and len({key["kid"] for key in keys}) == len(keys)
    for key in keys:
        assert not PRIVATE & set(key)
        assert (key["kty"], key["alg"], key["use"]) == (kty, algorithm, "sig")
    assert "max-age=" in reply.headers["Cache-Control"]


def test_rotation(start):
    """T24: the new key signs soon, on both nodes; the old token goes on."""
    server = start()
    other = start.second(server)
    client = Client(server).signup()
    old = client.token
    new_id = keys_command(server, "rotate").strip()
    for node in (server, other):
        eventually(lambda node=node: new_id in published(node), within=2 * NODE_BOUND_S)
        assert tokens.header(old)["kid"] in published(node)

    def signs_with_new():
        client.refresh()
        return tokens.header(client.token)["kid"] == new_id

    eventually(signs_with_new, within=10 * PATIENCE)
    for node in (server, other):
        for token in (old, client.token):
            Client(node).me(token=token).expect(200)


def test_retiring(start):
    """A key that has leaked: its tokens are refused at once, here and there."""
    server = start()
    other = start.second(server)
    client = Client(server).signup()
    old = client.token
    old_id = tokens.header(old)["kid"]
    keys_command(server, "rotate")
    keys_command(server, "retire", old_id)
    for node in (server, other):
        asker = Client(node)
        eventually(lambda asker=asker: asker.me(token=old).status == 401, within=2 * NODE_BOUND_S)
        assert old_id not in published(node)

    def refreshed():
        client.refresh()
        return client.me().status == 200

    eventually(refreshed, within=10 * PATIENCE)


def test_rotation_survives_a_restart(start):
    server = start()
    client = Client(server).signup()
    keys_command(server, "rotate")
    server.stop()
    again = start.second(server)
    Client(again).me(token=client.token).expect(200)
    assert len(published(again)) == 2


@pytest.mark.concurrency
def test_rotation_under_load(start):
    """T24: no request fails while the key changes, on two nodes."""
    server = start()
    nodes = (server, start.second(server))
    people = [Client(nodes[i % 2]).signup() for i in range(4)]
    done = threading.Event()

    def work(index):
        if index == len(people):
            rotate_until_new(server, people[0].user["username"])
            done.set()
            return 0
        client, count = people[index], 0
        while not done.is_set() or count == 0:
            client.refresh()
            client.me().expect(200)
            Client(nodes[(index + 1) % 2]).me(token=client.token).expect(200)
            count += 1
        return count

    assert all(together(len(people) + 1, work)[:-1])


def rotate_until_new(server, name):
    """Rotates, then waits until a log-in bears the new key."""
    new_id = keys_command(server, "rotate").strip()
    client = Client(server)

    def new_key():
        return tokens.header(client.login(name).token)["kid"] == new_id

    eventually(new_key, within=30 * PATIENCE)
