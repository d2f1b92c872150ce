"""Backtests the exported folder it is run in by freqtrade, without an exchange.

Run by a Python that has freqtrade; prints the open and the close of every trade.
"""

# mypy: ignore-errors

import json
from pathlib import Path
from unittest.mock import MagicMock

from freqtrade.configuration import Configuration
from freqtrade.data import history
from freqtrade.enums import RunMode
from freqtrade.optimize.backtesting import Backtesting

ASIDE = {"price_side": "same", "use_order_book": False}
YOURS = {
    "exchange": {"name": "binance", "pair_whitelist": []},
    "stake_currency": "USDT",
    "stake_amount": 500,
    "dry_run": True,
    "dry_run_wallet": 1000,
    "max_open_trades": -1,
    "entry_pricing": ASIDE,
    "exit_pricing": ASIDE,
    "trading_mode": "spot",
}
TICK_SIZE = 4  # of ccxt's ways to say a precision


def exchange() -> MagicMock:
    """One that lists the pair and rounds nothing."""
    listed = MagicMock(precisionMode=TICK_SIZE, precision_mode_price=TICK_SIZE)
    listed.configure_mock(name="binance", markets={"BTC/USDT": {"active": True, "spot": True}})
    answers = {
        "get_option": False,
        "get_pair_quote_currency": "USDT",
        "get_precision_amount": 1e-12,
        "get_precision_price": 1e-12,
        "get_min_pair_stake_amount": 0.0,
        "get_max_pair_stake_amount": 1e9,
        "get_contract_size": 1.0,
        "get_max_leverage": 1.0,
        "get_liquidation_price": None,
        "get_proxy_coin": "USDT",
    }
    for name, answer in answers.items():
        getattr(listed, name).return_value = answer
    listed.amount_to_precision.side_effect = lambda pair, amount: amount
    listed.price_to_precision.side_effect = lambda pair, price, **_: price
    return listed


Path("yours.json").write_text(json.dumps(YOURS), encoding="utf-8")
given = {"config": ["yours.json", "config.json"], "datadir": "data"}
config = Configuration(given, RunMode.BACKTEST).get_config() | {"fee": 0.0}
backtesting = Backtesting(config, exchange())
backtesting._set_strategy(backtesting.strategylist[0])
data, _ = backtesting.load_bt_data()
processed = backtesting.strategy.advise_all_indicators(data)
first, last = history.get_timerange(processed)
made = backtesting.backtest(processed=processed, start_date=first, end_date=last)["results"]
print(json.dumps(made[["open_rate", "close_rate"]].values.tolist()))
