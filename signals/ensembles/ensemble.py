"""Make a run of several that score the same rows: averaged, calibrated anew, and locked."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import tomli_w

from quantsig.data.language.messages import Message
from quantsig.data.split_spec import CALIBRATION
from quantsig.data.splits import SPLIT
from quantsig.data.storage import atomic, checksums, parquet
from quantsig.data.storage.records import without_none
from quantsig.signals import layout
from quantsig.signals.calibration.predictions import write_calibrated
from quantsig.signals.calibration.uncalibrated import NOTE
from quantsig.signals.ensembles.mean import mean_of
from quantsig.signals.ensembles.members import COMPARED, Members, find_members, keep_member
from quantsig.signals.events import long_event
from quantsig.signals.ledger import ENSEMBLE, Entry, read_ledger
from quantsig.signals.messages import SignalsSentence
from quantsig.signals.metrics import event_metrics, regression_metrics
from quantsig.signals.run_record import (
    BestEpoch,
    EnsembleMember,
    RunRecord,
    sample_source,
    write_run_record,
)
from quantsig.signals.runs import Run, open_run, trial_id
from quantsig.signals.scoring.predictions import predictions_frame
from quantsig.signals.scoring.scores import refuse_not_finite, scores_in
from quantsig.signals.seal import seal_folder
from quantsig.signals.shape import ModelRecord

MODEL = "ensemble"  # in place of the name of a model
VALIDATION = "validation"
NOT_LOCKED = (VALIDATION, CALIBRATION)
FILES = (layout.METRICS, layout.PREDICTIONS, layout.CALIBRATION, layout.CONFIG)


def ensemble(
    paths: Sequence[Path], out: Path, *, command: str | None = None, force: bool = False
) -> Run:
    """Write the run that is the mean of others.

    Its score is the log-odds of the mean of their calibrated probabilities, equally weighted (of
    returns the mean of what they foresee), calibrated anew on the calibration rows. Nothing is
    trained, and no test row is looked at.

    Args:
        paths: of the members, two or more.
        out: the run folder to make.
        command: that makes it.
        force: replace a run that exists.

    Raises:
        UsageError: there is one member alone, or one twice; or `out` exists and is not to be
            replaced.
        DataError, CheckFailed, IntegrityError: as `find_members`.
    """
    home = out.absolute().parent
    read_ledger(home)  # one that is damaged is told before anything is written
    atomic.refuse_existing(out, force=force)
    members = find_members(paths)
    rows = _averaged(members)
    with atomic.replacing_folder(out, force=force) as folder:
        kept = tuple(
            keep_member(folder, out, number, run) for number, run in enumerate(members.runs)
        )
        write_calibrated(
            folder, rows, long_event(members.samples.classes), members.samples.calendar
        )
        figures = _figures(members, rows)
        measured = {"epoch": 0, "split": VALIDATION, **figures}
        parquet.write_parquet(folder / layout.METRICS, pl.DataFrame([measured]))
        atomic.write_text(folder / layout.CONFIG, tomli_w.dumps(_config(out, members, kept)))
        record = _record(folder, out, members, kept)
        best = {name: BestEpoch(value=value, epoch=0) for name, value in figures.items()}
        record = replace(record, command=command, best=best)
        write_run_record(folder / layout.RECORD, record)
        said = [{"run_id": one.run_id, "trial_id": one.trial_id} for one in kept]
        more = {"run_id": record.run_id, "trial_id": record.trial_id, "members": said}
        seal_folder(folder, home, out.name, Entry(event=ENSEMBLE, more=more))
    return open_run(out)


def _averaged(members: Members) -> pl.DataFrame:
    """The rows that are not locked, as the members score them together."""
    known = [run.predictions().filter(pl.col(SPLIT).is_in(NOT_LOCKED)) for run in members.runs]
    ids = known[0].select("sample_id")
    each = [ids.join(rows, on="sample_id", how="left", maintain_order="left") for rows in known]
    scores = [scores_in(rows) for rows in each]
    likely = [rows["probability"].to_numpy() for rows in each]
    mean = mean_of(scores, likely, members.samples.classes)
    refuse_not_finite(mean, str(members.widest.path))
    return predictions_frame(members.samples, members.split, ids.to_series().to_numpy(), mean)


def _figures(members: Members, rows: pl.DataFrame) -> dict[str, float | None]:
    """What the mean is worth on the validation rows."""
    judged = rows.filter(pl.col(SPLIT) == VALIDATION)
    score, label = judged["score"].to_numpy(), judged["label"].to_numpy()
    if not members.samples.classes:
        return regression_metrics(label.astype(np.float64), score).as_dict()
    happened = long_event(members.samples.classes).happened(label)
    found = event_metrics(happened, score).as_dict()
    return {name: found[name] for name in COMPARED if name in found}


def _config(out: Path, members: Members, kept: Sequence[EnsembleMember]) -> dict[str, Any]:
    """What it was made from, as the config.toml of a training says it."""
    manifest = members.samples.manifest
    drawn = {
        "stride_bars": manifest.stride_bars,
        "chart": manifest.chart.as_dict() if manifest.chart else None,
    }
    return {
        "samples": {**asdict(sample_source(out, members.samples)), **without_none(drawn)},
        "label": without_none(asdict(members.samples.label)),
        "splits": members.widest.splits.as_dict(),
        "ensemble": {"members": [one.path for one in kept]},
    }


def _record(
    folder: Path, out: Path, members: Members, kept: tuple[EnsembleMember, ...]
) -> RunRecord:
    """The record of the run that is filled in a folder and will have that name."""
    samples, widest = members.samples, members.widest
    before = widest.record
    named = trial_id(
        samples.manifest.fingerprint, sorted(one.trial_id for one in kept), widest.splits.as_dict()
    )
    versions = [run.record.features_version for run in members.runs]
    return RunRecord(
        run_id=f"{out.name}-{named[:6]}",
        trial_id=named,
        created=datetime.now(UTC).isoformat(),
        samples=sample_source(out, samples),
        calendar=samples.calendar,
        model=ModelRecord(name=MODEL, shape=before.model.shape, returns=not samples.classes),
        classes=samples.classes,
        chart=before.chart,
        drawing_version=before.drawing_version,
        features_version=next((one for one in versions if one is not None), None),
        label=before.label,
        splits=widest.splits,
        cut_times=before.cut_times,
        loss="",
        epochs=0,
        seed=0,
        best_epoch=0,
        baselines=before.baselines,
        warnings=tuple(_warnings(widest, kept)),
        ensemble=kept,
        files={name: checksums.sha256_of(folder / name) for name in FILES},
    )


def _warnings(widest: Run, kept: Sequence[EnsembleMember]) -> list[Message]:
    """What may make every figure too good."""
    opened = [one.run_id for one in kept if one.opened]
    said: list[Message] = []
    if opened:
        said.append(SignalsSentence.MEMBERS_WERE_OPENED(n=len(opened), names=", ".join(opened)))
    if not widest.calibrates:
        said.append(NOTE)
    return said
