"""`quantsig verify`: a run with its samples, and what is made again with its page."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from quantsig.signals.meta import second_model
from quantsig.signals.meta.meta_labelling import Meta, fit_meta
from quantsig.signals.seal import seal_again
from tests.cli.conftest import Quantsig, assert_done

RUN = Path("runs/one")


def flip(source: Path) -> None:
    content = bytearray(source.read_bytes())
    content[len(content) // 2] ^= 1
    source.write_bytes(content)


def test_a_run_is_looked_at_with_its_samples(trained: Quantsig, own_folder: Path) -> None:
    """6 where a file of either is not what was written; without the samples that is said."""
    record = RUN / "run.json"
    stored = json.loads(record.read_text())["samples"]["path"]
    copy = shutil.copytree(RUN / stored, own_folder / "copy")
    record.write_text(record.read_text().replace(f'"{stored}"', f'"{copy}"'))
    seal_again(RUN, "one")
    answer = assert_done(trained("verify", RUN, "--json"))
    assert answer.document["figures"]["samples_files"] == 2
    flip(copy / "bars.parquet")
    answer = trained("verify", RUN)
    assert (answer.code, len(answer.complaint[-3:])) == (6, 3)
    assert "bars.parquet" in answer.complaint[-3]
    shutil.rmtree(copy)
    answer = assert_done(trained("verify", RUN))
    assert "its samples are not at" in answer.err
    assert "of its samples" not in answer.out


def test_a_damaged_backtest_is_made_again_with_its_page(trained: Quantsig) -> None:
    """In the language that the page had; what it says is what it said."""
    assert_done(trained("signals", RUN, "--threshold", "0.15"))
    assert_done(trained("backtest", RUN, "--fee-bps", "3"))
    names = ("backtest/trades.parquet", "backtest/stats.json", "backtest/equity.parquet")
    whole = [(RUN / name).read_bytes() for name in names]
    for name in names:
        flip(RUN / name)
    (RUN / "report.html").write_text('<html lang="zh">of before')
    answer = assert_done(trained("verify", RUN, "--repair"))
    assert "backtest: made again, as it was." in answer.err
    assert "report.html: written again." in answer.err
    assert [(RUN / name).read_bytes() for name in names] == whole
    page = (RUN / "report.html").read_text()
    assert '<html lang="zh' in page
    assert "of before" not in page


def test_a_second_model_is_fitted_again(trained: Quantsig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, and its word stands in the signals as before."""
    assert_done(trained("signals", RUN, "--threshold", "0.15", "--meta"))
    model = next((RUN / "meta").glob("*.safetensors")).relative_to(RUN)
    whole = {name: (RUN / name).read_bytes() for name in (model, Path("signals.parquet"))}
    for name in whole:
        flip(RUN / name)
    fitted: list[Meta] = []

    def fit(*given: Any) -> Meta:
        fitted.append(fit_meta(*given))
        return fitted[-1]

    monkeypatch.setattr(second_model, "fit_meta", fit)
    answer = assert_done(trained("verify", RUN, "--repair"))
    assert len(fitted) == 1
    assert f"{model.with_suffix('')}: made again, as it was." in answer.err
    assert "signals.parquet: made again, as it was." in answer.err
    assert {name: (RUN / name).read_bytes() for name in whole} == whole


def test_what_cannot_be_made_again_is_told(trained: Quantsig) -> None:
    """With what to do, and the run ends with 6 as before."""
    flip(RUN / "model.safetensors")
    answer = trained("verify", RUN, "--repair")
    assert answer.code == 6
    assert "model.safetensors: not made again: nothing in the run makes it." in answer.err
    assert "or make all anew: quantsig" in answer.err


def test_a_page_is_held_by_the_seal(trained: Quantsig) -> None:
    """One that was changed by hand is told and written again; one that was removed is no fault."""
    assert_done(trained("report", RUN))
    page = RUN / "report.html"
    written = page.read_text()
    page.write_text(written.replace("one", "two", 1))
    answer = trained("verify", RUN)
    assert answer.code == 6
    assert "report.html is damaged: its SHA-256 is not the one recorded" in answer.err
    answer = assert_done(trained("verify", RUN, "--repair"))
    assert "report.html: written again." in answer.err
    assert page.read_text() == written
    assert_done(trained("report", RUN, "--anonymous"))
    assert_done(trained("report", RUN, "--out", "elsewhere.html"))
    page.unlink()
    assert_done(trained("verify", RUN))
