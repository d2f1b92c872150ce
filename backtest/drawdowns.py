"""How far the equity lies below its highest value so far."""

import numpy as np

from quantsig.backtest.market import Floats


def drawdowns(equity: Floats) -> Floats:
    """Equity over its highest value so far, less one; (T,) <= 0."""
    below: Floats = equity / np.maximum.accumulate(equity) - 1.0
    return below
