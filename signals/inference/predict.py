"""Score any bars with a run: its chart, its label, its model, its calibrator."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from quantsig.data.bars import CheckedBars
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.charts.version import DRAWING_VERSION
from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase
from quantsig.data.progress import Progress, silent
from quantsig.data.samples.in_memory import PIECE_BARS, SamplesInMemory, check_passing
from quantsig.data.samples.index import SampleRule
from quantsig.data.samples.store import SampleSet
from quantsig.data.sequences.version import FEATURES_VERSION
from quantsig.data.storage.checksums import damaged
from quantsig.signals.ensembles.members import open_members, read_together
from quantsig.signals.ensembles.scorer import MeanScorer, open_any_scorer
from quantsig.signals.layout import CONFIG
from quantsig.signals.meta.meta_labelling import Meta, with_opinion
from quantsig.signals.runs import Run
from quantsig.signals.scoring.scorer import Scorer
from quantsig.signals.scoring.scores import refuse_not_finite

COLUMNS = [
    "symbol",
    "decision_time",
    "label_end",
    "label",
    "forward_return",
    "direction",
    "stop",
    "target",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pieces:
    """How many bars are drawn from at a time, and by how many threads."""

    bars: int = PIECE_BARS
    threads: int | None = None  # None: one per core


WHOLE_PIECES = Pieces()


def predict(
    run: Run,
    passing: SamplesInMemory,
    *,
    meta: Meta | None = None,
    device: str = "auto",
    pieces: Pieces = WHOLE_PIECES,
    progress: Progress = silent,
) -> pl.DataFrame:
    """Score the decisions of bars, the newest included, whose labels are not known yet.

    A row depends on the bars up to its decision alone, and only label, label_end and
    forward_return on later ones; it depends on neither threads nor pieces. Beside the bars and
    the rows returned, memory holds one piece and a few batches of charts, however many bars
    there are. Nothing is written. Bars that reach into the run's test split tell what became of
    it: `decisions.bar_signals` withholds that while the split is locked.

    Args:
        run: whose label, weights and calibrator are used.
        passing: the decisions, as `passing_of` the run gives them.
        meta: a second model, asked about each row.
        device: auto, cpu or cuda.
        pieces: what is drawn at a time; it changes no row.
        progress: told about samples.

    Returns:
        A row per decision, by symbol and time: symbol, decision_time, label_end, label and
        forward_return (null where not known), direction, stop and target of the label (null
        where it has none), score, score_short where the label knows a fall, probability, and of
        a second model take and size.

    Raises:
        DataError: no symbol has enough bars, or a score is not finite.
        ConfigError: the chart goes by another clock than the bars.
        IntegrityError: the run's weights are not what was written.
        ResourceError: the device is not there.
    """
    check_passing(passing)
    scorer, calibrator = open_any_scorer(run, device), run.calibrator()

    def judged(samples: SampleSet) -> pl.DataFrame:
        rows = _piece_rows(samples, scorer, pieces.threads)
        probability = calibrator.probability(rows["score"].to_numpy())
        rows = rows.with_columns(probability=pl.Series(probability, dtype=pl.Float64))
        return with_opinion(rows, meta, samples) if meta else rows

    rows = [judged(samples) for samples in _told(passing, pieces.bars, progress)]
    found = pl.concat(rows).drop("sample_id")
    return found.sort("symbol", "decision_time") if passing.together else found


def passing_of(
    run: Run, bars: CheckedBars, *, stride_bars: int | None = 1, newest: int | None = None
) -> SamplesInMemory:
    """The samples of bars as a run sees them.

    Args:
        run: whose chart and label are used.
        bars: of any symbols, old or new.
        stride_bars: bars from one decision to the next, counted from the symbol's first; None:
            as the run was trained.
        newest: how many of each symbol's decisions, the newest; None: all.

    Raises:
        DataError: the run was trained on imported pictures, drawn by another version, or made of
            scores.
    """
    chart = drawn_chart(run, "other bars cannot be scored")
    rule = SampleRule(
        history_bars=chart.history_bars,
        stride_bars=trained_stride(run) if stride_bars is None else stride_bars,
        label=run.record.label,
    )
    return SamplesInMemory(
        checked=bars, chart=chart, rule=rule, newest=newest, together=read_together(run)
    )


def trained_stride(run: Run) -> int:
    """Bars from one decision to the next in the samples a run was trained on."""
    try:
        return int(run.config()["samples"]["stride_bars"])
    except (LookupError, TypeError, ValueError) as error:
        raise damaged(run.path / CONFIG, "it does not say samples.stride_bars") from error


def drawn_chart(run: Run, what: str) -> ChartSpec:
    """The chart that a run's model was trained on, which this version draws as it was then.

    Args:
        run: opened.
        what: cannot be had where the run was made of scores, a clause.

    Raises:
        DataError: the run was trained on imported pictures, drawn by another version, or made of
            scores.
    """
    run.refuse_judged(what)
    charts = [_drawn_chart(member) for member in open_members(run)]
    return max(charts, key=lambda chart: chart.history_bars)


def _drawn_chart(run: Run) -> ChartSpec:
    if run.record.chart is None:
        raise DataError(
            "this run was trained on imported pictures, which cannot be drawn from bars.",
            where=str(run.path),
            remedy="Train on samples built from bars: quantsig samples build.",
        )
    drawn = run.record.drawing_version
    if drawn != DRAWING_VERSION:
        raise DataError(
            phrase(
                "the run's charts were drawn by version {drawn}; this is {version}.",
                drawn=drawn,
                version=DRAWING_VERSION,
            ),
            where=str(run.path),
            remedy="Use the version of quantsig that trained it, or train again.",
        )
    computed = run.record.features_version
    if computed not in (None, FEATURES_VERSION):
        raise DataError(
            phrase(
                "the run's features were computed by version {before}; this is {now}.",
                before=computed,
                now=FEATURES_VERSION,
            ),
            where=str(run.path),
            remedy="Use the version of quantsig that trained it, or train again.",
        )
    return run.record.chart


def _told(passing: SamplesInMemory, piece_bars: int, progress: Progress) -> Iterator[SampleSet]:
    """The pieces; `progress` is told when the next one is asked for."""
    done, total = 0, len(passing)
    progress(done, total)
    for samples in passing.pieces(piece_bars):
        yield samples
        done += len(samples)
        progress(done, total)


def _piece_rows(
    samples: SampleSet, scorer: Scorer | MeanScorer, threads: int | None
) -> pl.DataFrame:
    ids = np.arange(len(samples))
    scores = scorer.scores(samples, ids, threads=threads)
    refuse_not_finite(scores, str(samples.path))
    return samples.index.select("sample_id", *COLUMNS).with_columns(scores.columns())
