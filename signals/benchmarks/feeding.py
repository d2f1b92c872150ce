"""A GPU fed by the loader: the training step of a large network, against a resident batch."""

import time
from collections.abc import Iterable
from contextlib import closing
from itertools import islice, repeat
from statistics import median

import torch

from quantsig.data.benchmarks.figures import BenchmarkFigures
from quantsig.data.benchmarks.scale import Scale
from quantsig.data.samples.store import SampleSet
from quantsig.signals.benchmarks.loading import random_batches
from quantsig.signals.inputs.parts import first_part
from quantsig.signals.inputs.planes import extents_feed
from quantsig.signals.models.resnet import residual_network
from quantsig.signals.scoring.loader import AHEAD_BATCHES, Batch, load

NETWORK = "resnet50"


def measure(samples: SampleSet, scale: Scale, device: torch.device) -> BenchmarkFigures:
    """Steps a second of ResNet-50 fed by the loader, over those on a batch that stays.

    Mixed precision in bfloat16, channels last, AdamW. Resident and fed rounds take turns.

    Args:
        samples: charts that the GPU fills; a set of storage `frames` is not measured.
        scale: batch size, and steps of a round.
        device: where the network trains.
    """
    if not samples.drawn:
        return not_measured("the set stores frames")
    size, steps = scale.gpu_batch_size, scale.gpu_steps
    feed = extents_feed(samples, torch.bfloat16)
    batches = random_batches(samples, size)
    with closing(load(samples, batches, size, device=device, feed=feed)) as loaded:
        first = next(loaded)
        planes = first_part(first.inputs)
        resident = repeat(Batch(planes.clone(), first.sample_ids))
        training = _Training(planes, device)
        training.seconds(resident, steps)  # warms up, and lets cuDNN choose
        rounds = []
        for _ in range(scale.repetitions):
            alone = training.seconds(resident, steps)
            training.seconds(loaded, AHEAD_BATCHES + 2)  # what was drawn meanwhile
            rounds.append((alone, training.seconds(loaded, steps)))
    alone, fed = (median(seconds) for seconds in zip(*rounds, strict=True))
    return BenchmarkFigures(
        figures={"gpu_fed_ratio": alone / fed},
        details={
            "gpu": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
            "gpu_network": NETWORK,
            "gpu_batch": "x".join(map(str, planes.shape)),
            "gpu_resident_step_ms": 1e3 * alone,
            "gpu_fed_step_ms": 1e3 * fed,
            "gpu_fed_samples_per_s": size / fed,
        },
    )


def not_measured(reason: str) -> BenchmarkFigures:
    """The same without a GPU.

    Args:
        reason: why there is none.
    """
    return BenchmarkFigures(figures={"gpu_fed_ratio": None}, missing={"gpu_fed_ratio": reason})


class _Training:
    """A network in training, and how long its steps take."""

    def __init__(self, planes: torch.Tensor, device: torch.device) -> None:
        net = residual_network(NETWORK, planes.shape[1], outputs=2)
        self.net = net.to(device, memory_format=torch.channels_last)
        self.optimizer = torch.optim.AdamW(self.net.parameters(), lr=2e-4)
        self.classes = torch.arange(len(planes), device=device) % 2
        self.device = device

    def seconds(self, batches: Iterable[Batch], steps: int) -> float:
        """Mean seconds of so many steps, the device idle before and after."""
        with torch.backends.cudnn.flags(enabled=True, benchmark=True):
            self._wait()
            start = time.perf_counter()
            for batch in islice(batches, steps):
                self._step(first_part(batch.inputs))
            self._wait()
            return (time.perf_counter() - start) / steps

    def _step(self, planes: torch.Tensor) -> None:
        with torch.autocast(self.device.type, torch.bfloat16):
            loss = torch.nn.functional.cross_entropy(self.net(planes), self.classes)
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()

    def _wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
