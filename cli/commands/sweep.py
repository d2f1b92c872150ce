"""`quantsig sweep`: thousands of thresholds, stops and targets at once, and what luck they hold."""

import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantsig.cli.arguments import Config, DryRun, Force, Json, RunPath
from quantsig.cli.option_names import option
from quantsig.cli.options.execution import CostOptions
from quantsig.cli.options.groups import grouped, settings_of
from quantsig.cli.options.panels import known_values
from quantsig.cli.options.workers import WorkersOptions
from quantsig.cli.output import note, print_document, print_figures, print_table, stage
from quantsig.data.language.messages import phrase, term

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quantsig.backtest.execution import Execution
    from quantsig.backtest.sweep.grid import SweepSpec
    from quantsig.backtest.sweep.record import SweepRecord
    from quantsig.signals.runs import Run

COLUMNS = {
    "threshold": "threshold",
    "stop_loss": "stop",
    "take_profit": "target",
    "holding_bars": "holding",
    "delay_bars": "delay",
    "trades": "trades",
    "win_rate": "win rate",
    "expectancy": "expectancy",
    "profit_factor": "profit factor",
    "total_return": "return",
    "sharpe": "sharpe",
    "max_drawdown": "drawdown",
    "exposure": "exposure",
}
SHOWN = 10
SPARED = (
    "exposure",
    "delay_bars",
    "holding_bars",
    "profit_factor",
    "win_rate",
    "expectancy",
    "trades",
)
RANKED = ("sharpe", "total_return", "expectancy", "profit_factor", "win_rate")


def whole_numbers(text: str | None) -> str | None:
    """Refuse what is no list of whole numbers such as 5,10,20."""
    if text is not None and not all(part.strip().isdigit() for part in text.split(",")):
        raise typer.BadParameter(
            phrase('"{text}" is no list of whole numbers such as 5,10,20.', text=text)
        )
    return text


@grouped
def sweep(
    run: RunPath = None,
    *,
    thresholds: Annotated[
        int, typer.Option("--thresholds", help="How many, quantiles of the probabilities.")
    ] = 100,
    stops: Annotated[
        int, typer.Option("--stops", help="How many; 0 leaves each signal its own.")
    ] = 10,
    targets: Annotated[
        int, typer.Option("--targets", help="How many; 0 leaves each signal its own.")
    ] = 10,
    stop_range: Annotated[
        tuple[float, float],
        typer.Option("--stop-range", help="Least and largest, fractions of the entry price."),
    ] = (0.005, 0.1),
    target_range: Annotated[
        tuple[float, float],
        typer.Option("--target-range", help="Least and largest, fractions of the entry price."),
    ] = (0.005, 0.2),
    holdings: Annotated[
        str | None,
        typer.Option("--holdings", callback=whole_numbers, help="Bars a trade is held: 5,10,20."),
    ] = None,
    delays: Annotated[
        str | None,
        typer.Option("--delays", callback=whole_numbers, help="Bars until the entry: 1,2."),
    ] = None,
    split: Annotated[
        str,
        typer.Option(
            "--split",
            help="Rows that are swept; never those of the test split.",
            **known_values(("calibration",)),
        ),
    ] = "calibration",
    by: Annotated[
        str,
        typer.Option(
            "--by", help=f"What is best: {', '.join(RANKED)}.", **known_values(RANKED, "FIGURE")
        ),
    ] = "sharpe",
    memory_mb: Annotated[
        int, typer.Option("--memory-mb", help="Memory for the work, beside bars and results.")
    ] = 1000,
    costs: CostOptions,
    workers: WorkersOptions,
    config: Config = None,
    dry_run: DryRun = False,
    force: Force = False,
    json: Json = False,
) -> None:
    """Trade every combination of thresholds, stops, targets, holdings and delays.

    The rows are those of the calibration split, whose test split stays locked. Every combination
    counts as a trial in the ledger, and later results are deflated by them.

    \b
    Example:
      quantsig sweep runs/first
      quantsig sweep runs/first --thresholds 50 --stops 20 --stop-range 0.002 0.05 --targets 0
      quantsig sweep runs/first --dry-run
      quantsig sweep runs/first --holdings 5,10,20 --delays 1,2 --by expectancy
      quantsig sweep runs/first --workers 2
    """
    from quantsig.cli.arguments import run_or_latest
    from quantsig.cli.config import load

    settings = load(config, settings_of(costs))
    chosen_run = run_or_latest(run, settings)

    from quantsig.backtest.sweep.grid import SweepSpec
    from quantsig.backtest.sweep.run import SweepJob, ranked_cells, sweep_run
    from quantsig.data.storage.leftovers import alone
    from quantsig.data.storage.parquet import read_parquet
    from quantsig.signals.layout import CELLS, SWEEP
    from quantsig.signals.seal import sealed

    spec = SweepSpec(
        thresholds=thresholds,
        stops=stops,
        targets=targets,
        stop_range=stop_range,
        target_range=target_range,
        holdings=_numbers(holdings),
        delays=_numbers(delays),
        by=by,
        memory_mb=memory_mb,
    )
    if dry_run:
        foretell(chosen_run, spec, settings.backtest, json=json)
        return
    on = workers.asked()
    with alone(chosen_run.path.resolve()), stage("Sweeping") as progress:
        job = SweepJob(force=force, on=on, progress=progress)
        record = sweep_run(chosen_run, spec, settings.backtest, split=split, job=job)
    cells = chosen_run.path / SWEEP / CELLS
    if json:
        shown = replace(record, overfitting=replace(record.overfitting, logits=None))  # too many
        run_path, document = str(chosen_run.path), shown.as_dict()
        if record.best is not None:
            document["best"]["commands"] = commands_of(chosen_run.path, record.best)
        print_document("sweep", figures_of(record), run=run_path, sweep=document)
        return
    best = ranked_cells(read_parquet(sealed(cells)), by).head(SHOWN)
    print_table(best.to_dicts(), COLUMNS, [name for name in SPARED if name != by])
    print_figures(figures_of(record))
    print_warnings(chosen_run, record)
    print(cells)


def foretell(run: "Run", spec: "SweepSpec", execution: "Execution", *, json: bool) -> None:
    """Say what the sweep would take."""
    from dataclasses import asdict

    from quantsig.backtest.sweep.dry_run import dry_run_sweep
    from quantsig.cli.dry_run import print_dry_run

    with stage("Measuring"):
        found = asdict(dry_run_sweep(run, spec, execution))
    parts = found.pop("parts")
    print_dry_run("sweep", found, json=json, run=str(run.path), parts=parts)


def figures_of(record: "SweepRecord") -> dict[str, Any]:
    """What a sweep tried, and how likely its best is luck."""
    trials = record.trials
    return {
        "cells": record.cells,
        "symbols": len(record.symbols),
        "bars": record.bars,
        "sessions": record.periods,
        "average_correlation": trials.average_correlation,
        "independent_trials": trials.independent,
        "overfitting_probability": record.overfitting.probability,
        "seconds": record.seconds,
    }


def print_warnings(run: "Run", record: "SweepRecord") -> None:
    """Say plainly what the best cell is worth, and how to look at it."""
    found = record.overfitting
    if record.best is None:
        note(phrase("warning: there is no best cell: {why}.", why=term(record.missing or "")))
    else:
        note(
            phrase(
                "warning: the best of {cells:,} combinations on the rows it was chosen "
                "on is optimistic; what it earned here is no forecast.",
                cells=record.cells,
            )
        )
    if found.probability is None:
        note(
            phrase(
                "warning: the probability of overfitting is not known: {why}.",
                why=term(found.missing or ""),
            )
        )
    else:
        note(
            phrase(
                "probability of overfitting {probability:.0%}: over {ways:,} ways to "
                "halve the time, the share in which the best of one half is no better "
                "than the median in the other.",
                probability=found.probability,
                ways=found.splits,
            )
        )
    if record.bankrupt:
        note(
            phrase(
                "{count} combinations lost a whole account and have no figures.",
                count=record.bankrupt,
            )
        )
    if record.best is not None:
        note("to trade the best one with accounts and a report (the first opens the test split):")
        for command in commands_of(run.path, record.best):
            note(phrase("  {command}", command=command))


def commands_of(run: Path, cell: "Mapping[str, Any]") -> list[str]:
    """What to type to trade a cell with accounts and a report."""
    words = [
        f"{option(name)} {cell[name]!r}"
        for name in ("stop_loss", "take_profit", "holding_bars", "delay_bars")
        if cell[name] is not None
    ]
    place = shlex.quote(str(run))
    return [
        f"quantsig signals {place} --threshold {cell['threshold']!r}",
        " ".join([f"quantsig backtest {place} --split calibration", *words]),
    ]


def _numbers(text: str | None) -> tuple[int, ...]:
    return tuple(dict.fromkeys(int(part) for part in text.split(","))) if text else ()
