"""Before training: how good signals must be for the splits to tell them from luck."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import betaincinv
from scipy.stats import binom

from quantsig.data.calendar.sessions import SessionCalendar
from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.events import long_event
from quantsig.signals.significance.stretches import stretches

SHARES = (0.01, 0.05, 0.10)  # of the rows that a threshold might select
SIZE, POWER = 0.05, 0.80
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Detectable:
    """The smallest precision of a share of one split's rows that can be told from the base rate."""

    split: str
    samples: int
    independent: float  # rows that would say as much if none depended on another
    windows: int  # of time that depend on each other little; see `stretches`
    base_rate: float  # of the training rows
    share: float  # of the rows that is selected
    selected: int  # of the independent rows
    precision: float | None  # None: no precision can be told from luck
    lift: float | None  # that over the base rate

    def as_dict(self) -> dict[str, Any]:
        """The figures by name."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class BaseRows:
    """The rows of a set with their splits, and what the training rows say of the event."""

    rows: pl.DataFrame
    train: pl.DataFrame
    happened: NDArray[np.bool_]  # of the training rows
    likeness: float  # correlation of the event between symbols at the same time

    @property
    def base_rate(self) -> float:
        """Share of training rows in which the event happened."""
        return float(self.happened.mean())


def base_rows(samples: SampleSet, splits: SplitSpec) -> BaseRows:
    """The rows by which a set is judged before training; no label but those of training counts.

    Raises:
        DataError: there are too few samples to split, their times are not known, or the event
            never or always happens in training.
    """
    rows = samples.with_splits(splits).filter(pl.col("split").is_not_null())
    if rows["decision_time"].null_count() or rows["label_end"].null_count():
        raise DataError(
            "when the samples are decided or their labels end is not known, so it is not known "
            "how many of them are independent.",
            where=str(samples.path),
            remedy="Build the samples from bars, or import them again with `bars`.",
        )
    event = long_event(samples.classes)
    train = rows.filter(split="train")
    happened = event.happened(train["label"].cast(pl.Float64).to_numpy())
    if not 0 < happened.sum() < len(happened):
        raise DataError(
            phrase(
                "the event happens in {happened} of the {samples} train samples.",
                happened=int(happened.sum()),
                samples=len(happened),
            ),
            where=str(samples.path),
            remedy="Use more bars, or a label whose event is less rare.",
        )
    likeness = intraclass_correlation(train["decision_time"], happened)
    return BaseRows(rows=rows, train=train, happened=happened, likeness=likeness)


def detectable(samples: SampleSet, splits: SplitSpec) -> list[Detectable]:
    """What the calibration and the test split can detect, for each of SHARES.

    Of the test split only times are looked at; base rate and likeness of symbols are those of
    the training rows.

    Raises:
        DataError: there are too few samples to split, their times are not known, or the event
            never or always happens in training.
    """
    known = base_rows(samples, splits)
    entry = entry_delay(samples)
    found = []
    for split in ("calibration", "test"):
        part = known.rows.filter(split=split)
        independent = independent_rows(part, known.likeness, entry)
        apart = _stretches(part, samples.calendar)
        for share in SHARES:
            selected = int(share * independent)
            precision = smallest_precision(known.base_rate, selected)
            found.append(
                Detectable(
                    split=split,
                    samples=len(part),
                    independent=independent,
                    windows=apart,
                    base_rate=known.base_rate,
                    share=share,
                    selected=selected,
                    precision=precision,
                    lift=None if precision is None else precision / known.base_rate,
                )
            )
    return found


def smallest_precision(
    base_rate: float, selected: int, *, size: float = SIZE, power: float = POWER
) -> float | None:
    """The smallest precision that an exact binomial test tells from the base rate.

    With k selected rows, c is the fewest hits that luck at the base rate reaches with
    probability `size` at most; the precision p then solves P(Bin(k, p) >= c) = `power`, which is
    the incomplete beta function of p with c and k - c + 1 (Clopper and Pearson 1934).

    Args:
        base_rate: of the event, between 0 and 1.
        selected: independent rows that are selected.
        size: of the one-sided test.
        power: with which that precision is told from luck.

    Returns:
        None where even hits alone could be luck.
    """
    fewest = int(binom.isf(size, selected, base_rate)) + 1 if selected else 1
    if fewest > selected:
        return None
    return float(betaincinv(fewest, selected - fewest + 1, power))


def independent_rows(
    rows: pl.DataFrame, likeness: float, entry_delay: timedelta = timedelta(0)
) -> float:
    """How many independent rows say as much as these, whose labels overlap and move together.

    Of each symbol only labels that do not overlap are counted, from the first one on. Symbols
    that are decided at the same time are a cluster: with m rows in the one that a row is in, on
    average over rows, n of them are worth n / (1 + (m - 1) r), r their likeness (Kish 1965,
    "Survey Sampling", section 5.4).

    Args:
        rows: `symbol`, `decision_time` and `label_end`, none of them null.
        likeness: correlation of the event between symbols at the same time, 0..1.
        entry_delay: from a decision to the entry of its trade; labels overlap from there on.
    """
    if rows.is_empty():
        return 0.0
    sizes = rows.group_by("decision_time").len()["len"].to_numpy().astype(np.float64)
    mean_size = float((sizes**2).sum() / sizes.sum())
    alone = sum(_apart(part, entry_delay) for part in rows.partition_by("symbol"))
    return alone / (1.0 + (mean_size - 1.0) * likeness)


def intraclass_correlation(cluster: pl.Series, happened: NDArray[np.bool_]) -> float:
    """Correlation of the event between rows of one cluster, by the analysis of variance.

    (B - W) / (B + (m0 - 1) W) with B and W the mean squares between and within clusters and
    m0 = (N - sum m^2 / N) / (k - 1) (Donner and Koval 1980, "The estimation of intraclass
    correlation in the analysis of family data"), held within 0..1.

    Args:
        cluster: (n,) what cluster each row is in.
        happened: (n,) whether the event happened.

    Returns:
        0 where no cluster has two rows, or there is one cluster only.
    """
    groups = (
        pl.DataFrame({"cluster": cluster, "event": happened.astype(np.float64)})
        .group_by("cluster")
        .agg(pl.len().alias("size"), pl.col("event").sum())
    )
    sizes, events = groups["size"].to_numpy().astype(np.float64), groups["event"].to_numpy()
    count, clusters = float(sizes.sum()), len(sizes)
    if clusters < 2 or count == clusters:
        return 0.0
    rate = events.sum() / count
    between = float((sizes * (events / sizes - rate) ** 2).sum() / (clusters - 1))
    within = float((events - events**2 / sizes).sum() / (count - clusters))
    usual = (count - float((sizes**2).sum()) / count) / (clusters - 1)
    whole = between + (usual - 1.0) * within
    return min(max((between - within) / whole, 0.0), 1.0) if whole > 0.0 else 0.0


def _apart(rows: pl.DataFrame, entry_delay: timedelta) -> int:
    """How many rows of one symbol are left when each label must end before the next begins."""
    rows = rows.sort("decision_time")
    when = rows["decision_time"].dt.epoch("us").to_numpy()
    end = rows["label_end"].dt.epoch("us").to_numpy() - entry_delay // timedelta(microseconds=1)
    after = np.maximum(np.searchsorted(when, end), np.arange(1, len(when) + 1)).tolist()
    count = row = 0
    while row < len(after):
        row = after[row]
        count += 1
    return count


def _stretches(rows: pl.DataFrame, calendar: SessionCalendar) -> int:
    """How many stretches of time a promise of precision can count at most."""
    decided, ended = rows.select(pl.col("decision_time", "label_end").dt.epoch("us")).to_numpy().T
    return int(stretches(decided, ended, calendar).max(initial=-1)) + 1


def entry_delay(samples: SampleSet) -> timedelta:
    """From a decision to the entry of its trade; none where the bars' interval is not known."""
    interval = samples.manifest.interval_seconds
    if interval is None:
        return timedelta(0)
    return samples.label.delay_bars * timedelta(seconds=interval)
