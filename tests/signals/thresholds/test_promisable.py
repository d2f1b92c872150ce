"""Which precision could be promised, before anything is trained."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.stats import beta

from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.signals.significance.power import SHARES
from quantsig.signals.thresholds.promisable import SEEN, highest_promise, promisable
from tests.planted import build, planted_frame


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> SampleSet:
    """A planted set of one symbol, whose labels do not overlap."""
    return build(planted_frame(cells=1200), tmp_path_factory.mktemp("promises") / "samples")


def test_many_stretches_promise_the_bound_of_clopper_and_pearson() -> None:
    """70 hits of 100, with so many stretches that Student's t is the normal."""
    expected = float(beta.ppf(0.1, 70, 31))
    assert highest_promise(0.7, 100, 10**9) == pytest.approx(expected, abs=2e-3)


def test_less_is_promised_of_less() -> None:
    """Fewer signals, fewer stretches, and regimes."""
    full = highest_promise(0.7, 200, 60)
    assert full is not None
    for independent, count, wandering in ((50, 60, 0.0), (200, 20, 0.0), (200, 60, 0.05)):
        less = highest_promise(0.7, independent, count, wandering)
        assert less is not None
        assert less < full < 0.7


def test_too_little_promises_nothing() -> None:
    """Nineteen signals, or nineteen stretches."""
    assert highest_promise(0.9, 19, 60) is None
    assert highest_promise(0.9, 1000, 19) is None


def test_the_regimes_bound_what_any_number_of_rows_promises() -> None:
    """Log-odds that vary by .3 in the mean: logit(.8) - 1.28 * .3, less than .731."""
    found = highest_promise(0.8, 10**7, 10**7, 0.09)
    assert found is not None
    kept = 1.0 / (0.09 * found * (1.0 - found))
    assert found == pytest.approx(float(beta.ppf(0.1, 0.8 * kept, 0.2 * kept + 1)), abs=1e-4)
    assert 0.70 < found < 0.731


def test_a_walk_promises_more_than_the_calibration_split(samples: SampleSet) -> None:
    """It has more rows in all, and each share of either is told."""
    found = promisable(samples, SplitSpec())
    assert [(one.rows, one.share) for one in found] == [
        (rows, share) for rows in ("calibration", "walk") for share in SHARES
    ]
    calibration, walk = found[2], found[5]
    assert walk.samples > 2 * calibration.samples
    assert list(walk.targets) == [f"{seen:g}" for seen in SEEN]
    for seen, target in walk.targets.items():
        less = calibration.targets[seen]
        assert target is not None
        assert (less or 0.0) < target < float(seen)


def test_no_label_beyond_training_is_read(samples: SampleSet) -> None:
    """Turned over, they change nothing."""
    split = samples.with_splits(SplitSpec())["split"]
    label = pl.when((split != "train").fill_null(False)).then(1 - pl.col("label"))
    other = replace(samples, index=samples.index.with_columns(label.otherwise("label")))
    assert promisable(other, SplitSpec()) == promisable(samples, SplitSpec())
    assert np.isfinite(promisable(samples, SplitSpec())[0].independent)
