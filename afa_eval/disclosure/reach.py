"""What can an intruder work out? Linear programmes over everything that is printed, and nothing else.

Each number may move from where it is as long as every sum still holds and nothing printed moves. How
far it can move is what the intruder does not know.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np

from afa_eval.disclosure.programme import UNSOLVED, Programme
from afa_eval.disclosure.system import NEAR, Floats, Indices, Mask, System, groups, settled
from afa_eval.errors import DisclosureError

POOL = 5_000_000  # numbers in all the ways to move that are remembered: three for each of a table of a thousand cells


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """Which ways are known in which all printed numbers stay and others move?

    Attributes
    ----------
    system : System
        The numbers.
    ways : deque of array of float, shape (n,)
        What each way adds to each number; the oldest of too many is forgotten.
    """

    system: System
    ways: deque[Floats]

    @classmethod
    def of(cls, system: System) -> Moves:
        """Which are known at first?

        Parameters
        ----------
        system : System
            The numbers.

        Returns
        -------
        Moves
            None.
        """
        return cls(system, deque(maxlen=max(100, POOL // max(system.size, 1))))

    def within(self, low: Floats, high: Floats) -> Floats:
        """Which known ways leave each number its room?

        Parameters
        ----------
        low, high : array of float, shape (n,)
            How far each may move.

        Returns
        -------
        array of float, shape (k, n)
            What they add to each number.
        """
        known = np.array(self.ways).reshape(-1, self.system.size)
        return known[((known >= low - NEAR) & (known <= high + NEAR)).all(axis=1)]

    def widths(self, low: Floats, high: Floats) -> Floats:
        """How far apart do the known ways leave each number?

        Parameters
        ----------
        low, high : array of float, shape (n,)
            How far each may move.

        Returns
        -------
        array of float, shape (n,)
            At least this much is unknown to the intruder.
        """
        good = self.within(low, high)
        return apart(self.system.values, good.min(axis=0, initial=0.0), good.max(axis=0, initial=0.0))


def exposed(system: System, hidden: Mask, width: float, moves: Moves) -> Indices:
    """Which hidden numbers can be worked out to within less than ``width``?

    Parameters
    ----------
    system : System
        The numbers.
    hidden : array of bool, shape (n,)
        Which are not printed.
    width : float
        Upper minus lower must be this much.
    moves : Moves
        Ways known already; new ones are added.

    Returns
    -------
    array of int
        Their indices, none where everything is safe.
    """
    low, high = system.room(hidden)
    wanted = system.needs & (hidden | system.unseen)
    known = settled(system, low, high)
    found: list[int] = np.flatnonzero(wanted & known).tolist()
    unsure = wanted & ~known & (moves.widths(low, high) < width - NEAR)
    for group in groups(system, np.flatnonzero(~known)) if unsure.any() else ():
        if unsure[group].any():
            found += _Part.of(system, group, low, high).unsafe(unsure[group], width, moves)
    return np.array(sorted(found), dtype=np.intp)


def intervals(system: System, hidden: Mask) -> tuple[Floats, Floats]:
    """Between which values can an intruder place each number?

    Parameters
    ----------
    system : System
        The numbers.
    hidden : array of bool, shape (n,)
        Which are not printed.

    Returns
    -------
    tuple of array of float, shape (n,)
        Lower and upper ends, as whole numbers inside the linear programme's; printed numbers have
        what they tell.
    """
    low, high = system.room(hidden)
    least, most = np.where(np.isfinite(low), 0.0, low), np.zeros(system.size)
    known = settled(system, low, high)
    for group in groups(system, np.flatnonzero(~known)):
        least[group], most[group] = _Part.of(system, group, low, high).ends()
    lower, upper = system.values + least, system.values + most
    return np.ceil(lower - NEAR) + 0.0, np.where(np.isfinite(upper), np.floor(upper + NEAR), upper)


def apart(values: Any, least: Any, most: Any) -> Floats:
    """How far apart are the smallest and the largest whole number that each can be?

    Parameters
    ----------
    values : array of float
        Where they are.
    least, most : array of float
        How far down (nought or less) and up each may move.

    Returns
    -------
    array of float
        What a reader does not know of each.
    """
    return np.asarray(np.floor(values + most + NEAR) - np.ceil(values + least - NEAR))


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Numbers that hang together, how far each may move for itself, and how far they were seen to move."""

    at: Indices
    matrix: Any
    low: Floats
    high: Floats
    values: Floats
    far: float
    programme: Programme
    lowest: Floats
    highest: Floats

    @classmethod
    def of(cls, system: System, at: Indices, low: Floats, high: Floats) -> _Part:
        part = system.only(at)
        # further than this is as good as without end, and keeps the programme bounded
        far = 1000.0 + 10.0 * float(np.abs(system.values).max(initial=0.0))
        low, high = np.maximum(low[at], -far), np.minimum(high[at], far)
        programme, (lowest, highest) = Programme(part.matrix, onward=True), np.zeros((2, at.size))
        return cls(at, part.matrix, low, high, part.values, far, programme, lowest, highest)

    def move(self, at: int, sign: float, high: Floats | None = None) -> Floats:
        """Move a number up or down as far as can be."""
        cost = np.zeros(self.at.size)
        cost[at] = -sign
        way = self.programme.solve(cost, self.low, self.high if high is None else high)
        if way is None:
            raise DisclosureError(UNSOLVED)
        np.minimum(self.lowest, way, out=self.lowest)
        np.maximum(self.highest, way, out=self.highest)
        return way

    def unsafe(self, unsure: Mask, width: float, moves: Moves) -> list[int]:
        """Which of these cannot move by as much as ``width``? Each way found may speak for many."""
        for at in np.flatnonzero(unsure).tolist():
            for sign in (1.0, -1.0):
                if self._narrow(width)[at]:
                    high = self.high.copy()
                    if sign > 0:  # no further than needed: a short way leaves most other numbers where they are
                        least = np.ceil(self.values[at] + self.lowest[at] - NEAR) - self.values[at]
                        high[at] = min(high[at], max(width + least, 0.0))
                    full = np.zeros(moves.system.size)
                    full[self.at] = self.move(at, sign, high)
                    moves.ways.append(full)
        found: list[int] = self.at[unsure & self._narrow(width)].tolist()
        return found

    def _narrow(self, width: float) -> Mask:
        return apart(self.values, self.lowest, self.highest) < width - NEAR

    def ends(self) -> tuple[Floats, Floats]:
        """How far down and up can each move?"""
        for sign, seen, best in zip((-1.0, 1.0), (self.lowest, self.highest), self._box(), strict=True):
            for at in range(self.at.size):
                if abs(seen[at] - best[at]) >= NEAR:
                    self.move(at, sign)
        return self.lowest, np.where(self.highest >= self.far - 1.0, np.inf, self.highest)

    def _box(self) -> tuple[Floats, Floats]:
        """What single sums say, one after the other: no programme can go further."""
        low, high = self.low.copy(), self.high.copy()
        plus, minus = self.matrix.maximum(0), (-self.matrix).maximum(0)
        for _ in range(20):
            before = float(high.sum() - low.sum())
            # in each sum a number is at most what all others leave it
            top, bottom = plus @ high - minus @ low, plus @ low - minus @ high
            for row in range(self.matrix.shape[0]):
                span = slice(self.matrix.indptr[row], self.matrix.indptr[row + 1])
                at, weight = self.matrix.indices[span], self.matrix.data[span]
                most = np.where(weight > 0, high[at], -low[at])
                least = np.where(weight > 0, low[at], -high[at])
                up, down = -(bottom[row] - least), -(top[row] - most)
                high[at] = np.minimum(high[at], np.where(weight > 0, up, -down))
                low[at] = np.maximum(low[at], np.where(weight > 0, down, -up))
                top[row] = float(np.where(weight > 0, high[at], -low[at]).sum())
                bottom[row] = float(np.where(weight > 0, low[at], -high[at]).sum())
            if before - float(high.sum() - low.sum()) < NEAR:
                break
        return low, high
