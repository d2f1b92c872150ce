"""How numbers are written for people."""

import pytest

from quantsig.reports.page import numerals
from quantsig.reports.page.numerals import typeset


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


@pytest.mark.parametrize(
    ("typed", "set_"),
    [
        ("is -0.0401% a session", "is −0.0401\u202f% a session"),
        ("the limit is 95%; 95 % interval", "the limit is 95\u202f%; 95\u202f% interval"),
        ("2011-08-30 to run-648cb4, BTC-1, x-2%", "2011-08-30 to run-648cb4, BTC-1, x-2\u202f%"),
        ("(-3) or -.5", "(−3) or −.5"),
        ("signals R BARS --latest -v", "signals R BARS --latest -v"),
    ],
)
def test_sentences_have_the_same_minus_and_percent(typed: str, set_: str) -> None:
    """Numbers alone; hyphens of names, dates and options stay."""
    assert typeset(typed) == set_


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.42, "0.4 s"),
        (12.4, "12 s"),
        (200, "3 min 20 s"),
        (18_600, "5 h 10 min"),
        (99_897_345, "1,156 days 5 h"),
    ],
)
def test_a_duration_as_it_is_said(seconds: float, said: str) -> None:
    """In two units at most."""
    assert numerals.duration(seconds) == said
