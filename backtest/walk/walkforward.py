"""Train, calibrate, choose and trade fold by fold, and judge all folds as one strategy.

A fold learns from the oldest of its rows, its epoch is chosen on the next, its probabilities are
calibrated and its threshold is chosen on the newest, and then it is tested on rows that come
later still (`data/folds.py` cuts and purges them). Of a walk the tested rows follow each other,
and their signals are traded as one account; see `stitching`. Of combinatorial cross-validation
they make several paths; see `paths`.

A walk is one strategy, so it is one trial of the ledger with one Sharpe ratio per session. The
choices of its folds are steps of that strategy and are not counted again.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from quantsig.backtest.record import StatsRecord, read_stats, write_stats
from quantsig.backtest.walk import paths as crossings
from quantsig.backtest.walk.fold_choices import choose_in_fold, fold_signals
from quantsig.backtest.walk.plan import Walk
from quantsig.backtest.walk.record import WalkOutcome, fold_results, walk_record
from quantsig.backtest.walk.stitching import stitched, trade_stitched
from quantsig.data.errors import QuantsigError
from quantsig.data.folds import Combinatorial
from quantsig.data.language.messages import phrase, term
from quantsig.data.storage import parquet
from quantsig.data.storage.leftovers import recover
from quantsig.data.storage.records import plain
from quantsig.data.storage.resuming import resuming_folder
from quantsig.data.tasks.workers import HERE, Workers
from quantsig.signals.layout import (
    EQUITY,
    FOLDS,
    PATH_EQUITY,
    PATH_TRADES,
    PATHS,
    SIGNALS,
    STATS,
    TRADES,
    WALK,
)
from quantsig.signals.ledger import Entry, append_once, read_ledger
from quantsig.signals.runs import find_walks
from quantsig.signals.seal import seal_folder
from quantsig.signals.training.folds import FoldWork, take_over, train_folds
from quantsig.signals.training.tracking.callbacks import Callbacks
from quantsig.signals.training.tracking.launch import Launch
from quantsig.signals.walk_record import (
    FoldChoice,
    PathFigures,
    WalkRecord,
    read_walk_record,
    write_walk_record,
)

LEDGER_EVENT = "walk"


def run_walk(
    walk: Walk,
    out: Path,
    *,
    command: str = "",
    force: bool = False,
    callbacks: Callbacks | None = None,
    on: Workers = HERE,
) -> tuple[WalkRecord, StatsRecord | None]:
    """Train what is not trained yet, choose, trade, and write the walk's folder.

    What was cut short goes on when it is called again. Folds of another walk beside `out` that
    were trained alike are taken from there, so that another rule or other costs train nothing.

    Args:
        walk: what is to be done.
        out: the folder to make, in a folder of runs.
        command: the command line, for the record.
        force: replace a finished walk, and train every fold again.
        callbacks: who is told how it goes.
        on: where folds are trained, and how many at once.

    Returns:
        What walk.json keeps, and stats.json where folds follow each other.

    Raises:
        UsageError: the walk exists, one of other samples, settings or folds lies unfinished
            there, or another process is at work on it.
    """
    listener = callbacks or Callbacks()
    read_ledger(out.absolute().parent)  # one that is damaged is told before anything is trained
    with resuming_folder(out, walk.work, force=force) as folder:
        if walk.settings.open_test:
            samples = walk.samples.manifest.fingerprint
            more = {"opening": 1, "samples": samples}
            append_once(out.absolute().parent, _entry(walk, out, "opening", more))
        home = folder / FOLDS
        if not force:
            take_over(_alike(walk, out), walk.folds, home)
        tested = train_folds(
            walk.samples,
            walk.plan,
            walk.folds,
            FoldWork(home=home, key=walk.folds_key, calibrates=walk.splits.calibrates),
            launch=Launch(device=walk.device, callbacks=listener, on=on),
        )
        choices = _choose(walk, home, listener)
        signals = fold_signals(
            tested, choices, walk.samples, trial_id=walk.trial_id, run_id=out.name
        )
        parquet.write_parquet(folder / SIGNALS, signals)
        result = trade_folds(walk, signals, folder, out.absolute().parent, listener)
        record = walk_record(walk, out, command, choices, signals, result)
        write_walk_record(folder / WALK, record)
        entry = _entry(walk, out, LEDGER_EVENT, result.ledger)
        seal_folder(folder, out.absolute().parent, out.name, entry)
    return record, result.stats


def made_before(walk: Walk, out: Path) -> tuple[WalkRecord, StatsRecord | None] | None:
    """What `run_walk` gave for this walk; None where another or none is there."""
    recover(out)
    if not (out / WALK).is_file():
        return None
    record = read_walk_record(out / WALK)
    if record.trial_id != walk.trial_id:
        return None
    return record, read_stats(out / STATS) if (out / STATS).is_file() else None


def _choose(walk: Walk, home: Path, callbacks: Callbacks) -> list[FoldChoice]:
    """The threshold of each fold, and a word on each that has none or is expected to lose."""
    settings, choices = walk.settings, []
    for fold in walk.folds:
        choice = choose_in_fold(
            home,
            fold.number,
            walk.samples.classes,
            settings.rule,
            settings.cost_fraction,
            walk.samples.calendar,
        )
        net = choice.calibration.get("expectancy_after_costs")
        if choice.threshold is None:
            callbacks.tell(
                phrase(
                    "fold {number} does not trade: {reason}.",
                    number=fold.number + 1,
                    reason=term(choice.reason or ""),
                )
            )
        elif settings.rule.name == "expectancy" and net is not None and net <= 0:
            callbacks.tell(
                phrase(
                    "fold {number}: even its threshold loses after costs on its calibration rows.",
                    number=fold.number + 1,
                )
            )
        choices.append(choice)
    return choices


def trade_folds(
    walk: Walk, signals: pl.DataFrame, folder: Path, runs_folder: Path, callbacks: Callbacks
) -> WalkOutcome:
    """Trade the signals of all folds, and write what comes of it.

    Args:
        walk: that they are of.
        signals: rows of `fold_signals`.
        folder: that trades, equity, and figures or paths are written to.
        runs_folder: whose ledger tells what else was tried.
        callbacks: told how it goes.
    """
    if isinstance(walk.settings.folding, Combinatorial):
        return _crossed(walk, walk.settings.folding, folder, signals, callbacks)
    return _stitched(walk, folder, runs_folder, signals, callbacks)


def _stitched(
    walk: Walk, folder: Path, runs_folder: Path, signals: pl.DataFrame, callbacks: Callbacks
) -> WalkOutcome:
    """One account over all folds."""
    callbacks.tell("trading the signals of all folds")
    period = stitched(walk.samples, signals)
    stats, account = trade_stitched(
        period, walk.settings.execution, runs_folder, seed=walk.plan.train.seed
    )
    parquet.write_parquet(folder / EQUITY, account.equity)
    parquet.write_parquet(folder / TRADES, account.trades)
    write_stats(folder / STATS, stats)
    return WalkOutcome(
        figures=stats.figures,
        verdict=plain(stats.verdict),
        ledger={
            **account.sharpes,
            "periods": account.sessions,
            "trades": account.trades.height,
        },
        of_fold=fold_results(signals, account),
        stats=stats,
    )


def _crossed(
    walk: Walk, folding: Combinatorial, folder: Path, signals: pl.DataFrame, callbacks: Callbacks
) -> WalkOutcome:
    """An account on each path."""
    found = crossings.trade_paths(
        walk.samples,
        signals,
        folding.paths(),
        walk.settings.execution,
        lambda done, total: callbacks.tell(
            phrase("path {done} of {total} traded", done=done, total=total)
        ),
    )
    for name, frame in ((PATHS, found.rows), (PATH_EQUITY, found.equity)):
        parquet.write_parquet(folder / name, frame)
    parquet.write_parquet(folder / PATH_TRADES, found.trades)
    rows = found.rows.iter_rows(named=True)
    return WalkOutcome(
        figures={"paths": found.rows.height},
        verdict=crossings.verdict(found),
        ledger={
            "sharpe": found.rows["session_sharpe"].mean(),
            "excess_sharpe": found.rows["excess_sharpe"].mean(),
            "periods": found.rows["sessions"].max(),
            "trades": int(found.rows["trades"].sum()),
            "paths": found.rows.height,
        },
        of_fold=[{} for _ in walk.folds],
        paths=tuple(PathFigures(**row | {"folds": tuple(row["folds"])}) for row in rows),
        distribution=found.distribution,
        always_long=found.always_long,
    )


def _alike(walk: Walk, out: Path) -> list[Path]:
    """Folders of folds beside `out` that were trained as this walk's are to be."""
    walks = find_walks(out.absolute().parent)
    return [path / FOLDS for path in walks if _folds_key(path / WALK) == walk.folds_key]


def _folds_key(record: Path) -> str | None:
    try:
        return read_walk_record(record).folds_key
    except QuantsigError:  # of another walk, which is no reason to stop this one
        return None


def _entry(walk: Walk, out: Path, event: str, more: Mapping[str, Any]) -> Entry:
    """What the ledger is told, where this walk has no line of that kind yet."""
    known = {"run_id": out.name, "scheme": walk.scheme, "folds": len(walk.folds)}
    return Entry(event=event, named={"trial_id": walk.trial_id}, more={**known, **more})
