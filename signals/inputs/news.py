"""A sequence of bars, and the items of news that became known within each of them."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from quantsig.data.errors import ConfigError
from quantsig.data.news.known import NONE
from quantsig.data.samples.store import SampleSet
from quantsig.data.sequences.edges import window_edges
from quantsig.data.sequences.spec import SequenceSpec
from quantsig.signals.inputs.feed import Draw, Feed
from quantsig.signals.inputs.held import HeldInputs, base_bars
from quantsig.signals.inputs.parts import Part
from quantsig.signals.inputs.sequence import figure_names as sequence_names
from quantsig.signals.inputs.sequence import figures as sequence_figures

AT_ONCE = 4096  # windows in memory
SEQUENCE, ITEMS, VECTORS, PRESENT = "sequence", "items", "vectors", "present"
SAID = "news"  # what is exchanged of items: all of a bar's together


def feed(samples: SampleSet, spec: SequenceSpec, device: torch.device) -> Feed:
    """Numbers of items cross the bus; their vectors are looked up on the device.

    Raises:
        DataError: the samples have no news.
        ConfigError: the sequence is of several timeframes.
    """
    refuse_several(samples, spec)
    samples.sequences(np.zeros(1, np.int64), spec)  # opens what the threads will share
    items_of(samples, np.zeros(1, np.int64), spec)

    def draw(sample_ids: NDArray[np.int64], out: dict[str, NDArray[Any]]) -> None:
        samples.sequences(sample_ids, spec, out[SEQUENCE])
        items_of(samples, sample_ids, spec, out[ITEMS])

    return _fed(samples, spec, draw, device)


def _fed(samples: SampleSet, spec: SequenceSpec, draw: Draw, device: torch.device) -> Feed:
    shape = samples.sequence_shape(spec)
    vectors = torch.from_numpy(np.ascontiguousarray(samples.news.vectors)).to(device)

    def finish(drawn: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        items = drawn[ITEMS].long()  # (B, N, I)
        present = items != NONE
        found = vectors[torch.where(present, items, 0)] * present[..., None]  # (B, N, I, E)
        return {SEQUENCE: drawn[SEQUENCE], VECTORS: found, PRESENT: present}

    return Feed(
        parts=(
            Part(name=SEQUENCE, shape=shape, dtype="float32"),
            Part(name=ITEMS, shape=(shape[1], spec.max_items), dtype="int32"),
        ),
        draw=draw,
        finish=finish,
        sequences=lambda drawn: drawn[SEQUENCE],
    )


def items_of(
    samples: SampleSet,
    sample_ids: NDArray[np.int64],
    spec: SequenceSpec,
    out: NDArray[np.int32] | None = None,
) -> NDArray[np.int32]:
    """(B, N, I) numbers of the newest items of each bar, NONE where there are fewer.

    An item that became known between the closes of two bars is of the later one.
    """
    if out is None:
        out = np.empty((len(sample_ids), spec.bars(samples.chart), spec.max_items), np.int32)
    rows, step_us = samples.decision_rows[sample_ids], _step_us(samples)
    edges = window_edges(samples.matrix.times_us, rows, spec, samples.chart, step_us)
    symbols = samples.index["symbol"].gather(sample_ids).to_list()
    samples.news.of_windows(symbols, edges, out)
    return out


def hold(samples: SampleSet, sample_ids: NDArray[np.int64], spec: SequenceSpec) -> HeldInputs:
    """The channels, then the numbers of the items of each bar, which are one part together."""
    refuse_several(samples, spec)
    channels, (frame,) = spec.channels(samples.chart), spec.frames(samples.chart)
    sequence = samples.sequences(sample_ids, spec)  # (n, C, N)
    items = items_of(samples, sample_ids, spec).transpose(0, 2, 1)  # (n, I, N)
    names = (*channels, *(f"{SAID}.{place}@{frame}" for place in range(spec.max_items)))

    def fed(draw: Draw, device: torch.device) -> Feed:
        def drawn(places: NDArray[np.int64], out: dict[str, NDArray[Any]]) -> None:
            held = np.empty((len(places), len(names), sequence.shape[2]))
            draw(places, held)
            out[SEQUENCE][:] = held[:, : len(channels)]
            out[ITEMS][:] = held[:, len(channels) :].transpose(0, 2, 1)

        return _fed(samples, spec, drawn, device)

    return HeldInputs(
        reads="news",
        chart=samples.chart,
        values=np.concatenate([sequence, items], axis=1, dtype=np.float64),  # exact for both
        names=names,
        smallest=(*channels, *[SAID] * spec.max_items),
        ages=base_bars(np.arange(sequence.shape[2])[::-1], names),
        fed=fed,
    )


def figures(
    samples: SampleSet, sample_ids: NDArray[np.int64], spec: SequenceSpec
) -> NDArray[np.float64]:
    """(n, C + 1) what each channel says of the newest bar, and the items of the window."""
    parts = np.array_split(sample_ids, max(1, -(-len(sample_ids) // AT_ONCE)))
    counts = [(items_of(samples, part, spec) != NONE).sum(axis=(1, 2)) for part in parts]
    channels = sequence_figures(samples, sample_ids, spec)
    return np.concatenate([channels, np.concatenate(counts)[:, None]], axis=1)


def figure_names(samples: SampleSet, spec: SequenceSpec) -> tuple[str, ...]:
    """The channels, and the items."""
    return (*sequence_names(samples, spec), ITEMS)


def refuse_several(samples: SampleSet, spec: SequenceSpec) -> None:
    """Raise a ConfigError where a sequence is of several timeframes: items have one bar each."""
    if len(spec.frames(samples.chart)) > 1:
        raise ConfigError(
            "a model of news reads bars of one timeframe, and these are of several.",
            where="input.timeframes",
            remedy="Name one: timeframes = [1] in [input].",
        )


def _step_us(samples: SampleSet) -> int:
    return int((samples.manifest.interval_seconds or 0) * 1_000_000)
