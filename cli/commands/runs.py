"""`quantsig runs`: the runs there are, and what one of them is."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantsig.cli.arguments import Anonymous, Config, Force, Json, Lang, RunPath, writable
from quantsig.cli.output import note, print_document, print_figures, print_table, stage

if TYPE_CHECKING:
    from quantsig.signals.runs import Run

app = typer.Typer(help="List runs, show one, compare several.")
COLUMNS = {
    "run": "run",
    "created": "created (UTC)",
    "model": "model",
    "threshold": "threshold",
    "precision": "precision",
    "recall": "recall",
    "total_return": "return",
}


COMPARED = {
    "run": "run",
    "split": "split",
    "precision": "precision",
    "recall": "recall",
    "trades": "trades",
    "total_return": "return",
    "sharpe": "Sharpe",
    "sharpe_low": "low",
    "sharpe_high": "high",
    "max_drawdown": "drawdown",
    "deflated_sharpe": "deflated",
    "trials": "trials",
    "edge": "edge",
}


@app.command("list")
def list_all(
    folder: Annotated[
        Path | None, typer.Argument(metavar="FOLDER", help="The folder of runs.")
    ] = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """List the runs of a folder, the oldest first.

    \b
    Example:
      quantsig runs list
    """
    from quantsig.cli.config import load
    from quantsig.signals.runs import find_runs, find_walks, unfinished_runs, unfinished_walks

    home = load(config, {"paths.runs": folder}).paths.runs
    found = find_runs(home)
    for error in found.unreadable:
        note(f"cannot be opened: {error.where}: {error.what}")
    for path in unfinished_runs(home):
        note(f"not finished: {path}; the same quantsig train goes on with it")
    for path in find_walks(home):
        note(f"walk: {path}")
    for path in unfinished_walks(home):
        note(f"not finished: {path}; the same quantsig walk goes on with it")
    rows = [row_of(run) for run in found.runs]
    if json:
        print_document("runs.list", {"runs": len(rows)}, folder=str(home), rows=rows)
    elif rows:
        print_table([{**row, "created": row["created"][:16]} for row in rows], COLUMNS)
    else:
        print(f"no runs in {home}")


@app.command()
def show(run: RunPath = None, config: Config = None, json: Json = False) -> None:
    """Show what a run is and how far it came.

    \b
    Example:
      quantsig runs show runs/first
    """
    from quantsig.cli.arguments import run_or_latest
    from quantsig.cli.config import load

    chosen_run = run_or_latest(run, load(config, {}))
    figures = {**row_of(chosen_run), "sealed": chosen_run.is_sealed}
    if not chosen_run.is_sealed:
        note("not sealed: an earlier version made it. quantsig verify RUN --repair seals it.")
    if json:
        choice = chosen_run.choice()
        frozen = choice.as_dict() if choice else None
        print_document("runs.show", figures, record=chosen_run.record.as_dict(), choice=frozen)
    else:
        print_figures({**figures, "command": chosen_run.record.command})


@app.command()
def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Two or more run folders.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", callback=writable, help="A page to write, with curves and settings."),
    ] = None,
    anonymous: Anonymous = False,
    lang: Lang = "en",
    force: Force = False,
    json: Json = False,
) -> None:
    """Set runs side by side: figures, what they were judged on, and where their settings differ.

    \b
    Example:
      quantsig runs compare runs/first runs/second
      quantsig runs compare runs/first runs/second --out compared.html
    """
    from quantsig.signals.runs import open_run

    for run in runs:
        open_run(run)  # what is no run is refused before anything is imported to draw it
    from quantsig.reports.comparison.report import read_runs, write_comparison
    from quantsig.reports.comparison.runs import nameless_runs

    read = nameless_runs(read_runs(runs)) if anonymous else read_runs(runs)
    if out is not None:
        with stage("Writing the page"):
            write_comparison(read, out, force=force, lang=lang)
    rows = [run.row for run in read]
    if json:
        page = None if out is None else str(out)
        print_document("runs.compare", {"runs": len(rows)}, rows=rows, report=page)
        return
    print_table(rows, COMPARED)
    if out is not None:
        print(out)


def row_of(run: "Run") -> dict[str, Any]:
    """A run in one line."""
    from quantsig.backtest.record import read_stats
    from quantsig.signals.choice import reached_figures
    from quantsig.signals.layout import BACKTEST, STATS
    from quantsig.signals.seal import sealed

    stats = sealed(run.path / BACKTEST / STATS)
    return {
        "run": run.path.name,
        "created": run.record.created,
        "model": run.record.model.name,
        "best_epoch": None if run.record.judged else run.record.best_epoch,
        **reached_figures(run.choices()),
        "total_return": read_stats(stats).figures["total_return"] if stats.is_file() else None,
    }
