"""What counts as a regression between two commits."""

import comparing
import pytest
from measure import Row


def row(pairs, at_most=False, cpu_us=None):
    return Row("a row", rounds=pairs, at_most=at_most, cpu_us=cpu_us)


SLOWER = [(90, 100)] * 8
CASES = {
    "as fast": (row([(100, 100)] * 8), False),
    "faster": (row([(120, 100)] * 8), False),
    "slower in all rounds": (row(SLOWER), True),
    "slower, but within the threshold": (row([(96, 100)] * 8), False),
    "slower in seven of eight": (row(SLOWER[:7] + [(130, 100)]), True),
    "slower in six of eight": (row(SLOWER[:6] + [(130, 100)] * 2), False),
    "slower in the median only": (row(SLOWER[:5] + [(130, 100)] * 3), False),
    "more memory": (row([(12, 10)] * 4, at_most=True), True),
    "less memory": (row([(8, 10)] * 4, at_most=True), False),
}


@pytest.mark.parametrize("name", CASES)
def test_worse_is_what_most_rounds_agree_on(name):
    measured, worse = CASES[name]
    assert comparing.judge(measured).worse is worse


def test_the_threshold_is_the_caller_s():
    measured = row(SLOWER)
    assert comparing.judge(measured, threshold=0.09).worse
    assert not comparing.judge(measured, threshold=0.11).worse


def test_ratio_and_spread_above_one_are_better():
    verdict = comparing.judge(row([(10, 12), (10, 14), (10, 11)], at_most=True))
    assert (verdict.ratio, verdict.low, verdict.high) == (1.2, 1.1, 1.4)


@pytest.mark.parametrize(("cpu_us", "worse"), [((10, 10), False), ((12, 10), True)])
def test_cpu_time_is_believed_when_every_round_was_disturbed(cpu_us, worse):
    measured = row(SLOWER, cpu_us=cpu_us)
    assert comparing.judge(measured).worse
    verdict = comparing.judge(measured, all_disturbed=True)
    assert verdict.by_cpu
    assert verdict.worse is worse


def test_without_cpu_time_the_rounds_decide_all_the_same():
    verdict = comparing.judge(row(SLOWER), all_disturbed=True)
    assert verdict.worse and not verdict.by_cpu


@pytest.mark.parametrize(("pairs", "status"), [(SLOWER, 1), ([(100, 100)], 0)])
def test_exit_status(script, monkeypatch, capsys, pairs, status):
    compare = script("compare")
    measured = row(pairs)
    monkeypatch.setattr(compare, "run", lambda *_: [(measured, comparing.judge(measured))])
    assert compare.main(["HEAD"]) == status
    assert ("worse: a row" in capsys.readouterr().out) is bool(status)


def test_exit_status_when_nothing_could_be_compared(script, capsys):
    assert script("compare").main(["no-such-commit"]) == 3
    assert "no-such-commit" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], [""], ["HEAD", "no-such-row"], ["HEAD", "--threshold", "0"]])
def test_wrong_use(script, capsys, words):
    with pytest.raises(SystemExit) as ended:
        script("compare").main(words)
    assert ended.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_rows_may_stand_behind_flags(script):
    options = script("compare").parse(["HEAD", "--quick", "me", "size"])
    assert (options.base, options.rows, options.quick) == ("HEAD", ["me", "size"], True)
