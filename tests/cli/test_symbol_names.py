"""Symbols of any name stay inside and come back unchanged, from bars to the page."""

import contextlib
import unicodedata
from html import escape
from pathlib import Path

import polars as pl

from quantsig.data.demo.planted import planted_bars
from tests.cli.conftest import SETTINGS, Quantsig, assert_done

VERBS = (
    "samples build",
    "train --out runs/one --model logistic --no-baselines",
    "thresholds runs/one --recall 0.5",
    "signals runs/one --threshold 0.5",
    "backtest runs/one",
    "report runs/one",
)
SYMBOLS = (
    "../../escaped",
    "/etc/passwd",
    "C:\\escaped",
    "BTC/USDT:USDT",
    "con",
    "aapl",
    "AAPL",
    unicodedata.normalize("NFC", "é"),
    unicodedata.normalize("NFD", "é"),
    "x" * 300,
)


def test_symbols_of_any_name_stay_inside(quantsig: Quantsig, own_folder: Path) -> None:
    """Names that escape folders, differ by case or Unicode form alone, or have 300 letters."""
    home = own_folder / "home"
    home.mkdir()
    bars = planted_bars(400, seed=1).bars.drop("adjustment")
    named = [bars.with_columns(symbol=pl.lit(symbol)) for symbol in sorted(SYMBOLS)]
    pl.concat(named).write_csv(home / "bars.csv")
    (home / "quantsig.toml").write_text(SETTINGS)
    with contextlib.chdir(home):
        for verb in VERBS:
            assert_done(quantsig(*verb.split()))
        for table in ("samples/index.parquet", "runs/one/signals.parquet"):
            assert set(pl.read_parquet(table)["symbol"]) <= set(SYMBOLS)
        assert set(pl.read_parquet("samples/index.parquet")["symbol"]) == set(SYMBOLS)
        assert escape(SYMBOLS[-1]) in Path("runs/one/report.html").read_text(encoding="utf-8")
    assert list(own_folder.iterdir()) == [home]
    assert not [path for path in home.rglob("*") if "escaped" in path.name or "xxx" in path.name]
