"""What the audit of a run found, kept in the run as audit.json."""

from dataclasses import dataclass
from pathlib import Path

from quantsig.data.audit.finding import AuditCheck, findings_of
from quantsig.data.storage.records import check_moment, write_record
from quantsig.signals.layout import AUDIT
from quantsig.signals.seal import read_sealed, sealing

SCHEMA = "quantsig.audit/1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Audit:
    """All of audit.json."""

    created: str
    samples: str  # fingerprint of the sample set
    seed: int
    checks: tuple[AuditCheck, ...]

    def __post_init__(self) -> None:
        check_moment("created", self.created)

    @property
    def failed(self) -> bool:
        """Whether any check found the future."""
        return bool(findings_of(self.checks))


def write_audit(run: Path, audit: Audit) -> None:
    """Keep the audit in the folder of a run, in place of an earlier one."""
    with sealing(run) as stage:
        write_record(stage / AUDIT, audit, SCHEMA)


def read_audit(run: Path) -> Audit | None:
    """The newest audit of a run; None before the first.

    Raises:
        DataError: another version wrote it.
        IntegrityError: it is damaged.
    """
    return read_sealed(run / AUDIT, Audit, SCHEMA, remedy="Audit it again: quantsig audit RUN")


def in_the_audit(run: Path) -> tuple[str, ...]:
    """What the audit of a run found, a sentence each; they keep its verdict from an edge."""
    audit = read_audit(run)
    return tuple(found.sentence for found in findings_of(audit.checks)) if audit else ()
