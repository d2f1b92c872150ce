"""`quantsig backtest`: trade the signals of a run, after costs."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quantsig.cli.arguments import AllowDifferent, Config, Device, Force, Json, Lang, Meta, RunPath
from quantsig.cli.options.bars import BarsOptions
from quantsig.cli.options.execution import ExecutionOptions
from quantsig.cli.options.groups import grouped, settings_of
from quantsig.cli.options.news import NamedNews, read_named_news
from quantsig.cli.options.panels import known_values
from quantsig.cli.output import (
    LISTENER,
    note,
    print_document,
    print_figures,
    print_line,
    print_table,
    print_verdict,
    stage,
)
from quantsig.cli.report_pages import run_page, write_run_page
from quantsig.data.language.messages import phrase, term

if TYPE_CHECKING:
    import polars as pl

    from quantsig.backtest.execution import Execution
    from quantsig.backtest.period import Period
    from quantsig.backtest.record import DecilesRecord, StatsRecord
    from quantsig.backtest.settings import Comparisons
    from quantsig.data.checks.sanity import Findings
    from quantsig.settings import Settings
    from quantsig.signals.runs import Run

SPLITS_TRADED = ("test", "calibration")


@grouped
def backtest(
    run: RunPath = None,
    bars: Annotated[
        Path | None,
        typer.Argument(
            metavar="BARS", help="Bars to trade instead of the test rows; name RUN, too."
        ),
    ] = None,
    *,
    split: Annotated[
        str,
        typer.Option(
            "--split", help="Rows of the run that are traded.", **known_values(SPLITS_TRADED)
        ),
    ] = "test",
    execution: ExecutionOptions,
    deciles: Annotated[
        int | None,
        typer.Option("--deciles", help="Also cut the symbols into so many parts by probability."),
    ] = None,
    market_values: Annotated[
        Path | None,
        typer.Option(
            "--market-values",
            metavar="FILE",
            help="Weigh the parts of --deciles by it: symbol, timestamp, market_value.",
        ),
    ] = None,
    allow_different: AllowDifferent = False,
    meta: Meta = False,
    device: Device = None,
    reading: BarsOptions,
    news: NamedNews,
    lang: Lang = "",
    config: Config = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Trade the signals of the test split and write the report.

    With BARS the frozen threshold is applied to every decision in them that comes after the time
    the run was trained and calibrated in. Decisions in the time of the run's own test split open
    it, which is recorded.

    \b
    Example:
      quantsig backtest runs/first
      quantsig backtest runs/first newer.csv
      quantsig backtest runs/han newer.csv --news news.csv
      quantsig backtest runs/first --fee-bps 5 --stop-loss 0.02 --force
    """
    from quantsig.cli.arguments import run_or_latest
    from quantsig.cli.config import load
    from quantsig.data.checks.sanity import remarks

    settings = load(
        config,
        {
            "device": device,
            "bars.source": bars,
            **settings_of(reading),
            **settings_of(execution),
        },
    )
    chosen_run = run_or_latest(run, settings)
    from quantsig.backtest.result import result_figures
    from quantsig.data.storage.leftovers import alone

    values = market_values_of(market_values, deciles)  # before anything is opened
    with alone(chosen_run.path.resolve()):
        page = run_page(chosen_run, "bars" if bars is not None else split)
        replace = force or not page.is_file()  # what was cut short before its page is finished
        asked = comparisons_of(deciles, values, seed=settings.train.seed)
        period = period_of(
            chosen_run,
            settings,
            asked,
            named=bars is not None,
            split=split,
            force=replace,
            odd=allow_different,
            meta=meta,
            news=news,
        )
        stats = backtest_of(chosen_run, settings.backtest, period, asked, force=force)
        del period  # the report opens the bars anew
        page = write_run_page(chosen_run, split=stats.split, lang=lang)
    figures = {**result_figures(chosen_run, stats), "report": str(page)}
    findings = None if bars is not None else findings_of(chosen_run)
    for remark in remarks(findings):
        note(remark)
    if json:
        odd = findings and asdict(findings)
        print_document(
            "backtest", figures, run=str(chosen_run.path), stats=stats.as_dict(), findings=odd
        )
        return
    print_figures({"split": term(stats.split), **figures})
    for remark in stats.remarks or ():
        note(remark)
    print_verdict(stats.verdict.sentence, stats.verdict.reasons)
    if stats.deciles:
        print_deciles(stats.deciles)


def findings_of(run: "Run") -> "Findings | None":
    """What was odd about the bars of a run's sample set; None where that cannot be told."""
    from quantsig.data.errors import QuantsigError

    try:
        return run.samples().manifest.findings
    except QuantsigError:
        return None


def period_of(
    run: "Run",
    settings: "Settings",
    asked: "Comparisons",
    *,
    named: bool,
    split: str,
    force: bool,
    odd: bool,
    meta: bool,
    news: NamedNews,
) -> "Period":
    """The signals that are traded: rows of the run, or those on the bars that are named.

    Args:
        run: with its signals written, or to be asked about the bars.
        settings: say where the bars are, and how signals are traded.
        asked: what the backtest is held against.
        named: there are bars.
        split: of the run's rows.
        force: replace a backtest that exists.
        odd: trade bars that are unlike those of the training.
        meta: on bars, trade what the second model takes.
        news: that go with the bars.
    """
    from quantsig.backtest.period import bars_period, open_period
    from quantsig.backtest.settings import BacktestSettings
    from quantsig.cli.named_bars import read_named_bars
    from quantsig.data.storage.atomic import refuse_existing
    from quantsig.signals.layout import backtest_folder

    if not named:
        if meta:
            note("--meta is for BARS: rows of the run are traded as quantsig signals wrote them.")
        if split == "calibration":
            note("the threshold was chosen on these rows, so they flatter.")
        traded = BacktestSettings(execution=settings.backtest, comparisons=asked)
        period = open_period(run, split, bars_beside=traded.bars_beside)
        newest = run.choice()
        if newest and newest.trial_id != period.choice_id:
            note("the signals are of an earlier choice; for the newest: quantsig signals --force")
        return period
    refuse_existing(run.path / backtest_folder("bars"), force=force)  # before anything is opened
    from quantsig.signals.inference.bar_scores import BarsRequest, unseen_signals
    from quantsig.signals.inference.news import news_record

    bars = read_named_bars(settings)
    request = BarsRequest(
        allow_different=odd,
        meta=meta,
        device=settings.device,
        news=read_named_news(news, bars, like=news_record(run)),
    )
    return bars_period(*unseen_signals(run, bars, request, LISTENER))


def market_values_of(source: Path | None, deciles: int | None) -> "pl.DataFrame | None":
    """What a file says symbols were worth; None without one."""
    from quantsig.backtest.cross_section.market_values import read_market_values
    from quantsig.data.errors import UsageError

    if source is None:
        return None
    if deciles is None:
        raise UsageError(
            "market values weigh the parts of --deciles, and there are none.",
            where="--market-values",
            remedy="Add --deciles 10.",
        )
    return read_market_values(source)


def comparisons_of(
    deciles: int | None, market_values: "pl.DataFrame | None", *, seed: int
) -> "Comparisons":
    """What the backtest is held against."""
    from quantsig.backtest.cross_section.deciles import DecileCut
    from quantsig.backtest.settings import Comparisons

    cut = None if deciles is None else DecileCut(count=deciles, market_values=market_values)
    return Comparisons(seed=seed, deciles=cut)


def backtest_of(
    run: "Run",
    execution: "Execution",
    period: "Period",
    comparisons: "Comparisons",
    *,
    force: bool,
) -> "StatsRecord":
    """Trade the signals of a run; returns what stats.json keeps.

    Where the same backtest stopped before its page it is not made again.
    """
    from quantsig.backtest.result import backtest_run, made_before

    if not force and not run_page(run, period.split).is_file():
        made = made_before(run, period, execution, comparisons)
        if made:
            return made
    with stage("Backtesting") as progress:
        return backtest_run(
            run,
            execution,
            period=period,
            comparisons=comparisons,
            force=force,
            progress=progress,
        )


def print_deciles(deciles: "DecilesRecord") -> None:
    """What each part of the symbols earned, and how well the order was foreseen."""
    from quantsig.data.storage.records import plain

    if deciles.missing:
        print_line(phrase("No decile portfolios: {why}.", why=term(deciles.missing)))
        return
    columns = {
        "decile": "decile",
        "weights": "weights",
        "mean_return": "mean return",
        "t": "t",
        "sharpe": "Sharpe ratio",
        "turnover": "turnover",
        "mean_after_costs": "after costs",
    }
    spread = [{"decile": term("top - bottom"), **plain(row)} for row in deciles.long_short]
    print_table([*map(plain, deciles.portfolios), *spread], columns)
    note(phrase("value weights are by {source}.", source=term(deciles.value_weights)))
    if deciles.without_value:
        note(
            phrase(
                "{rows} rows have none yet and are left out of these weights.",
                rows=deciles.without_value,
            )
        )
    foreseen = deciles.information_coefficient
    named = {"information_coefficient": foreseen.mean, "its_t": foreseen.t}
    print_figures({**named, "times": foreseen.times})
