"""The drawing of a fixed sample never changes without a new drawing version."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from quantsig.data.charts.draw import draw
from quantsig.data.charts.spec import PRESETS
from quantsig.data.charts.version import DRAWING_VERSION
from tests.data.charts.bars import random_matrix

GOLDEN = json.loads((Path(__file__).parents[2] / "golden/drawings.json").read_text())


@pytest.mark.parametrize("preset", PRESETS)
def test_drawing_matches_the_stored_hash(preset: str) -> None:
    """Layer by layer. Raise DRAWING_VERSION and store new hashes when this fails on purpose."""
    assert GOLDEN["drawing_version"] == DRAWING_VERSION
    planes = draw(
        random_matrix(2000, seed=9), np.array([1999]), replace(PRESETS[preset], merge=False)
    )
    assert hashlib.sha256(planes.tobytes()).hexdigest() == GOLDEN["sha256"][preset]
