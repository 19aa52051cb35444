"""Keycloak, from Maven, with a PostgreSQL server of the tests' own."""

import contextlib
import shutil
import sys
from urllib.parse import quote, unquote, urlencode, urlsplit

import stores.postgres
from client import PASSWORD
from limits import store_url
from load import FORM, Request, get
from measure import NotThere
from peers.common import Asked, ask, free_port, installed, mark_installed, run, spawned

TITLE = "Keycloak"
VERSION = "26.7.3"
HASH = "argon2id, 19 MiB, 2 passes (its default: 7 MiB, 5 passes)"
STORE = "PostgreSQL on the same machine, not bound to the one CPU; sessions kept there too"
LATCHKEY_FLAGS = ()
PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"
ARTIFACT = f"org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"
BUILD_OPTIONS = ("--db=postgres", "--health-enabled=false")
REFRESHERS = 16
TOKEN_PATH = "/realms/bench/protocol/openid-connect/token"
LIFETIME_S = 3600
WARM_UP_S = 10  # its compiler needs that
# Everybody else is a copy of the first: with all columns there are, whatever this version has.
COPY_USERS = """
WITH made AS (
    SELECT gen_random_uuid()::text AS id, 'user' || to_char(n, 'FM0000') AS name, u.id AS first
    FROM user_entity AS u, generate_series(2, :'count'::int) AS n WHERE u.username = 'user0001'
), users AS (
    INSERT INTO user_entity
    SELECT (jsonb_populate_record(NULL::user_entity, to_jsonb(u) || jsonb_build_object('id', m.id,
            'username', m.name, 'email', m.name || '@example.com',
            'email_constraint', m.name || '@example.com'))).*
    FROM made AS m JOIN user_entity AS u ON u.id = m.first
    RETURNING id
), roles AS (
    INSERT INTO user_role_mapping
    SELECT (jsonb_populate_record(NULL::user_role_mapping,
            to_jsonb(r) || jsonb_build_object('user_id', m.id))).*
    FROM made AS m JOIN user_role_mapping AS r ON r.user_id = m.first
)
INSERT INTO credential
SELECT (jsonb_populate_record(NULL::credential, to_jsonb(c) || jsonb_build_object(
        'id', gen_random_uuid()::text, 'user_id', m.id))).*
FROM made AS m JOIN credential AS c ON c.user_id = m.first;
"""


def install(home):
    if installed(home, VERSION):
        return
    if not shutil.which("java"):
        raise NotThere("java is not there")
    shutil.rmtree(home / "server", ignore_errors=True)
    run(["mvn", "-q", PLUGIN, f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={home}"], home,
        "its distribution could not be had from Maven")  # fmt: skip
    archive = home / f"keycloak-quarkus-dist-{VERSION}.zip"
    run([sys.executable, "-m", "zipfile", "-e", archive, home], home, "the archive is broken")
    (home / f"keycloak-{VERSION}").rename(home / "server")
    archive.unlink()
    for script in (home / "server" / "bin").glob("*.sh"):
        script.chmod(0o755)
    run([home / "server" / "bin" / "kc.sh", "build", *BUILD_OPTIONS], home, "kc.sh build failed")
    mark_installed(home, VERSION)


def database_flags(url):
    """The tests' URL as Keycloak takes it."""
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    flags = [f"--db-url=jdbc:postgresql://{parts.hostname}:{parts.port}{parts.path}{query}",
             f"--db-username={unquote(parts.username)}"]  # fmt: skip
    return [*flags, f"--db-password={unquote(parts.password)}"] if parts.password else flags


@contextlib.contextmanager
def serving(home, folder, cpu):
    port = free_port()
    data = folder / "home"  # it writes into its own folder, and only one may
    shutil.copytree(home / "server", data)
    with store_url("postgres", folder) as url:
        command = [
            data / "bin" / "kc.sh", "start", "--optimized", "--http-enabled=true",
            "--http-host=127.0.0.1", f"--http-port={port}", "--hostname-strict=false",
            "--http-management-port=0",
            "--spi-password-hashing--argon2--memory=19456",
            "--spi-password-hashing--argon2--iterations=2",
            "--spi-password-hashing--argon2--parallelism=1",
            *database_flags(url),
        ]  # fmt: skip
        more = {"KC_BOOTSTRAP_ADMIN_USERNAME": "root", "KC_BOOTSTRAP_ADMIN_PASSWORD": PASSWORD}
        address = f"127.0.0.1:{port}"
        with spawned(command, folder, cpu, address, "/realms/master", more.items()) as server:
            server.secrets["database"] = url
            yield server


def tokens(server, path, client, username):
    body = {"grant_type": "password", "client_id": client, "username": username,
            "password": PASSWORD, "scope": "openid"}  # fmt: skip
    return ask(server.address, "POST", path, urlencode(body), FORM)[1]


def admin(server):
    path = "/realms/master/protocol/openid-connect/token"
    answer = tokens(server, path, "admin-cli", "root")
    return {"Authorization": f"Bearer {answer['access_token']}"}


def fill(server, users):
    realm = {"realm": "bench", "enabled": True, "sslRequired": "none",
             "accessTokenLifespan": LIFETIME_S}  # fmt: skip
    client = {"clientId": "bench", "enabled": True, "publicClient": True,
              "directAccessGrantsEnabled": True}  # fmt: skip
    secret = {"type": "password", "value": PASSWORD, "temporary": False}
    first = {"username": "user0001", "email": "user0001@example.com", "emailVerified": True,
             "firstName": "User", "lastName": "Bench", "enabled": True,
             "credentials": [secret]}  # fmt: skip
    rights = admin(server)
    ask(server.address, "PUT", "/admin/realms/master", {"accessTokenLifespan": LIFETIME_S}, rights)
    ask(server.address, "POST", "/admin/realms", realm, rights)
    rights = admin(server)  # the old token has no rights in the new realm
    ask(server.address, "POST", "/admin/realms/bench/clients", client, rights)
    ask(server.address, "POST", "/admin/realms/bench/users", first, rights)
    copy_users(server.secrets["database"], users)


def copy_users(url, users):
    """Behind its back, since it hashes each password it is given."""
    stores.postgres.run_sql(url, COPY_USERS, count=users)


def form(number):
    return urlencode({"grant_type": "password", "client_id": "bench", "scope": "openid",
                      "username": f"user{number:04d}", "password": PASSWORD})  # fmt: skip


def loads(server, users):
    answers = [tokens(server, TOKEN_PATH, "bench", f"user{n:04d}")
               for n in range(1, REFRESHERS + 1)]  # fmt: skip
    headers = tuple(FORM.items())
    refreshes = [
        Request("POST", TOKEN_PATH, headers, "grant_type=refresh_token&client_id=bench"
                f"&refresh_token={quote(answer['refresh_token'])}")
        for answer in answers
    ]  # fmt: skip
    root = admin(server)["Authorization"].split()[1]
    path = "/realms/bench/protocol/openid-connect/userinfo"
    log_ins = [Request("POST", TOKEN_PATH, headers, form(n)) for n in range(1, users + 1)]
    return {
        "me": Asked([get(path, answers[0]["access_token"])]),
        "login": Asked(log_ins),
        "refresh": Asked(refreshes, chain="refresh_token"),
        "list": Asked([get("/admin/realms/bench/users?max=50", root)]),
    }
