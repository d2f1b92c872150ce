"""Damage as seeded functions of a file's bytes: (random, bytes, other bytes) -> bytes."""

import io
import json
import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pandas as pd  # noqa: F401 - pyarrow loads it as it makes arrays
import pyarrow as pa
import pyarrow.parquet as pq

Mutation = Callable[[Random, bytes, bytes], bytes]
NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
DEEP = 5_000  # levels, more than a parser may recurse
MOST_BYTES = 1 << 18  # of a case
ODD_BYTES = (
    *(b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\xc0\x80", b"\r", b'"', b"'", b",", b";", b"\t"),
    *(text.encode() for text in ("\u2028", "\u0085", "\u202e", "ﬀ", "I\u0307", "a" * 300)),
    *(b"../../x", b"/etc/passwd", b"\\\\host\\x", b"C:\\x", b"PAR1", b"ARROW1", b"PK\x03\x04"),
)
ODD_NUMBERS = (
    *(b"nan", b"inf", b"-inf", b"NaN", b"1e400", b"-0", b"0", b"-1", b"1e-320", b"0x10", b"1_0"),
    *(b"%d" % (2**power) for power in (31, 32, 53, 63, 64, 200)),
    *(b"9" * 5_000, b"99999-99-99", b"23:59:60", b"\xd9\xa1"),
)
ODD_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, 10**400, 0.5, 1e308, float("nan"), float("inf")),
    *("", "\0", "\u2028", "../../x", "/etc/passwd", "x" * 300, "\ud800", "nan", "2020-13-45"),
    *([], {}, [[]], [None], {"": None}, [1] * 1000, {"schema": "x"}, ["../x"], [-1, 2**63]),
)
ODD_TOML = (
    *("1", "-1", "0", "nan", "inf", "9223372036854775808", '""', '"\\u0000"', "true", "[]", "{}"),
    *("[1, 'a']", "1979-05-27", "07:32:00", "'../x'", '"day"', "1e400", "[[[[1]]]]", "{a = 1}"),
    *("[" * DEEP, "9" * 5_000, "'''", "[0, 0]", "[-1, 1]", "[nan]", "32767", "32768"),
)


def _place(random: Random, content: bytes) -> int:
    return random.randrange(len(content) + 1)


def flip(random: Random, content: bytes, _: bytes) -> bytes:
    """Some bits."""
    changed = bytearray(content)
    for _number in range(random.choice((1, 1, 2, 8, 64)) if content else 0):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def cut(random: Random, content: bytes, _: bytes) -> bytes:
    """Only the beginning."""
    return content[: _place(random, content)]


def leave_out(random: Random, content: bytes, _: bytes) -> bytes:
    """A stretch is missing."""
    start = _place(random, content)
    return content[:start] + content[start + random.choice((1, 4, 16, 256)) :]


def repeat(random: Random, content: bytes, _: bytes) -> bytes:
    """A stretch comes several times."""
    start, length = _place(random, content), random.choice((1, 8, 64, 1024))
    stretch = content[start : start + length] * random.choice((2, 3, 50))
    return content[:start] + stretch + content[start:]


def splice(random: Random, content: bytes, other: bytes) -> bytes:
    """The beginning of one and the end of another."""
    return content[: _place(random, content)] + other[_place(random, other) :]


def put_in(random: Random, content: bytes, _: bytes) -> bytes:
    """Something that does not belong there."""
    start = _place(random, content)
    return content[:start] + random.choice(ODD_BYTES) + content[start:]


def renumber(random: Random, content: bytes, _: bytes) -> bytes:
    """Another number in place of one in the text."""
    one = NUMBER.search(content, _place(random, content)) or NUMBER.search(content)
    if not one:
        return flip(random, content, content)
    return content[: one.start()] + random.choice(ODD_NUMBERS) + content[one.end() :]


def shuffle_fields(random: Random, content: bytes, _: bytes) -> bytes:
    """The fields of a line swapped, doubled or left out, or the line moved."""
    lines = content.split(b"\n")
    line = random.randrange(len(lines))
    fields = lines[line].split(b",")
    place = random.randrange(len(fields))
    kind = random.randrange(4)
    if kind == 0:
        fields.insert(place, fields[random.randrange(len(fields))])
    elif kind == 1:
        del fields[place]
    elif kind == 2:
        random.shuffle(fields)
    else:
        lines.insert(random.randrange(len(lines)), lines[line])
    lines[line] = b",".join(fields)
    return b"\n".join(lines)


def other_value(random: Random, content: bytes, _: bytes) -> bytes:
    """A document with another value, a field less or a field more somewhere."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return flip(random, content, content)
    places = list(_places(document)) if isinstance(document, (dict, list)) else []
    if not places:  # a number, or what holds nothing
        return flip(random, content, content)
    holder, name = random.choice(places)
    kind = random.randrange(8)
    if kind == 0 and isinstance(holder, dict):
        holder.pop(name, None)
    elif kind == 1 and isinstance(holder, dict):
        holder[random.choice(("novelty", "", "\0", "messages", "schema"))] = holder.get(name)
    elif kind == 2:
        mark = json.dumps(f"@{random.random()}")
        holder[name] = json.loads(mark)
        deep = random.choice(("[" * DEEP + "]" * DEEP, '{"a":' * DEEP + "1" + "}" * DEEP))
        return json.dumps(document).replace(mark, deep).encode()
    else:
        holder[name] = random.choice(ODD_VALUES)
    return json.dumps(document).encode()


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each place in a document: what holds it, and its name or number there."""
    for name in value if isinstance(value, dict) else range(len(value)):
        yield value, name
        if isinstance(value[name], (dict, list)):
            yield from _places(value[name])


def other_setting(random: Random, content: bytes, _: bytes) -> bytes:
    """A setting of another value or another name."""
    lines = content.decode("utf-8", "replace").split("\n")
    named = [number for number, line in enumerate(lines) if "=" in line]
    if not named:
        return flip(random, content, content)
    number = random.choice(named)
    name, _equals, value = lines[number].lstrip("# ").partition("=")
    kind = random.randrange(8)
    if kind == 0:
        lines.insert(number, lines[number])
    elif kind == 1:
        lines[number] = f"{name.strip()}x ={value}"
    else:
        lines[number] = f"{name}= {random.choice(ODD_TOML)}"
    return "\n".join(lines).encode()


CASTS = (pa.string(), pa.float32(), pa.int8(), pa.bool_(), pa.binary(), pa.large_string())
ODD_COLUMNS: tuple[Callable[[int], pa.Array], ...] = (
    pa.nulls,
    lambda rows: pa.array([float("nan")] * rows),
    lambda rows: pa.array([float("inf")] * rows),
    lambda rows: pa.array([2**62] * rows),
    lambda rows: pa.array(["\0\u2028"] * rows),
    lambda rows: pa.array([[1]] * rows),
    lambda rows: pa.array([{"a": 1}] * rows),
    lambda rows: pa.array([b"\xff"] * rows),
    lambda rows: pa.array([0] * rows, pa.timestamp("ns")),
    lambda rows: pa.array([2**62] * rows, pa.timestamp("s", "UTC")),
    lambda rows: pa.array([2**30] * rows, pa.date32()),
    lambda rows: pa.array(["x"] * rows).dictionary_encode(),
    lambda rows: pa.array([1] * rows, pa.duration("s")),
)


def other_column(random: Random, content: bytes, _: bytes) -> bytes:
    """A Parquet file with a column of another type, twice there, renamed or gone."""
    try:
        table = pq.ParquetFile(io.BytesIO(content)).read()
        place = random.randrange(table.num_columns)
        name, kind = table.column_names[place], random.randrange(5)
        if kind == 0:
            table = table.append_column(name, table.column(place))
        elif kind == 1:
            table = table.remove_column(place)
        elif kind == 2:
            names = list(table.column_names)
            names[place] = random.choice(("", "\0", "open", "timestamp", "x" * 300, "../x"))
            table = table.rename_columns(names)
        elif kind == 3:
            cast = table.column(place).cast(random.choice(CASTS))
            table = table.set_column(place, name, cast)
        else:
            column = random.choice(ODD_COLUMNS)(table.num_rows)
            table = table.set_column(place, name, column)
        target = io.BytesIO()
        pq.write_table(table, target)
        return target.getvalue()
    except (pa.ArrowException, ValueError, TypeError, OSError):
        return flip(random, content, content)


BYTES: tuple[Mutation, ...] = (flip, flip, cut, leave_out, repeat, splice, put_in)
TEXT: tuple[Mutation, ...] = (*BYTES, renumber, renumber, renumber)
LINES: tuple[Mutation, ...] = (*TEXT, shuffle_fields, shuffle_fields)
DOCUMENT: tuple[Mutation, ...] = (*BYTES, renumber, *(other_value,) * 10)
SETTINGS: tuple[Mutation, ...] = (*BYTES, renumber, *(other_setting,) * 10)
TABLE: tuple[Mutation, ...] = (*BYTES, *(other_column,) * 5)


def mutated(random: Random, seeds: list[bytes], mutations: tuple[Mutation, ...]) -> bytes:
    """One to three mutations of one of the seeds."""
    content = random.choice(seeds)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        content = random.choice(mutations)(random, content, random.choice(seeds))[:MOST_BYTES]
    return content
