"""The panels a chart can show. To add one: a file here and a line in PANELS.

A panel turns windows of bars into integer column extents: in plane p and column x the pixels
`top <= y < bottom` are set, y counted from the top. It is handed only bars up to the decision.
"""

from dataclasses import dataclass

from quantsig.data.deferred import Deferred

HERE = "quantsig.data.charts.panels"


@dataclass(frozen=True, kw_only=True, slots=True)
class Panel:
    """Names of a panel's planes, and the function that fills their extents.

    `extents(windows, geometry, out)` gets windows (B, M, 5) that end at the decision bar and
    fills `out` (B, len(planes), 2, W), which comes zeroed: an empty column has top = bottom.
    """

    planes: tuple[str, ...]
    extents: Deferred


PANELS: dict[str, Panel] = {
    "candles": Panel(
        planes=("up", "down", "wicks"), extents=Deferred(f"{HERE}.candles", "extents")
    ),
    "volume": Panel(
        planes=("up", "down", "average"), extents=Deferred(f"{HERE}.volume", "extents")
    ),
    "trend": Panel(planes=("fast", "slow", "band"), extents=Deferred(f"{HERE}.trend", "extents")),
    "jkx": Panel(planes=("bars", "average", "volume"), extents=Deferred(f"{HERE}.jkx", "extents")),
}
