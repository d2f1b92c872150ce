"""The trade-off table, against a count by hand."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import fbeta_score, precision_recall_curve

from quantsig.signals.significance.intervals import effective_rows, wilson, wilson_bounds
from quantsig.signals.significance.label_days import DAY
from quantsig.signals.thresholds.scored_rows import ScoredRows
from quantsig.signals.thresholds.trade_off import break_even_precision, candidates, trade_off


def rows(probability: list[float], happened: list[int], returns: list[float]) -> ScoredRows:
    """Rows that span two mean months, the first decided long before the others."""
    decided = np.full(len(probability), round(2 * 365.25 / 12 * DAY))
    decided[0] = 0
    return ScoredRows(
        probability=np.array(probability),
        happened=np.array(happened, bool),
        forward_return=np.array(returns),
        decided=decided,
        ended=decided + DAY,
    )


def market(days: int, symbols: int, seed: int = 0, shared: float = 1.0) -> ScoredRows:
    """A row a day and symbol; with `shared` 1 all symbols of a day have one fate."""
    random = np.random.default_rng(seed)
    shape = (days, symbols)
    fate, own = random.random((days, 1)), random.random(shape)
    happened = np.where(random.random((days, 1)) < shared, fate, own) < 0.3
    decided = np.repeat(np.arange(days) * DAY, symbols)
    return ScoredRows(
        probability=random.random(shape).ravel(),
        happened=np.broadcast_to(happened, shape).ravel(),
        forward_return=random.normal(0, 0.02, shape).ravel(),
        decided=decided,
        ended=decided + DAY,
    )


def test_figures_by_hand() -> None:
    """Four rows, two of them at or above .5, one of those a hit."""
    table = trade_off(
        rows([0.9, 0.5, 0.4, 0.1], [1, 0, 1, 0], [0.04, -0.02, 0.03, 0.0]),
        np.array([0.5]),
        cost_fraction=0.001,
    )
    row = table.row(0, named=True)
    assert (row["signals"], row["true_positives"]) == (2, 1)
    assert row["precision"] == row["recall"] == row["f1"] == 0.5
    assert row["lift"] == pytest.approx(1.0)
    assert row["signals_per_month"] == pytest.approx(1.0, abs=0.001)
    assert row["expectancy"] == pytest.approx(0.01)
    assert row["expectancy_after_costs"] == pytest.approx(0.009)
    assert row["expectancy_error"] == pytest.approx(0.03)
    assert (row["average_win"], row["average_loss"]) == pytest.approx((0.04, 0.02))
    assert row["break_even_precision"] == pytest.approx(1 / 3)
    assert row["break_even_after_costs"] == pytest.approx(0.35)  # .021 / (.039 + .021)


def test_an_empty_selection_has_no_precision() -> None:
    """Null, never zero or NaN."""
    row = trade_off(rows([0.2], [1], [0.1]), np.array([0.3]), 0.0).row(0, named=True)
    assert row["signals"] == 0
    assert row["precision"] is None
    assert row["expectancy_after_costs"] is None


def test_precision_and_recall_equal_scikit_learn() -> None:
    """At every distinct probability, ties included."""
    random = np.random.default_rng(8)
    probability = random.integers(0, 40, 500) / 40
    happened = random.random(500) < probability
    precision, recall, thresholds = precision_recall_curve(happened, probability)
    table = trade_off(
        rows(list(probability), list(happened), [0.0] * 500), np.asarray(thresholds), 0.0
    )
    np.testing.assert_allclose(table["precision"].to_numpy(), precision[:-1], atol=1e-12)
    np.testing.assert_allclose(table["recall"].to_numpy(), recall[:-1], atol=1e-12)


def test_candidates_are_probabilities_that_occur() -> None:
    """Ascending, from the lowest to the highest."""
    probability = np.random.default_rng(1).random(1000)
    chosen = candidates(probability)
    assert set(chosen) <= set(probability)
    assert chosen[0] == probability.min()
    assert chosen[-1] == probability.max()
    assert (np.diff(chosen) > 0).all()


def test_f_beta_equals_scikit_learn() -> None:
    """Beta one half, at one threshold."""
    some = market(50, 4)
    row = trade_off(some, np.array([0.4]), 0.0).row(0, named=True)
    expected = fbeta_score(some.happened, some.probability >= 0.4, beta=0.5)
    assert row["f_beta"] == pytest.approx(expected, abs=1e-12)


def test_break_even_is_where_the_expectancy_is_zero() -> None:
    """The same rows: precision above it and expectancy above zero are one statement."""
    table = trade_off(market(300, 3), np.linspace(0, 0.95, 40), 0.0)
    table = table.drop_nulls(["break_even_precision"])
    above = table["precision"] > table["break_even_precision"]
    assert table.height > 10
    assert above.to_list() == (table["expectancy"] > 0).to_list()


def test_signals_that_cannot_lose_break_even_at_once() -> None:
    """And where a hit loses more than a miss nothing does."""
    found = break_even_precision(np.array([0.02, -0.02]), np.array([-0.01, 0.01]))
    assert found[0] == 0.0
    assert np.isnan(found[1])


def test_unknown_returns_are_left_out() -> None:
    """Two of three signals have a return, .01 and .03."""
    some = rows([0.9, 0.8, 0.7, 0.1], [1, 0, 1, 0], [0.01, np.nan, 0.03, 0.5])
    row = trade_off(some, np.array([0.6]), 0.0).row(0, named=True)
    assert row["signals"] == 3
    assert row["expectancy"] == pytest.approx(0.02)


def test_symbols_of_one_fate_count_once() -> None:
    """Ten symbols that move as one say as much as one."""
    row = trade_off(market(400, 10), np.array([0.0]), 0.0).row(0, named=True)
    assert row["signals"] == 4000
    assert 250 < row["effective_signals"] < 600


def test_independent_rows_count_in_full() -> None:
    """Up to the error of the estimate."""
    row = trade_off(market(400, 10, shared=0.0), np.array([0.0]), 0.0).row(0, named=True)
    assert row["effective_signals"] > 2000


def test_block_intervals_hold_the_truth_where_binomial_ones_do_not() -> None:
    """The share .3 of days of one fate, 60 markets: about 54 of 60 intervals at 90 %."""
    held = plain = 0
    for seed in range(60):
        row = trade_off(market(300, 10, seed), np.array([0.0]), 0.0).row(0, named=True)
        held += row["precision_block_low"] <= 0.3 <= row["precision_block_high"]
        low, high = wilson(row["true_positives"], row["signals"])
        plain += low <= 0.3 <= high
    assert held >= 47
    assert plain < 40


def test_few_blocks_have_no_block_interval() -> None:
    """Two days say nothing about how days differ."""
    row = trade_off(market(2, 50), np.array([0.0]), 0.0).row(0, named=True)
    assert row["precision_block_low"] is None
    assert row["precision_low"] is not None


def test_rows_without_times_are_taken_as_independent() -> None:
    """No effective size, no months, an interval all the same."""
    some = market(40, 2)
    timeless = replace(some, decided=None, ended=None)
    row = trade_off(timeless, np.array([0.0]), 0.0).row(0, named=True)
    assert row["effective_signals"] is None
    assert row["signals_per_month"] is None
    assert row["precision_low"] < row["precision"] < row["precision_high"]


def test_effective_rows_by_hand() -> None:
    """Four blocks of two rows that agree: as good as 8 * .25 / (16 / 8 * .25 * 4 / 3) = 3.

    But not fewer than the four blocks.
    """
    hits, rows = np.array([[2.0], [0.0], [2.0], [0.0]]), np.full((4, 1), 2.0)
    assert effective_rows(hits, rows) == pytest.approx([4.0])


def test_constant_probabilities_make_one_row() -> None:
    """It selects everything."""
    some = rows([0.4] * 5, [1, 0, 0, 1, 0], [0.0] * 5)
    table = trade_off(some, candidates(some.probability), 0.0)
    assert table["threshold"].to_list() == [0.4]
    assert table["precision"].to_list() == [0.4]


def test_no_events_leave_recall_and_lift_unknown() -> None:
    """Precision is zero, not unknown."""
    row = trade_off(rows([0.4, 0.2], [0, 0], [0, 0]), np.array([0.1]), 0.0).row(0, named=True)
    assert (row["precision"], row["recall"], row["lift"]) == (0.0, None, None)


def test_wilson_for_many_is_wilson_for_one() -> None:
    """Element by element."""
    low, high = wilson_bounds(np.array([8.0, 0.0]), np.array([10.0, 0.0]), 0.95)
    assert (low[0], high[0]) == pytest.approx(wilson(8, 10, 0.95))
    assert (low[1], high[1]) == (0.0, 1.0)


def test_wilson_by_hand() -> None:
    """8 of 10 at 95 %: Wilson's published example is .4901 to .9433."""
    assert wilson(8, 10, 0.95) == pytest.approx((0.4901, 0.9433), abs=1e-4)
    assert wilson(0, 0) == (0.0, 1.0)
