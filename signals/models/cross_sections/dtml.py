"""All symbols of a time in the context of each other and of the market.

Yoo, Soun, Park and Kang (KDD 2021), "Accurate multivariate stock movement prediction via
data-axis transformer with multi-level contexts" (DTML): each symbol's window is read by an LSTM
with attention to its last state, the context of the market is added, and self-attention goes over
the symbols. The market is the equal-weighted mean of the symbols that are there. Each symbol of the
universe has a vector of its own, without which nobody could be told from another; one that is not
of the universe has zeros.
"""

import torch
from torch import nn
from torch.nn.functional import pad

from quantsig.signals.models.cross_sections.settings import DtmlSettings
from quantsig.signals.models.sequences.lstm import recurrent
from quantsig.signals.models.sequences.standardisation import standardisation
from quantsig.signals.shape import ModelShape

WIDER = 4  # the hidden layer after attention, times the state


class Dtml(nn.Module):
    """Reads a cross-section and judges every symbol of it."""

    def __init__(self, shape: ModelShape, settings: DtmlSettings) -> None:
        super().__init__()
        hidden, channels = settings.hidden_size, shape.scaled_channels
        self.market_weight = settings.market_weight
        self.standardised = standardisation(channels, settings.standardise)
        self.features = nn.Linear(channels, hidden)
        self.lstm = recurrent(hidden, hidden, settings.layers, settings.dropout)
        self.norm = nn.LayerNorm(hidden)
        self.vectors = nn.Parameter(torch.randn(shape.symbols, hidden))
        self.attention = nn.MultiheadAttention(hidden, settings.heads, batch_first=True)
        self.mixed = nn.Sequential(
            nn.Linear(hidden, WIDER * hidden), nn.ReLU(), nn.Linear(WIDER * hidden, hidden)
        )
        self.dropout = nn.Dropout(settings.dropout)
        self.head = nn.Linear(hidden, shape.outputs)

    def context(self, bars: torch.Tensor) -> torch.Tensor:
        """Sequences (B, C, N) to states (B, H), those of all bars weighed by the last."""
        states, _ = self.lstm(torch.tanh(self.features(bars.transpose(1, 2))))  # (B, N, H)
        weights = (states @ states[:, -1:].transpose(1, 2)).softmax(dim=1)  # (B, N, 1)
        found: torch.Tensor = self.norm((weights * states).sum(dim=1))
        return found

    def represent(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """Sequences (U, S, C, N) of those present (U, S) to what is judged, (U, S, H)."""
        present, sequences = inputs["present"], inputs["sequences"].float()
        units, slots, channels, bars = sequences.shape
        numbers = self.standardised(sequences.reshape(-1, channels, bars))
        there = present.to(numbers.dtype)[:, :, None, None]
        numbers = numbers.reshape(units, slots, channels, bars) * there
        own = self.context(numbers.reshape(-1, channels, bars)).reshape(units, slots, -1)
        members = there[:, :-1].sum(dim=1).clamp(min=1.0)  # of the universe alone
        market = self.context(numbers[:, :-1].sum(dim=1) / members)  # (U, H)
        vectors = pad(self.vectors, (0, 0, 0, 1))  # zeros for a symbol of no universe
        states = own + vectors + self.market_weight * market[:, None]
        nobody = ~present.any(dim=1, keepdim=True)  # attention to no one is not a number
        seen, _ = self.attention(
            states, states, states, key_padding_mask=~(present | nobody), need_weights=False
        )
        found: torch.Tensor = torch.tanh(states + seen + self.mixed(states + seen))
        return found

    def judge(self, latent: torch.Tensor) -> torch.Tensor:
        """What was represented to scores (U, S, K)."""
        scores: torch.Tensor = self.head(self.dropout(latent))
        return scores

    def forward(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """A cross-section to scores (U, S, K)."""
        return self.judge(self.represent(inputs))


def build(shape: ModelShape, settings: DtmlSettings) -> nn.Module:
    """Fresh weights.

    Raises:
        ConfigError: the state cannot be divided among the heads.
    """
    settings.refuse_uneven()
    return Dtml(shape, settings)
