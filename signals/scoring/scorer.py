"""A trained model with all that turns samples into scores of the event."""

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from quantsig.data.errors import DataError
from quantsig.data.progress import Progress, silent
from quantsig.data.samples.store import SampleSet
from quantsig.data.sequences.spec import AS_CHARTED, SequenceSpec
from quantsig.signals.calibration.prior_shift import PriorShift
from quantsig.signals.events import Event, short_event
from quantsig.signals.inputs import INPUTS, Reads, feed_for
from quantsig.signals.inputs.feed import Feed
from quantsig.signals.inputs.held import HeldInputs
from quantsig.signals.layout import WEIGHTS
from quantsig.signals.models import channels_last, find_model
from quantsig.signals.runs import Run
from quantsig.signals.scoring.arithmetic import threads_again
from quantsig.signals.scoring.checkpoints import load_model
from quantsig.signals.scoring.device import find_device
from quantsig.signals.scoring.forward import Computing, score
from quantsig.signals.scoring.scores import Scores
from quantsig.signals.shape import ModelShape, refuse_other_shape

Floats = NDArray[np.float64]


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
    arithmetic_threads: int | None = None  # that add up; None: as torch was given
    input: SequenceSpec = AS_CHARTED  # of a model that reads sequences

    def held(self, samples: SampleSet, sample_ids: NDArray[np.int64]) -> HeldInputs:
        """What the model reads of samples by their ids (n,), for parts of it to be exchanged."""
        found: HeldInputs = INPUTS[self.reads].hold(samples, sample_ids, self.input)
        return found

    def outputs(
        self,
        samples: SampleSet,
        sample_ids: NDArray[np.int64],
        progress: Progress = silent,
        *,
        threads: int | None = None,
        feed: Feed | None = None,
    ) -> Floats:
        """Raw outputs (n, K), of what the samples show or of what a `feed` gives in its place.

        Pictures stand in memory as that kind of model is faster, however it was trained: the same
        bits come from the model in training and from its weights read again.

        Raises:
            DataError: the samples are of another shape than those trained on.
        """
        if self.shape:
            refuse_other_shape(self.shape, samples, self.input)
        order = torch.channels_last if self.channels_last else torch.contiguous_format
        return score(
            self.model.to(memory_format=order),
            samples,
            sample_ids,
            feed=feed or feed_for(samples, self.device, self.reads, self.input),
            progress=progress,
            computing=Computing(
                device=self.device,
                precision=self.precision,
                threads=threads,
                arithmetic_threads=self.arithmetic_threads,
            ),
        )

    def scores(
        self,
        samples: SampleSet,
        sample_ids: NDArray[np.int64],
        progress: Progress = silent,
        *,
        threads: int | None = None,
        feed: Feed | None = None,
    ) -> Scores:
        """Scores of samples by their ids (n,); so many threads draw, None for one per core.

        A `feed` gives other inputs in place of what the samples show, by what it takes as ids.
        """
        outputs = self.outputs(samples, sample_ids, progress, threads=threads, feed=feed)
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


def open_scorer(run: Run, device: str = "auto") -> Scorer:
    """The model of a run, ready to score.

    Raises:
        DataError: the run's scores were made by a version that made them wrong, or by a model of
            others.
        IntegrityError: the weights are not what was written.
        ResourceError: the device is not there.
    """
    record = run.record
    run.refuse_untrained("nothing else can be scored")
    _refuse_lost_ink(run)
    model = load_model(run.path / WEIGHTS, run.model, record.files[WEIGHTS])
    kind, target = find_model(run.model.name), find_device(device)
    shift = record.prior_shift
    return Scorer(
        model=model,
        reads=kind.reads,
        channels_last=channels_last(kind, target),
        event=run.event,
        short=short_event(record.classes, record.prediction_column),
        shift=PriorShift(**shift) if shift else None,
        precision=precision_on(run, target),
        device=target,
        shape=run.model.shape,
        arithmetic_threads=threads_again(record.threads),
        input=run.model.input,
    )


def precision_on(run: Run, device: torch.device) -> str:
    """The precision that a run's scores are computed in on a device.

    That of training where it was compared with fp32 on such a device; on another one fp32, which
    means the same everywhere and whose scores those of training were found to be.
    """
    trained = run.record.scoring_precision
    if trained == "fp32" or device.type == _scoring_device(run):
        return trained
    return "fp32"


def scoring_remark(run: Run, device: str = "auto") -> str | None:
    """What to tell who scores otherwise than the run was trained; None: nothing."""
    trained, target = run.record.scoring_precision, find_device(device)
    if precision_on(run, target) == trained:
        begun, here = run.record.threads, threads_again(run.record.threads)
        if target.type == "cuda" or begun == here:
            return None
        return (
            f"the run's scores were computed in {begun} threads; here there are cores for {here}, "
            "and they may differ in the third digit."
        )
    return (
        f"the run's scores were computed in {trained} on {_scoring_device(run)}; on {target.type} "
        "they are computed in fp32, and may differ in the third digit."
    )


def _scoring_device(run: Run) -> str:
    """The kind of device that a run was scored on; earlier versions noted only its name."""
    noted = run.record.scoring_device
    return noted or ("cpu" if run.environment()["device"] == "cpu" else "cuda")


def _refuse_lost_ink(run: Run) -> None:
    """Earlier versions drew images of ink 1 in place of 255 where they scored in bfloat16."""
    in_bf16 = run.record.scoring_precision == "bf16"
    unchecked = run.record.scoring_device is None
    if run.model.name == "jkx" and in_bf16 and unchecked and _scoring_device(run) == "cuda":
        raise DataError(
            "an earlier version computed this run's scores from images 255 times too pale, and "
            "chose its epoch, probabilities and thresholds by them.",
            where=str(run.path),
            remedy="Train it again.",
        )
