"""The loader: the same batches however they are drawn, few of them ahead, no thread left over."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from quantsig.data.samples.store import SampleSet
from quantsig.signals.inputs import feed_for
from quantsig.signals.inputs.planes import extents_feed, pixels_feed
from quantsig.signals.scoring import loader
from quantsig.signals.scoring.loader import AHEAD_BATCHES, load
from tests.data.samples.written import manifest
from tests.planted import build, planted_frame

BATCHES = [np.array(ids) for ids in ([5, 0, 40], [7, 7], [90, 1, 2], [3], [8, 9, 10])]


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> SampleSet:
    """A small set of storage bars."""
    return build(planted_frame(cells=120), tmp_path_factory.mktemp("loader") / "set")


@dataclass(frozen=True, kw_only=True)
class FloatSet(SampleSet):
    """A set that reads as frames do: float16 values."""

    shape = (1, 2, 2)
    dtype = np.dtype(np.float16)

    def read(self, sample_ids: NDArray[np.int64], out: Any = None, **_: Any) -> Any:
        if out is None:
            out = np.empty((len(sample_ids), 1, 2, 2), np.float16)
        out[:] = sample_ids[:, None, None, None] / 8
        return out


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("feed", [pixels_feed, extents_feed])
def test_batches_are_those_of_the_set(samples: SampleSet, feed: object, threads: int) -> None:
    """Order and bits of a plain read, whatever draws them and wherever they are filled."""
    assert callable(feed)
    loaded = load(samples, BATCHES, 3, threads=threads, feed=feed(samples))
    for batch, ids in zip(loaded, BATCHES, strict=True):
        np.testing.assert_array_equal(batch.sample_ids, ids)
        np.testing.assert_array_equal(batch.inputs.numpy(), samples.read(ids))
        assert batch.inputs.dtype is torch.uint8


def test_what_a_gpu_is_sent_ahead_is_the_same(
    samples: SampleSet,
    monkeypatch: pytest.MonkeyPatch,
    drawing_threads: Callable[[], list[str]],
) -> None:
    """The path of a GPU, walked on a CPU: one batch further ahead, in the same order."""
    monkeypatch.setattr(loader, "_hand_over", loader._send_ahead)
    many = [np.array([number, number + 1]) for number in range(12)]
    loaded = load(samples, many, 2, feed=extents_feed(samples))
    for batch, ids in zip(loaded, many, strict=True):
        np.testing.assert_array_equal(batch.sample_ids, ids)
        np.testing.assert_array_equal(batch.inputs.numpy(), samples.read(ids))
    assert not drawing_threads()


def test_a_gpu_fills_extents_and_a_cpu_gets_pixels(samples: SampleSet) -> None:
    """A fiftieth of the bytes cross the bus even for these low charts."""
    on_gpu = feed_for(samples, torch.device("cuda"))
    on_cpu = feed_for(samples, torch.device("cpu"))
    assert (on_gpu.dtype.name, on_cpu.dtype.name) == ("int16", "uint8")
    assert on_gpu.shape == (19, 2, 48)
    assert on_cpu.shape == (19, 32, 48)


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_a_model_that_reads_bars_gets_them(samples: SampleSet, device: str) -> None:
    """Scaled, in batches like any other, whatever the device."""
    feed = feed_for(samples, torch.device(device), reads="sequence")
    for batch, ids in zip(load(samples, BATCHES, 3, feed=feed), BATCHES, strict=True):
        np.testing.assert_array_equal(batch.inputs.numpy(), samples.scaled_bars(ids))
        assert batch.inputs.dtype is torch.float32


def test_extents_fill_in_the_type_that_is_asked_for(samples: SampleSet) -> None:
    """Ones and zeros are exact in bfloat16."""
    feed = extents_feed(samples, torch.bfloat16)
    (batch,) = load(samples, BATCHES[:1], 3, feed=feed)
    assert batch.inputs.dtype is torch.bfloat16
    np.testing.assert_array_equal(batch.inputs.float().numpy(), samples.read(BATCHES[0]))


def test_frames_come_as_their_values(samples: SampleSet) -> None:
    """The loader takes shape and type from the set."""
    frames = FloatSet(path=samples.path, manifest=manifest(storage="frames"), index=samples.index)
    assert feed_for(frames, torch.device("cuda")).dtype == np.float16
    (batch,) = load(frames, [np.array([4, 1])], 2)
    assert batch.inputs.dtype is torch.float16
    assert batch.inputs[:, 0, 1, 1].tolist() == [0.5, 0.125]


def test_only_a_few_batches_are_drawn_ahead(samples: SampleSet) -> None:
    """The one in hand, and the bound."""
    asked: list[int] = []
    next(load(samples, counted(asked, batch_size=1), 1))
    assert len(asked) == 1 + AHEAD_BATCHES


def test_large_batches_have_fewer_buffers(
    samples: SampleSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory bounds them before the count does; one is always drawn ahead."""
    sample_bytes = 19 * 32 * 48
    for room, buffers in ((3 * 2 * sample_bytes, 3), (1, 2)):
        monkeypatch.setattr(loader, "AHEAD_BYTES", room)
        asked: list[int] = []
        next(load(samples, counted(asked, batch_size=2), 2, feed=pixels_feed(samples)))
        assert len(asked) == buffers


def test_a_batch_stays_until_the_next_is_asked_for(samples: SampleSet) -> None:
    """Drawing ahead never reaches the buffer in hand."""
    many = [np.array([number]) for number in range(20)]
    for batch, ids in zip(load(samples, many, 1, threads=4), many, strict=True):
        expected = samples.read(ids)  # takes its time while the threads draw on
        np.testing.assert_array_equal(batch.inputs.numpy(), expected)


def test_an_error_in_a_thread_reaches_the_consumer(
    samples: SampleSet, drawing_threads: Callable[[], list[str]]
) -> None:
    """After the batches before it, and no thread stays behind."""
    loaded = load(samples, [np.array([0]), np.array([10**6])], 1, threads=2)
    next(loaded)
    with pytest.raises(IndexError):
        next(loaded)
    assert not drawing_threads()


def test_stopping_early_ends_the_threads(
    samples: SampleSet, drawing_threads: Callable[[], list[str]]
) -> None:
    """Work that nobody waits for is dropped."""
    started = []
    feed = pixels_feed(samples)

    def draw(sample_ids: NDArray[np.int64], out: NDArray[np.uint8]) -> None:
        started.append(sample_ids)
        samples.read(sample_ids, out)

    slow = replace(feed, draw=draw)
    loaded = load(samples, (np.array([0]) for _ in range(100)), 1, threads=2, feed=slow)
    next(loaded)
    assert drawing_threads()
    loaded.close()
    assert not drawing_threads()
    assert len(started) <= 1 + AHEAD_BATCHES


def test_no_batches_give_no_batches(samples: SampleSet) -> None:
    """An empty split is an empty loop."""
    assert list(load(samples, [], 4)) == []


def counted(asked: list[int], *, batch_size: int) -> Iterator[NDArray[np.int64]]:
    """Many batches; `asked` grows as they are taken."""
    for number in range(50):
        asked.append(number)
        yield np.arange(batch_size)


@pytest.fixture
def drawing_threads() -> Callable[[], list[str]]:
    """The threads that draw and were started by this test; another's may still be about."""
    others = set(threading.enumerate())

    def started() -> list[str]:
        mine = set(threading.enumerate()) - others
        return [thread.name for thread in mine if thread.name.startswith("loader")]

    return started
