"""Parquet files that unpack to far more than their size are refused before they are read."""

from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quantsig.data.errors import IntegrityError, ResourceError
from quantsig.data.reading.arrow import open_feather
from quantsig.data.storage.parquet import read_parquet
from tests.golden.opened import STORED
from tests.hostile.mutations import TABLE, mutated

ROWS = 1_000_000
NUMBERS = pa.repeat(1.5, ROWS)
# by number, as a dictionary; written out, the texts alone would take two gigabytes
TEXT = pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), ROWS), ["x" * 2000])


def bomb(target: Path, columns: dict[str, pa.Array], groups: int) -> Path:
    """The same rows again and again; equal values take next to nothing in the file."""
    table = pa.table(columns)
    with pq.ParquetWriter(target, table.schema, compression="zstd") as writer:
        for _ in range(groups):
            writer.write_table(table)
    return target


@pytest.mark.parametrize(
    ("values", "groups"),
    [(NUMBERS, 80), (TEXT, 1)],
    ids=["numbers", "text"],
)
def test_a_bomb_is_refused(tmp_path: Path, values: pa.Array, groups: int) -> None:
    """Gigabytes of one number, or of one text."""
    source = bomb(tmp_path / "bars.parquet", {"open": values}, groups)
    assert source.stat().st_size < 1 << 20
    with pytest.raises(ResourceError, match="unpacks to more than"):
        read_parquet(source)


def test_what_packs_well_is_read(tmp_path: Path) -> None:
    """A million flat bars, and only the columns that are asked for count."""
    columns = {"symbol": pa.repeat("A", ROWS), "open": pa.repeat(1.5, ROWS)}
    assert read_parquet(bomb(tmp_path / "flat.parquet", columns, 1)).height == ROWS
    large = bomb(tmp_path / "large.parquet", columns | {"few": pa.nulls(ROWS, pa.int8())}, 1)
    assert read_parquet(large, ["few"]).width == 1


@pytest.mark.parametrize("packed", ["zstd", "lz4", None])
def test_feather_says_what_it_takes(tmp_path: Path, packed: str | None) -> None:
    """A file that is what it weighs is read; texts by number are counted as they are spelled."""
    table = pa.table({"open": [1.5, 2.5] * 500, "symbol": pa.array(["A", "B"] * 500)})
    source = feather(tmp_path / "bars.feather", table, packed=packed, batches=3)
    assert open_feather(source).rows.len() == 3000


@pytest.mark.parametrize(
    ("values", "batches"),
    [
        (NUMBERS, 80),
        (TEXT, 1),
        (pa.nulls(ROWS), 20),
    ],
    ids=["numbers", "text", "nothing"],
)
def test_a_feather_bomb_is_refused(tmp_path: Path, values: pa.Array, batches: int) -> None:
    """Before anything of it is unpacked."""
    table = pa.table({"open": values})
    source = feather(tmp_path / "bars.feather", table, packed="zstd", batches=batches)
    with pytest.raises(ResourceError, match="unpacks to more than"):
        open_feather(source)


def feather(target: Path, table: pa.Table, *, packed: str | None, batches: int) -> Path:
    options = pa.ipc.IpcWriteOptions(compression=packed)
    with pa.ipc.new_file(target, table.schema, options=options) as file:
        for _ in range(batches):
            file.write_table(table)
    return target


def test_damaged_statistics_do_not_end_the_process(tmp_path: Path) -> None:
    """pyarrow aborts where it is asked for the column; what it reads ends in an error of ours."""
    source = tmp_path / "index.parquet"
    seed = STORED / "samples/index.parquet"
    source.write_bytes(mutated(Random(50003546), [seed.read_bytes()], TABLE))
    with pytest.raises(IntegrityError):
        read_parquet(source)
