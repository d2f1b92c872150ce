"""Sample convolution and interaction (Liu et al., NeurIPS 2022) with a head over time.

A window is split into its even and odd bars, which learn from each other and are split again; then
all bars go back to their places and the window is added.
"""

from typing import cast

import torch
from torch import nn

from quantsig.data.errors import ConfigError
from quantsig.data.language.messages import phrase
from quantsig.signals.models.sequences.settings import ScinetSettings
from quantsig.signals.models.sequences.standardisation import standardisation
from quantsig.signals.shape import ModelShape

WIDE, NARROW = 5, 3  # bars that the two convolutions of a branch see
SLOPE = 0.01  # of negative values
BRANCHES = 4


def _branch(channels: int, settings: ScinetSettings) -> nn.Sequential:
    hidden = max(1, round(settings.expansion * channels))
    pad = (WIDE + NARROW) // 2 - 1
    return nn.Sequential(
        nn.ReplicationPad1d(pad),
        nn.Conv1d(channels, hidden, WIDE),
        nn.LeakyReLU(SLOPE),
        nn.Dropout(settings.dropout),
        nn.Conv1d(hidden, channels, NARROW),
        nn.Tanh(),
    )


class Halving(nn.Module):
    """Lets even and odd bars learn from each other, then each of them within itself."""

    def __init__(self, channels: int, levels: int, settings: ScinetSettings) -> None:
        super().__init__()
        self.branches = nn.ModuleList(_branch(channels, settings) for _ in range(BRANCHES))
        deeper = 2 if levels > 1 else 0
        self.deeper = nn.ModuleList(Halving(channels, levels - 1, settings) for _ in range(deeper))

    def forward(self, bars: torch.Tensor) -> torch.Tensor:
        """Bars (B, C, N), N even, to the same."""
        phi, psi, up, down = self.branches
        even, odd = bars[:, :, ::2], bars[:, :, 1::2]  # (B, C, N / 2)
        scaled_odd, scaled_even = odd * phi(even).exp(), even * psi(odd).exp()
        even, odd = scaled_even + up(scaled_odd), scaled_odd - down(scaled_even)
        if self.deeper:
            even, odd = self.deeper[0](even), self.deeper[1](odd)
        return torch.stack([even, odd], dim=3).flatten(2)  # (B, C, N) in order again


class Scinet(nn.Module):
    """The tree of levels over a window, and a head that sees every bar of every channel."""

    def __init__(self, shape: ModelShape, settings: ScinetSettings) -> None:
        super().__init__()
        channels, bars = shape.scaled_channels, shape.scaled_bars
        _refuse_odd(bars, settings.levels)
        self.standardised = standardisation(channels, settings.standardise)
        self.tree = Halving(channels, settings.levels, settings)
        self.dropout = nn.Dropout(settings.dropout)
        self.head = nn.Linear(channels * bars, shape.outputs)

    def represent(self, sequence: torch.Tensor) -> torch.Tensor:
        """Sequences (B, C, N) to (B, C N)."""
        bars = self.standardised(sequence.float())
        return cast(torch.Tensor, (bars + self.tree(bars)).flatten(1))

    def judge(self, latent: torch.Tensor) -> torch.Tensor:
        """What was represented to scores (B, K)."""
        scores: torch.Tensor = self.head(self.dropout(latent))
        return scores

    def forward(self, sequence: torch.Tensor) -> torch.Tensor:
        """Sequences (B, C, N) to scores (B, K)."""
        return self.judge(self.represent(sequence))


def build(shape: ModelShape, settings: ScinetSettings) -> nn.Module:
    """Fresh weights.

    Raises:
        ConfigError: the bars cannot be halved as often as there are levels.
    """
    return Scinet(shape, settings)


def _refuse_odd(bars: int, levels: int) -> None:
    step = 2**levels
    if bars % step == 0:
        return
    lower, upper = bars // step * step, -(-bars // step) * step
    near = upper if lower == 0 or upper - bars < bars - lower else lower
    raise ConfigError(
        phrase(
            "scinet halves its window {levels} times, and {bars} bars are no multiple of {step}.",
            levels=levels,
            bars=bars,
            step=step,
        ),
        where="input.window_bars, model.levels",
        remedy=phrase("Give {near} window_bars, or fewer levels.", near=near),
    )
