"""What a researcher sets about batches. Imports nothing heavy."""

from dataclasses import dataclass

from quantsig.data.errors import ConfigError
from quantsig.data.language.messages import phrase


@dataclass(frozen=True, kw_only=True, slots=True)
class SamplingSettings:
    """Which samples a batch is made of."""

    positives: float | None = None  # share of positives in a batch, 0..1; None: as they come
    stack_corrections: bool = False  # consent to balanced batches and class weights at once

    def __post_init__(self) -> None:
        if self.positives is not None and not 0.0 < self.positives < 1.0:
            raise ConfigError(
                phrase(
                    "a share of positives of {positives} leaves one side out.",
                    positives=self.positives,
                ),
                where="sampling.positives",
                remedy="Give a number between 0 and 1 such as 0.382, or leave it out.",
            )
