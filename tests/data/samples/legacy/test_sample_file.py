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

from quantsig.data.samples.frames.record import decode, encode
from quantsig.data.samples.legacy.sample_file import (
    BadSample,
    LegacySample,
    ReadLimits,
    read_legacy,
)
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
        (True, "true"),
        (np.array([True, False]), "[true, false]"),
        ([True, 1], "[true, 1]"),
        (2**53 + 1, "9007199254740993"),
        (np.array([2**53 + 1]), "9007199254740993"),
        (np.float32(2), "2"),
        (np.array([1, 0]), "[1, 0]"),
        ([0.5, 1], "[0.5, 1]"),
        (np.array("up"), "up"),
        (b"up", "up"),
        (np.array([b"up"]), "up"),
        ("", ""),
        (["up", "flat"], '["up", "flat"]'),
        (np.array(["up", "flät"]), '["up", "flät"]'),
        (np.nan, "NaN"),
        (np.float32(np.nan), "NaN"),
        (-np.inf, "-Infinity"),
        (np.array([np.nan, 1, np.inf]), '["NaN", 1, "Infinity"]'),
    ],
)
def test_directions_of_any_kind(zst: Path, direction: Any, text: str | None) -> None:
    """Text stays text, numbers and truths become JSON, what JSON cannot write its name."""
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
        {"direction": "\ud800"},
        {"direction": ["up", 1]},
        {"y": None},
        {"y": 2**2000},
        {"y": [[1, 2], [3, 4]]},
    ],
)
def test_what_is_no_sample_is_refused(zst: Path, changes: dict[str, Any]) -> None:
    """No picture, no targets, or values that would not come back."""
    assert reason(zst, packed(pickled(**changes)))


@pytest.mark.parametrize(
    "words",
    [
        np.array([0x8000, 0x7E01, 0xFE23, 0x7C01, 0xFC00, 0x0001], np.uint16),
        np.array([0x80000000, 0x7FC00001, 0xFFC12345, 0x7F800001, 0xFF800000, 1], np.uint32),
    ],
)
def test_special_values_stay_as_they_are(zst: Path, words: Any) -> None:
    """Negative zero, payloads of quiet and signalling NaN, infinity and subnormals, bit for bit."""
    x = words.view(f"f{words.itemsize}").reshape(2, 3)
    assert decode(encode(sample_of(zst, x=x).picture)).tobytes() == x.tobytes()


def test_other_parts_do_not_matter(zst: Path) -> None:
    """A dictionary may hold more plain values, nested ones too."""
    more = {"meta": {"a": [1, {"b": 2}]}, "symbol": "AAPL"}
    assert sample_of(zst, **more).picture.tobytes() == picture(0).tobytes()


def test_a_direction_may_be_missing(zst: Path) -> None:
    """x and y are enough."""
    content = pickle.dumps({"x": picture(0), "y": 1})
    assert read(zst, packed(content)).direction is None


def test_what_follows_a_pickle_is_refused(zst: Path) -> None:
    """A second sample in the file would else be lost in silence."""
    assert "follow its pickle" in reason(zst, packed(pickled() + pickled()))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_tensors_in_a_pickle(tmp_path: Path, suffix: str) -> None:
    """What pickle makes of tensors, which is not what torch.save makes of them."""
    y, direction = torch.tensor([1.0, 0.25]), torch.tensor([1, -1])
    content = pickled(x=torch.from_numpy(picture(3)), y=y, direction=direction)
    sample = read(tmp_path / f"a{suffix}", packed(content, suffix))
    assert sample.picture.tobytes() == picture(3).tobytes()
    assert (sample.targets, sample.direction) == ((1.0, 0.25), "[1, -1]")


def test_a_pickled_storage_in_a_torch_file_is_refused(tmp_path: Path) -> None:
    """torch.save keeps storages apart."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", pickled(x=torch.ones(2, 2)))
    assert "not allowed" in reason(tmp_path / "a.pt", file.getvalue())


@pytest.mark.parametrize(
    "dtype", [torch.half, torch.float, torch.double, torch.bfloat16, torch.bool, torch.uint8]
)
def test_torch_tensors_of_every_type(tmp_path: Path, dtype: torch.dtype) -> None:
    """Strided views of a storage that y and direction share."""
    numbers = torch.arange(60).to(dtype)
    x = numbers[3:51].view(2, 4, 6)[:, ::2].transpose(0, 2)
    content = saved(x=x, y=numbers[:2], direction=numbers[1])
    sample = read(tmp_path / "a.pt", content)
    np.testing.assert_array_equal(sample.picture, x.float().numpy())
    assert sample.targets == tuple(numbers[:2].tolist())
    assert sample.direction == ("true" if dtype == torch.bool else "1")


def test_a_tensor_that_negates_its_storage_is_refused(tmp_path: Path) -> None:
    """Its numbers are not those that the file holds."""
    assert "resolve_neg" in reason(tmp_path / "a.pt", saved(x=torch._neg_view(torch.ones(2, 2))))


def test_torch_files_of_the_old_kind_are_refused_with_advice(tmp_path: Path) -> None:
    """Before version 1.6 they were pickles."""
    file = io.BytesIO()
    torch.save({"x": torch.ones(2)}, file, _use_new_zipfile_serialization=False)
    assert "since version 1.6" in reason(tmp_path / "a.pt", file.getvalue())


def test_several_pickles_in_an_archive_are_refused(tmp_path: Path) -> None:
    """Which of them is the sample cannot be told."""
    file = io.BytesIO(saved())
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("other/data.pkl", b"}.")
    assert "or several" in reason(tmp_path / "a.pt", file.getvalue())


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
    """32 KiB of a declared GiB, and a lying size."""
    bomb = zstandard.ZstdCompressor(level=3).compress(bytes(1 << 30))
    assert len(bomb) < 40_000
    assert "1,073,741,824" in reason(zst, bomb)
    assert bomb[6:10] == (1 << 30).to_bytes(4, "little")
    assert "damaged" in reason(zst, bomb[:6] + (1000).to_bytes(4, "little") + bomb[10:])


def unsized(content: bytes, *, checksum: bool = False) -> bytes:
    """A zstd frame as streams write it."""
    writer = zstandard.ZstdCompressor(write_checksum=checksum).compressobj()
    return writer.compress(content) + writer.flush()


@pytest.mark.parametrize("checksum", [False, True])
def test_a_zstd_file_without_its_size_is_read(zst: Path, checksum: bool) -> None:
    """Piece by piece, to the same picture."""
    frame = unsized(pickled(3), checksum=checksum)
    assert read(zst, frame).picture.tobytes() == picture(3).tobytes()
    for cut in (1, 5, len(frame) // 2):
        assert "cut short" in reason(zst, frame[:-cut])
    assert "other bytes" in reason(zst, frame + b"more")


def test_a_zstd_bomb_without_its_size(zst: Path) -> None:
    """It is stopped at the cap."""
    assert "more than" in reason(zst, unsized(bytes(1 << 30)))


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
    assert "no zip archive" in reason(path, b"not a zip")
    assert "damaged" in reason(path, saved()[:9])
    assert "damaged" in reason(path, saved()[:-30])


def test_files_too_large_are_not_opened(zst: Path) -> None:
    """The limit is on the file too."""
    with zst.open("wb") as file:
        file.truncate(100 << 20)
    with pytest.raises(BadSample, match="104,857,600 bytes"):
        read_legacy(zst, LIMITS)
