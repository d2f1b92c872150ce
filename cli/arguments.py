"""Arguments that several verbs share, and the run that is meant where none is named."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quantsig.cli import completion
from quantsig.cli.options.panels import COMMON, TRAINING, OfSetting, known_values
from quantsig.cli.output import note
from quantsig.data.language.catalogue import languages
from quantsig.data.language.messages import phrase
from quantsig.data.language.saying import language
from quantsig.data.portable_names import refuse_unportable
from quantsig.data.storage.passing_on import command_without_passwords, relative_paths

if TYPE_CHECKING:
    from quantsig.settings import Settings
    from quantsig.signals.runs import Run


def known_language(code: str) -> str:
    """Refuse a language without a folder of translations; where none is given, the console's."""
    if not code:
        return language()
    if code not in languages():
        raise typer.BadParameter(
            phrase("{name!r} is not one of {known}.", name=code, known=", ".join(languages()))
        )
    return code


def writable(path: Path | None) -> Path | None:
    """Refuse a place to write whose name some system cannot hold."""
    return None if path is None else refuse_unportable(path)


def command_line() -> str:
    """What was typed, for a record that may be passed on: paths from here, no passwords."""
    here = Path.cwd()
    words = ["quantsig", *(relative_paths(word, here) for word in sys.argv[1:])]
    return command_without_passwords(words)


SamplesPath = Annotated[
    Path | None,
    typer.Argument(metavar="SAMPLES", help="A sample set; else that of the settings."),
]
RunPath = Annotated[
    Path | None,
    typer.Argument(
        metavar="RUN",
        help="A run folder; the latest run if left out.",
        autocompletion=completion.runs,
    ),
]
ForwardBars = Annotated[
    Path | None,
    typer.Argument(metavar="BARS", help="All bars up to the newest; else those of the settings."),
]
AllowDifferent = Annotated[
    bool,
    typer.Option("--allow-different", help="Take BARS that are unlike those of the training."),
]
NewScores = Annotated[
    Path | None,
    typer.Option(
        "--scores",
        metavar="FILE",
        help="Of a judged run: what its model says of the bars, all rows or the new ones.",
    ),
]
Config = Annotated[
    Path | None,
    typer.Option(
        "--config", help="Settings file instead of ./quantsig.toml.", rich_help_panel=COMMON
    ),
]
Device = Annotated[
    str | None,
    typer.Option(
        "--device",
        help="Where the model runs.",
        rich_help_panel=COMMON,
        **known_values(("auto", "cpu", "cuda")),
    ),
    OfSetting("device"),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="Which model; see: quantsig models.",
        rich_help_panel=TRAINING,
        autocompletion=completion.values_of("train.model"),
    ),
    OfSetting("train.model"),
]
Epochs = Annotated[
    int | None,
    typer.Option("--epochs", help="At most so many.", rich_help_panel=TRAINING),
    OfSetting("train.epochs"),
]
Seed = Annotated[
    int | None,
    typer.Option("--seed", help="Same seed, same numbers.", rich_help_panel=TRAINING),
    OfSetting("train.seed"),
]
Pairs = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Any setting, as loss.focal_gamma=1.5.",
        rich_help_panel=COMMON,
    ),
]
Json = Annotated[
    bool,
    typer.Option("--json", help="Print the result as one JSON document.", rich_help_panel=COMMON),
]
Meta = Annotated[
    bool,
    typer.Option(
        "--meta",
        help="Ask a second model, trained out of fold, which signals to take and how large.",
    ),
]
Anonymous = Annotated[
    bool,
    typer.Option("--anonymous", help="Leave out what names its maker, machine, folders or files."),
]
Lang = Annotated[
    str,
    typer.Option(
        "--lang",
        callback=known_language,
        help="Language of the report and the console; else by the settings or the system.",
        rich_help_panel=COMMON,
        **known_values(languages()),
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Say how many samples and steps, how much disk and about how long; write nothing.",
        rich_help_panel=COMMON,
    ),
]
Force = Annotated[
    bool,
    typer.Option("--force", help="Replace a result that exists.", rich_help_panel=COMMON),
]


def run_or_latest(named: Path | None, settings: "Settings") -> "Run":
    """Open the named run, or the latest one of the runs folder and say which on stderr."""
    from quantsig.signals.runs import latest_run, open_run

    if named is not None:
        return open_run(named)
    latest = latest_run(settings.paths.runs)
    note(phrase("run: {run} (the latest)", run=latest))
    return open_run(latest)
