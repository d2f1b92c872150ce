"""Features by hand, with numbers that stay from version to version."""

from math import cos, log, pi, sin

import numpy as np
import pytest
from numpy.typing import NDArray

from quantsig.data.charts.draw import BarMatrix
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.errors import ConfigError
from quantsig.data.sequences.draw import sequences
from quantsig.data.sequences.features import FEATURES
from quantsig.data.sequences.spec import SequenceSpec
from quantsig.data.sequences.version import FEATURES_VERSION
from tests.data.charts.bars import HOUR_US, random_matrix
from tests.golden.features import GOLDEN

CHART = ChartSpec(timeframes=(1,), bars=40, slow_bars=40, calendar="none")
BARS = random_matrix(120)
SPLIT = BarMatrix(  # two for one before bar 100
    values=BARS.values * np.where(np.arange(120)[:, None] < 100, [2, 2, 2, 2, 0.5, 0.5], 1.0),
    times_us=BARS.times_us,
)
ROW = np.array([110])


def told(name: str, bars: BarMatrix = BARS, **more: object) -> NDArray[np.float64]:
    """The channels of the last three bars."""
    spec = SequenceSpec(features=(name,), window_bars=3, **more)  # type: ignore[arg-type]
    found: NDArray[np.float64] = sequences(bars, ROW, CHART, spec)[0].astype(np.float64)
    return found


def test_the_eleven_moves_by_hand() -> None:
    """Feng et al. 2019, table 1, in percent: numpy over the frame."""
    opens, highs, lows, closes = BARS.values[:, :4].T
    for bar, row in enumerate((108, 109, 110)):
        close, before = closes[row], closes[row - 1]
        expected = [opens[row] / close, highs[row] / close, lows[row] / close]
        expected += [close / before] * 2
        expected += [closes[row - days + 1 : row + 1].mean() / close for days in range(5, 31, 5)]
        np.testing.assert_allclose(
            told("moves")[:, bar], 100 * (np.array(expected) - 1), rtol=1e-5, atol=1e-5
        )


def test_a_split_moves_the_raw_close_alone() -> None:
    """The eleven keep both closes; nothing else sees it."""
    spec = SequenceSpec(features=("moves", "returns"), window_bars=20)
    before, after = (sequences(bars, ROW, CHART, spec)[0] for bars in (BARS, SPLIT))
    raw = spec.channels(CHART).index("moves.close@1")
    at_split = 100 - 110 + 19
    assert (1 + after[raw, at_split] / 100) == pytest.approx(
        (1 + before[raw, at_split] / 100) / 2, rel=1e-5
    )
    after[raw, at_split] = before[raw, at_split]
    np.testing.assert_allclose(after, before, rtol=1e-4, atol=1e-4)


def test_returns_by_hand() -> None:
    """Of the newest bar, in percent."""
    opened, high, low, close = BARS.values[110, :4]
    before = BARS.values[109, 3]
    expected = [100 * log(close / before), 100 * log(opened / before), 100 * log(high / low)]
    assert told("returns")[:, -1] == pytest.approx(expected, abs=1e-5)


def test_the_calendar_by_hand() -> None:
    """1970-01-05 15:00 UTC is the fourth day of its epoch, a Monday, at 15/24 of the day."""
    hours = 4 * 24 + 15
    bars = BarMatrix(values=BARS.values, times_us=BARS.times_us + (hours - 111) * HOUR_US)
    expected = []
    for share in (15 / 24, 15 / 24 / 7, hours / 24 / 365.2425):
        expected += [sin(2 * pi * share), cos(2 * pi * share)]
    assert told("calendar", bars)[:, -1] == pytest.approx(expected, abs=1e-6)


def test_coarser_bars_are_told_by_the_newest_of_theirs() -> None:
    """A bar of three closes when the third does, with the adjustment of that time."""
    spec = SequenceSpec(features=("calendar",), window_bars=2, timeframes=(3,))
    (coarse,) = sequences(BARS, ROW, CHART, spec)
    fine = SequenceSpec(features=("calendar",), window_bars=4)
    np.testing.assert_array_equal(coarse, sequences(BARS, ROW, CHART, fine)[0][:, [0, 3]])


def test_a_smooth_line_is_left_and_noise_is_taken() -> None:
    """Inside the window: what is denoised knows nothing of other bars."""
    random = np.random.default_rng(2)
    prices = 5000 * np.exp(np.cumsum(0.01 * np.sin(np.arange(120) / 6)))
    noisy = prices * np.exp(0.002 * random.standard_normal(120))

    def spread(given: NDArray[np.float64], **more: object) -> NDArray[np.float32]:
        values = np.stack([given] * 4 + [np.ones(120)] * 2, axis=1)
        bars = BarMatrix(values=values, times_us=BARS.times_us)
        spec = SequenceSpec(window_bars=32, **more)  # type: ignore[arg-type]
        closes: NDArray[np.float32] = sequences(bars, ROW, CHART, spec)[0, 3]
        return closes

    plain, smooth = spread(noisy), spread(noisy, denoise="db4")
    truth = spread(prices)
    assert np.abs(np.diff(smooth, 2)).mean() < np.abs(np.diff(plain, 2)).mean() / 2
    assert np.corrcoef(smooth, truth)[0, 1] > 0.98


@pytest.mark.parametrize("name", FEATURES)
def test_numbers_stay(name: str) -> None:
    """Those that version 1 gave; whoever changes them raises FEATURES_VERSION."""
    assert FEATURES_VERSION == 1
    np.testing.assert_allclose(told(name, SPLIT), GOLDEN[name], rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize(
    ("given", "what", "remedy"),
    [
        ({"features": ("move",)}, 'unknown set of features "move"', "Did you mean moves"),
        ({"features": ()}, "features cannot be ()", "at least one"),
        ({"features": ("moves", "moves")}, "features cannot be", "each once"),
        ({"window_bars": 0}, "window_bars cannot be 0", "from 1 up"),
        ({"timeframes": (0,)}, "timeframes cannot be (0,)", "from 1 up"),
        ({"denoise": "haarr"}, 'unknown wavelet "haarr"', "haar"),
    ],
)
def test_what_cannot_be_asked(given: dict[str, object], what: str, remedy: str) -> None:
    """Three lines, with the nearest name."""
    with pytest.raises(ConfigError) as error:
        SequenceSpec(**given)  # type: ignore[arg-type]
    assert what in error.value.what
    assert remedy in error.value.remedy
    assert error.value.where.startswith("input.")


@pytest.mark.parametrize(
    ("spec", "what", "remedy"),
    [
        (
            SequenceSpec(window_bars=80),
            "80 bars of 1 base bars takes 80 bars",
            "at most 79 window_bars",
        ),
        (
            SequenceSpec(features=("moves",), window_bars=51),
            "takes 80 bars, with the 29 that",
            "at most 50 window_bars",
        ),
        (
            SequenceSpec(timeframes=(4,), window_bars=20),
            "20 bars of 4 base bars takes 80 bars",
            "at most 19 window_bars",
        ),
        (
            SequenceSpec(timeframes=(100,), window_bars=2),
            "each sample has 79",
            "shorter timeframes",
        ),
        (SequenceSpec(window_bars=13, denoise="db4"), "too few for the wavelet db4", "haar"),
    ],
)
def test_what_the_samples_cannot_give(spec: SequenceSpec, what: str, remedy: str) -> None:
    """The history is that of the chart."""
    with pytest.raises(ConfigError) as error:
        spec.shape(CHART)
    assert what in error.value.what
    assert remedy in error.value.remedy
