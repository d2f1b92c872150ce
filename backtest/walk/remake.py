"""Parts of a walk made again of others that are whole, with the settings of its record."""

import shutil
from pathlib import Path

from quantsig.backtest.record import read_stats
from quantsig.backtest.walk.fold_choices import fold_signals
from quantsig.backtest.walk.plan import recorded_walk
from quantsig.backtest.walk.walkforward import trade_folds
from quantsig.data.storage import atomic, parquet
from quantsig.signals.layout import FOLDS, SIGNALS, STATS, WALK
from quantsig.signals.seal import broken_files, drop, made_again, open_seal, sealing
from quantsig.signals.training.folds import FoldWork, train_folds
from quantsig.signals.training.tracking.callbacks import Callbacks
from quantsig.signals.training.tracking.launch import Launch
from quantsig.signals.walk_record import read_walk_record


def remake_walk(home: Path, broken: set[str]) -> list[str]:
    """Train folds again that are not whole, then write the signals and what follows from them.

    The choices of the folds are those of the record, and the figures of the account are held
    against what was tried before the walk, as they were.

    Args:
        home: the walk.
        broken: files that are not what was written, by their paths in it.

    Returns:
        What was done, a sentence each.

    Raises:
        QuantsigError: the record is damaged, or the samples are not there.
    """
    record = read_walk_record(home / WALK)
    walk = recorded_walk(home, record)
    known = dict(open_seal(home).files)
    folds = {fold.path for fold in record.folds if _any_under(fold.path, broken)}
    drop(home, {path for path in known if any(path.startswith(f"{one}/") for one in folds)})
    for folder in folds:
        shutil.rmtree(home / folder, ignore_errors=True)
    tested = train_folds(
        walk.samples,
        walk.plan,
        walk.folds,
        FoldWork(home=home / FOLDS, key=walk.folds_key, calibrates=walk.splits.calibrates),
        launch=Launch(device=walk.device),
    )
    choices = [fold.choice for fold in record.folds]
    signals = fold_signals(
        tested, choices, walk.samples, trial_id=record.trial_id, run_id=record.walk_id
    )
    stats = None
    if STATS in known and STATS not in broken:
        read_stats(home / STATS)
        stats = (home / STATS).read_bytes()
    with sealing(home) as stage:
        parquet.write_parquet(stage / SIGNALS, signals)
        trade_folds(walk, signals, stage, home.absolute().parent, Callbacks())
        if stats is not None:
            atomic.write_bytes(stage / STATS, stats)
    left, now = broken_files(home), open_seal(home).files
    return [
        f"{path}: not made again: nothing in the walk makes it."
        if path in left
        else made_again(path, same=known.get(path) == now.get(path))
        for path in sorted(broken)
    ]


def _any_under(folder: str, paths: set[str]) -> bool:
    return any(path.startswith(f"{folder}/") for path in paths)
