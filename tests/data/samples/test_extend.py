"""A set grown by newer bars holds what a set built from all the bars holds."""

import contextlib
import errno
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from quantsig.data.bars import CheckedBars, check_bars
from quantsig.data.calendar.sessions import SessionCalendar
from quantsig.data.errors import (
    DataError,
    IntegrityError,
    ResourceError,
    UsageError,
    disk_full,
)
from quantsig.data.label_spec import LABELS, LabelSpec
from quantsig.data.samples.build import build_samples
from quantsig.data.samples.extend import extend_samples
from quantsig.data.samples.manifest import SAID
from quantsig.data.samples.store import SampleSet, open_earlier, open_samples
from quantsig.data.samples.verify.sample_set import verify_samples
from quantsig.data.storage.leftovers import beside
from quantsig.data.storage.locks import locked
from tests.data.samples.bars import CHART, LABEL, START, bars_of

ALL = bars_of({"A": 60, "B": 50, "C": 40})
IDENTITY = ["symbol", "decision_time"]


def first_days(days: int, *symbols: str) -> CheckedBars:
    """The bars of some symbols that closed within so many days."""
    within = pl.col("timestamp") <= START + pl.duration(days=days)
    return replace(
        ALL, bars=ALL.bars.filter(within, pl.col("symbol").is_in(symbols or ("A", "B", "C")))
    )


def last_days(checked: CheckedBars, first_day: int) -> CheckedBars:
    """The bars that closed on that day or later."""
    later = pl.col("timestamp") >= START + pl.duration(days=first_day)
    return replace(checked, bars=checked.bars.filter(later))


def changed(checked: CheckedBars, symbol: str, **changes: pl.Expr) -> CheckedBars:
    """The bars with columns of one symbol changed."""
    where = pl.col("symbol") == symbol
    columns = [pl.when(where).then(to).otherwise(name).alias(name) for name, to in changes.items()]
    return check_bars(checked.bars.with_columns(columns))


def build(checked: CheckedBars, out: Path, label: LabelSpec = LABEL) -> SampleSet:
    """A set of small charts."""
    return build_samples(checked, out, chart=CHART, label=label)


def content(folder: Path) -> dict[str, bytes]:
    """Every file of a set."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def check_same(grown: SampleSet, whole: SampleSet) -> None:
    """Both hold the same samples, labels, bars and charts."""
    ours, theirs = grown.index.sort(IDENTITY), whole.index.sort(IDENTITY)
    assert ours.drop("sample_id").equals(theirs.drop("sample_id"))
    assert grown.bars.equals(whole.bars)
    np.testing.assert_array_equal(
        grown.read(ours["sample_id"].to_numpy()), whole.read(theirs["sample_id"].to_numpy())
    )
    layout = {"files", "ancestors", "fingerprint"}
    for name in SAID["bars"].split():
        if name not in layout:
            assert grown.manifest.as_dict()[name] == whole.manifest.as_dict()[name], name


@pytest.mark.parametrize("label", LABELS)
def test_growing_in_steps_is_building_at_once(tmp_path: Path, label: str) -> None:
    """Day 30 to 31 to 45 to 60, the older bars given again each time."""
    spec = LabelSpec(name=label, horizon_bars=3, volatility_bars=4)
    grown = build(first_days(30), tmp_path / "grown", spec)
    for days in (31, 45, 60):
        grown = extend_samples(grown.path, first_days(days))
    check_same(grown, build(ALL, tmp_path / "whole", spec))
    assert verify_samples(grown.path).samples == 45 + 35 + 25


def test_the_last_stored_bar_is_overlap_enough(tmp_path: Path) -> None:
    """The newer bars may begin with it."""
    grown = build(first_days(30), tmp_path / "grown")
    grown = extend_samples(grown.path, last_days(ALL, 30))
    check_same(grown, build(ALL, tmp_path / "whole"))


def test_new_and_grown_up_symbols_join(tmp_path: Path) -> None:
    """C was not there; A and B had too few bars, or none to spare, before."""
    grown = build(first_days(16, "A", "B"), tmp_path / "grown")
    check_same(extend_samples(grown.path, ALL), build(ALL, tmp_path / "whole"))
    short = replace(ALL, bars=pl.concat([first_days(9, "A").bars, first_days(50, "B").bars]))
    grown = build(short, tmp_path / "short")
    assert grown.manifest.left_out.symbols_too_short == {"A": 9}
    check_same(extend_samples(grown.path, ALL), build(ALL, tmp_path / "again"))


def test_a_symbol_that_is_not_given_stays(tmp_path: Path) -> None:
    """A delisted one, say: its samples and unknown labels stay as they were."""
    grown = build(first_days(40), tmp_path / "grown")
    before = grown.index.filter(pl.col("symbol") == "B")
    after = extend_samples(grown.path, first_days(60, "A")).index
    assert after.filter(pl.col("symbol") == "B").equals(before)
    assert len(after) == len(grown) + 20


def test_ids_and_old_files_stay(tmp_path: Path) -> None:
    """The files keep their bytes; unknown labels are filled in under the old ids."""
    old = build(first_days(40), tmp_path / "set")
    before = content(old.path)
    grown = extend_samples(old.path, ALL)
    after = content(old.path)
    assert {name for name in before if before[name] != after[name]} == {"manifest.json"}
    new = {"bars-00001.parquet", "index-00001.parquet", "manifest-00000.json"}
    assert after.keys() - before.keys() == new
    same = ["sample_id", "symbol", "decision_time", "window_start", "bar"]
    assert grown.index.head(len(old)).select(same).equals(old.index.select(same))
    assert old.index["label"].null_count() == 3 * 4
    assert grown.index.head(len(old))["label"].null_count() == 4  # C has no bar after day 40
    assert grown.manifest.ancestors == (old.manifest.fingerprint,)


def test_a_grown_set_opens_as_it_was(tmp_path: Path) -> None:
    """After each step: the index, labels unknown then, and the bars of that time."""
    grown, steps = build(first_days(30), tmp_path / "set"), []
    for days in (31, 45, 60):
        steps.append((grown.manifest, grown.index, grown.bars))
        grown = extend_samples(grown.path, first_days(days))
    for manifest, index, bars in steps:
        earlier = open_earlier(grown.path, manifest.fingerprint)
        assert earlier.manifest == manifest
        assert earlier.index.equals(index)
        assert earlier.bars.equals(bars)
        np.testing.assert_array_equal(
            earlier.read(np.arange(len(index))), grown.read(np.arange(len(index)))
        )


def test_what_a_set_never_was_is_refused(tmp_path: Path) -> None:
    """Another fingerprint, an earlier manifest that is gone, one that was changed."""
    old = build(first_days(30), tmp_path / "set")
    extend_samples(old.path, ALL)
    with pytest.raises(DataError, match="not the one"):
        open_earlier(old.path, "another")
    kept = old.path / "manifest-00000.json"
    kept.write_text(kept.read_text().replace('"A"', '"X"'))
    with pytest.raises(IntegrityError, match="fingerprint"):
        open_earlier(old.path, old.manifest.fingerprint)
    kept.unlink()
    with pytest.raises(DataError, match="not kept"):
        open_earlier(old.path, old.manifest.fingerprint)


def test_without_newer_bars_nothing_is_written(tmp_path: Path) -> None:
    """The same command run again changes nothing."""
    grown = extend_samples(build(first_days(40), tmp_path / "set").path, ALL)
    before = content(grown.path)
    extend_samples(grown.path, ALL)
    assert content(grown.path) == before


def test_adjustments_rescaled_by_a_new_split_change_no_chart(tmp_path: Path) -> None:
    """A 4:1 split after day 50 makes all older adjustments a quarter of what they were."""
    halves = changed(ALL, "A", adjustment=pl.lit(0.5))
    split = pl.when(pl.col("timestamp") <= START + pl.duration(days=50)).then(0.125).otherwise(0.5)
    whole = changed(ALL, "A", adjustment=split)
    stored = replace(halves, bars=halves.bars.filter(pl.col("timestamp") < START.replace(day=30)))
    grown = extend_samples(build(stored, tmp_path / "grown").path, whole)
    assert grown.bars.filter(pl.col("symbol") == "A")["adjustment"].unique().to_list() == [0.5, 2.0]
    check = build(whole, tmp_path / "whole")
    ours, theirs = grown.index.sort(IDENTITY), check.index.sort(IDENTITY)
    assert ours.drop("sample_id").equals(theirs.drop("sample_id"))
    np.testing.assert_array_equal(
        grown.read(ours["sample_id"].to_numpy()), check.read(theirs["sample_id"].to_numpy())
    )


AT_20 = pl.col("timestamp") == START + pl.duration(days=20)


@pytest.mark.parametrize(
    ("newer", "said"),
    [
        (last_days(ALL, 31), "a gap"),
        (first_days(30), "changed, added or left out"),
        (changed(ALL, "B", volume=pl.when(AT_20).then(77.0).otherwise("volume")), "B, the bar"),
        (replace(ALL, bars=ALL.bars.filter(~AT_20)), "2024-01-21"),
        (changed(ALL, "C", adjustment=pl.when(AT_20).then(0.9).otherwise(1.0)), "not all alike"),
        (replace(ALL, has_volume=False), "volume"),
        (replace(ALL, interval=ALL.interval * 2), "interval"),
    ],
    ids=["gap", "older", "changed", "left out", "adjusted", "no volume", "interval"],
)
def test_bars_that_do_not_go_on_are_refused(tmp_path: Path, newer: CheckedBars, said: str) -> None:
    """The symbol and the time are named, and nothing is written."""
    stored = build(first_days(35 if said.startswith("changed") else 30), tmp_path / "set")
    before = content(stored.path)
    with pytest.raises(DataError, match=said):
        extend_samples(stored.path, newer)
    assert content(stored.path) == before


def test_a_full_disk_leaves_the_old_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The manifest comes last; the parts it would have named go again."""
    stored = build(first_days(30), tmp_path / "set")
    before = content(stored.path)

    def no_space(*_: object) -> None:
        raise disk_full(stored.path) from OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("quantsig.data.samples.extend.write_manifest", no_space)
    with pytest.raises(ResourceError):
        extend_samples(stored.path, ALL)
    assert content(stored.path) == before


def test_parts_of_a_killed_process_are_written_again(tmp_path: Path) -> None:
    """Parts that no manifest names, whole or half, are as good as not there."""
    stored = build(first_days(30), tmp_path / "set")
    (stored.path / "bars-00001.parquet").write_bytes(b"half")
    with beside(stored.path / "index-00001.parquet") as left:
        left.write_bytes(b"half")
    grown = extend_samples(stored.path, ALL)
    check_same(grown, build(ALL, tmp_path / "whole"))
    assert not list(grown.path.glob(".*"))


def test_one_process_at_a_time(tmp_path: Path) -> None:
    """A second one is told."""
    stored = build(first_days(30), tmp_path / "set")
    with locked(stored.path), pytest.raises(UsageError, match="another process"):
        extend_samples(stored.path, ALL)


class Cut(BaseException):
    """The process is stopped."""


@pytest.mark.parametrize("tidied", [True, False], ids=["stopped", "killed"])
@pytest.mark.parametrize("writes", range(9))
def test_an_interrupted_extension_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int, tidied: bool
) -> None:
    """Cut before any of the nine files it writes, it leaves the old set; the next ends the same."""
    monkeypatch.setattr("quantsig.data.samples.extend.PART_ROWS", 20)  # 3 parts of bars, 4 of rows
    whole = extend_samples(build(first_days(30), tmp_path / "whole").path, ALL)
    stored = build(first_days(30), tmp_path / "cut")
    before, left = content(stored.path), writes
    renamed = os.replace

    def replace_until_cut(*paths: Path) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Cut
        renamed(*paths)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", replace_until_cut)
        if not tidied:
            patch.setattr("quantsig.data.samples.extend._all_or_nothing", contextlib.nullcontext)
        with pytest.raises(Cut):
            extend_samples(stored.path, ALL)
    after = content(stored.path)
    assert {name: after[name] for name in before} == before
    assert (after.keys() == before.keys()) == (tidied or not writes)
    check_same(open_samples(stored.path), build(first_days(30), tmp_path / "again"))
    extend_samples(stored.path, ALL)
    assert content(stored.path) == content(whole.path)


def test_the_calendar_of_the_first_bars_is_kept(tmp_path: Path) -> None:
    """Bars that say nothing of their clock join; those of another clock are refused."""
    shanghai = SessionCalendar(timezone="Asia/Shanghai", bar_label="open", session_start="21:00")
    built = build(replace(first_days(30, "A"), calendar=shanghai), tmp_path / "set")
    assert built.calendar == shanghai
    assert extend_samples(built.path, first_days(40, "A")).calendar == shanghai
    tokyo = replace(first_days(50, "A"), calendar=SessionCalendar(timezone="Asia/Tokyo"))
    with pytest.raises(DataError, match="timezone of the stored bars is Asia/Shanghai"):
        extend_samples(built.path, tokyo)


@pytest.mark.parametrize(
    "condition",
    [pl.col("symbol").is_in(["A", "C"]), pl.col("close") > 100.0, pl.col("symbol") == "none"],
)
def test_bars_that_are_asked_for_alone(tmp_path: Path, condition: pl.Expr) -> None:
    """The same rows in the same order, of a set of one part or two; the others are not kept."""
    built = build_samples(first_days(30), tmp_path / "set", chart=CHART, label=LABEL)
    grown = extend_samples(built.path, ALL)
    for path in (built.path, grown.path):
        opened = open_samples(path)
        found = opened.bars_where(condition)
        assert "bars" not in vars(opened)
        assert found.equals(opened.bars.filter(condition))
        assert found.equals(opened.bars_where(condition))
