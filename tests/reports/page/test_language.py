"""The page in the reader's language; data is never translated."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from quantsig.backtest.comparisons.alpha import Alpha
from quantsig.backtest.record import Verdict
from quantsig.backtest.verdict import Evidence, judge
from quantsig.data.errors import ConfigError
from quantsig.data.language.catalogue import catalogue
from quantsig.data.language.saying import join, reading, retell, say, word
from quantsig.data.storage.documents import read_json, write_json
from quantsig.reports.inputs import read_inputs
from quantsig.reports.page.language import page_in
from quantsig.reports.report import render, render_page
from quantsig.reports.sections import SECTIONS
from quantsig.signals.metrics import baselines
from quantsig.signals.training.alarms import label_in_window, leak_suspicion
from quantsig.signals.training.settings import AlarmSettings
from tests.reports.page.untranslated import skip_untranslated
from tests.stats_records import deflated_by

WriteRun = Callable[..., Path]
NAMES = tuple(SECTIONS)
Record = Callable[[str, object], None]


def drawn(run: Path) -> str:
    """The page of the sections whose texts this table holds."""
    inputs = read_inputs(run)
    return render_page("run", {name: SECTIONS[name](inputs) for name in NAMES})


@pytest.mark.parametrize(
    "recipe",
    [
        {"bars": True, "edge": True},
        {"trades": 0},
        {"steps": ("train",)},
        {"steps": ("train", "thresholds")},
        {"training": "returns"},
        {"training": "earlier", "symbols": ("ONE",)},
        {"training": "at_once", "edge": False},
    ],
    ids=str,
)
def test_a_page_is_drawn_in_chinese(
    write_run: WriteRun, recipe: dict[str, object], record_property: Record
) -> None:
    """What stays English is listed when the tests are over."""
    run = write_run(**recipe)
    with reading("zh") as reader:
        text = drawn(run)
    record_property("untranslated", sorted(reader.lacking))
    assert '<html lang="zh">' in text
    assert "结论" in text


def test_warnings_of_a_run_are_told_in_chinese(
    write_run: WriteRun, record_property: Record
) -> None:
    """Several choices, a look too many, a short backtest, no sample set."""
    run = write_run()
    stats = read_json(run / "backtest" / "stats.json")
    write_json(
        run / "backtest" / "stats.json",
        stats | {"split": "calibration", "end": "2011-05-01T21:00:00Z"},
    )
    choice = read_json(run / "choices" / "trial-7.json")
    write_json(run / "choices" / "trial-8.json", choice | {"trial_id": "trial-8"})
    shutil.rmtree(run.parents[1] / "samples")
    with reading("zh") as reader:
        page = drawn(run)
    record_property("untranslated", sorted(reader.lacking))
    assert "回测所用的校准集参与过阈值的选择" in page


ALPHA = Alpha(alpha=1e-3, beta=0.2, t=3.0, low=3e-4, high=1.7e-3, excess=np.zeros(250))


@pytest.mark.parametrize("deflated", [None, 0.99])
@pytest.mark.parametrize("tried", [1, 1200])
@pytest.mark.parametrize("trades", [0, 5, 500])
@pytest.mark.parametrize(
    ("mean", "p_value", "alpha"),
    [(None, None, None), (-0.01, 0.3, replace(ALPHA, t=1.4, low=-1e-3)), (0.01, 0.01, ALPHA)],
)
@pytest.mark.parametrize("year", [None, 250.0])
def test_every_sentence_of_a_verdict_is_told_in_chinese(
    deflated: float | None,
    tried: int,
    trades: int,
    mean: float | None,
    p_value: float | None,
    alpha: Alpha | None,
    year: float | None,
) -> None:
    """Whatever the backtest found."""
    seen = Evidence(
        trades=trades,
        expectancy=mean,
        p_value=p_value,
        alpha=alpha,
        deflated=deflated_by(tried, deflated),
        leaks=(),
        sessions=250,
        sessions_a_year=year,
    )
    assert_told(judge(seen))
    assert_told(judge(replace(seen, leaks=("the signals are of other rows.",))))


def assert_told(verdict: Verdict) -> None:
    """Everything that a verdict says has its Chinese."""
    with reading("zh") as reader:
        told = [retell(text) for text in (verdict.sentence, *verdict.reasons)]
    skip_untranslated(reader)
    assert all(re.search("[一-鿿]", text) for text in told)


def test_every_suspicion_of_a_leak_is_told_in_chinese() -> None:
    """With numbers as the backtest writes them."""
    for said in (
        "The Sharpe ratio is 9.1 a year, and above 4 with 99.9 % confidence: too good to be true "
        "on real bars.",
        "The Sharpe ratio is 5.1 a year, and 97% of the trades won: too good to be true on real "
        "bars.",
        "Returns of one bar and the next are correlated by 0.25: prices that are averages or come "
        "late look like this, and nobody could have dealt at them.",
        "12.0% of the bars have the same four prices as the bar before: they are copies, and a "
        "trade at them knows what it will be paid.",
        "The labels of the 40 long trades promise 1.000% on average, and the trades earned "
        "0.010% before costs: the labels are not those of the trades.",
    ):
        with reading("zh") as reader:
            retell(said)
        skip_untranslated(reader)


def test_alarms_of_a_leak_in_the_training_are_told_in_chinese() -> None:
    """Both, as the training writes them into the record."""
    random = np.random.default_rng(1).random(2_000)
    window = baselines(random > 0.95, random > 0.9)  # up in every event, and in one of 19 others
    for alarm in (
        leak_suspicion(0.9, 0.1, 400, AlarmSettings()),
        label_in_window(window, 100, AlarmSettings()),
    ):
        assert alarm is not None
        with reading("zh") as reader:
            retell(alarm.message)
        skip_untranslated(reader)


def test_no_evidence_is_said_in_chinese_too(write_run: WriteRun) -> None:
    """The verdict is as plain in either language."""
    with reading("zh"):
        assert "没有证据表明存在优势" in render(read_inputs(write_run()))


def test_translations_hold_the_same_places() -> None:
    """A number cannot be lost on the way."""
    known = catalogue("zh")
    for text, told in known.texts.items():
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", told)), text
        assert told.strip(), text


def test_braces_in_a_field_stay_what_they_are() -> None:
    """A name that looks like a place is not filled again."""
    assert say("{a} and {b}", a="{b}", b="x") == "{b} and x"


def test_what_is_said_is_not_said_again() -> None:
    """A symbol called like a word of the page stays as it is once it is part of a text."""
    with reading("zh") as reader:
        once = say("{n} left out", n="Trades")
        assert say(once) is once
        assert reader.lacking == set()


def test_an_unknown_text_stays_english_and_is_noted() -> None:
    """The page is written all the same."""
    with reading("zh") as reader:
        assert say("No such text.") == "No such text."
        assert word("nosuchword") == "nosuchword"
    assert reader.lacking == {"No such text."}


def test_sentences_follow_one_another_as_the_language_has_it() -> None:
    """English has a space between them, Chinese none."""
    assert join("One.", "", "Two.") == "One. Two."
    with reading("zh"):
        assert " " not in join("Lower is better.", "The frozen choice is marked.")


def test_an_unknown_language_is_refused() -> None:
    """Those that there are, are named."""
    with pytest.raises(ConfigError, match="unknown language"), page_in("tlh"):
        pass
