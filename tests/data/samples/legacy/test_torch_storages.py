"""Tensors within pickles: what torch makes of a storage is read, and nothing else."""

import contextlib
import pickle
import tracemalloc
from typing import Any

import numpy as np
import pytest
import torch

from quantsig.data.samples.legacy.pickles import BadPickle, interpret
from quantsig.data.samples.legacy.sample_file import BadSample, LegacySample, _sample
from quantsig.data.samples.legacy.torch_storages import load_storage
from tests.data.samples.legacy_files import HOSTILE

HARMLESS = {"nothing", "no stop"}  # before another pickle
NUMBERS = [0.5, -0.0, 3.0, 4.0, 1.0, 7.0]  # of the picture


def pickled(protocol: int = 4) -> bytes:
    """A sample that is all tensors."""
    sample = {
        "x": torch.tensor(NUMBERS, dtype=torch.float16).reshape(2, 3),
        "y": torch.tensor([1.0, 0.25]),
        "direction": torch.tensor(-1),
    }
    return pickle.dumps(sample, protocol)


def read(content: bytes) -> LegacySample:
    return _sample(interpret(content, load_storage=load_storage))


@pytest.fixture
def storage() -> bytes:
    """The bytes that torch makes of the storage of two numbers."""
    _, (typed, *_) = torch.tensor([1.5, -2.0]).__reduce_ex__(2)  # type: ignore[no-untyped-call]
    content: bytes = typed.__reduce__()[1][0]
    return content


def reason(content: bytes) -> str:
    with pytest.raises(BadPickle) as caught:
        load_storage(content)
    return str(caught.value)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_samples_of_tensors(protocol: int) -> None:
    """Picture, targets and direction, from every protocol."""
    sample = read(pickled(protocol))
    assert sample.picture.tolist() == [[0.5, 0.0, 3.0], [4.0, 1.0, 7.0]]
    assert np.signbit(sample.picture[0, 1])
    assert (sample.targets, sample.direction) == ((1.0, 0.25), "-1")


@pytest.mark.parametrize(
    "dtype",
    [
        torch.half,
        torch.float,
        torch.double,
        torch.bfloat16,
        torch.int8,
        torch.int16,
        torch.int32,
        torch.int64,
        torch.uint8,
        torch.bool,
    ],
)
def test_tensors_of_every_type(dtype: torch.dtype) -> None:
    """Strided views of a storage, which is pickled whole."""
    x = torch.arange(60).to(dtype)[3:51].view(2, 4, 6)[:, ::2].transpose(0, 2)
    found = interpret(pickle.dumps({"x": x}), load_storage=load_storage)["x"]
    np.testing.assert_array_equal(found, x.float().numpy())


def test_a_parameter_is_a_tensor() -> None:
    """Gradients do not matter."""
    content = pickle.dumps({"x": torch.nn.Parameter(torch.ones(2))})
    assert interpret(content, load_storage=load_storage)["x"].tolist() == [1.0, 1.0]


def test_numbers_are_not_copied() -> None:
    """A picture takes the memory of its file once."""
    content = pickle.dumps({"x": torch.zeros(4 << 20, dtype=torch.uint8)})
    tracemalloc.start()
    interpret(content, load_storage=load_storage)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 << 20


@pytest.mark.parametrize("length", [0, 1, 14, 20, 100, 214, 242, 243, 250, 258])
def test_a_storage_cut_short_is_refused(storage: bytes, length: int) -> None:
    """Within each of its pickles, at their ends, in the count and in the numbers."""
    assert "storage" in reason(storage[:length])


@pytest.mark.parametrize(
    ("found", "instead", "said"),
    [
        (b"\x8a\nl", b"\x8a\nm", "magic number"),
        (b"\x80\x02M\xe9\x03.", b"\x80\x02M\xea\x03.", "version"),
        (b"\x88X", b"\x89X", "little-endian"),
        (b"torch\nFloat", b"torch\nBloat", "BloatStorage, which is not allowed"),
        (b"K\x02N", b"K\x03N", "not those that it states"),
        (b"K\x02N", b"K\x02K\x00", "no storage"),
        (b"\x02" + b"\0" * 7, b"\x03" + b"\0" * 7, "not those that it states"),
        (b"\x02" + b"\0" * 7, b"\xff" * 8, "not those that it states"),
        (b"]q\x00", b"}q\x00", "damaged"),
    ],
)
def test_a_storage_that_contradicts_itself_is_refused(
    storage: bytes, found: bytes, instead: bytes, said: str
) -> None:
    """Each with its reason."""
    assert said in reason(storage.replace(found, instead))


def test_what_follows_a_storage_is_refused(storage: bytes) -> None:
    """It would be lost in silence."""
    assert "13 bytes, not those" in reason(storage + b"\0" * 5)


def test_a_storage_within_a_storage_is_refused(storage: bytes) -> None:
    """One level is what torch writes."""
    nested = pickle.dumps(torch.ones(1), 2)
    assert "within another" in reason(nested + storage)


@pytest.mark.parametrize(
    "name", sorted(HOSTILE.keys() - {"nothing", "no stop"})
)  # they change nothing
def test_hostile_storages_are_refused(storage: bytes, name: str) -> None:
    """Before any of the five pickles."""
    for end in (0, 15, 21, 137, 215):
        assert "storage" in reason(storage[:end] + HOSTILE[name] + storage[end:])


@pytest.mark.parametrize("view", [(2, 3, 1, 1), (2, 3, 2, 1), (2, 2, 1, 1), (2, 3, 0, 1)])
def test_a_tensor_that_repeats_numbers_is_refused(view: tuple[int, ...]) -> None:
    """The numbers it shows could else be more than the file holds."""
    x = torch.arange(9.0).as_strided(view[:2], view[2:])
    with pytest.raises(BadPickle, match="repeats"):
        interpret(pickle.dumps({"x": x}), load_storage=load_storage)


def raw_bytes(content: bytes) -> set[int]:
    """Where the numbers of the picture stand."""
    numbers = np.array(NUMBERS, "<f2").tobytes()
    start = content.index(numbers)
    return set(range(start, start + len(numbers)))


def flipped(content: bytes, place: int, value: int) -> bytes:
    return content[:place] + bytes([content[place] ^ value]) + content[place + 1 :]


def survive(content: bytes, damaged: bytes, *, raw: bool) -> None:
    """The damage is told, or it is in the numbers, or the picture is the same or another shape."""
    whole, sample = read(content).picture, None
    with contextlib.suppress(BadPickle, BadSample):
        sample = read(damaged)
    if sample and not raw and sample.picture.shape == whole.shape:
        assert sample.picture.dtype == whole.dtype
        assert sample.picture.tobytes() == whole.tobytes()


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("value", [1, 16, 255])
def test_a_flipped_byte_makes_no_other_picture(protocol: int, value: int) -> None:
    """Every byte of a sample but those of the numbers; another shape does not fit the folder."""
    content = pickled(protocol)
    raw = raw_bytes(content) if protocol == 4 else set()
    for place in set(range(len(content))) - raw:
        survive(content, flipped(content, place, value), raw=protocol == 2)


@pytest.mark.soak
def test_flipped_bytes_for_long() -> None:
    """Every value of every byte, then several bytes at random."""
    content, random = pickled(), np.random.default_rng(0)
    raw = raw_bytes(content)
    for place in range(len(content)):
        for value in range(1, 256):
            survive(content, flipped(content, place, value), raw=place in raw)
    for _ in range(30_000):
        damaged: Any = bytearray(content)
        for place in random.integers(0, len(content), random.integers(2, 6)):
            damaged[place] = random.integers(0, 256)
        survive(content, bytes(damaged), raw=True)
