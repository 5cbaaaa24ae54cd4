"""How sure are variances: profile intervals, shares of variance, and whether a level is there at all."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from afa_eval.errors import EstimationError
from afa_eval.kernels.linear import Floats
from afa_eval.kernels.mixed import MixedModelFit, cholesky, descend, evaluate, full_deviance
from afa_eval.kernels.reml import MixedFit, icc_interval
from afa_eval.kernels.structures import Numbers, Slope, TwoLevel

Chart = Callable[[Numbers, float], tuple[Any, Numbers]]  # coordinates, fixed value -> residual variance or None, h
AWAY = 0.05  # searches start this far from nought, where every slope is nought
STEP = 1e-30


@dataclass(frozen=True, slots=True)
class LikelihoodRatio:
    """Is the larger model better than chance would make it?

    Attributes
    ----------
    statistic : float
        Twice the difference of log-likelihoods.
    df : tuple of int
        Degrees of freedom of the chi-squared distributions mixed in equal parts; one where nothing is at a boundary.
    p_value : float
        Under that mixture.
    """

    statistic: float
    df: tuple[int, ...]
    p_value: float


def variance_interval(fit: MixedModelFit, which: int, level: float = 0.95) -> tuple[float, float]:
    """Between which values does a variance lie, by the profile of the (restricted) likelihood?

    Parameters
    ----------
    fit : MixedModelFit
        From ``fit_mixed``.
    which : int
        -1 for the residual variance, else a position in ``fit.variances`` (not a covariance).
    level : float
        Confidence level.

    Returns
    -------
    tuple of float
        Low and high end; low is 0 where the likelihood allows it.
    """
    if isinstance(fit.structure, Slope) and which == 1:
        raise EstimationError("A covariance has no profile interval here: ask for a variance.")
    chart, start = _variance_chart(fit, which)
    estimate = fit.sigma2 if which < 0 else float(fit.variances[which])
    scale = max(estimate, 1e-3 * fit.sigma2)
    return _interval(_profile(fit, chart, start), estimate, scale, level, -2 * fit.loglik)


def share_interval(fit: MixedModelFit, which: int, level: float = 0.95) -> tuple[float, float]:
    """Between which shares of the variance does a level lie (its ICC)?

    Exact (F distribution) with one random intercept; by the profile of the likelihood with three levels.

    Parameters
    ----------
    fit : MixedModelFit
        Of random intercepts.
    which : int
        Position in ``fit.variances``.
    level : float
        Confidence level.

    Returns
    -------
    tuple of float
        Low and high end, within [0, 1).
    """
    if isinstance(fit.structure, TwoLevel):
        return icc_interval(_as_two_level(fit, fit.structure), level)
    if isinstance(fit.structure, Slope):
        raise EstimationError(
            "With a random slope the share of variance differs from pupil to pupil: it has no interval."
        )
    total = float(fit.ratios.sum()) + 1
    estimate = float(fit.ratios[which]) / total

    def chart(x: Numbers, value: float) -> tuple[Any, Numbers]:
        other = x[0] ** 2
        mine = value / (1 - value) * (1 + other)
        return None, np.array([mine, other] if which == 0 else [other, mine])

    start = np.maximum(np.sqrt(fit.ratios[[1 - which]]), AWAY)
    profile = _profile(fit, chart, start)
    return _interval(profile, estimate, max(estimate, 1e-3), level, -2 * fit.loglik, ceiling=1 - 1e-9)


def _as_two_level(fit: MixedModelFit, structure: TwoLevel) -> MixedFit:
    return MixedFit(
        coef=fit.coef,
        cov=fit.cov,
        tau2=float(fit.variances[0]),
        sigma2=fit.sigma2,
        loglik=fit.loglik,
        at_boundary=fit.at_boundary,
        n_rows=fit.n_rows,
        n_clusters=fit.n_groups[0],
        reml=fit.reml,
        collapsed=replace(structure.data, reml=fit.reml),
    )


def level_test(fit: MixedModelFit, which: int) -> LikelihoodRatio:
    """Is there any variance at this level, or slope by school?

    Under no variance the estimate is nought half of the time: the reference is the even mixture of chi-squared
    distributions (Self and Liang 1987; Stram and Lee 1994).

    Parameters
    ----------
    fit : MixedModelFit
        The model with it.
    which : int
        Position in ``fit.variances``; 2 for a slope with its covariance.

    Returns
    -------
    LikelihoodRatio
        Against the model without.
    """
    if isinstance(fit.structure, Slope):
        if which != 2:
            raise EstimationError("Test the slope (2); without a random intercept a random slope means little.")
        return mixture(_without(fit, lambda x: np.array([x[0] ** 2, 0 * x[0], 0 * x[0]]), 1) + 2 * fit.loglik, (1, 2))
    if isinstance(fit.structure, TwoLevel):
        deviance = evaluate(fit.structure, np.zeros(1), fit.reml).deviance
        return mixture(deviance + 2 * fit.loglik, (0, 1))
    keep = 1 - which

    def chart(x: Numbers) -> Numbers:
        return np.array([x[0] ** 2 if k == keep else 0 * x[0] for k in range(2)])

    return mixture(_without(fit, chart, 1) + 2 * fit.loglik, (0, 1))


def likelihood_ratio(larger: MixedModelFit, smaller: MixedModelFit) -> LikelihoodRatio:
    """Do the larger model's coefficients and variances fit better than chance would make them?

    Parameters
    ----------
    larger, smaller : MixedModelFit
        Of the same rows, the smaller a special case of the larger.

    Returns
    -------
    LikelihoodRatio
        With the boundary mixture where a variance was left out.

    Raises
    ------
    EstimationError
        Where the two cannot be compared.
    """
    more = larger.coef.size - smaller.coef.size
    variances = larger.variances.size - smaller.variances.size
    if larger.n_rows != smaller.n_rows or larger.reml != smaller.reml or more < 0 or variances < 0:
        raise EstimationError("Compare a model with a special case of it, on the same rows, both REML or both ML.")
    if more and larger.reml:
        raise EstimationError("Models with different terms are compared by full likelihood: fit both with reml=False.")
    statistic = 2 * (larger.loglik - smaller.loglik)
    dfs = (more,) if not variances else (more + variances - 1, more + variances)
    return mixture(statistic, dfs)


def mixture(statistic: float, dfs: tuple[int, ...]) -> LikelihoodRatio:
    """How surprising is a likelihood ratio under an even mixture of chi-squared distributions?

    Parameters
    ----------
    statistic : float
        Twice the difference of log-likelihoods.
    dfs : tuple of int
        Their degrees of freedom; 0 is the point at nought.

    Returns
    -------
    LikelihoodRatio
        With its p-value.
    """
    from scipy.special import chdtrc

    statistic = max(statistic, 0.0)
    tails = [float(statistic <= 0) if not df else float(chdtrc(df, statistic)) for df in dfs]
    return LikelihoodRatio(statistic, dfs, sum(tails) / len(tails))


# --- profiles -----------------------------------------------------------------------------------------------


def _variance_chart(fit: MixedModelFit, which: int) -> tuple[Chart, Floats]:
    """Coordinates of all parameters but one variance, and where to start."""
    if isinstance(fit.structure, Slope):
        return _slope_chart(fit, which)
    sds = np.maximum(np.sqrt(fit.ratios), AWAY)
    if which < 0:
        return (lambda x, value: (value, x**2)), sds
    others = [k for k in range(fit.ratios.size) if k != which]

    def chart(x: Numbers, value: float) -> tuple[Any, Numbers]:
        sigma2 = np.exp(x[0])
        h = np.zeros(fit.ratios.size, dtype=x.dtype)
        h[which] = value / sigma2
        h[others] = x[1:] ** 2
        return sigma2, h

    return chart, np.append(math.log(fit.sigma2), sds[others])


def _slope_chart(fit: MixedModelFit, which: int) -> tuple[Chart, Floats]:
    h = np.maximum(fit.ratios[[0, 2]], AWAY**2)
    sds = np.sqrt(h)
    angle = math.asin(max(-0.95, min(0.95, float(fit.ratios[1]) / float(sds[0] * sds[1]))))
    if which < 0:
        start = np.array([sds[0], math.sin(angle) * sds[1], math.cos(angle) * sds[1]])
        return (lambda x, value: (value, cholesky(x))), start
    mine, other = (0, 1) if which == 0 else (1, 0)

    def chart(x: Numbers, value: float) -> tuple[Any, Numbers]:
        sigma2 = np.exp(x[0])
        sd = [x[1], x[1]]
        sd[mine] = (value / sigma2) ** 0.5
        return sigma2, np.array([sd[0] ** 2, sd[0] * sd[1] * np.sin(x[2]), sd[1] ** 2])

    return chart, np.array([math.log(fit.sigma2), sds[other], angle])


def _profile(fit: MixedModelFit, chart: Chart, start: Floats) -> Callable[[float], float]:
    """The least deviance at each value of what is fixed; each search begins where the last one ended."""
    last = [start]

    def least(value: float) -> float:
        at, deviance = descend(lambda x: _with_slope(fit, chart, x, value), last[0], 1e-5)
        last[0] = np.where(np.abs(at) < AWAY / 10, AWAY, at)
        return deviance

    return least


def _with_slope(fit: MixedModelFit, chart: Chart, x: Floats, value: float) -> tuple[float, Floats]:
    """Deviance at the chart's coordinates and its slope, the chart's own slopes by complex steps."""
    sigma2, h = chart(x, value)
    if sigma2 is None:
        point = evaluate(fit.structure, h, fit.reml)
        deviance, by_all = point.deviance, np.append(0.0, point.slope)
    else:
        deviance, by_all = full_deviance(fit.structure, sigma2, h, fit.reml)
    slope = np.empty(x.size)
    for i in range(x.size):
        moved = x.astype(np.complex128)
        moved[i] += 1j * STEP
        by_sigma2, by_h = chart(moved, value)
        change = np.append(np.imag(0 if by_sigma2 is None else by_sigma2), np.imag(by_h)) / STEP
        slope[i] = by_all @ change
    return deviance, slope


def _without(fit: MixedModelFit, chart: Callable[[Numbers], Numbers], size: int) -> float:
    """Least deviance on a face of the parameter space."""
    profile = _profile(fit, lambda x, _: (None, chart(x)), np.full(size, 0.4))
    return min(profile(0.0), evaluate(fit.structure, np.zeros_like(fit.ratios), fit.reml).deviance)


def _interval(
    profile: Callable[[float], float],
    estimate: float,
    scale: float,
    level: float,
    least: float,
    ceiling: float = math.inf,
) -> tuple[float, float]:
    """Where the profile deviance rises above its least value by the chi-squared quantile."""
    from scipy.special import chdtri

    rise = float(chdtri(1, 1 - level))

    def above(value: float) -> float:
        return profile(value) - least - rise

    return _walk_down(above, estimate, scale), _walk_up(above, max(estimate, 1e-6 * scale), scale, ceiling)


def _walk_down(above: Callable[[float], float], estimate: float, scale: float) -> float:
    """The low end: 0 where the deviance is still small a millionth from nought."""
    from scipy.optimize import brentq

    inside = estimate
    while inside > 1e-6 * scale:
        outside = inside / 1.6
        if above(outside) > 0:
            return float(brentq(above, outside, inside, rtol=1e-10))
        inside = outside
    return 0.0


def _walk_up(above: Callable[[float], float], start: float, scale: float, ceiling: float) -> float:
    """The high end, below the ceiling."""
    from scipy.optimize import brentq

    inside = start
    while inside < 1e6 * scale and ceiling - inside > 1e-6:
        outside = min(max(1.6 * inside, 0.01 * scale), (inside + ceiling) / 2)
        if above(outside) > 0:
            return float(brentq(above, inside, outside, rtol=1e-10))
        inside = outside
    return ceiling
