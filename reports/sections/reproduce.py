"""Everything needed to get the same numbers again."""

from typing import Any

from quantsig.reports.inputs import Document, Inputs
from quantsig.reports.numerals import moment
from quantsig.reports.page import Column, Listing, Section, Table

LONGEST_CONFIG = 100_000  # characters


def section(inputs: Inputs) -> Section:
    """Command, configuration, versions, seed and hashes."""
    record = inputs.run.record
    return Section(
        title="Reproduce",
        paragraphs=(
            f"Run {record.get('run_id')}, trial {record.get('trial_id')}, "
            f"written {moment(record.get('created'))} UTC.",
        ),
        tables=tuple(_tables(inputs)),
        listings=tuple(_listings(inputs)),
    )


def _listings(inputs: Inputs) -> list[Listing]:
    listings = []
    if command := inputs.run.record.get("command"):
        listings.append(Listing(title="Command", text=command))
    if inputs.config is not None:
        listings.append(Listing(title="config.toml", text=inputs.config[:LONGEST_CONFIG]))
    return listings


def _tables(inputs: Inputs) -> list[Table]:
    record = inputs.run.record
    tables = [_pairs("Sample set", record["samples"])]
    if inputs.environment:
        tables.append(_pairs("Environment", flat(inputs.environment)))
    tables.append(_pairs("SHA-256 of the run's files", record["files"]))
    return tables


def _pairs(title: str, values: dict[str, Any]) -> Table:
    return Table(
        title=title,
        columns=(Column(label="Name"), Column(label="Value")),
        rows=tuple(values.items()),
    )


def flat(document: Document, prefix: str = "") -> dict[str, Any]:
    """A nested document as one level, its names joined by dots."""
    pairs: dict[str, Any] = {}
    for name, value in document.items():
        if isinstance(value, dict):
            pairs |= flat(value, f"{prefix}{name}.")
        elif name != "schema":
            pairs[prefix + name] = value
    return pairs
