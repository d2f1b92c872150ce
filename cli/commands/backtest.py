"""`quantsig backtest`: trade the signals of a run, after costs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantsig.cli.arguments import Config, Force, Json, Lang, RunPath
from quantsig.cli.commands.signals import test_figures
from quantsig.cli.output import print_document, print_figures, stage

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
    lang: Lang = "en",
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
    stats = backtest_of(chosen_run, settings.backtest, seed=settings.train.seed, force=force)
    page = report_of(chosen_run.path, lang=lang)
    figures = figures_of(chosen_run, stats, page)
    if json:
        print_document("backtest", figures, run=str(chosen_run.path), stats=stats)
        return
    print_figures({"split": stats["split"], **figures})
    print_verdict(stats)


def backtest_of(run: "Run", execution: "Execution", *, seed: int, force: bool) -> dict[str, Any]:
    """Trade the signals of a run; returns the document of stats.json."""
    from quantsig.backtest.result import backtest_run

    with stage("Backtesting") as progress:
        return backtest_run(run, execution, seed=seed, force=force, progress=progress)


def report_of(run: Path, *, out: Path | None = None, force: bool = True, lang: str = "en") -> Path:
    """Write the report page of a run."""
    from quantsig.reports.report import write_report

    with stage("Writing the report"):
        return write_report(run, out=out, force=force, lang=lang)


def print_verdict(stats: dict[str, Any]) -> None:
    """Say plainly whether there is an edge, and why."""
    verdict = stats["verdict"]
    print(verdict["sentence"], *verdict["reasons"], sep="\n  ")


def figures_of(run: "Run", stats: dict[str, Any], page: Path) -> dict[str, Any]:
    """What the classifier reached and what trading it earned, all on the test split."""
    return {**test_figures(run), **stats["figures"], "report": str(page)}
