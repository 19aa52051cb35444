"""The processes that are measured: Latchkey and the bare programs. Each ends with its block."""

import contextlib
import json
import os
import re
import resource
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

START_S = 10
SETTLE_S = 15
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
# Nothing of the caller's settings may reach a server that is measured.
ENVIRONMENT = {"PATH": os.environ["PATH"]}


class Broken(Exception):
    """A measurement that cannot be trusted, with the reason."""


def pinned(cpu, command):
    """The command on one CPU, or a list of them as taskset takes it; on any when cpu is None."""
    words = [str(word) for word in command]
    return words if cpu is None else ["taskset", "-c", str(cpu), *words]


def cpu_seconds(pid):
    """The CPU time that a process has used, with all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def known_cpu_seconds(pids):
    """The CPU time of these processes, of this one and of all that it has waited for."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(map(cpu_seconds, pids)) + sum(use.ru_utime + use.ru_stime for use in spent)


def all_cpu_seconds():
    """The CPU time of everything on the machine."""
    user, nice, system = Path("/proc/stat").read_text().split()[1:4]
    return (int(user) + int(nice) + int(system)) / TICKS_PER_S


@dataclass
class Sample:
    """One round of one side."""

    rate: float  # operations a second
    cpu_us: float  # CPU time of the measured process for one operation
    foreign: float  # CPUs that processes of others kept busy meanwhile


def sample(work, pid=None):
    """Runs work(), which returns operations a second; pid: the server that does them, None: work's
    own processes."""
    pids = [pid] if pid else []
    begun, all_used, known = time.monotonic(), all_cpu_seconds(), known_cpu_seconds(pids)
    used = cpu_seconds(pid) if pid else known
    rate = work()
    seconds = time.monotonic() - begun
    used = (cpu_seconds(pid) if pid else known_cpu_seconds(pids)) - used
    foreign = all_cpu_seconds() - all_used - (known_cpu_seconds(pids) - known)
    if rate <= 0:
        raise Broken("not one operation in a round")
    return Sample(rate, 1e6 * used / seconds / rate, max(0, foreign / seconds))


def memory_kib(pid, name="VmRSS"):
    """A line of /proc/PID/status, in KiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"^{name}:\s+(\d+) kB", status, re.MULTILINE).group(1))


def settle(pid, patience_s=SETTLE_S):
    """Waits until the process has used no CPU for a while: what a round left behind is done."""
    end = time.monotonic() + patience_s
    quiet = 0
    used = cpu_seconds(pid)
    while quiet < 3:
        if time.monotonic() > end:
            raise Broken(f"process {pid} does not come to rest")
        time.sleep(0.1)
        now = cpu_seconds(pid)
        quiet = quiet + 1 if now - used < 2 / TICKS_PER_S else 0
        used = now


@contextlib.contextmanager
def ended(process):
    """Ends the process with its block, politely first."""
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(START_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Server:
    """A running `latchkey serve`."""

    def __init__(self, process, log, address, started_s):
        self.pid = process.pid
        self.log = log
        self.address = address
        self.url = f"http://{address}"
        self.started_s = started_s  # from spawning to the line "listening"

    def rest(self):
        """Waits until nothing is left to do, and forgets the log written so far."""
        settle(self.pid)
        os.truncate(self.log, 0)


def listening_address(log, process):
    """Waits for the line that says where the server listens."""
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        for line in log.read_text().splitlines(keepends=True):
            if '"listening"' in line and line.endswith("\n"):
                return json.loads(line)["address"]
        time.sleep(0.001)
    raise Broken(f"the server did not start:\n{log.read_text()}")


def serve_command(binary, database, flags=(), url=None):
    url = url or f"sqlite:{database}"
    return [binary, "serve", "--listen", "127.0.0.1:0", "--database", url, *flags]


@contextlib.contextmanager
def serving(binary, database, cpu=None, flags=(), url=None, more=()):
    """A server on a free port, for the length of a block. url: of another database than that file,
    beside which its log is. more: of its environment, (name, value) each."""
    log = database.with_suffix(".log")
    with open(log, "ab") as file:
        file.truncate(0)
        begun = time.monotonic()
        process = subprocess.Popen(
            pinned(cpu, serve_command(binary, database, flags, url)),
            cwd=database.parent, env=ENVIRONMENT | dict(more), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=file,
        )  # fmt: skip
    with ended(process):
        address = listening_address(log, process)
        yield Server(process, log, address, time.monotonic() - begun)
    if process.returncode != 0:
        raise Broken(f"the server ended with status {process.returncode}")


def seconds_to_listening(binary, database):
    """From spawning a server to its line, read from a pipe so that no polling is in between."""
    begun = time.monotonic()
    process = subprocess.Popen(
        pinned(None, serve_command(binary, database)),
        cwd=database.parent, env=ENVIRONMENT, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    with ended(process):
        for line in process.stderr:
            if b'"listening"' in line:
                return time.monotonic() - begun
    raise Broken("a server ended before it listened")


@dataclass
class BareServer:
    """A bare program that answers."""

    pid: int
    address: str


@contextlib.contextmanager
def bare_http(program, body, cpu, *more):
    """bare_mhd or bare_epoll answering body on a free port, as a BareServer."""
    process = subprocess.Popen(
        pinned(cpu, [program, 0, body, *more]), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with ended(process):
        word, _, port = process.stdout.readline().partition(" ")
        if word != "listening":
            raise Broken(f"{Path(program).name} did not start")
        yield BareServer(process.pid, f"127.0.0.1:{int(port)}")


def bare_rate(command, cpu, more=()):
    """Runs a program that prints "operations N seconds S"; returns operations a second. more: of its
    environment, (name, value) each."""
    done = subprocess.run(pinned(cpu, command), capture_output=True, text=True, check=False,
                          env={**os.environ, **dict(more)})  # fmt: skip
    match = re.fullmatch(r"operations (\d+) seconds ([\d.]+)\n", done.stdout)
    if done.returncode != 0 or not match:
        raise Broken(f"{command[0]}: status {done.returncode} {done.stderr}")
    return int(match.group(1)) / float(match.group(2))
