"""Latchkey and one peer in turn, on the same CPU, path by path."""

import contextlib
import sqlite3
import tempfile
from pathlib import Path

from client import PASSWORD, Client, log_in_many
from measure import (
    FEW_CONNECTIONS,
    ME_CONNECTIONS,
    RATE_LIMIT_OFF,
    NotThere,
    Row,
    Side,
    alternate,
    fresh_database,
    measured_server,
)
from paths import login_load, me_request, refresh_load
from load import get
from processes import Broken, memory_kib, serving

CONNECTIONS = {"me": ME_CONNECTIONS, "login": 4, "refresh": FEW_CONNECTIONS, "list": FEW_CONNECTIONS}
TITLES = {"me": "who am I", "login": "log-in", "refresh": "refresh", "list": "list of 50 users"}


def latchkey_load(path, setting, server):
    """What Latchkey is asked for the same path."""
    if path == "me":
        return setting.load(server, [me_request(server)[0]])
    if path == "login":
        return login_load(setting, server)
    if path == "refresh":
        return refresh_load(setting, server, FEW_CONNECTIONS)
    token = Client(server.address).log_in("root")["access_token"]
    return setting.load(server, [get("/v1/users?limit=50", token)])


def seed_with(setting, flags):
    """The prepared file with every password hashed in another way: that of one person who signs up
    with it, for all, since making a thousand takes minutes."""
    seed = setting.folder / f"seed{'-'.join(flags).replace('/', '')}.db"
    if seed.exists():
        return seed
    with fresh_database(setting) as database:
        with serving(setting.binary, database, flags=(*RATE_LIMIT_OFF, *flags)) as server:
            client = Client(server.address)
            token = client.log_in("root")["access_token"]
            client.call("POST", "/v1/users", {"username": "sample", "password": PASSWORD,
                                              "email": "sample@example.com"}, token, 201)  # fmt: skip
        with sqlite3.connect(database) as db:
            db.execute("UPDATE users SET password_hash = (SELECT password_hash FROM users"
                       " WHERE username = 'sample')")  # fmt: skip
        db.close()  # the last connection: the file is complete by itself now
        database.rename(seed)
    return seed


def measure_path(row, setting, path, asked, peer, flags):
    """One path of both in turn."""
    connections = CONNECTIONS[path]
    seed = seed_with(setting, flags) if path == "login" and flags else None
    with measured_server(setting, (*RATE_LIMIT_OFF, *(flags or ())), seed=seed) as server:
        ours = Side(setting, latchkey_load(path, setting, server), server.pid, connections)
        theirs = Side(setting, setting.load(peer, asked.requests, asked.chain), peer.pid,
                      connections)  # fmt: skip

        def rest():
            server.rest()
            peer.rest()

        alternate(row, setting, ours.run, theirs.run, rest)
    row.notes |= {f"ours_{name}": value for name, value in ours.latencies().items()}
    row.notes |= {f"theirs_{name}": value for name, value in theirs.latencies().items()}


def measure_paths(name, module, peer, setting, say):
    """Every path of a running peer."""
    rows = []
    asked = module.loads(peer, setting.users)
    for path, title in TITLES.items():
        row = Row(f"{title}, {CONNECTIONS[path]} connections", key=f"peer:{name}:{path}", group="peer",
                  unit="/s", bare_name=module.TITLE)  # fmt: skip
        rows.append(row)
        if isinstance(asked[path], str):
            row.missing = asked[path]
            continue
        say(f"  measuring {row.name}, against {module.TITLE}")
        flags = module.LATCHKEY_FLAGS if path == "login" else ()
        try:
            measure_path(row, setting, path, asked[path], peer, flags)
        except Broken as error:
            row.error = str(error)
    return rows


def measure(name, module, home, setting, say):
    """All rows of a peer; one that says why when it cannot be had or does not work."""
    facts = Row(f"{module.TITLE} {module.VERSION}, idle memory", key=f"peer:{name}", group="peer",
                unit="MiB")  # fmt: skip
    facts.notes = {"version": module.VERSION, "hash": module.HASH, "store": module.STORE,
                   "same_hash": module.LATCHKEY_FLAGS is not None}  # fmt: skip
    try:
        say(f"  installing {module.TITLE} {module.VERSION}, unless it is there")
        home.mkdir(parents=True, exist_ok=True)
        module.install(home)
        with tempfile.TemporaryDirectory(dir=setting.folder) as folder:
            with module.serving(home, Path(folder), setting.cpus[0]) as peer:
                peer.rest()
                facts.ours = memory_kib(peer.pid) / 1024
                facts.notes["start_s"] = round(peer.started_s, 2)
                module.fill(peer, setting.users)
                return [facts, *measure_paths(name, module, peer, setting, say)]
    except (NotThere, Broken, OSError) as reason:
        facts.missing = str(reason)
        return [facts]
