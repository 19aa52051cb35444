"""Configuration: refusals with one clear line, precedence, files, aliases (DESIGN 1)."""

import re

import jwt
import pytest

from client import Client
from process import run_cli

SECRET = "Tq7-vN2xW9rLk4mB8sZ1pD6fH3jC5gYa"


def shown(folder, *flags, **environment):
    """What `latchkey config` says is in force: {name: (value, origin)}."""
    text = run_cli("config", *flags, folder=folder, environment=environment).stdout
    rows = {}
    for line in text.splitlines():
        match = re.match(r"^([A-Z_]+)\s+(.*?)\s*# (.*)$", line)
        if match:
            rows[match.group(1).removeprefix("LATCHKEY_")] = (match.group(2), match.group(3))
    return rows


def refused(folder, *flags, names, **environment):
    """Exit 2 with one line that names what is wrong."""
    done = run_cli("serve", *flags, folder=folder, environment=environment, status=2)
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("latchkey: ")
    assert names in lines[0], lines[0]
    assert not list(folder.glob("*.db*")), "a database was made before the refusal"
    return lines[0]


BAD_VALUES = [
    ("LISTEN", "nonsense"),
    ("LISTEN", "127.0.0.1:70000"),
    ("LISTEN", "127.0.0.1:-1"),
    ("ENVIRONMENT", "staging"),
    ("TOKEN_ALGORITHM", "none"),
    ("TOKEN_ALGORITHM", "HS512"),
    ("JWT_SECRET", "too short"),
    ("ACCESS_TOKEN_LIFETIME", "30"),
    ("ACCESS_TOKEN_LIFETIME", "30x"),
    ("ACCESS_TOKEN_LIFETIME", "0s"),
    ("ACCESS_TOKEN_LIFETIME", "-5m"),
    ("ACCESS_TOKEN_LIFETIME", "1.5h"),
    ("ACCESS_TOKEN_LIFETIME", "99999999999999999999d"),
    ("ACCESS_TOKEN_LIFETIME", "365d"),
    ("SESSION_IDLE", "0d"),
    ("SESSION_LIFETIME", "forever"),
    ("REFRESH_GRACE", "1h"),
    ("SIGNUP", "maybe"),
    ("PASSWORD_HASH", "md5"),
    ("PASSWORD_MIN_LENGTH", "0"),
    ("PASSWORD_MIN_LENGTH", "1e3"),
    ("PASSWORD_BLOCKLIST", "true"),
    ("LOGIN_LOCK_AFTER", "0"),
    ("LOGIN_LOCK_AFTER", "101"),
    ("LOGIN_LOCK_FOR", "2h"),
    ("RATE_LIMIT", "1"),
    ("TRUSTED_PROXIES", "10.0.0.0/33"),
    ("TRUSTED_PROXIES", "10.0.0.1/8"),
    ("TRUSTED_PROXIES", "everyone"),
    ("CORS_ORIGINS", "*"),
    ("CORS_ORIGINS", "app.example.com"),
    ("CORS_ORIGINS", "https://app.example.com/path"),
    ("IO_THREADS", "0"),
    ("STORE_WORKERS", "1000"),
    ("HASH_WORKERS", "x"),
    ("MAX_BODY_BYTES", "1"),
    ("MAX_BODY_BYTES", "1GiB"),
    ("HEADER_DEADLINE", "0s"),
    ("BODY_DEADLINE", "2d"),
    ("MAX_CONNECTIONS", "1"),
    ("LOG_LEVEL", "loud"),
    ("LOG_FORMAT", "xml"),
    ("METRICS", "yes"),
    ("METRICS_LISTEN", "nowhere"),
    ("DOCS", "2"),
    ("DIALECT", "no-such-dialect"),
]  # fmt: skip


@pytest.mark.parametrize("name, value", BAD_VALUES)
def test_bad_values(tmp_path, name, value):
    """Out of range, by environment and by flag."""
    line = refused(tmp_path, names=f"LATCHKEY_{name}", **{f"LATCHKEY_{name}": value})
    assert "SECRET" not in name or value not in line
    flag = "--" + name.lower().replace("_", "-")
    refused(tmp_path, flag, value, names=flag)


@pytest.mark.parametrize("url", ["mysql://x", "latchkey.db", "sqlite:", "sqlite::memory:"])
def test_bad_databases(tmp_path, url):
    """A store that cannot be: refused with one line, whichever way it fails."""
    done = run_cli(
        "serve", "--database", url, "--listen", "127.0.0.1:0", folder=tmp_path, status=None
    )
    assert done.returncode in (1, 2)
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr


def test_unknown_names(tmp_path):
    refused(tmp_path, names="LATCHKEY_NO_SUCH", LATCHKEY_NO_SUCH="1")
    refused(tmp_path, names="LATCHKEY_ISUER", LATCHKEY_ISUER="https://x.example")
    refused(tmp_path, names="LATCHKEY_listen", LATCHKEY_listen="127.0.0.1:0")
    refused(tmp_path, names="LATCHKEY_X_FILE", LATCHKEY_X_FILE="/dev/null")
    refused(tmp_path, "--no-such-flag", "1", names="--no-such-flag")
    (tmp_path / ".env").write_text("LATCHKEY_TYPO=1\n")
    refused(tmp_path, names="LATCHKEY_TYPO")


@pytest.mark.parametrize(
    "words", [["--issuer"], ["--issuer", "a", "--issuer", "b"], ["extra"], ["-x"]]
)
def test_bad_command_lines(tmp_path, words):
    done = run_cli("serve", *words, folder=tmp_path, status=2)
    assert len(done.stderr.strip().splitlines()) == 1


def test_precedence(tmp_path):
    """Flag > environment > .env > default; an empty variable counts as unset."""
    (tmp_path / ".env").write_text(
        "# a comment\n"
        "LATCHKEY_LOGIN_LOCK_AFTER=21\n"
        "export LATCHKEY_LOGIN_LOCK_FOR=1m\n"
        'LATCHKEY_AUDIENCE="from dotenv"\n'
        "LATCHKEY_SIGNUP='closed'\n"
        "UNRELATED=ignored\n"
    )
    environment = {"LATCHKEY_LOGIN_LOCK_FOR": "2m", "LATCHKEY_AUDIENCE": ""}
    environment["LATCHKEY_PASSWORD_MIN_LENGTH"] = "9"
    rows = shown(tmp_path, "--password-min-length", "10", "--docs=off", **environment)
    values = {name: value for name, (value, _) in rows.items()}
    assert values["LOGIN_LOCK_AFTER"] == "21"
    assert values["LOGIN_LOCK_FOR"] == "2m"
    assert values["AUDIENCE"] == "from dotenv"
    assert values["SIGNUP"] == "closed"
    assert values["PASSWORD_MIN_LENGTH"] == "10"
    assert values["DOCS"] == "off"
    assert values["REFRESH_GRACE"] == "30s"
    origins = {name: origin for name, (_, origin) in rows.items()}
    assert "--password-min-length" in origins["PASSWORD_MIN_LENGTH"]
    assert ".env" in origins["LOGIN_LOCK_AFTER"]
    assert "LATCHKEY_LOGIN_LOCK_FOR" in origins["LOGIN_LOCK_FOR"]
    assert "default" in origins["REFRESH_GRACE"]


def test_every_option_is_shown_once(tmp_path):
    """One table: `config`, `help serve` and the reference page know the same options."""
    names = set(shown(tmp_path))
    page = run_cli("config", "--markdown", folder=tmp_path).stdout
    usage = run_cli("help", "serve", folder=tmp_path).stdout
    assert set(re.findall(r"^\| `([A-Z_]+)`", page, re.MULTILINE)) == names
    assert set(re.findall(r"^  (--[a-z-]+) ", usage, re.MULTILINE)) == {
        "--" + name.lower().replace("_", "-") for name in names
    }


@pytest.mark.parametrize(
    "variables, name, value",
    [
        ({"ACCESS_TOKEN_EXPIRE_MINUTES": "45"}, "ACCESS_TOKEN_LIFETIME", "45"),
        ({"JWT_REFRESH_EXPIRY": "7"}, "SESSION_IDLE", "7"),
        ({"JWT_REFRESH_EXPIRY": "12h"}, "SESSION_IDLE", "12h"),
        ({"PYTHON_ENV": "staging"}, "ENVIRONMENT", "development"),
        ({"PYTHON_ENV": "production"}, "ENVIRONMENT", "production"),
        ({"PORT": "8123"}, "LISTEN", "127.0.0.1:8123"),
        ({"PORT": "8123", "PYTHON_ENV": "production"}, "LISTEN", "0.0.0.0:8123"),
        ({"DATABASE_URL": "sqlite:///x.db"}, "DATABASE", "sqlite:///x.db"),
        ({"LATCHKEY_LISTEN": ":1", "PORT": "2"}, "LISTEN", ":1"),
    ],
)
def test_aliases(tmp_path, variables, name, value):
    """The templates' own names."""
    assert shown(tmp_path, **variables)[name][0] == value


def test_alias_units_count(start):
    """Minutes and days are what the templates mean."""
    client = Client(start(environment={"ACCESS_TOKEN_EXPIRE_MINUTES": "5"}))
    grant = client.signup()
    claims = jwt.decode(grant.token, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 300


@pytest.mark.parametrize("name", ["LATCHKEY_JWT_SECRET", "JWT_SECRET_KEY", "SECRET_KEY"])
def test_secret_from_a_file(start, tmp_path, name):
    """*_FILE: one final newline is dropped; HS256 over exactly those bytes."""
    file = tmp_path / "secret"
    file.write_text(SECRET + "\n")
    server = start(environment={f"{name}_FILE": str(file)})
    server.secrets.add(SECRET)
    jwt.decode(Client(server).signup().token, SECRET, algorithms=["HS256"])


def test_two_newlines_are_part_of_it(start, tmp_path):
    file = tmp_path / "secret"
    file.write_text(SECRET + "\n\n")
    server = start(environment={"JWT_SECRET_KEY_FILE": str(file)})
    jwt.decode(Client(server).signup().token, SECRET + "\n", algorithms=["HS256"])


def test_bad_files(tmp_path):
    refused(tmp_path, names="LATCHKEY_ISSUER_FILE", LATCHKEY_ISSUER_FILE="/no/such/file")
    refused(tmp_path, names="LATCHKEY_ISSUER_FILE", LATCHKEY_ISSUER_FILE=str(tmp_path))
    file = tmp_path / "level"
    file.write_text("loud\n")
    refused(tmp_path, names="LATCHKEY_LOG_LEVEL_FILE", LATCHKEY_LOG_LEVEL_FILE=str(file))
    both = {"LATCHKEY_ISSUER_FILE": str(file), "LATCHKEY_ISSUER": "https://x.example"}
    refused(tmp_path, names="LATCHKEY_ISSUER", **both)


@pytest.mark.parametrize("text", ["NO EQUALS SIGN", "=x", "A='unclosed", 'A="unclosed', "1A=x\x00"])
def test_bad_dotenv(tmp_path, text):
    (tmp_path / ".env").write_text(f"GOOD=1\n{text}\n")
    line = refused(tmp_path, names=".env")
    assert "2" in line, "the line number helps"


def test_secrets_are_redacted(tmp_path):
    """Nowhere is a secret shown."""
    (tmp_path / ".env").write_text(f"JWT_SECRET_KEY={SECRET}\n")
    text = run_cli("config", folder=tmp_path).stdout
    assert SECRET not in text
    assert "secret" in text
    url = "postgresql://me:hunter-two-two@db/x"
    assert "hunter-two-two" not in run_cli("config", "--database", url, folder=tmp_path).stdout


@pytest.mark.parametrize(
    "secret",
    ["your-secret-key-change-in-production-please", "a" * 40, "changeme" * 8, "0123" * 10],
)
def test_weak_secrets_in_production(tmp_path, secret):
    """DESIGN 1: production refuses what is easy to guess, with a way out."""
    production = {"LATCHKEY_ENVIRONMENT": "production", "JWT_SECRET_KEY": secret}
    line = refused(tmp_path, names="JWT_SECRET_KEY", **production)
    assert "openssl rand" in line
    assert secret not in line


@pytest.mark.parametrize("secret", ["secret", "x" * 31])
def test_short_secrets_everywhere(tmp_path, secret):
    line = refused(tmp_path, names="SECRET_KEY", SECRET_KEY=secret)
    assert "openssl rand" in line and "32" in line
    assert secret not in line.replace("SECRET_KEY", "")


def test_secret_with_another_algorithm(tmp_path):
    """A secret signs with HS256 and nothing else; HS256 without a secret has its own key."""
    done = run_cli(
        "serve",
        "--listen",
        "bad",
        folder=tmp_path,
        environment={"JWT_SECRET_KEY": SECRET, "LATCHKEY_TOKEN_ALGORITHM": "ES256"},
        status=2,
    )
    assert "latchkey: " in done.stderr


def test_hs256_without_a_secret(start):
    """The ring then holds a random secret; other services cannot check such tokens."""
    client = Client(start(options={"TOKEN_ALGORITHM": "HS256"})).signup()
    assert jwt.get_unverified_header(client.token)["alg"] == "HS256"
    client.me().expect(200)
    assert client.get("/.well-known/jwks.json").expect(200).json() == {"keys": []}
