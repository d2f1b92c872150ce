"""Whether the scores of a run know bars after their decision, or are too good to be true."""

from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.audit.charts import changed_later_bars, own_windows, sample_text
from quantsig.data.audit.finding import AuditCheck, AuditFinding
from quantsig.data.audit.messages import AuditSentence
from quantsig.data.samples.store import SampleSet
from quantsig.signals.ensembles.members import read_together
from quantsig.signals.ensembles.scorer import MeanScorer, open_any_scorer
from quantsig.signals.metrics import event_metrics
from quantsig.signals.runs import Run
from quantsig.signals.scoring.scorer import Scorer
from quantsig.signals.training.alarms import leak_suspicion
from quantsig.signals.training.settings import AlarmSettings

SCORED = 256  # samples at most
CHANGED_TIMES = 16  # whose later bars are changed, where all symbols are read together


def audit_scores(run: Run, samples: SampleSet, ids: NDArray[np.int64]) -> AuditCheck:
    """Score samples with the bars that came after them, with others, and with none; bit for bit.

    Args:
        run: whose model is asked.
        samples: that it was trained on, built from bars.
        ids: of the samples; the first of them are asked.
    """
    scorer, chosen = open_any_scorer(run), ids[:SCORED]
    if read_together(run):
        alone, changed = _at_times(scorer, samples, chosen)
    else:
        numbers = np.arange(len(chosen))
        windows = own_windows(samples, chosen)
        alone = scorer.scores(_of(windows, chosen), numbers).long
        changed = scorer.scores(_of(changed_later_bars(samples, chosen), chosen), numbers).long
    apart = np.flatnonzero(alone != changed)
    found: tuple[AuditFinding, ...] = ()
    if len(apart):
        first = sample_text(samples, int(chosen[apart[0]]))
        size = float(np.abs(alone - changed).max())
        sentence = AuditSentence.SCORE_SEES_LATER_BARS(first=first)
        found = (AuditFinding(sentence=sentence, feature="score", first=first, size=size),)
    return AuditCheck(name="scores", examined=len(chosen), findings=found)


def _at_times(
    scorer: Scorer | MeanScorer, samples: SampleSet, ids: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scores of samples, and those with every symbol's bars after each one's time changed.

    Args:
        scorer: whose model reads all symbols of a time.
        samples: as they are.
        ids: (n,) of the samples; neighbouring times share the bars that are changed after them.
    """
    alone = scorer.scores(samples, ids).long
    changed = alone.copy()
    matrix = samples.matrix
    when = matrix.times_us[samples.decision_rows[ids]]
    cuts = np.unique(when)
    for group in np.array_split(cuts, min(CHANGED_TIMES, len(cuts))):
        values = matrix.values.copy()
        later = np.flatnonzero(matrix.times_us > group[-1])
        values[later] = values[later[::-1]]
        other = samples.seen_as(replace(matrix, values=values), samples.decision_rows)
        here = np.isin(when, group)
        changed[here] = scorer.scores(other, ids[here]).long
    return alone, changed


def _of(samples: SampleSet, ids: NDArray[np.int64]) -> SampleSet:
    """The chosen samples as a set of their own, which counts them from 0."""
    index = samples.index[ids].with_columns(sample_id=pl.int_range(len(ids), dtype=pl.Int64))
    other = SampleSet(path=samples.path, manifest=samples.manifest, index=index)
    return other.seen_as(samples.matrix, samples.decision_rows)


def audit_skill(run: Run) -> AuditCheck:
    """Whether the calibration rows are ranked too well to be true; see `leak_suspicion`."""
    rows = run.predictions().filter(pl.col("split") == "calibration")
    if rows.is_empty():
        return AuditCheck(name="too_good", missing=AuditSentence.NOT_CALIBRATED_RUN())
    happened = run.happened(rows)
    figures = event_metrics(happened, rows["score"].to_numpy())
    precision, rate = figures.average_precision, figures.base_rate
    alarm = leak_suspicion(precision, rate or 0.0, int(happened.sum()), AlarmSettings())
    found: tuple[AuditFinding, ...] = ()
    if alarm is not None and precision is not None:
        sentence = AuditSentence.TOO_GOOD(name="average precision", found=precision)
        found = (AuditFinding(sentence=sentence, feature="average_precision", size=precision),)
    return AuditCheck(name="too_good", examined=len(rows), findings=found)
