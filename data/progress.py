"""How long work reports how far it is, without knowing who shows it."""

from collections.abc import Callable

Progress = Callable[[int, int], None]  # (done, total), called now and then


def silent(done: int, total: int) -> None:
    """Show nothing."""
