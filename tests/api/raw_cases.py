"""Requests as bytes, for the strictness checks H01 to H04 and H07 to H09 of the security checklist.

CASES is a table that any client can walk; run() carries out one row. As a program it walks the
table against a running server: python3 tests/api/raw_cases.py HOST:PORT [SECONDS], SECONDS being
longer than the server's longest deadline (default 24). Rows use only paths that every build serves:
/health/live (open, GET) and /v1/auth/login (open, POST).
"""
import re
import socket
import sys
import time
from typing import NamedTuple

BODY_LIMIT = 64 * 1024  # MAX_BODY_BYTES of the server under test
REFUSED = frozenset({400})
HOST = b"Host: localhost\r\n"


class Case(NamedTuple):
    name: str
    check: str  # the checklist's row
    data: bytes
    statuses: frozenset  # of the first answer
    close: bool = True  # the server must end the connection
    answers: int = 1  # complete answers there must be, exactly
    head: bool = False  # answers come without body
    half_close: bool = False  # the client shuts its sending side down after data


class Answer(NamedTuple):
    status: int
    headers: dict
    body: bytes


def get(target=b"/health/live", headers=b"", version=b"HTTP/1.1", method=b"GET", host=HOST):
    return method + b" " + target + b" " + version + b"\r\n" + host + headers + b"\r\n"


def post(headers, body=b"", host=HOST):
    headers = b"Content-Type: application/json\r\n" + headers
    return get(b"/v1/auth/login", headers, method=b"POST", host=host) + body


def case(name, check, data, *statuses, **more):
    return Case(name, check, data, frozenset(statuses) if statuses else REFUSED, **more)


HIDDEN = get(headers=b"X-Hidden: 1\r\n")
CHUNKED = b"Transfer-Encoding: chunked\r\n"
# What a log-in with an empty object may answer: its content is refused, its bytes were fine.
CONTENT = (200, 400, 401, 415, 422, 429, 503)

FRAMING = [
    case("length-twice", "H01",
         post(b"Content-Length: 2\r\nContent-Length: 2\r\n", b"{}" + HIDDEN)),
    case("length-twice-different", "H01",
         post(b"Content-Length: 2\r\nContent-Length: 50\r\n", b"{}" + HIDDEN)),
    case("length-list", "H01", post(b"Content-Length: 2, 2\r\n", b"{}" + HIDDEN)),
    case("length-and-chunked", "H01",
         post(b"Content-Length: 5\r\n" + CHUNKED, b"0\r\n\r\n" + HIDDEN)),
    case("chunked-and-length", "H01",
         post(CHUNKED + b"Content-Length: 5\r\n", b"0\r\n\r\n" + HIDDEN)),
    case("coding-twice", "H01", post(CHUNKED + CHUNKED, b"0\r\n\r\n" + HIDDEN)),
    case("coding-xchunked", "H01", post(b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n" + HIDDEN)),
    case("coding-gzip-chunked", "H01",
         post(b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n" + HIDDEN)),
    case("coding-chunked-identity", "H01",
         post(b"Transfer-Encoding: chunked, identity\r\n", b"0\r\n\r\n" + HIDDEN)),
    case("coding-identity", "H01", post(b"Transfer-Encoding: identity\r\n", HIDDEN)),
    case("coding-empty", "H01", post(b"Transfer-Encoding:\r\n", HIDDEN)),
    case("coding-tab", "H01", post(b"Transfer-Encoding: \x0bchunked\r\n", b"0\r\n\r\n" + HIDDEN)),
    case("coding-tab-after", "H01",
         post(b"Transfer-Encoding: chunked\t\r\n", b"0\r\n\r\n" + HIDDEN)),
    case("coding-tab-after-upgrade", "H01",
         post(b"Transfer-Encoding: chunked\t\r\nConnection: upgrade\r\nUpgrade: x\r\n", HIDDEN)),
    case("coding-space-tab-upgrade", "H01",
         post(b"Transfer-Encoding: chunked \t\r\nConnection: upgrade\r\nUpgrade: x\r\n", HIDDEN)),
    case("upgrade-with-chunks", "H01",
         post(CHUNKED + b"Connection: upgrade\r\nUpgrade: x\r\n", b"2\r\n{}\r\n0\r\n\r\n"),
         *CONTENT, close=False),
    case("coding-in-1.0", "H01",
         get(b"/v1/auth/login", CHUNKED, b"HTTP/1.0", b"POST") + b"0\r\n\r\n" + HIDDEN),
    case("length-plus", "H01", post(b"Content-Length: +2\r\n", b"{}")),
    case("length-minus", "H01", post(b"Content-Length: -1\r\n", b"{}")),
    case("length-hex", "H01", post(b"Content-Length: 0x2\r\n", b"{}")),
    case("length-empty", "H01", post(b"Content-Length:\r\n", b"{}")),
    case("chunk-size-bad", "H01", post(CHUNKED, b"zz\r\n{}\r\n0\r\n\r\n" + HIDDEN), 400),
    case("chunk-size-negative", "H01",
         post(CHUNKED, b"-1\r\n{}\r\n0\r\n\r\n" + HIDDEN), 400),
    case("chunk-without-end", "H01", post(CHUNKED, b"2\r\n{}XX0\r\n\r\n" + HIDDEN), 400),
    case("chunked-good", "H01", post(CHUNKED, b"2\r\n{}\r\n0\r\n\r\n"), *CONTENT, close=False),
    case("chunked-upper-case", "H01",
         post(b"Transfer-Encoding: CHUNKED\r\n", b"2\r\n{}\r\n0\r\n\r\n"), *CONTENT,
         close=False),
    case("length-good", "H01", post(b"Content-Length: 2\r\n", b"{}"), *CONTENT, close=False),
]

SYNTAX = [
    case("space-before-colon", "H02", get(headers=b"X-A : b\r\n")),
    case("control-in-name", "H02", get(headers=b"X-\x01A: b\r\n")),
    case("space-in-name", "H02", get(headers=b"X A: b\r\n")),
    case("control-in-value", "H02", get(headers=b"X-A: b\x01c\r\n")),
    case("delete-in-value", "H02", get(headers=b"X-A: b\x7fc\r\n")),
    case("control-in-method", "H02", get(method=b"G\x01T")),
    case("bare-cr-in-value", "H02", get(headers=b"X-A: b\rX-B: c\r\n")),
    case("no-colon", "H02", get(headers=b"X-A\r\n"), 400),
    case("version-1.9", "H02", get(version=b"HTTP/1.9")),
    case("version-2.0", "H02", get(version=b"HTTP/2.0"), 505, 400),
    case("version-none", "H02", b"GET /health/live\r\n\r\n", 400, 505),
    case("version-junk", "H02", get(version=b"HTTQ/1.1"), 400, 505),
    case("preface-h2", "H02", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, 400),
    case("tls-hello", "H02",
         b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, 505),
    case("authorization-twice", "H02",
         get(headers=b"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n")),
    case("content-type-twice", "H02",
         post(b"Content-Type: text/plain\r\nContent-Length: 2\r\n", b"{}")),
    case("headers-101", "H02", get(headers=b"".join(b"X-%d: a\r\n" % i for i in range(100))), 431),
    case("headers-2000", "H02",
         get(headers=b"".join(b"X-%d: a\r\n" % i for i in range(2000))), 431),
    case("header-64k", "H02", get(headers=b"X-A: " + b"a" * 65536 + b"\r\n"), 431),
    case("header-64k-in-parts", "H02",
         get(headers=b"".join(b"X-%d: %s\r\n" % (i, b"a" * 1000) for i in range(64))), 431),
    case("token-8k-target-8k", "H02",
         get(b"/health/live?" + b"a" * 8000, b"X-A: " + b"a" * 8192 + b"\r\n"), 200, close=False),
    case("cookies-8k", "H02",
         get(headers=b"Cookie: " + b"; ".join(b"c%02d=%s" % (i, b"a" * 156) for i in range(50))
             + b"\r\n"), 200, close=False),
    case("cookies-2000", "H02",
         get(headers=b"Cookie: " + b"; ".join(b"c%d=1" % i for i in range(2000)) + b"\r\n"),
         200, close=False),
    case("nul-in-name", "H02", get(headers=b"X-\x00A: b\r\n"), 400),
    case("nul-in-value", "H02", get(headers=b"X-A: b\x00c\r\n")),
    case("bare-lf", "H02", b"GET /health/live HTTP/1.1\nHost: localhost\n\n"),
    case("obs-fold", "H02", get(headers=b"X-A: b\r\n c\r\n")),
    case("obs-fold-last", "H02", b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n c\r\n\r\n"),
    case("bare-lf-once", "H02", b"GET /health/live HTTP/1.1\r\nHost: localhost\nX-A: b\r\n\r\n"),
    case("bare-lf-last", "H02", b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\n"),
    case("nul-in-method", "H02", get(method=b"GE\x00T")),
    case("empty-name", "H02", get(headers=b": b\r\n")),
    case("empty-name-hides-request", "H02", get(headers=b": b\r\n" + HIDDEN)),
    case("two-spaces", "H02",
         b"GET  /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    case("two-spaces-after", "H02",
         b"GET /health/live  HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    case("other-protocol", "H02", b"SETUP /health/live RTSP/1.0\r\nHost: localhost\r\n\r\n"),
    case("white-space-good", "H02",
         get(headers=b"X-A:b\r\nX-B: \t c \t\r\nX-C:\r\nX-D: \r\nX-E:\r\n"), 200, close=False),
    case("bare-lf-before", "H02", b"\n\n" + get()),
    case("bare-cr-before", "H02", b"\r\r" + get()),
    case("empty-lines-before", "H02", b"\r\n\r\n" + get(), 200, close=False),
    case("pipeline-with-bodies", "H09",
         post(b"Content-Length: 2\r\n", b"{}") * 5 + get(), *CONTENT, answers=6,
         close=False),
]

TARGETS = [
    case("host-none", "H03", get(host=b"")),
    case("host-none-1.0", "H03", get(host=b"", version=b"HTTP/1.0"), 200),
    case("host-twice", "H03", get(headers=b"Host: localhost\r\n")),
    case("host-twice-different", "H03", get(headers=b"Host: evil.example\r\n")),
    case("host-empty", "H03", get(host=b"Host:\r\n")),
    case("host-user", "H03", get(host=b"Host: me@localhost\r\n")),
    case("host-path", "H03", get(host=b"Host: localhost/x\r\n")),
    case("host-space", "H03", get(host=b"Host: local host\r\n")),
    case("absolute-foreign", "H03", get(b"http://evil.example/health/live")),
    case("absolute-own", "H03", get(b"http://localhost/health/live"), 200, close=False),
    case("absolute-user", "H03", get(b"http://localhost@evil.example/health/live")),
    case("absolute-ftp", "H03", get(b"ftp://localhost/health/live")),
    case("star", "H03", get(b"*")),
    case("star-options", "H03", get(b"*", method=b"OPTIONS"), 200, 204, head=True, close=False),
    case("authority-form", "H03", get(b"localhost:80")),
    case("relative", "H03", get(b"health/live")),
    case("nul-escaped", "H03", get(b"/health/live%00b")),
    case("nul-raw", "H03", get(b"/health/live\x00b"), 400),
    case("nul-in-query", "H03", get(b"/health/live?a=%00")),
    case("dots", "H03", get(b"/health/../health/live")),
    case("dots-escaped", "H03", get(b"/health/%2e%2E/health/live")),
    case("dots-slash-escaped", "H03", get(b"/health/..%2fhealth/live")),
    case("dot", "H03", get(b"/health/./live")),
    case("dot-at-end", "H03", get(b"/health/live/.")),
    case("slashes", "H03", get(b"//health/live")),
    case("slashes-inside", "H03", get(b"/health//live")),
    case("backslash", "H03", get(b"/health\\live")),
    case("backslash-escaped", "H03", get(b"/health%5clive")),
    case("fragment", "H03", get(b"/health/live#a")),
    case("semicolon", "H03", get(b"/health/live;x"), 404, close=False),
    case("escape-bad", "H03", get(b"/health/live%zz")),
    case("escape-short", "H03", get(b"/health/live?a=%4")),
    case("escape-of-letter", "H03", get(b"/health/liv%65"), 404, 400, close=False),
    case("space", "H03", get(b"/health/li ve")),
    case("tab", "H03", get(b"/health/li\tve")),
    case("octet-80", "H03", get(b"/health/live?a=\x80")),
    case("trailing-slash", "H03", get(b"/health/live/"), 200, close=False),
    case("target-9k", "H03", get(b"/health/live?" + b"a" * 9000), 414),
    case("target-64k", "H03", get(b"/" + b"a" * 65536), 414),
    case("parameters-500", "H03", get(b"/health/live?" + b"&".join([b"a=1"] * 500))),
    case("parameters-4000", "H03", get(b"/health/live?" + b"&" * 4000)),
    case("parameters-100", "H03",
         get(b"/health/live?" + b"&".join([b"a"] * 100)), 200, 400, 422, close=False),
]

BODIES = [
    case("body-over-length", "H04", post(b"Content-Length: %d\r\n" % (BODY_LIMIT + 1))),
    case("body-over-length-sent", "H04",
         post(b"Content-Length: %d\r\n" % (BODY_LIMIT + 1), b" " * (BODY_LIMIT + 1))),
    case("body-length-2^63", "H04", post(b"Content-Length: 9223372036854775808\r\n")),
    case("body-length-2^64", "H04", post(b"Content-Length: 18446744073709551617\r\n"), 400, 413),
    case("body-over-chunked", "H04",
         post(CHUNKED, b"%x\r\n" % (BODY_LIMIT + 1) + b" " * (BODY_LIMIT + 1) +
                                          b"\r\n0\r\n\r\n")),
    case("body-far-over-chunked", "H04",
         post(CHUNKED, (b"8000\r\n" + b" " * 0x8000 + b"\r\n") * 16)),
    case("body-chunk-2^64", "H04", post(CHUNKED, b"10000000000000001\r\n{}"), 400, 413),
    case("body-at-limit", "H04",
         post(b"Content-Length: %d\r\n" % BODY_LIMIT, b" " * BODY_LIMIT), *CONTENT, close=False),
    case("body-short", "H04", post(b"Content-Length: 50\r\n", b"{}"), 408, 400),
    case("body-short-half-close", "H04",
         post(b"Content-Length: 50\r\n", b"{}"), 400, 408, half_close=True),
    case("body-long", "H04",
         post(b"Content-Length: 2\r\n", b"{}GARBAGE\r\n\r\n"), *CONTENT, answers=2),
    case("header-never-ends", "H05", b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-A: ", 408),
    case("line-never-ends", "H05", b"GET /hea", 408),
]
BODIES = [c._replace(statuses=frozenset({413})) if c.statuses == REFUSED else c for c in BODIES]

METHODS = [
    case("method-lower", "H07", get(method=b"get"), 501, 405, close=False),
    case("method-unknown", "H07", get(method=b"BREW"), 501, 405, close=False),
    case("method-trace", "H07", get(method=b"TRACE"), 405, 501, close=False),
    case("method-connect", "H07", get(b"localhost:80", method=b"CONNECT"), 405, 501),
    case("method-other", "H07", get(method=b"DELETE"), 405, close=False),
    case("head", "H08", get(method=b"HEAD"), 200, head=True, close=False),
    case("options", "H08", get(method=b"OPTIONS"), 200, 204, head=True, close=False),
    case("pipeline-100", "H09", get() * 100, 200, answers=100, close=False),
    case("half-close", "H09", get(), 200, half_close=True, close=False),
    case("expect-unknown", "H09", post(b"Expect: 200-maybe\r\nContent-Length: 2\r\n"), 417),
    case("expect-twice", "H09",
         post(b"Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 2\r\n")),
    case("expect-continue", "H09",
         post(b"Expect: 100-continue\r\nContent-Length: 2\r\n", b"{}"), 100, answers=2,
         close=False),
    case("close-and-keep", "H09",
         get(headers=b"Connection: keep-alive, close\r\n", version=b"HTTP/1.0"), 200),
    case("head-refused", "H08",
         get(headers=b"".join(b"X-%d: a\r\n" % i for i in range(100)), method=b"HEAD"), 431,
         head=True),
    case("close-asked", "H09", get(headers=b"Connection: close\r\n"), 200),
    case("header-injection", "X05",
         get(b"/health/live?a=%0d%0aX-Injected:%201"), 200, 400, 422, close=False),
]

CASES = FRAMING + SYNTAX + TARGETS + BODIES + METHODS


def parse(data, head):
    """The complete answers at the start of data, and what is left."""
    answers = []
    while True:
        end = data.find(b"\r\n\r\n")
        if end < 0:
            return answers, data
        lines = data[:end].decode("latin-1").split("\r\n")
        status = re.match(r"HTTP/1\.[01] (\d{3})", lines[0])
        if status is None:
            return answers, data
        code = int(status.group(1))
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        bodiless = head or code < 200 or code in (204, 304)
        length = 0 if bodiless else int(headers.get("content-length", 0))
        if len(data) < end + 4 + length:
            return answers, data
        answers.append(Answer(code, headers, data[end + 4:end + 4 + length]))
        data = data[end + 4 + length:]


def exchange(address, row, patience_s):
    """Sends the bytes; returns the answers, what followed them, and whether the server closed."""
    with socket.create_connection(address, timeout=patience_s) as peer:
        data = b""
        closed = False
        try:
            peer.sendall(row.data)
            if row.half_close:
                peer.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # refused in mid-upload: what was answered is still to be read
        end = time.monotonic() + patience_s
        while not closed and time.monotonic() < end:
            if not row.close and len(parse(data, row.head)[0]) >= row.answers:
                break
            try:
                part = peer.recv(65536)
                data += part
                closed = part == b""
            except ConnectionError:
                closed = True
            except TimeoutError:
                break
        answers, rest = parse(data, row.head)
        return answers, rest, closed


def verdict(row, answers, rest, closed):
    """None when the row holds, else what is wrong."""
    if not answers:
        return f"no answer, closed={closed}, {rest[:60]!r}"
    first = answers[0]
    if first.status not in row.statuses:
        return f"{first.status} is not one of {sorted(row.statuses)}"
    if row.close and len(answers) > row.answers:
        return f"{len(answers)} answers: something hidden was served"
    if not row.close and len(answers) != row.answers:
        return f"{len(answers)} answers instead of {row.answers}"
    if row.close and not closed:
        return "the connection was left open"
    if "x-request-id" not in first.headers and first.status != 100:
        return "an answer without a request id"
    if first.status >= 400 and "problem+json" not in first.headers["content-type"]:
        return f"{first.headers['content-type']} is no problem document"
    if first.status != 100 and first.headers.get("x-content-type-options") != "nosniff":
        return "an answer without the headers that every answer has"
    return None


def run(address, row, patience_s=24.0):
    """None when the server at (host, port) does what the row says, else what is wrong."""
    return verdict(row, *exchange(address, row, patience_s))


def main():
    host, _, port = sys.argv[1].rpartition(":")
    patience_s = float(sys.argv[2]) if len(sys.argv) > 2 else 24.0
    failed = 0
    for row in CASES:
        answers, rest, closed = exchange((host, int(port)), row, patience_s)
        wrong = verdict(row, answers, rest, closed)
        failed += wrong is not None
        print(f"{'ok  ' if wrong is None else 'FAIL'} {row.check} {row.name:26} "
              f"{answers[0].status if answers else 'none':>4} {wrong or ''}")
    print(f"{len(CASES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
