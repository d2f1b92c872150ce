"""What a verb would take, for people and as a document."""

from collections.abc import Mapping
from typing import Any

from quantsig.cli.output import note, print_document, print_figures
from quantsig.reports.page.numerals import duration

SIZES = ("B", "KiB", "MiB", "GiB", "TiB")
STEP = 1024


def print_dry_run(verb: str, figures: Mapping[str, Any], *, json: bool, **more: Any) -> None:
    """Print what was found out; `more` goes into the document."""
    if json:
        print_document(f"{verb}.dry_run", figures, **more)
        return
    shown = {name: value for name, value in figures.items() if value is not None}
    named = {
        name.replace("seconds", "duration"): _said(name, value) for name, value in shown.items()
    }
    print_figures(named)
    note("measured on a part of the work, so times and bytes are about; nothing was written.")


def rows_of_splits(samples: Mapping[str, int]) -> dict[str, int]:
    """All samples that are used, and those of each split."""
    return {"samples": sum(samples.values()), **samples}


def _said(name: str, value: Any) -> Any:
    if name.startswith("bytes"):
        return size_text(value)
    return duration(value) if name.startswith("seconds") else value


def size_text(count: float) -> str:
    """Bytes in the largest unit of which there is one."""
    unit = 0
    while count >= STEP and unit < len(SIZES) - 1:
        count, unit = count / STEP, unit + 1
    return f"{count:.0f} {SIZES[unit]}" if unit == 0 else f"{count:.1f} {SIZES[unit]}"
