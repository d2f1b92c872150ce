"""What the model was shown: symbols, spans, gaps, splits, rejected rows and one sample drawn."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.charts.picture import RED_UP, SAFE, as_planes, in_words, sample_picture
from quantsig.data.charts.png import png_bytes
from quantsig.data.checks.sanity import Findings
from quantsig.data.errors import QuantsigError
from quantsig.data.language.saying import Said, enumerate_words, join, retell, say, word
from quantsig.data.news.record import TFIDF
from quantsig.data.reading.source_calendar import calendar_remarks
from quantsig.data.samples.store import SampleSet
from quantsig.data.split_spec import SPLITS
from quantsig.data.splits import doubts
from quantsig.reports.figures.signals.bar_coverage import coverage
from quantsig.reports.figures.signals.split_timeline import balance, timeline
from quantsig.reports.inputs import TEST, Inputs, by_session
from quantsig.reports.page.content import Column, Figure, Number, Picture, Section, Table, tabulate
from quantsig.reports.page.numerals import count, day, moment, names, number, share

MANY_SYMBOLS = 50
MOST_BARS = 5_000_000  # read for their gaps
TOLD = ("sample_id", "symbol", "decision_time", "label")  # columns of the index
EXPLAINED = (
    "The splits are cut at times common to all symbols. A sample whose label reaches into the next "
    "split is left out, and so is one whose label is not known yet."
)

ODD = {  # by the kinds of `data/checks/sanity.py`
    "split": "Jumps near a whole ratio, as of splits without an adjustment: {n}, at {names}. "
    "Returns across them are not real.",
    "quiet": "Jumps of the price alone, without the range and volume that news brings: {n}, at "
    "{names}. Perhaps rolls, spin-offs or large dividends without an adjustment.",
    "jump": "Jumps between sessions that volatility does not explain: {n}, at {names}. News, or a "
    "roll or split without an adjustment.",
    "sparse": "Long runs of bars at a multiple of the interval: {n}, from {names}. Bars of two "
    "intervals may be mixed.",
    "far_year": "A few bars are years away from the rest: {n}, at {names}. Times may be wrong.",
}

SPLIT_COLUMNS = {
    "split": Column(label="Split", write=word),
    "from": Column(label="First decision", write=day, meaning="Session of the first sample."),
    "to": Column(label="Last decision", write=day, meaning="Session of the last sample."),
    "symbols": Column(label="Symbols", write=count, numeric=True),
    "samples": Column(label="Samples", write=count, numeric=True),
    "positives": Column(
        label="Positives",
        write=count,
        numeric=True,
        meaning="Labelled samples in which the event happened.",
    ),
    "base_rate": Column(
        label="Base rate", write=share, numeric=True, meaning="Positives over labelled samples."
    ),
}
SYMBOL_COLUMNS = {
    "symbol": Column(label="Symbol"),
    **{name: SPLIT_COLUMNS[name] for name in ("from", "to", "samples", "positives", "base_rate")},
    "bars": Column(label="Bars", write=count, numeric=True, meaning="Stored bars of the symbol."),
    "missing": Column(
        label="Missing bars",
        write=count,
        numeric=True,
        meaning="Times between the symbol's first and last bar at which another symbol has a bar "
        "and this one has none.",
    ),
    "longest_days": Column(
        label="Longest gap, days",
        write=lambda value: number(value, 1),
        numeric=True,
        meaning="Longest time between two bars of the symbol, in days of the calendar.",
    ),
}


def section(inputs: Inputs) -> Section:
    """Symbols, spans, splits, base rates and what was set aside."""
    rows = _rows(inputs)
    if rows is None or rows.is_empty():
        return Section(
            title="Data",
            missing="Neither the sample set nor predictions of this run can be opened.",
        )
    days = rows if inputs.daily else by_session(rows, inputs.calendar)
    splits = _summary(days, "split").sort(pl.col("split").cast(pl.Enum(SPLITS)))
    symbols = _with_bars(_summary(days, "symbol").sort("symbol"), inputs.samples)
    return Section(
        title="Data",
        warnings=_warnings(inputs.samples),
        paragraphs=(EXPLAINED, *_origin(inputs.samples), *_news(inputs.samples)),
        numbers=_numbers(days, inputs.samples, symbols),
        figures=_figures(inputs, days, splits),
        pictures=_sample(inputs, rows),
        tables=(
            tabulate("Splits", splits, SPLIT_COLUMNS, limit=len(SPLITS), sortable=False),
            tabulate("Symbols", symbols, SYMBOL_COLUMNS, limit=MANY_SYMBOLS),
            *_rejected(inputs.samples),
        ),
    )


def _rows(inputs: Inputs) -> pl.DataFrame | None:
    """A row per sample with its split and whether its event happened.

    What happened in the test split is null before that was opened.
    From the sample set, where it can still be opened; otherwise from the predictions, which
    know no training rows.
    """
    if inputs.samples is not None:
        split = inputs.samples.assigned(inputs.run.splits)
        rows = inputs.samples.index.select(TOLD).with_columns(split).drop_nulls("split")
        rows = by_session(rows, inputs.calendar) if inputs.daily else rows
    elif inputs.predictions is not None:
        rows = inputs.predictions
    else:
        return None
    happened = inputs.run.event.expression()
    visible = pl.lit(inputs.opened) | (pl.col("split") != TEST)
    return rows.with_columns(event=pl.when(visible).then(happened))


def _summary(rows: pl.DataFrame, key: str) -> pl.DataFrame:
    return rows.group_by(key).agg(
        pl.col("decision_time").min().alias("from"),
        pl.col("decision_time").max().alias("to"),
        pl.col("symbol").n_unique().alias("symbols"),
        pl.len().alias("samples"),
        pl.when(pl.col("event").count() > 0).then(pl.col("event").sum()).alias("positives"),
        pl.col("event").mean().alias("base_rate"),
    )


def _with_bars(symbols: pl.DataFrame, samples: SampleSet | None) -> pl.DataFrame:
    """The symbols with their bars and gaps, where the bars are at hand and not too many."""
    if samples is None or not 0 < samples.manifest.stored_bars <= MOST_BARS:
        return symbols
    try:
        return symbols.join(
            coverage(samples.closes), on="symbol", how="left", maintain_order="left"
        )
    except QuantsigError:
        return symbols


def _warnings(samples: SampleSet | None) -> tuple[str, ...]:
    if samples is None:
        return (
            "The sample set cannot be opened any more: training rows and rejected rows are "
            "not shown.",
        )
    large, short = (
        samples.manifest.large_windows,
        samples.manifest.left_out.symbols_too_short,
    )
    found = []
    if large:
        quarter = "One chart takes more than a quarter of the bars of {names}."
        found.append(say(quarter, names=names(large)))
    if short:
        found.append(say("Left out, with too few bars for one chart: {names}.", names=names(short)))
    found += _odd(samples.manifest.findings)
    remarks = calendar_remarks(
        samples.calendar, samples.manifest.interval_seconds, samples.index["decision_time"]
    )
    told = (retell(doubt, whole=True) for doubt in (*remarks, *doubts(samples.index)))
    return (*found, *told)


def _odd(findings: Findings | None) -> list[Said]:
    """What whole series of bars show, a sentence for each kind."""
    kept = findings or Findings()
    return [
        say(
            ODD[kind],
            n=count(number_found),
            names=names((f"{one.symbol} {one.day}" for one in kept.of(kind)), limit=5),
        )
        for kind, number_found in kept.counts.items()
    ]


def _origin(samples: SampleSet | None) -> tuple[str, ...]:
    """That pictures and labels were imported, where they were."""
    if samples is None or samples.drawn or not samples.pictured:
        return ()
    return (
        say(
            "The samples were imported: {n} pictures with their labels, as they were found in "
            "files; {rejected} files were rejected.",
            n=count(len(samples)),
            rejected=count(len(samples.manifest.rejected)),
        ),
    )


def _news(samples: SampleSet | None) -> tuple[str, ...]:
    """What is known of the news, where there are some."""
    news = None if samples is None else samples.manifest.news
    if news is None:
        return ()
    first, newest = (datetime.fromisoformat(time) for time in (news.first, news.newest))
    said = say(
        "{n} items of news of {source} go with the bars, known from {first} to {newest}, {rate} a "
        "day.",
        n=count(news.rows),
        source=news.source,
        first=day(first),
        newest=day(newest),
        rate=number(news.rows / max((newest - first) / timedelta(days=1), 1.0), 1),
    )
    if news.embedded == TFIDF:
        return (
            said,
            say(
                "Their vectors were learnt from the texts before the training split ends, by words."
            ),
        )
    return (said, say("Their vectors are those of {model}.", model=news.model or word("a matrix")))


def _numbers(
    rows: pl.DataFrame, samples: SampleSet | None, symbols: pl.DataFrame
) -> tuple[Number, ...]:
    first: Any = rows["decision_time"].min()
    last: Any = rows["decision_time"].max()
    left_out = len(samples) - rows.height if samples else None
    rejected = sum(samples.manifest.quarantined.values()) if samples else None
    return (
        Number(
            label="Samples",
            value=count(rows.height),
            meaning="Decisions with a chart and a known label, over all splits shown.",
            beside=say("{n} left out", n=count(left_out)) if left_out else "",
        ),
        Number(
            label="Symbols",
            value=count(rows["symbol"].n_unique()),
            meaning="Different symbols among the samples.",
            beside=names(rows["symbol"].unique().sort(), limit=5),
        ),
        Number(
            label="Span",
            value=day(first),
            meaning="Sessions of the first and the last decision.",
            beside=say("to {day}", day=day(last)),
        ),
        Number(
            label="Rejected rows",
            value=count(rejected),
            meaning="Rows of bars set aside by a rule when the sample set was built.",
        ),
        *_missing_bars(symbols),
    )


def _missing_bars(symbols: pl.DataFrame) -> tuple[Number, ...]:
    if "missing" not in symbols.columns or symbols.height < 2:
        return ()
    missing, bars = (sum(symbols[name].drop_nulls().to_list()) for name in ("missing", "bars"))
    return (
        Number(
            label="Missing bars",
            value=count(missing),
            meaning="Times between a symbol's first and last bar at which another symbol has a bar "
            "and this one has none. No gap is ever filled.",
            beside=say("of {n}", n=count(missing + bars)),
        ),
    )


def _rejected(samples: SampleSet | None) -> tuple[Table, ...]:
    if samples is None:
        return ()
    rules = samples.manifest.quarantined
    columns = (
        Column(label="Rule", write=word, name="rule"),
        Column(label="Rows", write=count, numeric=True, name="rows"),
    )
    note = "" if rules else "No row of bars broke a rule."
    return (Table(title="Rejected rows", columns=columns, rows=tuple(rules.items()), note=note),)


def _figures(inputs: Inputs, rows: pl.DataFrame, splits: pl.DataFrame) -> tuple[Figure, ...]:
    if not splits["from"].count():
        return ()
    found = (timeline(splits, _purged(inputs)), balance(rows))
    return tuple(figure for figure in found if figure is not None)


def _purged(inputs: Inputs) -> pl.DataFrame:
    """A row per cut: the labelled decisions before it that were left out."""
    nothing = pl.DataFrame(schema={"from": pl.Datetime, "to": pl.Datetime, "samples": pl.UInt32})
    if inputs.samples is None or not inputs.samples.timed:
        return nothing
    index, spec = inputs.samples.index, inputs.run.splits
    left_out = index.filter(inputs.samples.assigned(spec).is_null(), pl.col("label").is_not_null())
    cuts = pl.Series(inputs.samples.cut_times(spec), dtype=index["decision_time"].dtype)
    before = cuts.search_sorted(left_out["decision_time"])
    left_out = by_session(left_out, inputs.calendar)
    return (
        left_out.group_by(before.alias("cut"))
        .agg(
            pl.col("decision_time").min().alias("from"),
            pl.col("decision_time").max().alias("to"),
            pl.len().alias("samples"),
        )
        .sort("cut")
        .drop("cut")
    )


def _sample(inputs: Inputs, rows: pl.DataFrame) -> tuple[Picture, ...]:
    """The last sample before the test split in which the event happened, as the model sees it."""
    samples = inputs.samples
    if (
        samples is None
        or not samples.pictured
        or (samples.drawn and not samples.manifest.stored_bars)
    ):
        return ()
    shown = rows.filter(pl.col("split") != TEST)
    events = shown.filter("event")
    if shown.is_empty():
        return ()
    row = (events if events.height else shown).row(-1, named=True)
    try:
        (pixels,) = samples.few(np.array([row["sample_id"]])).read(np.arange(1))
    except QuantsigError:
        return ()
    named = as_planes(pixels, samples.manifest.planes or ())
    planes = np.stack(list(named.values()))
    coloured = any(name.startswith("candles") for name in named)
    pictures = [
        png_bytes(
            sample_picture(
                planes,
                list(named),
                title=None,
                composite=coloured,
                sheet=not coloured,
                market=market,
            )
        )
        for market in ((SAFE, RED_UP) if coloured else (SAFE,))
    ]
    return (
        Picture(
            title="One sample as the model sees it",
            png=pictures[0],
            red_up=pictures[1] if coloured else None,
            meaning=join(
                say(
                    "Sample {number}: {symbol}, decided at {moment} UTC. Bars up to the decision, "
                    "each timeframe beside the other, prices scaled inside the window.",
                    number=row["sample_id"],
                    symbol=row["symbol"],
                    moment=(day if inputs.daily else moment)(row["decision_time"]),
                ),
                *(_colours(planes, list(named)) if coloured else ()),
            ),
            wide=True,
        ),
    )


def _colours(planes: NDArray[Any], names: list[str]) -> list[str]:
    """What a picture of coloured candles shows, a sentence each."""
    each = dict.fromkeys(name.partition("@")[2] for name in names if name.startswith("candles"))
    numbers = say(
        "Base bars a candle, the large chart first, then down the columns: {numbers}.",
        numbers=enumerate_words(list(each)),
    )
    return [numbers, *in_words(planes, names)]
