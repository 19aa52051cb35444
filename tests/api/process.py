"""The real binary as a process: commands that end, and servers on a free port with their log."""

import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import stores
from waiting import PATIENCE, SANITIZED, eventually

ROOT = Path(__file__).resolve().parent.parent.parent
BINARY = os.environ.get("LATCHKEY_BINARY", str(ROOT / "build" / "latchkey"))
HANDED_ON = ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS", "PATH", "HOME", "TZ")
START_S = 30 * PATIENCE
COMMAND_S = 60 * PATIENCE
STOP_S = 12 * PATIENCE
SANITIZER_EXIT = 99
HEAP = 8 if SANITIZED else 1  # how much more memory a sanitizer takes
SANITIZER_MARKS = ("AddressSanitizer", "LeakSanitizer", "ThreadSanitizer", "runtime error:")
# The server goes when the test's process goes, however that ends; no code of ours runs after fork.
LEASH = ["setpriv", "--pdeathsig", "KILL"]


def environment_of(settings):
    """The environment of a process under test: nothing of ours but what it needs."""
    handed_on = {name: os.environ[name] for name in HANDED_ON if name in os.environ}
    return {**handed_on, **(settings or {})}


def run_cli(*arguments, folder, environment=None, stdin="", status=0, timeout_s=COMMAND_S):
    """Runs one command to its end; asserts its exit status unless status is None."""
    done = subprocess.run(
        [BINARY, *map(str, arguments)],
        cwd=folder,
        env=environment_of(environment),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    assert done.returncode != SANITIZER_EXIT, done.stderr
    for mark in SANITIZER_MARKS:
        assert mark not in done.stderr, done.stderr
    if status is not None:
        assert done.returncode == status, f"{arguments}: {done.returncode}\n{done.stderr}"
    return done


class Server:
    """A `latchkey serve` of its own; stop() is where most of its checks are."""

    def __init__(
        self, folder, database=None, options=None, environment=None, flags=(), dialects=(),
        waits=True, within=(),
    ):  # fmt: skip
        """dialects: what `--dialect` is given, each "NAME" or "NAME=/prefix". waits: until it listens;
        else wait_listening() is for the test. within: words before the command, which run it
        elsewhere."""
        self.folder = Path(folder)
        self.database = database or stores.database(self.folder)
        self.settings = {"LATCHKEY_RATE_LIMIT": "off"}
        self.settings.update({f"LATCHKEY_{k}": str(v) for k, v in (options or {}).items()})
        self.settings.update(environment or {})
        self.within = list(within)
        self.flags = list(flags) + [word for mount in dialects for word in ("--dialect", mount)]
        self.mounts = self._find_mounts()  # prefix: name
        self.lines = []
        self.secrets = {stores.secret()} - {""}  # what must never stand in the log
        self.public = set()  # what looks like a secret but a test shows it on purpose
        self.error_records_expected = False
        self.unavailable_expected = False  # 503 is an answer the test wants to see
        self.address = None
        self._asked_to_stop = False
        self._arrived = threading.Condition()
        self._start()
        if waits:
            self.wait_listening()

    # --- starting ---

    def _find_mounts(self):
        """Where which dialect is, from flags, environment or `.env`, as the program ranks them."""
        given = [its for flag, its in zip(self.flags, self.flags[1:]) if flag == "--dialect"]
        listed = self.settings.get("LATCHKEY_DIALECT") or self._dotenv().get("LATCHKEY_DIALECT", "")
        mounts = {}
        for mount in given or filter(None, listed.split(",")):
            name, _, prefix = mount.strip().partition("=")
            mounts[prefix.rstrip("/")] = name
        return mounts

    def _dotenv(self):
        file = self.folder / ".env"
        lines = file.read_text().splitlines() if file.exists() else []
        return dict(line.split("=", 1) for line in lines if "=" in line)

    def _start(self):
        command = [*LEASH, *self.within, BINARY, "serve", "--listen", "127.0.0.1:0"]
        command += ["--database", self.database]
        self.process = subprocess.Popen(
            command + self.flags,
            cwd=self.folder,
            env=environment_of(self.settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()

    def wait_listening(self):
        """Ends it when it does not."""
        try:
            record = self.wait_event("listening", START_S)
        except AssertionError:
            self.process.kill()
            self.process.wait()
            raise
        self.address = record["address"]
        self.host, port = self.address.rsplit(":", 1)
        self.port = int(port)
        self.url = f"http://{self.address}"

    def _read_log(self):
        for raw in self.process.stderr:
            with self._arrived:
                self.lines.append(raw.decode("utf-8", "backslashreplace").rstrip("\n"))
                self._arrived.notify_all()
        with self._arrived:
            self._arrived.notify_all()

    # --- its log ---

    def log_text(self):
        with self._arrived:
            return "\n".join(self.lines)

    def records(self):
        """The records of the log; lines that are not JSON count as {"line": …}."""
        with self._arrived:
            lines = list(self.lines)
        return [_parse(line) for line in lines]

    def wait_record(self, wanted, within=5.0 * PATIENCE, after=0):
        """Waits for the first record for which wanted(record) is true, from line `after` on."""
        deadline = time.monotonic() + within
        seen = after
        with self._arrived:
            while True:
                while seen < len(self.lines):
                    record = _parse(self.lines[seen])
                    seen += 1
                    if wanted(record):
                        return record
                left = deadline - time.monotonic()
                ended = self.process.poll() is not None and not self._reader.is_alive()
                if left <= 0 or ended:
                    tail = "\n".join(self.lines[-20:])
                    raise AssertionError(f"the log has no such record; it ends with\n{tail}")
                self._arrived.wait(min(left, 0.2))

    def wait_event(self, event, within=5.0 * PATIENCE, after=0):
        return self.wait_record(lambda record: record.get("event") == event, within, after)

    # --- its end ---

    def memory_kib(self):
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(text.split("VmRSS:")[1].split()[0])

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def kill(self):
        """An end without warning."""
        self.process.kill()
        self.process.wait()
        self._reader.join(5)

    def signal(self, number=signal.SIGTERM):
        """Asks it to stop. Once: a second signal ends it on the spot."""
        self._asked_to_stop = True
        self.process.send_signal(number)

    def terminate(self, within=STOP_S):
        """SIGTERM unless it was asked already; returns the exit status."""
        if self.process.poll() is None and not self._asked_to_stop:
            self.signal()
        try:
            status = self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the server did not end within {within} s of SIGTERM") from None
        self._reader.join(5)
        return status

    def stop(self):
        """Ends it and checks what must hold for every server."""
        if self.process.poll() == -signal.SIGKILL:
            self._check_log()
            return
        status = self.terminate()
        tail = "\n".join(self.lines[-30:])
        assert status == 0, f"exit status {status}\n{tail}"
        self._check_log()

    def _check_log(self):
        text = self.log_text()
        for mark in SANITIZER_MARKS:
            assert mark not in text, text[text.index(mark) - 200 :][:4000]
        if self.settings.get("LATCHKEY_LOG_FORMAT") != "text":
            self._check_records()
        for secret in self.secrets - self.public:
            forms = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
            if not any(form in text for form in forms):  # as fast as can be: there are thousands
                continue
            leaked = [line for line in self.lines if any(form in line for form in forms)]
            assert not leaked, f"a secret stands in the log: {leaked[:3]}"
        for mark in ("$argon2", "$2b$", "$2a$", "$2y$", "PRIVATE KEY"):
            assert mark not in text, f"{mark} stands in the log"

    def _check_records(self):
        for record in self.records():
            assert "line" not in record, f"not a line of JSON: {record['line']}"
            assert record["time"].endswith("Z"), record
            bad = record["level"] == "error" and not self.error_records_expected
            assert not bad, f"an error record: {record}"


def _parse(line):
    try:
        record = json.loads(line)
    except ValueError:
        return {"line": line}
    return record if isinstance(record, dict) else {"line": line}


def make_user(server, username, password, *flags, email=None, role=None, database=None):
    """`latchkey user create` on the server's database; database: the URL for it, if another."""
    server.secrets.add(password)
    arguments = ["user", "create", "--username", username, "--password-stdin", *flags]
    arguments += ["--email", email] if email else []
    arguments += ["--role", role] if role else []
    arguments += ["--database", database or server.database]
    return run_cli(*arguments, folder=server.folder, stdin=password + "\n")


def cli_user(server, command, key, *flags, status=0, stdin=""):
    """`latchkey user COMMAND KEY` on the server's database."""
    arguments = ["user", command, str(key), *flags, "--database", server.database]
    return run_cli(*arguments, folder=server.folder, stdin=stdin, status=status)


def wait_refused(server, within=5.0 * PATIENCE):
    """Waits until the server's port takes no connection any more."""
    import socket

    def refused():
        try:
            socket.create_connection((server.host, server.port), 1).close()
        except TimeoutError:
            return False
        except OSError:
            return True
        return False

    return eventually(refused, within, "the port still takes connections")
