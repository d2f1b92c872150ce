"""A verb reads each file of a run, its samples and its ledger once, and hands on what it read."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.cli.conftest import Quantsig, assert_done
from tests.golden.opened import open_workspace

pytestmark = pytest.mark.xdist_group("golden")
ONCE = (
    "predictions.parquet",
    "signals.parquet",
    "thresholds.parquet",
    "calibration.json",
    "sweep.json",
    "ledger.jsonl",
    "manifest.json",
    "index.parquet",
)
WALK = "walk-logistic-anchored-2-1e7b8aeb"
Reading = tuple[str, tuple[int, int, int]]  # a file, and what tells its versions apart


@pytest.fixture
def readings(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Counter[Reading]:
    """How often each file was read as it was then, once the workspace is there."""
    open_workspace(own_folder)
    found: Counter[Reading] = Counter()

    def counted(read: Callable[..., Any]) -> Callable[..., Any]:
        def reading(source: Path, *words: Any, **named: Any) -> Any:
            status = source.stat()
            version = (status.st_ino, status.st_size, status.st_mtime_ns)
            found[str(source.resolve()), version] += 1
            return read(source, *words, **named)

        return reading

    for kind in ("read_bytes", "read_text"):
        monkeypatch.setattr(Path, kind, counted(getattr(Path, kind)))
    monkeypatch.setattr(pq, "ParquetFile", counted(pq.ParquetFile))
    return found


@pytest.mark.parametrize(
    "words",
    [
        "thresholds runs/first",
        "thresholds runs/first --threshold 0.51",
        "thresholds runs/first --threshold 0.52 --on walk",
        "signals runs/first --threshold 0.53 --force",
        "signals runs/first newer.csv --force",
        "backtest runs/first --force",
        "backtest runs/first newer.csv --force",
        "sweep runs/first --thresholds 4 --force",
        "report runs/first",
        f"report runs/{WALK}",
        "walk --folds 2 --threshold 0.41",
    ],
)
def test_a_verb_reads_a_file_once(
    quantsig: Quantsig, readings: Counter[Reading], words: str
) -> None:
    """Again only after it wrote it anew."""
    assert_done(quantsig(*words.split()))
    again = [name for (name, _), times in readings.items() if times > 1 and name.endswith(ONCE)]
    assert readings
    assert again == []
