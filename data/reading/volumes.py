"""Which of a source's columns is the volume of its bars, and which ones nobody reads."""

import re
from collections.abc import Collection, Iterable, Sequence

from quantsig.data.sources.pair_volumes import base_volume
from quantsig.data.tables.columns import candidates, plain
from quantsig.data.tables.layout import Layout

LIKE_VOLUME = re.compile(r"\bvol(?!at)|volume")  # a word of a plain name; not volatility


def volume_columns(names: Sequence[str], symbols: Iterable[str]) -> list[str]:
    """Every column that may be the volume, the one to prefer first.

    Args:
        names: of the columns.
        symbols: of the rows, after which the volumes of a pair are named.
    """
    known = candidates(names, "volume")
    base = base_volume(names, symbols)
    return [*known, base] if base is not None and base not in known else known


def unread_volumes(
    names: Sequence[str], layout: Layout | None, read: Collection[str]
) -> tuple[str, ...]:
    """The columns that are called a volume, were not read, and are not known from the layout."""
    known = {plain(name) for name in (layout.header or ())} if layout else set()
    return tuple(
        name
        for name in names
        if name not in read and LIKE_VOLUME.search(plain(name)) and plain(name) not in known
    )
