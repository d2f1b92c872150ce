"""What the pictures of a set say of themselves."""

from dataclasses import replace
from pathlib import Path

import pytest

from quantsig.data.samples.build import build_samples
from tests.data.samples.bars import CHART, LABEL, bars_of


@pytest.mark.parametrize(
    ("crop", "pad", "pixels"),
    [((0, 0), (0, 0), 3), ((2, 0), (1, 0), 3), ((0, 1), (0, 0), 1), ((0, 0), (0, 2), 1)],
)
def test_bars_that_were_moved_have_no_known_width(
    tmp_path: Path, crop: tuple[int, int], pad: tuple[int, int], pixels: int
) -> None:
    """A network that reads bar by bar from the right edge would miss them."""
    chart = replace(CHART, crop=crop, pad=pad)
    samples = build_samples(bars_of({"A": 40}), tmp_path / "set", chart=chart, label=LABEL)
    assert samples.pictures.bar_pixels == pixels
