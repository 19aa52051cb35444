"""The first user, as the script of fastapi-jwt-mongodb makes one: asked for what is missing.

Its document, "Script for Initial User Creation": "execute the script … with the desired username,
email, password, and role".
"""

import json
import subprocess

import pytest

import stores
from client import PASSWORD
from process import BINARY, environment_of, run_cli
from terminal import Terminal

USERNAME = "Username: "
EMAIL = "E-mail address (none): "
NEW = "New password: "
AGAIN = "Once more: "
ROLE = "Role (user): "


@pytest.fixture
def database(tmp_path):
    return stores.database(tmp_path, "first")


@pytest.fixture
def create(tmp_path, database):
    """`latchkey user create` on a terminal."""
    return lambda *words: Terminal(tmp_path, "user", "create", *words, "--database", database)


@pytest.fixture
def show(tmp_path, database):
    def shown(key):
        words = ("user", "show", key, "--json", "--database", database)
        return json.loads(run_cli(*words, folder=tmp_path).stdout)

    return shown


def test_asks_for_everything(create, show):
    """Username, e-mail, password (twice, unseen), role."""
    terminal = create()
    terminal.answer(USERNAME, "root")
    terminal.answer(EMAIL, "root@example.com")
    terminal.answer(NEW, PASSWORD)
    terminal.answer(AGAIN, PASSWORD)
    terminal.answer(ROLE, "admin")
    assert PASSWORD not in terminal.end()
    user = show("root")
    assert (user["email"], user["roles"]) == ("root@example.com", ["admin"])


def test_empty_answers(create, show):
    """No e-mail address, and the role `user`."""
    terminal = create()
    terminal.answer(USERNAME, "  nemo ")
    terminal.answer(EMAIL, "")
    terminal.answer(NEW, PASSWORD)
    terminal.answer(AGAIN, PASSWORD)
    terminal.answer(ROLE, "")
    terminal.end()
    user = show("nemo")
    assert (user["email"], user["roles"]) == (None, ["user"])


def test_custom_role(create, show, tmp_path, database):
    words = ("role", "create", "editor", "--permission", "products:*", "--database", database)
    run_cli(*words, folder=tmp_path)
    terminal = create("--username", "eddie", "--email", "ed@example.com")
    terminal.answer(NEW, PASSWORD)
    terminal.answer(AGAIN, PASSWORD)
    terminal.answer(ROLE, "editor")
    terminal.end()
    assert show("eddie")["roles"] == ["editor"]


def test_what_is_given_is_not_asked(create, show):
    terminal = create("--username", "tess", "--email", "t@example.com", "--role", "admin")
    terminal.answer(NEW, PASSWORD)
    terminal.answer(AGAIN, PASSWORD)
    screen = terminal.end()
    for question in (USERNAME, EMAIL, ROLE):
        assert question not in screen
    assert show("tess")["roles"] == ["admin"]


def test_wrong_answers_are_asked_again(create, show):
    terminal = create()
    terminal.answer(USERNAME, "1x")
    terminal.answer(USERNAME, "walt")
    terminal.answer(EMAIL, "no address")
    terminal.answer(EMAIL, "walt@example.com")
    terminal.answer(NEW, PASSWORD)
    terminal.answer(AGAIN, PASSWORD)
    terminal.answer(ROLE, "no-such-role")
    terminal.answer(ROLE, "user")
    screen = terminal.end()
    for reason in ("at least 3 characters", "There is no role of that name"):
        assert reason in screen
    assert show("walt")["email"] == "walt@example.com"


def test_three_wrong_answers_end_it(create, tmp_path, database):
    terminal = create()
    for name in ("1", "2", "3"):
        terminal.answer(USERNAME, name)
    assert "latchkey: no answer to 'Username'" in terminal.end(status=1)
    run_cli("migrate", "--database", database, folder=tmp_path)
    assert not run_cli("user", "list", "--json", "--database", database, folder=tmp_path).stdout


def test_end_of_input(create):
    terminal = create()
    terminal.answer(USERNAME, "gone")
    terminal.hang_up()
    assert "latchkey: no answer to 'E-mail address (none)'" in terminal.end(status=1)


def test_passwords_that_differ(create):
    terminal = create("--username", "dora", "--email", "d@example.com")
    terminal.answer(NEW, PASSWORD)
    terminal.answer(AGAIN, PASSWORD + "x")
    assert "differ" in terminal.end(status=1)


def test_nobody_to_ask(tmp_path, database):
    """Standard input is no terminal: nothing is asked, what is missing is said."""
    done = subprocess.run(
        [BINARY, "user", "create", "--database", database],
        cwd=tmp_path,
        env=environment_of({}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "--username is needed" in done.stderr


def test_password_from_standard_input_asks_nothing(create, tmp_path, database):
    """Also on a terminal: scripts run there too."""
    terminal = create("--password-stdin")
    assert "--username is needed" in terminal.end(status=2)
