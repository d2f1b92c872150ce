"""`quantsig judge`: make a run of the scores that any other model gave."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantsig.cli.arguments import Config, Force, Json, Pairs, command_line, writable
from quantsig.cli.named_bars import read_named_bars
from quantsig.cli.options.bars import BarsOptions
from quantsig.cli.options.groups import grouped, settings_of
from quantsig.cli.options.label import LabelOptions
from quantsig.cli.options.panels import known_values
from quantsig.cli.output import note, print_document, print_figures, stage
from quantsig.data.language.messages import phrase, term

if TYPE_CHECKING:
    from quantsig.data.scores.table import ScoreTable
    from quantsig.settings import Settings
    from quantsig.signals.runs import Run

KINDS = ("score", "probability")
STAMPS = ("open", "close")


def kind_of_column(value: str | None) -> str | None:
    """Refuse what is neither a score nor a probability."""
    return one_of(value, KINDS)


def kind_of_times(value: str | None) -> str | None:
    """Refuse what is neither open nor close."""
    return one_of(value, STAMPS)


def one_of(value: str | None, known: tuple[str, ...]) -> str | None:
    """Refuse a value that is not known."""
    if value is not None and value not in known:
        raise typer.BadParameter(
            phrase("{name!r} is not one of {known}.", name=value, known=", ".join(known))
        )
    return value


@grouped
def judge(
    scores: Annotated[
        Path,
        typer.Argument(
            metavar="SCORES",
            help="CSV or Parquet: symbol, time, score or probability; if known split, label, "
            "trained_until.",
        ),
    ],
    *,
    bars: Annotated[
        Path | None,
        typer.Option(
            "--bars", metavar="BARS", help="The bars they are about, as of samples build."
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", callback=writable, help="The run folder to write.")],
    column: Annotated[
        str | None,
        typer.Option(
            "--column", help="Column of the scores; else the one called score or probability."
        ),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind",
            callback=kind_of_column,
            help="What that column holds; else by its name.",
            **known_values(KINDS),
        ),
    ] = None,
    score_times: Annotated[
        str | None,
        typer.Option(
            "--score-times",
            callback=kind_of_times,
            help="A time names the open of its bar, whose close the score waits for, or with close "
            "the moment it was known; else as the bars are stamped.",
            **known_values(STAMPS),
        ),
    ] = None,
    trained_until: Annotated[
        str | None,
        typer.Option(
            "--trained-until", help="Newest bar that the training saw, where no column says it."
        ),
    ] = None,
    label: LabelOptions,
    reading: BarsOptions,
    pairs: Pairs = None,
    config: Config = None,
    force: Force = False,
    json: Json = False,
) -> None:
    """Make a run of the scores or probabilities that any other model gave.

    Rows are labelled by the settings and split by them, by a column split, or by trained_until:
    what is decided after it is out of sample. Scores are calibrated; thresholds, signals,
    backtest, sweep and report then work as on any run. How the model was trained is not known,
    and the report says so. Rows that a model learnt from end with 4 where they would be judged.

    \b
    Example:
      quantsig judge scores.csv --bars bars.csv --out runs/judged
      quantsig judge pred.parquet --bars bars --out runs/qlib --trained-until 2018-12-31
    """
    from quantsig.cli.config import load
    from quantsig.data.storage.atomic import refuse_existing

    settings = load(
        config,
        {
            "bars.source": bars,
            **settings_of(reading),
            **settings_of(label),
        },
        pairs or [],
    )
    refuse_existing(out, force=force)
    from quantsig.data.scores.table import ScoreOptions, read_scores

    options = ScoreOptions(
        column=column,
        kind=kind,  # type: ignore[arg-type]
        stamped=score_times,  # type: ignore[arg-type]
        timezone=settings.bars.timezone,
        trained_until=trained_until,
        quarantine=settings.bars.quarantine,
    )
    table = read_scores(scores, options)
    run = judged(table, settings, out, force=force)
    tell(run)
    figures = figures_of(run)
    if json:
        print_document("judge", figures, run=str(run.path), record=run.record.as_dict())
        return
    print_figures(figures)
    print(run.path)


def judged(table: "ScoreTable", settings: "Settings", out: Path, *, force: bool) -> "Run":
    """The run of some scores, by the bars, the label and the splits of the settings."""
    from quantsig.signals.judging.judge import JudgeSettings, judge

    bars = read_named_bars(settings)
    chosen = JudgeSettings(
        label=settings.label,
        splits=settings.splits,
        command=command_line(),
        force=force,
    )
    with stage("Judging scores"):
        return judge(table, bars, out, chosen)


def tell(run: "Run") -> None:
    """How the scores were read, and what may make every figure too good."""
    from quantsig.data.label_spec import label_text
    from quantsig.signals.judging.remarks import remarks

    assert run.record.judged is not None
    note(phrase("label: {label}", label=label_text(run.record.label)))
    for sentence in remarks(run.record.judged):
        note(sentence)
    for warning in run.record.warnings:
        note(phrase("warning: {warning}", warning=term(warning)))


def figures_of(run: "Run") -> dict[str, Any]:
    """Rows of each split, and how well the calibration rows are ranked."""
    import polars as pl

    from quantsig.signals.metrics import event_metrics

    samples = run.samples()
    split = samples.assigned(run.splits)
    figures: dict[str, Any] = {
        "rows": len(samples),
        "symbols": samples.index["symbol"].n_unique(),
        "first_decision": samples.index["decision_time"].min(),
        "last_decision": samples.index["decision_time"].max(),
        **{name: (split == name).sum() for name in ("train", "validation", "calibration", "test")},
    }
    rows = run.predictions().filter(pl.col("split") == "calibration")
    if rows.is_empty():
        return figures
    found = event_metrics(run.happened(rows), rows["score"].to_numpy())
    return figures | {
        "base_rate": found.base_rate,
        "average_precision": found.average_precision,
        "roc_auc": found.roc_auc,
        "calibrator": run.calibration().method,
    }
