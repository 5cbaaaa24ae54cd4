"""Linear programmes over one set of sums, asked again and again.

Between two questions only some bounds and prices change, so HiGHS keeps the rest. How far a number can move is found soonest
from the last answer, by its primal simplex method; the cheapest way to move one from where nothing moves, by its dual.

Reference: Huangfu and Hall (2018), Mathematical Programming Computation 10.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from afa_eval.disclosure.system import Floats
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
    _cost: Floats = field(default_factory=lambda: np.zeros(0))
    _low: Floats = field(default_factory=lambda: np.zeros(0))
    _high: Floats = field(default_factory=lambda: np.zeros(0))

    def solve(self, cost: Floats, low: Floats, high: Floats) -> Floats | None:
        """Which way is it?

        Parameters
        ----------
        cost : array of float, shape (n,)
            Of moving each number up by one.
        low, high : array of float, shape (n,)
            How far each may move.

        Returns
        -------
        array of float or None
            None where there is no such way.
        """
        from highspy import HighsModelStatus

        if self._highs is None:
            self._start(cost, low, high)
        else:
            self._change(cost, low, high)
        if not self.onward:
            self._highs.setBasis()
        self._highs.run()
        if self._highs.getModelStatus() not in {HighsModelStatus.kOptimal, HighsModelStatus.kInfeasible}:
            self._highs.clearSolver()  # where it lost its way from the last answer, it begins anew
            self._highs.run()
        if self._highs.getModelStatus() != HighsModelStatus.kOptimal:
            return None
        return np.array(self._highs.getSolution().col_value)

    def _start(self, cost: Floats, low: Floats, high: Floats) -> None:
        from highspy import Highs, HighsLp, MatrixFormat

        columns = self.matrix.tocsc()
        self._highs = Highs()  # type: ignore[no-untyped-call]
        for name, value in (QUIET | ({"simplex_strategy": PRIMAL} if self.onward else {})).items():
            self._highs.setOptionValue(name, value)
        programme = HighsLp()
        programme.num_row_, programme.num_col_ = columns.shape
        programme.col_cost_, programme.col_lower_, programme.col_upper_ = cost, low, high
        programme.row_lower_ = programme.row_upper_ = np.zeros(columns.shape[0])
        sums = programme.a_matrix_
        sums.format_, sums.start_ = MatrixFormat.kColwise, columns.indptr
        sums.index_, sums.value_ = columns.indices, columns.data
        self._highs.passModel(programme)
        self._cost, self._low, self._high = cost.copy(), low.copy(), high.copy()

    def _change(self, cost: Floats, low: Floats, high: Floats) -> None:
        """Say what is not as it was."""
        other = np.flatnonzero(self._cost != cost).astype(np.int32)
        if other.size:
            self._highs.changeColsCost(other.size, other, cost[other])
            self._cost = cost.copy()
        other = np.flatnonzero((self._low != low) | (self._high != high)).astype(np.int32)
        if other.size:
            self._highs.changeColsBounds(other.size, other, low[other], high[other])
            self._low, self._high = low.copy(), high.copy()


@dataclass(slots=True, eq=False)
class Shifts:
    """How can one number be another by so much, while others that cost as little as can be make up for it?

    Attributes
    ----------
    programme : Programme
        The sums twice: up and down are told apart, so that either costs.
    """

    programme: Programme

    @classmethod
    def of(cls, matrix: Any) -> Shifts:
        """How can they, where these sums must hold?

        Parameters
        ----------
        matrix : sparse array, shape (m, n)
            The sums.

        Returns
        -------
        Shifts
            To be asked often.
        """
        from scipy.sparse import hstack

        return cls(Programme(hstack([matrix, -matrix], format="csc")))

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
        least, (there, most) = np.zeros(2 * price.size), self._one_way(at, by, low, high)
        least[there] = most[there] = abs(by)
        return self._both(np.concatenate([price, price]), least, most)

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
        there, most = self._one_way(at, by, low, high)
        most[there] = min(most[there], abs(by))
        cost = np.concatenate([price, price])
        cost[there] -= 1.0 + 2.0 * price.sum()  # more than any way can cost
        found = self._both(cost, np.zeros(most.size), most)
        if found is None:
            raise DisclosureError(UNSOLVED)
        return found

    def _one_way(self, at: int, by: float, low: Floats, high: Floats) -> tuple[int, Floats]:
        """Where the number stands that goes up, or down, and how far each may go, it itself not back."""
        most = np.concatenate([high, -low])
        there, back = (at, at + low.size) if by > 0 else (at + low.size, at)
        most[back] = 0.0
        return there, most

    def _both(self, cost: Floats, least: Floats, most: Floats) -> Floats | None:
        found = self.programme.solve(cost, least, most)
        return None if found is None else found[: most.size // 2] - found[most.size // 2 :]
