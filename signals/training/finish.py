"""What a finished training leaves in its run folder."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
from torch import nn

from quantsig.data.split_spec import CALIBRATION as CALIBRATION_SPLIT
from quantsig.data.split_spec import SplitSpec
from quantsig.data.storage import atomic, checksums, documents, parquet
from quantsig.signals.calibration.predictions import write_calibrated
from quantsig.signals.calibration.uncalibrated import NOTE
from quantsig.signals.layout import (
    CALIBRATION,
    CONFIG,
    ENVIRONMENT,
    METRICS,
    PREDICTIONS,
    RECORD,
    STATE,
    WEIGHTS,
)
from quantsig.signals.run_record import BestEpoch, RunRecord, write_run_record
from quantsig.signals.scoring.checkpoints import save_weights
from quantsig.signals.scoring.predictions import predictions_frame
from quantsig.signals.scoring.scorer import Scorer
from quantsig.signals.training.parity import final_scorer
from quantsig.signals.training.resume.state import (
    EPOCH,
    read_state,
    read_tensors,
    weights_of,
    write_tensors,
)
from quantsig.signals.training.setup import TrainingSetup
from quantsig.signals.training.tracking.environment import environment, peak_memory
from quantsig.signals.training.tracking.history import VALIDATION, History
from quantsig.signals.training.tracking.record import config, record

CHECKPOINTS, LAST = "checkpoints", "last"


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingResult:
    """What a training came to."""

    history: History
    model: nn.Module  # with the weights of its best epoch
    more: dict[str, Any] = field(default_factory=dict)  # for the record of the run


def write_run(
    folder: Path,
    out: Path,
    setup: TrainingSetup,
    splits: SplitSpec,
    fitted: TrainingResult,
) -> None:
    """Everything of the run folder; its record comes last and holds what `fitted` adds."""
    samples, plan = setup.samples, setup.plan
    history, model = fitted.history, fitted.model
    scorer, parity = final_scorer(setup, model, history)
    known = {
        **record(out, samples, plan, splits, setup.record, history.went_on),
        **fitted.more,
        "best_epoch": max(history.best_epoch, 0),  # what is fitted at once has one
        "best": {
            name: BestEpoch(value=one["value"], epoch=int(one["epoch"]))
            for name, one in history.best.items()
        },
        "baselines": history.judgement.lines.as_dict(),
        "alarms": history.alarms,
        "warnings": [*history.notes, *([] if splits.calibrates else [NOTE])],
        "went_on": history.went_on,
        "prediction_column": setup.loss.prediction_column,
        "prior_shift": setup.shift.as_dict() if setup.shift else None,
        "sampling": {
            "positive_share": setup.order.positive_share,
            "negatives_shown": setup.order.coverage(history.epochs),
        },
        "scoring_precision": scorer.precision,
        "scoring_device": setup.device.type,
        "threads": setup.threads,
        "scoring_parity": parity.as_dict() if parity else None,
    }
    settings = tomli_w.dumps(config(out, samples, plan, splits))
    atomic.write_text(folder / CONFIG, settings, private=True)
    surroundings = environment(setup.device, plan.train.seed) | peak_memory(setup.device)
    documents.write_json(
        folder / ENVIRONMENT, surroundings | {"seconds": history.state()["seconds"]}
    )
    save_weights(folder / WEIGHTS, model)
    parquet.write_parquet(folder / METRICS, history.metrics())
    _score_and_calibrate(folder, setup, splits, scorer)
    checkpoints = _keep_checkpoints(folder, history)
    names = (WEIGHTS, METRICS, PREDICTIONS, CALIBRATION, CONFIG, ENVIRONMENT)
    files = {name: checksums.sha256_of(folder / name) for name in names}
    write_run_record(folder / RECORD, RunRecord(**known, checkpoints=checkpoints, files=files))


def _score_and_calibrate(
    folder: Path, setup: TrainingSetup, splits: SplitSpec, scorer: Scorer
) -> None:
    """Score validation and calibration with the best weights; fit the calibrator on the latter."""
    samples, ids = setup.samples, setup.problem.ids
    scored = np.concatenate([ids[name] for name in (VALIDATION, CALIBRATION_SPLIT) if name in ids])
    scores = scorer.scores(samples, scored)
    rows = predictions_frame(samples, samples.assigned(splits), scored, scores)
    write_calibrated(folder, rows, setup.event, samples.calendar)


def _keep_checkpoints(folder: Path, history: History) -> dict[str, dict[str, Any]]:
    """The last weights and those that other figures chose.

    Returns:
        File, SHA-256, epoch and, of chosen ones, the figure by name.
    """
    state = folder / STATE
    found = read_state(state)
    if found is None:  # learnt at once, or by others
        return {}
    kept: dict[str, dict[str, Any]] = {}
    for name, stored in found[1].items():
        chosen = history.best.get(name)
        if name == history.settings.best_by[0] or not (chosen or name == EPOCH):
            continue
        tensors = read_tensors(state, stored)
        weights = tensors if chosen else weights_of(tensors)
        written = write_tensors(folder / CHECKPOINTS, name if chosen else LAST, weights)
        kept[name if chosen else LAST] = {
            "file": f"{CHECKPOINTS}/{written.file}",
            "sha256": written.sha256,
            **(chosen or {"epoch": found[0]["kept_epoch"]}),
        }
    return kept
