"""Figures of the equity against closed forms."""

import math

import numpy as np
import pytest

from quantsig.backtest.figures import collect
from quantsig.backtest.returns_statistics import annual_return, sharpe, sortino, volatility


def test_sharpe_and_volatility_closed_form() -> None:
    """Returns of 3 % and -1 % in turn: mean 1 %, deviation 2 % * sqrt(n / (n - 1))."""
    returns = np.tile([0.03, -0.01], 50)
    deviation = 0.02 * math.sqrt(100 / 99)
    assert volatility(returns, 252) == pytest.approx(deviation * math.sqrt(252))
    assert sharpe(returns, 252) == pytest.approx(0.01 / deviation * math.sqrt(252))


def test_sortino_closed_form() -> None:
    """The downside of 3 % and -1 % in turn is the root of half of one ten-thousandth."""
    returns = np.tile([0.03, -0.01], 50)
    assert sortino(returns, 252) == pytest.approx(0.01 / math.sqrt(0.0001 / 2) * math.sqrt(252))


def test_annual_return_compounds() -> None:
    """21 % in two years are 10 % a year."""
    assert annual_return(np.array([1.0, 1.21]), 2.0) == pytest.approx(0.1)


def test_growth_too_fast_to_annualise_is_null() -> None:
    """Doubling within an hour has no finite annual return."""
    figures, missing = collect({"annual": lambda: annual_return(np.array([1.0, 2.0]), 1e-4)})
    assert figures == {"annual": None}
    assert missing == {"annual": "too large to be a number"}
