"""The stack of most FastAPI templates, from PyPI; the application is fastapi_template/app.py."""

import contextlib
import sys
from pathlib import Path
from urllib.parse import urlencode

from client import PASSWORD
from load import FORM, Request, get, post
from peers.common import Asked, ask, free_port, installed, mark_installed, run, spawned

TITLE = "FastAPI template"
VERSION = "0.165.0"
HASH = "bcrypt, cost 12"
STORE = "SQLite by SQLAlchemy, WAL, synchronous=FULL; one worker of uvicorn"
LATCHKEY_FLAGS = ("--password-hash", "bcrypt")
SOURCE = Path(__file__).resolve().parent / "fastapi_template"
REFRESHERS = 16


def python(home):
    return home / "venv" / "bin" / "python"


def install(home):
    needed = SOURCE / "requirements.txt"
    if installed(home, needed.read_text()):
        return
    system = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable
    run([system, "-m", "venv", home / "venv"], home, "python3 -m venv failed")
    run([python(home), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
         "-r", needed], home, "pip install failed")  # fmt: skip
    mark_installed(home, needed.read_text())


@contextlib.contextmanager
def serving(home, folder, cpu):
    port = free_port()
    command = [python(home), "-m", "uvicorn", "app:app", "--app-dir", SOURCE, "--port", port,
               "--no-access-log"]  # fmt: skip
    address = f"127.0.0.1:{port}"
    more = {"APP_DATABASE": f"sqlite:///{folder}/app.db", "PYTHONDONTWRITEBYTECODE": 1}
    with spawned(command, folder, cpu, address, "/openapi.json", more.items()) as server:
        yield server


def fill(server, users):
    ask(server.address, "POST", "/bench/fill", {"count": users, "password": PASSWORD})


def form(number):
    return urlencode({"username": f"user{number:04d}@example.com", "password": PASSWORD})


def log_in(server, number):
    return ask(server.address, "POST", "/login/access-token", form(number), FORM)[1]


def loads(server, users):
    answers = [log_in(server, n) for n in range(1, REFRESHERS + 1)]
    token = answers[0]["access_token"]
    log_ins = [Request("POST", "/login/access-token", tuple(FORM.items()), form(n))
               for n in range(1, users + 1)]  # fmt: skip
    refreshes = [post("/login/refresh", {"refresh_token": answer["refresh_token"]})
                 for answer in answers]  # fmt: skip
    return {
        "me": Asked([get("/users/me", token)]),
        "login": Asked(log_ins),
        "refresh": Asked(refreshes, chain="refresh_token"),
        "list": Asked([get("/users/?limit=50", token)]),
    }
