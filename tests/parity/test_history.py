"""One history of API calls gives equal answers on every store: ids, numbers, tokens and instants
aside, and list order and comparison of Unicode included."""

import json
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

import stores
from history import HASH, PASSWORD, History
from process import Server, make_user, run_cli
from replay import Replay

SEED = int(os.environ.get("LATCHKEY_TEST_SEED", "7"))
CALLS = int(os.environ.get("LATCHKEY_TEST_CALLS", "20000"))
PEOPLE = 300
OPTIONS = {"SIGNUP": "closed", "STORE_WORKERS": 2, "HASH_WORKERS": 1, "DELETED_RETENTION": "0s"}
ADMIN_PASSWORD = "Quartz-lantern 42 field"


class Side:
    """One store with a server on it."""

    def __init__(self, kind, folder):
        self.kind = kind
        self.module = stores.module(kind)
        self.database = self.module.Server() if kind != "sqlite" else None
        url = self.module.make(self.database.url if self.database else "", folder, "parity")
        try:
            self.server = Server(folder, database=url, options=OPTIONS)
        except BaseException:
            self.end()
            raise

    def fill(self, records):
        make_user(self.server, "root", ADMIN_PASSWORD, email="root@example.com", role="admin")
        text = "".join(json.dumps(record) + "\n" for record in records)
        words = ("import", "-", "--database", self.server.database)
        run_cli(*words, folder=self.server.folder, stdin=text)

    def replay(self, calls):
        try:
            return Replay(self.server, ADMIN_PASSWORD).run(calls)
        except OSError as error:
            tail = "\n".join(self.server.lines[-20:])
            state = f"{self.kind}: {error!r}, exit status {self.server.process.poll()}"
            raise AssertionError(f"{state}\n{tail}") from error

    def end(self):
        if self.database is not None:
            self.database.stop()


def kinds():
    """SQLite, and the others for which a server can be started here."""
    absent = {kind: stores.module(kind).why_not() for kind in stores.SERVERS}
    absent = {kind: reason for kind, reason in absent.items() if reason}
    assert not (absent and os.environ.get("CI") == "true"), absent
    if len(absent) == len(stores.SERVERS):
        pytest.skip(f"no other store can be started: {absent}")
    for kind, reason in absent.items():
        print(f"NOT COMPARED: {kind}: {reason}")
    return ["sqlite", *(kind for kind in stores.SERVERS if kind not in absent)]


def test_equal_answers(tmp_path_factory):
    history = History(SEED)
    records = history.people_to_import(PEOPLE)
    calls = history.calls(CALLS)
    sides = []
    try:
        for kind in kinds():
            sides.append(Side(kind, tmp_path_factory.mktemp(kind)))
            sides[-1].fill(records)
        with ThreadPoolExecutor(len(sides)) as pool:
            answers = list(pool.map(lambda side: side.replay(calls), sides))
        for side in sides:
            side.server.public |= {PASSWORD, HASH}
            side.server.stop()
    finally:
        for side in sides:
            side.end()
    compare(sides, calls, answers)
    assert len({text[:4] for text in answers[0]}) >= 8, "the history saw few statuses"


def compare(sides, calls, answers):
    """Fails with the first call whose answers differ, and says how many do."""
    first, *others = answers
    for side, other in zip(sides[1:], others):
        differing = [i for i in range(len(calls)) if first[i] != other[i]]
        if differing:
            i = differing[0]
            raise AssertionError(
                f"{len(differing)} of {len(calls)} answers differ, the first at {i}: {calls[i]}\n"
                f"{sides[0].kind}: {first[i][:3000]}\n{side.kind}: {other[i][:3000]}"
            )
