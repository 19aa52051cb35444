"""What lies in the store: nothing that opens a door, and hashes that follow the settings."""

import pytest

import stores
from client import PASSWORD, Client
from process import HEAP, PATIENCE
from waiting import eventually

ARGON2ID = "$argon2id$v=19$m=19456,t=2,p=1$"
SALT_AND_HASH = "c29tZXNhbHRzb21lc2FsdA$" + "A" * 43


def hash_of(server, username):
    return stores.peek(server.database).password_hash(username)


def set_hash(server, username, text):
    stores.peek(server.database).set_password_hash(username, text)


def test_no_token_and_no_password(start):
    """R14: neither refresh nor access tokens nor passwords, in the database or its log."""
    server = start()
    client = Client(server).signup()
    secrets = [client.token, client.refresh_token, PASSWORD]
    client.refresh()
    secrets += [client.token, client.refresh_token]
    data = stores.peek(server.database).everything()
    assert client.user["username"].encode() in data
    for secret in secrets:
        assert secret.encode() not in data
        # A token's last part is what proves it.
        assert secret.split(".")[-1].encode() not in data


def test_hash_has_todays_parameters(start):
    """DESIGN 3: argon2id, 19 MiB, two passes, one lane."""
    server = start()
    client = Client(server).signup()
    assert hash_of(server, client.user["username"]).startswith(ARGON2ID)


@pytest.mark.parametrize("first, then", [("bcrypt", "argon2id"), ("argon2id", "bcrypt")])
def test_rehash_at_login(start, first, then):
    """P13: an old hash works, and the log-in renews it; sessions live on."""
    server = start(options={"PASSWORD_HASH": first})
    client = Client(server).signup()
    name = client.user["username"]
    old = hash_of(server, name)
    other = start.second(server, PASSWORD_HASH=then)
    Client(other).try_login(name, "wrong password here").expect(401)
    assert hash_of(server, name) == old
    Client(other).login(name)
    new = hash_of(server, name)
    assert new[:4] != old[:4]
    assert new.startswith("$2b$" if then == "bcrypt" else ARGON2ID)
    Client(other).login(name)
    assert hash_of(server, name) == new
    client.me().expect(200)
    client.refresh()


@pytest.mark.parametrize(
    "text",
    [
        "$argon2id$v=19$m=4194304,t=1000,p=64$" + SALT_AND_HASH,
        "$argon2id$v=19$m=19456,t=4294967295,p=1$" + SALT_AND_HASH,
        "$argon2id$v=19$m=2097152,t=2,p=1$" + SALT_AND_HASH,
        "$2b$31$" + "A" * 53,
        "$2b$99$" + "A" * 53,
        "$argon2id$",
        "$1$salt$hash",
        PASSWORD,
        "",
    ],
)
def test_hashes_beyond_the_cap(server, text):
    """P14: a stored hash that costs too much, or is none, is a failed log-in and no work."""
    client = Client(server).signup()
    before = server.memory_kib()
    set_hash(server, client.user["username"], text)
    server.error_records_expected = True
    eventually(
        lambda: Client(server).try_login(client.user["username"]).status == 401,
        within=10 * PATIENCE,
    )
    assert server.memory_kib() - before < 64 * 1024 * HEAP


@pytest.mark.parametrize("prefix", ["$2a$", "$2b$", "$2y$"])
def test_imported_bcrypt(server, prefix):
    """DESIGN 3: hashes of other programs are verified, and renewed."""
    # bcrypt of "U*U", from the test vectors of crypt_blowfish.
    imported = "05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
    client = Client(server).signup()
    name = client.user["username"]
    set_hash(server, name, prefix + imported)
    client.try_login(name, "U*V").expect(401)
    client.try_login(name, "U*U").expect(200)
    assert hash_of(server, name).startswith(ARGON2ID)
    client.try_login(name, "U*U").expect(200)


def test_first_start_has_no_doors(start):
    """A10: no user, no default password, no way to make an admin from outside."""
    client = Client(start())
    for name in ("admin", "root", "latchkey", "user", "test"):
        for password in (name, "admin", "password", "latchkey", ""):
            client.server.public.add(password)
            assert client.try_login(name, password).status == 401
    client.signup()
    assert client.user["roles"] == ["user"]
    client.get("/v1/users").expect(403)
