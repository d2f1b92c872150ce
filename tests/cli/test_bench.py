"""`quantsig bench`, at sizes that show that it runs and time nothing."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from quantsig.data.bars import check_bars
from quantsig.data.benchmarks.bounds import BOUNDS
from quantsig.data.benchmarks.minute_bars import minute_bars
from quantsig.data.benchmarks.scale import TINY
from quantsig.data.label_spec import LabelSpec
from quantsig.data.samples.build import build_samples
from quantsig.signals.benchmarks import legacy_format
from tests.cli.conftest import Answer, Quantsig

PROMISED = {
    "storage": {
        "scan_ms",
        "bars_bytes_per_sample",
        "frames_smaller_crisp",
        "frames_smaller_antialiased",
        "encode_speedup",
        "decode_u8_speedup",
    },
    "draw": {"draw_f32_speedup", "draw_vs_matplotlib", "draw_vs_pil", "draw_over_memset"},
    "loader": {"loader_speedup", "gpu_fed_ratio"},
    "planted": {"average_precision", "share_of_oracle", "seconds"},
    "train": {"step_overhead", "loader_share", "cross_section_saving", "bf16_speedup"},
    "thresholds": {
        "table_seconds",
        "peak_mb",
        "violations",
        "worlds_over",
        "broken_of_given",
        "none_share",
        "recall_ratio",
        "naive_violations",
    },
    "trust": {"flips_noticed"},
    "forward": {"false_alarms", "median_windows", "coverage"},
    "explain": {"hammer_first", "shuffled_leaves"},
    "verdict": {"null_claims", "clustered_p05", "expectancy_coverage", "power_12"},
    "sweep": {
        "sweep_speedup",
        "sweep_memory_ratio",
        "sweep_vs_backtesting",
        "max_equity_difference",
        "one_strategy_seconds",
        "ten_million_peak_mb",
    },
    "scale": {"largest_mb", "largest_exponent"},
}
SHARES = {
    "hammer_first",
    "shuffled_leaves",
    "violations",
    "worlds_over",
    "broken_of_given",
    "none_share",
    "naive_violations",
    "false_alarms",
} | set(BOUNDS["verdict"])
EXACT = {"max_equity_difference", "causal_alarms"}  # may be zero


def document(answer: Answer) -> dict[str, Any]:
    """The JSON document, which must not hold NaN or infinity."""
    assert answer.code == 0, answer.err
    parsed = json.loads(answer.out, parse_constant=pytest.fail)
    assert isinstance(parsed, dict)
    return parsed


LONG = {"sweep", "scale"}  # under `make soak`


@pytest.mark.parametrize(
    "benchmark",
    [pytest.param(name, marks=[pytest.mark.soak] * (name in LONG)) for name in PROMISED],
)
def test_every_promised_figure_is_there(quantsig: Quantsig, benchmark: str) -> None:
    """A number, or null and the reason; only shares and errors may be zero."""
    found = document(quantsig("bench", benchmark, "--quick", "--json"))
    assert found["schema"] == "quantsig.bench/1"
    assert found["figures"].keys() == BOUNDS[benchmark].keys() >= PROMISED[benchmark]
    for name, figure in found["figures"].items():
        least = 0 if figure is None or name in SHARES | EXACT else 1e-12
        assert found["missing"][name] if figure is None else figure >= least, name


def test_steps_of_one_model_are_timed_with_what_is_like_it(quantsig: Quantsig) -> None:
    """A network of sequences: no charts; one that reads news is refused."""
    found = document(quantsig("bench", "train", "--model", "lstm", "--quick", "--json"))
    assert found["figures"].keys() == {
        "sequence_overhead",
        "cross_section_saving",
        "sequences_drawn",
    }
    assert min(found["figures"].values()) > 0
    assert found["details"]["sequence_network"] == "lstm"
    for model, why in (("han", "it reads news"), ("logistic", "it is fitted at once")):
        refused = quantsig("bench", "train", "--model", model, "--quick")
        assert refused.code == 2
        assert refused.complaint[0] == f"the steps of {model} are not timed: {why}."


def test_published_networks_are_judged_by_whole_days(quantsig: Quantsig, own_folder: Path) -> None:
    """On bars of the years of the benchmark: a row for each, with published numbers beside."""
    random, days = (
        np.random.default_rng(5),
        pl.date_range(date(2013, 10, 1), date(2015, 12, 31), "1d", eager=True),
    )
    (own_folder / "prices").mkdir()
    for symbol in ("AA", "BB", "CC"):
        close = 50 * np.exp(np.cumsum(0.01 * random.standard_normal(len(days))))
        prices = {"Open": close, "High": close * 1.01, "Low": close * 0.99, "Close": close}
        frame = pl.DataFrame({"Date": days, **prices, "Adj Close": close, "Volume": 1000})
        frame.write_csv(own_folder / "prices" / f"{symbol}.csv")
    found = document(quantsig("bench", "acl18", "prices", "--quick", "--json"))
    assert found["figures"].keys() == BOUNDS["acl18"].keys()
    rows = {row["model"]: row for row in found["details"]["models"]}
    assert rows["acl18_alstm"]["published"] == 0.5490
    assert rows["window_reversal"]["accuracy"] == pytest.approx(
        1 - rows["window_direction"]["accuracy"], abs=0.01
    )
    for row in rows.values():
        assert 0 <= row["low"] <= row["together"] <= row["high"] <= 1
        assert row["over"] == pytest.approx(row["together"] - rows["window_reversal"]["together"])
        assert row["over_low"] <= row["over"] <= row["over_high"]
    assert rows["window_reversal"]["over_low"] == rows["window_reversal"]["over_high"] == 0
    assert found["details"]["test_days"] <= 92


def test_a_person_sees_goals_and_what_was_compared(quantsig: Quantsig) -> None:
    """The pictures of the others differ, and it says so."""
    answer = quantsig("bench", "draw", "--quick")
    assert "draw_vs_matplotlib" in answer.out
    assert ">= 500" in answer.out
    assert "Their pictures differ from ours" in answer.out


def test_a_set_of_ones_own_is_measured(quantsig: Quantsig, own_folder: Path) -> None:
    """Its weight is that of its files."""
    samples = build_samples(
        check_bars(minute_bars(200)), own_folder / "set", chart=TINY, label=LabelSpec()
    )
    found = document(quantsig("bench", "storage", "set", "--quick", "--json"))
    weight = sum(file.stat().st_size for file in samples.path.rglob("*") if file.is_file())
    assert found["figures"]["bars_bytes_per_sample"] == pytest.approx(weight / len(samples))
    assert found["levels"] == []


def test_a_folder_of_old_samples_is_compared_level_by_level(
    quantsig: Quantsig, own_folder: Path
) -> None:
    """And with frames of its own pictures."""
    picture = (np.random.default_rng(1).random((3, 20, 30)) < 0.2).astype(np.float16)
    file = own_folder / "old" / "one.zst"
    file.parent.mkdir()
    file.write_bytes(legacy_format.encode(picture))
    found = document(quantsig("bench", "storage", "old", "--quick", "--json"))
    sizes = {(row["codec"], row["level"]): row["bytes"] for row in found["levels"]}
    assert sizes["zstd", 15] == file.stat().st_size == found["details"]["crisp_legacy_bytes"]
    assert {codec for codec, _ in sizes} == {"zstd", "lzma"}
    assert found["figures"]["frames_smaller_antialiased"] is None
    assert "frames_smaller_antialiased" in found["missing"]


def test_an_old_file_that_is_no_sample_is_named(quantsig: Quantsig, own_folder: Path) -> None:
    """Bad data, exit code 3."""
    (own_folder / "old").mkdir()
    (own_folder / "old" / "bad.pt").write_bytes(b"nothing")
    answer = quantsig("bench", "storage", "old", "--quick")
    assert answer.code == 3
    assert any("bad.pt" in line for line in answer.complaint)


def test_a_folder_of_neither_kind_is_refused(quantsig: Quantsig, own_folder: Path) -> None:
    """With what it should hold."""
    (own_folder / "empty").mkdir()
    answer = quantsig("bench", "storage", "empty")
    assert answer.code == 3
    assert answer.complaint[0] == "this is neither a sample set nor a folder of samples."
