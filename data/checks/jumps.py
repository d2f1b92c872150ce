"""Jumps between sessions: splits and rolls that no adjustment accounts for, or news.

A session's jump is its first open against the close before, both adjusted. What is usual is told
by the symbol itself: the median size of its jumps, and of its returns from session to session,
over 0.6745, which is the standard deviation of what is normal. The returns are judged by those of
the whole history and of the month before, whichever are the larger, and after a break of weeks by
the square root of the time.

A roll of a future is far smaller than a split. It is told from news by what does not come with it:
the session after has the range and the volume of any other. Such a jump is "quiet" from ten usual
jumps on, of breaks as long as this one. Of 174,000 sessions of 104 real shares, indices, currencies
and coins 13 are: a merger at .904 of the price, a close of 5,200 between 7,463 and 7,425, eight of
a coin that hardly traded, three evenings of indices in crises. In random walks whose volatility
clusters 5 sessions in 10,000 are where Student's t of 3 degrees of freedom makes the tails, 2 of 4,
none of 30. Of rolls by 2 to 5 %, where a day moves by .8 %, it finds half or more where a tenth of
the variance lies between sessions, a fifth to a third at 35 %, with tails of 30 degrees next to
none: not each roll, but that there are some. `tests/data/test_jumps.py` counts them.
"""

import polars as pl

from quantsig.data.bar_pieces import pieces
from quantsig.data.calendar.sessions import SessionCalendar

NORMAL_MEDIAN = 0.6745  # of the size of a standard normal number
MONTH = 21  # sessions
FEWEST = 5  # sessions; what is usual cannot be told from fewer
RATIOS = (1.5, *map(float, range(2, 11)), 12.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 100.0)
NEAREST, FARTHEST = 0.01, 0.05  # log: a split's session opens so near to the whole ratio, ...
NEAR = 4.0  # ... and so many usual jumps
LARGE_SPLIT = 6.0  # usual returns that a split is more than
LARGE = 15.0  # usual returns; news has moved shares by 14
QUIET_JUMP, QUIET_RETURN = 10.0, 2.0  # usual jumps and returns that a quiet jump is more than
QUIET = 1.5  # times the usual range and volume that its session keeps to
LONG_BREAK = 2.0  # times the usual break between sessions: a weekend, a holiday
WEEK_DAYS = 7.0  # a break up to which returns are those of a session


def find_jumps(bars: pl.DataFrame, calendar: SessionCalendar) -> pl.DataFrame:
    """The jumps that are no usual ones.

    Args:
        bars: the columns of CheckedBars.bars.
        calendar: which trading day each bar is of.

    Returns:
        A row per jump, by symbol and time: kind ("split": near a whole ratio; "quiet": of the
        price alone; "jump": beyond what the symbol's volatility explains), symbol, timestamp and
        day of the first bar after it, value (price before over price after, 4.0 for four new
        shares for one) and size (in usual returns).
    """
    return pl.concat(_judged(session_jumps(piece, calendar)) for piece in pieces(bars))


def session_jumps(bars: pl.DataFrame, calendar: SessionCalendar) -> pl.DataFrame:
    """The jump at the beginning of each session, and what is usual then.

    Returns:
        Columns symbol, timestamp, day, jump (log), usual_jump, usual_break_jump (of breaks as
        long) and usual_return (logs; null where too few sessions are known), and quiet (range and
        volume of the session are usual).
    """
    sessions = _sessions(bars, calendar)
    size, long = pl.col("jump").abs(), pl.col("break") > LONG_BREAK * _median("break")
    enough = pl.len().over("symbol") >= FEWEST
    weeks = (pl.col("break").dt.total_seconds() / (86400 * WEEK_DAYS)).clip(1.0)
    usual = {
        "usual_jump": size.median().over("symbol"),
        "usual_break_jump": pl.max_horizontal(size.median().over("symbol", long), _recent(size)),
        "usual_return": weeks.sqrt() * pl.max_horizontal(_median("returned"), _recent("returned")),
    }
    return sessions.select(
        "symbol",
        "timestamp",
        "day",
        "jump",
        *(pl.when(enough).then(_deviation(value)).alias(name) for name, value in usual.items()),
        quiet=pl.all_horizontal(
            pl.col(name) <= QUIET * _recent(name).shift().over("symbol")
            for name in ("range", "volume")
        ),
    )


def _sessions(bars: pl.DataFrame, calendar: SessionCalendar) -> pl.DataFrame:
    """Every session but the first of a symbol: its first time, day, jump, break, range, volume."""
    factor = pl.col("adjustment")
    rows = bars.select(
        "symbol",
        "timestamp",
        calendar.dates(bars["timestamp"]).alias("day"),
        pl.col("open", "high", "low", "close") * factor,
        pl.col("volume") / factor,
    )
    begins = (pl.col("symbol") != pl.col("symbol").shift()) | (
        pl.col("day") != pl.col("day").shift()
    )
    whole = (
        rows.with_columns(session=begins.fill_null(True).cum_sum())
        .group_by("session", maintain_order=True)
        .agg(
            pl.first("symbol", "timestamp", "day", "open"),
            pl.last("close"),
            pl.max("high"),
            pl.min("low"),
            pl.sum("volume"),
            ended=pl.last("timestamp"),
        )
    )
    before = pl.col("close").shift().over("symbol")
    return whole.select(
        "symbol",
        "timestamp",
        "day",
        "volume",
        (pl.col("timestamp") - pl.col("ended").shift().over("symbol")).alias("break"),
        jump=(pl.col("open") / before).log(),
        returned=(before / before.shift().over("symbol")).log().abs(),
        range=(pl.col("high") / pl.col("low")).log(),
    ).filter(pl.col("jump").is_not_null())


def _judged(sessions: pl.DataFrame) -> pl.DataFrame:
    size = pl.col("jump").abs()
    away = pl.min_horizontal((size - pl.lit(ratio).log()).abs() for ratio in RATIOS)
    near = (NEAR * pl.col("usual_jump")).clip(NEAREST, FARTHEST)
    is_split = (away <= near) & (size > LARGE_SPLIT * pl.col("usual_return"))
    is_quiet = pl.col("quiet") & (
        size
        > pl.max_horizontal(
            QUIET_JUMP * pl.col("usual_break_jump"), QUIET_RETURN * pl.col("usual_return")
        )
    )
    is_jump = size > LARGE * pl.max_horizontal("usual_return", "usual_jump")
    kind = (
        pl.when(is_split)
        .then(pl.lit("split"))
        .when(is_quiet)
        .then(pl.lit("quiet"))
        .when(is_jump)
        .then(pl.lit("jump"))
    )
    return (
        sessions.with_columns(
            kind=kind,
            value=(-pl.col("jump")).exp(),
            size=size / pl.max_horizontal("usual_return", "usual_jump"),
        )
        .drop_nulls("kind")
        .select("kind", "symbol", "timestamp", "day", "value", "size")
    )


def _median(name: str) -> pl.Expr:
    return pl.col(name).median().over("symbol")


def _recent(value: str | pl.Expr) -> pl.Expr:
    """The median of the month up to a session."""
    values = pl.col(value) if isinstance(value, str) else value
    return values.rolling_median(MONTH, min_samples=FEWEST).over("symbol")


def _deviation(median_size: pl.Expr) -> pl.Expr:
    return median_size / NORMAL_MEDIAN
