"""What a backtest says in numbers; each figure states its formula and convention.

Trade returns are simple and after costs: profit over the value of the entry. Session returns are
simple returns between the last equities of the calendar days (UTC) that have bars. Yearly figures
use as many sessions a year as the data itself shows, and no risk-free rate. A figure that does
not exist raises `Undefined` with the reason.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from quantsig.backtest.market import Floats, Integers, to_times

DAY = 86_400_000_000  # microseconds
YEAR = 365.2425 * DAY

BOOTSTRAP_DRAWS = 2_000
CONFIDENCE = 0.95  # of the intervals, two-sided
LEAST_FOR_INTERVAL = 10  # values; fewer resample into nothing but themselves


class Undefined(ValueError):  # noqa: N818 - not an error, a figure that does not exist
    """A figure that does not exist; the message says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sessions:
    """The equity by calendar days that have bars."""

    returns: Floats  # (P,) simple return of each session after the first value
    years: float  # from the first bar to the last
    days: int  # from the first session's date to the last one's
    steps: int  # from session to session; on daily bars, one a return

    @property
    def per_year(self) -> float:
        """Sessions a year, as the data shows them: steps a calendar day times 365.2425."""
        if len(self.returns) < 2 or not self.days:
            raise Undefined("fewer than two session returns")
        return self.steps / self.days * YEAR / DAY


Figures = dict[str, float | None]


def collect(table: Mapping[str, Callable[[], float]]) -> tuple[Figures, dict[str, str]]:
    """Compute each figure; one that is undefined or not finite is None, with its reason.

    Returns:
        The figures, and the reasons of the missing ones by name.
    """
    figures: Figures = {}
    missing: dict[str, str] = {}
    for name, compute in table.items():
        figures[name] = None
        try:
            value = compute()
        except Undefined as reason:
            missing[name] = str(reason)
            continue
        if math.isfinite(value):
            figures[name] = value
        else:
            missing[name] = "too large to be a number"
    return figures, missing


def sessions(times: Integers, equity: Floats) -> Sessions:
    """Session returns of an equity curve.

    Args:
        times: (T,) closes of bars, microseconds since 1970 UTC, increasing.
        equity: (T,) at these times, positive.
    """
    dates = times // DAY
    last = np.flatnonzero(np.append(dates[1:] != dates[:-1], True))  # the last bar of each day
    marks = last if last[0] == 0 else np.insert(last, 0, 0)  # intraday: from the first bar on
    values = equity[marks]
    return Sessions(
        returns=values[1:] / values[:-1] - 1.0,
        years=float(times[-1] - times[0]) / YEAR,
        days=int(dates[-1] - dates[0]),
        steps=len(last) - 1,
    )


def total_return(equity: Floats) -> float:
    """Last equity over the first, less one."""
    return float(equity[-1] / equity[0] - 1.0)


def annual_return(equity: Floats, years: float) -> float:
    """Compound growth a year: (1 + total return) ** (1 / years) - 1, years of 365.2425 days."""
    if years <= 0:
        raise Undefined("the period has no length")
    try:
        return float((1.0 + total_return(equity)) ** (1.0 / years) - 1.0)
    except OverflowError:
        return math.inf


def volatility(returns: Floats, per_year: float) -> float:
    """Standard deviation of returns (ddof 1) times the root of the periods a year."""
    return _deviation(returns) * math.sqrt(per_year)


def sharpe(returns: Floats, per_year: float) -> float:
    """Mean over standard deviation (ddof 1), times the root of the periods a year (Sharpe 1994)."""
    deviation = _deviation(returns)
    if deviation <= 1e-12 * max(1.0, float(np.abs(returns).max())):
        raise Undefined("the returns do not vary")
    return float(returns.mean()) / deviation * math.sqrt(per_year)


def sortino(returns: Floats, per_year: float) -> float:
    """Mean over the downside deviation, times the root of the periods a year.

    Downside deviation: root of the mean over all periods of min(return, 0) squared, target 0
    (Sortino and Price 1994).
    """
    if not len(returns):
        raise Undefined("no session returns")
    downside = math.sqrt(float(np.square(np.minimum(returns, 0.0)).mean()))
    if downside == 0:
        raise Undefined("no session lost")
    return float(returns.mean()) / downside * math.sqrt(per_year)


def drawdowns(equity: Floats) -> Floats:
    """Equity over its highest value so far, less one; (T,) <= 0."""
    below: Floats = equity / np.maximum.accumulate(equity) - 1.0
    return below


def win_rate(returns: Floats) -> float:
    """Share of the trades that earned more than nothing after costs."""
    return float((_some(returns) > 0).mean())


def profit_factor(profits: Floats) -> float:
    """Sum of the gains over the sum of the losses, in money after costs."""
    lost = -float(np.minimum(_some(profits), 0.0).sum())
    if lost == 0:
        raise Undefined("no trade lost")
    return float(np.maximum(profits, 0.0).sum()) / lost


def mean(values: Floats) -> float:
    """Arithmetic mean over the trades."""
    return float(_some(values).mean())


def bootstrap_interval(
    values: Floats, statistic: Callable[[Floats], float], *, seed: int
) -> tuple[float, float]:
    """Percentile interval of a statistic of dependent values, in the order of time.

    Stationary bootstrap (Politis and Romano 1994): blocks of random length, geometric with mean
    n ** (1/3), that wrap around. Resamples for which the statistic is undefined are left out.

    Returns:
        The ends of the two-sided interval of `CONFIDENCE`.
    """
    if len(values) < LEAST_FOR_INTERVAL:
        raise Undefined(f"an interval needs at least {LEAST_FOR_INTERVAL} values")
    drawn = []
    for rows in _resamples(len(values), seed):
        try:
            drawn.append(statistic(values[rows]))
        except Undefined:
            continue
    if not drawn:
        raise Undefined("the returns do not vary")
    tail = (1.0 - CONFIDENCE) / 2.0
    low, high = np.quantile(drawn, [tail, 1.0 - tail])
    return float(low), float(high)


def figures(
    trades: pl.DataFrame, times: Integers, equity: Floats, exposure: Floats, *, seed: int
) -> tuple[Figures, dict[str, str]]:
    """All figures of stats.json, and why some are missing.

    Args:
        trades: rows of trades.parquet in the order of entry.
        times: (T,) microseconds since 1970 UTC.
        equity: (T,) starts at 1.0.
        exposure: (T,) invested share.
        seed: of the bootstrap.
    """
    returns, profits = trades["return"].to_numpy(), trades["profit"].to_numpy()
    days = sessions(times, equity)

    def yearly_sharpe(sample: Floats) -> float:
        return sharpe(sample, days.per_year)

    return collect(
        {
            "trades": lambda: trades.height,
            "win_rate": lambda: win_rate(returns),
            "profit_factor": lambda: profit_factor(profits),
            "expectancy": lambda: mean(returns),
            **_interval("expectancy", returns, mean, seed),
            "total_return": lambda: total_return(equity),
            "annual_return": lambda: annual_return(equity, days.years),
            "volatility": lambda: volatility(days.returns, days.per_year),
            "sharpe": lambda: yearly_sharpe(days.returns),
            **_interval("sharpe", days.returns, yearly_sharpe, seed),
            "sortino": lambda: sortino(days.returns, days.per_year),
            "max_drawdown": lambda: float(drawdowns(equity).min()),
            "exposure": lambda: float(exposure.mean()),
            "average_holding_bars": lambda: mean(trades["holding_bars"].to_numpy()),
            "fees": lambda: float(trades["fees"].sum()),
            "periods_per_year": lambda: days.per_year,
        }
    )


def yearly(trades: pl.DataFrame, times: Integers, equity: Floats) -> list[dict[str, float]]:
    """A row a calendar year (UTC): return, worst drawdown so far, and trades entered in it."""
    curve = pl.DataFrame(
        {"year": to_times(times).dt.year(), "equity": equity, "drawdown": drawdowns(equity)}
    )
    rows = curve.group_by("year", maintain_order=True).agg(
        pl.col("equity").last(), pl.col("drawdown").min().alias("max_drawdown")
    )
    before = pl.col("equity").shift(1).fill_null(equity[0])
    entered = trades.group_by(pl.col("entry_time").dt.year().alias("year")).len("trades")
    return (
        rows.with_columns((pl.col("equity") / before - 1.0).alias("return"))
        .join(entered, on="year", how="left", maintain_order="left")
        .with_columns(pl.col("trades").fill_null(0))
        .select("year", "return", "max_drawdown", "trades")
        .to_dicts()
    )


def per_symbol(
    trades: pl.DataFrame, symbols: tuple[str, ...], values: Floats
) -> list[dict[str, float | str | None]]:
    """A row a symbol: return of its account, trades, win rate, expectancy, profit and fees.

    Args:
        trades: rows of trades.parquet.
        symbols: S names.
        values: (T, S) value of each account.
    """
    accounts = pl.DataFrame({"symbol": symbols, "total_return": values[-1] / values[0] - 1.0})
    earned = trades.group_by("symbol").agg(
        pl.len().alias("trades"),
        (pl.col("return") > 0).mean().alias("win_rate"),
        pl.col("return").mean().alias("expectancy"),
        pl.col("profit").sum(),
        pl.col("fees").sum(),
    )
    return (
        accounts.join(earned, on="symbol", how="left", maintain_order="left")
        .with_columns(pl.col("trades", "profit", "fees").fill_null(0))
        .to_dicts()
    )


def _interval(
    name: str, values: Floats, statistic: Callable[[Floats], float], seed: int
) -> dict[str, Callable[[], float]]:
    """The two figures `name`_low and `name`_high, from one bootstrap."""
    ends: list[tuple[float, float]] = []

    def end(side: int) -> float:
        if not ends:
            ends.append(bootstrap_interval(values, statistic, seed=seed))
        return ends[0][side]

    return {f"{name}_low": lambda: end(0), f"{name}_high": lambda: end(1)}


def _resamples(count: int, seed: int) -> Iterator[Integers]:
    """Row numbers of the stationary bootstrap, `BOOTSTRAP_DRAWS` times (count,)."""
    random = np.random.default_rng(seed)
    restart_chance = 1.0 / round(count ** (1.0 / 3.0))
    rows = np.arange(count)
    for _ in range(BOOTSTRAP_DRAWS):
        restart = random.random(count) < restart_chance
        restart[0] = True
        origin = np.maximum.accumulate(np.where(restart, rows, 0))
        starts = random.integers(0, count, count)
        yield (starts[origin] + rows - origin) % count


def _deviation(returns: Floats) -> float:
    if len(returns) < 2:
        raise Undefined("fewer than two session returns")
    return float(returns.std(ddof=1))


def _some(values: Floats) -> Floats:
    if not len(values):
        raise Undefined("no trades")
    return values
