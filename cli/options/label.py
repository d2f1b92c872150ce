"""The options that say what is to be foreseen."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import typer


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelOptions:
    """What a label asks; the names are those of [label] in the settings."""

    PANEL: ClassVar[str] = "What is foreseen"
    SECTION: ClassVar[str] = "label"
    name: Annotated[str | None, typer.Option("--label", help="What to foresee.")] = None
    horizon_bars: Annotated[
        int | None, typer.Option("--horizon-bars", help="Bars from the entry to the exit.")
    ] = None
    rise: Annotated[
        float | None,
        typer.Option("--rise", help="Least return of a rise, in volatilities of the horizon."),
    ] = None
    rise_fraction: Annotated[
        float | None, typer.Option("--rise-fraction", help="Least return of a rise, as a fraction.")
    ] = None
