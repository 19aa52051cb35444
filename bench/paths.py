"""The paths that clients wait for: one function a row."""

import contextlib
import tempfile
import threading
from base64 import b64encode
from pathlib import Path
from statistics import median

from client import PASSWORD, Client, log_in_many, user_name
from load import FORM, Request, get, post
from measure import (
    FEW_CONNECTIONS,
    ME_CONNECTIONS,
    RATE_LIMIT_OFF,
    Side,
    against_constant,
    alone,
    alternate,
    measured_server,
)
from processes import Broken, bare_http, bare_rate, sample
from report import SIGNATURES

ROWS_IN_A_COMMIT = 32
# So that a commit of 32 rows takes 2 ms, as on the machine that the target was set for.
SLOW_SYNC_US = 1950
# Health checks a second while log-ins keep all cores busy.
HEALTH_RATE = 200
SCALED_BYTES = 400  # about as many as `me`
INTROSPECTION = ("--introspection-client", "bench",
                 "--introspection-secret", "0a5cE8qLw3Zr7Tn1Vb6Xk9Ym2Pd4Hs0J")  # fmt: skip


def me_request(server):
    """The request of an administrator for himself, and how many bytes its answer has."""
    client = Client(server.address)
    token = client.log_in("root")["access_token"]
    return get("/v1/users/me", token), len(client.call("GET", "/v1/users/me", token=token))


def me(row, setting):
    """GET /v1/users/me against bare libmicrohttpd answering as many bytes."""
    with measured_server(setting) as server:
        request, body_bytes = me_request(server)
        against_constant(row, setting, server, request, body_bytes)


def verify(row, setting):
    """GET /v1/auth/verify, with a permission asked for; its answer has no body."""
    path = "/v1/auth/verify?permission=users:read"
    with measured_server(setting) as server:
        client = Client(server.address)
        token = client.log_in("root")["access_token"]
        body = client.call("GET", path, token=token)
        against_constant(row, setting, server, get(path, token), len(body))


def introspect(row, setting):
    """POST /oauth/introspect by the client with its secret."""
    with measured_server(setting, INTROSPECTION) as server:
        client = Client(server.address)
        token = client.log_in("root")["access_token"]
        pair = b64encode(":".join(INTROSPECTION[1::2]).encode()).decode()
        headers = (*FORM.items(), ("Authorization", f"Basic {pair}"))
        request = Request("POST", "/oauth/introspect", headers, f"token={token}")
        against_constant(row, setting, server, request, len(client.introspect(token, pair)))


# --- tokens ---------------------------------------------------------------------------------------


def refresh_load(setting, server, count):
    """A load that refreshes as many new sessions, each token used once."""
    answers = log_in_many(server, count)
    bodies = [{"refresh_token": answer["refresh_token"]} for answer in answers]
    requests = [post("/v1/auth/refresh", body) for body in bodies]
    return setting.load(server, requests, chain="refresh_token")


def many_tokens(setting, server):
    """So many valid access tokens, of a few sessions: each refresh gives one."""
    load = refresh_load(setting, server, FEW_CONNECTIONS)
    path = setting.folder / "tokens"
    tokens = []
    for _ in range(100):
        load.run(FEW_CONNECTIONS, 1, None, keep=("access_token", path))
        tokens += path.read_text().split()
        if len(set(tokens)) >= setting.tokens:
            return list(dict.fromkeys(tokens))
    raise Broken(f"only {len(tokens)} tokens of {setting.tokens}")


def first_sight(row, setting):
    """GET /v1/users/me, each time with a token not seen lately, against bare verification."""
    with measured_server(setting, RATE_LIMIT_OFF) as server:
        ours = Side(setting, token_load(setting, server), server.pid, ME_CONNECTIONS)

        def bare(seconds):
            command = [setting.programs / "bare_crypto", "ES256", "verify", seconds]
            return sample(lambda: bare_rate(command, setting.cpus[0]))

        alternate(row, setting, ours.run, bare, server.rest)
        row.notes.update(ours.latencies(), tokens_at_least=setting.tokens)


def bare_commits(setting, rows, seconds, more=()):
    """Durable commits of bare SQLite, so many rows each, on the file system that is measured: rows
    a second."""
    with tempfile.TemporaryDirectory(dir=setting.folder) as folder:
        command = [setting.programs / "bare_sqlite", Path(folder) / "bare.db", seconds,
                   "commit", rows]  # fmt: skip
        return bare_rate(command, setting.cpus[0], more)


def against_commits(row, setting, more=()):
    """POST /v1/auth/refresh, each token used once, against durable commits of 32 rows each. Each
    signs a token besides: how many signatures the CPU can make is in the notes. more: of the
    environment of both."""
    with measured_server(setting, RATE_LIMIT_OFF, more=more) as server:
        side = Side(setting, refresh_load(setting, server, ME_CONNECTIONS), server.pid,
                    ME_CONNECTIONS)  # fmt: skip

        def bare(seconds):
            return sample(lambda: bare_commits(setting, ROWS_IN_A_COMMIT, seconds, more))

        alternate(row, setting, side.run, bare, server.rest)
        row.cpu_us = None  # both wait for the disk, and ours signs besides
        row.notes.update(side.latencies(), **side.at_half())
        server.rest()
    command = [setting.programs / "bare_crypto", "ES256", "sign", setting.seconds]
    row.notes[SIGNATURES] = round(bare_rate(command, setting.cpus[0]))


def refresh(row, setting):
    """On the disk there is."""
    against_commits(row, setting)


def refresh_on_slow_disk(row, setting):
    """The same where every sync of both sides takes as long as on a slower disk."""
    more = (("LD_PRELOAD", setting.programs / "slow_sync.so"), ("BENCH_SYNC_US", SLOW_SYNC_US))
    more = tuple((name, str(value)) for name, value in more)
    against_commits(row, setting, more)
    commits = bare_commits(setting, 1, setting.seconds, more)
    row.notes |= {"simulated_sync_us": SLOW_SYNC_US, "commits_of_one_row": round(commits)}


# --- log-in ---------------------------------------------------------------------------------------


def login_load(setting, server):
    """A load that logs in as one user after another."""
    bodies = [{"username": user_name(n), "password": PASSWORD} for n in range(1, setting.users + 1)]
    return setting.load(server, [post("/v1/auth/login", body) for body in bodies])


def log_in(row, setting):
    """POST /v1/auth/login against verifying argon2id hashes, both on all CPUs of the run."""
    with measured_server(setting, RATE_LIMIT_OFF, cpu=setting.all_cpus) as server:
        ours = Side(setting, login_load(setting, server), server.pid, FEW_CONNECTIONS)

        def bare(seconds):
            command = [setting.programs / "bare_argon2", seconds, setting.cpu_count]
            return sample(lambda: bare_rate(command, setting.all_cpus))

        alternate(row, setting, ours.run, bare, server.rest)
    row.notes.update(ours.latencies(), cpus=setting.cpu_count)


def health(row, setting):
    """GET /health/live at a fixed rate while log-ins keep all CPUs busy: its 99th percentile."""
    results = []
    with measured_server(setting, RATE_LIMIT_OFF, cpu=setting.all_cpus) as server:
        logins = login_load(setting, server)
        checks = setting.load(server, [get("/health/live", "none")])
        for _ in range(setting.rounds):
            server.rest()
            results.append(beside(logins, checks, setting))
    row.rounds = [(result["p99_ms"], None) for result in results]
    row.ours = median(ours for ours, _ in row.rounds)
    row.notes = {name: round(median(r[name] for r in results), 2) for name in ("p50_ms", "max_ms")}
    logins = median(result["beside"] for result in results)
    row.notes |= {"rate": HEALTH_RATE, "logins_a_second": round(logins, 1)}


def beside(first, second, setting):
    """What the second load sees while the first goes on, and the rate of the first."""
    found = {}

    def run():
        with contextlib.suppress(Broken):
            found.update(first.run(FEW_CONNECTIONS, setting.seconds + 1, setting.cpus[1]))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        seen = second.run(4, setting.seconds, setting.cpus[1], rate=HEALTH_RATE)
    finally:
        thread.join()
    if not found:
        raise Broken("the log-ins beside it failed")
    return seen | {"beside": found["rate"]}


# --- lists ----------------------------------------------------------------------------------------


def list_page(row, setting):
    """GET /v1/users?limit=50 as an administrator."""
    with measured_server(setting) as server:
        side = Side(setting, list_load(setting, server), server.pid, FEW_CONNECTIONS)
        alone(row, setting, side, server.rest)
        row.notes.update(side.at_half(), users=setting.users + 1)


# --- scaling --------------------------------------------------------------------------------------


def scaling(row, setting):
    """GET /v1/users/me with the server on two CPUs against the same with one."""
    with contextlib.ExitStack() as stack:
        two = stack.enter_context(measured_server(setting, cpu=setting.all_cpus))
        one = stack.enter_context(measured_server(setting))
        sides = [
            Side(setting, me_load(setting, server), server.pid, ME_CONNECTIONS)
            for server in (two, one)
        ]

        def rest():
            two.rest()
            one.rest()

        alternate(row, setting, sides[0].run, sides[1].run, rest)
    note_scaling(row, setting, sides)


def bare_scaling(row, setting):
    """A loop around epoll with two threads on two CPUs against one on one: what there is to be had
    beside the load."""
    program = setting.programs / "bare_epoll"
    with contextlib.ExitStack() as stack:
        sides = []
        for cpu, threads in ((setting.all_cpus, 2), (setting.cpus[0], 1)):
            server = stack.enter_context(bare_http(program, "x" * SCALED_BYTES, cpu, threads))
            load = setting.load(server, [Request("GET", "/")])
            sides.append(Side(setting, load, server.pid, ME_CONNECTIONS))
        alternate(row, setting, sides[0].run, sides[1].run, lambda: None)
    note_scaling(row, setting, sides)


def note_scaling(row, setting, sides):
    row.notes["load_shares_a_cpu"] = "yes" if setting.cpus[1] == setting.cpus[2] else "no"
    for name, side in zip(("two", "one"), sides):
        row.notes |= {f"{name}_{which}": value for which, value in side.latencies().items()}


# --- loads for comparisons ------------------------------------------------------------------------


def me_load(setting, server):
    return setting.load(server, [me_request(server)[0]])


def token_load(setting, server):
    tokens = many_tokens(setting, server)
    return setting.load(server, [get("/v1/users/me", token) for token in tokens])


def few_refreshes_load(setting, server):
    return refresh_load(setting, server, FEW_CONNECTIONS)


def list_load(setting, server):
    token = Client(server.address).log_in("root")["access_token"]
    return setting.load(server, [get("/v1/users?limit=50", token)])


# path: (what is asked, by how many connections); asked of a server with the rate limit off
LOADS = {
    "me": (me_load, ME_CONNECTIONS),
    "token": (token_load, ME_CONNECTIONS),
    "login": (login_load, 4),
    "refresh": (few_refreshes_load, FEW_CONNECTIONS),
    "list": (list_load, FEW_CONNECTIONS),
}
