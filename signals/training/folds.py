"""Train a run's plan on every fold, and keep what each model says of the rows it never saw."""

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from torch import nn

from quantsig.data.errors import DataError, QuantsigError
from quantsig.data.folds import Fold, Folding
from quantsig.data.identity import identity_text
from quantsig.data.language.messages import phrase, term
from quantsig.data.samples.store import SampleSet
from quantsig.data.storage import atomic, checksums, leftovers, parquet
from quantsig.data.storage.records import read_record, write_record
from quantsig.data.storage.resuming import plain_work, resuming_folder
from quantsig.data.tasks.run import run_tasks
from quantsig.data.tasks.task import Hear, Task
from quantsig.signals.calibration.calibrators import Calibrator, calibrator_numbers
from quantsig.signals.calibration.fit import fit_calibrator
from quantsig.signals.calibration.uncalibrated import Uncalibrated
from quantsig.signals.inputs import INPUTS
from quantsig.signals.layout import CALIBRATION_ROWS, FOLD, FOLDS, PREDICTIONS, STATE, fold_place
from quantsig.signals.ledger import Entry
from quantsig.signals.models import find_model
from quantsig.signals.models.ensemble import Ensemble
from quantsig.signals.runs import Run, trial_id
from quantsig.signals.scoring.scores import Scores, refuse_not_finite
from quantsig.signals.seal import home_of, sealed, take_in
from quantsig.signals.significance.label_days import times_of
from quantsig.signals.training.ensemble import member_folder, member_plans
from quantsig.signals.training.fit import as_begun, fit_setup
from quantsig.signals.training.out_of_fold import OutOfFold
from quantsig.signals.training.parity import final_scorer
from quantsig.signals.training.problem import pose
from quantsig.signals.training.settings import Plan
from quantsig.signals.training.setup import TrainingSetup, set_up
from quantsig.signals.training.tracking.callbacks import Callbacks, heard, telling
from quantsig.signals.training.tracking.launch import PLAIN, Launch
from quantsig.signals.training.tracking.record import identity, planned
from quantsig.signals.training.tracking.workers import ComputeSettings, computed_here, workers_for

SCHEMA = "quantsig.fold/1"
INDEX_COLUMNS = (
    "sample_id",
    "symbol",
    "decision_time",
    "label_end",
    "label",
    "forward_return",
    "direction",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class FoldWork:
    """Where folds are trained, and what is made of their scores."""

    home: Path  # a folder that holds nothing but these folds
    key: str  # names samples, plan and folds
    calibrates: bool = True  # else probabilities are the scores as they come


@dataclass(frozen=True, kw_only=True, slots=True)
class FoldTask:
    """A fold that a worker trains."""

    samples: SampleSet
    plan: Plan
    fold: Fold
    folds: int  # that there are
    work: FoldWork
    computed: ComputeSettings

    @property
    def place(self) -> Path:
        """Where it is kept."""
        return fold_place(self.work.home, self.fold.number)


@dataclass(frozen=True, kw_only=True, slots=True)
class FoldRecord:
    """All of fold.json."""

    number: int
    tested: tuple[int, ...]  # stretches of time
    samples: Mapping[str, int]  # rows of each part
    calibrator: Mapping[str, Any]  # as `calibrator_numbers` gives it
    files: Mapping[str, str]  # SHA-256 by name


def predict_folds(
    run: Run,
    folding: Folding,
    *,
    before: str = "test",
    device: str = "auto",
    callbacks: Callbacks | None = None,
) -> OutOfFold:
    """Out-of-fold predictions of a run's plan, from the run's folder where they are there already.

    The folds are cut from the rows before a split alone. Each is trained, its best
    epoch chosen and its probabilities calibrated on its own rows. What was cut short goes on
    when it is called again. The ledger counts each way of folding once.

    Args:
        run: whose samples, settings and splits are used.
        folding: how the rows are cut.
        before: the split whose rows, and all later ones, no fold sees: test, or calibration for
            what is to be judged, or a threshold chosen for, there.
        device: auto, cpu or cuda.
        watch: who is told how it goes.

    Raises:
        DataError: there are too few rows, or the event never or always happens in a part of a
            fold; before any is trained.
        IntegrityError: a stored prediction is not what was written.
    """
    run.refuse_untrained("its model cannot be trained on folds")
    samples = run.samples()
    plan = planned(run.config())
    folds = cut_folds(samples, plan, folding, samples.ended_before(run.splits, before))
    untouched = [] if before == "test" else [before]
    key = trial_id(identity(samples, plan, run.splits), identity_text(folding), *untouched)
    home = run.path / FOLDS / f"{folding.name}-{key}"
    frame = train_folds(
        samples,
        plan,
        folds,
        FoldWork(home=home, key=key, calibrates=run.calibrates),
        launch=Launch(device=device, callbacks=callbacks or Callbacks()),
    )
    _count(run, key, folding)
    return OutOfFold(run=run, trial_id=key, folds=folds, frame=frame)


def cut_folds(
    samples: SampleSet, plan: Plan, folding: Folding, rows: pl.DataFrame
) -> tuple[Fold, ...]:
    """The folds of some rows, which stay away from what a plan's model is shown of any symbol.

    Args:
        samples: whose rows these are.
        plan: whose model reads them.
        folding: how they are cut.
        rows: of the index.

    Raises:
        DataError: there are too few rows.
    """
    since = INPUTS[find_model(plan.train.model).reads].since
    if since is not None and samples.drawn:
        ids = rows["sample_id"].cast(pl.Int64).to_numpy()
        shown = pl.Series(since(samples, ids, plan.input))
        rows = rows.with_columns(window_start=shown.cast(rows.schema["window_start"]))
    return tuple(folding.split(rows))


def train_folds(
    samples: SampleSet,
    plan: Plan,
    folds: Sequence[Fold],
    work: FoldWork,
    launch: Launch = PLAIN,
) -> pl.DataFrame:
    """Train each fold that is not at home yet, and read what all of them say of tested rows.

    Args:
        samples: that the folds were cut from.
        plan: trained in every fold.
        folds: rows to learn from and to test.
        work: where the folds are kept, and whether their scores are calibrated.
        launch: where it runs, and who is told.

    Returns:
        The frame of `OutOfFold`.

    Raises:
        DataError: the event never or always happens in a part of a fold; before any is trained.
        IntegrityError: a stored prediction is not what was written.
    """
    listener, home = launch.callbacks, work.home
    for fold in folds:
        leftovers.recover(fold_place(home, fold.number))
    missing = [fold for fold in folds if not (fold_place(home, fold.number) / FOLD).is_file()]
    check_folds(samples, missing, plan, launch.device)
    if len(missing) < len(folds):
        listener.tell(
            phrase(
                "{done} of {folds} folds are trained already",
                done=len(folds) - len(missing),
                folds=len(folds),
            )
        )
    computed = computed_here(launch)
    work = replace(work, home=home.absolute())
    tasks = [
        FoldTask(
            samples=samples, plan=plan, fold=fold, folds=len(folds), work=work, computed=computed
        )
        for fold in missing
    ]
    named = [Task(name=_name(one.fold), work=one) for one in tasks]
    on = workers_for(plan, launch)
    for place in run_tasks(train_fold, named, on=on, hear=heard(listener)):
        run = home_of(place)
        if run:
            take_in(run, place.relative_to(run.absolute()).as_posix())
    return pl.concat([tested_rows(fold_place(home, fold.number)) for fold in folds])


def train_fold(task: FoldTask, hear: Hear) -> Path:
    """Train one fold, wherever it is asked for; gives where it is kept."""
    listener, number = telling(hear, task.computed.stop_within_s), task.fold.number
    listener.tell(phrase("fold {number} of {folds}", number=number + 1, folds=task.folds))
    with task.computed.again():
        setups = [
            _setup(task.samples, task.fold, one, task.computed.device)
            for one in member_plans(task.plan)
        ]
        _train(task, setups, listener)
    return task.place


def check_folds(samples: SampleSet, folds: Iterable[Fold], plan: Plan, device: str) -> None:
    """Check everything that can be checked before any fold is trained.

    Raises:
        ConfigError: settings contradict each other.
        DataError: the event never or always happens in a part of a fold.
    """
    list(fold_setups(samples, folds, plan, device))


def fold_setups(
    samples: SampleSet, folds: Iterable[Fold], plan: Plan, device: str
) -> Iterator[TrainingSetup]:
    """The training of each fold, set up and checked; see `check_folds`."""
    for fold in folds:
        yield _setup(samples, fold, plan, device)


def take_over(sources: Sequence[Path], folds: Sequence[Fold], home: Path) -> None:
    """Copy folds that are not in `home` yet from folders of folds that were trained alike.

    One whose files are not what was written is left; it is trained again.
    """
    for fold in folds:
        place = fold_place(home, fold.number)
        found = (fold_place(source, fold.number) for source in sources)
        whole = next((one for one in found if _whole(one)), None)
        if whole and not place.exists():
            with atomic.replacing_folder(place) as folder:
                shutil.copytree(whole, folder, dirs_exist_ok=True)


def _whole(place: Path) -> bool:
    try:
        for name in (PREDICTIONS, CALIBRATION_ROWS):
            _read(place, name)
    except QuantsigError:
        return False
    return True


def _setup(samples: SampleSet, fold: Fold, plan: Plan, device: str) -> TrainingSetup:
    """The training setup of one fold, checked."""
    try:
        return set_up(pose(samples, fold.ids), plan, device)
    except DataError as error:
        raise type(error)(
            phrase("{task}: {what}", task=term(_name(fold)), what=term(error.what)),
            where=error.where,
            remedy=error.remedy,
        ) from error


def _name(fold: Fold) -> str:
    return phrase("fold {number}", number=fold.number + 1)


def _train(task: FoldTask, setups: Sequence[TrainingSetup], callbacks: Callbacks) -> None:
    """Train, calibrate and score one fold; the model itself is not kept."""
    work, fold = task.work, task.fold
    samples, place = setups[0].samples, task.place
    made_from = {"samples, plan and folds": f"{work.key} {fold.number}"}
    with resuming_folder(place, plain_work("fold", made_from)) as folder:
        setups = [as_begun(one, member_folder(folder, one.plan), callbacks) for one in setups]
        models = list(_models(folder, setups, callbacks))
        together = Ensemble(models, returns=setups[0].record.returns)
        model = models[0] if len(models) == 1 else together
        scorer, _ = final_scorer(setups[0], model)
        known = scorer.scores(samples, fold.calibration)
        calibrator = _calibrator(setups[0], fold, known) if work.calibrates else Uncalibrated()
        scores = scorer.scores(samples, fold.test)
        refuse_not_finite(scores, f"fold {fold.number + 1}, the rows it tests")
        tested = _rows(samples, fold, fold.test, scores, calibrator).insert_column(
            1, pl.Series("stretch", fold.stretches, pl.Int64)
        )
        parquet.write_parquet(folder / PREDICTIONS, tested)
        seen = _rows(samples, fold, fold.calibration, known, calibrator)
        parquet.write_parquet(folder / CALIBRATION_ROWS, seen)
        record = FoldRecord(
            number=fold.number,
            tested=tuple(fold.tested),
            samples={name: len(ids) for name, ids in fold.ids.items()},
            calibrator=calibrator_numbers(calibrator),
            files={
                name: checksums.sha256_of(folder / name) for name in (PREDICTIONS, CALIBRATION_ROWS)
            },
        )
        write_record(folder / FOLD, record, SCHEMA)


def _calibrator(setup: TrainingSetup, fold: Fold, scores: Scores) -> Calibrator:
    """Fitted on the fold's calibration rows and what became of them."""
    times = times_of(setup.samples.index.gather(fold.calibration), setup.samples.calendar)
    happened = setup.problem.happened[fold.calibration]
    return fit_calibrator(scores.long, happened, times).calibrator


def _rows(
    samples: SampleSet, fold: Fold, ids: NDArray[np.int64], scores: Scores, calibrator: Calibrator
) -> pl.DataFrame:
    """Index rows of scored samples with what the fold's model says of them."""
    return (
        samples.index.select(INDEX_COLUMNS)
        .gather(ids)
        .select(
            pl.lit(fold.number, pl.Int64).alias("fold"),
            *INDEX_COLUMNS,
            *scores.columns(),
            pl.Series("probability", calibrator.probability(scores.long), pl.Float64),
        )
    )


def _models(
    folder: Path, setups: Sequence[TrainingSetup], callbacks: Callbacks
) -> Iterator[nn.Module]:
    """The model of each seed; the resumable states go once all are trained."""
    places = [member_folder(folder, setup.plan) for setup in setups]
    for place, setup in zip(places, setups, strict=True):
        (place / STATE).mkdir(parents=True, exist_ok=True)
        _, model = fit_setup(setup, place, callbacks)
        yield model
    for place in places:
        shutil.rmtree(place / STATE)


def fold_record(place: Path) -> FoldRecord:
    """What a trained fold says of itself.

    Raises:
        DataError: another version wrote it.
        IntegrityError: it is damaged.
    """
    remedy = "Remove the folder; the fold is then trained again."
    return read_record(sealed(place / FOLD), FoldRecord, SCHEMA, remedy=remedy)


def calibration_rows(place: Path) -> pl.DataFrame:
    """What a fold's model says of the rows that its probabilities were calibrated on.

    Raises:
        IntegrityError: the file is not what was written.
    """
    return _read(place, CALIBRATION_ROWS)


def tested_rows(place: Path) -> pl.DataFrame:
    """What a fold's model says of the rows it was tested on, which it never saw.

    Raises:
        IntegrityError: the file is not what was written.
    """
    return _read(place, PREDICTIONS)


def _read(place: Path, name: str) -> pl.DataFrame:
    checksums.check_sha256(sealed(place / name), fold_record(place).files.get(name, ""))
    return parquet.read_parquet(place / name)


def _count(run: Run, key: str, folding: Folding) -> None:
    """Enter the folds in the ledger, where they are not in it yet."""
    more = {"run_id": run.run_id, "folding": folding.name}
    entry = Entry(event="folds", named={"trial_id": key}, more=more)
    take_in(run.path, FOLDS, entry)
