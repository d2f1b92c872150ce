"""Lists what a language lacks: `python -m tests.reports.page.untranslated`.

Languages that are complete have to stay so; any other is shown in English where it lacks something.
"""

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from quantsig import reports
from quantsig.backtest.messages import BacktestSentence
from quantsig.backtest.statistics.figure_table import FIGURES as BACKTEST_FIGURES
from quantsig.cli.app import app
from quantsig.cli.commands.settings.config import EXPLAINED
from quantsig.cli.options.help import OF_THE_PARSER, first_sentence
from quantsig.cli.settings.comments import remarks
from quantsig.cli.settings.values import TABLE, WORDS
from quantsig.data.audit.messages import AuditSentence
from quantsig.data.language.catalogue import ENGLISH, catalogue, languages
from quantsig.data.language.data_sentences import DataSentence
from quantsig.data.language.messages import Wording, without_formats
from quantsig.data.language.saying import Reader
from quantsig.signals.figures import FIGURES as SIGNAL_FIGURES
from quantsig.signals.messages import SignalsSentence

TABLES: tuple[type[Wording], ...] = (
    AuditSentence,
    DataSentence,
    SignalsSentence,
    BacktestSentence,
)
PACKAGE = Path(reports.__path__[0]).parent
ERRORS = {"UsageError", "DataError", "ConfigError", "CheckFailed", "ResourceError"}
ERRORS |= {"IntegrityError"}
PHRASES = {"phrase", "term", "chained"}
CONSOLE = {"note", "print_line", "stage", "tell"}
HEADINGS = re.compile(r"(\w+_)?COLUMNS|COMPARED")  # tables of headings by name
MAKERS: dict[str, tuple[int, ...]] = {  # of errors, and where their texts stand
    "damaged": (1,),
    "hold": (2,),
    "refuse_judged": (0,),
    "refuse_untrained": (0,),
    "refuse_several_processes": (0, 1),
    "refused": (2,),
    "unknown_name": (0,),
    "unusable": (1,),
    "wrong_row": (3,),
    "_check": (2,),
    "_fault": (2,),
    "_field": (0,),
    "_not_made": (0,),
    "_other": (2,),
    "_refuse": (2,),
    "_refused": (2,),
    "_too_little": (0,),
    "_unlike": (0,),
    "_wrong": (2,),
    "_wrong_pattern": (1,),
}
REPORTS = Path(reports.__path__[0])
SAID_BY = {"title", "label", "meaning", "note", "missing", "headline", "sentence", "beside"}
SAID_BY |= {"formula", "chooser", "advice"}
PIECES = {"Section", "Figure", "Table", "Column", "Number", "Picture", "Subsection", "Banner"}
PIECES |= {"Listing", "Stated", "Scorecard", "Line"}
NAMED = {"remedy", "said", "what", "reason"}  # variables that hold a line or a phrase of one
TOLD = {"Iterator[str]"}  # of functions whose texts are told as they come
SENTENCE = re.compile(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}")  # no name, no digest
FILE_NAMES = {"config.toml"}  # titles that are no words
FEW = 20  # that are named
COMPLETE = ("zh",)


def texts_of_the_page() -> set[str]:
    """Every English text of the modules and templates of the reports, and of the figures."""
    modules = (text for source in REPORTS.rglob("*.py") for text in texts_of(source))
    figures = (*SIGNAL_FIGURES.values(), *BACKTEST_FIGURES.values())
    stated = (text for figure in figures for text in (figure.label, figure.formula))
    return {text for text in (*modules, *texts_of_templates(), *stated) if text} - FILE_NAMES


def texts_of(source: Path) -> Iterator[str]:
    """Texts in a module that are said as they stand."""
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        called = getattr(node.func, "id", getattr(node.func, "attr", ""))
        fixed = [str(a.value) for a in node.args if isinstance(a, ast.Constant)]
        if called in {"say", "named", "Curve"} and fixed:
            yield fixed[0]
        if called == "upright" and fixed:
            yield fixed[-1]
        if called == "things" and fixed:
            yield f"{{n}} {fixed[-1]}"
        for keyword in node.keywords if called in PIECES else ():
            if keyword.arg in SAID_BY and isinstance(keyword.value, ast.Constant):
                yield str(keyword.value.value)


def texts_of_templates() -> Iterator[str]:
    """Buttons, hints and labels for screen readers."""
    for template in sorted((REPORTS / "templates").rglob("*.html")):
        content = template.read_text("utf-8")
        yield from re.findall(r"say\('([^']*)'", content)
        yield from re.findall(r'say\("([^"]*)"', content)


def texts_of_help() -> set[str]:
    """Every paragraph, meaning and heading of every `--help`."""
    found: set[str] = set()
    left: list[Any] = [get_command(app)]
    while left:
        command = left.pop()
        left += getattr(command, "commands", {}).values()
        help_text = inspect.cleandoc(command.help or "")
        found |= {part for part in help_text.split("\n\n") if not part.startswith("\b")}
        found.add(first_sentence(help_text))
        panels = [getattr(one, "rich_help_panel", None) for one in (command, *command.params)]
        found |= {panel for panel in panels if isinstance(panel, str)}
        found |= {getattr(option, "help", None) or "" for option in command.params}
    return {" ".join(text.split()) for text in found} - {"", "."} | set(OF_THE_PARSER)


def texts_of_headings() -> set[str]:
    """Above the columns of every table of the console."""
    trees = (ast.parse(source.read_text("utf-8")) for source in (PACKAGE / "cli").rglob("*.py"))
    return {
        str(ast.literal_eval(heading))
        for tree in trees
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict)
        if HEADINGS.fullmatch(ast.unparse(node.targets[0]))
        for heading in node.value.values
    } - {""}


def texts_of_settings() -> set[str]:
    """The comments of quantsig.toml, and what `config explain` says beside them."""
    comments = {remark.text for remark in remarks()} | set(EXPLAINED)
    return (comments | {str(TABLE), *map(str, WORDS.values())}) - {""}


def texts_of_errors() -> set[str]:
    """Every line of an error or of the console, as it stands or as a phrase.

    Lines that are put together as f-strings count as they stand in the code: they can have no
    translation until they are phrases.
    """
    return {
        text
        for source in PACKAGE.rglob("*.py")
        if "benchmarks" not in source.parts
        for text in lines_of_errors(source)
    } - {""}


def lines_of_errors(source: Path) -> Iterator[str]:
    """Those of one file."""
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            yield from _lines_of(node)
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in NAMED:
            yield from _as_told(node.value, placed=True)
        elif isinstance(node, ast.FunctionDef) and ast.unparse(node.returns or node) in TOLD:
            yield from _given_one_by_one(node)


def _given_one_by_one(told: ast.FunctionDef) -> Iterator[str]:
    """What a function of sentences yields, as it stands."""
    for node in ast.walk(told):
        if isinstance(node, ast.Yield) and node.value is not None:
            yield from (text for text in _as_told(node.value) if SENTENCE.search(text))


def _lines_of(call: ast.Call) -> Iterator[str]:
    called = getattr(call.func, "id", getattr(call.func, "attr", ""))
    places = MAKERS.get(called, (0,) if called in ERRORS | PHRASES | CONSOLE else ())
    lines = [argument for at, argument in enumerate(call.args) if at in places]
    named = {"remedy", "what"} if called in ERRORS | {"RowRule"} else {"remedy"}
    lines += [one.value for one in call.keywords if one.arg in named]
    for line in lines:
        yield from _as_told(line, placed=called in PHRASES)
        if called in MAKERS and ast.unparse(line).startswith("str("):
            yield ast.unparse(line)  # what a library said: English, unless a phrase holds it


def _as_told(line: ast.expr, *, placed: bool = False) -> Iterator[str]:
    """A text, both of a choice, or an f-string as the code says it."""
    for way in (line.body, line.orelse) if isinstance(line, ast.IfExp) else (line,):
        if isinstance(way, ast.Constant) and isinstance(way.value, str):
            yield without_formats(way.value) if placed else way.value
        elif isinstance(way, ast.JoinedStr):
            yield ast.unparse(way)


def untranslated(language: str) -> list[str]:
    """The texts and messages without a translation."""
    known = catalogue(language)
    messages = {
        said.english for table in TABLES for said in table if said.code not in known.messages
    }
    texts = texts_of_the_page() | texts_of_help() | texts_of_headings() | texts_of_settings()
    return sorted(messages | (texts - set(known.texts)))


def errors_untranslated(language: str) -> list[str]:
    """The lines of errors without a translation."""
    return sorted(texts_of_errors() - set(catalogue(language).texts))


def skip_untranslated(reader: Reader) -> None:
    """A missing translation is listed and fails no test."""
    if reader.lacking:
        pytest.skip(f"shown in English: {', '.join(sorted(reader.lacking))}")


def main() -> int:
    """A line for each language, and one for each of the first texts it lacks."""
    code = 0
    for language in languages():
        if language == ENGLISH:
            continue
        for kind, lacking in (
            ("texts", untranslated(language)),
            ("lines of errors", errors_untranslated(language)),
        ):
            print(f"{language}: {len(lacking)} {kind} are shown in English")
            for text in lacking[:FEW]:
                print(f"  {text}")
            if len(lacking) > FEW:
                print(f"  and {len(lacking) - FEW} more")
            code |= bool(lacking) and language in COMPLETE
    return code


if __name__ == "__main__":
    sys.exit(main())
