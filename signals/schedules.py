"""How the learning rate moves, step by step."""

import math


def warmup_then_cosine(step: int, *, warmup_steps: int, total_steps: int) -> float:
    """Share of the peak learning rate at an optimiser step.

    Linear from near zero over `warmup_steps`, then half a cosine down to zero at `total_steps`
    (Loshchilov and Hutter 2017, without restarts).
    """
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    share = (step - warmup_steps) / max(total_steps - warmup_steps, 1)
    return 0.5 * (1.0 + math.cos(math.pi * min(share, 1.0)))
