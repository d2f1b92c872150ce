"""How the composites share out a between soft F1 and weighted cross-entropy."""

PHASES = ((0.3, 0.3), (0.8, 0.5), (1.0, 0.7))  # up to this share of the epochs, this a


def phased_f1_share(share: float) -> float:
    """a = .3 for the first 30 % of the epochs, .5 for the next 50 %, .7 for the last 20 %.

    Args:
        share: epoch / epochs, 0..1.
    """
    return next((a for until, a in PHASES if share < until), PHASES[-1][1])


def adaptive_f1_share(share: float, start: float) -> float:
    """a = a0 + (1 - a0) * epoch / epochs.

    Args:
        share: epoch / epochs, 0..1.
        start: a0.
    """
    return start + (1.0 - start) * share
