"""Charts, rows, splits and columns of a sample set, as built and with a leak planted in each."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from quantsig.data.audit.charts import audit_charts
from quantsig.data.audit.columns import audit_columns
from quantsig.data.audit.duplicates import audit_duplicates
from quantsig.data.audit.finding import findings_of
from quantsig.data.audit.index_rows import audit_label_ends, audit_rows
from quantsig.data.benchmarks.planted_leaks import foreseeing_volume
from quantsig.data.charts import draw
from quantsig.data.resample import end_aligned
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from tests.planted import build, planted_frame

IDS = np.arange(40, 100)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> SampleSet:
    """Two symbols with the planted pattern."""
    bars = pl.concat(
        planted_frame(150, seed).with_columns(symbol=pl.lit(name))
        for name, seed in (("A", 1), ("B", 2))
    )
    return build(bars, tmp_path_factory.mktemp("audited") / "samples")


def altered(samples: SampleSet, **columns: pl.Expr) -> SampleSet:
    return replace(samples, index=samples.index.with_columns(**columns))


def test_a_set_as_built_passes(samples: SampleSet) -> None:
    """Charts, rows, ends of labels and windows."""
    checks = [
        *audit_charts(samples, IDS),
        *audit_rows(samples, IDS),
        audit_label_ends(samples),
        audit_duplicates(samples, SplitSpec()),
    ]
    assert findings_of(checks) == ()
    assert all(check.examined for check in checks)


def test_a_chart_of_one_bar_more_is_found(
    samples: SampleSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a resampling that ends after the decision draws it."""

    def later(bars, rows, multiple, spec, windows):  # type: ignore[no-untyped-def]
        end_aligned(bars.values, np.minimum(rows + 1, len(bars.values) - 1), multiple, windows)

    monkeypatch.setattr(draw, "resample_windows", later)
    cut, changed, _ = audit_charts(samples, IDS)
    assert cut.findings
    assert changed.findings
    assert "candles" in cut.findings[0].feature
    assert cut.findings[0].first is not None


def test_a_chart_that_knows_of_later_splits_is_found(
    samples: SampleSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that scales by adjusted prices of today does."""

    def scaled(bars, rows, multiple, spec, windows):  # type: ignore[no-untyped-def]
        end_aligned(bars.values, rows, multiple, windows)
        windows[:, :4, :4] *= 1.0 + bars.values[rows[0], 5]

    monkeypatch.setattr(draw, "resample_windows", scaled)
    assert audit_charts(samples, IDS)[2].findings


def test_a_label_that_is_not_that_of_its_bars_is_found(samples: SampleSet) -> None:
    """A single one turned over by hand."""
    turned = pl.when(pl.col("sample_id") == 50).then(1 - pl.col("label")).otherwise("label")
    again, _ = audit_rows(altered(samples, label=turned), IDS)
    (found,) = again.findings
    assert (found.feature, found.size) == ("label", 1.0)
    assert found.first is not None
    assert found.first.startswith("A ")


def test_a_label_that_ends_in_the_window_is_found(samples: SampleSet) -> None:
    """At its decision, or before."""
    check = audit_label_ends(altered(samples, label_end=pl.col("decision_time")))
    assert check.findings[0].size == samples.index["label"].count()


def test_the_same_market_under_two_names_is_found(tmp_path: Path) -> None:
    """Where one of them is a year late, the test split shows what training saw."""
    bars = planted_frame(400, 3)
    step = bars["timestamp"][1] - bars["timestamp"][0]
    late = bars.with_columns(symbol=pl.lit("LATE"), timestamp=pl.col("timestamp") + 600 * step)
    twice = build(pl.concat([bars, late]).sort("symbol", "timestamp"), tmp_path / "samples")
    assert findings_of([audit_duplicates(twice, SplitSpec())])


def test_a_volume_that_weakly_foresees_is_found() -> None:
    """Correlation .3, which no training would notice; a volume that knows nothing is not."""
    (found,) = audit_columns(foreseeing_volume(0.3)).findings
    assert found.feature.startswith("volume")
    assert 0.2 < (found.size or 0.0) < 0.4
    assert [audit_columns(foreseeing_volume(0.0, seed)).findings for seed in range(10)] == [()] * 10


def test_few_bars_are_not_asked() -> None:
    """A hundred tell nothing of columns."""
    assert audit_columns(foreseeing_volume(0.3).head(100)).answer == "not asked"
