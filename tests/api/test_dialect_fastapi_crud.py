"""fastapi-crud: its document from top to bottom, then what it leaves open, and every refusal.

What all dialects have in common is in test_dialect_walk.py and test_access_matrix.py.
"""

import json
import subprocess

import jwt
import pytest

import stores
import tokens
from client import PASSWORD, Client, fresh_name
from dialects import (
    Mounted,
    expect_invalid,
    expect_refusal,
    expect_unauthorized,
    mounted_fixture,
    multipart,
)
from fixtures import ADMIN
from process import COMMAND_S, run_cli
from rates import RATED, until_limited

NAME = "fastapi-crud"
# "1234" is the document's password: met by configuration, never by an exception (DIALECTS).
OPTIONS = {"PASSWORD_MIN_LENGTH": 4, "PASSWORD_BLOCKLIST": "off"}
WRONG = "not the Password at all"

mounted = mounted_fixture(NAME)


def fields(reply):
    """The names of an object's members, in order."""
    return list(reply.json())


def register(client, name=None, email=None, password=PASSWORD):
    """Signs somebody up; the answer's record."""
    name = name or fresh_name("hamed")
    body = {"name": name, "email": email or f"{name}@example.com", "password": password}
    return client.post("/users/", body, token=False).expect(201).json()


def try_login(client, email, password=PASSWORD, **more):
    form = {"username": email, "password": password, **more}
    return client.post("/login", form=form, token=False)


def login(mounted, user, password=PASSWORD):
    """A client of the dialect in the name of somebody who was registered there."""
    grant = try_login(mounted.client(), user["email"], password).expect(200).json()
    client = mounted.client(grant["access_token"])
    client.user = user
    return client


@pytest.fixture
def person(mounted):
    """Somebody new, by the document's own way."""
    return login(mounted, register(mounted.client()))


# --- the document, from top to bottom -------------------------------------------------------------


def test_the_document(mounted):
    anybody = mounted.client()

    # "### 1. Register new user", "**POST** `/users/`", "Request body"
    body = {"name": "hamed", "email": "hamed@example.com", "password": "1234"}
    reply = anybody.post("/users/", body).expect(201)
    hamed = reply.json()
    assert fields(reply) == ["id", "name", "email"]
    assert hamed == {"id": hamed["id"], "name": "hamed", "email": "hamed@example.com"}
    assert type(hamed["id"]) is int

    # "### 2. Login", "**POST** `/login`": OAuth2 password flow, the e-mail as `username`
    form = {"grant_type": "password", "username": "hamed@example.com", "password": "1234"}
    reply = anybody.post("/login", form=form).expect(200)
    assert fields(reply) == ["access_token", "token_type"]
    assert reply.json()["token_type"] == "bearer"
    assert reply.headers["Cache-Control"] == "no-store"
    token = reply.json()["access_token"]
    assert token.count(".") == 2

    # "### 3. Call protected endpoint", "Authorization: Bearer <access_token>", the curl example
    command = 'curl -s -X GET "http://127.0.0.1:8000/product/"      -H "Authorization: Bearer <token>"'
    command = command.replace("http://127.0.0.1:8000", mounted.server.url + mounted.prefix)
    done = subprocess.run(
        ["sh", "-c", command.replace("<token>", token)],
        capture_output=True, text=True, timeout=COMMAND_S, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout) == []

    # "## Token Internals (JWT)": `user_id`, expiration time, issued_at, signature
    claims = tokens.claims(token)
    assert claims["user_id"] == hamed["id"] and type(claims["user_id"]) is int
    assert type(claims["exp"]) is int and type(claims["iat"]) is int
    assert claims["exp"] > claims["iat"]

    # "### Users", "**GET** `/users/` → list users"
    client = mounted.client(token)
    reply = client.get("/users/").expect(200)
    assert hamed in reply.json()
    assert all(list(user) == ["id", "name", "email"] for user in reply.json())
    # "**GET** `/users/{id}` → get user"
    assert client.get(f"/users/{hamed['id']}").expect(200).json() == hamed

    # "### Auth", "**GET** `/current-user` → get authenticated user"
    assert client.get("/current-user").expect(200).json() == hamed

    # "### Products (Protected)", "**POST** `/product/`": "Create new product"
    body = {"name": "Laptop", "description": "A fine one", "price": 999.99}
    reply = client.post("/product/", body).expect(201)
    laptop = reply.json()
    assert fields(reply) == ["id", "name", "description", "price"]
    assert laptop == {"id": laptop["id"], **body} and type(laptop["id"]) is int
    # "**GET** `/product/`": "List all products"
    assert client.get("/product/").expect(200).json() == [laptop]
    # "**GET** `/product/{id}`": "Get single product"
    assert client.get(f"/product/{laptop['id']}").expect(200).json() == laptop

    # "All product routes are **protected** and require authentication."
    for method, path in (("GET", "/product/"), ("GET", "/product/1"), ("POST", "/product/")):
        expect_unauthorized(anybody.request(method, path), "Not authenticated")
    # "never stored as plain text"
    assert stores.peek(mounted.server.database).password_hash("hamed").startswith("$argon2")


def test_example_password_is_refused_without_settings(start):
    """The lax rule is the operator's choice alone."""
    body = {"name": "hamed", "email": "hamed@example.com", "password": "1234"}
    strict = Client(start(dialects=[NAME]))
    reply = expect_invalid(strict.post("/users/", body), "body.password", "string_too_short")
    assert "fewer than 8" in reply.json()["detail"][0]["msg"]
    half = Client(start(dialects=[NAME], options={"PASSWORD_MIN_LENGTH": 4}))
    reply = half.post("/users/", body | {"password": "hamed"})
    expect_invalid(reply, "body.password")
    assert "name" in reply.json()["detail"][0]["msg"]
    blocklist_off = Client(start(dialects=[NAME], options={"PASSWORD_BLOCKLIST": "off"}))
    expect_invalid(blocklist_off.post("/users/", body), "body.password", "string_too_short")


# --- sign-up --------------------------------------------------------------------------------------


def test_email_is_taken(mounted):
    """Issue 5: 409 with a sentence, whatever the case."""
    client = mounted.client()
    user = register(client)
    for email in (user["email"], user["email"].upper()):
        reply = client.post("/users/", {"name": "x", "email": email, "password": PASSWORD})
        expect_refusal(reply, 409, "Email already registered")


@pytest.mark.parametrize("email", ["no address", "a@", "@b.example", "a@b@c.example", "a b@c.example"])
def test_bad_emails(mounted, email):
    body = {"name": "x", "email": email, "password": PASSWORD}
    expect_invalid(mounted.client().post("/users/", body), "body.email")


def test_username_is_made_from_the_email(mounted):
    """The first free name of its kind; people may log in with it too."""
    client, native = mounted.client(), mounted.admin()
    stem = fresh_name("same")
    made = [
        client.post("/users/", {"name": "n", "email": f"{stem}@{domain}", "password": PASSWORD})
        .expect(201)
        .json()
        for domain in ("a.example", "b.example", "c.example")
    ]
    names = [
        mounted.native(native.token).get(f"/v1/users/{user['id']}").expect(200).json()["username"]
        for user in made
    ]
    assert names == [stem, f"{stem}-2", f"{stem}-3"]
    try_login(client, names[1]).expect(200)


@pytest.mark.parametrize("local", ["a", "1st", "o'brien+x", "x" * 64])
def test_local_parts_that_are_no_usernames(mounted, local):
    email = f"{local}@{fresh_name('host')}.example"
    body = {"name": "n", "email": email, "password": PASSWORD}
    user = mounted.client().post("/users/", body).expect(201).json()
    login(mounted, user).get("/current-user").expect(200)


@pytest.mark.parametrize("name", ["Hamed Nahvi", "حامد نهوی", "O'Brien \"x\"", "x" * 200])
def test_names_come_back_as_given(mounted, name):
    user = register(mounted.client(), email=f"{fresh_name()}@example.com", name=name)
    assert user["name"] == name
    assert login(mounted, user).get("/current-user").expect(200).json()["name"] == name


@pytest.mark.parametrize("name", ["", "x" * 201, "line\nbreak", "nul\u0085"])
def test_bad_names(mounted, name):
    body = {"name": name, "email": f"{fresh_name()}@example.com", "password": PASSWORD}
    expect_invalid(mounted.client().post("/users/", body), "body.name")


def test_bad_passwords(mounted):
    """P01, P05, P09: the rules in force, which are the native ones."""
    client = mounted.client()
    for password in ("abc", "x" * 1025, "with\u0000nul"):
        body = {"name": "n", "email": f"{fresh_name()}@example.com", "password": password}
        client.post("/users/", body).expect(422)


def test_closed_signup(start):
    client = Client(start(options={"SIGNUP": "closed"}, dialects=[NAME]))
    body = {"name": "n", "email": "n@example.com", "password": PASSWORD}
    expect_refusal(client.post("/users/", body), 403)


def test_rate_limit_of_signup(start):
    client = Client(start(options=RATED, dialects=[NAME]))
    reply, _ = until_limited(lambda: client.post("/users/", {"name": "x"}))
    expect_refusal(reply, 429)
    assert int(reply.headers["Retry-After"]) >= 1


# --- log-in ---------------------------------------------------------------------------------------


def test_login_by_any_case(mounted):
    user = register(mounted.client())
    try_login(mounted.client(), user["email"].upper()).expect(200)


def test_login_by_form_data(mounted):
    """A browser's `new FormData()`, as the template's OAuth2 form takes it."""
    client = mounted.client()
    user = register(client)
    good = [("username", user["email"]), ("password", PASSWORD)]
    token = client.post("/login", **multipart(good)).expect(200).json()["access_token"]
    client.get("/current-user", token=token).expect(200)
    reply = client.post("/login", **multipart([*good, ("remember", "yes")]))
    assert reply.status == 200
    expect_invalid(client.post("/login", **multipart(good[:1])), "body.password", "missing")
    expect_unauthorized(client.post("/login", **multipart([good[0], ("password", WRONG)])))
    expect_refusal(client.post("/login", **multipart([*good, good[0]])), 400)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x",
        b"--y\r\n\r\n",
        b'--x\r\nContent-Disposition: form-data; name="username"; filename="a"\r\n\r\nv\r\n--x--\r\n',
        b'--x\r\nContent-Disposition: form-data; name="username"\r\n\r\nv\r\n',
        b'--x\r\nContent-Disposition: form-data; name="username"\r\n\r\nv\r\n--x--\r\nmore',
        b"--x\r\n\r\nno disposition\r\n--x--\r\n",
    ],
)
def test_malformed_form_data(mounted, body):
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    reply = mounted.client().post("/login", body=body, headers=headers)
    assert reply.status in (400, 422), reply.body


def test_wrong_logins(mounted):
    client = mounted.client()
    user = register(client)
    for email, password in (
        (user["email"], WRONG),
        (user["email"], PASSWORD + " "),
        ("nobody@example.com", PASSWORD),
        (user["name"] + "@elsewhere.example", PASSWORD),
        (str(user["id"]), PASSWORD),
    ):
        expect_unauthorized(try_login(client, email, password), "Incorrect username or password")


def test_grant_type(mounted):
    user = register(mounted.client())
    more = {"grant_type": "client_credentials"}
    reply = try_login(mounted.client(), user["email"], **more)
    expect_invalid(reply, "body.grant_type", "enum")


def test_json_is_no_login(mounted):
    """The document's log-in is OAuth2's form."""
    body = {"username": "hamed@example.com", "password": PASSWORD}
    expect_refusal(mounted.client().post("/login", body), 415)


def test_lock(start):
    """E04, E06: by e-mail or by username it is one account; locked here is locked natively."""
    server = start(options={"LOGIN_LOCK_AFTER": 3}, dialects=[NAME])
    client = Client(server)
    user = register(client)
    for _ in range(2):
        try_login(client, user["email"], WRONG).expect(401)
    try_login(client, user["email"].split("@")[0], WRONG).expect(401)
    reply = expect_refusal(try_login(client, user["email"]), 429)
    assert int(reply.headers["Retry-After"]) >= 1
    Client(server).try_login(user["email"]).expect(429)


# --- users ----------------------------------------------------------------------------------------


def test_people_of_the_native_api(mounted, person):
    """One without a name shows the username, one without an e-mail null."""
    native = mounted.native().signup(fresh_name("plain"))
    admin = mounted.native(mounted.admin().token)
    bare = {"username": fresh_name("bare"), "password": PASSWORD}
    made = admin.post("/v1/users", bare).expect(201).json()
    shown = person.get(f"/users/{native.user['number']}").expect(200).json()
    assert shown == {
        "id": native.user["number"],
        "name": native.user["username"],
        "email": native.user["email"],
    }
    shown = person.get(f"/users/{made['number']}").expect(200).json()
    assert shown == {"id": made["number"], "name": bare["username"], "email": None}


def test_deleted_people_are_gone(mounted, person):
    user = register(mounted.client())
    admin = mounted.native(mounted.admin().token)
    admin.delete(f"/v1/users/{user['id']}").expect(204)
    expect_refusal(person.get(f"/users/{user['id']}"), 404, "Not Found")
    assert user not in person.get("/users/").json()


def test_list_of_users(mounted, person):
    """Bare array in the order of ids; skip and limit walk it."""
    for _ in range(3):
        register(mounted.client())
    reply = person.get("/users/").expect(200)
    everyone = reply.json()
    assert isinstance(everyone, list)
    assert [user["id"] for user in everyone] == sorted(user["id"] for user in everyone)
    assert reply.headers["X-Total-Count"] == str(len(everyone))
    page = person.get("/users/?skip=1&limit=2").expect(200)
    assert page.json() == everyone[1:3]
    assert page.headers["X-Total-Count"] == str(len(everyone))
    assert person.get(f"/users/?skip={len(everyone)}").expect(200).json() == []


def test_many_users(start):
    """10,000 rows at most; X-Total-Count tells of the others, skip goes on."""
    server = start(admin=True, dialects=[NAME])
    words = ("dev", "seed", "--users", "10300", "--database", server.database)
    run_cli(*words, folder=server.folder)
    mounted = Mounted(server, NAME, "")
    admin = mounted.admin()
    reply = admin.get("/users/").expect(200)
    first, total = reply.json(), int(reply.headers["X-Total-Count"])
    assert total > 10_000 and len(first) == 10_000
    rest = admin.get("/users/?skip=10000").expect(200).json()
    ids = [user["id"] for user in first + rest]
    assert len(ids) == total and ids == sorted(set(ids))
    assert ADMIN in (user["name"] for user in first)
    across = admin.get("/users/?skip=950&limit=1100").expect(200).json()
    assert across == first[950:2050]
    expect_invalid(admin.get("/users/?limit=10001"), "query.limit", "less_than_equal")


# --- products -------------------------------------------------------------------------------------


def made(client, **body):
    return client.post("/product/", {"name": "x", **body})


@pytest.mark.parametrize(
    "price, shown",
    [
        ("12", b"12"), ("12.5", b"12.5"), ("0", b"0"), ("0.0001", b"0.0001"), ("12.50", b"12.5"),
        ('"12.50"', b"12.50"), ('"123456789012.3456"', b"123456789012.3456"), ("1e2", b"100"),
        ("99999999999.9999", b"99999999999.9999"), ("999999999999", b"999999999999"),
        ("0.1", b"0.1"), ("1.10", b"1.1"), ("4.35", b"4.35"), ("2.50000000000000000", b"2.5"),
    ],
)  # fmt: skip
def test_exact_prices(person, price, shown):
    """A JSON number in and out, digit by digit; texts may have more digits."""
    body = b'{"name":"x","price":' + price.encode() + b"}"
    reply = person.post("/product/", body=body, headers={"Content-Type": "application/json"})
    assert reply.expect(201).body.endswith(b',"price":' + shown + b"}")
    again = person.get(f"/product/{reply.json()['id']}").expect(200)
    assert again.body == reply.body


@pytest.mark.parametrize(
    "price, told",
    [
        ("123456789012.3456", "15 digits"), ("0.1234567890123456", "15 digits"),
        ("12.50000000000000001", "15 digits"), ("0.10000000000000000555", "15 digits"),
        ("0.00001", "at most 4"), ("-1", "12 digits"), ("1000000000000", "12 digits"),
        ("1e13", "12 digits"), ("1e300", "12 digits"), ('"1e2"', "12 digits"), ('"x"', "12 digits"),
        ('""', "12 digits"), ('" 1"', "12 digits"), ('"0x1"', "12 digits"), ("true", "valid number"),
        ("[1]", "valid number"), ('{"$gt":0}', "valid number"), ("null", "valid number"),
    ],
)  # fmt: skip
def test_bad_prices(person, price, told):
    """J10: exact, or refused with the reason."""
    body = b'{"name":"x","price":' + price.encode() + b"}"
    reply = person.post("/product/", body=body, headers={"Content-Type": "application/json"})
    expect_invalid(reply, "body.price")
    assert told in reply.json()["detail"][0]["msg"]


def test_the_name_of_the_price_hides_no_digits(person):
    """J10: written with an escape it is the same member."""
    body = b'{"name":"x","pri\\u0063e":0.10000000000000000001}'
    reply = person.post("/product/", body=body, headers={"Content-Type": "application/json"})
    expect_invalid(reply, "body.price")


def test_numbers_no_double_holds(person):
    for price in (b"1e400", b"9223372036854775808", b"NaN", b"Infinity", b"01", b"1."):
        body = b'{"name":"x","price":' + price + b"}"
        reply = person.post("/product/", body=body, headers={"Content-Type": "application/json"})
        expect_invalid(reply, "body", "json_invalid")


def test_description_may_be_missing(person):
    for body in ({"price": 1}, {"price": 1, "description": None}):
        product = made(person, **body).expect(201).json()
        assert product["description"] is None
        assert person.get(f"/product/{product['id']}").json() == product
    assert made(person, price=1, description="").expect(201).json()["description"] == ""


def test_bad_products(person):
    expect_invalid(person.post("/product/", {"price": 1}), "body.name", "missing")
    expect_invalid(person.post("/product/", {"name": "x"}), "body.price", "missing")
    expect_invalid(made(person, name="", price=1), "body.name", "string_too_short")
    expect_invalid(made(person, name="x" * 201, price=1), "body.name", "string_too_long")
    expect_invalid(made(person, name="a\nb", price=1), "body.name")
    long = made(person, price=1, description="x" * 10_001)
    expect_invalid(long, "body.description", "string_too_long")


def test_products_are_the_native_ones(mounted, person):
    """One product over both ways in, and its owner is who made it."""
    here = made(person, price=12.5, description="d").expect(201).json()
    native = mounted.native(person.token)
    there = native.get(f"/v1/products/{here['id']}").expect(200).json()
    assert (there["number"], there["price"], there["name"]) == (here["id"], "12.5", "x")
    me = native.get("/v1/users/me").expect(200).json()
    assert there["owner_id"] == me["id"]
    exact = {"name": "exact", "price": "123456789012.3456"}
    other = native.post("/v1/products", exact).expect(201).json()
    reply = person.get(f"/product/{other['number']}").expect(200)
    assert b'"price":123456789012.3456' in reply.body
    native.delete(f"/v1/products/{here['id']}").expect(204)
    expect_refusal(person.get(f"/product/{here['id']}"), 404, "Not Found")


def test_list_of_products(mounted, person):
    mine = [made(person, name=f"p{n}", price=n).expect(201).json() for n in range(4)]
    reply = person.get("/product/").expect(200)
    everything = reply.json()
    assert everything[-4:] == mine
    assert [product["id"] for product in everything] == sorted(p["id"] for p in everything)
    assert reply.headers["X-Total-Count"] == str(len(everything))
    skip = len(everything) - 3
    assert person.get(f"/product/?skip={skip}&limit=2").expect(200).json() == mine[1:3]
    for query, where in (
        ("skip=-1", "query.skip"), ("limit=0", "query.limit"), ("limit=10001", "query.limit"),
        ("skip=x", "query.skip"), ("limit=", "query.limit"),
    ):  # fmt: skip
        expect_invalid(person.get(f"/product/?{query}"), where)


def test_without_the_permission(mounted):
    """403 for who holds no role; what one owns, one may read; others' is as if it were not there."""
    person = login(mounted, register(mounted.client()))
    own = made(person, price=1).expect(201).json()
    foreign = made(login(mounted, register(mounted.client())), price=1).expect(201).json()
    admin = mounted.native(mounted.admin().token)
    admin.put(f"/v1/users/{person.user['id']}/roles", {"roles": []}).expect(200)
    expect_refusal(made(person, price=1), 403)
    expect_refusal(person.get("/product/"), 403)
    assert person.get(f"/product/{own['id']}").expect(200).json() == own
    answers = {
        expect_refusal(person.get(f"/product/{key}"), 403).body for key in (foreign["id"], 999_999)
    }
    assert len(answers) == 1
    person.get("/current-user").expect(200)
    person.get("/users/").expect(200)


def test_long_descriptions_end_a_list_early(start):
    """A list never becomes an answer that cannot be sent: X-Total-Count tells, skip goes on."""
    mounted = Mounted(start(admin=True, dialects=[NAME]), NAME, "")
    person = login(mounted, register(mounted.client()))
    long, count = "é" * 10_000, 230
    ids = [made(person, price=1, description=long).expect(201).json()["id"] for _ in range(count)]
    walked, calls = [], 0
    while True:
        reply = person.get(f"/product/?skip={len(walked)}").expect(200)
        assert reply.headers["X-Total-Count"] == str(count)
        if not reply.json():
            break
        walked += [product["id"] for product in reply.json()]
        calls += 1
    assert walked == ids
    assert calls == 2


# --- interplay ------------------------------------------------------------------------------------


def test_one_person_one_session(mounted, person):
    """Issue 5: the same person natively, and a log-out there ends it here."""
    native = mounted.native(person.token)
    me = native.get("/v1/users/me").expect(200).json()
    assert (me["number"], me["email"]) == (person.user["id"], person.user["email"])
    assert me["roles"] == ["user"]
    mounted.native().login(person.user["email"])
    native.post("/v1/auth/logout").expect(204)
    expect_unauthorized(person.get("/current-user"), "Could not validate credentials")


def test_user_id_is_of_this_dialect_only(mounted, person):
    """Tokens of other ways in have no `user_id`, and are as good here."""
    native = mounted.native().login(person.user["email"])
    assert "user_id" not in tokens.claims(native.token)
    shown = person.get("/current-user", token=native.token).expect(200).json()
    assert shown == person.user


def test_user_id_in_a_shared_secret(start):
    """A service that decodes the token itself finds the same claims."""
    secret = "Tq7-vN2xW9rLk4mB8sZ1pD6fH3jC5gYa"
    server = start(environment={"SECRET_KEY": secret}, dialects=[NAME])
    server.secrets.add(secret)
    client = Client(server)
    user = register(client)
    token = try_login(client, user["email"]).expect(200).json()["access_token"]
    assert jwt.decode(token, secret, algorithms=["HS256"])["user_id"] == user["id"]
