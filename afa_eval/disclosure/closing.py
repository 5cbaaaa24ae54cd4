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

from afa_eval.disclosure.reach import AROUND, Indices, Moves, exposed, solve, surely_safe
from afa_eval.disclosure.system import NEAR, Floats, Mask, System, groups

ROUNDS = 40  # each hides more or ends; two or three do for any table seen


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
    search = _Search(system, width, tuple(together), Moves(system))
    hidden = search.whole(primary)
    hidden, left = search.walks(hidden)
    if left.size:
        hidden, left = search.all_beside(hidden, left)
    hidden = search.shown_again(hidden, search.whole(primary), left)
    return Closed(hidden, left)


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """What does every step need?"""

    system: System
    width: float
    together: tuple[Indices, ...]
    moves: Moves

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
            before = hidden
            for at in open_:
                if self.moves.width(int(at), hidden) < self.width - NEAR:
                    hidden = self._walked(hidden, int(at))
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

    def _walked(self, hidden: Mask, at: int) -> Mask:
        """Hide what the cheapest other value of a number would move."""
        price, least = self._price(hidden), np.inf
        best: Floats | None = None
        for sign in (1.0, -1.0):
            way = self._cheapest(hidden, at, sign) if least > 0.0 else None
            if way is not None and (cost := float(price @ (np.abs(way) > NEAR))) < least:
                best, least = way, cost
        if best is None:
            return hidden
        self.moves.add(best)
        return self.whole(hidden | (np.abs(best) > NEAR))

    def _price(self, hidden: Mask) -> Floats:
        return np.where(hidden | self.system.unseen, 0.0, self.system.costs)

    def _cheapest(self, hidden: Mask, at: int, sign: float) -> Floats | None:
        """The way that moves this number by the width, through printed numbers as cheap as can be."""
        system = self.system
        low, high = system.room(np.ones(system.size, dtype=bool))
        if sign < 0 and low[at] > -self.width:
            return None
        held = system.fixed & ~hidden
        if self.moves.network.covers[at]:
            low[held], high[held] = 0.0, 0.0
            full = self.moves.network.move(at, sign * self.width, low, high, self._price(hidden) + NEAR)
            return full if abs(full[at]) > self.width - NEAR else None
        for most in (AROUND, system.size):  # among its neighbours where they will do
            near = self.moves.near.around(at, ~held, most)
            way = self._cheapest_among(near, self._price(hidden)[near] + NEAR, low[near], high[near], near == at, sign)
            if way is not None:
                full = np.zeros(system.size)
                full[near] = way
                return full
        return None

    def _cheapest_among(
        self, near: Indices, price: Floats, low: Floats, high: Floats, itself: Mask, sign: float
    ) -> Floats | None:
        """Up and down are told apart, so that either costs; of two ways that cost nothing, the shorter."""
        from scipy.sparse import hstack

        up, down = np.minimum(high, 1e6), np.minimum(-low, 1e6)
        least_up, least_down = np.zeros(near.size), np.zeros(near.size)
        (least_up if sign > 0 else least_down)[itself] = self.width
        (up if sign > 0 else down)[itself] = self.width
        (down if sign > 0 else up)[itself] = 0.0
        rows = self.moves.near.sums(near)
        found = solve(
            np.concatenate([price, price]),
            hstack([rows, -rows], format="csc"),
            np.concatenate([least_up, least_down]),
            np.concatenate([up, down]),
        )
        return None if found is None else found[: near.size] - found[near.size :]

    def shown_again(self, hidden: Mask, primary: Mask, left: Indices) -> Mask:
        """Show what is not needed, the dearest first."""
        for chunk in self._units(hidden & ~primary):
            trial = hidden.copy()
            trial[chunk] = False
            if surely_safe(self.system, trial, self.width, self.moves, left):
                hidden = trial
        return hidden

    def _units(self, more: Mask) -> list[Indices]:
        chunks = [chunk for chunk in self.together if more[chunk].all()]
        alone = more.copy()
        for chunk in self.together:
            alone[chunk] = False
        units = [*chunks, *(np.array([at]) for at in np.flatnonzero(alone))]
        return sorted(units, key=lambda unit: (-float(self.system.costs[unit].sum()), int(unit[0])))
