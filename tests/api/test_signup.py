"""POST /v1/auth/signup: who may come, under which name, with which password."""

import re
import unicodedata

import pytest

from client import PASSWORD, Client, fresh_name

PATH = "/v1/auth/signup"
UUID7 = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")


def form_of(username=None, **more):
    username = fresh_name() if username is None else username
    return {"username": username, "password": PASSWORD, **more}


def test_answers_user_and_tokens(anyone):
    name = fresh_name("Ada")
    body = form_of(
        name, email=f"{name}@Example.com", name="Ada Löve 🎈", age=36, metadata={"a": [1, None]}
    )
    grant = anyone.post(PATH, body).expect(201).json()
    assert grant["token_type"] == "bearer"
    assert grant["expires_in"] == 30 * 60
    assert set(grant) == {"access_token", "token_type", "expires_in", "refresh_token", "user"}
    user = grant["user"]
    assert UUID7.match(user["id"])
    assert user["number"] >= 1
    assert user["username"] == name
    assert user["email"].lower() == f"{name}@example.com".lower()
    assert (user["name"], user["age"], user["metadata"]) == ("Ada Löve 🎈", 36, {"a": [1, None]})
    assert (user["roles"], user["status"], user["email_verified"]) == (["user"], "active", False)
    assert user["deleted_at"] is None if "deleted_at" in user else True
    assert user["created_at"] == user["updated_at"]
    assert anyone.me(token=grant["access_token"]).expect(200).json()["id"] == user["id"]


def test_smallest(anyone):
    user = anyone.post(PATH, form_of()).expect(201).json()["user"]
    assert (user["email"], user["name"], user["age"], user["metadata"]) == (None, None, None, {})


def test_numbers_count_up(anyone):
    first = anyone.post(PATH, form_of()).expect(201).json()["user"]["number"]
    assert anyone.post(PATH, form_of()).expect(201).json()["user"]["number"] > first


@pytest.mark.parametrize("spelling", [str.lower, str.upper, str.title])
def test_taken_username_in_any_case(anyone, shared_person, spelling):
    """J08: one account per name."""
    taken = spelling(shared_person.user["username"])
    anyone.post(PATH, form_of(taken)).expect(409, "username_taken")


def test_taken_email_in_any_case(anyone, shared_person):
    email = shared_person.user["email"].upper()
    anyone.post(PATH, form_of(email=email)).expect(409, "email_taken")


@pytest.mark.parametrize(
    "username",
    [
        "ab",
        "a" * 65,
        "1abc",
        ".abc",
        "-abc",
        "a b c",
        " abc",
        "abc ",
        "a/b",
        "a%2Fb",
        "a?b",
        "a#b",
        "a\u0430dmin",
        "\u0430dmin",
        "ᴮᴵᴳᴮᴵᴿᴰ",
        "ﬀabc",
        "İstanbul",
        "straße",
        "caf\u00e9s",
        "cafe\u0301s",
        "ab\u200bcd",
        "ab\u202ecd",
        "ab\ncd",
        "a@example.com",
        "a0c0ffee-0000-4000-8000-000000000000",
        "",
    ],
)
def test_refused_usernames(anyone, username):
    """J08, J12, X04: what looks like another name, or cannot stand in a path, is refused."""
    reply = anyone.post(PATH, form_of(username)).expect(422, "invalid")
    assert reply.faults()[0][0] == "body.username"


@pytest.mark.parametrize("username", ["abc", "a" * 64, "A.b_c-9", "z.."])
def test_accepted_usernames(anyone, username):
    user = anyone.post(PATH, form_of(username)).expect(201).json()["user"]
    assert user["username"] == username
    assert anyone.try_login(username.upper()).expect(200).json()["user"]["id"] == user["id"]


@pytest.mark.parametrize(
    "email",
    ["a", "a@", "@b.example", "a@b", "a@@b.example", "a b@c.example", "a@b.example\n",
     "ä@b.example", "a@b..example", "a@-b.example", "a" * 300 + "@b.example", ""],
)  # fmt: skip
def test_refused_emails(anyone, email):
    reply = anyone.post(PATH, form_of(email=email)).expect(422, "invalid")
    assert reply.faults()[0][0] == "body.email"


@pytest.mark.parametrize(
    "member, value, code",
    [
        ("age", -1, "too_small"),
        ("age", 151, "too_large"),
        ("age", "36", "wrong_type"),
        ("age", 36.5, "wrong_type"),
        ("age", True, "wrong_type"),
        ("name", 7, "wrong_type"),
        ("name", "x" * 201, "too_long"),
        ("metadata", [], "wrong_type"),
        ("metadata", "{}", "wrong_type"),
        ("metadata", {"k": "v" * 9000}, "too_long"),
        ("password", None, None),
        ("username", None, None),
        ("username", ["a"], "wrong_type"),
        ("username", {"$ne": None}, "wrong_type"),
        ("username", True, "wrong_type"),
    ],
)
def test_refused_values(anyone, member, value, code):
    """J05: no operator object, list or number passes for a text."""
    reply = anyone.post(PATH, form_of() | {member: value}).expect(422, "invalid")
    loc, found = reply.faults()[0]
    assert loc == f"body.{member}"
    assert code is None or found == code


@pytest.mark.parametrize("member", ["username", "password"])
def test_missing_members(anyone, member):
    body = form_of()
    del body[member]
    assert (f"body.{member}", "missing") in anyone.post(PATH, body).expect(422).faults()


@pytest.mark.parametrize(
    "member, value",
    [
        ("role", "admin"),
        ("roles", ["admin"]),
        ("Roles", ["admin"]),
        ("is_admin", True),
        ("permissions", ["*"]),
        ("email_verified", True),
        ("verified", True),
        ("status", "active"),
        ("id", "00000000-0000-7000-8000-000000000000"),
        ("number", 1),
        ("password_hash", "x"),
        ("created_at", "2020-01-01T00:00:00.000Z"),
        ("epoch", 9),
    ],
)
def test_no_mass_assignment(anyone, admin, member, value):
    """A03, A04: members that are not for the client are refused by name, and nobody is made."""
    body = form_of() | {member: value}
    reply = anyone.post(PATH, body).expect(422, "invalid")
    assert (f"body.{member}", "unknown_field") in reply.faults()
    admin.get(f"/v1/users/{body['username']}").expect(404)


# --- passwords ------------------------------------------------------------------------------------


@pytest.mark.parametrize("password", ["Qx7 wpZ", "🎈🎃🎄🎅🎆🎇🎉"])
def test_too_short(anyone, password):
    """P01: seven code points, whatever their bytes."""
    reply = anyone.post(PATH, form_of(password=password) | {"password": password}).expect(422)
    assert ("body.password", "too_short") in reply.faults()


@pytest.mark.parametrize(
    "password",
    [
        "🎈🎃🎄🎅🎆🎇🎉🎊",
        "only lower case words here and nothing else but length to make it good " * 1,
        "x" * 63 + "é",
        "long pass phrase " * 8,
        "  spaces around it  ",
    ],
)
def test_any_characters_byte_exact(anyone, password):
    """P01, P02, P06: no rules of composition, nothing trimmed, folded or cut."""
    name = fresh_name()
    anyone.post(PATH, form_of(name) | {"password": password}).expect(201)
    anyone.try_login(name, password).expect(200)
    anyone.try_login(name, password[:-1]).expect(401, "invalid_credentials")


@pytest.mark.parametrize(
    "password",
    ["password1", "PASSWORD1", "iloveyou", "12345678", "latchkey", "LatchKey", "qwertyui"],
)
def test_common_passwords(anyone, server, password):
    """P08: what everyone tries first is refused, with the reason."""
    server.public.add(password)
    reply = anyone.post(PATH, form_of() | {"password": password}).expect(422)
    assert ("body.password", "common_password") in reply.faults()


def test_own_name_as_password(anyone, server):
    """P08: context words."""
    name = fresh_name("somebodylong")
    for password in (name, f"{name}@example.com"):
        server.public.add(password)
        body = {"username": name, "email": f"{name}@example.com", "password": password}
        reply = anyone.post(PATH, body).expect(422)
        assert reply.faults()[0][0] == "body.password"


def test_nul_in_password(anyone, admin):
    """P05: refused when it is set."""
    name = fresh_name()
    reply = anyone.post(PATH, form_of(name) | {"password": "before-the\u0000after"})
    assert reply.status in (400, 422)
    admin.get(f"/v1/users/{name}").expect(404)


@pytest.mark.parametrize("size, statuses", [(1025, (422,)), (60_000, (422,)), (70_000, (413,))])
def test_huge_password(anyone, size, statuses):
    """P09: refused without hashing."""
    reply = anyone.post(PATH, form_of() | {"password": "x" * size})
    assert reply.status in statuses, reply.status


def test_longest_password(anyone):
    """P02: 1,024 bytes, none of them cut."""
    name = fresh_name()
    password = "k7-" + "é" * 510 + "z"
    anyone.post(PATH, form_of(name) | {"password": password}).expect(201)
    anyone.try_login(name, password).expect(200)
    anyone.try_login(name, password[:-1] + "y").expect(401)


def test_tails_count(anyone):
    """P03: passwords equal in their first 72 bytes are different ones."""
    name = fresh_name()
    anyone.post(PATH, form_of(name) | {"password": "a7" * 40 + "first"}).expect(201)
    anyone.try_login(name, "a7" * 40 + "secnd").expect(401)


@pytest.mark.parametrize("form, other", [("NFC", "NFD"), ("NFD", "NFC")])
def test_the_form_of_a_password_counts(anyone, form, other):
    """P07: what looks the same is another password (security.md), on every store."""
    name, typed = fresh_name(), "caf\u00e9 \u00c5ngstr\u00f6m"
    password = unicodedata.normalize(form, typed)
    anyone.post(PATH, form_of(name) | {"password": password}).expect(201)
    anyone.try_login(name, password).expect(200)
    anyone.try_login(name, unicodedata.normalize(other, typed)).expect(401, "invalid_credentials")


# --- settings -------------------------------------------------------------------------------------


def test_closed(start):
    server = start(options={"SIGNUP": "closed"})
    Client(server).post(PATH, form_of()).expect(403, "signup_closed")


def test_bcrypt(start):
    """P03, P04: bcrypt takes 72 bytes and says so; the limit counts bytes."""
    client = Client(start(options={"PASSWORD_HASH": "bcrypt"}))
    name = fresh_name()
    fits = "🎈" * 17 + "abcd"
    client.post(PATH, form_of(name) | {"password": fits}).expect(201)
    client.try_login(name, fits).expect(200)
    client.try_login(name, "🎈" * 17 + "abce").expect(401)
    client.try_login(name, fits + "x").expect(401)
    reply = client.post(PATH, form_of() | {"password": "🎈" * 18 + "x"}).expect(422)
    assert ("body.password", "too_long") in reply.faults()


def test_lax_rules_by_option(start):
    """A template's short passwords are a matter of configuration."""
    options = {"PASSWORD_MIN_LENGTH": 4, "PASSWORD_BLOCKLIST": "off"}
    client = Client(start(options=options))
    client.post(PATH, form_of() | {"password": "1234"}).expect(201)
    client.post(PATH, form_of() | {"password": "123"}).expect(422)


def test_sets_no_cookie_unless_asked(anyone):
    """X02."""
    assert anyone.post(PATH, form_of()).expect(201).headers.get("Set-Cookie") is None


def test_is_no_store(anyone):
    """R13."""
    assert "no-store" in anyone.post(PATH, form_of()).expect(201).headers["Cache-Control"]


@pytest.mark.concurrency
def test_one_name_many_takers(server):
    """The database decides: of many at once exactly one gets the name."""
    from parallel import together

    name = fresh_name("race")

    def take(_):
        client = Client(server)
        status = client.post(PATH, form_of(name)).status
        client.close()
        return status

    server.unavailable_expected = True
    statuses = together(8, take)
    server.unavailable_expected = False
    assert statuses.count(201) == 1, statuses
    assert set(statuses) <= {201, 409, 503}
