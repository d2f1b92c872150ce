"""What a folder holds, apart from what no two runs of a verb have in common."""

import hashlib
import io
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from quantsig.signals.layout import LEDGER, TORN_JOURNAL, TORN_LEDGER

Tree = Mapping[str, str]  # digest of each file by its path

TIMES = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(\+00:00|Z| UTC)?")
OF_THE_TIME = re.compile(r"created|.*seconds|.*memory.*|files|.*sha256|openings?(_before)?|turn")
OF_THE_CLOCK = re.compile(r"created|time|.*seconds|.*memory.*")

OF_A_LINE = re.compile(r"recorded|chain")

UNLIKE = {
    LEDGER,
    TORN_LEDGER,
    TORN_JOURNAL,
    "seal.json",
}  # hashes of what has times in it
NUMBERS = re.compile(r"-\d+(\.(?:part|old))")  # of processes, in names
DOCUMENTS = ("", ".json", ".jsonl", ".toml")
HASHES = re.compile(r"\b[0-9a-f]{64}\b")


def tree_of(home: Path) -> dict[str, str]:
    """Digests of all files but those of `UNLIKE`, without the times in them."""
    return {
        path.relative_to(home).as_posix(): digest(path)
        for path in sorted(home.rglob("*"))
        if path.is_file() and path.name not in UNLIKE
    }


def digest(path: Path) -> str:
    """Of what a file says; of damaged documents, of their bytes."""
    return _digest(path.suffix, path.read_bytes())


def state_of(home: Path) -> str:
    """Digest of all that a folder holds, such that the same verb does the same in it.

    Ledgers and seals are in it, who held a lock is not. A hash stands for the file that has it,
    where there is one, else for its turn among the hashes.
    """
    found = [path for path in sorted(home.rglob("*")) if not path.is_symlink()]
    names = [NUMBERS.sub(r"\1", path.relative_to(home).as_posix()) for path in found]
    contents = [path.read_bytes() if path.is_file() else b"" for path in found]
    stand_for = {
        hashlib.sha256(content).hexdigest(): name
        for name, content in zip(names, contents, strict=True)
    }

    def standing(hashed: re.Match[str]) -> str:
        return stand_for.setdefault(hashed[0], str(len(stand_for)))

    said = []
    for path, name, content in zip(found, names, contents, strict=True):
        text = "" if path.suffix == ".lock" else _digest(path.suffix, content)
        if path.suffix in DOCUMENTS:
            lines = content.decode(errors="backslashreplace").split("\n")
            whole = lines if path.suffix == ".jsonl" else ["\n".join(lines)]
            text = HASHES.sub(standing, TIMES.sub("", "\n".join(map(_plainly, whole))))
        said.append((name, path.is_dir(), text))
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _plainly(text: str) -> str:
    """A document without what the time makes of it, but with its hashes; else the text."""
    try:
        return json.dumps(_timeless(json.loads(text), OF_THE_CLOCK), sort_keys=True)
    except ValueError:
        return text


@lru_cache(maxsize=1000)
def _digest(suffix: str, content: bytes) -> str:
    try:
        if suffix == ".json":
            content = json.dumps(_timeless(json.loads(content)), sort_keys=True).encode()
        elif suffix == ".parquet":
            frame = pl.read_parquet(io.BytesIO(content))
            timed = [name for name in frame.columns if "second" in name]
            content = frame.drop(timed).write_json().encode()
        elif suffix == ".jsonl":  # in whatever order they were found out
            lines = [_timeless(json.loads(line), OF_A_LINE) for line in content.splitlines()]
            content = "\n".join(sorted(json.dumps(line) for line in lines)).encode()
        elif suffix == ".html":
            content = HASHES.sub("", TIMES.sub("", content.decode())).encode()
    except (ValueError, pl.exceptions.PolarsError):
        pass
    return hashlib.sha256(content).hexdigest()[:16]


def _timeless(value: Any, named: re.Pattern[str] = OF_THE_TIME) -> Any:
    if isinstance(value, dict):
        return {
            name: _timeless(item, named)
            for name, item in value.items()
            if not named.fullmatch(name)
        }
    return [_timeless(item, named) for item in value] if isinstance(value, list) else value
