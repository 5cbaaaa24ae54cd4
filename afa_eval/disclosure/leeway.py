"""How far is each hidden number seen to be unknown, and may one more be printed?

For each number a way is kept that moves it down and one that moves it up. To print a number ends the ways that move it;
for the numbers that lose theirs, others are looked for: among all that are known, then two of which one undoes what the
other does to the printed number, at last by linear programmes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from afa_eval.disclosure.programme import Shifts
from afa_eval.disclosure.reach import apart
from afa_eval.disclosure.system import NEAR, Floats, Indices, Mask, System, settled

UNDOING = 16  # ways that are tried to undo another, those first that move the fewest numbers
ENOUGH = 0.5  # of a pupil: ways that move a number by less, times what makes it one, would no longer add up
ROOM = 64  # ways for which there is room at first


@dataclass(slots=True, eq=False)
class Leeway:
    """By which ways is each hidden number seen to be unknown?

    Attributes
    ----------
    system : System
        The numbers.
    hidden : array of bool, shape (n,)
        Which are not printed, so far.
    width : float
        Upper minus lower must be this much.
    wanted : array of bool, shape (n,)
        For which numbers, where they are hidden.
    shifts : Shifts
        What answers questions.
    price : array of float, shape (n,)
        Of moving each by one: ways through numbers that stay hidden last.
    patience : int
        How many linear programmes may be solved.
    ways : array of float, shape (n, k)
        What each way adds to each number; the first adds nothing.
    good : array of bool, shape (k,)
        Which of them move no printed number.
    ends : array of float, shape (2, n)
        How far down and up they move each number.
    by : array of int, shape (2, n)
        Which of them do.
    count : int
        How many there are.
    asked : int
        How many linear programmes were solved.
    """

    system: System
    hidden: Mask
    width: float
    wanted: Mask
    shifts: Shifts
    price: Floats
    patience: int
    ways: Floats
    good: Mask
    ends: Floats
    by: Indices
    count: int = 0
    asked: int = 0

    @classmethod
    def of(
        cls, system: System, ways: Floats, hidden: Mask, width: float, wanted: Mask, price: Floats, patience: int
    ) -> Leeway:
        """What is known to begin with?

        Parameters
        ----------
        system : System
            The numbers.
        ways : array of float, shape (k, n)
            Ways that move no printed number.
        hidden : array of bool, shape (n,)
            Which numbers are not printed.
        width : float
            Upper minus lower must be this much.
        wanted : array of bool, shape (n,)
            For which numbers, where they are hidden.
        price : array of float, shape (n,)
            Of moving each by one.
        patience : int
            How many linear programmes may be solved.

        Returns
        -------
        Leeway
            Nothing is asked yet.
        """
        size = system.size
        found = cls(
            system, hidden, width, wanted, Shifts.of(system.matrix, system.unseen), price, patience,
            np.zeros((size, ROOM)), np.zeros(ROOM, dtype=bool), np.zeros((2, size)), np.zeros((2, size), dtype=np.intp),
        )  # fmt: skip
        for way in (np.zeros(size), *ways):
            found.take(way)
        return found

    def take(self, way: Floats) -> None:
        """Keep a way that moves no printed number, if it moves any number farther than those that are kept.

        Parameters
        ----------
        way : array of float, shape (n,)
            What it adds to each.
        """
        if self.count and not ((way < self.ends[0] - NEAR) | (way > self.ends[1] + NEAR)).any():
            return
        if self.count == self.good.size:
            self.ways = np.hstack([self.ways, np.zeros_like(self.ways)])
            self.good = np.append(self.good, np.zeros_like(self.good))
        self.ways[:, self.count], self.good[self.count] = way, True
        self._further(self.count)
        self.count += 1

    def rests_on(self, chunk: Indices) -> int | None:
        """How many numbers are seen to be unknown only by ways that move these?

        Parameters
        ----------
        chunk : array of int
            Numbers that are hidden.

        Returns
        -------
        int or None
            As far as is known without asking; None where others would follow from these one sum at a time.
        """
        if self._tells(chunk):
            return None
        with self._trial(chunk) as (trial, _, _):
            return int((self._narrow() & self._secret(trial)).sum())

    def show(self, chunk: Indices) -> bool:
        """May these numbers be printed too? If so, they are.

        Parameters
        ----------
        chunk : array of int
            Numbers that are hidden.

        Returns
        -------
        bool
            False also where too much would have to be looked at to know.
        """
        if self.asked >= self.patience or self._tells(chunk):
            return False
        before, good = self.by, self.good
        with self._trial(chunk) as (trial, low, high):
            wanted = self._secret(trial)
            if chunk.size == 1:
                undoing = self._undoing(int(chunk[0]), good)
                for at in np.flatnonzero(wanted & self._narrow()).tolist():
                    if self._narrow()[at]:
                        self._undone(at, int(chunk[0]), before[:, at], undoing, low, high)
            left = np.flatnonzero(wanted & self._narrow())
            known = apart(self.system.values, *self.ends)[left]
            if not all(self._moves(at, low, high) for at in left[np.argsort(known, kind="stable")].tolist()):
                return False
            self.hidden = trial
        return True

    @contextmanager
    def _trial(self, chunk: Indices) -> Iterator[tuple[Mask, Floats, Floats]]:
        """These numbers are printed; unless that is kept they are hidden again, and only ways that were found stay."""
        hidden, before = self.hidden, (self.good, self.ends, self.by, self.count)
        trial = self._without(chunk)
        low, high = self.system.room(trial)
        moved = self.ways[chunk]
        stay = ((moved >= low[chunk, None] - NEAR) & (moved <= high[chunk, None] + NEAR)).all(axis=0)
        self.good, self.ends, self.by = self.good & stay, self.ends.copy(), self.by.copy()
        self._look_again(np.flatnonzero(~self.good[self.by].all(axis=0)))
        yield trial, low, high
        if self.hidden is hidden:
            good, self.ends, self.by, count = before
            self.good = np.arange(self.good.size) < self.count
            self.good[:count] = good[:count]
            for at in range(count, self.count):
                self._further(at)

    def _without(self, chunk: Indices) -> Mask:
        trial = self.hidden.copy()
        trial[chunk] = False
        return trial

    def _tells(self, chunk: Indices) -> bool:
        """Whether a number would follow from these one sum at a time."""
        trial = self._without(chunk)
        return bool((self._secret(trial) & settled(self.system, *self.system.room(trial))).any())

    def _secret(self, hidden: Mask) -> Mask:
        return self.wanted & (hidden | self.system.unseen)

    def _narrow(self) -> Mask:
        return apart(self.system.values, *self.ends) < self.width - NEAR

    def _look_again(self, lost: Indices) -> None:
        """Which of the ways that are left move these farthest?"""
        good = np.flatnonzero(self.good)
        known = self.ways[np.ix_(lost, good)]
        for which, best in enumerate((known.argmin(axis=1), known.argmax(axis=1))):
            self.by[which, lost] = good[best]
            self.ends[which, lost] = known[np.arange(lost.size), best]

    def _further(self, at: int) -> None:
        way = self.ways[:, at]
        for which, further in enumerate((way < self.ends[0] - NEAR, way > self.ends[1] + NEAR)):
            self.ends[which, further], self.by[which, further] = way[further], at

    def _undoing(self, shown: int, good: Mask) -> Floats:
        """A few ways that move a number, by one each."""
        ways = self.ways[:, np.flatnonzero(good & (np.abs(self.ways[shown, : good.size]) > ENOUGH))]
        many = (np.abs(ways) > NEAR).sum(axis=0)
        few = ways[:, np.argsort(many, kind="stable")[:UNDOING]]
        return np.asarray(few / few[shown])

    def _undone(self, at: int, shown: int, by: Indices, undoing: Floats, low: Floats, high: Floats) -> None:
        """Take back what the ways of a number do to the one that is printed."""
        for which in (0, 1):
            way = self.ways[:, by[which]]
            made = way[:, None] - undoing * way[shown]
            made = made[:, ((made >= low[:, None] - NEAR) & (made <= high[:, None] + NEAR)).all(axis=0)]
            if made.size:
                self.take(made[:, made[at].argmax() if which else made[at].argmin()])

    def _moves(self, at: int, low: Floats, high: Floats) -> bool:
        """Can a number move by the width, up and down together?"""
        for by in (self.width, -self.width):
            if self._narrow()[at] and self.asked < self.patience:
                self.asked += 1
                self.take(self.shifts.farthest(at, by, low, high, self.price))
        return not self._narrow()[at]
