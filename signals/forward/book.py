"""A journal that is open to be gone on with: what it says so far, and who may add to it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from quantsig.data.storage.leftovers import alone
from quantsig.signals.forward.evidence import EvidenceSoFar
from quantsig.signals.forward.given_scores import ScoresSoFar
from quantsig.signals.forward.journal import ForwardJournal
from quantsig.signals.forward.lines import Line
from quantsig.signals.forward.standing import Standing
from quantsig.signals.layout import journal_file
from quantsig.signals.runs import Run


class ForwardBook:
    """The journal of a run, what goes on in it and what it shows; it was read to its end.

    Args:
        run: whose it is.
        heard: told of each line, too.
    """

    def __init__(self, run: Run, heard: Callable[[Line], object] = lambda line: None) -> None:
        self.run = run
        self.standing, self.evidence = Standing(), EvidenceSoFar()
        self.scores = None if run.record.judged is None else ScoresSoFar()
        self._heard = heard
        self.journal = ForwardJournal(run, self._hear)
        self.journal.read()

    def add(self, lines: Sequence[Line]) -> None:
        """Append lines, and have the ledger hold the head of the chain; under the lock.

        Raises:
            ResourceError: the disk is full; the lines that were written are whole.
        """
        self.journal.heal()
        try:
            if lines:
                self.journal.append(lines)
        finally:
            self.journal.enter()

    def _hear(self, line: Line) -> None:
        self.standing.hear(line)
        self.evidence.hear(line)
        if self.scores is not None:
            self.scores.hear(line)
        self._heard(line)


@contextmanager
def writing(run: Run, heard: Callable[[Line], object] = lambda line: None) -> Iterator[ForwardBook]:
    """Open the journal of a run to add to it; no other process may meanwhile.

    Raises:
        UsageError: another process is at work on it.
        IntegrityError: a line is not what was written, is missing, or is of another run.
    """
    with alone(journal_file(run.path.resolve()).parent):
        yield ForwardBook(run, heard)
