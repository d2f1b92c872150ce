"""Stakes against values reckoned by hand, and none of them knows a later bar."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from quantsig.backtest.execution import Execution
from quantsig.backtest.market import Closes, SymbolSignals
from quantsig.backtest.trading.sizing import calibrated, kelly_fraction, mean_win_and_loss, stakes
from quantsig.data.errors import DataError
from tests.backtest.conftest import BarsMaker, SignalsMaker

FLAT = (100, 101, 99, 100)
CLOSES = [100.0, 102.0, 99.96, 101.9592]  # returns of +2 %, -2 %, +2 %
WALK = [(price, price, price, price) for price in CLOSES]


def test_a_fraction_is_staked_by_every_signal(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """Three signals, a quarter each."""
    staked = stakes(make_bars(*[FLAT] * 5), make_signals(0, 1, 2), Execution(size_fraction=0.25))
    assert staked.tolist() == [0.25, 0.25, 0.25]


def test_fixed_cash_is_a_part_of_the_start_capital(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """500 of 10,000."""
    fixed = Execution(sizing="fixed_cash", fixed_cash=500, start_capital=10_000)
    assert stakes(make_bars(FLAT, FLAT), make_signals(0), fixed).tolist() == [0.05]


def test_a_volatility_target_takes_the_returns_up_to_the_decision(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """Over +2 % and -2 % the deviation is 2 % times the root of 2; before that it is not known."""
    target = Execution(sizing="volatility_target", target_volatility=0.01, volatility_bars=2)
    staked = stakes(make_bars(*WALK), make_signals(1, 2, 3), target)
    assert staked == pytest.approx([np.nan, 0.5 / 2**0.5, 0.5 / 2**0.5], rel=1e-12, nan_ok=True)


def test_a_volatility_target_is_capped_and_may_look_before_the_period(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """The two returns before the first bar are those of the closes before it."""
    bars = replace(
        make_bars(*WALK[2:]), earlier=Closes(times=np.array([1, 2]), closes=np.array(CLOSES[:2]))
    )
    target = Execution(sizing="volatility_target", volatility_bars=2, size_fraction=0.2)
    assert stakes(bars, make_signals(0), target).tolist() == [0.2]


@pytest.mark.parametrize(
    ("probability", "win", "loss", "expected"),
    [(0.6, 1.0, 1.0, 0.2), (0.5, 0.2, 0.1, 2.5), (0.3, 1.0, 1.0, 0.0), (0.9, -0.1, 0.1, 0.0)],
)
def test_kelly_grows_fastest(probability: float, win: float, loss: float, expected: float) -> None:
    """An even bet at 60 % stakes 20 %; one that cannot be won stakes nothing."""
    staked = kelly_fraction(*(np.array([value]) for value in (probability, win, loss)))
    assert staked == pytest.approx([expected], abs=1e-12)


def test_kelly_takes_costs_off_the_target_and_puts_them_on_the_stop(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """At 80 %, +9.6 % or -5.4 % after 0.4 % of costs: half of .8 / .054 - .2 / .096, capped."""
    signals = make_signals(0, stop=0.05, target=0.1)
    kelly = Execution(sizing="kelly", fee_bps=10, slippage_bps=10, kelly_share=0.05)
    expected = 0.05 * (0.8 / 0.054 - 0.2 / 0.096)
    assert stakes(make_bars(FLAT, FLAT), signals, kelly) == pytest.approx([expected], rel=1e-12)
    full = replace(kelly, kelly_share=1.0)
    assert stakes(make_bars(FLAT, FLAT), signals, full).tolist() == [1.0]


def calibration(*returns: float | None, stop: float | None = None) -> pl.DataFrame:
    """Signals of the calibration rows, and one of the test rows that must not count."""
    kind = pl.Float64
    return pl.DataFrame(
        {
            "split": ["calibration"] * len(returns) + ["test"],
            "signal": True,
            "forward_return": pl.Series([*returns, 9.0], dtype=kind),
            "stop": pl.Series([stop] * (len(returns) + 1), dtype=kind),
            "target": pl.Series([None] * (len(returns) + 1), dtype=kind),
        }
    )


def test_wins_and_losses_are_those_of_the_calibration_rows() -> None:
    """Wins of 2 % and 4 %, a loss of 1 %; the test row plays no part."""
    assert mean_win_and_loss(calibration(0.02, 0.04, -0.01, None), where="s") == (0.03, 0.01)


def test_kelly_is_given_what_its_signals_lack() -> None:
    """A stop is there, so only the win is taken from the calibration rows."""
    kelly = Execution(sizing="kelly")
    given = calibrated(kelly, calibration(0.02, 0.04, -0.01, stop=0.05), where="s")
    assert (given.kelly_win, given.kelly_loss) == (0.03, None)
    assert calibrated(Execution(), calibration(), where="s") == Execution()


def test_kelly_without_a_loss_is_refused() -> None:
    """Calibration rows that never lost say nothing about how much is lost."""
    with pytest.raises(DataError, match="0 lost") as caught:
        calibrated(Execution(sizing="kelly"), calibration(0.02), where="signals.parquet")
    assert "kelly_loss" in caught.value.remedy


@pytest.mark.parametrize("sizing", ["volatility_target", "kelly", "fraction"])
def test_later_bars_change_no_stake(
    make_bars: BarsMaker, make_signals: SignalsMaker, sizing: str
) -> None:
    """Whatever comes after the decision at bar 3."""
    execution = Execution(sizing=sizing, volatility_bars=2, kelly_share=0.1)  # type: ignore[arg-type]
    signals: SymbolSignals = make_signals(3, stop=0.05, target=0.1)
    calm = stakes(make_bars(*WALK, FLAT), signals, execution)
    wild = stakes(make_bars(*WALK, (500, 900, 1, 2)), signals, execution)
    assert calm.tolist() == wild.tolist()


def test_a_size_of_its_own_is_part_of_the_full_stake(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """Of a full stake of .8 a quarter is .2; a second model says so."""
    signals = replace(make_signals(0, 1), sizes=np.array([1.0, 0.25]))
    found = stakes(make_bars(*[FLAT] * 4), signals, Execution(size_fraction=0.8))
    assert found.tolist() == pytest.approx([0.8, 0.2])
