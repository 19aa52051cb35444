"""`latchkey migrate` and LATCHKEY_MIGRATE: what is applied, what would be, what is refused."""

import re
import subprocess

import pytest

import stores
from client import PASSWORD
from process import BINARY, PATIENCE, environment_of, run_cli
from waiting import eventually

MANUAL = {"LATCHKEY_MIGRATE": "manual"}
STEP = re.compile(r"^(\d{4}) ([a-z0-9_]+) +(pending|would be applied|applied \S+Z)$", re.MULTILINE)


def migrate(folder, url, *flags, status=0, environment=None):
    words = ("migrate", *flags, "--database", url)
    return run_cli(*words, folder=folder, status=status, environment=environment)


def steps(done):
    """(number, state) of every step that was named."""
    found = [(int(number), state.split()[0]) for number, _, state in STEP.findall(done.stdout)]
    assert [number for number, _ in found] == sorted(number for number, _ in found)
    return found


def test_status_apply_status(tmp_path):
    """Issue: latchkey migrate [--status|--dry-run]."""
    url = stores.database(tmp_path)
    before = steps(migrate(tmp_path, url, "--status"))
    assert before and {state for _, state in before} == {"pending"}
    assert [number for number, _ in before] == list(range(1, len(before) + 1))
    dry = migrate(tmp_path, url, "--dry-run")
    assert re.search(rf"^{len(before)} steps to apply$", dry.stdout, re.MULTILINE)
    assert steps(migrate(tmp_path, url, "--status")) == before
    assert stores.peek(url).is_untouched()
    done = migrate(tmp_path, url)
    assert [number for number, _ in steps(done)] == [number for number, _ in before]
    assert f"{len(before)} steps applied, the schema is up to date" in done.stdout
    after = migrate(tmp_path, url, "--status")
    assert {state for _, state in steps(after)} == {"applied"}
    for flags in ([], ["--dry-run"]):
        again = migrate(tmp_path, url, *flags)
        assert again.stdout == "the schema is up to date\n"


def test_manual_refuses_to_start(start, tmp_path):
    """Issue: manual refuses an older schema with a line that names the command."""
    url = stores.database(tmp_path)
    words = ("user", "create", "--username", "root", "--password-stdin", "--database", url)
    for command in (("serve", "--database", url), words):
        done = run_cli(
            *command, folder=tmp_path, environment=MANUAL, stdin=f"{PASSWORD}\n", status=1
        )
        line = done.stderr.strip().splitlines()[-1]
        assert "run latchkey migrate" in line and "LATCHKEY_MIGRATE=auto" in line
    migrate(tmp_path, url, environment=MANUAL)  # the command itself is the manual way
    server = start(folder=tmp_path, database=url, environment=MANUAL)
    run_cli(*words, folder=tmp_path, environment=MANUAL, stdin=f"{PASSWORD}\n")
    server.stop()


def test_auto_is_the_default(start, tmp_path):
    url = stores.database(tmp_path)
    start(folder=tmp_path, database=url).stop()
    assert {state for _, state in steps(migrate(tmp_path, url, "--status"))} == {"applied"}


def test_newer_schema_is_refused(tmp_path):
    """Issue: an older binary and a newer schema: a clear refusal, by every mode."""
    url = stores.database(tmp_path)
    migrate(tmp_path, url)
    stores.peek(url).add_migration(900)
    for flags in ([], ["--status"], ["--dry-run"]):
        done = migrate(tmp_path, url, *flags, status=1)
        assert "made by a newer version of latchkey (schema 900" in done.stderr


def test_changed_step_is_refused(tmp_path):
    """Issue: checksums of what was applied are verified."""
    url = stores.database(tmp_path)
    migrate(tmp_path, url)
    stores.peek(url).change_migration(2)
    for flags in ([], ["--status"], ["--dry-run"]):
        done = migrate(tmp_path, url, *flags, status=1)
        assert "differs from the one that was applied" in done.stderr
        assert "schema step 2 " in done.stderr


@pytest.mark.store("postgres")
def test_waits_for_a_table_without_a_queue_behind_it(tmp_path):
    """While somebody reads a table for long, a step that changes it waits; but nobody who comes later
    waits behind it for longer than a node has patience (2 s). It is tried again until it can be."""
    url = stores.database(tmp_path)
    peek = stores.peek(url)
    stores.module().make_old(url, 5)
    holder = stores.module().Holder(url, "products")
    eventually(lambda: peek.waits_for("products") is False)
    words = [BINARY, "migrate", "--database", url]
    migrating = subprocess.Popen(
        words, cwd=tmp_path, env=environment_of({}), stdout=subprocess.PIPE, text=True
    )
    try:
        for _ in range(3):
            eventually(lambda: peek.waits_for("products"), 10 * PATIENCE, "it does not wait")
            # Fails when it waits any longer.
            peek.sql("SET lock_timeout = '1500ms'; SELECT count(*) FROM products")
        assert migrating.poll() is None
    finally:
        holder.end()
        output, _ = migrating.communicate(timeout=30 * PATIENCE)
    assert migrating.returncode == 0
    assert output.count("applied") == 2 and "0006" in output
    assert {state for _, state in steps(migrate(tmp_path, url, "--status"))} == {"applied"}


def test_wrong_usage(tmp_path):
    url = stores.database(tmp_path)
    migrate(tmp_path, url, "--status", "--dry-run", status=2)
    migrate(tmp_path, url, "now", status=2)
    migrate(tmp_path, url, status=2, environment={"LATCHKEY_MIGRATE": "never"})
    migrate(tmp_path, "nonsense:x", status=2)
    assert stores.peek(url).is_untouched()
