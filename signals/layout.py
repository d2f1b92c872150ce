"""Where everything stands in the folder of a run, of a walk, and in the one that holds them.

docs/artefacts.md says what is in each file.
"""

from pathlib import Path

# a run
RECORD, CONFIG, ENVIRONMENT = "run.json", "config.toml", "environment.json"
WEIGHTS, METRICS, PREDICTIONS = "model.safetensors", "metrics.parquet", "predictions.parquet"
CALIBRATION, BASELINES = "calibration.json", "baselines.json"
AUDIT = "audit.json"
EXPLANATION = "explanation.json"
REMARKS = "remarks.json"  # tags and a note of its owner
SCORED, SCORES = "scored", "scores.parquet"  # of a judged run: its sample set, what it was given
THRESHOLDS, THRESHOLD_GROUPS = "thresholds.parquet", "thresholds_by_group.parquet"
SIGNALS, REPORT = "signals.parquet", "report.html"
ANONYMOUS_REPORT = "anonymous.html"  # the same for strangers
CHOICES, META, SEEDS = "choices", "meta", "seeds"  # folders
MEMBERS = "members"  # of an ensemble: a folder, with what scores of each of its runs
STATE, STATE_RECORD = "state", "state.json"  # folder of what a training goes on from
SWEEP, CELLS, SWEEP_RECORD = "sweep", "cells.parquet", "sweep.json"  # a folder and its files

# a backtest, and the trades of a walk
BACKTEST = "backtest"
TRADES, EQUITY, STATS, DECILES = (
    "trades.parquet",
    "equity.parquet",
    "stats.json",
    "deciles.parquet",
)

# a forward test: a folder of a run
FORWARD, JOURNAL, TORN_JOURNAL = "forward", "forward.jsonl", "forward.torn"
FORWARD_PAGE = "forward.html"
RECALIBRATED = "recalibrated"  # folder: choices that only forward tests decide by

# folds of a run or of a walk
FOLDS, FOLD, CALIBRATION_ROWS = "folds", "fold.json", "calibration.parquet"

# a walk
WALK = "walk.json"
PATHS, PATH_EQUITY, PATH_TRADES = "paths.parquet", "path_equity.parquet", "path_trades.parquet"

# the folder of runs, and that of a search's runs
LEDGER, SEARCH = "ledger.jsonl", "search.json"
SHOWN = "[!.]*"  # folders in it; hidden ones are what a process was at work on
TORN_LEDGER = "ledger.torn"  # half lines that a crash left
TRASH = ".trash"  # runs that were removed
SEAL = "seal.json"  # of a run, and of a walk


def backtest_folder(period: str) -> str:
    """The folder in a run that a backtest is written to: of the test split, another, or bars."""
    return BACKTEST if period == "test" else f"{BACKTEST}-{period}"


def choice_file(run: Path, trial_id: str) -> Path:
    """A frozen choice; its trade-off table has the same name as Parquet."""
    return run / CHOICES / f"{trial_id}.json"


def journal_file(run: Path) -> Path:
    """The journal of a run's forward test."""
    return run / FORWARD / JOURNAL


def recalibration_file(run: Path, trial_id: str) -> Path:
    """A frozen choice on probabilities that were calibrated again."""
    return run / RECALIBRATED / f"{trial_id}.json"


def forward_page(run: Path) -> Path:
    """The market report of a run's forward test."""
    return run / FORWARD / FORWARD_PAGE


def meta_file(run: Path, trial_id: str) -> Path:
    """A second model; its weights have the same name as safetensors."""
    return run / META / f"{trial_id}.json"


def member_place(home: Path, number: int) -> Path:
    """Where a member stands in the run of its ensemble, from 0."""
    return home / MEMBERS / f"{number:02}"


def fold_place(home: Path, number: int) -> Path:
    """Where a fold stands in the folder of all."""
    return home / f"{number:02}"
