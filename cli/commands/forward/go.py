"""`quantsig forward`: what a run decides on new bars, in a journal that nobody can rewrite."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantsig.cli.arguments import (
    AllowDifferent,
    Config,
    Device,
    ForwardBars,
    Json,
    Lang,
    Meta,
    NewScores,
    RunPath,
)
from quantsig.cli.named_bars import read_named_bars
from quantsig.cli.options.bars import BarsOptions
from quantsig.cli.options.groups import grouped, settings_of
from quantsig.cli.options.news import NamedNews, read_named_news
from quantsig.cli.options.panels import known_values
from quantsig.cli.options.workers import WorkersOptions
from quantsig.cli.output import (
    LISTENER,
    note,
    print_document,
    print_figures,
    print_table,
)
from quantsig.data.errors import (
    DataError,
    IntegrityError,
    ResourceError,
    UsageError,
    unknown_name,
)
from quantsig.data.language.messages import phrase, term

if TYPE_CHECKING:
    from quantsig.forwards import ForwardResult, ForwardTest
    from quantsig.settings import Settings

SHOWN = 20  # signals of a call that are printed, the newest first
FORMS = ("text", "csv")
COLUMNS = {
    "symbol": "symbol",
    "decision_time": "decision",
    "probability": "probability",
    "close": "close",
    "late": "late",
}
EVIDENCE = (  # figures of it that are printed
    "state",
    "promised",
    "windows",
    "signals",
    "hits",
    "precision",
    "precision_low",
    "precision_high",
    "mean_return",
    "return_low",
    "return_high",
)

IN_PERCENT = {"promised", "mean_return", "return_low", "return_high", "account_return"}


@grouped
def go(
    run: RunPath = None,
    bars: ForwardBars = None,
    *,
    scores: NewScores = None,
    meta: Meta = False,
    watch: Annotated[
        str | None,
        typer.Option(
            "--watch",
            metavar="TIME",
            help="Go on until Ctrl-C: whenever BARS change, and after TIME, such as 15m.",
        ),
    ] = None,
    command: Annotated[
        str | None,
        typer.Option(
            "--command",
            metavar="CMD",
            help="Run it for each new signal, its row as JSON on standard input; no shell.",
        ),
    ] = None,
    fills: Annotated[
        Path | None,
        typer.Option(
            "--fills",
            metavar="FILE",
            help="Fills of your broker, laid beside the paper account: a CSV with symbol, time, "
            "side, price, quantity, fee.",
        ),
    ] = None,
    form: Annotated[
        str | None,
        typer.Option("--format", help="csv prints the new signals.", **known_values(FORMS)),
    ] = None,
    allow_different: AllowDifferent = False,
    device: Device = None,
    reading: BarsOptions,
    workers: WorkersOptions,
    news: NamedNews,
    lang: Lang = "",
    config: Config = None,
    json: Json = False,
) -> None:
    """Decide on every bar that is new, and tell what came of earlier decisions; go may be left out.

    Each decision is a line of the run's journal, chained to the one before. One that is recorded
    when its entry could not be had any more is late, and proves nothing. Writes the market report
    forward.html. Ends with 4 once the promise of the choice is broken.

    \b
    Example:
      quantsig forward go runs/first bars.csv
      quantsig forward runs/first bars.csv --json
      quantsig forward runs/first bars.csv --watch 15m --command "notify-send quantsig"
      quantsig forward runs/judged bars.csv --scores scores.csv
      quantsig forward verify runs/first bars.csv
    """
    from quantsig.cli.arguments import run_or_latest
    from quantsig.cli.config import load
    from quantsig.cli.run_or_bars import run_or_bars
    from quantsig.data.machine import return_memory_at_once

    if watch is not None:
        return_memory_at_once()
    given = run_or_bars(run, bars, "quantsig forward")
    settings = load(config, {"device": device, "bars.source": given.bars, **settings_of(reading)})
    chosen = run_or_latest(given.run, settings)
    from quantsig.backtest.forward.call import refuse_broken
    from quantsig.forwards import ForwardRequest, forward_test
    from quantsig.signals.inference.news import news_record

    asked = ForwardRequest(
        meta=meta,
        allow_different=allow_different,
        command=command,
        fills=fills,
        scores=scores,
        news=partial(read_named_news, news, like=news_record(chosen)),
        quarantine=settings.bars.quarantine,
        lang=lang,
        device=settings.device,
        on=workers.asked(),
    )
    pause = None if watch is None else time_of(watch)
    if form not in (None, *FORMS):
        raise unknown_name("format", form, FORMS, where="--format")
    with forward_test(chosen, settings.backtest, asked, listener=LISTENER) as test:
        if pause is not None:
            beside = [scores, news.news, news.embeddings]
            watch_bars(test, settings, pause, "json" if json else form, beside)
            return
        result = test.round(read_named_bars(settings))
    shown(result, "json" if json else form)
    refuse_broken(chosen, result.evidence)


def shown(result: "ForwardResult", form: str | None) -> None:
    """Print what a call came to, in the form that was asked for."""
    if form == "json":
        print_call(result)
    elif form == "csv":
        from quantsig.signals.inference.exports import as_csv

        print(as_csv(result.signals).decode(), end="")
    else:
        show_call(result)


def figures_of(result: "ForwardResult") -> dict[str, Any]:
    """What one call added, counted."""
    call = result.call
    return {
        "decisions": len(call.decisions),
        "new_signals": len(call.signals),
        "late": sum(line["late"] for line in call.decisions),
        "outcomes": len(call.outcomes),
        "corrected": len(call.revisions),
        "newest_bar": readable_time(call.newest_bar.isoformat()),
    }


def print_call(result: "ForwardResult") -> None:
    """Print a call as one JSON document."""
    print_document(
        "forward",
        figures_of(result) | {"state": result.evidence.state},
        run=str(result.run.path),
        page=str(result.page),
        recorded=result.call.recorded.isoformat(),
        evidence=result.evidence.as_dict(),
        account=result.account_figures,
        weeks=result.weeks,
        reliability=result.reliability,
        decisions=list(result.call.decisions),
        outcomes=list(result.call.outcomes),
        commands=list(result.commands),
    )


def show_call(result: "ForwardResult") -> None:
    """Print a call for people: what was added, what it shows so far, and the signals."""
    said: Mapping[str, Any] = result.evidence.as_dict()
    held = {f"account_{name}": value for name, value in result.account_figures.items()}
    shown_figures = {**figures_of(result), **{name: said[name] for name in EVIDENCE}, **held}
    for name in IN_PERCENT & shown_figures.keys():
        value = shown_figures[name]
        shown_figures[name] = None if value is None else f"{value:.2%}"
    print_figures(shown_figures | {"state": term(result.evidence.state)})
    call = result.call
    if call.signals:
        rows = [
            {**line, "decision_time": readable_time(line["decision_time"])}
            for line in reversed(call.signals[-SHOWN:])
        ]
        print_table(rows, COLUMNS)
    elif call.decisions:
        note("no new decision is a signal.")
    else:
        note("no bar is new: there was nothing to decide.")
    for line in result.commands:
        if line["code"]:
            said_of = "{program} ended with {code} for {symbol}."
            note(phrase(said_of, **{name: line[name] for name in ("program", "code", "symbol")}))
    print(result.page)


def readable_time(text: str) -> str:
    """A time of the journal to the minute."""
    return text[:16].replace("T", " ")


def time_of(text: str) -> timedelta:
    """A time such as 15m.

    Raises:
        UsageError: it is none.
    """
    from quantsig.data.calendar.intervals import parse_interval

    found = parse_interval(text)
    if not isinstance(found, timedelta) or found <= timedelta():
        raise UsageError(
            phrase('"{text}" is no time.', text=text),
            where="--watch",
            remedy="Give one such as 15m, 1h or 1d.",
        )
    return found


def watch_bars(
    test: "ForwardTest",
    settings: "Settings",
    pause: timedelta,
    form: str | None,
    beside: Sequence[Path | None] = (),
) -> None:
    """Call whenever the bars or what goes with them change, and after each pause, until Ctrl-C.

    What cannot be used now, as a file that somebody is writing or a store that does not answer, is
    told of and waited for; bars that did not change are not read again.
    """
    from quantsig.data.machine import give_memory_back
    from quantsig.data.reading.changes import changes

    assert settings.bars.source is not None
    watched = [settings.bars.source, *filter(None, beside)]
    bars = None
    for changed in changes(watched, pause):
        try:
            if changed or bars is None:
                bars = None  # or both would be held
                bars = read_named_bars(settings, quiet=True)
            result = test.round(bars)
        except (DataError, ResourceError, IntegrityError) as error:
            if not isinstance(error, DataError) and not _is_of(watched, error.where):
                raise
            note(error.what)
            continue
        if result.call.decisions or result.call.outcomes:
            shown(result, form)
        del result
        give_memory_back()


def _is_of(sources: Sequence[Path], where: str) -> bool:
    """Whether an error is of one of these, or of a file in it."""
    from quantsig.data.storage.addresses import address_of
    from quantsig.data.storage.passing_on import without_passwords

    names = [without_passwords(address_of(path) or str(path)) for path in sources]
    return any(where == name or where.startswith(f"{name.rstrip('/')}/") for name in names)
