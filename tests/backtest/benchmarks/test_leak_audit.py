"""The leaks that are planted are found, on the demo's bars as the benchmark counts them."""

from quantsig.backtest.benchmarks.leak_audit import measure
from quantsig.data.benchmarks.scale import QUICK


def test_ten_of_ten_leaks_are_found_and_no_feature_is_accused() -> None:
    """As RELIABILITY.md says."""
    measured = measure(QUICK)
    assert measured.figures["leaks_found"] == measured.details["leaks_planted"] == 10
    assert measured.figures["causal_alarms"] == 0
    assert measured.details["causal"] == 50
