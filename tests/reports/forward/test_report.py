"""The market report of a forward test: in both languages, with hostile names, and before a bar."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from quantsig.data.bars import CheckedBars
from quantsig.data.demo.planted import CELL_BARS
from quantsig.reports.forward.inputs import ForwardInputs, forward_inputs
from quantsig.reports.forward.plan import plan_of, planned_prices
from quantsig.reports.forward.report import SECTIONS, write_forward_page
from quantsig.reports.page.language import page_in
from quantsig.reports.report import render_page
from quantsig.signals.forward.book import writing
from quantsig.signals.forward.lines import stamp
from quantsig.signals.forward.record import forward_record
from quantsig.signals.runs import Run
from tests.backtest.forward.replays import (
    EXECUTION,
    HELD_CELLS,
    TRAINED_CELLS,
    copied,
    once,
    trained,
    two_symbols,
    until,
)

pytestmark = pytest.mark.xdist_group("forward")
HOSTILE = "<script>alert(1)</script>"
LAST = (TRAINED_CELLS + HELD_CELLS) * CELL_BARS - 3
FED = 40  # bars, one by one


@pytest.fixture(scope="module")
def bars() -> CheckedBars:
    """Of a symbol whose name is a script."""
    plain = two_symbols()
    named = plain.bars.with_columns(symbol=pl.col("symbol").replace({"OTHER": HOSTILE}))
    return replace(plain, bars=named.sort("symbol", "timestamp"))


@pytest.fixture(scope="module")
def run(bars: CheckedBars, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return trained(bars, tmp_path_factory.mktemp("page"))


def shown(run: Run, bars: CheckedBars, folder: Path, counts: list[int]) -> ForwardInputs:
    """What the page shows after some calls on a copy of the run."""
    own = copied(run, folder)
    record = forward_record(own)
    with writing(own, record.hear) as book:
        for count in counts:
            given = until(bars, count)
            call = once(book, given)
        return forward_inputs(book, record, call, given, EXECUTION)


@pytest.fixture(scope="module")
def inputs(run: Run, bars: CheckedBars, tmp_path_factory: pytest.TempPathFactory) -> ForwardInputs:
    """After forty bars one by one; the last has a signal, as deciding at once foretells."""
    with writing(copied(run, tmp_path_factory.mktemp("ahead"))) as book:
        once(book, until(bars, TRAINED_CELLS * CELL_BARS))
        ahead = once(book, until(bars, LAST)).signals
    stamps = [stamp(time) for time in bars.bars["timestamp"].unique().sort()]
    last = stamps.index(ahead[-1]["decision_time"]) + 1
    found = shown(run, bars, tmp_path_factory.mktemp("to"), list(range(last - FED, last + 1)))
    assert found.today
    return found


def test_the_page_is_one_offline_file(inputs: ForwardInputs, tmp_path: Path) -> None:
    """No request leaves it, and a name runs nothing; the chart of the signal is in it."""
    page = write_forward_page(inputs, out=tmp_path / "page.html").read_text()
    assert HOSTILE not in page
    assert "data:image/png;base64," in page
    assert "default-src &#39;none&#39;" in page
    assert all(f'id="{name}"' in page for name in SECTIONS)
    assert "each signal&#39;s own" in page  # the holding
    assert ">fee_bps<" not in page


def test_chinese_lacks_nothing(inputs: ForwardInputs) -> None:
    """Every text of every section."""
    with page_in("zh") as reader:
        render_page("x", {name: section(inputs) for name, section in SECTIONS.items()})
    assert sorted(reader.lacking) == []


def test_similar_probabilities_are_of_the_calibration_rows(inputs: ForwardInputs) -> None:
    """The twenty nearest, by hand."""
    asked = inputs.today[0]["probability"]
    rows = inputs.run.predictions().filter(pl.col("split") == "calibration")
    nearest = rows.sort((pl.col("probability") - asked).abs(), maintain_order=True).head(20)
    found = inputs.similar(asked)
    assert found is not None
    assert (found.rows, found.hits) == (20, int((nearest["label"] == 1.0).sum()))


def test_a_plan_is_measured_from_the_close(inputs: ForwardInputs) -> None:
    """A stop of two percent and a target of five, of a long signal and of a short one."""
    asked = replace(inputs, execution=replace(EXECUTION, stop_loss=0.02, take_profit=0.05))
    line = {**inputs.today[0], "close": 100.0, "direction": 1}
    long, short = plan_of(asked, line), plan_of(asked, {**line, "direction": -1})
    assert (long.stop, long.target) == (98.0, 105.0)
    assert (short.stop, short.target) == (102.0, 95.0)


def test_bars_are_drawn_to_end_at_the_price_of_the_market(inputs: ForwardInputs) -> None:
    """Earlier ones adjusted to it, so that stop and target lie where orders are given."""
    line = inputs.today[0]
    bars = inputs.bars.bars.with_columns(adjustment=pl.col("adjustment") * 0.1)
    split = replace(inputs, bars=replace(inputs.bars, bars=bars))
    plan = plan_of(split, line)
    (drawn,) = planned_prices(split, line, plan, 0)
    assert drawn.drawing.data[0]["close"][-1] == pytest.approx(line["close"])


def test_a_first_call_has_a_page_too(run: Run, bars: CheckedBars, tmp_path: Path) -> None:
    """Nothing has come out, and no bar has closed since."""
    first = shown(run, bars, tmp_path, [TRAINED_CELLS * CELL_BARS])
    page = write_forward_page(first).read_text()
    assert "Watched without a promise" in page
    assert first.windows == ()
