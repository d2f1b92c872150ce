"""The page in a real browser: it draws everything, complains about nothing, asks for nothing."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Locator, Page, expect

from quantsig.data.storage.documents import read_json, write_json
from quantsig.reports.page.numerals import MINUS, THIN_SPACE, gain
from quantsig.reports.report import write_report
from tests.reports.conftest import Recipe, write_synthetic_run
from tests.reports.hostile import HOSTILE, as_comments
from tests.reports.visits import Visit, Visitor

WriteRun = Callable[..., Path]
PLAIN = str.maketrans({MINUS: "-", THIN_SPACE: None, "%": None, ",": None})

pytestmark = pytest.mark.browser

# A page is drawn once for all tests that take it; each leaves it as it was.


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of everything."""
    return _report(tmp_path_factory, Recipe())


@pytest.fixture(scope="module")
def wide(report: Path, visit: Visitor) -> Iterator[Visit]:
    """That page as a laptop shows it."""
    with visit(report) as visited:
        yield visited


@pytest.fixture(scope="module")
def narrow(report: Path, visit: Visitor) -> Iterator[Visit]:
    """That page as a phone shows it, in the dark."""
    with visit(report, width=390, dark=True) as visited:
        yield visited


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory, visit: Visitor) -> Iterator[Visit]:
    """A page of 700 trades."""
    with visit(_report(tmp_path_factory, Recipe(trades=700))) as visited:
        yield visited


def _report(tmp_path_factory: pytest.TempPathFactory, recipe: Recipe) -> Path:
    run = tmp_path_factory.mktemp("visited") / "runs" / "run"
    return write_report(write_synthetic_run(run, recipe))


def returns_of(visited: Visit) -> pl.Series:
    """The returns of the trades of the run that is shown, one after the other."""
    run = Path(visited.requests[0].removeprefix("file://")).parent
    return pl.read_parquet(run / "backtest" / "trades.parquet")["return"]


@pytest.mark.parametrize(("shown", "width"), [("wide", 1280), ("narrow", 390)])
def test_the_page_draws_itself_and_asks_for_nothing(
    report: Path, request: pytest.FixtureRequest, shown: str, width: int
) -> None:
    """No console message, no request but the file, every drawing has ink, nothing overflows."""
    page, complaints, requests = request.getfixturevalue(shown)
    drawings = page.locator(".drawing").count()
    assert drawings >= 10
    assert page.locator(".drawing .main-svg .xaxislayer-above").count() >= drawings
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints == []
    assert requests == [report.as_uri()]


LAID_OVER = """() => [...document.querySelectorAll("figure")].filter((figure) => {
  const [ink, note] = [".drawing .main-svg", ".note"].map((part) => figure.querySelector(part));
  return ink && note && ink.getBoundingClientRect().bottom > note.getBoundingClientRect().top + 1;
}).length"""  # drawings that reach into what is said of them
OTHER_WIDTH = """(width) =>
  document.querySelector(".drawing .main-svg").getBoundingClientRect().width !== width"""


def test_a_drawing_stays_in_its_place_where_the_window_changes(wide: Visit) -> None:
    """As where a phone is turned: it is drawn again at the same height."""
    page = wide.page
    assert page.evaluate(LAID_OVER) == 0
    for width in (1100, 1280):
        ink = page.locator(".drawing .main-svg").first.bounding_box()
        assert ink is not None
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(OTHER_WIDTH, arg=ink["width"])
        page.wait_for_timeout(300)  # the others are drawn again as well
        assert page.evaluate(LAID_OVER) == 0


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_hostile_names_do_not_run(write_run: WriteRun, visit: Visitor, lang: str) -> None:
    """Names with markup in them are shown as they are: in symbols, strategy, title and settings."""
    assert len(set(HOSTILE)) == 60
    run = write_run(symbols=HOSTILE, config=as_comments(HOSTILE), bars=True)
    with visit(write_report(named_in_malice(run), lang=lang)) as (page, complaints, requests):
        page.locator("#threshold-explorer input:enabled").wait_for()
        if lang == "en":
            trades_table(page).get_by_role("button", name="Symbol").click()
            page.get_by_role("button", name="Sharpe ratio").first.focus()
        assert page.evaluate("window.hacked") is None
        assert page.locator("main img:not(.picture), main a, main iframe").count() == 0
        assert page.locator("main [onload], main [onerror], main [onclick]").count() == 0
        for name in HOSTILE:
            assert page.get_by_text(name, exact=True).count() > 0, name
        assert (complaints, len(requests)) == ([], 1)


def test_a_hostile_table_is_saved_as_text(write_run: WriteRun, visit: Visitor) -> None:
    """What a spreadsheet would take for a formula is quoted."""
    with visit(write_report(write_run(symbols=("=1+1", "@SUM(A1)")))) as (page, *_):
        with page.expect_download() as download:
            trades_table(page).get_by_role("button", name="CSV").click()
        saved = Path(download.value.path()).read_text("utf-8-sig")
    assert set(pl.read_csv(saved.encode())["symbol"]) == {"'=1+1", "'@SUM(A1)"}


def test_the_policy_stops_other_scripts_and_requests(write_run: WriteRun, visit: Visitor) -> None:
    """The content policy is in force, not only written down."""
    with visit(write_report(write_run(steps=("train",)))) as (page, complaints, _):
        page.evaluate(
            """() => {
                const script = document.createElement("script");
                script.textContent = "window.hacked = 1";
                document.body.append(script);
            }"""
        )
        assert page.evaluate("window.hacked") is None
        assert any("Content Security Policy" in text for text in complaints)


def shown(table: Locator, column: int) -> list[float]:
    """The numbers of a column, from the first row drawn to the last."""
    texts = table.locator(f"tbody td:nth-child({column})").all_inner_texts()
    return [float(text.translate(PLAIN)) for text in texts]


def named_in_malice(run: Path) -> Path:
    """The run with hostile text wherever a name of the user's stands."""
    record, stats = read_json(run / "run.json"), read_json(run / "backtest" / "stats.json")
    everything = " ".join(HOSTILE)
    model = record["model"] | {"name": everything}
    write_json(
        run / "run.json",
        record | {"run_id": everything, "model": model, "command": everything},
    )
    reasons = {"edge": False, "sentence": everything, "reasons": list(HOSTILE)}
    write_json(run / "backtest" / "stats.json", stats | {"verdict": reasons})
    return run


def trades_table(page: Page) -> Locator:
    return page.locator(".data-table", has=page.get_by_role("button", name="Entry price"))


def test_trades_are_sorted_by_a_click(wide: Visit) -> None:
    """A heading sorts upwards, then downwards, by the exact value."""
    table = trades_table(wide.page)
    for order in (False, True):
        table.get_by_role("button", name="Return").click()
        values = shown(table, 8)
        assert len(values) == 84
        assert values == sorted(values, reverse=order)
    table.get_by_role("button", name="#").click()


def test_sorting_reaches_rows_that_are_not_drawn(long: Visit) -> None:
    """The best of 700 trades comes first, wherever it stood; the others follow on request."""
    best = returns_of(long).sort(descending=True)
    table = trades_table(long.page)
    for _ in range(2):
        table.get_by_role("button", name="Return").click()
    expect(table.locator("th[aria-sort=descending]")).to_have_count(1)
    expect(table.locator("tbody td:nth-child(8)").first).to_have_text(gain(best[0]))
    table.get_by_role("button", name="Show more rows").click()
    expect(table.locator("tbody tr")).to_have_count(700)
    assert shown(table, 8) == pytest.approx((best * 100).to_list(), abs=0.0051)


def test_trades_are_filtered_by_words(wide: Visit) -> None:
    """Every word has to stand in the row, in any case."""
    table = trades_table(wide.page)
    table.get_by_role("searchbox").fill("goog LONG")
    assert set(table.locator("tbody td:nth-child(2)").all_inner_texts()) == {"GOOG"}
    assert table.get_by_role("status").inner_text() == "17 of 84 rows."
    table.get_by_role("searchbox").fill("")


@pytest.mark.parametrize("trades", ["wide", "long"])
def test_a_table_is_saved_as_csv_and_json(
    request: pytest.FixtureRequest, tmp_path: Path, trades: str
) -> None:
    """Both hold every row with its raw values, of a long table that is packed too."""
    visited = request.getfixturevalue(trades)
    returns = returns_of(visited).to_list()
    saved = {}
    for kind in ("CSV", "JSON"):
        with visited.page.expect_download() as download:
            trades_table(visited.page).get_by_role("button", name=kind).click()
        saved[kind] = tmp_path / kind
        download.value.save_as(saved[kind])
    assert pl.read_csv(saved["CSV"])["return"].to_list() == pytest.approx(returns, rel=1e-9)
    rows = json.loads(saved["JSON"].read_text("utf-8"))
    assert [row["return"] for row in rows] == pytest.approx(returns, rel=1e-9)


def test_a_meaning_is_shown_on_focus_and_hidden_by_escape(wide: Visit) -> None:
    """The formula is there for the keyboard as for the pointer."""
    page = wide.page
    ratio = page.get_by_role("button", name="Sharpe ratio").first
    ratio.scroll_into_view_if_needed()
    ratio.focus()
    expect(page.get_by_role("tooltip")).to_contain_text("standard deviation")
    page.keyboard.press("Escape")
    expect(page.get_by_role("tooltip")).to_be_hidden()


def test_a_meaning_stays_where_focus_scrolls_the_page(wide: Visit) -> None:
    """It goes along with what it explains, and goes away with it."""
    page = wide.page
    page.reload()  # as other tests left it, sections may be folded
    page.mouse.move(0, 0)
    far = page.locator(".explain:visible").last
    far.evaluate("one => { one.scrollIntoView({block: 'center'}); one.focus(); }")
    page.evaluate("() => new Promise(requestAnimationFrame)")
    page.evaluate("scrollBy(0, -5)")
    page.evaluate("() => new Promise(requestAnimationFrame)")
    tip = page.get_by_role("tooltip")
    expect(tip).to_be_visible()
    above, below = (one.bounding_box() for one in (far, tip))
    assert above is not None
    assert below is not None
    assert abs(above["y"] - below["y"]) < above["height"] + below["height"] + 12
    page.evaluate("scrollTo(0, 0)")
    expect(tip).to_be_hidden()


def test_gains_turn_red_on_request(wide: Visit) -> None:
    """The colours of the market in China, and back."""
    page = wide.page
    gain_colour = "getComputedStyle(document.documentElement).getPropertyValue('--gain')"
    safe = page.evaluate(gain_colour)
    page.get_by_role("button", name="red up").click()
    assert page.evaluate(gain_colour) == "#c8102e"
    page.get_by_role("button", name="red up").click()
    assert page.evaluate(gain_colour) == safe == "#0072b2"


LINE = ".drawing .scatterlayer .js-line"
TURNED = "([line, before]) => document.querySelector(line).getAttribute('style') !== before"


def test_colours_follow_the_reader(wide: Visit) -> None:
    """Drawings are coloured again when the reader turns from light to dark, and back."""
    page = wide.page
    light = page.locator(LINE).first.get_attribute("style")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(TURNED, arg=[LINE, light])
    dark = page.locator(LINE).first.get_attribute("style")
    page.emulate_media(color_scheme="light")
    page.wait_for_function(TURNED, arg=[LINE, dark])
    assert page.locator(LINE).first.get_attribute("style") == light


def test_the_reader_chooses_dark(wide: Visit) -> None:
    """Whatever the system prefers; drawings follow."""
    page = wide.page
    light = page.locator(LINE).first.get_attribute("style")
    page.get_by_label("Colours").select_option("dark")
    assert page.locator(LINE).first.get_attribute("style") != light
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(16, 20, 26)"
    page.get_by_label("Colours").select_option("system")


def test_an_axis_turns_logarithmic_and_back(wide: Visit) -> None:
    """By the switch beside the title."""
    axis = "document.getElementById('verdict-equity-line').layout.yaxis.type"
    switch = wide.page.locator("#verdict button[data-log]")
    for kind in ("log", "linear"):
        switch.click()
        assert wide.page.evaluate(axis) == kind
        assert switch.get_attribute("aria-pressed") == str(kind == "log").lower()


def test_a_chinese_page_draws_itself(write_run: WriteRun, visit: Visitor) -> None:
    """With the months of its axes in Chinese, and nothing to complain about."""
    report = write_report(write_run(bars=True), lang="zh")
    with visit(report) as (page, complaints, requests):
        expect(page.get_by_role("heading", name="结论", exact=True)).to_be_visible()
        expect(page.locator("#verdict .xaxislayer-above text").first).to_contain_text("月")
        assert (complaints, requests) == ([], [report.as_uri()])


def test_everything_is_reached_by_the_keyboard(write_run: WriteRun, visit: Visitor) -> None:
    """From the first link on, Tab comes to the sections, the switches, a meaning and a table."""
    with visit(write_report(write_run(bars=True))) as (page, *_):
        page.locator("#threshold-explorer input:enabled").wait_for()
        seen = set()
        for _ in range(400):
            page.keyboard.press("Tab")
            seen.add(page.evaluate("document.activeElement.className || document.activeElement.id"))
        assert {"skip", "scheme", "tool", "explain", "threshold-explorer-slider"} <= seen
        assert {"scroll", "sort explain"} <= seen


@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_a_keyboard_stops_once_for_each_group(request: pytest.FixtureRequest, width: str) -> None:
    """Drawings are told in words and stop no keyboard; what stops it has a name of its own."""
    page = request.getfixturevalue(width).page
    page.wait_for_function("() => !document.querySelector('.main-svg:not([aria-hidden])')")
    stops = "e => e.tabIndex >= 0 && !e.disabled && e.offsetParent !== null"
    found = f"[...document.querySelectorAll('a, button, input, select, summary')].filter({stops})"
    assert page.evaluate(f"{found}.filter(e => e.closest('.drawing')).length") == 0
    assert page.evaluate(f"{found}.length") < 150
    regions = page.get_by_role("region").evaluate_all("all => all.map(e => e.ariaLabel)")
    named = [name for name in regions if name]
    assert len(named) == len(set(named)) > 5
    assert page.get_by_role("combobox", name="Colours").count() == 1
    told = page.locator("#verdict-equity-line-told").inner_text()
    assert told.startswith("always long: from 1.000 to ")


def test_arrows_go_on_inside_a_group(wide: Visit) -> None:
    """From the first heading to the next and back to its start; Tab leaves the group."""
    page = wide.page
    trades_table(page).get_by_role("button", name="#").focus()
    for key, name in (("ArrowRight", "Symbol"), ("End", "Fees"), ("Home", "#")):
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.textContent") == name
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('thead')") is None
