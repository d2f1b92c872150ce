"""News of a set that grows are those of a set built at once, and nothing that was drawn changes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from quantsig.data.bars import CheckedBars
from quantsig.data.errors import DataError, ResourceError, UsageError, disk_full
from quantsig.data.news.growth import LATE
from quantsig.data.news.options import NewsOptions
from quantsig.data.news.table import NewsItems, read_news
from quantsig.data.samples.build import BuildJob, build_samples
from quantsig.data.samples.extend import extend_samples
from quantsig.data.samples.store import SampleSet, open_earlier
from quantsig.data.samples.verify.sample_set import verify_samples
from quantsig.data.split_spec import SplitSpec
from tests.data.samples.bars import CHART, LABEL, START, bars_of

ALL = bars_of({"A": 60, "B": 50})
SPLITS = SplitSpec(at=("2024-01-19", "2024-01-22", "2024-01-25"))
WORDS = ("profit rises", "loss widens", "board meets", "fire in a plant", "new product")


def until(day: int) -> CheckedBars:
    return replace(ALL, bars=ALL.bars.filter(pl.col("timestamp") <= START + timedelta(days=day)))


def told(folder: Path, days: range, **options: object) -> NewsItems:
    """Several items a day, some of one moment, of a symbol or of the whole market."""
    rows = [
        (START + timedelta(days=day, hours=hour), symbol, f"{WORDS[(day + hour) % 5]} {symbol}")
        for day in days
        for hour, symbol in ((1, "B"), (1, "A"), (9, None), (9, "A"))
    ]
    return of_rows(folder, rows, **options)


def of_rows(folder: Path, rows: Sequence[tuple[object, ...]], **options: object) -> NewsItems:
    frame = pl.DataFrame(rows, ("timestamp", "symbol", "text"), orient="row")
    frame.write_parquet(folder / "news.parquet")
    return read_news(folder / "news.parquet", ALL, NewsOptions(**options))  # type: ignore[arg-type]


def built(folder: Path, bars: CheckedBars, news: NewsItems) -> SampleSet:
    job = BuildJob(news=news, splits=SPLITS)
    return build_samples(bars, folder, chart=CHART, label=LABEL, job=job)


def check_same(grown: SampleSet, whole: SampleSet) -> None:
    """Items, vectors, rows and what the manifest says of news."""
    assert grown.news.items.equals(whole.news.items)
    np.testing.assert_array_equal(grown.news.vectors, whole.news.vectors)
    one, other = (found.index.sort("symbol", "bar") for found in (grown, whole))
    assert one.drop("sample_id").equals(other.drop("sample_id"))
    assert grown.manifest.news == whole.manifest.news


@pytest.mark.parametrize("embedded", ["text", "matrix"])
@pytest.mark.parametrize("given", ["all", "newer"])
def test_a_grown_set_has_the_news_of_one_built_at_once(
    tmp_path: Path, embedded: str, given: str
) -> None:
    """By steps, from a file that goes on or from the newer items; each time open as it was."""

    def news(days: range) -> NewsItems:
        found = told(tmp_path, days)
        if embedded == "text":
            return found
        days_of = found.items["known"].dt.epoch("s").to_numpy()[:, None]
        letters = found.items["text"].str.len_chars().to_numpy()[:, None]
        vectors = np.hstack([days_of / 1e9, letters, letters % 3]).astype(np.float32)
        return replace(found, vectors=vectors, options=replace(found.options, model="mine"))

    whole = built(tmp_path / "whole", ALL, news(range(65)))
    grown = built(tmp_path / "grown", until(40), news(range(43)))  # some after its newest bar
    first = grown.manifest
    for day in (47, 60):
        days = range(70 if day == 60 else day + 2)
        days = range(65) if given == "all" and day == 60 else range(min(days.stop, 65))
        more = news(days if given == "all" else range(days.stop - 18, days.stop))
        grown = extend_samples(grown.path, until(day), news=more)
    check_same(grown, whole)
    verify_samples(grown.path)
    earlier = open_earlier(grown.path, first.fingerprint)
    assert len(earlier.news.items) < len(grown.news.items)
    assert earlier.manifest.news == first.news


def test_items_that_come_late_change_nothing_that_was_drawn(tmp_path: Path) -> None:
    """They are counted; a set without them is the same."""
    news = told(tmp_path, range(60))
    grown = built(tmp_path / "grown", until(40), told(tmp_path, range(40)))
    whole = built(tmp_path / "whole", ALL, news)
    late = [(START + timedelta(days=30, hours=1), symbol, "late") for symbol in ("A", None)]
    new = [(START + timedelta(days=50, hours=1), "B", "late but of its time")]
    rows = [*news.items.select("known", "symbol", "text").iter_rows(), *late]
    grown = extend_samples(grown.path, ALL, news=of_rows(tmp_path, rows))
    assert grown.manifest.news is not None
    assert grown.manifest.news.set_aside == {LATE: 2}
    assert grown.news.items.equals(whole.news.items)
    again = built(tmp_path / "again", until(40), told(tmp_path, range(40)))
    again = extend_samples(again.path, ALL, news=of_rows(tmp_path, rows[:-2] + new))
    assert len(again.news.items) == len(whole.news.items) + 1


def test_a_symbol_that_joins_brings_all_its_items(tmp_path: Path) -> None:
    """Those of before its first sample came too late for none."""
    only = replace(until(40), bars=until(40).bars.filter(symbol="A"))
    news = told(tmp_path, range(60))
    early = read_news(tmp_path / "news.parquet", only, NewsOptions())
    assert set(early.items["symbol"].drop_nulls()) == {"A"}
    grown = built(tmp_path / "grown", only, early)
    grown = extend_samples(grown.path, ALL, news=news)
    assert grown.news.items.equals(news.items)


def test_news_that_do_not_go_on_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None, of another delay, with a matrix, for a set without; and a full disk leaves the set."""
    grown = built(tmp_path / "grown", until(40), told(tmp_path, range(40)))
    news = told(tmp_path, range(60))
    with pytest.raises(DataError, match="what was said since would be missing"):
        extend_samples(grown.path, ALL)
    delayed = told(tmp_path, range(60), delay=timedelta(minutes=15))
    with pytest.raises(DataError, match="after 900 s"):
        extend_samples(grown.path, ALL, news=delayed)
    wide = replace(news, vectors=np.zeros((len(news.items), 9), np.float32))
    with pytest.raises(DataError, match="embed texts themselves"):
        extend_samples(grown.path, ALL, news=wide)
    named = replace(wide, options=replace(wide.options, model="one"))
    matrix = built(tmp_path / "matrix", until(40), named)
    other = replace(named, options=replace(named.options, model="another"))
    with pytest.raises(DataError, match="of another, those of the samples of one"):
        extend_samples(matrix.path, ALL, news=other)
    moved = replace(named, vectors=np.ones((len(news.items), 9), np.float32))
    with pytest.raises(DataError, match="have another vector now"):
        extend_samples(matrix.path, ALL, news=moved)
    plain = build_samples(until(40), tmp_path / "plain", chart=CHART, label=LABEL)
    with pytest.raises(UsageError, match="no news to go on with"):
        extend_samples(plain.path, ALL, news=news)
    before = {path.name: path.read_bytes() for path in grown.path.iterdir()}

    def full(*args: object) -> None:
        raise disk_full(grown.path)

    for writer in ("samples.extend.write_manifest", "news.stored.atomic.write_bytes"):
        with monkeypatch.context() as patch:
            patch.setattr(f"quantsig.data.{writer}", full)
            with pytest.raises(ResourceError):
                extend_samples(grown.path, ALL, news=news)
        assert {path.name: path.read_bytes() for path in grown.path.iterdir()} == before
