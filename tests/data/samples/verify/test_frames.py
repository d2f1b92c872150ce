"""Verifying imported sets: what is as written passes, anything else is named."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from quantsig.data.bars import CheckedBars
from quantsig.data.errors import DataError, IntegrityError
from quantsig.data.label_spec import LabelSpec
from quantsig.data.samples import imports
from quantsig.data.samples.frames import files as frame_files
from quantsig.data.samples.frames.files import file_name
from quantsig.data.samples.frames.record import encode
from quantsig.data.samples.imports import Source, import_samples
from quantsig.data.samples.manifest import MANIFEST, fingerprint
from quantsig.data.samples.parts import BARS, INDEX
from quantsig.data.samples.store import SampleSet
from quantsig.data.samples.verify.sample_set import verify_samples
from quantsig.data.storage import checksums, documents, parquet
from tests.data.samples.legacy_files import SHAPE, write
from tests.data.samples.test_imports import NAMES, ReadHere, bars, daily

FIRST, SECOND = file_name(0), file_name(1)
THREE = pl.col("sample_id") == 3


@pytest.fixture(autouse=True)
def read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """No processes of their own, and two files of frames."""
    monkeypatch.setattr(imports, "ReadingProcesses", ReadHere)
    monkeypatch.setattr(frame_files, "FULL_BYTES", 600)


@pytest.fixture
def traded(tmp_path: Path) -> SampleSet:
    """Nine days of samples with ten bars; the trades of the last three are not over."""
    label = LabelSpec(horizon_bars=2)
    source = Source(folder=daily(tmp_path, 9), names=NAMES, bars=bars("AAPL", 10), label=label)
    return import_samples(source, tmp_path / "set")


def record_anew(samples: SampleSet, index: pl.DataFrame | None = None, **changes: Any) -> None:
    """Make the manifest agree with the files, as one who hides a change would."""
    if index is not None:
        parquet.write_parquet(samples.path / INDEX, index)
    manifest = json.loads((samples.path / MANIFEST).read_text()) | changes
    for name, record in manifest["files"].items():
        record["sha256"] = checksums.sha256_of(samples.path / name)
    manifest["fingerprint"] = fingerprint(manifest)
    documents.write_json(samples.path / MANIFEST, manifest)


def complaint(samples: SampleSet) -> IntegrityError:
    with pytest.raises(IntegrityError) as caught:
        verify_samples(samples.path)
    return caught.value


def test_a_whole_set_passes(traded: SampleSet) -> None:
    """Every frame is decoded, every trade followed again; progress ends at the end."""
    seen: list[tuple[int, int]] = []
    found = verify_samples(traded.path, progress=lambda *now: seen.append(now))
    assert (found.samples, found.labelled, found.decoded, found.redrawn) == (9, 7, 9, 9)
    assert found.files == len(traded.manifest.files) > 3
    assert seen.count((9, 9)) == 2


def test_a_set_without_bars_passes(tmp_path: Path) -> None:
    """There are no trades to follow."""
    write(tmp_path / "old", 5)
    import_samples(Source(folder=tmp_path / "old"), tmp_path / "set")
    found = verify_samples(tmp_path / "set")
    assert (found.decoded, found.redrawn) == (5, 0)


@pytest.mark.parametrize("name", [FIRST, SECOND, INDEX, BARS])
@pytest.mark.parametrize("damage", [lambda b: b[:-9], lambda b: b[:50] + b"!" + b[51:], None])
def test_a_damaged_file_is_named(
    traded: SampleSet, name: str, damage: Callable[[bytes], bytes] | None
) -> None:
    """Cut short, one byte changed, or gone."""
    path = traded.path / name
    if damage:
        path.write_bytes(damage(path.read_bytes()))
    else:
        path.unlink()
    assert complaint(traded).where == str(path)


def test_any_flipped_byte_of_any_frame_is_found(traded: SampleSet) -> None:
    """By the frame's own checksum, where the file is recorded as it is."""
    path = traded.path / FIRST
    content = path.read_bytes()
    for place in range(0, len(content), 37):
        path.write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
        record_anew(traded)
        assert complaint(traded).where == str(path)


def test_any_flipped_byte_of_the_manifest_is_refused(traded: SampleSet) -> None:
    """In words, whether it is still JSON or not."""
    path = traded.path / MANIFEST
    content = path.read_bytes()
    for place in range(0, len(content), 23):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises((IntegrityError, DataError)):
            verify_samples(traded.path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"offset": pl.when(THREE).then(0).otherwise("offset")}, "does not follow"),
        ({"length": pl.when(THREE).then(9).otherwise("length")}, "sample 3|sample 4"),
        ({"length": pl.when(THREE).then(-5).otherwise("length")}, "length does not say where"),
        ({"file": pl.when(THREE).then(7).otherwise("file")}, "rows are not those"),
        ({"label": 1.0 - pl.col("label")}, "sample 0 .*not that of its y"),
        ({"label": pl.lit(0.0)}, "labelled"),
        ({"symbol": pl.lit("MSFT")}, "symbols"),
        ({"source": pl.lit(1)}, "columns"),
        ({"sample_id": pl.col("sample_id").reverse()}, "its place"),
        (
            {"decision_time": pl.col("decision_time") + pl.duration(hours=1)},
            "sample 0 .*no bar of its symbol",
        ),
        (
            {"forward_return": pl.when(THREE).then(0.5).otherwise("forward_return")},
            "sample 3 .*trade",
        ),
        (
            {"label_end": pl.col("label_end") + pl.when(THREE).then(pl.duration(days=1))},
            "sample 0 .*trade",
        ),
        ({"direction": pl.lit(-1, pl.Int8)}, "sample 0 .*trade"),
    ],
)
def test_a_wrong_row_is_named(traded: SampleSet, change: dict[str, Any], said: str) -> None:
    """Even when the index is recorded as it is."""
    record_anew(traded, traded.index.with_columns(**change))
    trouble = complaint(traded)
    assert pl.Series([trouble.what]).str.contains(said)[0], trouble.what


def test_frames_that_stand_over_each_other_are_found(traded: SampleSet) -> None:
    """Two samples of one frame: the bytes of the other belong to none."""
    places = {
        name: pl.when(THREE).then(traded.index[name][2]).otherwise(name)
        for name in ("file", "offset", "length")
    }
    record_anew(traded, traded.index.with_columns(**places))
    assert "does not follow" in complaint(traded).what


def test_bytes_behind_the_last_frame_are_found(traded: SampleSet) -> None:
    """They belong to no sample."""
    path = traded.path / FIRST
    path.write_bytes(path.read_bytes() + b"more")
    record_anew(traded)
    assert complaint(traded).where == str(path)


def test_a_picture_of_another_shape_is_found(tmp_path: Path) -> None:
    """Its frame is whole, but not one of this set."""
    write(tmp_path / "old", 2)
    samples = import_samples(Source(folder=tmp_path / "old"), tmp_path / "set")
    other = encode(np.zeros((3, 20, 16), np.float16))
    (samples.path / FIRST).write_bytes(
        (samples.path / FIRST).read_bytes()[: samples.index["length"][0]] + other
    )
    lengths = pl.Series([samples.index["length"][0], len(other)], dtype=pl.Int32)
    record_anew(samples, samples.index.with_columns(length=lengths))
    assert "sample 1" in complaint(samples).what


@pytest.mark.parametrize(
    "change", [{"shape": [3, 20, 16]}, {"dtype": "float32"}, {"shape": [1 << 40]}, {"shape": []}]
)
def test_a_manifest_of_another_picture_is_found(traded: SampleSet, change: dict[str, Any]) -> None:
    """Shape and type are those of every frame."""
    assert list(traded.shape) == list(SHAPE)
    record_anew(traded, **change)
    complaint(traded)


def test_bars_that_moved_are_noticed(traded: SampleSet) -> None:
    """A trade followed on other bars ends otherwise."""
    moved = traded.bars.with_columns(pl.col("open") * (1 + 0.01 * pl.int_range(pl.len())))
    parquet.write_parquet(traded.path / BARS, moved)
    record_anew(traded)
    assert "trade is another" in complaint(traded).what


def test_trades_with_barriers_are_followed_alike(tmp_path: Path) -> None:
    """Volatility before the decision is the same alone as among all bars."""
    folder = daily(tmp_path, 40)
    random = np.random.default_rng(0)
    opens = 100 * np.exp(np.cumsum(random.normal(0, 0.02, 60)))
    prices = {"open": opens, "high": opens * 1.02, "low": opens * 0.98, "close": opens * 1.01}
    checked = bars("AAPL", 60)
    wild = checked.bars.with_columns(**prices, adjustment=np.linspace(0.5, 1, 60))
    label = LabelSpec(name="triple_barrier", horizon_bars=3, volatility_bars=10)
    source = Source(
        folder=folder,
        names=NAMES,
        bars=CheckedBars(
            bars=wild,
            rejected=checked.rejected,
            interval=checked.interval,
            has_volume=False,
            sources=(),
        ),
        label=label,
    )
    import_samples(source, tmp_path / "set")
    assert verify_samples(tmp_path / "set").redrawn == 40


def test_memory_does_not_grow_with_the_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty pictures are decoded into the two buffers of two threads."""
    write(tmp_path / "old", 20)
    samples = import_samples(Source(folder=tmp_path / "old"), tmp_path / "set")
    buffers: list[int] = []
    read = SampleSet.read

    def watched(self: SampleSet, ids: Any, out: Any = None) -> Any:
        buffers.append(out.ctypes.data)
        return read(self, ids, out)

    monkeypatch.setattr("quantsig.data.samples.verify.frames.cores", lambda: 2)
    monkeypatch.setattr(SampleSet, "read", watched)
    verify_samples(samples.path)
    assert (len(buffers), len(set(buffers))) == (20, 2)
