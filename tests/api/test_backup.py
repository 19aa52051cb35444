"""`latchkey backup` and `latchkey restore`: copies of an SQLite file, and their way back."""

import fcntl
import hashlib
import os
import re
import shutil
import sqlite3
import stat
import threading
from contextlib import closing
from pathlib import Path

import pytest

import stores.sqlite
from client import PASSWORD, Client, fresh_name
from process import PATIENCE, run_cli
from waiting import eventually

# Whatever store is tested: these are about files.
pytestmark = pytest.mark.store("sqlite")


def backup(folder, url, path, *flags, status=0):
    words = ("backup", path, *flags, "--database", url)
    return run_cli(*words, folder=folder, status=status)


def restore(folder, url, path, *flags, status=0):
    words = ("restore", path, *flags, "--database", url)
    return run_cli(*words, folder=folder, status=status)


def complaint(done):
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("latchkey: "), done.stderr
    return lines[0]


def add_user(folder, url, name):
    words = ("user", "create", "--username", name, "--password-stdin", "--database", url)
    run_cli(*words, folder=folder, stdin=f"{PASSWORD}\n")


def names(path):
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
        return {row[0] for row in connection.execute("select username from users")}


def digest(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def left_behind(folder):
    """What no command may leave beside its file."""
    return [path.name for path in Path(folder).iterdir() if path.name.endswith(".part")]


def sqlite_url(folder, name="test.db"):
    return f"sqlite:{Path(folder) / name}"


@pytest.fixture
def database(tmp_path):
    """(folder, URL) of a database with somebody in it."""
    add_user(tmp_path, sqlite_url(tmp_path), "alice")
    return tmp_path, sqlite_url(tmp_path)


# --- backup ---------------------------------------------------------------------------------------


def test_backup_while_people_write(start):
    """Issue: the server stays writable; who was told 201 before it began is in the copy."""
    folder = start.folder()
    server = start(folder=folder, database=sqlite_url(folder))
    made, stop = [], threading.Event()

    def write():
        client = Client(server)
        while not stop.is_set():
            made.append(client.signup(fresh_name("writer")).user["username"])

    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    try:
        for number in range(4):
            eventually(lambda: len(made) > 3 * number, 60 * PATIENCE)
            before, path = set(made), folder / f"copy{number}.db"
            backup(folder, server.database, path)
            assert before <= names(path)
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            # It goes on: more people than before the copy.
            eventually(lambda count=len(made): len(made) > count, 60 * PATIENCE)
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert left_behind(folder) == []
    assert not list(folder.glob("copy*-wal"))


def test_copy_is_a_database(start):
    """A server on what was restored: sessions, passwords, keys."""
    folder = start.folder()
    server = start(folder=folder, database=sqlite_url(folder))
    alice = Client(server).signup()
    backup(folder, server.database, folder / "copy.db")
    late = Client(server).signup()
    server.stop()
    url = sqlite_url(folder, "restored.db")
    assert re.fullmatch(r"restored, schema \d+\n", restore(folder, url, "copy.db").stdout)
    again = start(folder=folder, database=url)
    again.secrets |= server.secrets
    for person in (alice, late):
        person.server = again
        person.close()
    alice.me().expect(200)
    alice.refresh().me().expect(200)
    Client(again).login(alice.user["username"])
    late.try_refresh().expect(401)
    assert stat.S_IMODE((folder / "restored.db").stat().st_mode) == 0o600


def test_backup_refuses_to_overwrite(database):
    folder, url = database
    path = folder / "copy.db"
    path.write_text("precious")
    assert "--force replaces it" in complaint(backup(folder, url, path, status=1))
    assert path.read_text() == "precious"
    path.chmod(0o644)
    backup(folder, url, path, "--force")
    assert names(path) == {"alice"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_backup_onto_itself(database):
    folder, url = database
    (folder / "link.db").symlink_to("test.db")
    for path in (folder / "test.db", "test.db", "link.db"):
        done = backup(folder, url, path, "--force", status=1)
        assert "is the database itself" in complaint(done)
    assert names(folder / "test.db") == {"alice"}


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "does not exist"), (b"", "is no database of latchkey"),
     (b"text of another kind" * 300, "is not an SQLite database")],
)  # fmt: skip
def test_backup_of_something_else(tmp_path, content, says):
    if content is not None:
        (tmp_path / "test.db").write_bytes(content)
        (tmp_path / "test.db").chmod(0o600)
    done = backup(tmp_path, sqlite_url(tmp_path), "copy.db", status=1)
    assert says in complaint(done)
    assert not (tmp_path / "copy.db").exists()
    assert left_behind(tmp_path) == []


def test_backup_of_a_damaged_database(database):
    """The check finds it; what is damaged is not called a copy."""
    folder, url = database
    damage(folder / "test.db")
    assert "is damaged" in complaint(backup(folder, url, "copy.db", status=1))
    assert not (folder / "copy.db").exists()
    assert left_behind(folder) == []


def damage(path):
    """Rubbish in the pages of the tables, not in the header."""
    content = bytearray(path.read_bytes())
    for at in range(4096 * 3, len(content), 4096 * 4):
        content[at : at + 64] = b"\xaa" * 64
    path.write_bytes(content)


def test_backup_cannot_write(database):
    folder, url = database
    assert "cannot write" in complaint(backup(folder, url, "no/copy.db", status=1))
    assert "cannot write" in complaint(backup(folder, url, "x" * 300, status=1))


def test_what_a_killed_backup_left(database):
    """The next one takes its place; one that is still at work is left alone."""
    folder, url = database
    part = folder / "copy.db.part"
    part.write_bytes(b"half a copy" * 1000)
    backup(folder, url, "copy.db")
    assert names(folder / "copy.db") == {"alice"}
    assert left_behind(folder) == []
    with part.open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        done = backup(folder, url, "copy.db", "--force", status=1)
        assert "another process is writing it" in complaint(done)
        assert part.exists()
    backup(folder, url, "copy.db", "--force")


# --- restore --------------------------------------------------------------------------------------


def test_restore_replaces_only_by_force(database):
    folder, url = database
    backup(folder, url, "copy.db")
    add_user(folder, url, "bob")
    before = digest(folder / "test.db")
    assert "is not empty: --force replaces it" in complaint(
        restore(folder, url, "copy.db", status=1)
    )
    assert digest(folder / "test.db") == before
    assert left_behind(folder) == []
    restore(folder, url, "copy.db", "--force")
    assert names(folder / "test.db") == {"alice"}
    assert left_behind(folder) == []


def test_restore_over_an_empty_database(database):
    folder, url = database
    backup(folder, url, "copy.db")
    (folder / "touched.db").touch()
    run_cli("migrate", "--database", sqlite_url(folder, "empty.db"), folder=folder)
    for name in ("touched.db", "empty.db", "new.db"):
        restore(folder, sqlite_url(folder, name), "copy.db")
        assert names(folder / name) == {"alice"}


def test_restore_is_refused_while_a_server_runs(start):
    """Issue: refuses while a server has it open."""
    folder = start.folder()
    server = start(folder=folder, database=sqlite_url(folder))
    Client(server).signup("alice")
    backup(folder, server.database, "copy.db")
    Client(server).signup("bob")
    for flags in ([], ["--force"]):
        said = complaint(restore(folder, server.database, "copy.db", *flags, status=1))
        assert f"process {server.process.pid} has" in said and "stop the server first" in said
    Client(server).signup("carol")
    server.stop()
    assert names(folder / "test.db") == {"alice", "bob", "carol"}
    restore(folder, server.database, "copy.db", "--force")
    assert names(folder / "test.db") == {"alice"}


def test_log_of_the_old_database_is_not_taken_over(start):
    """After kill -9 a write-ahead log lies there: it belongs to the old database."""
    folder = start.folder()
    server = start(folder=folder, database=sqlite_url(folder))
    Client(server).signup("alice")
    backup(folder, server.database, "copy.db")
    for number in range(5):
        Client(server).signup(f"late{number}")
    server.kill()
    assert (folder / "test.db-wal").stat().st_size > 0
    restore(folder, server.database, "copy.db", "--force")
    assert not (folder / "test.db-wal").exists()
    assert names(folder / "test.db") == {"alice"}
    again = start(folder=folder, database=server.database)
    again.secrets |= server.secrets
    Client(again).login("alice")


def test_restore_over_a_damaged_database(database):
    folder, url = database
    backup(folder, url, "copy.db")
    for content in (b"rubbish" * 1000, None):
        if content is None:
            damage(folder / "test.db")
        else:
            (folder / "test.db").write_bytes(content)
        restore(folder, url, "copy.db", status=1)
        restore(folder, url, "copy.db", "--force")
        assert names(folder / "test.db") == {"alice"}


def alter(path, sql):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(sql)


@pytest.mark.parametrize(
    ("make", "says"),
    [(lambda path: path.write_bytes(path.read_bytes()[:20000]), "is damaged"),
     (damage, "is damaged"),
     (lambda path: path.write_bytes(b""), "is no database of latchkey"),
     (lambda path: path.write_bytes(b"rubbish" * 1000), "is not an SQLite database"),
     (lambda path: path.unlink(), "does not exist"),
     (lambda path: (path.unlink(), path.mkdir()), "is not a file"),
     (lambda path: alter(path, "pragma application_id = 7"), "is no database of latchkey"),
     (lambda path: alter(path, "insert into schema_migrations values (900, 'x', 'y', 1)"),
      "made by a newer version of latchkey (schema 900"),
     (lambda path: alter(path, "update schema_migrations set checksum = 'x' where number = 3"),
      "differs from the one that was applied"),
     (lambda path: alter(path, "insert into user_roles values (1, 999)"), "is damaged")],
)  # fmt: skip
def test_restore_refuses_what_is_no_copy(database, make, says):
    """Issue: it must be a whole database of a schema this binary knows; else nothing changes."""
    folder, url = database
    backup(folder, url, "copy.db")
    make(folder / "copy.db")
    before = digest(folder / "test.db")
    assert says in complaint(restore(folder, url, "copy.db", "--force", status=1))
    assert digest(folder / "test.db") == before
    assert left_behind(folder) == []


def test_restore_of_an_older_schema(start):
    """A copy made by an older version is taken; the next start brings it up to date."""
    folder = start.folder()
    stores.sqlite.make_old(f"sqlite:{folder}/old.db", 2)
    url = sqlite_url(folder)
    done = restore(folder, url, "old.db")
    assert done.stdout.startswith("restored, schema 2; latchkey migrate, or the next start")
    server = start(folder=folder, database=url)
    Client(server).signup().me().expect(200)


def test_restore_of_itself(database):
    folder, url = database
    done = restore(folder, url, folder / "test.db", "--force", status=1)
    assert "is the database itself" in complaint(done)
    assert names(folder / "test.db") == {"alice"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_restored_by_root_the_file_stays_its_owners(database):
    folder, url = database
    backup(folder, url, "copy.db")
    os.chown(folder / "test.db", 1234, 1235)
    restore(folder, url, "copy.db", "--force")
    status = (folder / "test.db").stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (1234, 1235, 0o600)


def test_copy_with_a_log_of_its_own(database):
    """A file taken with cp while a server ran, its log beside it: both count."""
    folder, url = database
    with closing(sqlite3.connect(folder / "test.db")) as connection:
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma wal_autocheckpoint = 0")
        connection.execute("update users set username = 'alicia'")
        connection.commit()
        for suffix in ("", "-wal"):
            shutil.copy(folder / f"test.db{suffix}", folder / f"taken.db{suffix}")
    restore(folder, sqlite_url(folder, "new.db"), "taken.db")
    assert names(folder / "new.db") == {"alicia"}


# --- through links --------------------------------------------------------------------------------


@pytest.fixture
def linked(database):
    """The same, where the database is a link to a file in another folder."""
    folder, url = database
    (folder / "data").mkdir()
    (folder / "test.db").rename(folder / "data" / "real.db")
    (folder / "test.db").symlink_to("data/real.db")
    return folder, url


def test_restore_through_a_link(linked):
    """The database behind it is replaced, with its log; the link stays one."""
    folder, url = linked
    backup(folder, url, "copy.db")
    with closing(sqlite3.connect(folder / "test.db")) as connection:
        connection.execute("update users set username = 'alicia'")
        connection.commit()
        for suffix in ("", "-wal"):  # as after kill -9: closing would remove the log
            shutil.copy(folder / "data" / f"real.db{suffix}", folder / f"left{suffix}")
    for suffix in ("", "-wal"):
        (folder / f"left{suffix}").rename(folder / "data" / f"real.db{suffix}")
    assert names(folder / "test.db") == {"alicia"}
    restore(folder, url, "copy.db", status=1)
    restore(folder, url, "copy.db", "--force")
    assert (folder / "test.db").readlink() == Path("data/real.db")
    assert not (folder / "data" / "real.db").is_symlink()
    assert names(folder / "data" / "real.db") == {"alice"}
    assert left_behind(folder) == left_behind(folder / "data") == []
    assert not (folder / "data" / "real.db-wal").exists()


def test_backup_through_a_link(linked):
    folder, url = linked
    (folder / "kept").write_text("precious")
    (folder / "copy.db").symlink_to("data/../kept")
    assert "--force replaces it" in complaint(backup(folder, url, "copy.db", status=1))
    assert (folder / "kept").read_text() == "precious"
    backup(folder, url, "copy.db", "--force")
    assert (folder / "copy.db").is_symlink()
    assert names(folder / "kept") == {"alice"}
    assert left_behind(folder) == []


def test_link_that_leads_nowhere(database):
    folder, url = database
    backup(folder, url, "copy.db")
    (folder / "nowhere.db").symlink_to("missing/real.db")
    for flags in ([], ["--force"]):
        nowhere = sqlite_url(folder, "nowhere.db")
        said = complaint(restore(folder, nowhere, "copy.db", *flags, status=1))
        assert "is a link to what does not exist" in said
        said = complaint(backup(folder, url, "nowhere.db", *flags, status=1))
        assert "is a link to what does not exist" in said
    assert (folder / "nowhere.db").readlink() == Path("missing/real.db")


def test_what_is_no_file_is_not_replaced(database):
    """As root, /dev/null would be gone."""
    folder, url = database
    os.mkfifo(folder / "pipe")
    assert "pipe is not a file" in complaint(backup(folder, url, "pipe", "--force", status=1))
    assert stat.S_ISFIFO((folder / "pipe").stat().st_mode)
    backup(folder, url, "copy.db")
    said = complaint(restore(folder, sqlite_url(folder, "pipe"), "copy.db", "--force", status=1))
    assert "pipe is not a file" in said
    assert stat.S_ISFIFO((folder / "pipe").stat().st_mode)


# --- other stores ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "tools"),
    [("postgresql://x/y", ("pg_dump", "pg_restore")), ("postgres://x/y", ("pg_dump", "pg_restore")),
     ("mongodb://x/y", ("mongodump", "mongorestore")),
     ("mongodb+srv://x/y", ("mongodump", "mongorestore"))],
)  # fmt: skip
def test_other_stores_have_their_own_tools(tmp_path, url, tools):
    for command, tool in zip((backup, restore), tools, strict=True):
        assert tool in complaint(command(tmp_path, url, "file", status=2))
    assert list(tmp_path.iterdir()) == []


def test_schemes_of_sqlalchemy(database):
    """The URL that the server takes is taken here too."""
    folder, _ = database
    url = f"sqlite+aiosqlite:///{folder / 'test.db'}"
    backup(folder, url, "copy.db")
    restore(folder, url, "copy.db", "--force")
    assert names(folder / "test.db") == {"alice"}


def test_wrong_usage(tmp_path):
    for command in ("backup", "restore"):
        run_cli(command, folder=tmp_path, status=2)
        run_cli(command, "a", "b", folder=tmp_path, status=2)
        run_cli(command, "a", "--database", "nonsense:x", folder=tmp_path, status=2)
        run_cli(command, "a", "--database", "sqlite:", folder=tmp_path, status=2)
    assert list(tmp_path.iterdir()) == []
