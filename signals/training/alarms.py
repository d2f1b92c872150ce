"""What to tell a user in the first epochs instead of after the last."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from quantsig.signals.messages import SignalsSentence
from quantsig.signals.metrics import Baselines, entropy
from quantsig.signals.significance.intervals import wilson
from quantsig.signals.training.settings import AlarmSettings

Floats = NDArray[np.float64]
Kind = Literal["collapse", "no_learning", "leak"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarm:
    """Something is wrong with a training."""

    kind: Kind
    message: str  # one sentence or two for people: what was seen, and what to try


def collapse(score: Floats, trained_rate: float, settings: AlarmSettings) -> Alarm | None:
    """Whether the outputs say the same of every row.

    Three ways to fall: one score for all; all rows on the side that is the rarer one (recall 1
    at a precision of the base rate); all on the more frequent one, surer of it than ten times
    too few events allow. That a model of a rare event puts no row above even odds is none.

    Args:
        score: (n,) log-odds as the model says them, before any correction; finite.
        trained_rate: share of the event as training showed and weighed it, 0..1, that is
            expit(logit(base rate) + PriorShift.log_odds).
    """
    spread = float(score.std())
    if spread < settings.collapse_spread:
        return Alarm(
            kind="collapse",
            message=SignalsSentence.ONE_SCORE(score=score.mean(), spread=spread),
        )
    events = float((score >= 0.0).mean())
    rare = trained_rate if trained_rate < 0.5 else 1.0 - trained_rate
    rare_side = events if trained_rate < 0.5 else 1.0 - events
    said = float(expit(score if trained_rate < 0.5 else -score).mean())
    rising = trained_rate < 0.5
    if rare_side >= settings.collapse_share:
        always = SignalsSentence.ALWAYS_EVENT if rising else SignalsSentence.ALWAYS_NO_EVENT
        return Alarm(kind="collapse", message=always(share=rare_side, rare=rare))
    if 1.0 - rare_side >= settings.collapse_share and said < rare / 10.0:
        hardly = SignalsSentence.HARDLY_EVENT if rising else SignalsSentence.HARDLY_NO_EVENT
        return Alarm(kind="collapse", message=hardly(said=said, rare=rare))
    return None


def no_learning(
    train_loss: float, base_rate: float, epochs: int, settings: AlarmSettings
) -> Alarm | None:
    """Whether the model knows no more than the base rate.

    Args:
        train_loss: mean cross-entropy of the event on the training rows, in nats, measured
            with fixed weights in the natural mix, prior shift taken off (`event_log_loss`).
        base_rate: of the event among those rows.
        epochs: how many are done.
    """
    floor = entropy(base_rate)
    learnt = floor - train_loss
    if epochs < settings.no_learning_epochs or learnt > settings.no_learning_fraction * floor:
        return None
    return Alarm(
        kind="no_learning",
        message=SignalsSentence.NOTHING_LEARNT(
            epochs=epochs, loss=train_loss, rate=base_rate, floor=floor
        ),
    )


def leak_suspicion(
    average_precision: float | None, base_rate: float, positives: int, settings: AlarmSettings
) -> Alarm | None:
    """Whether the ranking is too good to be true.

    The way from chance (the base rate) to certainty (1) that average precision went is above
    `leak_skill`, at its lower bound (Wilson, 90 %, as if it were a share of the events, so that
    a few of them are never enough). Half the way is the default because the published
    accuracies near 53 % of price-image forecasts are .06 of the way from a coin, while a label
    that the window shows scores .85 of it (92.5 %). A pattern planted in synthetic bars is
    rightly reported.

    Args:
        average_precision: on validation; None where it is undefined.
        base_rate: of the event there.
        positives: events there.
    """
    if average_precision is None or not positives:
        return None
    low, _ = wilson(round(average_precision * positives), positives)
    if low <= base_rate + settings.leak_skill * (1.0 - base_rate):
        return None
    return Alarm(
        kind="leak",
        message=SignalsSentence.TOO_PRECISE(precision=average_precision, rate=base_rate),
    )


def label_in_window(lines: Baselines, events: int, settings: AlarmSettings) -> Alarm | None:
    """Whether the direction of the window alone tells the label, however rare its event.

    Then its bars were counted in: a label of the future is hit by that rule about as often as
    by a coin. The mean of its accuracies among events and among all others is one half for any
    rule that knows nothing, whatever the base rate; the former counts at its lower bound
    (Wilson, 90 %), so that a few events are never enough.
    """
    known = (lines.window_accuracy, lines.window_recall, lines.base_rate)
    if any(value is None for value in known) or not events or lines.base_rate == 1.0:
        return None
    accuracy, recall, rate = (float(value or 0.0) for value in known)
    others = (accuracy - recall * rate) / (1.0 - rate)  # accuracy among those without event
    low, _ = wilson(round(recall * events), events)
    if (low + others) / 2.0 <= 0.5 + settings.leak_margin:
        return None
    return Alarm(
        kind="leak",
        message=SignalsSentence.LABEL_IN_WINDOW(events=recall, others=1.0 - others),
    )
