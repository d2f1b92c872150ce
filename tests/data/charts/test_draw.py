"""Forms, threads, margins, dropped planes and alignment of a drawing."""

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest

from quantsig.data.charts.draw import draw
from quantsig.data.charts.forms import FORMS
from quantsig.data.charts.panels import PANELS
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.errors import ConfigError
from tests.data.charts.bars import random_matrix

BARS = random_matrix(400)
ROWS = np.arange(380, 400)
SPEC = ChartSpec(bars=8, width=50, height=32, timeframes=(1, 3, 5))


def test_packed_bits_unpack_to_the_bytes() -> None:
    """50 columns are seven bytes a row."""
    packed = draw(BARS, ROWS, SPEC, form="packed")
    assert packed.shape == (20, 28, 32, 7)
    unpacked = np.unpackbits(packed, axis=-1, count=50)
    np.testing.assert_array_equal(unpacked, draw(BARS, ROWS, SPEC))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("threads", [2, 3, 64])
def test_threads_change_nothing(form: str, threads: int) -> None:
    """However the batch is split, more threads than samples included."""
    alone = draw(BARS, ROWS, SPEC, form=form)
    np.testing.assert_array_equal(alone, draw(BARS, ROWS, SPEC, form=form, threads=threads))


def test_a_used_buffer_is_overwritten() -> None:
    """Nothing of the last batch shows through."""
    out = np.full((20, 28, 32, 50), 9, np.uint8)
    assert draw(BARS, ROWS, SPEC, out) is out
    np.testing.assert_array_equal(out, draw(BARS, ROWS, SPEC))


def test_an_empty_batch_is_empty() -> None:
    """No decision rows, no charts."""
    assert draw(BARS, ROWS[:0], SPEC, threads=2).shape == (0, 28, 32, 50)


def test_an_unknown_form_lists_the_known() -> None:
    """The error teaches the names."""
    with pytest.raises(ConfigError, match="packed"):
        draw(BARS, ROWS, SPEC, form="bits")


def test_a_crop_is_the_inside_of_the_drawing() -> None:
    """Two rows and five columns less at each side."""
    whole = draw(BARS, ROWS, SPEC)
    cropped = draw(BARS, ROWS, replace(SPEC, crop=(2, 5)))
    np.testing.assert_array_equal(cropped, whole[:, :, 2:-2, 5:-5])


def test_padding_is_empty() -> None:
    """Zeros around the drawing, and around a crop."""
    whole = draw(BARS, ROWS, SPEC)
    padded = draw(BARS, ROWS, replace(SPEC, pad=(3, 1)))
    np.testing.assert_array_equal(padded, np.pad(whole, [(0, 0), (0, 0), (3, 3), (1, 1)]))
    both = draw(BARS, ROWS, replace(SPEC, crop=(2, 0), pad=(4, 0)))
    inner = whole[:, :, 2:-2]
    np.testing.assert_array_equal(both, np.pad(inner, [(0, 0), (0, 0), (4, 4), (0, 0)]))


@pytest.mark.parametrize(
    "dropped",
    [
        ("candles.down@1",),
        ("calendar",),
        tuple(f"volume.{plane}@3" for plane in PANELS["volume"].planes),
        tuple(SPEC.planes[1:]),
    ],
    ids=["one of a panel", "the calendar", "a whole panel", "all but one"],
)
def test_dropped_planes_leave_the_others_as_they_were(dropped: tuple[str, ...]) -> None:
    """Only their places go."""
    spec = replace(SPEC, drop_planes=dropped)
    kept = [SPEC.planes.index(name) for name in spec.planes]
    np.testing.assert_array_equal(draw(BARS, ROWS, spec), draw(BARS, ROWS, SPEC)[:, kept])


def test_alignment_matters_only_to_grouped_bars() -> None:
    """One base bar a group is the same either way; three are not."""
    spec = replace(SPEC, alignment="calendar", bar_seconds=3600)
    ends, clock = draw(BARS, ROWS, SPEC), draw(BARS, ROWS, spec)
    np.testing.assert_array_equal(ends[:, :9], clock[:, :9])
    assert (ends[:, 9:18] != clock[:, 9:18]).any()


def test_with_calendar_alignment_the_future_changes_nothing() -> None:
    """Bars after the decision, in the middle of its group, may be anything."""
    spec = replace(SPEC, alignment="calendar", bar_seconds=3600)
    bars = random_matrix(400)
    before = draw(bars, ROWS[:1], spec)
    bars.values[381:] *= 7.0
    bars.times_us[381:] += 12345
    np.testing.assert_array_equal(before, draw(bars, ROWS[:1], spec))


@pytest.mark.parametrize("alignment", ["end", "calendar"])
def test_history_is_all_that_is_read(alignment: Literal["end", "calendar"]) -> None:
    """Bars before the stated history may be anything too."""
    spec = replace(SPEC, alignment=alignment, bar_seconds=3600)
    bars = random_matrix(400)
    before = draw(bars, ROWS[-1:], spec)
    bars.values[: 400 - spec.history_bars] = np.nan
    np.testing.assert_array_equal(before, draw(bars, ROWS[-1:], spec))
