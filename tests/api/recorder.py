#!/usr/bin/env python3
"""The recorder: every answer is held against the OpenAPI document, and it against the answers.

In the tests, observe() fails on an answer that the document does not declare or whose body does not
fit, and notes operation and status in LATCHKEY_RECORD_DIR. `recorder.py check DIR` fails when an
operation, or one of its declared statuses, was never seen. Each set of operations, the native API
and every dialect, has its document; which one a path is of, the server's mounts say.
"""

import json
import os
import re
import subprocess
import sys
import threading
import uuid
from functools import lru_cache
from pathlib import Path

import jsonschema

ROOT = Path(__file__).resolve().parent.parent.parent
BINARY = os.environ.get("LATCHKEY_BINARY", str(ROOT / "build" / "latchkey"))
METHODS = ("get", "put", "post", "delete", "patch")
# Refused before a route is looked for: any request may get them.
FRONT_STATUSES = (400, 404, 405, 408, 413, 414, 417, 431, 501, 505)
# Served, but pages and documents: not operations of the API.
PAGES = re.compile(r"^/(docs|redoc)(/.*)?$|^/openapi(\.json|/[a-z0-9-]+\.json)$|^/$")
DIALECT_PAGES = re.compile(r"^/openapi\.json$|^/$")
NATIVE = "native"
# Below these no dialect has a say, wherever it is mounted.
NATIVE_PATHS = re.compile(
    r"^/(v1|oauth|\.well-known|health|metrics|docs|redoc|openapi)(/.*)?$|^/openapi\.json$"
)
# Below these the native API refuses as RFC 6749 section 5.2 has it.
OAUTH_PATHS = re.compile(r"^/oauth(/.*)?$")
INSTANT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
# (set, method, path, status) that cannot be provoked from outside at will, each with its reason.
NOT_PROVOKED = {
    (NATIVE, "POST", "/v1/auth/password", 409): "the record must change again and again, each time in the "
    "instant between one request's reading and its writing, while the password stays the same",
}
OAUTH_ERRORS = (
    "invalid_request", "invalid_client", "invalid_grant", "unsupported_grant_type",
    "invalid_scope",  # RFC 6749 section 5.2
    "temporarily_unavailable", "server_error",  # section 4.1.2.1
    "invalid_token", "insufficient_scope",  # RFC 6750 section 3.1
)  # fmt: skip
LEAKS = re.compile(
    rb"sqlite|SELECT |INSERT |UPDATE .* SET|libmicrohttpd|jansson|libsodium|/src/|\.c:\d"
)

_lock = threading.Lock()
_formats = jsonschema.FormatChecker(formats=())


@_formats.checks("uuid")
def _is_uuid(text):
    try:
        return not isinstance(text, str) or str(uuid.UUID(text)) == text
    except ValueError:
        return False


@_formats.checks("date-time")
def _is_instant(text):
    return not isinstance(text, str) or INSTANT.match(text) is not None


class Document:
    """An OpenAPI document, as a table of operations and a validator."""

    def __init__(self, document):
        self.document = document
        self.operations = {}
        self.patterns = []
        self.resolver = jsonschema.RefResolver("", document)
        for path, item in document["paths"].items():
            parts = re.split(r"\{[^}]+\}", path.rstrip("/") or "/")
            pattern = "[^/]+".join(re.escape(part) for part in parts)
            self.patterns.append((len(parts) - 1, re.compile(f"^{pattern}$"), path))
            for method in METHODS:
                if method in item:
                    self.operations[(method.upper(), path)] = item[method]
        self.patterns.sort(key=lambda row: row[0])

    def path_of(self, target):
        """The templated path that a request target means, or None."""
        path = target.split("?", 1)[0]
        path = path.rstrip("/") or "/"
        for _, pattern, template in self.patterns:
            if pattern.match(path):
                return template
        return None

    def resolve(self, node):
        while isinstance(node, dict) and "$ref" in node:
            node = self.resolver.resolve(node["$ref"])[1]
        return node

    def faults(self, schema, value):
        """Why the value does not fit the schema; also members that it does not know."""
        validator = jsonschema.Draft202012Validator(
            schema, resolver=self.resolver, format_checker=_formats
        )
        found = [f"{list(e.absolute_path)}: {e.message}" for e in validator.iter_errors(value)]
        return found + self._undeclared(schema, value, "")

    def _undeclared(self, schema, value, where):
        schema = self.resolve(schema)
        found = []
        for part in schema.get("oneOf", []) + schema.get("anyOf", []) + schema.get("allOf", []):
            if not list(self._plain_errors(part, value)):
                found += self._undeclared(part, value, where)
        if isinstance(value, dict) and "properties" in schema:
            for name, member in value.items():
                if name in schema["properties"]:
                    found += self._undeclared(schema["properties"][name], member, f"{where}/{name}")
                elif not schema.get("additionalProperties", False):
                    found.append(f"{where}/{name} is not declared")
        if isinstance(value, list) and isinstance(schema.get("items"), dict):
            for index, item in enumerate(value):
                found += self._undeclared(schema["items"], item, f"{where}/{index}")
        return found

    def _plain_errors(self, schema, value):
        return jsonschema.Draft202012Validator(schema, resolver=self.resolver).iter_errors(value)

    def response(self, method, template, status):
        """The declared response, or None."""
        operation = self.operations[(method, template)]
        return self.resolve(operation["responses"].get(str(status)))


@lru_cache(maxsize=None)
def document(name=NATIVE):
    """The document of a set of operations, as the binary prints it."""
    return Document(json.loads(_run("openapi", name)))


@lru_cache(maxsize=None)
def dialects():
    """The names of all dialects that the binary has."""
    return tuple(re.findall(r"^(\S+): ", _run("dialects"), re.MULTILINE))


def _run(*arguments):
    done = subprocess.run(
        [BINARY, *arguments], capture_output=True, check=True, text=True, timeout=120
    )
    return done.stdout


# --- every answer ---------------------------------------------------------------------------------


def place_of(server, target):
    """Whose path a request target is: the name of the set, and the path below its prefix."""
    path = target.split("?", 1)[0]
    inside = [] if NATIVE_PATHS.match(path) else server.mounts
    prefixes = [p for p in inside if path == p or path.startswith(f"{p}/")]
    if not prefixes:
        return NATIVE, path
    prefix = max(prefixes, key=len)
    return server.mounts[prefix], path[len(prefix) :] or "/"


def is_oauth(target):
    """True for a target whose refusals are {"error", "error_description"}."""
    return OAUTH_PATHS.match(target.split("?", 1)[0]) is not None


def observe(server, reply, sent_headers):
    """Checks one answer against the document and the rules for all answers, and notes it."""
    shown = f"{reply.method} {reply.path[:200]}: {reply.status} {reply.body[:300]!r}"
    name, path = place_of(server, reply.path)
    for fault in (*_rule_faults(server, name, reply), *_document_faults(name, path, reply)):
        raise AssertionError(f"{fault}\n{shown}")


def _rule_faults(server, name, reply):
    """What holds for every answer (CHECKLIST 1.2, X01)."""
    status, headers = reply.status, reply.headers
    if status >= 500 and status != 501 and not (status == 503 and server.unavailable_expected):
        yield "an answer of the kind 5xx"
    if headers.get("X-Content-Type-Options") != "nosniff":
        yield "X-Content-Type-Options is missing"
    if re.search(r"\d", headers.get("Server", "")):
        yield "Server tells a version"
    if status in (429, 503) and not re.fullmatch(r"[1-9]\d*", headers.get("Retry-After", "")):
        yield "Retry-After is missing"
    if status in (429, 503) and int(headers["Retry-After"]) > 3600:
        yield "Retry-After is above an hour"
    schemes = ("Bearer", "Basic") if is_oauth(reply.path) else ("Bearer",)
    if status == 401 and not headers.get("WWW-Authenticate", "").startswith(schemes):
        yield "WWW-Authenticate is missing"
    if status == 405 and not headers.get("Allow"):
        yield "Allow is missing"
    if reply.method == "HEAD" and reply.body:
        yield "an answer to HEAD has a body"
    if LEAKS.search(reply.body) and status >= 400:
        yield "the body tells what is inside"
    if status >= 400 and reply.method != "HEAD" and name == NATIVE and is_oauth(reply.path):
        yield from _oauth_faults(reply)
    elif status >= 400 and reply.method != "HEAD":
        yield from _problem_faults(reply) if name == NATIVE else _fastapi_faults(reply)


def _problem_faults(reply):
    if _media_type(reply) != "application/problem+json":
        yield "an error that is no problem document"
        return
    problem = reply.json()
    if problem.get("status") != reply.status:
        yield "the problem document names another status"
    if not re.fullmatch(r"[a-z][a-z_]*", problem.get("code", "")):
        yield "the problem document has no code"
    for member in ("type", "title"):
        if not isinstance(problem.get(member), str) or not problem[member]:
            yield f"the problem document has no {member}"


def _oauth_faults(reply):
    """RFC 6749 section 5.2, for every refusal of an OAuth endpoint."""
    if _media_type(reply) != "application/json":
        yield "a refusal of an OAuth endpoint that is not JSON"
        return
    body = reply.json()
    if set(body) != {"error", "error_description"}:
        yield "a refusal of an OAuth endpoint with other members"
    elif body["error"] not in OAUTH_ERRORS:
        yield "a refusal of an OAuth endpoint with a word that no standard has"
    elif not re.fullmatch(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+", body["error_description"]):
        yield "a description with characters that RFC 6749 does not allow"
    if reply.headers.get("Cache-Control") != "no-store" or reply.headers.get("Pragma") != "no-cache":
        yield "a refusal of an OAuth endpoint that may be kept"
    if reply.status in (415, 422):
        yield "RFC 6749 section 5.2 has 400 for this"


def _fastapi_faults(reply):
    """DIALECTS: errors look as FastAPI's do."""
    if _media_type(reply) != "application/json":
        yield "an error of a dialect that is not JSON"
        return
    detail = reply.json().get("detail")
    if reply.status == 401 and reply.headers["WWW-Authenticate"] != "Bearer":
        yield "a dialect's 401 says more than `WWW-Authenticate: Bearer`"
    if reply.status != 422:
        if not isinstance(detail, str) or not detail:
            yield "an error without a sentence as its detail"
        return
    if not isinstance(detail, list) or not detail:
        yield "422 without a list as its detail"
        return
    for entry in detail:
        if not {"loc", "msg", "type"} <= set(entry) or not entry["msg"]:
            yield "an entry of 422 without loc, msg or type"
        elif entry["loc"][0] not in ("body", "query", "path", "header", "cookie"):
            yield "an entry of 422 with a loc that is no part of a request"
        elif not re.fullmatch(r"[a-z][a-z_]*", entry["type"]):
            yield "an entry of 422 with a type that is no word"


def _media_type(reply):
    return reply.headers.get("Content-Type", "").split(";")[0].strip()


def _document_faults(name, path, reply):
    its = document(name)
    template = its.path_of(path)
    method = "GET" if reply.method == "HEAD" else reply.method
    if reply.method == "OPTIONS":
        return
    if template is None:
        # Nothing is there; 401 would tell strangers which paths exist, 200 would be undeclared.
        pages = PAGES if name == NATIVE else DIALECT_PAGES
        if not pages.match(path) and reply.status not in FRONT_STATUSES:
            yield "an answer of a path that the document does not have"
        return
    if (method, template) not in its.operations:
        if reply.status not in FRONT_STATUSES or reply.status == 404:
            yield "an answer to a method that the document does not have"
        return
    response = its.response(method, template, reply.status)
    if response is None and reply.status in FRONT_STATUSES:
        response = its.response(method, template, "default")
    if response is None:
        yield "a status that the document does not declare"
        return
    _note(name, method, template, reply.status)
    if reply.method != "HEAD":
        yield from _content_faults(its, response, reply)


def _content_faults(its, response, reply):
    content = response.get("content", {})
    media_type = _media_type(reply)
    if not content:
        if reply.body:
            yield "a body where the document has none"
        return
    declared_types = {name.split(";")[0]: entry for name, entry in content.items()}
    if media_type not in declared_types:
        yield f"media type {media_type!r} where the document has {list(content)}"
        return
    schema = declared_types[media_type].get("schema")
    if schema is not None and media_type.endswith("json"):
        try:
            value = json.loads(reply.body)
        except ValueError:
            yield "a body that is not JSON"
            return
        for fault in its.faults(schema, value):
            yield f"the body does not fit its schema: {fault}"


def _note(name, method, template, status):
    folder = os.environ.get("LATCHKEY_RECORD_DIR")
    if not folder:
        return
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    line = json.dumps({"set": name, "method": method, "path": template, "status": status})
    with _lock, open(Path(folder) / f"{worker}-{os.getpid()}.jsonl", "a", encoding="utf-8") as file:
        file.write(line + "\n")


# --- the other way round --------------------------------------------------------------------------


def declared():
    """Every (set, method, path, status) of the documents."""
    for name in (NATIVE, *dialects()):
        for (method, path), operation in document(name).operations.items():
            for status in operation["responses"]:
                if status != "default":
                    yield (name, method, path, int(status))


def check(folder):
    """Prints what was never seen; the exit status."""
    seen = set()
    for file in sorted(Path(folder).glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            seen.add((row["set"], row["method"], row["path"], row["status"]))
    wanted = set(declared())
    missing = sorted(wanted - seen - set(NOT_PROVOKED))
    for row in missing:
        print("never seen: %s: %s %s %d" % row)
    for row in sorted(set(NOT_PROVOKED) - seen):
        print("not seen, and need not be: %s: %s %s %d" % row + f": {NOT_PROVOKED[row]}")
    for row in sorted(set(NOT_PROVOKED) - wanted):
        print("on the list of what cannot be provoked, but not declared: %s: %s %s %d" % row)
    print(f"{len(wanted & seen)} of {len(wanted)} declared answers were seen")
    return 1 if missing or set(NOT_PROVOKED) - wanted or not seen else 0


def main():
    if len(sys.argv) != 3 or sys.argv[1] != "check":
        print("usage: recorder.py check DIR", file=sys.stderr)
        return 2
    return check(sys.argv[2])


if __name__ == "__main__":
    sys.exit(main())
