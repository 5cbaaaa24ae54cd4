"""Outcomes that another process answers while this one answers the rest: the answers are the same, whoever gives them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from threading import Event

from afa_eval.answered import Answered
from afa_eval.designs.base import Design

SCALES = "afa_eval.models.lone"  # what a scale's reliability takes: importing it takes longer than any outcome
PATIENCE = 2.0  # seconds for the other process to begin: as long as importing that here takes


@dataclass(frozen=True, slots=True)
class Helper:
    """Who answers some of the outcomes?

    Attributes
    ----------
    process : Executor
        The other process.
    hands : Executor
        Hands it one after the other, as waiting for a process to begin is not for who is at work.
    jobs : dict of int to Future
        What it was asked, by its place in the plan.
    scales : set of int
        Those for which it imports what this process has not.
    begun : Event
        Whether it has begun, or never will.
    """

    process: Executor
    hands: Executor
    jobs: dict[int, Future[Answered]] = field(default_factory=dict)
    scales: set[int] = field(default_factory=set)
    begun: Event = field(default_factory=Event)

    def get_ready(self, designs: Iterable[Design]) -> None:
        """Have it begin, and import what these outcomes take.

        Parameters
        ----------
        designs : iterable of Design
            All of a plan.
        """
        self.scales.update(at for at, design in enumerate(designs) if getattr(design, "items", ()))
        self.hands.submit(self._first, [SCALES] if self.scales else [])

    def _first(self, names: Iterable[str]) -> None:
        try:
            self.process.submit(int).result()
        finally:
            self.begun.set()
        for name in names:
            self.process.submit(_imported, name)

    def share(self, due: Sequence[int], answer: Callable[..., Answered], *arguments: object) -> None:
        """Ask it for all but the first of these outcomes, for scales whichever they are, the last first.

        Parameters
        ----------
        due : sequence of int
            Their places in the plan.
        answer : callable
            Answers one: a module's function, given the arguments and the place.
        *arguments : object
            The same for each.
        """
        asked = [at for at in due if at != due[0] or at in self.scales]
        for at in sorted(asked, key=lambda at: (at in self.scales, at), reverse=True):
            self.jobs[at] = self.hands.submit(self._ask, answer, *arguments, at)

    def _ask(self, answer: Callable[..., Answered], *arguments: object) -> Answered:
        return self.process.submit(answer, *arguments).result()

    def leaves(self, position: int) -> bool:
        """Is this process to answer an outcome? The other was not asked, or has not come to it and need not.

        Parameters
        ----------
        position : int
            The outcome's place in the plan.

        Returns
        -------
        bool
            Never for what the other has imported something for that this process has not.
        """
        job = self.jobs.get(position)
        return job is None or (position not in self.scales and job.cancel())

    def answer(self, position: int) -> Answered | None:
        """What has it answered? It is waited for, where it has begun.

        Parameters
        ----------
        position : int
            The outcome's place in the plan, one that it does not leave.

        Returns
        -------
        tuple or None
            None where it has not begun, cannot, or has ended before its time: this process answers then.
        """
        if not self.begun.wait(PATIENCE):
            self.jobs[position].cancel()
            return None
        try:
            return self.jobs[position].result()
        except (BrokenProcessPool, OSError, EOFError):  # a fault of a file is found here once more
            return None


@contextmanager
def helper(process: Executor | None) -> Iterator[Helper | None]:
    """Who helps, for as long as questions are answered?

    Parameters
    ----------
    process : Executor or None
        Another process.

    Yields
    ------
    Helper or None
        None where there is no other process.
    """
    if process is None:
        yield None
        return
    hands = ThreadPoolExecutor(1)
    try:
        yield Helper(process, hands)
    finally:
        hands.shutdown(wait=False, cancel_futures=True)


def _imported(name: str) -> None:
    import_module(name)
