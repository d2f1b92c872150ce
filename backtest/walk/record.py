"""What walk.json says of a walk and of each of its folds."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl

from quantsig.backtest.document import Description
from quantsig.backtest.record import StatsRecord
from quantsig.backtest.walk.fold_choices import signal_figures
from quantsig.backtest.walk.plan import Walk
from quantsig.data.folds import PARTS, Fold, Ids
from quantsig.data.storage import checksums
from quantsig.data.storage.records import Figures
from quantsig.data.storage.resuming import unfinished_folder
from quantsig.signals.layout import FOLDS, SEAL, WALK, fold_place
from quantsig.signals.run_record import sample_source
from quantsig.signals.scoring.device import find_device
from quantsig.signals.training.folds import fold_record
from quantsig.signals.training.tracking.environment import environment
from quantsig.signals.walk_record import FoldChoice, FoldSpan, PathFigures, WalkedFold, WalkRecord

LATER = (WALK, SEAL)  # they may be there already, where an earlier process was killed


@dataclass(frozen=True, kw_only=True, slots=True)
class WalkOutcome:
    """What trading the folds came to."""

    figures: Figures
    verdict: Mapping[str, Any]
    ledger: Mapping[str, Any]  # fields of the walk's line
    of_fold: Sequence[Figures]  # trades and returns, in the order of folds
    stats: StatsRecord | None = None
    paths: tuple[PathFigures, ...] | None = None  # of a crossing, as the next two
    distribution: Mapping[str, Figures] | None = None
    always_long: Figures | None = None


def walk_record(
    walk: Walk,
    out: Path,
    command: str,
    choices: Sequence[FoldChoice],
    signals: pl.DataFrame,
    result: WalkOutcome,
) -> WalkRecord:
    """What walk.json keeps; all but `created` and `command` follows from the walk."""
    samples, settings = walk.samples, walk.settings
    folder = unfinished_folder(out)
    without = sum(choice.threshold is None for choice in choices)
    written = sorted(path.name for path in folder.glob("*") if path.suffix in {".json", ".parquet"})
    return WalkRecord(
        walk_id=out.name,
        trial_id=walk.trial_id,
        folds_key=walk.folds_key,
        created=datetime.now(UTC).isoformat(),
        command=command,
        scheme=walk.scheme,
        folding=asdict(settings.folding),
        samples=sample_source(out, samples),
        label=samples.label,
        classes=tuple(samples.classes),
        test_split="opened" if settings.open_test else "locked",
        rule=asdict(settings.rule),
        cost_fraction=settings.cost_fraction,
        execution=asdict(settings.execution),
        settings=asdict(walk.plan),
        splits=walk.splits,
        environment=environment(find_device(walk.device), walk.plan.train.seed),
        figures={
            "folds": len(walk.folds),
            "folds_without_threshold": without,
            **signal_figures(signals, samples.classes),
            **result.figures,
        },
        verdict=result.verdict,
        folds=tuple(
            _fold(walk, folder, fold, choice, signals, traded)
            for fold, choice, traded in zip(walk.folds, choices, result.of_fold, strict=True)
        ),
        paths=result.paths,
        distribution=result.distribution,
        always_long=result.always_long,
        files={name: checksums.sha256_of(folder / name) for name in written if name not in LATER},
    )


def _fold(
    walk: Walk,
    folder: Path,
    fold: Fold,
    choice: FoldChoice,
    signals: pl.DataFrame,
    traded: Figures,
) -> WalkedFold:
    place = fold_place(folder / FOLDS, fold.number)
    own = signals.filter(pl.col("fold") == fold.number)
    return WalkedFold(
        number=fold.number,
        tested=tuple(fold.tested),
        path=place.relative_to(folder).as_posix(),
        parts={name: _span(walk.samples.index, fold.ids[name]) for name in PARTS},
        calibrator=fold_record(place).calibrator,
        choice=choice,
        test={**signal_figures(own, walk.samples.classes), **traded},
    )


def _span(index: pl.DataFrame, ids: Ids) -> FoldSpan:
    decided, ended = pl.col("decision_time"), pl.col("label_end")
    moments = index.gather(ids).select(
        start=decided.min(), end=decided.max(), label_end=ended.max()
    )
    spelt = {name: time.isoformat() for name, time in moments.row(0, named=True).items()}
    return FoldSpan(samples=len(ids), **spelt)


def fold_results(signals: pl.DataFrame, account: Description) -> Sequence[Figures]:
    """Of each fold the trades that it decided, and the equity's return over its time.

    The time of a fold is that from its first decision to the next fold's, so the returns of all
    multiply to the total. What a trade earns after the next fold has begun is in the next one's.
    """
    starts = signals.group_by("fold", maintain_order=True).agg(pl.col("decision_time").min())
    times, equity = account.equity["timestamp"], account.equity["equity"].to_numpy()
    places = [int(times.search_sorted(start)) for start in starts["decision_time"]]
    returns = [equity[end] / equity[begin] - 1.0 for begin, end in pairwise([*places, -1])]
    ends = [*starts["decision_time"][1:], None]
    rows = []
    for start, end, earned in zip(starts["decision_time"], ends, returns, strict=True):
        own = account.trades.filter(pl.col("decision_time") >= start)
        own = own if end is None else own.filter(pl.col("decision_time") < end)
        rows.append(
            {
                "trades": own.height,
                "win_rate": (own["return"] > 0).mean(),
                "expectancy": own["return"].mean(),
                "return": float(earned),
            }
        )
    return rows
