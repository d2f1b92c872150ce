"""What a benchmark found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class BenchmarkFigures:
    """Figures by the names in GOALS, and what they came from.

    Attributes:
        figures: None where one could not be measured.
        missing: why not, by name.
        details: times and sizes behind the figures, their unit at the end of their name.
        remarks: what a reader of the figures should know, sentences.
    """

    figures: Mapping[str, float | None]
    missing: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    def __add__(self, other: "BenchmarkFigures") -> "BenchmarkFigures":
        """Both results as one."""
        return BenchmarkFigures(
            figures={**self.figures, **other.figures},
            missing={**self.missing, **other.missing},
            details={**self.details, **other.details},
            remarks=(*self.remarks, *other.remarks),
        )
