"""What splits can tell from luck, against hand counts and simulation."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from scipy.stats import binom

from quantsig.data.errors import DataError
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.significance.power import (
    SHARES,
    detectable,
    independent_rows,
    intraclass_correlation,
    smallest_precision,
)
from tests.planted import build, planted_frame

START = datetime(2024, 1, 1, tzinfo=UTC)


def rows(days: int, horizon: int, symbols: int) -> pl.DataFrame:
    """One row a day and symbol."""
    return pl.DataFrame(
        [
            {
                "symbol": str(symbol),
                "decision_time": START + timedelta(days=day),
                "label_end": START + timedelta(days=day + horizon),
            }
            for symbol in range(symbols)
            for day in range(days)
        ]
    )


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> SampleSet:
    """A planted set of one symbol, whose labels do not overlap."""
    return build(planted_frame(cells=1200), tmp_path_factory.mktemp("power") / "samples")


@pytest.mark.parametrize(("base_rate", "selected"), [(0.1, 20), (0.1, 200), (0.5, 13), (0.03, 60)])
def test_the_test_has_its_size_and_its_power(base_rate: float, selected: int) -> None:
    """Counting every outcome: fewer hits would be too likely by luck, and 80 % find them."""
    precision = smallest_precision(base_rate, selected)
    assert precision is not None
    hits = np.arange(selected + 1)
    by_luck = np.array([binom.pmf(hits[few:], selected, base_rate).sum() for few in hits])
    fewest = int(np.argmax(by_luck <= 0.05))
    assert binom.pmf(hits[fewest:], selected, precision).sum() == pytest.approx(0.8, abs=1e-9)


def test_few_rows_tell_nothing() -> None:
    """At a base rate of a half four hits of four are luck in 6 % of cases, five of five in 3 %."""
    assert smallest_precision(0.5, 0) is None
    assert smallest_precision(0.5, 4) is None
    assert smallest_precision(0.5, 5) == pytest.approx(0.8 ** (1 / 5))


def test_more_rows_detect_smaller_lifts() -> None:
    """Towards the base rate."""
    found = [smallest_precision(0.1, count) for count in (20, 100, 1000, 100_000)]
    assert found == sorted(found, reverse=True)  # type: ignore[type-var]
    assert found[-1] == pytest.approx(0.1, abs=0.003)


def test_overlapping_labels_count_once() -> None:
    """A label of five days leaves every fifth of a hundred; one that ends at once, all."""
    assert independent_rows(rows(100, 5, 1), 0.0) == 20
    assert independent_rows(rows(100, 0, 1), 0.0) == 100
    assert independent_rows(rows(100, 6, 1), 0.0, timedelta(days=1)) == 20
    assert independent_rows(rows(100, 5, 1).clear(), 0.0) == 0


def test_symbols_that_move_together_count_once() -> None:
    """Ten symbols are worth ten where they are unlike, one where they are alike, 1.82 between."""
    assert independent_rows(rows(100, 5, 10), 0.0) == 200
    assert independent_rows(rows(100, 5, 10), 1.0) == pytest.approx(20)
    assert independent_rows(rows(100, 5, 10), 0.5) == pytest.approx(200 / 5.5)


def test_likeness_by_hand() -> None:
    """Two pairs, both alike: 1. Both unlike: 0. Three clusters by hand."""
    pairs = pl.Series([0, 0, 1, 1])
    assert intraclass_correlation(pairs, np.array([True, True, False, False])) == 1.0
    assert intraclass_correlation(pairs, np.array([True, False, True, False])) == 0.0
    assert intraclass_correlation(pl.Series([0, 1, 2]), np.array([True, False, True])) == 0.0
    # sizes 2, 2, 1, events 2, 0, 1: B = (.32 + .72 + .16) / 2 = .6, W = 0
    uneven = np.array([True, True, False, False, True])
    assert intraclass_correlation(pl.Series([0, 0, 1, 1, 2]), uneven) == 1.0
    # sizes 3, 3, events 2, 1: B = 1/6, W = (2/3 + 2/3) / 4 = 1/3: below 0, held there
    unlike = np.array([True, True, False, True, False, False])
    assert intraclass_correlation(pl.Series([0, 0, 0, 1, 1, 1]), unlike) == 0.0


def test_likeness_finds_a_common_cause() -> None:
    """A day's luck shared by eight symbols with probability .5 correlates their events by .5."""
    random = np.random.default_rng(2)
    shared = np.repeat(random.random(4000) < 0.3, 8)
    own = random.random(32_000) < 0.3
    happened = np.where(random.random(32_000) < np.sqrt(0.5), shared, own)
    days = pl.Series(np.repeat(np.arange(4000), 8))
    assert intraclass_correlation(days, happened) == pytest.approx(0.5, abs=0.03)


def test_each_split_is_told_for_each_share(samples: SampleSet) -> None:
    """Labels of the planted set do not overlap: every row counts."""
    found = detectable(samples, SplitSpec())
    assert [(one.split, one.share) for one in found] == [
        (split, share) for split in ("calibration", "test") for share in SHARES
    ]
    for one in found:
        assert one.independent == one.samples
        assert one.selected == int(one.share * one.samples)
    precisions = [one.precision for one in found[:3]]
    assert precisions[0] is None or precisions[0] > precisions[1] > precisions[2]  # type: ignore[operator]


def test_no_label_of_the_test_split_is_read(samples: SampleSet) -> None:
    """Turned over, they change nothing."""
    split = samples.with_splits(SplitSpec())["split"]
    label = pl.when((split == "test").fill_null(False)).then(1 - pl.col("label"))
    other = replace(samples, index=samples.index.with_columns(label.otherwise("label")))
    assert detectable(other, SplitSpec()) == detectable(samples, SplitSpec())


def test_samples_without_times_or_events_are_refused(samples: SampleSet) -> None:
    """There is nothing to count by."""
    for column, match in (
        (pl.lit(None, pl.Datetime("us", "UTC")).alias("label_end"), "is not known"),
        ((0 * pl.col("label")).alias("label"), "happens in 0 of"),
    ):
        other = replace(samples, index=samples.index.with_columns(column))
        with pytest.raises(DataError, match=match):
            detectable(other, SplitSpec())
