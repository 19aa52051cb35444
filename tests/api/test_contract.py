"""What every operation does with what no operation takes; generated from the document.

With the tests of the operations themselves this lets the recorder see every declared status.
"""

import re

import pytest

import recorder
from client import Client
from fixtures import ADMIN, ADMIN_PASSWORD
from parallel import together

DOCUMENT = recorder.document()
OPERATIONS = sorted(DOCUMENT.operations)
WITH_BODY = [key for key in OPERATIONS if "requestBody" in DOCUMENT.operations[key]]
MISSING_ID = "018f0000-0000-7000-8000-000000000000"
WITH_JSON = [
    key
    for key in WITH_BODY
    if "application/json" in DOCUMENT.operations[key]["requestBody"]["content"]
]
JSON = {"Content-Type": "application/json"}


def name_of(operation):
    return f"{operation[0]} {operation[1]}"


def declares(operation, status):
    return str(status) in DOCUMENT.operations[operation]["responses"]


def refused(reply, status, code):
    """A refusal in the form of its path: OAuth's have 400 and one word for all of these."""
    if recorder.is_oauth(reply.path):
        return reply.expect(status if status in (405, 413) else 400, "invalid_request")
    return reply.expect(status, code)


@pytest.fixture(scope="module")
def client(server):
    """An admin in a session of their own."""
    return Client(server).login(ADMIN, ADMIN_PASSWORD)


def path_of(operation):
    return re.sub(r"\{[a-z_]+\}", MISSING_ID, operation[1])


every = pytest.mark.parametrize("operation", OPERATIONS, ids=name_of)
each_with_json = pytest.mark.parametrize("operation", WITH_JSON, ids=name_of)
each_with_body = pytest.mark.parametrize("operation", WITH_BODY, ids=name_of)


@every
def test_bad_target(client, operation):
    """H03: 400 before anything else."""
    reply = client.request(operation[0], path_of(operation) + "?a=%zz")
    refused(reply, 400, "bad_request")


@every
def test_unknown_parameter(client, operation):
    """Q06: refused where parameters are read; elsewhere it means nothing."""
    path = path_of(operation) + "?no_such_parameter=1"
    reply = client.request(operation[0], path, json={} if operation in WITH_BODY else None)
    if recorder.is_oauth(path):
        reply.expect(400, "invalid_request")
    elif declares(operation, 422):
        faults = reply.expect(422, "invalid").faults()
        assert ("query.no_such_parameter", "unknown_field") in faults
    else:
        assert reply.status < 300 or reply.status == 304


@each_with_body
def test_media_types(client, operation):
    """J11: nothing but what is declared, by its name."""
    taken = DOCUMENT.operations[operation]["requestBody"]["content"]
    for media_type in (
        "text/plain",
        "application/xml",
        "application/json; charset=utf-16",
        "application/jsonx",
        "application/merge-patch+json",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "json",
        "",
        "application/json, text/plain",
    ):
        if media_type in taken:
            continue
        reply = client.request(
            operation[0], path_of(operation), body=b"{}", headers={"Content-Type": media_type}
        )
        refused(reply, 415, "unsupported_media_type")
    for media_type in taken:
        gzip = {"Content-Type": media_type, "Content-Encoding": "gzip"}
        reply = client.request(operation[0], path_of(operation), body=b"\x1f\x8b", headers=gzip)
        refused(reply, 415, "unsupported_media_type")


@each_with_json
@pytest.mark.parametrize(
    "media_type",
    ["application/json", "Application/JSON ; charset=UTF-8", 'application/json;charset="utf-8"'],
)
def test_json_by_any_spelling(client, operation, media_type):
    reply = client.request(
        operation[0], path_of(operation), body=b"[]", headers={"Content-Type": media_type}
    )
    reply.expect(422, "invalid")


@each_with_body
def test_malformed(client, operation):
    """J01."""
    for body in (b"{", b"", b"{}x", b'{"a":1,"a":2}'):
        required = DOCUMENT.operations[operation]["requestBody"]["required"]
        if body == b"" and not required:
            continue
        reply = client.request(operation[0], path_of(operation), body=body, headers=JSON)
        reply.expect(400)


@each_with_json
def test_unknown_member(client, operation):
    """DESIGN 5: native JSON refuses unknown members by name."""
    reply = client.request(operation[0], path_of(operation), json={"no_such_member": 1})
    assert ("body.no_such_member", "unknown_field") in reply.expect(422).faults()


@each_with_body
def test_too_large(client, operation):
    """H04."""
    body = b'{"a":"' + b"x" * 70_000 + b'"}'
    client.request(operation[0], path_of(operation), body=body, headers=JSON).expect(413)
    client.request(operation[0], path_of(operation), body=b"{}", headers=JSON)


@every
def test_wrong_token(client, operation):
    """T21: 401 where a token is needed; elsewhere it is not looked at."""
    reply = client.request(operation[0], path_of(operation), token="not.a.token")
    if DOCUMENT.operations[operation]["security"]:
        reply.expect(401, "invalid_token")
    else:
        assert not reply.code_is("invalid_token")


@every
def test_other_methods(client, operation):
    """H07, H08: 405 with Allow, OPTIONS, HEAD."""
    path = path_of(operation)
    methods = {key[0] for key in OPERATIONS if key[1] == operation[1]}
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        if method not in methods:
            reply = refused(client.request(method, path), 405, "method_not_allowed")
            allow = reply.headers["Allow"]
            assert methods <= set(allow.split(", "))
    reply = client.request("OPTIONS", path)
    assert reply.status in (200, 204)
    assert methods | {"OPTIONS"} <= set(reply.headers["Allow"].split(", "))
    if "GET" in methods:
        head, get = client.request("HEAD", path), client.request("GET", path)
        assert head.status == get.status
        assert head.headers.get("Content-Type") == get.headers.get("Content-Type")


@every
def test_trailing_slash(client, operation):
    """DESIGN 5: it never matters."""
    path = path_of(operation)
    without = client.request(operation[0], path, token="x.y.z", body=b"", headers=JSON)
    with_slash = client.request(operation[0], path + "/", token="x.y.z", body=b"", headers=JSON)
    assert with_slash.status == without.status


@pytest.mark.parametrize(
    "path",
    ["/nowhere", "/v1", "/v1/", "/v2/users", "/v1/auth", "/v1/users/me/x", "/v1/users/a/b/c",
     "/V1/users", "/v1/Users", "/metricsx", "/.env", "/admin", "/v1/auth/login;x", "/v1/users%2Fme",
     "/v1/users/..;/x", "/cgi-bin", "/wp-login.php"],
)  # fmt: skip
def test_nowhere(client, path):
    """404 for everyone, with or without a token."""
    for token in (None, False):
        client.get(path, token=token).expect(404, "not_found")


def test_openapi_is_what_the_command_prints(client):
    assert client.get("/openapi.json").expect(200).json() == DOCUMENT.document
    assert client.get("/openapi/native.json").expect(200).json() == DOCUMENT.document
    assert DOCUMENT.document["openapi"].startswith("3.1")


@pytest.mark.concurrency
def test_document_is_written_once(start):
    """It is made by whoever asks first; all get the same."""
    server = start()
    replies = together(8, lambda _: Client(server).get("/openapi.json"))
    assert {reply.status for reply in replies} == {200}
    assert len({(reply.body, reply.headers["ETag"]) for reply in replies}) == 1


@pytest.mark.parametrize("path", ["/openapi.json", "/openapi/native.json"])
def test_openapi_etag(client, path):
    etag = client.get(path).expect(200).headers["ETag"]
    for match in (etag, f'"x", {etag}', f"W/{etag}", "*"):
        reply = client.get(path, headers={"If-None-Match": match})
        assert reply.status == 304, match
        assert reply.body == b""
    client.get(path, headers={"If-None-Match": '"other"'}).expect(200)


def test_health(client):
    assert client.get("/health/live").expect(200).json() == {"status": "ok"}
    assert client.get("/health/ready").expect(200).json() == {"status": "ok"}


def test_operation_ids_are_unique():
    ids = [row["operationId"] for row in DOCUMENT.operations.values()]
    assert len(ids) == len(set(ids))
