"""`quantsig ensemble`: make a run that is the mean of others."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantsig.cli import completion
from quantsig.cli.arguments import Force, Json, command_line, writable
from quantsig.cli.output import note, print_document, print_figures, print_table, stage
from quantsig.data.language.messages import phrase, term

if TYPE_CHECKING:
    from quantsig.signals.runs import Run

WORTH = ("average_precision", "rank_correlation")
COLUMNS = {
    "run": "run",
    "model": "model",
    "average_precision": "average precision",
    "rank_correlation": "rank correlation",
}


def ensemble(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUNS",
            help="Two runs or more of the same rows.",
            autocompletion=completion.runs,
        ),
    ],
    *,
    out: Annotated[Path, typer.Option("--out", callback=writable, help="The run folder to write.")],
    force: Force = False,
    json: Json = False,
) -> None:
    """Average the calibrated probabilities of several runs, as a run of its own.

    The members foresee the same label of the same rows, in the same splits; their samples may
    show other charts. The mean is calibrated anew; thresholds, signals, backtest, sweep and
    report then work as on any run. What the members score with is copied into it. It is one trial
    of the ledger, which names its members.

    \b
    Example:
      quantsig ensemble runs/first runs/second --out runs/both
    """
    from quantsig.signals.ensembles.ensemble import ensemble as average

    with stage("Averaging runs"):
        run = average(runs, out, command=command_line(), force=force)
    for warning in run.record.warnings:
        note(phrase("warning: {warning}", warning=term(warning)))
    figures = _figures_of(run)
    if json:
        print_document("ensemble", figures, run=str(run.path), record=run.record.as_dict())
        return
    print_figures(figures)
    rows = _rows(run)
    print_table(rows, {name: heading for name, heading in COLUMNS.items() if name in rows[0]})
    print(run.path)


def _figures_of(run: "Run") -> dict[str, Any]:
    """How many members there are, and what their mean is worth on the validation rows."""
    members = run.record.ensemble or ()
    best = {name: found.value for name, found in run.record.best.items()}
    return {
        "members": len(members),
        **{name: best[name] for name in WORTH if name in best},
        "base_rate": run.record.baselines.get("base_rate"),
        "calibrator": run.calibration().method,
    }


def _rows(run: "Run") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {"run": one.run_id, "model": one.model, **{name: one.figures.get(name) for name in WORTH}}
        for one in run.record.ensemble or ()
    ]
    shown = [name for name in WORTH if any(row[name] is not None for row in rows)]
    return [{name: row[name] for name in ("run", "model", *shown)} for row in rows]
