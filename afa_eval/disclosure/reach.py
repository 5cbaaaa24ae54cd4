"""What can an intruder work out? Linear programmes over everything that is printed, and nothing else.

Each number may move from where it is as long as every sum still holds and nothing printed moves. How
far it can move is what the intruder does not know.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from afa_eval.disclosure.network import Network
from afa_eval.disclosure.system import NEAR, Floats, Mask, Neighbours, System, groups, settled
from afa_eval.errors import DisclosureError

Indices = NDArray[np.intp]
MANY = 8  # numbers settled by one programme that make it worth while to ask for very many at once
AROUND = 150  # numbers near another, among which a way is looked for first
POOL = 5_000_000  # numbers in all the ways to move that are remembered: three for each of a table of a thousand cells


@dataclass(slots=True, eq=False)
class Moves:
    """Which ways are known in which all printed numbers stay and others move?

    Attributes
    ----------
    system : System
        The numbers.
    near : Neighbours
        Which of them stand in one sum.
    network : Network
        Which of them are arcs between two sums.
    ways : array of float, shape (k, n)
        What each way adds to each number, in a ring: the oldest of too many is forgotten.
    most : int
        How many are too many.
    """

    system: System
    near: Neighbours = field(init=False)
    network: Network = field(init=False)
    ways: Floats = field(init=False)
    most: int = field(init=False)
    _count: int = 0

    def __post_init__(self) -> None:
        """Start with no way."""
        self.near = Neighbours.of(self.system.matrix)
        self.network = Network.of(self.system.matrix)
        self.ways = np.zeros((0, self.system.size))
        self.most = max(100, POOL // max(self.system.size, 1))

    def widths(self, hidden: Mask) -> Floats:
        """How far apart do the known ways leave each number?

        Parameters
        ----------
        hidden : array of bool, shape (n,)
            Which are not printed; ways that move a printed one do not count.

        Returns
        -------
        array of float, shape (n,)
            At least this much is unknown to the intruder.
        """
        low, high = self.system.room(hidden)
        return _apart(self.system.values, *_ends(self.ways[: self._count], low, high))

    def width(self, at: int, hidden: Mask) -> float:
        """How far apart do the known ways leave one number?

        Parameters
        ----------
        at : int
            The number.
        hidden : array of bool, shape (n,)
            Which are not printed.

        Returns
        -------
        float
            At least this much is unknown to the intruder.
        """
        known = self.ways[: self._count]
        low, high = self.system.room(hidden)
        least, most = _ends(known[known[:, at] != 0.0], low, high)
        return float(_apart(self.system.values[at], least[at], most[at]))

    def add(self, way: Floats) -> None:
        """Remember a way, forgetting the oldest of too many.

        Parameters
        ----------
        way : array of float, shape (n,)
            What it adds to each number.
        """
        if self._count % self.most >= len(self.ways):
            more = np.zeros((max(32, self._count), self.system.size))
            self.ways = np.concatenate([self.ways, more])[: self.most]
        self.ways[self._count % self.most] = way
        self._count += 1

    def add_among(self, near: Indices, way: Floats) -> None:
        """Remember a way of some numbers; all others stay.

        Parameters
        ----------
        near : array of int
            Their indices.
        way : array of float
            What it adds to each.
        """
        full = np.zeros(self.system.size)
        full[near] = way
        self.add(full)


def _ends(ways: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """How far do those ways go that leave each number its room?"""
    good = ways[((ways >= low - NEAR) & (ways <= high + NEAR)).all(axis=1)]
    return good.min(axis=0, initial=0.0), good.max(axis=0, initial=0.0)


def exposed(system: System, hidden: Mask, width: float, moves: Moves | None = None) -> Indices:
    """Which hidden numbers can be worked out to within less than ``width``?

    Parameters
    ----------
    system : System
        The numbers.
    hidden : array of bool, shape (n,)
        Which are not printed.
    width : float
        Upper minus lower must be this much.
    moves : Moves, optional
        Ways known already; new ones are added.

    Returns
    -------
    array of int
        Their indices, none where everything is safe.
    """
    moves = Moves(system) if moves is None else moves
    low, high = system.room(hidden)
    wanted = system.needs & (hidden | system.unseen)
    known = settled(system, low, high)
    found: list[int] = np.flatnonzero(wanted & known).tolist()
    unsure = wanted & ~known & (moves.widths(hidden) < width - NEAR)
    found += _unmoved(np.flatnonzero(unsure & moves.network.covers), low, high, width, moves)
    unsure &= ~moves.network.covers
    for group in groups(system, np.flatnonzero(~known)) if unsure.any() else ():
        if unsure[group].any():
            part = _Part.of(system, group, low, high, width)
            found += part.unsafe(unsure[group], moves)
    return np.array(sorted(found), dtype=np.intp)


def surely_safe(system: System, hidden: Mask, width: float, moves: Moves, but: Indices) -> bool:
    """Is every hidden number seen to be unknown by the width, without a look at all numbers at once?

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
    but : array of int
        Numbers that need not be.

    Returns
    -------
    bool
        False also where moving a number's neighbours alone does not show it: the rest of the programme is large.
    """
    low, high = system.room(hidden)
    known = settled(system, low, high)
    wanted = system.needs & (hidden | system.unseen)
    wanted[but] = False
    if (wanted & known).any():
        return False
    unsure = wanted & (moves.widths(hidden) < width - NEAR)
    covered = np.flatnonzero(unsure & moves.network.covers)
    if _unmoved(covered, low, high, width, moves, first=True):
        return False
    for at in np.flatnonzero(unsure & ~moves.network.covers).tolist():
        if moves.width(at, hidden) < width - NEAR and not _moves_here(at, ~known, low, high, width, moves):
            return False
    return True


def _unmoved(
    unsure: Indices, low: Floats, high: Floats, width: float, moves: Moves, *, first: bool = False
) -> list[int]:
    """Which of these numbers, all arcs of the network, cannot move by the width, or which is the first of them?"""
    lowest, highest, found = np.zeros(low.size), np.zeros(low.size), []
    for at in unsure.tolist():
        value = moves.system.values[at]
        for by in (width, -width):
            if _apart(value, lowest[at], highest[at]) < width - NEAR:
                way = moves.network.move(at, by, low, high)
                np.minimum(lowest, way, out=lowest)
                np.maximum(highest, way, out=highest)
                if way[at]:
                    moves.add(way)
        if _apart(value, lowest[at], highest[at]) < width - NEAR:
            found.append(at)
            if first:
                break
    return found


def _moves_here(at: int, free: Mask, low: Floats, high: Floats, width: float, moves: Moves) -> bool:
    """Whether a number can move by the width with its neighbours."""
    near = moves.near.around(at, free, AROUND)
    rows, far, place = moves.near.sums(near), 10.0 * width, near == at
    value, ends = moves.system.values[at], [0.0, 0.0]
    for which, sign in enumerate((1.0, -1.0)):
        way = solve(np.where(place, sign, 0.0), rows, np.maximum(low[near], -far), np.minimum(high[near], far))
        if way is not None:
            ends[which] = float(way[place][0])
            moves.add_among(near, way)
        if _apart(value, *ends) >= width - NEAR:
            return True
    return False


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
        part = _Part.of(system, group, low, high, float("inf"))
        least[group], most[group] = part.ends()
    lower, upper = system.values + least, system.values + most
    return np.ceil(lower - NEAR) + 0.0, np.where(np.isfinite(upper), np.floor(upper + NEAR), upper)


def _apart(values: Any, least: Any, most: Any) -> Floats:
    """How far apart are the smallest and the largest whole number that each can be?"""
    return np.asarray(np.floor(values + most + NEAR) - np.ceil(values + least - NEAR))


@dataclass(slots=True, eq=False)
class _Part:
    """Numbers that hang together, their sums, and how far each may move for itself."""

    size: int
    at: Indices
    matrix: Any
    low: Floats
    high: Floats
    values: Floats
    far: float
    width: float

    @classmethod
    def of(cls, system: System, at: Indices, low: Floats, high: Floats, width: float) -> _Part:
        rows = system.matrix[:, at]
        rows = rows[np.flatnonzero(np.diff(rows.indptr))]
        # further than this is as good as without end, and keeps the programme bounded
        far = 1000.0 + 10.0 * float(np.abs(system.values).max(initial=0.0))
        return cls(system.size, at, rows, low[at], high[at], system.values[at], far, width)

    def move(self, cost: Floats, low: Floats | None = None, high: Floats | None = None) -> Floats | None:
        """The way that costs least."""
        low, high = self.low if low is None else low, self.high if high is None else high
        return solve(cost, self.matrix, np.maximum(low, -self.far), np.minimum(high, self.far))

    def unsafe(self, unsure: Mask, moves: Moves) -> list[int]:
        """Which of these cannot move by as much as ``width``? Each way found may speak for many."""
        lowest, highest, found = np.zeros(self.at.size), np.zeros(self.at.size), []
        left = unsure.copy()
        while left.any():
            together = self._apart(np.flatnonzero(left))
            for sign in (-1.0, 1.0):
                self._moved(together, sign, lowest, highest, moves)
            for at in together if len(together) > 1 else ():
                for sign in (-1.0, 1.0):
                    if self._narrow(lowest, highest)[at]:
                        self._moved([at], sign, lowest, highest, moves)
            narrow = self._narrow(lowest, highest)
            found += [int(self.at[at]) for at in together if narrow[at]]
            left[together] = False
            left &= narrow
        return found

    def _narrow(self, lowest: Floats, highest: Floats) -> Mask:
        return _apart(self.values, lowest, highest) < self.width - NEAR

    def _moved(self, together: list[int], sign: float, lowest: Floats, highest: Floats, moves: Moves) -> None:
        """Move these up (-1) or down as far as is asked for, and remember how."""
        bound, cost = self.high.copy(), np.zeros(self.at.size)
        cost[together] = sign
        if sign < 0:  # no further than needed: a short way leaves most other numbers where they are
            least = np.ceil(self.values + lowest - NEAR) - self.values
            bound[together] = np.minimum(bound[together], np.maximum(self.width + least[together], 0.0))
        way = self.move(cost, None, bound)
        if way is not None:
            np.minimum(lowest, way, out=lowest)
            np.maximum(highest, way, out=highest)
            moves.add(self._whole(way))

    def _whole(self, way: Floats) -> Floats:
        full = np.zeros(self.size)
        full[self.at] = way
        return full

    def ends(self) -> tuple[Floats, Floats]:
        """How far down and up each can move; numbers in no common sum are asked together."""
        lowest, highest = np.zeros(self.at.size), np.zeros(self.at.size)
        box = self._box()
        for sign, seen, best in ((1.0, lowest, box[0]), (-1.0, highest, box[1])):
            done = np.abs(seen - best) < NEAR
            for many in self._halves(done):
                self._reach(many, sign, lowest, highest)
                done |= np.abs(seen - best) < NEAR
            while not done.all():
                together = self._apart(np.flatnonzero(~done))
                joint = self._reach(together, sign, lowest, highest)
                done |= np.abs(seen - best) < NEAR
                if len(together) == 1 and joint:
                    done[together] = True
                for at in together if len(together) > 1 else ():
                    if not done[at]:
                        self._reach([at], sign, lowest, highest)
                        done[at] = True
                done |= np.abs(seen - best) < NEAR
        highest = np.where(highest >= self.far - 1.0, np.inf, highest)
        return lowest, highest

    @staticmethod
    def _halves(done: Mask) -> Iterator[list[int]]:
        """Every other number that is left, then those between, as long as that settles many at once."""
        left = np.flatnonzero(~done)
        while left.size > MANY:
            yield left[::2].tolist()
            yield left[1::2].tolist()
            before, left = left.size, np.flatnonzero(~done)
            if left.size > before - MANY:
                return

    def _reach(self, together: list[int], sign: float, lowest: Floats, highest: Floats) -> bool:
        cost = np.zeros(self.at.size)
        cost[together] = sign
        way = self.move(cost)
        if way is None:
            raise DisclosureError("A linear programme of the disclosure audit could not be solved.")
        np.minimum(lowest, way, out=lowest)
        np.maximum(highest, way, out=highest)
        return True

    def _apart(self, left: Indices) -> list[int]:
        """Numbers of which no two stand in one sum."""
        used = np.zeros(self.matrix.shape[0], dtype=bool)
        columns, chosen = self.matrix.tocsc(), []
        for at in left:
            rows = columns.indices[columns.indptr[at] : columns.indptr[at + 1]]
            if not used[rows].any():
                used[rows] = True
                chosen.append(int(at))
        return chosen

    def _box(self) -> tuple[Floats, Floats]:
        """What single sums say, one after the other: no programme can go further."""
        low, high = np.maximum(self.low, -self.far), np.minimum(self.high, self.far)
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


def solve(cost: Floats, matrix: Any, low: Floats, high: Floats) -> Floats | None:
    """Which way of moving costs least, where every sum must still hold?

    Parameters
    ----------
    cost : array of float, shape (n,)
        Of moving each number up by one.
    matrix : sparse array, shape (m, n)
        The sums.
    low, high : array of float, shape (n,)
        How far each may move.

    Returns
    -------
    array of float or None
        None where there is no such way.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    sums = [LinearConstraint(matrix, 0.0, 0.0)] if matrix.shape[0] else []
    found = milp(cost, constraints=sums, bounds=Bounds(low, high), options={"presolve": False})
    return None if found.x is None or not found.success else np.asarray(found.x, dtype=float)
