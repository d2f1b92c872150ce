"""The sources whose files are known, and which of them a file can only come from."""

from collections.abc import Sequence

from quantsig.data.errors import unknown_name
from quantsig.data.sources.binance import BINANCE
from quantsig.data.sources.ccxt import CCXT
from quantsig.data.sources.china import AKSHARE, BAOSTOCK, TONGDAXIN, TUSHARE
from quantsig.data.sources.cryptodatadownload import CRYPTODATADOWNLOAD
from quantsig.data.sources.freqtrade import FREQTRADE
from quantsig.data.sources.histdata import HISTDATA
from quantsig.data.sources.investing import INVESTING
from quantsig.data.sources.lean import LEAN
from quantsig.data.sources.metatrader import MT4, MT5
from quantsig.data.sources.qlib import QLIB
from quantsig.data.sources.stooq import STOOQ
from quantsig.data.sources.yfinance import YFINANCE
from quantsig.data.tables.columns import plain
from quantsig.data.tables.layout import Layout

LAYOUTS: dict[str, Layout] = {
    "akshare": AKSHARE,
    "baostock": BAOSTOCK,
    "binance": BINANCE,
    "ccxt": CCXT,
    "cryptodatadownload": CRYPTODATADOWNLOAD,
    "freqtrade": FREQTRADE,
    "histdata": HISTDATA,
    "investing": INVESTING,
    "lean": LEAN,
    "mt4": MT4,
    "mt5": MT5,
    "qlib": QLIB,
    "stooq": STOOQ,
    "tongdaxin": TONGDAXIN,
    "tushare": TUSHARE,
    "yfinance": YFINANCE,
}


def layout_named(name: str) -> Layout:
    """The layout of that name; raises a ConfigError that lists the known ones."""
    if name not in LAYOUTS:
        raise unknown_name("layout", name, LAYOUTS, where="bars.layout")
    return LAYOUTS[name]


def layout_of_names(names: Sequence[str]) -> Layout | None:
    """The layout that alone has such columns."""
    spelt = {plain(name) for name in names}
    return _only([layout for layout in LAYOUTS.values() if layout.fits_names(spelt)])


def layout_of_row(fields: Sequence[str]) -> Layout | None:
    """The layout that alone has no header and such rows."""
    return _only([layout for layout in LAYOUTS.values() if layout.fits_row(fields)])


def _only(found: Sequence[Layout]) -> Layout | None:
    return found[0] if len(found) == 1 else None
