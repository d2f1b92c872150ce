"""A feed a symbol for backtrader's GenericCSVData, with two lines of what is to be done."""

from pathlib import Path

import numpy as np
import polars as pl

from quantsig.backtest.export.signals.positions import Positions, before
from quantsig.backtest.export.signals.target import Exported, Target, file_names, stamps_of_close
from quantsig.data.storage import atomic

FEEDS = "feeds"
ABOUT = """\
`feeds/` has a CSV a symbol for `GenericCSVData`: `datetime` (the close of the bar in UTC; of
daily bars the day of its session), `open`, `high`, `low`, `close`, `volume`, and two lines more,
`enter` (1 long, -1 short, 0 nothing) and `leave` (1 or 0).

backtrader calls `next` once a bar has closed, and fills a market order at the next open. So both
lines stand at the bar before that open, which is the bar of the decision or a later one:
leave first, then enter. With `set_coc(True)` the fills would be at a close that was the
reason of the decision; leave it off. `example.py` has a strategy of twenty lines and gives each
symbol an account of its own, because backtrader shows a symbol's last bar again where only others
have one."""
SCRIPT = '''"""What backtrader fills of these signals, each symbol in an account of its own."""

import json
from pathlib import Path

import backtrader as bt

here = Path(__file__).parent
about = json.loads((here / "export.json").read_text(encoding="utf-8"))
SHARE = 0.9  # of the account a position: the next open is not known yet


class Feed(bt.feeds.GenericCSVData):
    lines = ("enter", "leave")
    params = (("openinterest", -1), ("enter", 6), ("leave", 7))


class Signals(bt.Strategy):
    def next(self) -> None:
        if self.data.leave[0]:
            self.close()
        if self.data.enter[0]:
            size = SHARE * self.broker.getvalue() / self.data.close[0]
            (self.buy if self.data.enter[0] > 0 else self.sell)(size=size)

    def notify_order(self, order: bt.Order) -> None:
        if order.status == order.Completed:
            when = bt.num2date(order.executed.dt)
            side = "buy" if order.isbuy() else "sell"
            print(self.data._name, when.date(), when.time(), side, order.executed.price)
        elif order.status in (order.Margin, order.Rejected):
            print(self.data._name, "rejected: the account cannot pay it")


for symbol, file in about["files"].items():
    cerebro = bt.Cerebro()
    daily = about["interval_seconds"] >= 86_400
    cerebro.adddata(
        Feed(
            dataname=here / file,
            timeframe=bt.TimeFrame.Days if daily else bt.TimeFrame.Seconds,
            compression=1 if daily else int(about["interval_seconds"]),
        ),
        name=symbol,
    )
    cerebro.addstrategy(Signals)
    cerebro.broker.setcash(1e6 / len(about["files"]))
    cerebro.broker.setcommission(commission=about["fee"])
    cerebro.run()
    print(symbol, "ends with", cerebro.broker.getvalue())
'''


def write(folder: Path, exported: Exported) -> dict[str, str]:
    """Write the feeds; files by symbol."""
    named = file_names(exported.positions, exported.where)
    files = {symbol: f"{FEEDS}/{name}.csv" for symbol, name in named.items()}
    for symbol, own in exported.positions.items():
        content = _feed(own, exported).write_csv(datetime_format="%Y-%m-%d %H:%M:%S")
        atomic.write_text(folder / files[symbol], content)
    return files


def _feed(own: Positions, exported: Exported) -> pl.DataFrame:
    bars, prices = own.bars, own.bars.prices
    count = len(bars.times)
    return pl.DataFrame(
        {
            "datetime": stamps_of_close(bars, exported),
            "open": prices.open,
            "high": prices.high,
            "low": prices.low,
            "close": prices.close,
            "volume": np.zeros(count) if bars.volumes is None else bars.volumes,
            "enter": before(own.entries, own.directions, count),
            "leave": before(own.exits, np.ones(len(own), np.int64), count),
        }
    )


BACKTRADER = Target(write=write, script=("example.py", SCRIPT), about=ABOUT)
