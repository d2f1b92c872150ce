"""A model's buffers, such as running means, as they were before a step that may be left out."""

import torch
from torch import nn


class BuffersBefore:
    """What a forward pass changes beside the outputs, and how to undo it."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self.kept: list[list[torch.Tensor]] = []

    def keep(self) -> None:
        """Remember the buffers as they are now."""
        now = self._by_kind()
        if not self.kept:
            self.kept = [[buffer.clone() for buffer in kind] for kind in now]
        for kind, kept in zip(now, self.kept, strict=True):
            torch._foreach_copy_(kept, kind)

    def put_back(self) -> None:
        """Make the buffers what they were."""
        for kind, kept in zip(self._by_kind(), self.kept, strict=True):
            torch._foreach_copy_(kind, kept)

    def _by_kind(self) -> list[list[torch.Tensor]]:
        """Numbers and counters apart, each copied by one kernel on a GPU."""
        found = list(self.model.buffers())
        numbers = [buffer for buffer in found if buffer.is_floating_point()]
        counters = [buffer for buffer in found if not buffer.is_floating_point()]
        return [kind for kind in (numbers, counters) if kind]
