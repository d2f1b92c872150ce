"""`quantsig runs`: the runs there are, which is best, and what one of them is."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantsig.cli.arguments import Anonymous, Config, Force, Json, Lang, RunPath, writable
from quantsig.cli.options.help import Verbs
from quantsig.cli.output import (
    note,
    print_document,
    print_figures,
    print_line,
    print_table,
    readable,
    stage,
)
from quantsig.data.language.messages import phrase, term

if TYPE_CHECKING:
    from quantsig.signals.runs import Run

app = Verbs(help="List runs, show, compare, rank, tag and remove them.")
COLUMNS = {
    "run": "run",
    "created": "created (UTC)",
    "model": "model",
    "tags": "tags",
    "validation_loss": "validation loss",
    "calibration_precision": "calibration precision",
    "threshold": "threshold",
    "precision": "test precision",
    "recall": "test recall",
    "total_return": "test return",
}
AS_LISTED = {  # columns beside the figure that tells how they are written
    "validation_loss": "loss",
    "calibration_precision": "precision",
}
SPARED = ("created", "tags", "calibration_precision", "threshold", "recall", "model")
COMPARED = {
    "run": "run",
    "model": "model",
    "validation_loss": "validation loss",
    "validation_average_precision": "validation average precision",
    "calibration_average_precision": "calibration average precision",
    "calibration_precision": "calibration precision",
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
SPARED_OF_COMPARED = (
    "trials",
    "sharpe_low",
    "sharpe_high",
    "validation_loss",
    "calibration_precision",
    "calibration_average_precision",
    "validation_average_precision",
    "model",
    "recall",
    "trades",
)


@app.command("list")
def list_all(
    folder: Annotated[
        Path | None, typer.Argument(metavar="FOLDER", help="The folder of runs.")
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option("--sort", metavar="FIGURE", help="The best first, as validation.loss."),
    ] = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """List the runs of a folder with figures of validation and test, the oldest first.

    \b
    Example:
      quantsig runs list
      quantsig runs list --sort validation.average_precision
    """
    from quantsig.cli.config import load
    from quantsig.signals.runs import find_runs, find_walks, unfinished_runs, unfinished_walks

    home = load(config, {"paths.runs": folder}).paths.runs
    found = find_runs(home)
    for error in found.unreadable:
        note(phrase("cannot be opened: {where}: {what}", where=error.where, what=term(error.what)))
    for path in unfinished_runs(home):
        note(phrase("not finished: {path}; the same quantsig train goes on with it", path=path))
    for path in find_walks(home):
        note(phrase("walk: {path}", path=path))
    for path in unfinished_walks(home):
        note(phrase("not finished: {path}; the same quantsig walk goes on with it", path=path))
    rows = [row_of(run) for run in found.runs]
    if sort is not None:
        ranked = ranked_by(found.runs, sort, "runs list `sort`")
        rows = [{**row_of(run), "sorted_by": value} for run, value in ranked]
    if json:
        print_document("runs.list", {"runs": len(rows)}, folder=str(home), rows=rows)
    elif rows:
        columns = COLUMNS if sort is None else {**COLUMNS, "sorted_by": sort}
        print_table([listed(row) for row in rows], columns, SPARED)
    else:
        print_line(phrase("no runs in {folder}", folder=home))


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
        figures["tags"] = " ".join(figures["tags"]) or None
        print_figures({**figures, "command": chosen_run.record.command})


@app.command()
def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Two or more run folders.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", callback=writable, help="A page to write, with curves and settings."),
    ] = None,
    anonymous: Anonymous = False,
    lang: Lang = "",
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
    rows = [{**run.row, **learnt(run.inputs.run)} for run in read]
    if json:
        page = None if out is None else str(out)
        print_document("runs.compare", {"runs": len(rows)}, rows=rows, report=page)
        return
    known = [name for name in COMPARED if any(row[name] is not None for row in rows)]
    columns = {name: COMPARED[name] for name in known}
    print_table(map(spelled, rows), columns, SPARED_OF_COMPARED)
    if not any(run.stats for run in read):
        note("none of them was backtested, so there is nothing that they earned to compare.")
    if out is not None:
        print(out)


@app.command()
def best(
    by: Annotated[str, typer.Option("--by", metavar="FIGURE", help="Such as validation.loss.")],
    folder: Annotated[
        Path | None, typer.Argument(metavar="FOLDER", help="The folder of runs.")
    ] = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Print the run that is best by a figure, for another verb to take.

    \b
    Example:
      quantsig runs best --by validation.average_precision
      quantsig report "$(quantsig runs best --by validation.loss)"
    """
    from quantsig.cli.config import load
    from quantsig.data.errors import DataError
    from quantsig.signals.runs import find_runs

    home = load(config, {"paths.runs": folder}).paths.runs
    ranked = ranked_by(find_runs(home).runs, by, "runs best `by`")
    known = [(run, value) for run, value in ranked if value is not None and value == value]  # noqa: PLR0124 - NaN
    if not known:
        raise DataError(
            phrase("no run has a {by}.", by=by),
            where=str(home),
            remedy="Train one, or where it is of the test split, open that: quantsig signals RUN",
        )
    run, value = known[0]
    if json:
        print_document("runs.best", {"run": run.path.name, by: value}, path=str(run.path))
        return
    note(
        phrase("{figure} {value:.4g}, the best of {runs}", figure=by, value=value, runs=len(known))
    )
    print(run.path)


def learnt(run: "Run") -> dict[str, float | None]:
    """What a run has before it is traded: of the epoch it kept, and of its calibration rows."""
    import polars as pl

    from quantsig.cli.run_figures import figure_of
    from quantsig.signals.metrics import event_metrics

    rows = run.predictions().filter(pl.col("split") == "calibration")
    ranked = event_metrics(run.happened(rows), rows["score"].to_numpy()) if rows.height else None
    return {
        "validation_loss": figure_of(run, "validation.loss"),
        "validation_average_precision": figure_of(run, "validation.average_precision"),
        "calibration_average_precision": ranked.average_precision if ranked else None,
        "calibration_precision": figure_of(run, "calibration.precision"),
    }


def ranked_by(runs: "list[Run]", figure: str, where: str) -> "list[tuple[Run, float | None]]":
    """Runs by a figure, the best first; a warning where that spends the test split."""
    from quantsig.cli.run_figures import SPENT, best_first, check_figure, is_of_test

    check_figure(figure, where)
    if is_of_test(figure):
        note(SPENT)
    return best_first(runs, figure)


def listed(row: dict[str, Any]) -> dict[str, Any]:
    """A row as the table shows it."""
    return {**spelled(row), "created": row["created"][:16], "tags": ", ".join(row["tags"])}


def spelled(row: dict[str, Any]) -> dict[str, Any]:
    """A row whose figures with a split before their name are written as without it."""
    written = {name: readable(figure, row[name]) for name, figure in AS_LISTED.items()}
    return row | written | ({"split": term(row["split"])} if row.get("split") else {})


def row_of(run: "Run") -> dict[str, Any]:
    """A run in one line."""
    from quantsig.cli.run_figures import figures_of
    from quantsig.signals.choice import reached_figures
    from quantsig.signals.runs_folder.remarks import read_remarks

    figures, remarks = figures_of(run), read_remarks(run.path)
    return {
        "run": run.path.name,
        "created": run.record.created,
        "model": run.record.model.name,
        "best_epoch": run.record.best_epoch,
        "tags": list(remarks.tags),
        "note": remarks.note,
        "validation_loss": figures.get("validation.loss"),
        "calibration_precision": figures["calibration.precision"],
        **reached_figures(run.choices()),
        "total_return": figures["test.total_return"],
    }
