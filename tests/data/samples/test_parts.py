"""Parts of a set: their names, their bytes, and what a process needs to read them."""

import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest

from quantsig.data.errors import IntegrityError
from quantsig.data.readers import read_bars
from quantsig.data.reading.options import ReadOptions
from quantsig.data.samples.build import build_samples
from quantsig.data.samples.matrix import count_stored_bars, read_matrix
from quantsig.data.samples.parts import BARS, INDEX, StoredFile, read_pieces
from quantsig.data.storage.numbered import part, parts_in
from tests.data.samples.bars import CHART, LABEL, bars_of

HEAVY = ("numba", "torch", "sklearn", "pandas", "scipy", "dataframely")


def test_names_of_parts() -> None:
    """The first has no number; a gap ends the list."""
    names = ["bars.parquet", "bars-00001.parquet", "bars-00002.parquet"]
    assert [part(BARS, number) for number in range(3)] == names
    assert parts_in(dict.fromkeys([*names, "index.parquet", "bars-00004.parquet"]), BARS) == names


def test_rising_columns_are_stored_as_differences(tmp_path: Path) -> None:
    """Ids, times and bar numbers take next to nothing so."""
    checked = bars_of({"A": 40})
    built = build_samples(checked, tmp_path / "set", chart=CHART, label=LABEL)
    group = pq.read_metadata(built.path / INDEX).row_group(0)
    encodings = {
        group.column(number).path_in_schema: group.column(number).encodings
        for number in range(group.num_columns)
    }
    for name in ("sample_id", "decision_time", "window_start", "label_end", "bar"):
        assert "DELTA_BINARY_PACKED" in encodings[name]
    assert "RLE_DICTIONARY" in encodings["symbol"]


def test_stored_bars_can_be_read_as_bars(tmp_path: Path) -> None:
    """They are known as ours, whatever the options say."""
    checked = bars_of({"A": 40, "B": 30})
    built = build_samples(checked, tmp_path / "set", chart=CHART, label=LABEL)
    again = read_bars(built.path / BARS, ReadOptions(timezone="Asia/Tokyo"))
    assert again.bars.equals(checked.bars)


def test_pieces_of_a_part_cut_symbols(tmp_path: Path) -> None:
    """Seven rows at a time they give the rows, the counts and the arrays of the whole."""
    built = build_samples(bars_of({"A": 40, "B": 30}), tmp_path / "set", chart=CHART, label=LABEL)
    source, whole = built.path / BARS, built.bars
    counts = {"A": 40, "B": 30}
    arrays = read_matrix(built.path, built.manifest, counts)
    pq.write_table(pq.read_table(source), source, row_group_size=7)
    record = StoredFile(sha256=hashlib.sha256(source.read_bytes()).hexdigest(), rows=70)
    files = {**built.manifest.files, BARS: record}
    pieces = list(read_pieces(built.path, BARS, files))
    assert [len(piece) for piece in pieces] == [7] * 10
    assert pl.concat(pieces).equals(whole)
    manifest = replace(built.manifest, files=files)
    assert count_stored_bars(built.path, manifest) == counts
    again = read_matrix(built.path, manifest, counts)
    np.testing.assert_array_equal(again.values, arrays.values)
    np.testing.assert_array_equal(again.times_us, arrays.times_us)
    short = {**files, BARS: replace(record, rows=71)}
    with pytest.raises(IntegrityError, match="70 rows where 71 were written"):
        list(read_pieces(built.path, BARS, short))


def test_opening_imports_no_heavy_library() -> None:
    """Compiled code is imported when drawing starts."""
    script = "import sys, quantsig.data.samples.store; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout
    assert not set(HEAVY) & set(loaded.decode().split())
