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
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from quantsig.data.charts.raster import fill
from quantsig.data.kernels import njit

MOST_ROWS = 32_767
MOST_SHARE = 8  # a picture with more than one change in so many pixels is noise, not edges
SLOTS = 1024  # of the hash table; a power of two well above 256
BLOCK = 64  # pixels compared at a time

Words = NDArray[Any]  # uint8, uint16 or uint32
Bytes = NDArray[np.uint8]
Integers = NDArray[np.int32]


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnChanges:
    """The changes of a picture."""

    table: Words  # (n,) the values that occur, ascending
    ground: int  # number of the first pixel's value; columns are compared with it at the top
    changes: int  # how many the streams hold
    streams: tuple[bytes, ...]


class _Changes(NamedTuple):
    """Changes by plane, row and column."""

    at: NDArray[np.uint32]  # row * width + column
    codes: Bytes
    starts: NDArray[np.int64]  # (planes + 1,) where each plane's begin


class _Streams(NamedTuple):
    """The streams as whole numbers; `codes` is empty where two values take turns."""

    same: Bytes
    counts: NDArray[np.uint16]
    rows: NDArray[np.uint16]
    codes: Bytes


def find(words: Words, most_values: int) -> ColumnChanges | None:
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
    occurring = np.concatenate([ground, values[:changes]])
    occurring.flags.writeable = False
    found = tabulate(occurring, most_values)
    if found is None:
        return None
    table, codes = found
    columns = planes * width
    streams = _Streams(
        same=np.zeros(columns, np.uint8),
        counts=np.empty(columns, np.uint16),
        rows=np.empty(changes, np.uint16),
        codes=np.empty(changes, np.uint8),
    )
    by_row = _Changes(at[:changes], codes[1:], starts)
    kept, kept_changes = _by_column(by_row, height, width, streams)
    parts = [
        np.packbits(streams.same).tobytes(),
        _split(streams.counts[:kept]),
        _split(streams.rows[:kept_changes]),
    ]
    if len(table) > 2:
        parts.append(streams.codes[:kept_changes].tobytes())
    return ColumnChanges(
        table=table, ground=int(codes[0]), changes=kept_changes, streams=tuple(parts)
    )


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
    if len(body) < bits:
        return False
    same = np.unpackbits(body[:bits], count=columns)
    kept = columns - int(np.count_nonzero(same))
    code_bytes = changes if len(marks) > 2 else 0
    ends = np.cumsum([bits, 2 * kept, 2 * changes, code_bytes])
    if len(body) != ends[-1]:
        return False
    counts, rows = _joined(body[ends[0] : ends[1]]), _joined(body[ends[1] : ends[2]])
    return bool(_draw(_Streams(same, counts, rows, body[ends[2] :]), ground, marks, out))


def _joined(halves: Bytes) -> NDArray[np.uint16]:
    low, high = halves.reshape(2, -1).astype(np.uint16)
    joined: NDArray[np.uint16] = low | (high << np.uint16(8))
    return joined


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
def _by_column(changes: _Changes, height: int, width: int, to: _Streams) -> tuple[int, int]:
    """Sort changes by column and leave out the columns that equal their left neighbour.

    Returns:
        How many columns and how many changes are kept.
    """
    planes = len(changes.starts) - 1
    most = 0
    for plane in range(planes):
        most = max(most, changes.starts[plane + 1] - changes.starts[plane])
    rows, codes = np.empty(most, np.int32), np.empty(most, np.uint8)
    ends = np.empty(width + 1, np.int64)
    kept, out, top_before = 0, 0, 0
    for plane in range(planes):
        _sort_columns(changes, plane, rows, codes, ends)
        before, begin = 0, 0
        for column in range(width):
            end = ends[column]
            if column and _alike(rows, codes, before, begin, end):
                to.same[plane * width + column] = 1
            else:
                to.counts[kept] = end - begin
                kept += 1
                for place in range(begin, end):
                    step = rows[place] - (rows[place - 1] if place > begin else top_before)
                    to.rows[out] = step if place > begin else (step << 1) ^ (step >> 31)
                    to.codes[out] = codes[place]
                    out += 1
                if end > begin:
                    top_before = rows[begin]
            before, begin = begin, end
    return kept, out


@njit(cache=True, nogil=True)
def _sort_columns(
    changes: _Changes, plane: int, rows: Integers, codes: Bytes, ends: NDArray[np.int64]
) -> None:
    """Rows and codes of one plane's changes by column, and where each column's end."""
    width = len(ends) - 1
    start, stop = changes.starts[plane], changes.starts[plane + 1]
    ends[:] = 0
    for change in range(start, stop):
        ends[changes.at[change] % width + 1] += 1
    for column in range(width):
        ends[column + 1] += ends[column]
    for change in range(start, stop):
        column = changes.at[change] % width
        rows[ends[column]] = changes.at[change] // width
        codes[ends[column]] = changes.codes[change]
        ends[column] += 1


@njit(cache=True, nogil=True)
def _alike(rows: Integers, codes: Bytes, before: int, begin: int, end: int) -> bool:
    """Whether the changes in begin..end are those in before..begin."""
    if end - begin != begin - before:
        return False
    for place in range(begin, end):
        left = place - begin + before
        if rows[place] != rows[left] or codes[place] != codes[left]:
            return False
    return True


@njit(cache=True, nogil=True)
def _draw(streams: _Streams, ground: int, marks: Words, out: Words) -> bool:
    """Draw plane after plane; False where the streams are too short, too long, or lead outside."""
    planes, height, width = out.shape
    two = len(marks) == 2 and marks[ground] == 0 and height <= MOST_ROWS
    runs = np.empty((1, 1, 2, width), np.int16)
    top = np.zeros(1, np.int64)  # row of the first change of the column before
    kept: Any = np.int64(0)
    change: Any = np.int64(0)
    for plane in range(planes):
        canvas = out[plane]
        same = streams.same[plane * width : (plane + 1) * width]
        columns = np.flatnonzero(same == 0)
        counts = streams.counts[kept : kept + len(columns)]
        changes = np.int64(counts.sum())
        rows = streams.rows[change : change + changes]
        if len(counts) < len(columns) or len(rows) < changes or same[0]:
            return False  # the first column of a plane has no left neighbour to equal
        part = _Streams(same, counts, rows, streams.codes[change : change + changes])
        if two and (counts <= 2).all():
            if not _find_runs(part, columns, top, height, runs[0, 0]):
                return False
            fill(runs, canvas.reshape((1, 1, height, width)), marks[1 - ground])
        else:
            canvas[:] = 0
            if not _mark(part, columns, top, ground, marks, canvas):
                return False
            _carry(marks[ground], canvas)
        kept, change = kept + len(columns), change + changes
    return bool(kept == len(streams.counts) and change == len(streams.rows))


@njit(cache=True, nogil=True)
def _find_runs(
    streams: _Streams,
    columns: NDArray[np.int64],
    top: NDArray[np.int64],
    height: int,
    runs: NDArray[np.int16],
) -> bool:
    """Where the one run of each column begins and ends, as charts have; False if outside."""
    change: Any = np.int64(0)
    for place, left in enumerate(columns):
        right = columns[place + 1] if place + 1 < len(columns) else runs.shape[1]
        count = np.int64(streams.counts[place])
        first, last = np.int64(0), np.int64(0)
        if count:
            step = np.int64(streams.rows[change])
            top[0] += (step >> 1) ^ -(step & 1)
            first, last = top[0], np.int64(height)
            if count == 2:
                last = first + np.int64(streams.rows[change + 1])
            if not 0 <= first < height or (count == 2 and last >= height):
                return False
        for column in range(left, right):
            runs[0, column] = first
            runs[1, column] = last
        change += count
    return True


@njit(cache=True, nogil=True)
def _mark(
    streams: _Streams,
    columns: NDArray[np.int64],
    top: NDArray[np.int64],
    ground: int,
    marks: Words,
    canvas: Words,
) -> bool:
    """Write each change of a plane over its equal columns; False where one is outside."""
    height, width = canvas.shape
    two = len(streams.codes) == 0
    change: Any = np.int64(0)
    for place, left in enumerate(columns):
        right = columns[place + 1] if place + 1 < len(columns) else width
        code: Any = np.int64(ground)
        row: Any = top[0]
        end = change + np.int64(streams.counts[place])
        for at in range(change, end):
            step = np.int64(streams.rows[at])
            row += step if at > change else (step >> 1) ^ -(step & 1)
            following = 1 - code if two else np.int64(streams.codes[at])
            if row < 0 or row >= height or following < 0 or following >= len(marks):
                return False
            for column in range(left, right):
                canvas[row, column] ^= marks[code] ^ marks[following]
            code = following
            if at == change:
                top[0] = row
        change = end
    return True


@njit(cache=True, nogil=True)
def _carry(mark: Any, canvas: Words) -> None:
    """Turn changes into values, from the top row down."""
    height, width = canvas.shape
    for column in range(width):
        canvas[0, column] ^= mark
    for row in range(1, height):
        for column in range(width):
            canvas[row, column] ^= canvas[row - 1, column]
