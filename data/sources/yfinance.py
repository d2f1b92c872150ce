"""What yfinance writes: a header of two lines, one column per price and ticker."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from quantsig.data.tables.columns import looks_like_header
from quantsig.data.tables.layout import Layout

CORNERS = ("price", "ticker", "")  # in the first field of the two lines
TIMES = ("date", "datetime")
FEWEST_FIELDS = 5


def _fits_names(names: Collection[str]) -> bool:
    return {"date", "dividends", "stock splits"} <= set(names) or {
        "datetime",
        "dividends",
        "stock splits",
    } <= set(names)


YFINANCE = Layout(
    name="yfinance",
    about="bars of yfinance",
    bar_label="open",
    fits_names=_fits_names,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class TwoLines:
    """A header of two lines.

    Attributes:
        time: the name of the first column, the time.
        fields: of each other column its price, or volume.
        tickers: of each other column its ticker.
    """

    time: str
    fields: tuple[str, ...]
    tickers: tuple[str, ...]


def two_lines(lines: Sequence[Sequence[str]]) -> TwoLines | None:
    """The header of two lines that three lines are; None where they are none.

    The third line holds the name of the index alone: Date, and nothing.
    """
    if len(lines) < 3 or len({len(line) for line in lines[:3]}) > 1:
        return None
    first, second, third = ([field.strip() for field in line] for line in lines[:3])
    corners = {first[0].lower(), second[0].lower()}
    if len(first) < FEWEST_FIELDS or not corners <= set(CORNERS):
        return None
    if third[0].lower() not in TIMES or any(third[1:]):
        return None
    for fields, tickers in ((first, second), (second, first)):
        if looks_like_header(fields[1:]):
            return TwoLines(time=third[0], fields=tuple(fields[1:]), tickers=tuple(tickers[1:]))
    return None
