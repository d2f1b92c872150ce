"""Make a run of scores that a model of others gave: labelled, split, calibrated, and locked.

The run has no weights. Its sample set lies in it: bars and decisions, nothing that is drawn. The
scores of every row are kept; what became of the test rows is looked at when they are opened.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
import tomli_w

from quantsig.data.bars import CheckedBars
from quantsig.data.errors import DataError
from quantsig.data.label_spec import LabelSpec
from quantsig.data.samples.store import SampleSet
from quantsig.data.scores.placing import PlacedScores, place_scores
from quantsig.data.scores.sample_set import labelled_rows, write_scored_samples
from quantsig.data.scores.table import ScoreTable
from quantsig.data.split_spec import CALIBRATION, SplitSpec
from quantsig.data.splits import SPLIT
from quantsig.data.storage import atomic, parquet
from quantsig.signals.calibration.predictions import write_calibrated
from quantsig.signals.events import check_splits, long_event
from quantsig.signals.judging.given_scores import as_scores, scores_of
from quantsig.signals.judging.record import KEPT, SplitScores, config_of, record_of_scores
from quantsig.signals.judging.splits import given_splits, refuse_in_sample
from quantsig.signals.layout import CONFIG, RECORD, SCORED, SCORES
from quantsig.signals.ledger import Entry, read_ledger
from quantsig.signals.run_record import write_run_record
from quantsig.signals.runs import Run, open_run
from quantsig.signals.scoring.predictions import predictions_frame
from quantsig.signals.seal import seal_folder

STORED = ("sample_id", "score", "row", "known", "trained_until")


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgeSettings:
    """What scores are judged by.

    Attributes:
        label: what they are to foresee.
        splits: where rows do not name theirs.
        command: that judges them.
        force: replace a run that exists.
    """

    label: LabelSpec = field(default_factory=LabelSpec)
    splits: SplitSpec = field(default_factory=SplitSpec)
    command: str | None = None
    force: bool = False


PLAIN = JudgeSettings()


def judge(table: ScoreTable, bars: CheckedBars, out: Path, settings: JudgeSettings = PLAIN) -> Run:
    """Write the run of some scores.

    Args:
        table: the scores.
        bars: that they are about; every symbol and time that is to be traded.
        out: the run folder to make.
        settings: label and splits.

    Raises:
        DataError: rows break a rule, splits do not follow each other or are too small, or the
            event never or always happens in the calibration rows.
        CheckFailed: a row that is judged is decided before its model's training had ended.
        UsageError: `out` exists and is not to be replaced.
        IntegrityError: the ledger is not what was written.
    """
    home = out.absolute().parent
    read_ledger(home)  # one that is damaged is told before anything is written
    atomic.refuse_existing(out, force=settings.force)
    placed = place_scores(table, bars)
    index = labelled_rows(placed.rows, bars, settings.label)
    rows = placed.rows.rename({"label": "given_label"}).with_columns(
        index["sample_id", "label", "label_end"], score=as_scores(placed.rows["score"], table.kind)
    )
    given = given_splits(rows, settings.splits, table.source)
    if given.names is not None:
        index = index.with_columns(given.names)
    with atomic.replacing_folder(out, force=settings.force) as folder:
        samples = write_scored_samples(folder / SCORED, index, bars, settings.label)
        rows = rows.with_columns(samples.assigned(given.spec))
        _check(rows, samples, placed)
        parquet.write_parquet(folder / SCORES, rows.select(STORED))
        _calibrate(folder, rows, samples)
        split_scores = SplitScores(
            placed=placed, rows=rows, samples=samples, given=given, command=settings.command
        )
        atomic.write_text(folder / CONFIG, tomli_w.dumps(config_of(split_scores)))
        record = record_of_scores(folder, out.name, split_scores)
        write_run_record(folder / RECORD, record)
        more = {"run_id": record.run_id, "trial_id": record.trial_id}
        seal_folder(folder, home, out.name, Entry(event="judging", more=more))
    return open_run(out)


def _check(rows: pl.DataFrame, samples: SampleSet, placed: PlacedScores) -> None:
    """Refuse rows that were learnt from, and splits in which nothing can be calibrated or judged.

    Validation rows may be few or none: nothing was chosen by them here.
    """
    source = placed.table.source
    refuse_in_sample(rows, source)
    events = long_event(samples.classes).happened(rows["label"].fill_null(np.nan).to_numpy())
    found = {
        name: events[(rows[SPLIT] == name).fill_null(False).to_numpy()]
        for name in (CALIBRATION, "test")
    }
    if not len(found[CALIBRATION]):
        if placed.table.kind == "score":
            raise DataError(
                "there are no calibration rows, and raw scores are no probabilities without them.",
                where=source,
                remedy="Give rows to calibrate on, or a column probability to have it taken as "
                "it is.",
            )
        del found[CALIBRATION]
    check_splits(found, source)


def _calibrate(folder: Path, rows: pl.DataFrame, samples: SampleSet) -> None:
    """Write the probabilities of what is not locked."""
    ids = rows[SPLIT].is_in(KEPT).fill_null(False).arg_true().to_numpy()
    scores = scores_of(rows["score"].gather(ids), samples.classes)
    predicted = predictions_frame(samples, rows[SPLIT], ids, scores)
    write_calibrated(folder, predicted, long_event(samples.classes), samples.calendar)
