"""Where numbers stand in two sums at most, they are the arcs of a network between the sums.

That is so in any table of rows by columns, with or without subtotals one way, and in two that share their rows. If a number is to be higher by ten, ten
people must come round from one of its sums to the other by way of other numbers: the cheapest way is a shortest path,
and where no path is left, none can come. A linear programme says the same, many times slower.

References: Ahuja, Magnanti and Orlin (1993), section 9.7, for successive shortest paths; Castro (2012),
European Journal of Operational Research 216(2), for tables as networks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from afa_eval.disclosure.implied import without_implied
from afa_eval.disclosure.system import NEAR, Floats, Mask

Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Which numbers are arcs between sums?

    Attributes
    ----------
    covers : array of bool, shape (n,)
        Numbers that are: they, and all that hang together with them, stand in two sums at most.
    sums : int
        How many there are, with a place outside for numbers in one sum only.
    start, end : array of int, shape (n,)
        From which sum to which each runs.
    arcs : array of int, shape (2k,)
        Numbers, and n further on the same numbers the other way round, by the sum that they leave.
    leaves, enters : array of int, shape (2k,)
        The sum that each of those leaves, and the one that it enters.
    """

    covers: Mask
    sums: int
    start: Indices
    end: Indices
    arcs: Indices
    leaves: Indices
    enters: Indices

    @classmethod
    def of(cls, matrix: Any) -> Network:
        """Which network is there in these sums?

        Parameters
        ----------
        matrix : sparse array, shape (m, n)
            The sums.

        Returns
        -------
        Network
            Perhaps of no number.
        """
        columns = without_implied(matrix).tocsc()
        (sums, size), count = columns.shape, np.diff(columns.indptr)
        places, weights = np.full((2, size), sums, dtype=np.intp), np.zeros((2, size))
        for which in (0, 1):
            there = np.flatnonzero(count > which)
            places[which, there] = columns.indices[columns.indptr[there] + which]
            weights[which, there] = columns.data[columns.indptr[there] + which]
        sign, sound = _signs(columns, places, weights)
        up = sign[places[0]] * weights[0] > 0
        start, end = np.where(up, places[0], places[1]), np.where(up, places[1], places[0])
        covers = sound[start] & sound[end]
        numbers = np.flatnonzero(covers)
        leaves = np.concatenate([start[numbers], end[numbers]])
        order = np.argsort(leaves, kind="stable")
        arcs, enters = np.concatenate([numbers, numbers + size]), np.concatenate([end[numbers], start[numbers]])
        return cls(covers, sums + 1, start, end, arcs[order], leaves[order], enters[order])

    def move(self, at: int, by: float, low: Floats, high: Floats, price: Floats | None = None) -> Floats:
        """How could a number be so much more, or less, or as much as can be?

        Parameters
        ----------
        at : int
            The number, one that is covered.
        by : float
            How far it should move, up or down.
        low, high : array of float, shape (n,)
            How far each may move.
        price : array of float, shape (n,), optional
            Of moving each by one: the cheapest way is taken. None takes any.

        Returns
        -------
        array of float, shape (n,)
            What is added to each number. Where the number itself moves by less than ``by``, no way takes it farther.
        """
        way = np.zeros(low.size)
        left = min(abs(by), float(high[at] if by > 0 else -low[at]))
        come, go = int(self.end[at]), int(self.start[at])
        if by < 0:
            come, go = go, come
        ahead = None if price is None else np.zeros(self.sums)
        while left > NEAR:
            room, cost = _residual(way, low, high, price)
            room[[at, at + way.size]] = 0.0
            path = self._path(come, go, room, cost, ahead)
            if path is None:
                break
            step = min(left, float(room[path].min(initial=np.inf)))
            way[path % way.size] += np.where(path < way.size, step, -step)
            way[at] += step if by > 0 else -step
            left -= step
        return way

    def _path(self, come: int, go: int, room: Floats, cost: Floats | None, ahead: Floats | None) -> Indices | None:
        """Through which arcs does one get from a sum to another, those with room only?"""
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import breadth_first_order, dijkstra

        if come == go:
            return np.zeros(0, dtype=np.intp)
        open_ = np.flatnonzero(room[self.arcs] > NEAR)
        arcs, leaves, enters = self.arcs[open_], self.leaves[open_], self.enters[open_]
        begin = np.searchsorted(leaves, np.arange(self.sums + 1)).astype(np.int32)
        toll = np.ones(arcs.size)
        if cost is not None and ahead is not None:
            toll = np.maximum(cost[arcs] + ahead[leaves] - ahead[enters], 0.0)
        graph: Any = csr_array((toll, enters, begin), shape=(self.sums, self.sums))
        if cost is None or ahead is None:
            _, before = breadth_first_order(graph, come, return_predecessors=True)
        else:
            (far,), (before,) = dijkstra(graph, indices=[come], return_predecessors=True)
            ahead += np.minimum(far, far[go])
        if before[go] < 0:
            return None
        return _back(come, go, before, begin, enters, toll, arcs)


def _back(come: int, go: int, before: Any, begin: Any, enters: Indices, toll: Floats, arcs: Indices) -> Indices:
    """The arcs that were taken, from the last."""
    found = []
    while go != come:
        last = int(before[go])
        span = slice(begin[last], begin[last + 1])
        here = np.flatnonzero(enters[span] == go)
        found.append(arcs[span][here[np.argmin(toll[span][here])]])
        go = last
    return np.array(found, dtype=np.intp)


def _residual(way: Floats, low: Floats, high: Floats, price: Floats | None) -> tuple[Floats, Floats | None]:
    """How far may each number still go up, and down, and what does it cost? To take a move back earns its price."""
    if price is None:
        return np.concatenate([high - way, way - low]), None
    up, down = way < -NEAR, way > NEAR
    room = np.concatenate([np.where(up, -way, high - way), np.where(down, way, way - low)])
    return room, np.concatenate([np.where(up, -price, price), np.where(down, -price, price)])


def _signs(columns: Any, places: Indices, weights: Floats) -> tuple[Floats, Mask]:
    """With which sign must each sum be taken so that every number leaves one and enters another?

    Each sum stands here twice, with either sign. A number ties two sums: if it counts alike in both, one with plus to the
    other with minus. A sum tied to its own opposite is in no network, nor is what hangs together with it.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    sums, count = columns.shape[0], np.diff(columns.indptr)
    two = np.flatnonzero(count == 2)
    one, other = places[0, two], places[1, two]
    alike = weights[0, two] * weights[1, two] > 0
    whole = np.abs(np.where(weights == 0.0, 1.0, weights)) == 1.0  # half a number is no arc
    many = columns.indices[np.repeat((count > 2) | ~whole.all(axis=0), count)]
    ties = np.concatenate([one, one + sums, many])
    tied = np.concatenate([other + sums * alike, other + sums * ~alike, many + sums])
    graph = coo_array((np.ones(ties.size), (ties, tied)), shape=(2 * sums, 2 * sums))
    _, label = connected_components(graph, directed=False)
    plus, minus = label[:sums], label[sums:]
    return np.append(np.where(plus < minus, 1.0, -1.0), 1.0), np.append(plus != minus, True)
