"""What a check of an audit found: where the future was seen first, and by how much."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditFinding:
    """One way in which the future is known."""

    sentence: str  # a message
    feature: str  # the plane, column, label or figure
    first: str | None = None  # the first bar, row or trade it shows at
    size: float | None = None  # the largest difference, in the feature's own unit


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditCheck:
    """One question, over how much it was asked, and what was found."""

    name: str
    examined: int = 0  # rows, charts, cuts or trades
    findings: tuple[AuditFinding, ...] = ()
    missing: str | None = None  # why it was not asked
    note: str = ""

    @property
    def answer(self) -> str:
        """passed, failed, or not asked."""
        if self.missing is not None:
            return "not asked"
        return "failed" if self.findings else "passed"


def findings_of(checks: Iterable[AuditCheck]) -> tuple[AuditFinding, ...]:
    """All findings, check by check."""
    return tuple(found for check in checks for found in check.findings)


def first_of_each(found: Iterable[AuditFinding]) -> tuple[AuditFinding, ...]:
    """Of the findings of each feature the first."""
    first: dict[str, AuditFinding] = {}
    for one in found:
        first.setdefault(one.feature, one)
    return tuple(first.values())
