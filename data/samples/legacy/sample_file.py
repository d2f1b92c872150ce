"""One sample file of the old kind: a dictionary {x, y, direction}, pickled and compressed.

`.zst`, `.xz` and `.lzma` hold a pickle, `.pt` is what torch.save writes. Nothing is unpickled,
and no more memory is taken than the file's own header justifies.
"""

import json
import lzma
import math
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantsig.data.samples.frames.record import MOST_DIMS, BadFrame, decompress
from quantsig.data.samples.legacy.pickles import BadPickle, interpret
from quantsig.data.samples.legacy.torch_storages import load_storage

CONTENT_SHARE = 4  # a file may unpack to this part of the memory that reading it may take
EXACT_AS_HALF = ("f2", "i1", "u1", "b1")  # float16 holds them; the rest are float32, if exactly
LZMA_PIECE = 1 << 20  # bytes unpacked at a time
MOST_TARGETS = 1000
MOST_DIRECTIONS = 100
MOST_TEXT = 1000
SURROGATE = re.compile("[\ud800-\udfff]")
ZIP_MAGIC = b"PK\x03\x04"


class BadSample(ValueError):  # noqa: N818 - what is wrong with it is the message
    """A file that is no sample; the message says why, without its name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadLimits:
    """What reading one file may take."""

    memory_mb: int = 1024
    seconds: float = 60.0

    @property
    def content_bytes(self) -> int:
        """The most that a file may unpack to."""
        return self.memory_mb * (1 << 20) // CONTENT_SHARE


@dataclass(frozen=True, kw_only=True, slots=True)
class LegacySample:
    """What one file holds."""

    picture: NDArray[Any]  # float16, or float32 where that is not exact
    targets: tuple[float | None, ...]  # y; None where it is not a number
    direction: str | None  # as text, or as JSON where it is numbers


def read_legacy(path: Path, limits: ReadLimits) -> LegacySample:
    """Read one sample file.

    Raises:
        BadSample: it is damaged, too large, hostile, or no sample.
    """
    try:
        content = READERS[path.suffix.lower()](path, limits.content_bytes)
        return _sample(content)
    except (BadFrame, BadPickle) as error:
        raise BadSample(str(error)) from error
    except OSError as error:
        raise BadSample(error.strerror or str(error)) from error
    except MemoryError as error:
        raise BadSample(f"reading it takes more than {limits.memory_mb} MB of memory") from error


def _read_zstd(path: Path, most_bytes: int) -> dict[str, Any]:
    content = decompress(_bytes_of(path, most_bytes), most_bytes)
    return interpret(content, load_storage=load_storage)


def _read_lzma(path: Path, most_bytes: int) -> dict[str, Any]:
    packed = _bytes_of(path, most_bytes)
    content = bytearray()  # grown piece by piece: no more than what a file may unpack to is held
    try:
        decompressor = lzma.LZMADecompressor(memlimit=most_bytes)
        while not decompressor.eof and (packed or not decompressor.needs_input):
            content += decompressor.decompress(packed, LZMA_PIECE)
            packed = b""
            if len(content) > most_bytes:
                raise BadSample(f"it unpacks to more than {most_bytes:,} bytes")
    except lzma.LZMAError as error:
        raise BadSample(f"its LZMA stream is damaged ({error})") from error
    if not decompressor.eof:
        raise BadSample("its LZMA stream is cut short")
    if decompressor.unused_data:
        raise BadSample("other bytes follow its LZMA stream")
    return interpret(bytes(content), load_storage=load_storage)


def _read_torch(path: Path, most_bytes: int) -> dict[str, Any]:
    """A .pt file as the zip it is, every member stored as it is."""
    _check_size(path, most_bytes)
    with path.open("rb") as file:
        if file.read(len(ZIP_MAGIC)) != ZIP_MAGIC:
            raise BadSample("it is no zip archive, which torch.save has written since version 1.6")
    try:
        with zipfile.ZipFile(path) as archive:
            members = {member.filename: member for member in archive.infolist()}
            _check_members(members, path.stat().st_size)
            pickles = [name for name in members if name.endswith("/data.pkl")]
            if len(pickles) != 1:
                raise BadSample("it holds no data.pkl of torch.save, or several")
            folder = pickles[0].removesuffix("data.pkl")
            order = members.get(f"{folder}byteorder")
            if order and archive.read(order) != b"little":
                raise BadSample("its numbers are not little-endian")
            return interpret(
                archive.read(pickles[0]), lambda key: archive.read(f"{folder}data/{key}")
            )
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise BadSample(f"its zip archive is damaged ({error})") from error


def _check_members(members: Mapping[str, zipfile.ZipInfo], size: int) -> None:
    for name, member in members.items():
        if member.compress_type != zipfile.ZIP_STORED or member.file_size != member.compress_size:
            raise BadSample(f"{name} in it is compressed, which torch.save never does")
    if sum(member.file_size for member in members.values()) > size:
        raise BadSample("its members claim to be larger than the file")


READERS: Mapping[str, Callable[[Path, int], dict[str, Any]]] = {
    ".zst": _read_zstd,
    ".xz": _read_lzma,
    ".lzma": _read_lzma,
    ".pt": _read_torch,
}


def _bytes_of(path: Path, most_bytes: int) -> bytes:
    _check_size(path, most_bytes)
    return path.read_bytes()


def _check_size(path: Path, most_bytes: int) -> None:
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise BadSample("it is not a file")
    if status.st_size > most_bytes:
        raise BadSample(f"it has {status.st_size:,} bytes, over {most_bytes:,}")


def _sample(content: Mapping[str, Any]) -> LegacySample:
    for name in ("x", "y"):
        if name not in content:
            raise BadSample(f"its dictionary has no {name}")
    return LegacySample(
        picture=_picture(content["x"]),
        targets=_targets(content["y"]),
        direction=_direction(content.get("direction")),
    )


def _picture(x: Any) -> NDArray[Any]:
    if not isinstance(x, np.ndarray) or x.dtype.kind not in "fiub":
        raise BadSample("its x is not an array of numbers")
    if not 1 <= x.ndim <= MOST_DIMS or not x.size:
        raise BadSample(f"its x has the shape {x.shape}")
    if x.dtype.kind + str(x.dtype.itemsize) in EXACT_AS_HALF:
        return np.ascontiguousarray(x, "<f2")
    with np.errstate(over="ignore", invalid="ignore"):
        exact = np.ascontiguousarray(x, "<f4")
        same = np.array_equal(exact.astype(x.dtype), x, equal_nan=x.dtype.kind == "f")
    if not same:
        raise BadSample(f"its x holds {x.dtype} values that float32 cannot hold exactly")
    return exact


def _targets(y: Any) -> tuple[float | None, ...]:
    values = _numbers(y)
    if values is None or not 1 <= values.size <= MOST_TARGETS:
        raise BadSample("its y is not one number or more")
    return tuple(value if np.isfinite(value) else None for value in values.tolist())


def _direction(direction: Any) -> str | None:
    """Text as it is, several texts or anything of numbers and truths as JSON."""
    if direction is None:
        return None
    if texts := _texts(direction):
        if max(map(len, texts)) > MOST_TEXT:
            raise BadSample(f"its direction is a text of {max(map(len, texts)):,} characters")
        return texts[0] if len(texts) == 1 else json.dumps(texts, ensure_ascii=False)
    values = _values(direction)
    if values is None or not 1 <= len(values) <= MOST_DIRECTIONS:
        raise BadSample("its direction is neither text nor a few numbers")
    said = [_said(value) for value in values]
    if len(said) == 1:
        return said[0] if isinstance(said[0], str) else json.dumps(said[0])
    return json.dumps(said)


def _said(value: float) -> float | str:
    """A whole number as int; a number that JSON has not by its name."""
    if isinstance(value, (bool, int)):
        return value
    if not math.isfinite(value):
        return json.dumps(value)  # NaN, Infinity or -Infinity
    return int(value) if value.is_integer() else value


def _values(value: Any) -> list[Any] | None:
    """Truths and numbers, flat, of the kinds they are; None where there is something else."""
    if isinstance(value, (bool, int, float)):
        return [value]
    if isinstance(value, np.ndarray):
        return value.reshape(-1).tolist() if value.dtype.kind in "fiub" else None
    if not isinstance(value, list):
        return None
    parts = [_values(item) for item in value if not isinstance(item, list)]
    flat = [part for part in parts if part is not None]
    return [one for part in flat for one in part] if len(flat) == len(value) else None


def _texts(value: Any) -> list[str] | None:
    """One text or a few; None where there is something else among them."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "US":
        value = value.reshape(-1).tolist()
    parts = value if isinstance(value, list) else [value]
    if not 1 <= len(parts) <= MOST_DIRECTIONS:
        return None
    texts = [part.decode("latin-1") if isinstance(part, bytes) else part for part in parts]
    if not all(isinstance(text, str) for text in texts):
        return None
    if any(SURROGATE.search(text) for text in texts):
        raise BadSample("its direction is no text that UTF-8 can write")
    return texts


def _numbers(value: Any) -> NDArray[np.float64] | None:
    """Numbers, flat; None where there is something else among them."""
    if isinstance(value, (bool, int, float)):
        value = np.asarray(value)
    if isinstance(value, list):
        parts = [_numbers(item) for item in value if isinstance(item, (int, float, np.ndarray))]
        flat = [part for part in parts if part is not None]
        return np.concatenate(flat) if len(flat) == len(value) > 0 else None
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fiub":
        return None
    return value.astype(np.float64).reshape(-1)
