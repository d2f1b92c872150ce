"""Weighing what is there: softmax over items or bars, those that are not there left out."""

import torch
from torch import nn


def weights_of(values: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
    """Softmax over the last axis of those that are present; all zeros where none is.

    Args:
        values: (..., I), the higher the heavier.
        present: (..., I) bool.
    """
    shut = values.masked_fill(~present, torch.finfo(values.dtype).min)
    return shut.softmax(dim=-1) * present  # zeros where there is none


class ItemAttention(nn.Module):
    """The items of each bar as one vector.

    Beside them stands one that is learnt and says nothing: bars without items have it alone, and
    items that say nothing leave their weight to it.
    """

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.items = nn.Linear(width, hidden)
        self.weigh = nn.Linear(hidden, 1, bias=False)
        self.nothing = nn.Parameter(torch.randn(hidden) / hidden**0.5)

    def forward(
        self, vectors: torch.Tensor, present: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Vectors (B, N, I, E) and which are there (B, N, I) to (B, N, H) and weights (B, N, I)."""
        items = torch.tanh(self.items(vectors.float()))  # (B, N, I, H)
        nothing = torch.tanh(self.nothing).expand(*items.shape[:2], 1, -1)
        every = torch.cat([items, nothing], dim=2)  # (B, N, I + 1, H)
        there = torch.cat([present, torch.ones_like(present[:, :, :1])], dim=2)
        weights = weights_of(self.weigh(every).squeeze(-1), there)
        return (weights[..., None] * every).sum(dim=2), weights[:, :, :-1]
