"""`latchkey role`: what it does, prints and returns."""

import json

import pytest

import stores
from client import Client
from process import PATIENCE, cli_user, run_cli
from waiting import eventually


@pytest.fixture
def role(tmp_path):
    """Runs `latchkey role …` on a database of its own."""
    database = ("--database", stores.database(tmp_path))
    run_cli("migrate", *database, folder=tmp_path)

    def run(*words, status=0):
        return run_cli("role", *words, *database, folder=tmp_path, status=status)

    return run


def listed(role):
    return {
        row["name"]: row for row in map(json.loads, role("list", "--json").stdout.splitlines())
    }


def test_life_of_a_role(role):
    assert set(listed(role)) == {"admin", "user"}
    words = ("--permission", "users:read", "--permission", "roles:*", "--description", "Edits.")
    made = json.loads(role("create", "editor", *words, "--json").stdout)
    assert made == listed(role)["editor"]
    assert made["permissions"] == ["roles:*", "users:read"]
    assert made["description"] == "Edits."
    assert "editor" in role("set", "editor", "--none").stdout
    assert listed(role)["editor"]["permissions"] == []
    assert json.loads(role("show", "editor", "--json").stdout) == listed(role)["editor"]
    shown = dict(line.split(None, 1) for line in role("show", "editor").stdout.splitlines())
    assert (shown["name"], shown["permissions"]) == ("editor", "-")
    assert role("show", "admin").stdout.splitlines()[3].split() == ["permissions", "*"]
    assert "nothing" in role("show", "nothing", status=1).stderr
    lines = role("list").stdout.splitlines()
    assert lines[0].split() == ["NAME", "BUILT", "IN", "PERMISSIONS"]
    assert lines[1].split() == ["admin", "yes", "*"]
    assert lines[2].split() == ["editor", "no", "-"]
    assert role("delete", "editor").stdout == "deleted\n"
    assert set(listed(role)) == {"admin", "user"}


@pytest.mark.parametrize("words, status, said", [
    (["create"], 2, "ROLE"), (["create", "x"], 2, "--permission"),
    (["create", "x", "--none", "--permission", "users:read"], 2, "--none"), (["set", "x"], 2, "--none"),
    (["create", "x", "--permission", "users:fly"], 1, "users:fly"),
    (["create", "1x", "--none"], 1, "letter"), (["create", "ADMIN", "--none"], 1, "role of this name"),
    (["set", "admin", "--none"], 1, "built-in"), (["delete", "user"], 1, "built-in"),
    (["set", "ghost", "--none"], 1, "ghost"), (["delete", "ghost"], 1, "ghost"),
])  # fmt: skip
def test_refused(role, words, status, said):
    done = role(*words, status=status)
    assert said in done.stderr and done.stderr.startswith("latchkey: ")
    assert len(done.stderr.splitlines()) == 1
    assert set(listed(role)) == {"admin", "user"}


def test_acts_in_a_running_server(server):
    """The operator's word counts within a second, and a role in use stays."""
    person = Client(server).signup()
    database = ("--database", server.database)

    def run(*words, status=0):
        return run_cli("role", *words, *database, folder=server.folder, status=status)

    def becomes(status):
        eventually(lambda: person.get("/v1/users").status == status, PATIENCE)

    person.get("/v1/users").expect(403)
    run("create", "reader", "--permission", "users:read")
    cli_user(server, "set-roles", person.user["username"], "--role", "reader")
    becomes(200)
    assert "1" in run("delete", "reader", status=1).stderr
    run("set", "reader", "--permission", "roles:read")
    becomes(403)
    cli_user(server, "set-roles", person.user["username"], "--none")
    run("delete", "reader")
