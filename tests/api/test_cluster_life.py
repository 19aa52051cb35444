"""What happens to nodes: they start at once, change keys under load, see their schema grow, lose the
database, die, and are replaced; the others go on, and nobody is logged out (issue: several nodes)."""

import threading
import time
from urllib.parse import urlsplit

import pytest

import stores
import tokens
from client import PASSWORD, Client, fresh_name
from fixtures import ADMIN, ADMIN_PASSWORD
from nodes import COUNT, OPTIONS, Load, Person, rounds, start_nodes
from process import PATIENCE, run_cli
from stores.proxy import Proxy
from waiting import NODE_BOUND_S, eventually

pytestmark = pytest.mark.concurrency

# docs/architecture.md: a feed that was not read for so long opens no door.
STALE_S = 5.0
RECOVERY_S = 5 * PATIENCE
# A new key signs two seconds after it was made.
KEY_S = 10 * PATIENCE


def command(node, *words, status=0):
    return run_cli(*words, "--database", node.database, folder=node.folder, status=status)


# --- starting -------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [0, 3], ids=["nothing", "an-older-schema"])
@pytest.mark.parametrize("count", [2, 3])
def test_all_start_at_once(start, count, steps):
    """One schema, one issuer, one key, one secret of refresh tokens: whoever comes first decides."""
    for _ in range(rounds(1, 20)):
        folder = start.folder()
        url = stores.database(folder)
        if steps > 0:
            stores.module().make_old(url, steps)
        more = {"folder": folder, "database": url, "options": OPTIONS, "waits": False}
        nodes = [start(**more) for _ in range(count)]
        for node in nodes:
            node.wait_listening()
        issuers = {node.wait_event("listening")["issuer"] for node in nodes}
        assert len(issuers) == 1
        status = command(nodes[0], "migrate", "--status").stdout
        assert " applied " in status and "the schema is up to date" in status
        keys = command(nodes[0], "keys", "list").stdout.splitlines()[1:]
        assert [line.split()[2] for line in keys] == ["signing"]
        person = Person(nodes).signup()
        for index in range(count):
            person.at(index).me().expect(200)
            person.refresh(index)
            Person(nodes).signup(index).refresh(index + 1)
        person.close()
        for node in nodes:
            node.stop()


# --- keys -----------------------------------------------------------------------------------------


def test_keys_rotate_under_load(start):
    """T24: log-ins, refreshes and reads over three nodes while the key changes again and again: every
    answer is 200, each node signs with each key, and the first tokens stay good."""
    nodes = start_nodes(start)
    people = [Person(nodes).signup(index) for index in range(4)]
    first = [person.token for person in people[1:]]  # whose sessions go on
    signs = [None] * COUNT  # the key by which each node signed last
    turns = [0] * len(people)

    def work(index):
        person, at = people[index], turns[index] % COUNT
        turns[index] += 1
        if index == 0:
            person.login(person.user["username"], PASSWORD, index=at)
        else:
            person.refresh(at)
        signs[at] = tokens.header(person.token)["kid"]
        for other in range(COUNT):
            person.at(other).me().expect(200)

    with Load(len(people), work) as load:
        for _ in range(rounds(2, 20)):
            new_id = command(nodes[0], "keys", "rotate").stdout.strip()
            eventually(lambda k=new_id: load.check() or signs == [k] * COUNT, KEY_S)
        load.more(1)
    for token in first:
        for node in nodes:
            Client(node).me(token=token).expect(200)


# --- a newer schema -------------------------------------------------------------------------------


def test_running_nodes_bear_a_newer_schema(start):
    """The rule of docs/cluster.md: a step only adds. Nodes that run go on, without a failed request;
    what starts on it, and is too old, ends with status 1 and a line that says why."""
    nodes = start_nodes(start, count=2, admin=True)
    people = [Person(nodes).signup(index) for index in range(3)]
    root = Client(nodes[0]).login(ADMIN, ADMIN_PASSWORD)

    def work(index):
        person = people[index]
        person.refresh(index)
        client = person.at(index + 1)
        client.patch("/v1/users/me", {"name": fresh_name("name")}).expect(200)
        path = "/v1/products"
        product = client.post(path, {"name": "Anvil", "price": "1.50"}).expect(201).json()
        client.get(f"{path}?q=anv&sort=name").expect(200)
        client.delete(f"{path}/{product['id']}").expect(204)
        if index == 0:
            Client(nodes[0]).try_login(person.user["username"], "wrong password").expect(401)
            person.login(person.user["username"], PASSWORD)

    peek = stores.peek(nodes[0].database)
    with Load(len(people), work) as load:
        load.more(1)
        peek.grow()
        peek.add_migration(900)
        load.more(2)
    for path in ("/v1/users?q=per&sort=-created_at", "/v1/audit", "/v1/roles"):
        root.get(path).expect(200)
    person = Person(nodes).signup()
    person.at(0).post("/v1/auth/logout").expect(204)
    eventually(lambda: person.at(1).me().status == 401, NODE_BOUND_S)
    check_too_old(nodes[0])
    Client(nodes[1]).signup()


def check_too_old(node):
    serve = ("serve", "--listen", "127.0.0.1:0")
    for words in (serve, ("user", "list"), ("keys", "rotate"), ("migrate",)):
        done = command(node, *words, status=1)
        assert "made by a newer version of latchkey (schema 900, this binary knows" in done.stderr
        assert "listening" not in done.stderr


# --- a node without its database ------------------------------------------------------------------


class Ways:
    """Nodes that come to their database each by a way of its own, which can be cut."""

    def __init__(self, start, folder):
        self.start, self.folder = start, folder
        self.url = stores.database(folder)
        self.proxies = []

    def node(self, **options):
        """One more node, and its way."""
        port = urlsplit(self.url).port
        proxy = Proxy(port)
        self.proxies.append(proxy)
        url = self.url.replace(f":{port}/", f":{proxy.port}/")
        if stores.kind() == "mongo":  # else the driver goes to where the set says its members are
            url = url.replace("replicaSet=rs0", "directConnection=true")
        node = self.start(folder=self.folder, database=url, options={**OPTIONS, **options})
        node.unavailable_expected = node.error_records_expected = True
        return node, proxy


@pytest.fixture
def ways(start):
    ways = Ways(start, start.folder())
    yield ways
    for proxy in ways.proxies:
        proxy.close()


@pytest.mark.store("postgres", "mongo")
@pytest.mark.parametrize("how", ["cut", "swallow"])
def test_a_node_that_is_cut_off_closes(start, ways, measured, how):
    """DESIGN 3: it hears of no log-out any more, so five seconds after its last look it lets no token
    through, and says 503, never 401. The others never notice. It opens again by itself."""
    first = start(folder=ways.folder, database=ways.url, options=OPTIONS)
    lonely, proxy = ways.node()
    nodes = [first, start.second(first, **OPTIONS), lonely]
    gone, kept = Person(nodes).signup(), Person(nodes).signup()
    for person in (gone, kept):
        person.at(2).me().expect(200)
    getattr(proxy, how)()
    cut_s = time.monotonic()
    gone.at(0).post("/v1/auth/logout").expect(204)
    eventually(lambda: gone.at(1).me().status == 401, NODE_BOUND_S)
    last_s = open_until(lonely, gone.token)
    measured("a node that is cut off closes after", last_s - cut_s)
    assert last_s - cut_s <= STALE_S
    assert_closed(lonely, gone.token, kept)
    lonely.wait_event("feed_stale")
    for index in range(2):
        kept.at(index).me().expect(200)
        kept.refresh(index)
    proxy.mend()
    mended_s = time.monotonic()
    eventually(lambda: kept.at(2).me().status == 200, RECOVERY_S, "it does not open again")
    measured("and opens again after", time.monotonic() - mended_s)
    gone.at(2).me().expect(401, "invalid_token")
    lonely.wait_event("feed_fresh")
    eventually(lambda: Client(lonely).get("/health/ready").status == 200, RECOVERY_S)
    kept.refresh(2)


def open_until(node, token):
    """When the last request was sent that the node let through."""
    client, last_s, pause = Client(node, token), 0.0, threading.Event()
    deadline = time.monotonic() + STALE_S + 5 * PATIENCE
    while True:
        sent_s = time.monotonic()
        reply = client.get("/v1/permissions")  # from memory: no call of the database in it
        if reply.status == 503:
            reply.expect(503, "stale")
            return last_s
        reply.expect(403)  # let in, but this one may not: the token counted
        last_s = sent_s
        assert sent_s < deadline, "it never closes"
        pause.wait(0.02)


def assert_closed(node, token, kept):
    """503 to everybody, and never a word that the token or the session were bad."""
    client = Client(node, token)
    for path in ("/v1/users/me", "/v1/permissions", "/v1/auth/sessions", "/v1/auth/verify"):
        reply = client.get(path)
        if reply.status != 404:
            assert int(reply.expect(503).headers["Retry-After"]) >= 1
    lost = kept.at(2).try_refresh()
    assert int(lost.expect(503).headers["Retry-After"]) >= 1
    client.get("/health/live").expect(200)
    client.get("/health/ready").expect(503)
    kept.refresh(0)  # the same token, elsewhere


ROTATION = {"postgres": b"counter = counter + 1", "mongo": b"findAndModify"}


@pytest.mark.store("postgres", "mongo")
def test_an_outage_counts_for_no_window_of_any_node(ways):
    """R05: a refresh is carried out at one node and its answer lost; then nobody can reach the
    database for longer than REFRESH_GRACE. The client comes to another node, which never heard of
    it: the time in which nobody could have been answered is none of the client's."""
    grace_s = 3  # longer than the pauses between tries to connect
    nodes, proxies = zip(*[ways.node(REFRESH_GRACE=f"{grace_s}s") for _ in range(2)])
    person = Person(nodes).signup()
    proxies[0].reset()  # new connections: statements are prepared anew, and can be told
    eventually(lambda: person.at(0).me().status == 200, RECOVERY_S)
    lost = person.grant["refresh_token"]
    proxies[0].cut_after = ROTATION[stores.kind()]
    proxies[0].cut_for_good = True
    proxies[1].cut()

    def is_lost():
        person.at(0).try_refresh().expect(503)  # first perhaps by a worker that has not connected yet
        return proxies[0].was_cut.is_set()

    eventually(is_lost, RECOVERY_S)
    done_s = time.monotonic()
    eventually(lambda: time.monotonic() - done_s > grace_s + 1, 30 * PATIENCE)
    for proxy in proxies:
        proxy.mend()
    reply = eventually(lambda: _answered(person.at(1).try_refresh(lost)), RECOVERY_S)
    person.grant = reply.expect(200).json()
    assert person.at(1).try_refresh(lost).status == 200  # the same successor
    for index in range(2):
        eventually(lambda c=person.at(index): c.me().status == 200, RECOVERY_S)
    person.refresh(1)


def _answered(reply):
    return reply if reply.status != 503 else None


# --- a node that dies, and nodes that are replaced ------------------------------------------------


def roaming(people, homes):
    """What each does: refresh and read at their node, or at the next one when that is gone. A load
    balancer does as much; nothing of it needs to stay with one node."""

    def work(index):
        person = people[index]
        reply, homes[index] = person.try_everywhere(lambda c: c.try_refresh(), homes[index])
        person.grant = reply.expect(200).json()
        reply, homes[index] = person.try_everywhere(lambda c: c.me(), homes[index])
        reply.expect(200)

    return work


def assert_all_well(node, people):
    """Everybody has the one session that they began with, and nobody was taken for a thief."""
    for person in people:
        client = Client(node).take(person.grant)
        sessions = client.get("/v1/auth/sessions").expect(200).json()["items"]
        assert [session["current"] for session in sessions] == [True]
    admin = Client(node).login(ADMIN, ADMIN_PASSWORD)
    assert admin.get("/v1/audit?event=token_reuse").expect(200).json()["items"] == []


def test_a_node_is_killed_under_load(start):
    """SIGKILL in mid-work: whoever was there comes to the next node with the token they have, whether
    the lost request was carried out or not, and stays logged in."""
    for _ in range(rounds(2, 20)):
        nodes = start_nodes(start, admin=True)
        people = [Person(nodes).signup(index) for index in range(6)]
        homes = [index % COUNT for index in range(len(people))]
        with Load(len(people), roaming(people, homes)) as load:
            load.more(2)
            assert 0 in homes
            nodes[0].kill()
            load.more(3)
        assert 0 not in homes
        assert_all_well(nodes[1], people)
        again = start.second(nodes[1], **OPTIONS)
        assert_all_well(again, people)
        for node in (*nodes, again):
            node.stop()


def test_nodes_are_replaced_one_after_the_other(start):
    """A rolling restart: the new one first, then SIGTERM for the old one; nobody notices."""
    nodes = start_nodes(start, admin=True, count=2)
    fresh = [start.second(nodes[0], **OPTIONS) for _ in nodes]
    everyone = [*nodes, *fresh]
    people = [Person(everyone).signup(index % 2) for index in range(4)]
    homes = [index % 2 for index in range(len(people))]
    with Load(len(people), roaming(people, homes)) as load:
        load.more(1)
        for node in nodes:
            assert node.terminate() == 0
            load.more(2)
    assert_all_well(fresh[0], people)
