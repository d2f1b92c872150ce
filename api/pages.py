"""The report of a run, in Python."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quantsig.signals.runs import Run


def write_report(
    run: "Run | str | Path", out: str | Path | None = None, *, lang: str = "en", force: bool = True
) -> Path:
    """Write the report of a run as one offline page, and return its path.

    Args:
        run: the run, or its folder.
        out: the file to write; None: report.html in the run folder.
        lang: the language of the page, `en` or `zh`.
        force: replace a page that exists.

    Raises:
        DataError: `run` is no run, or there is no such language.
        IntegrityError: one of its files is damaged.
        UsageError: the page exists and `force` is False.
    """
    from quantsig.reports.report import write_report as write

    shown = Path(run) if isinstance(run, str) else run
    return write(shown, out=None if out is None else Path(out), lang=lang, force=force)
