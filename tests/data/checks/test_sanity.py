"""Whole series of bars: what is odd about them is found, named and can be adjusted."""

import math
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from quantsig.data.bars import CheckedBars, check_bars
from quantsig.data.calendar.sessions import SessionCalendar
from quantsig.data.checks.jumps import find_jumps
from quantsig.data.checks.sanity import examine, joined, record, remarks
from quantsig.data.demo import demo_path
from quantsig.data.errors import ConfigError, DataError
from quantsig.data.readers import read_bars
from quantsig.data.reading.options import ReadOptions

DAY = timedelta(days=1)
FIRST = datetime(2020, 1, 1, tzinfo=UTC)
QUIET_DAY = 62  # of `walk`, with a usual range


def walk(jump: float = 1.0, at: int = 60, *, sigma: float = 0.01, bars: int = 120) -> pl.DataFrame:
    """Daily bars of a random walk whose price is divided by `jump` before the bar `at` opens."""
    random = np.random.default_rng(3)
    close = 100 * np.exp(np.cumsum(random.normal(0, sigma, bars)))
    close[at:] /= jump
    opened = np.concatenate([close[:1], close[:-1]]) * np.exp(random.normal(0, sigma / 3, bars))
    opened[at] /= jump
    return pl.DataFrame(
        {
            "symbol": "A",
            "timestamp": [FIRST + DAY * (day + 1) for day in range(bars)],
            "open": opened,
            "high": np.maximum(opened, close),
            "low": np.minimum(opened, close),
            "close": close,
            "volume": 1.0,
        }
    )


def kinds(checked: CheckedBars) -> list[tuple[str, date]]:
    return examine(checked).select("kind", "day").rows()


@pytest.mark.parametrize("ratio", [4.0, 1.5, 0.1])
def test_a_split_without_an_adjustment_is_found(ratio: float) -> None:
    """4 for 1, 3 for 2, 1 for 10; the ratio is the old price over the new."""
    found = examine(check_bars(walk(ratio), interval=DAY))
    assert found["kind"].to_list() == ["split"]
    assert found["day"][0] == date(2020, 3, 1)
    assert found["value"][0] == pytest.approx(ratio, rel=0.02)


def test_a_jump_that_is_no_whole_ratio() -> None:
    """A session of three times the volume and range of others brings news; a usual one does not."""
    assert kinds(check_bars(walk(1.3, QUIET_DAY), interval=DAY)) == [("quiet", date(2020, 3, 3))]
    day = pl.col("timestamp") == FIRST + DAY * (QUIET_DAY + 1)
    busy = walk(1.3, QUIET_DAY).with_columns(
        pl.when(day).then(3.0).otherwise("volume").alias("volume")
    )
    wide = walk(1.3, QUIET_DAY).with_columns(
        pl.when(day).then(pl.col("high") * 1.06).otherwise("high").alias("high")
    )
    for news in (busy, wide):
        assert kinds(check_bars(news, interval=DAY)) == [("jump", date(2020, 3, 3))]


def test_years_without_bars_explain_a_jump() -> None:
    """A price may halve in ten years."""
    later = pl.when(pl.int_range(pl.len()) >= 60).then(timedelta(days=3650)).otherwise(timedelta())
    news = pl.when(pl.int_range(pl.len()) == 60).then(3.0).otherwise("volume")
    bars = walk(1 / 0.45).with_columns(volume=news)
    assert kinds(check_bars(bars, interval=DAY)) == [("jump", date(2020, 3, 1))]
    apart = bars.with_columns(pl.col("timestamp") + later, adjustment=1.0)
    found = find_jumps(apart, SessionCalendar(daily=True))
    assert found.is_empty()


def test_a_random_walk_has_none() -> None:
    """However volatile."""
    for sigma in (0.002, 0.01, 0.05):
        assert examine(check_bars(walk(sigma=sigma), interval=DAY)).is_empty()


def test_an_adjusted_split_is_none() -> None:
    """The factor accounts for it."""
    factor = pl.Series([0.25] * 60 + [1.0] * 60)
    bars = walk(4.0).with_columns(adjustment=factor)
    assert examine(check_bars(bars, interval=DAY)).is_empty()


def test_the_demo_has_none() -> None:
    """Adjusted shares with crashes of half their price in a night."""
    assert examine(read_bars(demo_path(), ReadOptions())).is_empty()


def test_every_split_of_raw_shares_is_found(market_bars: Path) -> None:
    """And no more than the one that the source doubled by mistake, in December 2002."""
    path = market_bars / "lean_us_equity" / "bars_1h_raw.parquet"
    checked = read_bars(path, ReadOptions(timezone="America/New_York"))
    found = find_jumps(checked.bars, checked.calendar).filter(pl.col("kind") == "split")
    assert set(found.select("symbol", pl.col("day").cast(pl.String)).rows()) == {
        ("AAPL", "2000-06-21"),
        ("AAPL", "2005-02-28"),
        ("AAPL", "2014-06-09"),
        ("AAPL", "2020-08-31"),
        ("IBM", "1999-05-27"),
        ("IBM", "2002-12-23"),
    }


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("acl18_stocknet/bars_1d", [("quiet", "CHTR", date(2016, 5, 18))]),  # Charter, by .9042
        ("smc_eurusd_15m/bars_15m", []),
        ("lean_us_equity/bars_1m_raw", []),  # a gap of ten years
        ("ta4j_crypto/bars_4h", [("quiet", "BTCUSD", date(2018, 4, 4))]),  # a close of 5,200
    ],
)
def test_what_is_odd_in_real_bars(
    market_bars: Path, name: str, found: list[tuple[str, str, date]]
) -> None:
    """Few findings, and those are true: a merger by an exchange of shares, a wrong close."""
    checked = read_bars(market_bars / f"{name}.parquet", ReadOptions(timezone="America/New_York"))
    assert examine(checked).select("kind", "symbol", "day").rows() == found


def test_bars_of_two_intervals() -> None:
    """Thirty bars of two days after ninety of one."""
    days = [*range(90), *range(91, 151, 2)]
    bars = walk().with_columns(pl.Series("timestamp", [FIRST + DAY * (day + 1) for day in days]))
    found = examine(check_bars(bars, interval=DAY))
    assert found.select("kind", "value", "size").rows() == [("sparse", 2.0, 30.0)]


def test_a_year_far_from_the_rest() -> None:
    """One bar of 1970 before all others."""
    times = [datetime(1970, 1, 2, tzinfo=UTC), *walk()["timestamp"][1:]]
    found = examine(check_bars(walk().with_columns(pl.Series("timestamp", times)), interval=DAY))
    assert found.select("kind", "size").rows() == [("far_year", 1.0)]
    assert found["value"][0] == pytest.approx(50, abs=0.01)


def test_what_a_manifest_keeps_is_said_and_grows() -> None:
    """Counted, named, and said once where new bars show it again."""
    kept = record(examine(check_bars(walk(4.0), interval=DAY)))
    assert kept.counts == {"split": 1}
    assert ": 1: A 2020-03-01 3.986." in "".join(remarks(kept))
    assert joined(kept, kept) == kept
    assert list(remarks(None)) == []


def test_the_largest_jumps_are_named() -> None:
    """Three of many, wherever they stand in the alphabet."""
    kept = record(
        examine(
            check_bars(
                pl.concat(
                    walk(1 + step / 100, QUIET_DAY).with_columns(symbol=pl.lit(f"S{step}"))
                    for step in (16, 14, 19, 12, 26)
                ),
                interval=DAY,
            )
        )
    )
    (sentence,) = remarks(kept)
    assert kept.counts == {"quiet": 5}
    named = [sentence.index(name) for name in ("S26 ", "S19 ", "S16 ")]
    assert named == sorted(named)
    assert "and 2 more" in sentence


# Adjusting


def csv(path: Path, bars: pl.DataFrame) -> Path:
    day = (pl.col("timestamp") - DAY).dt.strftime("%Y-%m-%d")
    bars.with_columns(day).write_csv(path)
    return path


def test_a_stated_split_is_adjusted(tmp_path: Path) -> None:
    """Bars before its day get a quarter; what is drawn and traded has no jump."""
    path = csv(tmp_path / "A.csv", walk(4.0))
    checked = read_bars(path, ReadOptions(adjust=("A 2020-03-01 4",)))
    assert checked.bars["adjustment"].to_list() == [0.25] * 60 + [1.0] * 60
    assert examine(checked).is_empty()


@pytest.mark.parametrize(
    ("stated", "word"),
    [
        ("A 2020-03-01 2", "change by"),  # another ratio
        ("A 2020-03-02 4", "change by"),  # a day later
        ("A 2019-03-01 4", "no session"),
        ("B 2020-03-01 4", "no symbol"),
        ("A 2020-03-01", "no adjustment"),
        ("A 2020-03-01 -4", "no adjustment"),
        ("A 2020-03-01 nan", "no adjustment"),
    ],
)
def test_an_adjustment_that_the_bars_contradict_is_refused(
    tmp_path: Path, stated: str, word: str
) -> None:
    """It would make the jump that it is to take away."""
    with pytest.raises(DataError) as caught:
        read_bars(csv(tmp_path / "A.csv", walk(4.0)), ReadOptions(adjust=(stated,)))
    assert word in caught.value.what
    assert isinstance(caught.value, ConfigError) == (word != "change by")


def test_a_roll_is_adjusted_by_any_ratio(tmp_path: Path) -> None:
    """5 % is too little for an alarm, yet enough to be stated."""
    path = csv(tmp_path / "A.csv", walk(1.05))
    checked = read_bars(path, ReadOptions(adjust=("A 2020-03-01 1.05",)))
    assert math.isclose(checked.bars["adjustment"][0], 1 / 1.05)
