"""A run's model up to its probability as one graph, for ONNX."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from quantsig.data.errors import DataError, UsageError
from quantsig.data.language.messages import chained, phrase
from quantsig.signals.calibration.beta_map import BetaMap
from quantsig.signals.calibration.calibrators import Calibrator
from quantsig.signals.calibration.isotonic_map import TILT, IsotonicMap
from quantsig.signals.calibration.prior_shift import PriorShift
from quantsig.signals.calibration.sigmoid import Sigmoid
from quantsig.signals.events import Event
from quantsig.signals.inputs import INPUTS, feed_for
from quantsig.signals.models import find_model
from quantsig.signals.runs import Run
from quantsig.signals.scoring.scorer import open_scorer

INPUT, OUTPUTS = "inputs", ("outputs", "score", "probability")
NEEDED = ("onnx", "onnxscript")
LEAST_REST = 1e-12  # share of the rest below which the ratio of focal loss is 1


class ProbabilityGraph(nn.Module):
    """What `Scorer` and the calibrator compute in numpy, as a module: inputs to probability."""

    def __init__(
        self, model: nn.Module, event: Event, shift: PriorShift | None, calibrator: Calibrator
    ) -> None:
        super().__init__()
        self.model, self.event = model, event
        self.shift = shift if shift and shift.exact else None
        self.calibrator = calibrator
        if isinstance(calibrator, IsotonicMap):
            self.register_buffer("steps", torch.tensor(calibrator.scores, dtype=torch.float64))
            levels = torch.tensor(calibrator.probabilities, dtype=torch.float64)
            self.register_buffer("levels", levels)

    def forward(self, inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Inputs (B, ...) to raw outputs (B, K), score (B,) and probability (B,) of the event."""
        outputs = self.model(inputs).double()
        score = self._corrected(self._score(outputs))
        return outputs, score, self._probability(score)

    def _score(self, outputs: torch.Tensor) -> torch.Tensor:
        event = self.event
        if not event.classes:
            return event.sign * outputs[:, event.column]
        rest = [number for number in range(event.classes) if number != event.number]
        return outputs[:, event.number] - outputs[:, rest].logsumexp(dim=1)

    def _corrected(self, score: torch.Tensor) -> torch.Tensor:
        """See `PriorShift.correct` and `focal_log_odds`."""
        if self.shift is None:
            return score
        gamma = self.shift.gamma
        if gamma:
            bent = (_log1p(gamma * _log_ratio(-score))) - _log1p(gamma * _log_ratio(score))
            score = (1.0 + gamma) * score + bent
        return score - self.shift.log_odds

    def _probability(self, score: torch.Tensor) -> torch.Tensor:
        found = self.calibrator
        if isinstance(found, Sigmoid):
            return torch.sigmoid(found.slope * score + found.intercept)
        if isinstance(found, BetaMap):
            scaled = score / found.scale
            low, high = -_softplus(-scaled), _softplus(scaled)
            return torch.sigmoid(found.a * low + found.b * high + found.c)
        if isinstance(found, IsotonicMap):
            level = self._interpolated(score)
            return (1.0 - TILT) * level + TILT * torch.sigmoid(score / found.scale)
        return torch.sigmoid(score)

    def _interpolated(self, score: torch.Tensor) -> torch.Tensor:
        """As `numpy.interp`: linear between the steps, constant beyond them."""
        steps, levels = self.steps, self.levels
        assert isinstance(steps, torch.Tensor)
        assert isinstance(levels, torch.Tensor)
        if len(steps) == 1:
            return levels.expand(len(score))
        place = (score[:, None] >= steps[1:-1]).sum(dim=1)
        low, high = steps[place], steps[place + 1]
        share = ((score - low) / (high - low)).clamp(0.0, 1.0)
        return levels[place] + share * (levels[place + 1] - levels[place])


def refuse_without_onnx() -> None:
    """Raise a UsageError where the packages that write ONNX are not installed."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise UsageError(
            phrase("writing ONNX needs {missing}.", missing=chained("{one} and {other}", missing)),
            where="`onnx`",
            remedy="Install them: pip install onnx onnxscript onnxruntime",
        )


def graph_of(run: Run) -> ProbabilityGraph:
    """The graph of a run, on the CPU in single precision as far as its model.

    Raises:
        DataError: the run was made of scores, or its model reads several parts.
        IntegrityError: the weights are not what was written.
    """
    scorer = open_scorer(run, "cpu")
    if len(INPUTS[scorer.reads].parts(run.model.shape)) > 1:
        raise DataError(
            phrase(
                "{name} does not read one array a sample, as ONNX here has it.", name=run.model.name
            ),
            where=str(run.path),
            remedy="Export a run of a model that reads planes or a sequence.",
        )
    return ProbabilityGraph(scorer.model, run.event, scorer.shift, run.calibrator()).eval()


def inputs_of(run: Run, sample_ids: np.ndarray) -> np.ndarray:
    """(n, ...) what a run's model reads of samples: planes of zeros and ones, or sequences."""
    reads = find_model(run.model.name).reads
    feed = feed_for(run.samples(), torch.device("cpu"), reads, run.model.input)
    out = np.empty((len(sample_ids), *feed.shape), feed.dtype)
    feed.draw(sample_ids, out)
    return out


def write_onnx(target: Path, graph: ProbabilityGraph, inputs: np.ndarray) -> None:
    """Write a graph as ONNX, for any number of samples.

    Args:
        target: the file.
        graph: of a run.
        inputs: (B, ...) two samples or more, of the type that the model reads.

    Raises:
        DataError: the model computes what ONNX has no words for.
    """
    shapes: Any = ({0: torch.export.Dim.DYNAMIC},)
    try:
        program = torch.onnx.export(
            graph,
            (torch.from_numpy(inputs),),
            dynamo=True,
            input_names=[INPUT],
            output_names=list(OUTPUTS),
            dynamic_shapes=shapes,
            verbose=False,
        )
        assert program is not None
        program.save(target, external_data=False)
    except torch.onnx.errors.OnnxExporterError as error:
        raise DataError(
            phrase(
                "this model cannot be written as ONNX: {reason}", reason=str(error).splitlines()[0]
            ),
            where=type(graph.model).__name__,
            remedy="Export a run of another model.",
        ) from error


def _softplus(values: torch.Tensor) -> torch.Tensor:
    return torch.logaddexp(values, torch.zeros_like(values))


def _log1p(values: torch.Tensor) -> torch.Tensor:
    return torch.log(1.0 + values)


def _log_ratio(score: torch.Tensor) -> torch.Tensor:
    """-v log v / (1 - v) of v = 1 / (1 + exp(-score)); 1 where v is 1."""
    v, rest = torch.sigmoid(score), torch.sigmoid(-score)
    sure = rest < LEAST_REST
    ratio = v * _softplus(-score) / torch.where(sure, torch.ones_like(rest), rest)
    return torch.where(sure, torch.ones_like(ratio), ratio)
