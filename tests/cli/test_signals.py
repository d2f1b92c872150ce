"""`quantsig signals`: on the run's own rows, on other bars, in other formats."""

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import numpy as np
import polars as pl
import pytest

from quantsig.data.demo.planted import planted_bars
from quantsig.data.storage.locks import locked
from quantsig.signals.inference import exports
from quantsig.signals.inference import signals as writing
from quantsig.signals.ledger import Entry, read_ledger
from quantsig.signals.scoring.scorer import Scorer
from quantsig.signals.seal import enter, seal_again
from quantsig.signals.thresholds import openings as openings_module
from tests.cli.conftest import Answer, Clock, Quantsig, assert_done

COLUMNS = [
    "sample_id",
    "symbol",
    "decision_time",
    "label_end",
    "split",
    "probability",
    "threshold",
    "signal",
    "take",
    "size",
    "direction",
    "horizon_bars",
    "delay_bars",
    "stop",
    "target",
    "expected_precision",
    "expected_precision_low",
    "expected_precision_high",
    "label",
    "forward_return",
    "choice_id",
    "trial_id",
    "run_id",
]
RUN = Path("runs/one")


@pytest.fixture(autouse=True)
def newer(trained: Quantsig) -> None:
    """Newer bars of the same kind beside the run."""
    planted_bars(120, seed=2).bars.drop("adjustment").write_csv("newer.csv")


def openings() -> int:
    """How often a test split was opened."""
    return sum(line["event"] == "opening" for line in read_ledger(Path("runs")))


def refused(answer: Answer, code: int) -> list[str]:
    """The three lines of an error that has that code; nothing was written or chosen."""
    assert answer.code == code, answer.err
    assert not list(RUN.glob("signals*"))
    assert not list((RUN / "choices").glob("*"))
    return answer.complaint[-3:]


def test_the_threshold_that_was_asked_for_is_applied(trained: Quantsig) -> None:
    """Though the clock was set back since an earlier one was chosen."""
    assert_done(trained("signals", RUN, "--threshold", "0.45"))
    (earlier,) = (RUN / "choices").glob("*.json")
    document = json.loads(earlier.read_text())
    earlier.write_text(json.dumps({**document, "created": "2199-01-01T00:00:00+00:00"}))
    seal_again(RUN, "one")
    answer = assert_done(trained("signals", RUN, "--threshold", "0.52", "--force", "--json"))
    assert answer.document["choice"]["threshold"] == 0.52
    assert pl.read_parquet(RUN / "signals.parquet")["threshold"].unique().to_list() == [0.52]


def test_a_choice_of_another_name_is_refused(trained: Quantsig, own_folder: Path) -> None:
    """It would be written to wherever its trial_id leads."""
    assert_done(trained("signals", RUN, "--threshold", "0.45"))
    (choice,) = (RUN / "choices").glob("*.json")
    foreign = own_folder / "foreign.json"
    foreign.write_text("mine")
    document = json.loads(choice.read_text())
    choice.write_text(json.dumps({**document, "trial_id": "../../../foreign"}))
    seal_again(RUN, "one")
    answer = trained("signals", RUN, "--force")
    assert (answer.code, foreign.read_text()) == (6, "mine")
    assert len(answer.complaint) == 3


def test_a_copy_of_the_bars_opens_the_same_test_split(trained: Quantsig, own_folder: Path) -> None:
    """Under another name, as another set and another run: the second look is the second."""
    assert_done(trained("signals", RUN, "--threshold", "0.45"))
    Path("copy.csv").write_bytes(Path("bars.csv").read_bytes())
    assert_done(trained("samples", "build", "copy.csv", "--out", "again"))
    assert_done(trained("train", "again", "--out", "runs/two"))
    assert_done(trained("signals", "runs/two", "--threshold", "0.45"))
    lines = [json.loads(line) for line in Path("runs/ledger.jsonl").read_text().splitlines()]
    opened = [line for line in lines if line["event"] == "opening"]
    assert [line["opening"] for line in opened] == [1, 2]
    assert opened[0]["samples"] != opened[1]["samples"]


class StoppedError(Exception):
    """The process was ended."""


def stop_at(monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str) -> None:
    def stop(*given: object, **named: object) -> None:
        raise StoppedError

    monkeypatch.setattr(module, name, stop)


@pytest.mark.parametrize("name", ["enter", "record_outcome"])
def test_an_opening_that_was_cut_short_goes_on(
    trained: Quantsig, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Counted before anything is looked at, and once for one look; another look counts anew."""
    assert_done(trained("thresholds", RUN, "--threshold", "0.45"))
    with monkeypatch.context() as patched:
        if name == "record_outcome":
            stop_at(patched, writing, name)
        else:
            patched.setattr(openings_module, "enter", entered_and_stopped)
        assert trained("signals", RUN).code == 1
    assert openings() == 1
    answer = assert_done(trained("signals", RUN, "--json"))
    assert openings() == 1
    assert answer.document["choice"]["test"]["opening"] == 1
    assert_done(trained("signals", RUN, "--force"))
    assert openings() == 2


def entered_and_stopped(home: Path, entry: Entry) -> None:
    enter(home, entry)
    raise StoppedError


def test_an_opening_that_was_taken_away_is_missed(
    trained: Quantsig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last line of the ledger, too, which no result followed: 6."""
    assert_done(trained("thresholds", RUN, "--threshold", "0.45"))
    with monkeypatch.context() as patched:
        stop_at(patched, writing, "record_outcome")
        trained("signals", RUN)
    ledger = Path("runs/ledger.jsonl")
    *others, last = ledger.read_bytes().splitlines(keepends=True)
    while b'"opening"' not in last:  # the predictions were written after it
        *others, last = others
    ledger.write_bytes(b"".join(others))
    assert trained("signals", RUN).code == 6
    assert trained("verify", RUN).code == 6


def test_a_format_that_was_not_reached_is_written_by_the_same_command(
    trained: Quantsig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of signals that are there; another threshold is refused, and nothing is opened twice."""
    words = ("signals", RUN, "--threshold", "0.45", "--format", "csv")
    with monkeypatch.context() as patched:
        stop_at(patched, exports, "write_rows")
        assert trained(*words).code == 1
    assert (RUN / "signals.parquet").is_file()
    other = ("signals", RUN, "--threshold", "0.5", "--format", "csv")
    assert trained(*other).code == 2
    assert_done(trained(*words))
    table = pl.read_parquet(RUN / "signals.parquet")
    assert len((RUN / "signals.csv").read_text().splitlines()) == len(table) + 1
    assert openings() == 1
    assert trained(*words).code == 2


def test_bars_are_judged_alone_in_a_run(trained: Quantsig) -> None:
    """Their choice is frozen in it."""
    with locked(RUN.resolve()):
        complaint = refused(trained("signals", RUN, "newer.csv", "--threshold", "0.2"), 2)
    assert "another process is at work here" in complaint[0]


def test_bars_get_a_row_at_every_decision(trained: Quantsig) -> None:
    """The columns of signals.parquet; the newest bar too; the test split stays locked."""
    answer = assert_done(trained("signals", RUN, "newer.csv", "--threshold", "0.2", "--json"))
    figures = answer.document["figures"]
    rows = pl.read_parquet(answer.document["out"])
    newest = pl.read_csv("newer.csv", try_parse_dates=True)["timestamp"].max()
    assert rows.columns == COLUMNS
    assert rows["decision_time"].max() == newest
    assert rows["split"].null_count() == rows["sample_id"].null_count() == len(rows)
    assert figures["rows"] == len(rows) > 500
    assert figures["signals"] == (rows["probability"] >= 0.2).sum()
    assert rows["expected_precision"].unique().to_list() == [
        answer.document["choice"]["calibration"]["precision"]
    ]
    assert openings() == 0
    assert not (RUN / "signals.parquet").exists()
    assert answer.document["choice"]["threshold"] == 0.2
    assert "5 in training, 1 here" in answer.err


def test_the_latest_is_the_newest_bar_alone(trained: Quantsig) -> None:
    """One row a symbol, printed and written; the frozen choice is applied."""
    assert_done(trained("thresholds", RUN))
    assert_done(trained("signals", RUN, "newer.csv", "--threshold", "0.3", "--out", "all.parquet"))
    answer = assert_done(trained("signals", RUN, "newer.csv", "--latest", "--out", "new.csv"))
    whole = pl.read_parquet("all.parquet")
    with Path("new.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    last = whole.row(-1, named=True)
    assert float(row["probability"]) == last["probability"]
    assert row["threshold"] == "0.3"
    when = datetime.fromisoformat(row["decision_time"])
    assert when.astimezone(UTC) == last["decision_time"]
    assert last["symbol"] in answer.out
    assert "input drift" in answer.out


def test_the_latest_never_comes_from_a_bar_that_is_running(trained: Quantsig, clock: Clock) -> None:
    """Within the last bar it is left out by name, and the newest decision is the bar before."""
    times = pl.read_csv("newer.csv", try_parse_dates=True)["timestamp"].to_list()
    running, closed = times[-1], times[-2]
    clock(running - timedelta(minutes=6))
    words = ("signals", RUN, "newer.csv", "--latest", "--threshold", "0.3", "--json")
    answer = assert_done(trained(*words))
    said = f"left out: 1 bars that close after now, UTC: PLANTED {running:%Y-%m-%d %H:%M}"
    assert said in answer.err
    assert answer.document["source_notes"] == [said]
    (row,) = answer.document["rows"]
    assert datetime.fromisoformat(row["decision_time"]) == closed
    clock(running)
    finished = assert_done(trained(*words, "--force"))
    assert "close after now" not in finished.err
    assert finished.document["figures"]["last_decision"] == str(running)


def test_too_few_bars_for_drift_are_told(trained: Quantsig) -> None:
    """The newest decision is scored all the same."""
    pl.read_csv("newer.csv").tail(300).write_csv("few.csv")
    answer = assert_done(trained("signals", RUN, "few.csv", "--latest", "--threshold", "0.3"))
    assert "drift cannot be judged by" in answer.err


def test_bars_do_not_unlock_the_test_split(trained: Quantsig) -> None:
    """Outcomes in its time are withheld, the first test decision included, until it is opened."""
    words = ("signals", RUN, "bars.csv", "--threshold", "0.3")
    answer = assert_done(trained(*words, "--out", "before.parquet"))
    assert_done(trained("signals", RUN, "--threshold", "0.3"))
    assert_done(trained(*words, "--out", "after.parquet"))
    first = pl.read_parquet(RUN / "signals.parquet").filter(split="test")["decision_time"].min()
    before, after = (pl.read_parquet(f"{name}.parquet") for name in ("before", "after"))
    outcome = ["label", "label_end", "forward_return"]
    tested = pl.col("decision_time") >= first
    assert after.filter(tested)["label"].count() > 100
    assert before.filter(tested).select(pl.col(outcome).count()).row(0) == (0, 0, 0)
    assert before.filter(~tested)["label"].count() > 1000
    assert before.drop(outcome).equals(after.drop(outcome))
    assert "locked test split" in answer.err


def test_rows_of_the_time_of_training_are_told(trained: Quantsig) -> None:
    """They are those before the first test decision; newer bars hold none."""
    answer = assert_done(trained("signals", RUN, "bars.csv", "--threshold", "0.3"))
    assert_done(trained("signals", RUN))
    first = pl.read_parquet(RUN / "signals.parquet").filter(split="test")["decision_time"].min()
    rows = pl.read_parquet(answer.out.splitlines()[-1])
    learnt = int((rows["decision_time"] < first).sum())
    assert f"{learnt} of {len(rows)} rows lie in the time the run was trained" in answer.err
    later = pl.read_csv("newer.csv", try_parse_dates=True).with_columns(
        pl.col("timestamp").dt.offset_by("1y")
    )
    later.write_csv("later.csv")
    assert "trained and calibrated" not in assert_done(trained("signals", RUN, "later.csv")).err


def test_a_symbol_that_ended_before_is_named(trained: Quantsig) -> None:
    """Its newest row is not today's; all that end together are not remarked on."""
    newer = pl.read_csv("newer.csv", try_parse_dates=True)
    gone = newer.with_columns(symbol=pl.lit("GONE")).head(-3)
    pl.concat([newer, gone]).write_csv("two.csv")
    words = ("--latest", "--threshold", "0.3")
    answer = assert_done(trained("signals", RUN, "two.csv", *words, "--out", "two.parquet"))
    ended = gone["timestamp"].to_list()[-1]
    said = f"1 of 2 symbols end before the newest: GONE {ended:%Y-%m-%d %H:%M}."
    assert said in answer.err
    alone = assert_done(trained("signals", RUN, "newer.csv", *words, "--out", "one.parquet"))
    assert "end before" not in alone.err


def test_a_name_of_its_own_keeps_earlier_signals(trained: Quantsig) -> None:
    """Named after the newest bar; the same again needs --force."""
    first = assert_done(trained("signals", RUN, "newer.csv", "--latest", "--threshold", "0.3"))
    written = Path(first.out.splitlines()[-1])
    assert written.parent == RUN
    assert written.name.endswith("Z-latest.parquet")
    again = trained("signals", RUN, "newer.csv", "--latest", "--threshold", "0.4")
    assert (again.code, "--force" in again.complaint[-1]) == (2, True)
    assert len(list((RUN / "choices").glob("*.json"))) == 1


def test_own_rows_are_written_in_another_format_too(trained: Quantsig) -> None:
    """signals.parquet stays what the backtest reads."""
    assert_done(trained("signals", RUN, "--threshold", "0.3", "--out", "mine.json"))
    own = pl.read_parquet(RUN / "signals.parquet")
    rows = json.loads(Path("mine.json").read_text())["rows"]
    assert [row["probability"] for row in rows] == own["probability"].to_list()
    assert openings() == 1


@pytest.mark.parametrize("flag", ["--latest", "--allow-different"])
def test_flags_about_bars_ask_for_bars(trained: Quantsig, flag: str) -> None:
    """The run's own rows are those of its training, not today's."""
    settings = Path("quantsig.toml").read_text()
    Path("quantsig.toml").write_text(settings.replace("source =", "# source ="))
    assert "RUN BARS" in refused(trained("signals", RUN, flag, "--threshold", "0.3"), 2)[2]


def test_the_latest_comes_from_the_bars_of_the_settings(trained: Quantsig) -> None:
    """They need not be named again."""
    assert_done(
        trained("signals", RUN, "bars.csv", "--latest", "--threshold", "0.3", "--out", "1.parquet")
    )
    assert_done(trained("signals", RUN, "--latest", "--out", "2.parquet"))
    assert pl.read_parquet("1.parquet").equals(pl.read_parquet("2.parquet"))


def test_a_choice_after_an_opening_is_warned_of(trained: Quantsig) -> None:
    """The first one is not; a picked threshold's precision flatters."""
    first = assert_done(trained("signals", RUN, "--threshold", "0.3"))
    assert "before this choice" not in first.err
    second = assert_done(trained("thresholds", RUN, "--recall", "0.5"))
    assert "opened 1 times before this choice" in second.err
    assert "it flatters" in second.err


def test_a_second_model_takes_or_skips(trained: Quantsig) -> None:
    """It is counted as another strategy, and what it skips is not traded."""
    words = ("signals", RUN, "--threshold", "0.15", "--meta")
    answer = assert_done(trained(*words, "--json"))
    rows = pl.read_parquet(RUN / "signals.parquet")
    assert not rows.filter(~pl.col("signal"))["take"].any()
    assert rows.filter("take")["size"].min() >= 0.0  # type: ignore[operator]
    assert rows["trial_id"][0] != rows["choice_id"][0] == answer.document["choice"]["trial_id"]
    taken = rows.filter("take", split="calibration").height
    assert answer.document["figures"]["calibration_taken"] == taken
    assert_done(trained("signals", RUN, "newer.csv", "--meta", "--out", "new.parquet"))
    assert set(pl.read_parquet("new.parquet")["trial_id"]) == {rows["trial_id"][0]}


def test_without_a_choice_nothing_is_scored(trained: Quantsig) -> None:
    """The error says how to choose."""
    assert "--threshold" in refused(trained("signals", RUN, "newer.csv"), 3)[2]


def test_other_bars_are_refused_unless_told(trained: Quantsig) -> None:
    """Another interval; with --allow-different it is said and scored."""
    wide = pl.read_csv("newer.csv", try_parse_dates=True)
    wide = wide.with_columns(
        timestamp=wide["timestamp"][0] + (wide["timestamp"] - wide["timestamp"][0]) * 4
    )
    wide.write_csv("wide.csv")
    words = ("signals", RUN, "wide.csv", "--threshold", "0.3")
    assert "a bar covers 1h, not 15m" in refused(trained(*words), 3)[0]
    answer = assert_done(trained(*words, "--allow-different"))
    assert "unlike the training: a bar covers 1h" in answer.err


def test_symbols_are_left_out_or_named(trained: Quantsig) -> None:
    """Too few bars: counted; not seen in training: named."""
    newer = pl.read_csv("newer.csv")
    other, short = (newer.with_columns(symbol=pl.lit(name)) for name in ("=OTHER", "SHORT"))
    pl.concat([newer, other, short.head(9)]).write_csv("more.csv")
    answer = assert_done(
        trained("signals", RUN, "more.csv", "--threshold", "0.3", "--format", "csv", "--json")
    )
    assert answer.document["figures"]["symbols"] == 2
    assert answer.document["figures"]["symbols_left_out"] == 1
    assert "not seen in training: =OTHER." in answer.err
    assert "SHORT." in next(line for line in answer.err.splitlines() if "left out" in line)
    assert ",'=OTHER," in Path(answer.document["out"]).read_text()


def test_bars_too_few_for_any_chart_are_an_error(trained: Quantsig) -> None:
    """How many a chart needs is said."""
    pl.read_csv("newer.csv").head(9).write_csv("few.csv")
    assert (
        "one chart needs" in refused(trained("signals", RUN, "few.csv", "--threshold", "0.3"), 3)[0]
    )


def test_an_unknown_format_is_refused_first(trained: Quantsig) -> None:
    """It names the known ones."""
    words = ("signals", RUN, "newer.csv", "--threshold", "0.3", "--format", "xlsx")
    assert "parquet, csv, json" in refused(trained(*words), 3)[2]


@pytest.mark.parametrize("bars", [(), ("newer.csv",)])
def test_without_a_calibration_nothing_is_chosen_or_opened(
    trained: Quantsig, bars: tuple[str, ...]
) -> None:
    """Its scores are no probabilities; neither are those of other bars."""
    (RUN / "calibration.json").unlink()
    seal_again(RUN, "one")
    what, _, _ = refused(trained("signals", RUN, *bars, "--threshold", "0.3"), 3)
    assert "no calibration" in what
    assert openings() == 0


@pytest.mark.parametrize("bars", [(), ("newer.csv",)])
def test_scores_that_are_no_numbers_are_no_signals(
    trained: Quantsig, bars: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """NaN would pass for more than any threshold; the test split stays locked."""
    monkeypatch.setattr(
        Scorer, "outputs", lambda self, samples, ids, *_, **__: np.full((len(ids), 2), np.nan)
    )
    answer = trained("signals", RUN, *bars, "--threshold", "0.3")
    assert answer.code == 3
    assert "scores are not finite" in answer.complaint[-3]
    assert not list(RUN.glob("signals*"))
    assert openings() == 0


def test_a_file_of_bars_alone_means_the_latest_run(trained: Quantsig) -> None:
    """The run is named on stderr; the rows are those of naming it."""
    assert_done(trained("signals", RUN, "newer.csv", "--threshold", "0.3", "--out", "one.csv"))
    answer = assert_done(trained("signals", "newer.csv", "--out", "two.csv"))
    assert f"run: {RUN} (the latest)" in answer.err
    assert Path("one.csv").read_bytes() == Path("two.csv").read_bytes()


def test_a_folder_of_bars_alone_means_the_latest_run(trained: Quantsig) -> None:
    """Of a folder that may be an unfinished run, too, no reading is guessed."""
    assert_done(trained("signals", RUN, "newer.csv", "--threshold", "0.3", "--out", "one.csv"))
    Path("newer").mkdir()
    Path("newer.csv").rename("newer/newer.csv")
    assert_done(trained("signals", "newer", "--out", "two.csv"))
    Path("newer/config.toml").touch()
    refused = trained("signals", "newer", "--out", "three.csv")
    assert (refused.code, len(refused.complaint)) == (2, 3)
    assert "may be a run that is not finished, or a folder of bars" in refused.err


def test_bars_before_the_run_are_the_wrong_way_round(trained: Quantsig) -> None:
    """Three lines, the last of which is the right command."""
    refused = trained("signals", "newer.csv", RUN)
    assert (refused.code, len(refused.complaint)) == (2, 3)
    assert refused.complaint[2].endswith(f"quantsig signals {RUN} newer.csv")
