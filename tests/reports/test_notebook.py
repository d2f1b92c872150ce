"""A run and the sections of its report in a notebook."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from quantsig.data.errors import ConfigError
from quantsig.reports.notebook import open_report
from quantsig.signals.runs import open_run
from tests.reports.hostile import HOSTILE, MARK
from tests.reports.screenshot import open_browser, open_page
from tests.reports.test_browser import named_in_malice

WriteRun = Callable[..., Path]


def test_a_run_shows_what_it_is(write_run: WriteRun) -> None:
    """Its model, its label and its frozen threshold, without a plot."""
    shown = open_run(write_run())._repr_html_()
    assert shown.startswith("<table>")
    assert all(text in shown for text in ("resnet18", "run-20130301-1", "threshold", "test"))


def test_a_run_that_froze_nothing_shows_no_threshold(write_run: WriteRun) -> None:
    """After training alone."""
    assert "threshold" not in open_run(write_run(steps=("train",)))._repr_html_()


def test_a_report_shows_its_verdict(write_run: WriteRun) -> None:
    """In the words of the page, in either language, and without scripts."""
    run = write_run()
    assert "No evidence of an edge" in open_report(run)._repr_html_()
    shown = open_report(run, lang="zh")._repr_html_()
    assert "没有证据表明存在优势" in shown
    assert "<script" not in shown


def test_hostile_names_stay_text_in_a_cell(write_run: WriteRun) -> None:
    """Of the run and of its summary."""
    run = named_in_malice(write_run(symbols=HOSTILE))
    for shown in (open_run(run)._repr_html_(), open_report(run)._repr_html_()):
        assert f"<script>{MARK}" not in shown
        assert "<img" not in shown


def test_a_section_has_its_figures_and_tables(write_run: WriteRun) -> None:
    """To be drawn or changed in a cell; a name that there is not is refused."""
    report = open_report(write_run())
    assert report.section("signal").figures[0].drawing.data
    with pytest.raises(ConfigError, match="unknown section"):
        report.section("sginal")


@pytest.mark.browser
def test_a_section_draws_itself_in_a_cell(
    write_run: WriteRun, tmp_path: Path, chromium_path: str
) -> None:
    """Inside a frame that may run its own scripts and nothing else."""
    cell = open_report(write_run()).page("training")._repr_html_()
    (tmp_path / "cell.html").write_text(f"<!doctype html>{cell}", encoding="utf-8")
    with open_browser(chromium_path) as browser:
        page = open_page(browser)
        page.goto((tmp_path / "cell.html").as_uri())
        drawn = page.frame_locator("iframe").locator(".drawing.js-plotly-plot")
        expect(drawn.first).to_be_visible()
