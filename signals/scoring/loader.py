"""Batches of inputs for a model: drawn by threads, several batches ahead of it."""

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from quantsig.data.machine import cores
from quantsig.data.samples.store import SampleSet
from quantsig.signals.inputs import feed_for
from quantsig.signals.inputs.feed import Feed, Units
from quantsig.signals.inputs.parts import Inputs, cut, every_part, first_part, mapped

AHEAD_BATCHES = 4  # drawn before they are asked for, at most
AHEAD_BYTES = 2 << 30  # and no more than fit in here, but always one

CPU = torch.device("cpu")


class Batch(NamedTuple):
    """One step's samples."""

    inputs: Inputs  # of units (U, ...), one part or several by name
    sample_ids: NDArray[np.int64]  # (B,)
    units: Units | None = None  # None: each sample is one, in this order

    @property
    def unit_count(self) -> int:
        """How many units there are."""
        return len(first_part(self.inputs))

    def part(self, start: int, stop: int) -> "Batch":
        """Some neighbouring units, with their samples."""
        inputs = cut(self.inputs, start, stop)
        if self.units is None:
            return Batch(inputs, self.sample_ids[start:stop])
        units, places = self.units.between(start, stop)
        return Batch(inputs, self.sample_ids[places], units)

    def rows(self, outputs: torch.Tensor) -> torch.Tensor:
        """A model's outputs to those of the samples, (B, K)."""
        return outputs if self.units is None else self.units.rows(outputs)


def load(
    samples: SampleSet,
    batches: Iterable[NDArray[np.int64]],
    batch_size: int,
    *,
    device: torch.device = CPU,
    threads: int | None = None,
    feed: Feed | None = None,
) -> Generator[Batch, None, None]:
    """Draw batches in threads while the model works on the ones before.

    The buffers take turns, so a batch is overwritten once the next one was asked for. The batches
    and their bits depend on neither threads nor device.

    Args:
        samples: where the charts come from.
        batches: sample ids of each batch.
        batch_size: the most samples a batch holds.
        device: where the inputs are wanted; a GPU fills them itself.
        threads: that draw; None: one per core this process may use.
        feed: how samples reach the device; None: the way that suits storage and device.
    """
    feed = feed or feed_for(samples, device)
    threads = threads or cores()
    drawn = _draw(feed, batches, batch_size, threads, pinned=device.type == "cuda")
    with closing(drawn):
        send = _send_ahead if device.type == "cuda" else _hand_over
        yield from send(drawn, feed, device)


def _draw(
    feed: Feed,
    batches: Iterable[NDArray[np.int64]],
    batch_size: int,
    threads: int,
    *,
    pinned: bool,
) -> Generator[Batch, None, None]:
    """Batches as the feed draws them, in host buffers that take turns."""
    ahead = _batches_ahead(batch_size * feed.unit_bytes)
    most = batch_size if feed.units is None else 1  # of units that are shared there are fewer
    buffers = [feed.buffer(most, pinned=pinned) for _ in range(ahead + 1)]
    pool = ThreadPoolExecutor(threads, thread_name_prefix="loader")
    waiting: deque[tuple[Batch, list[Future[object]]]] = deque()
    try:
        for turn, sample_ids in enumerate(batches):
            units = feed.units(sample_ids) if feed.units else None
            drawn_by = sample_ids if units is None else units.ids
            place = turn % len(buffers)
            if len(first_part(buffers[place])) < len(drawn_by):
                buffers[place] = feed.buffer(len(drawn_by), pinned=pinned)
            inputs = cut(buffers[place], 0, len(drawn_by))
            drawing = [
                pool.submit(feed.draw, drawn_by[some], mapped(inputs, partial(_host, some)))
                for some in _shares(len(drawn_by), threads)
            ]
            waiting.append((Batch(inputs, sample_ids, units), drawing))
            if len(waiting) > ahead:
                yield _finished(*waiting.popleft())
        while waiting:
            yield _finished(*waiting.popleft())
    finally:
        pool.shutdown(cancel_futures=True)


def _host(some: slice, part: torch.Tensor) -> NDArray[Any]:
    """Some units of a host buffer, to be drawn into."""
    found: NDArray[Any] = part.numpy()[some]
    return found


def _shares(units: int, threads: int) -> Iterator[slice]:
    """What each thread draws, where there is something for it."""
    each, more = divmod(units, threads)
    start = 0
    for thread in range(min(units, threads)):
        stop = start + each + (thread < more)
        yield slice(start, stop)
        start = stop


def _batches_ahead(batch_bytes: int) -> int:
    return max(1, min(AHEAD_BATCHES, AHEAD_BYTES // batch_bytes - 1))


def _finished(batch: Batch, drawing: list[Future[object]]) -> Batch:
    for part in drawing:
        part.result()
    return batch


def _hand_over(drawn: Iterator[Batch], feed: Feed, device: torch.device) -> Iterator[Batch]:
    for batch in drawn:
        crossed = mapped(batch.inputs, lambda part: part.to(device))
        yield batch._replace(inputs=feed.finish(crossed))


def _send_ahead(drawn: Iterator[Batch], feed: Feed, device: torch.device) -> Iterator[Batch]:
    """Copy and fill each batch on a stream of its own while the GPU computes on the one before."""
    gpu: Any = torch.get_device_module(device)
    stream = gpu.Stream()
    sent: deque[tuple[Batch, Any]] = deque()
    computed: deque[Any] = deque()  # when the consumer's work on a batch is done
    for batch in drawn:
        crossed, filled = gpu.Event(), gpu.Event()
        with gpu.stream(stream):
            crossing = mapped(batch.inputs, lambda part: part.to(device, non_blocking=True))
            crossed.record(stream)
            sent.append((batch._replace(inputs=feed.finish(crossing)), filled))
            filled.record(stream)
        if len(sent) > 1:
            yield _received(*sent.popleft(), gpu.current_stream())
            computed.append(gpu.Event())
            computed[-1].record(gpu.current_stream())
        if len(computed) > 1:
            computed.popleft().synchronize()  # or a fast consumer would fill the GPU with batches
        crossed.synchronize()  # the host buffer is drawn over once the next batch is taken
    while sent:
        yield _received(*sent.popleft(), gpu.current_stream())


def _received(batch: Batch, filled: Any, current: Any) -> Batch:
    """The batch, its memory kept and its filling awaited by what the consumer's stream does."""
    current.wait_event(filled)
    for part in every_part(batch.inputs):
        if part.is_cuda:
            part.record_stream(current)
    return batch
