"""What only MongoDB can do to us: single servers, rights, fail-over, calls whose outcome is unknown.

Each outage is 503 and ends by itself (E13, R05): never 401, no session ended, no failure counted.
"""

import itertools
import threading
import time

import pytest

import stores
from client import PASSWORD, Client, fresh_name
from parallel import together
from process import BINARY, PATIENCE, environment_of, run_cli
from stores import mongo
from stores.proxy import Proxy
from waiting import eventually

pytestmark = pytest.mark.store("mongo")

# From the first of two waits of the driver to the last: two calls of 3 s and a selection of 2 s, for
# a few calls of one request.
BOUND_S = 20 * PATIENCE
RECOVERY_S = 5 * PATIENCE
# Nobody waits for a queue here.
OPTIONS = {"STORE_WORKERS": 16, "HASH_WORKERS": 4, "LOGIN_LOCK_AFTER": 3}
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def mongod():
    """A server of this file's own, to which things happen."""
    server = mongo.Server()
    yield server
    server.stop()


@pytest.fixture
def node(mongod, start, tmp_path):
    """A process on a database of that server."""
    url = mongo.make(mongod.url, tmp_path, "")
    process = start(database=url, options=OPTIONS)
    process.secrets.add(mongod.password)
    process.unavailable_expected = process.error_records_expected = True
    yield process
    if mongod.process.poll() is None:
        mongod.stop_failing()


def fresh_address():
    """An address from whose network nobody has come."""
    return f"198.{next(_numbers)}.7.1"


def assert_unavailable(reply):
    reply.expect(503)
    assert 1 <= int(reply.headers["Retry-After"]) <= 3600
    return reply


def wait_well(process, within=RECOVERY_S):
    def well():
        return Client(process).get("/health/ready").status == 200

    eventually(well, within, "it does not recover by itself")


def tour(process):
    """The main job, on every collection."""
    client = Client(process).signup()
    client.me().expect(200)
    client.refresh()
    client.patch("/v1/users/me", {"name": "Ren\u00e9e", "age": 41}).expect(200)
    product = client.post("/v1/products", {"name": "Anvil", "price": "12.50"}).expect(201).json()
    assert client.get("/v1/products?q=nvi").expect(200).json()["items"][0]["id"] == product["id"]
    Client(process).try_login(client.user["username"], "wrong password here").expect(401)
    again = Client(process).login(client.user["username"])
    again.post("/v1/auth/logout?scope=global").expect(204)
    client.me().expect(401)
    return client


# --- servers and rights ---------------------------------------------------------------------------


def test_a_single_server_works_and_is_warned_of(start, tmp_path):
    """ADR 0006: no transactions are needed; but it is said that a replica set is better."""
    single = mongo.Server(replicated=False)
    try:
        process = start(database=mongo.make(single.url, tmp_path, ""), options=OPTIONS, admin=True)
        process.secrets.add(single.password)
        assert process.wait_event("mongo_standalone")["level"] == "warning"
        tour(process)
        process.stop()
        start_again = start(database=process.database, options=OPTIONS)
        start_again.stop()
    finally:
        single.stop()


def test_a_user_with_rights_on_one_database(mongod, start, tmp_path):
    """readWrite on the database is all that is needed, of the command line too."""
    url = mongod.make_owner(mongo.name_of(mongo.make(mongod.url, tmp_path, "")))
    process = start(database=url, options=OPTIONS, admin=True)
    process.secrets.add(mongo.secret(url))
    assert not [r for r in process.records() if r.get("event") == "mongo_standalone"]
    tour(process)
    for words in (
        ("user", "list"), ("user", "delete", "root"), ("keys", "rotate"), ("keys", "list"),
        ("role", "list"), ("export",), ("migrate", "--status"), ("dev", "seed", "--users", "5"),
    ):  # fmt: skip
        status = 1 if words[:2] == ("user", "delete") else 0  # the last admin
        run_cli(*words, "--database", url, folder=tmp_path, status=status)


def test_rights_that_do_not_suffice(mongod, tmp_path):
    url = mongod.make_owner("t_other")
    foreign = url.replace("/t_other", "/t_foreign") + "&authSource=t_other"
    done = run_cli("user", "list", "--database", foreign, folder=tmp_path, status=1)
    assert "readWrite" in done.stderr
    assert mongo.secret(url) not in done.stderr


def test_a_wrong_password_is_said_without_it(mongod, tmp_path):
    url = mongod.url.replace(mongod.password, "not-the-passw0rd")
    done = run_cli("user", "list", "--database", url, folder=tmp_path, status=1)
    assert "refused the login" in done.stderr
    assert "not-the-passw0rd" not in done.stderr


def test_nobody_listens(tmp_path):
    started = time.monotonic()
    url = "mongodb://latchkey:s3cret-w0rd@127.0.0.1:1/x"
    done = run_cli("user", "list", "--database", url, folder=tmp_path, status=1)
    assert time.monotonic() - started < 10 * PATIENCE
    assert "MongoDB cannot be reached" in done.stderr and "127.0.0.1:1" in done.stderr
    assert "s3cret-w0rd" not in done.stderr


def test_an_unknown_option_of_the_url_is_said(mongod, start, tmp_path):
    url = mongo.make(mongod.url, tmp_path, "") + "&noSuchOption=1"
    process = start(database=url, options=OPTIONS)
    record = process.wait_event("mongo_driver")
    assert record["level"] == "warning" and "nosuchoption" in record["message"].lower()


# --- how many calls a request makes ---------------------------------------------------------------


WRITES = ("insert", "update", "findAndModify", "delete")


def writes_so_far(mongod):
    commands = mongod.admin().admin.command("serverStatus")["metrics"]["commands"]
    return {name: commands[name]["total"] for name in WRITES}


def calls_of(mongod, node, work):
    """What `work` asks the server: collections that are read, commands that write. Readers of the feed
    and housekeeping ask too, meanwhile: of a few runs the shortest."""
    runs = []
    with stores.peek(node.database).database() as database:
        for _ in range(3):
            before = writes_so_far(mongod)
            database.command("profile", 2)
            work()
            database.command("profile", 0)
            after = writes_so_far(mongod)
            reads = database["system.profile"].find({"appName": "latchkey", "op": "query"})
            calls = [f"find {entry['ns'].split('.', 1)[1]}" for entry in reads
                     if "chg" not in entry["command"]["filter"]]  # fmt: skip
            calls += [name for name in WRITES for _ in range(after[name] - before[name])]
            runs.append(calls)
            database.drop_collection("system.profile")
    return min(runs, key=len)


def test_calls_of_a_request(mongod, start, tmp_path):
    """docs/stores.md, "round trips"."""
    options = {**OPTIONS, "TRUSTED_PROXIES": "127.0.0.0/8"}
    node = start(database=mongo.make(mongod.url, tmp_path, ""), options=options)
    node.secrets.add(mongod.password)
    person = Client(node).signup()
    name = person.user["username"]

    def log_in_from_elsewhere():
        Client(node).try_login(name, headers={"X-Forwarded-For": fresh_address()}).expect(200)

    for work, most in (
        (lambda: person.me().expect(200), 1),
        (person.refresh, 2),
        (lambda: Client(node).login(name), 8),
        (log_in_from_elsewhere, 10),
    ):
        calls = calls_of(mongod, node, work)
        assert len(calls) <= most, calls


# --- outages --------------------------------------------------------------------------------------


def outage_and_back(mongod, node, away, back):
    """Everything is 503 meanwhile; afterwards it is as if nothing had happened."""
    keeper, person = Client(node).signup(), Client(node).signup()
    name = person.user["username"]
    asks = [
        keeper.try_refresh,
        lambda: Client(node).try_login(name),
        lambda: Client(node).try_login(name, "wrong password here"),
        lambda: Client(node, person.token).post("/v1/auth/logout?scope=global"),
        lambda: Client(node, person.token).patch("/v1/users/me", {"name": "x"}),
        lambda: Client(node).get("/health/ready"),
        lambda: Client(node).post("/v1/auth/signup", {"username": name, "password": PASSWORD}),
    ]
    away()
    started = time.monotonic()
    for reply in together(len(asks), lambda index: asks[index]()):
        assert_unavailable(reply)
    assert time.monotonic() - started < BOUND_S
    back()
    mongod.wait_primary()
    wait_well(node)
    eventually(lambda: keeper.me().status == 200, RECOVERY_S)
    keeper.refresh()
    # The log-out may have been done after all, when the server came to it later; nothing else ended.
    Client(node).login(name).me().expect(200)
    for _ in range(2):  # the wrong one of the outage was not counted, or taken back
        Client(node).try_login(name, "wrong password here").expect(401)
    Client(node).login(name)


def test_killed_and_started_again(mongod, node):
    outage_and_back(mongod, node, mongod.kill, mongod.start)


def test_hanging(mongod, node):
    outage_and_back(mongod, node, mongod.pause, mongod.resume)


def test_no_primary_for_a_while(mongod, node):
    """An election: calls wait for the next primary, or are 503; nothing else."""
    client = Client(node).signup()
    mongod.step_down(2)
    deadline = time.monotonic() + BOUND_S
    statuses = []
    while time.monotonic() < deadline and statuses[-3:] != [200] * 3:
        reply = client.try_refresh()
        statuses.append(reply.status)
        if reply.status == 200:
            client.take(reply.json())
    assert set(statuses) <= {200, 503}, statuses
    assert statuses[-3:] == [200] * 3
    client.me().expect(200)


def test_the_name_is_gone(mongod, start, tmp_path, names):
    """The server is started anew, and its name cannot be looked up any more."""
    names.know("db.latchkey.test")
    url = mongo.make(mongod.direct_url, tmp_path, "").replace("127.0.0.1", "db.latchkey.test")
    node = start(database=f"{url}&directConnection=true", options=OPTIONS, within=names.within)
    node.secrets.add(mongod.password)
    node.unavailable_expected = node.error_records_expected = True

    def forget():
        names.forget()
        mongod.kill()
        mongod.start()
        mongod.wait_primary()

    outage_and_back(mongod, node, forget, lambda: names.know("db.latchkey.test"))


# --- lost, slow and unconfirmed calls ---------------------------------------------------------------

def test_a_call_that_is_lost_once_is_made_again(mongod, node):
    """A connection that breaks, with the call made or not: nobody notices."""
    client = Client(node).signup()
    for command in WRITES:
        mongod.fail_commands([command], {"times": 1}, closeConnection=True)
        client.refresh()
        client.patch("/v1/users/me", {"name": command}).expect(200)
        Client(node).login(client.user["username"]).post("/v1/auth/logout").expect(204)
        mongod.stop_failing()
    assert client.me().json()["name"] == "delete"


@pytest.fixture
def proxied(mongod, start, tmp_path):
    """A process whose connections go through a proxy; both."""
    proxy = Proxy(mongod.port)
    url = mongo.make(mongod.direct_url, tmp_path, "").replace(f":{mongod.port}/", f":{proxy.port}/")
    process = start(database=f"{url}&directConnection=true", options=OPTIONS)
    process.secrets.add(mongod.password)
    process.unavailable_expected = process.error_records_expected = True
    yield process, proxy
    proxy.close()


# What stands in a message: the command, and the collection with its length.
ROTATION = b"findAndModify\0\x09\0\0\0sessions"
NEW_PERSON = b"insert\0\x06\0\0\0users"


def test_an_answer_is_lost_and_asked_for_again(proxied):
    """The call was carried out, and the connection breaks before its answer: the driver asks again by
    the number of the call, and nothing is done twice."""
    node, proxy = proxied
    person = Client(node).signup()
    before = person.refresh_token
    proxy.cut_after = ROTATION
    person.refresh()
    assert proxy.was_cut.is_set()
    # Within the window the token of before still gives the same successor: it was used up once.
    assert person.try_refresh(before).expect(200).json()["refresh_token"] == person.refresh_token
    person.refresh()


def test_answers_of_a_refresh_are_lost(proxied):
    """R05: 503; the token that was presented is good once more, for the same successor."""
    node, proxy = proxied
    person = Client(node).signup()
    before = person.refresh_token
    proxy.cut_after, proxy.cuts = ROTATION, 2
    assert_unavailable(person.try_refresh())
    wait_well(node)
    person.refresh()
    assert person.try_refresh(before).expect(200).json()["refresh_token"] == person.refresh_token
    person.refresh()
    person.me().expect(200)


def test_answers_of_a_sign_up_are_lost(proxied):
    """Nobody is told that it failed: 503, and who asks again learns that the name is there."""
    node, proxy = proxied
    body = {"username": fresh_name("lost"), "password": PASSWORD}
    proxy.cut_after, proxy.cuts = NEW_PERSON, 2
    assert_unavailable(Client(node).post("/v1/auth/signup", body))
    wait_well(node)
    assert stores.peek(node.database).count_users() == 1
    Client(node).post("/v1/auth/signup", body).expect(409, "username_taken")
    Client(node).login(body["username"])


def test_connections_are_reset(proxied):
    """All of them at once, while nobody uses them: nobody notices."""
    node, proxy = proxied
    person = Client(node).signup()
    for _ in range(3):
        proxy.reset()
        eventually(lambda: person.me().status == 200, RECOVERY_S)
        person.refresh()


def test_slow_answers(proxied):
    """Each comes five seconds late."""
    node, proxy = proxied
    person = Client(node).signup()
    proxy.late_s = 5
    started = time.monotonic()
    asks = [person.try_refresh, lambda: Client(node).try_login(person.user["username"])]
    for reply in together(len(asks), lambda index: asks[index]()):
        assert_unavailable(reply)
    assert time.monotonic() - started < BOUND_S
    proxy.late_s = 0
    wait_well(node)
    eventually(lambda: person.try_refresh().status == 200, RECOVERY_S)
    person.me().expect(200)


@pytest.mark.parametrize("code", [91, 189, 10107, 11600, 11602])
def test_a_server_that_gives_up(mongod, node, code):
    """Codes of a server that shuts down or is no primary any more."""
    client = Client(node).signup()
    mongod.fail_commands(WRITES, {"times": 4}, errorCode=code)
    statuses = []
    while statuses[-1:] != [200] and len(statuses) < 50:
        statuses.append(client.try_refresh().status)
    assert set(statuses) <= {200, 503}, statuses
    mongod.stop_failing()
    wait_well(node, within=15 * PATIENCE)
    client.me().expect(200)


def test_slow_calls_end(mongod, node):
    """Five seconds are too long: 503, and the same token is good afterwards."""
    client = Client(node).signup()
    mongod.fail_commands(
        ["findAndModify"], {"times": 4}, blockConnection=True, blockTimeMS=5000
    )
    started = time.monotonic()
    assert_unavailable(client.try_refresh())
    assert time.monotonic() - started < BOUND_S
    mongod.stop_failing()
    wait_well(node)
    client.refresh()
    client.me().expect(200)


UNCONFIRMED = {"writeConcernError": {"code": 64, "errmsg": "waiting for replication timed out"}}


def test_a_rotation_that_is_not_confirmed(mongod, node):
    """Done, but nobody can say so: 503; the same token is good for the same successor."""
    client = Client(node).signup()
    mongod.fail_commands(["findAndModify"], {"times": 1}, **UNCONFIRMED)
    assert_unavailable(client.try_refresh())
    client.refresh()
    client.refresh()
    client.me().expect(200)


def test_an_unsure_rotation_is_judged_as_of_then(mongod, start, tmp_path):
    """However long the outage was, and without any window: it ends no session."""
    options = {**OPTIONS, "REFRESH_GRACE": "0s"}
    node = start(database=mongo.make(mongod.url, tmp_path, ""), options=options)
    node.secrets.add(mongod.password)
    node.unavailable_expected = node.error_records_expected = True
    client = Client(node).signup()
    first = client.refresh_token
    mongod.fail_commands(["findAndModify"], {"times": 1}, **UNCONFIRMED)
    assert_unavailable(client.try_refresh())
    client.refresh()
    client.me().expect(200)
    second = client.refresh_token
    client.refresh()
    # The window is for what had no answer, and for nothing else.
    client.try_refresh(second).expect(401, "invalid_grant")
    client.me().expect(401)
    client.try_refresh(first).expect(401, "invalid_grant")


def test_a_sign_up_that_is_not_confirmed(mongod, node):
    """Whoever was told 503 may be there: trying again says that the name is taken, and the password
    is theirs."""
    name = fresh_name("unsure")
    body = {"username": name, "password": PASSWORD, "email": f"{name}@example.com"}
    mongod.fail_commands(["insert"], {"times": 1}, **UNCONFIRMED)
    assert_unavailable(Client(node).post("/v1/auth/signup", body))
    Client(node).post("/v1/auth/signup", body).expect(409, "username_taken")
    Client(node).login(name).me().expect(200)


def test_an_end_that_is_not_confirmed(mongod, node):
    """Log-out everywhere: 503, then 204; nothing is left in between that lives."""
    person = Client(node).signup()
    other = Client(node).login(person.user["username"])
    mongod.fail_commands(["findAndModify"], {"times": 1}, **UNCONFIRMED)
    assert_unavailable(person.post("/v1/auth/logout?scope=others"))
    eventually(lambda: other.me().status == 401, 2 * PATIENCE)
    other.try_refresh().expect(401)
    person.me().expect(200)
    person.refresh()
    person.post("/v1/auth/logout?scope=others").expect(204)
    person.refresh()


def test_marks_that_fail_are_made_up_for(mongod, node):
    """The person's epoch went up, the sessions could not be marked: the feed tells of them."""
    person = Client(node).signup()
    other = Client(node).login(person.user["username"])
    mongod.fail_commands(["update"], {"times": 2}, closeConnection=True)
    assert_unavailable(person.post("/v1/auth/logout?scope=others"))
    eventually(lambda: other.me().status == 401, 2 * PATIENCE)
    other.try_refresh().expect(401)
    person.me().expect(200)
    person.refresh()


# --- what was acknowledged is there -----------------------------------------------------------------


def sign_up_until(process, stop, made):
    """Signs people up, noting whom it was told of, until told to stop."""
    import http.client

    client = Client(process)
    while not stop.is_set():
        body = {"username": fresh_name("durable"), "password": PASSWORD}
        try:
            reply = client.post("/v1/auth/signup", body, token=False)
        except (OSError, http.client.HTTPException):
            return
        if reply.status == 201:
            made.append(body["username"])
        else:
            assert reply.status in (503, 409), reply.status


def names_of(process):
    done = run_cli("user", "list", "--json", "--database", process.database, folder=process.folder)
    return {line.split('"username":"')[1].split('"')[0] for line in done.stdout.splitlines()}


def test_acknowledged_survives_the_database(mongod, node):
    """SIGKILL of mongod while people sign up: whoever was told 201 is there."""
    made, stop = [], threading.Event()
    writers = [threading.Thread(target=sign_up_until, args=(node, stop, made)) for _ in range(4)]
    for writer in writers:
        writer.start()
    for _ in range(3):
        wanted = len(made) + 15
        eventually(lambda: len(made) >= wanted, 60 * PATIENCE)  # noqa: B023
        mongod.kill()
        mongod.start()
        mongod.wait_primary()
    stop.set()
    for writer in writers:
        writer.join(60)
    wait_well(node)
    assert len(made) >= 45
    assert set(made) <= names_of(node)


# --- several processes ------------------------------------------------------------------------------


def test_started_at_once(mongod, tmp_path):
    """Several processes on an empty database make one schema, one issuer and one key."""
    import subprocess

    url = mongo.make(mongod.url, tmp_path, "")
    command = [BINARY, "import", "/dev/null", "--database", url]
    processes = [
        subprocess.Popen(command, env=environment_of({}), stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True)
        for _ in range(6)
    ]  # fmt: skip
    for process in processes:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    with stores.peek(url).database() as database:
        assert database.roles.count_documents({}) == 2
        steps = [step["_id"] for step in database.schema_migrations.find({"name": {"$exists": True}})]
        assert sorted(steps) == list(range(1, len(steps) + 1))
