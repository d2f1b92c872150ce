"""The signals of a run as a folder for another backtesting program."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from quantsig.backtest.execution import Execution
from quantsig.backtest.export.signals import TARGETS
from quantsig.backtest.export.signals.positions import held_on, positions_of
from quantsig.backtest.export.signals.target import ExportedSignals
from quantsig.backtest.period import Period, open_period
from quantsig.data.calendar.intervals import interval_text
from quantsig.data.errors import DataError, unknown_name
from quantsig.data.storage import atomic
from quantsig.data.storage.documents import write_json
from quantsig.signals.runs import Run

SCHEMA = "quantsig.signals_for/1"
DOCUMENT, README = "export.json", "README.md"
TEXTS = Path(__file__).parent / "texts"


def export_signals(
    run: Run,
    target: str,
    folder: Path,
    *,
    split: str = "test",
    execution: Execution,
    force: bool = False,
) -> Path:
    """Write the taken signals of a split, a program that reads them, and what both mean.

    Args:
        run: with its signals written; nothing of its test split is opened here.
        target: a key of TARGETS.
        folder: to write.
        split: whose signals.
        execution: whose delay, holding, sides and market rules hold, as in a backtest.
        force: replace a folder that exists.

    Raises:
        ConfigError: there is no such target or split.
        DataError: no signals were written, the bars are gone, or the target has no such bars.
        UsageError: the folder exists.
    """
    if target not in TARGETS:
        raise unknown_name("program", target, TARGETS, where="`signals_for`")
    atomic.refuse_existing(folder, force=force)
    chosen, period = TARGETS[target], open_period(run, split)
    exported = ExportedSignals(
        period=period,
        positions=positions_of(period, execution),
        interval=_interval(run),
        calendar=run.samples().calendar,
        where=str(run.path),
    )
    about = _document(run, target, exported, execution)
    with atomic.replacing_folder(folder, force=force) as made:
        about["files"] = chosen.write(made, exported)
        write_json(made / DOCUMENT, about)
        atomic.write_text(made / chosen.script, text_of(f"{target}.py.txt"))
        atomic.write_text(made / README, _readme(about))
    return folder


def _interval(run: Run) -> timedelta:
    seconds = run.samples().manifest.interval_seconds
    if seconds is None:
        raise DataError(
            "how long a bar lasts is not known of these samples.",
            where=str(run.samples().path),
            remedy="Build them again from bars.",
        )
    return timedelta(seconds=seconds)


def _document(
    run: Run, target: str, exported: ExportedSignals, execution: Execution
) -> dict[str, Any]:
    period, positions = exported.period, exported.positions
    return {
        "schema": SCHEMA,
        "target": target,
        "run_id": run.run_id,
        "split": period.split,
        "choice_id": period.choice_id,
        "trial_id": period.trial_id,
        "start": period.start,
        "end": period.end,
        "interval_seconds": exported.interval.total_seconds(),
        "timeframe": interval_text(exported.interval),
        "taken": int(period.rows["take"].sum()),
        "positions": sum(len(own) for own in positions.values()),
        "held_on": sum(int(held_on(own).sum()) for own in positions.values()),
        "delay_bars": _bars(period, execution.delay_bars, "delay_bars"),
        "holding_bars": _bars(period, execution.holding_bars, "horizon_bars"),
        "short": any((own.directions < 0).any() for own in positions.values()),
        "fee": execution.fee,
        "slippage": execution.slippage,
    }


def _bars(period: Period, setting: int | None, column: str) -> list[int]:
    """What is set for all signals, else what they have of their own."""
    own = period.rows.filter("take")[column].unique().sort().to_list()
    return own if setting is None else [setting]


def text_of(name: str) -> str:
    """A text that goes into the folder, as it is."""
    return (TEXTS / name).read_text(encoding="utf-8")


def _readme(about: dict[str, Any]) -> str:
    return text_of(README).format(
        run=about["run_id"],
        target=about["target"],
        taken=about["taken"],
        split=about["split"],
        positions=about["positions"],
        delay=_listed(about["delay_bars"]),
        holding=_listed(about["holding_bars"]),
        about=text_of(f"{about['target']}.md").strip(),
        means=text_of(f"{about['split']}.md").strip(),
    )


def _listed(bars: list[int]) -> str:
    return " or ".join(map(str, bars)) or "0"
