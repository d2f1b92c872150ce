"""Backtests the exported scores of the folder it is run in by qlib, on bars beside them.

Run by a Python that has qlib; prints what is held after each day.
"""

# mypy: ignore-errors

import json
from pathlib import Path

import numpy as np
import pandas as pd
import qlib
from qlib.backtest import backtest
from qlib.backtest.executor import SimulatorExecutor
from qlib.contrib.strategy import TopkDropoutStrategy

FIELDS = ("open", "high", "low", "close", "volume", "factor", "change")
FREE = {"open_cost": 0, "close_cost": 0, "min_cost": 0, "limit_threshold": None}
HOME = Path("qlib")


def write_provider(bars: pd.DataFrame) -> None:
    """Bars of one calendar as qlib keeps them."""
    days = sorted(bars["day"].unique())
    (HOME / "calendars").mkdir(parents=True)
    (HOME / "instruments").mkdir()
    (HOME / "calendars" / "day.txt").write_text("\n".join(f"{day:%Y-%m-%d}" for day in days))
    listed = []
    for name, own in bars.sort_values("day").groupby("instrument"):
        folder = HOME / "features" / name.lower()
        folder.mkdir(parents=True)
        for field in FIELDS:
            np.append(0.0, own[field]).astype("<f4").tofile(folder / f"{field}.day.bin")
        listed.append(f"{name}\t{days[0]:%Y-%m-%d}\t{days[-1]:%Y-%m-%d}")
    (HOME / "instruments" / "all.txt").write_text("\n".join(listed))


bars, score = pd.read_parquet("bars.parquet"), pd.read_parquet("score.parquet")
write_provider(bars.assign(factor=1.0, change=0.0))
qlib.init(provider_uri=str(HOME.absolute()), region="us", kernels=1, logging_level=40)
names = sorted(bars["instrument"].unique())
days = score.index.get_level_values("datetime")
metrics, _ = backtest(
    start_time=days.min(),
    end_time=days.max(),
    strategy=TopkDropoutStrategy(signal=score, topk=1, n_drop=1),
    executor=SimulatorExecutor(time_per_step="day", generate_portfolio_metrics=True),
    benchmark=names[0],
    exchange_kwargs={"freq": "day", "deal_price": "open", "codes": names, **FREE},
)
held = {f"{day:%Y-%m-%d}": at.get_stock_list() for day, at in metrics["1day"][1].items()}
print(json.dumps(held))
