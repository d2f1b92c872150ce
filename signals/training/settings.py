"""What a researcher sets about a training."""

from dataclasses import dataclass

from quantsig.data.errors import ConfigError


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainSettings:
    """Model, loss, optimiser (AdamW) and stopping rule of one training."""

    model: str = "resnet18"
    loss: str = "cross_entropy"
    epochs: int = 10
    batch_size: int = 32
    learning_rate: float = 2e-4
    weight_decay: float = 0.01
    warmup_steps: int = 500  # optimiser steps; at most a tenth of all steps
    clip_norm: float = 1.0  # largest norm of the gradient
    patience: int = 7  # epochs without a lower validation loss before stopping
    min_delta: float = 0.0  # fall of the validation loss that counts as lower
    seed: int = 37

    def __post_init__(self) -> None:
        for name in ("epochs", "patience", "learning_rate", "clip_norm"):
            _at_least(name, getattr(self, name), 0, above=True)
        for name in ("weight_decay", "warmup_steps", "min_delta", "seed"):
            _at_least(name, getattr(self, name), 0)
        _at_least("batch_size", self.batch_size, 2)


def _at_least(name: str, value: float, least: float, *, above: bool = False) -> None:
    if value < least or (above and value == least):
        raise ConfigError(
            f"{name} cannot be {value}.",
            where=f"train.{name}",
            remedy=f"Give a number {'above' if above else 'of at least'} {least}.",
        )
