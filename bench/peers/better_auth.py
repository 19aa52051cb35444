"""better-auth, from npm by its lock file; the application is better_auth/server.mjs."""

import contextlib
import shutil
from pathlib import Path

from client import PASSWORD
from load import Request, post
from measure import NotThere
from peers.common import (
    Asked,
    ask,
    environment,
    free_port,
    installed,
    mark_installed,
    run,
    spawned,
)

TITLE = "better-auth"
VERSION = "1.7.7"
HASH = "argon2id, 19 MiB, 2 passes (its default: scrypt)"
STORE = "SQLite by better-sqlite3, WAL, synchronous=FULL; one process of Node.js"
LATCHKEY_FLAGS = ()
SOURCE = Path(__file__).resolve().parent / "better_auth"
FILES = ("package.json", "package-lock.json", "server.mjs")


def install(home):
    for name in FILES:
        shutil.copy(SOURCE / name, home / name)
    lock = (SOURCE / "package-lock.json").read_text()
    if installed(home, lock):
        return
    run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], home, "npm ci failed")
    run(["node", "-e", "require('better-sqlite3')(':memory:')"], home,
        "better-sqlite3 was not built")  # fmt: skip
    mark_installed(home, lock)


@contextlib.contextmanager
def serving(home, folder, cpu):
    port = free_port()
    more = {"BENCH_PORT": port, "BENCH_DATABASE": folder / "better-auth.db",
            "BENCH_PASSWORD": PASSWORD, "NODE_ENV": "production"}  # fmt: skip
    command = ["node", home / "server.mjs"]
    if not shutil.which("node"):
        raise NotThere("node is not there")
    with spawned(command, folder, cpu, f"127.0.0.1:{port}", "/api/auth/ok", more.items()) as server:
        server.secrets.update(command=command, more=more)
        yield server


def fill(server, users):
    more = {**server.secrets["more"], "BENCH_FILL": users}
    run(server.secrets["command"], server.folder, "it could not be filled", env=environment(**more))


def log_in_request(server, number):
    body = {"email": f"user{number:04d}@example.com", "password": PASSWORD}
    return post("/api/auth/sign-in/email", body, (("Origin", f"http://{server.address}"),))


def loads(server, users):
    request = log_in_request(server, 1)
    headers, _ = ask(server.address, request.method, request.path, request.body, request.headers)
    cookies = [text.split(";")[0] for text in headers.get_all("Set-Cookie")]
    cookie = (("Cookie", "; ".join(cookies)),)
    return {
        "me": Asked([Request("GET", "/api/auth/get-session", cookie)]),
        "login": Asked([log_in_request(server, n) for n in range(1, users + 1)]),
        "refresh": "it has none: its sessions are renewed when they are read",
        "list": Asked([Request("GET", "/api/auth/admin/list-users?limit=50", cookie)]),
    }
