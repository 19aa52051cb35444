"""Glewlwyd, from Debian's package (which a user installs: apt-get install glewlwyd)."""

import contextlib
import gzip
import os
import shutil
import sqlite3
import sys
from base64 import b64encode
from pathlib import Path
from urllib.parse import urlencode

from client import PASSWORD
from load import FORM, Request, get, post
from measure import NotThere
from peers.common import Asked, ask, free_port, run, spawned
from processes import bare_rate

TITLE = "Glewlwyd"
VERSION = "2.7.5"
PASSES = 150_000
HASH = f"PBKDF2-HMAC-SHA-256, {PASSES:,} passes, its default"
STORE = "SQLite, rollback journal, synchronous=FULL"
LATCHKEY_FLAGS = None
SCHEMA = Path("/usr/share/doc/glewlwyd/database/init.sqlite3.sql.gz")
MODULES = Path("/usr/lib/glewlwyd")
CLIENT, SECRET = "bench", "the secret of a client of the bench"
REFRESHERS = 16
CONFIGURATION = """
port={port}
bind_address="127.0.0.1"
external_url="http://127.0.0.1:{port}"
login_url="login.html"
api_prefix="api"
static_files_path="/usr/share/glewlwyd/webapp/"
log_mode="console"
log_level="ERROR"
cookie_domain="127.0.0.1"
cookie_secure=0
session_expiration=2419200
session_key="GLEWLWYD2_SESSION_ID"
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="{modules}/user"
client_module_path="{modules}/client"
user_auth_scheme_module_path="{modules}/scheme"
plugin_module_path="{modules}/plugin"
hash_algorithm="SHA512"
database = {{ type = "sqlite3" path = "{folder}/glewlwyd.db" }};
"""
# By Nettle, which GnuTLS has it from: it is twice as fast as OpenSSL's.
PBKDF2 = """
import ctypes, ctypes.util, sys, time
pbkdf2 = ctypes.CDLL(ctypes.util.find_library("nettle")).nettle_pbkdf2_hmac_sha256
size = ctypes.c_size_t
pbkdf2.argtypes = (size, ctypes.c_char_p, ctypes.c_uint, size, ctypes.c_char_p, size, ctypes.c_char_p)
out = ctypes.create_string_buffer(32)
begun, made = time.monotonic(), 0
while time.monotonic() - begun < float(sys.argv[2]):
    pbkdf2(10, b"a password", int(sys.argv[1]), 16, b"0123456789abcdef", 32, out)
    made += 1
print(f"operations {made} seconds {time.monotonic() - begun:.6f}")
"""
COPY_USER = (
    "INSERT INTO g_user (gu_username, gu_name, gu_email, gu_enabled)"
    " VALUES (:name, :name, :email, 1)",
    "INSERT INTO g_user_password (gu_id, guw_password) SELECT u.gu_id, p.guw_password"
    " FROM g_user AS u, g_user AS f JOIN g_user_password AS p ON p.gu_id = f.gu_id"
    " WHERE u.gu_username = :name AND f.gu_username = 'user0001'",
    "INSERT INTO g_user_scope_user (gu_id, gus_id) SELECT u.gu_id, s.gus_id"
    " FROM g_user AS u, g_user AS f JOIN g_user_scope_user AS s ON s.gu_id = f.gu_id"
    " WHERE u.gu_username = :name AND f.gu_username = 'user0001'",
)


def install(_home):
    program = shutil.which("glewlwyd")
    if not program or not SCHEMA.exists():
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            raise NotThere("please install it: apt-get install glewlwyd")
        run(["apt-get", "-q", "-y", "--no-install-recommends", "install", "glewlwyd"], "/",
            "apt-get install glewlwyd failed",
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})  # fmt: skip
    if not shutil.which("openssl"):
        raise NotThere("openssl is not there, which makes its keys")


@contextlib.contextmanager
def serving(_home, folder, cpu):
    port = free_port()
    with sqlite3.connect(folder / "glewlwyd.db") as db:
        db.executescript(gzip.decompress(SCHEMA.read_bytes()).decode())
    db.close()
    text = CONFIGURATION.format(port=port, modules=MODULES, folder=folder)
    (folder / "glewlwyd.conf").write_text(text)
    command = ["glewlwyd", f"--config-file={folder}/glewlwyd.conf"]
    with spawned(command, folder, cpu, f"127.0.0.1:{port}", "/api/") as server:
        yield server


def admin_cookie(server):
    body = {"username": "admin", "password": "password"}  # as its schema has it
    headers, _ = ask(server.address, "POST", "/api/auth/", body)
    return {"Cookie": headers["Set-Cookie"].split(";")[0]}


def key_pair(folder):
    """An ES256 key: the private and the public part as PEM."""
    private = run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout"], folder,
                  "openssl made no key")  # fmt: skip
    public = run(["openssl", "ec", "-pubout", "-in", "/dev/stdin"], folder,
                 "openssl made no key", text_in=private)  # fmt: skip
    return private, public


def make_provider(server, cookie):
    """The plugin for OpenID Connect, which access and refresh tokens come from, and a client."""
    private, public = key_pair(server.folder)
    kinds = ("code", "token", "none", "client", "device")
    parameters = {
        "iss": f"http://{server.address}", "jwt-type": "ecdsa", "jwt-key-size": "256",
        "key": private, "cert": public, "access-token-duration": 3600,
        "refresh-token-duration": 1209600, "code-duration": 600, "refresh-token-rolling": True,
        "allow-non-oidc": True, "subject-type": "public", "scope": [],
        **{f"auth-type-{kind}-enabled": False for kind in kinds},
        **{f"auth-type-{kind}-enabled": True for kind in ("id-token", "password", "refresh")},
    }  # fmt: skip
    plugin = {"module": "oidc", "name": "oidc", "display_name": "oidc", "enabled": True,
              "parameters": parameters}  # fmt: skip
    client = {"client_id": CLIENT, "name": CLIENT, "enabled": True, "confidential": True,
              "client_secret": SECRET, "token_endpoint_auth_method": ["client_secret_basic"],
              "scope": ["openid"], "authorization_type": ["password", "refresh_token"],
              "redirect_uri": ["http://127.0.0.1/"]}  # fmt: skip
    ask(server.address, "POST", "/api/mod/plugin/", plugin, cookie)
    ask(server.address, "POST", "/api/client/", client, cookie)


def fill(server, users):
    cookie = admin_cookie(server)
    make_provider(server, cookie)
    first = {"username": "user0001", "password": PASSWORD, "name": "user0001", "enabled": True,
             "email": "user0001@example.com", "scope": ["openid", "g_profile"]}  # fmt: skip
    ask(server.address, "POST", "/api/user/", first, cookie)
    with sqlite3.connect(server.folder / "glewlwyd.db") as db:
        for number in range(2, users + 1):
            name = f"user{number:04d}"
            for statement in COPY_USER:
                db.execute(statement, {"name": name, "email": f"{name}@example.com"})
    db.close()


def client_headers():
    secret = b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
    return {**FORM, "Authorization": f"Basic {secret}"}


def tokens(server, number):
    body = {"grant_type": "password", "scope": "openid", "username": f"user{number:04d}",
            "password": PASSWORD}  # fmt: skip
    return ask(server.address, "POST", "/api/oidc/token", urlencode(body), client_headers())[1]


def loads(server, users):
    answers = [tokens(server, number) for number in range(1, REFRESHERS + 1)]
    refreshes = [
        Request("POST", "/api/oidc/token", tuple(client_headers().items()), urlencode(
            {"grant_type": "refresh_token", "refresh_token": answer["refresh_token"]}))
        for answer in answers
    ]  # fmt: skip
    log_ins = [post("/api/auth/", {"username": f"user{n:04d}", "password": PASSWORD})
               for n in range(1, users + 1)]  # fmt: skip
    cookie = tuple(admin_cookie(server).items())
    return {
        "me": Asked([get("/api/oidc/userinfo", answers[0]["access_token"])]),
        "login": Asked(log_ins),
        "refresh": Asked(refreshes),
        "list": Asked([Request("GET", "/api/user/?limit=50", cookie)]),
    }


def bare_hash(cpu, seconds):
    """Its hash by itself, a second."""
    return bare_rate([sys.executable, "-c", PBKDF2, PASSES, seconds], cpu)
