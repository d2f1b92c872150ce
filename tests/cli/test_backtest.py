"""`quantsig backtest` on other rows than those of the test split."""

import errno
import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from quantsig.data.demo.planted import planted_bars
from quantsig.data.storage.locks import locked
from quantsig.reports import report
from quantsig.signals.ledger import read_ledger
from tests.cli.conftest import SETTINGS, Quantsig, assert_done

RUN = Path("runs/one")
SPLIT = "PLANTED 2020-01-11 4"  # the first day of the new prices, and new shares for an old one


@pytest.fixture
def chosen(trained: Quantsig) -> Quantsig:
    """A folder with a run whose threshold is frozen, and bars of a year later."""
    later = planted_bars(120, seed=2).bars.drop("adjustment")
    later.with_columns(pl.col("timestamp").dt.offset_by("1y")).write_csv("later.csv")
    assert_done(trained("thresholds", RUN, "--threshold", "0.15"))
    return trained


def stats(folder: str) -> dict[str, object]:
    """What a backtest wrote."""
    found = json.loads((RUN / folder / "stats.json").read_text())
    assert isinstance(found, dict)
    return found


def openings() -> int:
    """How often a test split was opened."""
    return sum(line["event"] == "opening" for line in read_ledger(Path("runs")))


def test_later_bars_are_traded_without_opening_the_test_split(chosen: Quantsig) -> None:
    """From their first decision to their last bar, in a folder of its own."""
    assert_done(chosen("backtest", RUN, "later.csv"))
    found = stats("backtest-bars")
    assert (found["split"], openings()) == ("bars", 0)
    assert str(found["end"])[:16] == pl.read_csv("later.csv")["timestamp"][-1][:16]
    assert (RUN / "backtest-bars" / "report.html").is_file()
    assert not (RUN / "backtest").exists()


def test_the_signals_of_bars_are_those_that_are_traded(chosen: Quantsig) -> None:
    """Each trade was decided at a row that is a signal, at the stride of the training."""
    words = ("signals", RUN, "later.csv", "--stride-bars", "5", "--out", "rows.parquet")
    assert_done(chosen(*words))
    assert_done(chosen("backtest", RUN, "later.csv"))
    signals = pl.read_parquet("rows.parquet").filter("signal")["decision_time"].to_list()
    trades = pl.read_parquet(RUN / "backtest-bars" / "trades.parquet")["decision_time"].to_list()
    assert set(trades) <= set(signals)
    assert len(trades) > 3


def test_decisions_in_the_time_of_training_are_not_traded(chosen: Quantsig) -> None:
    """Of the bars of the training only the test period is left, and that is an opening."""
    answer = assert_done(chosen("backtest", RUN, "bars.csv"))
    assert "are not traded" in answer.err
    assert openings() == 1
    assert_done(chosen("signals", RUN))
    first = pl.read_parquet(RUN / "signals.parquet").filter(split="test")["decision_time"].min()
    assert str(stats("backtest-bars")["start"]) == first.isoformat()  # type: ignore[union-attr]


def test_bars_of_the_time_of_training_alone_are_refused(chosen: Quantsig) -> None:
    """What the run learnt from says nothing."""
    pl.read_csv("bars.csv").head(800).write_csv("old.csv")
    answer = chosen("backtest", RUN, "old.csv")
    assert (answer.code, openings()) == (3, 0)
    assert "trained and calibrated" in answer.complaint[-3]


def test_calibration_rows_are_traded_where_asked_for(chosen: Quantsig) -> None:
    """It is said that they flatter."""
    assert_done(chosen("signals", RUN))
    answer = assert_done(chosen("backtest", RUN, "--split", "calibration"))
    assert "flatter" in answer.err
    assert stats("backtest-calibration")["split"] == "calibration"


def test_signals_of_an_earlier_choice_are_told(chosen: Quantsig) -> None:
    """The figures are those of the choice that is traded."""
    assert_done(chosen("signals", RUN))
    assert_done(chosen("thresholds", RUN, "--threshold", "0.3"))
    answer = assert_done(chosen("backtest", RUN, "--json"))
    assert "earlier choice" in answer.err
    assert answer.document["figures"]["threshold"] == 0.15


def test_deciles_that_cannot_be_cut_are_told(chosen: Quantsig) -> None:
    """Two symbols have halves and no tenths; the backtest is written all the same."""
    assert_done(chosen("signals", RUN))
    answer = assert_done(chosen("backtest", RUN, "--deciles", "10"))
    assert "cannot be cut into 10 parts" in answer.out
    assert stats("backtest")["deciles"]["deciles"] == 10  # type: ignore[index]


def test_market_values_of_a_file_weigh_the_halves(chosen: Quantsig) -> None:
    """The likelier two of four symbols at every time, by 1, 2, 4 and 8 of a file, by hand."""
    worth = {"A": 1.0, "B": 2.0, "C": 4.0, "D": 8.0}
    made = [planted_bars(60, seed=9 + number).bars for number in range(len(worth))]
    bars = pl.concat(
        one.filter(pl.col("symbol") == one["symbol"][0]).with_columns(symbol=pl.lit(name))
        for name, one in zip(worth, made, strict=True)
    ).with_columns(pl.col("timestamp").dt.offset_by("1y"))
    bars.drop("adjustment").write_csv("four.csv")
    Path("worth.csv").write_text(
        "symbol,date,market_value\n"
        + "".join(f"{name},2000-01-03,{value}\n" for name, value in worth.items())
    )
    words = ("four.csv", "--allow-different")
    assert_done(chosen("signals", RUN, *words, "--out", "rows.parquet"))
    answer = assert_done(
        chosen("backtest", RUN, *words, "--deciles", "2", "--market-values", "worth.csv")
    )
    assert "value weights are by market value." in answer.err
    rows = pl.read_parquet("rows.parquet").join(
        bars.select("symbol", "open", decision_time="timestamp"), on=["symbol", "decision_time"]
    )
    delay, holding = rows["delay_bars"][0], rows["horizon_bars"][0]
    opens = {name: bars.filter(symbol=name) for name in worth}
    found = pl.read_parquet(RUN / "backtest-bars" / "deciles.parquet").filter(decile=2, symbols=2)
    assert found.height > 10
    for part in found.iter_rows(named=True):
        likeliest = rows.filter(decision_time=part["decision_time"]).sort("probability").tail(2)
        earned = []
        for name in likeliest["symbol"]:
            own = opens[name]
            at = own["timestamp"].to_list().index(part["decision_time"]) + delay
            earned.append(worth[name] * (own["open"][at + holding] / own["open"][at] - 1.0))
        weights = sum(worth[name] for name in likeliest["symbol"])
        assert part["return_value"] == pytest.approx(sum(earned) / weights, abs=1e-12)


@pytest.mark.parametrize(("words", "named"), [((), True), (("--adjust", SPLIT), False)])
def test_a_split_without_an_adjustment_is_named_beside_the_returns(
    quantsig: Quantsig, words: tuple[str, ...], named: bool
) -> None:
    """By the build, by the backtest and on its page; of adjusted bars none of them says a word."""
    bars = planted_bars(400, seed=1).bars.drop("adjustment")
    before = pl.col("timestamp") <= datetime(2020, 1, 11, tzinfo=UTC)
    prices = pl.col("open", "high", "low", "close")
    bars.with_columns(pl.when(before).then(prices * 4).otherwise(prices)).write_csv("bars.csv")
    settings = SETTINGS.replace('model = "small"', 'model = "logistic"')
    Path("quantsig.toml").write_text(settings)
    said = "jumps near a whole ratio, as of splits without an adjustment: 1: PLANTED 2020-01-11 4."
    assert (said in assert_done(quantsig("samples", "build", *words)).err) is named
    assert_done(quantsig("train", "--out", RUN))
    assert_done(quantsig("signals", RUN, "--threshold", "0.15"))
    answer = assert_done(quantsig("backtest", RUN, "--json"))
    assert (said in answer.err) is named
    assert answer.document["findings"]["counts"] == ({"split": 1} if named else {})
    page = (RUN / "report.html").read_text()
    assert ("whole ratio, as of splits without an adjustment: 1, at PLANTED" in page) is named


def test_a_backtest_that_stopped_before_its_page_is_finished(chosen: Quantsig) -> None:
    """By the same command, which trades nothing again; another one is refused as ever."""
    assert_done(chosen("signals", RUN))
    assert_done(chosen("backtest", RUN))
    written = (RUN / "backtest" / "stats.json").stat().st_mtime_ns
    (RUN / "report.html").unlink()
    assert chosen("backtest", RUN, "--fee-bps", "9").code == 2
    assert_done(chosen("backtest", RUN))
    assert (RUN / "report.html").is_file()
    assert (RUN / "backtest" / "stats.json").stat().st_mtime_ns == written
    assert chosen("backtest", RUN).code == 2


def test_no_page_of_other_trades_stands_beside_new_ones(
    chosen: Quantsig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it stops between the two, the old page is gone."""
    assert_done(chosen("signals", RUN))
    assert_done(chosen("backtest", RUN))

    def stopped(*given: object, **named: object) -> Path:
        raise OSError(errno.EIO, "stopped")

    monkeypatch.setattr(report, "write_report", stopped)
    assert chosen("backtest", RUN, "--fee-bps", "9", "--force").code == 5
    assert not (RUN / "report.html").exists()


@pytest.mark.parametrize(
    "words", [("backtest",), ("sweep",), ("signals", "--force"), ("thresholds", "--recall", "0.5")]
)
def test_a_second_writer_in_a_run_is_refused(chosen: Quantsig, words: tuple[str, ...]) -> None:
    """2, whatever the first one writes."""
    verb, *more = words
    with locked(RUN.resolve()):
        answer = chosen(verb, RUN, *more)
    assert (answer.code, len(answer.complaint)) == (2, 3)
    assert "another process is at work here" in answer.err
