"""PocketBase, built from its Go module."""

import contextlib
import shutil
import sqlite3
from pathlib import Path

from client import PASSWORD
from load import Request, get, post
from peers.common import Asked, ask, free_port, installed, mark_installed, run, spawned

TITLE = "PocketBase"
VERSION = "0.36.8"
COST = 12
HASH = f"bcrypt, cost {COST} (its default: 10)"
STORE = "SQLite, WAL, synchronous=NORMAL: the newest commits may be lost with the power"
LATCHKEY_FLAGS = ("--password-hash", "bcrypt")
SOURCE = Path(__file__).resolve().parent / "pocketbase"
ROOT_EMAIL = "root@example.com"
COPY_USER = """
WITH RECURSIVE numbers(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count)
INSERT INTO users (id, email, tokenKey, password, emailVisibility, verified, name, avatar, created,
                   updated)
    SELECT printf('user%011d', n), printf('user%04d@example.com', n),
           lower(hex(randomblob(25))), password, emailVisibility, verified, name, avatar, created,
           updated
    FROM numbers, users WHERE email = 'user0001@example.com'
"""


def install(home):
    if installed(home, VERSION):
        return
    build = home / "source"
    shutil.rmtree(build, ignore_errors=True)
    shutil.copytree(SOURCE, build)
    run(["go", "build", "-o", home / "pocketbase", "."], build, "go build failed")
    mark_installed(home, VERSION)


@contextlib.contextmanager
def serving(home, folder, cpu):
    # A binary under a temporary folder takes itself for a development run.
    flags = ["--dir", folder / "data", "--dev=false"]
    binary = home / "pocketbase"
    run([binary, "superuser", "upsert", ROOT_EMAIL, PASSWORD, *flags], folder, "no superuser made")
    address = f"127.0.0.1:{free_port()}"
    command = [binary, "serve", f"--http={address}", *flags]
    with spawned(command, folder, cpu, address, "/api/health") as server:
        yield server


def log_in(server, collection, email):
    body = {"identity": email, "password": PASSWORD}
    return ask(server.address, "POST", f"/api/collections/{collection}/auth-with-password", body)[1]


def fill(server, users):
    token = log_in(server, "_superusers", ROOT_EMAIL)["token"]
    rights = {"Authorization": token}
    _, collection = ask(server.address, "GET", "/api/collections/users", headers=rights)
    for field in collection["fields"]:
        if field["name"] == "password":
            field["cost"] = COST
    changed = {"fields": collection["fields"]}
    ask(server.address, "PATCH", "/api/collections/users", changed, rights)
    first = {"email": "user0001@example.com", "password": PASSWORD, "passwordConfirm": PASSWORD}
    ask(server.address, "POST", "/api/collections/users/records", first, rights)
    with sqlite3.connect(server.folder / "data" / "data.db") as db:
        db.execute(COPY_USER, {"count": users})
    db.close()


def loads(server, users):
    answer = log_in(server, "users", "user0001@example.com")
    token, number = answer["token"], answer["record"]["id"]
    root = log_in(server, "_superusers", ROOT_EMAIL)["token"]
    path = "/api/collections/users"
    log_ins = [
        post(f"{path}/auth-with-password",
             {"identity": f"user{n:04d}@example.com", "password": PASSWORD})
        for n in range(1, users + 1)
    ]  # fmt: skip
    refresh = Request("POST", f"{path}/auth-refresh",
                      (("Authorization", token), ("Content-Length", "0")))  # fmt: skip
    return {
        "me": Asked([get(f"{path}/records/{number}", token)]),
        "login": Asked(log_ins),
        "refresh": Asked([refresh]),  # it writes nothing: the same token goes on and on
        "list": Asked([get(f"{path}/records?perPage=50", root)]),
    }
