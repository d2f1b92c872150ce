"""How often the 95 % intervals of the expectancy and of the Sharpe ratio hold the truth.

Markets are made (`verdict_worlds`) and traded by the product's own functions, until so many
intervals are known: where few days have signals, most markets have too few blocks for one.
"""

from dataclasses import dataclass

import numpy as np

from quantsig.backtest import point_figures as statistics
from quantsig.backtest.benchmarks.verdict_worlds import MarketWorld, make
from quantsig.backtest.execution import Execution
from quantsig.backtest.messages import BacktestSentence
from quantsig.backtest.outcome import trade
from quantsig.backtest.statistics.figures import UndefinedFigure
from quantsig.backtest.statistics.returns import sharpe
from quantsig.backtest.statistics.sessions import sessions

SEED = 37
EXECUTION = Execution()
MOST_DRAWS = 20  # markets for each interval that is asked for
COVERED = (  # trades from some 30 to 400, within sessions and over them, apart and together
    MarketWorld(name="30 trades", exposure=0.05),
    MarketWorld(name="30 trades together", exposure=0.05, signals="together"),
    MarketWorld(name="100 trades", exposure=0.17),
    MarketWorld(name="100 trades together", exposure=0.17, signals="together"),
    MarketWorld(name="400 trades of a day", exposure=0.13, holding=1, signals="together"),
    MarketWorld(name="400 trades of a symbol each", exposure=0.4, symbols=30, holding=7),
)

Ends = tuple[float | None, float | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Coverage:
    """Shares of the intervals that hold the truth."""

    expectancy: float
    sharpe: float


@dataclass(frozen=True, kw_only=True, slots=True)
class IntervalHit:
    """The figures of one market; None where there are none."""

    trades: int
    gained: float  # sum of the trades' returns
    expectancy: Ends
    sharpe: Ends
    ratio: float | None  # Sharpe, a year


def cover(world: MarketWorld, intervals: int, seed: int = SEED) -> Coverage:
    """Count over so many known intervals of the expectancy, each of a market of its own.

    Args:
        world: what is made.
        intervals: of the expectancy, known; those of the Sharpe ratio are as many or more.
        seed: of all markets.

    Raises:
        Undefined: no market has one.
    """
    rows: list[IntervalHit] = []
    known = 0
    while known < intervals and len(rows) < MOST_DRAWS * intervals:
        rows.append(_seen(world, np.random.default_rng([seed, len(rows)])))
        known += rows[-1].expectancy[0] is not None
    if not known:
        raise UndefinedFigure(BacktestSentence.NO_INTERVAL_OF_MARKETS(n=len(rows)))
    return coverage(rows)


def coverage(rows: list[IntervalHit]) -> Coverage:
    """Shares of the known intervals that hold the mean of all markets.

    That mean stands for the truth; its own error is small beside an interval's width.
    """
    expected = sum(seen.gained for seen in rows) / max(sum(seen.trades for seen in rows), 1)
    ratio = float(np.mean([seen.ratio for seen in rows if seen.ratio is not None]))
    return Coverage(
        expectancy=_held([seen.expectancy for seen in rows], expected),
        sharpe=_held([seen.sharpe for seen in rows], ratio),
    )


def _held(intervals: list[Ends], truth: float) -> float:
    known = [(low, high) for low, high in intervals if low is not None and high is not None]
    return float(np.mean([low <= truth <= high for low, high in known]))


def _seen(world: MarketWorld, random: np.random.Generator) -> IntervalHit:
    made = make(world, random)
    accounts = trade(made.market, made.signals, EXECUTION).accounts
    ends, _ = statistics.intervals(accounts, EXECUTION.fill_price)
    days = sessions(accounts.times, accounts.equity, accounts.calendar)
    ratio = None
    if ends["sharpe_low"] is not None:
        ratio = sharpe(days.returns, days.per_year)
    return IntervalHit(
        trades=accounts.trades.height,
        gained=float(accounts.trades["return"].sum()),
        expectancy=(ends["expectancy_low"], ends["expectancy_high"]),
        sharpe=(ends["sharpe_low"], ends["sharpe_high"]),
        ratio=ratio,
    )
