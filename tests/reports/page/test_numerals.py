"""How numbers are written for people."""

import pytest

from quantsig.reports.page import numerals


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.1234, "12.3 %"), (-0.05, "−5.0 %"), (-0.0001, "0.0 %"), (None, "–"), (float("nan"), "–")],
)
def test_share(value: float | None, written: str) -> None:
    """A fraction is written as percent, what does not exist as a dash."""
    assert numerals.share(value).replace(numerals.THIN_SPACE, " ") == written


@pytest.mark.parametrize(
    ("value", "written"), [(0.01, "+1.00 %"), (-0.01, "−1.00 %"), (0, "0.00 %")]
)
def test_gain(value: float, written: str) -> None:
    """A gain carries its sign."""
    assert numerals.gain(value).replace(numerals.THIN_SPACE, " ") == written


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.00012345, "0.00012345"), (1.23456, "1.2346"), (65432.1, "65,432.10"), (None, "–")],
)
def test_price(value: float | None, written: str) -> None:
    """Five digits that count, never fewer than two decimals."""
    assert numerals.price(value) == written


def test_things() -> None:
    """One is singular."""
    assert (numerals.things(1, "bar"), numerals.things(2, "bar")) == ("1 bar", "2 bars")


def test_names() -> None:
    """A long list is cut, and says by how much."""
    assert numerals.names(["A", "B", "C"], limit=2) == "A, B and 1 more"
