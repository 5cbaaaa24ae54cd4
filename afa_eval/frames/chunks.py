"""Rows of a large table, some at a time, to the cross-products of their groups.

Where rows of a group stand side by side, each run of them is a matrix product. Where they are scattered they wait until
many are there, in as few bytes as they need, and are brought together group by group.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import pairwise
from operator import or_
from typing import Any

import numpy as np
from numpy.typing import NDArray

from afa_eval.frames.numbering import joined
from afa_eval.frames.rows import SLICE, Rows
from afa_eval.kernels.linear import Floats, Ints
from afa_eval.kernels.moments import equal_products, products

PIECE = 122_880  # rows taken over at a time, as many as DuckDB hands over
APART = 24  # numbers between columns, so that they do not fall on the same lines of the cache
BLOCK = 64  # rows of a group multiplied at once, at least; of the last ones up to twice as many
PARTS = 8192  # parts of groups that wait to be added
LONG_RUN = 16  # rows of one group side by side, on average, that need no sorting


@dataclass(slots=True)
class Sums:
    """What has been added up so far?

    Attributes
    ----------
    keys : ndarray of int, shape (levels, G)
        The groups met so far.
    n, cross : ndarray
        Rows and cross-products by group. The first column is the constant.
    waiting : list of tuple
        Keys, rows and cross-products of parts of groups that are still to be added.
    """

    keys: Ints
    n: Ints
    cross: Floats
    waiting: list[tuple[Ints, Ints, Floats]]

    @classmethod
    def none(cls, levels: int, q: int) -> Sums:
        """Where does it begin?

        Parameters
        ----------
        levels : int
            Grouping columns.
        q : int
            Columns of the model.

        Returns
        -------
        Sums
            Without groups.
        """
        return cls(np.zeros((levels, 0), dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros((0, q, q)), [])

    def add(self, keys: Ints, n: Ints, cross: Floats) -> None:
        """Add up parts of groups.

        Parameters
        ----------
        keys : ndarray of int, shape (levels, m)
            Whose they are.
        n : ndarray of int, shape (m,)
            Rows of each part.
        cross : ndarray, shape (m, q, q)
            Their cross-products.
        """
        self.waiting.append((keys, n, cross))
        if sum(part.size for _, part, _ in self.waiting) > PARTS:
            self.settle()

    def settle(self) -> None:
        """Add what waits to its groups."""
        if not self.waiting:
            return
        every, at = self.places(np.hstack([part for part, _, _ in self.waiting])), 0
        for _, n, cross in self.waiting:
            places, at = every[at : at + n.size], at + n.size
            if np.unique(places).size == places.size:
                self.join(places, n, cross)
            else:
                np.add.at(self.n, places, n)
                np.add.at(self.cross, places, cross)
        self.waiting = []

    def join(self, places: Ints, n: Ints, cross: Floats) -> None:
        """Add parts of groups of which none comes twice.

        Parameters
        ----------
        places : ndarray of int, shape (m,)
            Where they stand.
        n : ndarray of int, shape (m,)
            Rows of each part.
        cross : ndarray, shape (m, q, q)
            Their cross-products, which are used up.
        """
        met = np.flatnonzero(self.n[places])
        if met.size == places.size:
            self.cross[places] += cross
        else:
            cross[met] += self.cross[places[met]]
            self.cross[places] = cross
        self.n[places] += n

    def places(self, keys: Ints) -> Ints:
        """Where do these groups stand? Those not met yet get a place.

        Parameters
        ----------
        keys : ndarray of int, shape (levels, m)
            Groups, which may repeat.

        Returns
        -------
        ndarray of int, shape (m,)
            Positions in ``n`` and ``cross``.
        """
        met = self.n.size
        if not met:  # no need to keep places that were given
            codes, self.keys = joined(keys)
        else:
            codes, found = joined(np.hstack([self.keys, keys]))
            moved = np.empty(found.shape[1], dtype=np.int64)
            new = np.ones(moved.size, dtype=np.bool_)
            moved[codes[:met]], new[codes[:met]] = np.arange(met), False
            moved[new] = met + np.arange(moved.size - met)
            self.keys = np.hstack([self.keys, found[:, new]])
            codes = moved[codes[met:]]
        more = self.keys.shape[1] - met
        if more:
            self.n = np.append(self.n, np.zeros(more, dtype=np.int64))
            before, self.cross = self.cross, np.zeros((met + more, *self.cross.shape[1:]))
            self.cross[:met] = before
        return codes


@dataclass(slots=True)
class Buffer:
    """Which rows wait to be brought together?

    Attributes
    ----------
    sums : Sums
        Where they are added.
    space : ndarray, shape (q, PIECE)
        The constant, and the shifted columns of some rows, written anew each time.
    shift : ndarray, shape (q,)
        What is subtracted from each column.
    rows : Rows or None
        Those that wait; None where there is none.
    used : int
        How many wait.
    least : dict of int to int
        How many bytes columns, and groups after the last of them, were found to need.
    """

    sums: Sums
    space: Floats
    shift: Floats
    rows: Rows | None = None
    used: int = 0
    least: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, levels: int, q: int) -> Buffer:
        """Where does a pass begin?

        Parameters
        ----------
        levels : int
            Grouping columns.
        q : int
            Columns of the model.

        Returns
        -------
        Buffer
            Empty.
        """
        space = np.empty((q, max(PIECE, 2 * BLOCK) + APART))
        space[0] = 1.0
        return cls(Sums.none(levels, q), space, np.zeros(q))

    def done(self) -> Sums:
        """What do all rows come to?

        Returns
        -------
        Sums
            Nothing waits any more.
        """
        self.flush()
        self.rows = None
        self.sums.settle()
        return self.sums

    def take_in(self, made: Sequence[NDArray[Any] | None], shift: Floats, keys: Ints) -> None:
        """Add rows, at once where those of a group stand side by side.

        Parameters
        ----------
        made : sequence of ndarray or None
            Columns of the model, at most ``PIECE`` rows, always of the same types; None for the constant.
        shift : ndarray, shape (q,)
            What is subtracted from each, always the same.
        keys : ndarray of int, shape (levels, n)
            Their groups.
        """
        n = keys.shape[1]
        self.shift = shift
        changed = reduce(or_, (level[1:] != level[:-1] for level in keys), np.zeros(n - 1, dtype=np.bool_))
        runs = 1 + int(np.count_nonzero(changed))
        if runs * LONG_RUN <= n or runs == 1:
            starts = np.append(0, np.flatnonzero(changed) + 1)
            self.sums.add(keys[:, starts], np.diff(starts, append=n), self._products(made, starts, n))
            return
        if self.rows is None:
            self.rows = Rows.like(made, keys, self.least, PIECE)
        if self.used + n > self.rows.capacity:
            self.flush()
        while short := self.rows.put(self.used, made, keys):
            self.flush()
            self.least |= short
            self.rows = Rows.like(made, keys, self.least, PIECE)
        self.used += n

    def flush(self) -> None:
        """Add the waiting rows, those of a group brought together."""
        if self.rows is None or not self.used:
            return
        keys, starts, order = self.rows.grouped(self.used)
        places, counts = self.sums.places(keys), np.diff(starts, append=self.used)
        self.sums.n[places] += counts
        moved = np.flatnonzero(self.shift).tolist()
        for size, first, whose in _blocks(starts, counts):
            z = self.space[:, : first.size * size]
            self.rows.take(order, first, size, z)
            for i in moved:
                z[i] -= self.shift[i]
            cross = equal_products(z, size)
            new = np.append(0, np.flatnonzero(whose[1:] != whose[:-1]) + 1)
            if new.size < whose.size:
                cross = np.add.reduceat(cross, new, axis=0)
            self.sums.cross[places[whose[new]]] += cross
        self.used = 0

    def _products(self, made: Sequence[NDArray[Any] | None], starts: Ints, n: int) -> Floats:
        """Cross-products of runs, of some at a time: their columns are multiplied while they lie in the cache."""
        cuts = np.unique(np.append(np.searchsorted(starts, np.arange(0, n, SLICE)), starts.size))
        bounds, constant = np.append(starts, n), [i for i, one in enumerate(made) if one is None]
        found = np.empty((starts.size, len(made), len(made)))
        for a, b in pairwise(cuts.tolist()):
            first, last = bounds[a], bounds[b]
            some = [None if one is None else one[first:last] for one in made]
            found[a:b] = products(self._laid_out(some, last - first), starts[a:b] - first, constant)
        return found

    def _laid_out(self, made: Sequence[NDArray[Any] | None], n: int) -> Floats:
        """Columns less their shift, one below the other."""
        space = self.space[:, :n]
        for one, by, place in zip(made, self.shift.tolist(), space, strict=True):
            if one is not None and by:
                np.subtract(one, by, out=place, dtype=np.float64)  # narrow floats would round what is subtracted
            elif one is not None:
                place[:] = one
        return space


def _blocks(starts: Ints, counts: Ints) -> Iterator[tuple[int, Ints, Ints]]:
    """Runs of rows cut into blocks of one size: the size, where each begins, and whose it is."""
    block = max(BLOCK, int(counts.sum()) // SLICE)  # as long as there are not many more sizes than slices
    whole = np.maximum(counts // block - 1, 0)
    groups = np.repeat(np.arange(counts.size), whole)
    before = np.arange(groups.size) - np.repeat(np.cumsum(whole) - whole, whole)
    cut, left = [(block, starts[groups] + block * before, groups)], counts - block * whole
    for size in np.unique(left).tolist():
        alike = np.flatnonzero(left == size)
        cut.append((size, starts[alike] + block * whole[alike], alike))
    for size, first, whose in cut:
        step = max(min(SLICE, PIECE) // size, 1)
        for at in range(0, first.size, step):
            yield size, first[at : at + step], whose[at : at + step]
