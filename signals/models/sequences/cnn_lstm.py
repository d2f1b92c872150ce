"""An LSTM over bars to which a small convolution has added what it sees around them.

"ResNLS" of Jia et al. 2023 as the paper draws it: x + w CNN(x), two convolutions over three bars
with batch normalisation and a learnt weight w, read by an LSTM. In the released code the
convolution's result is never used.
"""

import torch
from torch import nn

from quantsig.signals.models.sequences.lstm import recurrent
from quantsig.signals.models.sequences.settings import CnnLstmSettings
from quantsig.signals.models.sequences.standardisation import standardisation
from quantsig.signals.shape import ModelShape

SEEN = 3  # bars


class CnnLstm(nn.Module):
    """Reads a window with its bars' surroundings added, and judges by the last state."""

    def __init__(self, shape: ModelShape, settings: CnnLstmSettings) -> None:
        super().__init__()
        channels, hidden = shape.scaled_channels, settings.hidden_size
        self.standardised = standardisation(channels, settings.standardise)
        self.convolutions = nn.Sequential(
            nn.Conv1d(channels, hidden, SEEN, padding="same", bias=False),
            nn.BatchNorm1d(hidden),
            nn.ReLU(),
            nn.Conv1d(hidden, channels, SEEN, padding="same", bias=False),
            nn.BatchNorm1d(channels),
        )
        self.weight = nn.Parameter(torch.ones(1))
        self.lstm = recurrent(channels, hidden, settings.layers, settings.dropout)
        self.dropout = nn.Dropout(settings.dropout)
        self.head = nn.Linear(hidden, shape.outputs)

    def represent(self, sequence: torch.Tensor) -> torch.Tensor:
        """Sequences (B, C, N) to the last state (B, H)."""
        bars = self.standardised(sequence.float())
        seen = bars + self.weight * self.convolutions(bars)  # (B, C, N)
        _, (states, _) = self.lstm(seen.transpose(1, 2))  # (layers, B, H)
        last: torch.Tensor = states[-1]
        return last

    def judge(self, latent: torch.Tensor) -> torch.Tensor:
        """The last state to scores (B, K)."""
        scores: torch.Tensor = self.head(self.dropout(latent))
        return scores

    def forward(self, sequence: torch.Tensor) -> torch.Tensor:
        """Sequences (B, C, N) to scores (B, K)."""
        return self.judge(self.represent(sequence))


def build(shape: ModelShape, settings: CnnLstmSettings) -> nn.Module:
    """Fresh weights."""
    return CnnLstm(shape, settings)
