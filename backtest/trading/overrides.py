"""Settings of an execution over what each signal brought with it."""

from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from quantsig.backtest.execution import Execution, FillPrice
from quantsig.backtest.market import SymbolSignals
from quantsig.data import barriers

FILLS: dict[FillPrice, int] = {
    "open": barriers.AT_OPEN,
    "close": barriers.AT_CLOSE,
    "typical": barriers.TYPICAL,
}

Number = TypeVar("Number", np.float64, np.int64)


def as_set(signals: SymbolSignals, execution: Execution) -> SymbolSignals:
    """The signals with every delay, holding, stop and target that is set for all of them."""
    return replace(
        signals,
        delay_bars=_override(signals.delay_bars, execution.delay_bars),
        horizon_bars=_override(signals.horizon_bars, execution.holding_bars),
        stops=_override(signals.stops, execution.stop_loss),
        targets=_override(signals.targets, execution.take_profit),
    )


def _override(own: NDArray[Number], setting: float | None) -> NDArray[Number]:
    return own if setting is None else np.full_like(own, setting)
