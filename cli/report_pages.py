"""The report pages that several verbs write."""

from pathlib import Path

from quantsig.cli.output import stage


def write_run_page(
    run: Path,
    *,
    split: str = "test",
    out: Path | None = None,
    force: bool = True,
    lang: str = "en",
) -> Path:
    """Write the report page of a run, or of a backtest on other rows into its folder."""
    from quantsig.backtest.result import TEST
    from quantsig.reports.report import write_report
    from quantsig.signals.layout import REPORT, backtest_folder

    traded = backtest_folder(split)
    place = None if split == TEST else run / traded / REPORT
    with stage("Writing the report"):
        return write_report(run, traded=traded, out=out or place, force=force, lang=lang)


def write_walk_page(
    folder: Path, *, out: Path | None = None, force: bool = True, lang: str = "en"
) -> Path:
    """Write the report page of a walk."""
    from quantsig.reports.walk.report import write_walk_report

    with stage("Writing the report"):
        return write_walk_report(folder, out=out, force=force, lang=lang)
