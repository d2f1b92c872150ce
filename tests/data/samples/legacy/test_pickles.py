"""The interpreter reads what numpy and torch write, and nothing else whatever comes."""

import contextlib
import io
import pickle
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from quantsig.data.samples.legacy.pickles import BadPickle, interpret
from tests.data.samples.legacy_files import HOSTILE, pickled

HALVES = np.array([[1.5, -0.0], [np.nan, np.inf]], np.float16)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize(
    "value",
    [
        HALVES,
        np.asfortranarray(HALVES),
        HALVES.astype(">f4"),
        HALVES.T,
        np.arange(3, dtype=np.int64),
        np.array(True),
        np.array(["long", "no"]),
    ],
    ids=lambda value: f"{value.dtype.str}{value.shape}",
)
def test_arrays_of_every_protocol(protocol: int, value: np.ndarray[Any, Any]) -> None:
    """Both numpy constructors, both orders of axes and of bytes."""
    found = interpret(pickle.dumps({"x": value}, protocol))["x"]
    assert found.dtype == value.dtype
    np.testing.assert_array_equal(found, value)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize(
    "value", ["up", 7, -3, 2**40, 1.5, True, None, [1, 2.5], np.float32(2.5), np.str_("up")]
)
def test_plain_values_of_every_protocol(protocol: int, value: Any) -> None:
    """Texts, numbers, lists and numpy's scalars."""
    assert interpret(pickle.dumps({"y": value}, protocol)) == {"y": value}


def test_names_of_numpy_1() -> None:
    """Files from before the move of numpy.core."""
    content = pickle.dumps({"x": HALVES}, 2).replace(b"numpy._core", b"numpy.core")
    np.testing.assert_array_equal(interpret(content)["x"], HALVES)


def saved(value: Any) -> tuple[bytes, zipfile.ZipFile]:
    """The pickle and the archive that torch.save writes."""
    file = io.BytesIO()
    torch.save(value, file)
    archive = zipfile.ZipFile(file)
    return archive.read("archive/data.pkl"), archive


@pytest.mark.parametrize(
    "tensor",
    [
        torch.arange(12.0).reshape(3, 4),
        torch.arange(12.0).reshape(3, 4).T,
        torch.arange(12.0)[2:9:3],
        torch.tensor([1.5, -2.0], dtype=torch.bfloat16),
        torch.tensor([[True, False]]),
        torch.tensor(5),
        torch.nn.Parameter(torch.ones(2)),
    ],
    ids=str,
)
def test_tensors(tensor: torch.Tensor) -> None:
    """Views of storages, with their strides and offsets; bfloat16 as float32."""
    content, archive = saved({"x": tensor})
    found = interpret(content, lambda key: archive.read(f"archive/data/{key}"))["x"]
    np.testing.assert_array_equal(found, tensor.detach().float().numpy())


def test_a_tensor_that_repeats_its_storage_is_refused() -> None:
    """An expanded tensor may be of any size; four bytes must not become gigabytes."""
    content, archive = saved({"x": torch.zeros(1).expand(1 << 30)})
    with pytest.raises(BadPickle, match="size"):
        interpret(content, lambda key: archive.read(f"archive/data/{key}"))


def test_a_storage_of_another_size_is_refused() -> None:
    """What the pickle says and what the archive holds must agree."""
    content, _ = saved({"x": torch.zeros(4)})
    with pytest.raises(BadPickle, match="storage"):
        interpret(content, lambda key: b"1234" * 3)


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_hostile_pickles_are_refused(content: bytes, tmp_path: Path) -> None:
    """With a reason and in little memory; nothing that they name happens."""
    with contextlib.chdir(tmp_path):
        tracemalloc.start()
        with pytest.raises(BadPickle):
            interpret(content)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 64 << 20
    assert not list(tmp_path.iterdir())


def test_a_huge_index_costs_nothing() -> None:
    """The memo is no list."""
    assert interpret(b"}r\xff\xff\xff\xff.") == {}


def test_a_refusal_names_what_was_asked_for() -> None:
    """So that the user can judge the file."""
    with pytest.raises(BadPickle, match=r"names os.system, which is not allowed, at byte 0"):
        interpret(HOSTILE["os.system"])


def mutated(seed: int, content: bytes) -> bytes:
    """A few bytes changed, cut out, doubled, or taken from a hostile file."""
    random = np.random.default_rng(seed)
    changed = bytearray(content)
    for _ in range(random.integers(1, 6)):
        place = int(random.integers(0, len(changed) + 1))
        kind = random.integers(0, 4)
        if kind == 0 and place < len(changed):
            changed[place] = int(random.integers(0, 256))
        elif kind == 1:
            del changed[place : place + int(random.integers(1, 9))]
        elif kind == 2:
            changed[place:place] = changed[place : place + int(random.integers(1, 99))]
        else:
            changed[place:place] = list(HOSTILE.values())[random.integers(0, 10)]
    return bytes(changed)


ORIGINALS = [pickled(), pickle.dumps({"x": HALVES, "y": [1], "direction": 1}, 2)]
TENSORS = saved({"x": torch.arange(6.0).reshape(2, 3), "y": torch.ones(1)})


def survive(seed: int) -> None:
    """Interpret mutations: the only error is ours."""
    for content in ORIGINALS:
        with contextlib.suppress(BadPickle):
            interpret(mutated(seed, content))
    with contextlib.suppress(BadPickle, KeyError):
        interpret(mutated(seed, TENSORS[0]), lambda key: TENSORS[1].read(f"archive/data/{key}"))


@settings(max_examples=300, deadline=None)
@given(seed=st.integers(0, 1 << 40))
def test_mutated_pickles_are_read_or_refused(seed: int) -> None:
    """Nothing else happens."""
    survive(seed)


@pytest.mark.soak
def test_mutated_pickles_for_long() -> None:
    """The same 300,000 times."""
    for seed in range(100_000):
        survive(seed)
