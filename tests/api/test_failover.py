"""The primary is lost while people use the server: nothing acknowledged is lost, nobody is logged out,
503 at worst, recovery without a restart (DESIGN 6; E13, R04, R05)."""

import time

import pytest

import metrics
import stores
from client import Client
from parallel import together
from process import PATIENCE
from stores import mongo, postgres
from traffic import Traffic
from waiting import eventually

pytestmark = pytest.mark.store("postgres", "mongo")

# DESIGN 6: well again within this, from when there is somebody who can be written to.
RECOVERY_S = 5 * PATIENCE
# No request waits longer: a few waits for an answer and for a connection or another primary.
BOUND_S = 15 * PATIENCE
BEFORE_S = 60 * PATIENCE
OPTIONS = {"STORE_WORKERS": 8, "HASH_WORKERS": 4, "LOGIN_LOCK_AFTER": 3}


class PostgresPair:
    """A primary and a standby that has whatever was acknowledged."""

    def __init__(self, folder):
        self.primary = postgres.Server()
        self.standby = None
        try:
            self.standby = self.primary.standby()
            database = postgres.make(self.primary.url, folder, "fail-over")
        except BaseException:
            self.close()
            raise
        hosts = f"127.0.0.1:{self.primary.port},127.0.0.1:{self.standby.port}"
        self.url = database.replace(f"127.0.0.1:{self.primary.port}", hosts)
        self.secret = self.primary.password

    def kill(self, _traffic=None):
        """The machine is gone."""
        self.primary.kill()
        self.standby.promote()

    def hang(self, traffic):
        """The machine is there, and silent. Somebody notices, and promotes the other."""
        self.primary.pause()
        traffic.wait_refused(BOUND_S)
        self.standby.promote()

    def back(self):
        """The old primary stays away: an operator fences it off."""

    def close(self):
        self.primary.stop()
        if self.standby is not None:
            self.standby.stop()


class MongoSet:
    """A database on three nodes."""

    def __init__(self, cluster, folder):
        self.cluster = cluster
        self.url = mongo.make(cluster.url, folder, "")
        self.secret = cluster.password
        self.lost = None

    def kill(self, _traffic):
        self._lose(lambda node: node.kill())

    def hang(self, _traffic):
        self._lose(lambda node: node.pause())

    def step_down(self, _traffic):
        """Planned: the others are asked to take over."""
        self._lose(lambda node: self.cluster.step_down(node))

    def _lose(self, how):
        self.lost = self.cluster.wait_primary()
        how(self.lost)
        self.cluster.wait_confirmed(self.cluster.wait_primary(but=self.lost))

    def back(self):
        """The node that was lost is there again; one that hung does not know yet that another one took
        over."""
        if self.lost.process.poll() is None:
            self.lost.resume()
        else:
            self.lost.start()
        self.lost = None

    def close(self):
        if self.lost is not None:
            self.back()


WAYS = {"postgres": ("kill", "hang"), "mongo": ("kill", "hang", "step_down")}


@pytest.fixture(scope="module")
def cluster():
    """Of MongoDB; None where it is not needed."""
    cluster = mongo.Cluster() if stores.kind() == "mongo" else None
    yield cluster
    if cluster is not None:
        cluster.stop()


@pytest.fixture
def make_scene(cluster, tmp_path):
    """Makes what a server runs on, and what can be done to it."""
    made = []

    def make():
        made.append(MongoSet(cluster, tmp_path) if cluster else PostgresPair(tmp_path))
        return made[-1]

    yield make
    for scene in made:
        scene.close()


@pytest.fixture
def scene(make_scene):
    return make_scene()


def serve(start, scene):
    server = start(database=scene.url, options=OPTIONS, admin=True)
    server.secrets.add(scene.secret)
    server.unavailable_expected = server.error_records_expected = True
    return server


def wait_ready(server):
    eventually(lambda: Client(server).get("/health/ready").status == 200, RECOVERY_S)


def lose_the_primary(server, scene, way, turns=3):
    """Everything that must hold, whichever way it is lost."""
    with Traffic(server) as traffic:
        traffic.wait_served(turns, BEFORE_S)
        getattr(scene, way)(traffic)
        began = time.monotonic()
        wait_ready(server)
        traffic.wait_served(1, BOUND_S)
        took = time.monotonic() - began
        traffic.wait_served(turns, BEFORE_S)
        scene.back()
        traffic.wait_served(turns, BEFORE_S)
    print(f"{way}: well after {took:.2f} s; {traffic.report()}")
    assert took < RECOVERY_S, traffic.report()
    assert traffic.slowest_s < BOUND_S, traffic.report()
    wait_ready(server)
    traffic.check()


@pytest.mark.parametrize("way", WAYS.get(stores.kind(), ()))
def test_the_primary_is_lost(start, scene, way):
    lose_the_primary(serve(start, scene), scene, way)


@pytest.mark.long
def test_primaries_are_lost_again_and_again(start, make_scene):
    """MongoDB: of one set, with one server; PostgreSQL: a new pair each time."""
    scene = server = None
    for _ in range(4):
        for way in WAYS[stores.kind()]:
            if scene is None or stores.kind() == "postgres":
                scene = make_scene()
                server = serve(start, scene)
            lose_the_primary(server, scene, way, turns=20)


def wait_feed_read(server, times=2):
    """Waits until the feed was read so often from now on."""

    def count():
        return metrics.read(server, "latchkey_store_seconds_count", op="changes_read")

    goal = count() + times
    eventually(lambda: count() >= goal, BOUND_S)


@pytest.mark.store("postgres")
def test_numbers_that_come_again(start, scene):
    """A standby that takes over gives numbers again which the primary gave to transactions that came to
    nothing: the feed tells what happens under them all the same."""
    server = serve(start, scene)
    other = start.second(server, **OPTIONS)
    other.secrets |= server.secrets
    other.unavailable_expected = other.error_records_expected = True
    people = [Client(server).signup() for _ in range(3)]
    elsewhere = [Client(other, person.token) for person in people]
    scene.primary.stop_telling()
    scene.primary.waste_numbers(200)
    for process in (server, other):
        wait_feed_read(process)
    scene.kill()
    for process in (server, other):
        wait_ready(process)
    for person, same in zip(people, elsewhere):
        eventually(lambda: same.me().status == 200, RECOVERY_S)  # noqa: B023
        person.post("/v1/auth/logout").expect(204)
        person.me().expect(401)
        eventually(lambda: same.me().status == 401, 2 * PATIENCE)  # noqa: B023


@pytest.mark.store("postgres")
def test_a_commit_that_nobody_else_has(start, scene):
    """The standby does not answer, and an operator lets a commit go that waits for it: PostgreSQL says
    that it is done and warns that it is done there alone. That is no acknowledgement."""
    server = serve(start, scene)
    person = Client(server).signup()

    def let_go(_):
        return eventually(scene.primary.end_a_wait, BOUND_S, "no commit waits for the standby")

    scene.primary.stop_telling()
    asks = (lambda _: person.try_refresh(), let_go)
    reply, _ = together(2, lambda index: asks[index](index))
    reply.expect(503, "store_unavailable")
    scene.kill()
    wait_ready(server)
    person.refresh()  # with the token of before: what was lost, nobody was told
    person.me().expect(200)


@pytest.mark.store("postgres")
def test_a_standby_that_is_gone(start, scene):
    """No commit is acknowledged while the standby cannot have it: 503 in bounded time. Reads go on, and
    nobody is logged out."""
    server = serve(start, scene)
    person = Client(server).signup()
    scene.standby.pause()
    try:
        began = time.monotonic()
        for _ in range(2):
            person.try_refresh().expect(503, "store_unavailable")
        assert time.monotonic() - began < 2 * BOUND_S
        person.me().expect(200)
    finally:
        scene.standby.resume()
    eventually(lambda: person.try_refresh().status == 200, RECOVERY_S)
    person.refresh()
    person.me().expect(200)
