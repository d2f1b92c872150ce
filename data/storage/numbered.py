"""Files that come in numbered parts, none of which changes once it is written.

There is one part until what it holds grows: `bars.parquet`, then `bars-00001.parquet` and so on.
"""

from collections.abc import Container
from itertools import count, takewhile


def part(first: str, number: int) -> str:
    """The name of a part: `index.parquet`, `index-00001.parquet`, `index-00002.parquet`."""
    stem, _, suffix = first.partition(".")
    return f"{stem}-{number:05}.{suffix}" if number else first


def parts_in(records: Container[str], first: str) -> list[str]:
    """The names of all parts among the recorded files, in their order."""
    names = (part(first, number) for number in count())
    return list(takewhile(records.__contains__, names))
