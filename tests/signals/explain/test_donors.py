"""Parts come from far times, each as likely, and the same by the same seed."""

import numpy as np
import pytest

from quantsig.data.errors import DataError
from quantsig.signals.explain.donors import far_donors


def test_a_quarter_of_all_rows_lies_between() -> None:
    """In either direction of time, whatever the order of the rows."""
    decided = np.random.default_rng(2).permutation(400)
    donors = far_donors(decided, 1, where="here")
    assert np.abs(decided[donors] - decided).min() >= 100


def test_every_row_gives_about_as_often() -> None:
    """A part keeps its distribution: over many seeds no row gives thrice as often as another."""
    decided = np.arange(40)
    draws = [far_donors(decided, seed, where="") for seed in range(500)]
    given = np.bincount(np.concatenate(draws), minlength=40)
    assert given.min() > 400
    assert given.max() < 600


def test_rows_of_one_time_never_give_to_each_other() -> None:
    """Symbols of one time share the market."""
    decided = np.repeat(np.arange(30), 5)
    donors = far_donors(decided, 3, where="here")
    assert (decided[donors] != decided).all()


def test_the_same_seed_gives_the_same_rows() -> None:
    """And another seed others."""
    decided = np.arange(100)
    first, second, other = (far_donors(decided, seed, where="") for seed in (1, 1, 2))
    assert (first == second).all()
    assert (first != other).any()


@pytest.mark.parametrize("decided", [np.arange(7), np.repeat(np.arange(8), [93, *[1] * 7])])
def test_too_few_times_are_refused(decided: np.ndarray) -> None:
    """Also where most rows are of one time."""
    with pytest.raises(DataError, match="too few times"):
        far_donors(decided, 1, where="here")
