"""Archives whose content is damaged."""

import zipfile
from pathlib import Path

import pytest

from quantsig.data.errors import DataError
from quantsig.data.tables.archives import unpack

TEXT = b"date,close\n" + b"2024-01-02,11\n" * 500


@pytest.mark.parametrize("packing", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damage_inside_is_told_whatever_packed_it(tmp_path: Path, packing: int) -> None:
    """bz2 calls it an error of the system, which the disk has no part in."""
    source = tmp_path / "bars.zip"
    with zipfile.ZipFile(source, "w", packing) as archive:
        archive.writestr("bars.csv", TEXT)
    assert unpack(source).content == TEXT
    content = bytearray(source.read_bytes())
    start = content.index(b"bars.csv") + len(b"bars.csv")
    content[start + 4 : start + 40] = bytes(36)
    source.write_bytes(content)
    with pytest.raises(DataError, match="cannot be unpacked"):
        unpack(source)
