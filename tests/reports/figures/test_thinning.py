"""Thinned lines keep what the eye sees."""

import polars as pl

from quantsig.reports.figures.thinning import spread, thin


def test_a_short_line_is_left_alone() -> None:
    """Nothing is lost where there is room."""
    frame = pl.DataFrame({"value": [1.0, 2.0, 3.0]})
    assert thin(frame, "value", 3).equals(frame)


def test_peak_trough_and_ends_are_kept() -> None:
    """A single spike among a thousand points survives."""
    values = [0.0] * 1000
    values[617], values[618], values[-1] = 9.0, -9.0, 5.0
    thinned = thin(pl.DataFrame({"value": values}), "value", 20)["value"].to_list()
    assert len(thinned) <= 22
    assert (max(thinned), min(thinned), thinned[-1]) == (9.0, -9.0, 5.0)


def test_order_is_kept() -> None:
    """Rows stay in the order of time."""
    frame = pl.DataFrame({"row": range(1000), "value": [n % 7 for n in range(1000)]})
    rows = thin(frame, "value", 50)["row"]
    assert rows.is_sorted()
    assert rows.n_unique() == len(rows)


def test_spread_holds_both_ends() -> None:
    """Positions are even and none repeats."""
    assert spread(11, 3) == [0, 5, 10]
    assert spread(2, 5) == [0, 1]
