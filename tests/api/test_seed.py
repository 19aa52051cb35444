"""`latchkey dev seed`: the same people for the same number, and never in production."""

import json

import stores
from process import run_cli


def seed(folder, database, *flags, status=0):
    return run_cli("dev", "seed", "--database", stores.database(folder, database), *flags,
                   folder=folder, status=status)  # fmt: skip


def people(folder, database):
    url = stores.database(folder, database)
    done = run_cli("user", "list", "--json", "--database", url, folder=folder)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_same_number_same_people(tmp_path):
    for name in ("one", "two"):
        assert seed(tmp_path, name, "--users", "300").stdout == "done\n"
    first = people(tmp_path, "one")
    assert first == people(tmp_path, "two")
    assert 280 < len(first) <= 300
    seed(tmp_path, "one", "--users", "300", "--seed", "2")
    assert len(people(tmp_path, "one")) > 560


def test_refusals(tmp_path):
    seed(tmp_path, "a", "--users", "3", "--environment", "production", status=2)
    for flags in ((), ("--users", "0"), ("--users", "x"), ("--users", "3", "--seed", "-1")):
        seed(tmp_path, "a", *flags, status=2)
    assert stores.peek(stores.database(tmp_path, "a")).is_untouched()
    seed(tmp_path, "a", "--users", "3")
    assert "--seed" in seed(tmp_path, "a", "--users", "3", status=1).stderr
