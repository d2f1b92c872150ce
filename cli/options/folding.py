"""How the rows of a walk are cut into folds, as options."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer

from quantsig.data.calendar.intervals import parse_interval
from quantsig.data.errors import one_of
from quantsig.data.language.messages import phrase

if TYPE_CHECKING:
    from quantsig.data.folds import Combinatorial, WalkForward


@dataclass(frozen=True, kw_only=True, slots=True)
class FoldingOptions:
    """Folds that follow each other, or every choice of stretches."""

    PANEL: ClassVar[str] = "How rows are cut into folds"
    folds: Annotated[
        int | None, typer.Option("--folds", help="Stretches that are tested; 5 if left out.")
    ] = None
    first: Annotated[
        float | None,
        typer.Option("--first", help="Share of rows before the first test; 0.5 if left out."),
    ] = None
    anchored: Annotated[
        bool | None,
        typer.Option(
            "--anchored/--rolling",
            help="Learn from everything before a test, or from as much as at first; anchored if "
            "left out.",
        ),
    ] = None
    combinatorial: Annotated[
        bool,
        typer.Option(
            "--combinatorial", help="Test every choice of stretches instead, as several paths."
        ),
    ] = False
    blocks: Annotated[
        int | None, typer.Option("--blocks", help="With it: stretches in all; 6 if left out.")
    ] = None
    tested: Annotated[
        int | None, typer.Option("--tested", help="With it: stretches tested; 2 if left out.")
    ] = None
    embargo: Annotated[
        str | None,
        typer.Option("--embargo", help="Time more between what is learnt and tested, as 5d."),
    ] = None

    def asked(self) -> "Combinatorial | WalkForward":
        """The folding, in which what was not given is as it always is.

        Raises:
            BadParameter: options of the one folding were given with the other, or no time.
            ConfigError: a number makes no sense.
        """
        from quantsig.data.folds import Combinatorial, Nesting, WalkForward

        apart = _duration(self.embargo or "0s")
        following = self._given(("folds", "first", "anchored"))
        crossing = self._given(("blocks", "tested"))
        if self.combinatorial:
            _refuse(following, "{option} goes without --combinatorial.")
            return Combinatorial(nesting=Nesting(embargo=apart), **crossing)
        _refuse(crossing, "{option} goes with --combinatorial.")
        return WalkForward(gap=apart, **following)

    def _given(self, names: Iterable[str]) -> dict[str, Any]:
        values = {name: getattr(self, name) for name in names}
        return {name: value for name, value in values.items() if value is not None}


def _duration(text: str) -> timedelta:
    """The time that a text such as 5d stands for."""
    parsed = parse_interval(text)
    if not isinstance(parsed, timedelta):
        raise typer.BadParameter(
            phrase("{text} is no time, such as 12h or 5d.", text=text), param_hint="--embargo"
        )
    return parsed


def _refuse(given: Iterable[str], why: str) -> None:
    for name in given:
        shown = one_of(["--anchored", "--rolling"]) if name == "anchored" else f"--{name}"
        raise typer.BadParameter(phrase(why, option=shown))
