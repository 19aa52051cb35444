"""POST /v1/auth/refresh: rotation, grace, reuse."""

import base64

import pytest

import tokens
from client import Client, fresh_name
from fixtures import SESSION_ENDS, end_session
from parallel import together
from process import PATIENCE
from waiting import eventually

PATH = "/v1/auth/refresh"
NO_GRACE = {"REFRESH_GRACE": "0s"}
SHORT_LIFE = {"SESSION_LIFETIME": "10s", "ACCESS_TOKEN_LIFETIME": "10s"}


def dead(reply):
    return reply.expect(401, "invalid_grant")


@pytest.fixture(scope="module")
def strict(start_module):
    """A server without grace: any token but the newest is reuse."""
    return start_module(options=NO_GRACE)


def test_rotates(person):
    old = (person.token, person.refresh_token)
    user = person.user
    grant = person.try_refresh().expect(200).json()
    assert grant["refresh_token"] != old[1]
    assert grant["access_token"] != old[0]
    assert grant["user"]["id"] == user["id"]
    assert (grant["token_type"], grant["expires_in"]) == ("bearer", 1800)
    person.me(token=grant["access_token"]).expect(200)


def test_no_store(person):
    """R13."""
    assert "no-store" in person.try_refresh().expect(200).headers["Cache-Control"]


def test_grace_returns_the_same_successor(person):
    """R03: a client that lost the answer gets it again, and the chain goes on."""
    first = person.refresh_token
    second = person.try_refresh(first).expect(200).json()["refresh_token"]
    assert person.try_refresh(first).expect(200).json()["refresh_token"] == second
    third = person.try_refresh(second).expect(200).json()["refresh_token"]
    assert third not in (first, second)
    person.try_refresh(third).expect(200)


def test_two_steps_behind_ends_the_family(server):
    """R02: older than one step is reuse, grace or not; other sessions live on."""
    client = Client(server).signup()
    other = Client(server).login(client.user["username"])
    first = client.refresh_token
    client.refresh()
    client.refresh()
    dead(client.try_refresh(first))
    dead(client.try_refresh())
    client.me().expect(401, "invalid_token")
    other.me().expect(200)
    other.refresh()


def test_reuse_without_grace(strict):
    """R01: the old one again: its session ends with the new pair; the user's others live."""
    client = Client(strict).signup()
    other = Client(strict).login(client.user["username"])
    first = client.refresh_token
    client.refresh()
    dead(client.try_refresh(first))
    dead(client.try_refresh())
    client.me().expect(401)
    other.me().expect(200)
    other.refresh()


def test_reuse_after_the_grace_window(start):
    """R01: one second of grace, then it is reuse."""
    client = Client(start(options={"REFRESH_GRACE": "1s"})).signup()
    first = client.refresh_token
    second = client.try_refresh(first).expect(200).json()["refresh_token"]

    def refused():
        return client.try_refresh(first).status == 401

    eventually(refused, within=6 * PATIENCE)
    dead(client.try_refresh(second))


def test_survives_a_restart(start):
    """R04, R06: good tokens stay good, rotated and ended ones stay dead."""
    server = start(options=NO_GRACE)
    kept, reused, out = (Client(server).signup() for _ in range(3))
    old = reused.refresh_token
    reused.refresh()
    out.post("/v1/auth/logout").expect(204)
    server.stop()
    again = start.second(server, **NO_GRACE)
    for client in (kept, reused, out):
        client.close()
        client.server = again
    kept.me().expect(200)
    kept.refresh()
    out.me().expect(401)
    dead(out.try_refresh())
    dead(reused.try_refresh(old))
    dead(reused.try_refresh())


@pytest.mark.parametrize("end", SESSION_ENDS)
def test_dead_after(server, admin, end):
    """R06: whatever ends the session ends its refresh token."""
    client = Client(server).signup()
    end_session(end, client, admin)
    dead(client.try_refresh())
    client.me().expect(401, "invalid_token")


def test_idle_end(start):
    """R08: a session unused for too long is over; the list of sessions says when."""
    client = Client(start(options={"SESSION_IDLE": "1s"})).signup()
    session_id = tokens.claims(client.token)["sid"]

    def gone():
        watcher = Client(client.server).login(client.user["username"])
        items = watcher.get("/v1/auth/sessions").expect(200).json()["items"]
        watcher.close()
        return session_id not in {item["id"] for item in items}

    eventually(gone, within=10 * PATIENCE)
    dead(client.try_refresh())


def test_absolute_end(start):
    """R07: refreshing all the time does not outlive the session's end."""
    client = Client(start(options=SHORT_LIFE)).signup()

    def over():
        reply = client.try_refresh()
        if reply.status == 200:
            client.take(reply.json())
            return False
        dead(reply)
        return True

    eventually(over, within=20 * PATIENCE)


def junk_of(token):
    middle = len(token) // 2
    yield ""
    yield "x"
    yield "x" * 5000
    yield token + "A"
    yield token[:-1]
    yield token[1:]
    yield " " + token
    yield token + " "
    yield token + "="
    yield token.swapcase()
    yield token.replace(token[middle], "~", 1)
    yield token + "\u0000"
    yield token + "." + token
    yield base64.urlsafe_b64encode(b"\x00" * 64).decode().rstrip("=")
    yield "eyJhbGciOiJub25lIn0.e30."


def test_junk(server):
    """What is not a token is refused and hurts nobody."""
    client = Client(server).signup()
    for junk in junk_of(client.refresh_token):
        reply = client.post(PATH, {"refresh_token": junk}, token=False)
        assert (reply.status, reply.code) in {
            (401, "invalid_grant"),
            (422, "invalid"),
            (400, "malformed_json"),
        }, (junk, reply.status, reply.body)
    client.refresh()


def test_every_flipped_character(server):
    """R14's other side: no neighbour of a token is a token."""
    client = Client(server).signup()
    token = client.refresh_token
    for index in range(len(token)):
        other = "B" if token[index] != "B" else "C"
        flipped = token[:index] + other + token[index + 1 :]
        dead(client.post(PATH, {"refresh_token": flipped}, token=False))
    client.refresh()


def test_kinds_do_not_mix(person):
    """T15: an access token refreshes nothing, a refresh token opens nothing."""
    dead(person.try_refresh(person.token))
    person.me(token=person.refresh_token).expect(401, "invalid_token")


@pytest.mark.parametrize(
    "body",
    [{"refresh_token": None}, {"refresh_token": 7}, {"refresh_token": ["x"]},
     {"refresh_token": "x", "scope": "admin"}, {"refresh_token": {"$ne": None}}],
)  # fmt: skip
def test_invalid_bodies(anyone, body):
    """R09: no more can be asked for than there is."""
    anyone.post(PATH, body).expect(422, "invalid")


def test_no_token_at_all(anyone):
    for reply in (anyone.post(PATH, {}), anyone.request("POST", PATH)):
        assert reply.status in (401, 422), reply.status


def test_form(person):
    reply = person.post(PATH, form={"refresh_token": person.refresh_token}, token=False)
    assert reply.status in (200, 415)


@pytest.mark.concurrency
def test_fifty_at_once(server):
    """R03: one token, fifty clients: one successor for all of them."""
    for _ in range(2):
        client = Client(server).signup(fresh_name())
        token = client.refresh_token

        def refresh(_, token=token):
            other = Client(server)
            reply = other.try_refresh(token)
            other.close()
            return reply

        server.unavailable_expected = True
        replies = together(50, refresh)
        server.unavailable_expected = False
        good = [reply.json() for reply in replies if reply.status == 200]
        assert {reply.status for reply in replies} <= {200, 503}
        assert len({grant["refresh_token"] for grant in good}) == 1
        client.take(good[0])
        client.refresh()
        client.me().expect(200)


@pytest.mark.concurrency
def test_a_reuse_is_told_once(start, login_as_admin):
    """R01: however often the old token comes at once, the session ends once, and one event says so."""
    server = start(options=NO_GRACE, admin=True)
    admin = login_as_admin(server)
    client = Client(server).signup(fresh_name())
    old = client.refresh_token
    client.refresh()
    client.refresh()

    def reuse(_):
        other = Client(server)
        status = other.try_refresh(old).status
        other.close()
        return status

    server.unavailable_expected = True
    statuses = together(16, reuse)
    server.unavailable_expected = False
    assert set(statuses) <= {401, 503}, statuses
    dead(client.try_refresh())
    query = f"event=token_reuse&subject={client.user['username']}&count=true"
    assert admin.get(f"/v1/audit?{query}").expect(200).json()["total"] == 1


@pytest.mark.concurrency
def test_fifty_at_once_on_two_processes(start):
    """R03 between two processes on one file, without grace: at most one gets through."""
    server = start(options=NO_GRACE)
    other = start.second(server, **NO_GRACE)
    server.unavailable_expected = other.unavailable_expected = True
    client = Client(server).signup()

    def refresh(index):
        each = Client((server, other)[index % 2])
        reply = each.try_refresh(client.refresh_token)
        each.close()
        return reply.status

    statuses = together(50, refresh)
    assert statuses.count(200) <= 1, statuses
    assert set(statuses) <= {200, 401, 503}
