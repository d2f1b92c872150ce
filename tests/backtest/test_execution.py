"""Fills against trades calculated by hand."""

from typing import Any

import pytest

from quantsig.backtest.execution import Execution
from quantsig.backtest.trading.fills import Fills
from quantsig.data.barriers import ExitReason
from quantsig.data.errors import ConfigError
from tests.backtest.conftest import BarsMaker, SignalsMaker, fills

FREE = Execution(fee_bps=0, slippage_bps=0)
SLIPPING = Execution(fee_bps=0, slippage_bps=100)  # one percent a side

FLAT = (100, 101, 99, 100)


def only_trade(made: Fills) -> tuple[object, ...]:
    """Entry bar, exit bar, prices and reason of the one trade."""
    assert len(made) == 1
    return (
        made.entry_bars[0],
        made.exit_bars[0],
        pytest.approx(made.entry_prices[0]),
        pytest.approx(made.exit_prices[0]),
        ExitReason(made.reasons[0]).text,
    )


def test_time_exit_fills_at_the_open_after_the_horizon(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """Decided at bar 0, horizon 2: in at the open of bar 1, out at the open of bar 3."""
    bars = make_bars(FLAT, (100, 103, 99, 102), (102, 104, 101, 103), (104, 105, 103, 104))
    made = fills(bars, make_signals(0), SLIPPING)
    assert only_trade(made) == (1, 3, 101.0, 104 * 0.99, "time")


def test_stop_counts_on_the_entry_bar_and_slips(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """A stop at 95 reached within the entry bar fills there, one percent lower."""
    bars = make_bars(FLAT, (100, 101, 94, 100), FLAT, FLAT)
    made = fills(bars, make_signals(0, stop=0.05), SLIPPING)
    assert only_trade(made) == (1, 1, 101.0, 95 * 0.99, "stop")


def test_gap_through_the_stop_fills_at_that_open(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """A bar that opens at 90 cannot fill a stop at 95."""
    bars = make_bars(FLAT, FLAT, (90, 91, 89, 90), FLAT)
    made = fills(bars, make_signals(0, stop=0.05), SLIPPING)
    assert only_trade(made) == (1, 2, 101.0, 90 * 0.99, "stop")


def test_target_fills_at_its_limit_without_slippage(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """A limit order at 105 fills at 105."""
    bars = make_bars(FLAT, FLAT, (101, 106, 100, 103), FLAT)
    made = fills(bars, make_signals(0, target=0.05), SLIPPING)
    assert only_trade(made) == (1, 2, 101.0, 105.0, "target")


@pytest.mark.parametrize(("opened", "filled"), [(120.0, 120 * 0.99), (105.5, 105.0)])
def test_gap_beyond_the_target_is_never_worse_than_the_limit(
    make_bars: BarsMaker, make_signals: SignalsMaker, opened: float, filled: float
) -> None:
    """A gap fills at its open less slippage, but a limit of 105 never below 105."""
    bars = make_bars(FLAT, FLAT, (opened, opened + 1, 100, 110), FLAT)
    made = fills(bars, make_signals(0, target=0.05), SLIPPING)
    assert only_trade(made) == (1, 2, 101.0, filled, "target")


def test_stop_counts_before_the_target_in_one_bar(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """A bar that reaches both is taken as the loss."""
    bars = make_bars(FLAT, (100, 110, 90, 100), FLAT, FLAT)
    made = fills(bars, make_signals(0, stop=0.05, target=0.05), FREE)
    assert only_trade(made) == (1, 1, 100.0, 95.0, "stop")


def test_open_position_ends_at_the_last_close(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """Where the bars end first the trade is closed at the last close, with slippage."""
    bars = make_bars(FLAT, FLAT, (100, 103, 99, 102))
    made = fills(bars, make_signals(0, horizon=9), SLIPPING)
    assert only_trade(made) == (1, 2, 101.0, 102 * 0.99, "end")


def test_short_is_the_mirror_image(make_bars: BarsMaker, make_signals: SignalsMaker) -> None:
    """A short sells lower and buys back higher; its stop lies above."""
    bars = make_bars(FLAT, FLAT, (101, 106, 100, 103), FLAT)
    made = fills(bars, make_signals(0, direction=-1, stop=0.05), SLIPPING)
    assert only_trade(made) == (1, 2, 99.0, 105 * 1.01, "stop")


def test_short_target_lies_below(make_bars: BarsMaker, make_signals: SignalsMaker) -> None:
    """A short takes its profit where the price has fallen."""
    bars = make_bars(FLAT, FLAT, (99, 100, 94, 96), FLAT)
    made = fills(bars, make_signals(0, direction=-1, target=0.05), SLIPPING)
    assert only_trade(made) == (1, 2, 99.0, 95.0, "target")


def test_entry_on_the_bar_of_a_time_exit_is_traded(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """The exit comes first at that open, so the next trade may begin there."""
    made = fills(make_bars(*[FLAT] * 6), make_signals(0, 2), FREE)
    assert made.entry_bars.tolist() == [1, 3]
    assert made.exit_bars.tolist() == [3, 5]


def test_entry_on_the_bar_of_a_stop_is_ignored(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """The stop fills later than that bar's open, even where it gapped."""
    bars = make_bars(FLAT, FLAT, (90, 91, 89, 90), FLAT, FLAT)
    made = fills(bars, make_signals(0, 1, horizon=3, stop=0.05), FREE)
    assert made.entry_bars.tolist() == [1]
    assert made.ignored["position open"] == 1


def test_signals_in_a_position_and_past_the_end_are_counted(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """Of signals at 0, 1, 2 and 3 in four bars, two trade, one is blocked, one finds no bar."""
    made = fills(make_bars(*[FLAT] * 4), make_signals(0, 1, 2, 3), FREE)
    assert made.signals.tolist() == [0, 2]
    assert made.ignored == {"position open": 1, "no bar to fill": 1}


def test_delay_moves_the_entry(make_bars: BarsMaker, make_signals: SignalsMaker) -> None:
    """With a delay of 3 the entry is the open of bar 3."""
    bars = make_bars(FLAT, FLAT, FLAT, (110, 111, 109, 110), FLAT, FLAT)
    made = fills(bars, make_signals(0), Execution(delay_bars=3, fee_bps=0, slippage_bps=0))
    assert only_trade(made) == (3, 5, 110.0, 100.0, "time")


def test_settings_replace_what_the_signal_brought(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """Holding, stop and target of the execution win over the signal's own."""
    bars = make_bars(FLAT, FLAT, (100, 101, 97, 100), FLAT, FLAT)
    execution = Execution(fee_bps=0, slippage_bps=0, stop_loss=0.02, holding_bars=3)
    made = fills(bars, make_signals(0, horizon=1, stop=0.5), execution)
    assert only_trade(made) == (1, 2, 100.0, 98.0, "stop")


def test_no_signals_make_no_trades(make_bars: BarsMaker, make_signals: SignalsMaker) -> None:
    """Nothing in, nothing out, nothing ignored."""
    made = fills(make_bars(FLAT, FLAT), make_signals(), FREE)
    assert len(made) == 0
    assert sum(made.ignored.values()) == 0


def test_later_bars_change_no_earlier_trade(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """Trades that ended by bar 3 are the same whatever bar 4 brings."""
    rows = [FLAT, FLAT, (101, 106, 97, 103), (103, 104, 102, 103)]
    signals = make_signals(0)
    calm = fills(make_bars(*rows, FLAT), signals, FREE)
    wild = fills(make_bars(*rows, (500, 900, 1, 2)), signals, FREE)
    assert calm.exit_prices.tolist() == wild.exit_prices.tolist() == [103.0]


@pytest.mark.parametrize(
    "setting",
    [
        {"delay_bars": 0},
        {"holding_bars": 0},
        {"holding_bars": 10**20},
        {"delay_bars": 10**20},
        {"fee_bps": -1.0},
        {"fee_bps": float("nan")},
        {"slippage_bps": 10_000.0},
        {"stop_loss": 0.0},
        {"stop_loss": 1.0},
        {"take_profit": 0.0},
        {"take_profit": float("inf")},
        {"size_fraction": 0.0},
        {"size_fraction": 1.5},
    ],
)
def test_impossible_settings_are_refused_by_name(setting: dict[str, Any]) -> None:
    """The message names the setting."""
    with pytest.raises(ConfigError, match=next(iter(setting))):
        Execution(**setting)


def test_the_delay_is_that_of_the_label_unless_set(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """A label that enters three bars later is traded three bars later."""
    bars, signals = make_bars(*[FLAT] * 12), make_signals(2, delay=3)
    assert fills(bars, signals, Execution()).entry_bars.tolist() == [5]
    assert fills(bars, signals, Execution(delay_bars=1)).entry_bars.tolist() == [3]
