"""Whether what a run is given now is distributed like what it learnt from."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.charts.spec import ChartSpec
from quantsig.data.language.messages import phrase
from quantsig.data.samples.in_memory import SamplesInMemory
from quantsig.data.samples.store import SampleSet
from quantsig.data.sequences.spec import SequenceSpec
from quantsig.data.tables.bar_pieces import pieces_where
from quantsig.signals.ensembles.members import open_members, shown_by
from quantsig.signals.inputs import INPUTS, Input
from quantsig.signals.models import find_model
from quantsig.signals.runs import Run
from quantsig.signals.thresholds.volatility import realised_at, volatility_ratio, volatility_warning

Floats = NDArray[np.float64]
FiguresOf = Callable[[SampleSet, NDArray[np.int64]], Floats]

BINS = 10
LEAST_SHARE = 1e-4  # of a bin that holds nothing, so that its logarithm exists
WARNED = 0.25  # "significant change" in Siddiqi's rule of thumb
FEWEST = 100  # rows: with fewer the index passes .25 by chance alone
PICTURES = 512  # drawn on each side to compare them
NAMED = 3  # planes that a warning lists


@dataclass(frozen=True, kw_only=True, slots=True)
class Drift:
    """Population stability indices of inputs and scores; see `stability_index`.

    Attributes:
        rows: that were scored.
        probability: of their probabilities against those of the calibration rows; None where
            there are too few to tell.
        inputs: of what the model reads against the training rows: of each plane's share of set
            pixels, or of each channel's newest value, by name; empty where there are too few to
            tell.
        volatility: of the bars that were scored over that of the training bars; see
            `volatility_ratio`. Inputs are scaled by their window, so they do not show it.
        volatility_index: of the 20-bar volatility at their decisions against the training rows;
            None where there are too few to tell. No bound: one calm month is a change.
    """

    rows: int
    probability: float | None
    inputs: dict[str, float]
    volatility: float | None = None
    volatility_index: float | None = None

    def warnings(self) -> Iterator[str]:
        """What has moved, or that nobody can tell."""
        if self.probability is None:
            said = "drift cannot be judged by {rows} rows; it takes {fewest}."
            yield phrase(said, rows=self.rows, fewest=FEWEST)
        elif self.probability > WARNED:
            yield phrase(
                "the probabilities drift (population stability index {index:.2f}, above {bound}): "
                "the expected precision may not hold.",
                index=self.probability,
                bound=WARNED,
            )
        restless = volatility_warning(self.volatility)
        if restless:
            yield restless
        moved = sorted(self.inputs, key=lambda name: -self.inputs[name])
        moved = [name for name in moved if self.inputs[name] > WARNED]
        if moved:
            worst = ", ".join(f"{name} {self.inputs[name]:.2f}" for name in moved[:NAMED])
            yield phrase(
                "the inputs drift: {moved} of {all} planes or channels have a population "
                "stability index above {bound} ({worst}).",
                moved=len(moved),
                all=len(self.inputs),
                bound=WARNED,
                worst=worst,
            )


def find_drift(run: Run, samples: SampleSet, passing: SamplesInMemory, rows: pl.DataFrame) -> Drift:
    """Compare scored rows with the calibration rows, and their inputs with the training rows.

    Neighbouring decisions share most of their bars, so few symbols over a short time look like
    drift sooner than the index's own spread says.

    Args:
        run: the run that scored them.
        samples: those it was trained on.
        passing: those that were scored.
        rows: what `predict` gave for them.
    """
    if len(rows) < FEWEST:
        return Drift(rows=len(rows), probability=None, inputs={})
    calibrated = run.predictions().filter(pl.col("split") == "calibration")
    expected = calibrated["probability"].to_numpy()
    trained = samples.with_splits(run.splits).filter(pl.col("split") == "train")
    figures = figures_of(run)
    before = figures(samples, spread_out(trained["sample_id"].to_numpy()))
    now = passing_figures(passing, figures)
    names = figure_names_of(run, samples)
    bars, given = samples.bars, passing.checked.bars
    return Drift(
        rows=len(rows),
        probability=stability_index(expected, rows["probability"].to_numpy())
        if len(expected)
        else None,
        inputs={
            name: stability_index(before[:, place], now[:, place])
            for place, name in enumerate(names)
        },
        volatility=volatility_ratio(
            pieces_where(bars, pl.col("timestamp") < samples.cut_times(run.splits)[0]),
            pieces_where(given, pl.col("timestamp") >= rows["decision_time"].min()),
        ),
        volatility_index=_volatility_index(realised_at(bars, trained), realised_at(given, rows)),
    )


def _volatility_index(expected: Floats, actual: Floats) -> float | None:
    enough = min(len(expected), len(actual)) >= FEWEST
    return stability_index(expected, actual) if enough else None


def stability_index(expected: Floats, actual: Floats) -> float:
    """Population stability index: sum over bins of (a - e) * ln(a / e).

    e and a are the shares of the two samples in the bins between the deciles of the expected
    one; an empty bin counts as .0001. Siddiqi (2006, Credit Risk Scorecards, chapter 9) calls
    more than .25 a significant change. Without any change its mean is about
    (bins - 1) * (1/n + 1/m) (Yurdakul 2018).

    Args:
        expected: (n,) values that were learnt from.
        actual: (m,) values now.
    """
    edges = decile_edges(expected)
    return index_of_counts(*(_counts(values, edges) for values in (expected, actual)))


def index_of_counts(expected: Floats, actual: Floats) -> float:
    """The same of counts by bin, (k,) each; neither is empty."""
    shares = (expected / expected.sum(), actual / actual.sum())
    learnt, now = (np.maximum(share, LEAST_SHARE) for share in shares)
    return float(((now - learnt) * np.log(now / learnt)).sum())


def figures_of(run: Run) -> FiguresOf:
    """What is compared of what a run's model reads, (n, F) of n samples; of an ensemble, of all."""
    read = _read_by(run)

    def figures(samples: SampleSet, sample_ids: NDArray[np.int64]) -> Floats:
        each = [
            kind.figures(shown_by(samples, chart), sample_ids, spec) for kind, spec, chart in read
        ]
        return np.concatenate(each, axis=1)

    return figures


def figure_names_of(run: Run, samples: SampleSet) -> list[str]:
    """The names of these; where members of an ensemble read different things, each under its own.

    Args:
        run: opened.
        samples: those it was trained on.
    """
    read = _read_by(run)
    each = [kind.figure_names(shown_by(samples, chart), spec) for kind, spec, chart in read]
    if len(each) == 1:
        return list(each[0])
    return [f"{number}: {name}" for number, names in enumerate(each, 1) for name in names]


def _read_by(run: Run) -> list[tuple[Input, SequenceSpec, ChartSpec | None]]:
    """What a run's model reads, or those of an ensemble, each kind once."""
    found: list[tuple[Input, SequenceSpec, ChartSpec | None]] = []
    for member in open_members(run):
        one = (INPUTS[find_model(member.model.name).reads], member.model.input, member.record.chart)
        if one not in found:
            found.append(one)
    return found


def passing_figures(passing: SamplesInMemory, figures: FiguresOf) -> Floats:
    """The figures of some of the samples that pass, spread over all of them."""
    wanted = spread_out(np.arange(len(passing)))
    found, first = [], 0
    for samples in passing.pieces():
        inside = wanted[(wanted >= first) & (wanted < first + len(samples))]
        found.append(figures(samples, inside - first))
        first += len(samples)
    return np.concatenate(found)


def spread_out(sample_ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """At most 512 ids at even distances."""
    count = min(len(sample_ids), PICTURES)
    return sample_ids[np.linspace(0, len(sample_ids) - 1, count).astype(np.int64)]


def decile_edges(values: Floats) -> Floats:
    """Deciles, between bins; a value that fills more than one bin gets a bin of its own."""
    deciles = np.quantile(values, np.arange(1, BINS) / BINS)
    found, counts = np.unique(deciles, return_counts=True)
    after = np.nextafter(found[counts > 1], np.inf)
    return np.array(sorted(set(chain(found, after))))


def _counts(values: Floats, edges: Floats) -> Floats:
    """Values in each bin; a bin holds its lower edge."""
    bins = np.searchsorted(edges, values, side="right")
    return np.bincount(bins, minlength=len(edges) + 1).astype(np.float64)
