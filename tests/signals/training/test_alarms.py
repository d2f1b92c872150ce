"""Each alarm rings for its trouble and keeps quiet in sound training."""

import numpy as np
import pytest
from scipy.special import logit

from quantsig.data.errors import ConfigError
from quantsig.signals.metrics import Baselines, baselines
from quantsig.signals.training.alarms import collapse, label_in_window, leak_suspicion, no_learning
from quantsig.signals.training.settings import AlarmSettings

SETTINGS = AlarmSettings()
SPREAD = np.linspace(-1.0, 1.0, 1000)


def lines(recall: float, others: float, rate: float) -> Baselines:
    """Of a rule that is right in these shares of the events and of the other rows."""
    return Baselines(
        base_rate=rate,
        entropy=None,
        majority_accuracy=max(rate, 1 - rate),
        window_accuracy=recall * rate + others * (1 - rate),
        window_precision=None,
        window_recall=recall,
    )


@pytest.mark.parametrize(
    ("score", "trained_rate", "said"),
    [
        (np.full(100, -2.4), 0.08, "every row has the same score, -2.4"),
        (SPREAD + 3.0, 0.08, "says the event of 100.0% of the rows, and trained on 8.0%"),
        (SPREAD - 9.0, 0.08, "the event of hardly any row"),
        (SPREAD - 3.0, 0.9, "says no event of 100.0% of the rows, and trained on 10.0%"),
        (SPREAD + 9.0, 0.9, "no event of hardly any row"),
        (SPREAD + 1.5, 0.375, "trained on 37.5%"),
    ],
)
def test_outputs_of_one_kind_are_a_collapse(
    score: np.ndarray, trained_rate: float, said: str
) -> None:
    """One score for all, all on the rarer side, or none there at all."""
    alarm = collapse(score, trained_rate, SETTINGS)
    assert alarm is not None
    assert alarm.kind == "collapse"
    assert said in alarm.message


@pytest.mark.parametrize(
    ("score", "trained_rate"),
    [(SPREAD + logit(0.08), 0.08), (SPREAD, 0.375), (SPREAD + logit(0.83), 0.83)],
)
def test_a_rare_event_below_even_odds_is_no_collapse(
    score: np.ndarray, trained_rate: float
) -> None:
    """Scores spread about the log-odds of the rate are what an honest beginner says."""
    assert collapse(score, trained_rate, SETTINGS) is None


ENTROPY = -0.1 * np.log(0.1) - 0.9 * np.log(0.9)


@pytest.mark.parametrize(
    ("loss", "epochs", "rings"),
    [
        (ENTROPY, 3, True),
        (0.996 * ENTROPY, 3, True),
        (1.5 * ENTROPY, 3, True),
        (0.994 * ENTROPY, 3, False),
        (ENTROPY, 2, False),
    ],
)
def test_the_loss_of_the_base_rate_is_no_learning(loss: float, epochs: int, rings: bool) -> None:
    """Half a percent of the entropy must be gained within three epochs."""
    alarm = no_learning(float(loss), 0.1, epochs, SETTINGS)
    assert (alarm is not None) == rings
    assert alarm is None or alarm.kind == "no_learning"


@pytest.mark.parametrize(
    ("average_precision", "positives", "rings"),
    [
        (0.9, 100, True),
        (1.0, 20, True),
        (0.6, 100, False),  # .52 at the lower bound
        (0.6, 1000, True),
        (0.15, 1000, False),
        (1.0, 3, False),  # 3 / (3 + 1.645^2) = .526
        (1.0, 4, True),  # 4 / (4 + 1.645^2) = .597
        (None, 0, False),
    ],
)
def test_what_is_too_good_is_suspected(
    average_precision: float | None, positives: int, rings: bool
) -> None:
    """At a base rate of 10 % more than .55, at the lower bound of 90 %."""
    alarm = leak_suspicion(average_precision, 0.1, positives, SETTINGS)
    assert (alarm is not None) == rings
    assert alarm is None or alarm.kind == "leak"


@pytest.mark.parametrize("rate", [0.5, 0.05, 0.95])
def test_a_label_that_the_window_decides_is_suspected(rate: float) -> None:
    """The published 92.5 %, however rare the event; an honest 53 % is left alone."""
    alarm = label_in_window(lines(0.925, 0.925, rate), 400, SETTINGS)
    assert alarm is not None
    assert "92.5% of the events and in 7.5%" in alarm.message
    assert label_in_window(lines(0.53, 0.53, rate), 400, SETTINGS) is None


def test_a_rare_event_inside_the_window_is_suspected() -> None:
    """A rise of 3 % within the last 5 of 20 bars of a walk of 1.5 % a bar, and one after them."""
    random = np.random.default_rng(1)
    moves = random.normal(0, 0.015, (20_000, 25))
    up = moves[:, :20].sum(axis=1) > 0
    for last, suspected in ((20, True), (25, False)):
        happened = moves[:, last - 5 : last].sum(axis=1) > 0.05
        assert 0.03 < happened.mean() < 0.1
        alarm = label_in_window(baselines(happened, up), int(happened.sum()), SETTINGS)
        assert (alarm is not None) is suspected


def test_without_a_window_or_events_nothing_is_suspected() -> None:
    """Nor of a handful of events that all came after rises."""
    assert label_in_window(baselines(np.array([True, False])), 1, SETTINGS) is None
    assert label_in_window(lines(1.0, 0.5, 0.05), 0, SETTINGS) is None
    assert label_in_window(lines(1.0, 0.5, 0.05), 3, SETTINGS) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("collapse_spread", -1.0),
        ("collapse_share", 1.1),
        ("no_learning_epochs", 0),
        ("no_learning_fraction", float("nan")),
        ("leak_skill", -0.1),
        ("gradient_factor", 0.5),
        ("gradient_fewest", 101),
        ("gradient_skips", -1),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(field: str, value: float) -> None:
    """The error names it."""
    with pytest.raises(ConfigError, match=f"alarms.{field}"):
        AlarmSettings(**{field: value})  # type: ignore[arg-type]
