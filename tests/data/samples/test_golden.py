"""A stored set of format version 1 still opens, and says what it said when it was written."""

import hashlib
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from quantsig.data.samples.extend import extend_samples
from quantsig.data.samples.store import SampleSet, open_samples
from quantsig.data.samples.verify.sample_set import verify_samples
from tests.data.samples.bars import bars_of

# bars_of({"A": 40, "B": 30}) with their CHART and LABEL, its first 25 days built, then extended
GOLDEN = Path(__file__).parents[2] / "golden" / "samples-bars-1"
SUM_OF_RETURNS = 0.006333381567691254
CHARTS = "c5af7a78d58eda97d657a625f13d19958229a1cb530b3e832bbd8a894d669955"


@pytest.fixture
def stored() -> SampleSet:
    """The set as it was written."""
    return open_samples(GOLDEN)


def test_it_verifies() -> None:
    """Hashes, index, labels and charts: 25 + 15 samples, 4 of each symbol without a label."""
    found = verify_samples(GOLDEN)
    assert (found.files, found.samples, found.labelled, found.redrawn) == (4, 40, 32, 40)


def test_its_index(stored: SampleSet) -> None:
    """The first sample, the first of the extension, and the sum of returns, as then."""
    assert stored.index.row(0, named=True)["bar"] == 15
    assert stored.index.row(20, named=True)["symbol"] == "A"
    assert stored.index.row(20, named=True)["bar"] == 25
    assert stored.index["forward_return"].sum() == pytest.approx(SUM_OF_RETURNS)


def test_its_charts(stored: SampleSet) -> None:
    """Bit for bit; drawn otherwise, raise the drawing version and store the set anew."""
    charts = stored.read(np.arange(40))
    assert hashlib.sha256(np.packbits(charts).tobytes()).hexdigest() == CHARTS


def test_it_is_left_alone_by_bars_it_holds(tmp_path: Path) -> None:
    """The bars it was made of add nothing."""
    copy = shutil.copytree(GOLDEN, tmp_path / "copy")
    again = extend_samples(copy, bars_of({"A": 40, "B": 30}))
    assert again.manifest == open_samples(GOLDEN).manifest
    assert again.bars.select(pl.len()).item() == 70
