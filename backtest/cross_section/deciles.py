"""Portfolios of the symbols by the rank of their probability, instead of a threshold.

At each decision time the symbols are cut into equal parts, the likeliest in the last one. Each is
bought at the entry's open, with equal weights or by market value (by dollar volume where that is
not given), and held to the exit's open without stops; where holdings overlap, each decision has
its own part of the money (Jegadeesh and Titman 1993).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.backtest.cross_section.cross_section import (
    CrossSection,
    cross_section,
    holding_sharpe,
    overlapping_t,
)
from quantsig.backtest.cross_section.information_coefficient import information_coefficient
from quantsig.backtest.cross_section.market_values import market_values_at
from quantsig.backtest.execution import Execution
from quantsig.backtest.market import Floats, Integers, to_times
from quantsig.backtest.messages import BacktestSentence
from quantsig.backtest.record import DecilesRecord, PortfolioFigures
from quantsig.backtest.statistics.figures import UndefinedFigure, collect
from quantsig.data.calendar.sessions import SessionCalendar
from quantsig.data.errors import refused
from quantsig.data.language.messages import Message

DECILES = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class DecileCut:
    """Into how many parts the symbols are cut, and what weighs them.

    Attributes:
        count: parts.
        market_values: as `read_market_values` gives them; they weigh in place of dollar volume,
            the newest known at each decision, and a symbol without one is left out of these
            weights.
    """

    count: int = DECILES
    market_values: pl.DataFrame | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Deciles:
    """The portfolios, and what they say."""

    table: pl.DataFrame  # a row per decision time and decile that has symbols
    record: DecilesRecord


@dataclass(frozen=True, kw_only=True, slots=True)
class _Portfolios:
    """One part of the symbols under one weighting, (N,) each; NaN where it is empty."""

    returns: Floats  # per holding, before costs
    turnovers: Floats  # half the sum of changes against the portfolio that this one replaces


def decile_portfolios(
    rows: pl.DataFrame,
    bars: pl.DataFrame,
    execution: Execution,
    cut: DecileCut,
    *,
    calendar: SessionCalendar,
) -> Deciles:
    """Cut the symbols by probability at every decision time, and follow each part.

    Symbols of the same probability stay together, so a part may be empty. Times with fewer
    symbols than parts are left out and counted.

    Args:
        rows: columns symbol, decision_time, probability, direction, delay_bars, horizon_bars.
        bars: columns symbol, timestamp, open, close, volume; adjusted.
        execution: gives the costs, and delay and holding where they are set.
        cut: into how many parts, and what weighs them.
        calendar: which session each bar is of.

    Returns:
        The table: `decision_time`, `decile` (1 is the least likely), `symbols`, `probability`
        (mean), `return_equal`, `return_value` (per holding, as the direction of the signals,
        before costs), `turnover_equal`, `turnover_value` (null while nothing is replaced). And
        the record; its `missing` says why where there are no portfolios.

    Raises:
        ConfigError: fewer than two parts.
    """
    deciles, market_values = cut.count, cut.market_values
    if deciles < 2:
        raise refused("backtest.deciles", deciles, "Give at least 2.")
    everything = cross_section(rows, bars, execution)
    enough = (~np.isnan(everything.probabilities)).sum(axis=1) >= deciles
    section = everything.at(enough)  # what is left out replaces nothing, and nothing replaces it
    parts = _parts(section, deciles)
    sizes = section.dollar_volumes
    if market_values is not None:
        sizes = market_values_at(market_values, section.times, section.symbols)
    weighted = {
        "equal": _weights(parts, np.where(parts > 0, 1.0, 0.0), deciles),
        "value": _weights(parts, np.nan_to_num(sizes), deciles),
    }
    portfolios = {name: _portfolios(section, own) for name, own in weighted.items()}
    return Deciles(
        table=_table(section, parts, portfolios),
        record=DecilesRecord(
            deciles=deciles,
            symbols=len(section.symbols),
            times=int(enough.sum()),
            times_left_out=int((~enough).sum()),
            overlap=section.overlap,
            value_weights="dollar volume" if market_values is None else "market value",
            without_value=int((np.isnan(sizes) & (parts > 0)).sum()),
            holdings_a_year=section.holdings_a_year,
            portfolios=tuple(
                _summary(name, number + 1, own, section, execution)
                for name, parts_ in portfolios.items()
                for number, own in enumerate(parts_)
            ),
            long_short=tuple(
                _summary(name, None, _spread(own), section, execution)
                for name, own in portfolios.items()
            ),
            information_coefficient=information_coefficient(everything, calendar),
            missing=None if enough.any() else _too_few(deciles, len(section.symbols)),
        ),
    )


def _parts(section: CrossSection, deciles: int) -> Integers:
    """(N, S) the part of each symbol, 1..deciles; 0 where it is not known."""
    known = ~np.isnan(section.probabilities)
    parts = np.zeros(known.shape, np.int64)
    for row in range(len(parts)):
        ranks = pl.Series(section.probabilities[row, known[row]]).rank("average").to_numpy()
        place = (ranks - 0.5) * deciles / len(ranks)
        parts[row, known[row]] = np.minimum(place.astype(np.int64), deciles - 1) + 1
    return parts


def _weights(parts: Integers, sizes: Floats, deciles: int) -> list[Floats]:
    """(N, S) of each part, adding up to 1; NaN in rows where nothing has a size."""
    found = []
    for number in range(1, deciles + 1):
        own = np.where(parts == number, sizes, 0.0)
        total = own.sum(axis=1, keepdims=True)
        found.append(np.divide(own, total, out=np.full_like(own, np.nan), where=total > 0))
    return found


def _portfolios(section: CrossSection, weights: list[Floats]) -> list[_Portfolios]:
    earned, replaced = np.nan_to_num(section.returns), section.overlap
    found = []
    for own in weights:
        turnovers = np.full(len(own), np.nan)
        turnovers[replaced:] = 0.5 * np.abs(own[replaced:] - own[:-replaced]).sum(axis=1)
        found.append(_Portfolios(returns=(own * earned).sum(axis=1), turnovers=turnovers))
    return found


def _spread(portfolios: list[_Portfolios]) -> _Portfolios:
    """The likeliest part bought, the least likely one sold."""
    low, high = portfolios[0], portfolios[-1]
    return _Portfolios(returns=high.returns - low.returns, turnovers=high.turnovers + low.turnovers)


def _summary(
    weights: str, decile: int | None, own: _Portfolios, section: CrossSection, execution: Execution
) -> PortfolioFigures:
    returns, turnovers = (values[~np.isnan(values)] for values in (own.returns, own.turnovers))
    a_trade = execution.fee + execution.slippage

    def some(values: Floats, reason: Message) -> Floats:
        if not len(values):
            raise UndefinedFigure(reason)
        return values

    def mean_return() -> float:
        return float(some(returns, BacktestSentence.NO_PORTFOLIO()).mean())

    def turnover() -> float:
        return float(some(turnovers, BacktestSentence.NO_REPLACED_PORTFOLIO()).mean())

    figures, missing = collect(
        {
            "mean_return": mean_return,
            "t": lambda: overlapping_t(returns, section.overlap),
            "sharpe": lambda: holding_sharpe(returns, section.holdings_a_year),
            "turnover": turnover,
            "mean_after_costs": lambda: mean_return() - 2.0 * turnover() * a_trade,
        }
    )
    return PortfolioFigures(
        weights=weights, decile=decile, times=len(returns), **figures, missing=missing
    )


def _table(
    section: CrossSection, parts: Integers, portfolios: dict[str, list[_Portfolios]]
) -> pl.DataFrame:
    frames = []
    for number in range(1, len(portfolios["equal"]) + 1):
        inside = parts == number
        there = inside.any(axis=1)
        frames.append(
            pl.DataFrame(
                {
                    "decision_time": to_times(section.times[there]),
                    "decile": pl.Series(np.full(there.sum(), number)),
                    "symbols": inside[there].sum(axis=1),
                    "probability": _means(section.probabilities, inside, there),
                    **dict(_columns(portfolios, number - 1, there)),
                }
            )
        )
    return pl.concat(frames).sort("decision_time", "decile")


def _columns(
    portfolios: dict[str, list[_Portfolios]], part: int, there: NDArray[np.bool_]
) -> Iterator[tuple[str, pl.Series]]:
    for name, own in portfolios.items():
        yield f"return_{name}", pl.Series(own[part].returns[there], nan_to_null=True)
        yield f"turnover_{name}", pl.Series(own[part].turnovers[there], nan_to_null=True)


def _means(values: Floats, inside: NDArray[np.bool_], there: NDArray[np.bool_]) -> Floats:
    means: Floats = np.where(inside, values, 0.0)[there].sum(axis=1) / inside[there].sum(axis=1)
    return means


def _too_few(deciles: int, symbols: int) -> str:
    if symbols < deciles:
        return BacktestSentence.FEW_SYMBOLS_FOR_DECILES(n=symbols, parts=deciles)
    return BacktestSentence.FEW_KNOWN_RETURNS(n=deciles)
