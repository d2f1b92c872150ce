"""Reading bars from files, one or a folder of them, and from the frames of other libraries."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from quantsig.data.bars import CheckedBars, check_bars
from quantsig.data.calendar.intervals import DAY, interval_text
from quantsig.data.calendar.sessions import SessionCalendar, start_minutes
from quantsig.data.calendar.timestamps import (
    check_zone,
    closing_times,
    common_step,
    refuse_mixed_intervals,
    refuse_short_interval,
    rising,
    wall_clock,
)
from quantsig.data.checks.adjusting import adjust, parse_adjustment
from quantsig.data.checks.closed_bars import closed_bars
from quantsig.data.checks.overlaps import overlapping
from quantsig.data.errors import ConfigError, DataError, unknown_name
from quantsig.data.language.messages import chained, first_few, phrase, term
from quantsig.data.reading.arrow import open_frame
from quantsig.data.reading.joining import JoinedFiles, join_files
from quantsig.data.reading.opening import open_table, source_files
from quantsig.data.reading.options import ReadOptions
from quantsig.data.reading.source_calendar import UTC as UTC_ZONE
from quantsig.data.reading.source_calendar import source_calendar
from quantsig.data.reading.table_rows import RowOptions, SourceRows, read_rows
from quantsig.data.sources.layouts import layout_named
from quantsig.data.sources.qlib import is_qlib, open_qlib
from quantsig.data.storage.addresses import answering, found_at, is_remote
from quantsig.data.tables.layout import Layout
from quantsig.data.tables.table import SourceTable

BAR_LABELS = ("open", "close")
DECIMALS = (".", ",")
OPEN = "open"  # where neither the user nor the layout says another; the zone is UTC then
NAMED = 3  # files that a note lists


def read_bars(
    source: Path, options: ReadOptions, *, quarantine: bool = False, now: datetime | None = None
) -> CheckedBars:
    """Read bars and stamp each with its close in UTC.

    Args:
        source: a CSV, Parquet or Feather file, a zip or gz of one CSV, a folder of them, or one
            of qlib; at an address such as s3://bucket/bars CSV, Parquet and archives. A file
            without a symbol column holds the symbol it is named after. A file written by
            quantsig is taken as it is, whatever the options say of zone and label.
        options: how the source writes its bars.
        quarantine: set rows that break a rule aside instead of refusing.
        now: the time of the clock, which tells bars that are not finished; None: it is asked.

    Raises:
        DataError: the source is missing, empty, not bars, or a row breaks a rule.
        ConfigError: an option makes no sense.
        IntegrityError: a Parquet or Feather file is damaged.
        ResourceError: an archive unpacks to far more than bars would, or a store of objects does
            not answer or let in.
    """
    stated = _check(options)
    notes: list[str] = []
    tables: Iterable[SourceTable]
    with answering(source):
        place = found_at(source)
        if not is_remote(place) and is_qlib(place):
            tables = open_qlib(place)
        else:
            files = source_files(place, stated)
            notes = [f"not read: {first_few(files.left, NAMED)}"] if files.left else []
            tables = (
                open_table(path, layout=stated, encoding=options.encoding) for path in files.read
            )
        return _read(tables, options, str(place), notes, quarantine=quarantine, now=now)


def read_frame(
    frame: object,
    options: ReadOptions | None = None,
    *,
    quarantine: bool = False,
    now: datetime | None = None,
) -> CheckedBars:
    """Read bars from a frame of polars, pandas, pyarrow, DuckDB or whatever speaks Arrow.

    Args:
        frame: a row per bar, its columns named as in a file; a pandas index is a column. Two
            levels of column names, price and ticker, are a column per price and ticker. Without
            a symbol column the symbol is that of the options, else "frame".
        options: how the source writes its bars; None: as they are by default.
        quarantine: set rows that break a rule aside instead of refusing.
        now: the time of the clock; None: it is asked.

    Raises:
        DataError: no frame of bars, or a row breaks a rule.
        ConfigError: an option makes no sense.
    """
    options = options or ReadOptions()
    stated = _check(options)
    table = open_frame(frame)
    table = replace(table, layout=stated or table.layout)
    return _read([table], options, "the frame", [], quarantine=quarantine, now=now)


def _read(
    tables: Iterable[SourceTable],
    options: ReadOptions,
    where: str,
    notes: list[str],
    *,
    quarantine: bool,
    now: datetime | None,
) -> CheckedBars:
    rules = RowOptions(
        symbol=options.symbol,
        sort=options.sort,
        decimal=options.decimal,
        day_first=options.day_first,
        quarantine=quarantine,
    )
    read = [read_rows(table, rules) for table in tables]
    joined = join_files(read, join=options.join)
    del read
    sources = joined.sources
    _refuse_shared_symbols(joined)
    _refuse_partial_volume(sources)
    resolved = _resolved(options, sources)
    interval, few = _interval(sources, resolved, where=where)
    rows = pl.concat([_stamped(part, resolved, interval) for part in sources], how="diagonal")
    if (options.sort or joined.pieces) and not rising(rows):
        rows = rows.sort("symbol", "timestamp", maintain_order=True)
    whole = closed_bars(rows, now or datetime.now(UTC), drop=options.drop_unfinished)
    checked = check_bars(
        whole.rows.with_columns(_overlaps(whole.rows, sources, resolved, interval)),
        quarantine=quarantine,
        interval=interval,
    )
    if few:
        sentence = phrase(
            "a few bars only, taken to be of {interval}: {names}",
            interval=interval_text(interval),
            names=first_few(few, NAMED),
        )
        notes = [*notes, sentence]
    said = (*notes, *_layouts(sources, options), *_file_notes(sources), *joined.notes)
    calendar = source_calendar(
        checked,
        timezone=resolved.timezone or UTC_ZONE,
        bar_label=resolved.bar_label or OPEN,
        session_start=resolved.session_start,
        kept=_kept_calendar(sources),
    )
    return replace(
        checked,
        bars=adjust(checked.bars, calendar, [parse_adjustment(text) for text in options.adjust]),
        calendar=calendar,
        notes=(*said, *whole.notes, *checked.notes),
    )


def _check(options: ReadOptions) -> Layout | None:
    """Refuse options that make no sense; the layout that they name."""
    if options.timezone is not None:
        check_zone(options.timezone)
    if options.bar_label is not None and options.bar_label not in BAR_LABELS:
        raise unknown_name("bar label", options.bar_label, BAR_LABELS, where="bar_label")
    if options.decimal is not None and options.decimal not in DECIMALS:
        raise unknown_name("decimal sign", options.decimal, DECIMALS, where="bars.decimal")
    if options.session_start is not None:
        start_minutes(options.session_start)
    if options.interval is not None and options.interval <= timedelta():
        raise ConfigError(
            phrase("an interval of {interval} makes no sense.", interval=options.interval),
            where="interval",
            remedy="Give the time one bar covers, such as 1 minute or 1 day.",
        )
    for text in options.adjust:
        parse_adjustment(text)
    return None if options.layout is None else layout_named(options.layout)


def _resolved(options: ReadOptions, sources: Sequence[SourceRows]) -> ReadOptions:
    """The options with zone and label as the user states them, else as the layout has them."""
    zone = options.timezone or _of_all(sources, "timezone", UTC_ZONE)
    label = options.bar_label or _of_all(sources, "bar_label", OPEN)
    assert label in BAR_LABELS
    return replace(options, timezone=zone, bar_label="open" if label == OPEN else "close")


def _of_all(sources: Sequence[SourceRows], field: str, default: str) -> str:
    """What the layouts of all files say of zone or label.

    Raises:
        DataError: they do not agree.
    """
    said: dict[str, Path] = {}
    for source in sources:
        value = getattr(source.layout, field, None) if source.layout else None
        if not source.canonical:
            said.setdefault(value or default, source.path)
    if len(said) > 1:
        (one, path), (other, another) = list(said.items())[:2]
        raise DataError(
            phrase(
                "files of different sources: the {field} is {one} in one, {other} in another.",
                field=field,
                one=one,
                other=other,
            ),
            where=phrase("{one} and {other}", one=path, other=another),
            remedy=phrase(
                "Read them apart, or state the one of all: --{field} {one}",
                field=field.replace("_", "-"),
                one=one,
            ),
        )
    return next(iter(said), default)


def _kept_calendar(sources: Sequence[SourceRows]) -> SessionCalendar | None:
    """What files of ours say of their sessions, where all say the same."""
    first = sources[0].calendar
    return first if all(source.calendar == first for source in sources) else None


def _refuse_shared_symbols(joined: JoinedFiles) -> None:
    first: dict[str, Path] = {}
    for source in joined.sources:
        piece = joined.pieces.get(source.path)
        for symbol in source.rows["symbol"].drop_nulls().unique(maintain_order=True):
            other = first.setdefault(symbol, source.path)
            if other != source.path and (piece is None or joined.pieces.get(other) != piece):
                raise DataError(
                    phrase("two files hold the symbol {symbol}.", symbol=symbol),
                    where=phrase("{one} and {other}", one=other, other=source.path),
                    remedy="Keep one of them, or join them into one file sorted by time.",
                )


def _refuse_partial_volume(sources: Sequence[SourceRows]) -> None:
    with_volume = [source.path for source in sources if "volume" in source.rows.columns]
    without = [source.path for source in sources if "volume" not in source.rows.columns]
    if with_volume and without:
        raise DataError(
            "some files have a volume column and some have none.",
            where=phrase("with: {one}; without: {other}", one=with_volume[0], other=without[0]),
            remedy="Read them apart, or remove the volume of the others.",
        )


def _interval(
    sources: Sequence[SourceRows], options: ReadOptions, *, where: str
) -> tuple[timedelta, list[str]]:
    """The interval given, else the most common step over all files, on the clock of the zone.

    Returns:
        The interval, and the symbols of too few bars to tell theirs, which get it, too.
    """
    zone = options.timezone or UTC_ZONE
    labels = pl.concat(
        source.rows.select("symbol", wall_clock(source.rows["timestamp"], zone))
        for source in sources
    )
    if options.interval is not None:
        if not any(part.dates_only for part in sources):
            refuse_short_interval(labels, options.interval, where=where)
        return options.interval, []
    interval = common_step(labels, where=where)
    if options.bar_label != OPEN:
        return interval, []
    return interval, refuse_mixed_intervals(labels, interval, where=where)


def _stamped(source: SourceRows, options: ReadOptions, interval: timedelta) -> pl.DataFrame:
    if source.canonical:
        return source.rows
    closes = closing_times(
        source.rows.select("symbol", "timestamp"),
        zone=options.timezone or UTC_ZONE,
        opens_for=interval if options.bar_label == OPEN else None,
        dates_only=source.dates_only,
    )
    return source.rows.with_columns(closes.alias("timestamp"))


def _overlaps(
    rows: pl.DataFrame, sources: Sequence[SourceRows], options: ReadOptions, interval: timedelta
) -> pl.Series:
    """Which rows overlap the one before, where the label tells when a bar begins."""
    if all(source.canonical for source in sources) or options.bar_label != OPEN:
        return pl.repeat(False, len(rows), dtype=pl.Boolean, eager=True).alias("overlaps")
    zone = options.timezone or UTC_ZONE
    if interval % DAY == timedelta():
        begins = wall_clock(rows["timestamp"], zone) - interval
    else:
        begins = wall_clock(rows["timestamp"] - interval, zone)
    return overlapping(rows.select("symbol", timestamp=begins), interval).alias("overlaps")


def _layouts(sources: Sequence[SourceRows], options: ReadOptions) -> list[str]:
    """Which layouts were taken, and what they say of zone and label."""
    found = {source.layout.name: source.layout for source in sources if source.layout}
    return [_said_of(layout, options) for layout in found.values()]


def _said_of(layout: Layout, options: ReadOptions) -> str:
    zone = options.timezone or layout.timezone
    label = options.bar_label or layout.bar_label
    parts = [
        term(layout.about),
        phrase("times of {zone}", zone=zone) if zone else "",
        phrase("labelled by the {label}", label=label) if label else "",
        term(layout.remark),
    ]
    said = chained("{one}; {other}", [part for part in parts if part])
    return phrase("layout {name}: {said}", name=layout.name, said=said)


def _file_notes(sources: Sequence[SourceRows]) -> list[str]:
    """What is to be said of files, once for all files of which the same is said."""
    of: dict[str, list[str]] = {}
    for source in sources:
        for sentence in source.notes:
            of.setdefault(sentence, []).append(source.path.name)
    return [
        phrase("{files}: {sentence}", files=first_few(names, NAMED), sentence=term(sentence))
        for sentence, names in of.items()
    ]
