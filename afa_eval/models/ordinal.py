"""Ordered answers: the clustered probability of superiority, and marginal homogeneity of pairs."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log

import numpy as np
from numpy.typing import ArrayLike, NDArray

from afa_eval.errors import EstimationError
from afa_eval.kernels.moments import cluster_moments
from afa_eval.kernels.ols import contrast, fit_ols

EXACT_UP_TO = 16  # changed pairs: 65,536 ways to swap them are counted, beyond that chi-squared serves


@dataclass(frozen=True, slots=True)
class Superiority:
    """How likely is an answer from after to be higher than one from before?

    Attributes
    ----------
    value : float
        Ties count half; 0.5 where nothing shifted.
    se, df : float or None
        CR2 standard error and Satterthwaite degrees of freedom; None where there is one school,
        or every answer from one wave is above every one from the other.
    low, high : float or None
        Interval, symmetric on the logit scale.
    n, n_schools : int
        Answers in both waves, schools they come from.
    """

    value: float
    se: float | None
    df: float | None
    low: float | None
    high: float | None
    n: int
    n_schools: int


@dataclass(frozen=True, slots=True)
class Homogeneity:
    """Did the answers shift between two waves of the same units?

    Attributes
    ----------
    statistic : float
        Stuart and Maxwell's chi-squared.
    df : int
        Its degrees of freedom: answers that occur in changed pairs, minus one.
    p_value : float
        Exact where few pairs changed, else from chi-squared.
    exact : bool
        Which of the two.
    n, n_changed : int
        Pairs, and pairs with two different answers.
    """

    statistic: float
    df: int
    p_value: float
    exact: bool
    n: int
    n_changed: int


def superiority(
    before: ArrayLike, after: ArrayLike, school_before: ArrayLike, school_after: ArrayLike, level: float = 0.95
) -> Superiority:
    """How likely is a random answer from after to be higher than a random one from before?

    Parameters
    ----------
    before, after : array_like
        Answers as numbers whose order matters, shapes (n,) and (m,), nothing missing.
    school_before, school_after : array_like
        The school of each; a school in both waves is one cluster.
    level : float
        Confidence level.

    Returns
    -------
    Superiority
        P(after > before) + P(after = before) / 2.

    Raises
    ------
    EstimationError
        Where a wave has no answer.

    Notes
    -----
    Each answer is replaced by its placement, the share of the other wave's answers that it
    beats. To first order the estimate's error is the sum of the errors of the two waves' mean
    placements, so its variance is that of a sum of two cell means with schools as clusters
    (Obuchowski 1997, Biometrics 53, 567-578, with CR2 in place of his sums of squares).

    Examples
    --------
    >>> superiority([1, 2], [2, 3], ["a", "b"], ["a", "b"]).value
    0.875
    """
    x, y = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    if not x.size or not y.size:
        raise EstimationError("One of the two waves has no answer.")
    placed = np.concatenate([1 - placements(x, y), placements(y, x)])
    wave = np.repeat([0.0, 1.0], [x.size, y.size])
    names = [str(name) for name in (*np.asarray(school_before), *np.asarray(school_after))]
    schools = np.unique(names, return_inverse=True)[1]
    value, n_schools = float(placed[wave == 1].mean()), int(schools.max()) + 1
    nothing = Superiority(value, None, None, None, None, x.size + y.size, n_schools)
    if n_schools < 2 or not 0 < value < 1:
        return nothing
    columns = np.column_stack([1 - wave, wave, placed])
    try:
        found = contrast(fit_ols(cluster_moments(columns, schools), [0, 1], 2), [1.0, 1.0])
    except EstimationError:  # a wave with one school only
        return nothing
    low, high = logit_interval(value, found.se, found.df, level)
    return Superiority(value, found.se, found.df, low, high, x.size + y.size, n_schools)


def placements(answers: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Which share of the other answers does each beat, ties counting half?

    Parameters
    ----------
    answers, others : numpy.ndarray
        Shapes (n,) and (m,).

    Returns
    -------
    numpy.ndarray
        Shape (n,), between 0 and 1.
    """
    ranked = np.sort(others)
    below, upto = (np.searchsorted(ranked, answers, side=side) for side in ("left", "right"))
    return np.asarray((below + upto) / (2 * ranked.size), dtype=np.float64)


def logit_interval(value: float, se: float, df: float | None, level: float = 0.95) -> tuple[float, float]:
    """Between which values does a proportion lie, never leaving 0 to 1?

    Parameters
    ----------
    value : float
        Strictly between 0 and 1.
    se, df : float
        Its standard error and degrees of freedom (None: normal).
    level : float
        Confidence level.

    Returns
    -------
    tuple of float
        Symmetric about the value on the logit scale.
    """
    from scipy.special import ndtri, stdtrit

    z = float(ndtri(0.5 + level / 2) if df is None else stdtrit(df, 0.5 + level / 2))
    centre, half = log(value / (1 - value)), z * se / (value * (1 - value))
    low, high = (1 / (1 + exp(-end)) if end > -700 else 0.0 for end in (centre - half, centre + half))
    return low, high


def marginal_homogeneity(before: ArrayLike, after: ArrayLike) -> Homogeneity:
    """Did the answers shift, where each unit answered twice and stands for itself?

    Only where the unit is the school: answers of parents within schools depend on each other.

    Parameters
    ----------
    before, after : array_like
        The two answers of each unit as whole numbers, both of shape (n,).

    Returns
    -------
    Homogeneity
        Statistic and p-value; with two answers it is McNemar's test.

    Raises
    ------
    EstimationError
        Where the shapes differ or there is no pair.

    Notes
    -----
    Swapping the two answers of a pair leaves the covariance of the statistic as it is, so the
    exact p-value is the share of all ways to swap whose statistic is at least as large.

    References
    ----------
    Stuart (1955), Biometrika 42, 412-416; Maxwell (1970), British Journal of Psychiatry 116, 651-655.

    Examples
    --------
    >>> found = marginal_homogeneity([0, 0, 0, 0, 1], [1, 1, 1, 0, 1])
    >>> round(found.statistic, 9), found.p_value
    (3.0, 0.25)
    """
    x, y = np.asarray(before), np.asarray(after)
    if x.shape != y.shape or x.ndim != 1:
        raise EstimationError("Paired answers must be as many before as after.")
    if not x.size:
        raise EstimationError("Nobody answered in both waves.")
    changed = x != y
    if not changed.any():
        return Homogeneity(0.0, 0, 1.0, True, x.size, 0)
    _, codes = np.unique(np.concatenate([x[changed], y[changed]]), return_inverse=True)
    k, m = int(codes.max()) + 1, int(changed.sum())
    moves = np.asarray(np.eye(k)[codes[m:]] - np.eye(k)[codes[:m]], dtype=np.float64)
    inverse = np.asarray(np.linalg.pinv(moves.T @ moves, hermitian=True), dtype=np.float64)
    total = moves.sum(axis=0)
    statistic, df = float(total @ inverse @ total), int(np.linalg.matrix_rank(moves))
    exact = m <= EXACT_UP_TO
    p_value = _exact(moves, inverse, statistic) if exact else _chi_squared(statistic, df)
    return Homogeneity(statistic, df, p_value, exact, x.size, m)


def _exact(moves: NDArray[np.float64], inverse: NDArray[np.float64], statistic: float) -> float:
    """Share of all ways to swap the pairs with a statistic at least as large."""
    m = moves.shape[0]
    swaps = 1.0 - 2.0 * ((np.arange(2**m)[:, None] >> np.arange(m)) & 1)
    totals = swaps @ moves
    statistics = np.einsum("ia,ab,ib->i", totals, inverse, totals)
    return float((statistics >= statistic - 1e-9).mean())


def _chi_squared(statistic: float, df: int) -> float:
    from scipy.special import chdtrc

    return float(chdtrc(df, statistic))
