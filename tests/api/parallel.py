"""Doing things at the same time."""

import threading
from concurrent.futures import ThreadPoolExecutor


def together(count, work):
    """Calls work(index) on as many threads at once; returns the results in order."""
    gate = threading.Barrier(count)

    def begin(index):
        gate.wait(60)
        return work(index)

    with ThreadPoolExecutor(max_workers=count) as pool:
        return list(pool.map(begin, range(count)))
