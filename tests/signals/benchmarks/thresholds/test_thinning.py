"""Few rows that barely depend on each other, of many that do."""

import numpy as np
import pytest

from quantsig.signals.benchmarks.thresholds.thinning import GAP, thin, windows
from quantsig.signals.significance.label_days import DAY


def days(*numbers: float) -> np.ndarray:
    """Microseconds of days."""
    return (np.array(numbers) * DAY).astype(np.int64)


def test_every_day_is_a_window_where_labels_end_before_the_next() -> None:
    """Two symbols on each of three days."""
    decided = days(0, 0, 1, 1, 2, 2)
    assert windows(decided, decided + DAY).tolist() == [0, 0, 1, 1, 2, 2]


def test_a_gap_keeps_labels_of_two_windows_apart() -> None:
    """Labels of three days: windows of three days, then two days out, by hand."""
    decided = days(*range(11))
    found = windows(decided, decided + 3 * DAY)
    assert found.tolist() == [0, 0, 0, GAP, GAP, 1, 1, 1, GAP, GAP, 2]


def test_no_label_reaches_into_the_next_window() -> None:
    """Random days and runs; every label ends at or before the next window's first decision."""
    random = np.random.default_rng(0)
    decided = np.sort(random.integers(0, 300 * DAY, 2000))
    ended = decided + random.integers(0, 6 * DAY, 2000)
    found = windows(decided, ended)
    for number in range(found.max()):
        assert ended[found == number].max() <= decided[found == number + 1].min()


def test_decisions_within_a_day_share_its_window() -> None:
    """Labels of half an hour do not make a day many independent samples."""
    decided = days(0.1, 0.2, 0.3, 1.1, 1.2)
    assert windows(decided, decided + DAY // 48).tolist() == [0, 0, 0, 1, 1]


def test_rows_of_windows_of_their_own_are_all_kept() -> None:
    """Then the counts are those of the rows."""
    score = np.array([0.9, 0.8, 0.7, 0.2])
    happened = np.array([True, False, True, True])
    found = list(thin(score, happened, np.arange(4), np.array([0.8, 0.5, 0.0])))
    assert [(step.kept, step.hits) for step in found] == [(2, 1), (3, 2), (4, 3)]


def test_labels_do_not_decide_what_is_kept() -> None:
    """The same rows are kept whatever happened."""
    random = np.random.default_rng(1)
    score, window = random.random(500), random.integers(GAP, 40, 500)
    grid = np.array([0.9, 0.5, 0.1])
    kept = [
        [step.kept for step in thin(score, happened, window, grid)]
        for happened in (np.zeros(500, bool), np.ones(500, bool), random.random(500) < 0.5)
    ]
    assert kept[0] == kept[1] == kept[2]


def test_hits_are_counted_as_often_as_among_all_rows() -> None:
    """A crowd of ten misses in every second window, one hit in the others: 1 of 11 are hits.

    One row of every window would say one half.
    """
    window = np.repeat(np.arange(4000), np.tile([1, 10], 2000))
    crowd = window % 2 == 1
    kept = hits = 0
    for seed in range(5):
        (step,) = thin(np.ones(len(window)), ~crowd, window, np.array([0.5]), seed=seed)
        kept, hits = kept + step.kept, hits + step.hits
    assert hits / kept == pytest.approx(1 / 11, abs=0.01)


def test_rows_between_windows_are_never_counted() -> None:
    """All rows in gaps leave nothing."""
    (step,) = thin(np.ones(3), np.ones(3, bool), np.full(3, GAP), np.array([0.5]))
    assert (step.kept, step.hits) == (0, 0)
