"""Every setting that the templates' documents show, as it is shown there (docs/dialects.md)."""

import gzip
import re
import signal
from datetime import datetime

import jwt
import pytest

from client import Client, raw_exchange
from process import run_cli
from test_config import refused, shown

SECRET = "Tq7-vN2xW9rLk4mB8sZ1pD6fH3jC5gYa"


def write_env(folder, text):
    (folder / ".env").write_text(text)
    return folder


# --- 000, "Environment Configuration": a .env with quotes -----------------------------------------


def test_000_env(tmp_path):
    folder = write_env(
        tmp_path,
        f'MONGO_URI="mongodb+srv://me:pw@cluster.example.net/app"\n'
        f'JWT_SECRET_KEY="{SECRET}"\n'
        f"ACCESS_TOKEN_EXPIRE_MINUTES=30\n",
    )
    rows = shown(folder)
    assert rows["DATABASE"][0].startswith("mongodb+srv://") and ".env" in rows["DATABASE"][1]
    assert "JWT_SECRET_KEY" in rows["JWT_SECRET"][1]
    assert rows["ACCESS_TOKEN_LIFETIME"][0] == "30"


def test_000_example_secret_is_refused(tmp_path):
    """"your_jwt_secret_key_here" has 24 bytes: said at start, with the way to make a good one."""
    write_env(tmp_path, 'JWT_SECRET_KEY="your_jwt_secret_key_here"\n')
    line = refused(tmp_path, names="JWT_SECRET_KEY")
    assert "24 bytes" in line and "32" in line and "openssl rand" in line


def test_000_example_uri_is_refused(tmp_path):
    write_env(tmp_path, 'MONGO_URI="your_mongodb_uri_here"\n')
    done = run_cli("serve", "--listen", "127.0.0.1:0", folder=tmp_path, status=2)
    assert "the database must be given as" in done.stderr


def test_000_settings_at_work(start, tmp_path):
    """The secret signs with HS256 and without an audience, minutes are minutes."""
    server = start(
        folder=write_env(
            tmp_path, f'JWT_SECRET_KEY="{SECRET}"\nACCESS_TOKEN_EXPIRE_MINUTES="30"\n'
        )
    )
    server.secrets.add(SECRET)
    claims = jwt.decode(Client(server).signup().token, SECRET, algorithms=["HS256"])
    assert claims["exp"] - claims["iat"] == 30 * 60
    assert "aud" not in claims


# --- 001, "Environment Variables": a .env without quotes ------------------------------------------


def test_001_env(tmp_path):
    folder = write_env(tmp_path, f"SECRET_KEY={SECRET}\nMONGO_URI=mongodb://localhost:27017\n")
    rows = shown(folder)
    assert rows["DATABASE"][0] == "mongodb://localhost:27017"
    assert "SECRET_KEY" in rows["JWT_SECRET"][1]


def test_001_example_secret_is_refused(tmp_path):
    write_env(tmp_path, "SECRET_KEY=your_secret_key\n")
    assert "openssl rand" in refused(tmp_path, names="SECRET_KEY")


# --- 003, "Environment Variables" -----------------------------------------------------------------


def test_003_env(tmp_path):
    folder = write_env(
        tmp_path,
        "ACCESS_TOKEN_EXPIRE_MINUTES=15\n"
        "JWT_REFRESH_EXPIRY=5\n"
        "PYTHON_ENV=dev\n"
        "DATABASE_URL=postgresql://user:password@localhost:5432/auth\n",
    )
    rows = shown(folder)
    assert rows["ACCESS_TOKEN_LIFETIME"][0] == "15"
    assert rows["SESSION_IDLE"][0] == "5"
    assert rows["ENVIRONMENT"][0] == "development"
    assert rows["DATABASE"][0].startswith("postgresql://")


def test_003_expires_in(start):
    """900 in its document: fifteen minutes; a refresh token lives for days."""
    server = start(
        environment={"ACCESS_TOKEN_EXPIRE_MINUTES": "15", "JWT_REFRESH_EXPIRY": "5"},
        options={"SESSION_LIFETIME": "30d"},
    )
    client = Client(server).signup()
    assert client.refresh_token
    [session] = client.get("/v1/auth/sessions").expect(200).json()["items"]
    claims = jwt.decode(client.token, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 900
    days = (_instant(session["expires_at"]) - _instant(session["last_used_at"])).days
    assert days == 5


def _instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def test_production_in_any_case(tmp_path):
    """The safer reading: secrets are judged."""
    weak = {"JWT_SECRET_KEY": "a" * 40, "PYTHON_ENV": "Production"}
    refused(tmp_path, names="JWT_SECRET_KEY", **weak)


@pytest.mark.parametrize(
    "value, environment",
    [
        ("production", "production"),
        ("development", "development"),
        ("dev", "development"),
        ("local", "development"),
        ("staging", "development"),
        ("test", "development"),
    ],
)
def test_python_env(tmp_path, value, environment):
    """DIALECTS, Settings: any PYTHON_ENV but `production` is development."""
    assert shown(tmp_path, PYTHON_ENV=value)["ENVIRONMENT"][0] == environment


# --- 004, "Database Configuration": SQLite, and SQLAlchemy's connection strings -------------------


@pytest.mark.store("sqlite")
@pytest.mark.parametrize("scheme", ["sqlite", "sqlite+aiosqlite", "sqlite+pysqlite"])
@pytest.mark.parametrize("quote", ["", '"', "'"])
def test_sqlalchemy_urls(tmp_path, scheme, quote):
    """Three slashes name a relative path, four an absolute one."""
    relative = tmp_path / "here"
    relative.mkdir()
    write_env(relative, f"DATABASE_URL={quote}{scheme}:///./x.db{quote}\n")
    run_cli("migrate", folder=relative)
    assert (relative / "x.db").exists()
    absolute = tmp_path / "there.db"
    write_env(relative, f"DATABASE_URL={quote}{scheme}:///{absolute}{quote}\n")
    run_cli("migrate", folder=relative)
    assert absolute.exists()


@pytest.mark.store("sqlite")
@pytest.mark.parametrize(
    "url", ["sqlite+aiosqlite://", "sqlite:///:memory:", "sqlite:///x.db?mode=ro", "sqlite+odd:///x"]
)
def test_sqlalchemy_urls_that_cannot_be(tmp_path, url):
    write_env(tmp_path, f"DATABASE_URL={url}\n")
    done = run_cli("serve", "--listen", "127.0.0.1:0", folder=tmp_path, status=2)
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert not list(tmp_path.glob("x*"))


# --- PORT, as the platforms set it that 000 and 001 name ------------------------------------------


@pytest.mark.parametrize("value", ["x", "70000", "-1", "80 81"])
def test_bad_port(tmp_path, value):
    refused(tmp_path, names="PORT", PORT=value)


# --- all five: "Run the App" ----------------------------------------------------------------------


def test_start_line(start):
    """As uvicorn says it: where it runs, and how to stop it."""
    for log_format in ("json", "text"):
        server = start(options={"LOG_FORMAT": log_format})
        wanted = f"Latchkey running on {server.url} (Press CTRL+C to quit)"
        server.wait_record(lambda record: wanted in str(record.values()))


def test_docs_pages_answer(start):
    """001, 004: "Swagger UI → /docs, ReDoc → /redoc", with a dialect and without."""
    for flags in ((), ("--dialect", "fastapi-crud")):
        server = start(flags=flags)
        for path, title in (("/docs", b"Latchkey API"), ("/redoc", b"Latchkey API reference")):
            request = f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n"
            answer = raw_exchange(server, f"{request}Connection: close\r\n\r\n".encode())
            assert answer.startswith(b"HTTP/1.1 200 ")
            assert re.search(rb"(?i)content-type: text/html; charset=utf-8", answer)
            assert title in page(answer)


def page(answer):
    """The body of an answer, unpacked."""
    body = answer.split(b"\r\n\r\n", 1)[1]
    return gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body


def test_ctrl_c(start):
    """What the start line promises: SIGINT ends it well."""
    server = start()
    server.signal(signal.SIGINT)
    assert server.terminate() == 0
