"""How many changed bytes of results are noticed before what they say is used."""

import os
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from quantsig.backtest.execution import Execution
from quantsig.backtest.repair import verify
from quantsig.backtest.result import backtest_run
from quantsig.backtest.sweep.grid import SweepSpec
from quantsig.backtest.sweep.run import sweep_run
from quantsig.backtest.walk.plan import WalkSettings, plan_walk
from quantsig.backtest.walk.walkforward import run_walk
from quantsig.data.bars import check_bars
from quantsig.data.benchmarks.figures import BenchmarkFigures
from quantsig.data.benchmarks.scale import TINY, Scale
from quantsig.data.demo.planted import CELL_BARS, RISE_FRACTION, planted_bars
from quantsig.data.errors import QuantsigError
from quantsig.data.folds import WalkForward
from quantsig.data.label_spec import LabelSpec
from quantsig.data.progress import Progress, silent
from quantsig.data.samples.build import build_samples
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.inference.signals import write_signals
from quantsig.signals.layout import LEDGER
from quantsig.signals.seal import is_result
from quantsig.signals.thresholds.choices import choose
from quantsig.signals.thresholds.rules import AskedRule
from quantsig.signals.thresholds.trade_off import write_table
from quantsig.signals.training.fit import train
from quantsig.signals.training.settings import Plan, TrainSettings

CELLS = 500
SEED = 37
PLAN = Plan(train=TrainSettings(model="logistic", loss="weighted_cross_entropy", seed=SEED))
TOLD = (3, 6)  # exit codes
STEP_NS = 1_000_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Flips:
    """What became of changed bytes of one file."""

    file: str
    flips: int
    silent: int
    bugs: int


def measure(scale: Scale, progress: Progress = silent) -> BenchmarkFigures:
    """Change single bits in every file of a small run, of a walk and of their ledger."""
    with tempfile.TemporaryDirectory(prefix="quantsig-bench-") as folder:
        runs = make_results(Path(folder))
        found = []
        sources = list(result_files(runs))
        for done, source in enumerate(sources):
            progress(done, len(sources))
            found.append(flip_file(runs, source, scale.flips))
    flips = sum(one.flips for one in found)
    unseen = sum(one.silent + one.bugs for one in found)
    return BenchmarkFigures(
        figures={"flips_noticed": 1.0 - unseen / flips},
        details={
            "files": len(found),
            "flips": flips,
            "silent": sum(one.silent for one in found),
            "bugs": sum(one.bugs for one in found),
            "unseen_in": ", ".join(one.file for one in found if one.silent + one.bugs),
        },
    )


def make_results(folder: Path) -> Path:
    """A run with everything that is made of one, and a walk; gives the folder that holds them."""
    bars = check_bars(planted_bars(CELLS, SEED).bars, quarantine=False)
    label = LabelSpec(name="rise", horizon_bars=CELL_BARS, rise_fraction=RISE_FRACTION)
    samples = build_samples(
        bars, folder / "samples", chart=TINY, label=label, stride_bars=CELL_BARS
    )
    runs, execution = folder / "runs", Execution()
    run = train(samples, runs / "run", PLAN, SplitSpec())
    write_table(run, 0.0004)
    choose(run, AskedRule(name="number", value=0.3), 0.0004)
    write_signals(run)
    backtest_run(run, execution)
    sweep_run(run, SweepSpec(thresholds=3, stops=1, targets=1), execution)
    settings = WalkSettings(folding=WalkForward(folds=2), execution=execution)
    walk = plan_walk(samples, PLAN, SplitSpec(), settings, device="cpu")
    run_walk(walk, runs / walk.name)
    return runs


def result_files(runs: Path) -> Iterator[Path]:
    """The ledger, and every result of each run and walk with its seal."""
    yield runs / LEDGER
    for home in sorted(path for path in runs.iterdir() if path.is_dir()):
        for source in sorted(home.rglob("*")):
            if source.is_file() and is_result(source.relative_to(home)):
                yield source


def flip_file(runs: Path, source: Path, flips: int) -> Flips:
    """Change one bit of a file at random places, each time look what is said, and put it back."""
    whole, status = source.read_bytes(), source.stat()
    chance = random.Random(f"{SEED} {source.name}")
    parts = source.relative_to(runs).parts
    home = runs / (parts[0] if len(parts) > 1 else "run")
    silent_flips = bugs = 0
    for turn in range(1, flips + 1):
        changed = bytearray(whole)
        changed[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        source.write_bytes(changed)
        os.utime(source, ns=(status.st_atime_ns, status.st_mtime_ns + turn * STEP_NS))
        try:
            found = verify(home)
            silent_flips += not found.faults and not found.notes
        except QuantsigError as error:
            bugs += error.exit_code not in TOLD
        except Exception:
            bugs += 1
    source.write_bytes(whole)
    os.utime(source, ns=(status.st_atime_ns, status.st_mtime_ns))
    return Flips(file="/".join(parts), flips=flips, silent=silent_flips, bugs=bugs)
