"""One walk on one offline HTML page."""

from pathlib import Path

from quantsig.data.language.catalogue import ENGLISH
from quantsig.data.samples.store import SampleSet
from quantsig.data.storage.atomic import refuse_existing
from quantsig.reports.page.language import page_in
from quantsig.reports.page.numerals import day
from quantsig.reports.report import render_page
from quantsig.reports.walk.inputs import anonymous_walk, read_walk
from quantsig.reports.walk.sections import sections_of
from quantsig.signals.layout import ANONYMOUS_REPORT, REPORT
from quantsig.signals.seal import write_page


def write_walk_report(
    folder: Path,
    samples: SampleSet | None = None,
    *,
    out: Path | None = None,
    force: bool = True,
    lang: str = ENGLISH,
    nameless: bool = False,
) -> Path:
    """Write the report of a walk and return its path.

    Args:
        folder: of the finished walk.
        samples: that were walked through; None: opened where they were, if they still are.
        out: the file to write; None for report.html in the folder, or anonymous.html.
        force: replace a report that exists.
        lang: the language of the page, of `catalogue.languages()`.
        nameless: leave out what names its maker or machine.

    Raises:
        DataError: `folder` is no walk, or there is no such language.
        IntegrityError: one of its files is damaged.
        UsageError: the report exists and `force` is False.
    """
    target = out or folder / (ANONYMOUS_REPORT if nameless else REPORT)
    refuse_existing(target, force=force)
    with page_in(lang):
        inputs = read_walk(folder, samples)
        inputs = anonymous_walk(inputs) if nameless else inputs
        made = day(inputs.record.created)
        page = render_page(inputs.record.walk_id, sections_of(inputs), made=made)
        write_page(target, page, folder)
    return target
