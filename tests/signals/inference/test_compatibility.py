"""Which bars are unlike those of a training: interval, volume, scale, symbols."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from math import log

import polars as pl
import pytest

from quantsig.data.bars import CheckedBars, check_bars
from quantsig.data.errors import DataError
from quantsig.data.samples.store import SampleSet
from quantsig.signals.inference.compatibility import (
    differences,
    mean_moves,
    other_scales,
    refuse_different,
    unseen_symbols,
)
from quantsig.signals.runs import Run
from tests.planted import build, planted_frame
from tests.run_records import run_record

CELLS = 200


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> SampleSet:
    """What was trained on."""
    return build(planted_frame(CELLS), tmp_path_factory.mktemp("resemblance") / "samples")


@pytest.fixture(scope="module")
def run(samples: SampleSet) -> Run:
    """As much of a run as is asked for its splits."""
    return Run(path=samples.path, record=run_record())


@pytest.fixture
def bars() -> CheckedBars:
    """Bars of the same symbol and kind."""
    return check_bars(planted_frame(60, seed=5))


def wilder(bars: CheckedBars, times: float) -> CheckedBars:
    """The bars with every log price as many times as far from the first."""
    names = ["open", "high", "low", "close"]
    first = bars.bars["close"][0]
    return replace(bars, bars=bars.bars.with_columns((pl.col(names) / first).pow(times) * first))


def test_bars_of_the_same_kind_are_like_those_of_training(
    run: Run, samples: SampleSet, bars: CheckedBars
) -> None:
    """Another sample of the same process; a third of the moves is not another scale."""
    assert not list(differences(run, samples, bars))
    assert not list(differences(run, samples, wilder(bars, 1 / 3)))
    refuse_different(run, samples, bars)
    assert unseen_symbols(run, samples, bars) == []


def others(bars: CheckedBars) -> Iterator[tuple[CheckedBars, str]]:
    silent = bars.bars.with_columns(volume=pl.lit(0.0))
    renamed = wilder(bars, 0.1).bars.with_columns(symbol=pl.lit("OTHER"))
    yield replace(bars, interval=timedelta(hours=2)), "a bar covers 2h, not"
    yield replace(bars, bars=silent, has_volume=False), "they have no volume"
    yield wilder(bars, 8), "times the usual move"
    yield replace(bars, bars=renamed), "OTHER moves 0.09"


def test_each_difference_is_refused_in_three_lines(
    run: Run, samples: SampleSet, bars: CheckedBars
) -> None:
    """What differs, which bars, and how to score them all the same."""
    for other, words in others(bars):
        with pytest.raises(DataError) as caught:
            refuse_different(run, samples, other)
        assert words in caught.value.what
        assert "`allow_different`" in caught.value.remedy


def test_a_symbol_of_no_training_sample_is_named(
    run: Run, samples: SampleSet, bars: CheckedBars
) -> None:
    """In alphabetical order."""
    frames = [bars.bars.with_columns(symbol=pl.lit(name)) for name in ("Z", "A")]
    more = replace(bars, bars=pl.concat([*frames, bars.bars]))
    assert unseen_symbols(run, samples, more) == ["A", "Z"]


def test_mean_moves_by_hand() -> None:
    """Adjusted closes; symbols apart; a symbol of one bar has no move."""
    frame = pl.DataFrame(
        {
            "symbol": ["A", "A", "A", "B", "B", "C"],
            "close": [100.0, 50.0, 100.0, 7.0, 7.0, 1.0],
            "adjustment": [0.5, 1.0, 1.0, 1.0, 1.0, 1.0],
        }
    )
    expected = {"A": log(2) / 2, "B": 0.0}
    assert mean_moves([frame]) == pytest.approx(expected)
    assert mean_moves([frame.head(3), frame.tail(3)]) == pytest.approx(expected)


def test_scales_by_hand() -> None:
    """A known symbol against itself, a new one against the nearest of all."""
    before = {"A": 0.01, "B": 0.04, "STILL": 0.0}
    now = {"A": 0.041, "B": 0.011, "NEW": 0.15, "SLOW": 0.002}
    assert other_scales(before, now) == pytest.approx({"A": 4.1, "SLOW": 0.2})
    assert other_scales({}, now) == {}
