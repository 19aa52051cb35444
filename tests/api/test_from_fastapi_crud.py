"""docs/from/fastapi-crud.md: every command as printed, on a database as the template makes it."""

import ctypes
import json
import re
import sqlite3

import pytest

import stores
from client import Client
from process import ROOT, run_cli
from test_readme import blocks, run_all

GUIDE = (ROOT / "docs" / "from" / "fastapi-crud.md").read_text(encoding="utf-8")
PEOPLE = [
    (1, "hamed", "hamed@example.com"),
    (2, "Zoë O'Brien, \"Z\"", "zoe.obrien@example.com"),
    (3, "hamed", "hamed@example.org"),
]
PRODUCTS = [
    (1, "Laptop", "a \"fine\" one", 999.99),
    (2, "Pen", None, 1),
    (3, "Engine's part", "", 12.5),
]


@pytest.fixture
def moved(start, tmp_path):
    """A server of the dialect, and the template's database beside it."""
    with sqlite3.connect(tmp_path / "old.db") as old:
        old.execute(
            "CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR, email VARCHAR,"
            " password VARCHAR)"
        )
        old.execute(
            "CREATE TABLE products (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR,"
            " description VARCHAR, price FLOAT)"
        )
        hashed = bcrypt_of("1234")
        old.executemany("INSERT INTO users VALUES (?,?,?,?)", [(*row, hashed) for row in PEOPLE])
        old.executemany("INSERT INTO products VALUES (?,?,?,?)", PRODUCTS)
    server = start(folder=tmp_path, dialects=["fastapi-crud"])
    server.secrets.add(hashed)
    return server


def bcrypt_of(password):
    """As passlib's CryptContext(schemes=["bcrypt"]) makes it."""
    library = ctypes.CDLL("libcrypt.so.1")
    library.crypt.restype = ctypes.c_char_p
    return library.crypt(password.encode(), b"$2b$10$7EqJtq98hPqEX7fNZaFWoO").decode()


def block_with(text):
    [found] = [block for block in blocks(GUIDE) if text in block]
    return found


def logged_in(server, email):
    client = Client(server)
    form = {"username": email, "password": "1234"}
    client.token = client.post("/login", form=form).expect(200).json()["access_token"]
    return client


def test_users_and_products_come_over(moved):
    """The table as sqlite3 prints it, the passwords people have, then the products as JSON."""
    [said] = run_all(moved, [block_with("--dry-run")])
    assert "imported 3" in said
    shown = [logged_in(moved, email).get("/current-user").expect(200).json() for *_, email in PEOPLE]
    assert [(user["name"], user["email"]) for user in shown] == [row[1:] for row in PEOPLE]
    numbers = [user["id"] for user in shown]
    assert numbers == sorted(numbers)
    assert stores.peek(moved.database).password_hash("hamed").startswith("$argon2id$")
    [printed] = run_all(moved, [block_with("json_object")])
    assert [json.loads(line)["id"] for line in printed.splitlines()] == [1, 2, 3]
    listed = logged_in(moved, PEOPLE[0][2]).get("/product/").expect(200).json()
    assert [tuple(product.values()) for product in listed] == PRODUCTS


def test_again_is_nothing_new(moved):
    block = block_with("--dry-run")
    run_all(moved, [block])
    [said] = run_all(moved, [block])
    assert "imported 0" in said and "present 3" in said


def test_as_csv(moved):
    """The command after `psql`, which has no server here."""
    [line] = [line for line in block_with("psql").splitlines() if "-csv" in line]
    [said] = run_all(moved, [line])
    assert "imported 3" in said
    assert logged_in(moved, PEOPLE[1][2]).get("/current-user").json()["name"] == PEOPLE[1][1]


def test_as_psql_prints_it(moved):
    """row_to_json: one object a line."""
    rows = [
        json.dumps(dict(zip(("id", "name", "email", "password"), (*row, bcrypt_of("1234")))))
        for row in PEOPLE
    ]
    words = ("import", "-", "--database", moved.database)
    done = run_cli(*words, folder=moved.folder, stdin="\n".join(rows) + "\n")
    assert "imported 3" in done.stdout + done.stderr


def test_a_line_that_is_refused(moved):
    """Said with its number and reason; the others come over."""
    with sqlite3.connect(moved.folder / "old.db") as old:
        old.execute("UPDATE users SET email = 'no address' WHERE id = 2")
    dump = json.dumps(
        [dict(zip(("id", "name", "email", "password"), row)) for row in
         sqlite3.connect(moved.folder / "old.db").execute("SELECT * FROM users")]
    ).replace("}, ", "},\n")  # fmt: skip
    (moved.folder / "users.json").write_text(dump)
    words = ("import", "users.json", "--database", moved.database)
    done = run_cli(*words, folder=moved.folder, status=1)
    assert re.search(r"line 2: email: ", done.stderr)
    assert "imported 2" in done.stdout + done.stderr


def test_the_document_s_password(start):
    """The flow of the template's document with the settings that the guide names."""
    [command] = [block for block in blocks(GUIDE) if "MIN_LENGTH" in block]
    settings = dict(word.split("=") for word in command.split() if word.startswith("LATCHKEY_"))
    server = start(environment=settings, dialects=["fastapi-crud"])
    body = {"name": "hamed", "email": "hamed@example.com", "password": "1234"}
    Client(server).post("/users/", body).expect(201)
    logged_in(server, "hamed@example.com").get("/product/").expect(200)
