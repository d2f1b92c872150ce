"""What a drawing shows, in words for those who do not see it."""

import math
from collections.abc import Sequence
from typing import Any

from plotly.graph_objects import Figure

from quantsig.data.language.saying import Said, join, say
from quantsig.reports.page.numerals import number

MOST = 6  # lines, points or bars of one kind that are told
DIGITS = 4  # that count


def in_words(drawing: Figure) -> Said:
    """Of each named line its first and last value, the lowest and the highest."""
    told = [sentence for trace in drawing.data if (sentence := _told(trace))]
    rest = len(told) - MOST
    more = [say("And {n} more.", n=rest)] if rest > 0 else []
    return join(*told[:MOST], *more) if told else say("No line of it has a name and values.")


def _told(trace: Any) -> str:
    values = _numbers(getattr(trace, "y", None))
    if not trace.name or not values:
        return ""
    if len(values) == 1:
        return say("{name}: {value}.", name=trace.name, value=_short(values[0]))
    return say(
        "{name}: from {first} to {last}, lowest {low}, highest {high}.",
        name=trace.name,
        first=_short(values[0]),
        last=_short(values[-1]),
        low=_short(min(values)),
        high=_short(max(values)),
    )


def _numbers(values: Sequence[Any] | None) -> list[float]:
    known = [] if values is None else [value for value in values if isinstance(value, (int, float))]
    return [float(value) for value in known if math.isfinite(value)]


def _short(value: float) -> str:
    size = math.floor(math.log10(abs(value))) if value else 0
    return number(value, max(0, DIGITS - 1 - size) if size < DIGITS else 0)
