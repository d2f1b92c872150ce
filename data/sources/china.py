"""Sources of Chinese shares, whose minutes are labelled by the close."""

from collections.abc import Collection

from quantsig.data.tables.layout import Layout

SHANGHAI = "Asia/Shanghai"


def _is_tushare(names: Collection[str]) -> bool:
    return "ts code" in names and not {"trade date", "trade time"}.isdisjoint(names)


def _is_baostock(names: Collection[str]) -> bool:
    return {"date", "code"} <= set(names) and not {"adjustflag", "tradestatus"}.isdisjoint(names)


def _is_akshare(names: Collection[str]) -> bool:
    return {"股票代码", "开盘", "收盘"} <= set(names) and not {"日期", "时间"}.isdisjoint(names)


TUSHARE = Layout(
    name="tushare",
    about="bars of Tushare",
    timezone=SHANGHAI,
    bar_label="close",
    fits_names=_is_tushare,
    remark="the volume of daily, weekly and monthly bars is in lots of 100 shares",
)
BAOSTOCK = Layout(
    name="baostock",
    about="bars of BaoStock",
    timezone=SHANGHAI,
    bar_label="close",
    fits_names=_is_baostock,
)
AKSHARE = Layout(
    name="akshare",
    about="bars of Chinese shares by AKShare",
    timezone=SHANGHAI,
    bar_label="close",
    fits_names=_is_akshare,
    remark="the volume is in lots of 100 shares",
)
TONGDAXIN = Layout(
    name="tongdaxin",
    about="bars that 通达信 exported",
    header=("date", "open", "high", "low", "close", "volume", "amount"),
    timezone=SHANGHAI,
    bar_label="close",
)
