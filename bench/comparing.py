"""Two versions of Latchkey in turn, row by row, and what counts as worse."""

import contextlib
from dataclasses import dataclass
from statistics import median

from footprint import stripped_mib
from measure import (
    RATE_LIMIT_OFF,
    Row,
    Side,
    alternate,
    fresh_database,
    measured_server,
)
from paths import LOADS
from processes import memory_kib, seconds_to_listening, serving

# Part of the rounds that must agree before a difference of the medians is believed.
AGREEING = 0.8
THRESHOLD = 0.05


@dataclass
class Verdict:
    """What a row says of the new version: above 1 it is better."""

    ratio: float
    low: float  # of the rounds
    high: float
    by_cpu: bool  # judged by CPU time, because others disturbed every round
    worse: bool


def gains(row):
    """How much better each round of the new version was; above 1: better."""
    pairs = [(ours, bare) for ours, bare in row.rounds if ours and bare]
    return [bare / ours if row.at_most else ours / bare for ours, bare in pairs]


def judge(row, threshold=THRESHOLD, all_disturbed=False):
    """A difference counts when its median is beyond the threshold and most rounds agree that there
    is one. When others kept the machine busy in all of them, CPU time is believed instead."""
    rounds = gains(row)
    by_cpu = all_disturbed and row.cpu_ratio is not None
    ratio = row.cpu_ratio if by_cpu else median(rounds)
    agreeing = sum(gain < 1 for gain in rounds) >= AGREEING * len(rounds)
    worse = ratio < 1 - threshold and (by_cpu or agreeing)
    return Verdict(ratio, min(rounds), max(rounds), by_cpu, worse)


def compare_load(name, row, head, base):
    """Rates: both servers are up, on the same CPU, and asked in turn."""
    make_load, connections = LOADS[name]
    with contextlib.ExitStack() as stack:
        servers = [
            stack.enter_context(measured_server(side, RATE_LIMIT_OFF)) for side in (head, base)
        ]
        ours, theirs = (
            Side(side, make_load(side, server), server.pid, connections)
            for side, server in zip((head, base), servers)
        )

        def rest():
            for server in servers:
                server.rest()

        alternate(row, head, ours.run, theirs.run, rest)


def fill_in(row, pairs):
    row.rounds = pairs
    row.ours, row.bare = (median(values) for values in zip(*pairs))


def compare_start(_name, row, head, base):
    """Milliseconds from spawning to `listening`, in turn."""
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(fresh_database(side)) for side in (head, base)]

        def pair():
            return tuple(1000 * seconds_to_listening(side.binary, file)
                         for side, file in zip((head, base), files))  # fmt: skip

        pair()
        fill_in(row, [pair() for _ in range(head.starts)])


def idle_mib(side):
    with fresh_database(side) as database:
        with serving(side.binary, database) as server:
            server.rest()
            return memory_kib(server.pid) / 1024


def compare_memory(_name, row, head, base):
    """Resident memory at rest after start, in turn."""
    fill_in(row, [(idle_mib(head), idle_mib(base)) for _ in range(head.rounds)])


def compare_size(_name, row, head, base):
    """Both as built, without symbols."""
    fill_in(row, [(stripped_mib(head, head.binary), stripped_mib(base, base.binary))])


ROWS = {
    "me": (compare_load, Row("GET /v1/users/me", unit="requests/s")),
    "token": (compare_load, Row("first sight of a token", unit="requests/s")),
    "login": (compare_load, Row("log-in", unit="log-ins/s")),
    "refresh": (compare_load, Row("refresh", unit="refreshes/s")),
    "list": (compare_load, Row("list of 50 users", unit="requests/s")),
    "start": (compare_start, Row("start to listening", unit="ms", at_most=True)),
    "memory": (compare_memory, Row("idle memory", unit="MiB", at_most=True)),
    "size": (compare_size, Row("binary, stripped", unit="MiB", at_most=True)),
}


def compare(name, head, base, threshold):
    """One row and what it says."""
    function, row = ROWS[name]
    row.key, row.bare_name = name, "base"
    function(name, row, head, base)
    disturbed = row.notes.get("disturbed_rounds", 0) >= head.rounds
    return row, judge(row, threshold, disturbed)
