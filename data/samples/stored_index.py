"""Read the stored index of a sample set, and hold it against what every index has."""

from pathlib import Path

import polars as pl

from quantsig.data.language.messages import phrase
from quantsig.data.samples.manifest import Manifest
from quantsig.data.samples.parts import INDEX, INDEX_SCHEMA, PLACE_SCHEMA, read_parts
from quantsig.data.storage import checksums, parquet

BAR = "bar"  # the column of the index that says of which bar a sample is


def read_index(path: Path, manifest: Manifest) -> pl.DataFrame:
    """All index rows by id; a later part may say anew what an earlier one did not know yet.

    Raises:
        IntegrityError: a part is not what was written, or lacks a column.
    """
    parts: list[pl.DataFrame] = []
    for rows in read_parts(path, INDEX, manifest.files):
        _refuse_other_columns(rows, path, manifest)
        known = sum(map(len, parts))  # ids count from 0
        anew = rows.filter(pl.col("sample_id") < known)
        parts = [_said_anew(part, anew) for part in parts]
        parts.append(rows.filter(pl.col("sample_id") >= known) if len(anew) else rows)
    parquet.release()
    return pl.concat(parts)


def _refuse_other_columns(rows: pl.DataFrame, path: Path, manifest: Manifest) -> None:
    """Raise where a part of the index lacks a column, or does not say where a sample is."""
    places = PLACE_SCHEMA if manifest.storage == "frames" else {BAR: INDEX_SCHEMA[BAR]}
    wanted = {name: kind for name, kind in INDEX_SCHEMA.items() if name != BAR} | places
    for name, kind in wanted.items():
        found = rows.schema.get(name)
        if found != kind:
            raise checksums.damaged(
                path / INDEX,
                phrase(
                    "its column {name} is {found}, not {kind}", name=name, found=found, kind=kind
                ),
            )
    for name in ("sample_id", *places):
        if rows[name].null_count() or (rows[name] < 0).any():
            raise checksums.damaged(
                path / INDEX, phrase("its column {name} does not say where", name=name)
            )


def _said_anew(part: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """A part in which some rows take the places of those of the same id."""
    if part.is_empty():
        return part
    own = pl.col("sample_id").is_between(part["sample_id"][0], part["sample_id"][-1])
    newer = rows.filter(own)
    if newer.is_empty():
        return part
    return pl.concat([part.join(newer, on="sample_id", how="anti"), newer]).sort("sample_id")
