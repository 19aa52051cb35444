"""bench/load: what it sends, and one run of it."""

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from processes import Broken, pinned

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
LATENCIES = ("p50_ms", "p99_ms")


@dataclass(frozen=True)
class Request:
    """One request as the load sends it; Host and Content-Length are added."""

    method: str
    path: str
    headers: tuple = ()  # pairs
    body: str = ""

    def encoded(self, host):
        """As the load's file has it: both lengths, the head, the body."""
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: {host}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        head = "".join(line + "\r\n" for line in lines).encode()
        body = self.body.encode()
        return b"%d %d\n" % (len(head), len(body)) + head + body


def get(path, token):
    """A GET with a bearer token."""
    return Request("GET", path, (("Authorization", f"Bearer {token}"),))


def post(path, body, headers=()):
    """A POST of JSON."""
    return Request("POST", path, (*JSON.items(), *headers), json.dumps(body))


class Load:
    """Requests for one server, written down once and sent as often as wanted."""

    def __init__(self, program, address, folder, requests, chain=None):
        """chain: the member of an answer that is put into the body of the next request, also of the
        first of the next run."""
        self.program = program
        self.address = address
        self.chain = chain
        self.path = Path(tempfile.mkdtemp(prefix="requests-", dir=folder)) / "requests"
        self.path.write_bytes(b"".join(request.encoded(address) for request in requests))

    def run(self, connections, seconds, cpu, rate=None, keep=None):
        """One run: what the program prints. rate: requests a second that are due, whatever becomes
        of them; None: as many as go. keep: (member, file), of every answer."""
        command = [self.program, "--to", self.address, "--connections", connections,
                   "--seconds", seconds]  # fmt: skip
        command += ["--rate", rate] if rate else []
        command += ["--chain", self.chain, "--tokens", f"{self.path}-tokens"] if self.chain else []
        command += ["--keep", "=".join(map(str, keep))] if keep else []
        done = subprocess.run(pinned(cpu, [*command, self.path]), capture_output=True, text=True,
                              check=False)  # fmt: skip
        return read(done.returncode, done.stdout, done.stderr)


def read(status, text, errors):
    """The line that the load prints; Broken for any answer that is no success."""
    if status not in (0, 1) or not text:
        raise Broken(f"load: {errors.strip() or f'status {status}'}")
    result = json.loads(text)
    if status != 0:
        raise Broken(
            f"load: {result['requests']} answers, {result['refused']} no success, "
            f"{result['unanswered']} missing: {result['error']}"
        )
    return result
