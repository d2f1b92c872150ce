"""What a sample set of bars says of itself before its files are written."""

from collections.abc import Mapping
from dataclasses import replace

from quantsig.data.bars import CheckedBars
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.charts.version import DRAWING_VERSION
from quantsig.data.samples.index import SampleRule
from quantsig.data.samples.manifest import Manifest, Omissions

LARGE_WINDOW_SHARE = 0.25  # of a symbol's bars; a window that takes more is reported


def described(checked: CheckedBars, chart: ChartSpec, rule: SampleRule) -> Manifest:
    """What bars, chart and rule say; symbols, samples and files are not counted yet."""
    return Manifest(
        storage="bars",
        drawing_version=DRAWING_VERSION,
        chart=chart,
        planes=tuple(chart.planes),
        history_bars=rule.history_bars,
        label=rule.label,
        stride_bars=rule.stride_bars,
        interval_seconds=checked.interval.total_seconds(),
        has_volume=checked.has_volume,
        calendar=checked.calendar,
        sources=tuple(checked.sources),
        source_notes=tuple(map(str, checked.notes)),
        quarantined=quarantined(checked),
        symbols=(),
        left_out=Omissions(),
        large_windows=(),
        samples=0,
        labelled=0,
        files={},
    )


def with_symbols(manifest: Manifest, bars: Mapping[str, int]) -> Manifest:
    """The manifest with its symbols, of which so many bars are stored."""
    least = manifest.history_bars or 0
    return replace(
        manifest,
        symbols=tuple(name for name, n in bars.items() if n >= least),
        left_out=Omissions(
            symbols_too_short={name: n for name, n in bars.items() if n < least},
            bars_before_first_window=sum(min(n, least - 1) for n in bars.values()),
        ),
        large_windows=tuple(
            name for name, n in bars.items() if n >= least > LARGE_WINDOW_SHARE * n
        ),
    )


def quarantined(checked: CheckedBars) -> dict[str, int]:
    """Rows set aside, by rule."""
    return dict(checked.rejected.group_by("rule").len().sort("rule").iter_rows())
