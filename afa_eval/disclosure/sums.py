"""Counts that add up: which more must be hidden so that nothing printed gives a few people away?"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from afa_eval.disclosure.closing import close
from afa_eval.disclosure.policies import Policy, to_nearest
from afa_eval.disclosure.system import Builder, Sum, System

Cell = tuple[str, int, int]  # table, row, column
DEARER = 5.0  # what should stay where anything else will do costs as much as this many others

__all__ = ["Cell", "Closing", "Counts", "Sum", "cost", "told"]


@dataclass(frozen=True, slots=True)
class Closing:
    """What must be hidden together, and what cannot be protected?

    Attributes
    ----------
    hidden : frozenset
        All that is hidden in the end.
    open : frozenset
        What can be worked out all the same, since what would protect it is printed elsewhere.
    """

    hidden: frozenset[Any]
    open: frozenset[Any]


@dataclass(frozen=True, slots=True)
class Counts:
    """Which counts stand beside each other, and which are hidden so far?

    Attributes
    ----------
    sizes : mapping
        Each cell's count.
    hidden : collection
        Cells that are hidden.
    public : collection
        Cells whose count stands beside a published figure too: hiding them would hide nothing.
    wanted : collection
        Cells hidden only where no other will do.
    harmless : collection
        Cells that tell of nobody: they may be worked out.
    together : iterable of tuple
        Cells that can only be hidden together.
    weights : mapping
        How many figures are lost with a cell, where not one.
    vague : collection
        Cells of which a reader sees only what others leave of them.
    """

    sizes: Mapping[Any, float]
    hidden: Collection[Any]
    public: Collection[Any] = frozenset()
    wanted: Collection[Any] = frozenset()
    harmless: Collection[Any] = frozenset()
    together: tuple[tuple[Any, ...], ...] = field(default=())
    weights: Mapping[Any, float] = field(default_factory=dict)
    vague: Collection[Any] = frozenset()

    def close(self, sums: Iterable[Sum], policy: Policy) -> Closing:
        """Which must be hidden so that no sum, and no number of sums together, gives too few away?

        Parameters
        ----------
        sums : iterable of Sum
            All that a reader can subtract.
        policy : Policy
            The rules.

        Returns
        -------
        Closing
            As few more as can be found.
        """
        system = self._system(tuple(dict.fromkeys(sums)), policy)
        if not self.hidden and not (system.unseen & system.needs).any():
            return Closing(frozenset(), frozenset())
        cells = list(self.sizes)
        at = {cell: place for place, cell in enumerate(cells)}
        primary = np.zeros(system.size, dtype=bool)
        primary[[at[cell] for cell in self.hidden]] = True
        chunks = [np.array([at[cell] for cell in chunk], dtype=np.intp) for chunk in self.together]
        closed = close(system, primary, policy.threshold, chunks)
        hidden = frozenset(cell for cell, mark in zip(cells, closed.hidden, strict=False) if mark)
        left = frozenset(cells[place] if place < len(cells) else None for place in closed.open)
        return Closing(hidden | frozenset(self.hidden), left)

    def _cost(self, cell: Any) -> float:
        return cost(self.sizes[cell]) * (DEARER if cell in self.wanted else self.weights.get(cell, 1.0))

    def _told(self, cell: Any, size: float, policy: Policy) -> tuple[float, float]:
        return (0.0, math.inf) if cell in self.vague else told(size, policy)

    def _system(self, sums: tuple[Sum, ...], policy: Policy) -> System:
        secret = set(self.hidden)
        floor = 0.0 if policy.hide_zeros else 1.0  # where noughts are printed, a hidden cell is one or more
        noughts = () if policy.hide_zeros else tuple(c for c, n in self.sizes.items() if round(n) == 0)
        return Builder(self.sizes, policy.threshold, floor).system(
            sums,
            {cell: self._cost(cell) for cell in self.sizes},
            fixed=dict.fromkeys([*self.public, *noughts]).keys() - secret,
            told={cell: self._told(cell, size, policy) for cell, size in self.sizes.items() if cell not in secret},
            harmless=self.harmless,
        )


def cost(size: float) -> float:
    """What is lost where a count is hidden? One cell is one cell; of two, the smaller goes.

    Parameters
    ----------
    size : float
        How many it counts.

    Returns
    -------
    float
        1 for none, 2 for a thousand.
    """
    return 1.0 + math.log10(1.0 + max(size, 0.0)) / 3.0


def told(size: float, rules: Policy) -> tuple[float, float]:
    """Which counts would be printed as this one is?

    Parameters
    ----------
    size : float
        The count.
    rules : Policy
        With its rounding.

    Returns
    -------
    tuple of float
        The least and the most.

    Examples
    --------
    >>> from afa_eval.disclosure import policies
    >>> told(11.0, policies.find("opensafely")), told(11.0, policies.find("publish"))
    ((8.0, 12.0), (11.0, 11.0))
    """
    if not rules.round_to or rules.too_few(size) or round(size) == 0:
        return size, size
    middle = to_nearest(size, rules.round_to)
    low, high = math.ceil(middle - rules.round_to / 2), math.ceil(middle + rules.round_to / 2) - 1
    return float(max(low, rules.threshold)), float(high)
