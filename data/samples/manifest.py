"""What a sample set says of itself: its manifest, those before each extension, its fingerprint."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from quantsig.data.charts.version import DRAWING_VERSION
from quantsig.data.errors import DataError
from quantsig.data.samples.parts import INDEX
from quantsig.data.storage import checksums, documents

SCHEMA = "quantsig.samples/1"
MANIFEST = "manifest.json"  # and manifest-00000.json and on: those before each extension
STORAGES = ("bars", "frames")


def earlier_manifest(number: int) -> str:
    """The name of the manifest that a set had before it was extended for that time, from 0."""
    stem, _, suffix = MANIFEST.partition(".")
    return f"{stem}-{number:05}.{suffix}"


def fingerprint(manifest: Mapping[str, Any]) -> str:
    """SHA-256 of what a manifest says, its own fingerprint apart."""
    said = {name: value for name, value in manifest.items() if name != "fingerprint"}
    return hashlib.sha256(documents.to_json(said).encode()).hexdigest()


def read_manifest(path: Path) -> dict[str, Any]:
    """Read what a sample set says of itself.

    Raises:
        DataError: the folder is not a sample set, or one of another version.
        IntegrityError: the manifest is damaged.
    """
    if not (path / MANIFEST).is_file():
        raise DataError(
            "this is not a sample set: it has no manifest.json."
            if path.exists()
            else "there is no such sample set.",
            where=str(path),
            remedy="Build one with: quantsig samples build BARS `out` FOLDER",
        )
    manifest = documents.read_document(
        path / MANIFEST,
        SCHEMA,
        remedy="Build the set again, or use the version of quantsig that wrote it.",
    )
    storage = manifest.get("storage")
    if storage not in STORAGES:
        raise DataError(
            f"unknown storage {storage}; this version reads {' and '.join(STORAGES)}.",
            where=str(path / MANIFEST),
            remedy="Use the version of quantsig that wrote it.",
        )
    if storage == "bars" and manifest.get("drawing_version") != DRAWING_VERSION:
        raise DataError(
            f"drawn by version {manifest.get('drawing_version')}; this is {DRAWING_VERSION}.",
            where=str(path / MANIFEST),
            remedy="Build the set again from its bars.",
        )
    records = manifest.get("files")
    if not isinstance(records, dict) or INDEX not in records:
        raise checksums.damaged(path / MANIFEST, f"it does not list {INDEX}")
    if manifest.get("fingerprint") != fingerprint(manifest):  # another chart or label, perhaps
        raise checksums.damaged(path / MANIFEST, "its fingerprint is not that of what it says")
    return manifest
