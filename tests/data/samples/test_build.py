"""Sample sets: what is built can be read, and tells what was left out."""

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from quantsig.data.charts.draw import draw
from quantsig.data.errors import ConfigError, DataError, IntegrityError, UsageError
from quantsig.data.samples.build import BuildJob, build_samples
from quantsig.data.samples.manifest import MANIFEST
from quantsig.data.samples.matrix import bar_matrix
from quantsig.data.samples.parts import BARS, INDEX
from quantsig.data.samples.store import SampleSet, open_samples
from tests.data.samples.bars import CHART, LABEL, START, bars_of


@pytest.fixture
def two(tmp_path: Path) -> SampleSet:
    """A set of two symbols."""
    checked = bars_of({"A": 40, "B": 30})
    return build_samples(checked, tmp_path / "set", chart=CHART, label=LABEL)


def test_a_sample_at_every_bar_with_enough_history(two: SampleSet) -> None:
    """16 bars of history: 25 samples of A and 15 of B, numbered through."""
    assert two.index.group_by("symbol", maintain_order=True).len().rows() == [("A", 25), ("B", 15)]
    assert two.index["sample_id"].to_list() == list(range(40))


def test_times_of_a_sample(two: SampleSet) -> None:
    """The window starts 15 bars before the decision; the label ends delay + horizon bars after."""
    row = two.index.row(0, named=True)
    assert row["decision_time"] == START + timedelta(days=16)
    assert row["window_start"] == START + timedelta(days=1)
    assert row["label_end"] == START + timedelta(days=20)


def test_unknown_labels_are_null(two: SampleSet) -> None:
    """The last delay + horizon rows of each symbol."""
    unknown = two.index.filter(pl.col("label").is_null()).group_by("symbol").len()
    assert sorted(unknown.rows()) == [("A", 4), ("B", 4)]
    assert two.index["label_end"].null_count() == 8


def test_charts_are_those_of_the_stored_bars(two: SampleSet) -> None:
    """A symbol's first sample is drawn from its own bars only."""
    alone = bar_matrix(two.bars.filter(pl.col("symbol") == "B"))
    first_of_b = two.read(np.array([25, 0]))[0]
    np.testing.assert_array_equal(first_of_b, draw(alone, np.array([15]), CHART)[0])


def test_reading_back_gives_the_same_set(two: SampleSet) -> None:
    """Opened again it is equal: specs, index and bars."""
    again = open_samples(two.path)
    assert again.chart == CHART
    assert again.label == LABEL
    assert again.index.equals(two.index)
    assert again.bars.equals(two.bars)


def test_stride_thins_the_samples(tmp_path: Path) -> None:
    """Every fifth bar counted from the symbol's first."""
    built = build_samples(
        bars_of({"A": 40}), tmp_path / "set", chart=CHART, label=LABEL, stride_bars=5
    )
    assert built.index["bar"].to_list() == [19, 24, 29, 34, 39]


def test_a_short_symbol_is_left_out_by_name(tmp_path: Path) -> None:
    """And counted in the manifest."""
    built = build_samples(bars_of({"A": 40, "NEW": 15}), tmp_path / "set", chart=CHART, label=LABEL)
    assert built.manifest.left_out.symbols_too_short == {"NEW": 15}
    assert built.manifest.symbols == ("A",)
    assert built.manifest.left_out.bars_before_first_window == 15 + 15


def test_a_window_that_takes_much_of_the_bars_is_reported(tmp_path: Path) -> None:
    """16 of 40 bars is more than a quarter, 16 of 100 is not."""
    built = build_samples(
        bars_of({"A": 40, "LONG": 100}), tmp_path / "set", chart=CHART, label=LABEL
    )
    assert built.manifest.large_windows == ("A",)


def test_no_symbol_long_enough_is_an_error(tmp_path: Path) -> None:
    """It names the longest; nothing is written."""
    with pytest.raises(DataError, match="A with 15 bars"):
        build_samples(bars_of({"A": 15}), tmp_path / "set", chart=CHART, label=LABEL)
    assert list(tmp_path.iterdir()) == []


def test_a_stride_of_zero_is_refused(tmp_path: Path) -> None:
    """The error names the setting."""
    with pytest.raises(ConfigError, match="stride"):
        build_samples(bars_of({"A": 40}), tmp_path / "set", chart=CHART, label=LABEL, stride_bars=0)


def test_an_existing_set_is_kept(two: SampleSet) -> None:
    """Without force nothing changes; with force the set is replaced."""
    with pytest.raises(UsageError):
        build_samples(bars_of({"A": 50}), two.path, chart=CHART, label=LABEL)
    assert len(open_samples(two.path)) == 40
    build_samples(bars_of({"A": 50}), two.path, chart=CHART, label=LABEL, job=BuildJob(force=True))
    assert len(open_samples(two.path)) == 35


def test_the_same_bars_give_the_same_fingerprint(two: SampleSet, tmp_path: Path) -> None:
    """The fingerprint depends on content, not on place or time."""
    again = build_samples(bars_of({"A": 40, "B": 30}), tmp_path / "again", chart=CHART, label=LABEL)
    assert again.manifest.fingerprint == two.manifest.fingerprint


@pytest.mark.parametrize("name", [INDEX, BARS])
def test_a_flipped_byte_is_noticed(two: SampleSet, name: str) -> None:
    """Damage is an IntegrityError that names the file."""
    path = two.path / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(IntegrityError, match=name):
        _ = open_samples(two.path).bars


def test_a_folder_without_manifest_is_not_a_set(tmp_path: Path) -> None:
    """The error says how to build one."""
    with pytest.raises(DataError, match="samples build"):
        open_samples(tmp_path)


@pytest.mark.parametrize(
    ("key", "value"), [("schema", "quantsig.samples/9"), ("drawing_version", 0)]
)
def test_another_version_is_refused(two: SampleSet, key: str, value: object) -> None:
    """Neither another format nor another drawing is read as if it were this one."""
    manifest = json.loads((two.path / MANIFEST).read_text())
    manifest[key] = value
    (two.path / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(DataError, match="version"):
        open_samples(two.path)


def test_any_flipped_byte_of_the_manifest_is_refused(two: SampleSet) -> None:
    """When the set is opened, or it might draw another chart than the one it was built for."""
    path = two.path / MANIFEST
    content = path.read_bytes()
    for place in range(0, len(content), 7):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises((IntegrityError, DataError)):
            open_samples(two.path)


def test_too_few_bars_name_their_file(tmp_path: Path) -> None:
    """Nothing is left behind of a set that cannot be."""
    checked = bars_of({"A": 15, "B": 9})
    with pytest.raises(DataError, match="16 bars") as caught:
        build_samples(checked, tmp_path / "set", chart=CHART, label=LABEL)
    assert caught.value.where == f"{checked.sources[0]}: the longest is A with 15 bars"
    assert not list(tmp_path.iterdir())
