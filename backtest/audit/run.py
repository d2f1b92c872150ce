"""The audit of a sample set or a run: every check in one list, and its record in the run."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from quantsig.backtest.audit.fills import audit_fills
from quantsig.backtest.execution import Execution
from quantsig.backtest.period import priced
from quantsig.backtest.result import STATS, TRADES
from quantsig.data.audit.charts import audit_charts
from quantsig.data.audit.columns import audit_columns
from quantsig.data.audit.duplicates import audit_duplicates
from quantsig.data.audit.finding import AuditCheck, findings_of
from quantsig.data.audit.index_rows import audit_label_ends, audit_rows
from quantsig.data.audit.messages import AuditSentence
from quantsig.data.audit.stamps import audit_stamps
from quantsig.data.errors import CheckFailed
from quantsig.data.progress import Progress, silent
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.data.storage import documents, parquet
from quantsig.data.storage.records import read_record, write_record
from quantsig.signals.audit.fitted import audit_fitted
from quantsig.signals.audit.label_purge import audit_purge
from quantsig.signals.audit.scores import audit_scores, audit_skill
from quantsig.signals.audit.windows import audit_windows
from quantsig.signals.runs import BACKTEST, Run

AUDIT, SCHEMA = "audit.json", "quantsig.audit/1"
DRAWN = 1000  # samples, unless told


@dataclass(frozen=True, kw_only=True, slots=True)
class Audit:
    """All of audit.json."""

    created: str
    samples: str  # fingerprint of the sample set
    seed: int
    checks: tuple[AuditCheck, ...]

    @property
    def failed(self) -> bool:
        """Whether any check found the future."""
        return bool(findings_of(self.checks))


def audit_samples(
    samples: SampleSet,
    *,
    spec: SplitSpec | None = None,
    drawn: int = DRAWN,
    seed: int = 37,
    progress: Progress = silent,
) -> list[AuditCheck]:
    """Every check that a sample set allows.

    Args:
        samples: opened.
        spec: how it is split; the default splits where None.
        drawn: samples, chosen at random, that are drawn and labelled again.
        seed: of the choice, and of the noise.
        progress: told of charts and rows.

    Raises:
        CheckFailed: the set was imported without bars, so there is nothing to ask.
    """
    if not samples.manifest.get("has_bars", True):
        raise CheckFailed(
            "these samples were imported without bars, so none of them can be made again.",
            where=str(samples.path),
            remedy="Import them again with --bars, or audit the function that made them: "
            "quantsig audit PATH.py:FUNCTION",
        )
    ids = _some(samples, drawn, seed)
    interval = timedelta(seconds=samples.manifest["interval_seconds"])
    checks = [
        audit_label_ends(samples),
        audit_columns(samples.bars),
        audit_stamps(samples.bars, interval, samples.calendar),
    ]
    if samples.manifest["storage"] != "bars":
        missing = AuditSentence.NO_PICTURES_TO_DRAW()
        return [*checks, AuditCheck(name="charts", missing=missing)]
    return [
        *audit_charts(samples, ids, progress=progress),
        *audit_rows(samples, ids, seed=seed),
        *checks,
        audit_purge(samples, spec or SplitSpec()),
        audit_duplicates(samples, spec or SplitSpec()),
        *([audit_windows(samples, ids)] if samples.classes else []),
    ]


def audit_run(
    run: Run, *, drawn: int = DRAWN, seed: int = 37, progress: Progress = silent
) -> Audit:
    """Every check that a run allows, written to the run as audit.json.

    Args:
        run: opened.
        drawn, seed, progress: as of `audit_samples`.

    Raises:
        CheckFailed: the samples were imported without bars.
        DataError: the samples are not where they were.
    """
    samples = run.samples()
    checks = audit_samples(samples, spec=run.splits, drawn=drawn, seed=seed, progress=progress)
    if samples.manifest["storage"] == "bars":
        checks.append(audit_scores(run, samples, _some(samples, drawn, seed)))
    audit = Audit(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        samples=run.record.samples.fingerprint,
        seed=seed,
        checks=(*checks, *audit_fitted(run), audit_skill(run), _fills(run, samples)),
    )
    write_record(run.path / AUDIT, audit, SCHEMA)
    return audit


def read_audit(run: Path) -> Audit | None:
    """The newest audit of a run; None before the first.

    Raises:
        DataError: another version wrote it.
        IntegrityError: it is damaged.
    """
    if not (run / AUDIT).is_file():
        return None
    return read_record(run / AUDIT, Audit, SCHEMA, remedy="Audit it again: quantsig audit RUN")


def in_the_audit(run: Path) -> tuple[str, ...]:
    """What the audit of a run found, a sentence each; they keep its verdict from an edge."""
    audit = read_audit(run)
    return tuple(found.sentence for found in findings_of(audit.checks)) if audit else ()


def _fills(run: Run, samples: SampleSet) -> AuditCheck:
    folder = run.path / BACKTEST
    if not (folder / STATS).is_file():
        return AuditCheck(name="fills", missing=AuditSentence.NOT_TRADED_YET())
    told = documents.read_json(folder / STATS)["execution"]
    traded = Execution(fill_price=told["fill_price"], slippage_bps=told["slippage_bps"])
    delay = told["delay_bars"] if isinstance(told["delay_bars"], int) else 1
    trades = parquet.read_parquet(folder / TRADES)
    return audit_fills(trades, priced(samples.bars), traded, delay)


def _some(samples: SampleSet, drawn: int, seed: int) -> NDArray[np.int64]:
    chosen = np.random.default_rng(seed).permutation(len(samples))[:drawn]
    return np.sort(chosen)
