"""What a forward test of a run holds to, fixed before a decision is recorded."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from quantsig.data.bars import CheckedBars
from quantsig.data.calendar.intervals import DAY
from quantsig.signals.forward.in_force import ForwardChoice
from quantsig.signals.forward.lines import ForwardTerms, stamp
from quantsig.signals.forward.standing import Standing
from quantsig.signals.forward.windows import usual_signals
from quantsig.signals.inference.signals import strategy_of
from quantsig.signals.runs import Run
from quantsig.signals.thresholds.rules import CONFIDENCE

if TYPE_CHECKING:
    from quantsig.signals.meta.meta_labelling import Meta

STRIDE_BARS = 1
GRACE_OF_BAR = 0.1
GRACE_OF_DAY = timedelta(hours=9)  # from the midnight that a daily bar ends at to the next open
RARE_RETURN = 0.99  # of the calibration rows' returns lie within the cap
SMALLEST_CAP = 1e-6


def terms_in_force(
    run: Run,
    deciding: ForwardChoice,
    bars: CheckedBars,
    standing: Standing,
    *,
    execution: Mapping[str, Any],
    meta: "Meta | None" = None,
) -> ForwardTerms:
    """The terms that hold from this call on; those of before, where nothing of them changed.

    A test begins when its choice was frozen, or at the newest bar where that is older: what the
    run may have learnt from, and what everybody knew by then, proves nothing.

    Args:
        run: whose choice is applied.
        deciding: the choice in force.
        bars: that are given now.
        standing: what the journal says so far.
        execution: every setting of how signals are traded.
        meta: the second model that is asked.
    """
    label, newest = run.record.label, bars.bars["timestamp"].max()
    assert isinstance(newest, datetime)
    choice = deciding.choice
    frozen = datetime.fromisoformat(choice.created).astimezone(UTC)
    rows = deciding.rows(calibration_rows(run))
    before = standing.terms
    signals = rows.filter(pl.col("probability") >= choice.threshold)
    terms = ForwardTerms(
        run_id=run.run_id,
        choice_id=choice.trial_id,
        trial_id=strategy_of(choice, meta),
        threshold=choice.threshold,
        precision=choice.promise.precision if choice.promise else None,
        confidence=choice.promise.confidence if choice.promise else CONFIDENCE,
        frozen=stamp(frozen),
        drawing_version=run.record.drawing_version or 0,
        label=label.name,
        delay_bars=label.delay_bars,
        horizon_bars=label.horizon_bars,
        stride_bars=STRIDE_BARS,
        meta=meta is not None,
        interval_seconds=bars.interval.total_seconds(),
        grace_seconds=grace_of(bars.interval).total_seconds(),
        usual_signals=usual_signals(signals.select("decision_time", "label_end")),
        return_cap=_return_cap(rows),
        execution=dict(execution),
        since=before.since if before else stamp(min(frozen, newest)),
    )
    if before and before.trial_id != terms.trial_id:
        return replace(terms, since=stamp(max(min(frozen, newest), _last(standing))))
    return terms


def grace_of(interval: timedelta) -> timedelta:
    """How long after the entry's bar opens a decision still counts."""
    return GRACE_OF_DAY if interval >= DAY else interval * GRACE_OF_BAR


def known_until(run: Run) -> datetime:
    """The newest decision of the run's samples whose label was known: tests begin after it."""
    index = run.samples().index.filter(pl.col("label").is_not_null())
    last = index["decision_time"].max()
    assert isinstance(last, datetime)
    return last


def calibration_rows(run: Run) -> pl.DataFrame:
    """The calibration rows whose label is known; a forward test is compared with these."""
    rows = run.predictions().filter(pl.col("split") == "calibration")
    return rows.filter(pl.col("label").is_not_null())


def _last(standing: Standing) -> datetime:
    times = [datetime.fromisoformat(text) for text in standing.newest.values()]
    return max(times, default=datetime.min.replace(tzinfo=UTC))


def _return_cap(rows: pl.DataFrame) -> float:
    """What nearly all returns of the calibration rows stay within, up and down."""
    returns = rows["forward_return"].drop_nulls().abs().to_numpy()
    return float(max(np.quantile(returns, RARE_RETURN), SMALLEST_CAP)) if len(returns) else 1.0
