"""The order of parts, and what one that fails or hangs does to the others."""

import importlib.machinery
import importlib.util
import os
import sys
import threading
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS))

import side_by_side  # noqa: E402

HANG_S = 60  # no measure: a test that waits so long has failed


def load_runner():
    loader = importlib.machinery.SourceFileLoader("runner", str(TESTS / "run"))
    spec = importlib.util.spec_from_loader("runner", loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules["runner"] = module
    loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def runner():
    return load_runner()


class Rehearsal:
    """Parts that go on until they are let go, and how many there were at once."""

    def __init__(self, after=None):
        self.after = after or {}
        self.lock = threading.Condition()
        self.begun, self.ended, self.held = [], [], set()
        self.most = 0

    def work(self, name):
        with self.lock:
            self.begun.append(name)
            self.most = max(self.most, len(self.begun) - len(self.ended))
            self.lock.notify_all()
            assert self.lock.wait_for(lambda: name not in self.held, HANG_S)
            self.ended.append(name)
            self.lock.notify_all()
        return name.upper()

    def hold(self, *names):
        self.held.update(names)

    def let_go(self, *names):
        with self.lock:
            self.held.difference_update(names)
            self.lock.notify_all()

    def wait_begun(self, *names):
        with self.lock:
            assert self.lock.wait_for(lambda: set(names) <= set(self.begun), HANG_S), self.begun

    def wait_ended(self, *names):
        with self.lock:
            assert self.lock.wait_for(lambda: set(names) <= set(self.ended), HANG_S), self.ended

    def run(self, names, at_once):
        return side_by_side.run_all(
            names, at_once, lambda name: self.after.get(name, ()), self.work, lambda: None
        )

    def run_aside(self, names, at_once):
        results = {}
        thread = threading.Thread(target=lambda: results.update(self.run(names, at_once)))
        thread.start()
        return thread, results


def test_one_at_a_time_is_in_order():
    parts = Rehearsal()
    assert parts.run("abcde", 1) == {name: name.upper() for name in "abcde"}
    assert parts.begun == list("abcde") and parts.most == 1


def test_so_many_at_once_and_no_more():
    parts = Rehearsal()
    parts.hold("a", "c")
    thread, results = parts.run_aside("abcdef", 2)
    parts.wait_ended("b")
    parts.wait_begun("a", "c")
    assert parts.begun == ["a", "b", "c"]
    parts.let_go("a", "c")
    thread.join(HANG_S)
    assert list(results) == list("abcdef") and parts.most == 2


def test_one_waits_for_another_and_lets_the_next_go_first():
    parts = Rehearsal(after={"b": ("a",)})
    parts.hold("a")
    thread, results = parts.run_aside("abcd", 2)
    parts.wait_ended("c", "d")
    assert parts.begun == ["a", "c", "d"]
    parts.let_go("a")
    thread.join(HANG_S)
    assert parts.ended[-2:] == ["a", "b"] and list(results) == list("abcd")


def test_what_is_not_of_the_run_is_not_waited_for():
    assert Rehearsal(after={"b": ("a",)}).run("b", 2) == {"b": "B"}


def test_a_ring_is_told():
    with pytest.raises(AssertionError, match="wait for one another"):
        Rehearsal(after={"a": ("b",), "b": ("a",)}).run("ab", 2)


def test_every_part_waits_for_earlier_ones_alone(runner):
    names = list(runner.PARTS)
    for name, part in runner.PARTS.items():
        assert all(other in names[: names.index(name)] for other in part.after), name
    assert runner.PARTS["recorder"].after == ("api",)


def test_every_store_has_its_parts(runner):
    for kind in runner.stores.SERVERS:
        assert {f"store-{kind}", f"store-{kind}-tsan", f"api-{kind}"} <= set(runner.PARTS), kind


def test_processes_are_ended_and_start_no_more():
    processes = side_by_side.Processes()
    hanging = processes.start(["sleep", "1000"])
    ended = processes.start(["true"])
    ended.wait()
    processes.forget(ended)
    processes.end_all()
    assert hanging.wait(HANG_S) < 0
    with pytest.raises(side_by_side.Stopped):
        processes.start(["true"])


def test_an_interrupt_ends_what_runs():
    processes = side_by_side.Processes()
    started = threading.Event()

    def work(name):
        if name == "breaks":
            assert started.wait(HANG_S)
            raise KeyboardInterrupt
        process = processes.start(["sleep", "1000"])
        started.set()
        return process.wait()

    with pytest.raises(KeyboardInterrupt):
        side_by_side.run_all(["hangs", "breaks"], 2, lambda _: (), work, processes.end_all)


def test_each_line_names_its_part(capsys):
    side_by_side.speak_as("unit")
    with side_by_side.pool_of(1) as pool:
        pool.submit(side_by_side.say, "one\ntwo").result()
    side_by_side.speak_as("")
    side_by_side.say("three")
    head = f"{'unit':{side_by_side.NAME_WIDTH}}| "
    assert capsys.readouterr().out == f"{head}one\n{head}two\nthree\n"


# --- the whole ------------------------------------------------------------------------------------


@pytest.fixture
def made_up(runner, monkeypatch):
    """Parts in the place of the real ones: {name: work}."""

    def put(**works):
        parts = {name: runner.Part(name, work) for name, work in works.items()}
        monkeypatch.setattr(runner, "PARTS", parts)
        return runner

    return put


def good(runner, count):
    def work():
        return runner.Outcome(passed=count)

    return work


def run_main(runner, monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["tests/run", *words])
    return runner.main()


@pytest.mark.parametrize("jobs", ["1", "2", "5"])
def test_one_that_fails_holds_no_other_back(runner, made_up, monkeypatch, capsys, jobs):
    bad = runner.Outcome(passed=1, failures=[("a test", "why it failed")])
    made_up(first=good(runner, 2), second=lambda: bad, third=lambda: 1 / 0, last=good(runner, 4))
    assert run_main(runner, monkeypatch, "-j", jobs) == 1
    text = capsys.readouterr().out
    assert text.endswith("\n7 passed, 2 failed\n")
    assert "FAILED second: a test\n    why it failed" in text
    assert "FAILED third: third: the runner failed\n    ZeroDivisionError" in text
    summary = text[text.index("== summary") :]
    at = [summary.index(f"  {name} ") for name in ("first", "second", "third", "last")]
    assert at == sorted(at)


def test_all_good(runner, made_up, monkeypatch, capsys):
    made_up(first=good(runner, 2), second=good(runner, 3))
    assert run_main(runner, monkeypatch) == 0
    assert capsys.readouterr().out.endswith("\n5 passed, 0 failed\n")


def test_single_parts(runner, made_up, monkeypatch, capsys):
    made_up(first=good(runner, 2), second=lambda: 1 / 0)
    assert run_main(runner, monkeypatch, "first") == 0
    text = capsys.readouterr().out
    assert text.startswith("== first: first\n") and text.endswith("\n2 passed, 0 failed\n")


@pytest.mark.parametrize("words, busy", [((), "2"), (("-j", "1"), ""), (("first",), "")])
def test_tests_know_that_others_run(runner, made_up, monkeypatch, words, busy):
    seen = []

    def look():
        seen.append(os.environ[runner.BUSY])
        return runner.Outcome(passed=1)

    made_up(first=look, second=good(runner, 1))
    run_main(runner, monkeypatch, *words)
    assert seen == [busy]


def test_nothing_that_ran_is_no_success(runner, made_up, monkeypatch, capsys):
    made_up(first=good(runner, 0))
    assert run_main(runner, monkeypatch) == 1
    assert capsys.readouterr().out.endswith("\n0 passed, 0 failed\n")


@pytest.mark.parametrize("words", [("nosuch",), ("-j", "0"), ("-j", "x")])
def test_wrong_use(runner, made_up, monkeypatch, words):
    made_up(first=good(runner, 1))
    with pytest.raises(SystemExit) as ended:
        run_main(runner, monkeypatch, *words)
    assert ended.value.code == 2


def test_one_build_whoever_asks(runner, monkeypatch):
    """Parts that ask at once for the same build get the same one."""
    made, outcome = [], runner.Outcome(passed=1)

    def make(variant):
        made.append(variant)
        return outcome

    monkeypatch.setattr(runner, "make_build", make)
    monkeypatch.setattr(runner, "BUILT", {})
    gate = threading.Barrier(8)

    def ask(_):
        gate.wait(HANG_S)
        return runner.build("asan")

    with side_by_side.pool_of(8) as pool:
        assert all(result is outcome for result in pool.map(ask, range(8)))
    assert made == ["asan"]
    assert runner.build("tsan") is outcome and made == ["asan", "tsan"]


def test_what_is_built_is_there_while_another_is_built(runner, monkeypatch):
    begun, over = threading.Event(), threading.Event()

    def make(variant):
        if variant == "tsan":
            begun.set()
            assert over.wait(HANG_S)
        return runner.Outcome(passed=1)

    monkeypatch.setattr(runner, "make_build", make)
    monkeypatch.setattr(runner, "BUILT", {})
    with side_by_side.pool_of(1) as pool:
        late = pool.submit(runner.build, "tsan")
        assert begun.wait(HANG_S)
        assert runner.build("asan").passed == 1 and not late.done()
        over.set()
        assert late.result(HANG_S).passed == 1


def test_hanging_processes_run_out_of_time(runner, tmp_path):
    assert runner.run(["sleep", "1000"], tmp_path / "log", timeout_s=0.2) is None
