"""Jumps between sessions: splits and rolls that no adjustment accounts for, or news.

A session's jump is its first open against the close before, both adjusted. What is usual is told
by the symbol itself: the median size of its jumps, and of its returns from session to session,
over 0.6745, which is the standard deviation of what is normal. The returns are judged by those of
the whole history and of the month before, whichever are the larger.
"""

import polars as pl

from quantsig.data.sessions import SessionCalendar

NORMAL_MEDIAN = 0.6745  # of the size of a standard normal number
MONTH = 21  # sessions
FEWEST = 5  # sessions; what is usual cannot be told from fewer
RATIOS = (1.5, *map(float, range(2, 11)), 12.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 100.0)
NEAREST, FARTHEST = 0.01, 0.05  # log: a split's session opens so near to the whole ratio, ...
NEAR = 4.0  # ... and so many usual jumps
LARGE_SPLIT = 6.0  # usual returns that a split is more than
LARGE = 15.0  # usual returns; news has moved shares by 14


def find_jumps(bars: pl.DataFrame, calendar: SessionCalendar) -> pl.DataFrame:
    """The jumps that are no usual ones.

    Args:
        bars: the columns of CheckedBars.bars.
        calendar: which trading day each bar is of.

    Returns:
        A row per jump, by symbol and time: kind ("split": near a whole ratio; "jump": beyond what
        the symbol's volatility explains), symbol, timestamp and day of the first bar after it,
        value (price before over price after, 4.0 for four new shares for one) and size (in usual
        returns).
    """
    return _judged(session_jumps(bars, calendar))


def session_jumps(bars: pl.DataFrame, calendar: SessionCalendar) -> pl.DataFrame:
    """The jump at the beginning of each session, and what is usual then.

    Returns:
        Columns symbol, timestamp, day, jump (log), usual_jump and usual_return (logs; null
        where too few sessions are known).
    """
    closed = pl.col("close") * pl.col("adjustment")
    within = pl.col("symbol") == pl.col("symbol").shift()
    rows = bars.select(
        "symbol",
        "timestamp",
        calendar.dates(bars["timestamp"]).alias("day"),
        before=pl.when(within).then(closed.shift()),
        opened=pl.col("open") * pl.col("adjustment"),
    )
    begins = within & (pl.col("day") != pl.col("day").shift())
    returned = (pl.col("before") / pl.col("before").shift()).log().abs().over("symbol")
    month = pl.col("returned").rolling_median(MONTH, min_samples=FEWEST).over("symbol")
    sessions = rows.filter(begins).with_columns(
        jump=(pl.col("opened") / pl.col("before")).log(), returned=returned
    )
    enough = pl.len().over("symbol") >= FEWEST
    usual_return = pl.max_horizontal(pl.col("returned").median().over("symbol"), month)
    return sessions.select(
        "symbol",
        "timestamp",
        "day",
        "jump",
        usual_jump=pl.when(enough).then(_deviation(pl.col("jump").abs().median().over("symbol"))),
        usual_return=pl.when(enough).then(_deviation(usual_return)),
    )


def _judged(sessions: pl.DataFrame) -> pl.DataFrame:
    size = pl.col("jump").abs()
    away = pl.min_horizontal((size - pl.lit(ratio).log()).abs() for ratio in RATIOS)
    near = (NEAR * pl.col("usual_jump")).clip(NEAREST, FARTHEST)
    is_split = (away <= near) & (size > LARGE_SPLIT * pl.col("usual_return"))
    is_jump = size > LARGE * pl.max_horizontal("usual_return", "usual_jump")
    kind = pl.when(is_split).then(pl.lit("split")).when(is_jump).then(pl.lit("jump"))
    return (
        sessions.with_columns(
            kind=kind,
            value=(-pl.col("jump")).exp(),
            size=size / pl.max_horizontal("usual_return", "usual_jump"),
        )
        .drop_nulls("kind")
        .select("kind", "symbol", "timestamp", "day", "value", "size")
    )


def _deviation(median_size: pl.Expr) -> pl.Expr:
    return median_size / NORMAL_MEDIAN
