"""Train, validation, calibration and test, cut at calendar times common to all symbols.

Samples that were imported without times are cut in their order instead, which is not known to be
the order of time; and where the end of a label is not known, no row can be purged.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any

import polars as pl

from quantsig.data.calendar.sessions import SessionCalendar
from quantsig.data.errors import ConfigError, DataError
from quantsig.data.messages import DataSentence

SPLITS = ("train", "validation", "calibration", "test")


@dataclass(frozen=True, kw_only=True, slots=True)
class SplitSpec:
    """Where the splits are cut: by shares of the labelled samples, or at dates.

    A date is a session. The split that begins at it holds the decisions from the last one before
    that session on, whose trades open in it: a date cuts what is foreseen, as in published
    benchmarks. There is no calibration where its share is 0, where two dates are given in place
    of three, or where the last two are equal.

    Attributes:
        train: share of the labelled samples, in the order of time; so are the next three.
        validation: share; early stopping and the choice of a model.
        calibration: share; probabilities and thresholds. 0 leaves them out.
        test: share; locked.
        at: in place of shares the dates, such as "2015-08-01", at which validation, calibration
            and test begin, or validation and test.
        since: with `at`, the date at which training begins; None: with the first sample.
        until: with `at`, the date before which the test ends; None: with the last sample.
    """

    train: float = 0.60
    validation: float = 0.10
    calibration: float = 0.15
    test: float = 0.15
    at: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None

    def __post_init__(self) -> None:
        _check_shares(self.shares)
        if self.at:
            _check_dates(self)
        elif self.since or self.until:
            raise ConfigError(
                "a first or last date goes with splits that are cut at dates.",
                where="splits.since" if self.since else "splits.until",
                remedy='Give the dates, too, as in at = ["2015-08-01", "2015-10-01"].',
            )

    @property
    def shares(self) -> dict[str, float]:
        """The share of each split; they count where there are no dates."""
        return {name: getattr(self, name) for name in SPLITS}

    @property
    def calibrates(self) -> bool:
        """Whether any time is kept for calibration."""
        if self.at:
            return len(self.at) == 3 and self.at[1] != self.at[2]
        return self.calibration > 0

    def as_dict(self) -> dict[str, Any]:
        """What a run keeps: the shares, or the dates that were given."""
        if not self.at:
            return dict(self.shares)
        ends = {name: getattr(self, name) for name in ("since", "until")}
        return {"at": list(self.at), **{name: one for name, one in ends.items() if one}}


def splits_of(kept: Mapping[str, Any]) -> SplitSpec:
    """The splits that a run or a walk keeps, as `as_dict` gave them."""
    return SplitSpec(**{**kept, "at": tuple(kept.get("at", ()))})


def cut_times(
    index: pl.DataFrame, spec: SplitSpec, calendar: SessionCalendar | None = None
) -> list[datetime | int]:
    """The first decision time of validation, calibration and test; without times the sample_id.

    Where there is no calibration the last two are equal.

    Args:
        index: of the samples.
        spec: shares, or dates.
        calendar: of the bars; dates are not understood without it.

    Raises:
        DataError: there are too few distinct decision times to cut, or a date is not among them.
    """
    cuts = _cuts_at(index, spec, calendar) if spec.at else _cuts_by_share(index, spec)
    first = index.filter(pl.col("label").is_not_null()).select(_when(index)).to_series().min()
    if len(set(cuts)) < (3 if spec.calibrates else 2) or cuts[0] == first:
        known = index["label"].count()
        raise DataError(
            f"{known} labelled samples are too few to cut into these splits.",
            where="the index of the sample set",
            remedy="Use more bars, a shorter window or a shorter horizon.",
        )
    return cuts


def assign(
    index: pl.DataFrame, spec: SplitSpec, calendar: SessionCalendar | None = None
) -> pl.Series:
    """The split of each row of an index; null where the label is unknown or the row is purged.

    A row belongs to the split its decision time falls into and is purged when its label ends
    at or after the next split begins, so no label is shared across a cut. At dates, where the
    next split begins with the last decision before them, a label may end with that decision.

    Args:
        index: of the samples.
        spec: shares, or dates.
        calendar: of the bars; dates are not understood without it.

    Returns:
        (n,) strings, aligned with `index`.
    """
    cuts = cut_times(index, spec, calendar)
    when = _when(index)
    end = when if _timeless(index) else pl.coalesce("label_end", when)
    split = pl.lit("test")
    for name, cut in reversed(list(zip(SPLITS, cuts, strict=False))):
        ended = end <= pl.lit(cut) if spec.at else end < pl.lit(cut)
        split = pl.when(when < pl.lit(cut)).then(pl.when(ended).then(pl.lit(name))).otherwise(split)
    first, last = bounds(index, spec, calendar)
    inside = pl.col("label").is_not_null()
    inside &= pl.lit(True) if first is None else when >= first
    inside &= pl.lit(True) if last is None else end <= last
    return index.select(pl.when(inside).then(split).alias("split"))["split"]


def bounds(
    index: pl.DataFrame, spec: SplitSpec, calendar: SessionCalendar | None = None
) -> tuple[datetime | None, datetime | None]:
    """The first decision time of training, and the time by which labels of the test have ended.

    None where the splits go from the first sample, or to the last.
    """
    if spec.since is None and spec.until is None:
        return None, None
    sessions = _sessions(index, calendar)
    first, last = (
        _last_before(index, sessions, text) if text else None for text in (spec.since, spec.until)
    )
    return first, last


def doubts(index: pl.DataFrame) -> list[str]:
    """What cannot be promised of splits of these samples, a sentence each."""
    if _timeless(index):
        return [DataSentence.NO_DECISION_TIMES()]
    if index["label_end"].null_count() == len(index):
        return [DataSentence.NO_LABEL_ENDS()]
    return []


def _timeless(index: pl.DataFrame) -> bool:
    return index["decision_time"].null_count() == len(index)


def _when(index: pl.DataFrame) -> pl.Expr:
    return pl.col("sample_id" if _timeless(index) else "decision_time")


def _cuts_by_share(index: pl.DataFrame, spec: SplitSpec) -> list[datetime | int]:
    times = index.filter(pl.col("label").is_not_null()).select(_when(index)).to_series().sort()
    shares = [spec.train, spec.train + spec.validation, 1.0 - spec.test]
    places = [round(share * len(times)) for share in shares]
    if not spec.calibrates:
        places[1] = places[2]  # rounding may have parted them
    return [times[min(place, len(times) - 1)] for place in places if len(times)]


def _cuts_at(
    index: pl.DataFrame, spec: SplitSpec, calendar: SessionCalendar | None
) -> list[datetime | int]:
    sessions = _sessions(index, calendar)
    first, last = map(str, (sessions.min(), sessions.max()))
    cuts: list[datetime | int] = []
    for text in (spec.at[0], spec.at[1], spec.at[-1]):
        before = _last_before(index, sessions, text)
        if before is None or before == index["decision_time"].max():
            raise DataError(
                f"no split can begin at {text}: the samples are decided from {first} to {last}.",
                where="splits.at",
                remedy="Give dates between these, or build the samples from more bars.",
            )
        cuts.append(before)
    return cuts


def _sessions(index: pl.DataFrame, calendar: SessionCalendar | None) -> pl.Series:
    """The session of each decision, (n,) dates."""
    if _timeless(index):
        raise DataError(
            "it is not known when the samples were decided, so no date can cut them.",
            where="splits.at",
            remedy="Give shares, or import the samples again with --bars.",
        )
    if calendar is None:
        raise TypeError("splits at dates need the calendar of the bars")
    return calendar.dates(index["decision_time"])


def _last_before(index: pl.DataFrame, sessions: pl.Series, text: str) -> datetime | None:
    """When the last decision before a session was made."""
    earlier = index["decision_time"].filter(sessions < date.fromisoformat(text))
    return earlier.max()  # type: ignore[return-value]


def _check_shares(shares: Mapping[str, float]) -> None:
    needed = [share for name, share in shares.items() if name != "calibration"]
    whole = abs(sum(shares.values()) - 1.0) <= 1e-9
    if min(needed) <= 0 or shares["calibration"] < 0 or not whole:
        raise ConfigError(
            f"the shares {', '.join(map(str, shares.values()))} do not make a whole.",
            where="splits",
            remedy="Give positive shares that add up to 1; that of calibration may be 0.",
        )


def _check_dates(spec: SplitSpec) -> None:
    if spec.shares != SplitSpec().shares:
        raise ConfigError(
            "shares and dates are both given.",
            where="splits.at",
            remedy="Keep the dates, or the four shares.",
        )
    if len(spec.at) not in (2, 3):
        raise ConfigError(
            f"{len(spec.at)} dates do not cut the splits.",
            where="splits.at",
            remedy="Give the first days of validation, calibration and test, or leave out that of "
            "calibration.",
        )
    dates = [one for one in (spec.since, *spec.at, spec.until) if one is not None]
    for text in dates:
        _check_date(text)
    for earlier, later in pairwise(dates):
        if later < earlier or (later == earlier and (earlier, later) != spec.at[1:]):
            raise ConfigError(
                f"{later} does not come after {earlier}.",
                where=f"splits, from {dates[0]} to {dates[-1]}",
                remedy="Give the dates in order; of the splits only calibration may be empty.",
            )


def _check_date(text: str) -> None:
    try:
        known = date.fromisoformat(text).isoformat() == text
    except ValueError:
        known = False
    if not known:
        raise ConfigError(
            f'"{text}" is no date.',
            where="splits.at",
            remedy='Write year, month and day, as "2015-08-01".',
        )
