"""What the same money would have earned without the signals."""

import numpy as np
from numpy.typing import NDArray

from quantsig.backtest.comparisons.price_table import PriceTable, by_time, price_table
from quantsig.backtest.execution import Execution
from quantsig.backtest.market import Floats, Integers, Market, SymbolSignals, calendar_in
from quantsig.backtest.outcome import trade
from quantsig.backtest.trading.accounts import Accounts
from quantsig.data.kernels import njit


def hold(market: Market, execution: Execution) -> Accounts:
    """Buy and hold every symbol, each with an equal part, at the same costs and delay."""
    plain = Execution(
        delay_bars=execution.delay_bars,
        fee_bps=execution.fee_bps,
        minimum_fee=execution.minimum_fee,
        slippage_bps=execution.slippage_bps,
        start_capital=execution.start_capital,
    )
    return trade(market, always_long(market), plain).accounts


def always_long(market: Market) -> dict[str, SymbolSignals]:
    """One signal a symbol: buy at the first open that can be filled, hold to the last close."""
    return {
        symbol: SymbolSignals(
            bars=np.zeros(1, np.int64),
            directions=np.ones(1, np.int64),
            delay_bars=np.ones(1, np.int64),
            horizon_bars=np.full(1, len(bars.times)),
            stops=np.full(1, np.nan),
            targets=np.full(1, np.nan),
            probabilities=np.full(1, np.nan),
        )
        for symbol, bars in market.items()
    }


def equal_weight(market: Market, times: Integers, execution: Execution) -> Floats:
    """Equity of holding all symbols with equal weights, rebalanced at each session's first bar.

    Trades at the opens of the symbols that have a bar there, at the fee and slippage of
    `execution`; what has no bar keeps its units. It begins `delay_bars` after the first bar and
    is sold at the last closes.

    Args:
        market: the bars of every symbol.
        times: (T,) of all bars, microseconds since 1970 UTC.
        execution: gives costs and delay.

    Returns:
        (T,) at the closes; starts at 1.0.
    """
    table = by_time(price_table(times, market))
    dates = calendar_in(market).days(times)
    begin = execution.delay_bars or 1
    rebalanced = np.append(True, dates[1:] != dates[:-1])
    rebalanced[:begin] = False
    rebalanced[begin : begin + 1] = True
    fee, slippage = execution.fee, execution.slippage
    buying = (1.0 + slippage) * (1.0 + fee) - 1.0
    selling = 1.0 - (1.0 - slippage) * (1.0 - fee)
    return _rebalance(table, rebalanced, buying, selling)


@njit(cache=True, nogil=True)
def _rebalance(
    table: PriceTable, rebalanced: NDArray[np.bool_], buying: float, selling: float
) -> Floats:
    times, symbols = table.opens.shape
    cash, units, equity = 1.0, np.zeros(symbols), np.empty(times)
    for row in range(times):
        there = table.there[row]
        if rebalanced[row] and there.any():
            held = units * table.opens[row]
            target = _equal_part(held[there], cash, buying, selling)
            cash = 0.0
            for symbol in range(symbols):
                if there[symbol]:
                    units[symbol] = target / table.opens[row, symbol]
        equity[row] = cash + (units * table.closes[row]).sum()
    equity[-1] -= selling * (units * table.closes[-1]).sum()
    return equity


@njit(cache=True, nogil=True)
def _equal_part(held: Floats, cash: float, buying: float, selling: float) -> float:
    """What each position is worth once all are equal and the costs of getting there are paid.

    n * part + costs(part) = cash + sum(held): the left side grows with `part` and is straight
    between the values held, so the part is found between two neighbours of them.
    """
    money, count = cash + held.sum(), len(held)
    ordered = np.sort(held)
    below, above = 0.0, ordered.sum()
    bought = 0  # so many of the lowest positions are bought, the others sold
    while True:
        slope = count + buying * bought - selling * (count - bought)
        part = float((money + buying * below - selling * above) / slope)
        if bought == count or part <= ordered[bought]:
            return part
        below += ordered[bought]
        above -= ordered[bought]
        bought += 1
