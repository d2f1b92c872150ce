"""Documents that version 0.1.0 left are read and written as they are, byte for byte."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quantsig.backtest.record import read_stats, write_stats
from quantsig.backtest.sweep.record import read_sweep, write_sweep
from quantsig.data.storage.records import write_record
from quantsig.signals.calibration.record import read_calibration, write_calibration
from quantsig.signals.choice import read_choice, write_choice
from quantsig.signals.meta.meta_labelling import MetaRecord, read_meta_record
from quantsig.signals.run_record import read_run_record, write_run_record
from quantsig.signals.training.folds import FoldRecord, fold_record
from quantsig.signals.walk_record import read_walk_record, write_walk_record
from tests.golden.opened import STORED


def read_fold(source: Path) -> FoldRecord:
    return fold_record(source.parent)


def write_fold(target: Path, record: FoldRecord) -> None:
    write_record(target, record, "quantsig.fold/1")


def write_meta(target: Path, record: MetaRecord) -> None:
    write_record(target, record, "quantsig.meta/1")


KINDS: dict[str, tuple[Callable[[Path], Any], Callable[[Path, Any], None]]] = {
    "runs/**/choices/*.json": (read_choice, write_choice),
    "runs/**/run.json": (read_run_record, write_run_record),
    "runs/**/folds/**/fold.json": (read_fold, write_fold),
    "runs/*/meta/*.json": (read_meta_record, write_meta),
    "runs/**/sweep.json": (read_sweep, write_sweep),
    "runs/**/stats.json": (read_stats, write_stats),
    "runs/**/walk.json": (read_walk_record, write_walk_record),
    "runs/**/calibration.json": (read_calibration, write_calibration),
}
DOCUMENTS = [(kind, source) for kind in KINDS for source in sorted(STORED.glob(kind))]


@pytest.mark.parametrize(
    ("kind", "source"), DOCUMENTS, ids=[str(source.relative_to(STORED)) for _, source in DOCUMENTS]
)
def test_a_document_is_read_and_written_as_it_was(kind: str, source: Path, tmp_path: Path) -> None:
    """And read again as the same."""
    read, write = KINDS[kind]
    record = read(source)
    write(tmp_path / source.name, record)
    assert (tmp_path / source.name).read_bytes() == source.read_bytes()
    assert read(tmp_path / source.name) == record


def test_every_kind_is_there() -> None:
    """A pattern that finds nothing would test nothing."""
    assert {kind for kind, _ in DOCUMENTS} == set(KINDS)
