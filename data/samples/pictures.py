"""Where the pictures of a sample set come from: drawn from bars, or decoded from frames."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantsig.data.charts.draw import draw, share
from quantsig.data.charts.spec import ChartSpec
from quantsig.data.errors import UsageError
from quantsig.data.language.messages import phrase
from quantsig.data.samples.frames import record as frames
from quantsig.data.samples.frames.files import FrameReader, Place, file_name
from quantsig.data.samples.manifest import Manifest
from quantsig.data.samples.parts import PLACE_SCHEMA
from quantsig.data.storage import checksums

if TYPE_CHECKING:
    from quantsig.data.charts.draw import BarMatrix
    from quantsig.data.charts.tensor_fill import Tensor


class Pictures(Protocol):
    """What both storages give."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """What `read` gives."""

    @property
    def bar_pixels(self) -> int:
        """Columns one drawn bar takes; 1 where that is not known."""

    @property
    def whole_bars(self) -> tuple[int, int]:
        """The first column of the first whole bar, and how many there are."""

    def read(
        self,
        sample_ids: NDArray[np.int64],
        out: NDArray[Any] | None = None,
        *,
        form: str | None = None,
        threads: int = 1,
    ) -> NDArray[Any]:
        """The samples (B, *shape), in `out` where that is given."""

    def read_onto(
        self, sample_ids: NDArray[np.int64], out: "Tensor", *, threads: int = 1
    ) -> "Tensor":
        """The samples (B, *shape) in a tensor on any device."""


class Drawable(Protocol):
    """Samples whose charts can be drawn: bars, and where in them each sample ends."""

    @property
    def matrix(self) -> "BarMatrix":
        """The bars as arrays, read when they are first asked for."""

    @property
    def decision_rows(self) -> NDArray[np.int64]:
        """(n,) rows of the decision bars in `matrix`."""


@dataclass(frozen=True, kw_only=True)
class DrawnCharts:
    """The charts of storage `bars`, drawn when they are read."""

    chart: ChartSpec
    samples: Drawable  # whose bars are read when the first chart is drawn

    @property
    def shape(self) -> tuple[int, ...]:
        """Planes, height and width of a chart."""
        return self.chart.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Zeros and ones."""
        return np.dtype(np.uint8)

    @property
    def bar_pixels(self) -> int:
        """Columns one drawn bar takes."""
        return self.chart.bar_pixels

    @property
    def whole_bars(self) -> tuple[int, int]:
        """Crop and pad of the chart considered."""
        return self.chart.whole_bars

    def read(
        self,
        sample_ids: NDArray[np.int64],
        out: NDArray[Any] | None = None,
        *,
        form: str | None = None,
        threads: int = 1,
    ) -> NDArray[Any]:
        """Charts (B, C, H, W) of zeros and ones, of a form of `draw`."""
        rows, form = self.samples.decision_rows[sample_ids], form or "uint8"
        return draw(self.samples.matrix, rows, self.chart, out, form=form, threads=threads)

    def read_onto(
        self, sample_ids: NDArray[np.int64], out: "Tensor", *, threads: int = 1
    ) -> "Tensor":
        """Charts, their extents found here and filled on the tensor's device."""
        from quantsig.data.charts.tensor_fill import draw_on  # noqa: PLC0415 - torch takes seconds

        rows = self.samples.decision_rows[sample_ids]
        return draw_on(out.device, self.samples.matrix, rows, self.chart, out=out, threads=threads)


@dataclass(frozen=True, kw_only=True)
class StoredFrames:
    """The pictures of storage `frames`, decoded when they are read."""

    path: Path
    manifest: Manifest
    index: pl.DataFrame

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample, any number of dimensions."""
        return self.manifest.shape or ()

    @property
    def dtype(self) -> np.dtype[Any]:
        """float16, or float32 where the samples came so."""
        return np.dtype(self.manifest.dtype)

    @property
    def bar_pixels(self) -> int:
        """Not known of a picture."""
        return 1

    @property
    def whole_bars(self) -> tuple[int, int]:
        """Each column counts as a bar."""
        return 0, self.shape[-1]

    @cached_property
    def places(self) -> NDArray[np.int64]:
        """(n, 3) file, offset and length of each sample's frame."""
        return self.index.select(pl.col(*PLACE_SCHEMA).cast(pl.Int64)).to_numpy()

    @cached_property
    def reader(self) -> FrameReader:
        """The open files."""
        return FrameReader(self.path)

    def read(
        self,
        sample_ids: NDArray[np.int64],
        out: NDArray[Any] | None = None,
        *,
        form: str | None = None,
        threads: int = 1,
    ) -> NDArray[Any]:
        """The values (B, *shape) exactly as they were imported.

        Raises:
            UsageError: a form is asked for; pictures come as they are.
            IntegrityError: a frame is damaged, or its file cut short.
        """
        if form is not None:
            raise UsageError(
                phrase(
                    "stored pictures have no form {form}; they are {dtype} as imported.",
                    form=form,
                    dtype=self.dtype,
                ),
                where=str(self.path),
                remedy="Leave the form out and convert what comes.",
            )
        if out is None:
            out = np.empty((len(sample_ids), *self.shape), self.dtype)
        whole = out
        share(lambda part: self._decode(sample_ids[part], whole[part]), len(sample_ids), threads)
        return out

    def read_onto(
        self, sample_ids: NDArray[np.int64], out: "Tensor", *, threads: int = 1
    ) -> "Tensor":
        """The values decoded here and copied to the tensor's device and number type."""
        from quantsig.data.charts.tensor_fill import copy_onto  # noqa: PLC0415 - see above

        return copy_onto(self.read(sample_ids, threads=threads), out)

    def _decode(self, sample_ids: NDArray[np.int64], out: NDArray[Any]) -> None:
        for picture, sample_id in zip(out, sample_ids, strict=True):
            place = Place(*map(int, self.places[sample_id]))
            frame = self.reader.read(place)
            try:
                frames.decode(frame, picture)
            except frames.BadFrame as error:
                what = phrase(
                    "sample {number}, at byte {byte}: {error}",
                    number=int(sample_id),
                    byte=place.offset,
                    error=error,
                )
                raise checksums.damaged(self.path / file_name(place.file), what) from error
