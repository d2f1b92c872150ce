"""Ask a run's model what it looks at: exchange a part of its inputs, and see what is lost."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.errors import DataError, refused
from quantsig.data.language.messages import phrase
from quantsig.data.progress import Progress, silent
from quantsig.data.split_spec import CALIBRATION
from quantsig.signals.explain.donors import far_donors
from quantsig.signals.explain.exchange import Exchange
from quantsig.signals.explain.measures import Losses, Measure, event_measure, losses, return_measure
from quantsig.signals.explain.parts import InputPart, group_of, parts_of
from quantsig.signals.explain.record import (
    Explanation,
    Importance,
    RankedPart,
    SilentParts,
    write_explanation,
)
from quantsig.signals.explain.silence import find_silent
from quantsig.signals.inference.predict import drawn_chart
from quantsig.signals.inputs import INPUTS
from quantsig.signals.runs import Run, exclusive
from quantsig.signals.scoring.scorer import open_scorer
from quantsig.signals.significance.intervals import CONFIDENCE
from quantsig.signals.significance.label_days import Times, times_of
from quantsig.signals.significance.stretches import stretches
from quantsig.signals.thresholds.scored_rows import scored_rows

Flags = NDArray[np.bool_]
ROWS = 1000  # unless told
SEED = 37
WHAT = "what it looks at cannot be asked"
MORE_PASSES = 16  # over the rows, about, to find what is silent together


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """How a run is asked.

    Attributes:
        rows: of the calibration split, at most; whole times are left out evenly. 0: all.
        seed: of the exchange and of the draws of blocks.
        examples: sample ids whose bars are looked at one by one.
        device: auto, cpu or cuda.
    """

    rows: int = ROWS
    seed: int = SEED
    examples: tuple[int, ...] = ()
    device: str = "auto"

    def __post_init__(self) -> None:
        if self.rows < 0:
            raise refused("rows", self.rows, "Give a number above zero, or 0 for all.")


USUAL = Question()


@exclusive
def explain_run(run: Run, question: Question = USUAL, progress: Progress = silent) -> Explanation:
    """Rank what a run's model looks at by exchanging it over the calibration rows.

    Permutation importance (Breiman 2001, "Random forests"; Fisher, Rudin and Dominici 2019, "All
    models are wrong, but many are useful") with parts of far times; see `donors`. Test rows are
    drawn as examples alone, and what became of them is not looked at. The answer is kept in the
    run.

    Args:
        run: opened.
        question: how many rows, which seed and examples.
        progress: told about passes over the rows.

    Raises:
        DataError: the run was made of scores, of imported pictures or by another version of the
            drawing, or kept no calibration rows; or these hold no event, or too few times.
        IntegrityError: a file is not what was written.
        ResourceError: the device is not there.
    """
    drawn_chart(run, WHAT)
    scored_rows(run, CALIBRATION)  # says where there are none
    every = run.predictions().filter(pl.col("split") == CALIBRATION)
    rows = whole_times(every, question.rows)
    times = times_of(rows, run.calendar)
    assert times is not None  # of samples that are drawn from bars they are known
    exchange, parts = open_exchange(run, rows, times, question, progress)
    block = stretches(times.decided, times.ended, times.calendar)
    measured = losses(_measure(run, rows), exchange.scores(), block, question.seed)
    found = [measured.of(exchange.scores(part.mask)) for part in parts]
    everything = measured.of(exchange.scores(np.ones(exchange.held.ages.shape, dtype=bool)))
    explanation = Explanation(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        reads=exchange.held.reads,
        measure=measured.measure.name,
        value=measured.measure.value(measured.score),
        base_rate=float(run.happened(rows).mean()) if run.record.classes else None,
        rows=len(rows),
        of_rows=len(every),
        blocks=len(np.unique(block)),
        confidence=CONFIDENCE,
        seed=question.seed,
        all_parts=everything,
        parts=tuple(ranked(parts, found)),
        silent=_silent(parts, found, exchange, measured, knows=everything.speaks),
        saliency=tuple(exchange.saliency(one, question.seed) for one in question.examples),
    )
    write_explanation(run.path, explanation)
    return explanation


def whole_times(rows: pl.DataFrame, most: int) -> pl.DataFrame:
    """The rows of as many times, evenly spread, as have at most so many rows; 0: all.

    Rows of one time stay together, for they share the market.
    """
    if not most or len(rows) <= most:
        return rows
    times = rows["decision_time"].unique().sort()
    kept = max(len(times) * most // len(rows), 1)
    chosen = times[np.linspace(0, len(times) - 1, kept).round().astype(np.int64)]
    return rows.filter(pl.col("decision_time").is_in(chosen.implode()))


def ranked(parts: list[InputPart], found: list[Importance]) -> list[RankedPart]:
    """The parts in the order of their kinds, within each the one with the greatest loss first."""
    kinds = list(dict.fromkeys(part.kind for part in parts))
    rows = [
        RankedPart(kind=part.kind, name=part.name, importance=importance)
        for part, importance in zip(parts, found, strict=True)
    ]
    return sorted(rows, key=lambda row: (kinds.index(row.kind), -row.importance.lost))


def open_exchange(
    run: Run, rows: pl.DataFrame, times: Times, question: Question, progress: Progress = silent
) -> tuple[Exchange, list[InputPart]]:
    """The model and its rows, drawn once, and the parts that are exchanged.

    Args:
        run: opened.
        rows: of its predictions.
        times: of these.
        question: how they are asked.
        progress: told about passes over the rows.
    """
    run.refuse_untrained("what it looks at cannot be asked")
    donors = far_donors(times.decided, question.seed, where=f"{run.path}, calibration split")
    samples, scorer = run.samples(), open_scorer(run, question.device)
    held = scorer.held(samples, rows["sample_id"].to_numpy())
    parts = parts_of(held)
    told = _counted(progress, 2 + len(parts) + MORE_PASSES + len(question.examples))
    exchange = Exchange(scorer=scorer, samples=samples, held=held, donors=donors, told=told)
    return exchange, parts


def _measure(run: Run, rows: pl.DataFrame) -> Measure:
    """Average precision of the event; of returns the correlation of ranks.

    Raises:
        DataError: the event happened in all rows or in none.
    """
    if not run.record.classes:
        return return_measure(rows["label"].cast(pl.Float64).to_numpy())
    happened: Flags = run.happened(rows)
    if happened.all() or not happened.any():
        raise DataError(
            phrase(
                "the event happened in {happened} of the {rows} rows that are asked.",
                happened=int(happened.sum()),
                rows=len(rows),
            ),
            where=phrase("{run}, calibration split", run=run.path),
            remedy="Ask more `rows`.",
        )
    return event_measure(happened)


def _silent(
    parts: list[InputPart],
    found: list[Importance],
    exchange: Exchange,
    measured: Losses,
    *,
    knows: bool,
) -> SilentParts:
    """Of the smallest parts, those that may be left out; of the least important group first."""
    kind = INPUTS[exchange.held.reads]
    groups = {
        part.name: one.lost
        for part, one in zip(parts, found, strict=True)
        if part.kind == kind.group
    }
    smallest = [number for number, part in enumerate(parts) if part.kind == kind.smallest]
    smallest.sort(key=lambda one: (groups.get(group_of(parts[one].name), 0.0), found[one].lost))
    return find_silent(
        [parts[number] for number in smallest],
        [found[number] for number in smallest],
        exchange.held,
        lambda mask: measured.of(exchange.scores(mask)),
        knows=knows,
    )


def _counted(progress: Progress, total: int) -> Callable[[], None]:
    """What tells of one more pass each time it is called."""
    done = 0

    def told() -> None:
        nonlocal done
        done = min(done + 1, total)
        progress(done, total)

    return told
