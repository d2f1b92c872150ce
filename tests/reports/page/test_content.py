"""Figures stand two abreast, and none stands beside nothing."""

from dataclasses import replace

import pytest

from quantsig.reports.page import theme
from quantsig.reports.page.content import Figure, Picture, even_rows

HALF = Figure(name="half", title="", drawing=theme.draw(), meaning="")
WIDE = replace(HALF, wide=True)
PICTURE = Picture(title="", png=b"", meaning="")


@pytest.mark.parametrize(
    ("figures", "pictures", "wide"),
    [
        ([HALF], [], [True]),
        ([HALF, HALF], [], [False, False]),
        ([HALF, HALF, HALF], [], [True, False, False]),
        ([HALF, WIDE, HALF, HALF], [], [True, True, False, False]),
        ([HALF], [PICTURE], [False]),
        ([HALF, HALF], [PICTURE], [True, False]),
        ([WIDE], [PICTURE], [True]),
        ([], [PICTURE], []),
    ],
)
def test_an_odd_row_begins_with_a_wide_one(
    figures: list[Figure], pictures: list[Picture], wide: list[bool]
) -> None:
    """Wide ones divide rows; pictures, which come last, stay as they are."""
    assert [figure.wide for figure in even_rows(figures, pictures)] == wide
