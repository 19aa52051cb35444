"""What the hardware and the bare libraries give in this run: the ceilings of everything above them.

bench/run has put tests/ on the path, whose servers of other stores are used here.
"""

import contextlib
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

import stores
from load import Request
from measure import ME_CONNECTIONS, NotThere, Row, measured
from processes import Broken, bare_http, bare_rate

CONSTANT = "x" * 300  # about as much as users/me answers
STORE_CONNECTIONS = 4  # as many as Latchkey has workers for the store


@dataclass(frozen=True)
class Limit:
    """One of them: how it is called, what is counted, and the function that measures one round."""

    name: str
    unit: str
    round: object  # (setting, seconds) → rate


def program(name, *arguments, all_cpus=False):
    """A bare program that takes its seconds where the arguments have "{seconds}"."""

    def one_round(setting, seconds):
        words = [str(word).format(seconds=seconds, cpus=setting.cpu_count) for word in arguments]
        cpu = setting.all_cpus if all_cpus else setting.cpus[0]
        return bare_rate([setting.programs / name, *words], cpu)

    return one_round


def constant(name):
    """A server that answers a constant, asked by the load."""

    def one_round(setting, seconds):
        with bare_http(setting.programs / name, CONSTANT, setting.cpus[0]) as server:
            load = setting.load(server, [Request("GET", "/")])
            return load.run(ME_CONNECTIONS, seconds, setting.cpus[1])["rate"]

    return one_round


def sqlite(*what):
    """SQLite on a file of its own, on the file system that is measured."""

    def one_round(setting, seconds):
        with tempfile.TemporaryDirectory(dir=setting.folder) as folder:
            command = [setting.programs / "bare_sqlite", Path(folder) / "bare.db", seconds, *what]
            return bare_rate(command, setting.cpus[0])

    return one_round


LIMITS = {
    "epoll": Limit("a loop around epoll answering a constant", "answers/s", constant("bare_epoll")),
    "mhd": Limit("libmicrohttpd answering a constant", "answers/s", constant("bare_mhd")),
    "argon2": Limit("libsodium argon2id, 19 MiB, 2 passes", "hashes/s",
                    program("bare_argon2", "{seconds}")),
    "argon2-all": Limit("the same on all CPUs of the run", "hashes/s",
                        program("bare_argon2", "{seconds}", "{cpus}", all_cpus=True)),
    "argon2-own": Limit("this build's argon2id, the same hash", "hashes/s",
                        program("own_argon2", "{seconds}")),
    "argon2-own-all": Limit("the same on all CPUs of the run", "hashes/s",
                            program("own_argon2", "{seconds}", "{cpus}", all_cpus=True)),
    "bcrypt": Limit("crypt bcrypt, cost 12", "hashes/s", program("bare_bcrypt", "{seconds}", 12)),
    "sqlite-read": Limit("SQLite, read of one row by key", "reads/s", sqlite("read")),
    "sqlite-1": Limit("SQLite, one row in a durable commit", "rows/s", sqlite("commit", 1)),
    "sqlite-32": Limit("SQLite, 32 rows in a durable commit", "rows/s", sqlite("commit", 32)),
    "es256-sign": Limit("OpenSSL ES256, sign", "signatures/s",
                        program("bare_crypto", "ES256", "sign", "{seconds}")),
    "es256-verify": Limit("OpenSSL ES256, verify", "signatures/s",
                          program("bare_crypto", "ES256", "verify", "{seconds}")),
    "eddsa-sign": Limit("OpenSSL EdDSA, sign", "signatures/s",
                        program("bare_crypto", "EdDSA", "sign", "{seconds}")),
    "eddsa-verify": Limit("OpenSSL EdDSA, verify", "signatures/s",
                          program("bare_crypto", "EdDSA", "verify", "{seconds}")),
    "hs256": Limit("OpenSSL HS256, sign or verify", "MACs/s",
                   program("bare_crypto", "HS256", "verify", "{seconds}")),
}  # fmt: skip

# store: (what its rows are called, program, arguments after the seconds)
STORES = {
    "postgres": (("libpq, read of one row", "bare_pq", ("read", 1)),
                 ("libpq, conditional update of one row", "bare_pq", ("update", 1)),
                 (f"libpq, the same on {STORE_CONNECTIONS} connections", "bare_pq",
                  ("update", STORE_CONNECTIONS))),
    "mongo": (("libmongoc, read of one document", "bare_mongo", ("read",)),
              ("libmongoc, conditional update of one document", "bare_mongo", ("update",))),
}  # fmt: skip


def rounds_of(row, setting, one_round):
    """Short rounds: these are many, and each is a loop that does nothing else."""
    seconds = min(1, setting.seconds)
    row.rounds = [(one_round(setting, seconds), None) for _ in range(min(3, setting.rounds))]
    row.ours = median(rate for rate, _ in row.rounds)


@contextlib.contextmanager
def store_url(store, folder):
    """A server of the tests' own with a database on it, its files where temporary ones are;
    NotThere where none can be started."""
    module = stores.module(store)
    reason = module.why_not()
    if reason:
        raise NotThere(reason)
    server = module.Server(parent=tempfile.gettempdir())  # not in memory: commits are to be durable
    try:
        yield module.make(server.url, folder, "bench")
    finally:
        server.stop()


def measure_store(store, setting):
    """The rows of one store."""
    rows = [Row(name, key=f"limit:{store}-{i}", group="limit", unit="operations/s")
            for i, (name, *_) in enumerate(STORES[store])]  # fmt: skip
    try:
        with store_url(store, setting.folder) as url:
            for row, (_, name, what) in zip(rows, STORES[store]):
                if not (setting.programs / name).exists():
                    raise NotThere("the library is not there")
                rounds_of(row, setting, program(name, url, "{seconds}", *what))
    except NotThere as reason:
        for row in rows:
            row.missing = str(reason)
    except Broken as error:
        for row in rows:
            row.error = None if row.rounds else str(error)
    return rows


def measure_all(setting, say):
    """Every limit, in its order."""
    rows = []
    for key, limit in LIMITS.items():
        say(f"  measuring {limit.name}")
        row = Row(limit.name, key=f"limit:{key}", group="limit", unit=limit.unit)
        function = partial(rounds_of, one_round=limit.round)
        rows.append(measured(row.key, function, row, setting))
    for store in STORES:
        say(f"  measuring a bare {store}")
        rows += measure_store(store, setting)
    return rows
