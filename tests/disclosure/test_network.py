"""Moving numbers as a flow says what a linear programme says, in any table that is a network and in no other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_array

from afa_eval.disclosure.network import Network


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


@st.composite
def movements(draw):
    """A table, how far each number may move at what price, and one that should move."""
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    matrix = sums_of((rows + 1, columns + 1))
    rest = draw(st.integers(0, 2))  # numbers that stand in one sum only
    matrix = np.hstack(
        [matrix, *(-np.eye(len(matrix))[:, [draw(st.integers(0, len(matrix) - 1))]] for _ in range(rest))]
    )
    n = matrix.shape[1]
    room = st.lists(st.integers(0, 12), min_size=n, max_size=n).map(lambda found: np.array(found, dtype=float))
    price = draw(st.lists(st.sampled_from([0.0, 1.0, 1.5, 2.0]), min_size=n, max_size=n))
    signs = draw(st.lists(st.sampled_from([-1.0, 1.0]), min_size=len(matrix), max_size=len(matrix)))
    matrix = matrix * np.array(signs)[:, None]  # whole less parts, or parts less whole
    by = draw(st.sampled_from([-10.0, -3.0, 3.0, 10.0]))
    return matrix, -draw(room), draw(room), np.array(price) + 1e-6, draw(st.integers(0, n - 1)), by


@settings(max_examples=60, deadline=None)
@given(movements())
def test_a_flow_goes_as_far_and_costs_as_little_as_a_linear_programme(asked) -> None:
    matrix, low, high, price, at, by = asked
    network = Network.of(csr_array(matrix))
    assert network.covers.all()
    way = network.move(at, by, low, high, price)
    assert np.abs(matrix @ way).max() < 1e-9  # steps are whole numbers: sums hold exactly but for a float's last digit
    assert ((way >= low - 1e-9) & (way <= high + 1e-9)).all()
    free = np.zeros(matrix.shape[1])
    free[at] = -np.sign(by)
    edge = linprog(free, A_eq=matrix, b_eq=np.zeros(len(matrix)), bounds=np.c_[low, high], method="highs")
    far = min(-edge.fun, abs(by))
    assert way[at] * np.sign(by) == pytest.approx(far, abs=1e-6)  # the programme's own tolerance is 1e-7
    assert network.move(at, by, low, high)[at] == pytest.approx(way[at])
    fixed = np.c_[np.zeros(2 * low.size), np.r_[high, -low]]
    fixed[at], fixed[low.size + at] = (max(way[at], 0.0),) * 2, (max(-way[at], 0.0),) * 2
    least = linprog(np.r_[price, price], A_eq=np.hstack([matrix, -matrix]), b_eq=np.zeros(len(matrix)), bounds=fixed)
    assert price @ np.abs(way) == pytest.approx(least.fun, abs=1e-5)  # 12 moves at up to 2 each, to 1e-7


def test_tables_of_three_dimensions_are_no_network_and_those_beside_them_are() -> None:
    cube, flat = sums_of((3, 3, 3)), sums_of((3, 4))
    both = np.block([[cube, np.zeros((len(cube), flat.shape[1]))], [np.zeros((len(flat), cube.shape[1])), flat]])
    network = Network.of(csr_array(both))
    assert not network.covers[: cube.shape[1]].any()
    assert network.covers[cube.shape[1] :].all()


def test_three_sums_in_a_ring_that_all_add_up_are_no_network() -> None:
    ring = np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0]])  # no signs of the sums make every number run
    assert not Network.of(csr_array(ring)).covers.any()
    assert not Network.of(csr_array(np.array([[1.0, -2.0, 1.0]]))).covers.any()
    assert not Network.of(
        csr_array(np.array([[1.0, -0.5, 1.0], [0.0, 1.0, 1.0]]))
    ).covers.any()  # nor where half counts


def test_a_number_in_no_sum_moves_alone_and_one_that_is_held_moves_nothing() -> None:
    network = Network.of(csr_array(np.array([[1.0, -1.0, 0.0]])))
    low, high = np.array([-5.0, 0.0, -5.0]), np.array([5.0, 0.0, 5.0])
    assert network.move(2, 3.0, low, high).tolist() == [0.0, 0.0, 3.0]
    assert network.move(0, 3.0, low, high).tolist() == [0.0, 0.0, 0.0]
    assert network.move(0, -3.0, low, np.array([5.0, 5.0, 5.0])).tolist() == [0.0, 0.0, 0.0]
