"""Whether a panel draws a window by that window alone.

A panel is handed windows that end at their decision, so what is left to leak is the batch: a
scale taken over all windows shows each of them what the later ones hold.
"""

import numpy as np
import polars as pl

from quantsig.data.audit.finding import AuditCheck, AuditFinding, first_of_each
from quantsig.data.audit.functions import AuditedFunction
from quantsig.data.audit.messages import AuditSentence
from quantsig.data.charts.panels.panel import Extents, Geometry, Windows
from quantsig.data.errors import DataError
from quantsig.data.language.messages import phrase, term
from quantsig.data.tables.columns import PRICES

WINDOWS, BARS, SLOW = 64, 32, 20
GEOMETRY = Geometry(bars=BARS, bar_pixels=6, left=0, height=96, fast_bars=5, slow_bars=SLOW)
UNNAMED = ("0", "1", "2")  # planes of a bare function


def audit_panel(
    function: AuditedFunction, bars: pl.DataFrame, *, seed: int = 37
) -> list[AuditCheck]:
    """Audit a panel over windows of adjusted bars.

    Args:
        function: panel(windows, geometry, out) as those of `data/charts/panels/`.
        bars: open, high, low, close, volume of one symbol, oldest first.
        seed: of the windows.

    Raises:
        CheckFailed: it raises, prints or changes its windows.
        DataError: there are too few bars.
    """
    windows = _windows(bars, seed)
    together = _drawn(function, windows)
    planes = function.planes or UNNAMED
    found = []
    for number in range(len(windows)):
        alone = _drawn(function, windows[number : number + 1])[0]
        gaps = np.abs(alone.astype(np.int64) - together[number])
        for plane in np.flatnonzero(gaps.any(axis=(1, 2))):
            sentence = AuditSentence.BATCH_IS_SEEN(name=planes[plane], first=str(number))
            found.append(
                AuditFinding(
                    sentence=sentence,
                    feature=planes[plane],
                    first=str(number),
                    size=float(gaps[plane].max()),
                )
            )
    return [AuditCheck(name="batch", examined=len(windows), findings=first_of_each(found))]


def _windows(bars: pl.DataFrame, seed: int) -> Windows:
    length = BARS + SLOW
    if len(bars) < 2 * length:
        raise DataError(
            phrase("{bars} bars are too few to audit a panel.", bars=len(bars)),
            where=term("the bars"),
            remedy=phrase("Give {length} bars of a symbol, or more.", length=2 * length),
        )
    values = bars.select(*PRICES, "volume").to_numpy()
    ends = np.random.default_rng(seed).integers(length, len(values), WINDOWS)
    return np.stack([values[end - length : end] for end in ends])


def _drawn(function: AuditedFunction, windows: Windows) -> Extents:
    handed = windows.copy()
    planes = len(function.planes or UNNAMED)
    out = np.zeros((len(windows), planes, 2, BARS * GEOMETRY.bar_pixels), np.int16)
    function(handed, GEOMETRY, out)
    if not np.array_equal(handed, windows):
        raise function.changed_its_input()
    return out
