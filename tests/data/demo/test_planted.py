"""The planted pattern is what design says it is."""

import numpy as np

from quantsig.data.bars import check_bars
from quantsig.data.demo.planted import CELL_BARS, DRIFT_SIGMAS, SIGMA, planted_bars

PLANTED = planted_bars(2000, seed=5)


def test_the_bars_are_valid() -> None:
    """They pass the same checks as a user's bars."""
    assert check_bars(PLANTED.bars).bars.height == 2000 * CELL_BARS


def test_the_cell_after_a_pattern_drifts() -> None:
    """Up after the pattern, down after its mirror, by the planted size."""
    opens = PLANTED.bars["open"].to_numpy().reshape(-1, CELL_BARS)[:, 0]
    closes = PLANTED.bars["close"].to_numpy().reshape(-1, CELL_BARS)[:, -1]
    moves = np.log(closes / opens)[1:]
    kinds = PLANTED.decisions["oracle_score"].to_numpy()[:-1]
    expected = 0.97 * DRIFT_SIGMAS * SIGMA
    assert abs(moves[kinds == 1].mean() - expected) < 0.1 * expected
    assert abs(moves[kinds == -1].mean() + expected) < 0.1 * expected


def test_patterns_do_not_follow_each_other() -> None:
    """The cell after a pattern never holds one."""
    kinds = PLANTED.decisions["oracle_score"].to_numpy()
    assert not ((kinds[1:] != 0) & (kinds[:-1] != 0)).any()
    assert 0.05 < (kinds == 1).mean() < 0.12
