"""What is to be said of figures a year that come of a few sessions."""

from quantsig.backtest.messages import BacktestSentence
from quantsig.backtest.statistics.sessions import Sessions

FEWEST_SESSIONS = 20  # about a month; from fewer a year is hardly foreseen


def remarks_on_period(days: Sessions) -> tuple[str, ...]:
    """A sentence where the period is too short for annual figures; else nothing."""
    count = days.steps + 1
    if count >= FEWEST_SESSIONS:
        return ()
    return (BacktestSentence.FEW_SESSIONS(n=count),)
