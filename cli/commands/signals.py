"""`quantsig signals`: apply the frozen threshold and write the signals of a run."""

from typing import TYPE_CHECKING, Any

from quantsig.cli.arguments import Config, Device, Force, Json, RunPath, Threshold
from quantsig.cli.output import note, print_document, print_figures, stage

if TYPE_CHECKING:
    import polars as pl

    from quantsig.signals.runs import Run


def signals(
    run: RunPath = None,
    threshold: Threshold = None,
    device: Device = None,
    config: Config = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Freeze a threshold and write the signals it gives, the test split included.

    Without --threshold the choice frozen before is applied.

    \b
    Example:
      quantsig signals runs/first --threshold 0.7
    """
    from quantsig.cli.arguments import run_or_latest
    from quantsig.cli.config import load
    from quantsig.data.files import refuse_existing
    from quantsig.signals.choices import choose_number
    from quantsig.signals.runs import SIGNALS

    settings = load(config, {"device": device})
    chosen_run = run_or_latest(run, settings)
    refuse_existing(chosen_run.path / SIGNALS, force=force)  # before a choice is frozen
    if threshold is not None:
        choose_number(chosen_run, threshold, settings.cost_fraction)
    table = signals_of(chosen_run, device=settings.device, force=force)
    figures = figures_of(chosen_run, table)
    if not figures["test_signals"]:
        highest = max(table.filter(split="test")["probability"].to_list(), default=0.0)
        note(f"no test sample reaches the threshold; their highest probability is {highest:.4g}.")
    if json:
        print_document("signals", figures, run=str(chosen_run.path), choice=chosen_run.choice())
        return
    print_figures(figures)
    print(chosen_run.path / SIGNALS)


def signals_of(run: "Run", *, device: str, force: bool) -> "pl.DataFrame":
    """Score the test split and write the signals of the frozen threshold."""
    from quantsig.signals.decisions import write_signals

    with stage("Scoring the test split") as progress:
        return write_signals(run, device=device, force=force, progress=progress)


def figures_of(run: "Run", table: "pl.DataFrame") -> dict[str, Any]:
    """How many signals each split has, and what the frozen threshold reached on the test split."""
    import polars as pl

    given = table.filter(pl.col("signal"))
    return {
        "calibration_signals": given.filter(pl.col("split") == "calibration").height,
        "test_signals": given.filter(pl.col("split") == "test").height,
        **test_figures(run),
    }


def test_figures(run: "Run") -> dict[str, Any]:
    """Threshold, precision, recall, average precision and base rate on the test split."""
    choice = run.choice() or {}
    test = choice.get("test") or {}
    names = ("precision", "recall", "average_precision", "base_rate")
    return {"threshold": choice.get("threshold"), **{name: test.get(name) for name in names}}
