"""Bars that are not finished: they close after now."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from quantsig.data.errors import DataError
from quantsig.data.language.messages import first_few, phrase, term

NAMED = 3  # symbols that the note lists
ONE_EACH = 1  # more of a symbol are no candle that is running


@dataclass(frozen=True, kw_only=True, slots=True)
class ClosedBars:
    """Bars that have closed, and what is to be said of the others."""

    rows: pl.DataFrame
    notes: tuple[str, ...] = ()


def closed_bars(rows: pl.DataFrame, now: datetime, *, drop: bool) -> ClosedBars:
    """The rows whose bar has closed by now.

    Args:
        rows: columns symbol, timestamp (the close, UTC), source (the file) and others.
        now: the time of the clock.
        drop: leave the others out; else they are only named.

    Raises:
        DataError: none has, and they are to be left out.
    """
    last = rows["timestamp"].max()
    if not isinstance(last, datetime) or last <= now:
        return ClosedBars(rows=rows)
    first = rows["timestamp"].min()
    if drop and isinstance(first, datetime) and first > now:
        raise DataError(
            phrase(
                "every bar closes after now: the first {first:%Y-%m-%d %H:%M} UTC.", first=first
            ),
            where=", ".join(rows["source"].unique().sort().head(NAMED)),
            remedy="Check the times, the time zone and this machine's clock, or pass "
            "`keep_unfinished`.",
        )
    later = (pl.col("timestamp") > now).fill_null(False)
    ahead = rows.filter(later)
    each = ahead.group_by("symbol").agg(pl.len(), pl.col("timestamp").max()).sort("symbol")
    names = [f"{symbol} {time:%Y-%m-%d %H:%M}" for symbol, _, time in each.iter_rows()]
    notes = [
        phrase(
            "{what}: {bars} bars that close after now, UTC: {names}",
            what=term("left out" if drop else "kept, though not finished"),
            bars=len(ahead),
            names=first_few(names, NAMED),
        )
    ]
    most = each["len"].max()
    if isinstance(most, int) and most > ONE_EACH:
        notes.append(
            phrase(
                "up to {most} bars of a symbol close after now: perhaps the time zone is wrong "
                "(see `timezone`)",
                most=most,
            )
        )
    return ClosedBars(rows=rows.filter(~later) if drop else rows, notes=tuple(notes))
