"""Price histories that Investing.com exports: the close is named Price, volumes end in K or M."""

import re
from collections.abc import Collection
from pathlib import Path

from quantsig.data.tables.layout import Layout

NAMES = {"date", "price", "open", "high", "low", "change %"}
ENDING = re.compile(r"( Stock Price History| Historical Data)+( ?\(\d+\))?$", re.IGNORECASE)


def _fits_names(names: Collection[str]) -> bool:
    return set(names) >= NAMES


def _symbol_of(path: Path) -> str | None:
    stem = path.name.removesuffix(path.suffix)
    shortened = ENDING.sub("", stem)
    return shortened if shortened != stem else None


INVESTING = Layout(
    name="investing",
    about="price histories of Investing.com",
    columns={"close": "price"},
    bar_label="open",
    fits_names=_fits_names,
    symbol_of=_symbol_of,
)
