"""The time from bar to bar as text, and back. Imports nothing heavy."""

import re
from datetime import timedelta

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
UNITS = {  # as an interval is written
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": HOUR,
    "d": DAY,
    "w": timedelta(weeks=1),
}


def interval_text(interval: timedelta) -> str:
    """The time one bar covers in the largest unit that makes it whole, such as 15m."""
    whole = [(name, unit) for name, unit in UNITS.items() if interval % unit == timedelta()]
    name, unit = whole[-1] if whole else ("s", UNITS["s"])
    return f"{interval / unit:g}{name}"


def parse_interval(value: object) -> object:
    """The time one bar covers, from text such as 15m, 1h, 1d; anything else is left as it is."""
    match = (
        re.fullmatch(r"(\d{1,7})\s*([smhdw])", value.strip()) if isinstance(value, str) else None
    )
    return int(match[1]) * UNITS[match[2]] if match else value
