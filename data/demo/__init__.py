"""The bars that ship with quantsig: five US stocks, daily, 2000 to 2013 (source: NOTICE)."""

from importlib.resources import files
from pathlib import Path

from quantsig.data.bars import CheckedBars
from quantsig.data.readers import read_bars
from quantsig.data.reading.options import ReadOptions


def demo_path() -> Path:
    """Where the demo bars lie, as Parquet."""
    return Path(str(files(__name__) / "bars.parquet"))


def demo_bars() -> CheckedBars:
    """The demo bars: raw prices and their adjustment, stamped with the day's end in New York."""
    return read_bars(demo_path(), ReadOptions())
