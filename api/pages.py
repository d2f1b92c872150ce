"""The report of a run, in Python."""

from pathlib import Path
from typing import TYPE_CHECKING

from quantsig.data.progress import Note, unheard
from quantsig.training import open_run

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
    page = write(shown, out=None if out is None else Path(out), lang=lang, force=force)
    if out is None:
        follow_report(shown if not isinstance(shown, Path) else open_run(shown), page)
    return page


def follow_report(run: "Run", page: Path, tell: Note = unheard, *, split: str = "test") -> None:
    """Tell the trackers that followed the training what came of it.

    Args:
        run: whose settings name them.
        page: its report.
        tell: told of a tracker that fails.
        split: of the backtest that the page is about.
    """
    from quantsig.backtest.record import read_stats
    from quantsig.signals.layout import STATS, backtest_folder
    from quantsig.signals.seal import sealed
    from quantsig.signals.training.tracking.following import follow_up

    folder = backtest_folder(split)
    stats = sealed(run.path / folder / STATS)
    figures = read_stats(stats).figures if stats.is_file() else {}
    follow_up(run, {f"{folder}.{name}": value for name, value in figures.items()}, [page], tell)
