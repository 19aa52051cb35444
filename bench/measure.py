"""How things are measured: settings, rows, rounds in turn, servers on copies of a prepared file."""

import contextlib
import shutil
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

from client import make_admin, make_users
from load import LATENCIES, Load
from processes import Broken, bare_http, sample, serving

ME_CONNECTIONS = 64
FEW_CONNECTIONS = 16
# A round in which others kept more than this of a CPU busy is taken again.
FOREIGN_MAX = 0.05
RETAKES = 3  # of a row
RATE_LIMIT_OFF = ("--rate-limit", "off")


class NotThere(Exception):
    """Something that is measured only where it can be had, with the reason why it cannot."""


@dataclass
class Setting:
    """What all rows share."""

    binary: Path
    programs: Path  # folder of the load and the bare programs
    folder: Path  # temporary, on the file system that is measured
    cpus: tuple  # of the server, of the load, a second one of the server; None: any
    rounds: int
    seconds: float
    users: int
    logins: int
    starts: int
    tokens: int  # at least, for the first sight of each
    list_sizes: tuple
    list_rounds: int
    list_filters: list  # words; empty: all
    retakes: int = RETAKES

    @property
    def seed(self):
        return self.folder / "seed.db"

    @property
    def all_cpus(self):
        """Both of the server, as taskset wants them. Where there are two, the load shares one."""
        return None if self.cpus[0] is None else f"{self.cpus[0]},{self.cpus[2]}"

    @property
    def cpu_count(self):
        return 1 if self.cpus[0] is None else 2

    def load(self, server, requests, chain=None):
        """A load for a server."""
        return Load(self.programs / "load", server.address, self.folder, requests, chain)


@dataclass
class Row:
    """One line of the table. A ratio is ours/bare of the medians."""

    name: str
    key: str = ""
    group: str = "path"  # path, footprint, scaling, limit, peer
    ours: float = 0
    unit: str = ""
    bare: float = None
    bare_name: str = ""
    target: float = None  # of the ratio, or of ours when there is no bare
    at_most: bool = False
    rounds: list = field(default_factory=list)  # (ours, bare) a second
    cpu_us: tuple = None  # CPU time of one operation: (ours, bare)
    notes: dict = field(default_factory=dict)
    error: str = None
    missing: str = None  # why there is nothing to measure here
    lines: list = field(default_factory=list)  # single measurements, kept with the row
    table: str = ""  # of them, for people

    @property
    def ratio(self):
        return self.ours / self.bare if self.bare else None

    @property
    def cpu_ratio(self):
        """The ratio by CPU time, which other work on the machine moves less."""
        return self.cpu_us[1] / self.cpu_us[0] if self.cpu_us and self.cpu_us[0] else None

    @property
    def spread(self):
        """The lowest and the highest ratio of a round; of ours when there is no bare."""
        if self.bare:
            values = [ours / bare for ours, bare in self.rounds]
        else:
            values = [ours for ours, _ in self.rounds]
        return (min(values), max(values)) if values else None

    @property
    def verdict(self):
        if self.error:
            return "INVALID"
        if self.missing:
            return "not there"
        if self.target is None:
            return ""
        value = self.ours if self.ratio is None else self.ratio
        good = value <= self.target if self.at_most else value >= self.target
        return "pass" if good else "below" if not self.at_most else "above"


# --- servers --------------------------------------------------------------------------------------


def prepare(setting):
    """Makes the file with an admin and the users that every row starts from."""
    make_admin(setting.binary, setting.seed)
    with serving(setting.binary, setting.seed, flags=RATE_LIMIT_OFF) as server:
        make_users(server, setting.users)


@contextlib.contextmanager
def fresh_database(setting, seed=None):
    """A copy of the prepared file, or of another."""
    with tempfile.TemporaryDirectory(dir=setting.folder) as folder:
        yield Path(shutil.copy(seed or setting.seed, Path(folder) / "bench.db"))


@contextlib.contextmanager
def measured_server(setting, flags=(), cpu=None, seed=None, binary=None, more=()):
    """A server on such a copy; cpu: other than the server's; more: of its environment."""
    with fresh_database(setting, seed) as database:
        where = setting.cpus[0] if cpu is None else cpu
        with serving(binary or setting.binary, database, where, flags, more=more) as server:
            yield server


# --- rounds ---------------------------------------------------------------------------------------


def is_disturbed(pair):
    return any(side.foreign > FOREIGN_MAX for side in pair)


def take_pair(setting, ours, bare, rest):
    """One round of each."""
    rest()
    mine = ours(setting.seconds)
    rest()
    return mine, bare(setting.seconds)


def take_pairs(setting, ours, bare, rest):
    """The rounds of a row. What others disturbed is taken again, but only so many times: on a busy
    machine that is of no use."""
    pairs, spare = [], setting.retakes
    while len(pairs) < setting.rounds:
        pair = take_pair(setting, ours, bare, rest)
        if is_disturbed(pair) and spare > 0:
            spare -= 1
        else:
            pairs.append(pair)
    return pairs


def alternate(row, setting, ours, bare, rest):
    """Rounds of ours and bare in turn, after a warm-up of each; fills in the medians of the
    rounds that nothing disturbed; of all when there is none."""
    for warm_up in (ours, bare):
        warm_up(1)
    pairs = take_pairs(setting, ours, bare, rest)
    calm = [pair for pair in pairs if not is_disturbed(pair)]
    row.notes["disturbed_rounds"] = len(pairs) - len(calm)
    counted = calm or pairs
    row.rounds = [(mine.rate, other.rate) for mine, other in counted]
    row.ours, row.bare = (median(rates) for rates in zip(*row.rounds))
    row.cpu_us = tuple(round(median(side.cpu_us for side in sides), 2) for sides in zip(*counted))


class Side:
    """One side of a pair that a load asks: its rounds, and what the load saw in each."""

    def __init__(self, setting, load, pid, connections):
        self.setting = setting
        self.load = load
        self.pid = pid
        self.connections = connections
        self.results = []

    def run(self, seconds):
        """One round, as a sample."""

        def work():
            cpu = self.setting.cpus[1]
            self.results.append(self.load.run(self.connections, seconds, cpu))
            return self.results[-1]["rate"]

        return sample(work, self.pid)

    def latencies(self):
        """Of the rounds, without the warm-up: medians of p50 and p99."""
        counted = self.results[1:] or self.results
        return {name: round(median(r[name] for r in counted), 2) for name in LATENCIES}

    def at_half(self):
        """Latencies at half the highest rate, from when each request was due."""
        highest = median(result["rate"] for result in self.results[1:] or self.results)
        rate = max(1, highest / 2)
        seconds, cpu = self.setting.seconds, self.setting.cpus[1]
        seen = self.load.run(self.connections, seconds, cpu, rate=rate)
        names = {"half_rate": round(rate)}
        return names | {f"half_{name}": round(seen[name], 2) for name in LATENCIES}


def against_constant(row, setting, server, request, body_bytes, connections=ME_CONNECTIONS):
    """A request against bare libmicrohttpd answering a constant with a body of the same size."""
    with bare_http(setting.programs / "bare_mhd", "x" * body_bytes, setting.cpus[0]) as bare_server:
        ours = Side(setting, setting.load(server, [request]), server.pid, connections)
        # What it does with a body is no part of the constant.
        plain = replace(request, method="GET", body="")
        bare_load = setting.load(bare_server, [plain])
        bare = Side(setting, bare_load, bare_server.pid, connections)
        alternate(row, setting, ours.run, bare.run, server.rest)
        server.rest()
        row.notes.update(ours.latencies(), **ours.at_half(), body_bytes=body_bytes)


def alone(row, setting, side, rest):
    """Rounds of ours without anything beside it."""
    side.run(1)
    for _ in range(setting.rounds):
        rest()
        side.run(setting.seconds)
    row.rounds = [(result["rate"], None) for result in side.results[1:]]
    row.ours = median(ours for ours, _ in row.rounds)
    row.notes.update(side.latencies())


def measured(name, function, row, setting):
    """The row, filled in, or with the reason why not."""
    row.key = name
    try:
        function(row, setting)
    except NotThere as reason:
        row.missing = str(reason)
    except Broken as error:
        row.error = str(error)
    return row
