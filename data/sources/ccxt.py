"""Candles of ccxt's fetch_ohlcv: six numbers, the first of them milliseconds."""

from quantsig.data.tables.layout import Layout

CCXT = Layout(
    name="ccxt",
    about="candles of ccxt",
    header=("timestamp", "open", "high", "low", "close", "volume"),
    timezone="UTC",
    bar_label="open",
)
