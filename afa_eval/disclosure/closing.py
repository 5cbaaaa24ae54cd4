"""Complementary suppression: which more must be hidden, and as few as can be found?

For each number that can still be worked out a linear programme finds the cheapest way in which it
could be another by as much as the threshold, and hides what that way moves; numbers hidden already
cost nothing, so that one cell serves many. Where no one way will do, all is hidden that hangs together
with the number. Then whatever turns out not to be needed is shown again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from afa_eval.disclosure.leeway import Leeway
from afa_eval.disclosure.programme import Shifts
from afa_eval.disclosure.reach import Moves, apart, exposed
from afa_eval.disclosure.system import NEAR, Floats, Indices, Mask, System, groups

ROUNDS = 40  # each hides more or ends; two or three do for any table seen
FREE = 1e-3  # what is hidden already costs next to nothing: of two ways that cost the same, the shorter
KEPT = 0.1  # of moving a number that stays hidden, where one that may be shown costs 1
PATIENCE = 200  # programmes solved to show cells again, which takes half a second where there are a thousand


@dataclass(frozen=True, slots=True, eq=False)
class Closed:
    """What was hidden in the end?

    Attributes
    ----------
    hidden : array of bool, shape (n,)
        Primary and complementary.
    open : array of int
        Numbers that can still be worked out, since what would protect them is printed elsewhere.
    """

    hidden: Mask
    open: Indices


def close(system: System, primary: Mask, width: float, together: Sequence[Indices] = ()) -> Closed:
    """Which numbers must be hidden so that no hidden one is known to within less than ``width``?

    Parameters
    ----------
    system : System
        The numbers, at their true values.
    primary : array of bool, shape (n,)
        Which are too small themselves.
    width : float
        Upper minus lower must be this much for each hidden number.
    together : sequence of array of int
        Numbers that can only be hidden together, such as a share's count and its complement.

    Returns
    -------
    Closed
        With as few more as the search can find.
    """
    hidden, left = np.zeros(system.size, dtype=bool), []
    for at in groups(system, np.arange(system.size), together):
        if primary[at].any() or (system.unseen & system.needs)[at].any():
            chunks = tuple(np.searchsorted(at, chunk) for chunk in together if np.isin(chunk[0], at))
            search = _Search.of(system.only(at), width, chunks)
            closed = search.closed(primary[at])
            hidden[at] = closed.hidden
            left.append(at[closed.open])
    return Closed(hidden, np.sort(np.concatenate([np.zeros(0, dtype=np.intp), *left])))


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """What does every step need?"""

    system: System
    width: float
    together: tuple[Indices, ...]
    moves: Moves
    shifts: Shifts

    @classmethod
    def of(cls, system: System, width: float, together: tuple[Indices, ...]) -> _Search:
        """Where does it begin?"""
        return cls(system, width, together, Moves.of(system), Shifts.of(system.matrix, system.unseen))

    def closed(self, primary: Mask) -> Closed:
        """Hide what must be, and show what need not."""
        hidden, left = self.walks(self.whole(primary))
        if left.size:
            hidden, left = self.all_beside(hidden, left)
        return Closed(self.shown_again(hidden, self.whole(primary), left), left)

    def whole(self, hidden: Mask) -> Mask:
        """With those that can only be hidden together."""
        hidden = hidden & ~self.system.fixed & ~self.system.unseen
        for chunk in self.together:
            if hidden[chunk].any():
                hidden[chunk] = True
        return hidden

    def walks(self, hidden: Mask) -> tuple[Mask, Indices]:
        """Ask what can still be worked out, and hide what its cheapest other value would move."""
        for _ in range(ROUNDS):
            open_ = exposed(self.system, hidden, self.width, self.moves)
            before, lowest, highest = hidden, np.zeros(self.system.size), np.zeros(self.system.size)
            for at in open_.tolist():
                if apart(self.system.values[at], lowest[at], highest[at]) >= self.width - NEAR:
                    continue
                way = self._walk(hidden, at)
                if way is not None:
                    self.moves.ways.append(way)
                    hidden = self.whole(hidden | (np.abs(way) > NEAR))
                    np.minimum(lowest, way, out=lowest)
                    np.maximum(highest, way, out=highest)
            if (hidden == before).all():
                return hidden, open_
        return hidden, exposed(self.system, hidden, self.width, self.moves)

    def all_beside(self, hidden: Mask, left: Indices) -> tuple[Mask, Indices]:
        """Hide all that hangs together with what can be worked out: a little here and a little there may do."""
        free = np.flatnonzero(~self.system.fixed)
        beside = np.zeros(self.system.size, dtype=bool)
        for group in groups(self.system, free):
            beside[group] = np.isin(group, left).any()
        wider = self.whole(hidden | beside)
        open_ = exposed(self.system, wider, self.width, self.moves)
        return (wider, open_) if np.isin(left, open_, invert=True).any() else (hidden, left)

    def _walk(self, hidden: Mask, at: int) -> Floats | None:
        """What the cheapest other value of a number would move."""
        low, high = self.system.room(np.ones(self.system.size, dtype=bool))
        held = self.system.fixed & ~hidden
        low[held], high[held] = 0.0, 0.0
        price, least = np.where(hidden | self.system.unseen, 0.0, self.system.costs), np.inf
        best: Floats | None = None
        for by in (self.width, -self.width):
            way = self.shifts.way(at, by, low, high, price + FREE) if least > 0.0 else None
            if way is not None and (cost := float(price @ (np.abs(way) > NEAR))) < least:
                best, least = way, cost
        return best

    def shown_again(self, hidden: Mask, primary: Mask, left: Indices) -> Mask:
        """Show what is not needed, those first on which fewest others rest, and of them the dearest."""
        more, wanted = hidden & ~primary, self.system.needs.copy()
        units = self._units(more)
        if not units:
            return hidden
        wanted[left] = False
        hidden, (low, high) = hidden.copy(), self.system.room(hidden)
        free = np.flatnonzero(high - low > NEAR)  # what is printed stays where it is
        price = np.where(more, 1.0, KEPT)[free]
        ways = self.moves.within(low, high)[:, free]
        leeway = Leeway.of(self.system.only(free), ways, hidden[free], self.width, wanted[free], price, PATIENCE)
        places = [np.searchsorted(free, unit) for unit in units]
        rests = [(rest, at) for at, place in enumerate(places) if (rest := leeway.rests_on(place)) is not None]
        for _, at in sorted(rests):
            if leeway.show(places[at]):
                hidden[units[at]] = False
        return hidden

    def _units(self, more: Mask) -> list[Indices]:
        chunks = [chunk for chunk in self.together if more[chunk].all()]
        alone = more.copy()
        for chunk in self.together:
            alone[chunk] = False
        units = [*chunks, *(np.array([at]) for at in np.flatnonzero(alone))]
        return sorted(units, key=lambda unit: (-float(self.system.costs[unit].sum()), int(unit[0])))
