"""Out-of-fold rows of a walk that stand in for a run's calibration rows.

A walk of the run's samples and settings tests many more rows than the run calibrates on. Each is
scored by a model and a calibrator that never saw it, so what is promised on them is promised of
the procedure: of models trained and calibrated like the run's, fold by fold. The run's own model
is another one of these.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from quantsig.data.errors import CheckFailed, DataError, QuantsigError
from quantsig.data.language.messages import chained, phrase, term
from quantsig.signals.choice import ChosenWalk
from quantsig.signals.layout import CONFIG, FOLDS, WALK, fold_place
from quantsig.signals.runs import Run, find_walks
from quantsig.signals.thresholds.scored_rows import ScoredRows, rows_of
from quantsig.signals.training.folds import tested_rows
from quantsig.signals.training.settings import Plan
from quantsig.signals.training.tracking.record import NOT_TRIED, ONLY_KEPT, planned
from quantsig.signals.walk_record import WalkRecord, read_walk_record

NEWEST = "walk"  # names the newest walk that fits


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class WalkedRows:
    """Rows of a walk, each tested once.

    Attributes:
        folder: of the walk.
        record: its walk.json.
        frame: as `train_folds` reads them.
        rows: the same, with what happened to them.
    """

    folder: Path
    record: WalkRecord
    frame: pl.DataFrame
    rows: ScoredRows

    @property
    def named(self) -> ChosenWalk:
        """What a choice keeps of where it was made."""
        return ChosenWalk(
            walk_id=self.record.walk_id,
            folds_key=self.record.folds_key,
            scheme=self.record.scheme,
            folds=len(self.record.folds),
            samples=len(self.rows),
        )


def walked_rows(run: Run, named: str = NEWEST) -> WalkedRows:
    """The rows of a walk that was trained as the run was.

    Args:
        run: whose settings and samples the walk must have.
        named: the walk's folder, or "walk" for the newest that fits beside the run.

    Raises:
        DataError: the run was made of scores, there is no such walk, or it is of other samples,
            settings or splits, went through the locked test split, or tested rows several times.
        IntegrityError: a fold is not what was written.
    """
    run.refuse_untrained("no walk trains it")
    folder = _newest(run) if named == NEWEST else Path(named)
    record = _record(folder)
    why = misfit(run, record)
    if why:
        raise DataError(why, where=str(folder), remedy=_remedy(run))
    places = [fold_place(folder / FOLDS, fold.number) for fold in record.folds]
    frame = _as_the_run_scores(run, pl.concat([tested_rows(place) for place in places]))
    _refuse_locked(run, folder, frame)
    rows = rows_of(
        frame, run.happened(frame), where=f"{folder}, tested rows", calendar=run.calendar
    )
    return WalkedRows(folder=folder, record=record, frame=frame, rows=rows)


def _as_the_run_scores(run: Run, frame: pl.DataFrame) -> pl.DataFrame:
    """The rows with the run's raw probabilities where it fits none; walks of before fitted them."""
    if run.calibrates:
        return frame
    probability = run.calibrator().probability(frame["score"].to_numpy())
    return frame.with_columns(pl.Series("probability", probability, pl.Float64))


def misfit(run: Run, record: WalkRecord) -> str:
    """Why a walk's rows do not stand in for the run's, a sentence; empty where they do."""
    if record.samples.fingerprint != run.record.samples.fingerprint:
        return term("this walk is of other samples than the run.")
    if record.splits != run.splits:
        return term("this walk keeps other splits than the run.")
    other = _differing(planned(run.config()), planned(record.settings))
    if other:
        names = chained("{one} and another {other}", other)
        return phrase("this walk was trained with another {names} than the run.", names=names)
    if record.test_split != "locked":
        return term(
            "this walk went through the locked test split, so a choice on it has seen that."
        )
    if record.scheme == "combinatorial":
        return term("this walk tests rows several times, so they do not follow each other.")
    return ""


def _differing(mine: Plan, theirs: Plan) -> list[str]:
    """Names of settings, with their section, that make another training and differ."""
    other = asdict(theirs)
    return [
        f"{section}.{name}"
        for section, settings in asdict(mine).items()
        for name, value in settings.items()
        if section not in NOT_TRIED and name not in ONLY_KEPT and other[section][name] != value
    ]


def _newest(run: Run) -> Path:
    """The walk made last that fits, of those beside the run."""
    found, reasons = [], []
    for folder in find_walks(run.runs_folder):
        try:
            record = _record(folder)
        except QuantsigError:  # of another version; a named one says so
            continue
        why = misfit(run, record)
        if why:
            reasons.append(phrase("{name}: {why}", name=folder.name, why=why))
        else:
            found.append((datetime.fromisoformat(record.created), folder))
    if not found:
        none = term("there is no walk of this run's samples and settings.")
        raise DataError(
            chained("{one} {other}", [none, *reasons]),
            where=str(run.runs_folder),
            remedy=_remedy(run),
        )
    return max(found)[1]


def _record(folder: Path) -> WalkRecord:
    if not (folder / WALK).is_file():
        raise DataError(
            "there is no finished walk.",
            where=str(folder),
            remedy="Name a folder that quantsig walk wrote, or say walk for the newest that fits.",
        )
    return read_walk_record(folder / WALK)


def _refuse_locked(run: Run, folder: Path, frame: pl.DataFrame) -> None:
    """Raise where a label reaches into the run's test split."""
    opens = datetime.fromisoformat(str(run.record.cut_times[-1]))
    late = frame.filter(pl.col("label_end") >= opens).height
    if late:
        raise CheckFailed(
            phrase(
                "labels of {late} of the {rows} rows end in the run's locked test split.",
                late=late,
                rows=frame.height,
            ),
            where=str(folder),
            remedy="Walk again without `open_test`, on the samples that the run was trained on.",
        )


def _remedy(run: Run) -> str:
    train = planned(run.config()).train
    return phrase(
        "Walk with the run's settings: quantsig walk {samples} "
        "`model` {model} `epochs` {epochs} `seed` {seed}, "
        "and those of {settings} that are no defaults.",
        samples=run.record.samples.path,
        model=train.model,
        epochs=train.epochs,
        seed=train.seed,
        settings=run.path / CONFIG,
    )
