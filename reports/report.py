"""One run on one offline HTML page: no request leaves it, and nothing foreign runs in it."""

import base64
import hashlib
from importlib.metadata import version
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.graph_objects import Figure
from plotly.io import to_json
from plotly.offline import get_plotlyjs

from quantsig.data.files import refuse_existing, write_text
from quantsig.reports.inputs import Inputs, read_inputs
from quantsig.reports.sections import SECTIONS
from quantsig.signals.runs import BACKTEST

FILE_NAME = "report.html"


def write_report(
    run_path: Path, *, traded: str = BACKTEST, out: Path | None = None, force: bool = True
) -> Path:
    """Write the report of a run and return its path.

    Args:
        run_path: the run folder.
        traded: the folder in it that holds the backtest to show.
        out: the file to write; None for report.html in the run folder.
        force: replace a report that exists.

    Raises:
        DataError: `run_path` is not a run folder.
        IntegrityError: one of its files is damaged.
        UsageError: the report exists and `force` is False.
    """
    target = out or run_path / FILE_NAME
    refuse_existing(target, force=force)
    write_text(target, render(read_inputs(run_path, traded)))
    return target


def render(inputs: Inputs) -> str:
    """The whole page as text."""
    templates = Environment(
        loader=PackageLoader("quantsig.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["drawing_json"] = drawing_json
    plotly, script = get_plotlyjs(), _source(templates, "report.js")
    return templates.get_template("report.html").render(
        sections={name: section(inputs) for name, section in SECTIONS.items()},
        run_id=inputs.run.run_id,
        version=version("quantsig"),
        style=Markup(_source(templates, "report.css")),
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
    return Markup(to_json(drawing, validate=False).replace("<", "\\u003c"))


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _source(templates: Environment, name: str) -> str:
    """A template file as it stands, without rendering it."""
    assert templates.loader is not None
    return templates.loader.get_source(templates, name)[0]
