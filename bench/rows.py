"""What is measured: one function a row, each with its own server on a copy of the prepared file."""

import contextlib
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import lists
from client import PASSWORD, Client, log_in_many, make_admin, make_users
from processes import (
    Broken,
    bare_http,
    bare_rate,
    memory_kib,
    sample,
    seconds_to_listening,
    serving,
    wrk,
)

SCRIPTS = Path(__file__).resolve().parent / "wrk"
ME_CONNECTIONS = 64
FEW_CONNECTIONS = 16
# A round in which others kept more than this of a CPU busy is taken again.
FOREIGN_MAX = 0.05
TAKES = 4
RATE_LIMIT_OFF = ("--rate-limit", "off")


@dataclass
class Setting:
    """What all rows share."""

    binary: Path
    programs: Path  # folder of the bare programs
    folder: Path  # temporary, on the file system that is measured
    cpus: tuple  # of the server, of the load; None: any
    rounds: int
    seconds: float
    users: int
    logins: int
    starts: int
    list_sizes: tuple
    list_rounds: int
    list_filters: list  # words; empty: all
    takes: int = TAKES

    @property
    def seed(self):
        return self.folder / "seed.db"


@dataclass
class Row:
    """One line of the table. A ratio is ours/bare of the medians."""

    name: str
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
    lines: list = field(default_factory=list)  # single measurements, kept with the row
    table: str = ""  # of them, for people

    @property
    def ratio(self):
        return self.ours / self.bare if self.bare else None

    @property
    def cpu_ratio(self):
        """The ratio by CPU time, which other work on the machine moves less."""
        return self.cpu_us[1] / self.cpu_us[0] if self.cpu_us else None

    @property
    def spread(self):
        """The lowest and the highest ratio of a round."""
        ratios = [ours / bare for ours, bare in self.rounds if bare]
        return (min(ratios), max(ratios)) if ratios else None

    @property
    def verdict(self):
        if self.error:
            return "INVALID"
        if self.target is None:
            return ""
        value = self.ours if self.ratio is None else self.ratio
        good = value <= self.target if self.at_most else value >= self.target
        return "pass" if good else "below" if not self.at_most else "above"


def prepare(setting):
    """Makes the file with an admin and the users that every row starts from."""
    make_admin(setting.binary, setting.seed)
    with serving(setting.binary, setting.seed, flags=RATE_LIMIT_OFF) as server:
        make_users(server, setting.users)


@contextlib.contextmanager
def fresh_database(setting):
    """A copy of the prepared file."""
    with tempfile.TemporaryDirectory(dir=setting.folder) as folder:
        yield Path(shutil.copy(setting.seed, Path(folder) / "bench.db"))


@contextlib.contextmanager
def measured_server(setting, flags=()):
    with fresh_database(setting) as database:
        with serving(setting.binary, database, setting.cpus[0], flags) as server:
            yield server


def is_disturbed(pair):
    return any(side.foreign > FOREIGN_MAX for side in pair)


def take_pair(setting, ours, bare, rest):
    """One round of each; again while others disturb it, but not for ever."""
    for _ in range(setting.takes):
        rest()
        mine = ours(setting.seconds)
        rest()
        other = bare(setting.seconds)
        if not is_disturbed((mine, other)):
            break
    return mine, other


def alternate(row, setting, ours, bare, rest):
    """Rounds of ours and bare in turn, after a warm-up of each; fills in the medians of the
    rounds that nothing disturbed; of all when there is none."""
    for warm_up in (ours, bare):
        warm_up(1)
    pairs = [take_pair(setting, ours, bare, rest) for _ in range(setting.rounds)]
    calm = [pair for pair in pairs if not is_disturbed(pair)]
    row.notes["disturbed_rounds"] = len(pairs) - len(calm)
    counted = calm or pairs
    row.rounds = [(mine.rate, other.rate) for mine, other in counted]
    row.ours, row.bare = (median(rates) for rates in zip(*row.rounds))
    row.cpu_us = tuple(round(median(side.cpu_us for side in sides), 2) for sides in zip(*counted))


def me(row, setting):
    """GET /v1/users/me against bare libmicrohttpd answering as many bytes."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(measured_server(setting))
        client = Client(server.address)
        token = client.log_in("root")["access_token"]
        body = client.call("GET", "/v1/users/me", token=token)
        program = setting.programs / "bare_mhd"
        pid, url = stack.enter_context(bare_http(program, body, setting.cpus[0]))
        headers = (f"Authorization: Bearer {token}",)
        results = []

        def load(where, seconds):
            results.append(wrk(where, ME_CONNECTIONS, seconds, setting.cpus[1], headers=headers))
            return results[-1]["rate"]

        me_url = server.url + "/v1/users/me"
        alternate(row, setting,
                  lambda seconds: sample(lambda: load(me_url, seconds), server.pid),
                  lambda seconds: sample(lambda: load(url, seconds), pid),
                  server.rest)  # fmt: skip
        row.notes.update(latency_notes(results[2::2]), body_bytes=len(body))


def latency_notes(results):
    return {name: round(median(r[name] for r in results), 2) for name in ("p50_ms", "p99_ms")}


def log_in(row, setting):
    """POST /v1/auth/login against verifying argon2id hashes on the same CPU."""
    results = []
    with measured_server(setting, RATE_LIMIT_OFF) as server:

        def load(seconds):
            results.append(
                wrk(server.url + "/v1/auth/login", FEW_CONNECTIONS, seconds, setting.cpus[1],
                    script=SCRIPTS / "login.lua", arguments=(setting.users, PASSWORD))
            )  # fmt: skip
            return results[-1]["rate"]

        program = setting.programs / "bare_argon2"
        alternate(row, setting,
                  lambda seconds: sample(lambda: load(seconds), server.pid),
                  lambda seconds: sample(
                      lambda: bare_rate([program, seconds], setting.cpus[0])),
                  server.rest)  # fmt: skip
    row.notes.update(latency_notes(results[1:]))


def refresh(row, setting):
    """POST /v1/auth/refresh, each token used once, against durable commits one after another."""
    results = []
    with measured_server(setting, RATE_LIMIT_OFF) as server:
        tokens = Path(server.log).with_name("tokens")

        def load(seconds):
            results.append(
                wrk(server.url + "/v1/auth/refresh", FEW_CONNECTIONS, seconds, setting.cpus[1],
                    script=SCRIPTS / "refresh.lua", arguments=(tokens,))
            )  # fmt: skip
            return results[-1]["rate"]

        def ours(seconds):
            answers = log_in_many(server, FEW_CONNECTIONS + 1)
            tokens.write_text("".join(answer["refresh_token"] + "\n" for answer in answers))
            server.rest()
            return sample(lambda: load(seconds), server.pid)

        def bare(seconds):
            with tempfile.TemporaryDirectory(dir=setting.folder) as folder:
                command = [setting.programs / "bare_sqlite", Path(folder) / "bare.db", seconds]
                return sample(lambda: bare_rate(command, setting.cpus[0]))

        alternate(row, setting, ours, bare, server.rest)
    row.notes.update(latency_notes(results[1:]))


def list_page(row, setting):
    """GET /v1/users?limit=50 as an admin."""
    results = []
    with measured_server(setting) as server:
        token = Client(server.address).log_in("root")["access_token"]
        for round_number in range(setting.rounds + 1):
            server.rest()
            seconds = setting.seconds if round_number else 1
            result = wrk(server.url + "/v1/users?limit=50", FEW_CONNECTIONS, seconds,
                         setting.cpus[1], headers=(f"Authorization: Bearer {token}",))  # fmt: skip
            results += [result] if round_number else []
    row.ours = median(result["rate"] for result in results)
    row.rounds = [(result["rate"], None) for result in results]
    row.notes = latency_notes(results)
    row.notes["users"] = setting.users + 1


def list_latencies(row, setting):
    """GET /v1/users with every filter and sort: the highest p99 of all is what counts."""
    for count in setting.list_sizes:
        lines, about = lists.measure_size(
            setting.binary, count, setting.list_rounds, setting.list_filters, setting.cpus[0]
        )
        row.lines += lines
        row.notes |= {f"{count}_users_{name}": value for name, value in about.items()}
    row.ours = max(line["p99_ms"] for line in row.lines)
    row.table = lists.table(row.lines, setting.list_sizes)


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


def start_time(row, setting):
    """From spawning to `listening` on an existing file."""
    with fresh_database(setting) as database:
        seconds_to_listening(setting.binary, database)
        times = [1000 * seconds_to_listening(setting.binary, database)
                 for _ in range(setting.starts)]  # fmt: skip
    row.ours = median(times)
    row.rounds = [(ms, None) for ms in times]
    row.notes = {"slowest_ms": round(max(times), 1)}


def binary_size(row, setting):
    """The binary without symbols."""
    stripped = setting.folder / "stripped"
    status = subprocess.run(["strip", "-o", stripped, setting.binary], check=False).returncode
    if status != 0:
        raise Broken("strip failed")
    row.ours = stripped.stat().st_size / 2**20


# name: (function, the line as it is before it is measured)
ROWS = {
    "me": (me, Row("GET /v1/users/me, 64 connections", unit="requests/s", target=0.40,
                   bare_name="libmicrohttpd")),
    "login": (log_in, Row("log-in, 16 connections", unit="log-ins/s", target=0.90,
                          bare_name="argon2id")),
    "refresh": (refresh, Row("refresh, 16 connections", unit="refreshes/s",
                             bare_name="SQLite commits")),
    "list": (list_page, Row("list of 50 users, 16 connections", unit="requests/s")),
    "lists": (list_latencies, Row("slowest list of users, p99", unit="ms", target=lists.LIMIT_MS,
                                  at_most=True)),
    "memory": (idle_memory, Row("idle memory", unit="MiB", target=12, at_most=True)),
    "start": (start_time, Row("start to listening", unit="ms", target=50, at_most=True)),
    "size": (binary_size, Row("binary, stripped", unit="MiB")),
}  # fmt: skip
