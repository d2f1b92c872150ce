"""`quantsig demo`: the whole chain once, on bars that ship here or on a planted pattern."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quantsig.cli.arguments import Device, Force, Json, Lang, command_line, writable
from quantsig.cli.output import print_document, print_figures, print_verdict, stage
from quantsig.cli.own_signals import write_own_signals
from quantsig.cli.report_pages import write_run_page
from quantsig.cli.trade_off import print_trade_off
from quantsig.cli.training_lines import run_callbacks

if TYPE_CHECKING:
    from quantsig.backtest.execution import Execution
    from quantsig.backtest.record import StatsRecord
    from quantsig.data.bars import CheckedBars
    from quantsig.data.charts.spec import ChartSpec
    from quantsig.data.label_spec import LabelSpec
    from quantsig.data.samples.store import SampleSet
    from quantsig.signals.runs import Run
    from quantsig.signals.training.settings import Plan as TrainingPlan

SEED = 37
PLANTED_CELLS = 4_600  # cells of five bars
MARK = "demo.json"  # what tells a demo's folder from any other
SHOWN = (
    "threshold",
    "precision",
    "recall",
    "average_precision",
    "oracle_average_precision",  # of --planted
    "base_rate",
    "trades",
    "total_return",
    "sharpe",
    "max_drawdown",
)


@dataclass(frozen=True, kw_only=True)
class DemoSettings:
    """The settings of one demo."""

    bars: "CheckedBars"
    chart: "ChartSpec"
    label: "LabelSpec"
    stride_bars: int
    training: "TrainingPlan"
    execution: "Execution"


def demo(
    out: Annotated[
        Path, typer.Option("--out", callback=writable, help="The folder to write.")
    ] = Path("quantsig-demo"),
    planted: Annotated[
        bool, typer.Option("--planted", help="Use synthetic bars that hold a known pattern.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same numbers.")] = SEED,
    device: Device = None,
    lang: Lang = "",
    force: Force = False,
    json: Json = False,
) -> None:
    """Run the whole chain on five US stocks, 2000 to 2013, and write its report.

    With --planted the bars hold a pattern that a good classifier must find.

    \b
    Example:
      quantsig demo
      quantsig demo --planted --out planted-demo
    """
    from quantsig.data.storage.records import plain

    claim_folder(out, force=force)
    with stage("Reading bars"):
        plan = planted_plan(seed) if planted else stocks_plan(seed)
    run, stats, page = run_chain(plan, out, device=device or "auto", lang=lang)
    from quantsig.backtest.result import result_figures
    from quantsig.signals.thresholds.choices import rows_to_choose_on

    figures = {**result_figures(run, stats), "report": str(page)}
    if planted:
        figures["oracle_average_precision"] = oracle_average_precision(run, seed)
    if json:
        print_document("demo", figures, run=str(run.path), verdict=plain(stats.verdict))
        return
    print_trade_off(run.thresholds(), rows_to_choose_on(run).probability)
    print()
    print_figures({name: figures[name] for name in SHOWN if name in figures})
    print_verdict(stats.verdict.sentence, stats.verdict.reasons)
    print(page)


def run_chain(
    plan: DemoSettings, out: Path, *, device: str, lang: str = "en"
) -> "tuple[Run, StatsRecord, Path]":
    """From bars to the report, by the step functions of the verbs."""
    from quantsig.backtest.result import backtest_run
    from quantsig.backtest.settings import Comparisons
    from quantsig.data.samples.build import BuildJob, build_samples
    from quantsig.data.split_spec import SplitSpec
    from quantsig.signals.thresholds.choices import choose
    from quantsig.signals.thresholds.rules import AskedRule
    from quantsig.signals.thresholds.trade_off import write_table
    from quantsig.signals.training.fit import train
    from quantsig.signals.training.tracking.launch import Launch

    with stage("Building samples") as progress:
        samples: SampleSet = build_samples(
            plan.bars,
            out / "samples",
            chart=plan.chart,
            label=plan.label,
            stride_bars=plan.stride_bars,
            job=BuildJob(force=True, progress=progress),
        )
    with stage("Training") as progress:
        run = train(
            samples,
            out / "run",
            plan.training,
            SplitSpec(),
            launch=Launch(
                device=device,
                command=command_line(),
                force=True,
                callbacks=run_callbacks(progress, plan.training.train.epochs),
            ),
        )
    with stage("Choosing a threshold"):
        cost_fraction = 2 * (plan.execution.fee + plan.execution.slippage)
        write_table(run, cost_fraction)
        choose(run, AskedRule(name="expectancy"), cost_fraction)
    write_own_signals(run, device=device, force=True)
    comparisons = Comparisons(seed=plan.training.train.seed)
    with stage("Backtesting") as progress:
        stats = backtest_run(
            run, plan.execution, comparisons=comparisons, force=True, progress=progress
        )
    return run, stats, write_run_page(run, lang=lang)


def stocks_plan(seed: int) -> DemoSettings:
    """Five US stocks, daily; a rise of 5 % within five bars is the rare event."""
    from quantsig.backtest.execution import Execution
    from quantsig.data.charts.spec import PRESETS
    from quantsig.data.demo import demo_bars
    from quantsig.data.label_spec import LabelSpec
    from quantsig.signals.training.settings import Plan as TrainingPlan
    from quantsig.signals.training.settings import TrainSettings

    return DemoSettings(
        bars=demo_bars(),
        chart=PRESETS["daily-laptop"],
        label=LabelSpec(name="rise", horizon_bars=5, rise_fraction=0.05),
        stride_bars=2,
        training=TrainingPlan(train=TrainSettings(model="small", epochs=3, seed=seed)),
        execution=Execution(),
    )


def planted_plan(seed: int) -> DemoSettings:
    """Synthetic bars in cells of five; the drift after a pattern is the event."""
    from quantsig.backtest.execution import Execution
    from quantsig.data.bars import check_bars
    from quantsig.data.charts.spec import PRESETS
    from quantsig.data.demo.planted import CELL_BARS, RISE_FRACTION, planted_bars
    from quantsig.data.label_spec import LabelSpec
    from quantsig.signals.training.settings import Plan as TrainingPlan
    from quantsig.signals.training.settings import TrainSettings

    return DemoSettings(
        bars=check_bars(planted_bars(PLANTED_CELLS, seed).bars, quarantine=False),
        chart=PRESETS["small"],
        label=LabelSpec(name="rise", horizon_bars=CELL_BARS, rise_fraction=RISE_FRACTION),
        stride_bars=CELL_BARS,
        training=TrainingPlan(train=TrainSettings(model="small", epochs=8, seed=seed)),
        execution=Execution(),
    )


def oracle_average_precision(run: "Run", seed: int) -> float | None:
    """Average precision on the test split of a judge that sees the planted pattern."""
    import polars as pl

    from quantsig.data.demo.planted import planted_bars
    from quantsig.signals.metrics import event_metrics

    test = run.predictions().filter(pl.col("split") == "test")
    judged = test.join(planted_bars(PLANTED_CELLS, seed).decisions, on="decision_time")
    oracle = event_metrics(run.happened(judged), judged["oracle_score"].to_numpy())
    return oracle.average_precision


def claim_folder(out: Path, *, force: bool) -> None:
    """Mark `out` as a demo's folder; what another demo left there is replaced, nothing else is.

    Raises:
        UsageError: `out` holds something else, or a finished demo and `force` is not set.
    """
    from quantsig.data.errors import UsageError
    from quantsig.data.storage.documents import write_json
    from quantsig.signals.layout import REPORT

    mark = out / MARK
    if mark.is_file() and (out / "run" / REPORT).is_file() and not force:
        raise UsageError(
            "a finished demo is there already; nothing was written.",
            where=str(out),
            remedy="Choose another folder with --out, or pass --force to replace it.",
        )
    if out.exists() and not mark.is_file() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(
            "this holds something that no demo wrote; nothing was written.",
            where=str(out),
            remedy="Choose an empty or new folder with --out.",
        )
    write_json(mark, {"schema": "quantsig.demo-folder/1"})
