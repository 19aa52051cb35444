"""The users of the templates, as their databases are exported: `latchkey import`, then a log-in
through the dialect with the password they have always had."""

import base64
import datetime
import hashlib
import json

import pytest
from bson import ObjectId, json_util

import stores
from client import Client
from dialects import expect_unauthorized
from process import run_cli

PASSWORD = "plum-Velvet7 orbit"
# Made by crypt(3), as passlib and the package bcrypt make them.
BCRYPT = "$2b$10$u1Yk0pJ3nQb7sXv5cRz9ae6.VzV2P3p/qTRIscP8pbTg42ro8WZte"
BINARY = {"$binary": {"base64": base64.b64encode(BCRYPT.encode()).decode(), "subType": "00"}}


def oid(number):
    return {"$oid": f"65f1c0ffee01234567{number:06x}"}


# What `mongoexport --collection users` writes of each template: the names of its model.
JWT_MONGODB = [
    {"_id": oid(1), "username": "root", "email": "root@example.com", "hashed_password": BCRYPT,
     "role": "admin"},
    {"_id": oid(2), "username": "alice", "email": "alice@example.com", "hashed_password": BCRYPT,
     "role": "user"},
]  # fmt: skip
AUTHENTICATION_SYSTEM = [
    {"_id": oid(1), "username": "root", "email": "root@example.com", "password": BCRYPT,
     "role": "Admin"},
    {"_id": oid(2), "username": "alice", "email": "alice@example.com", "password": BINARY,
     "role": "User"},
]  # fmt: skip
EXPORTS = {
    "fastapi-jwt-mongodb": (JWT_MONGODB, "/auth/login", ("GET", "/users/")),
    "user-authentication-system": (AUTHENTICATION_SYSTEM, "/login", ("GET", "/users/alice")),
}


def ndjson(records):
    return "".join(json.dumps(record) + "\n" for record in records)


def bring(folder, database, text, *flags, status=0, name="-"):
    """Imports the text; returns what the command says."""
    done = run_cli(
        "import", name, "--database", database, *flags, folder=folder, stdin=text, status=status
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", EXPORTS)
def test_people_come_over(start, name):
    """They log in with their passwords; admins are admins; hashes become today's at log-in (P13)."""
    records, login, (method, path) = EXPORTS[name]
    server = start(dialects=[name])
    server.secrets.add(PASSWORD)
    assert "imported 2" in bring(server.folder, server.database, ndjson(records))
    assert stores.peek(server.database).password_hash("root") == BCRYPT
    people = {}
    for record in records:
        client = Client(server)
        credentials = {"username": record["username"], "password": PASSWORD}
        client.token = client.post(login, credentials).expect(200).json()["access_token"]
        people[record["username"]] = client
        expect_unauthorized(Client(server).post(login, credentials | {"password": "wrong one"}))
    assert stores.peek(server.database).password_hash("root").startswith("$argon2id$")
    shown = people["root"].request(method, path).expect(200).json()
    users = shown if isinstance(shown, list) else [shown]
    (alice,) = [user for user in users if user["username"] == "alice"]
    assert (alice["email"], alice["role"]) == ("alice@example.com", "user")
    assert people["root"].post("/users/", {}).status == 422  # an admin may, if it were something
    assert people["alice"].post("/users/", {}).status == 403


@pytest.mark.parametrize("name", EXPORTS)
def test_again_is_nothing_new(tmp_path, name):
    """The same file twice, or in another of mongoexport's forms: everybody is present."""
    records = EXPORTS[name][0]
    database = stores.database(tmp_path)
    assert "imported 2" in bring(tmp_path, database, ndjson(records))
    assert "present 2" in bring(tmp_path, database, ndjson(records))
    listed = "[" + ",\n".join(json.dumps(record) for record in records) + "]\n"
    assert "present 2" in bring(tmp_path, database, listed)


def test_canonical_and_csv(tmp_path):
    """`--jsonFormat=canonical`, and `--type=csv --fields=_id,username,email,password,role,userage`."""
    database = stores.database(tmp_path)
    canonical = {
        **JWT_MONGODB[1],
        "userage": {"$numberInt": "25"},
        "created_at": {"$date": {"$numberLong": "1704164645678"}},
    }
    assert "imported 1" in bring(tmp_path, database, ndjson([canonical]))
    csv = "_id,username,email,password,role,userage\n"
    csv += f"ObjectId({oid(2)['$oid']}),alice,alice@example.com,{BCRYPT},user,25\n"
    csv += f"ObjectId({oid(3)['$oid']}),bob,,{BCRYPT},,\n"
    file = tmp_path / "users.csv"
    file.write_text(csv)
    said = bring(tmp_path, database, "", name=str(file))
    assert "imported 1" in said and "present 1" in said
    shown = run_cli("user", "show", "alice", "--json", "--database", database, folder=tmp_path)
    alice = json.loads(shown.stdout)
    assert alice["age"] == 25 and alice["created_at"] == "2024-01-02T03:04:05.678Z"


def test_rows_of_a_sql_table(tmp_path):
    """Ids that count up name nobody: two tables' number 1 are two people."""
    database = stores.database(tmp_path)
    one = {"id": 1, "name": "Hamed", "email": "hamed@example.com", "password": BCRYPT}
    other = {"id": 1, "username": "maria", "email": "m@example.com", "hashed_password": BCRYPT}
    assert "imported 1" in bring(tmp_path, database, ndjson([one]))
    assert "imported 1" in bring(tmp_path, database, ndjson([other]))
    assert "present 2" in bring(tmp_path, database, ndjson([one, other]))
    file = tmp_path / "people.csv"
    file.write_text(f"id,username,email,password\n1,csv-person,c@example.com,{BCRYPT}\n")
    assert "imported 1" in bring(tmp_path, database, "", name=str(file))
    file.write_text(f"username,email,password\nnumberless,n@example.com,{BCRYPT}\n")
    said = bring(tmp_path, database, "", name=str(file), status=1)
    assert "password_hash" in said and "refused 1" in said
    assert "imported 1" in bring(tmp_path, database, "", "--format", "fastapi", name=str(file))


def test_what_is_refused(tmp_path):
    """Each with its reason, and no value of the line (its hash least of all)."""
    database = stores.database(tmp_path)
    base = {"username": "carol", "email": "carol@example.com", "hashed_password": BCRYPT}
    lines = [
        {**base, "role": "owner"},
        {**base, "username": "c"},
        {**base, "hashed_password": "$2b$31$u1Yk0pJ3nQb7sXv5cRz9ae6.VzV2P3p/qTRIscP8pbTg42ro8WZte"},
        {**base, "email": "no-at-sign"},
        {"username": "carol", "password": "short", "_id": oid(9)},
    ]
    said = bring(tmp_path, database, ndjson(lines), status=1)
    assert "refused 5" in said
    for number, member in enumerate(("roles", "username", "password_hash", "email", "password"), 1):
        assert f"line {number}: {member}" in said, said
    assert BCRYPT not in said
    run_cli("role", "create", "owner", "--permission", "users:read", "--database", database,
            folder=tmp_path)  # fmt: skip
    assert "imported 1" in bring(tmp_path, database, ndjson([lines[0]]))


def werkzeug(method):
    """As Flask's generate_password_hash makes it: the salt is text, the hash in hexadecimal."""
    password, salt = PASSWORD.encode(), "xgTu5N1fKQO4zWdG"
    if method.startswith("scrypt"):
        n, r, p = (int(number) for number in method.split(":")[1:])
        key = hashlib.scrypt(password, salt=salt.encode(), n=n, r=r, p=p, maxmem=132 * n * r * p)
    else:
        name, iterations = method.split(":")[1:]
        key = hashlib.pbkdf2_hmac(name, password, salt.encode(), int(iterations))
    return f"{method}${salt}${key.hex()}"


# Hashes of PASSWORD of kinds that are not verified here.
UNKNOWN = [
    "$5$rounds=1000$saltsaltsaltsalt$CwFbtM5zNzWKdjRiEU8rQtKe0yTFBrJFp9oAsN0rJ21",
    hashlib.sha256(PASSWORD.encode()).hexdigest(),
    hashlib.md5(PASSWORD.encode()).hexdigest(),
    f"sha1$salt${hashlib.sha1(b'salt' + PASSWORD.encode()).hexdigest()}",
    "{SSHA}c2FsdGVkaGFzaGVkdGV4dA==",
    werkzeug("pbkdf2:sha1:1000"),
    base64.b64encode(hashlib.sha512(PASSWORD.encode()).digest()).decode(),
]


@pytest.mark.parametrize("flags", [(), ("--clear-passwords",)])
def test_a_hash_never_becomes_the_password(start, flags):
    """Whoever has read the old table must not log in with what stands there."""
    server = start()
    records = [
        {"_id": oid(number), "username": f"person{number}", "password": text}
        for number, text in enumerate(UNKNOWN)
    ]
    ours = [{"username": f"own{number}", "password": text} for number, text in enumerate(UNKNOWN)]
    for lines, member in ((records, "password_hash"), (ours, "password")):
        said = bring(server.folder, server.database, ndjson(lines), *flags, status=1)
        assert "imported 0" in said and f"refused {len(UNKNOWN)}" in said
        for number in range(len(UNKNOWN)):
            assert f"line {number + 1}: {member}: " in said
        for text in UNKNOWN:
            assert text not in said
    for number, text in enumerate(UNKNOWN):
        for name in (f"person{number}", f"own{number}"):
            Client(server).try_login(name, text).expect(401)


def test_clear_passwords_are_asked_for(start):
    """Clear text is taken by a flag alone, and the report names it; a known hash without."""
    server = start()
    server.secrets.add(PASSWORD)
    clear = {"_id": oid(1), "username": "alice", "password": PASSWORD}
    flask = {"_id": oid(2), "username": "bob", "password": werkzeug("scrypt:1024:8:1")}
    older = {"_id": oid(3), "username": "carol", "password": werkzeug("pbkdf2:sha256:1000")}
    lines = ndjson([clear, flask, older])
    said = bring(server.folder, server.database, lines, status=1)
    assert "imported 2" in said and "refused 1" in said
    assert "line 1: password: " in said and "--clear-passwords" in said
    said = bring(server.folder, server.database, lines, "--clear-passwords")
    assert "imported 1" in said and "present 2" in said
    for name in ("alice", "bob", "carol"):
        Client(server).login(name, PASSWORD)
        assert stores.peek(server.database).password_hash(name).startswith("$argon2id$")


def test_who_is_gone_or_shut_out_there(start):
    """Deleted ones are left out; the inactive come, and cannot log in."""
    server = start(dialects=["fastapi-jwt-mongodb"])
    server.secrets.add(PASSWORD)
    base = {"hashed_password": BCRYPT, "role": "user"}
    records = [
        {**base, "username": "gone", "is_deleted": True},
        {**base, "username": "gone-too", "deleted_at": {"$date": "2024-01-01T00:00:00Z"}},
        {**base, "username": "idle", "is_active": False},
        {**base, "username": "barred", "disabled": True},
        {**base, "username": "active", "is_active": True, "is_deleted": False, "deleted_at": None},
    ]
    said = bring(server.folder, server.database, ndjson(records))
    assert "imported 3" in said and "left out 2" in said
    for record in records:
        credentials = {"username": record["username"], "password": PASSWORD}
        status = 200 if record["username"] == "active" else 401
        Client(server).post("/auth/login", credentials).expect(status)


# --- as MongoDB itself writes it ------------------------------------------------------------------

# One document of each template, as pymongo stores it.
STORED = [
    {"_id": ObjectId(), "username": "root", "email": "root@example.com", "role": "admin",
     "hashed_password": BCRYPT, "created_at": datetime.datetime(2024, 1, 2, 3, 4, 5, 678000)},
    {"_id": ObjectId(), "username": "alice", "email": "alice@example.com", "role": "user",
     "password": BCRYPT.encode(), "userage": 25, "score": 1.5, "tags": ["a", None]},
]  # fmt: skip
MODES = {
    "relaxed": json_util.RELAXED_JSON_OPTIONS,
    "canonical": json_util.CANONICAL_JSON_OPTIONS,
    "legacy": json_util.LEGACY_JSON_OPTIONS,
}


def exported(documents, mode):
    return "".join(json_util.dumps(its, json_options=MODES[mode]) + "\n" for its in documents)


@pytest.mark.parametrize("mode", MODES)
def test_extended_json(start, mode):
    """Each form that MongoDB's own library writes: ids, dates, whole numbers, hashes as bytes."""
    server = start(dialects=["user-authentication-system"])
    server.secrets.add(PASSWORD)
    text = exported(STORED, mode)
    assert "imported 2" in bring(server.folder, server.database, text)
    for record in STORED:
        client = Client(server)
        credentials = {"username": record["username"], "password": PASSWORD}
        client.token = client.post("/login", credentials).expect(200).json()["access_token"]
        assert client.get("/users/me").expect(200).json()["role"] == record["role"]
        native = client.get("/v1/users/me").expect(200).json()
        assert native["age"] == record.get("userage")
        if "created_at" in record:
            assert native["created_at"] == "2024-01-02T03:04:05.678Z"
    for other in MODES:
        assert "present 2" in bring(server.folder, server.database, exported(STORED, other))


@pytest.mark.store("mongo")
def test_mongo_uri_of_the_template(start, tmp_path):
    """MONGO_URI as it is: the template's own database is not touched, another one works."""
    url = stores.database(tmp_path)
    folder = tmp_path / "template"
    folder.mkdir()
    with stores.module().connect(url) as client:
        client.get_default_database()["users"].insert_many(STORED)
    (folder / ".env").write_text(f"MONGO_URI={url}\n")
    refusal = run_cli("user", "list", folder=folder, status=None)
    assert refusal.returncode in (1, 2) and "of another program" in refusal.stderr
    with stores.module().connect(url) as client:
        assert client.get_default_database()["users"].count_documents({}) == len(STORED)
    own = stores.database(tmp_path, "own")
    (folder / ".env").write_text(f"MONGO_URI={own}\n")
    done = run_cli("import", "-", folder=folder, stdin=exported(STORED, "relaxed"))
    assert "imported 2" in done.stdout
    assert "alice" in run_cli("user", "list", folder=folder).stdout
