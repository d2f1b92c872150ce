"""What can be set of the networks of sequences, each its own. Imports nothing heavy."""

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

from quantsig.data.errors import ConfigError, refused
from quantsig.data.language.messages import phrase

MOST_EXPANSION = 64  # times the channels
MOST_WEIGHT = 1000.0  # of a term of a loss


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelSettings:
    """The section `[model]`: what is set of whichever model is trained.

    Each model has some of these, with defaults of its own; None: as that model has it.
    """

    hidden_size: int | None = None
    layers: int | None = None
    dropout: float | None = None
    attention_size: int | None = None
    levels: int | None = None
    expansion: float | None = None
    heads: int | None = None
    market_weight: float | None = None
    standardise: bool | None = None
    divergence_weight: float | None = None
    auxiliary_weight: float | None = None
    salience_weight: float | None = None

    def __post_init__(self) -> None:
        for name in ("hidden_size", "layers", "attention_size", "levels", "heads"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise refused(f"model.{name}", value, "Give a whole number from 1 up.")
        if self.dropout is not None and not 0.0 <= self.dropout < 1.0:
            raise refused("model.dropout", self.dropout, "Give a number from 0 to below 1.")
        if self.market_weight is not None and not 0.0 <= self.market_weight < math.inf:
            raise refused("model.market_weight", self.market_weight, "Give a number from 0 up.")
        if self.expansion is not None and not 0.0 < self.expansion <= MOST_EXPANSION:
            raise refused("model.expansion", self.expansion, "Give a number above 0, up to 64.")

        for name in ("divergence_weight", "auxiliary_weight", "salience_weight"):
            value = getattr(self, name)
            if value is not None and not 0.0 <= value <= MOST_WEIGHT:
                raise refused(f"model.{name}", value, "Give a number from 0 to 1000.")

    @property
    def given(self) -> dict[str, Any]:
        """What is set, by name."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, kw_only=True, slots=True)
class LstmSettings:
    """Of `lstm` and `bilstm`."""

    hidden_size: int = 64
    layers: int = 2
    dropout: float = 0.1
    standardise: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class AlstmSettings:
    """Of `alstm`; the attention is as large as the state unless it is set."""

    hidden_size: int = 64
    layers: int = 1
    attention_size: int | None = None
    dropout: float = 0.0
    standardise: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class ScinetSettings:
    """Of `scinet`."""

    levels: int = 3
    expansion: float = 1.0  # hidden channels, times those that come in
    dropout: float = 0.1
    standardise: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class CnnLstmSettings:
    """Of `cnn_lstm`."""

    hidden_size: int = 64
    layers: int = 1
    dropout: float = 0.1
    standardise: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class HanSettings:
    """Of `han`."""

    hidden_size: int = 64
    dropout: float = 0.1


@dataclass(frozen=True, kw_only=True, slots=True)
class StocknetSettings:
    """Of `stocknet`."""

    hidden_size: int = 64
    dropout: float = 0.1
    standardise: bool = True
    divergence_weight: float = 0.1  # of posterior from prior
    auxiliary_weight: float = 0.1  # of foreseeing the moves inside the window


@dataclass(frozen=True, kw_only=True, slots=True)
class PenSettings:
    """Of `pen`."""

    hidden_size: int = 64
    dropout: float = 0.1
    standardise: bool = True
    divergence_weight: float = 0.1
    auxiliary_weight: float = 0.1
    salience_weight: float = 0.1  # of how far few items carry the weight


def settings_of(model: str, kind: Any, given: ModelSettings) -> Any:
    """The settings of a model, those that are given over its own; None where it has none.

    Args:
        model: its name.
        kind: the dataclass of its settings; None: it has none.
        given: the section.

    Raises:
        ConfigError: something is given that this model does not have.
    """
    own = [field.name for field in fields(kind)] if kind else []
    for name in given.given:
        if name not in own:
            raise ConfigError(
                phrase("{model} has no {name}.", model=model, name=name),
                where=f"model.{name}",
                remedy=phrase("It has {settings}.", settings=", ".join(own))
                if own
                else phrase("Leave it out: this model has no settings."),
            )
    return kind(**given.given) if kind else None


def own_parts(kind: Any, given: ModelSettings) -> dict[str, Any]:
    """The settings of a kind of model by name, those that are given over its own, others unread."""
    if not kind:
        return {}
    own = {field.name for field in fields(kind)}
    return asdict(kind(**{name: value for name, value in given.given.items() if name in own}))
