"""Latencies of `GET /v1/users`: every filter with every sort, at several numbers of users."""

import contextlib
import hashlib
import json
import socket
import sqlite3
import subprocess
import time
from collections import Counter
from itertools import product
from pathlib import Path
from urllib.parse import quote

from client import Client, make_admin
from processes import ENVIRONMENT, Broken, memory_kib, serving

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "build" / "bench-data"
SIZES = (10_000, 100_000, 1_000_000)
QUICK_SIZES = (1_000, 10_000)
ROUNDS = 100
QUICK_ROUNDS = 10
LIMIT_MS = 5
UPKEEP_S = 600
UPKEEP_LEFT = 1000  # changed people that are looked at one by one anyway
# In a database that an older version made (docs/adr/0016).
ORDERS_WITHOUT_CHUNKS = (
    "SELECT count(*) FROM list_orders AS o WHERE id % 2 = 0 AND count > 0"
    " AND NOT EXISTS (SELECT 1 FROM list_order_parts AS p WHERE p.id = (o.id + 1024) << 32)"
)
# Who was made last holds a second role: few in all, and far from the beginning of most orders.
ROLE = "auditor"
ROLE_PART = 50

SORTS = [
    sign + field
    for field in ("number", "username", "email", "name", "age", "created_at", "updated_at",
                  "last_login_at", "status")
    for sign in ("", "-")
] + ["status,name", "-age,created_at"]  # by a second field where many share the first

FILTERS = {
    "none": "",
    "q, nobody": "q=no.such.body",
    "q, a few": "q=smith77",
    "q, 1.6 % (smith)": "q=smith",
    "q, 2.5 % (zoe)": "q=zoe",
    "q, a third (example.com)": "q=example.com",
    "q, nearly all (exa)": "q=exa",
    "q, two letters (sm)": "q=sm",
    "q, one letter (a)": "q=a",
    "username": "username=root",
    "email": "email=root%40example.com",
    "role, all": "role=user",
    "role, 2 %": f"role={ROLE}",
    "role, one": "role=admin",
    "status=active": "status=active",
    "status=disabled": "status=disabled",
    "age 30 to 39": "min_age=30&max_age=39",
    "age from 90": "min_age=90",
    "created, a sixth, the last": "created_after=2025-01-01T00:00:00Z",
    "created, a sixth, the first": "created_before=2021-01-01T00:00:00Z",
    "created, a month": "created_after=2023-05-01T00:00:00Z&created_before=2023-06-01T00:00:00Z",
    "created, half": "created_before=2023-01-01T12:34:56Z",
    "deleted=only": "deleted=only",
    "deleted=with": "deleted=with",
}


# --- databases ------------------------------------------------------------------------------------


def fingerprint():
    """Of what decides how a made-up database looks."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "migrations" / "sqlite").glob("*.sql")):
        digest.update(path.read_bytes())
    digest.update((ROOT / "src" / "cli" / "seed_people.c").read_bytes())
    return digest.hexdigest()[:8]


def run(*command):
    words = [str(word) for word in command]
    done = subprocess.run(words, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Broken(f"{' '.join(words)}: status {done.returncode} {done.stderr}")


def give_role(binary, database, count):
    """To those made last. Written into the file: by HTTP it would take longer than all the rest."""
    run(binary, "role", "create", ROLE, "--permission", "audit:read",
        "--database", f"sqlite:{database}")  # fmt: skip
    with sqlite3.connect(database) as db:
        db.execute(
            "INSERT INTO user_roles (user_number, role_number)"
            " SELECT u.number, r.number FROM users AS u, roles AS r"
            " WHERE r.name = ? ORDER BY u.number DESC LIMIT ?",
            (ROLE, count // ROLE_PART),
        )
    db.close()


def prepared(binary, count):
    """A database with so many users, made once and kept; and the seconds that took, or None."""
    DATA.mkdir(parents=True, exist_ok=True)
    database = DATA / f"lists-{count}-{fingerprint()}.db"
    if database.exists():
        return database, None
    for old in DATA.glob(f"lists-{count}-*"):
        old.unlink()
    unfinished = DATA / f"unfinished-{count}.db"
    for old in DATA.glob(f"unfinished-{count}.*"):
        old.unlink()
    begun = time.monotonic()
    run(binary, "dev", "seed", "--users", count, "--database", f"sqlite:{unfinished}")
    seconds = time.monotonic() - begun
    make_admin(binary, unfinished)
    give_role(binary, unfinished, count)
    unfinished.rename(database)
    return database, seconds


# --- requests -------------------------------------------------------------------------------------


class Connection:
    """A keep-alive connection that does no more than it must while the clock runs."""

    def __init__(self, address, token):
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=120)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.head = f" HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()

    def get(self, query):
        """The milliseconds it took, and the body."""
        begun = time.perf_counter()
        self.socket.sendall(b"GET /v1/users?" + query.encode() + self.head)
        data = self.socket.recv(1 << 20)
        while b"\r\n\r\n" not in data:
            data += self.socket.recv(1 << 20)
        head, _, body = data.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split()[0])
        while len(body) < length:
            body += self.socket.recv(1 << 20)
        took_ms = 1000 * (time.perf_counter() - begun)
        if b" 200 " not in head.splitlines()[0]:
            raise Broken(f"GET /v1/users?{query}: {head.splitlines()[0]!r} {body[:300]!r}")
        return took_ms, body


def far_cursor(connection, query):
    """The cursor of the page in the middle; None when the list is a page."""
    total = json.loads(connection.get(query + "&limit=1")[1])["total"]
    if total < 200:
        return None
    _, body = connection.get(f"{query}&limit=1&count=false&offset={total // 2}")
    return json.loads(body)["next_cursor"]


def wait_for_upkeep(database):
    """What a made-up database still lacks is made in the background once there is a server."""
    end = time.monotonic() + UPKEEP_S
    while True:
        with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
            waiting = db.execute("SELECT count(*) FROM list_changed").fetchone()[0]
            older = db.execute(ORDERS_WITHOUT_CHUNKS).fetchone()[0]
        if waiting < UPKEEP_LEFT and older == 0:
            return
        if time.monotonic() > end:
            raise Broken(f"the upkeep of lists does not come to an end: {waiting} people and"
                         f" {older} orders wait")  # fmt: skip
        time.sleep(0.2)


def combinations(connection, wanted):
    """(filter, sort, page) → query."""
    queries = {}
    for (name, condition), sort in product(FILTERS.items(), SORTS):
        if wanted and not any(word in name for word in wanted):
            continue
        query = f"{condition}&sort={quote(sort)}" if condition else f"sort={quote(sort)}"
        queries[name, sort, "first"] = query
        cursor = far_cursor(connection, query)
        if cursor:
            queries[name, sort, "far"] = f"{query}&cursor={cursor}"
    return queries


def thread_ns(pid):
    """The CPU time of all threads, in nanoseconds (proc(5), schedstat)."""
    files = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(file.read_text().split()[0]) for file in files)


def percentile(times, part):
    """The nearest rank."""
    ordered = sorted(times)
    return ordered[max(0, -(-len(ordered) * part // 100) - 1)]


def measure_size(binary, count, rounds, wanted, cpu):
    """Every combination at one number of users: a dict for each, and what else was seen."""
    database, seeded_s = prepared(binary, count)
    with serving(binary, database, cpu) as server:
        token = Client(server.address).log_in("root")["access_token"]
        connection = Connection(server.address, token)
        wait_for_upkeep(database)
        server.rest()
        queries = combinations(connection, wanted)
        server.rest()
        before_kib = memory_kib(server.pid)
        times = {key: [] for key in queries}
        cpu_ns = dict.fromkeys((key[0] for key in queries), 0)
        for _, name in product(range(rounds), cpu_ns):
            used = thread_ns(server.pid)
            for key, query in queries.items():
                if key[0] == name:
                    times[key].append(connection.get(query)[0])
            cpu_ns[name] += thread_ns(server.pid) - used
        after_kib = memory_kib(server.pid)
    requests = Counter(key[0] for key in times for _ in times[key])
    lines = [
        {"users": count, "filter": key[0], "sort": key[1], "page": key[2],
         "p50_ms": round(percentile(took, 50), 2), "p99_ms": round(percentile(took, 99), 2),
         "max_ms": round(max(took), 2), "min_ms": round(min(took), 2),
         "cpu_ms": round(cpu_ns[key[0]] / 1e6 / requests[key[0]], 2)}
        for key, took in times.items()
    ]  # fmt: skip
    about = {"mib_before": round(before_kib / 1024, 1), "mib_after": round(after_kib / 1024, 1)}
    return lines, {**about, "seeded_s": round(seeded_s)} if seeded_s else about


# --- table ----------------------------------------------------------------------------------------


def slowest(lines, count, name, page):
    """The line of the sort with the highest p99."""
    found = [x for x in lines if (x["users"], x["filter"], x["page"]) == (count, name, page)]
    return max(found, key=lambda line: line["p99_ms"], default=None)


def table(lines, sizes):
    """For each filter and page the sort with the highest p99, sizes side by side: p50 and p99 of
    that sort, the server's CPU time of a request on average, the sort."""
    heading = ["filter", "page"] + [f"{count:,} users: p50 p99 cpu ms, sort" for count in sizes]
    rows = [heading]
    for name, page in product(dict.fromkeys(x["filter"] for x in lines), ("first", "far")):
        found = [slowest(lines, count, name, page) for count in sizes]
        if any(found):
            rows.append([name, page] + [
                f"{x['p50_ms']:7.2f} {x['p99_ms']:7.2f} {x['cpu_ms']:7.2f}  {x['sort']}" if x else "-"
                for x in found
            ])  # fmt: skip
    widths = [max(len(row[i]) for row in rows) for i in range(len(heading))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows
    )
