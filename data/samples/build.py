"""Build a sample set from checked bars: the bars once, and a small index row per sample."""

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data import files
from quantsig.data.bars import CheckedBars, adjusted, write_bars
from quantsig.data.charts.spec import DRAWING_VERSION, ChartSpec
from quantsig.data.errors import ConfigError, DataError
from quantsig.data.labels import Labelled, LabelSpec, Prices, make_labels
from quantsig.data.progress import Progress, silent
from quantsig.data.samples.store import BARS, INDEX, MANIFEST, SCHEMA, SampleSet, open_samples

LARGE_WINDOW_SHARE = 0.25  # of a symbol's bars; a window that takes more is reported


@dataclass(frozen=True, kw_only=True, slots=True)
class _SymbolBars:
    """Where one symbol's bars stand in the stored bars, and their adjusted prices."""

    name: str
    first_row: int
    frame: pl.DataFrame


def build_samples(
    checked: CheckedBars,
    out: Path,
    *,
    chart: ChartSpec,
    label: LabelSpec,
    stride_bars: int = 1,
    force: bool = False,
    progress: Progress = silent,
) -> SampleSet:
    """Write a sample set: one sample at every `stride_bars`-th bar that has enough history.

    Rows whose label is not known yet (the newest bars) are kept with a null label. Symbols too
    short for the window are left out and named in the manifest.

    Raises:
        DataError: no symbol is long enough.
        UsageError: `out` exists and `force` is not set.
    """
    if stride_bars < 1:
        raise ConfigError(
            f"a stride of {stride_bars} bars goes nowhere.",
            where="samples.stride_bars",
            remedy="Use 1 or more.",
        )
    chart.check_interval(checked.interval.total_seconds())
    files.refuse_existing(out, force=force)
    symbols = list(_by_symbol(checked.bars))
    usable = [symbol for symbol in symbols if len(symbol.frame) >= chart.history_bars]
    if not usable:
        raise _too_short(symbols, chart)
    parts = []
    for done, symbol in enumerate(usable):
        progress(done, len(usable))
        parts.append(_index_of(symbol, chart, label, stride_bars))
    progress(len(usable), len(usable))
    index = pl.concat(parts).with_row_index("sample_id")
    index = index.with_columns(pl.col("sample_id").cast(pl.Int64))
    with files.replacing_folder(out, force=force) as folder:
        write_bars(folder / BARS, checked.bars)
        files.write_parquet(folder / INDEX, index)
        manifest = _manifest(checked, symbols, index, chart, label, stride_bars)
        manifest["files"] = {
            name: {"sha256": files.sha256_of(folder / name), "rows": rows}
            for name, rows in ((BARS, len(checked.bars)), (INDEX, len(index)))
        }
        manifest["fingerprint"] = hashlib.sha256(files.to_json(manifest).encode()).hexdigest()
        files.write_json(folder / MANIFEST, manifest)
    return open_samples(out)


def _by_symbol(bars: pl.DataFrame) -> Iterator[_SymbolBars]:
    prices = adjusted(bars)
    first = 0
    for frame in prices.partition_by("symbol", maintain_order=True):
        yield _SymbolBars(name=frame["symbol"][0], first_row=first, frame=frame)
        first += len(frame)


def _index_of(
    symbol: _SymbolBars, chart: ChartSpec, label: LabelSpec, stride_bars: int
) -> pl.DataFrame:
    bars = symbol.frame
    prices = Prices(**{name: bars[name].to_numpy() for name in ("open", "high", "low", "close")})
    labelled = make_labels(prices, label)
    rows = np.arange(len(bars))
    rows = rows[(rows >= chart.history_bars - 1) & ((rows + 1) % stride_bars == 0)]
    times = bars["timestamp"]
    ends = pl.Series(labelled.end_bar[rows])
    return pl.DataFrame(
        {
            "symbol": pl.repeat(symbol.name, len(rows), eager=True),
            "decision_time": times.gather(rows),
            "window_start": times.gather(rows - chart.history_bars + 1),
            "label_end": times.gather(ends.replace(-1, None)),
            **_label_columns(labelled, rows),
            "direction": pl.repeat(label.direction, len(rows), dtype=pl.Int8, eager=True),
            "bar": rows + symbol.first_row,
        }
    )


def _label_columns(labelled: Labelled, rows: NDArray[np.int64]) -> dict[str, pl.Series]:
    known = {
        "forward_return": labelled.forward_return,
        "label": labelled.label,
        "stop": labelled.stop,
        "target": labelled.target,
    }
    return {name: pl.Series(name, values[rows], nan_to_null=True) for name, values in known.items()}


def _manifest(
    checked: CheckedBars,
    symbols: list[_SymbolBars],
    index: pl.DataFrame,
    chart: ChartSpec,
    label: LabelSpec,
    stride_bars: int,
) -> dict[str, Any]:
    bars = {symbol.name: len(symbol.frame) for symbol in symbols}
    history = chart.history_bars
    rejected = checked.rejected.group_by("rule").len().sort("rule")
    return {
        "schema": SCHEMA,
        "storage": "bars",
        "drawing_version": DRAWING_VERSION,
        "chart": chart.as_dict(),
        "planes": chart.planes,
        "history_bars": history,
        "label": asdict(label),
        "stride_bars": stride_bars,
        "interval_seconds": checked.interval.total_seconds(),
        "has_volume": checked.has_volume,
        "sources": checked.sources,
        "symbols": [name for name, count in bars.items() if count >= history],
        "samples": len(index),
        "labelled": index["label"].count(),
        "quarantined": dict(rejected.iter_rows()),
        "left_out": {
            "symbols_too_short": {name: n for name, n in bars.items() if n < history},
            "bars_before_first_window": sum(min(n, history - 1) for n in bars.values()),
        },
        "large_windows": [
            name for name, n in bars.items() if n >= history > LARGE_WINDOW_SHARE * n
        ],
    }


def _too_short(symbols: list[_SymbolBars], chart: ChartSpec) -> DataError:
    longest = max(symbols, key=lambda symbol: len(symbol.frame))
    return DataError(
        f"no symbol has the {chart.history_bars} bars that one chart needs.",
        where=f"the longest is {longest.name} with {len(longest.frame)} bars",
        remedy="Use more bars, fewer visible bars, or shorter timeframes.",
    )
