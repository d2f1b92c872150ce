"""Which column is the volume, and that no other one is dropped in silence."""

from pathlib import Path

import polars as pl
import pytest

from quantsig.data.readers import read_bars
from quantsig.data.reading.options import ReadOptions

PRICES = {"open": [10.0, 11], "high": [12.0, 13], "low": [9.0, 10], "close": [11.0, 12]}
CASES = [
    ({"volume": [1.0, 2], "tick_volume": [5.0, 6]}, [1, 2], "volume from volume; not read: tick_"),
    ({"Volume BTC": [1.0, 2], "Volume USD": [5.0, 6]}, [1, 2], "not read: Volume USD"),
    ({"Volume Traded": [1.0, 2]}, None, "no volume, as what it counts is not known: Volume Traded"),
    ({"vol": [0.0, 0], "base_volume": [5.0, 6]}, [0, 0], "is not known: base_volume; name one"),
]


@pytest.mark.parametrize(("columns", "volume", "said"), CASES)
def test_a_volume_that_is_left_is_named(
    tmp_path: Path, columns: dict[str, list[float]], volume: list[float] | None, said: str
) -> None:
    """In one sentence, whether or not another column was taken."""
    frame = pl.DataFrame({"date": ["2024-01-02", "2024-01-03"], **PRICES, **columns})
    frame.write_parquet(tmp_path / "BTCUSD.parquet")
    checked = read_bars(tmp_path / "BTCUSD.parquet", ReadOptions())
    assert checked.bars["volume"].to_list() == (volume or [0, 0])
    assert [said in note for note in checked.notes if "volume" in note] == [True]


@pytest.mark.parametrize("name", ["volatility", "turnover", "vwap"])
def test_what_is_no_volume_is_not_named(tmp_path: Path, name: str) -> None:
    """Nor are empty columns, which every FX source has."""
    frame = pl.DataFrame({"date": ["2024-01-02", "2024-01-03"], **PRICES, name: [1.0, 2.0]})
    frame.with_columns(volume=None).write_parquet(tmp_path / "A.parquet")
    assert not [note for note in read_bars(tmp_path / "A.parquet", ReadOptions()).notes if note]
