"""What a chart spec names, needs and refuses."""

import json
from dataclasses import replace

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
        {"panels": ("trend", "trend")},
        {"crop": (48, 0)},
        {"crop": (0, 96)},
        {"crop": (-1, 0)},
        {"pad": (1, 2, 3)},
        {"pad": (32_700, 0)},
        {"height": 40_000},
        {"width": 40_000},
        {"drop_planes": ("candles.up@7",)},
        {"panels": (), "drop_planes": ("calendar",)},
        {"alignment": "start"},
        {"alignment": "calendar"},
        {"alignment": "calendar", "bar_seconds": -60},
    ],
)
def test_senseless_specs_are_refused(wrong: dict[str, object]) -> None:
    """The error names the setting."""
    with pytest.raises(ConfigError, match=r"samples\."):
        ChartSpec(**wrong)  # type: ignore[arg-type]


def test_crop_and_pad_change_the_size() -> None:
    """390 x 790 less 3 rows and 11 columns at each side, and 2 rows more."""
    assert ChartSpec(height=390, width=790, crop=(3, 11)).shape == (64, 384, 768)
    assert ChartSpec(height=390, width=790, crop=(3, 11), pad=(2, 0)).shape == (64, 388, 768)


def test_dropped_planes_are_not_named() -> None:
    """The others keep their order."""
    spec = ChartSpec(timeframes=(1,), panels=("trend",), drop_planes=("trend.slow@1", "calendar"))
    assert spec.planes == ("trend.fast@1", "trend.band@1")
    assert spec.shape[0] == 2


def test_a_spec_comes_back_from_json() -> None:
    """A manifest holds lists where the spec has tuples."""
    spec = ChartSpec(crop=(1, 2), pad=(3, 4), drop_planes=("calendar",))
    assert ChartSpec(**json.loads(json.dumps(spec.as_dict()))) == spec


def test_a_spec_written_before_crop_and_pad_still_loads() -> None:
    """Manifests of format version 1 name ten fields."""
    old = ChartSpec().as_dict()
    for name in ("crop", "pad", "drop_planes", "alignment", "bar_seconds"):
        del old[name]
    assert ChartSpec(**old) == ChartSpec()


def test_merged_planes_are_one_a_timeframe_and_the_calendar() -> None:
    """Dropped layers are not in them; a timeframe without any has no plane."""
    spec = ChartSpec(timeframes=(1, 5), panels=("jkx",), merge=True)
    assert (spec.planes, spec.first_layers) == (("jkx@1", "jkx@5", "calendar"), (0, 3, 6))
    spec = replace(spec, drop_planes=("jkx.volume@1", "calendar"))
    assert (spec.planes, spec.first_layers) == (("jkx@1", "jkx@5"), (0, 2))
    spec = replace(spec, panels=("candles", "trend"), drop_planes=())
    assert spec.planes[0] == "candles+trend@1"
    assert spec.shape == (3, 96, 192)
