"""`quantsig samples`: what it prints, and bars it cannot use."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from quantsig.data.demo.planted import INTERVAL, planted_bars
from quantsig.data.samples.store import open_samples
from tests.cli.conftest import Answer, Clock, Quantsig, assert_done

HEADER = "time,open,high,low,close,volume\n"
ROWS = [f"2024-01-0{day},10,11,9,10,100\n" for day in range(1, 6)]


def write(name: str, *lines: str) -> Path:
    path = Path(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(lines))
    return path


def planted_csv(name: str, cells: int) -> Path:
    path = Path(name)
    path.parent.mkdir(exist_ok=True)
    planted_bars(cells, seed=1, symbol=path.stem).bars.drop("adjustment", "symbol").write_csv(path)
    return path


def labelled_by_open(name: str, last: datetime) -> Path:
    """Bars of 15 minutes, the last of which opens at that time."""
    bars = planted_bars(400, seed=1).bars.drop("adjustment", "symbol")
    shift = last - (bars["timestamp"][-1] - INTERVAL)
    bars.with_columns(pl.col("timestamp") - INTERVAL + shift).write_csv(name)
    return Path(name)


@pytest.fixture
def build(quantsig: Quantsig) -> Callable[..., Answer]:
    """`quantsig samples build` with small charts."""

    def run(*words: object) -> Answer:
        return quantsig("samples", "build", "--preset", "small", *words)

    return run


Build = Callable[..., Answer]


def test_build_counts_what_it_made(build: Build, quantsig: Quantsig) -> None:
    """`build` and `info` answer alike; 400 planted cells are 2,000 bars, a chart needs 350."""
    answer = build(planted_csv("bars.csv", 400), "--stride-bars", 5, "--json")
    figures = answer.document["figures"]
    assert answer.document["schema"] == "quantsig.samples.build/1"
    assert figures["samples"] == (2000 - 350) // 5 + 1
    assert figures["planes"] == 64
    assert quantsig("samples", "info", "--json").document["figures"] == figures


def test_a_split_without_an_adjustment_is_named(build: Build, quantsig: Quantsig) -> None:
    """By `build` and by `info`, on stderr and in the manifest; adjusted, it is gone."""
    rows, price = ["symbol,date,open,high,low,close,volume\n"], 100.0
    for number in range(400):
        day = date(2020, 1, 1) + timedelta(days=number)
        price *= (1.01 if number % 3 else 0.98) / (4.0 if number == 200 else 1.0)
        rows.append(f"A,{day},{price},{price},{price},{price},1\n")
    answer = build(write("bars.csv", *rows), "--json")
    assert answer.document["manifest"]["findings"]["counts"] == {"split": 1}
    assert "A 2020-07-19 " in answer.err
    assert "A 2020-07-19 " in quantsig("samples", "info").err
    mended = build("bars.csv", "--adjust", "A 2020-07-19 4", "--out", "mended", "--json")
    assert mended.document["manifest"]["findings"]["counts"] == {}


def test_a_layout_is_named(build: Build) -> None:
    """On stderr and in the manifest, once."""
    path = planted_csv("bars.csv", 400)
    answer = build(path, "--layout", "ccxt", "--json")
    note = "layout ccxt: candles of ccxt; times of UTC; labelled by the open"
    assert answer.document["manifest"]["source_notes"] == [note]
    assert answer.err.count(note) == 1


def test_info_says_what_the_splits_can_detect(build: Build, quantsig: Quantsig) -> None:
    """For each share of the rows of calibration and test; one row in a hundred tells nothing."""
    build(planted_csv("bars.csv", 400), "--stride-bars", 5)
    power = quantsig("samples", "info", "--json").document["power"]
    assert [row["share"] for row in power] == 2 * [0.01, 0.05, 0.1]
    assert power[0]["precision"] is None
    assert power[2]["precision"] == pytest.approx(power[2]["lift"] * power[2]["base_rate"])
    assert "smallest precision" in quantsig("samples", "info").out


def test_info_says_what_could_be_promised(build: Build, quantsig: Quantsig) -> None:
    """Of 85 calibration rows nothing; more of the rows of a walk, and how to ask for that."""
    build(planted_csv("bars.csv", 900), "--stride-bars", 5)
    promises = quantsig("samples", "info", "--json").document["promises"]
    assert [row["rows"] for row in promises] == 3 * ["calibration"] + 3 * ["walk"]
    assert set(promises[2]["targets"].values()) == {None}
    assert 0.5 < promises[5]["targets"]["0.9"] < 0.9
    answer = quantsig("samples", "info")
    assert "of 60%" in answer.out
    assert "--on walk" in answer.err
    assert f"is sure to {promises[0]['regimes']:.0%}" in answer.err


def test_info_of_too_few_samples_says_why_nothing_can_be_detected(
    build: Build, quantsig: Quantsig
) -> None:
    """It still says the rest."""
    build(planted_csv("bars.csv", 71), "--stride-bars", 5)
    answer = quantsig("samples", "info", "--json")
    assert answer.document["power"] == []
    assert "power: 0 labelled samples are too few" in answer.err


def test_a_volume_of_zeros_is_no_volume(build: Build, quantsig: Quantsig) -> None:
    """`build` and `info` say so, as where there is no column."""
    path = planted_csv("bars.csv", 80)
    pl.read_csv(path).with_columns(volume=0).write_csv(path)
    assert "no volume: the source has none, or only zeros" in build(path).err
    assert "no volume: the source has none, or only zeros" in quantsig("samples", "info").err


def test_a_symbol_too_short_is_left_out_by_name(build: Build) -> None:
    """A short symbol does not stop the others, and is named."""
    planted_csv("bars/LONG.csv", 400)
    planted_csv("bars/SHORT.csv", 20)
    answer = build("bars")
    assert answer.code == 0
    assert "left out: SHORT has 100 bars, a chart needs 350" in answer.err


def test_of_many_short_symbols_a_few_are_named(build: Build) -> None:
    """And the others counted."""
    planted_csv("bars/LONG.csv", 400)
    for number in range(9):
        planted_csv(f"bars/S{number}.csv", 20)
    said = [line for line in build("bars").err.splitlines() if line.startswith("left out")]
    assert len(said) == 6
    assert said[-1] == "left out: 4 more symbols with too few bars, in the manifest"


def test_bars_too_few_still_say_how_they_were_read(build: Build) -> None:
    """A wrong reading is often why there are too few."""
    write("bars/A.csv", HEADER, *ROWS)
    write("bars/notes.md", "no bars")
    answer = build("bars")
    assert answer.code == 3
    assert answer.complaint[0] == "not read: notes.md"
    assert "no symbol has the 350 bars" in answer.complaint[1]


def test_a_large_window_is_reported(build: Build) -> None:
    """350 bars of history are over a quarter of 1,000."""
    answer = build(planted_csv("SMALL.csv", 200))
    assert "over a quarter of all the bars of SMALL" in answer.err


@pytest.mark.parametrize(
    "source",
    [
        lambda: Path("nowhere.csv"),
        lambda: write("empty.csv"),
        lambda: write("header.csv", HEADER),
        lambda: write("columns.csv", "time,open,high,low\n", "2024-01-01,1,1,1\n"),
        lambda: write("unsorted.csv", HEADER, *ROWS[2:], *ROWS[:2]),
        lambda: write("short.csv", HEADER, *ROWS),
        lambda: write("range.csv", HEADER, *ROWS, "2024-01-06,10,9,11,10,100\n"),
    ],
    ids=["missing", "empty", "no rows", "no close", "unsorted", "too short", "high below low"],
)
def test_bars_that_cannot_be_used_are_refused(build: Build, source: Callable[[], Path]) -> None:
    """Bad bars end with 3, in three lines, and nothing is written."""
    answer = build(source())
    assert answer.code == 3
    assert len(answer.complaint) == 3
    assert not Path("samples").exists()


def test_bars_must_be_named(build: Build) -> None:
    """Without BARS and without [bars] source there is nothing to build from."""
    answer = build()
    assert answer.code == 2
    assert "[bars] source" in answer.complaint[2]


def test_an_output_that_exists_is_kept(build: Build) -> None:
    """What is there is not overwritten without --force, and that is said before any work."""
    other = write("samples/mine.txt", "mine")
    answer = build(write("short.csv", HEADER, *ROWS))
    assert answer.code == 2
    assert len(answer.err.splitlines()) == 3
    assert other.read_text() == "mine"


def test_info_of_another_folder_is_refused(quantsig: Quantsig) -> None:
    """A folder without a manifest is no sample set."""
    answer = quantsig("samples", "info", ".")
    assert (answer.code, len(answer.complaint)) == (3, 3)


def test_info_weighs_the_set(build: Build, quantsig: Quantsig) -> None:
    """As it is stored, raw, in the old format and as frames; estimates are said to be some."""
    build(planted_csv("bars.csv", 400), "--stride-bars", 5)
    weights = quantsig("samples", "info", "--json").document["weights"]
    assert weights["raw_float32_bytes"] == 331 * 64 * 64 * 96 * 4
    assert weights["stored_bytes"] == weights["index_bytes"] + weights["bars_bytes"]
    assert weights["encoded_samples"] == 3
    answer = quantsig("samples", "info")
    assert "legacy bytes" in answer.out
    assert "estimates from 3 samples" in answer.err


def test_extend_adds_what_is_newer(build: Build, quantsig: Quantsig) -> None:
    """1,000 of 2,000 bars are stored: 200 decisions more, the newest two without a label yet."""
    planted_csv("bars.csv", 400)
    whole = Path("bars.csv").read_text().splitlines(keepends=True)
    Path("older").mkdir()
    Path("older/bars.csv").write_text("".join(whole[:1001]))
    build("older", "--stride-bars", 5)
    answer = quantsig("samples", "extend", "samples", "bars.csv", "--json")
    assert answer.code == 0
    assert answer.document["figures"] == {
        "new_samples": 200,
        "new_labels": 200,
        "samples": 331,
        "labelled": 329,
    }
    again = quantsig("samples", "extend", "samples", "bars.csv", "--json")
    assert again.document["figures"]["new_samples"] == 0


def test_extend_takes_a_bar_once_it_has_closed(
    build: Build, quantsig: Quantsig, clock: Clock
) -> None:
    """At 18:20 the bar of 18:15 is left out by name; at 18:30 it is one of the set's."""
    bars = labelled_by_open("bars.csv", datetime(2024, 1, 2, 18, 15, tzinfo=UTC))
    clock(datetime(2024, 1, 2, 18, 20, tzinfo=UTC))
    early = assert_done(build(bars, "--json"))
    assert "left out: 1 bars that close after now, UTC: bars 2024-01-02 18:30" in early.err
    assert early.document["figures"]["last_decision"] == "2024-01-02 18:15:00+00:00"
    changed = bars.read_text().rsplit(",", 1)[0] + ",9999\n"  # the bar grew until it closed
    bars.write_text(changed)
    clock(datetime(2024, 1, 2, 18, 30, tzinfo=UTC))
    later = assert_done(quantsig("samples", "extend", "samples", bars, "--json"))
    assert later.document["figures"]["new_samples"] == 1
    assert "close after now" not in later.err
    info = quantsig("samples", "info", "--json").document["figures"]
    assert info["last_decision"] == "2024-01-02 18:30:00+00:00"
    assert open_samples(Path("samples")).bars["volume"][-1] == 9999


def test_extend_refuses_bars_that_do_not_go_on(build: Build, quantsig: Quantsig) -> None:
    """The newer ones alone leave a gap unseen: 3, in three lines."""
    planted_csv("bars.csv", 400)
    whole = Path("bars.csv").read_text().splitlines(keepends=True)
    build("bars.csv")
    Path("bars.csv").write_text("".join([whole[0], *whole[1500:1600]]).replace(",1", ",2"))
    answer = quantsig("samples", "extend", "samples", "bars.csv")
    assert (answer.code, len(answer.complaint)) == (3, 3)


def test_verify_says_what_it_looked_at(build: Build, quantsig: Quantsig) -> None:
    """And ends with 6 where a byte is another than was written, with the file's name."""
    build(planted_csv("bars.csv", 400), "--stride-bars", 5)
    answer = quantsig("samples", "verify", "--redraw", 7, "--json")
    assert answer.document["figures"]["redrawn"] == 7
    stored = Path("samples/bars.parquet")
    content = bytearray(stored.read_bytes())
    content[len(content) // 2] ^= 4
    stored.write_bytes(content)
    answer = quantsig("samples", "verify")
    assert (answer.code, len(answer.complaint)) == (6, 3)
    assert "bars.parquet" in answer.complaint[0]
