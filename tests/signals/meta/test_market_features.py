"""Numbers known at a decision, by hand, and never from a later bar."""

from pathlib import Path

import numpy as np
import pytest

from quantsig.data.charts.draw import BarMatrix
from quantsig.data.errors import ConfigError
from quantsig.data.samples.store import SampleSet
from quantsig.signals.meta.market_features import FEATURES, market_features
from tests.planted import build, planted_frame

IDS = np.array([40, 3, 17])


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> SampleSet:
    """A small planted set."""
    return build(planted_frame(cells=80), tmp_path_factory.mktemp("features") / "samples")


def seen(samples: SampleSet, values: np.ndarray) -> SampleSet:
    """The set with other bars."""
    matrix = BarMatrix(values=values, times_us=samples.matrix.times_us)
    return samples.seen_as(matrix, samples.decision_rows)


def test_features_by_hand(samples: SampleSet) -> None:
    """Of one decision, from the frame of its bars."""
    row = samples.index.row(17, named=True)
    bars = samples.bars.head(row["bar"] + 1).tail(6)
    close, volume = bars["close"].to_numpy(), bars["volume"].to_numpy()
    returns = np.log(close[1:] / close[:-1])
    expected = {
        "volatility": np.log(np.std(returns, ddof=1)),
        "trend": np.log(close[-1] / close[0]) / (np.std(returns, ddof=1) * np.sqrt(5)),
        "volume_ratio": np.log(volume[-1] / volume.mean()),
        "hour_sin": np.sin(
            2 * np.pi * (row["decision_time"].hour * 60 + row["decision_time"].minute) / 1440
        ),
        "weekday_cos": np.cos(2 * np.pi * row["decision_time"].weekday() / 7),
    }
    found = dict(zip(FEATURES, market_features(samples, np.array([17]), 5)[0], strict=True))
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-12), name


def test_later_bars_change_nothing(samples: SampleSet) -> None:
    """Bit for bit, for each decision alone."""
    before = market_features(samples, IDS)
    for place, row in enumerate(samples.decision_rows[IDS]):
        values = samples.matrix.values.copy()
        values[row + 1 :] *= 7.0
        after = market_features(seen(samples, values), IDS[place : place + 1])
        assert (after[0] == before[place]).all()


def test_an_adjustment_changes_nothing(samples: SampleSet) -> None:
    """A split of two for one halves raw prices and doubles volumes from its bar on."""
    values = samples.matrix.values.copy()
    split = samples.decision_rows[17] - 3
    values[:split, :4] *= 2.0
    values[:split, 4] /= 2.0
    values[:split, 5] /= 2.0
    np.testing.assert_allclose(
        market_features(seen(samples, values), IDS), market_features(samples, IDS), atol=1e-9
    )


def test_bars_that_do_not_move_and_have_no_volume_give_numbers(samples: SampleSet) -> None:
    """No NaN, no infinity: the trend and the ratio of volumes are zero."""
    values = np.ones_like(samples.matrix.values)
    values[:, 4] = 0.0
    found = market_features(seen(samples, values), IDS)
    assert np.isfinite(found).all()
    assert (found[:, 1:3] == 0.0).all()


@pytest.mark.parametrize("bars", [1, 10_000])
def test_windows_that_reach_before_the_chart_are_refused(samples: SampleSet, bars: int) -> None:
    """There the bars may be another symbol's."""
    with pytest.raises(ConfigError, match=f"{bars} bars"):
        market_features(samples, IDS, bars)


def test_no_samples_have_no_features(samples: SampleSet, tmp_path: Path) -> None:
    """An empty array of the right width."""
    assert market_features(samples, np.empty(0, np.int64)).shape == (0, len(FEATURES))
