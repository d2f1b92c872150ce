"""What the fields of one line can be."""

import re
from collections.abc import Sequence

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
EPOCH = re.compile(r"\d{10}(\d{3}){0,3}")  # seconds to nanoseconds since 2001
FEWEST_NUMBERS = 4  # open, high, low and close


def numbers(fields: Sequence[str]) -> bool:
    """Whether every field is a number."""
    return all(NUMBER.fullmatch(field.strip()) for field in fields)


def epochs(fields: Sequence[str]) -> bool:
    """Whether every field is seconds, or a smaller unit, since 1970."""
    return all(EPOCH.fullmatch(field.strip()) for field in fields)


def match(fields: Sequence[str], *patterns: str) -> bool:
    """Whether each field is of the pattern in its place, and there are no others."""
    return len(fields) == len(patterns) and all(
        re.fullmatch(pattern, field.strip())
        for pattern, field in zip(patterns, fields, strict=True)
    )


def values(fields: Sequence[str]) -> bool:
    """Whether a line holds the values of a bar rather than names."""
    return sum(NUMBER.fullmatch(field.strip()) is not None for field in fields) >= FEWEST_NUMBERS
