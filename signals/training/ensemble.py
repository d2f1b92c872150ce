"""The same training from several seeds, whose models answer together."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from quantsig.signals.layout import SEEDS, WEIGHTS
from quantsig.signals.models.ensemble import Ensemble
from quantsig.signals.runs import Run
from quantsig.signals.scoring.checkpoints import load_model
from quantsig.signals.training.settings import Plan

COMPARED = ("loss", "average_precision", "roc_auc", "f1", "r2", "rank_correlation")


def member_plans(plan: Plan) -> list[Plan]:
    """A training for each seed, from `seed` up."""
    return [
        replace(plan, train=replace(plan.train, seed=plan.train.seed + number, seeds=1))
        for number in range(plan.train.seeds)
    ]


def member_folder(folder: Path, plan: Plan) -> Path:
    """Where the run of one seed stands in the run of all."""
    return folder / SEEDS / str(plan.train.seed)


def ensemble_of(runs: Sequence[Run]) -> nn.Module:
    """The models of runs that answer together."""
    return Ensemble(
        [load_model(run.path / WEIGHTS, run.model, run.record.files[WEIGHTS]) for run in runs],
        returns=runs[0].model.returns,
    )


def members_record(runs: Sequence[Run]) -> dict[str, Any]:
    """Each seed's figures on validation, and how far they lie apart (ddof 1)."""
    rows = []
    for run in runs:
        chosen = run.metrics().filter(split="validation", epoch=run.record.best_epoch)
        known = [name for name in COMPARED if name in chosen.columns]
        rows.append({"seed": run.record.seed, **chosen.select("epoch", *known).row(0, named=True)})
    spread = {
        name: {
            "mean": float(np.mean([row[name] for row in rows])),
            "std": float(np.std([row[name] for row in rows], ddof=1)),
        }
        for name in rows[0]
        if name in COMPARED and all(row[name] is not None for row in rows)
    }
    return {"members": rows, "spread": spread}
