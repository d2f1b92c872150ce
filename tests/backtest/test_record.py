"""stats.json of every format, with what the earlier ones lack."""

from pathlib import Path
from typing import Any

import pytest

from quantsig.backtest.record import WALKED, read_stats
from quantsig.data.errors import DataError, IntegrityError
from quantsig.data.storage.documents import write_json
from tests.golden.opened import STORED

STATS = STORED / "runs" / "first" / "backtest" / "stats.json"
FIRST: dict[str, Any] = {
    "schema": "quantsig.stats/1",
    "trial_id": "t",
    "split": "test",
    "start": "2011-04-25T21:00:00+00:00",
    "end": "2012-06-17T21:00:00+00:00",
    "symbols": ["A"],
    "bars": 9,
    "seed": 37,
    "execution": {"delay_bars": 1, "take_profit": "from the signal"},
    "figures": {"trades": 0, "win_rate": None},
    "missing": {"win_rate": "no trades"},
    "random_entries": {"draws": 9, "trades": 3, "mean": 0, "low": 0, "high": 0, "p_value": 0.5},
    "always_long": {"total_return": 0.1, "sharpe": 0.6, "max_drawdown": -0.1},
    "ignored": {"position open": 1},
    "verdict": {"edge": False, "sentence": "No.", "reasons": []},
    "yearly": [],
    "per_symbol": [],
}


def test_the_first_format_opens(tmp_path: Path) -> None:
    """It drew symbol by symbol, gave no third answer, and looked for no leak."""
    write_json(tmp_path / "stats.json", FIRST)
    stats = read_stats(tmp_path / "stats.json")
    assert not stats.random_entries.together
    assert (stats.verdict.answer, stats.leaks, stats.deflated) == (None, None, None)


def test_a_walk_says_nothing_of_sweeps() -> None:
    """No walk is swept; a run that is not has null."""
    walked = read_stats(next(STORED.glob("runs/walk-*/stats.json")))
    assert walked.split == WALKED
    assert "overfitting" not in walked.as_dict()
    assert read_stats(STATS).as_dict()["overfitting"] is None


@pytest.mark.parametrize(
    ("changed", "error", "said"),
    [
        ({"verdict": {"edge": False, "sentence": "No."}}, IntegrityError, "verdict.reasons"),
        ({"figures": {"trades": [3]}}, IntegrityError, "figures.trades"),
        ({"always_long": FIRST["always_long"] | {"beta": 1}}, DataError, "always_long.beta"),
    ],
)
def test_what_is_wrong_deep_inside_is_named(
    tmp_path: Path, changed: dict[str, Any], error: type[Exception], said: str
) -> None:
    """By the path to it."""
    write_json(tmp_path / "stats.json", FIRST | changed)
    with pytest.raises(error, match=said):
        read_stats(tmp_path / "stats.json")
