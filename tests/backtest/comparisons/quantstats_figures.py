"""What quantstats makes of daily returns: a JSON document in, one out.

    QUANTSTATS_PYTHON=... python -m tests.backtest.comparisons.test_quantstats

writes quantstats.json by it; run by a Python that has quantstats.
"""

# mypy: ignore-errors

import json
import sys

import pandas as pd
import quantstats as qs

given = json.load(sys.stdin)
per_year, days = given["periods_per_year"], pd.DatetimeIndex(given["days"])
told = {"quantstats": qs.__version__}
for name, values in given["returns"].items():
    returns = pd.Series(values, index=days, name=name)
    figures = {
        "total_return": qs.stats.comp(returns),
        "annual_return": qs.stats.cagr(returns, periods=per_year),
        "volatility": qs.stats.volatility(returns, periods=per_year),
        "sharpe": qs.stats.sharpe(returns, periods=per_year),
        "sortino": qs.stats.sortino(returns, periods=per_year),
        "omega": qs.stats.omega(returns, periods=per_year),
        "max_drawdown": qs.stats.max_drawdown(returns),
        "calmar": qs.stats.calmar(returns, periods=per_year),
    }
    table = qs.stats.monthly_returns(returns, eoy=True, compounded=True)
    yearly = table.pop("EOY")
    told[name] = {
        "figures": {figure: float(value) for figure, value in figures.items()},
        "monthly": [
            [int(year), month + 1, float(value)]
            for year, row in zip(table.index, table.to_numpy(), strict=True)
            for month, value in enumerate(row)
        ],
        "yearly": {str(year): float(value) for year, value in yearly.items()},
    }
print(json.dumps(told))
