"""Pictures of few values as the places where their columns change.

Going down a column of a chart the value changes a few times, and most columns equal their left
neighbour, so the changes of the other columns say everything. Every stream is bytes, low and
high bytes apart, for zstd to find what repeats:

- same: a bit per column of every plane, set where the column equals its left neighbour;
- counts: changes of each other column, two bytes;
- rows: where they are, two bytes: the first of a column as a zigzag difference to the first of
  the column before, the next ones as rows since the last;
- codes: which value starts there, a byte; left out for two values, which take turns.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

MOST_ROWS = 32_767
MOST_SHARE = 8  # a picture with more than one change in so many pixels is noise, not edges
SLOTS = 1024  # of the hash table; a power of two well above 256
BLOCK = 64  # pixels compared at a time

Words = NDArray[Any]  # uint8, uint16 or uint32
Bytes = NDArray[np.uint8]
Integers = NDArray[np.int32]


@dataclass(frozen=True, kw_only=True, slots=True)
class Edges:
    """The changes of a picture."""

    table: Words  # (n,) the values that occur, ascending
    ground: int  # number of the first pixel's value; columns are compared with it at the top
    changes: int
    streams: tuple[bytes, ...]


def find(words: Words, most_values: int) -> Edges | None:
    """The changes of a picture; None where it has too many, or too many values.

    Args:
        words: (planes, height, width) unsigned integers.
        most_values: at most 256.
    """
    planes, height, width = words.shape
    most = words.size // MOST_SHARE + width
    at = np.empty(most, np.uint32)  # height * width < 2 ** 32
    values = np.empty(most, words.dtype)
    starts = np.empty(planes + 1, np.int64)
    changes = _changes(words, at, values, starts)
    if changes < 0:
        return None
    ground = words[:1, 0, 0]
    found = tabulate(np.concatenate([ground, values[:changes]]), most_values)
    if found is None:
        return None
    table, codes = found
    columns = planes * width
    same = np.zeros(columns, np.uint8)
    counts, rows = np.empty(columns, np.uint16), np.empty(changes, np.uint16)
    kept_codes = np.empty(changes, np.uint8)
    kept, kept_changes = _by_column(
        at[:changes], codes[1:], starts, height, width, same, counts, rows, kept_codes
    )
    streams = [np.packbits(same).tobytes(), _split(counts[:kept]), _split(rows[:kept_changes])]
    if len(table) > 2:
        streams.append(kept_codes[:kept_changes].tobytes())
    return Edges(table=table, ground=int(codes[0]), changes=kept_changes, streams=tuple(streams))


def tabulate(values: Words, most_values: int) -> tuple[Words, Bytes] | None:
    """The distinct values, ascending, and the number of each; None where there are too many."""
    table = np.empty(most_values, np.uint32)
    codes = np.empty(len(values), np.uint8)
    distinct = _number(values, table, codes)
    if distinct < 0:
        return None
    order = np.argsort(table[:distinct])
    rank = np.empty(distinct, np.uint8)
    rank[order] = np.arange(distinct, dtype=np.uint8)
    return table[order].astype(values.dtype), rank[codes]


def draw(body: Bytes, changes: int, ground: int, marks: Words, out: Words) -> bool:
    """Draw a picture from its streams.

    Args:
        body: the streams, one after the other.
        changes: how many there are.
        ground: number of the value above the first row.
        marks: (n,) what to write for each value.
        out: (planes, height, width) of the type of `marks`.

    Returns:
        False where the streams do not fit the picture; what was drawn is then worthless.
    """
    columns = out.shape[0] * out.shape[2]
    bits = -(-columns // 8)
    same = np.unpackbits(body[:bits], count=columns if len(body) >= bits else None)
    kept = columns - int(np.count_nonzero(same))
    code_bytes = changes if len(marks) > 2 else 0
    if len(body) != bits + 2 * kept + 2 * changes + code_bytes:
        return False
    counts = body[bits:][: 2 * kept].reshape(2, kept)
    rows = body[bits + 2 * kept :][: 2 * changes].reshape(2, changes)
    codes = body[len(body) - code_bytes :]
    return bool(_draw(same, counts, rows, codes, ground, marks, out))


def _split(values: NDArray[np.uint16]) -> bytes:
    return values.reshape(-1, 1).view(np.uint8).T.tobytes()


@njit(cache=True, nogil=True)
def _changes(words: Words, at: NDArray[np.uint32], values: Words, starts: Any) -> int:
    """Pixels that differ from the one above, by plane and row; -1 where `at` is too short."""
    planes, height, width = words.shape
    found = 0
    above = np.full(width, words[0, 0, 0])
    for plane in range(planes):
        starts[plane] = found
        for row in range(height):
            line = words[plane, row]
            over = words[plane, row - 1] if row else above
            if found + width > len(at):
                return -1
            for left in range(0, width, BLOCK):
                right = left + BLOCK
                if right <= width:  # of a length the compiler knows, which is ten times faster
                    mine, upper = line[left:right], over[left:right]
                    differs = mine[0] ^ upper[0]
                    for column in range(BLOCK):
                        differs |= mine[column] ^ upper[column]
                    if not differs:
                        continue
                for column in range(left, min(right, width)):
                    if line[column] != over[column]:
                        at[found] = row * width + column
                        values[found] = line[column]
                        found += 1
    starts[planes] = found
    return found


@njit(cache=True, nogil=True)
def _number(values: Words, table: NDArray[np.uint32], codes: Bytes) -> int:
    """Number distinct values in the order they come; -1 where `table` is too short for them."""
    keys = np.zeros(SLOTS, np.uint32)
    numbers = np.full(SLOTS, -1, np.int32)
    distinct = 0
    for place in range(len(values)):
        value = np.uint32(values[place])
        slot = np.int64(value * np.uint64(2654435761) >> np.uint64(22)) % SLOTS
        while numbers[slot] >= 0 and keys[slot] != value:
            slot = (slot + 1) % SLOTS
        if numbers[slot] < 0:
            if distinct == len(table):
                return -1
            keys[slot] = value
            numbers[slot] = distinct
            table[distinct] = value
            distinct += 1
        codes[place] = numbers[slot]
    return distinct


@njit(cache=True, nogil=True)
def _by_column(
    at: NDArray[np.uint32],
    codes: Bytes,
    starts: Any,
    height: int,
    width: int,
    same: Bytes,
    counts: NDArray[np.uint16],
    rows: NDArray[np.uint16],
    kept_codes: Bytes,
) -> tuple[int, int]:
    """Sort changes by column and leave out the columns that equal their left neighbour.

    Returns:
        How many columns and how many changes are kept.
    """
    most = 0
    for plane in range(len(starts) - 1):
        most = max(most, starts[plane + 1] - starts[plane])
    by_row, by_code = np.empty(most, np.int32), np.empty(most, np.uint8)
    ends = np.empty(width + 1, np.int64)
    kept, out, first_before = 0, 0, 0
    for plane in range(len(starts) - 1):
        start, stop = starts[plane], starts[plane + 1]
        ends[:] = 0
        for change in range(start, stop):
            ends[at[change] % width + 1] += 1
        for column in range(width):
            ends[column + 1] += ends[column]
        for change in range(start, stop):
            column = at[change] % width
            place = ends[column]
            by_row[place] = at[change] // width
            by_code[place] = codes[change]
            ends[column] += 1  # now where the column ends
        begin, before = 0, 0
        for column in range(width):
            end = ends[column]
            equal = column > 0 and end - begin == begin - before
            for place in range(begin, end):
                back = place - (end - begin)
                if not equal:
                    break
                equal = by_row[place] == by_row[back] and by_code[place] == by_code[back]
            if equal:
                same[plane * width + column] = 1
            else:
                counts[kept] = end - begin
                kept += 1
                for place in range(begin, end):
                    if place == begin:
                        step = by_row[place] - first_before
                        rows[out] = (step << 1) ^ (step >> 31)
                        first_before = by_row[place]
                    else:
                        rows[out] = by_row[place] - by_row[place - 1]
                    kept_codes[out] = by_code[place]
                    out += 1
            before, begin = begin, end
    return kept, out


@njit(cache=True, nogil=True)
def _draw(
    same: Bytes,
    counts: Bytes,
    rows: Bytes,
    codes: Bytes,
    ground: int,
    marks: Words,
    out: Words,
) -> bool:
    """Write each change over its equal columns, then carry the values down the rows."""
    planes, height, width = out.shape
    two = len(codes) == 0
    kept, change, first = 0, 0, 0
    for plane in range(planes):
        canvas = out[plane]
        canvas[:] = 0
        column = 0
        while column < width:
            after = column + 1
            while after < width and same[plane * width + after]:
                after += 1
            if kept == counts.shape[1]:
                return False  # the first column of a plane has no left neighbour
            count = np.int64(counts[0, kept]) | (np.int64(counts[1, kept]) << 8)
            kept += 1
            if change + count > rows.shape[1]:
                return False
            code, row = np.int64(ground), np.int64(0)
            for place in range(count):
                step = np.int64(rows[0, change]) | (np.int64(rows[1, change]) << 8)
                if place == 0:
                    first += (step >> 1) ^ -(step & 1)
                    row = first
                else:
                    row += step
                following = 1 - code if two else np.int64(codes[change])
                if row < 0 or row >= height or following < 0 or following >= len(marks):
                    return False
                mark = marks[code] ^ marks[following]
                for x in range(column, after):
                    canvas[row, x] ^= mark
                code = following
                change += 1
            column = after
        for x in range(width):
            canvas[0, x] ^= marks[ground]
        for row in range(1, height):
            for x in range(width):
                canvas[row, x] ^= canvas[row - 1, x]
    return kept == counts.shape[1] and change == rows.shape[1]
