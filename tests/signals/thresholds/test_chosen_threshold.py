"""Each rule picks the threshold it says, or says why there is none."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from quantsig.data.errors import CheckFailed, DataError
from quantsig.signals.significance.label_days import DAY
from quantsig.signals.thresholds.chosen_threshold import (
    by_expectancy,
    by_fbeta,
    by_precision,
    by_recall,
    by_top_k,
)
from quantsig.signals.thresholds.scored_rows import ScoredRows

RUN = Path("run")


def scored(days: int = 400, a_day: int = 4, seed: int = 0) -> ScoredRows:
    """Rows whose probability is right, labels that end within their day."""
    random = np.random.default_rng(seed)
    probability = random.random(days * a_day)
    decided = np.repeat(np.arange(days) * DAY, a_day)
    happened = random.random(days * a_day) < probability
    return ScoredRows(
        probability=probability,
        happened=happened,
        forward_return=np.where(happened, 0.02, -0.01),
        decided=decided,
        ended=decided + DAY // 2,
    )


def test_the_precision_rule_keeps_what_it_saw() -> None:
    """Confidence and tests are part of the choice; the true precision above t is (1 + t) / 2."""
    rule = by_precision(scored(), 0.7, 0.9, RUN)
    assert (1 + rule.threshold) / 2 >= 0.7
    assert rule.promise
    assert rule.promise.tested[0]["signals"] >= 20
    assert rule.promise.windows == 58  # of seven of the 400 days
    assert rule.promise.regimes
    assert rule.promise.regimes.seen < 0.5
    assert "90%" in rule.remark


def test_no_safe_threshold_ends_with_the_nearest_alternatives() -> None:
    """Exit code 4, the reason and what to ask for instead."""
    with pytest.raises(CheckFailed) as error:
        by_precision(scored(), 0.999, 0.9, RUN)
    assert error.value.exit_code == 4
    assert "no threshold is safe" in error.value.what
    assert "`precision` 0." in error.value.remedy
    assert "`threshold`" in error.value.remedy


def test_too_few_stretches_leave_choices_without_a_promise() -> None:
    """The nearest alternatives are named there, too."""
    with pytest.raises(CheckFailed) as error:
        by_precision(scored(days=10, a_day=1), 0.5, 0.9, RUN)
    assert "20 stretches of time" in error.value.what
    assert "`recall` or `fbeta` without a promise" in error.value.remedy


def test_the_nearest_precision_is_safe() -> None:
    """What the error offers is granted."""
    rows = scored()
    with pytest.raises(CheckFailed) as error:
        by_precision(rows, 0.999, 0.9, RUN)
    offered = float(error.value.remedy.split("`precision` ")[1].split()[0])
    assert by_precision(rows, offered, 0.9, RUN).threshold > 0.7


def test_no_precision_is_promised_without_times() -> None:
    """It cannot be told which rows are independent."""
    for rows in (replace(scored(), decided=None), replace(scored(), ended=None)):
        with pytest.raises(DataError, match="no precision can be promised"):
            by_precision(rows, 0.6, 0.9, RUN)


def test_recall_is_reached_and_not_by_the_next_threshold() -> None:
    """The highest threshold of a recall of .2."""
    rows = scored()
    chosen = by_recall(rows, 0.2, RUN).threshold
    found = (rows.probability[rows.happened] >= chosen).mean()
    above = (rows.probability[rows.happened] > chosen).mean()
    assert above < 0.2 <= found


def test_f_beta_prefers_precision_where_beta_is_small() -> None:
    """The threshold rises as beta falls."""
    rows = scored()
    chosen = [by_fbeta(rows, beta, RUN).threshold for beta in (2.0, 1.0, 0.25)]
    assert chosen == sorted(chosen)
    assert chosen[0] < chosen[-1]


def test_expectancy_stops_near_where_signals_stop_earning() -> None:
    """A hit earns 2 %, a miss loses 1 %: signals earn above a probability of one third."""
    assert by_expectancy(scored(), 0.0, RUN).threshold == pytest.approx(1 / 3, abs=0.1)


def test_unknown_returns_have_no_expectancy() -> None:
    """Imported without bars."""
    rows = scored()
    unknown = replace(rows, forward_return=np.full(len(rows), np.nan))
    with pytest.raises(DataError, match="without bars"):
        by_expectancy(unknown, 0.0, RUN)


@pytest.mark.parametrize("a_day", [0.5, 1, 3])
def test_top_k_gives_so_many_a_day_on_average(a_day: float) -> None:
    """By one threshold for all days, which is said."""
    rows = scored()
    rule = by_top_k(rows, a_day, RUN)
    assert (rows.probability >= rule.threshold).sum() == a_day * 400
    assert "some none" in rule.remark


def test_more_a_day_than_there_are_is_refused() -> None:
    """Four samples a day."""
    with pytest.raises(DataError, match="4.0 samples a day, not 5"):
        by_top_k(scored(), 5, RUN)


def test_ties_cannot_be_ranked() -> None:
    """All rows share one probability."""
    rows = scored()
    with pytest.raises(DataError, match="1600 rows share"):
        by_top_k(replace(rows, probability=np.full(len(rows), 0.3)), 1, RUN)


def test_days_are_needed_to_count_by_day() -> None:
    """Samples without times have none."""
    with pytest.raises(DataError, match="no days to count"):
        by_top_k(replace(scored(), decided=None), 1, RUN)


def test_rules_of_recall_need_an_event() -> None:
    """None happened in calibration."""
    rows = replace(scored(), happened=np.zeros(1600, bool))
    for rule in (by_recall, by_fbeta):
        with pytest.raises(DataError, match="none of the 1600"):
            rule(rows, 0.5, RUN)
