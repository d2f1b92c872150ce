"""What other codecs and levels make of the user's own files."""

import lzma
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import mean

import zstandard

from quantsig.data.errors import DataError
from quantsig.data.progress import Progress, silent
from quantsig.data.samples.frames.record import decompress
from quantsig.data.samples.legacy.sample_file import ReadLimits

MOST_BYTES = ReadLimits().content_bytes  # a file that expands to more is refused, as on import
PIECE = 1 << 20  # bytes of an LZMA stream that are unpacked at a time
ZSTD_LEVELS = (1, 3, 9, 15, 19)
LZMA_LEVELS = (1, 6, 9)


@dataclass(frozen=True, kw_only=True, slots=True)
class Codec:
    """One way to compress, at one level."""

    name: str
    level: int
    write: Callable[[bytes], bytes]
    read: Callable[[bytes], bytes]


CODECS = (
    *(
        Codec(
            name="zstd",
            level=level,
            write=zstandard.ZstdCompressor(level=level).compress,
            read=zstandard.ZstdDecompressor().decompress,
        )
        for level in ZSTD_LEVELS
    ),
    *(
        Codec(
            name="lzma",
            level=level,
            write=partial(lzma.compress, preset=level),
            read=lzma.decompress,
        )
        for level in LZMA_LEVELS
    ),
)


def legacy_files(folder: Path) -> list[Path]:
    """The user's sample files in a folder, by name."""
    named = (path for path in folder.iterdir() if path.suffix.lower() in PAYLOADS)
    return sorted(path for path in named if path.is_file())  # a pipe would be waited for


def level_table(
    paths: list[Path], progress: Progress = silent
) -> Iterator[dict[str, float | int | str]]:
    """One row a codec and level: codec, level, and means over the files.

    The files are decompressed and never unpickled.

    Args:
        paths: the files.
        progress: told about finished rows.

    Returns:
        Rows of codec, level, bytes, write_ms, read_ms.

    Raises:
        DataError: a file is damaged, or expands to more than a sample can hold.
    """
    contents = [payload(path) for path in paths]
    for done, codec in enumerate(CODECS):
        progress(done, len(CODECS))
        rows = [_row(codec, content) for content in contents]
        means = {name: mean(row[name] for row in rows) for name in rows[0]}
        yield {"codec": codec.name, "level": codec.level, **means}
    progress(len(CODECS), len(CODECS))


def payload(path: Path) -> bytes:
    """What a file's compression wraps: the bytes that every codec then gets.

    Raises:
        DataError: the file is damaged, or expands to more than a sample can hold.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"it has more than {MOST_BYTES:,} bytes")
        return PAYLOADS[path.suffix.lower()](path.read_bytes())
    except (lzma.LZMAError, ValueError) as error:
        raise DataError(
            f"this file cannot be decompressed: {error}.",
            where=str(path),
            remedy="Take it out of the folder, or restore it from a copy.",
        ) from error


def _row(codec: Codec, content: bytes) -> dict[str, float]:
    start = time.perf_counter()
    packed = codec.write(content)
    written = time.perf_counter()
    codec.read(packed)
    read = time.perf_counter()
    return {
        "bytes": len(packed),
        "write_ms": 1e3 * (written - start),
        "read_ms": 1e3 * (read - written),
    }


def _from_zstd(content: bytes) -> bytes:
    return decompress(content, MOST_BYTES)


def _from_lzma(content: bytes) -> bytes:
    decompressor = lzma.LZMADecompressor()
    unpacked = bytearray()
    while not decompressor.eof and (content or not decompressor.needs_input):
        unpacked += decompressor.decompress(content, PIECE)
        content = b""
        if len(unpacked) > MOST_BYTES:
            raise ValueError(f"it unpacks to more than {MOST_BYTES:,} bytes")
    if not decompressor.eof:
        raise ValueError("it is cut short")
    return bytes(unpacked)


PAYLOADS: dict[str, Callable[[bytes], bytes]] = {
    ".zst": _from_zstd,
    ".xz": _from_lzma,
    ".lzma": _from_lzma,
    ".pt": bytes,
}
