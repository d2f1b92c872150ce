"""The scores of an ensemble: the mean of its members' calibrated probabilities."""

from collections.abc import Sequence

import numpy as np

from quantsig.signals.events import short_event
from quantsig.signals.scoring.scores import Floats, Scores, log_odds


def mean_of(scores: Sequence[Scores], likely: Sequence[Floats], classes: tuple[str, ...]) -> Scores:
    """What members say together.

    Args:
        scores: of each member, (n,).
        likely: their calibrated probabilities of the event.
        classes: of the label; empty where returns are foreseen.

    Returns:
        The log-odds of the mean probability, to be calibrated anew; of returns the mean of those
        that are foreseen. Of a fall that is not the other side of a rise, whose scores nothing
        calibrates, the mean score.
    """
    if not classes:
        long: Floats = np.mean([one.long for one in scores], axis=0)
    else:
        long = log_odds(np.mean(likely, axis=0))
    fall = short_event(classes)
    if fall is None:
        return Scores(long=long, short=None)
    if fall.classes in (0, 2):
        return Scores(long=long, short=-long)
    short = [one.short for one in scores if one.short is not None]
    return Scores(long=long, short=np.mean(short, axis=0))
