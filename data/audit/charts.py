"""Whether the charts of a sample set show bars after their decision.

A chart is drawn again from its own window alone, which leaves it no other bar, no other symbol and
no later adjustment to look at; from a window followed by other bars; and from one whose prices a
later split halved. Each must be the same, bit for bit.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from quantsig.data.audit.altered_bars import change
from quantsig.data.audit.finding import AuditCheck, AuditFinding
from quantsig.data.audit.messages import AuditSentence
from quantsig.data.charts.draw import BarMatrix
from quantsig.data.language.messages import Wording
from quantsig.data.progress import Progress, silent
from quantsig.data.samples.store import SampleSet

AT_ONCE = 64  # charts held in memory at a time
LATER_BARS = 16  # that follow a window, changed
ADJUSTMENT = 5  # column of a matrix
Integers = NDArray[np.int64]
Altered = Callable[[SampleSet, Integers], SampleSet]


def audit_charts(
    samples: SampleSet, ids: Integers, *, progress: Progress = silent
) -> list[AuditCheck]:
    """Draw some charts again in three ways.

    Args:
        samples: built from bars.
        ids: of the samples.
        progress: told of charts.
    """
    ways: dict[str, tuple[Wording, Altered]] = {
        "truncation": (AuditSentence.CHART_SEES_LATER_BARS, own_windows),
        "perturbation": (AuditSentence.CHART_SEES_CHANGED_BARS, changed_later_bars),
        "revision": (AuditSentence.CHART_SEES_REVISIONS, split_later),
    }
    found: dict[str, dict[str, AuditFinding]] = {name: {} for name in ways}
    for done in range(0, len(ids), AT_ONCE):
        progress(done, len(ids))
        chosen = ids[done : done + AT_ONCE]
        drawn = samples.read(chosen)
        for name, (said, altered) in ways.items():
            again = altered(samples, chosen).read(np.arange(len(chosen)))
            for one in _gaps(samples, chosen, drawn, again, said):
                found[name].setdefault(one.feature, one)
    progress(len(ids), len(ids))
    return [
        AuditCheck(name=f"chart_{name}", examined=len(ids), findings=tuple(planes.values()))
        for name, planes in found.items()
    ]


def _gaps(
    samples: SampleSet,
    ids: Integers,
    drawn: NDArray[np.uint8],
    again: NDArray[np.uint8],
    said: Wording,
) -> Iterator[AuditFinding]:
    apart = (drawn != again).reshape(len(ids), drawn.shape[1], -1)
    counts = apart.sum(axis=2)
    for plane in np.flatnonzero(counts.any(axis=0)):
        row = int(np.argmax(counts[:, plane] > 0))
        feature, first = samples.chart.planes[plane], sample_text(samples, int(ids[row]))
        yield AuditFinding(
            sentence=said(name=feature, first=first),
            feature=feature,
            first=first,
            size=float(counts[row, plane]) / apart.shape[2],
        )


def sample_text(samples: SampleSet, sample_id: int) -> str:
    """Symbol and time of a decision."""
    row = samples.index.row(sample_id, named=True)
    return f"{row['symbol']} {row['decision_time']}"


def own_windows(samples: SampleSet, ids: Integers) -> SampleSet:
    """The samples with the bars of their own windows and no others."""
    return _stacked(samples, ids, later=0)


def changed_later_bars(samples: SampleSet, ids: Integers) -> SampleSet:
    """The samples with their windows, each followed by bars that are not those that came."""
    return _stacked(samples, ids, later=LATER_BARS)


def split_later(samples: SampleSet, ids: Integers) -> SampleSet:
    """The samples as a split of two to one after their decisions would have them adjusted."""
    found = _stacked(samples, ids, later=0)
    found.matrix.values[:, ADJUSTMENT] *= 0.5
    return found


def _stacked(samples: SampleSet, ids: Integers, *, later: int) -> SampleSet:
    history = samples.manifest.history_bars or 0
    ends = samples.decision_rows[ids]
    whole = samples.matrix
    kept = ends[:, None] + np.arange(1 - history, 1)  # (n, history) rows
    length = history + later
    values = np.empty((len(ids), length, whole.values.shape[1]))
    times = np.empty((len(ids), length), np.int64)
    values[:, :history], times[:, :history] = whole.values[kept], whole.times_us[kept]
    if later:
        values[:, history:] = values[:, history - 1 : history]
        step = times[:, history - 1] - times[:, history - 2]
        times[:, history:] = times[:, history - 1 : history] + step[:, None] * np.arange(
            1, later + 1
        )
        for number, sample in enumerate(values):
            change(sample[history:], number)
    matrix = BarMatrix(values=values.reshape(-1, values.shape[2]), times_us=times.reshape(-1))
    return samples.seen_as(matrix, np.arange(len(ids)) * length + history - 1)
