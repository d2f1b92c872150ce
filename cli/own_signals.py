"""The signals of a run on its own rows, which opens its test split."""

from typing import TYPE_CHECKING

from quantsig.cli.output import note, stage

if TYPE_CHECKING:
    import polars as pl

    from quantsig.signals.meta.meta_labelling import Meta
    from quantsig.signals.runs import Run


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
