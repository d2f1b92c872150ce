"""What every target is given, and what it has to give."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import polars as pl

from quantsig.backtest.export.signals.positions import Positions
from quantsig.backtest.market import Integers, SymbolBars, to_times
from quantsig.backtest.period import Period
from quantsig.data.calendar.intervals import DAY
from quantsig.data.calendar.sessions import SessionCalendar
from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase
from quantsig.data.portable_names import refuse_unportable

UNSAFE = re.compile(r"[/ .@$+:]")  # what freqtrade's pair_to_filename writes as an underscore


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportedSignals:
    """What a target writes files of."""

    period: Period
    positions: dict[str, Positions]
    interval: timedelta
    calendar: SessionCalendar
    where: str  # the run, for messages

    @property
    def daily(self) -> bool:
        """Whether a bar is known by its day."""
        return self.interval >= DAY


@dataclass(frozen=True, kw_only=True, slots=True)
class SignalFormat:
    """How signals are written for a program; texts/ has what is said of it, and what reads it.

    Args:
        write: the files, into a folder that is there; returns the file or column of each symbol.
        script: name of the program that reads them.
    """

    write: Callable[[Path, ExportedSignals], dict[str, str]]
    script: str


def stamps_of_close(bars: SymbolBars, exported: ExportedSignals) -> pl.Series:
    """When each bar closed in UTC, without a zone; of daily bars the day of their session."""
    if exported.daily:
        return _days(bars.times, exported.calendar)
    return to_times(bars.times).dt.replace_time_zone(None)


def stamps_of_open(times: Integers, exported: ExportedSignals) -> pl.Series:
    """When bars opened in UTC, as sources that label by the open have it; of daily bars the day."""
    if exported.daily:
        return _days(times, exported.calendar)
    return (to_times(times) - exported.interval).dt.replace_time_zone(None)


def file_names(symbols: Iterable[str], where: str) -> dict[str, str]:
    """The name of each symbol in a file's name, as freqtrade spells pairs: BTC_USDT of BTC/USDT.

    Raises:
        DataError: two symbols have one name.
        UsageError: no file can have it.
    """
    named: dict[str, str] = {}
    for symbol in symbols:
        name = refuse_unportable(Path(UNSAFE.sub("_", symbol))).name
        named[symbol] = refuse_shared(named, symbol, name, where)
    return named


def refuse_shared(named: dict[str, str], symbol: str, name: str, where: str) -> str:
    """The name of a symbol, where no other has it.

    Raises:
        DataError: another has.
    """
    for other, taken in named.items():
        if taken.casefold() == name.casefold():
            raise DataError(
                phrase(
                    "{one} and {other} would both be {name}.", one=other, other=symbol, name=name
                ),
                where=where,
                remedy="Rename one of them in the bars, and build the samples again.",
            )
    return name


def _days(times: Integers, calendar: SessionCalendar) -> pl.Series:
    return calendar.dates(to_times(times)).cast(pl.Datetime("us"))
