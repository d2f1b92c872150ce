"""What can be set of the networks of cross-sections, each its own. Imports nothing heavy."""

from dataclasses import dataclass

from quantsig.data.errors import ConfigError
from quantsig.data.language.messages import phrase


@dataclass(frozen=True, kw_only=True, slots=True)
class DtmlSettings:
    """Of `dtml`."""

    hidden_size: int = 64
    layers: int = 1
    heads: int = 4
    market_weight: float = 0.1
    dropout: float = 0.1
    standardise: bool = True

    def refuse_uneven(self) -> None:
        """Raise a ConfigError where the heads cannot share the state evenly."""
        if self.hidden_size % self.heads:
            raise ConfigError(
                phrase(
                    "a state of {size} numbers cannot be shared by {heads} heads.",
                    size=self.hidden_size,
                    heads=self.heads,
                ),
                where="model.heads, model.hidden_size",
                remedy=phrase(
                    "Give {near} hidden_size, or other heads.",
                    near=-(-self.hidden_size // self.heads) * self.heads,
                ),
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class PanelCnnSettings:
    """Of `panel_cnn`; the state is a plane's count of filters."""

    hidden_size: int = 32
    layers: int = 3
    dropout: float = 0.1
    standardise: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class PanelTowerSettings:
    """Of `panel_tower`; two convolutions a layer."""

    hidden_size: int = 64
    layers: int = 6
    dropout: float = 0.0
    standardise: bool = True
