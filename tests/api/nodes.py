"""Several processes on one database: three of them, people who come to any of them, and how long
one takes to learn what another did."""

import http.client
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from client import Client
from waiting import PATIENCE

COUNT = 3
PROBE_S = 0.005
LOAD_PAUSE_S = 0.02  # each client of a load; the log of each request is searched for each secret
HANG_S = 30 * PATIENCE  # no measure: a test that waits so long has failed
OPTIONS = {"HASH_WORKERS": 2, "STORE_WORKERS": 4, "IO_THREADS": 2}
LOST = (OSError, http.client.HTTPException)


def rounds(usual, long):
    """How often something is tried: LATCHKEY_TEST_LONG=1 asks for the higher number."""
    return long if os.environ.get("LATCHKEY_TEST_LONG") == "1" else usual


def start_nodes(start, options=None, admin=False, count=COUNT, **more):
    """So many processes on a database of their own, one after the other."""
    settings = {**OPTIONS, **(options or {})}
    first = start(options=settings, admin=admin, **more)
    return [first] + [start.second(first, **settings) for _ in range(count - 1)]


class Person:
    """Somebody whose requests go to any node, as a load balancer sends them. For one thread."""

    def __init__(self, nodes):
        self.clients = [Client(node) for node in nodes]
        self.grant = None

    def at(self, index):
        """Their client at that node, with the tokens they have now."""
        client = self.clients[index % len(self.clients)]
        return client.take(self.grant) if self.grant else client

    def signup(self, index=0):
        self.grant = self.grant_of(self.at(index).signup())
        return self

    def login(self, username, password, index=0):
        self.grant = self.grant_of(self.at(index).login(username, password))
        return self

    def refresh(self, index):
        self.grant = self.at(index).try_refresh().expect(200).json()

    def try_everywhere(self, ask, first=0):
        """ask(client) at one node after the other until one answers; the connection to a dead one
        breaks. The answer, and the node it is of."""
        for index in range(first, first + len(self.clients)):
            try:
                return ask(self.at(index)), index % len(self.clients)
            except LOST:
                continue
        raise AssertionError("no node answers")

    @property
    def token(self):
        return self.grant["access_token"]

    @property
    def user(self):
        return self.grant["user"]

    def close(self):
        for client in self.clients:
            client.close()

    @staticmethod
    def grant_of(client):
        return {
            "access_token": client.token,
            "refresh_token": client.refresh_token,
            "user": client.user,
        }


def lag_of(act, probes):
    """How long others went on as before after act() had returned, in seconds.

    A probe asks one node, and is true while that node knows nothing of the act. Each has to be true
    before it, and false some time after; a request counts by when it was sent, so that a slow test
    machine makes the measure coarse, never the node late.
    """
    ready = threading.Barrier(len(probes) + 1)
    give_up = threading.Event()

    def watch(probe):
        pause, deadline = threading.Event(), time.monotonic() + HANG_S
        assert probe(), "a node is not as it should be before the act"
        ready.wait(HANG_S)
        last_s = 0.0
        while not give_up.is_set():
            sent_s = time.monotonic()
            if not probe():
                return last_s
            last_s = sent_s
            assert sent_s < deadline, "a node never learns of it"
            pause.wait(PROBE_S)
        return last_s

    with ThreadPoolExecutor(max_workers=len(probes)) as pool:
        watches = [pool.submit(watch, probe) for probe in probes]
        try:
            ready.wait(HANG_S)
            act()
        except BaseException:
            give_up.set()
            raise
        done_s = time.monotonic()
        return max([0.0] + [each.result() - done_s for each in watches])


class Load:
    """Threads that do work(index) again and again, from `with` to its end; what goes wrong in one
    of them is raised there. counts: how often each came through."""

    def __init__(self, threads, work):
        self.counts = [0] * threads
        self._work = work
        self._over = threading.Event()
        self._pool = ThreadPoolExecutor(max_workers=threads)
        self._futures = []

    def __enter__(self):
        self._futures = [self._pool.submit(self._go_on, i) for i in range(len(self.counts))]
        return self

    def _go_on(self, index):
        while not self._over.is_set():
            self._work(index)
            self.counts[index] += 1
            self._over.wait(LOAD_PAUSE_S)

    def check(self):
        """Raises what went wrong in a thread, if something did."""
        for future in self._futures:
            if future.done() and future.exception() is not None:
                raise future.exception()

    def more(self, times, within=HANG_S):
        """Waits until every thread came through so many times more."""
        wanted = [count + times for count in self.counts]
        pause, deadline = threading.Event(), time.monotonic() + within
        while any(count < goal for count, goal in zip(self.counts, wanted)):
            self.check()
            assert time.monotonic() < deadline, f"{self.counts} of {wanted}"
            pause.wait(0.02)

    def __exit__(self, kind, error, trace):
        self._over.set()
        self._pool.shutdown()
        if kind is None:
            self.check()
