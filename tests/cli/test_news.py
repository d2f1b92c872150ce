"""Verbs that take news: one chain of them, and what each refuses in three lines."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from quantsig.data.demo.planted_news import planted_news
from tests.cli.conftest import Answer, Quantsig, assert_done
from tests.tiny_model import save_tiny_model

OLD = 1000  # bars that are built of first
SETTINGS = """
[bars]
bar_label = "close"
[samples]
stride_bars = 5
preset = "small"
height = 16
width = 24
bars = 6
timeframes = [1]
slow_bars = 6
[label]
horizon_bars = 5
rise_fraction = 0.01
[train]
model = "han"
epochs = 1
[input]
window_bars = 6
max_items = 3
"""
NEWS, EARLY = ("--news", "news.csv"), ("--news", "early.csv")


@pytest.fixture
def world(own_folder: Path) -> Path:
    """Bars that go on, and their news, in the current folder."""
    made = planted_news(240, 5)
    bars = made.bars.drop("adjustment")
    bars.write_csv(own_folder / "bars.csv")
    bars.head(OLD).write_csv(own_folder / "old.csv")
    made.news.write_csv(own_folder / "news.csv")
    until = bars["timestamp"][OLD - 1]
    made.news.filter(pl.col("timestamp") <= until).write_csv(own_folder / "early.csv")
    (own_folder / "quantsig.toml").write_text(SETTINGS)
    return own_folder


def refused(answer: Answer, code: int, said: str) -> None:
    """In three lines, with the right exit code."""
    assert answer.code == code, answer.err
    assert said in answer.err
    lines = answer.err.splitlines()[-3:]
    assert lines[0].startswith("error: ")
    assert lines[1].startswith("  at ")


def test_a_run_reads_news_through_the_chain(quantsig: Quantsig, world: Path) -> None:
    """Build, train, choose, score, trade, go on, explain, report, grow; never without news."""
    assert_done(quantsig("samples", "build", "old.csv", "--out", "samples", *EARLY))
    assert_done(quantsig("train", "samples", "--out", "runs/han"))
    assert_done(quantsig("thresholds", "runs/han", "--threshold", "0.05"))
    for verb in ("signals", "backtest", "forward"):
        refused(quantsig(verb, "runs/han", "bars.csv"), 3, "this run reads news")
    latest = assert_done(quantsig("signals", "runs/han", "bars.csv", "--latest", "--json", *NEWS))
    (newest,) = latest.document["rows"]
    told = assert_done(quantsig("forward", "runs/han", "bars.csv", "--json", *NEWS))
    (decided,) = told.document["decisions"]
    assert decided["probability"] == newest["probability"]
    found = assert_done(
        quantsig("forward", "verify", "runs/han", "bars.csv", "--json", *NEWS)
    ).document["figures"]
    assert (found["decisions"], found["differences"]) == (1, 0)
    assert_done(quantsig("signals", "runs/han"))
    assert_done(quantsig("backtest", "runs/han"))
    assert_done(quantsig("explain", "runs/han", "--rows", "100"))
    for lang, said in (("en", "The news that the model read"), ("zh", "模型读到的新闻")):
        assert_done(quantsig("report", "runs/han", "--lang", lang))
        page = (world / "runs/han/report.html").read_text(encoding="utf-8")
        assert said in page
    refused(quantsig("samples", "extend", "samples", "bars.csv"), 3, "what was said since")
    delayed = ("--news-delay", "15m")
    refused(quantsig("samples", "extend", "samples", "bars.csv", *NEWS, *delayed), 3, "900 s")
    grown = quantsig("samples", "extend", "samples", "bars.csv", "--json", *NEWS)
    assert assert_done(grown).document["figures"]["new_news"] > 0
    assert_done(quantsig("samples", "verify", "samples"))


def test_items_that_came_late_are_told_once(quantsig: Quantsig, world: Path) -> None:
    """Not again where nothing was added."""
    assert_done(quantsig("samples", "build", "old.csv", "--out", "samples", *EARLY))
    news = pl.read_csv(world / "news.csv")
    late = news.head(1).with_columns(text=pl.lit("late"))
    pl.concat([news, late]).write_csv(world / "news.csv")
    extend = ("samples", "extend", "samples", "bars.csv", *NEWS)
    first, again = (assert_done(quantsig(*extend)).err for _ in range(2))
    assert "1 items of news are set aside" in first
    assert "items of news are set aside" not in again


def test_a_matrix_says_what_made_it(quantsig: Quantsig, world: Path) -> None:
    """It is made in a folder's model, and refused for other news."""
    save_tiny_model(world / "tiny")
    embed = ("news", "embed", "news.csv", "--model", "tiny")
    refused(quantsig(*embed, "--out", "v.npy"), 2, "written as Parquet")
    refused(quantsig(*embed, "--knows-until", "soon"), 3, "YYYY-MM-DD")
    refused(quantsig("news", "embed", "bars.csv", "--model", "tiny"), 3, "have no text")
    refused(quantsig("news", "embed", "news.csv", "--model", "bert"), 3, "not downloaded")
    for change, said in (
        ("model.safetensors", "no *.safetensors"),
        ("config.json", "no config.json"),
        ("tokenizer.json", "knows no words"),
        ("tokenizer_config.json", "the tokenizer has a token"),
    ):
        lacking = world / f"without-{change}"
        shutil.copytree(world / "tiny", lacking)
        (lacking / change).unlink()
        refused(quantsig(*embed[:-1], lacking.name), 3, said)
    refused(quantsig(*embed, "--max-tokens", "65"), 2, "64 tokens of a text, not 65")
    assert not (world / "news.vectors.parquet").exists()
    answer = assert_done(quantsig(*embed, "--knows-until", "2030-01-01"))
    assert answer.out.splitlines()[-1] == "news.vectors.parquet"
    refused(quantsig(*embed), 2, "exists already")
    matrix = ("--embeddings", "news.vectors.parquet")
    built = quantsig("samples", "build", "old.csv", "--out", "s", "--json", *NEWS, *matrix)
    news = assert_done(built).document["manifest"]["news"]
    assert (news["model"], news["knows_until"], news["width"]) == ("tiny", "2030-01-01", 16)
    trained = assert_done(quantsig("train", "s", "--out", "runs/m"))
    assert "2030-01-01" in trained.err
    assert_done(quantsig("thresholds", "runs/m", "--threshold", "0.05"))
    assert_done(quantsig("report", "runs/m"))
    assert "2030-01-01" in (world / "runs/m/report.html").read_text(encoding="utf-8")
    refused(quantsig("signals", "runs/m", "bars.csv", *NEWS), 3, "with a matrix of embeddings")
    items = len(pl.read_csv(world / "news.csv"))
    np.save(world / "narrow.npy", np.ones((items, 4), np.float32))
    narrow = (*NEWS, "--embeddings", "narrow.npy")
    refused(quantsig("signals", "runs/m", "bars.csv", *narrow), 3, "are 4 wide")
    refused(quantsig("samples", "extend", "s", "bars.csv", *narrow), 3, "are 4 wide")
    save_tiny_model(world / "other", seed=2)
    other = ("news", "embed", "news.csv", "--model", "other", "--out", "o.parquet")
    assert_done(quantsig(*other, "--name", "tiny"))
    moved = ("--embeddings", "o.parquet")
    refused(quantsig("signals", "runs/m", "bars.csv", *NEWS, *moved), 3, "these vectors are of")
    text = (world / "news.csv").read_text()
    (world / "news.csv").write_text(text.replace("surges", "plunges", 1))
    refused(
        quantsig("samples", "build", "old.csv", "--out", "t", *NEWS, *matrix), 3, "of other news"
    )


def matrices(items: int) -> dict[str, tuple[Any, str]]:
    """Arrays that are no matrix of so many items, and what is said."""
    good = np.ones((items, 4), np.float32)
    broken = good.copy()
    broken[3, 1] = np.nan
    return {
        "short": (good[:-1], "rows, the news"),
        "nan": (broken, "not finite"),
        "object": (np.full((items, 4), "x", object), "without running code"),
        "flat": (good[:, 0], "no matrix of numbers"),
    }


def test_news_that_cannot_be_read_are_refused(quantsig: Quantsig, world: Path) -> None:
    """Without times, of unknown symbols, out of every zone, with no matrix; nothing is written."""
    news = pl.read_csv(world / "news.csv")
    news.drop("timestamp").write_csv(world / "timeless.csv")
    news.with_columns(symbol=pl.lit("NOBODY")).write_csv(world / "unknown.csv")
    news.with_columns(timestamp=pl.lit("soon")).write_csv(world / "words.csv")
    news.drop("text").write_csv(world / "mute.csv")
    (world / "empty.csv").write_text("timestamp,symbol,text\n")
    build = ("samples", "build", "old.csv", "--out", "samples")
    for name, code, said in (
        ("absent.csv", 3, "there is no file"),
        ("timeless.csv", 3, "no column for timestamp"),
        ("unknown.csv", 3, "none of these"),
        ("words.csv", 3, ""),
        ("mute.csv", 3, "no matrix of embeddings is named"),
        ("empty.csv", 3, ""),
    ):
        refused(quantsig(*build, "--news", name), code, said)
    refused(quantsig(*build, *NEWS, "--news-timezone", "Mars/Base"), 3, "Mars/Base")
    refused(quantsig(*build, *NEWS, "--news-delay", "soon"), 3, "15m")
    refused(quantsig(*build, "--news-delay", "15m"), 2, "none are named")
    for name, (array, said) in matrices(len(news)).items():
        np.save(world / f"{name}.npy", array)
        refused(quantsig(*build, *NEWS, "--embeddings", f"{name}.npy"), 3, said)
    assert not (world / "samples").exists()
    before = pl.col("timestamp").str.replace("2020-", "2019-")
    news.with_columns(before).write_csv(world / "before.csv")
    answer = assert_done(quantsig(*build, "--news", "before.csv"))
    assert "known before the first bar" in answer.err
    news.with_columns(pl.col("timestamp").str.replace("2020-", "2031-")).write_csv("after.csv")
    after = ("--news", "after.csv")
    mute = (*build[:-1], "mute", *after)
    refused(quantsig(*mute), 3, "no item was known before the training split ends")
    np.save("vectors.npy", np.ones((len(news), 4), np.float32))
    told = assert_done(quantsig(*build[:-1], "after", *after, "--embeddings", "vectors.npy"))
    assert f"{len(news)} items of news are known after the newest bar" in told.err


def test_vectors_that_were_learnt_from_judged_texts_are_refused(
    quantsig: Quantsig, world: Path
) -> None:
    """A set that was built with later splits than a training has; no run is begun."""
    late = [
        word
        for one in ("train=0.8", "validation=0.05", "calibration=0.05", "test=0.1")
        for word in ("--set", f"splits.{one}")
    ]
    assert_done(quantsig("samples", "build", "old.csv", "--out", "samples", *NEWS, *late))
    refused(quantsig("train", "samples", "--out", "runs/late"), 4, "were learnt from texts before")
    assert not (world / "runs" / "late").exists()
