"""Multilevel models from moments: nested random intercepts and a random slope, REML and ML.

The profile deviance is minimised over the relative Cholesky factor of the random effects (so that variances
of nought are ordinary points), then its score is driven to zero by Newton steps whose second derivatives come
from a complex step: 12 digits, where minimising the deviance value stops at 6 or 7.

References: Bates et al. (2015), doi:10.18637/jss.v067.i01 (the likelihood and its constants);
Kenward and Roger (1997), doi:10.2307/2533558; Fai and Cornelius (1996) for Satterthwaite's degrees of freedom.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from afa_eval.errors import EstimationError
from afa_eval.kernels.linear import Floats, Ints, Unshift, inverse_root
from afa_eval.kernels.moments import ClusterMoments, undo_shift
from afa_eval.kernels.ols import Contrast
from afa_eval.kernels.reml import maximise
from afa_eval.kernels.structures import Numbers, Slope, Structure, ThreeLevel, TwoLevel, build

METHODS = ("satterthwaite", "kenward-roger", "residual")
STEP = 1e-30  # of the complex step: no subtraction, so no step is too small
INNER_STARTS = ((0.3, 0.1), (0.8, 0.5))  # relative standard deviations of school and area
SLOPE_STARTS = (  # relative Cholesky factors: inside, and on each face of the boundary (a nought stays there)
    np.array([0.4, 0.0, 0.3]),
    np.array([0.4, 0.05, 0.0]),
    np.array([0.0, 0.0, 0.3]),
    np.array([0.1, 0.0, 0.1]),
)
TINY = 1e-7  # of a relative standard deviation: a step after which second derivatives are the same to seven digits
ZERO = 1e-5  # a relative standard deviation this near nought is compared with nought itself


@dataclass(frozen=True, slots=True)
class MixedModelFit:
    """Which coefficients and variances fit best when pupils come in groups?

    Attributes
    ----------
    coef : ndarray, shape (p,)
        Coefficients of the columns before any shift.
    cov : ndarray, shape (p, p)
        Their model-based covariance.
    sigma2 : float
        Residual variance.
    variances : ndarray, shape (k,)
        School variance; school and area; or intercept variance, covariance and slope variance by school.
    loglik : float
        With all constants, as lme4 gives it.
    reml : bool
        Restricted likelihood, or full.
    boundary : tuple of bool, shape (k,)
        Which of ``variances`` are estimated as nought; for a slope, whether the matrix is singular at the
        intercept, never at the covariance, at the slope given the intercept.
    n_rows, n_groups : int, tuple of int
        Rows; groups of each level, narrowest first.
    """

    coef: Floats
    cov: Floats
    sigma2: float
    variances: Floats
    loglik: float
    reml: bool
    boundary: tuple[bool, ...]
    n_rows: int
    n_groups: tuple[int, ...]
    structure: Structure = field(repr=False)
    back: Unshift = field(repr=False)
    moments: ClusterMoments = field(repr=False)
    columns: tuple[int, ...] = field(repr=False)
    areas: Ints | None = field(repr=False)
    slope: int | None = field(repr=False)

    @property
    def ratios(self) -> Floats:
        """What are the variances over the residual variance?"""
        return self.variances / self.sigma2

    @property
    def at_boundary(self) -> bool:
        """Is any variance estimated as nought?"""
        return any(self.boundary)

    @property
    def n_parameters(self) -> int:
        """How many coefficients and variances are there?"""
        return self.coef.size + self.variances.size + 1

    @property
    def df(self) -> int:
        """Which degrees of freedom has the residual variance?"""
        return _df(self.structure, self.reml)


def fit_mixed(
    moments: ClusterMoments,
    regressors: Sequence[int],
    outcome: int,
    areas: Ints | None = None,
    slope: int | None = None,
    reml: bool = True,
) -> MixedModelFit:
    """Which coefficients and variances fit best?

    Parameters
    ----------
    moments : ClusterMoments
        One cluster per school.
    regressors : sequence of int
        Columns on the right; no intercept is added.
    outcome : int
        The column on the left.
    areas : ndarray of int, shape (J,), optional
        Area of each school, for a third level.
    slope : int, optional
        Column whose coefficient differs by school, for a multisite trial.
    reml : bool
        Restricted likelihood (the default), or full.

    Returns
    -------
    MixedModelFit
        The best of all local maxima found, at a boundary where that is it.

    Raises
    ------
    EstimationError
        Where columns say the same thing, the outcome does not vary, or variances cannot be told apart.
    """
    keep = moments.n > 0
    used, codes = moments.occupied(), None if areas is None else areas[keep]
    columns = [*regressors, outcome]
    structure = build(used, columns, codes, slope)
    h = _ratios(structure, reml)
    point = evaluate(structure, h, reml)
    sigma2 = float(point.rss) / _df(structure, reml)
    back = undo_shift(used, columns[:-1], outcome)
    root = back.matrix @ inverse_root(point.a[:-1, :-1])
    return MixedModelFit(
        coef=back.matrix @ point.coef + back.offset,
        cov=sigma2 * (root @ root.T),
        sigma2=sigma2,
        variances=h * sigma2,
        loglik=-point.deviance / 2,
        reml=reml,
        boundary=_boundary(h),
        n_rows=used.n_rows,
        n_groups=(used.n_clusters,) if codes is None else (used.n_clusters, int(np.unique(codes).size)),
        structure=structure,
        back=back,
        moments=used,
        columns=tuple(columns),
        areas=codes,
        slope=slope,
    )


def contrast(fit: MixedModelFit, weights: Sequence[float] | Floats, method: str = "satterthwaite") -> Contrast:
    """How large is this weighted sum of coefficients, with which degrees of freedom?

    At a boundary the observed information says nothing about a variance of nought (and lmerTest then counts
    pupils): the expected information is used, which still counts schools.

    Parameters
    ----------
    fit : MixedModelFit
        From ``fit_mixed``.
    weights : sequence of float, shape (p,)
        One for each coefficient.
    method : str
        ``satterthwaite``; ``kenward-roger``, whose standard error is the adjusted one; or ``residual``.

    Returns
    -------
    Contrast
        Value, standard error, degrees of freedom.
    """
    return contrasts(fit, np.asarray(weights, dtype=np.float64)[None], method)[0]


def contrasts(fit: MixedModelFit, weights: Floats, method: str = "satterthwaite") -> list[Contrast]:
    """How large is each of these weighted sums of coefficients?

    Parameters
    ----------
    fit : MixedModelFit
        From ``fit_mixed``.
    weights : ndarray, shape (m, p)
        A row for each sum.
    method : str
        As for ``contrast``; what all sums share is computed once.

    Returns
    -------
    list of Contrast
        One for each row.
    """
    if method not in METHODS:
        raise ValueError(f"df must be one of {', '.join(METHODS)}, not {method!r}")
    values = weights @ fit.coef
    plain = ((weights @ fit.cov) * weights).sum(axis=1)
    inner = weights @ fit.back.matrix
    dfs, more = _degrees(fit, inner, method)
    adjusted = plain + more if method == "kenward-roger" else plain
    return [
        Contrast(float(value), math.sqrt(float(variance)), float(df))
        for value, variance, df in zip(values, adjusted, dfs, strict=True)
    ]


def _degrees(fit: MixedModelFit, inner: Floats, method: str) -> tuple[Floats, Floats]:
    """Degrees of freedom of each contrast, and Kenward and Roger's addition to its variance."""
    if method == "residual":
        return np.full(inner.shape[0], float(fit.n_rows - fit.coef.size)), np.zeros(inner.shape[0])
    observed = _observed_df(fit, inner) if method == "satterthwaite" and not fit.at_boundary else None
    return _expected_df(fit, inner) if observed is None else (observed, np.zeros(inner.shape[0]))


def _expected_df(fit: MixedModelFit, inner: Floats) -> tuple[Floats, Floats]:
    """Kenward and Roger's degrees of freedom of each contrast, and what they add to its variance."""
    sums = fit.structure.expected(fit.sigma2, fit.ratios)
    phi = fit.sigma2 * np.linalg.inv(fit.structure.at(fit.ratios).a[:-1, :-1])
    bent = phi @ sums.first @ phi  # minus the derivatives of phi
    information = (
        sums.trace
        - 2 * np.einsum("ab,rsab->rs", phi, sums.second)
        + np.einsum("rab,sba->rs", bent, sums.first, optimize=True)
    )
    spread = 2 * np.linalg.pinv(information)
    middle = np.einsum("rs,rsab->ab", spread, sums.second - np.einsum("rab,bc,scd->rsad", sums.first, phi, sums.first))
    gradient = np.einsum("ma,rab,mb->mr", inner, bent, inner, optimize=True)
    variance = np.einsum("ma,ab,mb->m", inner, phi, inner)
    dfs = 2 * variance**2 / np.einsum("mr,rs,ms->m", gradient, spread, gradient)
    side = inner @ phi
    return dfs, 2 * np.einsum("ma,ab,mb->m", side, middle, side)


def _observed_df(fit: MixedModelFit, inner: Floats) -> Floats | None:
    """Satterthwaite's degrees of freedom of each contrast; None where the information is not positive."""
    hessian = information(fit)
    if np.linalg.eigvalsh(hessian / _outer_scale(hessian)).min() <= 0:
        return None
    parts = fit.structure.at(fit.ratios)
    bent = inner @ np.linalg.inv(parts.a[:-1, :-1])
    by_h = -fit.sigma2 * ((bent @ parts.slopes[:, :-1, :-1]) * bent).sum(axis=2)
    plain = (inner * bent).sum(axis=1)
    gradient = np.vstack([plain, by_h])
    out: Floats = (fit.sigma2 * plain) ** 2 / (gradient * np.linalg.solve(hessian, gradient)).sum(axis=0)
    return out


def _outer_scale(hessian: Floats) -> Floats:
    size = np.sqrt(np.abs(np.diagonal(hessian)))
    return np.outer(size, size)


def information(fit: MixedModelFit) -> Floats:
    """What are the second derivatives of the deviance, by residual variance and ratios?

    Parameters
    ----------
    fit : MixedModelFit
        From ``fit_mixed``.

    Returns
    -------
    ndarray, shape (k + 1, k + 1)
        At the estimates; twice its inverse is the covariance of (sigma2, ratios).
    """
    base, sigma2 = fit.ratios, fit.sigma2
    out = np.empty((base.size + 1, base.size + 1))
    parts = fit.structure.at(base)
    coef, rss, _ = _least_squares(parts.a)
    out[0, 0] = (2 * rss / sigma2 - fit.df) / sigma2**2
    out[0, 1:] = out[1:, 0] = -_quadratic(parts.slopes, np.append(-coef, 1.0)) / sigma2**2
    for i, ratio in enumerate(base.tolist()):
        moved = base.astype(np.complex128)
        moved[i] += 1j * STEP * abs(ratio or 1)
        out[i + 1, 1:] = full_deviance(fit.structure, sigma2, moved, fit.reml)[1][1:].imag / moved[i].imag
    return (out + out.T) / 2


@dataclass(frozen=True, slots=True)
class Point:
    """What is the likelihood at one set of ratios?

    Attributes
    ----------
    a : ndarray, shape (q, q)
        Weighted cross-products.
    coef : ndarray, shape (p,)
        Generalised least squares.
    rss : number
        Weighted residual sum of squares.
    deviance : float
        Minus twice the log-likelihood, with the best residual variance.
    slope : ndarray, shape (k,)
        Its derivative by the ratios.
    """

    a: Numbers
    coef: Numbers
    rss: Any
    deviance: float
    slope: Numbers


def evaluate(structure: Structure, h: Numbers, reml: bool) -> Point:
    """What is the profile likelihood at these ratios?

    Parameters
    ----------
    structure : Structure
        The moments.
    h : ndarray, shape (k,)
        Ratios of variances; complex where a derivative is taken.
    reml : bool
        Restricted likelihood, or full.

    Returns
    -------
    Point
        Deviance (its real part) and slope.
    """
    parts = structure.at(h)
    coef, rss, inverse = _least_squares(parts.a)
    r = np.append(-coef, 1.0)
    df = _df(structure, reml)
    slope = df * _quadratic(parts.slopes, r) / rss + parts.logdet_slopes
    deviance = df * (1 + math.log(2 * math.pi * rss.real / df)) + float(np.real(parts.logdet))
    if reml:
        slope = slope + np.einsum("ab,kba->k", inverse, parts.slopes[:, :-1, :-1])
        deviance += float(np.linalg.slogdet(parts.a[:-1, :-1].real)[1])
    return Point(parts.a, coef, rss, deviance, slope)


def full_deviance(structure: Structure, sigma2: Any, h: Numbers, reml: bool) -> tuple[float, Numbers]:
    """What is the deviance at a residual variance and ratios, and its slope by them?

    Parameters
    ----------
    structure : Structure
        The moments.
    sigma2 : number
        Residual variance.
    h : ndarray, shape (k,)
        Ratios of the other variances to it.
    reml : bool
        Restricted likelihood, or full.

    Returns
    -------
    float, ndarray of shape (k + 1,)
        Deviance (its real part); slope by (sigma2, h).
    """
    parts = structure.at(h)
    coef, rss, inverse = _least_squares(parts.a)
    r = np.append(-coef, 1.0)
    df = _df(structure, reml)
    slope = _quadratic(parts.slopes, r) / sigma2 + parts.logdet_slopes
    deviance = df * math.log(2 * math.pi * np.real(sigma2)) + float(np.real(rss / sigma2 + parts.logdet))
    if reml:
        slope = slope + np.einsum("ab,kba->k", inverse, parts.slopes[:, :-1, :-1])
        deviance += float(np.linalg.slogdet(parts.a[:-1, :-1].real)[1])
    return deviance, np.append(df / sigma2 - rss / sigma2**2, slope)


def _df(structure: Structure, reml: bool) -> int:
    return structure.n_rows - structure.p if reml else structure.n_rows


def _least_squares(a: Numbers) -> tuple[Numbers, Any, Numbers]:
    """Coefficients, residual sum of squares, inverse Gram matrix; scaled, refined once, analytic."""
    size = np.sqrt(np.abs(np.diagonal(a)[:-1].real))
    inverse = np.linalg.inv(a[:-1, :-1] / np.outer(size, size)) / np.outer(size, size)
    coef = inverse @ a[:-1, -1]
    coef = coef + inverse @ (a[:-1, -1] - a[:-1, :-1] @ coef)
    r = np.append(-coef, 1.0)
    return coef, r @ a @ r, inverse


def _quadratic(matrices: Numbers, r: Numbers) -> Numbers:
    return (matrices @ r) @ r


# --- the search ---------------------------------------------------------------------------------------------


def _ratios(structure: Structure, reml: bool) -> Floats:
    """Ratios of variances at the best maximum."""
    if isinstance(structure, TwoLevel):
        return np.array([maximise(replace(structure.data, reml=reml)).ratio])
    chart = cholesky if isinstance(structure, Slope) else np.square
    if isinstance(structure, ThreeLevel):
        found = _three_levels(structure, reml)
    else:
        found = [_descend(structure, chart, start, reml) for start in SLOPE_STARTS]
    best = min(found, key=lambda theta: evaluate(structure, chart(theta), reml).deviance)
    theta = _snap(structure, chart, _polish(structure, chart, best, reml), reml)
    _check_stationary(structure, chart, theta, reml)
    return np.asarray(chart(theta), dtype=np.float64)


def cholesky(theta: Numbers) -> Numbers:
    """Which covariance matrix (intercept, covariance, slope) has this relative Cholesky factor?

    Parameters
    ----------
    theta : ndarray, shape (3,)
        Lower triangle by columns.

    Returns
    -------
    ndarray, shape (3,)
        Over the residual variance.
    """
    return np.array([theta[0] ** 2, theta[0] * theta[1], theta[1] ** 2 + theta[2] ** 2])


def _three_levels(structure: ThreeLevel, reml: bool) -> list[Floats]:
    """Relative standard deviations where the deviance is least: on each face of the boundary, and inside."""
    faces = [np.zeros(2)]
    for which, data in enumerate((structure.schools, structure.only_areas())):
        with suppress(EstimationError):  # the likelihood may rise without end on a face, and not inside
            faces.append(np.sqrt(np.eye(2)[which] * maximise(replace(data, reml=reml)).ratio))
    school, area = (max(float(face[which]) for face in faces) ** 2 for which in range(2))
    guess = np.sqrt([max(school - area, school / 4), max(area, school / 20)])
    starts = [guess, *(np.array(start) for start in INNER_STARTS)]
    best = min(starts, key=lambda theta: evaluate(structure, theta**2, reml).deviance)
    return [*faces, _newton(structure, best, reml)]


def _newton(structure: Structure, theta: Floats, reml: bool) -> Floats:
    """Newton steps to a minimum of the deviance, halved where it would rise; by relative standard deviations."""
    point = evaluate(structure, theta**2, reml)
    for _ in range(60):
        slope = 2 * theta * point.slope
        values, vectors = np.linalg.eigh(_hessian(structure, np.square, theta, reml))
        curve = np.maximum(np.abs(values), 1e-8 * max(float(np.abs(values).max()), 1e-300))
        step = vectors @ ((vectors.T @ slope) / curve)
        step *= min(1.0, 0.5 * (1 + float(np.abs(theta).max())) / max(float(np.abs(step).max()), 1e-300))
        for _ in range(30):
            following = evaluate(structure, (theta - step) ** 2, reml)
            if following.deviance <= point.deviance + 1e-13 * abs(point.deviance):
                break
            step = step / 2
        theta, point = np.abs(theta - step), following
        if np.abs(step).max() < 1e-5 * (1 + np.abs(theta).max()):
            break
    return theta


def _hessian(structure: Structure, chart: Callable[[Numbers], Numbers], theta: Floats, reml: bool) -> Floats:
    """Second derivatives of the deviance by the chart's coordinates, by complex steps."""
    out = np.empty((theta.size, theta.size))
    for i in range(theta.size):
        moved = theta.astype(np.complex128)
        moved[i] += 1j * STEP
        out[i] = _slope(structure, chart, moved, reml).imag / STEP
    return (out + out.T) / 2


def _slope(structure: Structure, chart: Callable[[Numbers], Numbers], theta: Numbers, reml: bool) -> Numbers:
    """Derivative of the deviance by the chart's coordinates; analytic."""
    return _along(chart, theta, evaluate(structure, chart(theta), reml).slope)


def _along(chart: Callable[[Numbers], Numbers], theta: Numbers, by_h: Numbers) -> Numbers:
    if theta.size == by_h.size and chart is np.square:
        return 2 * theta * by_h
    t = theta
    return np.array([2 * t[0] * by_h[0] + t[1] * by_h[1], t[0] * by_h[1] + 2 * t[1] * by_h[2], 2 * t[2] * by_h[2]])


def _descend(structure: Structure, chart: Callable[[Numbers], Numbers], start: Floats, reml: bool) -> Floats:
    """A point near a minimum of the deviance."""

    def both(theta: Floats) -> tuple[float, Floats]:
        point = evaluate(structure, chart(theta), reml)
        return point.deviance, _along(chart, theta, point.slope)

    return descend(both, start, 1e-4)[0]


def descend(function: Callable[[Floats], tuple[float, Floats]], start: Floats, small: float) -> tuple[Floats, float]:
    """Where, and how low, is the minimum near a start?

    Parameters
    ----------
    function : callable
        Gives value and slope.
    start : ndarray
        Where to begin.
    small : float
        A slope that counts as none.

    Returns
    -------
    ndarray, float
        Place and value.
    """
    from scipy.optimize import minimize

    search: Any = minimize
    found = search(function, start, jac=True, method="BFGS", options={"gtol": small})
    return found.x, float(found.fun)


def _polish(structure: Structure, chart: Callable[[Numbers], Numbers], theta: Floats, reml: bool) -> Floats:
    """Newton steps on the score, as long as they help; second derivatives are kept once steps are tiny."""
    slope = _slope(structure, chart, theta, reml)
    step, inverse = np.full_like(theta, np.inf), np.empty((theta.size, theta.size))
    for _ in range(20):
        if np.abs(step).max() > TINY * (1 + np.abs(theta).max()):
            values, vectors = np.linalg.eigh(_hessian(structure, chart, theta, reml))
            scale = np.abs(values).max()
            inverse = (vectors / np.maximum(np.abs(values), 1e-10 * scale if scale else 1.0)) @ vectors.T
        step = inverse @ slope
        following = theta - step
        new = _slope(structure, chart, following, reml)
        if not np.abs(new).max() < np.abs(slope).max():
            break
        theta, slope = following, new
    return theta


def _snap(structure: Structure, chart: Callable[[Numbers], Numbers], theta: Floats, reml: bool) -> Floats:
    """Coordinates that are nought but for rounding become nought."""
    out = theta.copy()
    for i in range(theta.size):
        if chart is not np.square and i == 1:
            continue  # a covariance may take any value
        tried = out.copy()
        tried[i] = 0.0
        if abs(out[i]) < ZERO and _no_worse(structure, chart, tried, out, reml):
            out = tried
    return out


def _no_worse(
    structure: Structure, chart: Callable[[Numbers], Numbers], tried: Floats, than: Floats, reml: bool
) -> bool:
    deviances = [evaluate(structure, chart(theta), reml).deviance for theta in (tried, than)]
    return deviances[0] <= deviances[1] + 1e-9 * max(1.0, abs(deviances[1]))


def _check_stationary(structure: Structure, chart: Callable[[Numbers], Numbers], theta: Floats, reml: bool) -> None:
    steepest = np.abs(_slope(structure, chart, theta, reml)).max()
    if not steepest < 1e-3 or np.abs(theta).max() > 1e5:
        raise EstimationError(
            "The likelihood has no maximum that the data settle: there are too few groups, or a level has no "
            "variation of its own. Fit a model with fewer levels."
        )


def _boundary(h: Floats) -> tuple[bool, ...]:
    if h.size < 3:
        return tuple(bool(value == 0) for value in h)
    determinant = h[0] * h[2] - h[1] ** 2
    return (bool(h[0] == 0), False, bool(h[2] == 0 or determinant <= 1e-9 * max(h[0] * h[2], 1e-300)))
