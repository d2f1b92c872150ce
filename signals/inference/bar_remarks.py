"""What a person is to know of bars that a run scores, in plain sentences."""

from collections.abc import Iterator
from datetime import timedelta

import polars as pl

from quantsig.data.language.messages import first_few, phrase
from quantsig.data.samples.in_memory import SamplesInMemory
from quantsig.data.samples.store import SampleSet
from quantsig.signals.inference.compatibility import unseen_symbols
from quantsig.signals.inference.drift import Drift
from quantsig.signals.inference.predict import trained_stride
from quantsig.signals.inference.signals import frozen_choice, learnt_rows
from quantsig.signals.runs import Run
from quantsig.signals.scoring.scorer import scoring_remark
from quantsig.signals.thresholds.choices import remarks

NAMED = 5  # symbols that one remark lists


def remarks_on_bars(run: Run, samples: SampleSet, passing: SamplesInMemory) -> Iterator[str]:
    """Which symbols are new or left out, and whether decisions follow as in training."""
    short = passing.left_out()
    names = unseen_symbols(run, samples, passing.checked)
    unseen = [name for name in names if name not in short]
    if unseen:
        yield phrase("not seen in training: {names}.", names=first_few(unseen, NAMED))
    if short:
        yield phrase(
            "left out: {count} symbols with fewer than {bars} bars: {names}.",
            count=len(short),
            bars=passing.rule.history_bars,
            names=first_few(list(short), NAMED),
        )
    trained = trained_stride(run)
    if passing.newest is None and passing.rule.stride_bars != trained:
        yield phrase(
            "bars from one decision to the next: {trained} in training, {here} here; "
            "`stride_bars` {trained} for the same.",
            trained=trained,
            here=passing.rule.stride_bars,
        )


def remarks_on_scores(run: Run, drift: Drift, device: str) -> Iterator[str]:
    """What to know of the choice, of the device, and of what has drifted."""
    yield from remarks(frozen_choice(run))
    remark = scoring_remark(run, device)
    if remark:
        yield remark
    yield from drift.warnings()


def remarks_on_rows(
    run: Run, samples: SampleSet, rows: pl.DataFrame, table: pl.DataFrame
) -> Iterator[str]:
    """How many rows the run has seen, and of how many the outcome is withheld.

    Args:
        run: that scored them.
        samples: those it was trained on.
        rows: what `predict` gave.
        table: the same as `bar_signals` gives them.
    """
    learnt = rows.filter(learnt_rows(run, samples)).height
    if learnt:
        yield phrase(
            "{learnt} of {rows} rows lie in the time the run was trained and calibrated in: they "
            "flatter, and the expected precision is not about them.",
            learnt=learnt,
            rows=len(rows),
        )
    withheld = table["label"].null_count() - rows["label"].null_count()
    if withheld:
        yield phrase(
            "{withheld} rows lie in the time of the run's locked test split: what became of them "
            "is left out.",
            withheld=withheld,
        )


def outdated(newest: pl.DataFrame, step: timedelta) -> Iterator[str]:
    """Which symbols' newest row is older than the newest of all by more than a step."""
    late = pl.col("decision_time") < pl.col("decision_time").max() - step
    old = newest.filter(late).select("symbol", "decision_time").sort("decision_time", "symbol")
    if len(old):
        names = [f"{symbol} {time:%Y-%m-%d %H:%M}" for symbol, time in old.iter_rows()]
        yield phrase(
            "warning: {late} of {symbols} symbols end before the newest: {names}.",
            late=len(old),
            symbols=len(newest),
            names=first_few(names, NAMED),
        )
