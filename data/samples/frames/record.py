"""One picture as a small self-describing record: few values as edges down its columns, or all.

A record is a header, the values that occur, and a body in one of three kinds:

- edges: where each column changes its value, for pictures of at most 256 values. A column equal
  to its left neighbour costs one bit.
- codes: the number of each pixel's value in the table, one byte each, for noise of few values.
- raw: the values themselves, first bytes first.

Every record is one zstd frame with its size and a checksum, so a flipped bit is found when it
is read. Values come back bit for bit: the signs of zeros and the payloads of NaN too.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import zstandard
from numpy.typing import NDArray

from quantsig.data.samples.frames import column_changes as edges

PIECE_BYTES = 1 << 20  # unpacked at a time
BLOCK_HEADER_BYTES, CHECKSUM_BYTES, RUN_BLOCK = 3, 4, 1  # of a zstd frame
MAGIC = b"QSF1"
HEADER = struct.Struct("<4sBBBBHI")  # magic, kind, bytes a value, dims, ground, values, changes
EDGES, CODES, RAW = 0, 1, 2
MOST_VALUES = 256
MOST_DIMS = 8
MOST_BYTES = 1 << 30  # a picture that decodes to more is refused
LEVEL = 9
FLOATS: Mapping[int, np.dtype[Any]] = {2: np.dtype("<f2"), 4: np.dtype("<f4")}  # by bytes a value
WORDS: Mapping[int, Any] = {1: np.uint8, 2: np.uint16, 4: np.uint32}

Pixels = NDArray[Any]


class BadFrame(ValueError):  # noqa: N818 - what is wrong with it is the message
    """A record that is not what `encode` writes; the reader names the file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """A decompressed record, its header read and its lengths checked."""

    kind: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]  # float16 or float32
    table: Pixels  # (n,) the values that occur, ascending by their bits; empty for raw
    ground: int  # edges: the number of the value above the first row
    changes: int  # edges: how many there are
    body: memoryview


def encode(picture: Pixels, level: int = LEVEL) -> bytes:
    """The picture as a record in one zstd frame.

    Args:
        picture: float16 or float32 of one dimension or more, none of them empty.
        level: of zstd.
    """
    words = np.ascontiguousarray(picture).view(WORDS[picture.dtype.itemsize])
    words.flags.writeable = False  # or the compiled code would come in two kinds
    record = _as_edges(words) or _as_codes(words) or _as_raw(words)
    return zstandard.ZstdCompressor(level=level, write_checksum=True).compress(record)


def open_record(frame: bytes | memoryview) -> Record:
    """Decompress one frame and read its header.

    Raises:
        BadFrame: it is damaged, is something else, or declares more than a picture can hold.
    """
    content = decompress(frame, MOST_BYTES)
    if len(content) < HEADER.size or content[:4] != MAGIC:
        raise BadFrame("it is not a frame of this version")
    _, kind, width, dims, ground, values, changes = HEADER.unpack_from(content)
    start = HEADER.size + 4 * dims + width * values
    if kind > RAW or width not in FLOATS or not 1 <= dims <= MOST_DIMS or start > len(content):
        raise BadFrame("its header makes no sense")
    shape = struct.unpack_from(f"<{dims}I", content, HEADER.size)
    if not 0 < prod(shape) * width <= MOST_BYTES:
        raise BadFrame(f"its shape {shape} makes no sense")
    table = np.frombuffer(content, FLOATS[width], values, HEADER.size + 4 * dims)
    record = Record(
        kind=kind,
        shape=shape,
        dtype=FLOATS[width],
        table=table,
        ground=ground,
        changes=changes,
        body=memoryview(content)[start:],
    )
    _check_table(record)
    return record


def decode(frame: bytes | memoryview, out: Pixels | None = None) -> Pixels:
    """The picture of a frame.

    Args:
        frame: what `encode` gave.
        out: a C-contiguous buffer of the picture's shape and dtype; made when None.

    Raises:
        BadFrame: the frame is damaged or does not fit `out`.
    """
    record = open_record(frame)
    if out is None:
        out = np.empty(record.shape, record.dtype)
    if out.dtype != record.dtype:
        raise BadFrame(f"it holds {record.dtype}, not {out.dtype}")
    marks = record.table.view(WORDS[record.dtype.itemsize])
    _fill(record, marks, _words(out, record))
    return out


def decode_codes(frame: bytes | memoryview, out: Pixels | None = None) -> tuple[Pixels, Pixels]:
    """Numbers of the values instead of the values: zeros and ones for a picture of those.

    Args:
        frame: what `encode` gave, of a picture of at most 256 values.
        out: a C-contiguous uint8 buffer of the picture's shape; made when None.

    Returns:
        The numbers, and the table that turns them into values.

    Raises:
        BadFrame: the frame is damaged, holds more values, or does not fit `out`.
    """
    record = open_record(frame)
    if record.kind == RAW:
        raise BadFrame("it holds more than 256 different values")
    if out is None:
        out = np.empty(record.shape, np.uint8)
    if out.dtype != np.uint8:
        raise BadFrame(f"numbers are uint8, not {out.dtype}")
    _fill(record, np.arange(len(record.table), dtype=np.uint8), _words(out, record))
    return out, record.table


def decompress(frame: bytes | memoryview, most_bytes: int) -> bytes:
    """The content of exactly one zstd frame.

    A frame that was written as a stream does not say how much it holds; it is unpacked piece by
    piece up to the cap.

    Raises:
        BadFrame: it is cut short, damaged, followed by other bytes, or holds more than
            `most_bytes`.
    """
    try:
        declared = zstandard.get_frame_parameters(frame).content_size
        decompressor = zstandard.ZstdDecompressor(max_window_size=max(most_bytes, 1 << 10))
        if declared in (zstandard.CONTENTSIZE_UNKNOWN, zstandard.CONTENTSIZE_ERROR):
            _check_end(memoryview(frame))
            return _unpacked(decompressor, frame, most_bytes)
        if declared > most_bytes:
            raise BadFrame(f"it says that it holds {declared:,} bytes, over {most_bytes:,}")
        return decompressor.decompress(frame, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise BadFrame(f"its zstd frame is damaged or cut short ({error})") from error


def _unpacked(
    decompressor: zstandard.ZstdDecompressor, frame: bytes | memoryview, most_bytes: int
) -> bytes:
    content = bytearray()  # grown piece by piece: no more than the cap and a piece is held
    with decompressor.stream_reader(frame) as stream:
        while piece := stream.read(PIECE_BYTES):
            content += piece
            if len(content) > most_bytes:
                raise BadFrame(f"it unpacks to more than {most_bytes:,} bytes")
    return bytes(content)


def _check_end(frame: memoryview) -> None:
    """Raise a BadFrame where a frame ends before its last block, or bytes follow it.

    Reading it as a stream would tell neither. Each block (RFC 8878, 3.1.1.2) begins with three
    bytes: whether it is the last, its kind, and its size, which a run of one byte does not take.
    """
    end = zstandard.frame_header_size(frame)
    last = False
    while not last:
        header = int.from_bytes(frame[end : end + BLOCK_HEADER_BYTES], "little")
        if end + BLOCK_HEADER_BYTES > len(frame):
            raise BadFrame("its zstd frame is cut short")
        last, kind, size = bool(header & 1), header >> 1 & 3, header >> 3
        end += BLOCK_HEADER_BYTES + (1 if kind == RUN_BLOCK else size)
    if zstandard.get_frame_parameters(frame).has_checksum:
        end += CHECKSUM_BYTES
    if end != len(frame):
        found = "is cut short" if end > len(frame) else "is followed by other bytes"
        raise BadFrame(f"its zstd frame {found}")


def planes_of(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """A shape of any number of dimensions as planes, rows and columns."""
    height = shape[-2] if len(shape) > 1 else 1
    return prod(shape[:-2]), height, shape[-1]


def _header(kind: int, words: Pixels, table: Pixels, ground: int = 0, changes: int = 0) -> bytes:
    dims = words.shape
    fixed = HEADER.pack(MAGIC, kind, words.itemsize, len(dims), ground, len(table), changes)
    return fixed + struct.pack(f"<{len(dims)}I", *dims) + table.tobytes()


def _as_edges(words: Pixels) -> bytes | None:
    planes, height, width = planes_of(words.shape)
    if height > edges.MOST_ROWS:
        return None
    found = edges.find(words.reshape(planes, height, width), MOST_VALUES)
    if found is None:
        return None
    header = _header(EDGES, words, found.table, found.ground, found.changes)
    return b"".join((header, *found.streams))


def _as_codes(words: Pixels) -> bytes | None:
    found = edges.tabulate(words.reshape(-1), MOST_VALUES)
    if found is None:
        return None
    table, codes = found
    return _header(CODES, words, table) + codes.tobytes()


def _as_raw(words: Pixels) -> bytes:
    split = words.reshape(-1, 1).view(np.uint8).T  # (bytes a value, pixels)
    return _header(RAW, words, words[:0].reshape(-1)) + split.tobytes()


def _check_table(record: Record) -> None:
    most = 0 if record.kind == RAW else MOST_VALUES
    least = 0 if record.kind == RAW else 1
    if not least <= len(record.table) <= most or record.ground >= max(len(record.table), 1):
        raise BadFrame(f"{len(record.table)} values in its table make no sense")


def _words(out: Pixels, record: Record) -> Pixels:
    if out.shape != record.shape or not out.flags.c_contiguous:
        raise BadFrame(f"its shape is {record.shape}, not {out.shape}")
    return out.view(WORDS[out.itemsize])


def _fill(record: Record, marks: Pixels, out: Pixels) -> None:
    pixels = prod(record.shape)
    body = np.frombuffer(record.body, np.uint8)
    if record.kind == EDGES:
        if not edges.draw(
            body, record.changes, record.ground, marks, out.reshape(planes_of(record.shape))
        ):
            raise BadFrame("its edges do not fit its shape")
        return
    if len(body) != (pixels if record.kind == CODES else pixels * record.dtype.itemsize):
        raise BadFrame("its length does not fit its shape")
    if record.kind == CODES:
        if int(body.max()) >= len(marks):
            raise BadFrame("it uses a value that its table does not have")
        np.take(marks, body, out=out.reshape(-1), mode="clip")
    else:
        out.reshape(-1, 1).view(np.uint8)[:] = body.reshape(record.dtype.itemsize, pixels).T
