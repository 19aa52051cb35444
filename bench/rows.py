"""What is measured: one function a row, each with its own server on a copy of the prepared file."""

import contextlib
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from client import PASSWORD, Client, log_in_many, make_admin, make_users
from processes import (
    Broken,
    bare_http,
    bare_rate,
    cpu_seconds,
    memory_kib,
    seconds_to_listening,
    serving,
    settle,
    wrk,
)

SCRIPTS = Path(__file__).resolve().parent / "wrk"
ME_CONNECTIONS = 64
FEW_CONNECTIONS = 16
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
    notes: dict = field(default_factory=dict)
    error: str = None

    @property
    def ratio(self):
        return self.ours / self.bare if self.bare else None

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


def busy_share(pid, work):
    """The result of work(), and how much of a CPU the process used meanwhile."""
    used, begun = cpu_seconds(pid), time.monotonic()
    result = work()
    return result, (cpu_seconds(pid) - used) / (time.monotonic() - begun)


def alternate(row, setting, ours, bare, rest):
    """Rounds of ours and bare in turn, after a warm-up of each; fills in medians."""
    for warm_up in (ours, bare):
        warm_up(1)
    for _ in range(setting.rounds):
        rest()
        mine = ours(setting.seconds)
        rest()
        row.rounds.append((mine, bare(setting.seconds)))
    row.ours = median(mine for mine, _ in row.rounds)
    row.bare = median(other for _, other in row.rounds)


def me(row, setting):
    """GET /v1/users/me against bare libmicrohttpd answering as many bytes."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(measured_server(setting))
        client = Client(server.address)
        token = client.log_in("root")["access_token"]
        body = client.call("GET", "/v1/users/me", token=token)
        program = setting.programs / "bare_mhd"
        pid, url = stack.enter_context(bare_http(program, body, setting.cpus[0]))
        shares = {server.pid: [], pid: []}
        latencies = []

        def load(process, where, seconds):
            headers = (f"Authorization: Bearer {token}",)
            result, share = busy_share(
                process,
                lambda: wrk(where, ME_CONNECTIONS, seconds, setting.cpus[1], headers=headers),
            )
            shares[process].append(share)
            latencies.append(result if process == server.pid else None)
            return result["rate"]

        alternate(row, setting,
                  lambda seconds: load(server.pid, server.url + "/v1/users/me", seconds),
                  lambda seconds: load(pid, url, seconds),
                  server.rest)  # fmt: skip
        row.notes = latency_notes([result for result in latencies if result])
        row.notes["busy"] = [round(median(share), 2) for share in shares.values()]
        row.notes["body_bytes"] = len(body)


def latency_notes(results):
    return {name: round(median(r[name] for r in results), 2) for name in ("p50_ms", "p99_ms")}


def log_in(row, setting):
    """POST /v1/auth/login against verifying argon2id hashes on the same CPU."""
    results = []
    with measured_server(setting, RATE_LIMIT_OFF) as server:

        def ours(seconds):
            results.append(
                wrk(server.url + "/v1/auth/login", FEW_CONNECTIONS, seconds, setting.cpus[1],
                    script=SCRIPTS / "login.lua", arguments=(setting.users, PASSWORD))
            )  # fmt: skip
            return results[-1]["rate"]

        alternate(row, setting, ours,
                  lambda seconds: bare_rate(
                      [setting.programs / "bare_argon2", seconds], setting.cpus[0]),
                  server.rest)  # fmt: skip
    row.notes = latency_notes(results)


def refresh(row, setting):
    """POST /v1/auth/refresh, each token used once, against durable commits one after another."""
    results = []
    with measured_server(setting, RATE_LIMIT_OFF) as server:
        tokens = Path(server.log).with_name("tokens")

        def ours(seconds):
            answers = log_in_many(server, FEW_CONNECTIONS + 1)
            tokens.write_text("".join(answer["refresh_token"] + "\n" for answer in answers))
            settle(server.pid)
            results.append(
                wrk(server.url + "/v1/auth/refresh", FEW_CONNECTIONS, seconds, setting.cpus[1],
                    script=SCRIPTS / "refresh.lua", arguments=(tokens,))
            )  # fmt: skip
            return results[-1]["rate"]

        def bare(seconds):
            with tempfile.TemporaryDirectory(dir=setting.folder) as folder:
                program = setting.programs / "bare_sqlite"
                return bare_rate([program, Path(folder) / "bare.db", seconds], setting.cpus[0])

        alternate(row, setting, ours, bare, server.rest)
    row.notes = latency_notes(results)


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
    "memory": (idle_memory, Row("idle memory", unit="MiB", target=15, at_most=True)),
    "start": (start_time, Row("start to listening", unit="ms", target=50, at_most=True)),
    "size": (binary_size, Row("binary, stripped", unit="MiB")),
}  # fmt: skip
