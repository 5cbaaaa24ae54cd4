"""Standardised differences: by the national SD, of two independent groups, and of clustered trials.

Formulas: Hedges (1981, 2007, Journal of Educational and Behavioral Statistics 32(4)), and the
convention of the R package eefAnalytics 1.1, restated from its published numbers. Arrays in,
frozen records out; nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isinf, sqrt

import numpy as np
from numpy.typing import NDArray

Sizes = NDArray[np.int64] | NDArray[np.float64]
CONVENTIONS = ("afa_eval", "eefanalytics")
BASES = ("total", "within")


@dataclass(frozen=True, slots=True)
class EffectSize:
    """How large is a difference in standard deviations?

    Attributes
    ----------
    value : float
        In standard deviations.
    se : float
        Standard error, same units.
    low, high : float
        Confidence interval.
    df : float
        Degrees of freedom of the interval; infinite for the normal.
    """

    value: float
    se: float
    low: float
    high: float
    df: float


def correction(df: float) -> float:
    """By how much is a standardised difference shrunk, so that it is right on average?

    Parameters
    ----------
    df : float
        Degrees of freedom of the standard deviation; infinite where it is known.

    Returns
    -------
    float
        Hedges' exact J, between 0 and 1.

    Examples
    --------
    >>> correction(58) < 1 == correction(float("inf"))
    True
    """
    from scipy.special import poch  # a ratio of gamma functions that keeps its digits at any size

    if isinf(df):
        return 1.0
    return float(poch((df - 1) / 2, 0.5)) / sqrt(df / 2)


def g_national(difference: float, se: float, df: float, sd: float, level: float = 0.95) -> EffectSize:
    """How many national standard deviations is a difference?

    The standard deviation is known, so nothing is corrected and the interval is merely rescaled.

    Parameters
    ----------
    difference, se, df : float
        A contrast with its standard error and degrees of freedom, in the test's units.
    sd : float
        National standard deviation of that test and year.
    level : float
        Confidence level.

    Returns
    -------
    EffectSize
        In national standard deviations.

    Raises
    ------
    ValueError
        Where the standard deviation is not positive.

    Examples
    --------
    >>> g_national(3.0, 1.5, float("inf"), 15.0).value
    0.2
    """
    if sd <= 0:
        raise ValueError(f"a standard deviation must be positive, not {sd}")
    return _around(difference / sd, se / sd, df, level)


def g_estimated(difference: float, se: float, df: float, sd: float, sd_df: float, level: float = 0.95) -> EffectSize:
    """How many standard deviations is a difference, where the standard deviation is estimated too?

    Parameters
    ----------
    difference, se, df : float
        A contrast with its standard error and degrees of freedom.
    sd, sd_df : float
        The standard deviation it is divided by, and the degrees of freedom of that.
    level : float
        Confidence level.

    Returns
    -------
    EffectSize
        Corrected by Hedges' J; its error allows for that of the standard deviation.

    Raises
    ------
    ValueError
        Where the standard deviation is not positive.
    """
    if sd <= 0:
        raise ValueError(f"a standard deviation must be positive, not {sd}")
    d, j = difference / sd, correction(sd_df)
    return _around(j * d, j * sqrt((se / sd) ** 2 + d**2 / (2 * sd_df)), df, level)


def hedges_g(
    mean_t: float, mean_c: float, sd_t: float, sd_c: float, n_t: int, n_c: int, level: float = 0.95
) -> EffectSize:
    """How many pooled standard deviations apart are two independent groups, without clusters?

    Parameters
    ----------
    mean_t, mean_c, sd_t, sd_c : float
        Means and standard deviations (divisor n - 1), same units.
    n_t, n_c : int
        How many are in each.
    level : float
        Confidence level.

    Returns
    -------
    EffectSize
        Hedges' g with an interval from the noncentral t distribution.

    References
    ----------
    Steiger and Fouladi (1997), in Harlow et al., What If There Were No Significance Tests?
    """
    df = n_t + n_c - 2
    sd = sqrt(((n_t - 1) * sd_t**2 + (n_c - 1) * sd_c**2) / df)
    d, root, j = (mean_t - mean_c) / sd, sqrt(1 / n_t + 1 / n_c), correction(df)
    low, high = (end * root * j for end in noncentrality(d / root, df, level))
    return EffectSize(j * d, j * sqrt(root**2 + d**2 / (2 * (n_t + n_c))), low, high, float(df))


def noncentrality(t: float, df: float, level: float = 0.95) -> tuple[float, float]:
    """Which noncentralities are compatible with an observed t?

    Parameters
    ----------
    t : float
        The observed statistic.
    df : float
        Its degrees of freedom.
    level : float
        Confidence level.

    Returns
    -------
    tuple of float
        Low and high: t lies at the upper and the lower tail of their distributions.
    """
    from scipy.special import nctdtr

    tail = (1 - level) / 2

    def excess(nc: float, probability: float) -> float:
        return float(nctdtr(df, nc, t)) - probability

    low, high = (_falling_root(lambda nc, p=p: excess(nc, p), t) for p in (1 - tail, tail))  # type: ignore[misc]
    return low, high


def _falling_root(function: Callable[[float], float], start: float) -> float:
    """Root of a function that falls: widen a bracket around ``start``, then close it."""
    from scipy.optimize import brentq

    width = 1.0
    while function(start - width) < 0 or function(start + width) > 0:
        width *= 2
    return float(brentq(function, start - width, start + width, xtol=1e-13, rtol=1e-14))


@dataclass(frozen=True, slots=True)
class ArmSizes:
    """How unequal are the schools of the two arms? The sums that Hedges' formulas need.

    Attributes
    ----------
    n_t, n_c : float
        Pupils by arm.
    m_t, m_c : int
        Schools by arm.
    mean_size : float
        Effective school size of the contrast.
    nu_t, nu_c : float
        Effective school size within each arm.
    a, b : float
        Hedges' A and B, for the variance of the total variance.
    """

    n_t: float
    n_c: float
    m_t: int
    m_c: int
    mean_size: float
    nu_t: float
    nu_c: float
    a: float
    b: float

    @property
    def n(self) -> float:
        """Pupils in both arms."""
        return self.n_t + self.n_c

    @property
    def m(self) -> int:
        """Schools in both arms."""
        return self.m_t + self.m_c


def arm_sizes(sizes_t: Sizes, sizes_c: Sizes) -> ArmSizes:
    """Which sums of the school sizes do the formulas need?

    Parameters
    ----------
    sizes_t, sizes_c : numpy.ndarray
        Pupils by school of each arm, shapes (m_t,) and (m_c,).

    Returns
    -------
    ArmSizes
        Counts and effective sizes.

    Raises
    ------
    ValueError
        With fewer than two schools in an arm.
    """
    if min(len(sizes_t), len(sizes_c)) < 2:
        raise ValueError("each arm needs at least two schools")
    t, c = (np.asarray(sizes, dtype=np.float64) for sizes in (sizes_t, sizes_c))
    n_t, n_c = float(t.sum()), float(c.sum())
    mean_size = n_c * float((t**2).sum()) / (n_t * (n_t + n_c)) + n_t * float((c**2).sum()) / (n_c * (n_t + n_c))
    nu_t, nu_c = (_effective_size(sizes) for sizes in (t, c))
    a = sum(_spread(sizes) for sizes in (t, c))
    b = nu_t * (len(t) - 1) + nu_c * (len(c) - 1)
    return ArmSizes(n_t, n_c, len(t), len(c), mean_size, nu_t, nu_c, a, b)


def _effective_size(sizes: NDArray[np.float64]) -> float:
    n = float(sizes.sum())
    return (n**2 - float((sizes**2).sum())) / (n * (len(sizes) - 1))


def _spread(sizes: NDArray[np.float64]) -> float:
    n, s2, s3 = (float((sizes**power).sum()) for power in (1, 2, 3))
    return (n**2 * s2 + s2**2 - 2 * n * s3) / n**2


def hedges_g_clustered(
    difference: float,
    var_school: float,
    var_pupil: float,
    sizes: ArmSizes,
    *,
    basis: str = "total",
    convention: str = "afa_eval",
    se: float | None = None,
    df: float | None = None,
    level: float = 0.95,
) -> EffectSize:
    """How many standard deviations apart are two arms of schools?

    Parameters
    ----------
    difference : float
        Treatment minus control, from the model.
    var_school, var_pupil : float
        Variances between and within schools: of the model with treatment only for
        ``afa_eval``; of whichever model eefAnalytics used for ``eefanalytics``.
    sizes : ArmSizes
        See ``arm_sizes``.
    basis : str
        ``total`` (all pupils of an arm) or ``within`` (pupils of one school).
    convention : str
        ``afa_eval``: difference over the model's standard deviation, corrected by J of that
        standard deviation's degrees of freedom, error from the model's own standard error and
        a t interval. ``eefanalytics``: as that package prints it, with the sample-SD factor on
        the total, no J, a plug-in variance and 1.96.
    se, df : float, optional
        The difference's own standard error and degrees of freedom; needed for ``afa_eval``.
    level : float
        Confidence level; eefAnalytics knows 0.95 only.

    Returns
    -------
    EffectSize
        In standard deviations of the basis.

    Raises
    ------
    ValueError
        Where basis or convention is unknown, a variance is not positive, or ``se`` is missing.

    Notes
    -----
    eefAnalytics multiplies the total effect by a factor made for a sample standard deviation
    although its own is already the model's, and leaves out J; the default here does neither.
    """
    _check(basis, BASES, "basis")
    _check(convention, CONVENTIONS, "convention")
    if var_pupil <= 0 or var_school < 0:
        raise ValueError("variances must be positive (that between schools may be 0)")
    icc = var_school / (var_school + var_pupil)
    if convention == "eefanalytics":
        return _eef_clustered(difference, var_school, var_pupil, sizes, basis)
    if se is None:
        raise ValueError("the afa_eval convention needs the difference's own standard error")
    sd = sqrt(var_pupil + (var_school if basis == "total" else 0.0))
    sd_df = total_df(icc, sizes) if basis == "total" else sizes.n - sizes.m
    return g_estimated(difference, se, sizes.m - 2.0 if df is None else df, sd, sd_df, level)


def total_df(icc: float, sizes: ArmSizes) -> float:
    """How many degrees of freedom has the total standard deviation of clustered arms?

    Parameters
    ----------
    icc : float
        Share of the variance between schools.
    sizes : ArmSizes
        See ``arm_sizes``.

    Returns
    -------
    float
        Hedges (2007): pupils minus 2 without clusters, fewer with them.
    """
    n = sizes.n - 2
    spread = n * (1 - icc) ** 2 + sizes.a * icc**2 + 2 * sizes.b * icc * (1 - icc)
    return n * (n - icc * (n - sizes.b)) / spread


def _eef_clustered(difference: float, var_school: float, var_pupil: float, sizes: ArmSizes, basis: str) -> EffectSize:
    icc = var_school / (var_school + var_pupil)
    arms = sizes.n / (sizes.n_t * sizes.n_c) * (1 + (sizes.mean_size - 1) * icc)
    if basis == "within":
        d = difference / sqrt(var_pupil)
        return _around(d, sqrt(arms / (1 - icc) + d**2 / (2 * (sizes.n - sizes.m))), inf, 0.95, z=1.96)
    lost = sizes.n - sizes.nu_t * sizes.m_t - sizes.nu_c * sizes.m_c + sizes.nu_t + sizes.nu_c - 2
    d = difference / sqrt(var_school + var_pupil) * sqrt(1 - icc * lost / (sizes.n - 2))
    return _around(d, sqrt(arms + d**2 / (2 * total_df(icc, sizes))), inf, 0.95, z=1.96)


def hedges_g_multisite(
    difference: float,
    var_slope: float,
    var_pupil: float,
    sizes_t: Sizes,
    sizes_c: Sizes,
    *,
    var_intercept: float = 0.0,
    cov: float = 0.0,
    basis: str = "total",
) -> EffectSize:
    """How large is the effect of a trial within schools, as eefAnalytics reckons it?

    Parameters
    ----------
    difference : float
        Treatment minus control, from the model with a random treatment slope by school.
    var_slope, var_pupil : float
        Variance of the treatment's effect between schools, and within schools.
    sizes_t, sizes_c : numpy.ndarray
        Treated and control pupils of each school, both of shape (m,).
    var_intercept, cov : float
        Variance of the school intercepts and their covariance with the slopes; for ``total``.
    basis : str
        ``total`` or ``within``.

    Returns
    -------
    EffectSize
        With a normal interval (1.96).
    """
    _check(basis, BASES, "basis")
    t, c = (np.asarray(sizes, dtype=np.float64) for sizes in (sizes_t, sizes_c))
    n, share = float((t + c).sum()), float(t.sum() / (t + c).sum())
    variance = var_pupil + (var_intercept + share * (var_slope + 2 * cov) if basis == "total" else 0.0)
    d, both = difference / sqrt(variance), (t > 0) & (c > 0)
    harmonic = t[both] * c[both] / (t[both] + c[both])
    precision = float((variance / (var_slope + var_pupil / harmonic)).sum())
    return _around(d, sqrt(1 / precision + d**2 / (2 * n - 4 * len(t))), inf, 0.95, z=1.96)


def hedges_g_pupil_trial(difference: float, residual_sd: float, n_t: int, n_c: int) -> EffectSize:
    """How large is the effect of a trial without schools, as eefAnalytics reckons it?

    Parameters
    ----------
    difference : float
        Treatment minus control, from a regression.
    residual_sd : float
        Residual standard deviation of that regression.
    n_t, n_c : int
        Pupils by arm.

    Returns
    -------
    EffectSize
        With the approximate J = 1 - 3/(4 df - 1) and a normal interval (1.96).
    """
    d, n = difference / residual_sd, n_t + n_c
    j = 1 - 3 / (4 * (n - 2) - 1)
    return _around(j * d, j * sqrt(n / (n_t * n_c) + d**2 / (2 * n)), inf, 0.95, z=1.96)


def superiority(d: float) -> float:
    """How likely is a pupil of one group to score above one of the other, if both are normal?

    Parameters
    ----------
    d : float
        Difference in standard deviations, the same in both groups.

    Returns
    -------
    float
        Between 0 and 1; one half where the groups are alike.

    Examples
    --------
    >>> superiority(0.0)
    0.5
    """
    from scipy.special import ndtr

    return float(ndtr(d / sqrt(2)))


def u3(d: float) -> float:
    """Which share of the control group does the average treated pupil exceed, if both are normal?

    Parameters
    ----------
    d : float
        Difference in standard deviations.

    Returns
    -------
    float
        Cohen's U3, between 0 and 1.

    Examples
    --------
    >>> round(100 * (1 - u3(-0.994)))
    84
    """
    from scipy.special import ndtr

    return float(ndtr(d))


def _around(value: float, se: float, df: float, level: float, z: float | None = None) -> EffectSize:
    from scipy.special import ndtri, stdtrit

    if z is None:
        z = float(ndtri(0.5 + level / 2) if isinf(df) else stdtrit(df, 0.5 + level / 2))
    return EffectSize(value, se, value - z * se, value + z * se, df)


def _check(given: str, known: tuple[str, ...], what: str) -> None:
    if given not in known:
        raise ValueError(f"{what} must be one of {', '.join(known)}, not {given!r}")
