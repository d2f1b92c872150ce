"""Arguments that several verbs share, and the run that is meant where none is named."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantsig.cli.output import note
from quantsig.data.portable_names import refuse_unportable
from quantsig.reports.page.catalogue import languages
from quantsig.signals.thresholds.rules import RULES

if TYPE_CHECKING:
    from quantsig.cli.settings import Settings
    from quantsig.signals.runs import Run


def fraction(value: float | None) -> float | None:
    """Refuse what is not within 0..1, NaN included."""
    if value is not None and (math.isnan(value) or not 0.0 <= value <= 1.0):
        raise typer.BadParameter(f"{value} is not within 0..1.")
    return value


def known_language(code: str) -> str:
    """Refuse a language without a folder of translations."""
    if code not in languages():
        raise typer.BadParameter(f"{code!r} is not one of {', '.join(languages())}.")
    return code


def writable(path: Path | None) -> Path | None:
    """Refuse a place to write whose name some system cannot hold."""
    return None if path is None else refuse_unportable(path)


BarsPath = Annotated[
    Path | None,
    typer.Argument(
        metavar="BARS", help="A CSV or Parquet file, or a folder of CSV files, one per symbol."
    ),
]
SamplesPath = Annotated[
    Path | None,
    typer.Argument(metavar="SAMPLES", help="A sample set; else that of the settings."),
]
Layout = Annotated[
    str | None,
    typer.Option(
        "--layout",
        help="Source that wrote the bars, such as binance, mt4, lean, tushare; found out if clear.",
    ),
]
DropUnfinished = Annotated[
    bool | None,
    typer.Option(
        "--drop-unfinished/--keep-unfinished",
        help="Leave out bars that close after now; so by default.",
    ),
]
Adjust = Annotated[
    list[str] | None,
    typer.Option(
        "--adjust",
        help='Split or roll of raw prices: "SYMBOL DATE RATIO", old price over new.',
    ),
]
Timezone = Annotated[
    str | None, typer.Option("--timezone", help="Clock of the bars, such as America/New_York.")
]
SessionStart = Annotated[
    str | None,
    typer.Option(
        "--session-start",
        help="Time of day from which bars are of the next trading day, such as 21:00.",
    ),
]
BarLabel = Annotated[
    str | None, typer.Option("--bar-label", help="Bars are stamped with their open or close.")
]
Interval = Annotated[
    str | None, typer.Option("--interval", help="Time from bar to bar, such as 15m, 1h, 1d.")
]
Symbol = Annotated[str | None, typer.Option("--symbol", help="Name of the one symbol in the file.")]
Sort = Annotated[bool | None, typer.Option("--sort", help="Sort bars that are out of order.")]
Quarantine = Annotated[
    bool | None, typer.Option("--quarantine", help="Set bad rows aside instead of refusing.")
]
HOW_BARS_ARE_READ = (  # the parameters of every verb that reads bars, as [bars] names them
    "layout",
    "timezone",
    "session_start",
    "bar_label",
    "interval",
    "symbol",
    "sort",
    "quarantine",
    "drop_unfinished",
    "adjust",
)
RunPath = Annotated[
    Path | None, typer.Argument(metavar="RUN", help="A run folder; the latest run if left out.")
]
Config = Annotated[
    Path | None, typer.Option("--config", help="Settings file instead of ./quantsig.toml.")
]
Device = Annotated[
    str | None, typer.Option("--device", help="Where the model runs: auto, cpu or cuda.")
]
Pairs = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Any setting, as loss.focal_gamma=1.5."),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")]
Meta = Annotated[
    bool,
    typer.Option(
        "--meta",
        help="Ask a second model, trained out of fold, which signals to take and how large.",
    ),
]
Lang = Annotated[
    str,
    typer.Option(
        "--lang",
        callback=known_language,
        help=f"Language of the report: {' or '.join(languages())}.",
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace a result that exists.")]
Threshold = Annotated[
    float | None,
    typer.Option(*RULES["number"].flags, callback=fraction, help=RULES["number"].help),
]


def how_bars_are_read(given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings under [bars] among the parameters of a verb, which are its `locals()`."""
    return {f"bars.{name}": given[name] for name in HOW_BARS_ARE_READ}


def run_or_latest(named: Path | None, settings: "Settings") -> "Run":
    """Open the named run, or the latest one of the runs folder and say which on stderr."""
    from quantsig.signals.runs import latest_run, open_run

    if named is not None:
        return open_run(named)
    latest = latest_run(settings.paths.runs)
    note(f"run: {latest} (the latest)")
    return open_run(latest)
