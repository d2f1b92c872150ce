"""Which bar of each symbol belongs to a time, against a slow and plain rule."""

import numpy as np
import pytest
from numpy.typing import NDArray

from quantsig.data.sequences.cross_section import ABSENT, member_rows

Rows = NDArray[np.int64]
LONG_AGO = -(1 << 62)


def world(seed: int) -> tuple[Rows, Rows]:
    """Closes of six symbols: of two hours of the day, with holes, and listed at different days."""
    random = np.random.default_rng(seed)
    symbols = []
    for symbol in range(6):
        days = np.arange(random.integers(0, 10), random.integers(12, 30))
        kept = days[random.random(len(days)) > 0.15]
        symbols.append(100 * kept + (40 if symbol % 2 else 70))
    after = np.cumsum([len(times) for times in symbols])
    return np.concatenate(symbols), np.array([np.concatenate([[0], after[:-1]]), after])


def by_the_rule(times: Rows, ranges: Rows, when: int, history: int) -> list[int]:
    """Loops over all bars; nothing is searched."""
    own = [list(range(first, after)) for first, after in ranges.T]
    since = LONG_AGO
    for rows in own:
        closing = [row for row in rows if times[row] == when]
        if closing and closing[0] > rows[0]:
            since = max(since, int(times[closing[0] - 1]))
    found = []
    for rows in own:
        known = [row for row in rows if times[row] <= when]
        there = len(known) >= history and times[known[-1]] > since
        found.append(known[-1] if there else ABSENT)
    return found


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("history", [1, 4])
def test_the_newest_bar_of_each_symbol_that_is_there(seed: int, history: int) -> None:
    """At every close of every symbol, and never a bar that is stamped later."""
    times, ranges = world(seed)
    whens = np.unique(times)
    out = np.empty((len(whens), ranges.shape[1]), np.int64)
    member_rows(times, ranges, whens, np.full(len(whens), LONG_AGO), history, out)
    for when, rows in zip(whens, out, strict=True):
        assert rows.tolist() == by_the_rule(times, ranges, when, history)
        assert (times[rows[rows != ABSENT]] <= when).all()
    assert (out == ABSENT).any()
    assert (out != ABSENT).any()


def test_a_market_of_other_hours_is_there_after_a_weekend() -> None:
    """Friday's close of one that has not closed on Monday yet; a holiday of it is an absence."""
    morning, evening = [300, 400, 700], [350, 450]  # days 3, 4 and 7; the second is shut on day 7
    times = np.array([*morning, *evening])
    ranges = np.array([[0, 3], [3, 5]])
    whens = np.array([700])
    out = np.empty((1, 2), np.int64)
    member_rows(times, ranges, whens, np.array([LONG_AGO]), 1, out)
    assert out.tolist() == [[2, 4]]
    later = np.array([*morning, 800, *evening])
    member_rows(later, np.array([[0, 4], [4, 6]]), np.array([800]), np.array([LONG_AGO]), 1, out)
    assert out.tolist() == [[3, ABSENT]]
