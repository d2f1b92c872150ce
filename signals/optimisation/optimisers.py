"""What moves the weights. To add one: a function here and a line in OPTIMISERS."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quantsig.data.errors import refused, unknown_name

if TYPE_CHECKING:  # the settings are read by verbs that should not wait for torch
    from torch import nn, optim


@dataclass(frozen=True, kw_only=True, slots=True)
class OptimiserSettings:
    """Which optimiser, and its numbers; each reads those that it has."""

    name: str = "adamw"
    learning_rate: float | None = None  # peak of the schedule; None: the optimiser's own
    weight_decay: float | None = None  # None: the optimiser's own
    momentum: float = 0.9  # sgd
    betas: tuple[float, float] = (0.9, 0.999)  # adam and adamw: how slowly both averages move
    alpha: float = 0.99  # rmsprop: how slowly its average moves

    def __post_init__(self) -> None:
        optimiser_kind(self.name)
        if not 0.0 < self.peak < math.inf:
            raise refused("optimiser.learning_rate", self.learning_rate, "Give a number above 0.")
        if not 0.0 <= self.decay < math.inf:
            raise refused("optimiser.weight_decay", self.weight_decay, "Give 0 or more.")
        for name in ("momentum", "alpha"):
            if not 0.0 <= getattr(self, name) < 1.0:
                raise refused(
                    f"optimiser.{name}", getattr(self, name), "Give a number from 0 to below 1."
                )
        if len(self.betas) != 2 or not all(0.0 <= beta < 1.0 for beta in self.betas):
            raise refused("optimiser.betas", self.betas, "Give two numbers from 0 to below 1.")

    @property
    def peak(self) -> float:
        """The learning rate in use."""
        if self.learning_rate is None:
            return optimiser_kind(self.name).learning_rate
        return self.learning_rate

    @property
    def decay(self) -> float:
        """The weight decay in use."""
        if self.weight_decay is None:
            return optimiser_kind(self.name).weight_decay
        return self.weight_decay


Parameters = Iterable["nn.Parameter"]


@dataclass(frozen=True, kw_only=True, slots=True)
class OptimiserKind:
    """An optimiser with its own defaults."""

    build: Callable[[Parameters, OptimiserSettings], "optim.Optimizer"]
    learning_rate: float
    weight_decay: float = 0.0


def adamw(parameters: Parameters, settings: OptimiserSettings) -> "optim.Optimizer":
    """Adam with weight decay apart from the gradient (Loshchilov and Hutter 2019)."""
    from torch import optim  # noqa: PLC0415

    return optim.AdamW(
        parameters, lr=settings.peak, betas=settings.betas, weight_decay=settings.decay
    )


def sgd(parameters: Parameters, settings: OptimiserSettings) -> "optim.Optimizer":
    """Gradient descent with momentum (Polyak 1964)."""
    from torch import optim  # noqa: PLC0415

    return optim.SGD(
        parameters, lr=settings.peak, momentum=settings.momentum, weight_decay=settings.decay
    )


def adam(parameters: Parameters, settings: OptimiserSettings) -> "optim.Optimizer":
    """Steps divided by the size of the gradients (Kingma and Ba 2015); decay is an L2 penalty."""
    from torch import optim  # noqa: PLC0415

    return optim.Adam(
        parameters, lr=settings.peak, betas=settings.betas, weight_decay=settings.decay
    )


def rmsprop(parameters: Parameters, settings: OptimiserSettings) -> "optim.Optimizer":
    """Steps divided by the root of the mean squared gradient (Hinton 2012, lecture 6e)."""
    from torch import optim  # noqa: PLC0415

    return optim.RMSprop(
        parameters, lr=settings.peak, alpha=settings.alpha, weight_decay=settings.decay
    )


OPTIMISERS: dict[str, OptimiserKind] = {
    "adamw": OptimiserKind(build=adamw, learning_rate=2e-4, weight_decay=0.01),
    "sgd": OptimiserKind(build=sgd, learning_rate=0.01),
    "adam": OptimiserKind(build=adam, learning_rate=1e-3),
    "rmsprop": OptimiserKind(build=rmsprop, learning_rate=1e-3),
}


def optimiser_kind(name: str) -> OptimiserKind:
    """The table's line of `name`; an unknown name raises an error that lists the known."""
    if name not in OPTIMISERS:
        raise unknown_name("optimiser", name, OPTIMISERS, where="optimiser.name")
    return OPTIMISERS[name]


def build_optimiser(parameters: Parameters, settings: OptimiserSettings) -> "optim.Optimizer":
    """The optimiser that the settings name, over these parameters."""
    return optimiser_kind(settings.name).build(parameters, settings)
