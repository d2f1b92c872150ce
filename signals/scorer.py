"""A trained model with all that turns samples into scores of the event."""

from dataclasses import dataclass, field

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import nn

from quantsig.data.errors import DataError
from quantsig.data.progress import Progress, silent
from quantsig.data.samples.store import SampleSet
from quantsig.signals.checkpoints import load_model
from quantsig.signals.device import find_device
from quantsig.signals.events import Event, short_event
from quantsig.signals.feeds import feed_for
from quantsig.signals.forward import score
from quantsig.signals.models import Reads, channels_last, find_model
from quantsig.signals.prior_shift import PriorShift
from quantsig.signals.runs import WEIGHTS, Run
from quantsig.signals.shape import ModelShape, refuse_other_shape

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Scores:
    """Scores of samples, (n,) each: the higher, the likelier.

    Log-odds at the event's natural rate as far as the training's shift has a closed form; for
    regression the predicted return.
    """

    long: Floats  # of the event that a signal foresees
    short: Floats | None  # of a fall; None where the label knows none

    def columns(self) -> list[pl.Series]:
        """`score`, and where the label knows a fall `score_short`."""
        found = [pl.Series("score", self.long, pl.Float64)]
        if self.short is not None:
            found.append(pl.Series("score_short", self.short, pl.Float64))
        return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Scorer:
    """Scores the samples of any set that shows what the model was trained on."""

    model: nn.Module
    reads: Reads
    channels_last: bool  # order of pictures in memory
    event: Event
    short: Event | None
    shift: PriorShift | None
    precision: str = "fp32"
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    shape: ModelShape | None = None  # that the samples must have; None: they are those trained on

    def outputs(
        self,
        samples: SampleSet,
        sample_ids: NDArray[np.int64],
        progress: Progress = silent,
        *,
        threads: int | None = None,
    ) -> Floats:
        """Raw outputs (n, K).

        Pictures stand in memory as that kind of model is faster, however it was trained: the same
        bits come from the model in training and from its weights read again.

        Raises:
            DataError: the samples are of another shape than those trained on.
        """
        if self.shape:
            refuse_other_shape(self.shape, samples)
        order = torch.channels_last if self.channels_last else torch.contiguous_format
        return score(
            self.model.to(memory_format=order),
            samples,
            sample_ids,
            device=self.device,
            feed=feed_for(samples, self.device, self.reads),
            precision=self.precision,
            threads=threads,
            progress=progress,
        )

    def scores(
        self,
        samples: SampleSet,
        sample_ids: NDArray[np.int64],
        progress: Progress = silent,
        *,
        threads: int | None = None,
    ) -> Scores:
        """Scores of samples by their ids (n,); so many threads draw, None for one per core."""
        outputs = self.outputs(samples, sample_ids, progress, threads=threads)
        long = self.event.score(outputs)
        long = self.shift.correct(long) if self.shift else long
        return Scores(long=long, short=self._short(outputs, long) if self.short else None)

    def _short(self, outputs: Floats, long: Floats) -> Floats:
        """The score of a fall: of two classes, or of a return, it is the other side of a rise."""
        assert self.short is not None
        if self.short.classes in (0, 2):
            return -long
        if self.shift and self.shift.exact:  # the shift moved the odds of the rise alone
            outputs = outputs.copy()
            outputs[:, self.event.number] -= self.shift.log_odds
        return self.short.score(outputs)


def refuse_not_finite(scores: Scores, where: str) -> None:
    """Stop before a score that is no number passes for one above every threshold.

    Raises:
        DataError: a score is NaN or infinite.
    """
    wrong = int((~np.isfinite(scores.long)).sum())
    if wrong:
        raise DataError(
            f"{wrong} of {len(scores.long)} scores are not finite.",
            where=where,
            remedy="Train again with a lower learning rate.",
        )


def open_scorer(run: Run, device: str = "auto") -> Scorer:
    """The model of a run, ready to score.

    Raises:
        IntegrityError: the weights are not what was written.
        ResourceError: the device is not there.
    """
    record = run.record
    model = load_model(run.path / WEIGHTS, run.model, record["files"][WEIGHTS])
    kind, target = find_model(run.model.name), find_device(device)
    column = record.get("prediction_column", 0)
    shift = record.get("prior_shift")
    return Scorer(
        model=model,
        reads=kind.reads,
        channels_last=channels_last(kind, target),
        event=run.event,
        short=short_event(record["classes"], column),
        shift=PriorShift(**shift) if shift else None,
        precision=record.get("scoring_precision", "fp32"),
        device=target,
        shape=run.model.shape,
    )
