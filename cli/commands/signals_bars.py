"""`quantsig signals RUN BARS`: the signals of a run on bars of any time, the newest included."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantsig.cli.commands.samples.extend import read_named_bars
from quantsig.cli.output import note, print_document, print_figures, print_table, printable, stage

if TYPE_CHECKING:
    import polars as pl

    from quantsig.cli.settings import Settings
    from quantsig.data.bars import CheckedBars
    from quantsig.data.samples.in_memory import SamplesInMemory
    from quantsig.data.samples.store import SampleSet
    from quantsig.signals.inference.drift import Drift
    from quantsig.signals.meta.meta_labelling import Meta
    from quantsig.signals.runs import Run

NAMED = 5  # symbols that one remark lists
SHOWN = 20  # rows of the newest that are printed
COLUMNS = {
    "symbol": "symbol",
    "decision_time": "decision",
    "probability": "probability",
    "signal": "signal",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What is asked of bars; the names are those of the flags."""

    latest: bool
    stride_bars: int | None  # None: as the run was trained
    allow_different: bool
    threshold: float | None
    meta: bool
    form: str
    out: Path | None
    force: bool


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Scored:
    """Bars as a run judges them."""

    passing: "SamplesInMemory"
    rows: "pl.DataFrame"  # of `predict`
    drift: "Drift"
    table: "pl.DataFrame"  # columns of signals.parquet


def refuse_without_bars(given: Mapping[str, object]) -> None:
    """Refuse flags that say something of bars where none are named."""
    from quantsig.data.errors import UsageError

    for flag, value in given.items():
        if value:
            raise UsageError(
                f"{flag} says something of bars, and none are named.",
                where="quantsig signals",
                remedy=f"Name the run and its bars: quantsig signals RUN BARS {flag}",
            )


def signals_of_bars(run: "Run", settings: "Settings", wanted: Wanted, *, json: bool) -> None:
    """Check the bars, freeze the threshold, score, write, and say what came out."""
    from quantsig.data.storage.atomic import refuse_existing
    from quantsig.signals.inference.exports import write_rows
    from quantsig.signals.inference.signals import frozen_choice, learnt_rows

    bars = read_named_bars(settings)
    target = wanted.out or default_target(run, bars, wanted)
    refuse_existing(target, force=wanted.force)  # before a choice is frozen
    scored = score_bars(run, bars, settings, wanted)
    samples = run.samples()
    learnt = scored.rows.filter(learnt_rows(run, samples)).height
    if learnt:
        note(
            f"{learnt} of {len(scored.rows)} rows lie in the time the run was trained and "
            "calibrated in: they flatter, and the expected precision is not about them."
        )
    withheld = scored.table["label"].null_count() - scored.rows["label"].null_count()
    if withheld:
        note(
            f"{withheld} rows lie in the time of the run's locked test split: what became of them "
            "is left out."
        )
    write_rows(target, scored.table, wanted.form)
    figures = figures_of(scored)
    newest = scored.table.sort("probability", descending=True).head(
        len(scored.table) if wanted.latest else 0
    )
    for sentence in outdated(newest, bars.interval * scored.passing.rule.stride_bars):
        note(sentence)
    if json:
        more = {"rows": newest.to_dicts()} if wanted.latest else {}
        print_document(
            "signals",
            figures,
            run=str(run.path),
            choice=frozen_choice(run).as_dict(),
            out=str(target),
            source_notes=bars.notes,
            **more,
        )
        return
    print_figures(figures)
    if wanted.latest:
        print_table(newest.head(SHOWN).to_dicts(), COLUMNS)
    print(target)


def score_bars(run: "Run", bars: "CheckedBars", settings: "Settings", wanted: Wanted) -> Scored:
    """The signals of a run on bars, after all that is to be refused or said of them."""
    from quantsig.data.samples.in_memory import check_passing
    from quantsig.signals.inference.drift import find_drift
    from quantsig.signals.inference.predict import passing_of, predict
    from quantsig.signals.inference.signals import bar_signals, frozen_choice
    from quantsig.signals.scoring.scorer import scoring_remark
    from quantsig.signals.thresholds.choices import choose, remarks
    from quantsig.signals.thresholds.rules import AskedRule

    if wanted.threshold is None:
        frozen_choice(run)  # or the work would be for nothing
    run.calibrator()  # or a choice would be frozen for nothing
    passing = passing_of(
        run, bars, stride_bars=wanted.stride_bars, newest=1 if wanted.latest else None
    )
    check_passing(passing)
    samples = run.samples()
    look_at(run, samples, passing, allow_different=wanted.allow_different)
    if wanted.threshold is not None:
        choose(run, AskedRule(name="number", value=wanted.threshold), settings.cost_fraction)
    meta = second_model_of(run, settings.device) if wanted.meta else None
    with stage("Scoring the bars") as progress:
        rows = predict(
            run,
            passing,
            meta=meta,
            device=settings.device,
            progress=progress,
        )
    with stage("Looking for drift"):
        recent = recent_of(run, bars) if wanted.latest else passing
        judged = predict(run, recent, device=settings.device) if len(recent) > len(rows) else rows
        drift = find_drift(run, samples, recent, judged)
    remark = scoring_remark(run, settings.device)
    for sentence in (
        *remarks(frozen_choice(run)),
        *([remark] if remark else []),
        *drift.warnings(),
    ):
        note(sentence)
    table = bar_signals(run, samples, rows, meta)
    return Scored(passing=passing, rows=rows, drift=drift, table=table)


def recent_of(run: "Run", bars: "CheckedBars") -> "SamplesInMemory":
    """Decisions of a while up to the newest, as far apart as in training, to judge drift by."""
    from quantsig.signals.inference.drift import PICTURES
    from quantsig.signals.inference.predict import passing_of

    each = -(-PICTURES // bars.bars["symbol"].n_unique())
    return passing_of(run, bars, stride_bars=None, newest=each)


def second_model_of(run: "Run", device: str) -> "Meta":
    """The second model of the newest choice, its folds trained where they are not there yet."""
    from quantsig.signals.inference.signals import frozen_choice
    from quantsig.signals.meta.second_model import second_model

    with stage("Training the second model out of fold"):
        return second_model(run, frozen_choice(run), device=device)


def unseen_signals(
    run: "Run", settings: "Settings", *, allow_different: bool, meta: bool
) -> tuple["CheckedBars", "pl.DataFrame"]:
    """Bars, and the frozen choice's signals on the decisions that the run learnt nothing from.

    Where some lie in the time of the run's locked test split, that is opened and recorded.
    """
    from quantsig.data.calendar.sessions import completed
    from quantsig.data.errors import DataError
    from quantsig.signals.inference.signals import frozen_choice, learnt_rows, locked_rows
    from quantsig.signals.thresholds.choices import record_opening

    bars = read_named_bars(settings)
    asked = Wanted(
        latest=False,
        stride_bars=None,
        allow_different=allow_different,
        threshold=None,
        meta=meta,
        form="parquet",
        out=None,
        force=False,
    )
    table = score_bars(run, bars, settings, asked).table
    samples = run.samples()
    unseen = table.filter(~learnt_rows(run, samples))
    if unseen.is_empty():
        raise DataError(
            f"all {len(table)} decisions lie in the time the run was trained and calibrated in.",
            where=", ".join(bars.sources[:NAMED]),
            remedy="Give bars that go on after that time.",
        )
    if len(unseen) < len(table):
        note(
            f"{len(table) - len(unseen)} of {len(table)} decisions are not traded: they lie in "
            "the time the run was trained and calibrated in."
        )
    opened = unseen.filter(locked_rows(run, samples)).height
    if opened:
        opening = record_opening(run, frozen_choice(run))
        note(
            f"{opened} decisions lie in the time of the run's locked test split: this is its "
            f"opening number {opening}, and recorded."
        )
    calendar = completed(bars.calendar, samples.calendar)  # newer bars may be few
    return replace(bars, calendar=calendar), unseen


def default_target(run: "Run", bars: "CheckedBars", wanted: Wanted) -> Path:
    """A file in the run that is named after the newest bar."""
    newest = bars.bars["timestamp"].max()
    assert isinstance(newest, datetime)
    kind = "-latest" if wanted.latest else ""
    return run.path / f"signals-{newest:%Y%m%dT%H%M%SZ}{kind}.{wanted.form}"


def look_at(
    run: "Run", samples: "SampleSet", passing: "SamplesInMemory", *, allow_different: bool
) -> None:
    """Refuse bars unlike those of the training, unless allowed, and say what is to be known."""
    from quantsig.signals.inference.compatibility import (
        differences,
        refuse_different,
        unseen_symbols,
    )
    from quantsig.signals.inference.predict import trained_stride

    bars = passing.checked
    if not allow_different:
        refuse_different(run, samples, bars)
    for difference in differences(run, samples, bars) if allow_different else ():
        note(f"unlike the training: {printable(difference)}.")
    short = passing.left_out()
    unseen = [name for name in unseen_symbols(run, samples, bars) if name not in short]
    if unseen:
        note(f"not seen in training: {listed(unseen)}.")
    if short:
        need = passing.rule.history_bars
        note(f"left out: {len(short)} symbols with fewer than {need} bars: {listed(list(short))}.")
    trained = trained_stride(run)
    if passing.newest is None and passing.rule.stride_bars != trained:
        note(
            f"bars from one decision to the next: {trained} in training, "
            f"{passing.rule.stride_bars} here; --stride-bars {trained} for the same."
        )


def outdated(newest: "pl.DataFrame", step: timedelta) -> Iterator[str]:
    """Which symbols' newest row is older than the newest of all by more than a step."""
    import polars as pl

    late = pl.col("decision_time") < pl.col("decision_time").max() - step
    old = newest.filter(late).select("symbol", "decision_time").sort("decision_time", "symbol")
    if len(old):
        names = [f"{symbol} {time:%Y-%m-%d %H:%M}" for symbol, time in old.iter_rows()]
        counted = f"{len(old)} of {len(newest)} symbols end before the newest"
        yield f"warning: {counted}: {listed(names)}."


def listed(names: list[str]) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return printable(", ".join(names[:NAMED])) + more


def figures_of(scored: Scored) -> dict[str, Any]:
    """Counts, span, threshold with its promise, and drift."""
    table, drift = scored.table, scored.drift
    first = table.row(0, named=True)
    worst = max(drift.ink, key=lambda name: drift.ink[name], default=None)
    return {
        "rows": len(table),
        "signals": table["signal"].sum(),
        "symbols": table["symbol"].n_unique(),
        "symbols_left_out": len(scored.passing.left_out()),
        "first_decision": table["decision_time"].min(),
        "last_decision": table["decision_time"].max(),
        "threshold": first["threshold"],
        "expected_precision": first["expected_precision"],
        "expected_precision_low": first["expected_precision_low"],
        "expected_precision_high": first["expected_precision_high"],
        "probability_drift": drift.probability,
        "ink_drift": drift.ink[worst] if worst else None,
        "ink_drift_plane": worst,
        "volatility_ratio": drift.volatility,
        "volatility_drift": drift.volatility_index,
    }
