"""The audit of a sample set or a run: every check in one list."""

from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from quantsig.backtest.audit.fills import audit_fills
from quantsig.backtest.execution import Execution
from quantsig.backtest.period import priced
from quantsig.backtest.record import read_stats
from quantsig.data.audit.charts import audit_charts
from quantsig.data.audit.columns import audit_columns
from quantsig.data.audit.duplicates import audit_duplicates
from quantsig.data.audit.finding import AuditCheck
from quantsig.data.audit.index_rows import audit_label_ends, audit_rows
from quantsig.data.audit.messages import AuditSentence
from quantsig.data.audit.stamps import audit_stamps
from quantsig.data.errors import CheckFailed
from quantsig.data.progress import Progress, silent
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SplitSpec
from quantsig.data.storage import parquet
from quantsig.signals.audit.fitted_rows import audit_fitted
from quantsig.signals.audit.label_purge import audit_purge
from quantsig.signals.audit.record import Audit, write_audit
from quantsig.signals.audit.scores import audit_scores, audit_skill
from quantsig.signals.audit.second_models import audit_second_models
from quantsig.signals.audit.windows import audit_windows
from quantsig.signals.layout import BACKTEST, STATS, TRADES
from quantsig.signals.runs import Run
from quantsig.signals.seal import sealed

DRAWN = 1000  # samples, unless told


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
        progress: told of charts.

    Raises:
        CheckFailed: the set was imported without bars, so there is nothing to ask.
    """
    if samples.manifest.has_bars is False:
        raise CheckFailed(
            "these samples were imported without bars, so none of them can be made again.",
            where=str(samples.path),
            remedy="Import them again with bars, or audit the function that made them: "
            "quantsig audit PATH.py:FUNCTION",
        )
    ids = _some(samples, drawn, seed)
    interval = timedelta(seconds=samples.manifest.interval_seconds or 0)
    checks = [
        audit_label_ends(samples),
        audit_columns(samples.bars),
        audit_stamps(samples.bars, interval, samples.calendar),
    ]
    if not samples.pictured:
        missing = AuditSentence.NO_MODEL_TO_ASK()
        return [
            *checks,
            audit_purge(samples, spec or SplitSpec()),
            AuditCheck(name="scores", missing=missing),
        ]
    if not samples.drawn:
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
    """Every check that a run allows, kept in the run.

    Args:
        run: opened.
        drawn, seed, progress: as of `audit_samples`.

    Raises:
        CheckFailed: the samples were imported without bars.
        DataError: the samples are not where they were.
    """
    samples = run.samples()
    checks = audit_samples(samples, spec=run.splits, drawn=drawn, seed=seed, progress=progress)
    if samples.drawn:
        checks.append(audit_scores(run, samples, _some(samples, drawn, seed)))
    audit = Audit(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        samples=run.record.samples.fingerprint,
        seed=seed,
        checks=(
            *checks,
            *audit_fitted(run),
            audit_second_models(run),
            audit_skill(run),
            _fills(run, samples),
        ),
    )
    write_audit(run.path, audit)
    return audit


def _fills(run: Run, samples: SampleSet) -> AuditCheck:
    folder = run.path / BACKTEST
    if not sealed(folder / STATS).is_file():
        return AuditCheck(name="fills", missing=AuditSentence.NOT_TRADED_YET())
    told = read_stats(folder / STATS).execution
    execution = Execution(fill_price=told["fill_price"], slippage_bps=told["slippage_bps"])
    delay = told["delay_bars"]
    trades = parquet.read_parquet(sealed(folder / TRADES))
    fewest = int(delay) if isinstance(delay, (int, float)) else 1
    return audit_fills(trades, priced(samples.bars), execution, fewest)


def _some(samples: SampleSet, drawn: int, seed: int) -> NDArray[np.int64]:
    chosen = np.random.default_rng(seed).permutation(len(samples))[:drawn]
    return np.sort(chosen)
