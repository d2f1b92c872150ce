"""News and prices of each bar in latent variables; see `latent.py`.

Without the words of messages: a message is the vector it was given, weighed among those of its bar.
"""

import torch
from torch import nn

from quantsig.signals.models.news.attention import ItemAttention
from quantsig.signals.models.news.latent import LatentDecoder, moves_of
from quantsig.signals.models.sequences.penalised_scores import PenalisedScores
from quantsig.signals.models.sequences.settings import StocknetSettings
from quantsig.signals.models.sequences.standardisation import standardisation
from quantsig.signals.shape import ModelShape


class Stocknet(nn.Module):
    """Reads news and prices of a window."""

    def __init__(self, shape: ModelShape, settings: StocknetSettings) -> None:
        super().__init__()
        channels, hidden = shape.scaled_channels, settings.hidden_size
        self.standardised = standardisation(channels, settings.standardise)
        self.said = ItemAttention(shape.news_width, hidden)
        self.state = nn.Linear(hidden + channels, hidden)
        weights = (settings.divergence_weight, settings.auxiliary_weight)
        self.decoder = LatentDecoder(hidden, shape.outputs, settings.dropout, weights)

    def forward(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor | PenalisedScores:
        """Inputs by their parts to scores (B, K)."""
        sequence = inputs["sequence"].float()
        said, _ = self.said(inputs["vectors"], inputs["present"])  # (B, N, H)
        prices = self.standardised(sequence).transpose(1, 2)  # (B, N, C)
        states = torch.tanh(self.state(torch.cat([said, prices], dim=2)))
        found: torch.Tensor | PenalisedScores = self.decoder(states, moves_of(sequence))
        return found

    def weights(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """How much each item counts among those of its bar (B, N, I)."""
        found: torch.Tensor = self.said(inputs["vectors"], inputs["present"])[1]
        return found


def build(shape: ModelShape, settings: StocknetSettings) -> nn.Module:
    """Fresh weights."""
    return Stocknet(shape, settings)
