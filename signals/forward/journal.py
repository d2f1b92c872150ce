"""The journal of a forward test: what was decided and what came of it, a chained line each.

Nothing in it is rewritten. A line that was changed, removed or put in is found by the chain; that
lines were taken from its end, or all written anew, by the ledger, which enters the chain's head
each time something was added. What goes on is kept in memory, not what is over.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from quantsig.data.errors import IntegrityError
from quantsig.data.language.messages import phrase, term
from quantsig.data.portable_names import leads_out
from quantsig.data.storage import atomic
from quantsig.data.storage.chain.lines import (
    CHAINED,
    NOTHING,
    chain_of,
    chained_line,
    set_torn_aside,
)
from quantsig.signals.forward.lines import FIELDS, SCHEMA, TERMS, Line
from quantsig.signals.layout import TORN_JOURNAL, journal_file
from quantsig.signals.ledger import append_ledger, open_ledger
from quantsig.signals.runs import Run

ENTERED = "forward"  # event of the ledger: how many lines there are, and the chain's head
AT_ONCE = 1000  # lines that one write and one sync are for

Heard = Callable[[Line], None]


class ForwardJournal:
    """The journal of a run, as far as it was read.

    Args:
        run: whose it is.
        heard: told of each line, in order.
    """

    def __init__(self, run: Run, heard: Heard) -> None:
        self.run, self.heard = run, heard
        self.path = journal_file(run.path)
        self.lines, self.head, self.size = 0, NOTHING, 0
        self.torn = b""  # after the last whole line
        self.entered_lines, self.entered_head = _entered(run)

    def read(self) -> None:
        """Hear the lines that were added since.

        Raises:
            IntegrityError: a line is not what was written, is missing, or is of another run.
            DataError: the journal is a link out of the run.
        """
        if self.path.is_symlink():
            raise leads_out(self.path)
        if self.path.is_file():
            with self.path.open("rb") as file:
                file.seek(self.size)
                for text in file:
                    if not text.endswith(b"\n"):
                        self.torn = text
                        break
                    self._take(text[:-1])
        if self.lines < self.entered_lines:
            raise _fault(
                self.path,
                self.lines + 1,
                phrase("is missing: the ledger knows of {lines} lines", lines=self.entered_lines),
            )

    def heal(self) -> None:
        """Take a last line that was never written to its end out of the way; under the lock."""
        if not self.torn:
            return
        if _whole(self.head, self.torn):  # an editor took its line feed away
            atomic.append_line(self.path, "")
            self._take(self.torn)
        else:
            set_torn_aside(self.path, self.torn, TORN_JOURNAL)
        self.torn = b""

    def append(self, said: Sequence[Line]) -> None:
        """Add lines in their order; where the disk is full none or some of them, all whole."""
        for first in range(0, len(said), AT_ONCE):
            head, texts = self.head, []
            for line in said[first : first + AT_ONCE]:
                text, head = chained_line(head, line)
                texts.append(text)
            atomic.append_lines(self.path, texts)
            for text in texts:
                self._take(text.encode())

    def enter(self) -> None:
        """Have the ledger hold the chain's head, where there is more than it knows."""
        if self.lines > self.entered_lines:
            append_ledger(
                self.run.runs_folder,
                ENTERED,
                run_id=self.run.run_id,
                lines=self.lines,
                head=self.head,
            )
            self.entered_lines, self.entered_head = self.lines, self.head

    def _take(self, text: bytes) -> None:
        number = self.lines + 1
        chain = _whole(self.head, text)
        if chain is None:
            raise _fault(self.path, number, "or one before it was changed, removed or put in")
        line = _line(text)
        if line is None:
            raise _fault(self.path, number, "does not say what a line of a journal says")
        if number == self.entered_lines and chain != self.entered_head:
            raise _fault(self.path, number, "is not the one that the ledger entered")
        if number == 1 or line["kind"] == TERMS:
            self._refuse_another(line, number)
        self.lines, self.head, self.size = number, chain, self.size + len(text) + 1
        self.heard(line)

    def _refuse_another(self, line: Line, number: int) -> None:
        if line["kind"] != TERMS:
            raise _fault(self.path, number, "comes before the terms of a test")
        if line["schema"] != SCHEMA:
            raise _fault(
                self.path,
                number,
                phrase("is of another version, {version}", version=line["schema"]),
            )
        if line["run_id"] != self.run.run_id:
            raise IntegrityError(
                phrase("this is the journal of another run, {run_id}.", run_id=line["run_id"]),
                where=phrase("{path}, line {line}", path=self.path, line=number),
                remedy="Put back the run's own journal; the other belongs into its own run.",
            )


def _entered(run: Run) -> tuple[int, str]:
    """How many lines the ledger knows of, and the head it entered last; none: 0."""
    found = (0, NOTHING)
    for line in open_ledger(run.runs_folder).lines:
        if (line["event"], line.get("run_id")) == (ENTERED, run.run_id):
            found = (int(line["lines"]), str(line["head"]))
    return found


def _whole(before: str, text: bytes) -> str | None:
    """The hash of a line that stands on the one before; None where it does not."""
    found = CHAINED.fullmatch(text)
    if found is None:
        return None
    chain = found[2].decode()
    return chain if chain == chain_of(before, found[1]) else None


def _line(text: bytes) -> Line | None:
    try:
        line = json.loads(text)
    except ValueError:
        return None
    fields = FIELDS.get(line.get("kind", ""), None)
    return line if fields is not None and fields | {"recorded"} <= line.keys() else None


def _fault(source: Path, number: int, reason: str) -> IntegrityError:
    return IntegrityError(
        phrase(
            "{name} is damaged: line {number} {reason}.",
            name=source.name,
            number=number,
            reason=term(reason),
        ),
        where=phrase("{path}, line {line}", path=source, line=number),
        remedy="Restore it from a copy. Or keep it elsewhere and begin a new test of a copy of "
        "the run; what it proved is lost.",
    )
