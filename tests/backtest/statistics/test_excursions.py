"""How far the price went against and for each trade."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantsig.backtest.execution import Execution
from quantsig.backtest.market import SymbolBars, SymbolSignals
from quantsig.backtest.outcome import trade
from quantsig.backtest.statistics.excursions import Excursions, excursions
from quantsig.data.labels import Prices
from tests.backtest.conftest import BarsMaker, SignalsMaker

FREE = Execution(fee_bps=0, slippage_bps=0)
FLAT = (100, 101, 99, 100)


def found(bars: SymbolBars, signals: SymbolSignals, execution: Execution = FREE) -> Excursions:
    market = {"A": bars}
    trades = trade(market, {"A": signals}, execution).accounts.trades
    return excursions(trades, market, execution.fill_price)


def test_highs_and_lows_while_the_trade_is_open_count(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """In at 100, lows to 96 and highs to 107, out at the open of 104: that bar's 120 is later."""
    bars = make_bars(FLAT, (100, 103, 96, 102), (102, 107, 101, 105), (104, 120, 80, 104))
    lived = found(bars, make_signals(0, horizon=2))
    assert lived.adverse == pytest.approx([-0.04])
    assert lived.favourable == pytest.approx([0.07])


def test_a_short_is_hurt_by_highs(make_bars: BarsMaker, make_signals: SignalsMaker) -> None:
    """The same prices, the other way round."""
    bars = make_bars(FLAT, (100, 103, 96, 102), (102, 107, 101, 105), (104, 120, 80, 104))
    lived = found(bars, make_signals(0, horizon=2, direction=-1))
    assert lived.adverse == pytest.approx([-0.07])
    assert lived.favourable == pytest.approx([0.04])


def test_a_stop_ends_the_excursion_at_its_fill(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """The low of 80 comes after the stop at 95; the high of that bar does not count either."""
    bars = make_bars(FLAT, FLAT, (100, 130, 80, 90), FLAT)
    lived = found(bars, make_signals(0, horizon=3, stop=0.05))
    assert lived.adverse == pytest.approx([-0.05])
    assert lived.favourable == pytest.approx([0.01])


def test_the_last_bar_counts_where_the_bars_end_first(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """Held to the last close, through its high and low."""
    lived = found(make_bars(FLAT, (100, 110, 90, 100)), make_signals(0, horizon=9))
    assert (lived.adverse[0], lived.favourable[0]) == pytest.approx((-0.1, 0.1))


def test_from_close_to_close_the_last_bar_counts_and_the_first_does_not(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """Bought at the close of 100 after a low of 50, sold a bar later at its close."""
    bars = make_bars(FLAT, (100, 150, 50, 100), (100, 120, 90, 110), FLAT)
    at_close = Execution(fee_bps=0, slippage_bps=0, fill_price="close")
    lived = found(bars, make_signals(0, horizon=1), at_close)
    assert (lived.adverse[0], lived.favourable[0]) == pytest.approx((-0.1, 0.2))


def test_at_the_typical_price_neither_end_counts(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """Only the bar between them, and the prices of both fills."""
    wide = (100, 150, 50, 100)  # typical price 100
    bars = make_bars(FLAT, wide, (100, 110, 95, 100), wide, FLAT)
    typical = Execution(fee_bps=0, slippage_bps=0, fill_price="typical")
    lived = found(bars, make_signals(0, horizon=2), typical)
    assert (lived.adverse[0], lived.favourable[0]) == pytest.approx((-0.05, 0.1))


def test_slippage_is_against_the_trade(make_bars: BarsMaker, make_signals: SignalsMaker) -> None:
    """Bought at 101, the low of 99 lies 2 below it."""
    slipped = Execution(fee_bps=0, slippage_bps=100)
    lived = found(make_bars(*[FLAT] * 5), make_signals(0), slipped)
    assert lived.adverse == pytest.approx([99 / 101 - 1])


def test_trades_of_all_symbols_keep_their_rows(
    make_bars: BarsMaker, make_signals: SignalsMaker
) -> None:
    """Rows are in the order of entry, not of symbols."""
    market = {
        "A": make_bars(*[FLAT] * 3, (100, 101, 90, 100), FLAT, FLAT),
        "B": make_bars(FLAT, (100, 101, 80, 100), *[FLAT] * 4),
        "C": make_bars(*[FLAT] * 6),
    }
    signals = {"A": make_signals(2), "B": make_signals(0), "C": make_signals()}
    lived = excursions(trade(market, signals, FREE).accounts.trades, market)
    assert lived.adverse == pytest.approx([-0.2, -0.1])


def test_without_trades_there_are_none(make_bars: BarsMaker, make_signals: SignalsMaker) -> None:
    """Two empty arrays."""
    lived = found(make_bars(FLAT, FLAT), make_signals())
    assert len(lived.adverse) == len(lived.favourable) == 0


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.integers(0, 10_000))
def test_a_trade_ends_within_its_excursions(seed: int) -> None:
    """Adverse <= 0 <= favourable, and what was earned before fees lies between."""
    random = np.random.default_rng(seed)
    closes = 100 * np.exp(np.cumsum(random.normal(0, 0.02, 40)))
    opens = closes * np.exp(random.normal(0, 0.01, 40))
    bars = SymbolBars(
        times=np.arange(1, 41) * 86_400_000_000,
        prices=Prices(
            open=opens,
            high=np.maximum(opens, closes) * 1.01,
            low=np.minimum(opens, closes) * 0.99,
            close=closes,
        ),
    )
    decided = np.flatnonzero(random.random(40) < 0.3)
    signals = SymbolSignals(
        bars=decided,
        directions=random.choice([1, -1], len(decided)),
        delay_bars=np.ones(len(decided), np.int64),
        horizon_bars=random.integers(1, 6, len(decided)),
        stops=np.full(len(decided), 0.03),
        targets=np.full(len(decided), 0.04),
        probabilities=np.full(len(decided), 0.5),
    )
    trades = trade({"A": bars}, {"A": signals}, FREE).accounts.trades
    lived = excursions(trades, {"A": bars})
    earned = trades["return"].to_numpy()
    assert (lived.adverse <= np.minimum(earned, 0) + 1e-12).all()
    assert (lived.favourable >= np.maximum(earned, 0) - 1e-12).all()
