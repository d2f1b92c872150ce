"""`quantsig backtest`: trade the signals of a run, after costs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantsig.cli.arguments import Config, Force, Json, RunPath
from quantsig.cli.commands.signals import test_figures
from quantsig.cli.output import print_document, print_figures, print_table, stage

if TYPE_CHECKING:
    from quantsig.backtest.execution import Execution
    from quantsig.signals.runs import Run


def backtest(
    run: RunPath = None,
    delay_bars: Annotated[
        int | None, typer.Option("--delay-bars", help="Bars from the decision to the entry.")
    ] = None,
    holding_bars: Annotated[
        int | None, typer.Option("--holding-bars", help="Bars a trade is held.")
    ] = None,
    fee_bps: Annotated[
        float | None, typer.Option("--fee-bps", help="Fee per side, basis points.")
    ] = None,
    slippage_bps: Annotated[
        float | None, typer.Option("--slippage-bps", help="Slippage per side, basis points.")
    ] = None,
    stop_loss: Annotated[
        float | None, typer.Option("--stop-loss", help="Loss that ends a trade, a fraction.")
    ] = None,
    take_profit: Annotated[
        float | None, typer.Option("--take-profit", help="Gain that ends a trade, a fraction.")
    ] = None,
    deciles: Annotated[
        int | None,
        typer.Option("--deciles", help="Also cut the symbols into so many parts by probability."),
    ] = None,
    config: Config = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Trade the signals of the test split and write the report.

    \b
    Example:
      quantsig backtest runs/first
      quantsig backtest runs/first --fee-bps 5 --stop-loss 0.02 --force
    """
    from quantsig.cli.arguments import run_or_latest
    from quantsig.cli.config import load

    settings = load(
        config,
        {
            "backtest.delay_bars": delay_bars,
            "backtest.holding_bars": holding_bars,
            "backtest.fee_bps": fee_bps,
            "backtest.slippage_bps": slippage_bps,
            "backtest.stop_loss": stop_loss,
            "backtest.take_profit": take_profit,
        },
    )
    chosen_run = run_or_latest(run, settings)
    stats = backtest_of(
        chosen_run, settings.backtest, deciles=deciles, seed=settings.train.seed, force=force
    )
    page = report_of(chosen_run.path)
    figures = figures_of(chosen_run, stats, page)
    if json:
        print_document("backtest", figures, run=str(chosen_run.path), stats=stats)
        return
    print_figures({"split": stats["split"], **figures})
    print_verdict(stats)
    if "deciles" in stats:
        print_deciles(stats["deciles"])


def backtest_of(
    run: "Run", execution: "Execution", *, deciles: int | None = None, seed: int, force: bool
) -> dict[str, Any]:
    """Trade the signals of a run; returns the document of stats.json."""
    from quantsig.backtest.result import backtest_run

    with stage("Backtesting") as progress:
        return backtest_run(
            run, execution, deciles=deciles, seed=seed, force=force, progress=progress
        )


def report_of(run: Path, *, out: Path | None = None, force: bool = True) -> Path:
    """Write the report page of a run."""
    from quantsig.reports.report import write_report

    with stage("Writing the report"):
        return write_report(run, out=out, force=force)


def print_verdict(stats: dict[str, Any]) -> None:
    """Say plainly whether there is an edge, and why."""
    verdict = stats["verdict"]
    print(verdict["sentence"], *verdict["reasons"], sep="\n  ")


def print_deciles(deciles: dict[str, Any]) -> None:
    """What each part of the symbols earned, and how well the order was foreseen."""
    if deciles["missing"]:
        print(f"No decile portfolios: {deciles['missing']}.")
        return
    columns = {
        "decile": "decile",
        "weights": "weights",
        "mean_return": "mean return",
        "t": "t",
        "turnover": "turnover",
        "mean_after_costs": "after costs",
    }
    spread = [{"decile": "top - bottom", **row} for row in deciles["long_short"]]
    print_table([*deciles["portfolios"], *spread], columns)
    foreseen = deciles["information_coefficient"]
    named = {"information_coefficient": foreseen["mean"], "its_t": foreseen["t"]}
    print_figures({**named, "times": foreseen["times"]})


def figures_of(run: "Run", stats: dict[str, Any], page: Path) -> dict[str, Any]:
    """What the classifier reached and what trading it earned, all on the test split."""
    return {**test_figures(run), **stats["figures"], "report": str(page)}
