"""Bars and sample sets, in Python."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantsig.data.progress import Progress, silent
from quantsig.data.tasks.workers import HERE, Workers
from quantsig.settings_tree import settings_given

if TYPE_CHECKING:
    from quantsig.data.bars import CheckedBars
    from quantsig.data.news.table import NewsItems
    from quantsig.data.samples.store import SampleSet


def read_bars(source: object, *, quarantine: bool = False, **reading: Any) -> "CheckedBars":
    """Read bars from a file, a folder or a frame, and check every rule that bars keep.

    Args:
        source: a path, an address such as s3://bucket/bars.parquet, or a frame of polars, pandas,
            pyarrow, DuckDB or whatever speaks Arrow, a row per bar.
        quarantine: set rows that break a rule aside instead of refusing.
        reading: how the source writes its bars, as `timezone="America/New_York"`,
            `interval="5m"`, `bar_label="close"`; see `data.reading.options.ReadOptions`.

    Raises:
        DataError: the source is missing, empty, no bars, or a row breaks a rule.
        ConfigError: an option is unknown or makes no sense.
        IntegrityError: a file is damaged.
    """
    from quantsig.data import readers

    options = settings_given({f"bars.{name}": value for name, value in reading.items()}).bars
    if isinstance(source, (str, Path)):
        return readers.read_bars(Path(source), options, quarantine=quarantine)
    return readers.read_frame(source, options, quarantine=quarantine)


def read_news(
    source: str | Path, bars: "CheckedBars", *, like: "SampleSet | None" = None, **reading: Any
) -> "NewsItems":
    """Read a CSV, Parquet or JSON file of news that go with some bars.

    Args:
        source: with `timestamp` (or `date`), `symbol` (empty: the whole market) and `text`.
        bars: of `read_bars`.
        like: samples whose zone and delay of news hold where none is given, as those of a run.
        reading: how it is read, as `timezone="America/New_York"`, `delay="15m"`,
            `embeddings="vectors.npy"`; see `data.news.options.NewsOptions`.

    Raises:
        DataError: it is missing, a column is missing, or no item counts.
        ConfigError: an option is unknown or makes no sense.
    """
    from quantsig.data.news.options import asked_options
    from quantsig.data.news.table import read_news as read

    if reading.get("embeddings") is not None:
        reading["embeddings"] = Path(reading["embeddings"])
    options = asked_options(reading, like.manifest.news if like else None)
    return read(Path(source), bars, options)


def build_samples(
    bars: "CheckedBars",
    out: str | Path,
    *,
    preset: str | None = None,
    label: str | None = None,
    horizon_bars: int | None = None,
    stride_bars: int | None = None,
    news: "NewsItems | None" = None,
    settings: Mapping[str, Any] | None = None,
    force: bool = False,
    on: Workers = HERE,
    progress: Progress = silent,
) -> "SampleSet":
    """Draw the charts of bars and label them; cut short, the same call goes on from there.

    Args:
        bars: of `read_bars`.
        out: the folder to write.
        preset: charts to draw; None: by the interval of the bars.
        label: what to foresee, as `rise`.
        horizon_bars: bars from the entry to the exit.
        stride_bars: bars from one decision to the next.
        news: of `read_news`, for models that read some.
        settings: more of `samples` and `label` by dotted name, as `label.rise_fraction`.
        force: replace what is there.
        on: where pieces are written, and how many at once; it changes nothing of the set.
        progress: told of finished pieces.

    Raises:
        DataError: no symbol is long enough for the charts.
        ConfigError: a setting is unknown or makes no sense.
        UsageError: `out` exists and `force` is not set.
    """
    from quantsig.data.samples.build import BuildJob
    from quantsig.data.samples.build import build_samples as build

    given = {
        "samples.preset": preset,
        "samples.stride_bars": stride_bars,
        "label.name": label,
        "label.horizon_bars": horizon_bars,
        **(settings or {}),
    }
    resolved = settings_given(given)
    return build(
        bars,
        Path(out),
        chart=resolved.samples.chart_of(bars.interval),
        label=resolved.label,
        stride_bars=resolved.samples.stride_bars,
        job=BuildJob(force=force, on=on, progress=progress, news=news, splits=resolved.splits),
    )


def open_samples(path: str | Path) -> "SampleSet":
    """Open a sample set.

    Raises:
        DataError: there is none.
        IntegrityError: it is damaged.
    """
    from quantsig.data.samples.store import open_samples as opened

    return opened(Path(path))
