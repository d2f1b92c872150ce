"""Bars that begin before the bar before them has ended, such as a live row at a file's end."""

from datetime import timedelta

import polars as pl

DAY, WEEK, MONTH = timedelta(days=1), timedelta(weeks=1), timedelta(days=28)
NEAR = 0.9  # of the interval: a shorter step is none of the clock's changes
RARE_SHARE = 0.01  # of a symbol's bars that begin at some minute of the interval
SUNDAY = 7


def overlapping(labels: pl.DataFrame, interval: timedelta) -> pl.Series:
    """Which bars overlap the bar before them.

    Daily, weekly and monthly bars overlap where two are of one day, week or month. Shorter bars
    are now and then followed early by the next, as at the end of a session, so there a step
    shorter than the interval counts only where the bar begins at a moment at which hardly any
    other bar of the symbol does.

    Args:
        labels: columns symbol, timestamp (when each bar begins, on the clock of the zone), each
            symbol's rows together and in order.
        interval: the time one bar covers.

    Returns:
        (N,) bool, true for the later bar of two.
    """
    early = _early(labels, interval)
    if not early.any():
        return early
    if interval in (DAY, WEEK) or interval >= MONTH:
        shift = DAY if interval == WEEK and _on_sundays(labels) else timedelta()
        period = (pl.col("timestamp") + shift).dt.truncate(_period(interval))
        same = (period == period.shift()).fill_null(False)
        return early & labels.select(same).to_series()
    if interval % DAY == timedelta():
        return early & labels.select(pl.col("symbol") != pl.col("symbol").shift(-1)).to_series()
    return early & _off_the_grid(labels, interval)


def _early(labels: pl.DataFrame, interval: timedelta) -> pl.Series:
    within = pl.col("symbol") == pl.col("symbol").shift()
    step = pl.col("timestamp") - pl.col("timestamp").shift()
    short = (step > timedelta()) & (step < NEAR * interval)
    return labels.select((within & short).fill_null(False)).to_series()


def _on_sundays(labels: pl.DataFrame) -> bool:
    """Whether most bars are labelled with a Sunday, on which weeks of currencies begin."""
    return 2 * int((labels["timestamp"].dt.weekday() == SUNDAY).sum()) > len(labels)


def _period(interval: timedelta) -> str:
    if interval >= MONTH:
        return f"{round(interval / timedelta(days=30.44))}mo"
    return "1w" if interval == WEEK else "1d"


def _off_the_grid(labels: pl.DataFrame, interval: timedelta) -> pl.Series:
    micros = interval // timedelta(microseconds=1)
    phase = pl.col("timestamp").to_physical() % micros
    of_phase = pl.len().over("symbol", phase)
    rare = (of_phase == 1) | (of_phase < RARE_SHARE * pl.len().over("symbol"))
    return labels.select(rare).to_series()
