"""The signals of a run on its own rows, which opens its test split."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from quantsig.cli.output import LISTENER, note, stage

if TYPE_CHECKING:
    import polars as pl

    from quantsig.settings import Settings
    from quantsig.signals.meta.meta_labelling import Meta
    from quantsig.signals.runs import Run


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Where signals are written, and how."""

    out: Path | None  # None: a file in the run
    form: str
    force: bool


def own_signals(
    run: "Run", settings: "Settings", target: Target, threshold: float | None, *, meta: bool
) -> "tuple[pl.DataFrame, Meta | None, Path]":
    """Freeze a threshold where one is given, and write signals in the run and in a format.

    Where the same command stopped between the two, they are not made again.

    Returns:
        The signals, the second model that was asked for, and the file.
    """
    from quantsig.data.storage.atomic import refuse_existing
    from quantsig.data.storage.leftovers import alone
    from quantsig.signals.inference.exports import write_rows
    from quantsig.signals.inference.signals import made_before
    from quantsig.signals.layout import SIGNALS
    from quantsig.signals.thresholds.choices import choose
    from quantsig.signals.thresholds.rules import AskedRule

    own = run.path / SIGNALS
    file = target.out or own.with_suffix(f".{target.form}")
    with alone(run.path.resolve()):
        refuse_existing(file, force=target.force)  # before a choice is frozen
        table = None if target.force else made_before(run, threshold, meta=meta)
        made = table is not None
        if not made:
            refuse_existing(own, force=target.force)
        run.calibrator()  # or a choice would be frozen for nothing
        if not made and threshold is not None:
            choose(run, AskedRule(name="number", value=threshold), settings.cost_fraction)
        second = second_model_of(run, settings) if meta else None
        if table is None:
            table = write_own_signals(run, device=settings.device, force=target.force, meta=second)
        if file != own:
            write_rows(file, table, target.form)
    return table, second, file


def write_own_signals(
    run: "Run", *, device: str, force: bool, meta: "Meta | None" = None
) -> "pl.DataFrame":
    """Score the test split and write the signals of the frozen threshold."""
    from quantsig.signals.inference.signals import write_signals

    scored_now = "test" not in run.predictions()["split"].unique()
    if scored_now and run.record.judged is None:
        from quantsig.signals.scoring.scorer import scoring_remark

        remark = scoring_remark(run, device)
        if remark:
            note(remark)
    with stage("Scoring the test split") as progress:
        return write_signals(run, meta=meta, device=device, force=force, progress=progress)


def second_model_of(run: "Run", settings: "Settings") -> "Meta":
    """The choice's second model, which is trained where it is not yet."""
    from quantsig.signals.inference.bar_scores import told_second_model

    return told_second_model(run, settings.device, LISTENER)
