"""Which sums say nothing that others do not say?

Subtotals add up to the total of all, and so do their own parts: one of these sums can go, and what an intruder knows
stays the same. Without it more numbers stand in two sums only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import Any

import numpy as np

Line = dict[int, int]  # numbers, and how often each counts
MUCH = 300_000  # steps, about as many as a tenth of a second allows: sums not looked at by then stay


def without_implied(matrix: Any) -> Any:
    """Which sums are left without those that follow from others?

    Sums go of which most numbers stand in three or more, if any number does. Whole numbers are taken from whole
    numbers, so that no sum goes that says something of its own.

    Parameters
    ----------
    matrix : sparse array, shape (m, n)
        The sums.

    Returns
    -------
    sparse array, shape (k, n)
        Those that are kept, in their order.
    """
    rows, count = matrix.tocsr(), np.diff(matrix.tocsc().indptr)
    if not (count > 2).any() or (rows.data != np.round(rows.data)).any():
        return matrix
    often = abs(rows).sign() @ (count > 2).astype(float) / np.maximum(np.diff(rows.indptr), 1)
    found, kept = _Eliminated(count.tolist()), np.ones(rows.shape[0], dtype=bool)
    for row in np.argsort(often, kind="stable").tolist():
        span = slice(rows.indptr[row], rows.indptr[row + 1])
        line = dict(zip(rows.indices[span].tolist(), map(int, rows.data[span]), strict=True))
        kept[row] = not line or found.adds(line)
        if found.steps > MUCH:
            break
    return rows[np.flatnonzero(kept)]


@dataclass(slots=True)
class _Eliminated:
    """Sums of which each has a number that no later one has."""

    count: list[int]
    lines: list[tuple[int, Line]] = field(default_factory=list)
    order: dict[int, int] = field(default_factory=dict)
    steps: int = 0

    def adds(self, line: Line) -> bool:
        """Whether a sum says something that those before it do not; it is used up."""
        ahead = [self.order[at] for at in line if at in self.order]
        heapify(ahead)
        while ahead:
            at, known = self.lines[heappop(ahead)]
            if times := line.get(at, 0) * known[at]:
                self._take(line, known, times, ahead)
        alone = [at for at, weight in line.items() if abs(weight) == 1]
        if alone:
            at = min(alone, key=self.count.__getitem__)  # one in few sums, so that few become longer
            self.order[at] = len(self.lines)
            self.lines.append((at, line))
        return bool(line)

    def _take(self, line: Line, known: Line, times: int, ahead: list[int]) -> None:
        """One sum less another, so many times."""
        self.steps += len(known)
        for at, weight in known.items():
            left = line.get(at, 0) - times * weight
            if left:
                line[at] = left
                if at in self.order:
                    heappush(ahead, self.order[at])
            else:
                line.pop(at, None)
