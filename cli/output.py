"""What a verb prints: results on stdout, progress and notes on stderr."""

import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from shutil import get_terminal_size
from typing import Any

from quantsig.backtest.statistics.figure_table import FIGURES as BACKTEST_FIGURES
from quantsig.cli.option_names import as_typed
from quantsig.cli.printing.fold import columns_of, filled
from quantsig.data.language.durations import duration
from quantsig.data.language.messages import Message, phrase, term
from quantsig.data.language.saying import tell, word
from quantsig.data.progress import Listener, Progress
from quantsig.signals.figures import FIGURES as SIGNAL_FIGURES
from quantsig.signals.figures import is_share

UTF_8 = {"utf-8", "utf8"}
LINE_EVERY_S = 10.0  # how far a stage is, where stderr is no terminal
FORESEEABLE = 0.01  # of the work; before, what starts it would be taken for its pace
PIPED_WIDTH = 140  # columns of text where stdout is no terminal


def speak_utf8() -> None:
    """Write UTF-8 wherever the output goes: a pipe has a code page of its own on Windows."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and stream.encoding.lower() not in UTF_8:
            stream.reconfigure(encoding="utf-8")


def note(text: str) -> None:
    """One line beside the result."""
    print(as_typed(printable(tell(text))), file=sys.stderr, flush=True)


def print_line(text: str) -> None:
    """One line of the result in the reader's language."""
    print(printable(tell(text)))


def print_document(verb: str, figures: Mapping[str, Any], **more: Any) -> None:
    """Print the verb's result as one JSON document; NaN and infinity become null."""
    from quantsig.data.storage.documents import to_json

    print(to_json({"schema": f"quantsig.{verb}/1", "figures": figures, **more}, indent=2))


def print_figures(figures: Mapping[str, Any], *, indent: str = "") -> None:
    """Print named figures, one a line."""
    named = {name: indent + _name_of(name) for name in figures}
    width = max(map(columns_of, named.values()), default=0)
    for name, value in figures.items():
        print(f"{filled(named[name], width)}  {readable(name, value)}")


def _name_of(figure: str) -> str:
    """What a figure is called: by its key, or in other languages as on the page."""
    plain = figure.replace("_", " ")
    known = BACKTEST_FIGURES.get(figure) or SIGNAL_FIGURES.get(figure)
    return tell(Message(plain, code=known.label, params={})) if known else word(plain)


def print_table(
    rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str], spared: Sequence[str] = ()
) -> None:
    """Print rows as a table that fits the terminal.

    Args:
        rows: figures by name.
        columns: which of them to show, and under which heading.
        spared: names of columns that are left out where there is no room, the first at first.
    """
    from quantsig.cli.printing.table import PrintedColumn, lay

    held = list(rows)
    cells = {name: cells_of(name, [row.get(name) for row in held]) for name in columns}
    laid = lay(
        [
            PrintedColumn(name=name, heading=tell(text), cells=cells[name])
            for name, text in columns.items()
        ],
        terminal_width(),
        spared,
    )
    bold = ("\x1b[1m", "\x1b[0m") if sys.stdout.isatty() else ("", "")
    for line in laid.heading:
        print(line.join(bold))
    for line in laid.rows:
        print(line)
    if laid.left_out:
        note(
            phrase(
                "no room for: {columns}. A wider terminal or --json shows them.",
                columns=", ".join(laid.left_out),
            )
        )


def terminal_width() -> int:
    """Columns of the terminal, or of a pipe."""
    return get_terminal_size().columns if sys.stdout.isatty() else PIPED_WIDTH


def cells_of(name: str, values: Sequence[Any]) -> tuple[str, ...]:
    """The figures of a column for people, all with as many decimals."""
    from quantsig.cli.printing.table import at_the_point, decimals_of

    known = [value for value in values if value is not None and value == value]  # noqa: PLR0124
    numbers = all(isinstance(value, (int, float)) and value is not True for value in known)
    floats = any(isinstance(value, float) for value in known)
    decimals = decimals_of(known) if numbers and floats and not _is_share(name) else None
    if decimals is None:
        return at_the_point([readable(name, value) for value in values])
    return tuple(
        f"{value:,.{decimals}f}" if value is not None and value == value else "-"  # noqa: PLR0124
        for value in values
    )


def print_verdict(sentence: str, reasons: Iterable[str]) -> None:
    """Say plainly whether there is an edge, and why."""
    print(*map(tell, (sentence, *reasons)), sep="\n  ")


def readable(name: str, value: Any) -> str:
    """A figure for people: percent where the name is a fraction, a dash where there is none."""
    if value is None or value != value:  # noqa: PLR0124 - NaN
        return "-"
    if isinstance(value, (bool, Message)):
        return tell(term(str(value)) if isinstance(value, bool) else value)
    if not isinstance(value, (int, float)):
        return printable(str(value))
    if _is_share(name):
        return f"{value:.2%}"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def _is_share(name: str) -> bool:
    return is_share(name, BACKTEST_FIGURES) or is_share(name, SIGNAL_FIGURES)


def printable(text: str) -> str:
    """Text of foreign files with its control characters escaped, so that none reaches a terminal.

    Line breaks stay.
    """
    return "".join(
        letter if letter.isprintable() or letter == "\n" else ascii(letter)[1:-1] for letter in text
    )


@contextmanager
def stage(title: str) -> Iterator[Progress]:
    """Show one stage of the work on stderr: a bar on a terminal, else lines.

    The lines stand at its start and end, and in long ones every ten seconds, with the time left.
    """
    with _bar(title) if sys.stderr.isatty() else _lines(title) as progress:
        yield progress


LISTENER = Listener(stage=stage, tell=note)


@contextmanager
def _lines(title: str) -> Iterator[Progress]:
    title = word(title)
    note(phrase("{title} ...", title=title))
    start = told = time.monotonic()

    def progress(done: int, total: int) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told >= LINE_EVERY_S and FORESEEABLE * total <= done < total:
            told = now
            left = duration((now - start) * (total - done) / done)
            note(
                phrase(
                    "{title}: {share:.0%}, about {time} left",
                    title=title,
                    share=done / total,
                    time=left,
                )
            )

    yield progress
    seconds = time.monotonic() - start
    note(phrase("{title}: done in {seconds:.1f} s", title=title, seconds=seconds))


@contextmanager
def _bar(title: str) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description:<24}"), BarColumn(), TaskProgressColumn())
    with Bars(
        *columns, TimeElapsedColumn(), TimeRemainingColumn(), console=Console(stderr=True)
    ) as bars:
        task = bars.add_task(word(title), total=None)

        def progress(done: int, total: int) -> None:
            bars.update(task, completed=done, total=total)

        yield progress
        bars.update(task, completed=1, total=1)
