"""Before training: which precision the rows that a threshold is chosen on could promise."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtri, stdtrit

from quantsig.data.calendar.sessions import SessionCalendar
from quantsig.data.folds import WalkForward
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.significance.label_days import label_days, microseconds
from quantsig.signals.significance.power import SHARES, base_rows, entry_delay, independent_rows
from quantsig.signals.significance.regimes import Regimes, find_regimes
from quantsig.signals.significance.stretches import Integers, stretches
from quantsig.signals.thresholds.precision_rule import FEWEST_STRETCHES, binomial_tail
from quantsig.signals.thresholds.rules import CONFIDENCE

SEEN = (0.5, 0.6, 0.7, 0.8, 0.9)  # precision on the rows that the threshold is chosen on


@dataclass(frozen=True, kw_only=True, slots=True)
class Promisable:
    """What one share of the rows could promise.

    Attributes:
        rows: calibration, or walk: those a walk of the usual folds tests before the test split.
        samples: how many rows there are.
        stretches: of time that they lie in.
        share: of them that is selected.
        independent: selected rows that would say as much if none depended on another.
        regimes: how likely it is, by the training labels, that the base rate wanders, 0..1.
        targets: of each precision in SEEN the highest that could be promised, None where none
            could, by its name such as "0.7".
    """

    rows: str
    samples: int
    stretches: int
    share: float
    independent: float
    regimes: float
    targets: dict[str, float | None]

    def as_dict(self) -> dict[str, Any]:
        """The figures by name."""
        return asdict(self)


def promisable(samples: SampleSet, splits: SplitSpec) -> list[Promisable]:
    """What the calibration split and the rows of a walk could promise, for each of SHARES.

    Labels of the training rows alone are looked at: how alike symbols are, and whether events
    come in regimes, which a model may explain in part. Signals are taken to lie as evenly in
    time as all rows; those of real models do not, so these are the best that can be hoped for.

    Raises:
        DataError: there are too few samples to split, their times are not known, or the event
            never or always happens in training.
    """
    known = base_rows(samples, splits)
    regimes, days_a_stretch = _regimes(known.train, known.happened, samples.calendar)
    parts = {
        "calibration": known.rows.filter(split="calibration"),
        "walk": _walked(samples, splits),
    }
    found = []
    for name, part in parts.items():
        stretch, length = _stretches(part, samples.calendar)
        count = int(stretch.max(initial=-1)) + 1
        independent = independent_rows(part, known.likeness, entry_delay(samples))
        wandering = 0.0
        if count:
            theirs = regimes.rescaled(days_a_stretch / length)
            wandering = float(theirs.variance(np.full((count, 1), 1.0 / count))[0])
        for share in SHARES:
            selected = share * independent
            found.append(
                Promisable(
                    rows=name,
                    samples=len(part),
                    stretches=count,
                    share=share,
                    independent=selected,
                    regimes=regimes.seen,
                    targets={
                        f"{seen:g}": highest_promise(seen, selected, count, wandering)
                        for seen in SEEN
                    },
                )
            )
    return found


def highest_promise(
    seen: float,
    independent: float,
    count: int,
    wandering: float = 0.0,
    *,
    confidence: float = CONFIDENCE,
) -> float | None:
    """The highest precision that signals of a precision could promise; see `precision_rule`.

    Args:
        seen: share of hits among the signals.
        independent: signals that say as much.
        count: stretches of time that they lie in.
        wandering: variance of the mean log-odds that regimes add.
        confidence: of the promise.

    Returns:
        None where the signals lie in too few stretches to promise anything.
    """
    held = min(float(count), independent)
    if held < FEWEST_STRETCHES:
        return None
    few = float(ndtri(confidence) / stdtrit(held - 1.0, confidence)) ** 2

    def left(target: float) -> float:
        known = few * independent
        kept = known / (1.0 + known * target * (1.0 - target) * wandering)
        return binomial_tail(kept * seen, kept, target) - (1.0 - confidence)

    return float(brentq(left, 1e-9, seen))


def _walked(samples: SampleSet, splits: SplitSpec) -> pl.DataFrame:
    """Rows that a walk of the usual folds tests, without the locked test split."""
    free = samples.ended_before(splits).sort("decision_time")
    return free[round(WalkForward().first * len(free)) :]


def _stretches(rows: pl.DataFrame, calendar: SessionCalendar) -> tuple[Integers, float]:
    """The stretch of each row, and how many days one lasts."""
    times = [microseconds(rows[name]) for name in ("decision_time", "label_end")]
    decided, ended = (np.empty(0, np.int64) if one is None else one for one in times)
    found = stretches(decided, ended, calendar)
    if not len(found):
        return found, 1.0
    return found, label_days(decided, ended, calendar).count / (int(found.max()) + 1)


def _regimes(
    train: pl.DataFrame, happened: NDArray[np.bool_], calendar: SessionCalendar
) -> tuple[Regimes, float]:
    """What the training labels show, and the days of a stretch of theirs."""
    stretch, days = _stretches(train, calendar)
    return find_regimes(np.zeros(len(happened)), happened, stretch), days
