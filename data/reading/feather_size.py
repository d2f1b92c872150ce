"""How much memory a Feather file would take, told by its head lines before it is unpacked.

A Feather file is an Arrow file: record batches, and a footer that says where each begins. A batch
names its buffers; one that is packed begins with its size unpacked. Both are flatbuffers
(https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format, and Message.fbs beside it).
"""

import mmap
import struct
from collections.abc import Iterator
from pathlib import Path

from quantsig.data.storage.checksums import damaged
from quantsig.data.storage.unpacked_size import WORD_BYTES, bomb, cap_bytes

TAIL_BYTES = 10  # size of the footer and the magic word after it
DICTIONARIES, BATCHES = 2, 3  # fields of the footer
BLOCK_BYTES = 24  # offset, length of the head, padding, length of the body
HEADER_KIND, HEADER = 1, 2  # fields of a message
DICTIONARY_BATCH, RECORD_BATCH = 2, 3  # kinds of header
DATA = 1  # field of a dictionary batch
ROWS, BUFFERS, COMPRESSION = 0, 2, 3  # fields of a record batch
BUFFER_BYTES = 16  # offset and length
UNTOLD = -1  # in place of its size: the buffer is not packed

Content = mmap.mmap


def refuse_feather_bomb(source: Path) -> None:
    """Raise where a Feather file takes far more memory than its size lets expect.

    Raises:
        IntegrityError: its head lines are damaged.
        ResourceError: it does.
    """
    cap, needed = cap_bytes(source), 0
    with source.open("rb") as file:
        try:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                for size in _unpacked_sizes(content):
                    needed += size
                    if needed > cap:
                        raise bomb(source, cap)
        except (struct.error, ValueError, IndexError) as error:
            raise damaged(source, "it does not say what is in it") from error


def _unpacked_sizes(content: Content) -> Iterator[int]:
    """Bytes of each buffer unpacked, and for the numbers of rows."""
    (footer_bytes,) = struct.unpack_from("<i", content, len(content) - TAIL_BYTES)
    start = len(content) - TAIL_BYTES - footer_bytes
    footer = _at(content, start)
    for field in (DICTIONARIES, BATCHES):
        for block in _items(content, _field(content, footer, field), BLOCK_BYTES):
            offset, head_bytes, _body_bytes = struct.unpack_from("<qi4xq", content, block)
            yield from _of_batch(content, offset, offset + head_bytes)


def _of_batch(content: Content, offset: int, body: int) -> Iterator[int]:
    (first,) = struct.unpack_from("<i", content, offset)
    message = _at(content, offset + (8 if first == -1 else 4))
    kind = _field(content, message, HEADER_KIND)
    header = _field(content, message, HEADER)
    if kind is None or header is None:
        raise ValueError("a message without a header")
    batch = _at(content, header)
    if content[kind] == DICTIONARY_BATCH:
        data = _field(content, batch, DATA)
        if data is None:
            return
        batch = _at(content, data)
    elif content[kind] != RECORD_BATCH:
        return
    rows = _field(content, batch, ROWS)
    if rows is not None:
        yield max(struct.unpack_from("<q", content, rows)[0], 0) * WORD_BYTES
    packed = _field(content, batch, COMPRESSION) is not None
    for buffer in _items(content, _field(content, batch, BUFFERS), BUFFER_BYTES):
        place, length = struct.unpack_from("<qq", content, buffer)
        if packed and length > 0:
            (size,) = struct.unpack_from("<q", content, body + place)
            yield length if size == UNTOLD else max(size, 0)
        else:
            yield max(length, 0)


def _at(content: Content, place: int) -> int:
    """Where the table lies that is pointed at from a place."""
    return _checked(content, place + struct.unpack_from("<I", content, place)[0])


def _field(content: Content, table: int, number: int) -> int | None:
    """Where a field of a table lies; None where it is left out."""
    names = _checked(content, table - struct.unpack_from("<i", content, table)[0])
    (size,) = struct.unpack_from("<H", content, names)
    place = 4 + 2 * number
    if place + 2 > size:
        return None
    (offset,) = struct.unpack_from("<H", content, names + place)
    return _checked(content, table + offset) if offset else None


def _items(content: Content, vector: int | None, item_bytes: int) -> Iterator[int]:
    """Where each item of a vector lies."""
    if vector is None:
        return
    start = _at(content, vector)
    (count,) = struct.unpack_from("<I", content, start)
    for number in range(count):
        yield _checked(content, start + 4 + number * item_bytes)


def _checked(content: Content, place: int) -> int:
    """A place, where it is in the file: Python would count one below zero from the end."""
    if not 0 <= place < len(content):
        raise IndexError(place)
    return place
