"""Which files of a folder are old samples, in what order, and which cannot be read at all."""

import os
import re
import stat
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase
from quantsig.data.samples.legacy.sample_file import READERS


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundFiles:
    """What a folder holds.

    Attributes:
        files: a row per file that may be a sample: file (its path inside the folder) and reason,
            null where it can be opened. Numbers in names are ordered as numbers.
        others: how many other files there are, by the ends of their names.
    """

    files: pl.DataFrame
    others: dict[str, int]


def find_files(folder: Path) -> FoundFiles:
    """Look through a folder and the folders in it; links to files are followed, no others.

    Raises:
        DataError: it is no folder, or holds no file whose name ends as those of samples do.
    """
    if not folder.is_dir():
        raise DataError(
            phrase("there is no folder {name}.", name=folder.name),
            where=str(folder),
            remedy="Check the path.",
        )
    rows: list[tuple[str, str | None]] = []
    others: Counter[str] = Counter()

    def unreadable(error: OSError) -> None:
        rows.append(_row(folder, error.filename, f"this folder: {error.strerror}"))

    for parent, folders, names in os.walk(folder, onerror=unreadable):
        links = [name for name in folders if os.path.islink(os.path.join(parent, name))]
        rows += [
            _row(folder, os.path.join(parent, name), "a link to a folder is not followed")
            for name in links
        ]
        for name in names:
            path, suffix = os.path.join(parent, name), Path(name).suffix.lower()
            if name.startswith("."):
                continue
            if suffix in READERS:
                rows.append(_row(folder, path, _fault(path)))
            else:
                others[suffix or "no suffix"] += 1
    if not rows:
        raise DataError(
            "the folder holds no samples.",
            where=str(folder),
            remedy=phrase("Name one with files that end in {endings}.", endings=", ".join(READERS)),
        )
    rows.sort(key=lambda row: (_natural(row[0]), row[0]))
    schema = {"file": pl.String, "reason": pl.String}
    return FoundFiles(
        files=pl.DataFrame(rows, schema=schema, orient="row"), others=dict(sorted(others.items()))
    )


def _row(folder: Path, path: str, fault: str | None) -> tuple[str, str | None]:
    """The path inside the folder as text that UTF-8 can write, and the fault."""
    name = Path(path).relative_to(folder).as_posix()
    shown = name.encode("utf-8", "backslashreplace").decode()
    return shown, fault if shown == name else "its name is not UTF-8"


def _fault(path: str) -> str | None:
    """Why a file cannot be read, as far as that can be told without opening it."""
    try:
        regular = stat.S_ISREG(os.stat(path).st_mode)
    except OSError as error:
        return error.strerror or str(error)
    return None if regular else "it is not a file"


def _natural(name: str) -> list[tuple[int, str]]:
    parts = re.split(r"(\d+)", name)
    return [(int(part[:4000]), "") if part.isdecimal() else (-1, part) for part in parts]
