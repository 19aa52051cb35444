"""Rounds in turn: which are taken again, which count."""

from types import SimpleNamespace

import pytest
from measure import Row, alternate
from processes import Broken, Sample, sample


class Side:
    """Gives one sample after another; counts."""

    def __init__(self, *foreign, rate=100):
        self.foreign, self.rate, self.taken = list(foreign), rate, 0

    def __call__(self, _seconds):
        self.taken += 1
        if self.taken == 1:
            return None  # the warm-up counts for nothing
        foreign = self.foreign.pop(0) if self.foreign else 0
        return Sample(self.rate + self.taken, 10.0, foreign)


def measure(ours, bare, rounds=3, retakes=2):
    rested = []
    row = Row("a row")
    setting = SimpleNamespace(rounds=rounds, retakes=retakes, seconds=1)
    alternate(row, setting, ours, bare, lambda: rested.append(1))
    assert len(rested) == ours.taken + bare.taken - 2  # before each round, not before the warm-up
    return row


def test_rounds_alternate_and_their_medians_count():
    ours, bare = Side(rate=200), Side(rate=100)
    row = measure(ours, bare)
    assert row.rounds == [(202, 102), (203, 103), (204, 104)]
    assert (row.ours, row.bare, row.cpu_us) == (203, 103, (10.0, 10.0))
    assert row.notes["disturbed_rounds"] == 0


def test_a_disturbed_round_is_taken_again():
    ours, bare = Side(0, 0.5, 0, 0), Side()
    row = measure(ours, bare)
    assert ours.taken == bare.taken == 1 + 4
    assert [mine for mine, _ in row.rounds] == [102, 104, 105]
    assert row.notes["disturbed_rounds"] == 0


def test_not_for_ever_and_then_it_is_left_out():
    ours = Side(0.5, 0.5, 0.5, 0, 0)
    row = measure(ours, Side())
    assert ours.taken == 1 + 5
    assert [mine for mine, _ in row.rounds] == [105, 106]
    assert row.notes["disturbed_rounds"] == 1


def test_when_all_are_disturbed_all_count():
    row = measure(Side(), Side(*[0.5] * 9))
    assert len(row.rounds) == row.notes["disturbed_rounds"] == 3


def test_a_round_without_an_operation_is_no_measurement():
    with pytest.raises(Broken, match="not one operation"):
        sample(lambda: 0)
