"""Batches of charts for a model: drawn by threads, several batches ahead of it."""

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from quantsig.data.machine import cores
from quantsig.data.samples.store import SampleSet
from quantsig.signals.inputs import feed_for
from quantsig.signals.inputs.feed import Feed

AHEAD_BATCHES = 4  # drawn before they are asked for, at most
AHEAD_BYTES = 2 << 30  # and no more than fit in here, but always one

CPU = torch.device("cpu")


class Batch(NamedTuple):
    """One step's samples."""

    planes: torch.Tensor  # (B, C, H, W): uint8 zeros and ones, or the float16 values of frames
    sample_ids: NDArray[np.int64]  # (B,)


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
        device: where the planes are wanted; a GPU fills them itself.
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
    ahead = _batches_ahead(batch_size * feed.sample_bytes)
    buffers = [feed.buffer(batch_size, pinned=pinned) for _ in range(ahead + 1)]
    pool = ThreadPoolExecutor(threads, thread_name_prefix="loader")
    waiting: deque[tuple[Batch, list[Future[object]]]] = deque()
    try:
        for turn, sample_ids in enumerate(batches):
            buffer = buffers[turn % len(buffers)][: len(sample_ids)]
            parts = zip(
                np.array_split(sample_ids, threads),
                np.array_split(buffer.numpy(), threads),
                strict=True,
            )
            drawing = [pool.submit(feed.draw, ids, out) for ids, out in parts if len(ids)]
            waiting.append((Batch(buffer, sample_ids), drawing))
            if len(waiting) > ahead:
                yield _finished(*waiting.popleft())
        while waiting:
            yield _finished(*waiting.popleft())
    finally:
        pool.shutdown(cancel_futures=True)


def _batches_ahead(batch_bytes: int) -> int:
    return max(1, min(AHEAD_BATCHES, AHEAD_BYTES // batch_bytes - 1))


def _finished(batch: Batch, drawing: list[Future[object]]) -> Batch:
    for part in drawing:
        part.result()
    return batch


def _hand_over(drawn: Iterator[Batch], feed: Feed, device: torch.device) -> Iterator[Batch]:
    for batch in drawn:
        yield Batch(feed.finish(batch.planes.to(device)), batch.sample_ids)


def _send_ahead(drawn: Iterator[Batch], feed: Feed, device: torch.device) -> Iterator[Batch]:
    """Copy and fill each batch on a stream of its own while the GPU computes on the one before."""
    gpu: Any = torch.get_device_module(device)
    stream = gpu.Stream()
    sent: deque[tuple[Batch, Any]] = deque()
    computed: deque[Any] = deque()  # when the consumer's work on a batch is done
    for batch in drawn:
        crossed, filled = gpu.Event(), gpu.Event()
        with gpu.stream(stream):
            crossing = batch.planes.to(device, non_blocking=True)
            crossed.record(stream)
            sent.append((Batch(feed.finish(crossing), batch.sample_ids), filled))
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
    if batch.planes.is_cuda:
        batch.planes.record_stream(current)
    return batch
