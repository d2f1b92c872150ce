"""When items of news count as known, and which of them count at all."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from quantsig.data.bars import CheckedBars, check_bars
from quantsig.data.errors import ConfigError, DataError
from quantsig.data.news.embedding import fit_embedder
from quantsig.data.news.known import NONE, KnownNews, known_items
from quantsig.data.news.options import NewsOptions
from quantsig.data.news.table import NewsItems, read_news

START = datetime(2024, 3, 4, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def bars() -> CheckedBars:
    """Twenty hourly bars of two symbols."""
    times = [START + timedelta(hours=hour) for hour in range(20)]
    price = dict.fromkeys(("open", "high", "low", "close"), 10.0)
    one = pl.DataFrame({"timestamp": times}).with_columns(
        **{name: pl.lit(value) for name, value in price.items()}, volume=1.0, adjustment=1.0
    )
    both = [one.with_columns(symbol=pl.lit(name)) for name in ("AA", "BB")]
    when = pl.col("timestamp").cast(pl.Datetime("us", "UTC"))
    return check_bars(pl.concat(both).with_columns(when))


def read(folder: Path, bars: CheckedBars, text: str, **options: object) -> NewsItems:
    (folder / "news.csv").write_text(text)
    return read_news(folder / "news.csv", bars, NewsOptions(**options))  # type: ignore[arg-type]


def test_a_day_is_known_when_it_has_ended(tmp_path: Path, bars: CheckedBars) -> None:
    """In the zone of the news: New York's fourth of March ends at five in the morning of UTC."""
    text = "date,symbol,text\n2024-03-04,AA,first\n2024-03-05,,market\n"
    news = read(tmp_path, bars, text, timezone="America/New_York")
    known = [datetime(2024, 3, 5, 5, tzinfo=UTC), datetime(2024, 3, 6, 5, tzinfo=UTC)]
    assert news.items["known"].to_list() == known
    assert news.items["symbol"].to_list() == ["AA", None]
    later = read(tmp_path, bars, text, timezone="America/New_York", delay=timedelta(minutes=15))
    assert later.items["known"][0] == known[0] + timedelta(minutes=15)


def test_items_that_do_not_count_are_counted(tmp_path: Path, bars: CheckedBars) -> None:
    """Repeated, of other symbols, empty, without a time; those beside the bars are told."""
    rows = [
        "timestamp,symbol,text",
        "2024-03-04T16:00:00Z,AA,up",
        "2024-03-04T16:00:00Z,AA,up",
        "2024-03-04T16:00:00Z,BB,up",
        "2024-03-04T16:00:00Z,CC,up",
        "2024-03-04T17:00:00Z,AA,",
        ",AA,nothing",
        "2024-03-03T17:00:00Z,AA,early",
        "2024-03-08T17:00:00Z,AA,late",
    ]
    news = read(tmp_path, bars, "\n".join(rows))
    assert news.items["text"].to_list() == ["early", "up", "up", "late"]
    assert sorted(news.set_aside.values()) == [1, 1, 1, 1]
    assert sorted(news.outside.values()) == [1, 1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("symbol,text\nAA,up\n", "timestamp"),
        ("timestamp,symbol\n2024-03-04T16:00:00Z,AA\n", "no text"),
        ("timestamp,symbol,text\n2024-03-04T16:00:00Z,CC,up\n", "none of these 1 items"),
    ],
)
def test_news_that_say_nothing_are_refused(
    tmp_path: Path, bars: CheckedBars, text: str, said: str
) -> None:
    """In three lines."""
    with pytest.raises(DataError, match=said) as error:
        read(tmp_path, bars, text)
    assert len(str(error.value).splitlines()) == 3


def test_a_matrix_is_numbers_alone(tmp_path: Path, bars: CheckedBars) -> None:
    """A row an item, finite, and nothing that unpickles."""
    text = "timestamp,symbol\n2024-03-04T18:00:00Z,AA\n2024-03-04T16:00:00Z,BB\n"
    matrix = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], np.float16)
    np.save(tmp_path / "m.npy", matrix)
    news = read(tmp_path, bars, text, embeddings=tmp_path / "m.npy")
    assert news.vectors is not None
    assert news.vectors.tolist() == matrix[::-1].tolist()  # in order of time
    pl.DataFrame(matrix.astype(np.float32)).write_parquet(tmp_path / "m.parquet")
    again = read(tmp_path, bars, text, embeddings=tmp_path / "m.parquet")
    assert again.vectors is not None
    assert again.vectors.tolist() == news.vectors.tolist()
    wrong: dict[str, NDArray[Any]] = {
        "rows": matrix[:1],
        "finite": np.array([[1.0], [np.nan]], np.float32),
        "matrix of numbers": np.zeros(2),
    }
    for said, values in wrong.items():
        np.save(tmp_path / "w.npy", values)
        with pytest.raises(DataError, match=said):
            read(tmp_path, bars, text, embeddings=tmp_path / "w.npy")
    np.save(tmp_path / "o.npy", np.array([{}, {}], object), allow_pickle=True)
    with pytest.raises(DataError, match="without running code"):
        read(tmp_path, bars, text, embeddings=tmp_path / "o.npy")
    with pytest.raises(ConfigError, match="time zone"):
        read(tmp_path, bars, text, embeddings=tmp_path / "m.npy", timezone="Nowhere")


def test_items_are_laid_to_the_bar_in_which_they_became_known() -> None:
    """At its close is within it, a moment later is the next bar's; the newest come first."""
    known = [60, 61, 110, 120, 121, 180]
    items = pl.DataFrame({"symbol": ["AA", None, "AA", "BB", "AA", "AA"], "known": known}).cast(
        {"known": pl.Datetime("us", "UTC")}
    )
    news = KnownNews(items=items, vectors=np.zeros((6, 2), np.float32))
    out = np.empty((2, 2, 2), np.int32)
    news.of_windows(["AA", "CC"], np.array([[0, 60, 120], [0, 60, 120]]), out)
    assert out.tolist() == [[[0, NONE], [2, 1]], [[NONE, NONE], [1, NONE]]]
    times = np.array(known)
    until = np.arange(50, 200)
    assert all(
        count == sum(time <= when for time in known)
        for count, when in zip(known_items(times, until), until, strict=True)
    )


def test_vectors_depend_on_the_texts_they_were_learnt_from_alone() -> None:
    """The same twice; a text of unknown words is all zeros; Chinese needs no segmenter."""
    texts = ["board meets", "board rises", "公司盈利大增", "公司亏损"]
    one, two = fit_embedder(texts, 3), fit_embedder(texts, 3)
    assert one.components.tobytes() == two.components.tobytes()
    found = one.vectors([*texts, "zzz"])
    assert found.shape == (5, 3)
    assert np.abs(found[:4]).sum(axis=1).min() > 0
    assert np.abs(found[4]).max() < 1e-6
