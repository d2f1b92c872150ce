"""Synthetic minute bars are bars, on the ticks of an exchange."""

import numpy as np

from quantsig.data.bars import check_bars
from quantsig.data.benchmarks.minute_bars import minute_bars


def test_they_keep_every_rule_of_bars() -> None:
    """A minute apart, of as many symbols as asked for."""
    checked = check_bars(minute_bars(1000, symbols=2))
    assert checked.bars["symbol"].value_counts(sort=True)["count"].to_list() == [1000, 1000]
    assert checked.rejected.is_empty()
    assert checked.interval.total_seconds() == 60


def test_prices_are_whole_cents_and_volumes_round_lots() -> None:
    """What makes real bars small to store."""
    bars = minute_bars(500)
    cents = bars["close"].to_numpy() * 100
    np.testing.assert_allclose(cents, np.round(cents), atol=1e-6)
    assert not (bars["volume"] % 100 != 0).any()


def test_sessions_are_weekdays() -> None:
    """Monday to Friday, 390 bars each."""
    days = minute_bars(390 * 7)["timestamp"].dt
    assert days.weekday().unique().to_list() == [1, 2, 3, 4, 5]
    assert days.date().n_unique() == 7
