"""The grey price images of Jiang, Kelly and Xiu (2023): 5, 20 and 60 bars, 255 on 0.

The presets draw them with ones for ink, as a network sees them; here they are pictures.

Conventions, where the paper leaves a choice:
- The moving average at each bar is over the window's length of closes that end there, so an image
  of n bars needs 2n - 1 bars of history and its line has no gaps.
- Bars are counted, not days: a day without a bar takes no columns.
- Rows round to the nearest; a positive volume has at least one pixel.
"""

import numpy as np
from numpy.typing import NDArray

from quantsig.data.charts.draw import BarMatrix, draw
from quantsig.data.charts.spec import PRESETS

INK = np.uint8(255)


def draw_jkx(preset: str, bars: BarMatrix, decision_rows: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Draw one grey image per decision bar.

    Args:
        preset: jkx5 (32 x 15), jkx20 (64 x 60) or jkx60 (96 x 180).
        bars: the bars of one or more symbols.
        decision_rows: (B,) rows of the last bars shown, each with 2n - 1 rows of its symbol.

    Returns:
        (B, 1, H, W) zeros and 255.
    """
    return draw(bars, decision_rows, PRESETS[preset]) * INK
