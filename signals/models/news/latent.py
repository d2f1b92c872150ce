"""Latent variables of each bar, and the bars that speak for the newest: StockNet's decoder.

Xu and Cohen, "Stock Movement Prediction from Tweets and Historical Prices" (ACL 2018). While it
trains, the latent of a bar is drawn from a posterior that knows how the first channel moved to the
next bar of the window, and is held near the prior, which does not; the move of each bar is
foreseen, too. Both are known at the decision. In evaluation the latent is the prior's mean, so
that a row's score is always the same.
"""

from typing import NamedTuple

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from quantsig.signals.models.sequences.penalised_scores import PenalisedScores

ANNEALED = 0.005  # a step: how fast the divergence comes to count
LEAST_LOG, MOST_LOG = -6.0, 4.0  # of a variance


class Gaussian(NamedTuple):
    """Means and logarithms of variances, (B, Z) each."""

    mean: torch.Tensor
    log_variance: torch.Tensor

    def drawn(self) -> torch.Tensor:
        """One draw."""
        return self.mean + torch.randn_like(self.mean) * (0.5 * self.log_variance).exp()

    def divergence(self, other: "Gaussian") -> torch.Tensor:
        """KL(self, other) (B,)."""
        ratio = (self.log_variance - other.log_variance).exp()
        apart = (self.mean - other.mean).square() / other.log_variance.exp()
        return 0.5 * (ratio + apart - 1.0 - self.log_variance + other.log_variance).sum(dim=1)


class LatentDecoder(nn.Module):
    """Reads states of bars (B, N, H) and judges the window."""

    steps: torch.Tensor

    def __init__(self, hidden: int, outputs: int, dropout: float, weights: tuple[float, float]):
        super().__init__()
        self.divergence_weight, self.auxiliary_weight = weights
        self.cell = nn.GRUCell(2 * hidden, hidden)
        self.prior = nn.Linear(2 * hidden, 2 * hidden)
        self.posterior = nn.Linear(2 * hidden + 1, 2 * hidden)
        self.summary = nn.Linear(3 * hidden, hidden)
        self.move = nn.Linear(hidden, 1)
        self.informative = nn.Sequential(nn.Linear(hidden, hidden), nn.Tanh())
        self.weigh = nn.Linear(hidden, 1, bias=False)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(2 * hidden, outputs)
        self.register_buffer("steps", torch.zeros(()))

    def forward(self, states: torch.Tensor, moves: torch.Tensor) -> torch.Tensor | PenalisedScores:
        """States (B, N, H) and moves to the next bar (B, N - 1) to scores (B, K)."""
        rose = (moves > 0).to(states.dtype)
        memory = latent = states.new_zeros(states.shape[0], states.shape[2])
        summaries, divergences = [], []
        for number in range(states.shape[1]):
            state = states[:, number]
            memory = self.cell(torch.cat([state, latent], dim=1), memory)
            prior = gaussian(self.prior(torch.cat([state, memory], dim=1)))
            latent = prior.mean
            if self.training and number < rose.shape[1]:
                known = rose[:, number : number + 1]
                posterior = gaussian(self.posterior(torch.cat([state, memory, known], dim=1)))
                latent = posterior.drawn()
                divergences.append(posterior.divergence(prior))
            summaries.append(torch.tanh(self.summary(torch.cat([state, memory, latent], dim=1))))
        scores = self._judge(torch.stack(summaries, dim=1))
        if not self.training or not divergences:
            return scores
        foreseen = self.move(torch.stack(summaries[:-1], dim=1)).squeeze(-1)  # (B, N - 1)
        auxiliary = binary_cross_entropy_with_logits(foreseen, rose)
        self.steps += 1.0
        share = (ANNEALED * self.steps).clamp(max=1.0)
        divergence = torch.stack(divergences).mean()
        penalty = share * self.divergence_weight * divergence + self.auxiliary_weight * auxiliary
        return PenalisedScores(scores, penalty)

    def _judge(self, summaries: torch.Tensor) -> torch.Tensor:
        """Summaries (B, N, H): the newest, and those that speak for it."""
        newest = summaries[:, -1]
        informative = self.informative(summaries)
        weight = self.weigh(informative) * (informative * newest[:, None]).sum(2, keepdim=True)
        spoken = (weight.softmax(dim=1) * summaries).sum(dim=1)
        scores: torch.Tensor = self.head(self.dropout(torch.cat([spoken, newest], dim=1)))
        return scores


def gaussian(both: torch.Tensor) -> Gaussian:
    """The two halves of (B, 2 Z)."""
    mean, log_variance = both.chunk(2, dim=1)
    return Gaussian(mean, log_variance.clamp(LEAST_LOG, MOST_LOG))


def moves_of(sequence: torch.Tensor) -> torch.Tensor:
    """How the first channel of sequences (B, C, N) moved to each next bar (B, N - 1)."""
    return sequence[:, 0, 1:] - sequence[:, 0, :-1]
