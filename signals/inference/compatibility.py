"""Whether bars that are to be scored are like those a run was trained on."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

import polars as pl

from quantsig.data.bars import CheckedBars
from quantsig.data.calendar.intervals import interval_text
from quantsig.data.errors import DataError
from quantsig.data.language.messages import chained, phrase, term
from quantsig.data.samples.parts import BARS, PART_ROWS, read_parts
from quantsig.data.samples.store import SampleSet
from quantsig.signals.runs import Run

OTHER_SCALE = 4.0  # times the usual move from bar to bar: rarely the same market
NAMED = 5  # symbols that one sentence lists
PRICED = ("symbol", "timestamp", "close", "adjustment")


def refuse_different(run: Run, samples: SampleSet, bars: CheckedBars) -> None:
    """Refuse bars that a run's probabilities are not about.

    Raises:
        DataError: interval, volume or the scale of the symbols differ; see `differences`.
    """
    found = list(differences(run, samples, bars))
    if found:
        raise DataError(
            phrase(
                "the bars are not like those the run was trained on: {found}.",
                found=chained("{one}; {other}", found),
            ),
            where=", ".join(bars.sources[:NAMED]),
            remedy="Give bars like those, or pass `allow_different` to score them all the same.",
        )


def differences(run: Run, samples: SampleSet, bars: CheckedBars) -> Iterator[str]:
    """What makes bars unlike those of a run's samples, in words.

    The interval; volume where there was none, or none where there was; and symbols whose scale,
    the mean size of the log return from one adjusted close to the next, is over four times or
    under a quarter of that of the training bars: their own, or for a symbol that was not among
    them any symbol's.

    Args:
        run: the run.
        samples: those it was trained on.
        bars: that are to be scored.
    """
    interval, trained = bars.interval, timedelta(seconds=samples.manifest.interval_seconds or 0)
    if interval != trained:
        yield phrase(
            "a bar covers {interval}, not {trained}",
            interval=interval_text(interval),
            trained=interval_text(trained),
        )
    had_volume = samples.manifest.has_volume
    if bars.has_volume != had_volume:
        missing, new = "they have no volume", "they have volume, which was not known then"
        yield term(missing if had_volume else new)
    if interval == trained:  # or the moves could not be compared
        before, now = training_moves(run, samples), mean_moves(bars.bars.iter_slices(PART_ROWS))
        strange = other_scales(before, now)
        if strange:
            yield phrase(
                "bar to bar {several} the usual move of training", several=_several(strange)
            )


def unseen_symbols(run: Run, samples: SampleSet, bars: CheckedBars) -> list[str]:
    """Symbols of bars that no training sample is of, in order."""
    rows = samples.with_splits(run.splits).filter(pl.col("split") == "train")
    seen = set(rows["symbol"].unique())
    return [name for name in bars.bars["symbol"].unique().sort() if name not in seen]


def training_moves(run: Run, samples: SampleSet) -> dict[str, float]:
    """`mean_moves` of the bars before the training split ends."""
    end = samples.cut_times(run.splits)[0]
    parts = read_parts(samples.path, BARS, samples.manifest.files, PRICED)
    return mean_moves(part.filter(pl.col("timestamp") < end) for part in parts)


def mean_moves(parts: Iterable[pl.DataFrame]) -> dict[str, float]:
    """Mean of |log return| from one adjusted close to the next, of each symbol.

    Args:
        parts: bars in order of symbol and time; a move from part to part is not counted.
    """
    price = pl.col("close") * pl.col("adjustment")
    sums = [
        part.select("symbol", move=price.log().diff().abs().over("symbol"))
        .group_by("symbol")
        .agg(pl.col("move").sum(), moves=pl.col("move").count())
        for part in parts
    ]
    if not sums:
        return {}
    totals = pl.concat(sums).group_by("symbol").agg(pl.all().sum()).filter(pl.col("moves") > 0)
    means = totals.select("symbol", pl.col("move") / pl.col("moves")).sort("symbol")
    return dict(means.iter_rows())


def other_scales(before: Mapping[str, float], now: Mapping[str, float]) -> dict[str, float]:
    """How many times its training scale a symbol moves, where that is far from once.

    Args:
        before: mean moves of the training bars by symbol.
        now: the same of other bars.
    """
    usual = {name: move for name, move in before.items() if move > 0.0}
    if not usual:
        return {}
    lowest, highest = min(usual.values()), max(usual.values())
    strange = {}
    for name, move in now.items():
        nearest = usual.get(name, min(max(move, lowest), highest))
        if not 1 / OTHER_SCALE <= move / nearest <= OTHER_SCALE:
            strange[name] = move / nearest
    return strange


def _several(times: Mapping[str, float]) -> str:
    named = [
        phrase("{name} moves {factor:.2g} times", name=name, factor=factor)
        for name, factor in list(times.items())[:NAMED]
    ]
    first = chained("{one}, {other}", named)
    if len(times) <= NAMED:
        return first
    more = len(times) - NAMED
    return phrase("{first} and {more} more symbols do likewise:", first=first, more=more)
