"""Scores of rises and falls, the shift of training taken off."""

import numpy as np
import pytest
import torch

from quantsig.signals.calibration.prior_shift import PriorShift
from quantsig.signals.events import long_event, short_event
from quantsig.signals.scoring import scorer as scorers
from quantsig.signals.scoring.scorer import Scorer
from quantsig.signals.scoring.scores import Scores

SHIFT = PriorShift(natural_rate=0.1, sampled_rate=0.4)


def scores_of(
    outputs: np.ndarray, classes: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> Scores:
    """The scores of given outputs."""
    monkeypatch.setattr(Scorer, "outputs", lambda *args, **options: outputs)
    judge = scorers.Scorer(
        model=torch.nn.Identity(),
        reads="planes",
        channels_last=False,
        event=long_event(classes),
        short=short_event(classes),
        shift=SHIFT if classes else None,
    )
    return judge.scores(None, np.arange(len(outputs)))  # type: ignore[arg-type]


def test_of_two_classes_a_fall_is_the_other_side(monkeypatch: pytest.MonkeyPatch) -> None:
    """Log-odds of the one are minus those of the other, corrected alike."""
    found = scores_of(np.array([[0.0, 1.0], [2.0, -1.0]]), ("down", "up"), monkeypatch)
    expected = np.array([1.0, -3.0]) - np.log(0.4 / 0.6 / (0.1 / 0.9))
    np.testing.assert_allclose(found.long, expected)
    assert found.short is not None
    np.testing.assert_allclose(found.short, -expected)


def test_of_three_classes_only_the_event_was_shown_more_often(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Equal logits where the event was shown six times as often: by Bayes, 6 / 13 each for rest."""
    found = scores_of(np.zeros((1, 3)), ("down", "flat", "up"), monkeypatch)
    ratio = 0.4 / 0.6 / (0.1 / 0.9)
    down = ratio / (ratio + ratio + 1.0)
    assert found.short is not None
    np.testing.assert_allclose(found.short, [np.log(down / (1.0 - down))])


def test_a_predicted_return_has_two_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The score of a fall is minus the return."""
    found = scores_of(np.array([[0.02], [-0.01]]), (), monkeypatch)
    assert found.short is not None
    np.testing.assert_allclose(found.short, [-0.02, 0.01])
