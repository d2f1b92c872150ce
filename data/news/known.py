"""Items as samples see them: laid to the bars of a window, none that was known after it ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

Integers = NDArray[np.int64]
NONE = -1  # no item


def known_items(times_us: Integers, until_us: Integers) -> Integers:
    """How many of some items, in order of time, are known by each time.

    This is the one place where an item is chosen by its time: whoever builds inputs is handed
    what was known, and never holds a later item.
    """
    return np.searchsorted(times_us, until_us, side="right")


@dataclass(frozen=True, kw_only=True)
class KnownNews:
    """Items in order of time, with a vector each.

    Attributes:
        items: `symbol` (null: the whole market), `known`, `text`.
        vectors: (n, E) float32.
    """

    items: pl.DataFrame
    vectors: NDArray[np.float32]

    @cached_property
    def _of_symbols(self) -> Mapping[str | None, tuple[Integers, Integers]]:
        """Times and numbers of the items of each symbol, those of the whole market among them."""
        times = self.items["known"].to_physical().to_numpy()
        symbols = self.items["symbol"]
        market = symbols.is_null().to_numpy()
        found: dict[str | None, tuple[Integers, Integers]] = {}
        for name in [None, *symbols.drop_nulls().unique().sort()]:
            own = market if name is None else market | (symbols == name).fill_null(False).to_numpy()
            numbers = np.flatnonzero(own)
            found[name] = (times[numbers], numbers)
        return found

    def of_windows(
        self,
        symbols: Sequence[str],
        edges_us: Integers,
        out: NDArray[np.int32],
    ) -> None:
        """Lay items to the bars of windows.

        Args:
            symbols: (B,) of the windows.
            edges_us: (B, N + 1) when the oldest bar began, and when each closed, the newest last,
                which is the decision.
            out: (B, N, I) filled with the numbers of the newest items that became known within
                each bar, the newest first; NONE where there are fewer.
        """
        out.fill(NONE)
        most = np.arange(out.shape[2])
        names = np.asarray(symbols, object)
        for name in dict.fromkeys(symbols):
            rows = np.flatnonzero(names == name)
            times, numbers = self._of_symbols.get(name, self._of_symbols[None])
            if not len(numbers):
                continue
            known = known_items(times, edges_us[rows])  # (b, N + 1)
            places = known[:, 1:, None] - 1 - most  # (b, N, I)
            inside = places >= known[:, :-1, None]
            out[rows] = np.where(inside, numbers[np.where(inside, places, 0)], NONE)
