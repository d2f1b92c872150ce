"""Compiled functions that a change in a file they call into has made stale."""

import os
from pathlib import Path

from tests.conftest import forget_stale_kernels


def test_only_kernels_older_than_a_source_are_forgotten(tmp_path: Path) -> None:
    """The callee changed at second 20: what was compiled at 10 goes, what was at 30 stays."""
    cache = tmp_path / "backtest" / "__pycache__"
    cache.mkdir(parents=True)
    (tmp_path / "data").mkdir()
    times = {tmp_path / "data" / "callee.py": 20, cache / "old.nbc": 10, cache / "new.nbc": 30}
    for path, seconds in times.items():
        path.write_text("njit")
        os.utime(path, (seconds, seconds))
    forget_stale_kernels(tmp_path)
    assert [path.name for path in cache.iterdir()] == ["new.nbc"]
