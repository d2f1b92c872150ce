"""Lines of JSON that are chained: each holds a hash of the one before it and of itself.

`chain`, the last field of a line, is the SHA-256 of that of the line before and of the bytes before
it in its own. So a line that was changed, removed or put in is found by the next, and a change of
the last one by itself.
"""

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from quantsig.data.storage import atomic, documents

CHAINED = re.compile(rb'(.*), "chain": "([0-9a-f]{64})"}', re.DOTALL)
NOTHING = hashlib.sha256().hexdigest()  # what a first line stands on


def chain_of(before: str, text: bytes) -> str:
    """The hash of a line.

    Args:
        before: that of the line it stands on.
        text: its own bytes up to the hash.
    """
    return hashlib.sha256(before.encode() + text).hexdigest()


def chained_line(before: str, said: Mapping[str, Any]) -> tuple[str, str]:
    """A line to append, and its hash, which the next one stands on."""
    text = documents.to_json(said)[:-1]
    chain = chain_of(before, text.encode())
    return f'{text}, "chain": "{chain}"}}', chain


def set_torn_aside(source: Path, rest: bytes, aside: str) -> None:
    """Take a last line that was never written to its end out of a file; nothing of it is lost.

    Args:
        source: the file.
        rest: the bytes after its last line feed.
        aside: name of the file beside it that keeps them.
    """
    atomic.append_line(source.with_name(aside), rest.decode(errors="backslashreplace"))
    os.truncate(source, source.stat().st_size - len(rest))
