"""Laying scores to decision bars, so that no trade is entered before its score was known.

A score is known at a moment: at its time, or, where its time names the open of a bar as the
sources of bars do, when that bar has closed. It is laid to the newest bar that had closed by
then, if the next one of its symbol has not opened yet: that one's open is the first price that a
trade can have. A score that becomes known within a bar waits for its close, for the open of that
bar is past.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from quantsig.data.bars import CheckedBars
from quantsig.data.calendar.intervals import DAY
from quantsig.data.calendar.timestamps import Stamps, check_zone, closing_times, wall_clock
from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase
from quantsig.data.scores.rules import RULE, first_broken, refuse_broken, set_aside
from quantsig.data.scores.table import ScoreTable

UTC_TIME = pl.Datetime("us", "UTC")


@dataclass(frozen=True, kw_only=True, slots=True)
class Delays:
    """How far the moments at which scores were known lie from the bars they were laid to.

    Attributes:
        exact: rows that were known when a bar closed.
        older: rows laid to a bar that had closed before.
        older_median_s: seconds since that bar had closed, of these rows; None: there are none.
        older_most_s: the most of them.
        waiting: rows known within a bar, that wait for its close.
        waiting_median_s: seconds until then, of these rows; None: there are none.
        waiting_most_s: the most of them.
        superseded: rows that gave way to a newer one of the same bar.
    """

    exact: int
    older: int
    older_median_s: float | None
    older_most_s: float | None
    waiting: int
    waiting_median_s: float | None
    waiting_most_s: float | None
    superseded: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedScores:
    """Scores at decision bars.

    Attributes:
        table: that they were read from.
        bars: that they are laid to.
        rows: by symbol and time, one a bar: `row` of the source, `symbol`, `bar` (its number
            among its symbol's, from 0), `decision_time` (its close), `known`, `score`, `split` and
            `label` as they were given, `trained_until` in UTC, null where it is not said.
        stamped: what the times were taken to name: open or close.
        delays: of these rows.
        set_aside: rows that break a rule, by the rule in words.
    """

    table: ScoreTable
    bars: CheckedBars
    rows: pl.DataFrame
    stamped: str
    delays: Delays
    set_aside: Mapping[str, int]


def place_scores(
    table: ScoreTable, bars: CheckedBars, *, slack: timedelta = timedelta()
) -> PlacedScores:
    """Lay each score to a bar; two of one bar leave the newer one.

    Args:
        table: the scores.
        bars: of their symbols.
        slack: how long after a bar opened a score still counts as known at its open.

    Raises:
        DataError: a row breaks a rule and rows are not to be set aside, or none is left.
        ConfigError: the time zone is not known.
    """
    zone = table.options.timezone or bars.calendar.timezone or "UTC"
    check_zone(zone)
    stamped = _stamped(table, bars)
    opens_for = bars.interval if stamped == "open" else None
    rows = table.rows.with_columns(symbol=_symbols(table, bars), time=table.stamps.values)
    known = {
        name: _closed(rows["symbol"], stamps, zone, opens_for)
        for name, stamps in (("known", table.stamps), ("trained_until", table.trained_until))
    }
    rows = _laid(rows.with_columns(**known), bars, zone, slack)
    rows = rows.with_columns(pl.lit(None).alias(RULE))
    rows = rows.with_columns(_broken(table, bars))
    if not table.options.quarantine:
        refuse_broken(rows, table.source)
    good = rows.filter(pl.col(RULE).is_null())
    if good.is_empty():
        refuse_broken(rows, table.source)
        raise DataError("there are no scores.", where=table.source, remedy="Give some rows.")
    newest = good.sort("symbol", "bar", "known").unique(
        ["symbol", "bar"], keep="last", maintain_order=True
    )
    return PlacedScores(
        table=table,
        bars=bars,
        rows=newest.drop("time", RULE, "ends"),
        stamped=stamped,
        delays=delays_of(newest, len(good) - len(newest)),
        set_aside=set_aside(rows),
    )


def _stamped(table: ScoreTable, bars: CheckedBars) -> str:
    if table.options.stamped is not None:
        return table.options.stamped
    return "close" if table.moments else bars.calendar.bar_label or "open"


def _symbols(table: ScoreTable, bars: CheckedBars) -> pl.Series:
    """The symbols of rows; where none is named, the one of the bars."""
    if table.names_symbols:
        return table.rows["symbol"]
    known = bars.bars["symbol"].unique()
    if len(known) > 1:
        raise DataError(
            phrase(
                "no column for symbol, and the bars are of {symbols} symbols.", symbols=len(known)
            ),
            where=table.source,
            remedy="Name each row's symbol in a column symbol.",
        )
    return known.new_from_index(0, len(table.rows))


def _closed(
    symbols: pl.Series, stamps: Stamps | None, zone: str, opens_for: timedelta | None
) -> pl.Series:
    """The moments that stamps stand for, in UTC."""
    if stamps is None:
        return pl.Series([None], dtype=UTC_TIME).new_from_index(0, len(symbols))
    labels = pl.DataFrame({"symbol": symbols, "timestamp": stamps.values})
    return closing_times(labels, zone=zone, opens_for=opens_for, dates_only=stamps.dates_only)


def _laid(rows: pl.DataFrame, bars: CheckedBars, zone: str, slack: timedelta) -> pl.DataFrame:
    """Rows with `bar`, `decision_time` and `ends`, when the bars of their symbol do."""
    named = bars.bars.select("symbol", closed="timestamp")
    following = named.select(pl.col("closed").shift(-1).over("symbol")).to_series()
    table = named.with_columns(
        bar=pl.int_range(pl.len()).over("symbol"),
        following=following,
        opens=_clock(following, bars.interval, zone) - bars.interval,
        ends=pl.col("closed").max().over("symbol"),
        at_close=_clock(named["closed"], bars.interval, zone),
    ).with_columns(opens=pl.max_horizontal("opens", "at_close"))  # bars never overlap
    laid = (
        rows.with_row_index("place")
        .sort("known", nulls_last=True)
        .join_asof(
            table.sort("closed"),
            left_on="known",
            right_on="closed",
            by="symbol",
            strategy="backward",
            check_sortedness=False,
        )
        .sort("place")
    )
    later = pl.lit(_clock(laid["known"], bars.interval, zone)) > pl.col("opens") + slack
    inside = later & pl.col("following").is_not_null()  # nothing follows the newest bar
    return laid.with_columns(
        bar=pl.col("bar") + inside.fill_null(False),
        decision_time=pl.when(inside).then("following").otherwise("closed"),
    ).drop("place", "closed", "following", "opens", "at_close")


def _clock(times: pl.Series, interval: timedelta, zone: str) -> pl.Series:
    """What moments are compared by: the zone's calendar where bars last days, else instants."""
    return wall_clock(times, zone) if interval % DAY == timedelta() else times


def _broken(table: ScoreTable, bars: CheckedBars) -> pl.Expr:
    """The first rule that a row breaks."""
    known_symbols = bars.bars["symbol"].unique().to_list()
    score, same = pl.col("score"), ["symbol", "known"]
    inside = score.is_between(0.0, 1.0) if table.kind == "probability" else pl.lit(True)
    return first_broken(
        no_symbol=pl.col("symbol").is_null(),
        no_time=pl.col("known").is_null(),
        not_finite=~score.is_finite().fill_null(False),
        no_probability=~inside,
        unknown_symbol=~pl.col("symbol").is_in(known_symbols),
        before_bars=pl.col("bar").is_null(),
        after_bars=pl.col("known") > pl.col("ends") + bars.interval,
        duplicate=~pl.struct(same).is_first_distinct(),
    )


def delays_of(rows: pl.DataFrame, superseded: int = 0) -> Delays:
    """How far scores lie from their bars.

    Args:
        rows: `known` and `decision_time`.
        superseded: how many others gave way.
    """
    apart = rows.select(pl.col("decision_time") - pl.col("known")).to_series()
    seconds = apart.dt.total_seconds(fractional=True)
    older, waiting = -seconds.filter(seconds < 0), seconds.filter(seconds > 0)
    return Delays(
        exact=len(seconds.filter(seconds == 0)),
        older=len(older),
        older_median_s=_number(older.median()),
        older_most_s=_number(older.max()),
        waiting=len(waiting),
        waiting_median_s=_number(waiting.median()),
        waiting_most_s=_number(waiting.max()),
        superseded=superseded,
    )


def _number(found: object) -> float | None:
    return float(found) if isinstance(found, (int, float)) else None
