"""The sections of the page that compares runs, each a function of all of them."""

import tomllib
from collections.abc import Sequence
from typing import Any

import polars as pl
from plotly.graph_objects import Scatter
from sklearn.metrics import average_precision_score, precision_recall_curve

from quantsig.backtest.record import StatsRecord
from quantsig.backtest.statistics.figure_table import FIGURES
from quantsig.data.language.saying import Said, say, word
from quantsig.reports.comparison.runs import COMPARED, ComparedRun, all_trials
from quantsig.reports.figures.backtest.equity_curves import overlaid
from quantsig.reports.figures.thinning import spread
from quantsig.reports.page import theme
from quantsig.reports.page.content import Column, Figure, Section, Table
from quantsig.reports.page.numerals import BY_UNIT, Value, count, day, number, share, yes_or_no
from quantsig.reports.sections.reproduce import flat
from quantsig.reports.sections.verdict import SKILL

CURVE_POINTS = 300
SIGNED = ("total_return", "annual_return", "sharpe", "expectancy")
ENDS = {"sharpe_low": "Sharpe, low", "sharpe_high": "Sharpe, high"}


def overview(runs: Sequence[ComparedRun]) -> Section:
    """Which runs, what each was judged on, and what to know before comparing them."""
    return Section(
        title="Runs",
        warnings=tuple(_warnings(runs)),
        paragraphs=(
            "Each run was judged by itself; nothing was computed anew for this page.",
            say(
                "The ledgers beside these runs hold {trials} strategies: the best of so many "
                "looks good by chance alone.",
                trials=count(all_trials(runs)),
            ),
        ),
        tables=(_judged(runs),),
    )


def figures(runs: Sequence[ComparedRun]) -> Section:
    """The figures of the backtests, a row a run."""
    traded = [run for run in runs if run.stats]
    if not traded:
        return Section(title="Figures", missing="None of these runs was backtested.")
    told = {name: FIGURES[name] for name in COMPARED if name in FIGURES}
    own = {name: (figure.label, BY_UNIT[figure.unit]) for name, figure in told.items()}
    ends = {name: (label, number) for name, label in ENDS.items()}
    columns: dict[str, tuple[str, Any]] = {name: {**own, **ends}[name] for name in COMPARED}
    columns |= {"deflated_sharpe": (SKILL, share), "trials": ("Trials", count)}
    return Section(
        title="Figures",
        paragraphs=(
            "After costs; what each figure is and how many rows it rests on stands in the report "
            "of the run.",
        ),
        tables=(
            Table(
                title="Figures of the backtests",
                columns=(
                    Column(label="Run", name="run"),
                    *(
                        Column(
                            label=label, write=write, numeric=True, name=name, signed=name in SIGNED
                        )
                        for name, (label, write) in columns.items()
                    ),
                ),
                rows=tuple((run.name, *(run.row[name] for name in columns)) for run in traded),
            ),
        ),
    )


def equity(runs: Sequence[ComparedRun]) -> Section:
    """The equity curves in one drawing."""
    curves = {
        run.name: run.inputs.equity
        for run in runs
        if run.inputs.equity is not None and not run.inputs.equity.is_empty()
    }
    if not curves:
        return Section(title="Equity", missing="None of these runs was backtested.")
    return Section(
        title="Equity",
        figures=(
            Figure(
                name="overlaid",
                title="What one unit of money became",
                drawing=overlaid(curves),
                meaning="Equity after the costs of each run, starting at 1 where its own period "
                "starts.",
                wide=True,
                log_axis="yaxis",
            ),
        ),
    )


def curves(runs: Sequence[ComparedRun]) -> Section:
    """Precision against recall on the calibration rows of each run."""
    judged = {run.name: rows for run in runs if (rows := _calibration_rows(run)) is not None}
    if not judged:
        return Section(
            title="Precision and recall",
            missing="No run has calibration rows with both classes.",
        )
    shares = {"range": [0, 1.02], "tickformat": theme.PERCENT}
    return Section(
        title="Precision and recall",
        figures=(
            Figure(
                name="curves",
                title="Precision against recall",
                drawing=theme.draw(
                    *(_curve(name, rows, n) for n, (name, rows) in enumerate(judged.items())),
                    x=theme.named("recall", **shares),
                    y=theme.named("precision", **shares),
                    height_px=400,
                    showlegend=True,
                ),
                meaning="Calibration rows of each run, a point for each threshold; the test rows "
                "stay with the frozen threshold.",
                wide=True,
            ),
        ),
        tables=(_separation(judged),),
    )


def settings(runs: Sequence[ComparedRun]) -> Section:
    """The settings in which the runs differ."""
    flattened = [_settings(run) for run in runs]
    names = sorted({name for document in flattened for name in document})
    differing = [name for name in names if len({document.get(name) for document in flattened}) > 1]
    if not differing:
        return Section(title="Settings", missing="These runs have the same settings.")
    return Section(
        title="Settings",
        paragraphs=(
            say(
                "{differing} of {names} settings differ.",
                differing=count(len(differing)),
                names=count(len(names)),
            ),
        ),
        tables=(
            Table(
                title="Settings that differ",
                columns=(
                    Column(label="Setting", name="setting"),
                    *(Column(label=Said(run.name), name=run.name) for run in runs),
                ),
                rows=tuple(
                    (name, *(document.get(name) for document in flattened)) for name in differing
                ),
            ),
        ),
    )


def _warnings(runs: Sequence[ComparedRun]) -> list[str]:
    """Why these runs may not be comparable."""
    traded = [run.stats for run in runs if run.stats]
    periods = {(stats.start, stats.end) for stats in traded}
    samples = {run.inputs.run.record.samples.fingerprint for run in runs}
    found = {
        "They were judged on different splits.": len({stats.split for stats in traded}) > 1,
        "They were judged over different times.": len(periods) > 1,
        "They were traded at different costs.": len({_costs(stats) for stats in traded}) > 1,
        "They were trained on different sample sets.": len(samples) > 1,
        "Some of them were not backtested.": len(traded) < len(runs),
    }
    return [say(sentence) for sentence, holds in found.items() if holds]


def _costs(stats: StatsRecord) -> tuple[Any, Any]:
    return stats.execution.get("fee_bps"), stats.execution.get("slippage_bps")


def _judged(runs: Sequence[ComparedRun]) -> Table:
    def row(run: ComparedRun) -> tuple[Any, ...]:
        record, shown, stats = run.inputs.run.record, run.row, run.stats
        fingerprint = record.samples.fingerprint[:12]
        return (
            run.name,
            shown["model"],
            fingerprint,
            *((stats.split, stats.start, stats.end) if stats else (None,) * 3),
            shown["edge"],
            shown["threshold"],
            shown["precision"],
            shown["recall"],
            shown["openings"],
        )

    return Table(
        title="What each was judged on",
        columns=(
            Column(label="Run"),
            Column(label="Model"),
            Column(label="Sample set", meaning="First digits of the sample set's fingerprint"),
            Column(label="Split", write=word),
            Column(label="From", write=day),
            Column(label="Until", write=day),
            Column(label="Evidence of an edge", write=yes_or_no),
            Column(label="Threshold", write=lambda v: number(v, 3), numeric=True),
            Column(label="Precision", write=share, numeric=True, meaning="On the test rows"),
            Column(label="Recall", write=share, numeric=True, meaning="On the test rows"),
            Column(
                label="Openings",
                write=count,
                numeric=True,
                meaning="How many times its test split was opened, by any run",
            ),
        ),
        rows=tuple(row(run) for run in runs),
    )


def _calibration_rows(run: ComparedRun) -> pl.DataFrame | None:
    """Labelled calibration rows with both classes, and whether the event happened."""
    if run.inputs.predictions is None:
        return None
    rows = run.inputs.predictions.filter(pl.col("split") == "calibration")
    rows = rows.drop_nulls(["label", "score"]).with_columns(event=run.inputs.run.event.expression())
    return rows if rows["event"].n_unique() == 2 else None


def _curve(name: str, rows: pl.DataFrame, position: int) -> Scatter:
    precision, recall, thresholds = precision_recall_curve(
        rows["event"], rows["score"], drop_intermediate=True
    )
    kept = spread(len(thresholds), CURVE_POINTS)
    return Scatter(
        name=theme.literal(name),
        x=recall[kept].round(5).tolist(),
        y=precision[kept].round(5).tolist(),
        mode="lines",
        line={"color": theme.SERIES[position % len(theme.SERIES)], "width": 2},
        hovertemplate="%{x:.1%}, %{y:.1%}",
    )


def _separation(judged: dict[str, pl.DataFrame]) -> Table:
    """Average precision beside the base rate, which chance reaches."""
    rows: list[tuple[str, int, Value, Value]] = []
    for name, frame in judged.items():
        event = frame["event"].to_numpy()
        found = float(average_precision_score(event, frame["score"].to_numpy()))
        rows.append((name, frame.height, float(event.mean()), found))
    return Table(
        title="Average precision on calibration rows",
        columns=(
            Column(label="Run"),
            Column(label="Rows", write=count, numeric=True),
            Column(label="Base rate", write=share, numeric=True),
            Column(label="Average precision", write=lambda v: number(v, 3), numeric=True),
        ),
        rows=tuple(rows),
    )


def _settings(run: ComparedRun) -> dict[str, str]:
    """Every setting of the training and of the backtest, as text."""
    source = run.inputs.config
    configured = flat(tomllib.loads(source)) if source else {}
    traded = flat(run.stats.execution if run.stats else {}, "backtest.")
    return {name: str(value) for name, value in {**configured, **traded}.items()}
