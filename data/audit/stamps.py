"""Whether the bars of a source were read as stamped with their close, but name their open."""

from datetime import timedelta

import polars as pl

from quantsig.data.audit.finding import AuditCheck, AuditFinding
from quantsig.data.audit.messages import AuditSentence
from quantsig.data.calendar.intervals import interval_text
from quantsig.data.calendar.sessions import SessionCalendar

HALF_HOUR = timedelta(minutes=30)
LEAST_BREAKS, MOST_SHARE = 10, 0.8


def audit_stamps(bars: pl.DataFrame, interval: timedelta, calendar: SessionCalendar) -> AuditCheck:
    """Look at the bars beside the breaks of trading.

    Sessions begin and end at full or half hours. Where the first bar after a break is stamped so
    and the last one before it is not, stamps name the open.

    Args:
        bars: symbol and timestamp, sorted by both.
        interval: from bar to bar.
        calendar: whose clock the source goes by.
    """
    breaks = bars.select(
        "timestamp",
        before=pl.col("timestamp").shift(),
        apart=pl.col("timestamp").diff() > 1.5 * interval,
        same=pl.col("symbol") == pl.col("symbol").shift(),
    ).filter("same", "apart")
    if interval >= HALF_HOUR or len(breaks) < LEAST_BREAKS:
        return AuditCheck(
            name="stamps",
            missing=AuditSentence.TOO_FEW_BREAKS(n=len(breaks), interval=interval_text(interval)),
        )
    zone = calendar.timezone or "UTC"
    on_time = {
        name: pl.col(name).dt.convert_time_zone(zone).dt.minute() % 30 == 0
        for name in ("timestamp", "before")
    }
    opens = breaks.filter(on_time["timestamp"] & ~on_time["before"])
    share = len(opens) / len(breaks)
    found: tuple[AuditFinding, ...] = ()
    if share >= MOST_SHARE:
        first = opens["timestamp"].dt.convert_time_zone(zone)[0]
        sentence = AuditSentence.OPEN_STAMPS(share=share, first=f"{first:%H:%M}")
        found = (AuditFinding(sentence=sentence, feature="timestamp", first=str(first)),)
    return AuditCheck(name="stamps", examined=len(breaks), findings=found)
