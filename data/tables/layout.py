"""What is known of the files that one source writes."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


def never(_: Collection[str] | Sequence[str]) -> bool:
    """Of a layout that cannot be told by this: it has to be named."""
    return False


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How one source writes its bars.

    Attributes:
        name: as [bars] layout takes it.
        about: what the source is, for people.
        header: the names of the columns where its files have no header, by their place.
        columns: field to the name of its column, where that is none of the usual ones.
        timezone: the zone of its times; None: they tell it, or the user does.
        bar_label: which moment of a bar its times name; None: the user tells.
        price_units: units of its prices in one of the currency.
        fits_names: whether columns of these names, in lower case with blanks for punctuation, can
            only be its.
        fits_row: whether a file without a header that begins with these fields can only be its.
        symbol_of: the symbol that its file names hold; None where it is not one of its names.
        remark: what its users are to know, a sentence.
    """

    name: str
    about: str
    header: tuple[str, ...] | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    timezone: str | None = None
    bar_label: Literal["open", "close"] | None = None
    price_units: float = 1.0
    fits_names: Callable[[Collection[str]], bool] = never
    fits_row: Callable[[Sequence[str]], bool] = never
    symbol_of: Callable[[Path], str | None] = lambda _: None
    remark: str = ""
