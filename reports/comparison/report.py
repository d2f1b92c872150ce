"""Several runs on one offline page, side by side."""

from collections.abc import Callable, Sequence
from pathlib import Path

from quantsig.data.errors import UsageError
from quantsig.data.language.catalogue import ENGLISH
from quantsig.data.language.messages import phrase, term
from quantsig.data.language.saying import say
from quantsig.data.storage.atomic import refuse_existing, write_text
from quantsig.reports.comparison.runs import ComparedRun, compared_runs
from quantsig.reports.comparison.sections import curves, equity, figures, overview, settings
from quantsig.reports.page.content import Section
from quantsig.reports.page.language import page_in
from quantsig.reports.report import render_page

SECTIONS: dict[str, Callable[[Sequence[ComparedRun]], Section]] = {
    "runs": overview,
    "figures": figures,
    "equity": equity,
    "precision-recall": curves,
    "settings": settings,
}


def write_comparison(
    runs: Sequence[ComparedRun], out: Path, *, force: bool = False, lang: str = ENGLISH
) -> Path:
    """Write the page that compares runs and return its path.

    Args:
        runs: at least two, of `read_runs`.
        out: the file to write.
        force: replace a file that exists.
        lang: the language of the page, of `catalogue.languages()`.

    Raises:
        UsageError: the file exists and `force` is False, or there is no such language.
    """
    refuse_existing(out, force=force)
    with page_in(lang):
        title = say("{runs} runs compared", runs=len(runs))
        page = render_page(title, {name: section(runs) for name, section in SECTIONS.items()})
    write_text(out, page)
    return out


def read_runs(paths: Sequence[Path]) -> tuple[ComparedRun, ...]:
    """Read the runs to compare, each under a name of its own.

    Raises:
        UsageError: fewer than two, or one of them twice.
        DataError: one is not a run folder.
        IntegrityError: a file of one is damaged.
    """
    places = [path.resolve() for path in paths]
    if len(set(places)) < 2 or len(set(places)) < len(places):
        found = "one run twice" if len(set(places)) < len(places) else "fewer than two runs"
        raise UsageError(
            phrase("{found} cannot be compared.", found=term(found)),
            where=", ".join(map(str, paths)),
            remedy="Name two or more different runs: quantsig runs compare R1 R2",
        )
    return compared_runs(places)
