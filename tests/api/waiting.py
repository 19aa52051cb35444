"""Waiting for something to become true: never for a fixed time."""

import os
import threading
import time

SANITIZED = any(name in os.environ for name in ("ASAN_OPTIONS", "TSAN_OPTIONS"))
# How much slower all may be because the machine does other things too: `tests/run` says so when parts
# run side by side. By hand, and with `tests/run -j 1`, bounds are as they are written.
BUSY = float(os.environ.get("LATCHKEY_TEST_BUSY") or 1)
# Sanitizers slow the server down; a deadline of a test is a bound for hanging, not a measure.
PATIENCE = (8 if SANITIZED else 1) * BUSY
# DESIGN 3: what one node acknowledged acts on the others within a second.
NODE_BOUND_S = (2.0 if SANITIZED else 1.0) * BUSY
POLL_S = 0.02


def eventually(check, within=5.0 * PATIENCE, why=""):
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
