"""Whether the rows of an index are those of their bars, and know no bar after their label's end."""

from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.audit.altered_bars import changed_after
from quantsig.data.audit.charts import sample_text
from quantsig.data.audit.finding import AuditCheck, AuditFinding
from quantsig.data.audit.messages import AuditSentence
from quantsig.data.language.messages import Wording
from quantsig.data.progress import Progress, silent
from quantsig.data.samples.index import SampleRule, index_rows
from quantsig.data.samples.parts import symbol_runs
from quantsig.data.samples.store import SampleSet

OUTCOME = ("label", "forward_return", "label_end", "stop", "target", "decision_time")


def audit_rows(
    samples: SampleSet, ids: NDArray[np.int64], *, seed: int = 37, progress: Progress = silent
) -> list[AuditCheck]:
    """Make some rows again from the bars up to their label's end, and from others after it.

    Args:
        samples: with bars and known times.
        ids: of the samples.
        seed: of the noise.
        progress: told of rows.
    """
    rule = SampleRule(history_bars=1, stride_bars=1, label=samples.label)
    runs = symbol_runs(samples.bars)
    again: dict[str, AuditFinding] = {}
    changed: dict[str, AuditFinding] = {}
    labelled = [one for one in ids.tolist() if samples.index["label"][one] is not None]
    for done, one in enumerate(labelled):
        progress(done, len(labelled))
        row = samples.index.row(one, named=True)
        bars = runs[row["symbol"]]
        bar = int(bars["timestamp"].search_sorted(row["decision_time"]))
        first = max(bar - rule.label.bars_before, 0)
        end = int(bars["timestamp"].search_sorted(row["label_end"]))
        near = bars.slice(first, bar + rule.label.bars_after + 8 - first)
        for said, found, seen in (
            (AuditSentence.ROW_NOT_OF_ITS_BARS, again, near),
            (
                AuditSentence.ROW_SEES_CHANGED_BARS,
                changed,
                changed_after(near, end - first, seed + one),
            ),
        ):
            made = index_rows(seen, rule, first=bar - first, end=bar - first + 1, first_id=one)
            for gap in _gaps(samples, row, made.row(0, named=True), said):
                found.setdefault(gap.feature, gap)
    progress(len(labelled), len(labelled))
    return [
        AuditCheck(name="rows_again", examined=len(labelled), findings=tuple(again.values())),
        AuditCheck(
            name="label_perturbation", examined=len(labelled), findings=tuple(changed.values())
        ),
    ]


def _gaps(
    samples: SampleSet, row: dict[str, object], made: dict[str, object], said: Wording
) -> Iterator[AuditFinding]:
    for name in OUTCOME:
        if row[name] != made[name]:
            first = sample_text(samples, int(str(row["sample_id"])))
            mine, theirs = row[name], made[name]
            known = isinstance(mine, float) and isinstance(theirs, float)
            yield AuditFinding(
                sentence=said(name=name, first=first),
                feature=name,
                first=first,
                size=abs(mine - theirs) if known else None,  # type: ignore[operator]
            )


def audit_label_ends(samples: SampleSet) -> AuditCheck:
    """Whether every label ends after its decision, for else the chart shows it."""
    rows = samples.index.filter(pl.col("label").is_not_null())
    early = rows.filter(pl.col("label_end") <= pl.col("decision_time"))
    found: tuple[AuditFinding, ...] = ()
    if len(early):
        first = sample_text(samples, early["sample_id"][0])
        sentence = AuditSentence.LABEL_ENDS_IN_THE_WINDOW(
            first=first, later=str(early["label_end"][0])
        )
        found = (
            AuditFinding(sentence=sentence, feature="label", first=first, size=float(len(early))),
        )
    return AuditCheck(name="label_end", examined=len(rows), findings=found)
