"""Whether a model scores in bfloat16 as it does in float32, found out where no threshold looks."""

from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray
from torch import nn

from quantsig.signals.device import has_bf16
from quantsig.signals.metrics import event_metrics, regression_metrics
from quantsig.signals.training.journal import VALIDATION
from quantsig.signals.training.trial import Trial

LEAST_RANK_CORRELATION = 0.999
MOST_PRECISION_CHANGE = 0.005  # of average precision, either way


@dataclass(frozen=True, kw_only=True, slots=True)
class Parity:
    """How close scores in bfloat16 come to those in float32, over the same rows."""

    samples: int
    rank_correlation: float | None  # Spearman's rho; None where all scores of a side are one
    average_precision_fp32: float | None
    average_precision_bf16: float | None

    @property
    def holds(self) -> bool:
        """The order of the samples and its worth are the same, all but."""
        known = (self.rank_correlation, self.average_precision_fp32, self.average_precision_bf16)
        if any(figure is None for figure in known):
            return False
        correlation, before, after = (float(figure or 0.0) for figure in known)
        same_worth = abs(after - before) <= MOST_PRECISION_CHANGE
        return correlation >= LEAST_RANK_CORRELATION and same_worth

    def as_dict(self) -> dict[str, float | None]:
        """The figures by name."""
        return asdict(self)


def parity_of(
    happened: NDArray[np.bool_], fp32: NDArray[np.float64], bf16: NDArray[np.float64]
) -> Parity:
    """Compare scores of the same rows.

    Args:
        happened: (n,) whether the event happened.
        fp32: (n,) scores computed in float32.
        bf16: (n,) scores computed in bfloat16; numbers that are not finite never hold parity.
    """
    if not np.isfinite(bf16).all():
        bf16 = np.zeros_like(bf16)
    return Parity(
        samples=len(happened),
        rank_correlation=regression_metrics(fp32, bf16).rank_correlation,
        average_precision_fp32=event_metrics(happened, fp32).average_precision,
        average_precision_bf16=event_metrics(happened, bf16).average_precision,
    )


def settled_precision(trial: Trial, model: nn.Module) -> tuple[str, Parity | None]:
    """The one precision of every score that leaves a trained model.

    Where `speed.scoring` is `auto` that is bf16 if the device computes in it and it scores the
    validation rows as fp32 does; the comparison is then given, too.
    """
    if trial.plan.speed.scoring != "auto":
        return trial.scoring_precision, None
    if trial.model.fit or not has_bf16(trial.device):
        return "fp32", None
    parity = _measured(trial, model)
    return ("bf16" if parity.holds else "fp32"), parity


def _measured(trial: Trial, model: nn.Module) -> Parity:
    rows, scorer = trial.problem.ids[VALIDATION], trial.scorer(model)
    fp32, bf16 = (
        replace(scorer, precision=precision).scores(trial.samples, rows).long
        for precision in ("fp32", "bf16")
    )
    return parity_of(trial.problem.happened[rows], fp32, bf16)
