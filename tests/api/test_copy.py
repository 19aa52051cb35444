"""`latchkey copy`: everything moves, people stay logged in, what was ended stays ended."""

import re
import signal
import sqlite3
from contextlib import closing

import pytest

import stores.sqlite
import tokens
from client import PASSWORD, Client, fresh_name
from process import COMMAND_S, run_cli
from screen import Screen

KINDS = [
    "settings", "signing keys", "roles", "users", "sessions", "products", "audit events",
    "changes", "counters",
]  # fmt: skip
# From the store under test and SQLite to each other: one pair where they are the same. With MongoDB
# also from and to PostgreSQL, where that can be started.
STORES = sorted({"sqlite", stores.kind()})
PAIRS = [(a, b) for a in STORES for b in STORES if {a, b} != {"sqlite"} or len(STORES) == 1]
PAIRS += [("postgres", "mongo"), ("mongo", "postgres")] if stores.kind() == "mongo" else []
# More than one page of a copy (transfer.h); a file is so fast that it takes some more to interrupt it.
MANY = 20_000 if stores.kind() == "sqlite" else 9_000
LONG_S = 8 * COMMAND_S


@pytest.fixture(scope="module")
def other_server():
    """The URL of a PostgreSQL server beside the store under test: started with the first call."""
    started = []

    def url():
        if not started:
            reason = stores.module("postgres").why_not()
            if reason:
                pytest.skip(f"no PostgreSQL server: {reason}")
            started.append(stores.module("postgres").Server())
        return started[0].url

    yield url
    for server in started:
        server.stop()


@pytest.fixture
def fresh(other_server):
    """Makes an empty database of a kind."""

    def make(kind, folder, name):
        if kind == stores.kind():
            return stores.database(folder, name)
        url = other_server() if kind == "postgres" else ""
        return stores.module(kind).make(url, folder, name)

    return make


def copy(folder, source, target, *flags, status=0):
    words = ("copy", "--from", source, "--to", target, *flags)
    return run_cli(*words, folder=folder, status=status, timeout_s=LONG_S)


def digests(done):
    """What a copy printed of each kind: (records, digest)."""
    rows = re.findall(r"^([a-z ]+?) +(\d+)  sha256 ([0-9a-f]{64})$", done.stdout, re.MULTILINE)
    assert [row[0] for row in rows] == KINDS, done.stdout
    return {name: (int(count), digest) for name, count, digest in rows}


def complaint(done):
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("latchkey: "), done.stderr
    return lines[0]


# --- everything, and it works ---------------------------------------------------------------------


class Past:
    """A source with a past: who did what there."""

    def __init__(self, server):
        self.alice, self.bob, self.carol, self.dave, self.erin = (
            Client(server).signup(fresh_name(name))
            for name in ("alice", "bob", "carol", "dave", "erin")
        )
        self.ended = Client(server).login(self.alice.user["username"])
        self.ended.post("/v1/auth/logout").expect(204)
        admin = Client(server).login("root", "Quartz-lantern 42 field")
        role = {"name": "keeper", "permissions": ["products:*"], "description": "Of things"}
        admin.post("/v1/roles", role).expect(201)
        admin.put(f"/v1/users/{self.bob.user['id']}/roles", {"roles": ["keeper"]}).expect(200)
        disable = {"status": "disabled"}
        admin.patch(f"/v1/users/{self.carol.user['id']}", disable).expect(200)
        admin.delete(f"/v1/users/{self.dave.user['id']}").expect(204)
        admin.delete(f"/v1/users/{self.erin.user['id']}?permanent=true").expect(204)
        anvil = {"name": "Anvil", "price": "12.50"}
        self.product = self.alice.post("/v1/products", anvil).expect(201).json()
        self.admin = admin
        self.listing = admin.get("/v1/users?limit=100&deleted=with").expect(200).json()
        self.keys = Client(server).get("/.well-known/jwks.json").expect(200).json()
        run_cli("keys", "rotate", "--database", server.database, folder=server.folder)


def check_life(server, past):
    """On the target: whoever was logged in is, whoever was not is not."""
    anyone = Client(server)
    before = past.alice.token
    for person in (past.alice, past.bob, past.admin):
        person.server = server
        person.close()
        person.me().expect(200)
        person.refresh()
        person.me().expect(200)
    for person in (past.ended, past.carol, past.dave, past.erin):
        anyone.me(token=person.token).expect(401)
        anyone.try_refresh(person.refresh_token).expect(401, "invalid_grant")
    issuers = {tokens.claims(token)["iss"] for token in (before, past.alice.token)}
    assert len(issuers) == 1  # kept in the store, though this server listens elsewhere
    known = anyone.get("/.well-known/jwks.json").expect(200).json()["keys"]
    assert {key["kid"] for key in past.keys["keys"]} <= {key["kid"] for key in known}
    anyone.try_login(past.alice.user["username"]).expect(200)
    anyone.try_login(past.carol.user["username"]).expect(401)
    past.bob.post("/v1/products", {"name": "Vice", "price": "1"}).expect(201)


def check_things(server, past):
    admin = past.admin
    listing = admin.get("/v1/users?limit=100&deleted=with").expect(200).json()
    unchanged = ("id", "number", "username", "email", "roles", "status", "deleted_at", "created_at")
    for was, now in zip(past.listing["items"], listing["items"], strict=True):
        assert [was[name] for name in unchanged] == [now[name] for name in unchanged]
    assert admin.get(f"/v1/products/{past.product['id']}").expect(200).json() == past.product
    role = admin.get("/v1/roles/keeper").expect(200).json()
    assert (role["permissions"], role["description"]) == (["products:*"], "Of things")
    events = admin.get("/v1/audit?event=role_created").expect(200).json()
    assert events["items"][0]["actor"]["username"] == "root"
    admin.post(f"/v1/users/{past.dave.user['id']}/restore").expect(200)
    admin.delete(f"/v1/users/{past.dave.user['id']}").expect(204)
    newcomer = Client(server).signup(past.dave.user["username"])  # the name is free
    assert newcomer.user["number"] > past.erin.user["number"]  # who had the highest and is gone


@pytest.mark.parametrize(("source_kind", "target_kind"), PAIRS)
def test_people_stay_logged_in(start, fresh, source_kind, target_kind):
    """Issue: people stay logged in afterwards; what was ended stays ended (R04, R12)."""
    folder = start.folder()
    source = start(folder=folder, database=fresh(source_kind, folder, "from"), admin=True)
    past = Past(source)
    source.stop()
    target = fresh(target_kind, folder, "to")
    done = copy(folder, source.database, target)
    rows = digests(done)
    assert rows["users"][0] == 5
    assert rows["roles"][0] == 3
    assert rows["signing keys"][0] == 2
    assert rows["changes"][0] >= 4
    assert re.search(r"^copied and verified \d+ records in \d+\.\d s$", done.stdout, re.MULTILINE)
    server = start(folder=folder, database=target)
    server.secrets |= source.secrets
    check_life(server, past)
    check_things(server, past)


@pytest.mark.parametrize(("source_kind", "target_kind"), PAIRS)
def test_there_and_back(start, fresh, source_kind, target_kind):
    """The same content has the same digests in every store: nothing is lost on the way."""
    folder = start.folder()
    source = start(folder=folder, database=fresh(source_kind, folder, "from"), admin=True)
    Past(source)
    source.stop()
    there, back = fresh(target_kind, folder, "there"), fresh(source_kind, folder, "back")
    first = digests(copy(folder, source.database, there))
    second = digests(copy(folder, there, back))
    # Stores may tell of more changes than they were told (store.h).
    assert second.pop("changes")[0] >= first.pop("changes")[0]
    assert first == second


# --- interrupted ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A source with many people: its folder, its URL, and what a whole copy prints."""
    folder = tmp_path_factory.mktemp("many")
    url = stores.database(folder, "from")
    run_cli("dev", "seed", "--users", MANY, "--database", url, folder=folder, timeout_s=LONG_S)
    whole = digests(copy(folder, url, stores.database(folder, "whole")))
    yield folder, url, whole
    stores.drop_below(folder)


def test_killed_and_resumed(many):
    """Issue: resumable after kill -9; until then no server starts on the target."""
    folder, source, whole = many
    target = stores.database(folder, "killed")
    with Screen("copy", "--from", source, "--to", target, folder=folder) as terminal:
        assert terminal.wait_for(r"copying users: \d{4,}", LONG_S), "over before it could be killed"
        terminal.kill()
    refused = run_cli("serve", "--database", target, folder=folder, status=1)
    assert "a copy into this database was not finished" in refused.stderr
    refused = run_cli("user", "list", "--database", target, folder=folder, status=1)
    assert "a copy into this database was not finished" in refused.stderr
    assert "--resume" in complaint(copy(folder, source, target, status=1))
    done = copy(folder, source, target, "--resume")
    assert digests(done) == whole
    present = int(re.search(r"; (\d+) were there already$", done.stdout, re.MULTILINE)[1])
    assert 2 <= present <= sum(count for count, _ in whole.values())
    listing = run_cli("user", "list", "--database", target, folder=folder)
    assert listing.stdout
    assert "in use, not a copy" in complaint(copy(folder, source, target, "--resume", status=1))


def test_progress(many):
    """On a terminal: how many, how fast, how long still; both phases; the line is cleared."""
    folder, source, whole = many
    target = stores.database(folder, "shown")
    with Screen("copy", "--from", source, "--to", target, folder=folder) as terminal:
        assert terminal.finish(LONG_S) == 0, terminal.screen
    assert re.search(
        r"copying users: \d+ records, \d+ a second, \d+%, \d+:\d\d left", terminal.screen
    ), terminal.screen
    assert "verifying " in terminal.screen
    assert terminal.screen.endswith("\r\x1b[K")
    assert whole["users"][1] in terminal.output


def test_source_that_is_used(many):
    """A source that is written to meanwhile is noticed: one clear line, and no server starts."""
    folder, source, _ = many
    target = stores.database(folder, "moving")
    with Screen("copy", "--from", source, "--to", target, folder=folder) as terminal:
        assert terminal.wait_for(r"copying users: \d{4,}", LONG_S), "over before it could be stopped"
        terminal.process.send_signal(signal.SIGSTOP)
        run_cli("user", "disable", "1", "--database", source, folder=folder)
        terminal.process.send_signal(signal.SIGCONT)
        assert terminal.finish(LONG_S) == 1
    assert "verification failed: users: the source changed while it was copied" in terminal.screen
    refused = run_cli("serve", "--database", target, folder=folder, status=1)
    assert "a copy into this database was not finished" in refused.stderr
    # Going on cannot mend that.
    done = copy(folder, source, target, "--resume", status=1)
    assert "users, number 1: the target has another one" in complaint(done)
    run_cli("user", "enable", "1", "--database", source, folder=folder)


# --- refusals -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def used(tmp_path_factory):
    """A folder and a database with somebody in it."""
    folder = tmp_path_factory.mktemp("used")
    url = stores.database(folder, "used")
    words = ("user", "create", "--username", "root", "--role", "admin", "--password-stdin")
    run_cli(*words, "--database", url, folder=folder, stdin=f"{PASSWORD}\n")
    yield folder, url
    stores.drop_below(folder)


def test_target_in_use(used):
    """Refuses a target that is not empty, and leaves it as it is."""
    folder, url = used
    other = stores.database(folder, "other")
    words = ("user", "create", "--username", "bob", "--password-stdin", "--database", other)
    run_cli(*words, folder=folder, stdin=f"{PASSWORD}\n")
    assert "the target is not empty" in complaint(copy(folder, url, other, status=1))
    listing = run_cli("user", "list", "--database", other, folder=folder).stdout
    assert "bob" in listing and "root" not in listing


def test_target_whose_people_are_all_deleted(used):
    """Deleted people are people: such a target is not empty."""
    folder, url = used
    other = stores.database(folder, "deleted")
    words = ("user", "create", "--username", "bob", "--password-stdin", "--database", other)
    run_cli(*words, folder=folder, stdin=f"{PASSWORD}\n")
    run_cli("user", "delete", "bob", "--database", other, folder=folder)
    assert "the target is not empty" in complaint(copy(folder, url, other, status=1))


def test_empty_source(used):
    folder, _ = used
    source = stores.database(folder, "nobody")
    run_cli("migrate", "--database", source, folder=folder)
    done = copy(folder, source, stores.database(folder, "no"), status=1)
    assert "there is nothing in the source" in complaint(done)


def test_the_same_database(used):
    folder, url = used
    assert "are the same database" in complaint(copy(folder, url, url, status=2))


def test_missing_source(used):
    """A mistyped path makes no file."""
    folder, _ = used
    done = copy(folder, "sqlite:mistyped.db", "sqlite:unmade.db", status=1)
    assert "the source: mistyped.db does not exist" in complaint(done)
    assert not (folder / "mistyped.db").exists()
    assert not (folder / "unmade.db").exists()


@pytest.mark.parametrize("columns", [["username"], ["email", "email_key"], ["name"]])
def test_source_with_what_no_record_holds(tmp_path, columns):
    """Another program's text of 5,000 bytes is refused by its place, in every target."""
    words = ("user", "create", "--username", "bob", "--password-stdin")
    run_cli(*words, "--database", "sqlite:a.db", folder=tmp_path, stdin=f"{PASSWORD}\n")
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection, connection:
        changes = ", ".join(f"{column} = :text" for column in columns)
        connection.execute(f"update users set {changes}", {"text": "x" * 5000})
    target = stores.database(tmp_path, "to")
    said = complaint(copy(tmp_path, "sqlite:a.db", target, status=1))
    assert "users, number 1: a text or a list of it is longer than any of latchkey's" in said


def test_source_with_an_id_that_is_none(tmp_path):
    run_cli("role", "create", "keeper", "--none", "--database", "sqlite:a.db", folder=tmp_path)
    words = ("user", "create", "--username", "bob", "--role", "keeper", "--password-stdin")
    run_cli(*words, "--database", "sqlite:a.db", folder=tmp_path, stdin=f"{PASSWORD}\n")
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection, connection:
        connection.execute("pragma ignore_check_constraints = on")
        connection.execute("update roles set id = x'ab' where name = 'keeper'")
    said = complaint(copy(tmp_path, "sqlite:a.db", stores.database(tmp_path, "to"), status=1))
    assert "the source cannot be read" in said


def test_source_of_an_older_schema(tmp_path):
    """Issue: the source is only read, so it is not brought up to date either."""
    path = tmp_path / "old.db"
    stores.sqlite.make_old(f"sqlite:{path}", 2)
    before = path.read_bytes()
    target = stores.database(tmp_path, "to")
    words = ("copy", "--from", "sqlite:old.db", "--to", target)
    for mode in ("auto", "manual"):
        environment = {"LATCHKEY_MIGRATE": mode}
        said = complaint(run_cli(*words, folder=tmp_path, environment=environment, status=1))
        assert re.search(r"the source has schema 2, this version needs \d+", said)
        assert "copy with the version that made it" in said and "latchkey migrate" in said
        assert "LATCHKEY_MIGRATE" not in said  # would not help
    assert path.read_bytes() == before
    assert stores.peek(target).is_untouched()
    run_cli("migrate", "--database", "sqlite:old.db", folder=tmp_path)
    said = complaint(copy(tmp_path, "sqlite:old.db", target, status=1))
    assert "there is nothing in the source" in said


@pytest.mark.store("postgres", "mongo")
def test_source_without_a_schema(tmp_path):
    """On SQLite there is no source where there is no file: test_no_source."""
    source, target = (stores.database(tmp_path, name) for name in ("from", "to"))
    said = complaint(copy(tmp_path, source, target, status=1))
    assert re.search("the source has schema 0|holds nothing of latchkey", said)
    assert stores.peek(source).is_untouched()


def test_other_names_of_the_same_file(tmp_path):
    words = ("user", "create", "--username", "bob", "--password-stdin")
    run_cli(*words, "--database", "sqlite:a.db", folder=tmp_path, stdin=f"{PASSWORD}\n")
    (tmp_path / "link.db").symlink_to("a.db")
    for name in ("./a.db", str(tmp_path / "a.db"), "link.db"):
        for scheme in ("SQLITE:", "sqlite+aiosqlite:"):
            done = copy(tmp_path, "sqlite:a.db", f"{scheme}{name}", status=2)
            assert "are the same database" in complaint(done)


@pytest.mark.parametrize(
    "words",
    [[], ["--from", "sqlite:a"], ["--to", "sqlite:a"], ["--from", "", "--to", "sqlite:a"],
     ["--from", "sqlite:a", "--from-file", "b", "--to", "sqlite:c"],
     ["--from-file", "missing", "--to", "sqlite:c"], ["--from", "nonsense:x", "--to", "sqlite:c"],
     ["--from", "sqlite:", "--to", "sqlite:c"], ["--from", "sqlite:a", "--to", "sqlite:b", "c"]],
)  # fmt: skip
def test_wrong_usage(tmp_path, words):
    done = run_cli("copy", *words, folder=tmp_path, status=None)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("latchkey: ")
    assert list(tmp_path.iterdir()) == []


def test_quiet_without_terminal(used):
    folder, url = used
    assert copy(folder, url, stores.database(folder, "quiet")).stderr == ""


def test_urls_from_files(used):
    """A URL with a password need not stand on the command line."""
    folder, url = used
    (folder / "from.url").write_text(f"{url}\n")
    (folder / "to.url").write_text(stores.database(folder, "by-file"))
    words = ("copy", "--from-file", "from.url", "--to-file", "to.url")
    assert digests(run_cli(*words, folder=folder))["users"][0] == 1


