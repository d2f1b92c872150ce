"""A function that a table names and that is imported when it is first called."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True, slots=True)
class Deferred:
    """A function by its module and name: whoever reads the table waits for no library behind it."""

    module: str
    name: str

    def __call__(self, *given: Any) -> Any:
        """Import the function, where that was not done yet, and call it."""
        return self.function(*given)

    @property
    def function(self) -> Callable[..., Any]:
        """The function itself."""
        found: Callable[..., Any] = getattr(import_module(self.module), self.name)
        return found
