"""The posterior of a random-intercept model, exactly: no sampling.

Given the ratio lambda of the variances, coefficients and residual variance have a conjugate posterior (normal and
inverse gamma); the posterior of lambda is its prior times the restricted likelihood. Quadrature over the ICC,
lambda / (1 + lambda), and over the residual variance turns every posterior into a mixture of normals whose
probabilities and quantiles are sums.

Priors: flat for the coefficients, 1 / sigma^2 for the residual variance, Beta(a, b) for the ICC (uniform by
default). With flat coefficients the joint posterior is proper wherever the restricted likelihood is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from afa_eval.kernels.linear import Floats, inverse_root
from afa_eval.kernels.moments import ClusterMoments, undo_shift
from afa_eval.kernels.reml import Collapsed, check_identified, collapse

PANELS, POINTS = 24, 12  # of Gauss-Legendre over the ICC
VARIANCE_POINTS = 81  # of the trapezium rule over log sigma^2, which is spectrally exact here
FAR = 45.0  # log densities this far below the mode count for nothing
BASES = ("total", "within")


@dataclass(frozen=True, slots=True)
class Posterior:
    """What is known of one number after the data?

    Attributes
    ----------
    mean, sd : float
        Of the posterior.
    weights, centres, widths : ndarray
        The mixture of normals that it is.
    """

    mean: float
    sd: float
    weights: Floats
    centres: Floats
    widths: Floats

    def above(self, threshold: float) -> float:
        """How probable is it that the truth is above this?

        Parameters
        ----------
        threshold : float
            In the same unit.

        Returns
        -------
        float
            A probability.
        """
        from scipy.special import ndtr

        return float(self.weights @ ndtr((self.centres - threshold) / self.widths))

    def quantile(self, probability: float) -> float:
        """Below which value does the truth lie with this probability?

        Parameters
        ----------
        probability : float
            Between 0 and 1.

        Returns
        -------
        float
            In the same unit.
        """
        from scipy.optimize import brentq

        low, high = (float(end) for end in (self.mean - 4 * self.sd, self.mean + 4 * self.sd))
        while self.above(low) < 1 - probability:
            low -= 4 * self.sd
        while self.above(high) > 1 - probability:
            high += 4 * self.sd
        return float(brentq(lambda at: self.above(at) - (1 - probability), low, high, xtol=1e-13, rtol=1e-13))

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Between which values does the truth lie with this probability, tails equal?

        Parameters
        ----------
        level : float
            Probability.

        Returns
        -------
        tuple of float
            Low and high.
        """
        return self.quantile((1 - level) / 2), self.quantile((1 + level) / 2)


@dataclass(frozen=True, slots=True)
class BayesFit:
    """What is known of all parameters after the data, at quadrature points?

    Attributes
    ----------
    icc : ndarray, shape (G,)
        Points of the ICC.
    weights : ndarray, shape (G,)
        Their posterior probabilities.
    coef : ndarray, shape (G, p)
        Posterior means of the coefficients at each.
    scale : ndarray, shape (G, p, p)
        Their covariance over the residual variance.
    rss : ndarray, shape (G,)
        Weighted residual sum of squares.
    df : int
        Rows minus coefficients.
    """

    icc: Floats
    weights: Floats
    coef: Floats
    scale: Floats
    rss: Floats
    df: int

    @property
    def icc_mean(self) -> float:
        """What is the posterior mean of the ICC?"""
        return float(self.weights @ self.icc)

    def icc_quantile(self, probability: float) -> float:
        """Below which ICC does the truth lie with this probability?

        Parameters
        ----------
        probability : float
            Between 0 and 1.

        Returns
        -------
        float
            Interpolated between quadrature points.
        """
        middle = np.cumsum(self.weights) - self.weights / 2
        return float(np.interp(probability, middle, self.icc))


def fit_bayes(
    moments: ClusterMoments, regressors: Sequence[int], outcome: int, icc_prior: tuple[float, float] = (1.0, 1.0)
) -> BayesFit:
    """What is known of a random-intercept model after the data?

    Parameters
    ----------
    moments : ClusterMoments
        One cluster per school.
    regressors : sequence of int
        Columns on the right.
    outcome : int
        The column on the left.
    icc_prior : tuple of float
        a and b of the ICC's Beta prior; (1, 1) is uniform.

    Returns
    -------
    BayesFit
        Ask ``effect_posterior`` and ``g_posterior``.

    Raises
    ------
    EstimationError
        Where the data cannot tell the variances apart.
    """
    used = moments.occupied()
    columns = [*regressors, outcome]
    data = collapse(used, columns, reml=True)
    check_identified(data)
    density = partial(_log_density, data, icc_prior)
    icc, log_weights = _nodes(density, icc_prior)
    weights = np.exp(log_weights - log_weights.max())
    keep = weights > 1e-18 * weights.max()
    solved = [_conjugate(data, ratio) for ratio in (icc[keep] / (1 - icc[keep])).tolist()]
    back = undo_shift(used, columns[:-1], outcome)
    return BayesFit(
        icc=icc[keep],
        weights=weights[keep] / weights[keep].sum(),
        coef=np.array([coef for coef, _, _, _ in solved]) @ back.matrix.T + back.offset,
        scale=np.array([back.matrix @ scale @ back.matrix.T for _, scale, _, _ in solved]),
        rss=np.array([rss for _, _, rss, _ in solved]),
        df=data.n_rows - data.p,
    )


def effect_posterior(fit: BayesFit, weights: Sequence[float] | Floats) -> Posterior:
    """What is known of a weighted sum of coefficients?

    Parameters
    ----------
    fit : BayesFit
        From ``fit_bayes``.
    weights : sequence of float, shape (p,)
        One for each coefficient.

    Returns
    -------
    Posterior
        In units of the outcome.
    """
    direction = np.asarray(weights, dtype=np.float64)
    sigma2, share = _variances(fit)
    centre = fit.coef @ direction
    spread = np.einsum("a,gab,b->g", direction, fit.scale, direction)
    return _mixture(share, np.broadcast_to(centre[:, None], share.shape), np.sqrt(spread[:, None] * sigma2))


def g_posterior(fit: BayesFit, weights: Sequence[float] | Floats, basis: str = "total") -> Posterior:
    """What is known of a weighted sum of coefficients in standard deviations of this model?

    The uncertainty of the standard deviation is part of it, so no small-sample correction is needed.

    Parameters
    ----------
    fit : BayesFit
        From ``fit_bayes``.
    weights : sequence of float, shape (p,)
        One for each coefficient.
    basis : str
        ``total`` (between and within schools) or ``within``.

    Returns
    -------
    Posterior
        In standard deviations.
    """
    if basis not in BASES:
        raise ValueError(f"basis must be one of {', '.join(BASES)}, not {basis!r}")
    direction = np.asarray(weights, dtype=np.float64)
    sigma2, share = _variances(fit)
    unit = 1 / (1 - fit.icc) if basis == "total" else np.ones_like(fit.icc)  # variance over sigma^2
    centre = (fit.coef @ direction)[:, None] / np.sqrt(sigma2 * unit[:, None])
    spread = np.einsum("a,gab,b->g", direction, fit.scale, direction) / unit
    return _mixture(share, centre, np.broadcast_to(np.sqrt(spread)[:, None], share.shape))


def _mixture(weights: Floats, centres: Floats, widths: Floats) -> Posterior:
    w, m, s = weights.ravel(), centres.ravel(), widths.ravel()
    mean = float(w @ m)
    return Posterior(mean, math.sqrt(float(w @ (s**2 + (m - mean) ** 2))), w, m, s)


def _variances(fit: BayesFit) -> tuple[Floats, Floats]:
    """Residual variances at each point of the ICC, and the joint weights; (G, K) both."""
    half = fit.df / 2
    # log of a chi-squared over its degrees of freedom: density in w is exp(half (w - exp(w))), nearly normal
    w = np.linspace(-10, 10, VARIANCE_POINTS) / math.sqrt(half)
    log_density = half * (w - np.exp(w))
    share = np.exp(log_density - log_density.max())
    share /= share.sum()
    return fit.rss[:, None] / (fit.df * np.exp(w)), fit.weights[:, None] * share


def _conjugate(data: Collapsed, ratio: float) -> tuple[Floats, Floats, float, float]:
    """Coefficients, their scale, residual sum of squares and restricted log-likelihood at one ratio."""
    grown = 1 + data.sizes * ratio
    a = data.within + data.weighted(1 / (data.sizes * grown))
    root = inverse_root(a[:-1, :-1])
    coef = root @ (root.T @ a[:-1, -1])
    r = np.append(-coef, 1.0)
    rss = float(r @ a @ r)
    log_root = float(np.log(np.abs(np.diagonal(root))).sum())
    loglik = -0.5 * data.df * math.log(rss) - 0.5 * float(data.counts @ np.log(grown)) + log_root
    return coef, root @ root.T, rss, loglik


def _log_density(data: Collapsed, prior: tuple[float, float], icc: float) -> float:
    """Log posterior density of the ICC, without the prior's endpoints where they are infinite."""
    a, b = prior
    out = _conjugate(data, icc / (1 - icc))[3]
    return out + (a - 1) * math.log(icc) + (b - 1) * math.log1p(-icc) if icc > 0 else out


def _nodes(density: Callable[[float], float], prior: tuple[float, float]) -> tuple[Floats, Floats]:
    """Points of the ICC where the posterior is, and their log weights."""
    if min(prior) <= 0:
        raise ValueError(f"a Beta prior needs positive parameters, not {prior}")
    logit = np.linspace(-14, 12, 105)
    grid = 1 / (1 + np.exp(-logit))
    heights = np.array([density(float(icc)) for icc in grid])
    high = np.flatnonzero(heights > heights.max() - FAR)
    low_end = 0.0 if high[0] == 0 else float(grid[high[0] - 1])
    high_end = 1.0 - 1e-12 if high[-1] == grid.size - 1 else float(grid[high[-1] + 1])
    x, w = np.polynomial.legendre.leggauss(POINTS)
    # panels narrow towards the mode's side, where a small ICC's density is steep
    edges = low_end + (high_end - low_end) * np.linspace(0, 1, PANELS + 1) ** 2
    middle, half = (edges[1:] + edges[:-1]) / 2, (edges[1:] - edges[:-1]) / 2
    points = (middle[:, None] + half[:, None] * x).ravel()
    widths = (half[:, None] * w).ravel()
    return points, np.array([density(float(icc)) for icc in points]) + np.log(widths)
