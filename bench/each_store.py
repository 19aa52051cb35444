"""The same paths on each store in one run, side by side, and how much of their time is the store's.

The servers of PostgreSQL and MongoDB are the tests' own (tests/stores), on the file system that is
measured, with all that makes what they acknowledge durable.
"""

import contextlib
import dataclasses
import os
import re
from statistics import median

import stores
from client import Client, make_admin, make_users
from limits import STORE_CONNECTIONS
from measure import ME_CONNECTIONS, RATE_LIMIT_OFF, NotThere, Side, alternate
from paths import LOADS, refresh_load
from processes import Broken, bare_rate, sample, serving

KINDS = ("sqlite", *stores.SERVERS)
CONNECTIONS = 16
ROUTES = {"login": "/v1/auth/login", "refresh": "/v1/auth/refresh", "me": "/v1/users/me",
          "list": "/v1/users"}  # fmt: skip
# What the server asks its store by itself, whoever calls.
OWN_CALLS = ("changes_read", "purge", "users_expired", "users_purge", "user_list_tend")
SAMPLE = re.compile(r'^(\w+)(?:\{(.*)\})? (\S+)$', re.MULTILINE)


# --- databases ------------------------------------------------------------------------------------


@contextlib.contextmanager
def database_of(kind, folder):
    """The URL of an empty database of that kind below the folder, for the length of a block."""
    if kind == "sqlite":
        yield f"sqlite:{folder / 'sqlite.db'}"
        return
    module = stores.module(kind)
    os.chmod(folder, 0o711)  # PostgreSQL runs as another user
    server = module.Server(parent=folder)
    try:
        yield module.make(server.url, folder, "bench")
    finally:
        server.stop()


@contextlib.contextmanager
def serving_at(url, kind, setting):
    """A server on an empty database of that kind, with an admin and people in it."""
    beside = setting.folder / f"{kind}.db"
    make_admin(setting.binary, beside, url)
    with serving(setting.binary, beside, setting.cpus[0], RATE_LIMIT_OFF, url) as server:
        make_users(server, setting.users)
        yield server


@contextlib.contextmanager
def serving_on(kind, setting):
    """The same with a database of its own."""
    with database_of(kind, setting.folder) as url, serving_at(url, kind, setting) as server:
        yield server


# --- what is asked --------------------------------------------------------------------------------


class Asked:
    """One path of one server."""

    def __init__(self, path, setting, server):
        self.route, self.server = ROUTES[path], server
        self.cpu = setting.cpus[1]
        self.load = LOADS[path][0](setting, server)

    def run(self, connections, seconds):
        """What the load saw."""
        return self.load.run(connections, seconds, self.cpu)


# --- the store's part -----------------------------------------------------------------------------


REQUESTS = {
    "latchkey_http_request_seconds_count": "requests",
    "latchkey_http_request_seconds_sum": "seconds",
}
CALLS = {"latchkey_store_seconds_count": "calls", "latchkey_store_seconds_sum": "store_seconds"}


def times_of(server, route):
    """Since the start: requests of the route, their seconds, calls of the store, their seconds."""
    text = Client(server.address).call("GET", "/metrics")
    seen = dict.fromkeys(("requests", "seconds", "calls", "store_seconds"), 0.0)
    for name, labels, value in SAMPLE.findall(text):
        if name in REQUESTS and f'route="{route}"' in labels:
            seen[REQUESTS[name]] += float(value)
        if name in CALLS and not any(f'op="{own}"' in labels for own in OWN_CALLS):
            seen[CALLS[name]] += float(value)
    return seen


def store_part(load, seconds):
    """With one connection, so that no request waits for another: what one asks of the store, and
    the share of the request's time that this takes."""
    load.server.rest()
    before = times_of(load.server, load.route)
    load.run(1, seconds)
    after = times_of(load.server, load.route)
    spent = {name: after[name] - before[name] for name in after}
    if spent["requests"] == 0:
        raise Broken(f"the metrics know nothing of {load.route}")
    return {
        "store_calls": round(spent["calls"] / spent["requests"], 1),
        "store_ms": round(1000 * spent["store_seconds"] / spent["requests"], 3),
        "store_share": round(spent["store_seconds"] / spent["seconds"], 3),
    }


# --- the row --------------------------------------------------------------------------------------


def measure_path(path, servers, setting):
    """Rounds of one path on each store in turn; a line for each."""
    loads = {kind: Asked(path, setting, server) for kind, server in servers.items()}
    results = {kind: [] for kind in servers}
    for round_number in range(setting.rounds + 1):
        for kind, load in loads.items():
            load.server.rest()
            result = load.run(CONNECTIONS, setting.seconds if round_number else 1)
            results[kind] += [result] if round_number else []
    lines = []
    for kind, load in loads.items():
        seen = {name: round(median(r[name] for r in results[kind]), 2)
                for name in ("rate", "p50_ms", "p99_ms")}  # fmt: skip
        part = store_part(load, setting.seconds)
        lines.append({"path": path, "store": kind, **seen, **part})
    return lines


def table(lines):
    """For people: a line for each path and store."""
    heading = ("path", "store", "a second", "p50 ms", "p99 ms", "calls", "store ms", "share")
    rows = [heading]
    for line in lines:
        rows.append((
            line["path"], line["store"], f"{line['rate']:,.0f}", f"{line['p50_ms']:.2f}",
            f"{line['p99_ms']:.2f}", f"{line['store_calls']:.1f}", f"{line['store_ms']:.3f}",
            f"{100 * line['store_share']:.0f} %",
        ))  # fmt: skip
    widths = [max(len(row[i]) for row in rows) for i in range(len(heading))]
    text = []
    for row in rows:
        names = [cell.ljust(width) for cell, width in zip(row[:2], widths[:2])]
        numbers = [cell.rjust(width) for cell, width in zip(row[2:], widths[2:])]
        text.append("  ".join(names + numbers).rstrip())
    return "\n".join(text)


def side_by_side(row, setting):
    """Log-in, refresh, own record and list on each store that can be started here."""
    setting = dataclasses.replace(setting, users=setting.logins)
    with contextlib.ExitStack() as stack:
        servers = {}
        for kind in KINDS:
            reason = "" if kind == "sqlite" else stores.module(kind).why_not()
            if reason:
                row.notes[kind] = f"not there: {reason}"
            else:
                servers[kind] = stack.enter_context(serving_on(kind, setting))
        for path in ROUTES:
            row.lines += measure_path(path, servers, setting)
    row.ours = len(servers)
    row.notes["users"] = setting.users + 1
    row.table = table(row.lines)


# --- against the bare library ---------------------------------------------------------------------


def refresh_on_postgres(row, setting):
    """POST /v1/auth/refresh, each token used once, against libpq updating one row after another
    over as many connections as the server has."""
    reason = stores.module("postgres").why_not()
    if reason or not (setting.programs / "bare_pq").exists():
        raise NotThere(reason or "libpq is not there")
    setting = dataclasses.replace(setting, users=ME_CONNECTIONS)
    with database_of("postgres", setting.folder) as url:
        with serving_at(url, "postgres", setting) as server:
            load = refresh_load(setting, server, ME_CONNECTIONS)
            side = Side(setting, load, server.pid, ME_CONNECTIONS)

            def rows_by(what, seconds):
                command = [setting.programs / "bare_pq", url, seconds, what, STORE_CONNECTIONS]
                return bare_rate(command, setting.cpus[0])

            def bare(seconds):
                return sample(lambda: rows_by("update", seconds))

            alternate(row, setting, side.run, bare, server.rest)
            server.rest()
            row.notes["rows_by_statements_of_32"] = round(rows_by("group", setting.seconds))
    row.cpu_us = None  # most of both is the database's
    row.notes.update(side.latencies(), connections_of_libpq=STORE_CONNECTIONS)
