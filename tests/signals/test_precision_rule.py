"""A promise of precision is kept, and as much is promised as others dare to."""

from collections.abc import Mapping

import numpy as np
import pytest
from mapie.risk_control import BinaryClassificationController
from mapie.risk_control.methods import compute_hoeffding_bentkus_p_value

from quantsig.data.errors import DataError
from quantsig.signals.benchmarks.promises import (
    RULES,
    Kept,
    hoeffding_bentkus,
    judge,
)
from quantsig.signals.precision_rule import (
    clopper_pearson_low,
    descending,
    promise_precision,
)

NOMINAL = 0.1


def allowed(kept: Kept) -> float:
    """The nominal rate of violations plus three standard errors."""
    return NOMINAL + 3 * float(np.sqrt(NOMINAL * (1 - NOMINAL) / kept.sets))


def assert_kept(found: Mapping[str, Kept]) -> None:
    """The rule holds its promise, mapie's recall and what picking the luckiest does not hold."""
    rule = found["promised"]
    assert rule.violations <= allowed(rule)
    assert 0 < rule.none_share < 1
    assert rule.recall >= 0.85 * found["reference"].recall
    assert found["naive"].violations > 0.37


def test_the_promise_is_kept_on_simulated_sets() -> None:
    """96 sets, one of each market; `make soak` takes 1,000."""
    assert_kept(judge(RULES, 96))


@pytest.mark.soak
def test_the_promise_is_kept_on_a_thousand_sets() -> None:
    """Base rates, sizes, qualities, crowds, shared shocks and overlapping labels."""
    assert_kept(judge(RULES, 1000, seed=1))


def independent(seed: int, rows: int = 2000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores, events and windows of rows that have nothing to do with each other."""
    random = np.random.default_rng(seed)
    score = random.random(rows)
    return score, random.random(rows) < score, np.arange(rows)


@pytest.mark.filterwarnings("ignore:Fixed sequence testing requires a monotonic risk")
@pytest.mark.parametrize("seed", range(20))
def test_the_answer_is_that_of_mapie(seed: int) -> None:
    """On independent rows, where nothing is thinned, with its grid and start."""
    score, happened, window = independent(seed)
    grid = descending(score)
    grid = grid[np.array([(score >= threshold).sum() for threshold in grid]) >= 20]
    controller = BinaryClassificationController(
        predict_function=lambda rows: np.column_stack([1 - rows, rows]),
        risk="precision",
        target_level=0.7,
        confidence_level=0.9,
        list_predict_params=grid,
        fwer_method="fixed_sequence",
    ).calibrate(score, happened.astype(int))
    ours = promise_precision(score, happened, window, target=0.7, thresholds=grid)
    assert ours.threshold == controller.valid_predict_params.min()


@pytest.mark.parametrize(("hits", "trials"), [(20, 20), (31, 40), (12, 30), (0, 25), (70, 100)])
def test_the_reference_is_the_p_value_of_mapie(hits: int, trials: int) -> None:
    """For a binary loss."""
    theirs = compute_hoeffding_bentkus_p_value(
        np.array([1.0 - hits / trials]), np.array([trials]), np.array([0.4]), binary=True
    )
    assert hoeffding_bentkus(hits, trials, 0.6) == pytest.approx(float(theirs[0, 0]), rel=1e-9)


def test_sixteen_of_twenty_show_sixty_percent() -> None:
    """P(X >= 16) = .0510 and P(X >= 15) = .1256 of B(20, .6), from tables."""
    for hits, p_value, safe in ((16, 0.0510, 0.5), (15, 0.1256, None)):
        happened = np.arange(20) < hits
        found = promise_precision(np.full(20, 0.5), happened, np.arange(20), target=0.6)
        assert found.tested[0].p_value == pytest.approx(p_value, abs=1e-4)
        assert found.threshold == safe


def test_the_bound_of_clopper_and_pearson() -> None:
    """All of n hits: the bound at 95 % is .05 to the power of 1/n."""
    assert clopper_pearson_low(10, 10, 0.95) == pytest.approx(0.05 ** (1 / 10))
    assert clopper_pearson_low(0, 10, 0.95) == 0.0


def test_the_first_failure_ends_the_sequence() -> None:
    """The lower threshold would pass, and is not tested."""
    score = np.repeat([3.0, 2.0, 1.0], [30, 30, 400])
    happened = np.r_[np.ones(30), np.zeros(30), np.ones(400)].astype(bool)
    found = promise_precision(score, happened, np.arange(460), target=0.6)
    assert found.threshold == 3.0
    assert [step.threshold for step in found.tested] == [3.0, 2.0]


@pytest.mark.parametrize(("rows", "expected"), [(1, 1), (150, 150), (1000, 200), (10**5, 200)])
def test_the_grid_has_as_many_thresholds_as_asked_for(rows: int, expected: int) -> None:
    """Scores that occur, descending, from the highest to the lowest."""
    score = np.random.default_rng(0).random(rows)
    grid = descending(score)
    assert len(grid) == expected
    assert set(grid) <= set(score)
    assert (grid[0], grid[-1]) == (score.max(), score.min())
    assert (np.diff(grid) < 0).all()


def test_no_threshold_is_safe_is_an_answer() -> None:
    """It says what was seen instead."""
    found = promise_precision(
        np.ones(40), np.arange(40) % 2 == 0, np.arange(40), target=0.6, confidence=0.9
    )
    assert found.threshold is None
    assert "20 of 40" in found.reason


def test_too_few_independent_samples_are_no_evidence() -> None:
    """Nineteen windows, a thousand hits."""
    window = np.repeat(np.arange(19), 100)
    found = promise_precision(np.ones(1900), np.ones(1900, bool), window, target=0.6)
    assert found.threshold is None
    assert found.tested == ()
    assert "20 independent" in found.reason


def test_scores_that_are_no_numbers_are_refused() -> None:
    """With their count."""
    with pytest.raises(DataError, match="1 of 2"):
        promise_precision(np.array([np.nan, 1]), np.ones(2, bool), np.arange(2), target=0.5)
