"""A work in a process of its own, whose workers a test may kill: WORK, a folder, HOME, COUNT.

The folder holds samples and a run of them, see `prepare`; what is made lies in its folder `out`.
"""

import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from quantsig.backtest.execution import Execution
from quantsig.backtest.sweep import workers as sweeping
from quantsig.backtest.sweep.grid import SweepSpec
from quantsig.backtest.sweep.run import SweepJob, sweep_run
from quantsig.backtest.walk.plan import WalkSettings, plan_walk
from quantsig.backtest.walk.walkforward import run_walk
from quantsig.data.bars import check_bars
from quantsig.data.demo.planted import CELL_BARS
from quantsig.data.errors import ResourceError
from quantsig.data.folds import WalkForward
from quantsig.data.samples import build as building
from quantsig.data.samples.store import open_samples
from quantsig.data.split_spec import SplitSpec
from quantsig.data.storage.parquet import write_parquet
from quantsig.data.tasks.workers import HERE, Workers
from quantsig.signals.inference import by_symbol
from quantsig.signals.inference.predict import passing_of
from quantsig.signals.runs import open_run
from quantsig.signals.search.search import SearchSettings, search
from quantsig.signals.training.fit import train
from quantsig.signals.training.tracking.launch import Launch
from tests.backtest.walked import PLAN, two_symbol_set, two_symbols
from tests.planted import CHART, LABEL

NETWORK = replace(
    PLAN, train=replace(PLAN.train, model="small", epochs=2, batch_size=16, save_minutes=1e-9)
)
SPACE = {"optimiser.learning_rate": [1e-4, 1e-2]}


def prepare(folder: Path) -> None:
    """Samples, and a run that is swept and scores bars."""
    samples = two_symbol_set(folder / "samples")
    plan = replace(NETWORK, train=replace(NETWORK.train, epochs=1))
    train(samples, folder / "runs" / "one", plan, SplitSpec(), Launch(device="cpu"))


def build(folder: Path, on: Workers) -> None:
    """In eighty pieces."""
    vars(building)["PART_ROWS"] = 64
    job = building.BuildJob(on=on)
    bars = check_bars(two_symbols())
    building.build_samples(
        bars, folder / "out" / "set", chart=CHART, label=LABEL, stride_bars=CELL_BARS, job=job
    )


def walk(folder: Path, on: Workers) -> None:
    """Of three folds."""
    samples, settings = open_samples(folder / "samples"), WalkSettings(folding=WalkForward(folds=3))
    planned = plan_walk(samples, NETWORK, SplitSpec(), settings, device="cpu")
    run_walk(planned, folder / "out" / "walk", on=on)


def searched(folder: Path, on: Workers) -> None:
    """Of four trials, two at once."""
    settings = SearchSettings(space=SPACE, trials=4, together=2)
    samples, launch = open_samples(folder / "samples"), Launch(device="cpu", on=on)
    search(samples, folder / "out" / "search", NETWORK, SplitSpec(), settings, launch)


def seeds(folder: Path, on: Workers) -> None:
    """Three of one run."""
    plan = replace(NETWORK, train=replace(NETWORK.train, seeds=3))
    samples, launch = open_samples(folder / "samples"), Launch(device="cpu", on=on)
    train(samples, folder / "out" / "seeds", plan, SplitSpec(), launch)


def sweep(folder: Path, on: Workers) -> None:
    """Of a thousand cells in twenty tasks."""
    sweeping.MOST_TASKS = 20
    run = open_run(folder / "runs" / "one")
    spec = SweepSpec(thresholds=10, stops=10, targets=10)
    sweep_run(run, spec, Execution(), job=SweepJob(force=True, on=on))
    (folder / "out").mkdir(exist_ok=True)
    shutil.copy(run.path / "sweep" / "cells.parquet", folder / "out")


def scoring(folder: Path, on: Workers) -> None:
    """Of six symbols, one a task."""
    by_symbol.TASK_BARS = 1
    run, bars = open_run(folder / "runs" / "one"), two_symbols()
    six = [bars.with_columns(symbol=bars["symbol"] + str(number)) for number in range(3)]
    passing = passing_of(run, check_bars(bars.clear().vstack(six[0]).vstack(six[1]).vstack(six[2])))
    rows = by_symbol.predict_on(run, passing, on=on, device="cpu")
    (folder / "out").mkdir(exist_ok=True)
    write_parquet(folder / "out" / "rows.parquet", rows)


WORKS: dict[str, Callable[[Path, Workers], None]] = {
    "build": build,
    "walk": walk,
    "search": searched,
    "seeds": seeds,
    "sweep": sweep,
    "scoring": scoring,
}


def main(work: str, folder: str, home: str, count: str) -> int:
    """Do it; 5 where a task was lost three times, which the same command goes on from."""
    on = HERE if home == "here" else Workers(home=home, count=int(count))
    try:
        WORKS[work](Path(folder), on)
    except ResourceError as error:
        print(error, flush=True)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
