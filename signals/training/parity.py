"""Whether a model scores in 16 bits as it does in float32, found out where no threshold looks."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray
from torch import nn

from quantsig.data.language.messages import Message
from quantsig.signals.messages import SignalsSentence
from quantsig.signals.metrics import event_metrics, regression_metrics
from quantsig.signals.scoring.device import has_bf16
from quantsig.signals.scoring.scorer import Scorer
from quantsig.signals.training.problem import Ids
from quantsig.signals.training.setup import TrainingSetup
from quantsig.signals.training.tracking.history import VALIDATION, History

LEAST_RANK_CORRELATION = 0.999
MOST_PRECISION_CHANGE = 0.005  # of average precision, either way
MOST_SPREAD_CHANGE = 0.05  # of the scores' standard deviation, either way
EPOCH_ROWS = 256  # validation rows that are compared before an epoch is judged

Floats = NDArray[np.float64]
ScoresIn = Callable[[Ids, str], Floats]  # (n,) of rows, computed in a precision


@dataclass(frozen=True, kw_only=True, slots=True)
class Parity:
    """How close scores in 16 bits come to those in float32, over the same rows."""

    precision: str  # bf16 or fp16
    samples: int
    rank_correlation: float | None  # Spearman's rho; None where all scores of a side are one
    spread_ratio: float | None  # standard deviation over that in fp32; None where that has none
    average_precision_fp32: float | None
    average_precision: float | None  # in `precision`

    @property
    def same_scores(self) -> bool:
        """The order of the samples and how far apart they lie are the same, all but."""
        if self.rank_correlation is None or self.spread_ratio is None:
            return False
        same_spread = abs(self.spread_ratio - 1.0) <= MOST_SPREAD_CHANGE
        return self.rank_correlation >= LEAST_RANK_CORRELATION and same_spread

    @property
    def holds(self) -> bool:
        """The scores are the same, all but, and so is their worth."""
        if self.average_precision is None or self.average_precision_fp32 is None:
            return False
        change = abs(self.average_precision - self.average_precision_fp32)
        return self.same_scores and change <= MOST_PRECISION_CHANGE

    def as_dict(self) -> dict[str, float | str | None]:
        """The figures by name."""
        return asdict(self)

    def doubt(self) -> Message:
        """What a person is told where it does not hold."""
        figures = {
            "correlation": self.rank_correlation,
            "spread": self.spread_ratio,
            "found": self.average_precision,
            "fp32": self.average_precision_fp32,
        }
        written = {
            name: "-" if value is None else f"{value:.4g}" for name, value in figures.items()
        }
        return SignalsSentence.PARITY_LOST(
            precision=self.precision, samples=self.samples, **written
        )


def parity_of(
    happened: NDArray[np.bool_], fp32: Floats, other: Floats, precision: str = "bf16"
) -> Parity:
    """Compare scores of the same rows.

    Args:
        happened: (n,) whether the event happened.
        fp32: (n,) scores computed in float32.
        other: (n,) scores in 16 bits; numbers that are not finite never hold parity.
        precision: what the others were computed in.
    """
    if not np.isfinite(other).all():
        other = np.zeros_like(other)
    spread = float(fp32.std()) if np.isfinite(fp32).all() else 0.0
    return Parity(
        precision=precision,
        samples=len(happened),
        rank_correlation=regression_metrics(fp32, other).rank_correlation,
        spread_ratio=float(other.std()) / spread if spread else None,
        average_precision_fp32=event_metrics(happened, fp32).average_precision,
        average_precision=event_metrics(happened, other).average_precision,
    )


def final_scorer(
    setup: TrainingSetup, model: nn.Module, history: History | None = None
) -> tuple[Scorer, Parity | None]:
    """What turns samples into every score that leaves a trained model, in its one precision.

    16 bits are used only where they score the validation rows as fp32 does, whether they were
    asked for or are what the device takes by default.

    Args:
        setup: whose device and settings say what would be used.
        model: with its best weights.
        history: told where fp32 is used in place of what was asked for.

    Returns:
        The scorer, and the comparison where there was one.
    """
    scorer = setup.scorer(model)
    wanted = _wanted(setup)
    if wanted == "fp32":
        return replace(scorer, precision="fp32"), None

    def scores_in(rows: Ids, precision: str) -> Floats:
        return replace(scorer, precision=precision).scores(setup.samples, rows).long

    parity = _measured(setup, setup.problem.ids[VALIDATION], wanted, scores_in)
    if not parity.holds and history:
        history.note(parity.doubt())
    return replace(scorer, precision=wanted if parity.holds else "fp32"), parity


def judging_precision(setup: TrainingSetup, scores_in: ScoresIn) -> str:
    """The precision that an epoch's scores are computed in: fp32 where 16 bits change them."""
    wanted = setup.scoring_precision
    if wanted == "fp32":
        return wanted
    rows = setup.problem.ids[VALIDATION]
    few = rows[np.linspace(0, len(rows) - 1, min(EPOCH_ROWS, len(rows)), dtype=np.int64)]
    return wanted if _measured(setup, few, wanted, scores_in).same_scores else "fp32"


def _wanted(setup: TrainingSetup) -> str:
    """What would be scored in, were it the same as fp32."""
    if setup.model.fit:
        return "fp32"
    if setup.plan.speed.scoring == "auto":
        return "bf16" if has_bf16(setup.device) else "fp32"
    return setup.scoring_precision


def _measured(setup: TrainingSetup, rows: Ids, wanted: str, scores_in: ScoresIn) -> Parity:
    fp32, other = (scores_in(rows, precision) for precision in ("fp32", wanted))
    return parity_of(setup.problem.happened[rows], fp32, other, wanted)
