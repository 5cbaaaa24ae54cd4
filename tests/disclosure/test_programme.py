"""What is asked of one programme again and again is what scipy's own says each time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_array

from afa_eval.disclosure.programme import Programme, Shifts

TOLERANCE = 1e-5  # of sums of up to a hundred moves at up to 2 each: the programmes' own tolerance is 1e-7


def sums_of(shape: tuple[int, ...]) -> np.ndarray:
    """Every sum of a table of any number of dimensions, whose last row of each is the total."""
    at = np.arange(np.prod(shape)).reshape(shape)
    found = []
    for axis in range(len(shape)):
        for parts in np.moveaxis(at, axis, -1).reshape(-1, shape[axis]):
            row = np.zeros(at.size)
            row[parts[:-1]], row[parts[-1]] = -1.0, 1.0
            found.append(row)
    return np.array(found)


def by_scipy(cost, matrix, low, high):
    return linprog(cost, A_eq=matrix, b_eq=np.zeros(len(matrix)), bounds=np.c_[low, high], method="highs")


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([(3, 4), (5, 3), (3, 3, 3), (2, 4, 3)]), st.booleans())
def test_each_of_many_questions_is_answered_as_if_it_were_the_first(seed, shape, onward) -> None:
    rng, matrix = np.random.default_rng(seed), sums_of(shape)
    n = matrix.shape[1]
    asked = Programme(csr_array(matrix), onward)
    cost, low, high = np.zeros(n), -rng.integers(0, 9, n).astype(float), rng.integers(0, 9, n).astype(float)
    for _ in range(8):
        some = rng.integers(0, n, 3)
        cost[some] = rng.normal(size=3)
        low[some[:2]], high[some[1:]] = -rng.integers(0, 9, 2), rng.integers(0, 9, 2)
        forced = low.copy()
        forced[some[0]] = min(high[some[0]], rng.choice([low[some[0]], 3.0]))  # often there is no such way
        way, known = asked.solve(cost, forced, high), by_scipy(cost, matrix, forced, high)
        assert (way is None) == (known.status == 2)
        if way is not None:
            assert np.abs(matrix @ way).max() < TOLERANCE
            assert ((way >= forced - TOLERANCE) & (way <= high + TOLERANCE)).all()
            assert cost @ way == pytest.approx(known.fun, abs=TOLERANCE)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([(4, 4), (3, 3, 3)]), st.integers(0, 5))
def test_a_number_is_shifted_as_far_and_as_cheaply_as_can_be(seed, shape, rests) -> None:
    rng, matrix = np.random.default_rng(seed), sums_of(shape)
    of = rng.integers(0, len(matrix), rests)  # two rests of one sum, too
    matrix = np.hstack([matrix, np.eye(len(matrix))[:, of] * rng.choice([-1.0, 1.0, 2.0], rests)])
    n = matrix.shape[1]
    unseen = np.arange(n) >= n - rests
    shifts = Shifts.of(csr_array(matrix), unseen)
    price = np.where(unseen, 0.0, rng.choice([0.001, 1.0, 1.5], n))
    for _ in range(4):
        low, high = -rng.integers(0, 12, n).astype(float), rng.integers(0, 12, n).astype(float)
        at, by = int(rng.integers(n)) if rng.random() < 0.7 else n - 1, float(rng.choice([-10.0, -3.0, 3.0, 10.0]))
        free = np.zeros(n)
        free[at] = -np.sign(by)
        far = min(-by_scipy(free, matrix, low, high).fun, abs(by))
        farthest = shifts.farthest(at, by, low, high, price)
        assert farthest[at] * np.sign(by) == pytest.approx(far, abs=TOLERANCE)
        assert np.abs(matrix @ farthest).max() < TOLERANCE
        way = shifts.way(at, by, low, high, price)
        assert (way is None) == (far < abs(by) - TOLERANCE)
        if way is not None:
            both = np.r_[high, -low]
            least = np.zeros(2 * n)
            least[at if by > 0 else at + n] = both[at if by > 0 else at + n] = abs(by)
            both[at + n if by > 0 else at] = 0.0
            cheapest = by_scipy(np.r_[price, price], np.hstack([matrix, -matrix]), least, both)
            assert price @ np.abs(way) == pytest.approx(cheapest.fun, abs=TOLERANCE)


def test_a_number_in_no_sum_moves_alone_and_one_that_is_held_not_at_all() -> None:
    shifts = Shifts.of(csr_array(np.array([[1.0, -1.0, 0.0]])), np.zeros(3, dtype=bool))
    low, high, price = np.array([-5.0, 0.0, -5.0]), np.array([5.0, 0.0, 5.0]), np.ones(3)
    assert shifts.farthest(2, 3.0, low, high, price).tolist() == [0.0, 0.0, 3.0]
    assert shifts.farthest(0, 3.0, low, high, price).tolist() == [0.0, 0.0, 0.0]
    assert shifts.way(1, 1.0, low, high, price) is None
    alone = Shifts.of(csr_array((0, 2)), np.ones(2, dtype=bool))
    assert alone.farthest(1, -4.0, np.full(2, -9.0), np.full(2, 9.0), np.ones(2)).tolist() == [0.0, -4.0]
