"""What a model of sequences can be told of each bar. To add a set: a file here, a line in FEATURES.

A set is handed windows that end at the decision bar, and nothing after it.
"""

from dataclasses import dataclass

from quantsig.data.deferred import Deferred

HERE = "quantsig.data.sequences.features"


@dataclass(frozen=True, kw_only=True, slots=True)
class FeatureSet:
    """Numbers that are told of every bar of a window.

    Attributes:
        names: of the channels, in order.
        values: `values(windows, times_us, out)` gets windows (B, M, 6) of open, high, low, close,
            volume and adjustment, all but the last adjusted to the decision bar and the last over
            that of the decision bar, and the closes (B, M) of these bars in microseconds since the
            epoch; it fills `out` (B, len(names), N) float32, the newest bar last, where
            M = N + bars_before.
        bars_before: bars before the first of the N that its numbers take.
        plain: whether the channels go by their names alone, without that of the set.
    """

    names: tuple[str, ...]
    values: Deferred
    bars_before: int = 0
    plain: bool = False


def _in(name: str) -> Deferred:
    return Deferred(f"{HERE}.{name}", "values")


SCALED = "scaled"  # the set that models of bars read where nothing else is asked for

FEATURES: dict[str, FeatureSet] = {
    SCALED: FeatureSet(
        names=("open", "high", "low", "close", "volume"), values=_in("scaled"), plain=True
    ),
    "moves": FeatureSet(
        names=(
            *("open", "high", "low", "close", "adjusted"),
            *("mean5", "mean10", "mean15", "mean20", "mean25", "mean30"),
        ),
        values=_in("moves"),
        bars_before=29,
    ),
    "returns": FeatureSet(names=("close", "gap", "range"), values=_in("returns"), bars_before=1),
    "calendar": FeatureSet(
        names=("day_sin", "day_cos", "week_sin", "week_cos", "year_sin", "year_cos"),
        values=_in("calendar"),
    ),
}
