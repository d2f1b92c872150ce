"""An LSTM with attention over its states.

Qin et al. 2017, "A dual-stage attention-based recurrent neural network for time series
prediction", as Feng et al. (IJCAI 2019) use it: tanh(W x) is read by an LSTM, its states are
averaged by softmax(u' tanh(W h + b)), and the last state and that mean are judged together.
"""

import torch
from torch import nn

from quantsig.signals.models.sequences.lstm import recurrent
from quantsig.signals.models.sequences.settings import AlstmSettings
from quantsig.signals.models.sequences.standardisation import standardisation
from quantsig.signals.shape import ModelShape


class Alstm(nn.Module):
    """Reads a window and judges by its last state and by the states that it attends to."""

    def __init__(self, shape: ModelShape, settings: AlstmSettings) -> None:
        super().__init__()
        channels, hidden = shape.scaled_channels, settings.hidden_size
        attention = settings.attention_size or hidden
        self.standardised = standardisation(channels, settings.standardise)
        self.features = nn.Linear(channels, channels)
        self.lstm = recurrent(channels, hidden, settings.layers, settings.dropout)
        self.attention = nn.Linear(hidden, attention)
        self.weigh = nn.Linear(attention, 1, bias=False)
        self.dropout = nn.Dropout(settings.dropout)
        self.head = nn.Linear(2 * hidden, shape.outputs)

    def represent(self, sequence: torch.Tensor) -> torch.Tensor:
        """Sequences (B, C, N) to the last state and the mean attended to, (B, 2 H)."""
        bars = self.standardised(sequence.float()).transpose(1, 2)  # (B, N, C)
        states, _ = self.lstm(torch.tanh(self.features(bars)))  # (B, N, H)
        weights = self.weigh(torch.tanh(self.attention(states))).softmax(dim=1)  # (B, N, 1)
        return torch.cat([states[:, -1], (weights * states).sum(dim=1)], dim=1)

    def judge(self, latent: torch.Tensor) -> torch.Tensor:
        """What was represented to scores (B, K)."""
        scores: torch.Tensor = self.head(self.dropout(latent))
        return scores

    def forward(self, sequence: torch.Tensor) -> torch.Tensor:
        """Sequences (B, C, N) to scores (B, K)."""
        return self.judge(self.represent(sequence))


def build(shape: ModelShape, settings: AlstmSettings) -> nn.Module:
    """Fresh weights."""
    return Alstm(shape, settings)
