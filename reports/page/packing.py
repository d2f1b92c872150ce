"""Numbers and tables as short text inside the page, which the browser unpacks again."""

import base64
import gzip
import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

PLAIN_BYTES = 20_000  # up to here a table stands in the page as JSON that can be read
DIGITS = 10  # of a number in a table, those that count


def packed(content: bytes) -> str:
    """gzip in base64; the same content gives the same text."""
    return base64.b64encode(gzip.compress(content, 6, mtime=0)).decode("ascii")


def packed_arrays(arrays: Mapping[str, NDArray[Any]]) -> tuple[dict[str, list[Any]], str]:
    """Arrays end to end, of each first the lowest byte of every number, then the next ones.

    Numbers that are alike share their high bytes, which pack well side by side.

    Returns:
        Of each array its type, its first byte and its length; and all of them packed.
    """
    places: dict[str, list[Any]] = {}
    parts: list[bytes] = []
    size = 0
    for name, array in arrays.items():
        numbers = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        places[name] = [array.dtype.name, size, len(array)]
        parts.append(numbers.view(np.uint8).reshape(len(array), array.itemsize).T.tobytes())
        size += numbers.nbytes
    return places, packed(b"".join(parts))


def plain(value: Any) -> Any:
    """A raw value as JSON holds it: times in ISO, numbers to ten digits, no NaN."""
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return plain(value.item()) if isinstance(value, np.generic) else str(value)


def compact(document: Any) -> str:
    """JSON without spaces."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
