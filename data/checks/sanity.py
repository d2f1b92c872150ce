"""One look over whole series of bars that keep every rule, for what no single row shows."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

from quantsig.data.checks.jumps import find_jumps
from quantsig.data.language.messages import chained, phrase

if TYPE_CHECKING:  # a manifest keeps findings, and is read without what checks bars
    from quantsig.data.bars import CheckedBars

FINDINGS: dict[str, pl.DataType] = {
    "kind": pl.String(),
    "symbol": pl.String(),
    "timestamp": pl.Datetime("us", "UTC"),
    "day": pl.Date(),
    "value": pl.Float64(),
    "size": pl.Float64(),
}
LONG_RUN = 20  # steps of one multiple of the interval
FAR = timedelta(days=5 * 365)  # between bars of a symbol
FEW_SHARE = 0.1  # of a symbol's bars on one side of such a gap
MOST_KEPT = 1000  # findings that a manifest lists
NAMED = 3  # findings that one sentence lists
BY_SIZE = ("quiet", "jump")


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """A row of `examine`; the day as text."""

    kind: str
    symbol: str
    day: str
    value: float
    size: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """What a manifest keeps of `examine`."""

    counts: Mapping[str, int] = field(default_factory=dict)  # by kind
    first: tuple[Finding, ...] = ()  # all but for the last of many

    def of(self, kind: str) -> list[Finding]:
        """Those of a kind that are kept: splits by symbol and time, jumps the largest first."""
        found = [one for one in self.first if one.kind == kind]
        return sorted(found, key=lambda one: -one.size) if kind in BY_SIZE else found


def examine(checked: "CheckedBars") -> pl.DataFrame:
    """What is odd about bars, seen over whole series.

    Args:
        checked: bars that keep every rule.

    Returns:
        A row per finding with the columns FINDINGS: kind (of WORDS), symbol, timestamp and day of
        the bar, value (of a jump the price before over the price after, of a run the multiple, of
        far years the years between) and size (usual returns, steps, bars).
    """
    found = [
        find_jumps(checked.bars, checked.calendar),
        _with_days(_sparse(checked.bars, checked.interval), checked),
        _with_days(_far(checked.bars), checked),
    ]
    whole = pl.concat(frame.select(*FINDINGS).cast(pl.Schema(FINDINGS)) for frame in found)
    return whole.sort("kind", "symbol", "timestamp")


def record(findings: pl.DataFrame) -> Findings:
    """What a manifest keeps: the number of each kind, and the findings but for the last of many."""
    first = findings.drop("timestamp").head(MOST_KEPT).with_columns(pl.col("day").cast(pl.String))
    return Findings(
        counts=dict(findings.group_by("kind").len().sort("kind").iter_rows()),
        first=tuple(Finding(**row) for row in first.iter_rows(named=True)),
    )


def joined(old: Findings, new: Findings) -> Findings:
    """The record of a set that grew: what was known, and what the new bars show beyond that."""
    known = {(one.kind, one.symbol, one.day) for one in old.first}
    more = tuple(one for one in new.first if (one.kind, one.symbol, one.day) not in known)
    counts = Counter(old.counts) + Counter(one.kind for one in more)
    return Findings(counts=dict(sorted(counts.items())), first=(old.first + more)[:MOST_KEPT])


def remarks(kept: Findings | None) -> Iterator[str]:
    """A sentence for each kind of finding of a record, and what to do.

    Args:
        kept: of `record`; None: the set was made before there was one.
    """
    kept = kept or Findings()
    for kind, count in kept.counts.items():
        shown = [phrase(SHOWN[kind], **asdict(one)) for one in kept.of(kind)[:NAMED]]
        listed = chained("{one}, {other}", shown)
        if count > NAMED:
            listed = phrase("{names} and {more} more", names=listed, more=count - NAMED)
        yield phrase(WORDS[kind], count=count, listed=listed)


WORDS = {
    "split": "jumps near a whole ratio, as of splits without an adjustment: {count}: {listed}. "
    "Give adjusted prices, or `adjust`",
    "quiet": "jumps of the price alone, without the range and volume that news brings: {count}: "
    "{listed}. Perhaps rolls, spin-offs or large dividends without an adjustment; see `adjust`",
    "jump": "jumps between sessions that volatility does not explain: {count}: {listed}. News, or "
    "a roll or split without an adjustment; see `adjust`",
    "sparse": "long runs of bars at a multiple of the interval: {count}: {listed}. Bars of two "
    "intervals may be mixed",
    "far_year": "a few bars are years away from the rest: {count}: {listed}. Times may be wrong",
}
SHOWN = {
    "split": "{symbol} {day} {value:.4g}",
    "quiet": "{symbol} {day} {value:.4g}",
    "jump": "{symbol} {day} {value:.4g}",
    "sparse": "{symbol} from {day}, {size:.0f} steps of {value:.4g} bars",
    "far_year": "{symbol} {day}, {value:.3g} years",
}


def _with_days(found: pl.DataFrame, checked: "CheckedBars") -> pl.DataFrame:
    return found.with_columns(checked.calendar.dates(found["timestamp"]).alias("day"))


def _sparse(bars: pl.DataFrame, interval: timedelta) -> pl.DataFrame:
    """The first bar of each long run of equal steps of two intervals or more."""
    within = pl.col("symbol") == pl.col("symbol").shift()
    step = pl.when(within).then(pl.col("timestamp").diff())
    multiple = step.dt.total_microseconds() / (interval // timedelta(microseconds=1))
    steps = bars.select("symbol", "timestamp", multiple=multiple)
    wide = steps.filter((pl.col("multiple") >= 2).fill_null(False))
    if len(wide) < LONG_RUN:
        return wide.head(0).with_columns(_kind("sparse"), value=0.0, size=0.0)
    runs = (
        steps.with_columns(run=pl.struct("symbol", "multiple").rle_id())
        .group_by("run", maintain_order=True)
        .agg(pl.first("symbol", "timestamp", "multiple"), pl.len())
        .filter((pl.col("multiple") >= 2) & (pl.col("len") >= LONG_RUN))
    )
    return runs.select("symbol", "timestamp", _kind("sparse"), value="multiple", size="len")


def _far(bars: pl.DataFrame) -> pl.DataFrame:
    """The bar at each gap of years on one side of which a symbol has only a few bars."""
    within = pl.col("symbol") == pl.col("symbol").shift()
    gap = pl.when(within).then(pl.col("timestamp").diff())
    rows = bars.select("symbol", "timestamp", gap=gap, row=pl.int_range(pl.len()))
    wide = rows.filter((pl.col("gap") > FAR).fill_null(False))
    counts = bars.group_by("symbol").agg(bars=pl.len()) if len(wide) else None
    if counts is None:
        return wide.drop("gap", "row").with_columns(_kind("far_year"), value=0.0, size=0.0)
    firsts = rows.group_by("symbol").agg(first=pl.col("row").min())
    sides = wide.join(counts, on="symbol").join(firsts, on="symbol")
    before = pl.col("row") - pl.col("first")
    fewer = pl.min_horizontal(before, pl.col("bars") - before)
    return sides.filter(fewer < FEW_SHARE * pl.col("bars")).select(
        "symbol",
        "timestamp",
        _kind("far_year"),
        value=pl.col("gap") / timedelta(days=365.25),
        size=fewer,
    )


def _kind(name: str) -> pl.Expr:
    return pl.lit(name).alias("kind")
