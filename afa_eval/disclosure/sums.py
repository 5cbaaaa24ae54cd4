"""Counts that add up: which more must be hidden so that no one subtraction gives a few people away?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from afa_eval.disclosure.policies import Policy

Cell = tuple[str, int, int]  # table, row, column


@dataclass(frozen=True, slots=True)
class Sum:
    """Which count is made up of which others?

    Attributes
    ----------
    whole : tuple
        The cell of the sum.
    parts : tuple of tuple
        Cells of parts that do not overlap. They need not be all of it: the rest of the whole is a
        part that no table shows.
    """

    whole: Cell
    parts: tuple[Cell, ...]


@dataclass(slots=True)
class Counts:
    """Which counts are hidden so far?

    Attributes
    ----------
    sizes : dict
        Each cell's count.
    hidden : set
        Cells that are hidden.
    public : frozenset
        Cells whose count stands beside a published figure too: hiding them would hide nothing.
    wanted : frozenset
        Cells hidden only where no other will do.
    """

    sizes: dict[Cell, float]
    hidden: set[Cell]
    public: frozenset[Cell] = field(default_factory=frozenset)
    wanted: frozenset[Cell] = field(default_factory=frozenset)

    def close(self, sums: Iterable[Sum], policy: Policy) -> None:
        """Hide more, the smallest first, until no sum gives too few away.

        Parameters
        ----------
        sums : iterable of Sum
            All that a reader can subtract.
        policy : Policy
            The rules.
        """
        lines = tuple(sums)
        while any(self._close(line, policy) for line in lines):
            pass  # each cell hidden may give away one in a sum closed before

    def _close(self, line: Sum, policy: Policy) -> bool:
        before = len(self.hidden)
        while (cell := self._next(line, policy)) is not None:
            self.hidden.add(cell)
        return len(self.hidden) > before

    def _next(self, line: Sum, policy: Policy) -> Cell | None:
        """The cell to hide next, None where the sum is safe or nothing more can be done."""
        free = [cell for cell in line.parts if cell not in self.hidden | self.public and self.sizes[cell] > 0]
        free.sort(key=lambda cell: (cell in self.wanted, self.sizes[cell], cell))
        if line.whole in self.hidden:
            known = not self._secret(line) and round(self._rest(line)) == 0
            return free[0] if known and free else None
        if self._safe(line, policy):
            return None
        return free[0] if free else (None if line.whole in self.public else line.whole)

    def _secret(self, line: Sum) -> list[Cell]:
        return [cell for cell in line.parts if cell in self.hidden]

    def _rest(self, line: Sum) -> float:
        return max(0.0, self.sizes[line.whole] - sum(self.sizes[cell] for cell in line.parts))

    def _safe(self, line: Sum, policy: Policy) -> bool:
        """Whether the whole less the shown parts is neither one hidden cell nor too few people."""
        secret, rest = self._secret(line), round(self._rest(line))
        if not secret:
            return not policy.too_few(rest)
        unknown = len(secret) + (rest > 0)
        return unknown > 1 and sum(self.sizes[cell] for cell in secret) + rest >= policy.threshold
