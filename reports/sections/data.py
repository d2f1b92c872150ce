"""What the model was shown: symbols, spans, splits and rejected rows."""

from typing import Any

import polars as pl
from plotly.graph_objects import Bar

from quantsig.data.samples.store import SampleSet
from quantsig.data.splits import SPLITS, assign, doubts
from quantsig.reports import theme
from quantsig.reports.inputs import TEST, Inputs, by_day_covered
from quantsig.reports.numerals import count, day, names, share
from quantsig.reports.page import Column, Figure, Number, Section, Table, tabulate

MANY_SYMBOLS = 50
EXPLAINED = (
    "The splits are cut at times common to all symbols. A sample whose label reaches into the next "
    "split is left out, and so is one whose label is not known yet."
)

SPLIT_COLUMNS = {
    "split": Column(label="Split"),
    "from": Column(label="First decision", write=day, meaning="Day of the first sample, UTC"),
    "to": Column(label="Last decision", write=day, meaning="Day of the last sample, UTC"),
    "symbols": Column(label="Symbols", write=count, numeric=True),
    "samples": Column(label="Samples", write=count, numeric=True),
    "positives": Column(label="Positives", write=count, numeric=True),
    "base_rate": Column(
        label="Base rate", write=share, numeric=True, meaning="Positives over labelled samples"
    ),
}
SYMBOL_COLUMNS = {
    "symbol": Column(label="Symbol"),
    **{name: SPLIT_COLUMNS[name] for name in ("from", "to", "samples", "positives", "base_rate")},
}


def section(inputs: Inputs) -> Section:
    """Symbols, spans, splits, base rates and what was set aside."""
    rows = _rows(inputs)
    if rows is None or rows.is_empty():
        return Section(
            title="Data",
            missing="Neither the sample set nor predictions of this run can be opened.",
        )
    splits = _summary(rows, "split").sort(pl.col("split").cast(pl.Enum(SPLITS)))
    symbols = _summary(rows, "symbol").sort("symbol")
    return Section(
        title="Data",
        warnings=_warnings(inputs.samples),
        paragraphs=(EXPLAINED, *_origin(inputs.samples)),
        numbers=_numbers(rows, inputs.samples),
        figures=(_timeline(splits),) if splits["from"].count() else (),
        tables=(
            tabulate("Splits", splits, SPLIT_COLUMNS, limit=len(SPLITS), sortable=False),
            tabulate("Symbols", symbols, SYMBOL_COLUMNS, limit=MANY_SYMBOLS, sortable=True),
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
        index = inputs.samples.index
        rows = index.with_columns(assign(index, inputs.run.splits)).drop_nulls("split")
        rows = by_day_covered(rows) if inputs.daily else rows
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


def _warnings(samples: SampleSet | None) -> tuple[str, ...]:
    if samples is None:
        return (
            "The sample set cannot be opened any more: training rows and rejected rows are "
            "not shown.",
        )
    large, short = (
        samples.manifest["large_windows"],
        samples.manifest["left_out"]["symbols_too_short"],
    )
    found = {
        f"One chart takes more than a quarter of the bars of {names(large)}.": large,
        f"Left out, with too few bars for one chart: {names(short)}.": short,
        **{f"{doubt[0].upper()}{doubt[1:]}": [doubt] for doubt in doubts(samples.index)},
    }
    return tuple(sentence for sentence, symbols in found.items() if symbols)


def _origin(samples: SampleSet | None) -> tuple[str, ...]:
    """That pictures and labels were imported, where they were."""
    if samples is None or samples.manifest["storage"] != "frames":
        return ()
    rejected = len(samples.manifest.get("rejected", ()))
    return (
        f"The samples were imported: {count(len(samples))} pictures with their labels, as they "
        f"were found in files; {count(rejected)} files were rejected.",
    )


def _numbers(rows: pl.DataFrame, samples: SampleSet | None) -> tuple[Number, ...]:
    first, last = rows["decision_time"].min(), rows["decision_time"].max()
    left_out = len(samples) - rows.height if samples else None
    rejected = sum(samples.manifest["quarantined"].values()) if samples else None
    return (
        Number(
            label="Samples",
            value=count(rows.height),
            meaning="Decisions with a chart and a known label, over all splits shown.",
            beside=f"{count(left_out)} left out" if left_out else "",
        ),
        Number(
            label="Symbols",
            value=count(rows["symbol"].n_unique()),
            meaning="Different symbols among the samples.",
            beside=names(rows["symbol"].unique().sort(), limit=5),
        ),
        Number(
            label="Span",
            value=day(first),  # type: ignore[arg-type]
            meaning="First and last decision, UTC.",
            beside=f"to {day(last)}",  # type: ignore[arg-type]
        ),
        Number(
            label="Rejected rows",
            value=count(rejected),
            meaning="Rows of bars set aside by a rule when the sample set was built.",
        ),
    )


def _rejected(samples: SampleSet | None) -> tuple[Table, ...]:
    if samples is None:
        return ()
    rules = samples.manifest["quarantined"]
    columns = (Column(label="Rule"), Column(label="Rows", write=count, numeric=True))
    note = "" if rules else "No row of bars broke a rule."
    return (Table(title="Rejected rows", columns=columns, rows=tuple(rules.items()), note=note),)


def _timeline(splits: pl.DataFrame) -> Figure:
    traces = [_stretch(row) for row in splits.iter_rows(named=True)]
    return Figure(
        name="timeline",
        title="Splits in time",
        drawing=theme.draw(
            *traces,
            x={"type": "date"},
            y={"autorange": "reversed", "showgrid": False, "ticks": ""},
            height_px=60 + 38 * splits.height,
            barmode="overlay",
            bargap=0.35,
            showlegend=False,
        ),
        meaning="Each bar spans the decisions of one split.",
        wide=True,
    )


def _stretch(row: dict[str, Any]) -> Bar:
    milliseconds = (row["to"] - row["from"]).total_seconds() * 1000
    label = f"{count(row['samples'])} samples, base rate {share(row['base_rate'])}"
    return Bar(
        orientation="h",
        y=[row["split"]],
        base=[row["from"].isoformat()],
        x=[milliseconds],
        marker={"color": theme.SPLIT_COLOURS[row["split"]], "cornerradius": 4},
        hovertemplate=f"{day(row['from'])} to {day(row['to'])}<br>{label}<extra></extra>",
    )
