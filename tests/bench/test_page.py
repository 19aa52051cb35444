"""docs/benchmarks.md: made of a run, and never anything else."""

from dataclasses import replace
from xml.etree import ElementTree

import pages
import plot
import pytest
import report
from measure import Row

ABOUT = {
    "time": "2026-11-01T12:00:00+00:00", "cpu": "A CPU <fast> & cheap", "cpus": 2, "server_cpu": 0,
    "load_cpu": 1, "second_cpu": 1, "memory_mib": 4096, "system": "Debian", "kernel": "6.1",
    "file_system": "ext2/ext3", "commit": "0123abc", "load_before": 0.1,
    "libraries": {"libsodium": "1.0.18"},
    "binary": {"version": "latchkey 0.1.0", "hash": "argon2id", "signature": "ES256",
               "store": "SQLite"},
}  # fmt: skip
LINES = [
    {"users": 1000, "filter": f"filter {n}", "sort": "-name", "page": "far", "p50_ms": 1.0,
     "p99_ms": float(n), "max_ms": 9.0, "min_ms": 0.5, "cpu_ms": 0.4}
    for n in range(30)
]  # fmt: skip
SIDES = {"ours_p50_ms": 1.0, "ours_p99_ms": 2.5, "theirs_p50_ms": 9.0, "theirs_p99_ms": 33.5}


def rows():
    """One of each kind."""
    return [
        Row("who am I", key="me", ours=30000, unit="requests/s", bare=60000, target=0.7,
            bare_name="libmicrohttpd", rounds=[(29000, 60000), (31000, 60000)], cpu_us=(30.0, 18.0),
            notes={"p50_ms": 2.0, "p99_ms": 4.0, "half_rate": 15000, "half_p50_ms": 0.2,
                   "half_p99_ms": 0.9}),
        Row("refresh", key="refresh", ours=15000, unit="refreshes/s", bare=100000, target=0.6,
            bare_name="SQLite", rounds=[(15000, 100000)], notes={"es256_signatures": 60000}),
        Row("slowest list", key="lists", ours=7, unit="ms", target=5, at_most=True, lines=LINES,
            notes={"combinations": 30}),
        Row("each store", key="stores", lines=[
            {"path": "login", "store": "postgres", "rate": 31.5, "p50_ms": 400.1, "p99_ms": 610.0,
             "store_calls": 6.0, "store_ms": 4.2, "store_share": 0.125}]),
        Row("mine, on two CPUs", key="scaling", group="scaling", ours=45000, bare=30000,
            unit="requests/s", bare_name="on one CPU", rounds=[(45000, 30000)],
            cpu_us=(8.0, 6.0), notes={"load_shares_a_cpu": "yes", "one_p50_ms": 2.0, "one_p99_ms": 3.0,
                   "two_p50_ms": 1.0, "two_p99_ms": 2.0}),
        Row("idle memory", key="memory", group="footprint", ours=9.5, unit="MiB", target=12,
            at_most=True),
        Row("ES256, sign", key="limit:es256", group="limit", ours=30000, unit="signatures/s",
            rounds=[(29900, None), (30100, None)]),
        Row("libmongoc", key="limit:mongo-0", group="limit", missing="no server"),
        Row("log-in", key="login", ours=0, error="load: 3 answers, 3 no success"),
        Row("Peer 1.0, idle memory", key="peer:peer", group="peer", ours=50, unit="MiB",
            notes={"hash": "bcrypt", "store": "SQLite", "start_s": 1.5}),
        Row("log-in", key="peer:peer:login", group="peer", ours=30, bare=10, unit="/s",
            bare_name="Peer", rounds=[(30, 10)], cpu_us=(30000, 60000),
            notes={**SIDES, "ours_ms": 30.0, "ours_without_hash_ms": 1.5, "theirs_ms": 60.0,
                   "theirs_without_hash_ms": 20.5}),
        Row("refresh", key="peer:peer:refresh", group="peer", bare_name="Peer",
            missing="it has none"),
    ]  # fmt: skip


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A run, kept and made a page in a folder of its own."""
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    for name, path in (("PAGE", "page.md"), ("RUN", "run.jsonl"), ("PICTURE", "run.svg")):
        monkeypatch.setattr(pages, name, tmp_path / path)
    pages.publish(ABOUT, rows())
    return tmp_path


def test_a_run_survives_being_kept(published):
    about, kept = report.read(published / "run.jsonl")
    assert about == ABOUT
    slowest = sorted(LINES, key=lambda line: -line["p99_ms"])[: pages.SLOWEST]
    expected = [replace(row, lines=slowest) if row.key == "lists" else row for row in rows()]
    assert [row.key for row in kept] == [row.key for row in expected]
    for row, wanted in zip(kept, expected):
        assert (row.ours, row.bare, row.notes, row.lines) == (
            wanted.ours, wanted.bare, wanted.notes, wanted.lines)  # fmt: skip
        assert (row.ratio, row.verdict, row.spread) == (wanted.ratio, wanted.verdict, wanted.spread)


@pytest.mark.parametrize(
    "text",
    [
        "| who am I | 30,000 requests/s | 60,000 libmicrohttpd | 50 % | 48-52 % | 60 % |",
        "| >= 70 % missed |",
        "refresh: each signs an access token, and signing alone (ES256,",
        "gives 60,000 a second, of which it reaches 25 %.",
        "| who am I | 2.0 | 4.0 | 15,000/s | 0.2 | 0.9 |",
        "| idle memory | 9.50 MiB |  | <= 12 MiB met |",
        "| login | postgres | 31.5 | 400.1 | 610.0 | 6.0 | 4.2 | 12 % |",
        "| mine, one | 30,000 | 2.0 | 3.0 |  | 6.0 |  |",
        "| mine, two | 45,000 | 1.0 | 2.0 | 1.50 | 8.0 | 1.50 |",
        "The load shares the second CPU",
        "| filter 29 | `-name` | far | 1,000 | 1.0 | 29.0 | 0.4 |",
        "| Peer 1.0 | bcrypt | SQLite | 50.0 | 1.5 |",
        "| Peer | 30.0 | 10.0 | 3.00 x | 3.00-3.00 x | 2.00 x | 2.5 | 33.5 |",
        "| Peer | 30.0 | 1.5 | 60.0 | 20.5 |",
        "| ES256, sign | 30,000 signatures/s | 29,900-30,100 |",
        "- libmongoc: no server",
        "- log-in: load: 3 answers, 3 no success",
        "- refresh (Peer): it has none",
    ],
)
def test_the_page_says_what_was_measured(published, text):
    assert text in (published / "page.md").read_text()


def test_the_page_leaves_out_what_was_not(published):
    pages.publish(ABOUT, [row for row in rows() if row.group == "path"])
    page = (published / "page.md").read_text()
    assert "Other servers do" in page  # the last section stays as it is
    for title in ("## Other servers", "## One CPU and two", "## Memory, start, size"):
        assert title not in page


def test_the_picture_is_well_formed(published):
    picture = ElementTree.fromstring((published / "run.svg").read_text())
    texts = [element.text for element in picture.iter() if element.text]
    assert any("A CPU <fast> & cheap" in text for text in texts)
    assert "50 % of libmicrohttpd" in texts
    assert plot.svg(ABOUT, rows()) == plot.svg(ABOUT, rows())


def test_check_accepts_only_what_the_run_says(published, script, capsys):
    page = script("page")
    assert page.main(["--check"]) == 0
    for name, old, new in (("page.md", "30,000", "31,000"), ("run.svg", "50 %", "51 %")):
        path = published / name
        good = path.read_text()
        path.write_text(good.replace(old, new, 1))
        assert page.main(["--check"]) == 1
        assert f"--- {name}" in capsys.readouterr().out
        assert page.main([]) == 0
        assert path.read_text() == good
    (published / "page.md").unlink()
    assert page.main(["--check"]) == 1
