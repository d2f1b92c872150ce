"""Several trained models of one kind that answer together."""

from collections.abc import Sequence

import torch
from torch import nn

from quantsig.signals.inputs.parts import Inputs


class Ensemble(nn.Module):
    """The mean of its members' class probabilities, as in Jiang, Kelly and Xiu (2023).

    It gives the logarithms of the mean probabilities, which are logits of the same; of returns,
    several quantiles of them too, the mean.
    """

    def __init__(self, members: Sequence[nn.Module], *, returns: bool) -> None:
        super().__init__()
        self.returns = returns
        self.members = nn.ModuleList(members)

    def forward(self, inputs: Inputs) -> torch.Tensor:
        """Inputs of any shape (B, ...) to (B, outputs), or (U, S, outputs) of shared ones."""
        outputs = torch.stack([member(inputs).float() for member in self.members])  # (M, ..., K)
        if self.returns or outputs.shape[-1] == 1:
            return outputs.mean(dim=0)
        shares: torch.Tensor = outputs.log_softmax(dim=-1)
        return shares.logsumexp(dim=0) - torch.log(torch.tensor(float(len(self.members))))
