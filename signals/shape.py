"""What a model is built for: plain numbers, so that reading a run needs no torch."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelShape:
    """Sizes of a model's input and output."""

    planes: int
    height: int
    width: int
    bar_pixels: int  # columns one drawn bar takes
    outputs: int  # logits


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelRecord:
    """Name and shape of a model: enough to build it again."""

    name: str
    shape: ModelShape

    def as_dict(self) -> dict[str, Any]:
        """The record as plain values."""
        return asdict(self)
