"""Whether the direction of the window tells the label, as that of a trade in it does."""

import numpy as np
from numpy.typing import NDArray

from quantsig.data.audit.finding import AuditCheck, AuditFinding
from quantsig.data.audit.messages import AuditSentence
from quantsig.data.samples.store import SampleSet
from quantsig.signals.events import long_event
from quantsig.signals.metrics import baselines
from quantsig.signals.training.alarms import label_in_window
from quantsig.signals.training.settings import AlarmSettings
from quantsig.signals.window_rule import window_agrees


def audit_windows(samples: SampleSet, ids: NDArray[np.int64]) -> AuditCheck:
    """Ask of labelled samples what a training asks of its validation rows.

    Args:
        samples: with labels of classes.
        ids: of the samples; those without a label are left out.
    """
    labels = samples.index["label"].to_numpy()
    chosen = ids[np.isfinite(labels[ids])]
    agrees = window_agrees(samples, chosen)
    if agrees is None:
        return AuditCheck(name="window_direction", missing=AuditSentence.NO_PICTURES_TO_DRAW())
    happened = long_event(samples.classes).happened(labels[chosen])
    alarm = label_in_window(baselines(happened, agrees), int(happened.sum()), AlarmSettings())
    found: tuple[AuditFinding, ...] = ()
    if alarm is not None:
        found = (AuditFinding(sentence=alarm.message, feature="label"),)
    return AuditCheck(name="window_direction", examined=len(chosen), findings=found)
