"""Bars of any time as a run judges them: its frozen choice's signals, the newest included."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from quantsig.data.bars import CheckedBars
from quantsig.data.calendar.sessions import completed
from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase, term
from quantsig.data.news.table import NewsItems
from quantsig.data.progress import NOBODY, Listener
from quantsig.data.samples.in_memory import SamplesInMemory, check_passing
from quantsig.data.samples.store import SampleSet
from quantsig.data.tasks.workers import HERE, Workers
from quantsig.signals.inference.bar_remarks import NAMED, remarks_on_bars, remarks_on_scores
from quantsig.signals.inference.by_symbol import predict_on
from quantsig.signals.inference.compatibility import differences, refuse_different
from quantsig.signals.inference.drift import PICTURES, Drift, find_drift
from quantsig.signals.inference.news import old_news
from quantsig.signals.inference.predict import passing_of, predict
from quantsig.signals.inference.signals import bar_signals, frozen_choice, learnt_rows, locked_rows
from quantsig.signals.inference.universe import members_remarks
from quantsig.signals.meta.meta_labelling import Meta
from quantsig.signals.runs import Run
from quantsig.signals.thresholds.choices import choose
from quantsig.signals.thresholds.openings import BARS, record_opening
from quantsig.signals.thresholds.rules import AskedRule


@dataclass(frozen=True, kw_only=True, slots=True)
class BarsRequest:
    """What is asked of bars.

    Attributes:
        latest: score the newest decision of each symbol alone.
        stride_bars: bars from one decision to the next; None: as the run was trained.
        allow_different: score bars that are unlike those of the training, too.
        threshold: to be frozen before; None: the newest choice holds.
        cost_fraction: round-trip cost that a new choice is judged by.
        meta: ask the choice's second model.
        device: auto, cpu or cuda.
        news: that go with the bars.
        on: where symbols are scored, and how many at once; a second model is asked here.
    """

    latest: bool = False
    stride_bars: int | None = None
    allow_different: bool = False
    threshold: float | None = None
    cost_fraction: float = 0.0
    meta: bool = False
    device: str = "auto"
    news: NewsItems | None = None
    on: Workers = HERE


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class BarScores:
    """Bars as a run judges them."""

    passing: SamplesInMemory
    rows: pl.DataFrame  # of `predict`
    drift: Drift
    table: pl.DataFrame  # columns of signals.parquet

    @property
    def figures(self) -> dict[str, Any]:
        """Counts, span, threshold with its promise, and drift."""
        table, drift = self.table, self.drift
        first = table.row(0, named=True)
        worst = max(drift.inputs, key=lambda name: drift.inputs[name], default=None)
        return {
            "rows": len(table),
            "signals": table["signal"].sum(),
            "symbols": table["symbol"].n_unique(),
            "symbols_left_out": len(self.passing.left_out()),
            "first_decision": table["decision_time"].min(),
            "last_decision": table["decision_time"].max(),
            "threshold": first["threshold"],
            "expected_precision": first["expected_precision"],
            "expected_precision_low": first["expected_precision_low"],
            "expected_precision_high": first["expected_precision_high"],
            "probability_drift": drift.probability,
            "input_drift": drift.inputs[worst] if worst else None,
            "input_drift_of": worst,
            "volatility_ratio": drift.volatility,
            "volatility_drift": drift.volatility_index,
        }


def score_bars(
    run: Run, bars: CheckedBars, request: BarsRequest, listener: Listener = NOBODY
) -> BarScores:
    """The signals of a run on bars, after all that is to be refused or said of them.

    Where the request names a threshold, that is frozen once nothing is left to refuse.

    Raises:
        ConfigError: a stride below 1, or the chart goes by another clock than the bars.
        DataError: no threshold was chosen yet, the run has no calibration, no symbol has enough
            bars, they are unlike those of the training, or a score is not finite.
    """
    if request.threshold is None:
        frozen_choice(run)  # or the work would be for nothing
    run.calibrator()  # or a choice would be frozen for nothing
    newest = 1 if request.latest else None
    passing = passing_of(
        run, bars, stride_bars=request.stride_bars, newest=newest, news=request.news
    )
    samples = run.samples()
    accept_bars(run, samples, passing, listener, different=request.allow_different)
    if request.threshold is not None:
        rule = AskedRule(name="number", value=request.threshold)
        choose(run, rule, request.cost_fraction)
    meta = told_second_model(run, request.device, listener) if request.meta else None
    with listener.stage("Scoring the bars") as progress:
        rows = predict_on(
            run, passing, on=request.on, meta=meta, device=request.device, progress=progress
        )
    with listener.stage("Looking for drift"):
        recent = _recent(run, bars, request.news) if request.latest else passing
        judged = predict(run, recent, device=request.device) if len(recent) > len(rows) else rows
        drift = find_drift(run, samples, recent, judged)
    for sentence in remarks_on_scores(run, drift, request.device):
        listener.tell(sentence)
    table = bar_signals(run, samples, rows, meta)
    return BarScores(passing=passing, rows=rows, drift=drift, table=table)


def accept_bars(
    run: Run,
    samples: SampleSet,
    passing: SamplesInMemory,
    listener: Listener = NOBODY,
    *,
    different: bool = False,
) -> None:
    """Refuse bars that a run cannot judge, and say what is to be known of the others.

    Args:
        run: that is to score them.
        samples: those it was trained on.
        passing: their decisions.
        listener: told of what is odd.
        different: take bars that are unlike those of the training, too.

    Raises:
        ConfigError: a stride below 1, or the chart goes by another clock than the bars.
        DataError: no symbol has enough bars, or they are unlike those of the training.
    """
    check_passing(passing)
    refuse_or_tell(run, samples, passing.checked, listener, different=different)
    for sentence in members_remarks(run, passing, different=different):
        listener.tell(sentence)
    behind = old_news(samples, passing)
    if behind:
        listener.tell(behind)
    for sentence in remarks_on_bars(run, samples, passing):
        listener.tell(sentence)


def refuse_or_tell(
    run: Run, samples: SampleSet, bars: CheckedBars, listener: Listener, *, different: bool
) -> None:
    """Refuse bars that are unlike those of the training, or say what is unlike; see `accept_bars`.

    Raises:
        DataError: they are, and are not to be taken all the same.
    """
    if not different:
        refuse_different(run, samples, bars)
    for difference in differences(run, samples, bars) if different else ():
        listener.tell(phrase("unlike the training: {difference}.", difference=term(difference)))


def told_second_model(run: Run, device: str, listener: Listener) -> Meta:
    """The second model of the newest choice, its folds trained where they are not there yet."""
    from quantsig.signals.meta.second_model import second_model  # noqa: PLC0415 - trains

    with listener.stage("Training the second model out of fold"):
        return second_model(run, frozen_choice(run), device=device)


def unseen_signals(
    run: Run, bars: CheckedBars, request: BarsRequest, listener: Listener = NOBODY
) -> tuple[CheckedBars, pl.DataFrame]:
    """Bars, and the signals on the decisions that the run learnt nothing from.

    Where some lie in the time of the run's locked test split, that is opened and recorded.

    Raises:
        DataError: there are none, or `score_bars` refuses the bars.
    """
    table = score_bars(run, bars, request, listener).table
    samples = run.samples()
    unseen = table.filter(~learnt_rows(run, samples))
    if unseen.is_empty():
        raise DataError(
            phrase(
                "all {decisions} decisions lie in the time the run was trained and calibrated in.",
                decisions=len(table),
            ),
            where=", ".join(bars.sources[:NAMED]),
            remedy="Give bars that go on after that time.",
        )
    if len(unseen) < len(table):
        listener.tell(
            phrase(
                "{left} of {decisions} decisions are not traded: they lie in the time "
                "the run was trained and calibrated in.",
                left=len(table) - len(unseen),
                decisions=len(table),
            )
        )
    opened = unseen.filter(locked_rows(run, samples)).height
    if opened:
        opening = record_opening(run, frozen_choice(run), BARS)
        listener.tell(
            phrase(
                "{opened} decisions lie in the time of the run's locked test split: "
                "this is its opening number {opening}, and recorded.",
                opened=opened,
                opening=opening,
            )
        )
    calendar = completed(bars.calendar, samples.calendar)  # newer bars may be few
    return replace(bars, calendar=calendar), unseen


def bar_signals_file(run: Run, bars: CheckedBars, *, latest: bool, form: str) -> Path:
    """A file in the run that is named after the newest bar."""
    newest = bars.bars["timestamp"].max()
    assert isinstance(newest, datetime)
    kind = "-latest" if latest else ""
    return run.path / f"signals-{newest:%Y%m%dT%H%M%SZ}{kind}.{form}"


def _recent(run: Run, bars: CheckedBars, news: NewsItems | None) -> SamplesInMemory:
    """Decisions of a while up to the newest, as far apart as in training, to judge drift by."""
    each = -(-PICTURES // bars.bars["symbol"].n_unique())
    return passing_of(run, bars, stride_bars=None, newest=each, news=news)
