"""Many tasks, done by workers here or in a cluster, whose results come in the order of the tasks.

A task whose process or machine is lost is tried again; what it did before lies where it writes. A
result does not depend on the home, the number of workers, the order in which tasks end, or tries.
"""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from quantsig.data.errors import QuantsigError, ResourceError
from quantsig.data.language.messages import phrase, term
from quantsig.data.tasks.task import PROGRESS, Done, Failed, Function, Hear, Lost, Outcome, Task
from quantsig.data.tasks.workers import HERE, HOMES, Workers

TRIES = 3  # of a task


class Home(AbstractContextManager["Home"], Protocol):
    """Workers that do tasks of one function; leaving ends them, those at work too."""

    @property
    def has_room(self) -> bool:
        """Whether one more task can be given now."""

    def give(self, number: int, work: Any) -> None:
        """Have a worker do a task."""

    def next_outcome(self) -> tuple[int, Outcome]:
        """Wait until a task has ended, however it did."""


def unheard(name: str, *told: Any) -> None:
    """Nobody is told."""


def run_tasks(
    function: Function, tasks: Sequence[Task], *, on: Workers = HERE, hear: Hear = unheard
) -> Iterator[Any]:
    """Do tasks, and give their results in order.

    Args:
        function: of the work of a task and of whom it tells how it goes; a name that every
            process can import.
        tasks: what is to be done.
        on: where, and how many at once.
        hear: told by tasks that run here as they go; what others tell comes with their result,
            and `progress` counts whole tasks.

    Raises:
        QuantsigError: a task raised it; its words begin with the task's name.
        ResourceError: the process or machine of a task was lost three times.
    """
    if on.here:
        for task in tasks:
            yield function(task.work, hear)
    elif tasks:
        with HOMES[on.home](function, on, len(tasks)) as home:
            yield from _Running(tasks=tasks, home=home, hear=hear).results()


@dataclass(kw_only=True, eq=False)
class _Running:
    """Tasks on their way."""

    tasks: Sequence[Task]
    home: Home
    hear: Hear
    tries: Counter[int] = field(default_factory=Counter)
    done: dict[int, Done] = field(default_factory=dict)  # not given to the caller yet

    def results(self) -> Iterator[Any]:
        """In order, each as soon as all before it are there."""
        waiting = deque(range(len(self.tasks)))
        for given in range(len(self.tasks)):
            while given not in self.done:
                while waiting and self.home.has_room:
                    number = waiting.popleft()
                    self.home.give(number, self.tasks[number].work)
                number, outcome = self.home.next_outcome()
                if isinstance(outcome, Done):
                    self.done[number] = outcome
                    self.hear(PROGRESS, given + len(self.done), len(self.tasks))
                else:
                    self._try_again(number, outcome)
                    waiting.appendleft(number)
            found = self.done.pop(given)
            for name, *told in found.heard:
                self.hear(name, *told)
            yield found.value

    def _try_again(self, number: int, outcome: Outcome) -> None:
        """Tell that a task is tried once more, or raise what became of it."""
        name = term(self.tasks[number].name)
        if not isinstance(outcome, (Lost, Failed)):
            assert not isinstance(outcome, Done)
            what = phrase("{task}: {what}", task=name, what=term(outcome.what))
            raise outcome.kind(what, where=outcome.where, remedy=outcome.remedy)
        self.tries[number] += 1
        lost = isinstance(outcome, Lost)
        reason = term(outcome.reason) if isinstance(outcome, Lost) else outcome.error
        if self.tries[number] < TRIES:
            again = phrase("{task} is tried again ({reason})", task=name, reason=reason)
            self.hear("tell", again)
            return
        error = (ResourceError if lost else QuantsigError)(
            phrase(
                "{task} failed {tries} times, the last time because of this: {reason}.",
                task=name,
                tries=TRIES,
                reason=reason,
            ),
            where=_place(self.tasks[number]),
            remedy="What was finished before is kept, and the same command goes on from there; "
            "with fewer `workers` each has more memory.",
        )
        if isinstance(outcome, Failed):
            error.add_note(outcome.trace)
        raise error


def _place(task: Task) -> str:
    return str(getattr(task.work, "place", None) or task.name)
