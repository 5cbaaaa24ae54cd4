"""Linear programmes over one set of sums, asked again and again.

Between two questions only some bounds and prices change, so HiGHS keeps the rest. How far a number can move is found soonest
from the last answer, by its primal simplex method; the cheapest way to move one from where nothing moves, by its dual.

Reference: Huangfu and Hall (2018), Mathematical Programming Computation 10.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from afa_eval.disclosure.system import Floats, Indices, Mask
from afa_eval.errors import DisclosureError

PRIMAL = 4  # HiGHS's number of the primal simplex method
UNSOLVED = "A linear programme of the disclosure control could not be solved."
QUIET = {"output_flag": False, "presolve": "off", "solver": "simplex", "parallel": "off", "threads": 1}


@dataclass(slots=True, eq=False)
class Programme:
    """Which way of moving numbers costs least, where every sum must still hold?

    Attributes
    ----------
    matrix : sparse array, shape (m, n)
        The sums.
    onward : bool
        Whether to go on from the last answer, and not from where nothing moves.
    """

    matrix: Any
    onward: bool = False
    _highs: Any = None
    _asked: tuple[Floats, ...] = ()

    def solve(
        self, cost: Floats, low: Floats, high: Floats, least: Floats | None = None, most: Floats | None = None
    ) -> Floats | None:
        """Which way is it?

        Parameters
        ----------
        cost : array of float, shape (n,)
            Of moving each number up by one.
        low, high : array of float, shape (n,)
            How far each may move.
        least, most : array of float, shape (m,), optional
            Between which each sum must stay; none where all are nought.

        Returns
        -------
        array of float or None
            None where there is no such way.

        Raises
        ------
        DisclosureError
            Where the programme ends otherwise, which bounded numbers never let it.
        """
        from highspy import HighsModelStatus

        none = np.zeros(self.matrix.shape[0])
        asked = (cost, low, high, none if least is None else least, none if most is None else most)
        if self._highs is None:
            self._start(*asked)
        else:
            self._change(*asked)
        self._asked = tuple(one.copy() for one in asked)
        if not self.onward:
            self._highs.setBasis()
        self._highs.run()
        known = {HighsModelStatus.kOptimal, HighsModelStatus.kInfeasible}
        if self._highs.getModelStatus() not in known:
            self._highs.clearSolver()  # where it lost its way from the last answer, it begins anew
            self._highs.run()
        if self._highs.getModelStatus() not in known:
            raise DisclosureError(UNSOLVED)
        there = self._highs.getModelStatus() == HighsModelStatus.kOptimal
        return np.array(self._highs.getSolution().col_value) if there else None

    def _start(self, cost: Floats, low: Floats, high: Floats, least: Floats, most: Floats) -> None:
        from highspy import Highs, HighsLp, MatrixFormat

        columns = self.matrix.tocsc()
        self._highs = Highs()  # type: ignore[no-untyped-call]
        for name, value in (QUIET | ({"simplex_strategy": PRIMAL} if self.onward else {})).items():
            self._highs.setOptionValue(name, value)
        programme = HighsLp()
        programme.num_row_, programme.num_col_ = columns.shape
        programme.col_cost_, programme.col_lower_, programme.col_upper_ = cost, low, high
        programme.row_lower_, programme.row_upper_ = least, most
        sums = programme.a_matrix_
        sums.format_, sums.start_ = MatrixFormat.kColwise, columns.indptr
        sums.index_, sums.value_ = columns.indices, columns.data
        self._highs.passModel(programme)

    def _change(self, cost: Floats, low: Floats, high: Floats, least: Floats, most: Floats) -> None:
        """Say what is not as it was."""
        was_cost, was_low, was_high, was_least, was_most = self._asked
        other = np.flatnonzero(was_cost != cost).astype(np.int32)
        self._highs.changeColsCost(other.size, other, cost[other])
        other = np.flatnonzero((was_low != low) | (was_high != high)).astype(np.int32)
        self._highs.changeColsBounds(other.size, other, low[other], high[other])
        for row in np.flatnonzero((was_least != least) | (was_most != most)).tolist():
            self._highs.changeRowBounds(row, least[row], most[row])


@dataclass(frozen=True, slots=True, eq=False)
class Shifts:
    """How can one number be another by so much, while others that cost as little as can be make up for it?

    Attributes
    ----------
    programme : Programme
        The sums of cells twice: up and down are told apart, so that either costs.
    sums : sparse array, shape (m, k)
        Of cells, by row.
    cells : array of int, shape (k,)
        Numbers but for rests.
    rests : array of int, shape (r,)
        Numbers that stand nowhere and in one sum alone. They cost nothing, and each is what its sum leaves: it bounds the
        sum, and no step is spent on it.
    rows : array of int, shape (r,)
        In which sum each stands.
    weights : array of float, shape (r,)
        How it counts there.
    """

    programme: Programme
    sums: Any
    cells: Indices
    rests: Indices
    rows: Indices
    weights: Floats

    @classmethod
    def of(cls, matrix: Any, unseen: Mask) -> Shifts:
        """How can they, where these sums must hold?

        Parameters
        ----------
        matrix : sparse array, shape (m, n)
            The sums.
        unseen : array of bool, shape (n,)
            Numbers that stand nowhere.

        Returns
        -------
        Shifts
            To be asked often.
        """
        from scipy.sparse import hstack

        columns = matrix.tocsc()
        alone = np.flatnonzero(unseen & (np.diff(columns.indptr) == 1))
        rows, first = np.unique(columns.indices[columns.indptr[alone]], return_index=True)
        rests = alone[first]
        cells = np.setdiff1d(np.arange(unseen.size), rests)
        sums = columns[:, cells].tocsr()
        programme = Programme(hstack([sums, -sums], format="csc"))
        return cls(programme, sums, cells, rests, rows, columns.data[columns.indptr[rests]])

    def way(self, at: int, by: float, low: Floats, high: Floats, price: Floats) -> Floats | None:
        """What is added to each number in the cheapest way?

        Parameters
        ----------
        at : int
            The number that is shifted.
        by : float
            Up, or down.
        low, high : array of float, shape (n,)
            How far each may move.
        price : array of float, shape (n,)
            Of moving each by one, up or down.

        Returns
        -------
        array of float or None
            None where it cannot be shifted so far.
        """
        if not low[at] <= by <= high[at]:
            return None
        low, high = low.copy(), high.copy()
        low[at] = high[at] = by
        return self._solved(np.concatenate([price[self.cells], price[self.cells]]), low, high)

    def farthest(self, at: int, by: float, low: Floats, high: Floats, price: Floats) -> Floats:
        """What is added to each number where one is shifted as far as can be, up to some distance?

        Parameters
        ----------
        at : int
            The number that is shifted.
        by : float
            Up, or down, no farther than this.
        low, high : array of float, shape (n,)
            How far each may move.
        price : array of float, shape (n,)
            Of moving each by one; of two ways that go as far, the cheaper is taken.

        Returns
        -------
        array of float
            Nought throughout where it cannot be shifted at all.

        Raises
        ------
        DisclosureError
            Where the programme cannot be solved, though to shift nothing solves it.
        """
        low, high = low.copy(), high.copy()
        low[at], high[at] = max(low[at], min(by, 0.0)), min(high[at], max(by, 0.0))
        much = 1.0 + 2.0 * price.sum()  # more than any way can cost
        gain = np.sign(by) * much * self._counts(at)
        found = self._solved(np.concatenate([price[self.cells] - gain, price[self.cells] + gain]), low, high)
        if found is None:
            raise DisclosureError(UNSOLVED)
        return found

    def _counts(self, at: int) -> Floats:
        """How a number counts cells: itself, or as what they leave of a sum."""
        counts = np.zeros(self.cells.size)
        which = np.flatnonzero(self.rests == at)
        if which.size:
            row = self.rows[which[0]]
            span = slice(self.sums.indptr[row], self.sums.indptr[row + 1])
            counts[self.sums.indices[span]] = -self.sums.data[span] / self.weights[which[0]]
        else:
            counts[np.searchsorted(self.cells, at)] = 1.0
        return counts

    def _solved(self, cost: Floats, low: Floats, high: Floats) -> Floats | None:
        least, most = np.zeros((2, self.sums.shape[0]))
        ends = -self.weights * np.array([low[self.rests], high[self.rests]])
        least[self.rows], most[self.rows] = ends.min(axis=0), ends.max(axis=0)
        up, down = high[self.cells], -low[self.cells]
        at_least = np.concatenate([np.maximum(-down, 0.0), np.maximum(-up, 0.0)])
        at_most = np.maximum(np.concatenate([up, down]), 0.0)
        found = self.programme.solve(cost, at_least, at_most, least, most)
        if found is None:
            return None
        way = np.zeros(low.size)
        way[self.cells] = found[: self.cells.size] - found[self.cells.size :]
        way[self.rests] = -(self.sums @ way[self.cells])[self.rows] / self.weights
        return way
