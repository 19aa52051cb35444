"""The commands: what they do, print and return (0 done, 1 failed, 2 wrong usage)."""

import json
import os
import re
import socket
import sqlite3
import stat
import subprocess

import pytest

import stores
from client import PASSWORD, Client
from process import BINARY, cli_user, environment_of, run_cli
from waiting import NODE_BOUND_S, eventually

ADMIN = ("--username", "root", "--role", "admin", "--password-stdin")


def database(folder):
    return stores.database(folder, "cli")


def user(folder, *words, stdin="", status=0):
    return run_cli(
        "user", *words, "--database", database(folder), folder=folder, stdin=stdin, status=status
    )


@pytest.fixture
def folder(tmp_path):
    """A folder whose database has an admin `root`."""
    user(tmp_path, "create", *ADMIN, stdin=f"{PASSWORD}\n")
    return tmp_path


def one_line(done):
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("latchkey: "), lines[0]
    return lines[0]


# --- the database ---------------------------------------------------------------------------------

READING = [
    ("user", "list"),
    ("user", "show", "root"),
    ("user", "set-roles", "root", "--role", "user"),
    ("role", "list"),
    ("keys", "list"),
    ("export",),
]


@pytest.mark.once
@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_a_mistyped_file_is_not_made(tmp_path, words):
    url = f"sqlite:{tmp_path}/mistyped.db"
    done = run_cli(*words, "--database", url, folder=tmp_path, status=1)
    assert one_line(done) == f"latchkey: {tmp_path}/mistyped.db does not exist"
    assert not list(tmp_path.glob("mistyped*"))


# --- usage ----------------------------------------------------------------------------------------


def test_version(tmp_path):
    for words in (["version"], ["--version"]):
        assert re.fullmatch(r"latchkey \d+\.\d+\.\d+\n", run_cli(*words, folder=tmp_path).stdout)


def test_help(tmp_path):
    """Every command is listed and has a help of its own, by two ways."""
    listing = run_cli("help", folder=tmp_path).stdout
    assert run_cli("--help", folder=tmp_path).stdout == listing
    commands = re.findall(r"^  ([a-z-]+(?: [a-z-]+)?) {2,}\S", listing, re.MULTILINE)
    assert {"serve", "user create", "keys rotate", "healthcheck", "config"} <= set(commands)
    for command in commands:
        text = run_cli("help", *command.split(), folder=tmp_path).stdout
        assert text.startswith(f"usage: latchkey {command}")
        assert run_cli(*command.split(), "--help", folder=tmp_path).stdout == text


@pytest.mark.parametrize(
    "words",
    [["nonsense"], ["user", "nonsense"], ["user", "show"], ["user", "show", "a", "b"],
     ["help", "nonsense"],
     ["user", "create"], ["user", "list", "--limit", "x"], ["keys", "retire"], ["version", "--x"],
     ["user", "set-roles", "root"], ["user", "set-roles", "root", "--role", "user", "--none"],
     ["user", "create", "--username", "abc", "--age", "x", "--password-stdin"],
     ["user", "list", "--deleted", "yes"], ["user", "restore"], ["user", "sessions"],
     ["user", "restore", "a", "--email", "a@b.cd", "--no-email"], ["user", "end-sessions"],
     ["user", "delete", "a", "--permanent=yes"], ["role", "show"],
     ["healthcheck", "--url", "ftp://x"], ["healthcheck", "--timeout", "0"], ["openapi", "extra"]],
)  # fmt: skip
def test_wrong_usage(tmp_path, words):
    one_line(run_cli(*words, folder=tmp_path, status=2))


def test_group_alone_lists_its_commands(tmp_path):
    done = run_cli("user", folder=tmp_path, status=2)
    assert "create" in done.stdout + done.stderr


def test_openapi(tmp_path):
    document = json.loads(run_cli("openapi", folder=tmp_path).stdout)
    assert document["openapi"] == "3.1.0"
    assert not list(tmp_path.iterdir()), "it needs no database"


def test_full_disk(tmp_path):
    """What cannot be written is a failure, not silence."""
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run(
            [BINARY, "help"],
            cwd=tmp_path,
            env=environment_of({}),
            stdout=full,
            stderr=subprocess.PIPE,
        )
    assert done.returncode == 1
    assert b"cannot write" in done.stderr


# --- users ----------------------------------------------------------------------------------------


def test_create_and_show(folder):
    shown = json.loads(user(folder, "show", "root", "--json").stdout)
    assert (shown["username"], shown["roles"], shown["number"]) == ("root", ["admin"], 1)
    more = ("--email", "Bo@Example.com", "--name", "Bo Böse", "--age", "7")
    made = user(
        folder, "create", "--username", "bob", *more, "--password-stdin", "--json", stdin=PASSWORD
    )
    bob = json.loads(made.stdout)
    assert (bob["name"], bob["age"], bob["roles"]) == ("Bo Böse", 7, ["user"])
    for key in ("BOB", "bo@example.com", str(bob["number"]), bob["id"]):
        assert json.loads(user(folder, "show", key, "--json").stdout) == bob
    assert "bob" in user(folder, "show", "bob").stdout


def test_create_refusals(folder):
    """One line per fault, exit 1."""
    for words, stdin in (
        (["--username", "ROOT"], PASSWORD),
        (["--username", "ab"], PASSWORD),
        (["--username", "carl", "--email", "x"], PASSWORD),
        (["--username", "carl", "--role", "nosuch"], PASSWORD),
        (["--username", "carl"], "short"),
        (["--username", "carl"], "password1"),
        (["--username", "carl"], ""),
        (["--username", "carl"], "x" * 2000),
    ):
        done = user(folder, "create", *words, "--password-stdin", stdin=stdin, status=1)
        assert done.stderr.startswith("latchkey: ")
        assert PASSWORD not in done.stderr
    user(folder, "show", "carl", status=1)


def test_password_without_terminal(tmp_path):
    """No terminal and no --password-stdin: said so, and no prompt into nowhere."""
    command = [BINARY, "user", "create", "--username", "abc", "--database", database(tmp_path)]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment_of({}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert "--password-stdin" in done.stderr


def test_list(folder):
    for number in range(4):
        user(folder, "create", "--username", f"u-{number}", "--password-stdin", stdin=PASSWORD)
    rows = [json.loads(line) for line in user(folder, "list", "--json").stdout.splitlines()]
    assert [row["username"] for row in rows] == ["root", "u-0", "u-1", "u-2", "u-3"]
    page = user(folder, "list", "--limit", "2", "--offset", "1", "--json").stdout.splitlines()
    assert [json.loads(line)["username"] for line in page] == ["u-0", "u-1"]
    table = user(folder, "list").stdout
    assert table.splitlines()[0].split() == ["NUMBER", "USERNAME", "EMAIL", "STATUS", "ROLES"]
    assert len(table.splitlines()) == 6


def test_every_change(folder):
    user(folder, "create", "--username", "bob", "--password-stdin", stdin=PASSWORD)

    def bob():
        return json.loads(user(folder, "show", "bob", "--json").stdout)

    user(folder, "set-roles", "bob", "--role", "admin", "--role", "user")
    assert sorted(bob()["roles"]) == ["admin", "user"]
    user(folder, "set-roles", "bob", "--none")
    assert bob()["roles"] == []
    user(folder, "disable", "bob")
    assert bob()["status"] == "disabled"
    user(folder, "enable", "bob")
    assert bob()["status"] == "active"
    user(folder, "set-password", "bob", "--password-stdin", stdin="other Plum velvet 4\n")
    user(folder, "delete", "bob")
    user(folder, "show", "bob", status=1)


def test_life_of_a_deleted_user(folder):
    """Deleted, looked at, restored under another name, deleted for good."""
    make = ("create", "--username", "bob", "--password-stdin", "--json")
    bob = json.loads(user(folder, *make, "--email", "b@example.com", stdin=PASSWORD).stdout)
    assert user(folder, "delete", "bob").stdout == "deleted\n"
    user(folder, "show", "bob", status=1)
    assert "deleted" in user(folder, "show", "bob", "--deleted").stdout
    shown = json.loads(user(folder, "show", "bob", "--deleted", "--json").stdout)
    assert (shown["id"], shown["deleted_at"] is None) == (bob["id"], False)
    user(folder, "show", "root", "--deleted", status=1)
    listed = user(folder, "list", "--deleted", "only", "--json").stdout.splitlines()
    assert [json.loads(line) for line in listed] == [shown]
    assert len(user(folder, "list", "--deleted", "with", "--json").stdout.splitlines()) == 2
    user(folder, *make, "--email", "b@example.com", stdin=PASSWORD)
    assert "another username" in one_line(user(folder, "restore", "bob", status=1))
    words = ("restore", "bob", "--username", "bob2")
    assert "another email" in one_line(user(folder, *words, status=1))
    back = json.loads(user(folder, *words, "--no-email", "--json").stdout)
    assert (back["id"], back["username"], back["email"]) == (bob["id"], "bob2", None)
    user(folder, "restore", "bob2", status=1)
    user(folder, "delete", "bob2")
    user(folder, "delete", "--permanent", "bob2", status=1)
    done = user(folder, "delete", "--permanent", str(bob["number"]))
    assert done.stdout == "deleted for good\n"
    user(folder, "restore", bob["id"], status=1)
    user(folder, "delete", "bob", "--permanent")
    assert user(folder, "list", "--deleted", "only").stdout.count("\n") == 1


def test_former_name_of_several(folder):
    for _ in range(2):
        user(folder, "create", "--username", "bob", "--password-stdin", stdin=PASSWORD)
        user(folder, "delete", "bob")
    for words in (["restore", "bob"], ["show", "bob", "--deleted"]):
        assert "Several deleted users" in one_line(user(folder, *words, status=1))


def test_sessions(server):
    """Listed and ended; what a client calls itself cannot steer the terminal."""
    client = Client(server)
    client.headers = {"User-Agent": "evil \u202e browser".encode().decode("latin-1")}
    client.signup()
    second = Client(server).login(client.user["username"])
    name = client.user["username"]
    lines = cli_user(server, "sessions", name).stdout.splitlines()
    assert lines[0].split() == ["SESSION", "LAST", "USED", "ADDRESS", "CLIENT"]
    assert len(lines) == 3 and "127.0.0.1" in lines[1]
    assert '"evil \\u202e browser"' in lines[1] + lines[2]
    rows = [json.loads(line) for line in cli_user(server, "sessions", name, "--json").stdout.splitlines()]
    own = client.get("/v1/auth/sessions").expect(200).json()["items"]
    assert rows == [{**item, "current": False} for item in own]
    mine = next(item["id"] for item in own if item["current"])
    assert cli_user(server, "end-sessions", name, "--session", mine).stdout == "ended 1\n"
    assert eventually(lambda: client.me().status == 401, within=NODE_BOUND_S)
    second.me().expect(200)
    for wrong in (mine, "x"):
        done = cli_user(server, "end-sessions", name, "--session", wrong, status=1)
        assert "no such session" in one_line(done)
    assert cli_user(server, "end-sessions", name).stdout == "ended 1\n"
    assert eventually(lambda: second.me().status == 401, within=NODE_BOUND_S)
    assert cli_user(server, "end-sessions", name).stdout == "ended 0\n"
    assert cli_user(server, "sessions", name).stdout.count("\n") == 1


@pytest.mark.parametrize(
    "command", ["show", "disable", "enable", "delete", "restore", "sessions", "end-sessions"]
)
def test_nobody(folder, command):
    one_line(user(folder, command, "nobody-there", status=1))


def test_last_admin(folder):
    """A06 at the command line."""
    for words in (["disable", "root"], ["delete", "root"], ["set-roles", "root", "--none"]):
        assert "admin" in one_line(user(folder, *words, status=1))


def test_changes_act_in_a_running_server(server):
    """The operator's word counts within a second (DESIGN 3)."""
    client = Client(server).signup()
    name = client.user["username"]
    new = "velvet Nineteen orbit"
    server.secrets.add(new)
    cli_user(server, "set-password", name, "--password-stdin", stdin=f"{new}\n")
    eventually(lambda: client.me().status == 401, within=NODE_BOUND_S)
    client.login(name, new)
    cli_user(server, "disable", name)
    eventually(lambda: client.me().status == 401, within=NODE_BOUND_S)
    client.try_login(name, new).expect(401)
    cli_user(server, "enable", name)
    client.try_login(name, new).expect(200)
    cli_user(server, "delete", name)
    client.try_login(name, new).expect(401)


# --- keys -----------------------------------------------------------------------------------------


def keys(folder):
    """{key id: state} as `keys list` prints it."""
    lines = run_cli(
        "keys", "list", "--database", database(folder), folder=folder
    ).stdout.splitlines()
    return {line.split()[0]: line.split()[2] for line in lines[1:]}


def test_keys(folder):
    command = ("keys", "rotate", "--database", database(folder))
    first = [run_cli(*command, folder=folder).stdout.strip()]
    assert list(keys(folder)) == first
    only = run_cli(
        "keys", "retire", "--database", database(folder), "--", first[0], folder=folder, status=1
    )
    one_line(only)
    made = run_cli("keys", "rotate", "--database", database(folder), folder=folder).stdout.strip()
    assert set(keys(folder)) == {*first, made}
    run_cli("keys", "retire", "--database", database(folder), "--", first[0], folder=folder)
    assert keys(folder)[first[0]] == "retired"
    one_line(
        run_cli("keys", "retire", "nosuch", "--database", database(folder), folder=folder, status=1)
    )


# --- the file and the port ------------------------------------------------------------------------


@pytest.mark.store("sqlite")
def test_file_is_private(folder):
    """DESIGN 5: 0600, whatever the umask."""
    names = [name for name in os.listdir(folder) if name.startswith("cli.db")]
    assert names
    for name in names:
        assert stat.S_IMODE(os.stat(folder / name).st_mode) & 0o077 == 0, name


def serve(folder, *words):
    return run_cli("serve", "--listen", "127.0.0.1:0", *words, folder=folder, status=1)


def test_port_in_use(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run_cli(
            "serve", "--listen", f"127.0.0.1:{port}", "--database", database(tmp_path),
            folder=tmp_path, status=1,
        )  # fmt: skip
    line = one_line(done)
    assert str(port) in line and "in use" in line


@pytest.mark.store("sqlite")
def test_file_in_no_folder(tmp_path):
    one_line(serve(tmp_path, "--database", "sqlite:/no/such/folder/x.db"))
    one_line(serve(tmp_path, "--database", f"sqlite:{tmp_path}"))


@pytest.mark.store("sqlite")
def test_file_of_something_else(tmp_path):
    (tmp_path / "text").write_text("this is no database, it is a text of some length\n" * 100)
    (tmp_path / "text").chmod(0o600)
    assert "not an SQLite database" in one_line(
        serve(tmp_path, "--database", f"sqlite:{tmp_path}/text")
    )
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("create table theirs (x)")
    (tmp_path / "other.db").chmod(0o600)
    line = one_line(serve(tmp_path, "--database", f"sqlite:{tmp_path}/other.db"))
    assert "another program" in line


@pytest.mark.store("sqlite")
def test_file_not_writable(folder):
    """As root every file is writable: there the file system is asked to refuse."""
    path = folder / "cli.db"
    if os.geteuid() == 0:
        line = one_line(serve(folder, "--database", "sqlite:/proc/x.db"))
    else:
        path.chmod(0o400)
        line = one_line(serve(folder, "--database", database(folder)))
    assert "writable" in line or "cannot be opened" in line or "not" in line


def test_newer_schema(folder):
    """A database of a newer version is left alone."""
    stores.peek(database(folder)).add_migration(9999)
    assert "newer" in one_line(serve(folder, "--database", database(folder)))


def test_changed_migration(folder):
    stores.peek(database(folder)).change_migration(1)
    assert "differs" in one_line(serve(folder, "--database", database(folder)))


@pytest.mark.store("sqlite")
def test_locked_file(folder):
    """Another program holds the file: said so, after a bounded wait."""
    connection = sqlite3.connect(folder / "cli.db", isolation_level=None)
    connection.execute("pragma locking_mode = exclusive")
    connection.execute("begin exclusive")
    connection.execute("update settings set value = value")
    line = one_line(serve(folder, "--database", database(folder)))
    assert "locked" in line
    connection.execute("rollback")
    connection.close()


# --- healthcheck ----------------------------------------------------------------------------------


def test_healthcheck(server, tmp_path):
    assert run_cli("healthcheck", "--url", server.url, folder=tmp_path).stdout == "ready\n"
    run_cli("healthcheck", folder=tmp_path, environment={"LATCHKEY_LISTEN": server.address})
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        one_line(run_cli("healthcheck", "--url", url, "--timeout", "1", folder=tmp_path, status=1))
    one_line(run_cli("healthcheck", "--url", url, folder=tmp_path, status=1))


def test_two_servers_on_one_port(start):
    """The second says so and leaves the first alone."""
    first = start()
    done = run_cli(
        "serve",
        "--listen",
        first.address,
        "--database",
        first.database,
        folder=first.folder,
        status=1,
    )
    assert "in use" in one_line(done)
    Client(first).get("/health/ready").expect(200)
