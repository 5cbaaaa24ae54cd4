"""Numbers that hang together: which are counted in which others, which are hidden, which nobody prints."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Indices = NDArray[np.intp]
NEAR = 1e-6  # counts are whole numbers: a linear programme's last digits are none of a pupil


@dataclass(frozen=True, slots=True)
class Sum:
    """Which count is made up of which others?

    Attributes
    ----------
    whole : hashable
        The cell of the sum.
    parts : tuple of hashable
        Cells of parts that do not overlap. They need not be all of it: the rest of the whole is a
        part that no table shows.
    """

    whole: Any
    parts: tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class System:
    """Which numbers are there, and what does a reader know of them but what is printed?

    Attributes
    ----------
    values : array of float, shape (n,)
        One way in which all may be true at once: the truth, or a guess that fits what is printed.
    matrix : sparse array, shape (m, n)
        Sums: each row times ``values`` is nought.
    floor, ceiling : array of float, shape (n,)
        What a reader knows of a number that is not printed, from its kind alone.
    told_low, told_high : array of float, shape (n,)
        What a reader knows of a number that is printed: itself, or what is rounded to it.
    unseen : array of bool, shape (n,)
        Numbers that stand nowhere, such as the rest of a whole.
    fixed : array of bool, shape (n,)
        Numbers that are printed whatever happens.
    needs : array of bool, shape (n,)
        Numbers that, when they are not printed, nobody may work out.
    costs : array of float, shape (n,)
        What is lost where one is hidden.
    """

    values: Floats
    matrix: Any
    floor: Floats
    ceiling: Floats
    told_low: Floats
    told_high: Floats
    unseen: Mask
    fixed: Mask
    needs: Mask
    costs: Floats

    @property
    def size(self) -> int:
        """How many numbers are there?"""
        return self.values.size

    def only(self, at: Indices) -> System:
        """What is known of some numbers while all others stay as they are?

        Parameters
        ----------
        at : array of int
            Their indices.

        Returns
        -------
        System
            Of these alone, in this order.
        """
        rows = self.matrix[:, at]
        parts = {f.name: getattr(self, f.name)[at] for f in fields(self) if f.name != "matrix"}
        return System(matrix=rows[np.flatnonzero(np.diff(rows.indptr))], **parts)

    def room(self, hidden: Mask) -> tuple[Floats, Floats]:
        """How far may each number be from ``values``, for all that a reader knows of it alone?

        Parameters
        ----------
        hidden : array of bool, shape (n,)
            Which are not printed.

        Returns
        -------
        tuple of array of float
            The least and the most that may be added to each.
        """
        secret = hidden | self.unseen
        low = np.where(secret, self.floor, self.told_low) - self.values
        high = np.where(secret, self.ceiling, self.told_high) - self.values
        return np.minimum(low, 0.0), np.maximum(high, 0.0)


@dataclass(slots=True)
class Builder:
    """How do cells and sums become a system?

    Attributes
    ----------
    sizes : mapping
        Each cell's count.
    few : int
        Rests of a whole that are fewer than this nobody may work out.
    floor : float
        The least that a hidden cell can be, as every reader knows.
    """

    sizes: Mapping[Any, float]
    few: int
    floor: float = 0.0
    index: dict[Hashable, int] = field(default_factory=dict)
    rests: list[tuple[float, float, bool]] = field(default_factory=list)
    rows: list[list[tuple[int, float]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Number the cells."""
        self.index = {cell: at for at, cell in enumerate(self.sizes)}

    def add(self, line: Sum, *, loose: bool = False) -> None:
        """Take in a sum; what its parts lack, or have too many, is a number that stands nowhere.

        Parameters
        ----------
        line : Sum
            Of cells that have a size.
        loose : bool
            Whether the whole may hold more than its parts by a number that nobody knows.
        """
        gap = self.sizes[line.whole] - sum(self.sizes[part] for part in line.parts)
        row = [(self.index[line.whole], 1.0), *((self.index[part], -1.0) for part in line.parts)]
        if loose:
            row.append((len(self.index) + len(self.rests), -1.0))
            self.rests.append((0.0, np.inf, False))
        elif abs(gap) > 0.5:
            row.append((len(self.index) + len(self.rests), -1.0 if gap > 0 else 1.0))
            # parts that overlap by a few still tell the whole to within those few
            self.rests.append((abs(gap), np.inf if gap > 0 else abs(gap), gap > 0 and round(gap) < self.few))
        self.rows.append(row)

    def system(
        self,
        lines: Iterable[Sum],
        costs: Mapping[Any, float],
        fixed: Iterable[Any] = (),
        told: Mapping[Any, tuple[float, float]] | None = None,
        harmless: Iterable[Any] = (),
    ) -> System:
        """Which system do the cells and these sums make?

        Parameters
        ----------
        lines : iterable of Sum
            All that a reader can add up.
        costs : mapping
            What is lost where a cell is hidden.
        fixed : iterable
            Cells that are printed whatever happens.
        told : mapping, optional
            Cells of which a reader sees a rounded number, and what is rounded to it.
        harmless : iterable
            Cells that may be worked out.

        Returns
        -------
        System
            Cells first, in their order, then rests.
        """
        for line in lines:
            self.add(line)
        cells = list(self.sizes)
        values = np.array([*map(self._whole, cells), *(rest for rest, _, _ in self.rests)], dtype=float)
        printed = np.zeros(values.size, dtype=bool)
        printed[: len(cells)] = True
        low, high = values.copy(), values.copy()
        for cell, (least, most) in (told or {}).items():
            low[self.index[cell]], high[self.index[cell]] = least, most
        needs = np.array([True] * len(cells) + [few for _, _, few in self.rests], dtype=bool)
        needs[[self.index[cell] for cell in harmless]] = False
        held = np.zeros(values.size, dtype=bool)
        held[[self.index[cell] for cell in fixed]] = True
        return System(
            values=values,
            matrix=self.matrix(),
            floor=np.where(printed, np.minimum(self.floor, values), 0.0),
            ceiling=np.array([np.inf] * len(cells) + [most for _, most, _ in self.rests]),
            told_low=low,
            told_high=high,
            unseen=~printed,
            fixed=held,
            needs=needs,
            costs=np.array([costs[cell] for cell in cells] + [0.0] * len(self.rests)),
        )

    def _whole(self, cell: Hashable) -> float:
        return float(self.sizes[cell])

    def matrix(self) -> Any:
        """Which numbers stand in which sum, whole less parts?

        Returns
        -------
        sparse array, shape (m, n)
            Cells first, then rests.
        """
        from scipy.sparse import csr_array

        size = len(self.index) + len(self.rests)

        found = [(row, at, weight) for row, entries in enumerate(self.rows) for at, weight in entries]
        rows, columns, weights = np.array(found, dtype=float).reshape(-1, 3).T
        places: Any = (weights, (rows.astype(np.intp), columns.astype(np.intp)))
        return csr_array(places, shape=(len(self.rows), size))


def settled(system: System, low: Floats, high: Floats) -> Mask:
    """Which numbers follow from the others one sum at a time?

    Parameters
    ----------
    system : System
        The numbers and their sums.
    low, high : array of float, shape (n,)
        How far each may move for itself.

    Returns
    -------
    array of bool, shape (n,)
        True where nothing is left to guess.
    """
    known = (high - low) <= NEAR
    pattern = system.matrix.copy()
    pattern.data = np.ones_like(pattern.data)
    while True:
        left = pattern @ (~known).astype(float)
        alone = np.flatnonzero(np.abs(left - 1.0) < NEAR)
        if not alone.size:
            return known
        touched = np.asarray(pattern[alone].sum(axis=0)).ravel() > 0
        if not (touched & ~known).any():
            return known
        known = known | touched


def groups(system: System, free: Sequence[int] | Indices, together: Sequence[Indices] = ()) -> list[Indices]:
    """Which of the numbers that may still move hang together?

    Parameters
    ----------
    system : System
        The numbers and their sums.
    free : array of int
        Indices of those that may move.
    together : sequence of array of int, optional
        Numbers that hang together though no sum says so.

    Returns
    -------
    list of array of int
        Their indices, a group at a time.
    """
    from scipy.sparse import csr_array, vstack
    from scipy.sparse.csgraph import connected_components

    at = np.asarray(free, dtype=np.intp)
    if not at.size:
        return []
    ties: Any = (
        np.ones(sum(map(len, together))),
        np.concatenate([np.zeros(0, np.intp), *together]),
        np.cumsum([0, *map(len, together)]),
    )
    every = vstack([system.matrix, csr_array(ties, shape=(len(together), system.size))], format="csr")[:, at]
    # each sum is tied to its first number, and so to all others
    begins = np.flatnonzero(np.diff(every.indptr))
    firsts = np.repeat(every.indices[every.indptr[begins]], np.diff(every.indptr)[begins])
    graph = csr_array((np.ones(every.indices.size), (firsts, every.indices)), shape=(at.size, at.size))
    _, labels = connected_components(graph, directed=False)
    order = np.argsort(labels, kind="stable")
    cuts = np.flatnonzero(np.diff(labels[order])) + 1
    return [at[chunk] for chunk in np.split(order, cuts)]
