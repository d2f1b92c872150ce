"""Signals: the frozen threshold applied to calibration rows and locked test rows, or to bars."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from quantsig.data.errors import DataError
from quantsig.data.progress import Progress, silent
from quantsig.data.samples.parts import BARS
from quantsig.data.samples.store import SampleSet
from quantsig.data.storage import atomic, parquet
from quantsig.data.storage.numbered import parts_in
from quantsig.data.storage.records import Figures
from quantsig.data.tables.bar_pieces import pieces_where
from quantsig.signals.choice import Choice
from quantsig.signals.judging.given_scores import stored_scores
from quantsig.signals.layout import PREDICTIONS, SIGNALS
from quantsig.signals.runs import Run, exclusive
from quantsig.signals.scoring.predictions import predictions_frame
from quantsig.signals.scoring.scores import refuse_not_finite
from quantsig.signals.seal import sealing
from quantsig.signals.signal_table import EXPECTED, signal_rows
from quantsig.signals.thresholds import openings
from quantsig.signals.thresholds.choices import record_outcome
from quantsig.signals.thresholds.volatility import volatility_ratio

if TYPE_CHECKING:  # stored predictions become signals without torch
    from quantsig.signals.meta.meta_labelling import Meta


@exclusive
def write_signals(
    run: Run,
    *,
    meta: "Meta | None" = None,
    device: str = "auto",
    force: bool = False,
    progress: Progress = silent,
) -> pl.DataFrame:
    """Write the signals of the newest choice; this opens the test split and records it.

    Args:
        run: with a frozen choice.
        meta: the choice's second model, whose word is written beside each signal.
        device: auto, cpu or cuda.
        force: replace signals that exist.
        progress: told about samples.

    Raises:
        DataError: no threshold was chosen yet, the run has no calibration, or a score is not
            finite.
        UsageError: signals exist and `force` is not set, or another process is at work on the run.
    """
    choice = frozen_choice(run)
    atomic.refuse_existing(run.path / SIGNALS, force=force)
    samples = run.samples()
    run.calibrator()  # a run without one opens nothing
    known = run.predictions()
    locked = "test" not in known["split"].unique()
    test = known.clear()
    if locked:  # of a set of its own, whose bars are forgotten after
        test = _scored(run, replace(samples), ["test"], device, progress)
    # what could not be scored opened nothing
    opening = openings.record_opening(run, choice, openings.SIGNALS)
    if locked:
        with sealing(run.path) as stage:
            parquet.write_parquet(stage / PREDICTIONS, pl.concat([known, test]))
    choice = record_outcome(run, choice, opening, _volatility(run, samples))
    signals = _signals(run, samples, choice, meta)
    with sealing(run.path) as stage:
        parquet.write_parquet(stage / SIGNALS, signals)
    return signals


def made_before(run: Run, threshold: float | None, *, meta: bool) -> pl.DataFrame | None:
    """The signals in the run, where they are those of the newest choice; else None.

    Args:
        run: that may have signals, which were written once and are to be written elsewhere, too.
        threshold: that the choice has to be of, by number; None: whatever it is.
        meta: whether a second model speaks in them.
    """
    choice = run.choice()
    if choice is None or not (run.path / SIGNALS).is_file():
        return None
    rows = run.signals()
    asked = threshold is None or (choice.rule, choice.threshold) == ("number", threshold)
    same = (rows["choice_id"] == choice.trial_id).all()
    spoken = (rows["trial_id"] != choice.trial_id).any()
    return rows if asked and same and spoken == meta else None


def write_signals_again(run: Run, choice: Choice, meta: "Meta | None" = None) -> None:
    """Write signals of a choice whose test rows were opened and are known; this opens nothing."""
    signals = _signals(run, run.samples(), choice, meta)
    with sealing(run.path) as stage:
        parquet.write_parquet(stage / SIGNALS, signals)


def write_predictions_again(run: Run, *, opened: bool, device: str = "auto") -> None:
    """Score the rows of a run again, those of the test split where that was opened before."""
    samples = run.samples()
    judged = ["validation", "calibration"] if run.calibrates else ["validation"]
    parts = [_scored(run, samples, judged, device)]
    if run.record.judged is not None:
        parts = [parts[0].sort("sample_id")]  # as they were given
    if opened:
        parts.append(_scored(run, samples, ["test"], device))
    with sealing(run.path) as stage:
        parquet.write_parquet(stage / PREDICTIONS, pl.concat(parts))


def frozen_choice(run: Run) -> Choice:
    """The newest frozen choice.

    Raises:
        DataError: no threshold was chosen yet.
    """
    choice = run.choice()
    if choice is None:
        raise DataError(
            "no threshold was chosen for this run yet.",
            where=str(run.path),
            remedy="Choose one: quantsig signals `threshold` 0.7, or quantsig thresholds `best`.",
        )
    return choice


def bar_signals(
    run: Run, samples: SampleSet, rows: pl.DataFrame, meta: "Meta | None" = None
) -> pl.DataFrame:
    """Signals of the newest choice on rows of `predict`; nothing of the test split is opened.

    Bars may reach into the time of the run's test split. While that is locked, what became of
    its symbols' decisions then is withheld: label, label_end and forward_return are null.

    Args:
        run: that scored the rows.
        samples: those it was trained on.
        rows: what `predict` gave, asked with the same second model.
        meta: the choice's second model.

    Returns:
        The columns of signals.parquet; sample_id and split are null, for the rows are of no set.

    Raises:
        DataError: no threshold was chosen yet.
    """
    return signals_of_choice(run, samples, rows, frozen_choice(run), meta)


def signals_of_choice(
    run: Run,
    samples: SampleSet,
    rows: pl.DataFrame,
    choice: Choice,
    meta: "Meta | None" = None,
) -> pl.DataFrame:
    """The same of any choice of the run."""
    outcome = pl.col("label", "label_end", "forward_return")
    of_no_set = rows.with_columns(
        pl.when(~locked_rows(run, samples)).then(outcome),
        sample_id=pl.lit(None, pl.Int64),
        split=pl.lit(None, pl.String),
    )
    return _of_choice(run, of_no_set, choice, choice.calibration, meta)


def learnt_rows(run: Run, samples: SampleSet) -> pl.Expr:
    """Whether a row, of any symbol, is decided before the run's test split begins.

    The run was trained, calibrated or given its threshold in that time, so what it says there is
    no evidence of what it will say later.
    """
    return pl.col("decision_time") < samples.cut_times(run.splits)[-1]


def locked_rows(run: Run, samples: SampleSet) -> pl.Expr:
    """Whether a row is of the time and the symbols of a test split that was never opened."""
    if "test" in run.predictions()["split"].unique():
        return pl.lit(False)
    decided = samples.index["decision_time"]
    inside = pl.col("decision_time").is_between(samples.cut_times(run.splits)[-1], decided.max())
    return inside & pl.col("symbol").is_in(samples.index["symbol"].unique().to_list())


def strategy_of(choice: Choice, meta: "Meta | None") -> str:
    """The choice itself, or another trial where a second model speaks."""
    if meta is None:
        return choice.trial_id
    from quantsig.signals.meta.meta_labelling import strategy_id  # noqa: PLC0415

    return strategy_id(choice, meta)


def _scored(
    run: Run, samples: SampleSet, names: Sequence[str], device: str, progress: Progress = silent
) -> pl.DataFrame:
    """Predictions of splits, one after the other; nothing is written, no outcome looked at."""
    split = samples.assigned(run.splits)
    each = [np.flatnonzero((split == name).fill_null(False).to_numpy()) for name in names]
    sample_ids = np.concatenate(each)
    if run.record.judged is not None:
        scores = stored_scores(run, sample_ids)
    else:
        from quantsig.signals.ensembles.scorer import open_any_scorer  # noqa: PLC0415 - loads torch

        scores = open_any_scorer(run, device).scores(samples, sample_ids, progress)
    refuse_not_finite(scores, f"{run.path}, {', '.join(names)}")
    rows = predictions_frame(samples, split, sample_ids, scores)
    probability = run.calibrator().probability(rows["score"].to_numpy())
    return rows.with_columns(probability=pl.Series(probability))


def _volatility(run: Run, samples: SampleSet) -> float | None:
    """How many times as volatile the test bars are as the training bars; None without bars."""
    if not samples.timed or not parts_in(samples.manifest.files, BARS):
        return None
    first, *_, last = samples.cut_times(run.splits)
    before, now = pl.col("timestamp") < first, pl.col("timestamp") >= last
    closes = samples.closes
    return volatility_ratio(pieces_where(closes, before), pieces_where(closes, now))


def _signals(run: Run, samples: SampleSet, choice: Choice, meta: "Meta | None") -> pl.DataFrame:
    promised = choice.calibration if samples.timed else {}  # no past, no promise
    rows = run.predictions().filter(pl.col("split").is_in(["calibration", "test"]))
    barriers = samples.index.select("sample_id", "stop", "target")
    rows = rows.join(barriers, on="sample_id", how="left", maintain_order="left")
    if meta:
        from quantsig.signals.meta.meta_labelling import with_opinion  # noqa: PLC0415

        rows = with_opinion(rows, meta, samples)
    return _of_choice(run, rows, choice, promised, meta)


def _of_choice(
    run: Run, rows: pl.DataFrame, choice: Choice, promised: Figures, meta: "Meta | None"
) -> pl.DataFrame:
    expected = {f"expected_{name}": pl.lit(promised.get(name), pl.Float64) for name in EXPECTED}
    return signal_rows(
        rows.with_columns(threshold=choice.threshold, **expected),
        run.record.label,
        choice_id=choice.trial_id,
        trial_id=strategy_of(choice, meta),
        run_id=run.run_id,
    )
