"""quantsig: price bars to chart samples, signals, backtests and one honest report.

    import quantsig as qs

    bars = qs.read_bars("bars.csv", timezone="America/New_York")
    samples = qs.build_samples(bars, "samples")
    run = qs.train(samples, "runs/first", model="logistic")
    qs.choose_threshold(run, precision=0.6)
    qs.write_signals(run)
    result = qs.run_backtest(run)
    result.figures, result.trades, result.equity.to_pandas(), result.vectorbt()
    qs.write_report(run)

Each function writes what its verb on the command line writes, into the same folders, and returns
what one goes on with. A setting without a parameter of its own is given by its dotted name, as
`settings={"optimiser.learning_rate": 1e-3}`; neither quantsig.toml nor the environment is read.

Nothing is imported before its name is used, so `import quantsig` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quantsig.backtests import BacktestResult as BacktestResult
    from quantsig.backtests import run_backtest as run_backtest
    from quantsig.classifier import Classifier as Classifier
    from quantsig.data.tasks.workers import Workers as Workers
    from quantsig.ensembles import ensemble as ensemble
    from quantsig.forwards import ForwardResult as ForwardResult
    from quantsig.forwards import recalibrate as recalibrate
    from quantsig.forwards import run_forward as run_forward
    from quantsig.inputs import build_samples as build_samples
    from quantsig.inputs import open_samples as open_samples
    from quantsig.inputs import read_bars as read_bars
    from quantsig.inputs import read_news as read_news
    from quantsig.judging import judge_scores as judge_scores
    from quantsig.pages import write_report as write_report
    from quantsig.sweeps import SweepResult as SweepResult
    from quantsig.sweeps import run_sweep as run_sweep
    from quantsig.thresholds import choose_threshold as choose_threshold
    from quantsig.thresholds import threshold_table as threshold_table
    from quantsig.thresholds import write_signals as write_signals
    from quantsig.training import open_run as open_run
    from quantsig.training import train as train
    from quantsig.walks import WalkResult as WalkResult
    from quantsig.walks import run_walk as run_walk

HOMES = {  # the file of each public name
    "read_bars": "inputs",
    "read_news": "inputs",
    "build_samples": "inputs",
    "open_samples": "inputs",
    "train": "training",
    "Classifier": "classifier",
    "open_run": "training",
    "threshold_table": "thresholds",
    "choose_threshold": "thresholds",
    "write_signals": "thresholds",
    "run_backtest": "backtests",
    "BacktestResult": "backtests",
    "run_sweep": "sweeps",
    "SweepResult": "sweeps",
    "run_walk": "walks",
    "WalkResult": "walks",
    "run_forward": "forwards",
    "ForwardResult": "forwards",
    "recalibrate": "forwards",
    "judge_scores": "judging",
    "ensemble": "ensembles",
    "write_report": "pages",
    "Workers": "data.tasks.workers",
}

__all__ = sorted(HOMES)  # noqa: PLE0605 - the table is the list


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module 'quantsig' has no attribute {name!r}")
    return getattr(import_module(f"quantsig.{HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(HOMES)
