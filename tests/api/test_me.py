"""GET and PATCH /v1/users/me: one's own record."""

import pytest

from client import Client, fresh_name

PATH = "/v1/users/me"
HIDDEN = ("password", "hash", "salt", "epoch", "version", "secret")


def test_read(person):
    """P12: the record, and nothing of what is kept beside it."""
    user = person.me().expect(200).json()
    assert user == person.user | {"last_login_at": user["last_login_at"]}
    for member in user:
        assert not any(word in member for word in HIDDEN), member


def test_change_own_fields(person):
    change = {"name": 'Grace "Amazing" Höpper', "age": 42, "metadata": {"tags": ["a", {"b": 1.5}]}}
    user = person.patch(PATH, change).expect(200).json()
    assert {key: user[key] for key in change} == change
    assert user["updated_at"] >= user["created_at"]
    assert person.me().expect(200).json() == user


def test_clear_own_fields(person):
    person.patch(PATH, {"name": "x", "age": 3, "metadata": {"a": 1}}).expect(200)
    user = person.patch(PATH, {"name": None, "age": None, "email": None}).expect(200).json()
    assert (user["name"], user["age"], user["email"]) == (None, None, None)
    assert user["metadata"] == {"a": 1}


def test_empty_change(person):
    before = person.me().expect(200).json()
    reply = person.patch(PATH, {})
    assert reply.status in (200, 422)
    after = person.me().expect(200).json()
    assert after == before | {"updated_at": after["updated_at"]}


def test_new_name_and_email(server, person):
    old = person.user["username"]
    new = fresh_name("renamed")
    user = person.patch(PATH, {"username": new, "email": f"{new}@example.org"}).expect(200).json()
    assert (user["username"], user["email"]) == (new, f"{new}@example.org")
    assert user["id"] == person.user["id"]
    anyone = Client(server)
    anyone.try_login(old).expect(401)
    anyone.try_login(new).expect(200)
    anyone.signup(old)


def test_own_name_in_other_case(person):
    new = person.user["username"].upper()
    assert person.patch(PATH, {"username": new}).expect(200).json()["username"] == new


def test_new_email_is_not_verified(person, admin):
    path = f"/v1/users/{person.user['id']}"
    admin.patch(path, {"email_verified": True}).expect(200)
    assert person.me().expect(200).json()["email_verified"] is True
    user = person.patch(PATH, {"email": f"{fresh_name('new')}@example.org"}).expect(200).json()
    assert user["email_verified"] is False


def test_taken(person, shared_person):
    person.patch(PATH, {"username": shared_person.user["username"].upper()}).expect(
        409, "username_taken"
    )
    person.patch(PATH, {"email": shared_person.user["email"].upper()}).expect(409, "email_taken")


@pytest.mark.parametrize(
    "change",
    [
        {"roles": ["admin"]},
        {"role": "admin"},
        {"Roles": ["admin"]},
        {"ROLES": ["admin"]},
        {"roles": None},
        {"roles": {"$push": "admin"}},
        {"roles.0": "admin"},
        {"status": "active"},
        {"status": None},
        {"is_admin": True},
        {"permissions": ["*"]},
        {"email_verified": True},
        {"id": "018f0000-0000-7000-8000-000000000000"},
        {"number": 1},
        {"password": "gravel Teapot 19 sail"},
        {"password_hash": "x"},
        {"created_at": "2020-01-01T00:00:00.000Z"},
        {"last_login_at": None},
        {"deleted_at": None},
        {"user": {"roles": ["admin"]}},
        {"name": "fine", "roles": ["admin"]},
    ],
)
def test_what_is_not_ones_own(person, change):
    """A03, A04: refused, and nothing of the change is kept."""
    before = person.me().expect(200).json()
    reply = person.patch(PATH, change)
    assert reply.status in (403, 422), reply.status
    assert person.me().expect(200).json() == before


@pytest.mark.parametrize(
    "change, member",
    [
        ({"username": "no"}, "username"),
        ({"username": None}, "username"),
        ({"email": "no"}, "email"),
        ({"age": 151}, "age"),
        ({"age": 1e400}, None),
        ({"age": 2**63}, None),
        ({"age": 1.0}, "age"),
        ({"age": "7"}, "age"),
        ({"metadata": []}, "metadata"),
        ({"metadata": None}, None),
        ({"name": "x" * 201}, "name"),
    ],
)
def test_invalid(person, change, member):
    """J10 with it: numbers are exact or refused."""
    before = person.me().expect(200).json()
    reply = person.patch(PATH, change)
    if reply.status == 200:
        assert change == {"metadata": None}, change
        return
    assert reply.status in (400, 422), reply.status
    if member is not None and reply.status == 422:
        assert reply.faults()[0][0] == f"body.{member}"
    assert person.me().expect(200).json() == before


@pytest.mark.parametrize(
    "text",
    [
        "a\r\nSet-Cookie: x=1",
        "<script>alert(1)</script>",
        "'; drop table users; --",
        "\u202etxt.exe",
        "\u2028\u2029",
        "%s%n%x {0} ${jndi:ldap://x}",
        "\x1b[31mred",
        "𝒯𝑒𝓍𝓉 ＮＦＫＣ ﷺ",
        "\ufeffbom",
        "\x7f\x01",
        " ",
    ],
)
def test_naughty_names_round_trip(person, text):
    """J09, X04: exact round trip, or refused."""
    reply = person.patch(PATH, {"name": text})
    assert reply.status in (200, 422), reply.status
    if reply.status == 200:
        assert reply.json()["name"] == text
        assert person.me().expect(200).json()["name"] == text


def test_nul_is_refused(person):
    """J07."""
    for change in (
        {"name": "a\u0000b"},
        {"metadata": {"a": "b\u0000c"}},
        {"username": "abc\u0000d"},
    ):
        assert person.patch(PATH, change).status in (400, 422)


def test_by_id_number_and_name(person):
    """A person always may read and change their own record, by every key."""
    user = person.user
    for key in (user["id"], user["number"], user["username"], user["username"].upper()):
        assert person.get(f"/v1/users/{key}").expect(200).json()["id"] == user["id"]
        age = person.patch(f"/v1/users/{key}", {"age": 50}).expect(200).json()["age"]
        assert age == 50
        assert person.patch(f"/v1/users/{key}", {"roles": ["admin"]}).status in (403, 422)


def test_cannot_delete_oneself_without_the_right(person):
    person.delete(f"/v1/users/{person.user['id']}").expect(403)
    person.me().expect(200)


def test_nobody(anyone):
    anyone.me().expect(401, "missing_token")
    anyone.patch(PATH, {"name": "x"}).expect(401, "missing_token")
