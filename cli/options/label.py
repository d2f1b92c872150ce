"""The options that say what is to be foreseen."""

from dataclasses import dataclass
from typing import Annotated

import typer

from quantsig.cli import completion


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelOptions:
    """What a label asks; the names are those of [label] in the settings."""

    name: Annotated[
        str | None,
        typer.Option("--label", help="What to foresee.", autocompletion=completion.labels),
    ] = None
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
