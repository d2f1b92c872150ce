"""One run on one offline HTML page: no request leaves it, and nothing foreign runs in it."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.graph_objects import Figure
from plotly.io import to_json
from plotly.offline import get_plotlyjs

from quantsig.data.language.catalogue import ENGLISH
from quantsig.data.language.saying import language, say
from quantsig.data.storage.atomic import refuse_existing
from quantsig.reports.anonymous import anonymous
from quantsig.reports.inputs import Inputs, read_inputs
from quantsig.reports.page.content import Column, Section, Table, View, even_rows
from quantsig.reports.page.drawn_words import in_words
from quantsig.reports.page.language import page_in
from quantsig.reports.page.numerals import count, day, typeset
from quantsig.reports.page.packing import PLAIN_BYTES, compact, packed, plain
from quantsig.reports.sections import SECTIONS
from quantsig.signals.layout import ANONYMOUS_REPORT, BACKTEST, REPORT
from quantsig.signals.runs import Run
from quantsig.signals.seal import write_page

ROWS_PRINTED = 30  # of a table, on paper
SCRIPTS = ("drawings", "packing", "tables", "meanings", "settings", "explorer", "stops", "page")


def write_report(
    run: Run | Path,
    *,
    traded: str = BACKTEST,
    out: Path | None = None,
    force: bool = True,
    lang: str = ENGLISH,
    nameless: bool = False,
) -> Path:
    """Write the report of a run and return its path.

    Args:
        run: the run, or its folder.
        traded: the folder in it that holds the backtest to show.
        out: the file to write; None for report.html in the run folder, or anonymous.html.
        force: replace a report that exists.
        lang: the language of the page, of `catalogue.languages()`.
        nameless: leave out what names its maker or machine.

    Raises:
        DataError: `run` is not a run folder, or there is no such language.
        IntegrityError: one of its files is damaged.
        UsageError: the report exists and `force` is False.
    """
    folder = run.path if isinstance(run, Run) else run
    target = out or folder / (ANONYMOUS_REPORT if nameless else REPORT)
    refuse_existing(target, force=force)
    with page_in(lang):
        inputs = read_inputs(run, traded)
        write_page(target, render(anonymous(inputs) if nameless else inputs), folder)
    return target


def render(inputs: Inputs) -> str:
    """The whole page of a run as text."""
    sections = {name: section(inputs) for name, section in SECTIONS.items()}
    return render_page(inputs.run.run_id, sections, made=day(inputs.run.record.created))


def render_page(title: str, sections: Mapping[str, Section], *, made: str = "") -> str:
    """Any sections as one page in the reader's language, see `saying.reading`.

    Args:
        title: of the page, printed on each of its sheets.
        sections: by the names that they have in links.
        made: the day that stands beside the title on paper; "" for none.
    """
    templates = _templates()
    plotly, script = get_plotlyjs(), _script(templates)
    return templates.get_template("page.html").render(
        sections=sections,
        title=title,
        language=language(),
        version=version("quantsig"),
        style=Markup(templates.get_template("report.css").render(title=title, made=made)),
        plotly=Markup(plotly),
        script=Markup(script),
        policy=content_policy(plotly, script),
    )


def content_policy(*scripts: str) -> str:
    """A Content-Security-Policy under which only these scripts run and no request is made.

    Plotly adds style rules while it draws, so styles are allowed inline.
    """
    hashes = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def drawing_json(drawing: Figure) -> Markup:
    """A drawing as JSON that cannot end the script element it stands in."""
    return _inert(to_json(drawing, validate=False))


def packed_views(views: Sequence[View]) -> str:
    """The views of a drawing but the first, which is the drawing itself, without their labels."""
    shown = [{"data": view.traces, "layout": view.layout} for view in views[1:]]
    return packed(compact(shown).encode())


def table_data(table: Table) -> Markup:
    """A script element with every raw value of a table, packed where that is long.

    The texts stand beside them where not every row is drawn.
    """
    rows = [
        [_raw(value, column) for value, column in zip(row, table.columns, strict=True)]
        for row in table.rows
    ]
    data: dict[str, Any] = {"columns": [column.name or column.label for column in table.columns]}
    data["rows"] = rows
    if len(table.rows) > table.shown:
        writers = [column.write for column in table.columns]
        data["texts"] = [
            [write(value) for write, value in zip(writers, row, strict=True)] for row in table.rows
        ]
    text = compact(data)
    if len(text) <= PLAIN_BYTES:
        return Markup('<script type="application/json" data-table>{}</script>').format(_inert(text))
    content = packed(text.encode())
    return Markup('<script type="application/gzip+base64" data-table>{}</script>').format(content)


def _raw(value: Any, column: Column) -> Any:
    """A value as it is saved; of a column of days the day, which has no time and no zone."""
    return day(value) if column.write is day and value is not None else plain(value)


@cache
def _templates() -> Environment:
    """Compiled once a process; what they say follows the language of the moment."""
    templates = Environment(
        loader=PackageLoader("quantsig.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals |= {"say": _said, "rows_printed": ROWS_PRINTED}
    templates.filters |= {
        "drawing_json": drawing_json,
        "css_text": css_text,
        "data_url": partial(_data_url, "image/png"),
        "in_words": in_words,
        "packed_views": packed_views,
        "json": lambda value: _inert(compact(value)),
        "table_data": table_data,
        "thousands": count,
        "width": _width,
        "even_columns": even_columns,
        "even_rows": even_rows,
    }
    return templates


def even_columns(count: int, widest: int) -> int:
    """Columns for so many tiles, at most the widest row, so that the rows are as even as can be.

    Seven in rows of at most six are four and three, not six and one.
    """
    rows = -(-count // widest)
    return -(-count // max(rows, 1))


def _said(text: str, **fields: object) -> str:
    """A text of the page in the reader's language, its numbers written as all others are."""
    return typeset(say(text, **fields))


def _width(text: str) -> int:
    """How wide a text is in letters; a Chinese character takes two."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _inert(json: str) -> Markup:
    """JSON that ends no script element and opens no comment in it."""
    return Markup(json.replace("<", "\\u003c"))


def css_text(text: str) -> Markup:
    """A text inside a string of the style sheet, which no character of it can end."""
    return Markup("".join(c if c.isalnum() else f"\\{ord(c):x} " for c in text))


def _data_url(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _script(templates: Environment) -> str:
    """The page's own scripts as one, which leaves no name behind."""
    assert templates.loader is not None
    sources = [templates.loader.get_source(templates, f"scripts/{name}.js")[0] for name in SCRIPTS]
    return '"use strict";\n(() => {\n' + "\n".join(sources) + "})();\n"
