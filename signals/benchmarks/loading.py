"""The loader: samples a second against the user's format."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import cycle, islice
from statistics import median

import numpy as np
from numpy.typing import NDArray

from quantsig.data.benchmarks.figures import BenchmarkFigures
from quantsig.data.benchmarks.scale import Scale
from quantsig.data.samples.store import SampleSet
from quantsig.signals.benchmarks import legacy_format
from quantsig.signals.scoring.arithmetic import computed_in
from quantsig.signals.scoring.loader import AHEAD_BATCHES, load

DECODES = 4  # of the user's format, in one measurement


def measure(samples: SampleSet, scale: Scale) -> BenchmarkFigures:
    """Samples a second of the loader in one process, over those of the user's decode.

    Args:
        samples: what is loaded, in random batches.
        scale: batch size, and how many batches one measurement takes.
    """
    ids = np.linspace(0, len(samples) - 1, scale.pictures).astype(np.int64)
    pictures = samples.read(ids).astype(np.float16)
    files = cycle([legacy_format.encode(picture) for picture in pictures])
    with computed_in(1):
        rounds = [
            (_loader_seconds(samples, scale), _decode_seconds(lambda: next(files)))
            for _ in range(scale.repetitions)
        ]
    ours, theirs = (1 / median(seconds) for seconds in zip(*rounds, strict=True))
    return BenchmarkFigures(
        figures={"loader_speedup": ours / theirs},
        details={
            "loader_batch_size": scale.batch_size,
            "loader_samples_per_s": ours,
            "legacy_samples_per_s": theirs,
        },
        remarks=(
            "The loader uses every core of its one process; the user's format is decoded in one "
            "thread, as a data loader without worker processes does.",
        ),
    )


def random_batches(samples: SampleSet, batch_size: int) -> Iterator[NDArray[np.int64]]:
    """Batches without end."""
    random = np.random.default_rng(0)
    while True:
        yield random.integers(len(samples), size=batch_size)


def _loader_seconds(samples: SampleSet, scale: Scale) -> float:
    """Seconds a sample, once the loader draws as fast as batches are taken."""
    batches = random_batches(samples, scale.batch_size)
    with closing(load(samples, batches, scale.batch_size)) as loaded:
        _take(loaded, 2 * AHEAD_BATCHES)  # each buffer was touched, and none waits filled
        start = time.perf_counter()
        _take(loaded, scale.batches)
        return (time.perf_counter() - start) / (scale.batches * scale.batch_size)


def _decode_seconds(file: Callable[[], bytes]) -> float:
    """Seconds a sample of the user's decode."""
    start = time.perf_counter()
    for _ in range(DECODES):
        legacy_format.decode(file())
    return (time.perf_counter() - start) / DECODES


def _take(batches: Iterator[object], count: int) -> None:
    for _ in islice(batches, count):
        pass
