"""How numbers, shares and times are written for people; what does not exist is a dash."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from quantsig.data.language import durations
from quantsig.data.language.saying import Said, enumerate_words, say, say_counted, tell
from quantsig.signals.figures import Unit

DASH = "–"
MINUS = "\N{MINUS SIGN}"
THIN_SPACE = "\N{NARROW NO-BREAK SPACE}"
HYPHEN = re.compile(r"(?<![\w.)-])-(?=[\d.]*\d)")  # before a number, as a minus
PERCENT = re.compile(r"(\d) ?%")

Value = float | int | None


def text(value: Any) -> str:
    """Anything that needs no further form."""
    return DASH if value is None or value == "" else str(value)


def number(value: Value, digits: int = 2) -> str:
    """A plain number with thousands separated; what rounds to zero has no sign."""
    if value is None or not math.isfinite(value):
        return DASH
    return f"{value:z,.{digits}f}".replace("-", MINUS)


def count(value: Value) -> str:
    """A number of things."""
    return number(value, 0)


def things(value: Value, singular: str) -> Said:
    """A number of named things: "1 bar", "2 bars"."""
    whole = round(value) if value is not None and math.isfinite(value) else 0
    return say_counted(whole, f"{{n}} {singular}", f"{{n}} {singular}s", n=count(value))


def share(value: Value, digits: int = 1) -> str:
    """A fraction written as percent."""
    if value is None or not math.isfinite(value):
        return DASH
    return f"{number(value * 100, digits)}{THIN_SPACE}%"


def gain(value: Value, digits: int = 2) -> str:
    """A fraction won or lost, in percent and with its sign."""
    sign = "+" if value is not None and math.isfinite(value) and value > 0 else ""
    return sign + share(value, digits)


def typeset(sentence: str) -> str:
    """A sentence whose numbers have the minus and the percent sign of all others on the page.

    Sentences of documents, and those that name a limit, come with what a keyboard has. A hyphen
    inside a word, a date or a name stays.
    """
    return HYPHEN.sub(MINUS, PERCENT.sub(rf"\1{THIN_SPACE}%", sentence))


def price(value: Value) -> str:
    """A price with five significant digits or two decimals, whichever is more."""
    if value is None or not math.isfinite(value):
        return DASH
    magnitude = math.floor(math.log10(abs(value))) if value else 0
    return number(value, max(2, 4 - magnitude))


def yes_or_no(value: bool | None) -> str:
    """Whether something is so."""
    if value is None:
        return DASH
    return say("yes") if value else say("no")


def side(sign: int) -> str:
    """The direction of a trade."""
    return say("long") if sign > 0 else say("short")


def interval(low: Value, high: Value, write: Callable[[Value], str]) -> str:
    """Both ends of an interval, or nothing where an end does not exist."""
    if low is None or high is None:
        return ""
    return say("{low} to {high}", low=write(low), high=write(high))


def day(value: datetime | str | None) -> str:
    """The date of a time."""
    return DASH if value is None else str(value)[:10]


def moment(value: datetime | str | None) -> str:
    """A time to the minute, UTC."""
    return DASH if value is None else str(value)[:16].replace("T", " ")


def names(values: Iterable[str], limit: int = 12) -> str:
    """The first few names, and how many more there are."""
    listed = list(values)
    rest = len(listed) - limit
    first = enumerate_words(listed[:limit])
    return say("{names} and {rest} more", names=first, rest=count(rest)) if rest > 0 else first


def duration(seconds: Value) -> str:
    """Seconds as people say them; see `data/language/durations.py`."""
    return DASH if seconds is None else tell(durations.duration(seconds))


def _decimals(digits: int) -> Callable[[Value], str]:
    return lambda value: number(value, digits)


BY_UNIT: Mapping[Unit, Callable[[Value], str]] = {  # how a figure is written
    "count": count,
    "share": share,
    "return": gain,
    "score": _decimals(3),
    "ratio": number,
    "money": lambda value: share(value, 2),  # of the start capital
    "bars": lambda value: DASH if value is None else say("{n} bars", n=number(value, 1)),
    "days": count,
    "a month": _decimals(1),
    "years": _decimals(1),
    "sessions a year": _decimals(1),
    "times a year": lambda value: DASH if value is None else f"{number(value, 1)}×",
}
