"""Small dense linear algebra on cross-products: scaling, rank, whitening, undoing a shift."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from afa_eval.errors import EstimationError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# A scaled Gram matrix with an eigenvalue below this has lost all but four of the sixteen digits
# of double precision in that direction: the column there cannot be told from the others.
RANK_TOLERANCE = 1e-12


def dependent_columns(gram: Floats) -> tuple[int, ...]:
    """Which columns say the same as others?

    Parameters
    ----------
    gram : ndarray, shape (p, p)
        Cross-products of the columns.

    Returns
    -------
    tuple of int
        Positions that take part in an exact (to rounding) linear relation, empty where there is none.

    Examples
    --------
    >>> dependent_columns(np.array([[2.0, 2.0, 0.0], [2.0, 2.0, 0.0], [0.0, 0.0, 1.0]]))
    (0, 1)
    """
    size = np.sqrt(np.diagonal(gram))
    empty = tuple(int(i) for i in np.flatnonzero(~(size > 0)))
    if empty:
        return empty
    values, vectors = np.linalg.eigh(gram / np.outer(size, size))
    loose = vectors[:, values < RANK_TOLERANCE]
    return tuple(int(i) for i in np.flatnonzero(np.any(np.abs(loose) > 1e-6, axis=1)))


def check_rank(gram: Floats) -> None:
    """Can each column's coefficient be told from the others'?

    Parameters
    ----------
    gram : ndarray, shape (p, p)
        Cross-products of the regressors.

    Raises
    ------
    EstimationError
        Naming the positions of the columns that cannot.
    """
    positions = dependent_columns(gram)
    if positions:
        named = ", ".join(str(i) for i in positions)
        raise EstimationError(
            f"Columns {named} (counted from 0) say the same thing: their coefficients cannot be told apart. "
            "Leave one of them out."
        )


def inverse_root(gram: Floats) -> Floats:
    """Which L has L L' = gram^-1?

    Parameters
    ----------
    gram : ndarray, shape (p, p)
        Positive definite cross-products; scaled to unit diagonal first, so units do not matter.

    Returns
    -------
    ndarray, shape (p, p)
        The root; upper triangular.
    """
    size = np.sqrt(np.diagonal(gram))
    lower = np.linalg.cholesky(gram / np.outer(size, size))
    root: Floats = np.linalg.inv(lower).T / size[:, None]
    return root


@dataclass(frozen=True, slots=True)
class Unshift:
    """How do coefficients of shifted columns become those of the columns as they were?

    Attributes
    ----------
    matrix : ndarray, shape (p, p)
        Multiplies the coefficients.
    offset : ndarray, shape (p,)
        Is added to them.
    """

    matrix: Floats
    offset: Floats


def unshift(root: Floats, sums: Floats, n_rows: int, shift: Floats, outcome_shift: float) -> Unshift:
    """How is the shift of the columns undone in the coefficients?

    With X_s = X - 1 c' and 1 = X_s a, X = X_s (I + a c'); hence b = (I + a c')^-1 (b_s + a c_y).

    Parameters
    ----------
    root : ndarray, shape (p, p)
        ``inverse_root`` of the shifted regressors' cross-products.
    sums : ndarray, shape (p,)
        Column sums of the shifted regressors.
    n_rows : int
        Number of rows.
    shift : ndarray, shape (p,)
        What was subtracted from each regressor.
    outcome_shift : float
        What was subtracted from the outcome.

    Returns
    -------
    Unshift
        The identity where nothing was shifted.

    Raises
    ------
    EstimationError
        Where columns were shifted but no constant is among, or a sum of, the regressors.
    """
    p = shift.size
    if not shift.any() and outcome_shift == 0:
        return Unshift(np.eye(p), np.zeros(p))
    whitened = root.T @ sums
    if abs(n_rows - whitened @ whitened) > 1e-8 * n_rows:
        raise EstimationError("Shifted columns need a constant among the regressors; make the moments without a shift.")
    constant = root @ whitened
    constant[np.abs(constant) < 1e-13 * np.abs(constant).max()] = 0.0
    matrix = np.linalg.inv(np.eye(p) + np.outer(constant, shift)).astype(np.float64)
    return Unshift(matrix, matrix @ constant * outcome_shift)


def unshift_beside_ones(shift: Floats, outcome_shift: float) -> Unshift:
    """How is the shift undone where the first regressor is the constant 1?

    Parameters
    ----------
    shift : ndarray, shape (p,)
        What was subtracted from each regressor.
    outcome_shift : float
        What was subtracted from the outcome.

    Returns
    -------
    Unshift
        In closed form: only the intercept moves.

    Examples
    --------
    >>> unshift_beside_ones(np.array([0.0, 3.0]), 10.0).offset.tolist()
    [10.0, 0.0]
    """
    matrix, offset = np.eye(shift.size), np.zeros(shift.size)
    matrix[0] -= shift / (1 + shift[0])
    offset[0] = outcome_shift / (1 + shift[0])
    return Unshift(matrix, offset)
