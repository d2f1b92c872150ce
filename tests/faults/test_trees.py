"""Which folders a verb does the same in."""

import hashlib
import json
from pathlib import Path

from tests.faults.trees import state_of


def _folder(
    home: Path, *, second: int = 1, process: int = 17, threshold: float = 0.5, sealed: str = ""
) -> Path:
    """A run of one file, its seal, and a part of that file."""
    home.mkdir()
    run = json.dumps({"created": f"2026-01-01T00:00:{second:02}+00:00", "threshold": threshold})
    (home / "run.json").write_text(run)
    hashed = sealed or hashlib.sha256(run.encode()).hexdigest()
    (home / "seal.json").write_text(json.dumps({"files": {"run.json": hashed}}))
    (home / f".run.json.abc123-{process}.part").write_text(run[:9])
    return home


def test_times_and_process_numbers_make_no_other_state(tmp_path: Path) -> None:
    """Nor do the hashes of files that have times in them, as long as they are right."""
    one = _folder(tmp_path / "one")
    other = _folder(tmp_path / "other", second=59, process=18)
    assert state_of(one) == state_of(other)


def test_anything_else_makes_another_state(tmp_path: Path) -> None:
    """A figure, a hash that is not its file's, a file more, a folder more, bytes cut off."""
    state = state_of(_folder(tmp_path / "plain"))
    changed = [
        _folder(tmp_path / "figure", threshold=0.6),
        _folder(tmp_path / "seal", sealed="ab" * 32),
        *(_folder(tmp_path / name) for name in ("file", "folder", "cut")),
    ]
    (tmp_path / "file" / "new.parquet").write_bytes(b"PAR1")
    (tmp_path / "folder" / "new").mkdir()
    content = (tmp_path / "cut" / "run.json").read_bytes()
    (tmp_path / "cut" / "run.json").write_bytes(content[:-3])
    assert len({state, *map(state_of, changed)}) == 6
