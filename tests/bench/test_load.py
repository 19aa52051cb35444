"""The load: what it sends, how it reads answers, what it counts."""

import itertools
import json
import socket
import subprocess
import threading
import time
from contextlib import contextmanager

import pytest
from load import Load, Request, post
from processes import Broken

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
STALL_S = 0.4


class Server:
    """Answers each request with what a function makes of its head and body."""

    def __init__(self, answer):
        self.answer = answer
        self.seen = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.accept)
        self.thread.start()

    def accept(self):
        threads = []
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                break
            threads.append(threading.Thread(target=self.serve, args=(connection,)))
            threads[-1].start()
        for thread in threads:
            thread.join()

    def serve(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection, connection.makefile("rb") as file:
            while request := self.read(file):
                self.seen.append(request)
                pieces = self.answer(*request)
                if pieces is None:
                    return
                for piece in [pieces] if isinstance(pieces, bytes) else pieces:
                    connection.sendall(piece)

    @staticmethod
    def read(file):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = file.readline()
            if not line:
                return None
            head += line
        headers = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
        return head, file.read(int(headers.get(b"Content-Length", 0)))

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()


@contextmanager
def serving(answer):
    server = Server(answer)
    try:
        yield server
    finally:
        server.close()


def run(program, server, folder, requests, connections=2, seconds=0.2, chain=None, **more):
    load = Load(program, server.address, folder, requests, chain)
    return load.run(connections, seconds, None, **more)


def test_requests_are_sent_in_turn(load_program, tmp_path):
    requests = [Request("GET", "/a", (("X-Test", "1"),)), post("/b", {"c": 1})]
    with serving(lambda *_: PLAIN) as server:
        result = run(load_program, server, tmp_path, requests, connections=1)
    assert result["requests"] == len(server.seen) > 1
    assert result["unanswered"] == result["refused"] == 0
    assert result["rate"] > 0
    host = f"Host: {server.address}\r\n".encode()
    assert server.seen[0] == (b"GET /a HTTP/1.1\r\n" + host + b"X-Test: 1\r\n\r\n", b"")
    assert server.seen[1][0].startswith(b"POST /b HTTP/1.1\r\n" + host)
    assert b"Content-Type: application/json\r\nContent-Length: 8\r\n\r\n" in server.seen[1][0]
    assert server.seen[1][1] == b'{"c": 1}'
    assert len({head for head, _ in server.seen[::2]}) == 1


ANSWERS = {
    "in one piece": PLAIN,
    "byte by byte": [bytes([byte]) for byte in PLAIN],
    "small letters": b"HTTP/1.1 200 OK\r\ncontent-length:2\r\n\r\n{}",
    "without a body": b"HTTP/1.1 204 No Content\r\n\r\n",
    "in chunks": CHUNKED + b"1\r\n{\r\n1;x=y\r\n}\r\n0\r\n\r\n",
    "in chunks, byte by byte": [
        bytes([byte]) for byte in CHUNKED + b"A\r\n0123456789\r\n0\r\n\r\n"
    ],
}


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_end_where_their_framing_says(load_program, tmp_path, name):
    with serving(lambda *_: ANSWERS[name]) as server:
        result = run(load_program, server, tmp_path, [Request("GET", "/")])
    assert result["requests"] == len(server.seen) > 2
    assert result["reconnects"] == 0


def test_a_server_may_close_after_an_answer(load_program, tmp_path):
    answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    with serving(lambda *_: answer) as server:
        result = run(load_program, server, tmp_path, [Request("GET", "/")])
    assert result["requests"] == result["reconnects"] == len(server.seen) > 2


FAILURES = {
    "a refusal": (b"HTTP/1.1 503 Busy\r\nContent-Length: 3\r\n\r\nno!", "503 Busy"),
    "no HTTP": (b"hello\r\n\r\n", "hello"),
    "no length": (b"HTTP/1.1 200 OK\r\n\r\n", "200 OK"),
    "more than one answer": (PLAIN + PLAIN, "200 OK"),
    "no answer": (None, "connection closed"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_what_is_no_success_breaks_a_run(load_program, tmp_path, name):
    answer, words = FAILURES[name]
    with serving(lambda *_: answer) as server:
        with pytest.raises(Broken, match=words):
            run(load_program, server, tmp_path, [Request("GET", "/")])


@pytest.mark.parametrize("kind", ["json", "form"])
def test_a_chain_uses_each_token_once_even_over_runs(load_program, tmp_path, kind):
    """Each connection puts what it was given last into its next request."""
    good, lock, numbers = {"first-0", "first-1"}, threading.Lock(), itertools.count()

    def answer(_head, body):
        text = body.decode()
        form = text.partition("token=")[2].partition("&")[0]
        token = json.loads(text)["token"] if kind == "json" else form
        with lock:
            if token not in good:
                return b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"
            good.remove(token)
            new = f"token-{next(numbers)}"
            good.add(new)
        reply = json.dumps({"other": 1, "token": new}).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(reply) + reply

    bodies = [post("/", {"a": 1, "token": f"first-{n}"}) for n in range(2)]
    if kind == "form":
        bodies = [Request("POST", "/", (), f"a=1&token=first-{n}&b=2") for n in range(2)]
    with serving(answer) as server:
        load = Load(load_program, server.address, tmp_path, bodies, chain="token")
        results = [load.run(2, 0.1, None) for _ in range(2)]
    assert sum(result["requests"] for result in results) == len(server.seen) > 4


def test_members_of_answers_can_be_kept(load_program, tmp_path):
    answer = b'HTTP/1.1 200 OK\r\nContent-Length: 24\r\n\r\n{"x": 1, "token": "abc"}'
    with serving(lambda *_: answer) as server:
        result = run(load_program, server, tmp_path, [Request("GET", "/")],
                     keep=("token", tmp_path / "kept"))  # fmt: skip
    assert (tmp_path / "kept").read_text() == "abc\n" * result["requests"]


def test_at_a_rate_requests_wait_from_when_they_are_due(load_program, tmp_path):
    """One stall at the beginning: as fast as it goes that is one slow answer, at a rate every one
    due meanwhile has waited. The bounds are lower ones: a slow machine only waits longer."""

    def stall_first():
        first = [True]

        def answer(*_):
            if first:
                first.clear()
                time.sleep(STALL_S)  # the subject, not a wait for something
            return PLAIN

        return answer

    with serving(stall_first()) as server:
        seen = run(load_program, server, tmp_path, [Request("GET", "/")], connections=1,
                   seconds=2 * STALL_S, rate=100)  # fmt: skip
    assert seen["requests"] == len(server.seen) == 80
    assert seen["max_ms"] >= 1000 * STALL_S
    # Of the 80 due in 0.8 s 40 waited, from 400 ms down to 10 ms: the eighth of them 330 ms.
    assert seen["p90_ms"] >= 320
    with serving(stall_first()) as server:
        seen = run(load_program, server, tmp_path, [Request("GET", "/")], connections=1,
                   seconds=2 * STALL_S)  # fmt: skip
    assert seen["max_ms"] >= 1000 * STALL_S
    assert seen["p50_ms"] < seen["max_ms"]


@pytest.mark.parametrize("words", [[], ["--to", "127.0.0.1:1"], ["--nonsense"]])
def test_wrong_use(load_program, tmp_path, words):
    done = subprocess.run([load_program, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr
