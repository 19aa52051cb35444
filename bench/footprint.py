"""What a server costs before and while it works: memory, start, size."""

import shutil
import sqlite3
import subprocess
from statistics import median

import lists
from client import log_in_many
from measure import (
    FEW_CONNECTIONS,
    RATE_LIMIT_OFF,
    fresh_database,
    measured_server,
)
from paths import login_load, me_load
from processes import Broken, memory_kib, seconds_to_listening, serving

MIB_IDLE = 12
MIB_OF_HASH = 19
KIB_OF_CONNECTION = 8
CLIENTS = 1000
SESSIONS = 100_000
QUICK_SESSIONS = 1_000
# With their meaning in the schema; the last two make a session alive.
NEW_SESSIONS = """
INSERT INTO sessions (id, user_id, client_id, user_agent, address, network, created_ms,
                      last_used_ms, expires_ms, counter, epoch)
    SELECT randomblob(16), id, '', 'bench', '127.0.0.1', '127.0.0.1', :now, :now,
           :now + 7776000000, 1, epoch
    FROM users WHERE deleted_ms IS NULL AND status = 1 ORDER BY number LIMIT :count
"""


def idle_memory(row, setting):
    """Resident memory of a server with default settings: at rest after start, and after log-ins."""
    with fresh_database(setting) as database:
        with serving(setting.binary, database, flags=RATE_LIMIT_OFF) as server:
            server.rest()
            row.ours = memory_kib(server.pid) / 1024
            log_in_many(server, setting.logins)
            server.rest()
            after = memory_kib(server.pid) / 1024
            peak = memory_kib(server.pid, "VmHWM") / 1024
            row.notes = {f"after_{setting.logins}_logins_mib": round(after, 1),
                         "peak_mib": round(peak, 1)}  # fmt: skip


def memory_under_load(row, setting):
    """The most resident memory while 1,000 connections ask at once and others log in."""
    flags = (*RATE_LIMIT_OFF, "--hash-workers", str(setting.cpu_count))
    with measured_server(setting, flags, cpu=setting.all_cpus) as server:
        load = me_load(setting, server)
        logins = login_load(setting, server)
        seen = load.run(CLIENTS, setting.seconds, setting.cpus[1])
        logins.run(FEW_CONNECTIONS, setting.seconds, setting.cpus[1])
        row.ours = memory_kib(server.pid, "VmHWM") / 1024
        server.rest()
        after = memory_kib(server.pid) / 1024
    hashes = MIB_OF_HASH * setting.cpu_count
    row.target = MIB_IDLE + hashes + CLIENTS * KIB_OF_CONNECTION / 1024
    row.notes = {"connections": CLIENTS, "hash_workers": setting.cpu_count,
                 "at_rest_after_mib": round(after, 1), "rate": round(seen["rate"])}  # fmt: skip


def with_sessions(database, count):
    """A copy with so many live sessions, made once and kept beside the prepared database."""
    path = database.with_name(f"{database.stem}-sessions-{count}.db")
    if path.exists():
        return path
    unfinished = path.with_suffix(".part")
    shutil.copy(database, unfinished)
    with sqlite3.connect(unfinished) as db:
        now = db.execute("SELECT unixepoch() * 1000").fetchone()[0]
        made = db.execute(NEW_SESSIONS, {"now": now, "count": count}).rowcount
    db.close()
    if made != count:
        raise Broken(f"{made} sessions instead of {count}")
    unfinished.rename(path)
    return path


def start_time(row, setting):
    """From spawning to `listening` on a file with many users and live sessions."""
    users = max(setting.list_sizes)
    sessions = min(SESSIONS, users // 10)
    database = with_sessions(lists.prepared(setting.binary, users)[0], sessions)
    seconds_to_listening(setting.binary, database)
    times = [1000 * seconds_to_listening(setting.binary, database) for _ in range(setting.starts)]
    row.ours = median(times)
    row.rounds = [(ms, None) for ms in times]
    row.notes = {"users": users, "sessions": sessions, "slowest_ms": round(max(times), 1)}


def stripped_mib(setting, binary):
    stripped = setting.folder / "stripped"
    if subprocess.run(["strip", "-o", stripped, binary], check=False).returncode != 0:
        raise Broken("strip failed")
    return stripped.stat().st_size / 2**20


def without_docs(setting):
    """A second build without the docs pages, in a folder beside the first."""
    folder = setting.binary.parent / "bench-nodocs"
    commands = [["ninja", "-C", folder, "latchkey"]]
    if not (folder / "build.ninja").exists():
        source = lists.ROOT
        commands.insert(0, ["meson", "setup", folder, source, "--buildtype=release",
                            "-Dtests=false", "-Ddocs=disabled"])  # fmt: skip
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Broken(f"the build without docs pages failed:\n{done.stdout[-2000:]}")
    return folder / "latchkey"


def binary_size(row, setting):
    """The binary without symbols and without the docs pages; in the notes, with them."""
    row.ours = stripped_mib(setting, without_docs(setting))
    row.notes = {"as_built_mib": round(stripped_mib(setting, setting.binary), 2)}
