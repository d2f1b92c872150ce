"""The planted leader: what can be foreseen, and that nothing else can."""

import numpy as np
import polars as pl

from quantsig.data.bars import check_bars
from quantsig.data.demo.planted_leader import FOLLOWS, LED_ABOVE, SIGMA, planted_panel


def test_large_moves_of_one_symbol_are_followed_by_all_others() -> None:
    """By 1.8 deviations on the next bar; the moves of the others are not."""
    made = planted_panel(4_000, 5)
    frame = made.bars.pivot("symbol", index="timestamp", values="close")
    moves = np.diff(np.log(frame.drop("timestamp").to_numpy()), axis=0) / SIGMA
    followed = []
    for symbol in range(moves.shape[1]):
        led = np.flatnonzero(moves[:-1, symbol] > LED_ABOVE)
        others = np.delete(moves, symbol, axis=1)
        followed.append(float(others[led + 1].mean()))
    leader = int(np.argmax(followed))
    assert abs(followed[leader] - FOLLOWS) < 0.1
    assert max(np.delete(followed, leader)) < 0.5
    told = made.decisions.group_by("symbol").agg(pl.col("oracle_score").sum())
    silent = told.filter(oracle_score=0.0)
    assert silent["symbol"].to_list() == [f"P{leader:02d}"]


def test_the_bars_are_bars() -> None:
    """They pass every check, and are the same again."""
    assert len(check_bars(planted_panel(50, 1).bars).bars) == 600
    assert planted_panel(50, 1).bars.equals(planted_panel(50, 1).bars)
