"""Train, validation, calibration and test, cut at calendar times common to all symbols.

Samples that were imported without times are cut in their order instead, which is not known to be
the order of time; and where the end of a label is not known, no row can be purged.
"""

from datetime import date, datetime

import polars as pl

from quantsig.data.calendar.sessions import SessionCalendar
from quantsig.data.errors import DataError
from quantsig.data.language.data_sentences import DataSentence
from quantsig.data.language.messages import phrase, term
from quantsig.data.split_spec import SPLITS, SplitSpec

SPLIT = "split"  # the column that names it


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
    if spec.given is not None:
        return _cuts_of_given(index)
    cuts = _cuts_at(index, spec, calendar) if spec.at else _cuts_by_share(index, spec)
    first = index.select(_labelled_when(index).min()).item()
    if len(set(cuts)) < (3 if spec.calibrates else 2) or cuts[0] == first:
        known = index["label"].count()
        raise DataError(
            phrase(
                "{samples} labelled samples are too few to cut into these splits.", samples=known
            ),
            where=term("the index of the sample set"),
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
    if spec.given is not None:
        return _assign_given(index, cuts)
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


def _labelled_when(index: pl.DataFrame) -> pl.Expr:
    return _when(index).filter(pl.col("label").is_not_null())


def _cuts_by_share(index: pl.DataFrame, spec: SplitSpec) -> list[datetime | int]:
    times = index.select(_labelled_when(index)).to_series().sort()
    shares = [spec.train, spec.train + spec.validation, 1.0 - spec.test]
    places = [round(share * len(times)) for share in shares]
    if not spec.calibrates:
        places[1] = places[2]  # rounding may have parted them
    return [times[min(place, len(times) - 1)] for place in places if len(times)]


def _cuts_of_given(index: pl.DataFrame) -> list[datetime | int]:
    """The first decision of each split that the rows name, or of those after it."""
    first = dict(index.group_by(SPLIT).agg(pl.col("decision_time").min()).iter_rows())
    cuts: list[datetime | int] = []
    for number in range(1, len(SPLITS)):
        later = [first[name] for name in SPLITS[number:] if name in first]
        cuts.append(min(later))
    return cuts


def _assign_given(index: pl.DataFrame, cuts: list[datetime | int]) -> pl.Series:
    """The splits that the rows name, without labels that reach into a later split."""
    kept = pl.col("label").is_not_null()
    for name, cut in zip(SPLITS, cuts, strict=False):
        kept &= (pl.col(SPLIT) != name) | (pl.col("label_end") < pl.lit(cut))
    return index.select(pl.when(kept).then(SPLIT).alias(SPLIT))[SPLIT]


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
                phrase(
                    "no split can begin at {text}: the samples are decided from {first} to {last}.",
                    text=text,
                    first=first,
                    last=last,
                ),
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
            remedy="Give shares, or import the samples again with `bars`.",
        )
    if calendar is None:
        raise TypeError("splits at dates need the calendar of the bars")
    return calendar.dates(index["decision_time"])


def _last_before(index: pl.DataFrame, sessions: pl.Series, text: str) -> datetime | None:
    """When the last decision before a session was made."""
    earlier = index["decision_time"].filter(sessions < date.fromisoformat(text))
    return earlier.max()  # type: ignore[return-value]
