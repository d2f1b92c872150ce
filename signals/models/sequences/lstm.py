"""Long short-term memory (Hochreiter and Schmidhuber 1997) over the bars of a window."""

import torch
from torch import nn

from quantsig.signals.models.sequences.settings import LstmSettings
from quantsig.signals.models.sequences.standardisation import standardisation
from quantsig.signals.shape import ModelShape


def recurrent(inputs: int, hidden: int, layers: int, dropout: float, **more: bool) -> nn.LSTM:
    """LSTM layers that remember at first: the biases of their forget gates add up to 1.

    Jozefowicz, Zaremba and Sutskever 2015, "An empirical exploration of recurrent network
    architectures". Dropout stands between layers, so a single one has none.
    """
    between = dropout if layers > 1 else 0.0
    lstm = nn.LSTM(inputs, hidden, layers, batch_first=True, dropout=between, **more)
    with torch.no_grad():
        for name, bias in lstm.named_parameters():
            if "bias" in name:
                bias[hidden : 2 * hidden] = 1.0 if "bias_ih" in name else 0.0
    return lstm


class Lstm(nn.Module):
    """Reads a window, in one direction or both, and judges by its last state."""

    def __init__(self, shape: ModelShape, settings: LstmSettings, *, bidirectional: bool) -> None:
        super().__init__()
        hidden = settings.hidden_size
        self.directions = 2 if bidirectional else 1
        self.standardised = standardisation(shape.scaled_channels, settings.standardise)
        self.lstm = recurrent(
            shape.scaled_channels,
            hidden,
            settings.layers,
            settings.dropout,
            bidirectional=bidirectional,
        )
        self.dropout = nn.Dropout(settings.dropout)
        self.head = nn.Linear(self.directions * hidden, shape.outputs)

    def represent(self, sequence: torch.Tensor) -> torch.Tensor:
        """Sequences (B, C, N) to the last states (B, H) of each direction."""
        bars = self.standardised(sequence.float()).transpose(1, 2)  # (B, N, C)
        _, (states, _) = self.lstm(bars)  # (layers x directions, B, H)
        return torch.cat(tuple(states[-self.directions :]), dim=1)

    def judge(self, latent: torch.Tensor) -> torch.Tensor:
        """Last states to scores (B, K)."""
        scores: torch.Tensor = self.head(self.dropout(latent))
        return scores

    def forward(self, sequence: torch.Tensor) -> torch.Tensor:
        """Sequences (B, C, N) to scores (B, K)."""
        return self.judge(self.represent(sequence))


def build(shape: ModelShape, settings: LstmSettings) -> nn.Module:
    """From the oldest bar to the newest."""
    return Lstm(shape, settings, bidirectional=False)


def build_bidirectional(shape: ModelShape, settings: LstmSettings) -> nn.Module:
    """Both ways; the window is closed, so what comes later is inside it."""
    return Lstm(shape, settings, bidirectional=True)
