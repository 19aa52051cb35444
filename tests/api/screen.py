"""A command whose standard error is a terminal, as somebody watches it."""

import os
import re
import select
import subprocess
import time

from process import BINARY, COMMAND_S, environment_of


class Screen:
    """Starts it; what it writes on the terminal is in `screen`, its output is in `output`."""

    def __init__(self, *arguments, folder, environment=None):
        self._ours, theirs = os.openpty()
        self.screen = ""
        self.output = ""
        self.process = subprocess.Popen(
            [BINARY, *map(str, arguments)],
            cwd=folder,
            env=environment_of(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=theirs,
        )
        os.close(theirs)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        os.close(self._ours)

    def _read(self, wait_s):
        """False when the other side is closed."""
        if not select.select([self._ours], [], [], wait_s)[0]:
            return True
        try:
            chunk = os.read(self._ours, 65536)
        except OSError:
            return False
        self.screen += chunk.decode()
        return bool(chunk)

    def wait_for(self, pattern, within=COMMAND_S):
        """Reads until that has stood on the screen; False when the command ended before."""
        deadline = time.monotonic() + within
        while not re.search(pattern, self.screen):
            assert time.monotonic() < deadline, self.screen
            if not self._read(0.1):
                return bool(re.search(pattern, self.screen))
        return True

    def kill(self):
        self.process.kill()
        self.process.wait()

    def finish(self, within=COMMAND_S):
        """Waits for the end; the exit status."""
        deadline = time.monotonic() + within
        while self._read(0.1):
            assert time.monotonic() < deadline, self.screen
        status = self.process.wait(within)
        self.output = self.process.stdout.read().decode()
        return status
