"""Candles that freqtrade keeps: feather, or JSON without names, named after pair and timeframe."""

import re
from pathlib import Path

from quantsig.data.tables.layout import Layout

FILE_NAME = re.compile(r"([A-Z0-9.]+)_([A-Z0-9.]+)(?:_([A-Z0-9.]+))?-\d+[smhdwM](?:-[a-z_]+)?")


def _symbol_of(path: Path) -> str | None:
    """BTC/USDT of BTC_USDT-5m.feather, BTC/USDT:USDT of BTC_USDT_USDT-5m-futures.feather."""
    found = FILE_NAME.fullmatch(path.name.partition(".")[0])
    if not found:
        return None
    base, quote, settlement = found.groups()
    return f"{base}/{quote}" + (f":{settlement}" if settlement else "")


FREQTRADE = Layout(
    name="freqtrade",
    about="candles of freqtrade",
    header=("date", "open", "high", "low", "close", "volume"),
    timezone="UTC",
    bar_label="open",
    symbol_of=_symbol_of,
)
