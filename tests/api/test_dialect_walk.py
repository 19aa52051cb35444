"""What every row of every dialect does with what none of them takes; generated from the documents.

With the dialects' own tests this lets the recorder see every declared status of theirs.
"""

import json
import re

import pytest

import profiles
import recorder
import tokens
from client import PASSWORD, fresh_name
from dialects import (
    MAY_HAVE_ENDED,
    Mounted,
    bad_tokens,
    expect_invalid,
    expect_refusal,
    expect_unauthorized,
    invalid,
    multipart,
)

NAMES = recorder.dialects()
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
ROWS = [(name, *key) for name in NAMES for key in sorted(recorder.document(name).operations)]


def operation_of(row):
    return recorder.document(row[0]).operations[row[1:]]


def content_of(row, media_type):
    """The schema of the body in that media type; None when it is not taken."""
    its = recorder.document(row[0])
    content = operation_of(row).get("requestBody", {}).get("content", {})
    return its.resolve(content[media_type]["schema"]) if media_type in content else None


def members_of(row, media_type):
    """(name, schema, required) of each member of the body."""
    schema = content_of(row, media_type)
    for name, member in sorted(schema["properties"].items()):
        yield name, recorder.document(row[0]).resolve(member), name in schema.get("required", [])


def is_protected(row):
    return bool(operation_of(row)["security"])


WITH_BODY = [row for row in ROWS if "requestBody" in operation_of(row)]
WITH_JSON = [row for row in ROWS if content_of(row, JSON) is not None]
WITH_FORM = [row for row in ROWS if content_of(row, FORM) is not None]
PROTECTED = [row for row in ROWS if is_protected(row)]
LISTS = [row for row in ROWS if any(p["in"] == "query" for p in operation_of(row).get("parameters", []))]
WITH_ID = [row for row in ROWS if row[2] in profiles.of(row[0]).IDS]


def name_of(row):
    return " ".join(row)


def each(rows):
    return pytest.mark.parametrize("row", rows, ids=name_of)


@pytest.fixture(scope="module")
def places(start_module):
    """All dialects on one server, each at a prefix of its own; an admin's client and somebody's."""
    mounts = [f"{name}=/at/{name}" for name in NAMES]
    server = start_module(admin=True, dialects=mounts)
    mounted = {name: Mounted(server, name, f"/at/{name}") for name in NAMES}
    return {name: (place, place.admin(), place.person()) for name, place in mounted.items()}


class Walk:
    """One row on its server: sends it, as an admin unless a token is given."""

    def __init__(self, place, admin, person, row):
        self.place = place
        self.name, self.method, self.template = row
        self.profile = profiles.of(self.name)
        ends = self.template == self.profile.LOGOUT
        self.person = place.person("walk") if ends or "{" in self.template else person
        self.admin = place.admin() if ends else admin

    def path(self, query=""):
        target = self.profile.TARGETS.get(self.template)
        value = str(target(self.place, self.person)) if target else ""
        return re.sub(r"\{[a-z_]+\}", value, self.template) + query

    def good(self):
        """A request that is fine, as keywords."""
        return self.profile.GOOD.get((self.method, self.template), lambda person: {})(self.person)

    def send(self, query="", path=None, **request):
        return self.admin.request(self.method, path or self.path(query), **request)

    def with_json(self, body):
        return self.send(**{**self.good(), "json": body, "form": None})


@pytest.fixture
def walk(places, row):
    return Walk(*places[row[0]], row)


def good_json(walk):
    """The good body as JSON: what the form holds is fine as JSON too."""
    good = walk.good()
    return dict(good.get("json") or good.get("form") or {})


# --- the profile ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_profile_is_complete(name):
    """Every operation has its row of access, and no other has; every path with a parameter its ids."""
    profile = profiles.of(name)
    operations = set(recorder.document(name).operations)
    assert set(profile.ACCESS) == operations
    assert set(profile.GOOD) <= operations
    templates = {path for _, path in operations if "{" in path}
    assert set(profile.TARGETS) == templates == set(profile.IDS)


# --- targets and queries --------------------------------------------------------------------------


@each(ROWS)
def test_bad_target(walk, row):
    """H03: 400 before anything else, in the dialect's form."""
    expect_refusal(walk.send("?a=%zz"), 400)
    expect_refusal(walk.admin.request(walk.method, walk.path() + "/..%2f.."), 400)


@each(ROWS)
def test_unknown_parameters_are_ignored(walk, row):
    """Q06: as FastAPI does, by any spelling; a token in the query counts nothing (T21)."""
    query = "?no_such_parameter=1&no_such_parameter=2&role=admin&a[]=1&%24where=1"
    if is_protected(row):
        expect_unauthorized(walk.send(f"{query}&access_token={walk.admin.token}", token=False))
    assert walk.send(query, **walk.good()).status < 300


def bad_values(schema):
    """Values of a query parameter that must be refused."""
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if "integer" in kinds:
        yield from ("x", "1.5", "1e3", "0x10", "", "%20", str(2**63), "1%00"[:1] + "x", "[1]")
        if "minimum" in schema:
            yield str(schema["minimum"] - 1)
        if "maximum" in schema:
            yield str(schema["maximum"] + 1)
    if "enum" in schema:
        yield from ("no-such-choice", "password_hash", "id;drop", "%24where", "ASC%20")
    elif "maxLength" in schema:
        yield "x" * (schema["maxLength"] + 1)


@each(LISTS)
def test_bad_parameters(walk, row):
    """Q01, Q04: 422 that says where; twice is refused, not guessed."""
    for parameter in operation_of(row)["parameters"]:
        if parameter["in"] != "query":
            continue
        name = parameter["name"]
        for value in bad_values(recorder.document(row[0]).resolve(parameter["schema"])):
            expect_invalid(walk.send(f"?{name}={value}"), f"query.{name}")
        expect_refusal(walk.send(f"?{name}=1&{name}=1"), 400)


# --- bodies ---------------------------------------------------------------------------------------


@each(WITH_BODY)
def test_media_types(walk, row):
    """J11: nothing but what is declared; forms by browsers' FormData too."""
    taken = list(operation_of(row)["requestBody"]["content"])
    taken += [MULTIPART] if FORM in taken else []
    for media_type in (
        JSON, FORM, f"{MULTIPART}; boundary=x", "text/plain", "application/xml", "",
        "application/json; charset=utf-16", "application/jsonx", "application/json, text/plain",
    ):  # fmt: skip
        if media_type.split(";")[0] in taken and "utf-16" not in media_type:
            continue
        reply = walk.send(body=b"{}", headers={"Content-Type": media_type})
        expect_refusal(reply, 415)
    gzip = {"Content-Type": taken[0], "Content-Encoding": "gzip"}
    expect_refusal(walk.send(body=b"\x1f\x8b", headers=gzip), 415)


@each(WITH_JSON)
@pytest.mark.parametrize(
    "media_type",
    [JSON, "Application/JSON ; charset=UTF-8", 'application/json;charset="utf-8"'],
)
def test_json_by_any_spelling(walk, row, media_type):
    body = json.dumps(good_json(walk)).encode()
    assert walk.send(body=body, headers={"Content-Type": media_type}).status < 300


@each(WITH_JSON)
def test_malformed_json(walk, row):
    """J01, J03, J04, J06, J07: 422 `json_invalid`, as FastAPI says it."""
    for body in (
        b"{", b"{}x", b"nul", b'{"a":1,"a":2}', b"\xff", b'{"a":"\xc3"}', b'{"a":"\\u0000"}',
        b'{"a":1\x00}', b"[" * 1000, b'{"a":' * 40 + b"1" + b"}" * 40, b"{'a':1}", b'{"a":NaN}',
    ):  # fmt: skip
        reply = walk.send(body=body, headers={"Content-Type": JSON})
        assert invalid(reply) == [("body", "json_invalid")], body[:40]


@each(WITH_JSON)
def test_bodies_that_are_no_object(walk, row):
    for body in (b"[]", b"1", b'"text"', b"true", b"[{}]"):
        reply = walk.send(body=body, headers={"Content-Type": JSON})
        assert invalid(reply) == [("body", "model_attributes_type")], body


@each(WITH_JSON)
def test_members_that_are_missing(walk, row):
    for name, _, required in members_of(row, JSON):
        body = good_json(walk)
        body.pop(name, None)
        if required:
            expect_invalid(walk.with_json(body), f"body.{name}", "missing")
        else:
            assert walk.with_json(body).status < 300, name


def wrong_values(schema):
    """Values of another type than the member's, as FastAPI judges."""
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    yield from ([], ["a"], {}, {"$ne": None}, {"$gt": ""})
    if "string" in kinds:
        yield from (1, 0, 1.5, True)
    if "integer" in kinds or "number" in kinds:
        yield from ("x", "", True)
    if "integer" in kinds:
        yield 1.5
    if "array" in kinds:
        yield from ("a", 1, [1], [None], [["a"]])


def list_is_fine(schema, value):
    return schema["type"] == "array" and value in ([], ["a"])


@each(WITH_JSON)
def test_members_of_a_wrong_type(walk, row):
    """J05: 422 that says where, never taken for a text or an operator."""
    for name, schema, _ in members_of(row, JSON):
        for value in wrong_values(schema):
            if not list_is_fine(schema, value):
                expect_invalid(walk.with_json(good_json(walk) | {name: value}), f"body.{name}")


@each(WITH_JSON)
def test_null(walk, row):
    """Refused where something is needed, elsewhere as good as absent."""
    for name, _, required in members_of(row, JSON):
        reply = walk.with_json(good_json(walk) | {name: None})
        if required:
            expect_invalid(reply, f"body.{name}")
        else:
            assert reply.status < 300, name


@each(WITH_JSON)
def test_members_that_are_too_long(walk, row):
    """P09 and the like: no text is taken at any length."""
    for name, schema, _ in members_of(row, JSON):
        if schema["type"] == "string" or "string" in schema["type"]:
            length = schema.get("maxLength", 20_000) + 1
            expect_invalid(walk.with_json(good_json(walk) | {name: "x" * length}), f"body.{name}")


@each(WITH_JSON)
def test_all_faults_at_once(walk, row):
    """As FastAPI: one answer tells of every member."""
    required = {f"body.{name}" for name, _, needed in members_of(row, JSON) if needed}
    if required:
        assert {where for where, _ in invalid(walk.with_json({}))} == required


@each(WITH_BODY)
def test_too_large(walk, row):
    """H04."""
    media_type = list(operation_of(row)["requestBody"]["content"])[0]
    body = b'{"a":"' + b"x" * 70_000 + b'"}'
    expect_refusal(walk.send(body=body, headers={"Content-Type": media_type}), 413)


@each(WITH_FORM)
def test_forms(walk, row):
    """Both kinds of form say the same; what is missing, too long, twice or unreadable is refused."""
    good = good_json(walk)
    assert walk.send(form=good).status < 300
    assert walk.send(**multipart(good.items())).status < 300
    for name, schema, required in members_of(row, FORM):
        if required:
            rest = {key: value for key, value in good.items() if key != name}
            expect_invalid(walk.send(form=rest), f"body.{name}", "missing")
            expect_invalid(walk.send(**multipart(rest.items())), f"body.{name}", "missing")
            expect_invalid(walk.send(form=rest | {name: ""}), f"body.{name}", "missing")
        if "maxLength" in schema:
            over = "x" * (schema["maxLength"] + 1)
            expect_invalid(walk.send(form=good | {name: over}), f"body.{name}")
        if name in good:
            twice = [*good.items(), (name, good[name])]
            expect_refusal(walk.send(form=twice), 400)
            expect_refusal(walk.send(**multipart(twice)), 400)
    assert walk.send(form=good | {"no_such_member": "1", "role": "admin"}).status < 300
    for body in (b"username=%zz", b"username=%00", b"username=%ff"):
        expect_refusal(walk.send(body=body, headers={"Content-Type": FORM}), 400)


# --- mass assignment ------------------------------------------------------------------------------

SMUGGLED = {
    "id": "018f0000-0000-7000-8000-00000000aaaa",
    "_id": "018f0000-0000-7000-8000-00000000aaaa",
    "number": 4711,
    "roles": ["admin"],
    "Role": "admin",
    "ROLE": "admin",
    "is_admin": True,
    "isAdmin": True,
    "is_superuser": True,
    "permissions": ["*"],
    "verified": True,
    "email_verified": True,
    "status": "disabled",
    "disabled": True,
    "password_hash": "$2b$12$abcdefghijklmnopqrstuuEnGb.V8IVb5HnOQ6S0ZmA6lG0eG3zT6",
    "hashed_password": "smuggled",
    "created_at": "2001-01-01T00:00:00.000Z",
    "deleted_at": "2001-01-01T00:00:00.000Z",
    "owner_id": "018f0000-0000-7000-8000-00000000aaaa",
    "$set": {"role": "admin"},
    "user": {"role": "admin"},
    "__proto__": {"role": "admin"},
    "": "admin",
}
KEPT = ("id", "number", "roles", "status", "email_verified", "created_at", "metadata")


@each(WITH_JSON)
def test_unknown_members_change_nothing(walk, row):
    """A03, A04: ignored as FastAPI ignores them; the person is who they were."""
    native = walk.place.native(walk.admin.token)
    known = {name for name, *_ in members_of(row, JSON)}
    smuggled = {name: value for name, value in SMUGGLED.items() if name not in known}
    if "role" not in known:
        smuggled["role"] = "admin"
    before = native.get(f"/v1/users/{walk.person.user['id']}").expect(200).json()
    body = good_json(walk)
    assert walk.with_json(body | smuggled).status < 300
    after = native.get(f"/v1/users/{walk.person.user['id']}").expect(200).json()
    for member in KEPT:
        assert after[member] == before[member], member
    name = body.get("username")
    if walk.method == "POST" and name and "new_" not in name:
        made = native.get(f"/v1/users?username={name}").expect(200).json()["items"]
        for person in made:
            assert person["status"] == "active"
            assert person["id"] != SMUGGLED["id"] and person["number"] != SMUGGLED["number"]
            assert person["roles"] == ["user"]


# --- ids ------------------------------------------------------------------------------------------


@each(WITH_ID)
def test_ids_that_are_not_there(walk, row):
    """A11: as documented, for each id that cannot or does not exist."""
    for value, status in walk.profile.IDS[walk.template].items():
        path = re.sub(r"\{[a-z_]+\}", value.replace("\\", ""), walk.template)
        reply = walk.send(path=path, **walk.good())
        if status == 422:
            parameter = re.search(r"\{([a-z_]+)\}", walk.template).group(1)
            expect_invalid(reply, f"path.{parameter}")
        else:
            expect_refusal(reply, status)


# --- tokens ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def no_good(places):
    """The bad tokens of each dialect's place."""
    return {name: bad_tokens(place) for name, (place, *_) in places.items()}


@each(PROTECTED)
def test_bad_tokens(walk, row, no_good):
    """T21 and issue 5: each protected row with each token that is no good."""
    is_logout = walk.template == walk.profile.LOGOUT
    for kind, token in no_good[walk.name].items():
        reply = walk.send(token=token, **walk.good())
        if is_logout and kind in MAY_HAVE_ENDED:
            assert reply.status < 300, kind
            continue
        told = "Not authenticated" if kind == "missing" else "Could not validate credentials"
        expect_unauthorized(reply, told)


@each(PROTECTED)
def test_other_schemes(walk, row):
    """T21: nothing but a bearer counts."""
    for value in ("Basic Og==", "Bearer", "Bearer ", "Token x", walk.admin.token, "bearer\tx"):
        reply = walk.send(token=False, headers={"Authorization": value}, **walk.good())
        expect_unauthorized(reply)
    lower = {"Authorization": f"bearer {walk.person.token}"}
    assert walk.send(token=False, headers=lower, **walk.good()).status != 401


@each([row for row in ROWS if not is_protected(row)])
def test_open_rows_do_not_look_at_tokens(walk, row):
    """A token at hand, good or bad, changes nothing where none is needed."""
    if (walk.method, walk.template) == (profiles.of(walk.name).REFRESH or ())[:2]:
        pytest.skip("its token is what it takes")
    for token in ("not.a.token", walk.admin.token):
        assert walk.send(token=token, **walk.good()).status < 300


# --- HTTP -----------------------------------------------------------------------------------------


@each(ROWS)
def test_other_methods(walk, row):
    """H07, H08: 405 with Allow in the dialect's form, OPTIONS, HEAD."""
    methods = {method for name, method, path in ROWS if (name, path) == (row[0], row[2])}
    path = walk.path()
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        if method not in methods:
            reply = expect_refusal(walk.admin.request(method, path), 405, "Method Not Allowed")
            assert methods <= set(reply.headers["Allow"].split(", "))
    reply = walk.admin.request("OPTIONS", path)
    assert reply.status in (200, 204) and not reply.body
    assert methods | {"OPTIONS"} <= set(reply.headers["Allow"].split(", "))
    if "GET" in methods:
        head, get = walk.admin.request("HEAD", path), walk.admin.request("GET", path)
        assert head.status == get.status and not head.body
        assert head.headers.get("Content-Type") == get.headers.get("Content-Type")


@each(ROWS)
def test_trailing_slash(walk, row):
    """DESIGN 5: it never matters, and nobody is redirected."""
    path = walk.path().rstrip("/")
    bare, slashed = (
        walk.send(path=its, token="x.y.z", **walk.good()) for its in (path, path + "/")
    )
    assert bare.status == slashed.status
    assert "Location" not in bare.headers and "Location" not in slashed.headers
    if is_protected(row):
        expect_unauthorized(bare)


@each(ROWS)
def test_nowhere_below(walk, row):
    """404 in FastAPI's form, for everyone."""
    for token in (None, False):
        for path in (walk.path().rstrip("/") + "/no/such/thing", "/no-such-path"):
            expect_refusal(walk.admin.get(path, token=token), 404, "Not Found")


# --- enumeration ----------------------------------------------------------------------------------

VOLATILE = ("date", "x-request-id")
WRONG = "not the Password at all"


def shape(reply):
    """All of an answer that could tell one failure from another."""
    headers = sorted((k.lower(), v) for k, v in reply.headers.items() if k.lower() not in VOLATILE)
    return reply.status, headers, reply.body


@pytest.mark.parametrize("name", NAMES)
def test_failures_look_alike(places, name):
    """E01, E02: unknown, wrong, disabled, deleted: the same answer to the byte, the same work."""
    import metrics

    place, admin, _ = places[name]
    path, how = profiles.of(name).LOGIN
    native = place.native(admin.token)
    people = {kind: place.person(kind).user for kind in ("wrong", "disabled", "deleted")}
    native.patch(f"/v1/users/{people['disabled']['id']}", {"status": "disabled"}).expect(200)
    native.delete(f"/v1/users/{people['deleted']['id']}").expect(204)
    nobody = fresh_name("nobody")
    people["unknown"] = {"username": nobody, "email": f"{nobody}@example.com"}
    shapes = {}
    for kind, user in people.items():
        for password in (WRONG,) if kind == "wrong" else (WRONG, PASSWORD):
            before = metrics.hashes(place.server)
            reply = place.client().post(path, **how(user, password))
            assert metrics.hashes(place.server) == before + 1, kind
            shapes[kind, password == WRONG] = shape(expect_unauthorized(reply))
    assert len(set(map(str, shapes.values()))) == 1, shapes
    place.client().post(path, **how(people["wrong"], PASSWORD)).expect(200)


@pytest.mark.parametrize("name", NAMES)
def test_no_hash_for_what_is_no_login(places, name):
    """E02, P09: what cannot be a log-in costs nothing."""
    import metrics

    place, _, person = places[name]
    path, how = profiles.of(name).LOGIN
    user = {"username": "root", "email": "root@example.com"}
    before = metrics.hashes(place.server)
    place.client().post(path, **how(user, "x" * 1025)).expect(422)
    place.client().post(path, body=b"x" * 70_000, headers={"Content-Type": FORM}).expect(413)
    assert metrics.hashes(place.server) == before


@pytest.mark.parametrize("name", NAMES)
def test_claims_of_tokens(places, name):
    """T25: a dialect's token is the native one: no e-mail, no hash, no new claim but `user_id`."""
    place, _, person = places[name]
    path, how = profiles.of(name).LOGIN
    user = person.user
    grant = place.client().post(path, **how(user, PASSWORD)).expect(200).json()
    native = place.native().login(user["username"])
    extra = set(tokens.claims(grant["access_token"])) - set(tokens.claims(native.token))
    assert extra <= {"user_id"}
    assert user["email"] not in json.dumps(tokens.claims(grant["access_token"]))
