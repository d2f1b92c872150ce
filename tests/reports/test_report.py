"""The page as a whole: what it holds, what it must never do."""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest

from quantsig.data.errors import DataError, UsageError
from quantsig.data.storage.parquet import write_parquet
from quantsig.reports.inputs import Inputs
from quantsig.reports.page.content import Section
from quantsig.reports.report import css_text, write_report
from quantsig.reports.sections import SECTIONS
from tests.reports.hostile import HOSTILE, as_comments

WriteRun = Callable[..., Path]


class Page(HTMLParser):
    """Elements of a page with their attributes, and the text of each script."""

    def __init__(self, report: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.feed(report.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append((dict(attrs), ""))

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1][0] == "script":
            attributes, text = self.scripts[-1]
            self.scripts[-1] = (attributes, text + data)

    def handle_endtag(self, tag: str) -> None:
        self.elements.append((f"/{tag}", {}))

    @property
    def policy(self) -> str:
        """The content policy of the page."""
        metas = [attributes for tag, attributes in self.elements if tag == "meta"]
        return next(
            str(meta["content"])
            for meta in metas
            if meta.get("http-equiv") == "Content-Security-Policy"
        )

    @property
    def code(self) -> list[str]:
        """Scripts that a browser would run."""
        return [text for attributes, text in self.scripts if "type" not in attributes]


@pytest.mark.parametrize("trades", [0, 1, 84])
def test_every_section_stands_whatever_the_number_of_trades(
    write_run: WriteRun, trades: int
) -> None:
    """Zero, one and many trades give the same sections."""
    page = Page(write_report(write_run(trades=trades)))
    ids = [attributes.get("id") for tag, attributes in page.elements if tag == "section"]
    assert ids == list(SECTIONS)


def test_sections_without_data_say_why(write_run: WriteRun) -> None:
    """After training alone the page stands and tells what is still to come."""
    text = write_report(write_run(steps=("train",))).read_text("utf-8")
    assert "Not backtested yet" in text
    assert "No threshold table yet" in text
    assert "No backtest yet" in text


def test_no_edge_is_said_in_these_words(write_run: WriteRun) -> None:
    """A verdict without an edge is not dressed up."""
    text = write_report(write_run(edge=False)).read_text("utf-8")
    assert "no evidence of an edge" in text.lower()


def test_an_edge_is_said_too(write_run: WriteRun) -> None:
    """A verdict with an edge does not deny it."""
    text = write_report(write_run(edge=True)).read_text("utf-8").lower()
    assert "no evidence of an edge" not in text
    assert "evidence of an edge" in text


def test_the_first_200_trades_are_shown(write_run: WriteRun) -> None:
    """A long table says what it leaves out."""
    text = write_report(write_run(trades=300)).read_text("utf-8")
    assert "The first 200 of 300 rows." in text


def test_the_page_lies_in_the_run_folder_unless_told_otherwise(
    write_run: WriteRun, tmp_path: Path
) -> None:
    """The default is report.html; `out` names another file."""
    run = write_run(steps=("train",))
    assert write_report(run) == run / "report.html"
    assert write_report(run, out=tmp_path / "page.html").is_file()


def test_an_existing_report_is_kept_without_force(write_run: WriteRun) -> None:
    """Without force nothing is overwritten."""
    run = write_run(steps=("train",))
    write_report(run)
    with pytest.raises(UsageError, match="exists already"):
        write_report(run, force=False)


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    """An empty folder is not a run."""
    with pytest.raises(DataError, match="not a run folder"):
        write_report(tmp_path)


def test_the_same_run_gives_the_same_bytes(write_run: WriteRun) -> None:
    """Nothing random and no clock goes into the page."""
    run = write_run()
    first = write_report(run).read_bytes()
    assert write_report(run).read_bytes() == first


def test_a_long_backtest_stays_below_8_mb(write_run: WriteRun) -> None:
    """A hundred thousand bars are thinned before they are drawn."""
    run = write_run()
    long = pl.read_parquet(run / "backtest" / "equity.parquet").sample(
        100_000, with_replacement=True, seed=37
    )
    write_parquet(run / "backtest" / "equity.parquet", long.sort("timestamp"))
    assert write_report(run).stat().st_size < 8_000_000


def test_only_the_two_own_scripts_may_run(write_run: WriteRun) -> None:
    """The policy names the hash of each script, and allows no request."""
    page = Page(write_report(write_run()))
    assert len(page.code) == 2
    assert re.findall(r"'sha256-([^']+)'", page.policy) == [_digest(code) for code in page.code]
    assert page.policy.startswith("default-src 'none';")
    assert "http" not in page.policy


def test_no_element_names_another_place(write_run: WriteRun) -> None:
    """Links stay on the page; nothing is loaded."""
    page = Page(write_report(write_run()))
    places = [
        value
        for _, attributes in page.elements
        for name, value in attributes.items()
        if name in ("href", "src", "action", "data", "srcset", "poster")
    ]
    assert {str(place)[0] for place in places if place != "data:,"} == {"#"}


def test_every_drawing_is_json(write_run: WriteRun) -> None:
    """The blocks of data parse and hold traces."""
    page = Page(write_report(write_run()))
    blocks = [text for attributes, text in page.scripts if "data-drawing" in attributes]
    assert len(blocks) >= 10
    assert all(json.loads(block)["data"] for block in blocks)


def test_hostile_names_stay_text(write_run: WriteRun) -> None:
    """Symbols and a configuration with markup in them add no element and no handler."""
    run = write_run(symbols=HOSTILE, config=as_comments(HOSTILE))
    page = Page(write_report(run))
    names = tuple(f"S{number}" for number in range(len(HOSTILE)))
    calm = Page(write_report(write_run(folder="second", config="", symbols=names)))
    assert _count_tags(page) == _count_tags(calm)
    assert not [name for _, attributes in page.elements for name in attributes if name[:2] == "on"]
    assert page.code == calm.code


def test_a_new_section_is_one_line_in_the_table(
    write_run: WriteRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function entered in SECTIONS appears on the page."""

    def section(inputs: Inputs) -> Section:
        return Section(title="Weather", missing=f"{inputs.run.run_id} saw no rain.")

    monkeypatch.setitem(SECTIONS, "weather", section)
    text = write_report(write_run(steps=("train",))).read_text("utf-8")
    assert '<section id="weather"' in text
    assert "saw no rain." in text


def test_a_failed_section_leaves_the_old_page(
    write_run: WriteRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error while drawing costs nothing that was there."""
    run = write_run(steps=("train",))
    before = write_report(run).read_bytes()

    def section(inputs: Inputs) -> Section:
        raise ZeroDivisionError

    monkeypatch.setitem(SECTIONS, "broken", section)
    with pytest.raises(ZeroDivisionError):
        write_report(run)
    assert (run / "report.html").read_bytes() == before


def _digest(code: str) -> str:
    return base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()


def _count_tags(page: Page) -> dict[str, int]:
    tags = [tag for tag, _ in page.elements]
    return {tag: tags.count(tag) for tag in sorted(set(tags))}


@pytest.mark.parametrize(
    "recipe",
    [
        {"symbols": tuple(f"S{number:03d}" for number in range(500)), "days": 60},
        {"symbols": ("ONE",), "days": 300},
        {"training": "returns"},
        {"steps": ("train",), "training": "returns"},
    ],
    ids=["five hundred symbols", "one symbol", "returns", "returns, only trained"],
)
def test_a_run_of_any_kind_has_a_page(write_run: WriteRun, recipe: dict[str, object]) -> None:
    """With its bars where they are few, and below the size that is promised."""
    page = write_report(write_run(bars=recipe.get("days") == 300, **recipe))
    ids = [attributes.get("id") for tag, attributes in Page(page).elements if tag == "section"]
    assert ids == list(SECTIONS)
    assert page.stat().st_size < 8_000_000


def test_paper_has_the_runs_name_and_day_and_a_tables_first_rows(write_run: WriteRun) -> None:
    """In the margin of each sheet; what is left out of a table is said, headings are no buttons."""
    text = write_report(write_run(trades=84)).read_text("utf-8")
    assert f'@top-left {{ content: "quantsig  {css_text("run-20130301-1")}"' in text
    assert f'@top-right {{ content: "{css_text("2013-03-01")}"' in text
    assert "The first 30 of 84 rows; all of them are in the page itself." in text
    assert '<span class="paper" aria-hidden="true">Entry price</span>' in text


def test_a_name_cannot_end_the_style_sheet() -> None:
    """Whatever is no letter or digit is written by its number."""
    assert css_text('a"}</style>') == "a\\22 \\7d \\3c \\2f style\\3e "
