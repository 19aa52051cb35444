"""Bodies: what JSON is, what it is not, and what a text may hold (J01 to J12)."""

import time

import pytest

from client import PASSWORD, Client, fresh_name
from process import HEAP, PATIENCE

LOGIN = "/v1/auth/login"
ME = "/v1/users/me"
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

# As in JSONTestSuite's n_ files: no parser may take them.
MALFORMED = [
    b"",
    b" ",
    b"\n",
    b"abc",
    b"nul",
    b"truth",
    b"True",
    b"nan",
    b"NaN",
    b"Infinity",
    b"-Infinity",
    b"+1",
    b"-",
    b"-01",
    b"01",
    b".5",
    b"1.",
    b"1.e1",
    b"1e",
    b"1e+",
    b"0x1",
    b"0e+-1",
    b"1 000",
    b"--1",
    b"- 1",
    b"[1,]",
    b"[,1]",
    b"[1,,2]",
    b"[1 2]",
    b"[",
    b"]",
    b"[1",
    b"[1}",
    b"[]]",
    b"[][]",
    b"[1]x",
    b'["a"',
    b"{",
    b"}",
    b"{}}",
    b"{,}",
    b'{"a"}',
    b'{"a":}',
    b'{"a" "b"}',
    b'{"a"::1}',
    b'{"a":1,}',
    b'{"a":1 "b":2}',
    b"{a:1}",
    b"{'a':1}",
    b"{1:1}",
    b"{null:1}",
    b"{[]:1}",
    b'{"a":1}}',
    b'{"a":1}#',
    b'{"a":1}//x',
    b"/**/{}",
    b'{"a":/*x*/1}',
    b'"',
    b'"a',
    b'"\\',
    b'"\\x41"',
    b'"\\a"',
    b'"\\u"',
    b'"\\u00"',
    b'"\\u00g0"',
    b'"\\uD800"',
    b'"\\uD800\\u0041"',
    b'"\\uDC00"',
    b'"\\uDC00\\uD800"',
    b'"\\U00000041"',
    b'"a\nb"',
    b'"a\tb"',
    b'"a\x00b"',
    b'"\x1f"',
    b"'a'",
    b"`a`",
    b'{"a":1\x00}',
    b"[1\x00,2]",
    b"\x00{}",
    b"{}\x00",
    b"\xef\xbb\xbf{}",
    b"\xff\xfe{\x00}\x00",
    b"\x00{\x00}",
    b"\xe2\x80\xa8{}",
    b"\x0b{}",
    b"\x0c[]",
    b"{}\xc2\xa0",
    b"<html>",
    b"a=b",
    b'{"a":1}\n{"b":2}',
    b"*",
    b"{*}",
]
# As in its y_ and i_ files: JSON, only of the wrong shape.
WELL_FORMED = [
    b"[]",
    b" [] ",
    b"\r\n\t[]",
    b"null",
    b"true",
    b"0",
    b"-0",
    b"-0.0",
    b"1e1",
    b"1E+2",
    b"123.456e-7",
    b'""',
    b'"\\"\\\\\\/\\b\\f\\n\\r\\t"',
    b'"\\u00e9\\uD83C\\uDF88"',
    b'"\xf0\x9f\x8e\x88"',
    b'"\x7f"',
    b'"\xe2\x80\xa8"',
    b"[[[[[[[[]]]]]]]]",
    b'[1,[2,{"a":[]}]]',
    b'["asd",1,null,true,{}]',
    b"{}",
    b'{"":0}',
    b'{"a":{}}',
    b'{"a":"b","c":[1]}',
    b"[1e400]",
    b"[123123e100000]",
    b"[-1e-400]",
]
BAD_UTF8 = [
    b"\x80",
    b"\xbf",
    b"\xc0\x80",
    b"\xc0\xaf",
    b"\xc1\xbf",
    b"\xc3",
    b"\xc3(",
    b"\xe0\x80\xaf",
    b"\xe0\x9f\xbf",
    b"\xe2\x82",
    b"\xe2(\xa1",
    b"\xed\xa0\x80",
    b"\xed\xbf\xbf",
    b"\xed\xa0\xbd\xed\xb0\x80",
    b"\xf0\x80\x80\xaf",
    b"\xf0\x8f\xbf\xbf",
    b"\xf0\x9f\x8e",
    b"\xf4\x90\x80\x80",
    b"\xf5\x80\x80\x80",
    b"\xf8\x88\x80\x80\x80",
    b"\xfc\x84\x80\x80\x80\x80",
    b"\xfe",
    b"\xff",
]


def login_body(username):
    return b'{"username":' + username + b',"password":"whatever it is"}'


def test_malformed(anyone):
    """J01."""
    for body in MALFORMED:
        reply = anyone.request("POST", LOGIN, body=body, headers=JSON)
        assert (reply.status, reply.code) == (400, "malformed_json"), (
            body,
            reply.status,
            reply.body,
        )


def test_malformed_inside(person):
    """J01 within an object that is otherwise fine."""
    before = person.me().json()
    for value in MALFORMED:
        if value.strip() and value not in (b"[][]",) and b"," not in value and b":" not in value:
            body = b'{"metadata":{"a":' + value + b"}}"
            reply = person.request("PATCH", ME, body=body, headers=JSON)
            assert reply.status == 400, (body, reply.status)
    assert person.me().json() == before


def test_well_formed_wrong_shape(anyone):
    """J02."""
    for body in WELL_FORMED:
        reply = anyone.request("POST", LOGIN, body=body, headers=JSON)
        assert reply.status in (400, 422), (body, reply.status)


def test_shape_has_a_place(anyone):
    for body in (b"[]", b"null", b'"x"', b"1", b"true"):
        reply = anyone.request("POST", LOGIN, body=body, headers=JSON).expect(422, "invalid")
        assert reply.json()["errors"][0]["loc"][0] == "body"


@pytest.mark.parametrize(
    "body",
    [
        b'{"username":"root","username":"x","password":"y"}',
        b'{"username":"x","password":"y","password":"z"}',
        b'{"username":"x","user\\u006eame":"root","password":"y"}',
        b'{"metadata":{"a":1,"a":2}}',
        b'{"metadata":{"b":[{"a":1,"\\u0061":2}]}}',
    ],
)
def test_duplicate_names(person, body):
    """J03, at every depth and by every spelling."""
    path = ME if b"metadata" in body else LOGIN
    method = "PATCH" if path == ME else "POST"
    person.request(method, path, body=body, headers=JSON).expect(400)


@pytest.mark.parametrize("bad", BAD_UTF8)
def test_invalid_utf8(person, bad):
    """J06, in a name, a value and a member's name."""
    anyone = Client(person.server)
    for body in (login_body(b'"' + bad + b'"'), login_body(b'"a' + bad + b'b"')):
        anyone.request("POST", LOGIN, body=body, headers=JSON).expect(400)
    for body in (
        b'{"' + bad + b'":1}',
        b'{"metadata":{"' + bad + b'":1}}',
        b'{"name":"' + bad + b'"}',
    ):
        person.request("PATCH", ME, body=body, headers=JSON).expect(400)


def test_nul(person):
    """J07: nowhere in a text, in no form."""
    for body in (
        b'{"name":"a\\u0000b"}',
        b'{"name":"a\x00b"}',
        b'{"a\\u0000":1}',
        b'{"metadata":{"a":"\\u0000"}}',
    ):
        reply = person.request("PATCH", ME, body=body, headers=JSON)
        assert reply.status in (400, 422), (body, reply.status)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 30_000,
        b'{"a":' * 10_000,
        b"[" * 1000 + b"]" * 1000,
        b'{"metadata":' + b'{"a":' * 100 + b"1" + b"}" * 100 + b"}",
        b"{" + b",".join(b'"k%d":1' % i for i in range(5000)) + b"}",
        b'{"age":' + b"9" * 50_000 + b"}",
        b'{"age":1e' + b"9" * 50_000 + b"}",
        b'"' + b"\\u0041" * 10_000 + b'"',
    ],
)
def test_excess(person, body):
    """J04: refused, fast."""
    before = person.server.memory_kib()
    started = time.monotonic()
    reply = person.request("PATCH", ME, body=body, headers=JSON)
    assert reply.status in (400, 413, 422), reply.status
    assert time.monotonic() - started < 1.0 * PATIENCE, "it took too long to refuse"
    assert person.server.memory_kib() - before < 32 * 1024 * HEAP


def test_depth_that_is_fine(person):
    """A reasonable depth is kept as it is."""
    deep = 1
    for _ in range(20):
        deep = [deep]
    user = person.patch(ME, {"metadata": {"a": deep}}).expect(200).json()
    assert user["metadata"] == {"a": deep}


@pytest.mark.parametrize(
    "text",
    [b"9007199254740993", b"9223372036854775807", b"-9223372036854775808", b"1.5", b"-0", b"1.0",
     b"0.1", b"1e3", b"true", b"null", b"[]", b"{}", b'"\\u00e9\\ud83c\\udf88 \\u2028"'],
)  # fmt: skip
def test_metadata_round_trip(person, text):
    """J10: what is taken comes back with the same value."""
    import json

    body = b'{"metadata":{"v":' + text + b"}}"
    reply = person.request("PATCH", ME, body=body, headers=JSON).expect(200)
    assert reply.json()["metadata"]["v"] == json.loads(text)
    assert person.me().json()["metadata"]["v"] == json.loads(text)


@pytest.mark.parametrize("text", [b"9223372036854775808", b"1e400", b"-1e400", b"1" * 400])
def test_numbers_beyond(person, text):
    """J10: exact or refused."""
    body = b'{"metadata":{"v":' + text + b"}}"
    assert person.request("PATCH", ME, body=body, headers=JSON).status in (400, 422)


def test_metadata_keeps_every_member(person):
    metadata = {
        "": 0,
        "a b": [None, True],
        "ключ": {"x": "y"},
        "$set": {"roles": ["admin"]},
        "__proto__": {},
    }
    metadata |= {"constructor": 1, "roles": ["admin"]}
    user = person.patch(ME, {"metadata": metadata}).expect(200).json()
    assert user["metadata"] == metadata
    assert user["roles"] == ["user"]


# --- forms ----------------------------------------------------------------------------------------


def form(anyone, body):
    return anyone.request("POST", LOGIN, body=body, headers=FORM)


def test_form_escapes(server, anyone):
    """Percent and plus are read as a browser writes them."""
    name = fresh_name("form")
    password = "a+b c&d=e%f é🎈"
    anyone.post("/v1/auth/signup", {"username": name, "password": password}).expect(201)
    anyone.post(LOGIN, form={"username": name, "password": password}).expect(200)
    anyone.post(LOGIN, form={"username": name, "password": password.replace("+", " ")}).expect(401)


@pytest.mark.parametrize(
    "body",
    [
        b"username=a%zz&password=b",
        b"username=a%&password=b",
        b"username=a%4&password=b",
        b"username=a%00&password=b",
        b"username=a\x00&password=b",
        b"username=%ff&password=b",
        b"username=%c0%af&password=b",
        b"username=\xff&password=b",
        b"username=%ed%a0%80&password=b",
        b"username=a&username=b&password=c",
        b"username=a&password=b&password=c",
    ],
)
def test_malformed_form(anyone, body):
    """J06, J07, Q06 for forms."""
    reply = form(anyone, body)
    assert (reply.status, reply.code) in {(400, "malformed_form"), (422, "invalid")}, reply.body


def test_form_of_other_names(anyone, shared_person):
    """Forms ignore what they do not know; arrays and operators are other names."""
    name, password = shared_person.user["username"], PASSWORD.replace(" ", "+")
    form(anyone, f"username={name}&password={password}&nonsense=1&x".encode()).expect(200)
    for body in (
        b"username[$ne]=&password[$ne]=",
        b"username[]=root&password=x",
        b"",
        b"&&&",
        b"=x",
    ):
        form(anyone, body).expect(422, "invalid")


def test_form_with_another_grant(anyone, shared_person):
    body = {"grant_type": "client_credentials", "username": shared_person.user["username"]}
    anyone.post(LOGIN, form=body | {"password": PASSWORD}).expect(422)
