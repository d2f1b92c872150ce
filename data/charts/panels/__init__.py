"""The panels a chart can show. To add one: a file here and a line in PANELS.

A panel turns windows of bars into integer column extents: in plane p and column x the pixels
`top <= y < bottom` are set, y counted from the top. It is handed only bars up to the decision.
"""

from quantsig.data.charts.panels import candles, jkx, trend, volume
from quantsig.data.charts.panels.panel import Panel

PANELS: dict[str, Panel] = {
    "candles": Panel(planes=("up", "down", "wicks"), extents=candles.extents),
    "volume": Panel(planes=("up", "down", "average"), extents=volume.extents),
    "trend": Panel(planes=("fast", "slow", "band"), extents=trend.extents),
    "jkx": Panel(planes=("bars", "average", "volume"), extents=jkx.extents),
}
