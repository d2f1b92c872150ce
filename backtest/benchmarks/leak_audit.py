"""Ten planted leaks and fifty causal features under the audit, and how long an audit takes."""

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from quantsig.backtest.audit.fills import audit_fills
from quantsig.backtest.audit.run import audit_samples
from quantsig.backtest.execution import Execution
from quantsig.data.audit.columns import audit_columns
from quantsig.data.audit.features import audit_feature
from quantsig.data.audit.finding import AuditCheck, findings_of
from quantsig.data.audit.functions import AuditedFunction
from quantsig.data.benchmarks.figures import BenchmarkFigures
from quantsig.data.benchmarks.planted_leaks import CAUSAL, LEAKS, foreseeing_volume
from quantsig.data.benchmarks.scale import Scale
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.demo import demo_bars
from quantsig.data.label_spec import LabelSpec
from quantsig.data.progress import Progress, silent
from quantsig.data.samples.build import build_samples

DRAWN = 1000  # samples
WEAK = 0.3  # correlation of a volume with the return to come
START = datetime(2020, 1, 1, tzinfo=UTC)


def measure(scale: Scale, progress: Progress = silent) -> BenchmarkFigures:
    """Count what the audit finds of planted leaks, and time it on the demo's default charts.

    Args:
        scale: with one repetition ten samples are drawn.
        progress: told of leaks, features and the audit of a set.
    """
    bars = demo_bars().bars.filter(pl.col("symbol") == "AAPL").drop("symbol", "adjustment")
    planted = {name: _asked(call, bars) for name, call in LEAKS.items()}
    planted["weak_volume"] = lambda: [audit_columns(foreseeing_volume(WEAK))]
    planted["same_bar_fill"] = lambda: [_fills(entry_bar=1, entry_price=102.0)]
    planted["earlier_close"] = lambda: [_fills(entry_bar=2, entry_price=103.0)]
    steps = len(planted) + len(CAUSAL) + 1
    found = alarms = 0
    for done, audit in enumerate(planted.values()):
        progress(done, steps)
        found += bool(findings_of(audit()))
    for done, call in enumerate(CAUSAL.values()):
        progress(len(planted) + done, steps)
        alarms += bool(findings_of(_asked(call, bars)()))
    seconds, drawn = _set_seconds(10 if scale.repetitions == 1 else DRAWN)
    progress(steps, steps)
    return BenchmarkFigures(
        figures={
            "leaks_found": float(found),
            "causal_alarms": float(alarms),
            "audit_seconds": seconds,
        },
        details={"leaks_planted": len(planted), "causal": len(CAUSAL), "audit_samples": drawn},
    )


def _asked(
    call: Callable[[pl.DataFrame], object], bars: pl.DataFrame
) -> Callable[[], list[AuditCheck]]:
    function = AuditedFunction(name="f", source=Path("planted.py"), call=call, kind="feature")
    return lambda: audit_feature(function, bars)


def _fills(*, entry_bar: int, entry_price: float) -> AuditCheck:
    """The audit of a long trade decided at the close of bar 1, which is 103."""
    times = [START + timedelta(days=number) for number in range(5)]
    opens = pl.Series([100.0, 102.0, 104.0, 103.0, 101.0])
    bars = pl.DataFrame(
        {
            "symbol": ["A"] * 5,
            "timestamp": times,
            "open": opens,
            "high": opens + 3.0,
            "low": opens - 3.0,
            "close": opens + 1.0,
        }
    )
    trade = pl.DataFrame(
        {
            "symbol": ["A"],
            "direction": [1],
            "decision_time": [times[1]],
            "entry_time": [times[entry_bar]],
            "exit_time": [times[4]],
            "entry_price": [entry_price],
            "exit_price": [101.0],
        }
    )
    return audit_fills(trade, bars, Execution(slippage_bps=0.0), 1)


def _set_seconds(drawn: int) -> tuple[float, int]:
    """Seconds that the audit of a set of the demo's bars takes, and how many charts it drew."""
    with tempfile.TemporaryDirectory(prefix="quantsig-bench-") as folder:
        chart, label = ChartSpec(height=96, width=192), LabelSpec()
        samples = build_samples(demo_bars(), Path(folder) / "samples", chart=chart, label=label)
        began = time.perf_counter()
        audit_samples(samples, drawn=drawn)
        return time.perf_counter() - began, min(drawn, len(samples))
