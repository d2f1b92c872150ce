"""The sizes of a Swin transformer; apart from it, for the table of models knows them unbuilt."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class SwinSizes:
    """How wide and deep the transformer is, and how it is held back from overfitting."""

    embed: int = 96  # features of a patch in the first stage; each stage doubles them
    depths: Sequence[int] = (2, 2, 6, 2)  # blocks of each stage
    heads: Sequence[int] = (4, 8, 16, 32)
    drop_path: float = 0.3  # chance of the last block to be skipped; earlier ones have less
    dropout: float = 0.0
    attention_dropout: float = 0.0
