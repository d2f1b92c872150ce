"""The most memory this process ever held."""

from quantsig.data.machine import peak_memory_bytes


def peak_mb() -> float | None:
    """Most memory this process held; None where the system does not tell."""
    held = peak_memory_bytes()
    return None if held is None else held / 1e6
