"""The market report of a forward test on one offline HTML page."""

from pathlib import Path

from quantsig.data.language.catalogue import ENGLISH
from quantsig.data.storage.atomic import write_text
from quantsig.reports.forward.account import account
from quantsig.reports.forward.drift import drift
from quantsig.reports.forward.inputs import ForwardInputs
from quantsig.reports.forward.journal import journal
from quantsig.reports.forward.promise import promise
from quantsig.reports.forward.today import today
from quantsig.reports.page.language import page_in
from quantsig.reports.page.numerals import day
from quantsig.reports.report import render_page
from quantsig.signals.layout import forward_page

SECTIONS = {
    "today": today,
    "promise": promise,
    "account": account,
    "drift": drift,
    "journal": journal,
}


def write_forward_page(
    inputs: ForwardInputs, *, out: Path | None = None, lang: str = ENGLISH
) -> Path:
    """Write the page of a forward test and return its path; the one of before is replaced.

    Args:
        inputs: what it shows.
        out: the file; None: forward.html in the run.
        lang: the language of the page, of `catalogue.languages()`.
    """
    target = out or forward_page(inputs.run.path)
    with page_in(lang):
        sections = {name: section(inputs) for name, section in SECTIONS.items()}
        made = day(inputs.call.recorded)
        write_text(target, render_page(inputs.run.run_id, sections, made=made))
    return target
