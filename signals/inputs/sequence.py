"""Sequences of bars: the features (B, C, N) of `data/sequences`, float32."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from quantsig.data.samples.store import SampleSet
from quantsig.data.sequences.spec import SequenceSpec
from quantsig.signals.inputs.feed import Draw, Feed, of_one_part
from quantsig.signals.inputs.held import HeldInputs, base_bars

AT_ONCE = 4096  # sequences in memory


def feed(samples: SampleSet, spec: SequenceSpec, device: torch.device) -> Feed:
    """The features of a set of storage `bars`."""
    shape = samples.sequence_shape(spec)
    samples.sequences(np.zeros(1, np.int64), spec)  # opens what the threads will share

    def draw(sample_ids: NDArray[np.int64], out: NDArray[Any]) -> None:
        samples.sequences(sample_ids, spec, out)

    return _of(shape, draw)


def hold(samples: SampleSet, sample_ids: NDArray[np.int64], spec: SequenceSpec) -> HeldInputs:
    """The same of some samples, as they are."""
    channels = spec.channels(samples.chart)
    shape = samples.sequence_shape(spec)
    return HeldInputs(
        reads="sequence",
        chart=samples.chart,
        values=samples.sequences(sample_ids, spec),
        names=channels,
        smallest=channels,
        ages=base_bars(np.arange(shape[1])[::-1], channels),
        fed=lambda draw, device: _of(shape, draw),
    )


def figures(
    samples: SampleSet, sample_ids: NDArray[np.int64], spec: SequenceSpec
) -> NDArray[np.float64]:
    """(n, C) what each channel says of the newest bar."""
    parts = np.array_split(sample_ids, max(1, -(-len(sample_ids) // AT_ONCE)))
    newest = [samples.sequences(part, spec)[:, :, -1] for part in parts]
    return np.concatenate(newest).astype(np.float64)


def figure_names(samples: SampleSet, spec: SequenceSpec) -> tuple[str, ...]:
    """The channels."""
    return spec.channels(samples.chart)


def _of(shape: tuple[int, ...], draw: Draw) -> Feed:
    return of_one_part(shape, np.dtype(np.float32), draw)
