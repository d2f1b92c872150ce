"""A user's function from a file, called so that what it does beside its answer is noticed."""

import contextlib
import inspect
import io
import runpy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quantsig.data.charts.panels import Panel
from quantsig.data.errors import CheckFailed, DataError, UsageError
from quantsig.data.language.messages import phrase

KINDS = {1: "feature", 2: "label", 3: "panel"}  # by how many arguments it asks for


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditedFunction:
    """What is audited.

    Attributes:
        name: of the function.
        source: its file.
        call: the function.
        kind: feature(bars), label(prices, spec) or panel(windows, geometry, out).
        planes: of a panel.
    """

    name: str
    source: Path
    call: Callable[..., Any]
    kind: str
    planes: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """As the user named it."""
        return f"{self.source}:{self.name}"

    @property
    def wants_pandas(self) -> bool:
        """Whether its first argument is annotated as a pandas frame."""
        first = next(iter(inspect.signature(self.call).parameters.values()))
        return "pandas" in str(first.annotation) or "pd.DataFrame" in str(first.annotation)

    def __call__(self, *given: Any) -> Any:
        """Call it.

        Raises:
            CheckFailed: it raises, or prints to standard output.
        """
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed):
                answer = self.call(*given)
        except Exception as error:
            raise CheckFailed(
                phrase(
                    "{name} raised {kind}: {error}",
                    name=self.name,
                    kind=type(error).__name__,
                    error=_short(str(error)),
                ),
                where=self.where,
                remedy="Make it answer for any bars of one symbol, few ones included; NaN where "
                "it knows nothing yet.",
            ) from error
        if printed.getvalue():
            raise CheckFailed(
                phrase(
                    "{name} printed {printed!r}.",
                    name=self.name,
                    printed=_short(printed.getvalue().strip()),
                ),
                where=self.where,
                remedy="Take the print away: a result is on standard output, and nothing else.",
            )
        return answer

    def changed_its_input(self) -> CheckFailed:
        """The error for a function that does."""
        return CheckFailed(
            phrase("{name} changed what it was handed.", name=self.name),
            where=self.where,
            remedy="Let it work on a copy; whoever comes after it gets the same bars.",
        )


def load_function(target: str) -> AuditedFunction:
    """The function that "PATH.py:NAME" names; the file is run, as importing it would.

    Raises:
        UsageError: there is no such file.
        DataError: it cannot be run, or holds no such function; one of 1 to 3 arguments, or a
            `Panel`.
    """
    path, _, name = target.rpartition(":")
    source = Path(path)
    if not source.is_file():
        raise UsageError(
            "there is no such file.", where=str(source), remedy="Name it as PATH.py:FUNCTION."
        )
    try:
        found = runpy.run_path(str(source)).get(name)
    except Exception as error:
        raise DataError(
            phrase(
                "it cannot be run: {kind}: {error}",
                kind=type(error).__name__,
                error=_short(str(error)),
            ),
            where=str(source),
            remedy="Mend it until Python runs the file without an error.",
        ) from error
    if isinstance(found, Panel):
        return AuditedFunction(
            name=name, source=source, call=found.extents, kind="panel", planes=found.planes
        )
    kind = KINDS.get(_arguments(found)) if callable(found) else None
    if found is None or kind is None:
        raise DataError(
            phrase(
                "{name} is no feature(bars), label(prices, spec) or panel(windows, geometry, out).",
                name=name,
            ),
            where=str(source),
            remedy="Name a function of the file that has those arguments, or a Panel.",
        )
    return AuditedFunction(name=name, source=source, call=found, kind=kind)


def _arguments(function: Callable[..., Any]) -> int:
    """How many arguments it cannot do without."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(function).parameters.values()
    return sum(one.kind in kinds and one.default is one.empty for one in parameters)


def _short(text: str) -> str:
    return text if len(text) <= 120 else f"{text[:117]}..."
