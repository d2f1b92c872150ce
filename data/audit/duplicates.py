"""Whether rows of different splits show the same bars, as the same market under two names does."""

import hashlib

import numpy as np
import polars as pl

from quantsig.data.audit.charts import sample_text
from quantsig.data.audit.finding import AuditCheck, AuditFinding
from quantsig.data.audit.messages import AuditSentence
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SPLITS, SplitSpec

SHOWN_BARS = 32  # the newest of a window; the same in both rows


def audit_duplicates(samples: SampleSet, spec: SplitSpec) -> AuditCheck:
    """Look for windows of an earlier split among those of a later one.

    Args:
        samples: built from bars.
        spec: how they are split.
    """
    rows = samples.with_splits(spec).filter(pl.col("split").is_not_null())
    bars = min(SHOWN_BARS, samples.manifest.history_bars or SHOWN_BARS)
    ends = samples.decision_rows[rows["sample_id"].to_numpy()]
    values = np.ascontiguousarray(samples.matrix.values[:, :5])
    digests = [
        hashlib.blake2b(values[end - bars + 1 : end + 1].tobytes(), digest_size=8).digest()
        for end in ends
    ]
    order = {name: number for number, name in enumerate(SPLITS)}
    seen = rows.select("sample_id", "split").with_columns(
        pl.Series("window", digests), pl.col("split").replace_strict(order).alias("order")
    )
    first = seen.group_by("window").agg(pl.col("order").min().alias("earliest"))
    again = seen.join(first, on="window").filter(pl.col("order") > pl.col("earliest"))
    return AuditCheck(
        name="duplicates", examined=len(seen), findings=_found(samples, again.sort("sample_id"))
    )


def _found(samples: SampleSet, again: pl.DataFrame) -> tuple[AuditFinding, ...]:
    found = []
    for (later, earlier), rows in again.group_by("split", "earliest", maintain_order=True):
        first = sample_text(samples, rows["sample_id"][0])
        sentence = AuditSentence.SAME_WINDOWS(
            n=len(rows), later=later, earlier=SPLITS[int(str(earlier))], first=first
        )
        found.append(
            AuditFinding(sentence=sentence, feature="window", first=first, size=float(len(rows)))
        )
    return tuple(found)
