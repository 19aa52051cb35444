"""`latchkey import` and `latchkey export`: every format, every kind of hash, and what goes wrong."""

import base64
import hashlib
import json
import os
import signal
import stat
import subprocess
import uuid

import pytest

import stores
from client import Client
from process import BINARY, COMMAND_S, environment_of, run_cli
from test_stored import hash_of
from waiting import eventually

PASSWORD = "correct horse"
SALT = b"sixteen-byte-sal"


def plain64(data):
    return base64.b64encode(data).decode().rstrip("=")


def pbkdf2(name, iterations=1000):
    digest = hashlib.pbkdf2_hmac(name, PASSWORD.encode(), SALT, iterations)
    ab64 = [plain64(part).replace("+", ".") for part in (SALT, digest)]
    return f"$pbkdf2-{name}${iterations}${ab64[0]}${ab64[1]}"


def django():
    digest = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), b"textsalt", 1000)
    return f"pbkdf2_sha256$1000$textsalt${base64.b64encode(digest).decode()}"


def scrypt():
    key = hashlib.scrypt(PASSWORD.encode(), salt=SALT, n=1 << 10, r=8, p=1, dklen=32)
    return f"$scrypt$ln=10,r=8,p=1${plain64(SALT)}${plain64(key)}"


def better_auth():
    salt = "00112233445566778899aabbccddeeff"
    limit = 64 << 20
    key = hashlib.scrypt(
        PASSWORD.encode(), salt=salt.encode(), n=16384, r=16, p=1, dklen=64, maxmem=limit
    )
    return f"{salt}:{key.hex()}"


def keycloak_credentials():
    digest = hashlib.pbkdf2_hmac("sha512", PASSWORD.encode(), SALT, 1000)
    secret = {"value": base64.b64encode(digest).decode(), "salt": base64.b64encode(SALT).decode()}
    data = {"hashIterations": 1000, "algorithm": "pbkdf2-sha512", "additionalParameters": {}}
    credential = {"secretData": json.dumps(secret), "credentialData": json.dumps(data)}
    return [{"type": "password", **credential}]


# The example of Firebase's own scrypt tool.
FIREBASE_CONFIG = """hash_config {
  algorithm: SCRYPT,
  base64_signer_key: jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==,
  base64_salt_separator: Bw==,
  rounds: 8,
  mem_cost: 14,
}
"""
FIREBASE = {
    "localId": "ZQ1",
    "email": "fire@example.org",
    "passwordHash": "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==",
    "salt": "42xEC+ixf3L2lw==",
    "createdAt": "1672567200123",
}


def database(folder):
    return stores.database(folder, "import")


def lines_of(records):
    return "".join(json.dumps(record) + "\n" for record in records)


def run_import(folder, content, *flags, status=0, name="people.ndjson", to=None):
    path = folder / name
    path.write_text(content, newline="")
    words = ["import", str(path), *flags, "--database", to or database(folder)]
    return run_cli(*words, folder=folder, status=status)


def counts(done):
    """The summary's numbers."""
    words = done.stdout.split(";")[0].replace(",", "").split()
    keys = {"imported": "imported", "import": "imported", "present": "present"}
    keys |= {"out": "left_out", "refused": "refused"}
    found = {}
    for word, value in zip(words, words[1:]):
        if word in keys:
            found[keys[word]] = int(value)
    return found


def export(folder, *flags, of=None):
    return run_cli("export", *flags, "--database", of or database(folder), folder=folder).stdout


def exported(folder, *flags):
    return [json.loads(line) for line in export(folder, *flags).splitlines()]


# --- formats and hashes ---------------------------------------------------------------------------

HASHES = {
    "pbkdf2-sha256": pbkdf2("sha256"),
    "pbkdf2-sha512": pbkdf2("sha512"),
    "django": django(),
    "scrypt": scrypt(),
    "better-auth": better_auth(),
    # By upstream's argon2id_hash_encoded: several lanes, as argon2-cffi and Django write them.
    "argon2-cffi": "$argon2id$v=19$m=1024,t=3,p=4"
    "$c2l4dGVlbi1ieXRlLXNhbA$1m+I6o3WmsLNSPgLA5YnRocYDsEjWBImN0Wnq4Xh/w8",
    "django-argon2": "argon2$argon2id$v=19$m=2048,t=2,p=8"
    "$c2l4dGVlbi1ieXRlLXNhbA$OJJJGsatOd6jENzk1o4OcEiFA636KWKlwvpMVRk+V68",
}


def made_here(folder, scheme):
    """A hash of PASSWORD as this program makes it."""
    words = ["user", "create", "--username", scheme, "--password-stdin"]
    words += ["--password-hash", scheme, "--database", stores.database(folder, "made")]
    run_cli(*words, folder=folder, stdin=PASSWORD + "\n")
    return stores.peek(stores.database(folder, "made")).password_hash(scheme)


def test_p13_every_hash_logs_in_and_is_replaced(start, tmp_path):
    """P13: log-in works with the hash as it came, and leaves one of today's."""
    hashes = dict(HASHES)
    hashes["bcrypt"] = made_here(tmp_path, "bcrypt")
    hashes["argon2id"] = made_here(tmp_path, "argon2id")
    records = [{"username": name, "password_hash": text} for name, text in hashes.items()]
    for variant in "ay":
        text = hashes["bcrypt"].replace("$2b$", f"$2{variant}$")
        records.append({"username": f"bcrypt-{variant}", "password_hash": text})
    server = start()
    done = run_import(tmp_path, lines_of(records), to=server.database)
    assert counts(done)["imported"] == len(records)
    for record in records:
        name = record["username"]
        wrong = {"username": name, "password": "Correct horse"}
        Client(server).post("/v1/auth/login", wrong).expect(401, "invalid_credentials")
        Client(server).login(name, PASSWORD)
        assert hash_of(server, name).startswith("$argon2id$v=19$m=19456,t=2,p=1$"), name
        Client(server).login(name, PASSWORD)


def test_gotrue_as_it_is(start, tmp_path):
    """Rows of auth.users, as JSON and as CSV with the same names."""
    hash_text = made_here(tmp_path, "bcrypt").replace("$2b$", "$2a$")
    row = {
        "instance_id": "00000000-0000-0000-0000-000000000000",
        "id": str(uuid.uuid4()),
        "aud": "authenticated",
        "role": "authenticated",
        "email": "Ann.Lee@example.org",
        "encrypted_password": hash_text,
        "email_confirmed_at": "2023-01-01 10:00:00.123456+00",
        "raw_app_meta_data": {"provider": "email"},
        "raw_user_meta_data": {"plan": "free"},
        "created_at": "2023-01-01 10:00:00.123456+00",
        "banned_until": None,
        "deleted_at": None,
    }
    banned = {**row, "id": str(uuid.uuid4()), "email": "b@example.org"}
    banned["banned_until"] = "2999-01-01 00:00:00+00"
    gone = {**row, "id": str(uuid.uuid4()), "email": "c@example.org"}
    gone["deleted_at"] = "2024-01-01 00:00:00+00"
    server = start()
    done = run_import(tmp_path, lines_of([row, banned, gone]), to=server.database)
    assert counts(done) == {"imported": 2, "present": 0, "left_out": 1, "refused": 0}
    user = Client(server).login("ann.lee@example.org", PASSWORD).user
    assert user["id"] == row["id"]
    assert user["username"] == "Ann.Lee"
    assert user["email_verified"] is True
    assert user["metadata"] == {"plan": "free"}
    assert user["created_at"] == "2023-01-01T10:00:00.123Z"
    assert user["roles"] == ["user"]
    assert run_cli(
        "user", "show", "b@example.org", "--json", "--database", server.database, folder=tmp_path
    ).stdout.count('"status":"disabled"')
    names = "id,email,encrypted_password,email_confirmed_at,raw_user_meta_data,is_sso_user,deleted_at\n"
    cells = f'{uuid.uuid4()},d@example.org,{hash_text},,"{{""a"":1}}",f,\n'
    done = run_import(tmp_path, names + cells, name="users.csv", to=server.database)
    assert counts(done)["imported"] == 1
    user = Client(server).login("d@example.org", PASSWORD).user
    assert user["metadata"] == {"a": 1}
    assert user["email_verified"] is False


def test_pocketbase_as_it_is(start, tmp_path):
    """What `sqlite3 -json` prints: a list with one object a line."""
    hash_text = made_here(tmp_path, "bcrypt").replace("$2b$", "$2a$")
    row = {
        "id": "abc123def456ghi",
        "username": "users45",
        "email": "poc@example.org",
        "name": "",
        "verified": 1,
        "created": "2023-01-01 10:00:00.123Z",
        "updated": "2023-01-01 10:00:00.123Z",
        "tokenKey": "secret-of-theirs",
        "passwordHash": hash_text,
    }
    other = {**row, "id": "zzz123def456ghi", "username": "", "email": "users45@example.org"}
    content = "[" + json.dumps(row) + ",\n" + json.dumps(other) + "]\n"
    server = start()
    done = run_import(tmp_path, content, to=server.database)
    assert counts(done)["imported"] == 2
    user = Client(server).login("users45", PASSWORD).user
    assert uuid.UUID(user["id"]).version == 8
    assert user["name"] is None
    assert user["email_verified"] is True
    # The name of the local part was taken: another one was made.
    made = Client(server).login("users45@example.org", PASSWORD).user["username"]
    assert made.startswith("users45-")
    again = run_import(tmp_path, content, to=server.database)
    assert counts(again) == {"imported": 0, "present": 2, "left_out": 0, "refused": 0}
    newer = {"id": "new123def456ghi", "email": "n@example.org", "password": hash_text}
    run_import(tmp_path, lines_of([newer]), "--format", "pocketbase", to=server.database)
    Client(server).login("n@example.org", PASSWORD)


def test_keycloak_and_firebase(start, tmp_path):
    keycloak = {
        "id": str(uuid.uuid4()),
        "createdTimestamp": 1672567200123,
        "username": "kay.cee@example.org",
        "email": "kay.cee@example.org",
        "firstName": "Kay",
        "lastName": "Cee",
        "enabled": True,
        "emailVerified": False,
        "attributes": {"locale": ["de"]},
        "credentials": keycloak_credentials(),
        "realmRoles": ["default-roles-x"],
    }
    (tmp_path / "firebase.txt").write_text(FIREBASE_CONFIG)
    server = start()
    content = lines_of([keycloak, FIREBASE])
    flags = ["--firebase-config", tmp_path / "firebase.txt"]
    assert counts(run_import(tmp_path, content, *flags, to=server.database))["imported"] == 2
    user = Client(server).login("kay.cee", PASSWORD).user
    assert user["name"] == "Kay Cee"
    assert user["metadata"] == {"locale": ["de"]}
    assert Client(server).login("fire@example.org", "user1password").user["username"] == "fire"
    assert hash_of(server, "fire").startswith("$argon2id$")


def test_firebase_needs_its_parameters(tmp_path):
    done = run_import(tmp_path, lines_of([FIREBASE]), status=1)
    assert "--firebase-config" in done.stderr
    (tmp_path / "bad.txt").write_text("rounds: 8\n")
    run_import(tmp_path, lines_of([FIREBASE]), "--firebase-config", tmp_path / "bad.txt", status=1)
    assert done.stdout.startswith("imported 0,")


def test_clear_password_obeys_the_rules(start, tmp_path):
    server = start()
    records = [
        {"username": "alice", "password": "tidy-Otter-41"},
        {"username": "bob", "password": "password"},
        {"username": "carl", "password": "tidy-Otter-41", "password_hash": django()},
    ]
    flag = "--clear-passwords"
    done = run_import(tmp_path, lines_of(records), to=server.database, status=1)
    assert counts(done) == {"imported": 0, "present": 0, "left_out": 0, "refused": 3}
    assert done.stderr.count(flag) == 3
    done = run_import(tmp_path, lines_of(records), flag, to=server.database, status=1)
    assert counts(done) == {"imported": 1, "present": 0, "left_out": 0, "refused": 2}
    assert "line 2: password: " in done.stderr
    assert "line 3: password_hash: " in done.stderr
    assert "tidy-Otter-41" not in done.stderr + done.stdout
    Client(server).login("alice", "tidy-Otter-41")


# --- refusals -------------------------------------------------------------------------------------


def test_p14_costly_hashes_are_refused(tmp_path):
    """P14: by the string alone, within no time."""
    some = plain64(SALT)
    costly = [
        f"$argon2id$v=19$m=4194304,t=1000,p=64${some}${some}",
        f"$argon2id$v=19$m=19456,t=11,p=1${some}${some}",
        f"$argon2id$v=19$m=19456,t=2,p=17${some}${some}",
        f"argon2$argon2id$v=19$m=4194304,t=2,p=8${some}${some}",
        "$2b$31$" + "a" * 53,
        f"$pbkdf2-sha256$2000001${some}${some}",
        f"$scrypt$ln=20,r=8,p=1${some}${some}",
        f"$scrypt$ln=14,r=8,p=17${some}${some}",
        "pbkdf2_sha256$99999999$salt$" + some,
        "5f4dcc3b5aa765d61d8327deb882cf99",
    ]
    records = [{"username": f"user{i}", "password_hash": text} for i, text in enumerate(costly)]
    done = run_import(tmp_path, lines_of(records), status=1)
    assert counts(done) == {"imported": 0, "present": 0, "left_out": 0, "refused": len(costly)}
    assert done.stderr.count("password_hash: The password hash ") == len(costly)
    assert some not in done.stderr


def test_broken_lines(tmp_path):
    """Each is named with its number and reason; all others are in."""
    good = [{"username": f"good{i}"} for i in range(3)]
    content = (
        lines_of(good[:1])
        + "not json\n"
        + "\n"
        + lines_of([{"username": "x"}, {"email": "no address"}, {"username": "y1y", "mail": "z"}])
        + '{"username":"rolf","roles":["emperor"]}\n'
        + '{"username":"ida","id":"7"}\n'
        + '{"username":"tom","created_at":"3024-01-01T00:00:00Z"}\n'
        + '{"username":"eve","created_at":"1970-01-01T00:00:00Z"}\n'
        + '{"username":"' + "l" * 1_200_000 + '"}\n'
        + lines_of(good[1:]).rstrip("\n")
    )  # fmt: skip
    report = tmp_path / "report.txt"
    done = run_import(tmp_path, content, "--report", report, status=1)
    assert done.stderr == ""
    numbers = [line.split(":")[0] for line in report.read_text().splitlines()]
    assert {f"line {n}" for n in (2, 4, 5, 6, 7, 8, 9, 10, 11)} == set(numbers)
    text = report.read_text()
    assert "line 4: username: A username has at least 3 characters." in text
    assert "line 6: mail: Nothing of this name is taken here." in text
    assert "line 7: roles: There is no role of that name." in text
    assert "line 11: The line is longer than 1 MiB." in text
    assert counts(done) == {"imported": 3, "present": 0, "left_out": 0, "refused": 9}


def test_no_line_is_read_within_quotes(tmp_path):
    """A field that is too long was chosen by somebody: what stands in it makes nobody an admin."""
    filler = "A" * 1_048_576
    evil = "evil1x,evil1x@example.com,Evil,,admin"
    content = (
        "username,email,full_name,hashed_password,role\n"
        f'victim1x,victim1x@example.com,"{filler}\n{evil}\n{evil}\r\n""\n{evil}\n{filler}",,user\n'
        "good1x,good1x@example.com,Good,,user\n"
        f'victim2x,victim2x@example.com,"{filler}\n{evil}\n'
    )
    done = run_import(tmp_path, content, "--format", "csv", status=1)
    assert counts(done) == {"imported": 1, "present": 0, "left_out": 0, "refused": 2}
    assert [user["username"] for user in exported(tmp_path)] == ["good1x"]
    assert done.stderr.count("longer than 1 MiB") == 2


def test_duplicates(tmp_path):
    first, second = str(uuid.uuid4()), str(uuid.uuid4())
    records = [
        {"id": first, "username": "alice", "email": "a@example.org"},
        {"id": first, "username": "alice", "email": "a@example.org"},
        {"id": second, "username": "ALICE"},
        {"id": second, "username": "alan", "email": "A@example.org"},
        {"username": "alice", "email": "a@example.org"},
        {"username": "alice"},
        {"email": "a@example.org"},
        {"email": "alice@example.com"},
    ]
    done = run_import(tmp_path, lines_of(records), status=1)
    assert counts(done) == {"imported": 2, "present": 3, "left_out": 0, "refused": 3}
    assert "line 3: username: Somebody else has this username." in done.stderr
    assert "line 4: email: Somebody else has this e-mail address." in done.stderr
    assert "line 6: username: Somebody else" in done.stderr
    names = [user["username"] for user in exported(tmp_path)]
    assert names[0] == "alice"
    assert names[1].startswith("alice-")


def test_usernames_are_made(tmp_path):
    emails = ["j.d@example.org", "ab@example.org", "42@example.org", "o'neil+x@example.org"]
    done = run_import(tmp_path, lines_of([{"email": email} for email in emails]))
    assert counts(done)["imported"] == len(emails)
    names = [user["username"] for user in exported(tmp_path)]
    assert names[0] == "j.d"
    assert names[1].startswith("ab-")
    assert names[2] == "user"
    assert names[3] == "o-neil-x"


def test_dry_run_changes_nothing(tmp_path):
    run_import(tmp_path, lines_of([{"username": "alice"}]))
    records = [{"username": "alice"}, {"username": "Alice", "email": "a@example.org"}]
    records += [{"username": "bob"}, {"username": "-"}]
    done = run_import(tmp_path, lines_of(records), "--dry-run", status=1)
    assert done.stdout.startswith("would import ")
    assert counts(done) == {"imported": 1, "present": 1, "left_out": 0, "refused": 2}
    assert [user["username"] for user in exported(tmp_path)] == ["alice"]


def test_dry_run_sees_deleted_people(tmp_path):
    """Their ids are in use, their names are free."""
    known = {"id": str(uuid.uuid4()), "username": "alice"}
    run_import(tmp_path, lines_of([known]))
    words = ["user", "delete", "alice", "--database", database(tmp_path)]
    run_cli(*words, folder=tmp_path)
    content = lines_of([known, {"username": "alice"}])
    for flags in (["--dry-run"], []):
        done = run_import(tmp_path, content, *flags)
        assert counts(done) == {"imported": 1, "present": 1, "left_out": 0, "refused": 0}


def test_one_audit_event(start, login_as_admin, tmp_path):
    """For all of an import, with its counts; none for a dry run or for an empty file."""
    server = start(admin=True)
    admin = login_as_admin(server)
    records = [{"username": "alice"}, {"username": "bob"}, {"username": "-"}]
    content = lines_of(records)
    run_import(tmp_path, content, "--dry-run", to=server.database, status=1)
    run_import(tmp_path, "", to=server.database)
    run_import(tmp_path, content, to=server.database, status=1)
    run_import(tmp_path, lines_of(records[:2]), to=server.database)
    listing = admin.get("/v1/audit?event=users_imported").expect(200).json()["items"]
    assert [item["details"] for item in listing] == [
        {"created": 0, "present": 2, "refused": 0, "left_out": 0},
        {"created": 2, "present": 0, "refused": 1, "left_out": 0},
    ]
    assert listing[0]["actor"]["kind"] == "system"
    assert listing[0]["subject"] == {"id": None, "username": None}


def test_wrong_usage(tmp_path):
    run_import(tmp_path, "", "--format", "ldap", status=2)
    run_cli("import", "--database", database(tmp_path), folder=tmp_path, status=2)
    run_cli("import", "nowhere", "--database", database(tmp_path), folder=tmp_path, status=1)
    run_cli("import", tmp_path, "--database", database(tmp_path), folder=tmp_path, status=1)
    run_cli("export", "--format", "xml", "--database", database(tmp_path), folder=tmp_path, status=2)
    run_cli("export", "a", "b", "--database", database(tmp_path), folder=tmp_path, status=2)
    run_import(tmp_path, "username,shoe_size\nalice,40\n", name="a.csv", status=1)
    run_import(tmp_path, "", name="a.csv", status=1)
    done = run_import(tmp_path, "username\nalice,1\n\"x\n", name="a.csv", status=1)
    assert "line 2: There are not as many fields as columns." in done.stderr
    assert "line 3: A quoted field does not end." in done.stderr


def test_standard_input(tmp_path):
    words = ["import", "-", "--format", "csv", "--database", database(tmp_path)]
    done = run_cli(*words, folder=tmp_path, stdin="\ufeffusername,age\r\nalice,30\r\n")
    assert counts(done)["imported"] == 1
    assert exported(tmp_path)[0]["age"] == 30


# --- interruption ---------------------------------------------------------------------------------


def count_users(folder):
    return stores.peek(database(folder)).count_users()


def test_resume_after_kill(tmp_path):
    """SIGKILL in the middle: whole batches are there (of MongoDB, documents, the last of which it may
    be writing still), and the next run brings the rest."""
    total, first = 20_000, 17_000  # more than a batch of the command
    records = [
        {"username": f"user{i}", "email": f"u{i}@example.org", "password_hash": HASHES["scrypt"]}
        for i in range(total)
    ]
    words = [BINARY, "import", "-", "--database", database(tmp_path)]
    process = subprocess.Popen(
        words, cwd=tmp_path, env=environment_of(None), stdin=subprocess.PIPE, text=True
    )
    process.stdin.write(lines_of(records[:first]))
    process.stdin.flush()
    eventually(lambda: count_users(tmp_path) > 0, COMMAND_S, "nothing was imported")
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdin.close()
    there = count_users(tmp_path)
    assert 0 < there < total
    done = counts(run_import(tmp_path, lines_of(records)))
    if stores.kind() == "mongo":
        there = max(there, done["present"])
    else:
        assert there % 4096 == 0
    assert done == {"imported": total - there, "present": there, "left_out": 0, "refused": 0}
    assert count_users(tmp_path) == total


def test_beside_a_running_server(start, tmp_path):
    """Log-ins go on, and who was imported can log in at once."""
    server = start()
    person = Client(server).signup()
    total = 20_000 if stores.kind() == "sqlite" else 6_000
    records = [{"username": f"user{i}", "password_hash": HASHES["django"]} for i in range(total)]
    path = tmp_path / "people.ndjson"
    path.write_text(lines_of(records))
    words = [BINARY, "import", str(path), "--database", server.database]
    process = subprocess.Popen(
        words, cwd=tmp_path, env=environment_of(None), stdout=subprocess.PIPE, text=True
    )
    logins = 0
    while process.poll() is None:
        person.refresh()
        logins += 1
    assert process.wait() == 0
    assert counts(subprocess.CompletedProcess(words, 0, process.stdout.read()))["imported"] == total
    process.stdout.close()
    assert logins > 0
    Client(server).login(f"user{total - 1}", PASSWORD)


# --- export ---------------------------------------------------------------------------------------


def full_records():
    return [
        {
            "id": str(uuid.uuid4()),
            "username": f"user{i}",
            "email": None if i % 3 == 0 else f"User{i}@example.org",
            "name": [None, "", 'Say "hi", Å\u00df', "= 1+1"][i % 4],
            "age": None if i % 5 == 0 else i % 100,
            "roles": [[], ["user"], ["admin", "user"]][i % 3],
            "status": "disabled" if i % 7 == 0 else "active",
            "email_verified": i % 2 == 0,
            "metadata": {} if i % 2 else {"list": [1, "a,b\n"], "n": i},
            "created_at": f"2024-01-02T03:04:05.{i % 1000:03d}Z",
            "password_hash": None if i % 4 == 0 else HASHES["scrypt"],
        }
        for i in range(2500)
    ]


@pytest.mark.parametrize("form", ["ndjson", "csv"])
def test_round_trip(tmp_path, form):
    """import(export) is the same again, over several pages."""
    records = full_records()
    run_import(tmp_path, lines_of(records))
    assert exported(tmp_path, "--with-hashes") == records
    flags = ["--with-hashes", "--format", form]
    text = export(tmp_path, *flags)
    other = stores.database(tmp_path, "other")
    done = run_import(tmp_path, text, name=f"again.{form}", to=other)
    assert counts(done)["imported"] == len(records)
    assert export(tmp_path, *flags, of=other) == text


def test_export_hides_hashes(tmp_path):
    """P12: only who asks for hashes gets them, in a file of their own."""
    run_import(tmp_path, lines_of([{"username": "alice", "password_hash": HASHES["django"]}]))
    assert "password_hash" not in export(tmp_path)
    assert "pbkdf2" not in export(tmp_path, "--format", "csv")
    path = tmp_path / "all.ndjson"
    path.write_text("x" * 10_000)
    path.chmod(0o644)
    export(tmp_path, "--with-hashes", str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text())["password_hash"].startswith("$pbkdf2-sha256$1000$")


def test_export_cannot_write(tmp_path):
    run_import(tmp_path, lines_of([{"username": "alice"}]))
    words = ["export", str(tmp_path / "no" / "file"), "--database", database(tmp_path)]
    run_cli(*words, folder=tmp_path, status=1)
    mode = os.stat("/dev/full").st_mode
    run_cli("export", "/dev/full", "--database", database(tmp_path), folder=tmp_path, status=1)
    assert os.stat("/dev/full").st_mode == mode


def test_export_leaves_the_deleted_out(tmp_path):
    run_import(tmp_path, lines_of([{"username": "alice"}, {"username": "bob"}]))
    run_cli("user", "delete", "alice", "--database", database(tmp_path), folder=tmp_path)
    assert [user["username"] for user in exported(tmp_path)] == ["bob"]
