"""A command on a terminal of its own, and a person who answers its questions."""

import os
import select
import subprocess

from process import BINARY, COMMAND_S, environment_of


class Terminal:
    """`latchkey WORDS` with a pseudo-terminal as its standard streams and controlling terminal."""

    def __init__(self, folder, *words):
        self._ours, its_side = os.openpty()
        self.seen = b""
        self._asked = 0  # so much of what was seen belongs to questions that are answered
        self._process = subprocess.Popen(
            ["setsid", "--ctty", BINARY, *words],
            cwd=folder,
            env=environment_of({}),
            stdin=its_side,
            stdout=its_side,
            stderr=its_side,
        )
        os.close(its_side)

    def answer(self, question, text):
        """Waits for the question, then types the text and Enter."""
        wanted = question.encode()
        while wanted not in self.seen[self._asked :]:
            assert self._read(), f"{question!r} was not asked; there is {self.seen!r}"
        self._asked = len(self.seen)
        os.write(self._ours, text.encode() + b"\n")

    def hang_up(self):
        """Ctrl+D: the end of input."""
        os.write(self._ours, b"\x04")

    def end(self, status=0):
        """Waits for the end; all that was on the screen."""
        while self._read():
            pass
        os.close(self._ours)
        assert self._process.wait(COMMAND_S) == status, self.seen
        return self.seen.decode()

    def _read(self):
        """False when the other side is gone."""
        ready, _, _ = select.select([self._ours], [], [], COMMAND_S)
        assert ready, f"the terminal stays silent; there is {self.seen!r}"
        try:
            chunk = os.read(self._ours, 1024)
        except OSError:
            return False  # so a terminal says it
        self.seen += chunk
        return bool(chunk)
