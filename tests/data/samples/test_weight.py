"""What a set weighs: counted where it is stored, estimated where it is not."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import zstandard

from quantsig.data.samples.build import build_samples
from quantsig.data.samples.store import MANIFEST
from quantsig.data.samples.weight import weigh
from tests.data.samples.bars import CHART, LABEL, bars_of


def test_weights_of_a_small_set(tmp_path: Path) -> None:
    """25 samples of 19 planes (2 timeframes x 3 panels x 3 planes, and the calendar), 16 x 12."""
    built = build_samples(bars_of({"A": 40}), tmp_path / "set", chart=CHART, label=LABEL)
    weights = weigh(built, encoded=25)
    sizes = {path.name: path.stat().st_size for path in built.path.iterdir()}
    assert weights["index_bytes"] == sizes["index.parquet"]
    assert weights["bars_bytes"] == sizes["bars.parquet"]
    assert weights["stored_bytes"] == sum(sizes.values()) - sizes[MANIFEST]
    assert weights["raw_float32_bytes"] == 25 * 19 * 16 * 12 * 4
    assert weights["encoded_samples"] == 25
    legacy = 0
    for chart in built.read(np.arange(25)):
        sample = {"x": chart.astype(np.float16), "y": np.zeros(1), "direction": "up"}
        legacy += len(zstandard.ZstdCompressor(level=15).compress(pickle.dumps(sample, protocol=5)))
    assert weights["legacy_bytes"] == pytest.approx(legacy, rel=0.01)
    assert 0 < weights["frames_bytes"] < weights["legacy_bytes"]


def test_a_set_without_samples_is_weighed(tmp_path: Path) -> None:
    """A stride beyond all bars leaves none, and nothing to encode."""
    checked = bars_of({"A": 40})
    built = build_samples(checked, tmp_path / "set", chart=CHART, label=LABEL, stride_bars=99)
    assert len(built) == 0
    assert weigh(built).keys() == {"stored_bytes", "index_bytes", "bars_bytes"}
