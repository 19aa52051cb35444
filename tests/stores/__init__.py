"""The stores that tests can run on, and databases on them.

LATCHKEY_TEST_STORE names the store: sqlite (unless set), postgres, mongo. LATCHKEY_TEST_STORE_URL is
a server of that kind on which a test may make databases; without it the process starts one of its
own. Each kind is a module of its name with

    why_not()         why no server can be started here; "" when one can
    Server()          starts a server of its own: .url, .stop(); not for SQLite
    make(url, folder, name)   an empty database for a test; its URL
    drop(url)         removes it
    Peek(url)         what tests ask the database itself, behind the program's back
    Breakable(folder) a database that can be taken away: .url, .away() (a context), .close()
"""

import atexit
import importlib
import os
import shutil
from pathlib import Path

KINDS = ("sqlite", "postgres", "mongo")
SERVERS = tuple(kind for kind in KINDS if kind != "sqlite")  # those that `tests/run` starts

_state = {"server": None, "made": {}}


MEMORY_BYTES = 4 << 30


def roomy_folder():
    """Where a server's files may lie: in memory where there is room, because tests make many files and
    each of them is synced; None: wherever temporary files are."""
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK):
        if shutil.disk_usage(memory).free > MEMORY_BYTES:
            return memory
    return None


def kind():
    """The store that this process tests."""
    name = os.environ.get("LATCHKEY_TEST_STORE") or "sqlite"
    assert name in KINDS, f"LATCHKEY_TEST_STORE: {name} is none of {', '.join(KINDS)}"
    return name


def module(name=None):
    return importlib.import_module(f"stores.{name or kind()}")


def server_url():
    """The server that databases are made on; "" for SQLite."""
    given = os.environ.get("LATCHKEY_TEST_STORE_URL", "")
    if given or kind() == "sqlite":
        return given
    if _state["server"] is None:
        reason = module().why_not()
        assert not reason, f"no {kind()} server: {reason}"
        _state["server"] = module().Server()
        atexit.register(_state["server"].stop)
    return _state["server"].url


def database(folder, name="test"):
    """The URL of a test's database, made empty with the first call for this folder and name."""
    key = (str(folder), name)
    if key not in _state["made"]:
        _state["made"][key] = module().make(server_url(), folder, name)
    return _state["made"][key]


def drop_below(folder):
    """Removes the databases made for that folder."""
    for key in [key for key in _state["made"] if key[0] == str(folder)]:
        module().drop(_state["made"].pop(key))


def secret():
    """What stands in the URLs of databases and must not be seen in a log; "" for nothing."""
    return module().secret(server_url())


def peek(url):
    """What tests ask the database at url itself."""
    return module(of_url(url)).Peek(url)


def of_url(url):
    """The kind of store that a URL means."""
    scheme = url.partition(":")[0]
    return next(name for name in KINDS if scheme.startswith(name))


def server_environment(name, url):
    """The variables that tell tests of a server."""
    return {"LATCHKEY_TEST_STORE": name, "LATCHKEY_TEST_STORE_URL": url}
