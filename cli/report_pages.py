"""The report pages that several verbs write."""

from pathlib import Path
from typing import TYPE_CHECKING

from quantsig.cli.output import note, stage

if TYPE_CHECKING:
    from quantsig.data.samples.store import SampleSet
    from quantsig.signals.runs import Run


def run_page(run: "Run", split: str) -> Path:
    """Where the page of a run's backtest is: the run's own, or of other rows in their folder."""
    from quantsig.backtest.result import TEST
    from quantsig.signals.layout import REPORT, backtest_folder

    return (run.path if split == TEST else run.path / backtest_folder(split)) / REPORT


def write_run_page(
    run: "Run",
    *,
    split: str = "test",
    out: Path | None = None,
    force: bool = True,
    lang: str = "en",
    nameless: bool = False,
) -> Path:
    """Write the report page of a run, or of a backtest on other rows into its folder."""
    from quantsig.reports.report import write_report
    from quantsig.signals.layout import backtest_folder

    if out is None and not nameless:
        out = run_page(run, split)
    traded = backtest_folder(split)
    with stage("Writing the report"):
        page = write_report(run, traded=traded, out=out, force=force, lang=lang, nameless=nameless)
    if page == run_page(run, split):
        from quantsig.pages import follow_report

        follow_report(run, page, note, split=split)
    return page


def write_walk_page(
    folder: Path,
    samples: "SampleSet | None" = None,
    *,
    out: Path | None = None,
    force: bool = True,
    lang: str = "en",
    nameless: bool = False,
) -> Path:
    """Write the report page of a walk."""
    from quantsig.reports.walk.report import write_walk_report

    with stage("Writing the report"):
        return write_walk_report(
            folder, samples, out=out, force=force, lang=lang, nameless=nameless
        )
