"""What a chart spec names, needs and refuses."""

import pytest

from quantsig.data.charts.spec import PRESETS, ChartSpec
from quantsig.data.errors import ConfigError


def test_the_default_has_64_planes() -> None:
    """7 timeframes x 3 panels x 3 planes and the calendar."""
    spec = ChartSpec()
    assert len(spec.planes) == 64
    assert spec.planes[0] == "candles.up@1"
    assert spec.planes[-1] == "calendar"
    assert len(set(spec.planes)) == 64


@pytest.mark.parametrize(
    ("preset", "history", "size"),
    [
        ("daily", 510, (390, 790)),
        ("daily-laptop", 510, (96, 192)),
        ("intraday", 1530, (390, 790)),
        ("intraday-laptop", 1530, (96, 192)),
    ],
)
def test_presets_need_the_history_that_design_states(
    preset: str, history: int, size: tuple[int, int]
) -> None:
    """510 bars for daily charts, 1,530 for intraday ones."""
    spec = PRESETS[preset]
    assert spec.history_bars == history
    assert (spec.height, spec.width) == size


@pytest.mark.parametrize(
    "wrong",
    [
        {"timeframes": ()},
        {"timeframes": (0,)},
        {"timeframes": (2, 2)},
        {"panels": ("candle",)},
        {"width": 10},
        {"height": 1},
        {"bars": 0},
        {"fast_bars": 30},
        {"calendar": "month"},
        {"panels": (), "calendar": "none"},
    ],
)
def test_senseless_specs_are_refused(wrong: dict[str, object]) -> None:
    """The error names the setting."""
    with pytest.raises(ConfigError, match=r"samples\."):
        ChartSpec(**wrong)  # type: ignore[arg-type]
