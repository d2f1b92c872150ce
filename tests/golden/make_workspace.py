"""Write a folder as a user has it, with one artefact of every kind, in today's format.

    uv run --locked python -m tests.golden.make_workspace NEW_FOLDER

`workspace-1` was made by it, with quantsig 0.1.0 as of commit 03333d0. A stored folder is never
written again: what a later version writes differently gets a folder with the next number.

It works in HOME, because documents name the folders they were made from, and keeps what is small:
no page, whose drawing library takes megabytes, and no source of a sample set.
"""

import shutil
import sys
from contextlib import chdir, suppress
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import polars as pl

from quantsig.backtest.walk.plan import WalkSettings, plan_walk
from quantsig.backtest.walk.walkforward import run_walk
from quantsig.cli.app import main
from quantsig.cli.config import load
from quantsig.data.demo.planted import CELL_BARS, planted_bars
from quantsig.data.errors import CheckFailed
from quantsig.data.folds import WalkForward
from quantsig.data.samples.store import open_samples
from quantsig.signals.training.fit import train
from quantsig.signals.training.tracking.callbacks import Callbacks
from quantsig.signals.training.tracking.launch import Launch
from tests.data.samples import legacy_files

HOME = Path("/srv/workspace")
SYMBOLS, CELLS = "ABCDEF", 110
NEWER_CELLS = 15
PICTURES = 120
CUT_STEPS = 9  # of a training that is cut short in its second epoch
LEFT_OUT = ("report.html", "bars.csv", "old", "*.lock")
SETTINGS = """\
device = "cpu"

[paths]
runs = "runs"

[bars]
source = "bars.csv"
timezone = "UTC"
bar_label = "close"
interval = "15m"
sort = false
quarantine = false

[samples]
path = "samples"
preset = "small"
stride_bars = 5
timeframes = [1]
bars = 4
panels = ["candles", "volume", "trend"]
calendar = "day"
fast_bars = 3
slow_bars = 22
height = 8
width = 16
drop_planes = ["trend.band@1"]

[label]
name = "rise"
horizon_bars = 5
delay_bars = 1
direction = 1
rise_fraction = 0.004
stop = 1.0
target = 2.0

[splits]
train = 0.5
validation = 0.15
calibration = 0.2
test = 0.15

[train]
model = "logistic"
loss = "weighted_cross_entropy"
epochs = 2
batch_size = 32
clip_norm = 1.0
patience = 7
best_by = ["average_precision", "loss"]
seed = 5
save_minutes = 5.0
keep_state = true

[loss]
class_weights = "balanced"
focal_gamma = 2.0

[optimiser]
name = "adamw"
learning_rate = 2e-3
weight_decay = 0.02
betas = [0.9, 0.99]

[schedule]
name = "warmup_cosine"
warmup_steps = 4

[sampling]
positives = 0.45
stack_corrections = true

[augment]
noise = 0.01

[alarms]
no_learning_epochs = 4
gradient_factor = 80.0

[speed]
precision = "fp32"
channels_last = false

[search]
"train.model" = ["logistic", "small"]
"optimiser.weight_decay" = [0.01, 0.1]

[thresholds]
cost_fraction = 0.0005

[backtest]
delay_bars = 1
holding_bars = 5
fee_bps = 1.0
slippage_bps = 2.0
stop_loss = 0.03
take_profit = 0.05
sizing = "fraction"
size_fraction = 0.9
start_capital = 500000.0
"""
SMALL = '--model small --epochs 1 --set train.best_by=["loss"]'
VERBS = (  # in the order of a day's work; each leaves what the next needs
    "samples build",
    "samples import old --out frames",
    "train --out runs/first",
    "walk --folds 2 --threshold 0.4",
    "thresholds runs/first --threshold 0.45",
    "signals runs/first",
    "backtest runs/first --deciles 3",
    "thresholds runs/first --precision 0.5",
    "thresholds runs/first --precision 0.99 --confidence 0.999",
    "thresholds runs/first --fbeta 1 --on walk",
    "thresholds runs/first --recall 0.9",
    "signals runs/first --meta --force",
    "signals runs/first newer.csv --meta",
    "backtest runs/first newer.csv",
    "sweep runs/first --thresholds 4 --stops 2 --targets 2",
    f"train frames --out runs/pictures {SMALL} --set augment.noise=0 --set train.keep_state=false",
    f"train --out runs/steps {SMALL} --set optimiser.name=sgd --set optimiser.momentum=0",
    "train --out runs/pair --seeds 2",
    "walk --combinatorial --blocks 3 --tested 2 --threshold 0.4",
    "search --trials 2 --out runs/search --epochs 1",
)


class CutShortError(Exception):
    """The power went."""


def bars(cells: int, first_seed: int) -> pl.DataFrame:
    """Planted bars of every symbol, of few digits."""
    several = [
        planted_bars(cells, seed, symbol).bars for seed, symbol in enumerate(SYMBOLS, first_seed)
    ]
    prices = pl.col("open", "high", "low", "close", "volume").round(3)
    return pl.concat(several).drop("adjustment").with_columns(prices)


def run(words: str) -> None:
    """One verb, in this process; that no threshold is safe is an answer."""
    with patch.object(sys, "argv", ["quantsig", *words.split()]):
        code = main()
    if code not in {0, CheckFailed.exit_code}:
        raise SystemExit(f"quantsig {words} ended with {code}")


def leave_unfinished() -> None:
    """A training and a walk that were cut short, each with something to go on from."""
    settings = load(None, {"train.model": "small", "train.seed": 6, "train.best_by": ("loss",)})
    samples, runs = open_samples(settings.samples.path), settings.paths.runs
    plan, splits = settings.plan, settings.splits

    def fail_in_epoch_2(done: int, total: int) -> None:
        if done == CUT_STEPS:
            raise CutShortError

    def fail_in_fold_2(text: str) -> None:
        if text.startswith("fold 2"):
            raise CutShortError

    with suppress(CutShortError):
        train(
            samples,
            runs / "cut",
            plan,
            splits,
            launch=Launch(callbacks=Callbacks(progress=fail_in_epoch_2)),
        )
    plan = replace(plan, train=replace(plan.train, model="logistic"))
    cut = WalkSettings(folding=WalkForward(folds=2), execution=settings.backtest)
    walk = plan_walk(samples, plan, splits, cut, device="cpu")
    with suppress(CutShortError):
        run_walk(walk, runs / walk.name, callbacks=Callbacks(tell=fail_in_fold_2))


def make() -> None:
    """Everything, in the current folder."""
    bars(CELLS, 0).write_csv("bars.csv")
    whole = bars(CELLS + NEWER_CELLS, 0)
    whole.group_by("symbol", maintain_order=True).tail(2 * NEWER_CELLS * CELL_BARS).write_csv(
        "newer.csv"
    )
    legacy_files.write(Path("old"), PICTURES)
    Path("quantsig.toml").write_text(SETTINGS)
    for words in VERBS:
        run(words)
    leave_unfinished()


def keep(folder: Path) -> None:
    """Copy what is small and no source of something else."""
    shutil.copytree(HOME, folder, ignore=shutil.ignore_patterns(*LEFT_OUT))


if __name__ == "__main__":
    HOME.mkdir(parents=True)
    with chdir(HOME):
        make()
    keep(Path(sys.argv[1]))
    shutil.rmtree(HOME)
