"""Moments of clusters: the sums they claim to be, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from afa_eval.errors import EstimationError
from afa_eval.kernels import moments as kernel
from afa_eval.kernels.moments import WORTH_A_CALL, cluster_moments, constant_safe_shift, products


def test_sums_and_products_of_shifted_columns():
    rng = np.random.default_rng(0)
    columns, cluster = rng.normal(3, 1, (200, 4)), rng.integers(0, 7, 200)
    shift = np.array([0.0, 1, 2, 3])
    moments = cluster_moments(columns, cluster, shift)
    for j in range(7):
        block = columns[cluster == j] - shift
        np.testing.assert_allclose(moments.cross[j], block.T @ block, rtol=1e-13)  # rounding of another order
        np.testing.assert_allclose(moments.sums[j], block.sum(axis=0), rtol=1e-12)
        assert moments.n[j] == len(block)
    assert (moments.n_rows, moments.n_clusters) == (200, 7)


@pytest.mark.parametrize("size", [1, 7, 2000])
def test_products_of_runs_are_the_same_either_way(size, monkeypatch):
    """Short runs are summed a pair of columns at a time, some rows after others; long ones multiplied as matrices."""
    monkeypatch.setattr(kernel, "CACHED", 10)
    q = 3
    assert (size * q * (q + 1) / 2 < WORTH_A_CALL) == (size < 2000)
    z = np.random.default_rng(1).normal(size=(q, 5 * size))
    expected = [z[:, at : at + size] @ z[:, at : at + size].T for at in range(0, 5 * size, size)]
    # each number is a sum of up to 2,000 products of order 1, so rounding is of order 2,000 times epsilon
    np.testing.assert_allclose(products(z, np.arange(0, 5 * size, size)), expected, rtol=1e-13, atol=1e-12)
    np.testing.assert_allclose(kernel.equal_products(z, size), expected, rtol=1e-13, atol=1e-12)


def test_what_indicators_spare_is_what_multiplying_gives(monkeypatch):
    """One that differs inside runs, one that does not, one that is never 1, the constant."""
    rng = np.random.default_rng(2)
    n, starts = 600, np.arange(0, 600, 6)
    inside, whole = rng.integers(0, 2, n), np.repeat(rng.integers(0, 2, 100), 6)
    z = np.vstack([np.ones(n), inside, rng.normal(size=n), whole, np.zeros(n), rng.normal(size=n)]).astype(float)
    monkeypatch.setattr(kernel, "MANY_ROWS", 0)
    spared, plain = products(z, starts, [0, 1, 3, 4]), products(z, starts)
    np.testing.assert_allclose(spared, plain, rtol=1e-13, atol=1e-14)  # rounding of another order


def test_a_code_without_rows_is_an_empty_cluster():
    moments = cluster_moments(np.arange(6.0).reshape(3, 2), np.array([3, 0, 3]))
    assert moments.n.tolist() == [1, 0, 0, 2]
    assert moments.sums.tolist() == [[2, 3], [0, 0], [0, 0], [4, 6]]
    assert moments.cross[3].tolist() == [[16, 20], [20, 26]]
    assert not moments.cross[1:3].any()


def test_a_cluster_taken_twice_counts_as_two():
    moments = cluster_moments(np.arange(8.0).reshape(4, 2), np.array([0, 0, 1, 2])).take(np.array([1, 1, 0]))
    assert moments.n.tolist() == [1, 1, 2]
    assert moments.n_clusters == 3


def test_constants_and_indicators_are_not_shifted():
    columns = np.column_stack([np.ones(4), [0, 1, 1, 0], [10.0, 20, 30, 40]])
    assert constant_safe_shift(columns).tolist() == [0, 0, 25]
    assert constant_safe_shift(np.empty((0, 2))).tolist() == [0, 0]


def test_bad_input():
    with pytest.raises(EstimationError, match="no rows"):
        cluster_moments(np.empty((0, 2)), np.empty(0, dtype=np.int64))
    with pytest.raises(EstimationError, match="missing"):
        cluster_moments(np.array([[np.nan]]), np.array([0]))
    with pytest.raises(EstimationError, match="infinite or too large"):
        cluster_moments(np.array([[1.0], [1e200]]), np.array([0, 1]))
    with pytest.raises(ValueError, match="negative"):
        cluster_moments(np.ones((1, 1)), np.array([-1]))
    with pytest.raises(ValueError, match="columns must be"):
        cluster_moments(np.ones((2, 1)), np.array([0]))
