"""What a set weighs: counted where it is stored, estimated where it is not."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zstandard
from numpy.typing import NDArray

from quantsig.data.errors import IntegrityError
from quantsig.data.samples import imports
from quantsig.data.samples.build import build_samples
from quantsig.data.samples.frames import record as frames
from quantsig.data.samples.imports import Source, import_samples
from quantsig.data.samples.manifest import MANIFEST
from quantsig.data.samples.size import stored_sizes
from quantsig.data.samples.store import SampleSet
from tests.data.samples.bars import CHART, LABEL, bars_of
from tests.data.samples.legacy_files import packed, pickled, picture, write
from tests.data.samples.test_imports import NAMES, ReadHere, bars, daily


@pytest.fixture(autouse=True)
def read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """No processes of their own."""
    monkeypatch.setattr(imports, "ReadingProcesses", ReadHere)


def sizes_of(samples: SampleSet) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in samples.path.iterdir()}


def legacy_size(picture: NDArray[Any]) -> int:
    """Bytes of a file as the user wrote it."""
    sample = {"x": picture, "y": np.array([0.0125]), "direction": "long"}
    return len(zstandard.ZstdCompressor(level=15).compress(pickle.dumps(sample)))


def test_weights_of_a_small_set(tmp_path: Path) -> None:
    """25 samples of 19 planes (2 timeframes x 3 panels x 3 planes, and the calendar), 16 x 12."""
    built = build_samples(bars_of({"A": 40}), tmp_path / "set", chart=CHART, label=LABEL)
    weights = stored_sizes(built, encoded=25)
    sizes = sizes_of(built)
    charts = built.read(np.arange(25)).astype(np.float16)
    assert weights["index_bytes"] == sizes["index.parquet"]
    assert weights["bars_bytes"] == sizes["bars.parquet"]
    assert weights["stored_bytes"] == sum(sizes.values()) - sizes[MANIFEST]
    assert weights["drawn_from_bars_bytes"] == weights["stored_bytes"]
    assert weights["raw_float32_bytes"] == 25 * 19 * 16 * 12 * 4
    assert weights["encoded_samples"] == 25
    assert weights["legacy_bytes"] == sum(map(legacy_size, charts))
    framed = sum(len(frames.encode(chart)) for chart in charts)
    assert weights["frames_bytes"] == sizes["index.parquet"] + framed
    assert weights["estimated"] == ["legacy_bytes", "frames_bytes"]


def test_weights_of_imported_frames(tmp_path: Path) -> None:
    """Frames count as they are stored; without bars nothing is known of drawing."""
    write(tmp_path / "old", 9)
    samples = import_samples(Source(folder=tmp_path / "old"), tmp_path / "set")
    weights, sizes = stored_sizes(samples, encoded=9), sizes_of(samples)
    assert (
        weights["stored_bytes"]
        == weights["frames_bytes"]
        == sum(size for name, size in sizes.items() if name != MANIFEST)
    )
    assert weights["legacy_bytes"] == sum(legacy_size(picture(seed)) for seed in range(9))
    assert weights["raw_float32_bytes"] == 9 * 3 * 16 * 20 * 4
    assert (weights["bars_bytes"], weights["drawn_from_bars_bytes"]) == (0, None)
    assert weights["estimated"] == ["legacy_bytes"]


def test_frames_with_bars_could_be_drawn(tmp_path: Path) -> None:
    """Index and bars alone is then what the set would weigh as bars."""
    source = Source(folder=daily(tmp_path, 4), names=NAMES, bars=bars("AAPL", 6))
    samples = import_samples(source, tmp_path / "set")
    weights, sizes = stored_sizes(samples), sizes_of(samples)
    assert weights["drawn_from_bars_bytes"] == sizes["index.parquet"] + sizes["bars.parquet"]
    assert weights["frames_bytes"] == sizes["index.parquet"] + sizes["frames-00000.zst"]


def test_noise_of_float32_is_weighed(tmp_path: Path) -> None:
    """The old format then holds float32, as those files did."""
    x = np.random.default_rng(0).random((2, 3, 4), np.float32)
    (tmp_path / "old").mkdir()
    (tmp_path / "old/a.zst").write_bytes(packed(pickled(x=x)))
    weights = stored_sizes(import_samples(Source(folder=tmp_path / "old"), tmp_path / "set"))
    assert weights["legacy_bytes"] == legacy_size(x)


def test_a_set_without_samples_is_weighed(tmp_path: Path) -> None:
    """A stride beyond all bars leaves none, and nothing to encode."""
    checked = bars_of({"A": 40})
    built = build_samples(checked, tmp_path / "set", chart=CHART, label=LABEL, stride_bars=99)
    assert len(built) == 0
    assert stored_sizes(built).keys() == {"stored_bytes", "index_bytes", "bars_bytes"}


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """Weighing does not need the bars opened, but it needs them there."""
    built = build_samples(bars_of({"A": 40}), tmp_path / "set", chart=CHART, label=LABEL)
    (built.path / "bars.parquet").unlink()
    with pytest.raises(IntegrityError, match="bars.parquet is damaged: the file is missing"):
        stored_sizes(built)
