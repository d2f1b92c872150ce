"""Planted leaks are found, causal features are not accused."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from quantsig.data.audit.features import audit_feature
from quantsig.data.audit.finding import AuditCheck, findings_of
from quantsig.data.audit.functions import AuditedFunction
from quantsig.data.benchmarks.planted_leaks import CAUSAL, CLOSE, LEAKS
from quantsig.data.errors import CheckFailed, DataError
from tests.planted import planted_frame

BARS = planted_frame(cells=60).drop("symbol")


def audited(call: Callable[..., object], bars: pl.DataFrame = BARS) -> list[AuditCheck]:
    function = AuditedFunction(name="f", source=Path("own.py"), call=call, kind="feature")
    return audit_feature(function, bars)


@pytest.mark.parametrize("name", LEAKS)
def test_a_planted_leak_is_found(name: str) -> None:
    """With the first bar it shows at, which does not lie after the cut."""
    truncated, changed, _ = audited(LEAKS[name])
    assert truncated.findings
    assert changed.findings
    first = truncated.findings[0].first
    assert first is not None
    assert first in {str(time) for time in BARS["timestamp"]}


@pytest.mark.parametrize("name", CAUSAL)
def test_a_causal_feature_is_not_accused(name: str) -> None:
    """Whatever it is made of, and in whatever order it adds."""
    assert findings_of(audited(CAUSAL[name])) == ()


def test_there_are_fifty_causal_features() -> None:
    """As many as RELIABILITY.md says."""
    assert len(CAUSAL) == 50


def test_the_size_is_that_of_the_feature() -> None:
    """Of a price of tomorrow that is off by one unit, one unit."""
    steps = BARS.with_columns(close=pl.int_range(1, pl.len() + 1).cast(pl.Float64))
    (found,) = audited(lambda bars: bars["close"].shift(-1), steps)[1].findings
    assert found.size is not None
    assert found.size > 0
    (cut,) = audited(lambda bars: bars["close"].shift(-1), steps)[0].findings
    assert cut.size is None  # the last value is not known where the bars end


def test_the_warm_up_is_told() -> None:
    """Twenty bars for a return over twenty, none for the close; an expanding mean never settles."""
    assert audited(lambda bars: bars["close"].pct_change(20))[2].note == "20 bars of warm-up"
    assert audited(lambda bars: bars["close"])[2].note == "0 bars of warm-up"
    expanding = audited(CAUSAL["cumulative_sign"])[2]
    assert "never forgets" in expanding.note


def test_a_pandas_function_gets_pandas() -> None:
    """Where its argument says so."""

    def momentum(bars: pd.DataFrame) -> pd.Series:
        return bars["close"].pct_change(3)

    assert findings_of(audited(momentum)) == ()


def test_values_that_are_no_numbers_are_compared() -> None:
    """Text of a regime that looks ahead is found."""

    def regime(bars: pl.DataFrame) -> list[str]:
        return ["up" if up else "down" for up in bars["close"].shift(-1) > bars["close"]]

    assert audited(regime)[1].findings


def raising(bars: pl.DataFrame) -> pl.Series:
    raise ValueError("nothing to say")


def printing(bars: pl.DataFrame) -> pl.Series:
    print("here")
    return bars["close"]


def changing(bars: pd.DataFrame) -> pd.Series:
    bars["close"] = 0.0
    return bars["close"]


def random(bars: pl.DataFrame) -> np.ndarray:
    return np.random.default_rng().normal(size=len(bars))


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (raising, "raised ValueError: nothing to say"),
        (printing, "printed 'here'"),
        (changing, "changed what it was handed"),
        (random, "when it is asked again"),
    ],
)
def test_a_function_that_misbehaves_is_refused(call: Callable[..., object], complaint: str) -> None:
    """In three lines that name it."""
    with pytest.raises(CheckFailed, match=complaint) as refusal:
        audited(call)
    assert str(refusal.value).count("\n") == 2


def test_a_value_per_bar_is_asked_for() -> None:
    """One number for all bars is no feature; sixty bars are the least."""
    with pytest.raises(DataError, match="for 300 bars"):
        audited(lambda bars: bars.select(CLOSE.mean()).to_series())
    with pytest.raises(DataError, match="too few"):
        audited(lambda bars: bars["close"], BARS.head(20))
