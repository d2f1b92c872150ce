"""Whether signals, bars or labels look as if the future had leaked into them.

Each suspicion is a sentence, and any of them keeps a verdict from claiming an edge. None is a
proof: a pattern that was planted on purpose is rightly reported, too.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from quantsig.backtest.execution import Execution
from quantsig.backtest.market import Floats, Market
from quantsig.backtest.messages import BacktestSentence
from quantsig.backtest.significance.deflation import moments, probabilistic_sharpe
from quantsig.backtest.statistics.figures import Figures, UndefinedFigure

HIGHEST_SHARPE, SURE = 4.0, 0.999  # a year, and how likely the true one is higher
MOST_WON = 0.9  # of the trades
HIGHEST_AUTOCORRELATION = 0.15  # an average of prices over a bar has .25 (Working 1960)
MOST_REPEATED = 0.02  # of the bars whose price moved
LEAST_BARS, LEAST_TRADES = 100, 10
ERRORS = 5.0  # a difference of so many standard errors is none of chance
LEAST_GAP = 0.25  # of what the labels promise
OWN_TERMS = ("delay_bars", "holding_bars", "stop_loss", "take_profit", "trailing_stop")


def in_the_bars(market: Market) -> list[str]:
    """What the bars that are traded say: prices that no one could have dealt at.

    Returns of one bar and the next are all but uncorrelated where prices are real. Of prices
    averaged over the bar they are correlated by 1 / 4, of prices that lag by more; a bar that
    repeats the four prices of the one before was copied.
    """
    return [said for said in (_averaged(market), _repeated(market)) if said]


def in_the_result(figures: Figures, returns: Floats) -> list[str]:
    """A yearly Sharpe ratio above 4 that nobody reaches.

    Either it is above 4 with a probability of 99.9 % (Bailey and López de Prado 2012), or nine of
    ten trades won: of true edges of 1.2 % a trade in `quantsig bench verdict` four in ten are
    above 4 in their year.

    Args:
        figures: of the accounts.
        returns: (P,) of their sessions.
    """
    sharpe, per_year = figures["sharpe"], figures["periods_per_year"]
    if sharpe is None or per_year is None or sharpe <= HIGHEST_SHARPE:
        return []
    if _surely_above(HIGHEST_SHARPE / math.sqrt(per_year), returns):
        return [BacktestSentence.SHARPE_SURELY_TOO_HIGH(sharpe=sharpe, highest=HIGHEST_SHARPE)]
    won, trades = figures["win_rate"], figures["trades"]
    if won is None or trades is None or trades < LEAST_TRADES or won < MOST_WON:
        return []
    return [BacktestSentence.TOO_MANY_WON(sharpe=sharpe, won=won)]


def _surely_above(ratio: float, returns: Floats) -> bool:
    """Whether the true Sharpe ratio a session is higher with a probability of 99.9 %."""
    try:
        return probabilistic_sharpe(moments(returns), ratio) > SURE
    except UndefinedFigure:
        return False


def in_the_labels(trades: pl.DataFrame, rows: pl.DataFrame, execution: Execution) -> list[str]:
    """Labels that promise what their trades do not earn.

    A label is what a trade would earn from fill to fill. Compared are long trades that followed
    the terms of their labels, before costs, with the mean promise of the same decisions.

    Args:
        trades: rows of trades.parquet.
        rows: of signals.parquet, with forward_return where it is known.
        execution: how they were traded; with terms of its own there is nothing to compare.
    """
    given = (getattr(execution, name) is not None for name in OWN_TERMS)
    if any(given) or execution.fill_price != "open" or "forward_return" not in rows.columns:
        return []
    key = ["symbol", "decision_time"]
    promised = rows.select(*key, pl.col("forward_return").cast(pl.Float64))
    both = trades.filter((pl.col("direction") > 0) & (pl.col("reason") != "end")).join(
        promised.drop_nulls().unique(key), on=key, how="inner"
    )
    if both.height < LEAST_TRADES:
        return []
    costs = (both["fees"] + both["slippage"]) / (both["size"] * both["entry_price"])
    earned = (both["return"] + costs).to_numpy()
    promise = both["forward_return"].to_numpy()
    gap = promise - earned
    error = float(gap.std(ddof=1)) / math.sqrt(len(gap))
    mean = float(gap.mean())
    if mean <= ERRORS * error or mean <= LEAST_GAP * abs(float(promise.mean())) or mean < 1e-6:
        return []
    return [
        BacktestSentence.LABELS_OF_OTHER_TRADES(
            n=both.height, promise=promise.mean(), earned=earned.mean()
        )
    ]


def in_the_training(alarms: Sequence[Mapping[str, Any]]) -> list[str]:
    """Those of the alarms that rang for a leak while the model was trained."""
    return [alarm["message"] for alarm in alarms if alarm.get("kind") == "leak"]


def _averaged(market: Market) -> str | None:
    parts = [_neighbours(bars.prices.close) for bars in market.values()]
    products, squares, count = (math.fsum(column) for column in zip(*parts, strict=True))
    if count < LEAST_BARS or squares == 0:
        return None
    found = products / squares
    if found <= HIGHEST_AUTOCORRELATION or found <= ERRORS / math.sqrt(count):
        return None
    return BacktestSentence.AVERAGED_PRICES(found=found)


def _neighbours(closes: Floats) -> tuple[float, float, int]:
    """Sum of products of neighbouring returns, sum of their squares, and how many.

    Returns are cut at four deviations, so that one split or gap says nothing.
    """
    if len(closes) < 4:
        return 0.0, 0.0, 0
    moves = np.diff(np.log(closes))
    limit = 4.0 * float(np.median(np.abs(moves))) / 0.6745
    if limit == 0:
        return 0.0, 0.0, 0
    away = np.clip(moves - moves.mean(), -limit, limit) / limit
    return float(away[1:] @ away[:-1]), float(away @ away), len(away)


def _repeated(market: Market) -> str | None:
    copies = moved = 0
    for bars in market.values():
        table = np.stack([bars.prices.open, bars.prices.high, bars.prices.low, bars.prices.close])
        moving = table[1, 1:] > table[2, 1:]
        moved += int(moving.sum())
        copies += int(((table[:, 1:] == table[:, :-1]).all(axis=0) & moving).sum())
    if moved < LEAST_BARS or copies <= MOST_REPEATED * moved:
        return None
    return BacktestSentence.REPEATED_PRICES(share=copies / moved)
