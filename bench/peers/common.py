"""What the peers share: processes, requests to prepare them, what is asked of them."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from measure import NotThere
from processes import Broken, memory_kib, pinned, settle

START_S = 420  # Keycloak on a busy machine
STOP_S = 20
REST_S = 2
ANSWER_S = 120


@dataclass(frozen=True)
class Asked:
    """What a load sends for one path; chain: the member of an answer that the next request has."""

    requests: list
    chain: str = None


@dataclass
class Running:
    """A server that answers."""

    pid: int
    address: str
    folder: Path
    started_s: float  # from spawning to the first answer
    secrets: dict = field(default_factory=dict)  # what a peer remembers between fill and loads

    def rest(self):
        """Waits until it has nothing left to do; not for ever: some never rest."""
        with contextlib.suppress(Broken):
            settle(self.pid, REST_S)


def environment(**more):
    """Little more than a path: nothing of the caller's settings may reach a peer."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, **{name: str(value) for name, value in more.items()}}


def run(command, folder, failure, text_in="", env=None):
    """Runs a step of an installation and returns what it prints; NotThere with the failure when it
    does not work."""
    try:
        done = subprocess.run([str(word) for word in command], cwd=folder, input=text_in, env=env,
                              capture_output=True, text=True, check=False)  # fmt: skip
    except FileNotFoundError as error:
        raise NotThere(f"{command[0]} is not there") from error
    if done.returncode != 0:
        raise NotThere(failure)
    return done.stdout


def installed(home, version):
    """Whether this version is complete in its folder."""
    mark = home / "installed"
    return mark.exists() and mark.read_text() == version


def mark_installed(home, version):
    (home / "installed").write_text(version)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(address, method, path, body=None, headers=(), good=(200, 201, 204)):
    """One request, JSON unless body is a text; the answer's headers and its decoded body."""
    connection = http.client.HTTPConnection(address, timeout=ANSWER_S)
    sent = dict(headers)
    if body is not None and not isinstance(body, str):
        body = json.dumps(body)
        sent.setdefault("Content-Type", "application/json")
    try:
        connection.request(method, path, body, sent)
        reply = connection.getresponse()
        text = reply.read().decode()
    finally:
        connection.close()
    if reply.status not in good:
        raise Broken(f"{method} {path}: {reply.status} {text[:300]}")
    with contextlib.suppress(ValueError):
        return reply.headers, json.loads(text)
    return reply.headers, text


def wait_answering(process, address, path, log):
    """Waits for the first answer of any kind."""
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(address, timeout=ANSWER_S)
            connection.request("GET", path)
            connection.getresponse().read()
            connection.close()
            return
        time.sleep(0.005)
    raise Broken(f"it did not start: {log.read_text(errors='replace')[-1000:]}")


def group_members(group):
    """The processes of a group."""
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(fields[2]) == group:
                yield int(entry.name)


def serving_process(group):
    """The one that serves, where a script starts it: it has the most memory."""
    return max(group_members(group), key=memory_kib)


def end_group(process):
    """Ends a server and whatever it started itself."""
    for sign, patience_s in ((signal.SIGTERM, STOP_S), (signal.SIGKILL, STOP_S)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience_s)
            return


@contextlib.contextmanager
def spawned(command, folder, cpu, address, path="/", more=()):
    """A server for the length of a block, in a process group of its own; more: environment."""
    log = folder / "server.log"
    begun = time.monotonic()
    with open(log, "wb") as file:
        process = subprocess.Popen(
            pinned(cpu, command), cwd=folder, env=environment(**dict(more)),
            stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True,
        )  # fmt: skip
    try:
        wait_answering(process, address, path, log)
        started_s = time.monotonic() - begun
        yield Running(serving_process(process.pid), address, folder, started_s)
    finally:
        end_group(process)
