"""Numbers and texts of what becomes of signals and trades are those of the files of 0.1.0."""

from quantsig.backtest.trading.signal_status import ALWAYS_COUNTED, SignalStatus
from quantsig.data.barriers import ExitReason


def test_statuses_have_the_texts_of_stats_json() -> None:
    """In the order of their numbers."""
    assert [status.text for status in sorted(SignalStatus)] == [
        "traded",
        "position open",
        "no bar to fill",
        "price limit",
        "suspended",
        "no cash",
        "below one lot",
        "account bankrupt",
        "no stake",
        "other direction",
    ]
    assert [status.text for status in ALWAYS_COUNTED] == ["position open", "no bar to fill"]


def test_exit_reasons_have_the_texts_of_trades_parquet() -> None:
    """In the order of their numbers, without a gap, as a column is gathered by them."""
    assert [(int(reason), reason.text) for reason in ExitReason] == [
        (0, "time"),
        (1, "stop"),
        (2, "target"),
        (3, "end"),
        (4, "trailing stop"),
        (5, "margin call"),
        (6, "bankrupt"),
    ]
