"""From a run's signals to the files of its backtest."""

import json
from collections.abc import Callable, Container
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from quantsig.backtest.cross_section.deciles import DecileCut
from quantsig.backtest.execution import Execution
from quantsig.backtest.period import open_period
from quantsig.backtest.record import SweepOverfitting
from quantsig.backtest.result import backtest_run
from quantsig.backtest.settings import Comparisons
from quantsig.backtest.sweep.record import write_sweep
from quantsig.data.errors import DataError, IntegrityError, UsageError
from quantsig.data.storage.parquet import read_parquet, write_parquet
from quantsig.signals.ledger import append_ledger, read_ledger
from quantsig.signals.run_record import SampleSource
from quantsig.signals.runs import Run
from tests.data.samples.written import write_set
from tests.run_records import run_record
from tests.sweep_records import sweep_record

RunMaker = Callable[[pl.DataFrame, pl.DataFrame], Run]

START = datetime(2022, 1, 1, tzinfo=UTC)
BARS, DECIDED, HORIZON = 120, range(60, 112), 5
FOUR = Comparisons(deciles=DecileCut(count=4))
RISING = range(64, 110, 6)  # the bars before a rise in the planted market

KEYS = {
    *(
        "schema",
        "trial_id",
        "choice_id",
        "split",
        "start",
        "end",
        "symbols",
        "bars",
        "seed",
        "execution",
    ),
    *(
        "figures",
        "missing",
        "alpha",
        "leaks",
        "deflated",
        "random_entries",
        "always_long",
        "equal_weight",
    ),
    *("ignored", "bankrupt", "ladders", "overfitting", "verdict"),
    *("monthly", "yearly", "drawdowns", "per_symbol", "remarks"),
}


def planted(symbol: str, seed: int) -> pl.DataFrame:
    """Daily bars that fall 2 % on each bar of RISING and gain 5 % over the five after it."""
    random = np.random.default_rng(seed)
    growth = random.normal(0.0, 0.003, BARS)
    for bar in RISING:
        growth[bar] -= 0.02
        growth[bar + 1 : bar + 6] += 0.01
    closes = 100 * np.exp(np.cumsum(growth))
    opens = np.append(100.0, closes[:-1])
    return pl.DataFrame(
        {
            "symbol": symbol,
            "timestamp": pl.Series(
                [START + timedelta(days=day) for day in range(BARS)],
                dtype=pl.Datetime("us", "UTC"),
            ),
            "open": opens,
            "high": np.maximum(opens, closes) * 1.001,
            "low": np.minimum(opens, closes) * 0.999,
            "close": closes,
            "volume": 1000.0,
            "adjustment": 1.0,
        }
    )


def signal_rows(symbol: str, fired: Container[int]) -> pl.DataFrame:
    """A row for each decided bar of the test split, and one of the calibration split."""
    times = [START + timedelta(days=day) for day in (50, *DECIDED)]
    ends = [time + timedelta(days=1 + HORIZON) for time in times]
    split = ["calibration"] + ["test"] * len(DECIDED)
    return pl.DataFrame(
        {
            "symbol": symbol,
            "decision_time": pl.Series(times, dtype=pl.Datetime("us", "UTC")),
            "label_end": pl.Series(ends, dtype=pl.Datetime("us", "UTC")),
            "split": split,
            "probability": 0.8,
            "signal": [True] + [day in fired for day in DECIDED],
            "direction": 1,
            "delay_bars": 1,
            "horizon_bars": HORIZON,
            "stop": pl.Series([None] * len(times), dtype=pl.Float64),
            "target": pl.Series([None] * len(times), dtype=pl.Float64),
            "trial_id": "trial",
        }
    )


@pytest.fixture
def make_run(tmp_path: Path) -> RunMaker:
    """A run with signals on a sample set of the given bars."""

    def make(bars: pl.DataFrame, signals: pl.DataFrame) -> Run:
        samples, path = tmp_path / "samples", tmp_path / "runs" / "run"
        write_parquet(path / "signals.parquet", signals)
        said = write_set(
            samples, {"bars.parquet": bars, "index.parquet": pl.DataFrame({"sample_id": [0]})}
        )
        source = SampleSource(path=str(samples), fingerprint=said)
        return Run(path=path, record=run_record(run_id="run", samples=source))

    return make


@pytest.fixture
def skilled(make_run: RunMaker) -> Run:
    """Five symbols whose every rise is foreseen."""
    names = "ABCDE"
    bars = pl.concat([planted(name, seed) for seed, name in enumerate(names)])
    return make_run(bars, pl.concat([signal_rows(name, RISING) for name in names]))


def test_foreseen_rises_are_too_good_to_be_true(skilled: Run) -> None:
    """Forty trades of about 5 % each beat chance and holding; so much is suspected of a leak."""
    stats = backtest_run(skilled, Execution())
    verdict = stats.verdict
    assert all(check.holds for check in verdict.checks)
    assert (verdict.answer, verdict.edge) == ("cannot tell", False)
    assert "The Sharpe ratio is" in (stats.leaks or "")[0]
    assert stats.figures["trades"] == 40
    assert stats.random_entries.p_value == pytest.approx(1 / 58)
    assert stats.figures["expectancy"] == pytest.approx(0.05, abs=0.01)


def test_an_alarm_of_the_training_reaches_the_verdict(skilled: Run) -> None:
    """A leak that rang then blocks the claim; another alarm does not."""
    told = tuple({"kind": kind, "message": f"{kind}!"} for kind in ("collapse", "leak"))
    run = replace(skilled, record=replace(skilled.record, alarms=told))
    stats = backtest_run(run, Execution())
    assert stats.leaks is not None
    assert stats.leaks[0] == "leak!"
    assert stats.verdict.reasons[0] == stats.leaks[0]
    assert not any("collapse" in said for said in stats.leaks)


def test_the_file_has_every_entry_and_no_nan(skilled: Run) -> None:
    """What the artefacts promise is there, as strict JSON."""
    stats = backtest_run(skilled, Execution())
    assert set(stats.as_dict()) == KEYS
    written = (skilled.path / "backtest" / "stats.json").read_text()
    parsed = json.loads(written, parse_constant=pytest.fail)
    parsed.pop("messages", None)  # the codes of sentences, which reading puts back into them
    assert parsed == json.loads(json.dumps(stats.as_dict(), default=str))


def test_the_period_runs_from_the_first_decision_to_the_last_label_end(skilled: Run) -> None:
    """Bars before the split and after its last label are not touched."""
    backtest_run(skilled, Execution())
    equity = read_parquet(skilled.path / "backtest" / "equity.parquet")
    assert equity["timestamp"][0] == START + timedelta(days=60)
    assert equity["timestamp"][-1] == START + timedelta(days=117)
    assert equity["equity"][0] == equity["always_long"][0] == 1.0


def test_equity_file_agrees_with_the_figures(skilled: Run) -> None:
    """Total return, drawdown and buy and hold are those of the curves."""
    stats = backtest_run(skilled, Execution())
    equity = read_parquet(skilled.path / "backtest" / "equity.parquet")
    figures, held = stats.figures, stats.always_long
    assert figures["total_return"] == pytest.approx(equity["equity"][-1] - 1, abs=1e-12)
    assert held.total_return == pytest.approx(equity["always_long"][-1] - 1, abs=1e-12)
    assert figures["max_drawdown"] == pytest.approx(equity["drawdown"].min(), abs=1e-12)


def test_always_long_is_the_mean_of_the_symbols_after_costs(skilled: Run) -> None:
    """Bought at the open of bar 61, sold at the close of bar 117, costs on both sides."""
    stats = backtest_run(skilled, Execution(fee_bps=10, slippage_bps=20))
    bars = skilled.samples().bars.with_columns(pl.col("timestamp").rank().over("symbol") - 1)
    bought = bars.filter(pl.col("timestamp") == 61)["open"].to_numpy() * 1.002 * 1.001
    sold = bars.filter(pl.col("timestamp") == 117)["close"].to_numpy() * 0.998 * 0.999
    expected = (sold / bought).mean() - 1
    assert stats.always_long.total_return == pytest.approx(expected, abs=1e-12)


def test_prices_are_adjusted(make_run: RunMaker) -> None:
    """A split of two for one in the raw prices is no loss."""
    bars = planted("A", 1)
    half = pl.when(pl.int_range(pl.len()) < 67).then(0.5).otherwise(1.0)
    raw = bars.with_columns(
        *(pl.col(name) / half for name in ("open", "high", "low", "close")), adjustment=half
    )
    stats = backtest_run(make_run(raw, signal_rows("A", [64])), Execution())
    assert stats.figures["total_return"] == pytest.approx(0.05, abs=0.02)


def test_later_bars_change_no_trade(make_run: RunMaker) -> None:
    """Whatever comes after the last label of the split, the backtest is the same."""
    bars, signals = planted("A", 1), signal_rows("A", RISING)
    documents = []
    for factor in (1.0, 3.0):
        late = pl.int_range(pl.len()) > 117
        changed = bars.with_columns(
            pl.when(late).then(pl.col(name) * factor).otherwise(pl.col(name)).alias(name)
            for name in ("open", "high", "low", "close")
        )
        documents.append(backtest_run(make_run(changed, signals), Execution(), force=True))
    assert documents[0] == documents[1]


def test_no_signal_is_no_edge_and_no_error(make_run: RunMaker) -> None:
    """Zero trades: null figures with reasons, and a plain verdict."""
    stats = backtest_run(make_run(planted("A", 1), signal_rows("A", [])), Execution())
    assert stats.figures["win_rate"] is None
    assert stats.missing["win_rate"] == "no trades"
    assert stats.random_entries.p_value is None
    assert "no evidence of an edge" in stats.verdict.sentence
    assert len(stats.verdict.reasons) >= 3


def test_settings_are_told_as_they_were_used(skilled: Run) -> None:
    """The holding comes from the label, and no stop is told as none."""
    execution = backtest_run(skilled, Execution(take_profit=0.02)).execution
    assert execution["holding_bars"] == HORIZON
    assert execution["stop_loss"] is None
    assert execution["take_profit"] == 0.02


def test_ignored_signals_are_counted(make_run: RunMaker) -> None:
    """Signals on three bars in a row: two fall into the first one's position."""
    run = make_run(planted("A", 1), signal_rows("A", [64, 65, 66]))
    stats = backtest_run(run, Execution())
    assert stats.ignored == {"position open": 2, "no bar to fill": 0}


def test_a_signal_whose_entry_lies_past_the_end_is_counted(make_run: RunMaker) -> None:
    """With a delay of 9 the entry of the last decision would be bar 120."""
    run = make_run(planted("A", 1), signal_rows("A", [111]))
    stats = backtest_run(run, Execution(delay_bars=9))
    assert stats.ignored == {"position open": 0, "no bar to fill": 1}


def test_the_backtest_enters_the_ledger(skilled: Run) -> None:
    """One line with the Sharpe ratio per session; times the root it is the yearly one."""
    stats = backtest_run(skilled, Execution())
    (line,) = read_ledger(skilled.path.parent)
    figures = stats.figures
    assert (line["event"], line["run_id"], line["trial_id"]) == ("backtest", "run", "trial")
    assert (line["trades"], line["periods"], line["split"]) == (40, 57, "test")
    assert line["sharpe"] * figures["periods_per_year"] ** 0.5 == pytest.approx(figures["sharpe"])


def test_the_same_strategy_counts_once(skilled: Run) -> None:
    """Run twice it is still alone; at other costs it is another strategy."""
    first = backtest_run(skilled, Execution())
    again = backtest_run(skilled, Execution(), force=True)
    other = backtest_run(skilled, Execution(fee_bps=5), force=True)
    counted = [stats.deflated and stats.deflated.trials for stats in (first, again, other)]
    assert counted == [1, 1, 2]


def test_a_sweep_of_the_run_is_told(skilled: Run) -> None:
    """Its probability of overfitting stands beside; it flatters no test row, so none count."""
    found = SweepOverfitting(probability=0.4)
    write_sweep(skilled.path / "sweep" / "sweep.json", sweep_record(overfitting=found))
    append_ledger(
        skilled.runs_folder,
        "sweep",
        trial_id="cells",
        cells=500,
        sharpe_mean=0.0,
        sharpe_variance=0.01,
        average_correlation=0.5,
    )
    stats = backtest_run(skilled, Execution())
    assert stats.overfitting == found
    assert stats.deflated is not None
    assert stats.deflated.trials == 1


def test_ladders_hold_the_backtest_itself(skilled: Run) -> None:
    """Once the costs and a delay of one bar are what was traded."""
    stats = backtest_run(skilled, Execution())
    ladders, reached = stats.ladders, stats.figures["total_return"]
    assert ladders is not None
    assert ladders.costs[1]["total_return"] == pytest.approx(reached, abs=1e-12)
    assert ladders.delays[1]["total_return"] == pytest.approx(reached, abs=1e-12)


def test_deciles_are_cut_where_asked_for(make_run: RunMaker) -> None:
    """All rows of the split count, signal or not; the table lies beside the trades."""
    names = "ABCD"
    bars = pl.concat([planted(name, seed) for seed, name in enumerate(names)])
    rows = pl.concat([signal_rows(name, RISING) for name in names])
    likely = pl.col("symbol").rank("dense") / 10
    run = make_run(bars, rows.with_columns(likely.alias("probability")))
    cut = backtest_run(run, Execution(), comparisons=FOUR).deciles
    assert cut is not None
    assert (cut.symbols, cut.overlap) == (4, HORIZON)
    assert cut.times == len(DECIDED)
    table = read_parquet(run.path / "backtest" / "deciles.parquet")
    assert table.height == 4 * len(DECIDED)


def test_same_seed_same_document(skilled: Run) -> None:
    """Everything random comes from the seed."""
    first = backtest_run(skilled, Execution())
    assert backtest_run(skilled, Execution(), force=True) == first


def test_an_earlier_backtest_is_kept_without_force(skilled: Run) -> None:
    """The second run refuses and enters nothing in the ledger."""
    backtest_run(skilled, Execution())
    with pytest.raises(UsageError, match="exists"):
        backtest_run(skilled, Execution())
    assert len(read_ledger(skilled.path.parent)) == 1


def test_a_split_without_signals_is_refused_by_name(skilled: Run) -> None:
    """The message lists the splits there are."""
    with pytest.raises(DataError, match="Known: calibration, test"):
        open_period(skilled, "train")


def test_signals_without_bars_are_refused(make_run: RunMaker) -> None:
    """B was signalled but the sample set holds A alone."""
    run = make_run(planted("A", 1), signal_rows("B", RISING))
    with pytest.raises(DataError, match="B has signals but no bars"):
        backtest_run(run, Execution())


def test_bars_that_end_before_the_signals_are_refused(make_run: RunMaker) -> None:
    """Bars up to day 80, signals up to day 106."""
    run = make_run(planted("A", 1).head(80), signal_rows("A", RISING))
    with pytest.raises(DataError, match="end before the signals"):
        backtest_run(run, Execution())


def test_changed_bars_are_refused(skilled: Run) -> None:
    """The SHA-256 in the manifest is checked."""
    bars = skilled.samples().path / "bars.parquet"
    bars.write_bytes(bars.read_bytes() + b" ")
    with pytest.raises(IntegrityError):
        backtest_run(skilled, Execution())


def test_a_failed_backtest_leaves_nothing(make_run: RunMaker) -> None:
    """No folder, no ledger line."""
    run = make_run(planted("A", 1), signal_rows("B", RISING))
    with pytest.raises(DataError):
        backtest_run(run, Execution())
    assert not (run.path / "backtest").exists()
    assert not (run.path.parent / "ledger.jsonl").exists()
