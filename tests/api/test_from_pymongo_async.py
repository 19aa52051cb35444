"""docs/from/pymongo-async.md: its commands as printed, on what mongoexport writes."""

import json
import shutil

import pytest

import stores
from client import Client
from fixtures import ADMIN, ADMIN_PASSWORD
from process import ROOT
from test_import_templates import BCRYPT, PASSWORD, ndjson, oid
from test_readme import blocks, run_all

GUIDE = (ROOT / "docs" / "from" / "pymongo-async.md").read_text(encoding="utf-8")
USERS = [
    {"_id": oid(1), "username": "boss", "password": BCRYPT, "userage": 41, "role": "admin"},
    {"_id": oid(2), "username": "alice", "password": BCRYPT, "userage": 25, "role": "user"},
    {"_id": oid(3), "username": "eve", "hashed_password": BCRYPT, "role": "editor"},
    {"_id": oid(4), "username": "carl", "password": BCRYPT, "userage": {"$numberInt": "0"}},
]  # fmt: skip
MENDED = {"_id": oid(5), "username": "1st", "password": BCRYPT, "userage": 7, "role": "user"}


def block_with(text):
    [found] = [block for block in blocks(GUIDE) if text in block]
    return found


def after_mongoexport(block):
    """MongoDB's own program is not of the tests: what it writes is there already."""
    first, *rest = block.splitlines(keepends=True)
    assert first.startswith("mongoexport ") and "--out users.ndjson" in first
    return "".join(rest)


@pytest.fixture
def moved(start, tmp_path):
    """A server of the dialect, the template's users beside it, and the role that they need."""
    (tmp_path / "users.ndjson").write_text(ndjson(USERS))
    server = start(folder=tmp_path, dialects=["pymongo-async"])
    server.secrets |= {PASSWORD, BCRYPT}
    [role] = [part for part in GUIDE.split("`") if part.startswith("latchkey role create")]
    run_all(server, [f"build/{role}"])
    return server


def logged_in(server, username, password=PASSWORD):
    client = Client(server)
    form = {"username": username, "password": password}
    client.token = client.post("/login", form=form).expect(200).json()["access_token"]
    return client


def test_first_admin(start, tmp_path):
    """The command that makes the first admin."""
    server = start(folder=tmp_path, dialects=["pymongo-async"])
    server.secrets.add(ADMIN_PASSWORD)
    (tmp_path / "root-password.txt").write_text(ADMIN_PASSWORD + "\n")
    [create] = [line for line in block_with("user create").splitlines() if "create" in line]
    run_all(server, [create])
    logged_in(server, ADMIN, ADMIN_PASSWORD).get("/users/").expect(200)


def test_users_come_over(moved):
    """With password, age and role; ObjectIds give ids that are the same each time."""
    [said] = run_all(moved, [after_mongoexport(block_with("--dry-run"))])
    assert "imported 4" in said
    boss = logged_in(moved, "boss")
    listed = boss.get("/users/").expect(200).json()["response_data"]
    shown = {user.pop("username"): user for user in listed}
    ids = {name: user.pop("id") for name, user in shown.items()}
    assert shown == {
        "alice": {"userage": 25, "role": "user"},
        "boss": {"userage": 41, "role": "admin"},
        "carl": {"userage": 0, "role": "user"},
        "eve": {"userage": None, "role": "editor"},
    }
    own = logged_in(moved, "eve").get(f"/users/{ids['eve']}").expect(200).json()
    assert own["response_data"]["role"] == "editor"
    assert stores.peek(moved.database).password_hash("boss").startswith("$argon2id$")
    [said] = run_all(moved, [after_mongoexport(block_with("--dry-run"))])
    assert "present 4" in said and "imported 0" in said
    # An ObjectId of before is nobody here.
    boss.get(f"/users/{USERS[1]['_id']['$oid']}").expect(404)


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not there")
def test_mending_a_line(moved):
    """A name that no username may be, changed on the way."""
    (moved.folder / "users.ndjson").write_text(json.dumps(MENDED) + "\n")
    [said] = run_all(moved, [block_with("jq ")])
    assert "imported 1" in said
    logged_in(moved, "first")
