"""Look whether a sample set is what was written, and whether its parts agree with each other.

Every file is hashed and every row of the index is held against the bars. A random part of the
samples is labelled and drawn again from nothing but the bars they may see. Stored frames are
decoded, all of them.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.charts.draw import draw
from quantsig.data.language.messages import phrase
from quantsig.data.progress import Progress, silent
from quantsig.data.samples.index import index_rows, rule_of
from quantsig.data.samples.manifest import MANIFEST
from quantsig.data.samples.matrix import bar_matrix, matrix_bars
from quantsig.data.samples.parts import BARS, INDEX, INDEX_SCHEMA
from quantsig.data.samples.store import INDEX_ROWS, SampleSet, open_samples
from quantsig.data.samples.verify.frames import (
    check_frames,
    check_index,
    check_places,
    check_trades,
)
from quantsig.data.samples.verify.wrong_rows import hold, wrong_row
from quantsig.data.storage import checksums

REDRAWN = 100  # samples, unless told


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifiedSet:
    """What was found to be as it should."""

    files: int
    bytes: int
    samples: int
    labelled: int
    redrawn: int  # charts drawn and labels made again; of frames the trades followed again
    decoded: int  # frames


def verify_samples(
    path: Path, *, redraw: int = REDRAWN, seed: int = 37, progress: Progress = silent
) -> VerifiedSet:
    """Check a sample set.

    Args:
        path: the folder.
        redraw: samples, chosen at random, to label and draw again.
        seed: of the choice.
        progress: told of frames decoded and of samples drawn again.

    Raises:
        DataError: the folder is not a sample set, or one of another version.
        IntegrityError: something is not as it was written; it names the file.
    """
    samples = open_samples(path)
    manifest = samples.manifest
    for name, file in manifest.files.items():
        checksums.check_sha256(path / name, file.sha256)
    _check_counts(samples)
    chosen = np.random.default_rng(seed).permutation(len(samples))[:redraw]
    framed = not samples.drawn
    if not samples.pictured:
        samples.decision_rows  # noqa: B018 - says which of them is not among the bars
    elif framed:
        check_index(samples)
        check_places(samples)
        check_frames(samples, progress)
    else:
        _check_rows(samples)
    if manifest.has_bars is False:
        chosen = chosen[:0]
    elif framed:
        check_trades(samples, np.sort(chosen), progress)
    else:
        _check_samples(samples, np.sort(chosen), progress)
    return VerifiedSet(
        files=len(manifest.files),
        bytes=sum((path / name).stat().st_size for name in manifest.files),
        samples=len(samples),
        labelled=samples.index["label"].count(),
        redrawn=len(chosen),
        decoded=len(samples) if framed and samples.pictured else 0,
    )


def _check_counts(samples: SampleSet) -> None:
    index, manifest = samples.index, samples.manifest
    found = {"samples": len(index), "labelled": index["label"].count()}
    for name, count in found.items():
        said = getattr(manifest, name)
        if said != count:
            raise checksums.damaged(
                samples.path / MANIFEST,
                phrase(
                    "it says {said} {kind}, the index has {count}",
                    said=said,
                    kind=name,
                    count=count,
                ),
            )
    hold(samples, pl.col("sample_id") == pl.int_range(pl.len()), "its sample_id is not its place")


def _check_rows(samples: SampleSet) -> None:
    """Hold every row of the index against the bars and the rule of the set."""
    rule, bars = rule_of(samples.manifest), samples.symbol_bars
    pieces = [slice(i, i + INDEX_ROWS) for i in range(0, len(samples), INDEX_ROWS)]
    for piece in pieces:
        rows = _with_bars(samples, piece)
        inside = pl.col("bar").is_between(rule.history_bars - 1, pl.col("bars") - 1)
        decides = (pl.col("bar") + 1) % rule.stride_bars == 0
        hold(samples, decides & inside, "its bar is no decision", rows)
    decided = np.zeros(sum(bars.values()), np.bool_)
    decided[samples.decision_rows] = True
    expected = sum(map(rule.samples_before, bars.values()))
    if not len(samples) == expected == decided.sum():
        raise checksums.damaged(
            samples.path / INDEX,
            phrase(
                "{samples} samples, {expected} of the bars are decisions",
                samples=len(samples),
                expected=expected,
            ),
        )
    for piece in pieces:
        _check_times(samples, _with_bars(samples, piece), samples.decision_rows[piece])


def _with_bars(samples: SampleSet, piece: slice) -> pl.DataFrame:
    """A piece of the index with the number of bars that the symbol has."""
    bars = pl.col("symbol").replace_strict(samples.symbol_bars, default=0, return_dtype=pl.Int64)
    return samples.index[piece].with_columns(bars=bars)


def _check_times(samples: SampleSet, rows: pl.DataFrame, at: NDArray[np.int64]) -> None:
    """Hold rows of the index against the times of the bars, and what a label may know."""
    rule, times = rule_of(samples.manifest), samples.matrix.times_us
    for name, bar in (("decision_time", at), ("window_start", at - rule.history_bars + 1)):
        of_bar = pl.lit(pl.Series(times[bar])) == pl.col(name).to_physical()
        hold(samples, of_bar, phrase("{name} is not the time of its bar", name=name), rows)
    unfinished = pl.col("bar") >= pl.col("bars") - rule.label.bars_after
    label = pl.col("label").is_not_null()
    hold(samples, ~(unfinished & label), "its label is not known yet", rows)
    ends = label == (pl.col("label_end") > pl.col("decision_time")).fill_null(False)
    hold(samples, ends, "label and label_end do not agree", rows)


def _check_samples(samples: SampleSet, ids: NDArray[np.int64], progress: Progress) -> None:
    """Label and draw samples again, each alone from the bars it may see."""
    rule, chart, bars = rule_of(samples.manifest), samples.chart, samples.symbol_bars
    for done, row in enumerate(samples.index[ids].iter_rows(named=True)):
        progress(done, len(ids))
        bar, at = row["bar"], samples.decision_rows[row["sample_id"]]
        first = at - rule.bars_before if bar > rule.bars_before else at - bar
        after = min(rule.label.bars_after, bars[row["symbol"]] - 1 - bar)
        known = matrix_bars(samples.matrix, first, at + after + 1, symbol=row["symbol"])
        window = known.slice(at + 1 - rule.history_bars - first, rule.history_bars)
        alone = draw(bar_matrix(window), np.array([rule.history_bars - 1]), chart)
        if not np.array_equal(alone, samples.read(np.array([row["sample_id"]]))):
            raise wrong_row(samples, BARS, row, "its chart is another when drawn alone")
        again = index_rows(
            known,
            rule,
            first=bar,
            end=bar + 1,
            first_id=row["sample_id"],
            earlier_bars=bar - (at - first),
        )
        if again.row(0, named=True) != {name: row[name] for name in INDEX_SCHEMA}:
            raise wrong_row(samples, INDEX, row, "its label is another when made again")
    progress(len(ids), len(ids))
