"""How much of an account each signal stakes, as it is known at the decision."""

from dataclasses import replace

import numpy as np
import polars as pl

from quantsig.backtest.execution import Execution
from quantsig.backtest.market import Floats, SymbolBars, SymbolSignals
from quantsig.data.errors import DataError
from quantsig.data.labels import volatility
from quantsig.data.language.messages import phrase

SHARE, DIVIDED, MONEY = 0, 1, 2  # of the account; of it over the open signals; of the capital

STAKES = {
    "fraction": SHARE,
    "equal_weight": DIVIDED,
    "fixed_cash": MONEY,
    "volatility_target": SHARE,
    "kelly": SHARE,
}


def stakes(bars: SymbolBars, signals: SymbolSignals, execution: Execution) -> Floats:
    """What each signal of one symbol stakes, times its own size where it has one.

    Args:
        bars: of the symbol.
        signals: K of them, with the stops and targets that hold for them.
        execution: names the sizing.

    Returns:
        (K,) in the unit that `STAKES` has for the sizing; NaN where it is not known.
    """
    full = _full_stakes(bars, signals, execution)
    return full if signals.sizes is None else full * signals.sizes


def _full_stakes(bars: SymbolBars, signals: SymbolSignals, execution: Execution) -> Floats:
    largest = execution.size_fraction
    if execution.sizing == "volatility_target":
        return np.minimum(largest, _by_volatility(bars, signals, execution))
    if execution.sizing == "kelly":
        return np.minimum(largest, _by_kelly(signals, execution))
    if execution.fixed_cash is not None and execution.sizing == "fixed_cash":
        return np.full(len(signals.bars), execution.fixed_cash / execution.start_capital)
    return np.full(len(signals.bars), largest)


def kelly_fraction(probability: Floats, win: Floats, loss: Floats) -> Floats:
    """The stake that makes an account grow fastest: p / loss - (1 - p) / win (Kelly 1956).

    Args:
        probability: of a win.
        win: what a stake of 1 earns then, a positive fraction after costs.
        loss: what it loses otherwise, a positive fraction costs included.

    Returns:
        The stake as a fraction of the account; 0 where there is nothing to be gained.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        best = probability / loss - (1.0 - probability) / win
    return np.where(win > 0, np.maximum(best, 0.0), np.where(np.isnan(win), np.nan, 0.0))


def calibrated(execution: Execution, rows: pl.DataFrame, *, where: str) -> Execution:
    """The settings, with the wins and losses of the calibration rows where Kelly lacks his own.

    A win is the target of the signals and a loss their stop, where they have them.

    Args:
        execution: any.
        rows: columns split, signal, stop, target, forward_return.
        where: the file they come from, for messages.

    Raises:
        DataError: no signal of the calibration rows won, or none lost.
    """
    if execution.sizing != "kelly":
        return execution
    lacking = rows.filter("signal").select(pl.col("stop", "target").is_null().any()).row(0)
    no_stop, no_target = lacking
    unknown_loss = execution.kelly_loss is None and execution.stop_loss is None and no_stop
    unknown_win = execution.kelly_win is None and execution.take_profit is None and no_target
    if not unknown_loss and not unknown_win:
        return execution
    win, loss = mean_win_and_loss(rows, where=where)
    return replace(
        execution,
        kelly_win=win if unknown_win else execution.kelly_win,
        kelly_loss=loss if unknown_loss else execution.kelly_loss,
    )


def mean_win_and_loss(rows: pl.DataFrame, *, where: str) -> tuple[float, float]:
    """Mean win and mean loss of the signals on the calibration rows, before costs.

    Args:
        rows: columns split, signal, forward_return.
        where: the file they come from, for messages.

    Raises:
        DataError: no signal of the calibration rows won, or none lost.
    """
    chosen = rows.filter((pl.col("split") == "calibration") & pl.col("signal"))
    returns = chosen["forward_return"].drop_nulls().drop_nans()
    wins, losses = returns.filter(returns > 0), returns.filter(returns < 0)
    if not len(wins) or not len(losses):
        raise DataError(
            phrase(
                "{wins} signals of the calibration split won and {losses} lost.",
                wins=len(wins),
                losses=len(losses),
            ),
            where=where,
            remedy="Set kelly_win and kelly_loss, or stop_loss and take_profit, in [backtest].",
        )
    return float(wins.to_numpy().mean()), -float(losses.to_numpy().mean())


def _by_volatility(bars: SymbolBars, signals: SymbolSignals, execution: Execution) -> Floats:
    """Target over the standard deviation (ddof 1) of the last one-bar returns up to the decision.

    Without bars enough it is NaN.
    """
    closes = np.concatenate([bars.earlier.closes, bars.prices.close])
    seen = volatility(closes, execution.volatility_bars)[len(bars.earlier.closes) + signals.bars]
    with np.errstate(divide="ignore"):
        return execution.target_volatility / seen


def _by_kelly(signals: SymbolSignals, execution: Execution) -> Floats:
    """A share of the Kelly stake, the costs of both sides taken off the win and put on the loss."""
    costs = 2.0 * (execution.fee + execution.slippage)
    win = signals.targets if execution.kelly_win is None else execution.kelly_win
    loss = signals.stops if execution.kelly_loss is None else execution.kelly_loss
    best = kelly_fraction(signals.probabilities, np.asarray(win) - costs, np.asarray(loss) + costs)
    return execution.kelly_share * best
