"""Moments of each cluster: counts, sums and cross-products, all that Gaussian estimators need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from afa_eval.errors import EstimationError
from afa_eval.kernels.linear import Floats, Ints, Unshift, inverse_root, unshift, unshift_beside_ones

WORTH_A_CALL = 2500  # products a run, in all, from which on a matrix product of its own is the faster way
MANY_ROWS = 5000  # to multiply and add two columns of so many costs more than to see whether it must be done
CACHED = 32_768  # rows of which two columns and their product fit the cache
PLACE = 32  # bits for a row's place beside its code
FIRST_ROWS = 1000  # enough for a shift that keeps the digits; the mean itself is not needed


@dataclass(frozen=True, slots=True)
class ClusterMoments:
    """What is there to know about the columns in each cluster?

    Attributes
    ----------
    n : ndarray of int, shape (J,)
        Rows of each cluster.
    sums : ndarray, shape (J, q)
        Column sums of the shifted columns.
    cross : ndarray, shape (J, q, q)
        Sums of z z' of the shifted columns.
    shift : ndarray, shape (q,)
        What was subtracted from each column before.
    """

    n: Ints
    sums: Floats
    cross: Floats
    shift: Floats

    @property
    def n_rows(self) -> int:
        """How many rows are there in all?"""
        return int(self.n.sum())

    @property
    def n_clusters(self) -> int:
        """How many clusters have a row?"""
        return int(np.count_nonzero(self.n))

    def occupied(self) -> ClusterMoments:
        """What is left without the clusters that have no row?

        Returns
        -------
        ClusterMoments
            The same record where every cluster has one.
        """
        return self if self.n.all() else self.take(self.n > 0)

    def take(self, clusters: Ints | NDArray[np.bool_]) -> ClusterMoments:
        """What are the moments of these clusters, in this order?

        Parameters
        ----------
        clusters : ndarray of int or of bool
            Positions, which may repeat, or a mask.

        Returns
        -------
        ClusterMoments
            A cluster taken twice counts as two.
        """
        return ClusterMoments(self.n[clusters], self.sums[clusters], self.cross[clusters], self.shift)


def constant_safe_shift(columns: Floats) -> Floats:
    """By how much should each column be shifted to keep its digits?

    Parameters
    ----------
    columns : ndarray, shape (n, q)
        The columns; constants and indicators (only 0 and 1) stay as they are: they lose no digits, and
        indicators that add up to one must go on doing so.

    Returns
    -------
    ndarray, shape (q,)
        Mean of the first 1,000 rows, 0 for constants and indicators.
    """
    if not columns.shape[0]:
        return np.zeros(columns.shape[1])
    shift: Floats = columns[:FIRST_ROWS].mean(axis=0)
    for i, column in enumerate(columns.T):
        if indicates(column) or _constant(column, column[0]):
            shift[i] = 0.0
    return shift


def outcome_shift(first: NDArray[Any], shift: float) -> float:
    """By how much should the outcome be shifted, which unlike a regressor may become nought throughout?

    Parameters
    ----------
    first : ndarray
        Its first rows.
    shift : float
        That of any column.

    Returns
    -------
    float
        Its value where they all have the same: a constant outcome then has errors of 0, not of rounding.
    """
    return float(first[0]) if first.size and _constant(first, first[0]) else shift


def indicates(column: NDArray[Any]) -> bool:
    """Is a column 0 or 1 throughout?

    Parameters
    ----------
    column : ndarray, shape (n,)
        Numbers or truth values; the first rows say no at once, as a rule.

    Returns
    -------
    bool
        True of a constant 0 or 1 too.
    """
    first = column[:FIRST_ROWS]
    return bool(((first == 0) | (first == 1)).all() and ((column == 0) | (column == 1)).all())


def _constant(column: Floats, value: float) -> bool:
    """Is it this value throughout?"""
    return bool((column[:FIRST_ROWS] == value).all() and (column == value).all())


def cluster_moments(columns: Floats, cluster: Ints, shift: Floats | None = None) -> ClusterMoments:
    """What are the count, sums and cross-products of the columns in each cluster?

    Parameters
    ----------
    columns : ndarray, shape (n, q)
        Regressors and outcome side by side; add a column of ones where an intercept is wanted.
    cluster : ndarray of int, shape (n,)
        Cluster of each row, 0 to J - 1. A code without rows gives an empty cluster, which counts nowhere.
    shift : ndarray, shape (q,), optional
        Subtracted first, none by default. Shift (see ``constant_safe_shift``) where means are large beside
        standard deviations; the regressors must then hold a constant, or indicators that add up to one.

    Returns
    -------
    ClusterMoments
        One matrix per cluster.

    Raises
    ------
    EstimationError
        Where there is no row, or a value is missing or infinite.

    Examples
    --------
    >>> moments = cluster_moments(np.array([[1.0, 2.0], [1.0, 4.0], [1.0, 9.0]]), np.array([0, 0, 1]))
    >>> moments.n.tolist(), moments.cross[0].tolist()
    ([2, 1], [[2.0, 6.0], [6.0, 20.0]])
    """
    values = np.asarray(columns, dtype=np.float64)
    codes = np.asarray(cluster, dtype=np.int64)
    _check(values, codes)
    offset = np.zeros(values.shape[1]) if shift is None else np.asarray(shift, dtype=np.float64)
    return column_moments(values.T - offset[:, None], codes, offset)


def column_moments(z: Floats, codes: Ints, shift: Floats, indicators: Sequence[int] = ()) -> ClusterMoments:
    """What are the same of columns that are shifted already?

    Parameters
    ----------
    z : ndarray, shape (q, n)
        Shifted columns, one below the other, each contiguous.
    codes : ndarray of int, shape (n,)
        Cluster of each row, 0 to J - 1.
    shift : ndarray, shape (q,)
        What was subtracted.
    indicators : sequence of int, optional
        Columns known to be 0 or 1 throughout.

    Returns
    -------
    ClusterMoments
        One matrix per cluster.

    Raises
    ------
    EstimationError
        Where a value is missing or infinite.
    """
    if (codes[1:] < codes[:-1]).any():
        order, codes = stable_order(codes)
        z = z.take(order, axis=1)
    elif not z.flags.c_contiguous:
        z = np.ascontiguousarray(z)
    starts = np.append(0, np.flatnonzero(codes[1:] != codes[:-1]) + 1)
    with np.errstate(over="ignore", invalid="ignore"):  # said below
        cross = products(z, starts, indicators)
    check_finite(cross)
    constant = next((i for i, one in enumerate(z) if _constant(one, 1.0)), None)
    sums = np.add.reduceat(z, starts, axis=1).T if constant is None else cross[:, constant]
    counts, filled, groups = np.diff(starts, append=codes.size), codes[starts], int(codes[-1]) + 1
    if filled.size < groups:  # a code without rows is an empty cluster
        counts, sums, cross = (_spread(part, filled, groups) for part in (counts, sums, cross))
    return ClusterMoments(counts, np.ascontiguousarray(sums), cross, shift)


def check_finite(cross: Floats) -> None:
    """Can all values be squared and added up?

    Parameters
    ----------
    cross : ndarray
        Cross-products.

    Raises
    ------
    EstimationError
        Where one is missing or infinite.
    """
    if not np.isfinite(cross).all():
        raise EstimationError("A value is missing, infinite or too large to be squared; drop incomplete rows first.")


def _spread(part: NDArray[Any], places: Ints, size: int) -> NDArray[Any]:
    """Parts at their places among noughts."""
    out = np.zeros((size, *part.shape[1:]), dtype=part.dtype)
    out[places] = part
    return out


def undo_shift(moments: ClusterMoments, regressors: Sequence[int], outcome: int) -> Unshift:
    """How do coefficients of the shifted columns become those of the columns as they were?

    Parameters
    ----------
    moments : ClusterMoments
        Without empty clusters.
    regressors : sequence of int
        Columns on the right.
    outcome : int
        The column on the left.

    Returns
    -------
    Unshift
        The identity where nothing was shifted.

    Raises
    ------
    EstimationError
        Where columns were shifted but no constant is among, or a sum of, the regressors.
    """
    at, first = list(regressors), regressors[0]
    shift, by = moments.shift[at], float(moments.shift[outcome])
    if ((moments.sums[:, first] == moments.n) & (moments.cross[:, first, first] == moments.n)).all():  # it is 1
        return unshift_beside_ones(shift, by)
    gram = moments.cross.sum(axis=0)[np.ix_(at, at)]
    return unshift(inverse_root(gram), moments.sums.sum(axis=0)[at], moments.n_rows, shift, by)


def stable_order(codes: Ints) -> tuple[Ints, Ints]:
    """In which order are small codes sorted, equal ones as they stand?

    Parameters
    ----------
    codes : ndarray of int
        From 0, below 2^31.

    Returns
    -------
    order, codes : ndarray of int
        The places, and the codes in that order: both in one number each, which numpy sorts faster than it finds an order.
    """
    placed = codes << PLACE
    placed |= np.arange(codes.size)
    placed.sort()
    found = placed >> PLACE
    placed &= (1 << PLACE) - 1
    return placed, found


def products(z: Floats, starts: Ints, indicators: Sequence[int] = ()) -> Floats:
    """What are the cross-products of each run of rows?

    Parameters
    ----------
    z : ndarray, shape (q, n)
        Columns, one below the other.
    starts : ndarray of int, shape (R,)
        Where each run begins; it ends where the next one begins.
    indicators : sequence of int, optional
        Columns known to be 0 or 1 throughout, some of whose products need no multiplying.

    Returns
    -------
    ndarray, shape (R, q, q)
        Of long runs a matrix product each; of short ones sums over all runs at once, a product of two columns at a
        time, since a matrix product costs microseconds to begin.
    """
    q, n = z.shape
    if n * q * (q + 1) < 2 * WORTH_A_CALL * starts.size:
        cuts = [*np.unique(np.searchsorted(starts, np.arange(0, n, CACHED))), starts.size]
        runs = [(starts[a:b], starts[b] if b < starts.size else n) for a, b in pairwise(cuts) if a < b]
        return np.concatenate([_by_pair(z[:, one[0] : end], one - one[0], indicators) for one, end in runs])
    out = np.empty((starts.size, q, q))
    turned = z[1:].T
    for (start, end), place in zip(pairwise([*starts.tolist(), n]), out[:, :, 1:], strict=True):
        np.matmul(z[:, start:end], turned[start:end], place)
    return _first_too(out, np.add.reduceat(z[0] if 0 in indicators else z[0] * z[0], starts))


def equal_products(z: Floats, size: int) -> Floats:
    """What are the cross-products of runs that are all of one size?

    Parameters
    ----------
    z : ndarray, shape (q, R size)
        Columns, one below the other.
    size : int
        Rows of each run.

    Returns
    -------
    ndarray, shape (R, q, q)
        What ``products`` gives, without a call for each run.
    """
    runs = z.reshape(z.shape[0], -1, size)
    out = np.empty((runs.shape[1], z.shape[0], z.shape[0]))
    np.matmul(runs.transpose(1, 0, 2), runs[1:].transpose(1, 2, 0), out=out[:, :, 1:])
    return _first_too(out, np.einsum("rn,rn->r", runs[0], runs[0]))


def _first_too(out: Floats, squares: Floats) -> Floats:
    """All cross-products, where those of the first column with the others were left out on one side.

    BLAS takes up to twice as long to multiply an array by itself, turned, as to multiply two; without the first column they are two.
    """
    out[:, 0, 0], out[:, 1:, 0] = squares, out[:, 0, 1:]
    return out


def _by_pair(z: Floats, starts: Ints, indicators: Sequence[int]) -> Floats:
    """Of two columns at a time, for all runs; what indicators give without multiplying is not multiplied."""
    q, n = z.shape
    out, product = np.empty((starts.size, q, q)), np.empty(n)
    known = _unmultiplied(z, starts, indicators) if n > MANY_ROWS else {}
    for a in range(q):
        for b in range(a, q):
            found = known.get((a, b))
            if found is None:
                found = np.add.reduceat(np.multiply(z[a], z[b], out=product), starts)
            out[:, a, b] = out[:, b, a] = found
    return out


def _unmultiplied(z: Floats, starts: Ints, indicators: Sequence[int]) -> dict[tuple[int, int], Floats]:
    """Products that sums tell: of an indicator with itself, and of one that is the same in each run with any column."""
    q, n = z.shape
    sums, counts = np.add.reduceat(z, starts, axis=1), np.diff(starts, append=n)
    known = {(i, i): sums[i] for i in indicators}
    for i in indicators:
        if ((sums[i] == 0) | (sums[i] == counts)).all():
            known |= {(min(i, k), max(i, k)): sums[k] * (sums[i] > 0) for k in range(q)}
    return known


def cell_moments(totals: Floats, sizes: Floats, cells: Ints, cluster: Ints, k: int) -> ClusterMoments:
    """What are the moments of indicators of cells and an outcome, without making the columns?

    The model is ratio = total / size on one indicator a cell, weighted by size: columns and outcome are
    multiplied by the root of the size, as weighted least squares does. Where every size is 1 it is plain.

    Parameters
    ----------
    totals : ndarray, shape (n,)
        Numerator of each row (its value where sizes are 1).
    sizes : ndarray, shape (n,)
        Denominator of each row, above 0.
    cells : ndarray of int, shape (n,)
        Cell of each row, 0 to k - 1.
    cluster : ndarray of int, shape (n,)
        Cluster of each row, 0 to J - 1.
    k : int
        Number of cells.

    Returns
    -------
    ClusterMoments
        Of k indicators, then the outcome: what ``cluster_moments`` gives of the columns.

    Examples
    --------
    >>> cell_moments(np.array([2.0, 4.0]), np.ones(2), np.array([0, 1]), np.array([0, 0]), 2).cross[0].tolist()
    [[1.0, 0.0, 2.0], [0.0, 1.0, 4.0], [2.0, 4.0, 20.0]]
    """
    counts = np.bincount(cluster)
    place, root = cluster * k + cells, np.sqrt(sizes)

    def by_cell(weights: Floats) -> Floats:
        flat = np.asarray(np.bincount(place, weights=weights, minlength=counts.size * k), dtype=np.float64)
        return flat.reshape(counts.size, k)

    cross, each = np.zeros((counts.size, k + 1, k + 1)), np.arange(k)
    cross[:, each, each] = by_cell(sizes)
    cross[:, each, k] = cross[:, k, each] = by_cell(totals)
    cross[:, k, k] = by_cell(totals * totals / sizes).sum(axis=1)
    sums = np.column_stack([by_cell(root), by_cell(totals / root).sum(axis=1)])
    return ClusterMoments(counts.astype(np.int64), sums, cross, np.zeros(k + 1))


def _check(values: Floats, codes: Ints) -> None:
    if values.ndim != 2 or codes.shape != values.shape[:1]:
        raise ValueError(f"columns must be (n, q) and cluster (n,), not {values.shape} and {codes.shape}")
    if not values.shape[0]:
        raise EstimationError("There are no rows to estimate from.")
    if codes.min() < 0:
        raise ValueError("cluster codes must not be negative; drop rows without a cluster first")
