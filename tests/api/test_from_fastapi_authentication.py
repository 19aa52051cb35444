"""docs/from/fastapi-authentication.md: its commands as printed, on a table of users."""

import json
import sqlite3

import pytest

import stores
from client import Client
from fixtures import ADMIN_PASSWORD
from process import ROOT, run_cli
from test_import_templates import BCRYPT, PASSWORD
from test_readme import blocks, run_all

GUIDE = (ROOT / "docs" / "from" / "fastapi-authentication.md").read_text(encoding="utf-8")
TABLE = (
    "create table users (id integer primary key, username varchar not null unique,"
    " email varchar not null unique, password varchar not null, is_active boolean,"
    " is_deleted boolean, created_at timestamp)"
)
# id, username, active, deleted
PEOPLE = [
    (3, "zoe", True, False),
    (5, "alice", True, False),
    (7, "gone", True, True),
    (9, "idle", False, False),
]
CREATED = "2024-01-02 03:04:05.678901"


def statements():
    """The table with PEOPLE, in SQL that SQLite and PostgreSQL take."""
    yield TABLE
    for number, name, active, deleted in PEOPLE:
        yield (
            f"insert into users values ({number}, '{name}', '{name}@example.com', '{BCRYPT}',"
            f" {active}, {deleted}, '{CREATED}')"
        )


def block_with(text):
    [found] = [block for block in blocks(GUIDE) if text in block]
    return found


@pytest.fixture
def moved(start, tmp_path):
    server = start(folder=tmp_path, dialects=["fastapi-authentication"])
    server.secrets |= {PASSWORD, BCRYPT}
    return server


def log_in(server, name, status=200):
    body = {"email": f"{name}@example.com", "password": PASSWORD}
    return Client(server).post("/login", body).expect(status).json()


def test_first_admin(moved):
    """The command that makes the first admin, who then logs in by e-mail."""
    moved.secrets.add(ADMIN_PASSWORD)
    (moved.folder / "root-password.txt").write_text(ADMIN_PASSWORD + "\n")
    [create] = [line for line in block_with("user create").splitlines() if "create" in line]
    run_all(moved, [create])
    body = {"email": "root@example.com", "password": ADMIN_PASSWORD}
    assert Client(moved).post("/login", body).expect(200).json()["data"]["username"] == "root"


def test_from_sqlite(moved):
    """As sqlite3 prints the table: the deleted stay behind, the inactive come disabled."""
    with sqlite3.connect(moved.folder / "old.db") as old:
        for statement in statements():
            old.execute(statement)
    said = run_all(moved, [block_with("sqlite3"), block_with("--dry-run")])[1]
    assert "imported 3" in said and "left out 1" in said
    zoe, alice = (log_in(moved, name)["data"] for name in ("zoe", "alice"))
    assert zoe["id"] < alice["id"]  # in the order of the file
    log_in(moved, "gone", 401)
    log_in(moved, "idle", 401)
    assert stores.peek(moved.database).password_hash("zoe").startswith("$argon2id$")
    shown = run_cli(
        "user", "list", "--json", "--database", moved.database, folder=moved.folder
    ).stdout
    users = {user["username"]: user for user in map(json.loads, shown.splitlines())}
    assert users["idle"]["status"] == "disabled"
    # The guide's way to map old ids to new ones.
    assert users["zoe"]["number"] == zoe["id"]
    assert users["zoe"]["created_at"] == "2024-01-02T03:04:05.678Z"
    again = run_all(moved, [block_with("--dry-run")])[0]
    assert "present 3" in again and "imported 0" in again


@pytest.mark.store("postgres")
def test_from_postgres(tmp_path):
    """As psql prints the table, with t and f for booleans; into a database of SQLite."""
    module = stores.module("postgres")
    old = stores.database(tmp_path, "old")
    module.run_sql(old, ";\n".join(statements()))
    command = block_with("psql").replace("psql", str(module.programs() / "psql"))
    command = command.replace("$OLD_DATABASE_URL", old)

    class Folder:
        """What run_all wants of a server."""

        address, folder, database = "127.0.0.1:8000", tmp_path, f"sqlite:{tmp_path}/new.db"

    said = run_all(Folder, [command, block_with("--dry-run")])[1]
    assert "imported 3" in said and "left out 1" in said
    words = ("user", "list", "--json", "--database", Folder.database)
    shown = run_cli(*words, folder=tmp_path).stdout
    users = [json.loads(line) for line in shown.splitlines()]
    assert [user["username"] for user in users] == ["zoe", "alice", "idle"]
    assert [user["status"] for user in users] == ["active", "active", "disabled"]
    assert users[0]["created_at"] == "2024-01-02T03:04:05.678Z"
    stores.drop_below(tmp_path)
