"""One old sample file at a time: every form is read, every damage is told apart from a sample."""

import io
import lzma
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import zstandard

from quantsig.data.samples.legacy import BadSample, LegacySample, ReadLimits, read_legacy
from tests.data.samples.legacy_files import packed, pickled, picture

LIMITS = ReadLimits(memory_mb=256)  # so a file may unpack to 64 MB
SUFFIXES = (".zst", ".xz", ".lzma")


def read(path: Path, content: bytes) -> LegacySample:
    path.write_bytes(content)
    return read_legacy(path, LIMITS)


def reason(path: Path, content: bytes) -> str:
    with pytest.raises(BadSample) as caught:
        read(path, content)
    return str(caught.value)


def sample_of(path: Path, **changes: Any) -> LegacySample:
    return read(path, packed(pickled(**changes)))


@pytest.fixture
def zst(tmp_path: Path) -> Path:
    return tmp_path / "a.zst"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_compression(tmp_path: Path, suffix: str) -> None:
    """The picture bit for bit, all targets, and the direction."""
    sample = read(tmp_path / f"a{suffix}", packed(pickled(3), suffix))
    assert sample.picture.dtype == np.float16
    assert sample.picture.tobytes() == picture(3).tobytes()
    assert sample.targets == (1.0, 0.25)
    assert sample.direction == "long"


def saved(**changes: Any) -> bytes:
    """A sample as torch.save writes it."""
    file = io.BytesIO()
    torch.save(
        {
            "x": torch.from_numpy(picture(3)),
            "y": torch.tensor([1.0, 0.25]),
            "direction": torch.tensor([1, -1]),
            **changes,
        },
        file,
    )
    return file.getvalue()


def test_torch_files(tmp_path: Path) -> None:
    """The same from a .pt file."""
    sample = read(tmp_path / "a.pt", saved())
    assert sample.picture.tobytes() == picture(3).tobytes()
    assert sample.targets == (1.0, 0.25)
    assert sample.direction == "[1, -1]"


@pytest.mark.parametrize(
    ("x", "dtype"),
    [
        (np.array([[0, 255]], np.uint8), "float16"),
        (np.array([[True, False]]), "float16"),
        (np.array([[0.1, np.nan]], np.float32), "float32"),
        (np.array([[0.5, -0.0]], np.float64), "float32"),
        (np.array([[60_001]], np.int64), "float32"),
        (np.array([1.5, 2.5], ">f2"), "float16"),
    ],
)
def test_other_types_become_the_float_that_holds_them(zst: Path, x: Any, dtype: str) -> None:
    """float16 where every value of the type fits, else float32."""
    found = sample_of(zst, x=x).picture
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, x)


@pytest.mark.parametrize(
    ("direction", "text"),
    [
        ("down", "down"),
        (None, None),
        (1, "1"),
        (-0.5, "-0.5"),
        (True, "1"),
        (np.float32(2), "2"),
        (np.array([1, 0]), "[1, 0]"),
        ([0.5, 1], "[0.5, 1]"),
        (np.array("up"), "up"),
    ],
)
def test_directions_of_any_kind(zst: Path, direction: Any, text: str | None) -> None:
    """Text stays text, numbers become JSON."""
    assert sample_of(zst, direction=direction).direction == text


@pytest.mark.parametrize(
    ("y", "targets"),
    [(1, (1.0,)), ([0, 2.5], (0.0, 2.5)), (np.array([[1], [2]]), (1.0, 2.0))],
)
def test_targets_of_any_kind(zst: Path, y: Any, targets: tuple[float, ...]) -> None:
    """A number, a list, an array of any shape; one that is no number is unknown."""
    assert sample_of(zst, y=y).targets == targets
    assert sample_of(zst, y=np.array([np.nan, 1])).targets == (None, 1.0)


@pytest.mark.parametrize(
    "changes",
    [
        {"x": "text"},
        {"x": np.zeros(0)},
        {"x": np.float32(1)},
        {"x": np.array([0.1])},
        {"x": np.array([2**53 + 1])},
        {"y": np.zeros(0)},
        {"y": "up"},
        {"y": np.zeros(2000)},
        {"direction": np.zeros(2000)},
        {"direction": "x" * 2000},
        {"direction": {}},
    ],
)
def test_what_is_no_sample_is_refused(zst: Path, changes: dict[str, Any]) -> None:
    """No picture, no targets, or values that would not come back."""
    assert reason(zst, packed(pickled(**changes)))


def test_a_missing_part_is_named(zst: Path) -> None:
    """x and y must be there."""
    assert "no x" in reason(zst, packed(pickle.dumps({"y": 1})))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_cut_short_or_followed_by_more(tmp_path: Path, suffix: str) -> None:
    """Neither passes for a sample."""
    content, path = packed(pickled(), suffix), tmp_path / f"a{suffix}"
    for length in (0, 5, len(content) // 2, len(content) - 1):
        reason(path, content[:length])
    if suffix != ".lzma":  # which ends without a mark
        reason(path, content + b"more")


def test_a_flipped_byte_of_a_torch_file(tmp_path: Path) -> None:
    """The archive's checksums find it."""
    content = bytearray(saved())
    content[content.index(b"\x00\x3c\x00\x3c")] ^= 1
    assert "damaged" in reason(tmp_path / "a.pt", bytes(content))


def test_zstd_bombs(zst: Path) -> None:
    """32 KiB of a declared GiB, a lying size, and no size."""
    bomb = zstandard.ZstdCompressor(level=3).compress(bytes(1 << 30))
    assert len(bomb) < 40_000
    assert "1,073,741,824" in reason(zst, bomb)
    assert bomb[6:10] == (1 << 30).to_bytes(4, "little")
    assert "damaged" in reason(zst, bomb[:6] + (1000).to_bytes(4, "little") + bomb[10:])
    unsized = zstandard.ZstdCompressor(write_content_size=False).compress(pickled())
    assert "does not say" in reason(zst, unsized)


def test_lzma_bombs(tmp_path: Path) -> None:
    """More than may be unpacked, and a dictionary larger than that."""
    assert "more than" in reason(tmp_path / "a.xz", lzma.compress(bytes(80 << 20), preset=0))
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 30}]
    greedy = lzma.compress(pickled(), lzma.FORMAT_XZ, filters=filters)
    assert "damaged" in reason(tmp_path / "b.xz", greedy)


def zipped(**members: bytes) -> bytes:
    """A deflated archive."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"archive/{name}", content)
    return file.getvalue()


def test_zip_bombs_and_other_archives(tmp_path: Path) -> None:
    """Compressed members, no pickle, no zip at all."""
    path = tmp_path / "a.pt"
    assert "compressed" in reason(path, zipped(**{"data.pkl": bytes(50 << 20)}))
    assert "damaged" in reason(path, b"not a zip")
    assert "damaged" in reason(path, saved()[:-30])


def test_files_too_large_are_not_opened(zst: Path) -> None:
    """The limit is on the file too."""
    with zst.open("wb") as file:
        file.truncate(100 << 20)
    with pytest.raises(BadSample, match="104,857,600 bytes"):
        read_legacy(zst, LIMITS)
