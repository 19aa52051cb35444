"""MongoDB: a mongod of the tests' own in a temporary folder, a replica set of one; one database a
test. tests/mongod.txt says which mongod, tools/setup --test fetches it."""

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from base64 import b64encode
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import stores

ROOT = Path(__file__).resolve().parent.parent.parent
MIGRATIONS = ROOT / "migrations" / "mongo"
MONGOD = ROOT / "build" / "mongod" / "mongod"
USER = "latchkey"
START_S = 60
# The leash ends the server when the process that started it ends, however that happens.
LEASH = ["setpriv", "--pdeathsig", "KILL"]
PARAMETERS = {
    "enableTestCommands": "1",
    "ttlMonitorSleepSecs": "1",
    "diagnosticDataCollectionEnabled": "false",
    "scramSHA256IterationCount": "5000",  # the least there can be; each connection logs in
    # How long a node that copies from one that hangs waits for it; 5 unless set.
    "oplogNetworkTimeoutBufferSeconds": "1",
}


def why_not():
    if not os.access(MONGOD, os.X_OK):
        return "build/mongod/mongod is not there: tools/setup --test fetches it"
    if not _has_avx():
        return "mongod needs a CPU with AVX"
    try:
        import pymongo  # noqa: F401
    except ImportError:
        return "pymongo is not there (Debian: python3-pymongo)"
    return ""


def _has_avx():
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    return os.uname().machine == "aarch64" or " avx " in flags


def connect(url, **options):
    """A client of pymongo. Tests never wait for long; nor for the journal's 100 ms, which a write for
    a majority does that does not ask for the journal by itself."""
    import pymongo

    settings = {"serverSelectionTimeoutMS": 5000, "uuidRepresentation": "standard", "journal": True}
    return pymongo.MongoClient(url, **{**settings, **options})


def make_key():
    """What the nodes of a replica set know each other by."""
    return b64encode(secrets.token_bytes(96)).decode()


class Server:
    """A mongod of its own on 127.0.0.1, and what can happen to one.

    replicated: a replica set of one node, as the tests need it; False: a single server.
    key: of a replica set that somebody else (Cluster) initiates. parent: where its folder is made.
    """

    def __init__(self, replicated=True, key=None, parent=None):
        self.replicated = replicated
        parent = parent or stores.roomy_folder()
        self.folder = Path(tempfile.mkdtemp(prefix="latchkey-mongo-", dir=parent))
        self.data = self.folder / "data"
        self.data.mkdir()
        self.key = self.folder / "key"
        self.key.write_text(key or make_key())
        self.key.chmod(0o600)
        self.password = secrets.token_hex(12)
        self.process = None
        self.port = 0
        self._client = None
        try:
            self.start()
            if key is None:
                self._initiate()
                self._make_user()
        except BaseException:
            self.stop()
            raise

    # --- starting ---

    def start(self):
        """Starts it, on the port it had before."""
        log = self.folder / "log"
        seen = log.stat().st_size if log.exists() else 0
        command = [*LEASH, MONGOD, "--dbpath", self.data, "--logpath", log, "--logappend"]
        command += ["--bind_ip", "127.0.0.1", "--port", str(self.port), "--nounixsocket"]
        command += ["--oplogSize", "64", "--wiredTigerCacheSizeGB", "0.25"]
        command += ["--wiredTigerEngineConfigString", "log=(file_max=8MB)"]
        if self.replicated:
            command += ["--replSet", "rs0", "--keyFile", self.key]
        else:
            command += ["--auth"]
        for name, value in PARAMETERS.items():
            command += ["--setParameter", f"{name}={value}"]
        self.process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.port = self._wait_listening(log, seen)

    def _wait_listening(self, log, seen):
        pause = threading.Event()
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self.process.poll() is None:
            if log.exists():
                with open(log, "rb") as file:
                    file.seek(seen)
                    for line in file.read().splitlines():
                        if b'"Waiting for connections"' in line:
                            return json.loads(line)["attr"]["port"]
            pause.wait(0.02)
        text = log.read_text(errors="replace") if log.exists() else ""
        raise AssertionError(f"mongod does not start:\n{text[-3000:]}")

    @property
    def host(self):
        return f"127.0.0.1:{self.port}"

    def _initiate(self):
        """Allowed without a login on the loopback until there is a user."""
        if not self.replicated:
            return
        with contextlib.closing(connect(self.host, directConnection=True)) as client:
            members = [{"_id": 0, "host": self.host}]
            client.admin.command("replSetInitiate", {"_id": "rs0", "members": members})
        self.wait_primary(login=False)

    def _make_user(self):
        with contextlib.closing(connect(self.host, directConnection=True)) as client:
            _make_user(client.admin, USER, self.password, ["root"])

    def wait_primary(self, login=True):
        """Waits until it takes writes."""
        pause = threading.Event()
        deadline = time.monotonic() + START_S
        url = self.direct_url if login else f"mongodb://{self.host}/"
        with contextlib.closing(connect(url, directConnection=True)) as client:
            while not _is_writable(client):
                assert time.monotonic() < deadline, "mongod does not become a primary"
                pause.wait(0.02)

    # --- talking ---

    @property
    def direct_url(self):
        return f"mongodb://{USER}:{self.password}@{self.host}/?authSource=admin"

    @property
    def url(self):
        more = "&replicaSet=rs0" if self.replicated else ""
        return self.direct_url + more

    def admin(self):
        """A client for this server alone; closed with it."""
        if self._client is None:
            self._client = connect(self.direct_url, directConnection=True)
        return self._client

    def make_owner(self, database):
        """A user who may do what the store needs on that database, and nothing else; the URL."""
        name, password = f"owner-{secrets.token_hex(4)}", secrets.token_hex(12)
        roles = [{"role": "readWrite", "db": database}]
        _make_user(self.admin()[database], name, password, roles)
        more = "?replicaSet=rs0" if self.replicated else ""
        return f"mongodb://{name}:{password}@{self.host}/{database}{more}"

    def fail_commands(self, names, mode, application=None, **how):
        """The fail point failCommand: calls of these commands go wrong, how says in which way."""
        data = {"failCommands": list(names), **how}
        if application:
            data["appName"] = application
        self.admin().admin.command("configureFailPoint", "failCommand", mode=mode, data=data)

    def stop_failing(self):
        self.admin().admin.command("configureFailPoint", "failCommand", mode="off")

    # --- what happens to it ---

    def kill(self):
        """An end without warning."""
        self.process.kill()
        self.process.wait()

    def pause(self):
        """It hangs: nothing is answered, nothing is closed."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def step_down(self, seconds=2):
        """No primary for a while."""
        import pymongo.errors

        with contextlib.suppress(pymongo.errors.AutoReconnect):
            self.admin().admin.command("replSetStepDown", seconds, force=True)

    def stop(self):
        """Ends it, without the 15 s in which a node of a replica set lets others take over, and
        removes all it had. May be called twice."""
        if self._client is not None:
            self._client.close()
            self._client = None
        if self.process is not None and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class Cluster:
    """A replica set of three, with short elections; what happens to a node is the node's."""

    NODES = 3
    SETTINGS = {"electionTimeoutMillis": 1000, "heartbeatIntervalMillis": 200}

    def __init__(self):
        key = make_key()
        self.nodes = []
        self.password = secrets.token_hex(12)
        try:
            for _ in range(self.NODES):
                self.nodes.append(Server(key=key))
            self._initiate()
        except BaseException:
            self.stop()
            raise

    def _initiate(self):
        members = [{"_id": i, "host": node.host} for i, node in enumerate(self.nodes)]
        config = {"_id": "rs0", "members": members, "settings": self.SETTINGS}
        with contextlib.closing(connect(self.nodes[0].host, directConnection=True)) as client:
            client.admin.command("replSetInitiate", config)
        primary = self.wait_primary(login=False)
        with contextlib.closing(connect(primary.host, directConnection=True)) as client:
            _make_user(client.admin, USER, self.password, ["root"])

    @property
    def url(self):
        hosts = ",".join(node.host for node in self.nodes)
        return f"mongodb://{USER}:{self.password}@{hosts}/?authSource=admin&replicaSet=rs0"

    def wait_primary(self, login=True, but=None):
        """Waits until one of the nodes that run takes writes; that one. but: it is no answer."""
        pause = threading.Event()
        deadline = time.monotonic() + START_S
        user = f"{USER}:{self.password}@" if login else ""
        while time.monotonic() < deadline:
            for node in self.nodes:
                if node.process.poll() is None and node is not but:
                    url = f"mongodb://{user}{node.host}/?authSource=admin"
                    options = {"directConnection": True, "serverSelectionTimeoutMS": 500}
                    with contextlib.closing(connect(url, **options)) as client:
                        if _is_writable(client):
                            return node
            pause.wait(0.02)
        raise AssertionError("no node becomes the primary")

    def wait_confirmed(self, node):
        """Waits until the primary's writes are confirmed by a majority again: when a node hangs, others
        that copied from it notice that late, and choose another one to copy from."""
        url = f"mongodb://{USER}:{self.password}@{node.host}/?authSource=admin&w=majority"
        with contextlib.closing(connect(url, directConnection=True)) as client:
            client.test.confirmed.insert_one({})

    def step_down(self, node):
        """The primary hands over in an orderly way: to one that has all it has."""
        import pymongo.errors

        url = f"mongodb://{USER}:{self.password}@{node.host}/?authSource=admin"
        with contextlib.closing(connect(url, directConnection=True)) as client:
            with contextlib.suppress(pymongo.errors.AutoReconnect):
                client.admin.command("replSetStepDown", 20, secondaryCatchUpPeriodSecs=10)

    def stop(self):
        for node in self.nodes:
            node.stop()


def _make_user(database, name, password, roles):
    # A command takes no write concern from the client.
    database.command(
        "createUser", name, pwd=password, roles=roles, writeConcern={"w": "majority", "j": True}
    )


def _is_writable(client):
    import pymongo.errors

    try:
        return client.admin.command("hello").get("isWritablePrimary", False)
    except pymongo.errors.PyMongoError:
        return False


# --- databases ------------------------------------------------------------------------------------


def _with_database(url, name):
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def name_of(url):
    return urlsplit(url).path.lstrip("/")


def make(url, _folder, _name):
    return _with_database(url, f"t_{secrets.token_hex(4)}")


def drop(url):
    with contextlib.closing(connect(url)) as client:
        client.drop_database(name_of(url))


def secret(url):
    return urlsplit(url).password or ""


def make_old(url, count):
    """A database as an older version left it, which knew the first `count` steps of the schema."""
    from bson import json_util

    with contextlib.closing(connect(url)) as client:
        database = client[name_of(url)]
        for number, step in enumerate(sorted(MIGRATIONS.glob("*.json"))[:count], 1):
            for command in json_util.loads(step.read_text())["commands"]:
                database.command(command)
            row = {"_id": number, "name": step.stem[5:], "applied_at": datetime.now(timezone.utc)}
            row["checksum"] = hashlib.sha256(step.read_bytes()).hexdigest()
            database.schema_migrations.insert_one(row)


class Peek:
    """The documents themselves."""

    def __init__(self, url):
        self.url = url

    @contextlib.contextmanager
    def database(self):
        with contextlib.closing(connect(self.url)) as client:
            yield client[name_of(self.url)]

    def password_hash(self, username):
        with self.database() as database:
            return database.users.find_one({"username": username})["password_hash"]

    def set_password_hash(self, username, text):
        with self.database() as database:
            change = {"$set": {"password_hash": text}}
            assert database.users.update_one({"username": username}, change).matched_count == 1

    def newest_key(self):
        """The newest signing key as it is stored (PKCS #8, DER)."""
        with self.database() as database:
            keys = [key for ring in database.signing_keys.find() for key in ring["keys"]]
            return bytes(max(keys, key=lambda key: key["created_at"])["material"])

    def is_untouched(self):
        """Nothing was ever made there."""
        with self.database() as database:
            return database.list_collection_names() == []

    def count_users(self):
        """Deleted ones too; 0 when there is no schema yet."""
        with self.database() as database:
            return database.users.count_documents({"purged": None})

    def add_migration(self, number):
        """As if a newer version had been here."""
        with self.database() as database:
            database.schema_migrations.insert_one({"_id": number, "name": "x", "checksum": "y"})

    def grow(self):
        """What the step of a newer version may do to documents while older nodes run: add."""
        names = ("users", "sessions", "roles", "products", "audit_events", "attempts", "settings")
        with self.database() as database:
            for name in names:
                database[name].update_many({}, {"$set": {"later": "x", "more": {"later": [1]}}})
                database[name].create_index("later", name="later")
            database.create_collection("later")

    def change_migration(self, number):
        """As if another version had made this step."""
        with self.database() as database:
            change = {"$set": {"checksum": "other"}}
            done = database.schema_migrations.update_one({"_id": number}, change)
            assert done.matched_count == 1

    def everything(self):
        """Every document of every collection, as BSON."""
        import bson.raw_bson

        options = bson.codec_options.CodecOptions(document_class=bson.raw_bson.RawBSONDocument)
        found = []
        with self.database() as database:
            for name in database.list_collection_names():
                documents = database.get_collection(name, codec_options=options).find()
                found += [document.raw for document in documents]
        return b"\n".join(found)


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
