"""How bars are read, as the options of every verb that reads some."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import typer

BarsPath = Annotated[
    Path | None,
    typer.Argument(
        metavar="BARS",
        help="A CSV, Parquet or Feather file, zipped or not, or a folder of them, one per symbol.",
    ),
]
SessionStart = Annotated[
    str | None,
    typer.Option(
        "--session-start",
        help="Time of day from which bars are of the next trading day, such as 21:00.",
    ),
]


@dataclass(frozen=True, kw_only=True, slots=True)
class BarsOptions:
    """How bars are read; the names are those of [bars] in the settings."""

    PANEL: ClassVar[str] = "How bars are read"
    SECTION: ClassVar[str] = "bars"
    layout: Annotated[
        str | None,
        typer.Option(
            "--layout",
            help="Source that wrote the bars, such as binance, mt4, lean, tushare; found out if "
            "clear.",
        ),
    ] = None
    timezone: Annotated[
        str | None, typer.Option("--timezone", help="Clock of the bars, such as America/New_York.")
    ] = None
    session_start: SessionStart = None
    bar_label: Annotated[
        str | None,
        typer.Option("--bar-label", help="Whether a bar is stamped with its open or its close."),
    ] = None
    interval: Annotated[
        str | None, typer.Option("--interval", help="Time from bar to bar, such as 15m, 1h, 1d.")
    ] = None
    symbol: Annotated[
        str | None, typer.Option("--symbol", help="Name of the one symbol in the file.")
    ] = None
    sort: Annotated[
        bool | None, typer.Option("--sort", help="Sort bars that are out of order.")
    ] = None
    quarantine: Annotated[
        bool | None, typer.Option("--quarantine", help="Set bad rows aside instead of refusing.")
    ] = None
    drop_unfinished: Annotated[
        bool | None,
        typer.Option(
            "--drop-unfinished/--keep-unfinished",
            help="Leave out bars that close after now; so by default.",
        ),
    ] = None
    adjust: Annotated[
        list[str] | None,
        typer.Option(
            "--adjust",
            help='Split or roll of raw prices: "SYMBOL DATE RATIO", old price over new.',
        ),
    ] = None
