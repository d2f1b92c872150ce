"""Adjustments that the user states: at a date a symbol's prices change by a ratio.

A split of 4 for 1, a roll into a contract that costs 2 % less: "AAPL 2020-08-24 4",
"RB 2024-03-15 1.02". The day is the first of the new prices, the ratio the old price over the
new. Bars before it get the adjustment 1 / ratio, on top of what they have.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from quantsig.data.calendar.sessions import SessionCalendar
from quantsig.data.checks.jumps import session_jumps
from quantsig.data.errors import ConfigError, DataError
from quantsig.data.language.messages import phrase

NEAREST = 0.01  # log: the bars agree with a ratio that is so near to their jump, ...
NEAR = 4.0  # ... or nearer than so many jumps that are usual for the symbol
UNKNOWN = 0.05  # log, where what is usual is not known
WHERE = "bars.adjust"


@dataclass(frozen=True, kw_only=True, slots=True)
class Adjustment:
    """From a day on a symbol's prices are the old ones over a ratio."""

    symbol: str
    day: date
    ratio: float


def parse_adjustment(text: str) -> Adjustment:
    """Read "SYMBOL YYYY-MM-DD RATIO".

    Raises:
        ConfigError: it is not so written, or the ratio is not a positive number.
    """
    try:
        symbol, day, ratio = text.rsplit(maxsplit=2)
        read = Adjustment(symbol=symbol, day=date.fromisoformat(day), ratio=float(ratio))
    except ValueError as error:
        raise _unreadable(text) from error
    if not (math.isfinite(read.ratio) and read.ratio > 0):
        raise _unreadable(text)
    return read


def adjust(
    bars: pl.DataFrame, calendar: SessionCalendar, stated: Sequence[Adjustment]
) -> pl.DataFrame:
    """The bars with the adjustments stated, each checked against the jump of its day.

    Args:
        bars: the columns of CheckedBars.bars.
        calendar: which trading day each bar is of.
        stated: the adjustments, in any order.

    Raises:
        ConfigError: a symbol that the bars do not hold, or a day without a session.
        DataError: the bars jump by another ratio on that day.
    """
    if not stated:
        return bars
    sessions, days = session_jumps(bars, calendar), calendar.dates(bars["timestamp"])
    factor = pl.lit(1.0)
    for one in stated:
        _check(one, sessions, bars)
        before = (pl.col("symbol") == one.symbol) & (days.alias("day") < one.day)
        factor = factor * pl.when(before).then(1.0 / one.ratio).otherwise(1.0)
    return bars.with_columns(adjustment=pl.col("adjustment") * factor)


def _check(one: Adjustment, sessions: pl.DataFrame, bars: pl.DataFrame) -> None:
    own = sessions.filter(pl.col("symbol") == one.symbol)
    if own.is_empty():
        known = ", ".join(bars["symbol"].unique().sort().head(10))
        raise ConfigError(
            phrase("the bars hold no symbol {symbol} of two sessions.", symbol=one.symbol),
            where=WHERE,
            remedy=phrase("Known: {known}.", known=known),
        )
    session = own.filter(pl.col("day") == one.day)
    if session.is_empty():
        raise ConfigError(
            phrase(
                "{symbol} has no session on {day}, or it is the first.",
                symbol=one.symbol,
                day=one.day,
            ),
            where=WHERE,
            remedy=phrase(
                "Give the first day of the new prices; near it are {days}.",
                days=_near(own, one.day),
            ),
        )
    row = session.row(0, named=True)
    if not _agrees(row, one.ratio):
        raise DataError(
            phrase(
                "the bars change by {change:.4g} on that day, not by {ratio:g}.",
                change=math.exp(-row["jump"]),
                ratio=one.ratio,
            ),
            where=f"{one.symbol}, {one.day}: the open against the close before",
            remedy="Give the day and the ratio of the bars, old price over new; or leave it out, "
            "if the prices are adjusted already.",
        )


def _agrees(session: dict[str, Any], ratio: float) -> bool:
    left = abs(session["jump"] + math.log(ratio))
    usual = session["usual_jump"]
    allowed = UNKNOWN if usual is None else max(NEAREST, NEAR * usual)
    return bool(left <= allowed and left <= abs(session["jump"]))


def _near(sessions: pl.DataFrame, day: date) -> str:
    away = (pl.col("day") - pl.lit(day)).dt.total_days().abs()
    return ", ".join(str(found) for found in sessions.sort(away)["day"].head(3).sort())


def _unreadable(text: str) -> ConfigError:
    return ConfigError(
        phrase('"{text}" is no adjustment.', text=text),
        where=WHERE,
        remedy="Write the symbol, the first day of the new prices and old price over new, such as "
        "AAPL 2020-08-24 4",
    )
