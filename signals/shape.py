"""What a model is built for: plain numbers, so that reading a run needs no torch."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelShape:
    """Sizes of a model's input and output.

    Records of earlier versions do not say where the bars stand: then as many as fit stand at the
    right.
    """

    planes: int
    height: int
    width: int
    bar_pixels: int  # columns one drawn bar takes
    outputs: int  # logits
    first_bar_column: int | None = None  # of the first bar that is whole
    whole_bars: int | None = None  # those that no edge of the picture cuts into

    def bars(self) -> tuple[int, int]:
        """The first column of the first whole bar, and how many there are."""
        if self.first_bar_column is not None and self.whole_bars is not None:
            return self.first_bar_column, self.whole_bars
        bars = self.width // self.bar_pixels
        return self.width - bars * self.bar_pixels, bars


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelRecord:
    """Name and shape of a model: enough to build it again."""

    name: str
    shape: ModelShape

    def as_dict(self) -> dict[str, Any]:
        """The record as plain values."""
        return asdict(self)
