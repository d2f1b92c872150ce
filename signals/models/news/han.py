"""Attention over the items of a bar, then over the bars of the window.

Hu et al., "Listening to Chaotic Whispers" (WSDM 2018), without its self-paced learning. Both are
softmaxes over scores that are not squashed before, over what is there; prices are not read.
"""

import torch
from torch import nn

from quantsig.signals.models.news.attention import ItemAttention
from quantsig.signals.models.sequences.settings import HanSettings
from quantsig.signals.shape import ModelShape


class Han(nn.Module):
    """Reads the news of a window."""

    def __init__(self, shape: ModelShape, settings: HanSettings) -> None:
        super().__init__()
        hidden = settings.hidden_size
        self.said = ItemAttention(shape.news_width, hidden)
        self.bars = nn.GRU(hidden, hidden, batch_first=True, bidirectional=True)
        self.attention = nn.Linear(2 * hidden, hidden)
        self.weigh = nn.Linear(hidden, 1, bias=False)
        self.hidden = nn.Linear(2 * hidden, hidden)
        self.dropout = nn.Dropout(settings.dropout)
        self.head = nn.Linear(hidden, shape.outputs)

    def represent(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """News (B, N, I, E) to what the window says (B, H)."""
        said, _ = self.said(inputs["vectors"], inputs["present"])  # (B, N, H)
        states, _ = self.bars(said)  # (B, N, 2 H)
        weights = self.weigh(torch.tanh(self.attention(states))).softmax(dim=1)  # (B, N, 1)
        return torch.relu(self.hidden((weights * states).sum(dim=1)))

    def judge(self, latent: torch.Tensor) -> torch.Tensor:
        """What was represented to scores (B, K)."""
        scores: torch.Tensor = self.head(self.dropout(latent))
        return scores

    def forward(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """Inputs by their parts to scores (B, K)."""
        return self.judge(self.represent(inputs))

    def weights(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """How much each item counts among those of its bar (B, N, I)."""
        found: torch.Tensor = self.said(inputs["vectors"], inputs["present"])[1]
        return found


def build(shape: ModelShape, settings: HanSettings) -> nn.Module:
    """Fresh weights."""
    return Han(shape, settings)
