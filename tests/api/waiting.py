"""Waiting for something to become true: never for a fixed time."""

import threading
import time

POLL_S = 0.02


def eventually(check, within=5.0, why=""):
    """Calls check until it gives something true, and returns that; fails after `within` seconds.

    An AssertionError of check counts as "not yet" and is shown when time is up.
    """
    pause = threading.Event()
    deadline = time.monotonic() + within
    while True:
        try:
            result = check()
            if result:
                return result
            failure = AssertionError(why or f"not true within {within} s")
        except AssertionError as error:
            failure = error
        if time.monotonic() >= deadline:
            raise failure
        pause.wait(POLL_S)
