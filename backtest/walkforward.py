"""Train, calibrate, choose and trade fold by fold, and judge all folds as one strategy.

A fold learns from the oldest of its rows, its epoch is chosen on the next, its probabilities are
calibrated and its threshold is chosen on the newest, and then it is tested on rows that come
later still (`data/folds.py` cuts and purges them). Of a walk the tested rows follow each other,
and their signals are traded as one account; see `stitching`. Of combinatorial cross-validation
they make several paths; see `paths`.

A walk is one strategy, so it is one trial of the ledger with one Sharpe ratio per session. The
choices of its folds are steps of that strategy and are not counted again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from quantsig.backtest import paths as crossings
from quantsig.backtest.execution import Execution
from quantsig.backtest.result import EQUITY, STATS, TRADES
from quantsig.backtest.stitching import Settled, settle, stitched
from quantsig.data import files
from quantsig.data.errors import DataError, UsageError
from quantsig.data.folds import PARTS, Combinatorial, Fold, WalkForward, before_test
from quantsig.data.samples.store import SampleSet
from quantsig.data.splits import SplitSpec
from quantsig.signals.asked_rule import AskedRule
from quantsig.signals.device import find_device
from quantsig.signals.fold_choices import (
    FoldChoice,
    choose_in_fold,
    fold_signals,
    signal_figures,
)
from quantsig.signals.ledger import append_ledger, read_ledger
from quantsig.signals.models import find_model
from quantsig.signals.runs import FOLDS, SIGNALS, WALK_KEY, trial_id
from quantsig.signals.training import ranks
from quantsig.signals.training.environment import environment
from quantsig.signals.training.folds import (
    check_folds,
    fold_place,
    fold_record,
    take_over,
    train_folds,
)
from quantsig.signals.training.record import identity, resume_key
from quantsig.signals.training.settings import Plan
from quantsig.signals.training.watch import Watch

SCHEMA = "quantsig.walk/1"
RECORD = "walk.json"
PATHS, PATH_EQUITY, PATH_TRADES = "paths.parquet", "path_equity.parquet", "path_trades.parquet"
LEDGER_EVENT = "walk"

Document = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class WalkSettings:
    """How rows are cut, thresholds chosen and signals traded."""

    folding: WalkForward | Combinatorial = field(default_factory=WalkForward)
    rule: AskedRule = field(default_factory=AskedRule)
    execution: Execution = field(default_factory=Execution)
    cost_fraction: float = 4e-4  # of a round trip, what the rule reckons with
    open_test: bool = False  # walk through the time of the locked test split, too


@dataclass(frozen=True, kw_only=True)
class Walk:
    """Everything that is settled before the first fold."""

    samples: SampleSet
    plan: Plan
    splits: SplitSpec
    settings: WalkSettings
    device: str

    @cached_property
    def folds(self) -> tuple[Fold, ...]:
        """The rows of each fold.

        Raises:
            DataError: there are too few rows.
        """
        index = self.samples.index
        free = index if self.settings.open_test else before_test(index, self.splits)
        return tuple(self.settings.folding.split(free))

    @property
    def trial_id(self) -> str:
        """The same for the same samples, settings, folds, rule and execution."""
        settings = self.settings
        return trial_id(
            identity(self.samples, self.plan, self.splits),
            repr(settings.folding),
            settings.open_test,
            asdict(settings.rule),
            settings.cost_fraction,
            asdict(settings.execution),
        )

    @property
    def folds_key(self) -> str:
        """The same for folds that are trained alike, whatever is made of their predictions."""
        return trial_id(
            resume_key(self.samples, self.plan, self.splits, find_device(self.device).type),
            repr(self.settings.folding),
            self.settings.open_test,
        )

    @property
    def scheme(self) -> str:
        """anchored, rolling or combinatorial."""
        return self.settings.folding.name.partition("-")[0]

    @property
    def name(self) -> str:
        """Of its folder, where none is given: the same walk has the same name."""
        return f"walk-{self.plan.train.model}-{self.settings.folding.name}-{self.trial_id[:8]}"


def settle_walk(
    samples: SampleSet, plan: Plan, splits: SplitSpec, settings: WalkSettings, *, device: str
) -> Walk:
    """A walk, checked as far as can be before anything is trained.

    Raises:
        ConfigError: a name is unknown, or settings contradict each other.
        DataError: times or bars are not known, there are too few rows, or the event never or
            always happens where a fold learns it.
        UsageError: several processes were started.
    """
    find_model(plan.train.model)
    if ranks.world_size() > 1:
        raise UsageError(
            "several processes cannot share a walk.",
            where="quantsig walk",
            remedy="Start it without torchrun.",
        )
    _refuse_untimed(samples)
    samples.bars  # noqa: B018 - says that there are none
    walk = Walk(samples=samples, plan=plan, splits=splits, settings=settings, device=device)
    check_folds(samples, walk.folds, plan, device)
    return walk


def run_walk(
    walk: Walk,
    out: Path,
    *,
    command: str = "",
    force: bool = False,
    watch: Watch | None = None,
) -> Document:
    """Train what is not trained yet, choose, trade, and write the walk's folder.

    What was cut short goes on when it is called again. Folds of another walk beside `out` that
    were trained alike are taken from there, so that another rule or other costs train nothing.

    Args:
        walk: what is to be done.
        out: the folder to make, in a folder of runs.
        command: the command line, for the record.
        force: replace a finished walk, and train every fold again.
        watch: who is told how it goes.

    Returns:
        The document of walk.json; with `stats`, that of stats.json, where folds follow each other.

    Raises:
        UsageError: the walk exists, or another process is at work on it.
    """
    heard = watch or Watch()
    with files.resuming_folder(out, key=f"{WALK_KEY}{walk.trial_id} {walk.folds_key}", force=force):
        folder = files.unfinished_folder(out)
        if walk.settings.open_test:
            _enter(walk, out, "opening", opening=1)
        home = folder / FOLDS
        if not force:
            take_over(_alike(walk, out), walk.folds, home)
        tested = train_folds(
            walk.samples,
            walk.plan,
            walk.folds,
            home,
            walk.folds_key,
            device=walk.device,
            watch=heard,
        )
        choices = _choose(walk, home, heard)
        signals = fold_signals(
            tested, choices, walk.samples, trial_id=walk.trial_id, run_id=out.name
        )
        files.write_parquet(folder / SIGNALS, signals)
        result = _trade(walk, folder, signals, heard)
        document = _record(walk, out, command, choices, signals, result)
        files.write_json(folder / RECORD, document)
        _enter(walk, out, LEDGER_EVENT, **result.ledger)
    return {**document, "stats": result.stats}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Result:
    """What trading came to."""

    figures: Mapping[str, Any]
    verdict: Mapping[str, Any]
    ledger: Mapping[str, Any]  # fields of the walk's line
    of_fold: Sequence[Mapping[str, Any]]  # trades and returns, in the order of folds
    more: Mapping[str, Any] = field(default_factory=dict)  # keys of walk.json
    stats: Document | None = None


def _choose(walk: Walk, home: Path, watch: Watch) -> list[FoldChoice]:
    """The threshold of each fold, and a word on each that has none or is expected to lose."""
    settings, choices = walk.settings, []
    for fold in walk.folds:
        choice = choose_in_fold(
            home, fold.number, walk.samples.classes, settings.rule, settings.cost_fraction
        )
        net = choice.calibration.get("expectancy_after_costs")
        if choice.threshold is None:
            watch.tell(f"fold {fold.number + 1} does not trade: {choice.reason}.")
        elif settings.rule.name == "expectancy" and net is not None and net <= 0:
            watch.tell(
                f"fold {fold.number + 1}: even its threshold loses after costs on its "
                "calibration rows."
            )
        choices.append(choice)
    return choices


def _trade(walk: Walk, folder: Path, signals: pl.DataFrame, watch: Watch) -> _Result:
    if isinstance(walk.settings.folding, Combinatorial):
        return _crossed(walk, walk.settings.folding, folder, signals, watch)
    return _stitched(walk, folder, signals, watch)


def _stitched(walk: Walk, folder: Path, signals: pl.DataFrame, watch: Watch) -> _Result:
    """One account over all folds."""
    watch.tell("trading the signals of all folds")
    settled = settle(
        stitched(walk.samples, signals), walk.settings.execution, seed=walk.plan.train.seed
    )
    files.write_parquet(folder / EQUITY, settled.equity)
    files.write_parquet(folder / TRADES, settled.trades)
    files.write_json(folder / STATS, settled.document)
    return _Result(
        figures=settled.document["figures"],
        verdict=settled.document["verdict"],
        ledger={
            "sharpe": settled.session_sharpe,
            "periods": settled.sessions,
            "trades": settled.trades.height,
        },
        of_fold=fold_results(signals, settled),
        stats=settled.document,
    )


def fold_results(signals: pl.DataFrame, settled: Settled) -> list[dict[str, Any]]:
    """Of each fold the trades that it decided, and the equity's return over its time.

    The time of a fold is that from its first decision to the next fold's, so the returns of all
    multiply to the total. What a trade earns after the next fold has begun is in the next one's.
    """
    starts = signals.group_by("fold", maintain_order=True).agg(pl.col("decision_time").min())
    times, equity = settled.equity["timestamp"], settled.equity["equity"].to_numpy()
    places = [int(times.search_sorted(start)) for start in starts["decision_time"]]
    returns = [equity[end] / equity[begin] - 1.0 for begin, end in pairwise([*places, -1])]
    ends = [*starts["decision_time"][1:], None]
    rows = []
    for start, end, earned in zip(starts["decision_time"], ends, returns, strict=True):
        own = settled.trades.filter(pl.col("decision_time") >= start)
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


def _crossed(
    walk: Walk, folding: Combinatorial, folder: Path, signals: pl.DataFrame, watch: Watch
) -> _Result:
    """An account on each path."""
    found = crossings.trade_paths(
        walk.samples,
        signals,
        folding.paths(),
        walk.settings.execution,
        lambda done, total: watch.tell(f"path {done} of {total} traded"),
    )
    for name, frame in ((PATHS, found.rows), (PATH_EQUITY, found.equity)):
        files.write_parquet(folder / name, frame)
    files.write_parquet(folder / PATH_TRADES, found.trades)
    sharpes = found.rows["session_sharpe"].drop_nulls()
    return _Result(
        figures={"paths": found.rows.height},
        verdict=crossings.verdict(found),
        ledger={
            "sharpe": sharpes.mean(),
            "periods": found.rows["sessions"].max(),
            "trades": int(found.rows["trades"].sum()),
            "paths": found.rows.height,
        },
        of_fold=[{} for _ in walk.folds],
        more={
            "paths": found.rows.to_dicts(),
            "distribution": found.distribution,
            "always_long": found.always_long,
        },
    )


def _record(
    walk: Walk,
    out: Path,
    command: str,
    choices: Sequence[FoldChoice],
    signals: pl.DataFrame,
    result: _Result,
) -> Document:
    """The document of walk.json; all but `created` and `command` follows from the walk."""
    samples, settings = walk.samples, walk.settings
    folder = files.unfinished_folder(out)
    without = sum(choice.threshold is None for choice in choices)
    written = sorted(path.name for path in folder.glob("*") if path.suffix in {".json", ".parquet"})
    return {
        "schema": SCHEMA,
        "walk_id": out.name,
        "trial_id": walk.trial_id,
        "folds_key": walk.folds_key,
        "created": datetime.now(UTC).isoformat(),
        "command": command,
        "scheme": walk.scheme,
        "folding": asdict(settings.folding),
        "samples": {
            "path": str(samples.path.resolve()),
            "fingerprint": samples.manifest["fingerprint"],
        },
        "label": samples.manifest["label"],
        "classes": samples.classes,
        "test_split": "opened" if settings.open_test else "locked",
        "rule": asdict(settings.rule),
        "cost_fraction": settings.cost_fraction,
        "execution": asdict(settings.execution),
        "settings": asdict(walk.plan),
        "splits": asdict(walk.splits),
        "environment": environment(find_device(walk.device), walk.plan.train.seed),
        "figures": {
            "folds": len(walk.folds),
            "folds_without_threshold": without,
            **signal_figures(signals, samples.classes),
            **result.figures,
        },
        "verdict": result.verdict,
        "folds": [
            _fold_row(walk, folder, fold, choice, signals, traded)
            for fold, choice, traded in zip(walk.folds, choices, result.of_fold, strict=True)
        ],
        **result.more,
        "files": {name: files.sha256_of(folder / name) for name in written if name != RECORD},
    }


def _fold_row(
    walk: Walk,
    folder: Path,
    fold: Fold,
    choice: FoldChoice,
    signals: pl.DataFrame,
    traded: Mapping[str, Any],
) -> Document:
    place = fold_place(folder / FOLDS, fold.number)
    own = signals.filter(pl.col("fold") == fold.number)
    return {
        "number": fold.number,
        "tested": fold.tested,
        "path": str(place.relative_to(folder)),
        "parts": {name: _span(walk.samples.index, fold.ids[name]) for name in PARTS},
        "calibrator": fold_record(place)["calibrator"],
        "choice": choice.as_dict(),
        "test": {**signal_figures(own, walk.samples.classes), **traded},
    }


def _span(index: pl.DataFrame, ids: np.ndarray[Any, np.dtype[np.int64]]) -> Document:
    """How many rows, from the first decision to the last, and when the last label has ended."""
    decided, ended = pl.col("decision_time"), pl.col("label_end")
    moments = index.gather(ids).select(
        start=decided.min(), end=decided.max(), label_end=ended.max()
    )
    spelt = {name: time.isoformat() for name, time in moments.row(0, named=True).items()}
    return {"samples": len(ids), **spelt}


def _alike(walk: Walk, out: Path) -> list[Path]:
    """Folders of folds beside `out` that were trained as this walk's are to be."""
    records = sorted(out.absolute().parent.glob(f"*/{RECORD}"))
    alike = (files.read_json(record).get("folds_key") == walk.folds_key for record in records)
    return [record.parent / FOLDS for record, same in zip(records, alike, strict=True) if same]


def _enter(walk: Walk, out: Path, event: str, **more: Any) -> None:
    """Write a line into the ledger, where this walk has none of that kind yet."""
    runs_folder = out.absolute().parent
    own = {"event": event, "trial_id": walk.trial_id}
    if not any(own.items() <= line.items() for line in read_ledger(runs_folder)):
        append_ledger(
            runs_folder, run_id=out.name, scheme=walk.scheme, folds=len(walk.folds), **own, **more
        )


def _refuse_untimed(samples: SampleSet) -> None:
    """Raise where it is not known which rows come before which."""
    labelled = samples.index.filter(pl.col("label").is_not_null())
    for name in ("decision_time", "label_end"):
        if labelled[name].null_count():
            raise DataError(
                f"{labelled[name].null_count()} of {len(labelled)} labelled samples have no "
                f"{name}, so there is no walking through them in the order of time.",
                where=str(samples.path),
                remedy="Build the samples from bars, or import them with their times and --bars.",
            )
