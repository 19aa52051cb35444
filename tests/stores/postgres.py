"""PostgreSQL: a server of the tests' own in a temporary folder, one schema a test."""

import contextlib
import glob
import hashlib
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import stores

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations" / "postgres"
ROLE = "latchkey"
START_S = 60
STOP_S = 20
# Not root: the server refuses that.
ACCOUNTS = ("postgres", "nobody")
# The leash ends the server when the process that started it ends, however that happens.
LEASH = ["setpriv", "--pdeathsig", "KILL"]
SETTINGS = {
    "max_connections": 400,  # several servers under test, each with many workers
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] %d ",
}


def programs():
    """The folder with the server's and the client's programs, the newest; None when there is none."""
    folders = glob.glob("/usr/lib/postgresql/*/bin") + glob.glob("/usr/pgsql-*/bin")
    folders.sort(key=lambda folder: int("".join(filter(str.isdigit, folder))))
    found = shutil.which("initdb")
    folders = ([str(Path(found).resolve().parent)] if found else []) + folders
    wanted = ("initdb", "postgres", "psql", "pg_dump", "pg_basebackup")
    good = [f for f in folders if all(os.access(f"{f}/{name}", os.X_OK) for name in wanted)]
    return Path(good[-1]) if good else None


def why_not():
    return "" if programs() else "initdb, postgres and psql are not there (Debian: postgresql)"


class SqlError(Exception):
    """What psql said."""


def run_sql(url, text, **values):
    """Runs statements, each a transaction of its own; the rows as lists of texts ("" for NULL).

    A value stands in the text as :'name'.
    """
    command = [programs() / "psql", "-X", "-q", "-A", "-t", "-z", "-0", "-F", "\x1f"]
    command += ["-v", "ON_ERROR_STOP=1", "-d", url]
    for name, value in values.items():
        command += ["-v", f"{name}={value}"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SqlError(done.stderr.strip())
    return [row.split("\x1f") for row in done.stdout.split("\0")[:-1]]


def _identity():
    """Keywords for subprocess that make it run as somebody else than root."""
    if os.geteuid() != 0:
        return {}, None
    for name in ACCOUNTS:
        with contextlib.suppress(KeyError):
            account = pwd.getpwnam(name)
            return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}, account
    raise AssertionError(f"none of the accounts {ACCOUNTS} is there to run PostgreSQL as")


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


class Server:
    """A cluster of its own on 127.0.0.1, and what can happen to one. parent: where its folder is made."""

    def __init__(self, parent=None, **settings):
        self.settings = {**SETTINGS, **settings}
        self.identity, account = _identity()
        parent = parent or stores.roomy_folder()
        self.folder = Path(tempfile.mkdtemp(prefix="latchkey-postgres-", dir=parent))
        self.data = self.folder / "data"
        self.password = secrets.token_hex(12)
        self.process = None
        self.port = None
        try:
            if account is not None:
                os.chown(self.folder, account.pw_uid, account.pw_gid)
            self._init()
            self.start()
            self._make_role()
        except BaseException:
            self.stop()
            raise

    def _init(self):
        word = self.folder / "password"
        word.write_text(self.password + "\n")
        word.chmod(0o644)
        command = [programs() / "initdb", "-D", self.data, "-U", "postgres", "-A", "scram-sha-256"]
        command += [f"--pwfile={word}", "--locale=C.UTF-8", "--encoding=UTF8"]
        done = subprocess.run(
            command, cwd="/", capture_output=True, text=True, check=False, **self.identity
        )
        word.unlink()
        assert done.returncode == 0, done.stderr

    def _make_role(self):
        """Who owns the database is no superuser, as in real life."""
        self.sql(f"CREATE ROLE {ROLE} LOGIN CREATEDB CREATEROLE PASSWORD :'word'", word=self.password)
        self.sql(f"CREATE DATABASE {ROLE} OWNER {ROLE}")
        self.sql("CREATE EXTENSION pg_trgm", database=ROLE)

    @property
    def url(self):
        return f"postgresql://{ROLE}:{self.password}@127.0.0.1:{self.port}/{ROLE}"

    def sql(self, text, database="postgres", **values):
        """What the superuser says."""
        url = f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{database}"
        return run_sql(url, text, **values)

    def start(self):
        """Starts it, on the port it had before."""
        ports = [self.port] if self.port else [_free_port() for _ in range(5)]
        for self.port in ports:
            if self._try_start():
                return
        log = (self.folder / "log").read_text(errors="replace")
        raise AssertionError(f"PostgreSQL does not start:\n{log[-2000:]}")

    def _try_start(self):
        command = [*LEASH, programs() / "postgres", "-D", self.data, "-p", str(self.port)]
        settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": self.folder}
        for name, value in {**settings, **self.settings}.items():
            command += ["-c", f"{name}={value}"]
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                command, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self.identity
            )
        return self.wait_ready()

    def wait_ready(self):
        """Waits until it takes connections; False when it has ended."""
        pause = threading.Event()
        deadline = time.monotonic() + START_S
        while self.process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(SqlError):
                self.sql("SELECT 1")
                return True
            pause.wait(0.02)
        return False

    # --- a second one, which follows ---

    def standby(self):
        """A server that has all that this one acknowledges: each commit waits for it. Promote it with
        promote()."""
        self.sql("CREATE ROLE follower LOGIN REPLICATION PASSWORD :'word'", word=self.password)
        follower = Server.__new__(Server)
        follower.settings, follower.identity = dict(self.settings), self.identity
        follower.password, follower.process, follower.port = self.password, None, None
        follower.folder = Path(tempfile.mkdtemp(prefix="latchkey-postgres-", dir=stores.roomy_folder()))
        follower.data = follower.folder / "data"
        if "user" in self.identity:
            os.chown(follower.folder, self.identity["user"], self.identity["group"])
        source = f"host=127.0.0.1 port={self.port} user=follower password={self.password}"
        command = [programs() / "pg_basebackup", "-D", follower.data, "-R", "-c", "fast", "-d", source]
        done = subprocess.run(
            command, cwd="/", capture_output=True, text=True, check=False, **self.identity
        )
        assert done.returncode == 0, done.stderr
        follower.start()
        self.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
        self.sql("SELECT pg_reload_conf()")
        state = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"
        deadline = time.monotonic() + START_S
        while self.sql(state) != [["1"]]:
            assert time.monotonic() < deadline, "the standby does not follow"
        return follower

    def stop_telling(self):
        """What happens here from now on, the standby does not learn."""
        for (pid,) in self.sql("SELECT pid FROM pg_stat_replication"):
            os.kill(int(pid), signal.SIGSTOP)

    def end_a_wait(self):
        """An operator who lets a commit go that waits for the standby; False when there is none."""
        query = (
            "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity"
            " WHERE wait_event = 'SyncRep' AND usename = :'role'"
        )
        return self.sql(query, role=ROLE) != [["0"]]

    def waste_numbers(self, count):
        """So many transactions get a number and come to nothing."""
        self.sql("BEGIN; SELECT pg_current_xact_id(); ROLLBACK;\n" * count)

    def promote(self):
        self.sql("ALTER SYSTEM SET synchronous_standby_names = ''")
        self.sql("SELECT pg_promote()")

    # --- what happens to it ---

    def kill(self):
        """An end without warning; its own processes end when they notice."""
        children = self._children()
        for pid in [self.process.pid, *children]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        pause = threading.Event()
        while any(Path(f"/proc/{pid}").exists() for pid in children):
            pause.wait(0.01)

    def _children(self):
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(word) for word in path.read_text().split()] if path.exists() else []

    def pause(self):
        """It hangs: nothing is answered, nothing is closed. The postmaster first, so that no child
        is born meanwhile."""
        os.kill(self.process.pid, signal.SIGSTOP)
        for pid in self._children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)

    def resume(self):
        for pid in [*self._children(), self.process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def end_connections(self):
        """Ends every connection of the role, as an operator does; how many there were."""
        query = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = :'role'"
        return int(self.sql(query, role=ROLE)[0][0])

    def stop(self):
        """Ends it and removes all it had. May be called twice."""
        if self.process is not None and self.process.poll() is None:
            self.resume()
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


# --- databases ------------------------------------------------------------------------------------
# What a test calls a database is a schema: those are made and removed ten times as fast.

OPTION = "options=-csearch_path%3D"


def schema_of(url):
    return url.partition(OPTION)[2]


def make(url, _folder, _name):
    name = f"t_{secrets.token_hex(6)}"
    run_sql(url, f"CREATE SCHEMA {name}")
    return f"{url}?{OPTION}{name}"


def drop(url):
    run_sql(url, f"DROP SCHEMA {schema_of(url)} CASCADE")


def make_database(url):
    """A database of its own, for tests about just that; it goes with the server."""
    name = f"d_{secrets.token_hex(6)}"
    run_sql(url, f"CREATE DATABASE {name}")
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def secret(url):
    return urlsplit(url).password or ""


GROW_TRIES = 60


def make_old(url, count):
    """A database as an older version left it, which knew the first `count` steps of the schema."""
    run_sql(
        url,
        "CREATE TABLE schema_migrations (number bigint PRIMARY KEY, name text NOT NULL,"
        " checksum text NOT NULL, applied_ms bigint NOT NULL)",
    )
    for number, step in enumerate(sorted(MIGRATIONS.glob("*.sql"))[:count], 1):
        run_sql(url, step.read_text())
        query = "INSERT INTO schema_migrations VALUES (:'number', :'name', :'sum', 1)"
        checksum = hashlib.sha256(step.read_bytes()).hexdigest()
        run_sql(url, query, number=number, name=step.stem[5:], sum=checksum)


class Holder:
    """A program that has read a table in a transaction, and leaves that open: end() ends it."""

    def __init__(self, url, table):
        command = [programs() / "psql", "-X", "-q", "-d", url]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
        )
        self.process.stdin.write(f"BEGIN; SELECT count(*) FROM {table};\n")
        self.process.stdin.flush()

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Peek:
    """The tables themselves."""

    def __init__(self, url):
        self.url = url

    def sql(self, text, **values):
        return run_sql(self.url, text, **values)

    def password_hash(self, username):
        query = "SELECT password_hash FROM users WHERE username = :'username'"
        return self.sql(query, username=username)[0][0]

    def set_password_hash(self, username, text):
        query = "UPDATE users SET password_hash = :'hash' WHERE username = :'username' RETURNING 1"
        assert self.sql(query, username=username, hash=text) == [["1"]]

    def newest_key(self):
        """The newest signing key as it is stored (PKCS #8, DER)."""
        query = "SELECT encode(material, 'hex') FROM signing_keys ORDER BY created_ms DESC LIMIT 1"
        return bytes.fromhex(self.sql(query)[0][0])

    def is_untouched(self):
        """Nothing was ever made there."""
        query = "SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
        return self.sql(query) == [["0"]]

    def count_users(self):
        """Deleted ones too; 0 when there is no schema yet."""
        try:
            return int(self.sql("SELECT count(*) FROM users")[0][0])
        except SqlError as error:
            if 'relation "users" does not exist' not in str(error):
                raise
            return 0

    def add_migration(self, number):
        """As if a newer version had been here."""
        query = (
            "INSERT INTO schema_migrations (number, name, checksum, applied_ms)"
            " VALUES (:'number', 'x', 'y', 1)"
        )
        self.sql(query, number=number)

    def grow(self):
        """What the step of a newer version may do to tables while older nodes run: add."""
        tables = ("users", "sessions", "roles", "products", "changes", "audit_events", "attempts")
        words = [f"ALTER TABLE {t} ADD COLUMN later text NOT NULL DEFAULT 'x';" for t in tables]
        more = "CREATE TABLE later (id bigint); CREATE INDEX later_users ON users (later);"
        for _ in range(GROW_TRIES):
            with contextlib.suppress(SqlError):
                # A step of ours waits no longer for a table (src/store/postgres/schema.c).
                self.sql(f"SET lock_timeout = '500ms'; BEGIN; {' '.join(words)} {more} COMMIT;")
                return
        raise AssertionError("the tables are never free")

    def waits_for(self, table):
        """True when somebody waits for a lock of that table; False when not; None when nobody has
        one."""
        query = "SELECT bool_or(NOT granted) FROM pg_locks WHERE relation = :'table'::regclass"
        return {"t": True, "f": False, "": None}[self.sql(query, table=table)[0][0]]

    def change_migration(self, number):
        """As if another version had made this step."""
        query = (
            "UPDATE schema_migrations SET checksum = 'other' WHERE number = :'number' RETURNING 1"
        )
        assert self.sql(query, number=number) == [["1"]]

    def everything(self):
        """Every value of every table: texts as they are, and bytes as such too."""
        command = [programs() / "pg_dump", "--data-only", "-n", schema_of(self.url), "-d", self.url]
        dump = subprocess.run(command, capture_output=True, check=True).stdout
        found = re.findall(rb"\\\\x([0-9a-f]+)", dump)
        assert found, "there is no value of bytes in the dump"
        return b"\n".join([dump, *map(bytes.fromhex, map(bytes.decode, found))])


class Breakable:
    """A database that can be taken away, on a server of its own."""

    def __init__(self, folder):
        self.server = Server()
        self.url = make(self.server.url, folder, "breakable")

    @contextlib.contextmanager
    def away(self):
        """The server hangs: every wait must end by itself."""
        self.server.pause()
        try:
            yield
        finally:
            self.server.resume()

    def close(self):
        self.server.stop()
