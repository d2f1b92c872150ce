"""How far the result can be trusted: every doubt that was tested, and those that were not."""

import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np
from plotly.graph_objects import Bar, Scatter

from quantsig.backtest.record import AlphaFigures, DeflatedSharpe
from quantsig.backtest.statistics.figure_table import FIGURES
from quantsig.backtest.sweep.record import SweepRecord
from quantsig.data.language.saying import join, retell, say, word
from quantsig.data.storage.records import Figures
from quantsig.reports.figures.backtest.robustness import (
    path_values,
    what_was_doubted,
)
from quantsig.reports.inputs import Inputs, TradedFiles
from quantsig.reports.page import theme
from quantsig.reports.page.content import Column, Figure, Number, Section, Table
from quantsig.reports.page.numerals import (
    BY_UNIT,
    count,
    gain,
    interval,
    number,
    share,
    things,
)
from quantsig.reports.related_runs import Crossing
from quantsig.reports.sections.verdict import SKILL, by_chance

BINS = 20
ASKED = "Each row is a way in which a good result can be luck."


def section(inputs: Inputs) -> Section:
    """Every check with its answer, and the distributions behind them."""
    stats = inputs.stats
    if stats is None and inputs.sweep is None and inputs.crossing is None:
        return Section(
            title="Trust",
            missing="Nothing was traded yet, so there is no result to doubt: quantsig backtest.",
        )
    return Section(
        title="Trust",
        paragraphs=(say(ASKED),),
        numbers=tuple(numbers_of(inputs)),
        figures=(*_logits(inputs.sweep), *path_sharpes(inputs.crossing), *_seeds(inputs)),
        tables=(*what_was_doubted(inputs), *_seed_table(inputs)),
    )


def numbers_of(inputs: TradedFiles) -> list[Number]:
    """The answers that are one number, where they are known."""
    stats, swept = inputs.stats, _overfitting_number(inputs.sweep)
    if stats is None:
        return swept
    return [
        *_deflated_number(stats.deflated),
        *_stated("probabilistic_sharpe", stats.figures),
        *swept,
        *by_chance(stats),
        *_alpha(stats.alpha, stats.figures),
        *_stated("minimum_track_record_years", stats.figures),
    ]


def _deflated_number(deflated: DeflatedSharpe | None) -> list[Number]:
    if deflated is None or deflated.deflated_sharpe is None:
        return []
    return [
        Number(
            label=SKILL,
            value=share(deflated.deflated_sharpe),
            meaning=join(
                "The deflated Sharpe ratio: the probability that the true Sharpe ratio is above "
                "the best that as many trials would reach by chance (Bailey and López de Prado "
                "2014).",
                retell(deflated.how),
            ),
            beside=say(
                "{trials}, as good as {independent} independent ones",
                trials=things(deflated.trials, "trial"),
                independent=number(deflated.independent_trials, 1),
            ),
        )
    ]


def _stated(name: str, figures: Figures) -> list[Number]:
    if figures.get(name) is None:
        return []
    told = FIGURES[name]
    return [Number(label=told.label, value=BY_UNIT[told.unit](figures[name]), meaning=told.formula)]


def _overfitting_number(sweep: SweepRecord | None) -> list[Number]:
    if sweep is None or sweep.overfitting.probability is None:
        return []
    found, told = sweep.overfitting, FIGURES["overfitting_probability"]
    return [
        Number(
            label=told.label,
            value=share(found.probability),
            meaning=say(told.formula, splits=count(found.splits), cells=count(sweep.cells)),
        )
    ]


def _alpha(alpha: AlphaFigures, figures: Figures) -> list[Number]:
    if alpha.alpha_a_year is None:
        return []
    per_year = figures.get("periods_per_year") or 1.0
    low, high = ((end or 0.0) * per_year for end in (alpha.low, alpha.high))
    return [
        Number(
            label="Alpha over always-long",
            value=gain(alpha.alpha_a_year),
            meaning=say(
                "Mean session return beyond {beta} times that of holding all symbols, times the "
                "sessions of a year; errors by Newey and West, 95 % interval.",
                beta=number(alpha.beta),
            ),
            beside=interval(low, high, gain),
        )
    ]


def _logits(sweep: SweepRecord | None) -> tuple[Figure, ...]:
    """How the best of one half ranked in the other, over all ways to halve the time."""
    logits = sweep.overfitting.logits if sweep else None
    if not logits:
        return ()
    return (
        Figure(
            name="overfitting",
            title="Rank of the best setting out of sample",
            drawing=theme.draw(
                _histogram(logits),
                x={**theme.named(say("logit of its rank in the other half")), "zeroline": True},
                y=say("splits"),
                height_px=280,
                showlegend=False,
            ),
            meaning=say(
                "For each of {splits} ways to halve the time: the setting that was best in one "
                "half, ranked in the other. Below zero it was worse than the median setting.",
                splits=count(len(logits)),
            ),
        ),
    )


def path_sharpes(crossing: Crossing | None) -> tuple[Figure, ...]:
    """The Sharpe ratio of every path of cross-validation."""
    sharpes = path_values(crossing, "sharpe")
    if not sharpes or crossing is None:
        return ()
    return (
        Figure(
            name="paths",
            title="Sharpe ratio of the paths",
            drawing=theme.draw(
                _histogram(sharpes),
                x={**theme.named(say("Sharpe ratio a year")), "zeroline": True},
                y=say("paths"),
                height_px=280,
                showlegend=False,
            ),
            meaning=say(
                "{paths} through the time before the test split, each of {stretches} stretches "
                "tested by a model that did not learn from it. Median {median}. Most models "
                "learnt from later bars too, so nobody could have traded a path; the spread says "
                "how much hangs on what was learnt from.",
                paths=things(len(sharpes), "path"),
                stretches=count(crossing.record.folding.get("blocks")),
                median=number(statistics.median(sharpes)),
            ),
        ),
    )


def _seeds(inputs: Inputs) -> tuple[Figure, ...]:
    """Total return of runs that differ in their seed alone."""
    traded = [row for row in inputs.seeds if row.figures.get("total_return") is not None]
    if len(traded) < 2:
        return ()
    dots = Scatter(
        x=[str(row.seed) for row in traded],
        y=[row.figures["total_return"] for row in traded],
        mode="markers",
        marker={
            "size": 11,
            "color": [theme.BLUE if row.own else theme.GREY for row in traded],
        },
        hovertemplate="%{x}: %{y:.2%}<extra></extra>",
    )
    return (
        Figure(
            name="seeds",
            title="Total return by seed",
            drawing=theme.draw(
                dots,
                x={**theme.named(say("seed")), "type": "category"},
                y={"tickformat": ".1%", "zeroline": True, "zerolinecolor": theme.SOFT_INK},
                height_px=280,
                showlegend=False,
            ),
            meaning=say(
                "{runs} with the same settings and samples; this one is coloured. How far they "
                "lie apart is luck alone.",
                runs=things(len(traded), "run"),
            ),
        ),
    )


def _seed_table(inputs: Inputs) -> tuple[Table, ...]:
    """Every seed: those trained into this run, or the runs beside it."""
    members = inputs.run.record.members
    if members:
        names = list(members[0])
        columns = tuple(
            Column(label=say(name.replace("_", " ").capitalize()), name=name, numeric=True)
            for name in names
        )
        rows = tuple(tuple(row.get(name) for name in names) for row in members)
        note = say("Figures on validation rows; these seeds answer together.")
        return (Table(title="Seeds of this run", columns=columns, rows=rows, note=note),)
    if not inputs.seeds:
        return ()
    columns = (
        Column(label="Run"),
        Column(label="Seed", numeric=True),
        Column(label="Split", write=word),
        Column(label="Trades", write=count, numeric=True),
        Column(label="Total return", write=gain, numeric=True, signed=True),
        Column(label="Sharpe", write=number, numeric=True, signed=True),
    )
    rows = tuple(
        (row.run, row.seed, row.split, *map(row.figures.get, ("trades", "total_return", "sharpe")))
        for row in inputs.seeds
    )
    return (Table(title="Runs of other seeds", columns=columns, rows=rows),)


def _histogram(values: Sequence[float]) -> Bar:
    """Counts in equal bins, one edge at zero, so that no bar mixes good and bad."""
    low, high = min(0.0, *values), max(0.0, *values)
    width = (high - low or 1.0) / BINS
    edges: Any = np.arange(np.floor(low / width), np.ceil(high / width) + 1) * width
    counts, _ = np.histogram(values, edges)
    middles = (edges[:-1] + edges[1:]) / 2
    return Bar(
        x=middles.round(6).tolist(),
        y=counts.tolist(),
        marker={"color": [theme.GAIN if x > 0 else theme.LOSS for x in middles]},
        hovertemplate="%{x:.2f}: %{y}<extra></extra>",
    )
