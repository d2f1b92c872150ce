"""Parquet files that unpack to far more than their size are refused before they are read."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quantsig.data.errors import ResourceError
from quantsig.data.storage.parquet import read_parquet

ROWS = 1_000_000


def bomb(target: Path, columns: dict[str, pa.Array], groups: int) -> Path:
    """The same rows again and again; equal values take next to nothing in the file."""
    table = pa.table(columns)
    with pq.ParquetWriter(target, table.schema, compression="zstd") as writer:
        for _ in range(groups):
            writer.write_table(table)
    return target


@pytest.mark.parametrize(
    ("values", "groups"),
    [(pa.repeat(1.5, ROWS), 80), (pa.repeat("x" * 2000, ROWS).dictionary_encode(), 1)],
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
