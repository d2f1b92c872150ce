"""Any extents a panel may give, and the plain picture they mean."""

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray


@st.composite
def any_extents(draw: st.DrawFn) -> tuple[NDArray[np.int16], int]:
    """(B, C, 2, W) extents with 0 <= top <= bottom <= H, and H; heights on both sides of 255."""
    height = draw(st.sampled_from([1, 2, 8, 9, 254, 255, 256, 300, 511]))
    shape = draw(st.tuples(*(st.integers(1, most) for most in (2, 2, 70))))
    rows = st.integers(0, height) | st.sampled_from([0, height])
    shape = (*shape[:2], 2, shape[2])
    return np.sort(draw(arrays.arrays(np.int16, shape, elements=rows)), axis=2), height


def plain_fill(extents: NDArray[np.int16], height: int) -> NDArray[np.uint8]:
    """The definition: (B, C, H, W) with 1 where top <= y < bottom."""
    rows = np.arange(height)[:, None]
    inside: NDArray[Any] = (extents[:, :, 0, None] <= rows) & (rows < extents[:, :, 1, None])
    return inside.astype(np.uint8)
