"""Latchkey and one peer in turn, on the same CPU, path by path."""

import sqlite3
import tempfile
from dataclasses import replace
from pathlib import Path

from client import PASSWORD, Client
from measure import (
    RATE_LIMIT_OFF,
    NotThere,
    Row,
    Side,
    alternate,
    fresh_database,
    measured_server,
)
from paths import LOADS
from processes import Broken, bare_rate, memory_kib, sample, serving

# A peer has four paths, and there are several of them: less than for Latchkey's own rows.
ROUNDS, SECONDS, RETAKES = 3, 2, 1
TITLES = {"me": "who am I", "login": "log-in", "refresh": "refresh", "list": "list of 50 users"}


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
            person = {"username": "sample", "email": "sample@example.com", "password": PASSWORD}
            client.call("POST", "/v1/users", person, token, 201)
        with sqlite3.connect(database) as db:
            db.execute("UPDATE users SET password_hash = (SELECT password_hash FROM users"
                       " WHERE username = 'sample')")  # fmt: skip
        db.close()  # the last connection: the file is complete by itself now
        database.rename(seed)
    return seed


def measure_path(row, setting, path, asked, peer, flags, warm_up_s):
    """One path of both in turn."""
    make_load, connections = LOADS[path]
    seed = seed_with(setting, flags) if path == "login" and flags else None
    with measured_server(setting, (*RATE_LIMIT_OFF, *(flags or ())), seed=seed) as server:
        ours = Side(setting, make_load(setting, server), server.pid, connections)
        theirs = Side(setting, setting.load(peer, asked.requests, asked.chain), peer.pid,
                      connections)  # fmt: skip

        def rest():
            server.rest()
            peer.rest()

        if warm_up_s:
            theirs.load.run(connections, min(warm_up_s, 4 * setting.seconds), setting.cpus[1])

        alternate(row, setting, ours.run, theirs.run, rest)
    row.notes |= {f"ours_{name}": value for name, value in ours.latencies().items()}
    row.notes |= {f"theirs_{name}": value for name, value in theirs.latencies().items()}


def without_hash(row, setting, bare_hash):
    """What a log-in costs besides its hash, for both: CPU time in milliseconds."""
    seconds, cpu = max(2, setting.seconds), setting.cpus[0]
    argon2 = [setting.programs / "own_argon2", seconds]
    ours = sample(lambda: bare_rate(argon2, cpu)).cpu_us / 1000
    theirs = sample(lambda: bare_hash(cpu, seconds)).cpu_us / 1000
    for name, cpu_us, hash_ms in (("ours", row.cpu_us[0], ours), ("theirs", row.cpu_us[1], theirs)):
        row.notes[f"{name}_ms"] = round(cpu_us / 1000, 1)
        row.notes[f"{name}_without_hash_ms"] = round(cpu_us / 1000 - hash_ms, 1)


def measure_paths(name, module, peer, setting, say):
    """Every path of a running peer."""
    rows = []
    asked = module.loads(peer, setting.users)
    for path, title in TITLES.items():
        row = Row(f"{title}, {LOADS[path][1]} connections", key=f"peer:{name}:{path}", group="peer",
                  unit="/s", bare_name=module.TITLE)  # fmt: skip
        rows.append(row)
        if isinstance(asked[path], str):
            row.missing = asked[path]
            continue
        say(f"  measuring {row.name}, against {module.TITLE}")
        flags = module.LATCHKEY_FLAGS if path == "login" else ()
        try:
            measure_path(row, setting, path, asked[path], peer, flags,
                         getattr(module, "WARM_UP_S", 0))  # fmt: skip
            if path == "login" and flags is None:
                without_hash(row, setting, module.bare_hash)
        except Broken as error:
            row.error = str(error)
    return rows


def measure(name, module, home, setting, say):
    """All rows of a peer; one that says why when it cannot be had or does not work."""
    facts = Row(f"{module.TITLE} {module.VERSION}, idle memory", key=f"peer:{name}", group="peer",
                unit="MiB")  # fmt: skip
    facts.notes = {"version": module.VERSION, "hash": module.HASH, "store": module.STORE,
                   "same_hash": module.LATCHKEY_FLAGS is not None}  # fmt: skip
    setting = replace(
        setting, rounds=min(ROUNDS, setting.rounds), seconds=min(SECONDS, setting.seconds),
        retakes=min(RETAKES, setting.retakes),
    )  # fmt: skip
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
