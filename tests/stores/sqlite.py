"""SQLite: a database is a file in the test's folder."""

import contextlib
import fcntl
import hashlib
import sqlite3
from pathlib import Path

from waiting import eventually

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations" / "sqlite"
# Locks of the wal-index file (wal.c): write, checkpoint, recover and five readers.
WAL_LOCKS_AT, WAL_LOCKS = 120, 8


def why_not():
    return ""


def make(_url, folder, name):
    return f"sqlite:{Path(folder) / name}.db"


def drop(url):
    """The folder goes as a whole."""


def secret(_url):
    return ""


def path_of(url):
    return Path(url.removeprefix("sqlite:"))


def make_old(url, count):
    """A database as an older version left it, which knew the first `count` steps of the schema."""
    path = path_of(url)
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("pragma journal_mode = wal")
        connection.execute(
            "create table schema_migrations (number integer primary key, name text not null,"
            " checksum text not null, applied_ms integer not null) strict"
        )
        for number, step in enumerate(sorted(MIGRATIONS.glob("*.sql"))[:count], 1):
            connection.executescript(step.read_text())
            row = (number, step.stem[5:], hashlib.sha256(step.read_bytes()).hexdigest())
            connection.execute("insert into schema_migrations values (?, ?, ?, 1)", row)
    path.chmod(0o600)


class Peek:
    """The file itself, as sqlite3 reads it."""

    def __init__(self, url):
        self.path = path_of(url)

    def _run(self, query, *values):
        with contextlib.closing(sqlite3.connect(self.path)) as connection, connection:
            cursor = connection.execute(query, values)
            return cursor.fetchall(), cursor.rowcount

    def password_hash(self, username):
        rows, _ = self._run("select password_hash from users where username = ?", username)
        return rows[0][0]

    def set_password_hash(self, username, text):
        query = "update users set password_hash = ? where username = ?"
        assert self._run(query, text, username)[1] == 1

    def newest_key(self):
        """The newest signing key as it is stored (PKCS #8, DER)."""
        rows, _ = self._run("select material from signing_keys order by created_ms")
        return rows[-1][0]

    def is_untouched(self):
        """Nothing was ever made there."""
        return not self.path.exists()

    def count_users(self):
        """Deleted ones too; 0 when there is no schema yet."""
        try:
            return self._run("select count(*) from users")[0][0][0]
        except sqlite3.OperationalError:
            return 0

    def add_migration(self, number):
        """As if a newer version had been here."""
        query = (
            "insert into schema_migrations (number, name, checksum, applied_ms)"
            " values (?, 'x', 'y', 1)"
        )
        self._run(query, number)

    def grow(self):
        """What the step of a newer version may do to tables while older nodes run: add."""
        tables = ("users", "sessions", "roles", "products", "changes", "audit_events", "attempts")
        words = [f"alter table {t} add column later text not null default 'x';" for t in tables]
        more = "create table later (id integer); create index later_users on users (later);"
        with contextlib.closing(sqlite3.connect(self.path, timeout=30)) as connection:
            connection.executescript(f"begin immediate; {' '.join(words)} {more} commit;")

    def change_migration(self, number):
        """As if another version had made this step."""
        query = "update schema_migrations set checksum = 'other' where number = ?"
        assert self._run(query, number)[1] == 1

    def everything(self):
        """All bytes there are, the write-ahead log's too."""
        files = [file for file in self.path.parent.iterdir() if file.name.startswith(self.path.name)]
        assert len(files) >= 2, "the write-ahead log is not there"
        return b"".join(file.read_bytes() for file in files)


class Breakable:
    """A database that can be taken away."""

    def __init__(self, folder):
        self.url = make("", folder, "breakable")

    @contextlib.contextmanager
    def away(self):
        """Every lock of the wal-index is taken, as by a program that hangs in mid-work."""
        with open(f"{path_of(self.url)}-shm", "r+b") as file:

            def lock():
                try:
                    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, WAL_LOCKS, WAL_LOCKS_AT)
                except OSError:
                    return False
                return True

            eventually(lock, within=10, why="the locks are never free")
            yield

    def close(self):
        """The folder goes as a whole."""
