"""A run in a notebook: its summary as the value of a cell, and any section of its report.

from quantsig.reports.notebook import open_report

report = open_report("runs/first")
report                                      # the verdict and its numbers
report.page("signal")                       # one section as the page shows it
report.section("signal").figures[0].drawing # a plotly figure, its colours as variables
"""

from dataclasses import dataclass
from html import escape
from pathlib import Path

from quantsig.data.errors import unknown_name
from quantsig.data.language.catalogue import ENGLISH
from quantsig.data.language.saying import say
from quantsig.reports.inputs import Inputs, read_inputs
from quantsig.reports.page.content import Scorecard, Section
from quantsig.reports.page.language import page_in
from quantsig.reports.report import render_page
from quantsig.reports.sections import SECTIONS

SUMMARY = "verdict"
HEIGHT_PX = 760


@dataclass(frozen=True, kw_only=True, slots=True)
class PageInCell:
    """A page inside a cell, with its own policy: nothing of it reaches the notebook."""

    html: str
    height_px: int = HEIGHT_PX

    def _repr_html_(self) -> str:
        return (
            '<iframe sandbox="allow-scripts allow-downloads" style="width:100%;border:0" '
            f'height="{self.height_px}" srcdoc="{escape(self.html)}"></iframe>'
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """The report of one run, read once."""

    inputs: Inputs
    language: str = ENGLISH

    def section(self, name: str) -> Section:
        """Texts, numbers, figures and tables of one section.

        Raises:
            ConfigError: there is no such section.
        """
        if name not in SECTIONS:
            raise unknown_name("section", name, SECTIONS, where="Report.section")
        with page_in(self.language):
            return SECTIONS[name](self.inputs)

    def page(self, *names: str, height_px: int = HEIGHT_PX) -> PageInCell:
        """Sections as the page shows them; all of them where none is named."""
        sections = {name: self.section(name) for name in names or SECTIONS}
        with page_in(self.language):
            html = render_page(self.inputs.run.run_id, sections)
        return PageInCell(html=html, height_px=height_px)

    def _repr_html_(self) -> str:
        """The verdict and its numbers, without scripts."""
        with page_in(self.language):
            return _summary(self.section(SUMMARY))


def open_report(run: Path | str, *, lang: str = ENGLISH) -> Report:
    """Read a run for a notebook.

    Raises:
        DataError: `run` is not a run folder.
        IntegrityError: one of its files is damaged.
    """
    return Report(inputs=read_inputs(Path(run)), language=lang)


def _summary(section: Section) -> str:
    parts = [f"<p>⚠ {escape(say(warning))}</p>" for warning in section.warnings]
    if section.banner:
        banner = section.banner
        parts.append(f"<h3>{escape(say(banner.headline))}</h3>")
        parts.append(f"<p>{escape(say(banner.advice))}</p>" if banner.advice else "")
        parts.append("".join(f"<p>{escape(say(reason))}</p>" for reason in banner.reasons))
    parts += [f"<p>{escape(say(paragraph))}</p>" for paragraph in section.paragraphs]
    rows = "".join(
        f'<tr title="{escape(say(item.meaning))}"><th style="text-align:left">'
        f"{escape(say(item.label))}</th><td>{escape(item.value)}</td>"
        f"<td>{escape(say(item.beside))}</td></tr>"
        for item in section.numbers
    )
    return "".join(parts) + _side_by_side(section.scorecard) + f"<table>{rows}</table>"


def _side_by_side(card: Scorecard | None) -> str:
    if card is None:
        return ""
    heads = "".join(f"<th>{escape(say(column))}</th>" for column in card.columns)
    rows = "".join(
        f'<tr title="{escape(say(line.meaning))}"><th style="text-align:left">'
        f"{escape(say(line.label))}</th>"
        + "".join(f"<td>{escape(value)}</td>" for value in line.values)
        + "</tr>"
        for line in card.lines
    )
    return f"<table><tr><th></th>{heads}</tr>{rows}</table>"
