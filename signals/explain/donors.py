"""Whose part each row gets when a part of what a model reads is exchanged.

Rows of one time share the market, and windows of neighbouring times show nearly the same bars. A
part from another symbol at the same time, or from the next day, would say nearly what the own one
said, and everything would look unimportant. So a part comes from a time that is far away: at least
a quarter of all rows lie between, in either direction of time, and every row that lies so far is
as likely. A part keeps its distribution over all rows, symbols and times; what is broken is its
tie to the row's own symbol, time and other parts.
"""

import numpy as np
from numpy.typing import NDArray

from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase

Integers = NDArray[np.int64]
FEWEST_TIMES = 8  # fewer leave no time that is far from another


def far_donors(decided: Integers, seed: int, *, where: str) -> Integers:
    """A row of a far time for each row.

    Args:
        decided: (n,) when each row was decided.
        seed: of the draw; the same seed gives the same rows.
        where: for messages.

    Returns:
        (n,) places among the rows.

    Raises:
        DataError: there are too few different times.
    """
    rows = len(decided)
    if len(np.unique(decided)) < FEWEST_TIMES:
        raise _too_few(rows, where)
    order = np.argsort(decided, kind="stable")
    away = np.random.default_rng(seed).integers(-(-rows // 4), rows - rows // 4, size=rows)
    donors = np.empty(rows, dtype=np.int64)
    donors[order] = order[(np.arange(rows) + away) % rows]
    if (decided[donors] == decided).any():  # more than a quarter of all rows are of one time
        raise _too_few(rows, where)
    return donors


def _too_few(rows: int, where: str) -> DataError:
    return DataError(
        phrase(
            "the {rows} rows are of too few times to exchange what was seen at one for another.",
            rows=rows,
        ),
        where=where,
        remedy="Use more bars, a calibration split with a larger share, or more `rows`.",
    )
