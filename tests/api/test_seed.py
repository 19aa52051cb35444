"""`latchkey dev seed`: the same people for the same number, and never in production."""

import json

from process import run_cli


def seed(folder, database, *flags, status=0):
    return run_cli("dev", "seed", "--database", f"sqlite:{database}", *flags, folder=folder,
                   status=status)  # fmt: skip


def people(folder, database):
    done = run_cli("user", "list", "--json", "--database", f"sqlite:{database}", folder=folder)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_same_number_same_people(tmp_path):
    for name in ("one.db", "two.db"):
        assert seed(tmp_path, name, "--users", "300").stdout == "done\n"
    first = people(tmp_path, "one.db")
    assert first == people(tmp_path, "two.db")
    assert 280 < len(first) <= 300
    seed(tmp_path, "one.db", "--users", "300", "--seed", "2")
    assert len(people(tmp_path, "one.db")) > 560


def test_refusals(tmp_path):
    seed(tmp_path, "a.db", "--users", "3", "--environment", "production", status=2)
    for flags in ((), ("--users", "0"), ("--users", "x"), ("--users", "3", "--seed", "-1")):
        seed(tmp_path, "a.db", *flags, status=2)
    assert not (tmp_path / "a.db").exists()
    seed(tmp_path, "a.db", "--users", "3")
    assert "--seed" in seed(tmp_path, "a.db", "--users", "3", status=1).stderr
