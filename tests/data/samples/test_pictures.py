"""Batches read by index: into arrays and tensors, in every form, by any number of threads."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from quantsig.data.charts.draw import draw
from quantsig.data.charts.forms import FORMS
from quantsig.data.errors import DataError, UsageError
from quantsig.data.samples.build import build_samples
from quantsig.data.samples.imports import Source, import_samples
from quantsig.data.samples.store import SampleSet, open_samples
from quantsig.data.sequences.draw import sequences
from tests.data.samples.bars import CHART, LABEL, bars_of
from tests.data.samples.legacy_files import write

IDS = np.array([30, 0, 0, 7, 19])


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> SampleSet:
    """A set of storage bars."""
    out = tmp_path_factory.mktemp("drawn") / "set"
    return build_samples(bars_of({"A": 40, "B": 30}), out, chart=CHART, label=LABEL)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> SampleSet:
    """A set of storage frames."""
    folder = tmp_path_factory.mktemp("stored")
    (folder / "old").mkdir()
    write(folder / "old", 8)
    return import_samples(Source(folder=folder / "old"), folder / "set", processes=1)


@pytest.mark.parametrize("form", FORMS)
def test_charts_come_in_every_form(drawn: SampleSet, form: str) -> None:
    """As `draw` gives them, whoever shares the work, into the buffer that is given."""
    expected = draw(drawn.matrix, drawn.decision_rows[IDS], drawn.chart, form=form)
    out = np.full_like(expected, 1)
    assert drawn.read(IDS, out, form=form, threads=3) is out
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.bfloat16, torch.float32])
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_charts_fill_a_tensor(
    drawn: SampleSet, dtype: torch.dtype, memory_format: torch.memory_format
) -> None:
    """On its device, bit for bit what an array holds, whatever its memory format."""
    out = torch.full((5, *drawn.shape), 7, dtype=dtype).contiguous(memory_format=memory_format)
    assert drawn.read(IDS, out, threads=2) is out
    np.testing.assert_array_equal(out.float().numpy(), drawn.read(IDS))


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
def test_stored_pictures_fill_a_tensor(stored: SampleSet, dtype: torch.dtype) -> None:
    """Their values exactly, as wide as the tensor has them."""
    ids = np.array([5, 1, 1])
    out = torch.empty((3, *stored.shape), dtype=dtype)
    assert stored.read(ids, out, threads=2) is out
    np.testing.assert_array_equal(out.numpy(), stored.read(ids))


def test_what_has_no_form_says_so(drawn: SampleSet, stored: SampleSet) -> None:
    """A tensor has its own type, a stored picture its own values."""
    with pytest.raises(UsageError, match="packed"):
        drawn.read(IDS, torch.empty(1), form="packed")  # type: ignore[call-overload]
    with pytest.raises(UsageError, match="packed"):
        stored.read(IDS[:1], form="packed")


@pytest.mark.parametrize("ids", [IDS, np.array([len(IDS)])])
def test_few_samples_are_a_set_without_the_other_symbols(
    drawn: SampleSet, ids: NDArray[np.int64]
) -> None:
    """They draw as in the whole set, and hold no bar of a symbol that is not among them."""
    few = open_samples(drawn.path).few(ids)
    np.testing.assert_array_equal(few.read(np.arange(len(ids))), drawn.read(ids))
    named = drawn.index["symbol"][ids].unique()
    assert few.symbol_bars == {name: drawn.symbol_bars[name] for name in named.sort()}
    assert len(few.matrix.values) == sum(few.symbol_bars.values())


def test_few_samples_of_open_bars_read_nothing(drawn: SampleSet) -> None:
    """What was made in memory has no files to read them from."""
    here = drawn.seen_as(drawn.matrix, drawn.decision_rows)
    few = replace(here, path=Path("nowhere")).seen_as(here.matrix, here.decision_rows).few(IDS)
    np.testing.assert_array_equal(few.read(np.arange(len(IDS))), drawn.read(IDS))


def test_few_stored_pictures_are_a_set(stored: SampleSet) -> None:
    """In the order that was asked for."""
    ids = np.array([5, 1])
    np.testing.assert_array_equal(stored.few(ids).read(np.arange(2)), stored.read(ids))


def test_scaled_bars_come_by_id(drawn: SampleSet) -> None:
    """Those of the decision rows, into the buffer that is given."""
    out = np.empty((5, *drawn.scaled_shape), np.float32)
    assert drawn.scaled_bars(IDS, out) is out
    rows = drawn.decision_rows[IDS]
    np.testing.assert_array_equal(out, sequences(drawn.matrix, rows, drawn.chart))
    assert drawn.scaled_shape == (5 * len(CHART.timeframes), CHART.bars)


def test_imported_pictures_have_no_scaled_bars(stored: SampleSet) -> None:
    """Which bars they show is not known."""
    with pytest.raises(DataError, match="imported pictures"):
        stored.scaled_bars(IDS[:1])


def test_choosing_samples_needs_neither_pixels_nor_heavy_libraries(drawn: SampleSet) -> None:
    """By symbol, time, split and label, in a process that has loaded no compiled code."""
    script = f"""
import sys
from datetime import datetime, timezone
from pathlib import Path
import polars as pl
from quantsig.data.samples.store import open_samples
from quantsig.data.splits import SplitSpec
rows = open_samples(Path({str(drawn.path)!r})).with_splits(SplitSpec()).filter(
    pl.col("split") == "train", pl.col("symbol") == "A", pl.col("label").is_not_null(),
    pl.col("decision_time") > datetime(2024, 1, 1, tzinfo=timezone.utc))
print(len(rows), *sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        check=True,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    found, *modules = done.stdout.split()
    assert int(found) > 0
    assert not {"torch", "numba", "quantsig.data.charts.draw"} & set(modules)
