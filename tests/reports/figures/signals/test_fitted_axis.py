"""An axis reaches what rests on enough rows."""

from math import nan

import pytest

from quantsig.reports.figures.signals.fitted_axis import fitted

ROWS = [500, 100, 20, 19, 1]


def test_one_lucky_row_does_not_flatten_the_others() -> None:
    """Precisions of 10 to 12 %, and one row that was right: the axis ends at 12 % and says so."""
    reach = fitted([[0.10, 0.11, 0.12, 0.5, 1.0]], ROWS)
    assert (reach.low, reach.high) == (0.10, 0.12)
    assert reach.axis("precision", least=0.0)["range"] == pytest.approx([0.099, 0.121])
    assert reach.note == ("The axis fits what rests on 20 rows or more; 2 of 5 points lie beyond.")


def test_levels_are_seen_in_any_case() -> None:
    """Also where no value of the line is; None is none."""
    reach = fitted([[0.10, 0.11, 0.12, 0.12, 0.12]], ROWS, [0.3, None])
    assert (reach.low, reach.high, reach.note) == (0.10, 0.3, "")


def test_where_no_row_is_enough_all_count() -> None:
    """A short calibration split has an axis too; what has no value has no place on it."""
    assert fitted([[0.2, 0.4, nan]], [3, 2, 1]).high == 0.4
    assert fitted([[nan]], [1]).axis("precision")["range"] == pytest.approx([-0.05, 1.05])
