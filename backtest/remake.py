"""Parts of a run made again of others that are whole, with the settings they were made with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from quantsig.backtest.audit.run import audit_run
from quantsig.backtest.execution import Execution
from quantsig.backtest.period import open_period
from quantsig.backtest.record import read_stats
from quantsig.backtest.result import traded_run, write_backtest
from quantsig.backtest.settings import REMEDY, settings_in
from quantsig.backtest.sweep.grid import SweepSpec
from quantsig.backtest.sweep.record import read_sweep
from quantsig.backtest.sweep.run import SweepJob, sweep_run
from quantsig.data.errors import DataError
from quantsig.data.storage import atomic
from quantsig.data.storage.records import record_of
from quantsig.signals.calibration.predictions import calibration_of
from quantsig.signals.calibration.record import write_calibration
from quantsig.signals.choice import Choice
from quantsig.signals.inference.exports import write_rows
from quantsig.signals.inference.signals import write_predictions_again, write_signals_again
from quantsig.signals.layout import (
    AUDIT,
    BACKTEST,
    BASELINES,
    CALIBRATION,
    CHOICES,
    LEDGER,
    META,
    PREDICTIONS,
    SIGNALS,
    STATS,
    SWEEP,
    SWEEP_RECORD,
    THRESHOLD_GROUPS,
    THRESHOLDS,
)
from quantsig.signals.ledger import Line, read_ledger
from quantsig.signals.runs import Run
from quantsig.signals.seal import open_seal, sealing
from quantsig.signals.thresholds import openings
from quantsig.signals.thresholds.choices import write_choice_table
from quantsig.signals.thresholds.groups import write_groups
from quantsig.signals.thresholds.trade_off import BETA, write_table

if TYPE_CHECKING:
    from quantsig.signals.meta.meta_labelling import Meta

EXPORTS = {f"signals.{form}": form for form in ("csv", "json")}


@dataclass(frozen=True, kw_only=True, slots=True)
class RemadePart:
    """What is to be made again.

    Attributes:
        run: that it is of.
        name: its folder or file, or the stem of several, in the run.
        lost: all files of the run that are not whole, by their paths in it.
        second_models: that were fitted so far, by their choices; shared by all parts of a run.
    """

    run: Run
    name: str
    lost: frozenset[str]
    second_models: "dict[str, Meta]" = field(default_factory=dict)

    @property
    def choice(self) -> Choice:
        """The newest choice, where none was lost and another may have been the newest.

        Raises:
            DataError: it is not known.
        """
        lost = any(path.startswith(f"{CHOICES}/") and path.endswith(".json") for path in self.lost)
        choice = None if lost else self.run.choice()
        if choice is None:
            raise _not_made("the choice it follows from is not known.", self.run.path)
        return choice

    @property
    def beta(self) -> float:
        """Of the F-beta that the tables of the choice have."""
        return float(self.choice.asked.get("fbeta", BETA))

    def second_model(self) -> "Meta":
        """That of the choice, fitted again on the folds that it was fitted on, once."""
        from quantsig.signals.meta.second_model import second_model  # noqa: PLC0415 - trains

        choice = self.choice
        if choice.trial_id not in self.second_models:
            self.second_models[choice.trial_id] = second_model(self.run, choice)
        return self.second_models[choice.trial_id]

    def line(self, event: str, **named: object) -> Line:
        """The newest line of the ledger that keeps the settings it was made with.

        Raises:
            DataError: there is none.
        """
        asked = {"event": event, "run_id": self.run.run_id, **named}.items()
        lines = [line for line in read_ledger(self.run.runs_folder) if asked <= line.items()]
        if not lines or "settings" not in lines[-1]:
            raise _not_made("the settings it was made with are not kept.", self.run.path)
        return lines[-1]


def kind_of(path: str) -> str:
    """What a file of a run is a part of, a key of WAYS where it can be made again."""
    first = Path(path).parts[0]
    return BACKTEST if first.startswith(f"{BACKTEST}-") else first


def part_of(path: str) -> str:
    """What is made together with a file: its folder, all of its stem, or itself."""
    kind = kind_of(path)
    if kind in (BACKTEST, SWEEP):
        return Path(path).parts[0]
    return Path(path).with_suffix("").as_posix() if kind in (CHOICES, META) else path


def make_again(part: RemadePart) -> None:
    """Write a part as it was.

    Raises:
        QuantsigError: what it follows from is not whole, or not known.
    """
    kind = kind_of(part.name)
    if kind not in WAYS:
        raise _not_made("nothing in the run makes it.", part.run.path)
    WAYS[kind](part)


def _calibration(part: RemadePart) -> None:
    run = part.run
    record = calibration_of(run.predictions(), run.event, run.calendar)
    with sealing(run.path) as stage:
        write_calibration(stage / CALIBRATION, record)


def _predictions(part: RemadePart) -> None:
    run = part.run
    asked = {"event": openings.OPENING, "run_id": run.run_id}.items()
    opened = any(
        asked <= line.items() and line.get("use") != openings.BARS
        for line in read_ledger(run.runs_folder)
    )
    write_predictions_again(run, opened=opened)


def _baselines(part: RemadePart) -> None:
    from quantsig.signals.training.comparison import write_baselines  # noqa: PLC0415 - trains
    from quantsig.signals.training.tracking.record import planned  # noqa: PLC0415

    write_baselines(part.run, part.run.samples(), planned(part.run.config()))


def _choice_table(part: RemadePart) -> None:
    home = part.run.path
    if f"{part.name}.json" in part.lost or not (home / f"{part.name}.json").is_file():
        raise _not_made("a choice is made by a rule alone.", home)
    name = Path(part.name).name
    write_choice_table(part.run, next(one for one in part.run.choices() if one.trial_id == name))


def _second_model(part: RemadePart) -> None:
    if Path(part.name).name != part.second_model().trial_id:
        raise _not_made("it is the second model of another choice.", part.run.path)


def _signals(part: RemadePart) -> None:
    """With the word of the second model where they had it, which their hash tells."""
    run, choice = part.run, part.choice
    if choice.test is None:
        raise _not_made("nothing was opened for them.", run.path)
    before = open_seal(run.path).files.get(SIGNALS)
    write_signals_again(run, choice)
    if (run.path / META).exists() and open_seal(run.path).files[SIGNALS] != before:
        write_signals_again(run, choice, part.second_model())


def _export(part: RemadePart) -> None:
    write_rows(part.run.path / part.name, part.run.signals(), EXPORTS[part.name])


def _sweep(part: RemadePart) -> None:
    run, record = part.run, f"{SWEEP}/{SWEEP_RECORD}"
    if record not in part.lost and (run.path / record).is_file():
        swept, told = read_sweep(run.path / record), (run.path / record).read_bytes()
        sweep_run(run, swept.grid, swept.execution, job=SweepJob(force=True))
        with sealing(run.path) as stage:  # how long it took is of the first time
            atomic.write_bytes(stage / record, told)
        return
    kept, source = part.line("sweep")["settings"], run.runs_folder / LEDGER
    spec = record_of(kept["grid"], SweepSpec, source, remedy=REMEDY)
    execution = record_of(kept["execution"], Execution, source, remedy=REMEDY)
    sweep_run(run, spec, execution, job=SweepJob(force=True))


def _backtest(part: RemadePart) -> None:
    """Its figures are held against what was tried before it, as they were."""
    run, folder = part.run, part.run.path / part.name
    split = part.name.removeprefix(BACKTEST).removeprefix("-") or "test"
    line = part.line("backtest", split=split)
    settings = settings_in(line, run.runs_folder / LEDGER)
    if settings is None or split == "bars":
        raise _not_made("it is made with a file that was named.", folder)
    stats = f"{part.name}/{STATS}"
    told = None
    if stats not in part.lost and (run.path / stats).is_file():
        read_stats(run.path / stats)
        told = (run.path / stats).read_bytes()
    period = open_period(run, split, bars_beside=settings.bars_beside)
    made = traded_run(run, period, settings, line=line)
    with sealing(run.path, whole=part.name) as stage:
        write_backtest(stage / part.name, made)
        if told is not None:
            atomic.write_bytes(stage / stats, told)


def _not_made(why: str, where: Path) -> DataError:
    return DataError(why, where=str(where), remedy="Make it with its own command.")


WAYS: Mapping[str, Callable[[RemadePart], object]] = {  # in the order in which they follow
    CALIBRATION: _calibration,
    PREDICTIONS: _predictions,
    BASELINES: _baselines,
    CHOICES: _choice_table,
    THRESHOLDS: lambda part: write_table(part.run, part.choice.cost_fraction, part.beta),
    THRESHOLD_GROUPS: lambda part: write_groups(
        part.run, part.run.thresholds(), part.choice.cost_fraction, part.beta
    ),
    META: _second_model,
    SIGNALS: _signals,
    **dict.fromkeys(EXPORTS, _export),
    SWEEP: _sweep,
    BACKTEST: _backtest,
    AUDIT: lambda part: audit_run(part.run),
}
