"""Open a sample set: its index as a frame without touching pixels, its charts by row.

Opening imports none of the compiled code; drawing does when it starts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data import splits
from quantsig.data.calendar.sessions import SessionCalendar
from quantsig.data.errors import DataError, UsageError
from quantsig.data.folds import ended_before
from quantsig.data.language.data_sentences import DataSentence
from quantsig.data.language.messages import phrase
from quantsig.data.samples.manifest import (
    Manifest,
    earlier_manifest,
    read_manifest,
)
from quantsig.data.samples.matrix import (
    bar_matrix,
    count_stored_bars,
    first_rows,
    read_matrix,
    read_stored_bars,
)
from quantsig.data.samples.parts import INDEX
from quantsig.data.samples.stored_index import BAR, read_index
from quantsig.data.sequences.spec import AS_CHARTED, SequenceSpec
from quantsig.data.split_spec import SplitSpec
from quantsig.data.storage import checksums
from quantsig.data.tables.shown import Shown, as_html, in_a_line

if TYPE_CHECKING:
    from quantsig.data.charts.draw import BarMatrix
    from quantsig.data.charts.spec import ChartSpec
    from quantsig.data.charts.tensor_fill import Tensor
    from quantsig.data.label_spec import LabelSpec
    from quantsig.data.news.known import KnownNews
    from quantsig.data.samples.pictures import Pictures

ROWS: Literal["rows"] = "rows"  # the storage of decisions that show nothing
CLOSES = ("symbol", "timestamp", "close", "adjustment")
INDEX_ROWS = 1 << 20  # handled at a time where what lies between would take much memory


@dataclass(frozen=True, kw_only=True)
class SampleSet:
    """An opened sample set; its charts are drawn, or its frames decoded, when they are read.

    Samples are chosen on the index, an ordinary frame, and read by their ids:

        rows = samples.with_splits(SplitSpec()).filter(
            pl.col("split") == "train", pl.col("symbol") == "AAPL", pl.col("label") == 1
        )
        charts = samples.read(rows["sample_id"].to_numpy())
    """

    path: Path
    manifest: Manifest
    index: pl.DataFrame  # a row per sample, in the order of sample_id

    def __len__(self) -> int:
        return len(self.index)

    @property
    def shown(self) -> Shown:
        """What it says of itself."""
        decided = self.index["decision_time"]
        return {
            "samples": len(self),
            "symbols": self.index["symbol"].n_unique(),
            "label": self.label.name,
            "from": decided.min(),
            "to": decided.max(),
            "folder": self.path,
        }

    def __repr__(self) -> str:
        return in_a_line("SampleSet", self.shown)

    def _repr_html_(self) -> str:
        """What a notebook shows of it."""
        return as_html(self.shown)

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process opens it where it lies, as it was."""
        return open_once, (self.path.absolute(), self.manifest.fingerprint)

    @property
    def chart(self) -> "ChartSpec":
        """What each chart shows."""
        chart = self.manifest.chart
        assert chart is not None  # pictures have none
        return chart

    @property
    def label(self) -> "LabelSpec":
        """What each sample is asked to foresee."""
        return self.manifest.label

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the label's classes, the event last; empty for regression."""
        from quantsig.data.label_spec import LABELS

        imported = self.manifest.classes
        return LABELS[self.label.name].classes if imported is None else imported

    @property
    def calendar(self) -> SessionCalendar:
        """Which trading day, week, month and year a bar is of; UTC where the set does not say."""
        return self.manifest.sessions

    @property
    def drawn(self) -> bool:
        """Whether charts are drawn from bars; else pictures are stored, or there are none."""
        return self.manifest.storage == "bars"

    @property
    def pictured(self) -> bool:
        """Whether samples show anything; decisions of another model do not."""
        return self.manifest.storage != ROWS

    @property
    def history_bars(self) -> int:
        """Bars, that of the decision included, that every sample has; at least so many."""
        return self.chart.history_bars if self.drawn else int(self.index[BAR].min()) + 1  # type: ignore[arg-type]

    @property
    def timed(self) -> bool:
        """Whether it is known when each sample was decided; imported ones may lack it."""
        return self.index["decision_time"].null_count() == 0

    @cached_property
    def pictures(self) -> "Pictures":
        """Where the pictures come from.

        Raises:
            DataError: the samples show nothing.
        """
        from quantsig.data.samples.pictures import DrawnCharts, StoredFrames

        if not self.pictured:
            raise DataError(
                "these samples show nothing: they are decisions that another model scored.",
                where=str(self.path),
                remedy="Build samples from the bars: quantsig samples build BARS",
            )
        if self.drawn:
            return DrawnCharts(chart=self.chart, samples=self)
        return StoredFrames(path=self.path, manifest=self.manifest, index=self.index)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample."""
        return self.pictures.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """What `read` gives: uint8 where charts are drawn, floats where frames are stored."""
        return self.pictures.dtype

    def with_splits(self, spec: SplitSpec) -> pl.DataFrame:
        """The index and a column `split`: train, validation, calibration, test, or null.

        Raises:
            DataError: there are too few samples to split.
        """
        return self.index.with_columns(self.assigned(spec))

    def assigned(self, spec: SplitSpec) -> pl.Series:
        """The split of each sample by name; null where it belongs to none."""
        return splits.assign(self.index, spec, self.calendar)

    def ended_before(self, spec: SplitSpec, split: str = "test") -> pl.DataFrame:
        """Rows that end before a split begins: see `folds.ended_before`."""
        return ended_before(self.index, spec, split, self.calendar)

    def cut_times(self, spec: SplitSpec) -> list[datetime | int]:
        """The first decision time of validation, calibration and test."""
        return splits.cut_times(self.index, spec, self.calendar)

    @cached_property
    def bars(self) -> pl.DataFrame:
        """The stored bars, raw with their adjustment; checked against the recorded SHA-256.

        Raises:
            DataError: the samples were imported without bars.
        """
        return self._read_bars(None)

    @property
    def closes(self) -> pl.DataFrame:
        """Symbol, timestamp, close and adjustment of `bars`; the rest is not read for it.

        Raises:
            DataError: the samples were imported without bars.
        """
        known = vars(self).get("bars")
        return self._read_bars(CLOSES) if known is None else known.select(CLOSES)

    def bars_where(self, condition: pl.Expr) -> pl.DataFrame:
        """Rows of `bars` that a condition holds for; the others are not kept in memory for it.

        Raises:
            DataError: the samples were imported without bars.
        """
        known = vars(self).get("bars")
        return self._read_bars(None, condition) if known is None else known.filter(condition)

    def require_bars(self) -> None:
        """Say no where there are none.

        Raises:
            DataError: the samples were imported without bars.
        """
        if self.manifest.has_bars is False:
            raise DataError(
                DataSentence.NO_BARS(),
                where=str(self.path),
                remedy="Import them again with `bars` and a `pattern` for symbol and time.",
            )

    def _read_bars(
        self, columns: Sequence[str] | None, where: pl.Expr | None = None
    ) -> pl.DataFrame:
        self.require_bars()
        return read_stored_bars(self.path, self.manifest, columns, where)

    @cached_property
    def news(self) -> "KnownNews":
        """The items that go with the bars.

        Raises:
            DataError: there are none.
            IntegrityError: a file is not what was written.
        """
        from quantsig.data.news.stored import read_news_of

        if self.manifest.news is None:
            raise DataError(
                "these samples have no news.",
                where=str(self.path),
                remedy="Build them with news: quantsig samples build BARS `news` NEWS",
            )
        return read_news_of(self.path, self.manifest.hashes)

    @cached_property
    def symbol_bars(self) -> dict[str, int]:
        """How many bars of each symbol are stored, in the order of `bars`."""
        return count_stored_bars(self.path, self.manifest)

    @cached_property
    def matrix(self) -> "BarMatrix":
        """The stored bars as arrays, filled part by part, so that they are in memory once."""
        return read_matrix(self.path, self.manifest, self.symbol_bars)

    @cached_property
    def decision_rows(self) -> NDArray[np.int64]:
        """(n,) rows of the decision bars in `bars`.

        Raises:
            IntegrityError: a sample's window is not within the bars of its symbol.
        """
        bars = pl.col("symbol").replace_strict(self.symbol_bars, default=0, return_dtype=pl.Int64)
        first = pl.col("symbol").replace_strict(
            first_rows(self.symbol_bars), default=0, return_dtype=pl.Int64
        )
        oldest = self.chart.history_bars - 1 if self.drawn else 0
        inside = pl.col(BAR).is_between(oldest, bars - 1)
        rows = np.empty(len(self), np.int64)
        for start in range(0, len(self), INDEX_ROWS):
            piece = self.index.slice(start, INDEX_ROWS)
            if not piece.select(inside.all()).item():
                raise checksums.damaged(self.path / INDEX, "a sample is of bars that are not there")
            rows[start : start + INDEX_ROWS] = piece.select(first + pl.col(BAR)).to_series()
        return rows

    def seen_as(self, matrix: "BarMatrix", decision_rows: NDArray[np.int64]) -> "SampleSet":
        """The same samples with other bars, or ending at other bars of theirs.

        Args:
            matrix: in place of `matrix`.
            decision_rows: (n,) in place of `decision_rows`.
        """
        other = replace(self)
        cached: dict[str, Any] = {"matrix": matrix, "decision_rows": decision_rows}
        for name in ("symbol_bars", "news"):
            if name in vars(self):
                cached[name] = vars(self)[name]
        vars(other).update(cached)
        return other

    def few(self, sample_ids: NDArray[np.int64]) -> "SampleSet":
        """So many samples as a set of their own, in this order; it draws like this one.

        Where charts are drawn, the bars of their symbols alone are read, each time anew unless
        all are open.

        Args:
            sample_ids: (B,) ids in any order; B is the number of samples of the new set.
        """
        other = replace(self, index=self.index[sample_ids])
        if "matrix" in vars(self):
            return other.seen_as(self.matrix, self.decision_rows[sample_ids])
        if self.drawn:
            bars = self.bars_where(pl.col("symbol").is_in(other.index["symbol"].unique()))
            counts = {run["value"]: run["len"] for run in bars["symbol"].rle()}
            vars(other).update(matrix=bar_matrix(bars), symbol_bars=counts)
        return other

    @property
    def scaled_shape(self) -> tuple[int, int]:
        """Channels and bars of one sample's scaled bars; see `sequence_shape`."""
        return self.sequence_shape(AS_CHARTED)

    def sequence_shape(self, spec: SequenceSpec) -> tuple[int, int]:
        """Channels and bars of one sample's sequence.

        Raises:
            ConfigError: the samples do not have the history that it takes.
            DataError: the samples are imported pictures, or show nothing.
        """
        if not self.drawn and self.pictures:
            raise DataError(
                "these samples are imported pictures, so the bars they show are not known.",
                where=str(self.path),
                remedy="Use a model that reads planes, or build the samples from bars.",
            )
        return spec.shape(self.chart)

    def scaled_bars(
        self, sample_ids: NDArray[np.int64], out: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """The bars that the charts show, as numbers scaled inside each window.

        Args:
            sample_ids: (B,) ids in any order.
            out: (B, *scaled_shape) to fill; made when None.

        Returns:
            (B, C, N) float32: for each timeframe of the chart its open, high, low, close and
            volume, the newest bar last; see `data/sequences/features/scaled.py`.

        Raises:
            DataError: the samples are imported pictures.
        """
        return self.sequences(sample_ids, AS_CHARTED, out)

    def sequences(
        self,
        sample_ids: NDArray[np.int64],
        spec: SequenceSpec,
        out: NDArray[np.float32] | None = None,
    ) -> NDArray[np.float32]:
        """The features of the bars up to each decision.

        Args:
            sample_ids: (B,) ids in any order.
            spec: which features of which bars.
            out: (B, *sequence_shape) to fill; made when None.

        Returns:
            (B, C, N) float32, the newest bar last.

        Raises:
            ConfigError, DataError: as `sequence_shape`.
        """
        from quantsig.data.sequences.draw import sequences

        self.sequence_shape(spec)
        return sequences(self.matrix, self.decision_rows[sample_ids], self.chart, spec, out)

    @overload
    def read(
        self,
        sample_ids: NDArray[np.int64],
        out: NDArray[Any] | None = None,
        *,
        form: str | None = None,
        threads: int = 1,
    ) -> NDArray[Any]: ...

    @overload
    def read(
        self, sample_ids: NDArray[np.int64], out: "Tensor", *, threads: int = 1
    ) -> "Tensor": ...

    def read(
        self,
        sample_ids: NDArray[np.int64],
        out: "NDArray[Any] | Tensor | None" = None,
        *,
        form: str | None = None,
        threads: int = 1,
    ) -> "NDArray[Any] | Tensor":
        """Read samples by sample_id, into an array here or a tensor on any device.

        Args:
            sample_ids: (B,) ids in any order.
            out: (B, *shape) to fill: an array of `dtype` or of the form's, or a tensor of any
                number type; made, as an array, when None.
            form: of charts in an array: uint8, packed, float32, bf16; see `draw`. None: `dtype`.
            threads: how many share the batch.

        Returns:
            (B, *shape): the zeros and ones of charts, or the values that were imported.
        """
        if out is None or isinstance(out, np.ndarray):
            return self.pictures.read(sample_ids, out, form=form, threads=threads)
        if form is not None:
            raise UsageError(
                phrase("a tensor takes its own number type, not the form {form}.", form=form),
                where=f"out of {out.dtype}",
                remedy="Leave the form out, or read into an array.",
            )
        return self.pictures.read_onto(sample_ids, out, threads=threads)


def open_samples(path: Path) -> SampleSet:
    """Open a sample set and read its index.

    Raises:
        DataError: the folder is not a sample set, or one of another version.
        IntegrityError: a file is not what was written.
    """
    manifest = read_manifest(path)
    return SampleSet(path=path, manifest=manifest, index=read_index(path, manifest))


def open_earlier(path: Path, wanted: str) -> SampleSet:
    """Open a sample set as it was when it had a certain fingerprint.

    Extending changes no part, so the manifest of that time is all that it takes. Samples, labels
    and bars that were added since are not in it.

    Raises:
        DataError: the set never had that fingerprint, or its manifest of then was not kept.
        IntegrityError: a file is not what was written.
    """
    manifest = read_manifest(path)
    if manifest.fingerprint == wanted:
        return SampleSet(path=path, manifest=manifest, index=read_index(path, manifest))
    if wanted not in manifest.ancestors:
        raise DataError(
            "the sample set is not the one this was made from.",
            where=str(path),
            remedy="Restore the old set, or train again on the new one.",
        )
    earlier = path / earlier_manifest(manifest.ancestors.index(wanted))
    if not earlier.is_file():
        raise DataError(
            "the sample set has grown since, and what it was before was not kept.",
            where=str(earlier),
            remedy="Restore the old set, or train again on the new one.",
        )
    manifest = read_manifest(path, earlier.name)
    if manifest.fingerprint != wanted:
        raise checksums.damaged(earlier, "it is of another time")
    return SampleSet(path=path, manifest=manifest, index=read_index(path, manifest))


@lru_cache(maxsize=1)
def open_once(path: Path, wanted: str) -> SampleSet:
    """The same as `open_earlier`, for a process that is asked for it time and again."""
    return open_earlier(path, wanted)
