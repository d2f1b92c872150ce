"""What a judged run says of itself: where its scores came from, and what is not known of them."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from quantsig.data.language.messages import Message
from quantsig.data.samples.store import SampleSet
from quantsig.data.scores.placing import PlacedScores
from quantsig.data.split_spec import CALIBRATION
from quantsig.data.splits import SPLIT
from quantsig.data.storage import checksums, parquet
from quantsig.data.storage.records import Figures, without_none
from quantsig.signals import layout
from quantsig.signals.calibration.uncalibrated import NOTE
from quantsig.signals.events import long_event
from quantsig.signals.judging.remarks import doubts
from quantsig.signals.judging.splits import GivenSplits, near_training
from quantsig.signals.messages import SignalsSentence
from quantsig.signals.metrics import event_metrics
from quantsig.signals.run_record import (
    GivenLabels,
    JudgedScores,
    LaidScores,
    RunRecord,
    SampleSource,
)
from quantsig.signals.runs import trial_id
from quantsig.signals.shape import ModelRecord, ModelShape
from quantsig.signals.training.alarms import leak_suspicion
from quantsig.signals.training.settings import AlarmSettings

MODEL = "scores"  # in place of the name of a model
KEPT = ("validation", CALIBRATION)  # splits that are not locked
SAME = 1e-9  # how near two labels that are returns are the same
FILES = (layout.SCORES, layout.PREDICTIONS, layout.CALIBRATION, layout.CONFIG)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SplitScores:
    """Scores at bars with what became of them.

    Attributes:
        placed: as they were laid.
        rows: a row a sample: as `place_scores` gives them, with `label` and `label_end` of the
            settings, `given_label`, and `split` as it is used.
        samples: their sample set.
        given: where the splits come from.
        command: that judged them.
    """

    placed: PlacedScores
    rows: pl.DataFrame
    samples: SampleSet
    given: GivenSplits
    command: str | None


def config_of(found: SplitScores) -> dict[str, Any]:
    """Every setting as resolved; what is not set is left out."""
    options = asdict(found.placed.table.options)
    return {
        "samples": {"path": layout.SCORED, "fingerprint": found.samples.manifest.fingerprint},
        "label": without_none(asdict(found.samples.label)),
        "splits": found.given.spec.as_dict(),
        "scores": {"source": Path(found.placed.table.source).name, **without_none(options)},
    }


def record_of_scores(folder: Path, name: str, found: SplitScores) -> RunRecord:
    """The record of the run that is filled in a folder and will have that name."""
    samples, spec = found.samples, found.given.spec
    fingerprint = samples.manifest.fingerprint
    scores = checksums.sha256_of(folder / layout.SCORES)
    named = trial_id(fingerprint, scores, spec.as_dict())
    judged = judged_scores(found)
    locked_or_calibrated = found.rows.filter(pl.col(SPLIT).is_in([CALIBRATION, "test"]))
    said: list[Message] = [*doubts(judged, len(locked_or_calibrated))]
    return RunRecord(
        run_id=f"{name}-{named[:6]}",
        trial_id=named,
        created=datetime.now(UTC).isoformat(),
        samples=SampleSource(path=layout.SCORED, fingerprint=fingerprint),
        calendar=samples.calendar,
        model=ModelRecord(name=MODEL, shape=_shape(samples), returns=not samples.classes),
        classes=samples.classes,
        chart=None,
        label=samples.label,
        splits=spec,
        cut_times=tuple(
            cut.isoformat() if isinstance(cut, datetime) else cut for cut in samples.cut_times(spec)
        ),
        loss="",
        epochs=0,
        seed=0,
        command=found.command,
        best_epoch=0,
        alarms=tuple(alarms_of(parquet.read_parquet(folder / layout.PREDICTIONS), samples.classes)),
        warnings=(*said, *([] if spec.calibrates else [NOTE])),
        judged=judged,
        files={one: checksums.sha256_of(folder / one) for one in FILES},
    )


def judged_scores(found: SplitScores) -> JudgedScores:
    """What is known of the scores."""
    placed, table = found.placed, found.placed.table
    until = placed.rows["trained_until"]
    return JudgedScores(
        source=Path(table.source).name,
        column=table.column,
        kind=table.kind,
        rows=len(placed.rows),
        set_aside=placed.set_aside,
        laid=LaidScores(stamped=placed.stamped, **asdict(placed.delays)),
        splits_from=found.given.splits_from,
        trained_until=(str(until.min()), str(until.max())) if until.count() else None,
        near_training=near_training(found.rows),
        labels=given_labels(found.rows, found.samples.classes),
    )


def alarms_of(predictions: pl.DataFrame, classes: tuple[str, ...]) -> Iterator[Figures]:
    """A leak, where rows are ranked too well to be true; see `leak_suspicion`.

    Of the validation rows, as in a training, and where there are none of the calibration rows.

    Args:
        predictions: of `write_calibrated`.
        classes: of the label; of returns nothing can be told.
    """
    judged = next((name for name in KEPT if (predictions[SPLIT] == name).any()), None)
    if judged is None or not classes:
        return
    rows = predictions.filter(pl.col(SPLIT) == judged)
    happened = long_event(classes).happened(rows["label"].to_numpy())
    found = event_metrics(happened, rows["score"].to_numpy())
    precision, rate = found.average_precision, found.base_rate or 0.0
    alarm = leak_suspicion(precision, rate, int(happened.sum()), AlarmSettings())
    if alarm is not None:
        told = SignalsSentence.SCORES_TOO_PRECISE(precision=precision, rate=rate)
        message = told if judged == CALIBRATION else alarm.message
        yield {"epoch": 0, "kind": alarm.kind, "message": message}


def given_labels(rows: pl.DataFrame, classes: tuple[str, ...]) -> GivenLabels | None:
    """How the labels that came with scores compare with those of the settings.

    Args:
        rows: `given_label` as text: a class by its number or name, or a return; and `label`.
        classes: of the label; empty where it is a return.
    """
    numbers = {name: str(number) for number, name in enumerate(classes)}
    given = rows["given_label"].replace(numbers).cast(pl.Float64, strict=False)
    both = rows.with_columns(given).filter(given.is_not_null(), pl.col("label").is_not_null())
    if both.is_empty():
        return None
    apart = both.filter((pl.col("given_label") - pl.col("label")).abs() > SAME)
    first = None
    if len(apart):
        row = apart.sort("row").row(0, named=True)
        first = (
            f"row {row['row']}, {row['symbol']} {row['decision_time']}: {row['given_label']:g} "
            f"there, {row['label']:g} here"
        )
    return GivenLabels(compared=len(both), different=len(apart), first=first)


def _shape(samples: SampleSet) -> ModelShape:
    """One number of one row."""
    return ModelShape(
        planes=0,
        height=0,
        width=0,
        bar_pixels=1,
        outputs=max(len(samples.classes), 1),
        scaled_channels=1,
        scaled_bars=1,
    )
