"""Frames for `vectorbt.Portfolio.from_signals`: a row a bar, a column a symbol."""

from pathlib import Path

import numpy as np
import polars as pl

from quantsig.backtest.export.signals.positions import Positions
from quantsig.backtest.export.signals.target import Exported, Target
from quantsig.backtest.market import Integers, to_times
from quantsig.data.storage.parquet import write_parquet

SECOND = "#2"  # a second column of a symbol, for positions that begin where the one before ends
PRICES = ("open", "close")
FLAGS = {  # frame by what is done, and to which side
    "entries": ("entries", 1),
    "exits": ("exits", 1),
    "short_entries": ("entries", -1),
    "short_exits": ("exits", -1),
}
ABOUT = """\
`open`, `close`, `entries`, `exits`, `short_entries` and `short_exits` (Parquet) have a row a bar,
`timestamp` its close in UTC, and a column a symbol. A flag stands at the bar whose open is the
fill: hand `open` over as `price`. vectorbt fills at the close of a flag's own row otherwise. The
decision was made at the close of an earlier bar, so no flag knows its own bar.

vectorbt takes one order a column and bar. Where a position begins at the open that the one
before it ends at, it stands in a second column, `SYMBOL#2`; both share the cash of the symbol, and
the one that leaves is called first (`call_seq="auto"` would call the sale first, a short's entry
before a short's exit). Every symbol has an equal account of its own, all of which is staked.
`example.py` trades the frames and prints the trades."""
SCRIPT = '''"""The account that vectorbt makes of these signals."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import vectorbt as vbt

here = Path(__file__).parent
about = json.loads((here / "export.json").read_text(encoding="utf-8"))


def frame(name: str) -> pd.DataFrame:
    return pd.read_parquet(here / f"{name}.parquet").set_index("timestamp")


close = frame("close")
symbols = close.columns.str.removesuffix("#2")
leaves = frame("exits") | frame("short_exits")
leaving_first = np.hstack(  # of the columns of a symbol, so that their cash is there
    [
        np.argsort(~own.T.to_numpy(), axis=1, kind="stable")
        for _, own in leaves.T.groupby(symbols, sort=False)
    ]
)
portfolio = vbt.Portfolio.from_signals(
    close,
    entries=frame("entries"),
    exits=frame("exits"),
    short_entries=frame("short_entries"),
    short_exits=frame("short_exits"),
    price=frame("open"),
    size=np.inf,
    fees=about["fee"],
    slippage=about["slippage"],
    init_cash=1e6 / symbols.nunique(),
    group_by=symbols,
    cash_sharing=True,
    call_seq=leaving_first,
    freq=pd.Timedelta(seconds=about["interval_seconds"]),
)
if __name__ == "__main__":
    trades = portfolio.trades.records_readable
    columns = ["Column", "Direction", "Entry Timestamp", "Avg Entry Price", "Exit Timestamp"]
    print(trades[[*columns, "Return"]].to_string())
    print("value of all accounts, 1 at the start", portfolio.value().iloc[-1].sum() / 1e6)
'''


def write(folder: Path, exported: Exported) -> dict[str, str]:
    """Write the frames; columns by symbol."""
    positions = exported.positions
    times = np.unique(np.concatenate([own.bars.times for own in positions.values()]))
    for name in PRICES:
        prices = {symbol: _prices(own, name, times) for symbol, own in positions.items()}
        _write(folder, name, times, positions, (prices, prices))
    for name, (moment, side) in FLAGS.items():
        lanes = tuple(
            {symbol: _flags(own, moment, side, lane, times) for symbol, own in positions.items()}
            for lane in (False, True)
        )
        _write(folder, name, times, positions, lanes)
    return {symbol: symbol for symbol in positions}


def second_lane(own: Positions) -> np.ndarray:
    """(K,) whether a position stands in the second column: not in that of the one before it."""
    lanes = np.zeros(len(own), bool)
    for place in np.flatnonzero(own.reentries):
        lanes[place] = not lanes[place - 1]
    return lanes


def _write(
    folder: Path,
    name: str,
    times: Integers,
    positions: dict[str, Positions],
    lanes: tuple[dict[str, pl.Series], ...],
) -> None:
    first, second = lanes
    columns = {"timestamp": to_times(times)}
    for symbol, own in positions.items():
        columns[symbol] = first[symbol]
        if own.reentries.any():
            columns[symbol + SECOND] = second[symbol]
    write_parquet(folder / f"{name}.parquet", pl.DataFrame(columns))


def _prices(own: Positions, name: str, times: Integers) -> pl.Series:
    """Of each row; a close goes on to hold where the symbol has no bar."""
    prices = np.full(len(times), np.nan)
    prices[np.searchsorted(times, own.bars.times)] = getattr(own.bars.prices, name)
    column = pl.Series(prices).fill_nan(None)
    return column.fill_null(strategy="forward") if name == "close" else column


def _flags(own: Positions, moment: str, side: int, lane: bool, times: Integers) -> pl.Series:
    chosen = (own.directions == side) & (second_lane(own) == lane)
    bars = getattr(own, moment)[chosen]
    flags = np.zeros(len(times), bool)
    flags[np.searchsorted(times, own.bars.times[bars[bars < len(own.bars.times)]])] = True
    return pl.Series(flags)


VECTORBT = Target(write=write, script=("example.py", SCRIPT), about=ABOUT)
