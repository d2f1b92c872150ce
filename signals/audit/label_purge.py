"""Whether labels of one split end before the next begins, symbol by symbol."""

from itertools import pairwise

import polars as pl

from quantsig.data.audit.charts import sample_text
from quantsig.data.audit.finding import AuditCheck, AuditFinding
from quantsig.data.audit.messages import AuditSentence
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SPLITS, SplitSpec


def audit_purge(samples: SampleSet, spec: SplitSpec) -> AuditCheck:
    """Hold the ends of the labels of each split against the first decision after them.

    Args:
        samples: with known times.
        spec: how a run splits them.
    """
    rows = samples.with_splits(spec).filter(pl.col("split").is_not_null())
    if rows["label_end"].null_count():
        return AuditCheck(name="purge", missing=AuditSentence.NO_TIMES_TO_AUDIT())
    found: dict[str, AuditFinding] = {}
    kept = [name for name in SPLITS if (rows["split"] == name).any()]
    for split, following in pairwise(kept):
        begins = (
            rows.filter(pl.col("split") == following)
            .group_by("symbol")
            .agg(begin=pl.col("decision_time").min())
        )
        late = (
            rows.filter(pl.col("split") == split)
            .join(begins, on="symbol")
            .filter(pl.col("label_end") >= pl.col("begin"))
            .sort("sample_id")
        )
        if len(late):
            first = sample_text(samples, late["sample_id"][0])
            sentence = AuditSentence.LABEL_REACHES_ON(
                first=first, earlier=split, later=str(late["label_end"][0]), next=following
            )
            found[split] = AuditFinding(
                sentence=sentence, feature="label_end", first=first, size=float(len(late))
            )
    return AuditCheck(name="purge", examined=len(rows), findings=tuple(found.values()))
