"""Few items that explain: a vector of salience for the items of each bar, and shared memory.

Li et al., "PEN: Prediction-Explanation Network to Forecast Stock Price Movement with Better
Explainability" (AAAI 2023): the state weighs the items of the next bar; what they say is kept in a
memory of texts and fused with prices; then latent variables as in StockNet. While it trains,
salience is pushed away from the uniform one, so that few items carry the weight.
"""

import torch
from torch import nn

from quantsig.signals.models.news.attention import weights_of
from quantsig.signals.models.news.latent import LatentDecoder, moves_of
from quantsig.signals.models.sequences.penalised_scores import PenalisedScores
from quantsig.signals.models.sequences.settings import PenSettings
from quantsig.signals.models.sequences.standardisation import standardisation
from quantsig.signals.shape import ModelShape

LEAST = 1e-9  # of a weight whose logarithm is taken


class Pen(nn.Module):
    """Reads news and prices of a window, and says which items counted."""

    def __init__(self, shape: ModelShape, settings: PenSettings) -> None:
        super().__init__()
        channels, hidden = shape.scaled_channels, settings.hidden_size
        self.salience_weight = settings.salience_weight
        self.standardised = standardisation(channels, settings.standardise)
        self.items = nn.Linear(shape.news_width, hidden)
        self.asked = nn.Linear(hidden, hidden, bias=False)
        self.weigh = nn.Linear(hidden, 1, bias=False)
        self.memory = nn.LSTMCell(hidden, hidden)
        self.prices = nn.Linear(hidden + channels, hidden)
        self.texts = nn.Linear(2 * hidden, hidden)
        self.gate = nn.Linear(2 * hidden + channels, hidden)
        weights = (settings.divergence_weight, settings.auxiliary_weight)
        self.decoder = LatentDecoder(hidden, shape.outputs, settings.dropout, weights)

    def forward(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor | PenalisedScores:
        """Inputs by their parts to scores (B, K)."""
        states, salience = self._read(inputs)
        found: torch.Tensor | PenalisedScores = self.decoder(
            states, moves_of(inputs["sequence"].float())
        )
        if not isinstance(found, PenalisedScores) or found.penalty is None:
            return found
        return PenalisedScores(
            found.scores,
            found.penalty - self.salience_weight * concentration(salience, inputs["present"]),
        )

    def weights(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """How much each item counts among those of its bar (B, N, I)."""
        return self._read(inputs)[1]

    def _read(self, inputs: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """States (B, N, H) and salience (B, N, I)."""
        prices = self.standardised(inputs["sequence"].float()).transpose(1, 2)  # (B, N, C)
        items = self.items(inputs["vectors"].float())  # (B, N, I, H)
        state = items.new_zeros(items.shape[0], items.shape[3])
        text, cell = state, state
        states, salience = [], []
        for number in range(items.shape[1]):
            own, price = items[:, number], prices[:, number]
            asked = torch.tanh(self.asked(state)[:, None] + own)  # (B, I, H)
            weight = weights_of(self.weigh(asked).squeeze(-1), inputs["present"][:, number])
            said = (weight[..., None] * own).sum(dim=1)
            text, cell = self.memory(said, (text, cell))
            gate = torch.sigmoid(self.gate(torch.cat([price, text, state], dim=1)))
            of_prices = torch.tanh(self.prices(torch.cat([price, state], dim=1)))
            of_texts = torch.tanh(self.texts(torch.cat([text, state], dim=1)))
            state = gate * of_prices + (1.0 - gate) * of_texts
            states.append(state)
            salience.append(weight)
        return torch.stack(states, dim=1), torch.stack(salience, dim=1)


def concentration(salience: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
    """Mean of KL(salience, uniform) over bars that have items, a share of the most it can be."""
    items = present.sum(dim=-1)
    several = items > 1
    entropy = -(salience * (salience + LEAST).log()).sum(dim=-1)
    most = items.clamp(min=2).to(salience.dtype).log()
    share = (most - entropy) / most
    return (share * several).sum() / several.sum().clamp(min=1)


def build(shape: ModelShape, settings: PenSettings) -> nn.Module:
    """Fresh weights."""
    return Pen(shape, settings)
