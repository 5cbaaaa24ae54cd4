"""Random-intercept logistic regression by adaptive Gauss-Hermite quadrature, on cells.

Rows with the same covariates in the same school are one cell (how many, how many with the outcome): nothing is
lost, and discrete data of any size collapse. Score and information are exact sums over the quadrature points
(Fisher's and Louis's identities), so Newton steps find the maximum.

References: Pinheiro and Bates (1995), doi:10.1080/10618600.1995.10474663; Larsen and Merlo (2005),
doi:10.1093/aje/kwi017 (the median odds ratio).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from afa_eval.errors import EstimationError
from afa_eval.kernels.linear import Floats, Ints, check_rank

LATENT = math.pi**2 / 3  # variance of the standard logistic distribution
UPPER_QUARTILE = 0.6744897501960817
SMALL = 1e-3  # a standard deviation below this is compared with nought
WIDEST = 8.0  # a standard deviation of log odds beyond which no limit is sought: all chances are then near 0 or 1
FLAT = 1e-9  # of the log-likelihood: a gain that the quadrature can hardly tell from none
HALVINGS = 10  # of a step that leads down
RUNAWAY = 25.0  # a log odds ratio beyond this is separation, not evidence


@dataclass(frozen=True, slots=True)
class Cells:
    """How many pupils of each kind are in each school, and how many have the outcome?

    Attributes
    ----------
    x : ndarray, shape (C, p)
        Covariates of each cell, sorted by school.
    n, y : ndarray, shape (C,)
        Pupils, and those with the outcome.
    starts : ndarray of int, shape (J,)
        First cell of each school.
    school : ndarray of int, shape (C,)
        School of each cell, 0 to J - 1.
    """

    x: Floats
    n: Floats
    y: Floats
    starts: Ints
    school: Ints

    def by_school(self, values: Floats) -> Floats:
        """What is the sum over each school's cells?

        Parameters
        ----------
        values : ndarray, shape (C, ...)
            By cell.

        Returns
        -------
        ndarray, shape (J, ...)
            Sums.
        """
        return np.add.reduceat(values, self.starts, axis=0)


@dataclass(frozen=True, slots=True)
class LogisticFit:
    """How do the odds depend on the covariates, and how much do schools differ?

    Attributes
    ----------
    coef : ndarray, shape (p,)
        Log odds ratios, given the school.
    tau : float
        Standard deviation of the schools' log odds; 0 at the boundary.
    cov : ndarray, shape (p + 1, p + 1)
        Covariance of (coef, tau) from the observed information at the estimates; nought for tau at the boundary.
    loglik : float
        Of the pupils' outcomes (no binomial coefficients), as glmer gives it.
    at_boundary : bool
        Whether schools do not differ at all.
    n_rows, n_clusters : int
        Pupils and schools.
    effects, effect_sds : ndarray, shape (J,)
        Each school's log odds beyond its covariates (mode), and its standard deviation given the data.
    """

    coef: Floats
    tau: float
    cov: Floats
    loglik: float
    at_boundary: bool
    n_rows: int
    n_clusters: int
    effects: Floats
    effect_sds: Floats
    cells: Cells = field(repr=False)
    rule: Rule = field(repr=False)

    @property
    def icc(self) -> float:
        """Which share of the latent variance lies between schools?"""
        return self.tau**2 / (self.tau**2 + LATENT)

    @property
    def median_odds_ratio(self) -> float:
        """By how much do the odds differ between two schools drawn at random, the higher over the lower?"""
        return median_odds_ratio(self.tau)


def median_odds_ratio(tau: float) -> float:
    """What is the median odds ratio of two schools, at this standard deviation of their log odds?

    Parameters
    ----------
    tau : float
        Standard deviation.

    Returns
    -------
    float
        1 or above.

    Examples
    --------
    >>> round(median_odds_ratio(1.0), 3)
    2.596
    """
    return math.exp(math.sqrt(2) * tau * UPPER_QUARTILE)


@dataclass(frozen=True, slots=True)
class Rule:
    """At which points is the integral over a school's effect taken?

    Attributes
    ----------
    points, logs : ndarray, shape (K,)
        Gauss-Hermite points times the square root of 2; log weights with exp(x^2) put back.
    """

    points: Floats
    logs: Floats

    @classmethod
    def of(cls, size: int) -> Rule:
        """Which rule has this many points?

        Parameters
        ----------
        size : int
            From 5: with fewer the score is not that of the approximated likelihood.

        Returns
        -------
        Rule
            Of the standard normal, around a mode.
        """
        if not 5 <= size <= 100:
            raise ValueError(f"quadrature must have 5 to 100 points, not {size}")
        points, weights = np.polynomial.hermite.hermgauss(size)
        return cls(math.sqrt(2) * points, np.log(weights) + points**2 - 0.5 * math.log(math.pi))


def make_cells(x: Floats, n: Floats, y: Floats, school: Ints) -> Cells:
    """What are the cells, sorted by school?

    Parameters
    ----------
    x : ndarray, shape (C, p)
        Covariates.
    n, y : ndarray, shape (C,)
        Rows, and those with the outcome.
    school : ndarray of int, shape (C,)
        School of each.

    Returns
    -------
    Cells
        Schools numbered anew from 0.
    """
    order = np.argsort(school, kind="stable")
    _, starts, codes = np.unique(school[order], return_index=True, return_inverse=True)
    return Cells(
        np.asarray(x, dtype=np.float64)[order],
        np.asarray(n, dtype=np.float64)[order],
        np.asarray(y, dtype=np.float64)[order],
        starts.astype(np.int64),
        codes.astype(np.int64),
    )


def fit_logistic(cells: Cells, quadrature: int = 15) -> LogisticFit:
    """Which log odds ratios and which spread of schools fit best?

    Parameters
    ----------
    cells : Cells
        From ``make_cells``.
    quadrature : int
        Points of the adaptive Gauss-Hermite rule.

    Returns
    -------
    LogisticFit
        The maximum likelihood estimates.

    Raises
    ------
    EstimationError
        Where the outcome does not vary, columns say the same thing, a column predicts it perfectly, or there are
        fewer than two schools.
    """
    _check(cells)
    rule = Rule.of(quadrature)
    start, at_start = _newton(cells, rule, np.append(_first_guess(cells), 0.0), free_tau=False)
    theta = _newton(cells, rule, np.append(start[:-1], 0.5), free_tau=True)[0]
    theta[-1] = abs(theta[-1])
    at = evaluate(cells, rule, theta)
    if theta[-1] < SMALL or at.loglik <= at_start.loglik:
        theta, at = start, at_start
    boundary = bool(theta[-1] == 0)
    cov = _inverted(at.information, free_tau=not boundary)
    if np.abs(theta[1:-1]).max(initial=0.0) > RUNAWAY or np.sqrt(np.diagonal(cov)).max() > 1e3:
        raise EstimationError(
            "A term tells the outcome without a miss (separation), so its odds ratio is infinite. "
            "Join categories or leave the term out."
        )
    return LogisticFit(
        coef=theta[:-1],
        tau=float(theta[-1]),
        cov=cov,
        loglik=at.loglik,
        at_boundary=boundary,
        n_rows=round(float(cells.n.sum())),
        n_clusters=cells.starts.size,
        effects=theta[-1] * at.mode,
        effect_sds=theta[-1] * at.width,
        cells=cells,
        rule=rule,
    )


def _check(cells: Cells) -> None:
    if cells.starts.size < 2:
        raise EstimationError("A multilevel model needs at least two schools, and there is one.")
    if not 0 < cells.y.sum() < cells.n.sum():
        raise EstimationError("The outcome is the same for all pupils: there is nothing to explain.")
    check_rank((cells.x * cells.n[:, None]).T @ cells.x)


def _first_guess(cells: Cells) -> Floats:
    """A constant that fits the share, where the columns hold one."""
    share = float(cells.y.sum() / cells.n.sum())
    target = np.full(cells.n.size, math.log(share / (1 - share)))
    root = np.sqrt(cells.n)
    out: Floats = np.linalg.lstsq(cells.x * root[:, None], target * root, rcond=None)[0]
    return out


@dataclass(frozen=True, slots=True)
class At:
    """What is the likelihood at one set of parameters?

    Attributes
    ----------
    loglik : float
        By quadrature.
    score : ndarray, shape (p + 1,)
        Its slope by (coef, tau).
    information : ndarray, shape (p + 1, p + 1)
        Minus its second derivatives.
    mode, width : ndarray, shape (J,)
        Where each school's standardised effect most likely is, and how sharply.
    """

    loglik: float
    score: Floats
    information: Floats
    mode: Floats
    width: Floats


def evaluate(cells: Cells, rule: Rule, theta: Floats) -> At:
    """What are likelihood, score and information at these parameters?

    Parameters
    ----------
    cells : Cells
        The data.
    rule : Rule
        The quadrature.
    theta : ndarray, shape (p + 1,)
        Coefficients, then tau.

    Returns
    -------
    At
        All of it, over each school's posterior by quadrature.
    """
    fixed, tau = cells.x @ theta[:-1], float(theta[-1])
    mode, width = _modes(cells, fixed, tau)
    u = mode[:, None] + width[:, None] * rule.points  # (J, K)
    eta = fixed[:, None] + tau * u[cells.school]  # (C, K)
    likelihood = cells.by_school(cells.y[:, None] * eta - cells.n[:, None] * np.logaddexp(0, eta))
    logs = likelihood - 0.5 * u**2 + rule.logs + np.log(width)[:, None]
    top = logs.max(axis=1, keepdims=True)
    share = np.exp(logs - top)
    total = share.sum(axis=1, keepdims=True)
    share /= total
    loglik = float((top + np.log(total)).sum())
    score, information = _derivatives(cells, eta, u, share)
    return At(loglik, score, information, mode, width)


def _derivatives(cells: Cells, eta: Floats, u: Floats, share: Floats) -> tuple[Floats, Floats]:
    """Fisher's identity for the score, Louis's for the information."""
    p = cells.x.shape[1]
    chance = _expit(eta)
    left = cells.y[:, None] - cells.n[:, None] * chance  # (C, K)
    weight = cells.n[:, None] * chance * (1 - chance) * share[cells.school]
    points = u[cells.school]
    by_school = np.empty((*u.shape, p + 1))
    for i in range(p):
        by_school[:, :, i] = cells.by_school(cells.x[:, i, None] * left)
    by_school[:, :, p] = cells.by_school(left) * u
    mean = np.einsum("jk,jka->ja", share, by_school)
    centred = by_school - mean[:, None, :]
    spread = np.einsum("jk,jka,jkb->ab", share, centred, centred, optimize=True)
    curve = np.empty((p + 1, p + 1))
    curve[:p, :p] = (cells.x * weight.sum(axis=1)[:, None]).T @ cells.x
    curve[:p, p] = curve[p, :p] = cells.x.T @ (weight * points).sum(axis=1)
    curve[p, p] = (weight * points**2).sum()
    return mean.sum(axis=0), curve - spread


def _modes(cells: Cells, fixed: Floats, tau: float) -> tuple[Floats, Floats]:
    """Mode of each school's standardised effect given its pupils, and the width of its posterior there."""
    mode = np.zeros(cells.starts.size)
    low, high = np.full_like(mode, -np.inf), np.full_like(mode, np.inf)
    curve: Floats = np.ones_like(mode)
    for _ in range(60):
        chance = _expit(fixed + tau * mode[cells.school])
        slope = tau * cells.by_school(cells.y - cells.n * chance) - mode
        curve = 1 + tau**2 * cells.by_school(cells.n * chance * (1 - chance))
        low, high = np.where(slope > 0, mode, low), np.where(slope > 0, high, mode)
        following = mode + np.clip(slope / curve, -2.0, 2.0)
        past = (following < low) | (following > high)
        if past.any():  # Newton leaps to and fro where a school's chances are all or none
            following[past] = (low[past] + high[past]) / 2
        step, mode = following - mode, following
        if np.abs(step).max() < 1e-11:
            break
    return mode, 1 / np.sqrt(curve)


def _expit(eta: Floats) -> Floats:
    from scipy.special import expit

    return np.asarray(expit(eta), dtype=np.float64)


def _newton(cells: Cells, rule: Rule, theta: Floats, free_tau: bool) -> tuple[Floats, At]:
    """Newton steps, halved where the likelihood would fall: where they end, and what is there."""
    size = theta.size if free_tau else theta.size - 1
    at = evaluate(cells, rule, theta)
    for _ in range(100):
        values, vectors = np.linalg.eigh(at.information[:size, :size])
        curve = np.maximum(np.abs(values), 1e-8 * np.abs(values).max())
        step = np.zeros_like(theta)
        step[:size] = vectors @ ((vectors.T @ at.score[:size]) / curve)
        step *= min(1.0, 3.0 / np.abs(step).max()) if step.any() else 1.0
        following = _halved(cells, rule, theta, step, at.loglik)
        moved = np.abs(following[0] - theta).max()
        stalled = moved < np.abs(step).max() and following[1].loglik - at.loglik < FLAT * abs(at.loglik)
        theta, at = following
        if stalled or moved < 1e-9 * (1 + np.abs(theta).max()) or np.abs(theta).max() > 2 * RUNAWAY:
            break
    return theta, at


def _halved(cells: Cells, rule: Rule, theta: Floats, step: Floats, loglik: float) -> tuple[Floats, At]:
    for _ in range(HALVINGS):
        at = evaluate(cells, rule, theta + step)
        if at.loglik >= loglik - FLAT * abs(loglik):
            return theta + step, at
        step = step / 2
    return theta, evaluate(cells, rule, theta)


def level_df(cells: Cells) -> Floats:
    """How many degrees of freedom of t has each coefficient?

    Those of the level at which its column varies, as in a balanced analysis of variance: schools less the columns
    that are one value in each school, or pupils less schools and the other columns. With few schools the normal
    distribution makes intervals too short (Li and Redden 2015, doi:10.1186/s12874-015-0026-x).

    Parameters
    ----------
    cells : Cells
        The data.

    Returns
    -------
    ndarray, shape (p,)
        At least 1.
    """
    first = cells.x[cells.starts]
    fixed = np.isclose(cells.x, first[cells.school], rtol=0, atol=1e-12).all(axis=0)
    between = cells.starts.size - np.count_nonzero(fixed)
    within = cells.n.sum() - cells.starts.size - np.count_nonzero(~fixed)
    return np.maximum(np.where(fixed, between, within), 1.0)


def tau_interval(fit: LogisticFit, level: float = 0.95) -> tuple[float, float]:
    """Between which values does the schools' standard deviation lie, by adjusted profile likelihood?

    The profile is adjusted for the coefficients that it estimates (Cox and Reid 1987), as restricted likelihood does
    for normal outcomes: the plain one puts the interval too low where schools are few.

    Parameters
    ----------
    fit : LogisticFit
        From ``fit_logistic``.
    level : float
        Confidence level.

    Returns
    -------
    tuple of float
        On the log odds scale; low is 0 where the likelihood allows it, high is infinite where too few schools set
        no limit. It always holds the estimate.
    """
    from scipy.optimize import brentq
    from scipy.special import chdtri

    profile = _adjusted_profile(fit)
    peak, best = _adjusted_peak(fit, profile)

    def above(tau: float) -> float:
        return best - profile(tau) - float(chdtri(1, 1 - level)) / 2

    low = 0.0 if above(0.0) <= 0 else float(brentq(above, 0.0, peak, rtol=1e-6))
    top = max(1.5 * peak, 0.1)
    while above(top) < 0:
        top *= 1.5
        if top > WIDEST:
            return min(low, fit.tau), math.inf
    return min(low, fit.tau), max(float(brentq(above, peak, top, rtol=1e-6)), fit.tau)


def _adjusted_profile(fit: LogisticFit) -> Callable[[float], float]:
    """The adjusted log-likelihood of tau; each search for the coefficients begins where the last one ended."""
    coef = [fit.coef]

    def profile(tau: float) -> float:
        theta, at = _newton(fit.cells, fit.rule, np.append(coef[0], tau), free_tau=False)
        coef[0] = theta[:-1]
        return at.loglik - float(np.linalg.slogdet(at.information[:-1, :-1])[1]) / 2

    return profile


def _adjusted_peak(fit: LogisticFit, profile: Callable[[float], float]) -> tuple[float, float]:
    """Where the adjusted profile is highest, and how high."""
    from scipy.optimize import minimize_scalar

    bounds = (0.0, min(3 * fit.tau + 1, WIDEST))
    found = minimize_scalar(lambda tau: -profile(tau), bounds=bounds, options={"xatol": 1e-3})
    at_zero, best = profile(0.0), -float(found.fun)
    return (float(found.x), best) if best > at_zero else (0.0, at_zero)


def restricted_cov(fit: LogisticFit) -> Floats:
    """What is the covariance of (coef, tau) when the spread of schools is not put too low?

    Maximum likelihood takes coefficients for known when it estimates how far schools differ, so standard errors are
    too small where schools are few: intervals of ten unequal schools then hold the truth 91 times in 100. Here the
    information is taken at the spread where the adjusted profile (see ``tau_interval``) is highest.

    Parameters
    ----------
    fit : LogisticFit
        From ``fit_logistic``.

    Returns
    -------
    ndarray, shape (p + 1, p + 1)
        Nought for tau at the boundary.
    """
    tau = _adjusted_peak(fit, _adjusted_profile(fit))[0]
    theta, at = _newton(fit.cells, fit.rule, np.append(fit.coef, tau if tau >= SMALL else 0.0), free_tau=False)
    return _inverted(at.information, free_tau=bool(theta[-1] > 0))


def _inverted(information: Floats, free_tau: bool) -> Floats:
    used = slice(None) if free_tau else slice(0, -1)
    cov = np.zeros_like(information)
    cov[used, used] = np.linalg.inv(information[used, used])
    return cov


@dataclass(frozen=True, slots=True)
class Margin:
    """How large is the difference on the scale of chances, averaged over pupils and schools?

    Attributes
    ----------
    chance_1, chance_0 : float
        Mean chance with and without.
    difference, difference_se : float
        Risk difference and its standard error.
    log_ratio, log_ratio_se : float
        Log risk ratio and its standard error.
    """

    chance_1: float
    chance_0: float
    difference: float
    difference_se: float
    log_ratio: float
    log_ratio_se: float


def margin(fit: LogisticFit, x_1: Floats, x_0: Floats) -> Margin:
    """What would the mean chance be with all pupils one way, and the other?

    Parameters
    ----------
    fit : LogisticFit
        From ``fit_logistic``.
    x_1, x_0 : ndarray, shape (C, p)
        The cells' covariates, changed as asked.

    Returns
    -------
    Margin
        Averaged over the pupils' own covariates and the estimated distribution of schools; errors by the delta
        method from the covariance of coefficients and tau.
    """
    points, weights = np.polynomial.hermite_e.hermegauss(25)
    share = weights / weights.sum()
    means, slopes = [], []
    for x in (x_1, x_0):
        eta = (x @ fit.coef)[:, None] + fit.tau * points
        chance = _expit(eta)
        pupils = fit.cells.n / fit.cells.n.sum()
        means.append(float(pupils @ chance @ share))
        curve = chance * (1 - chance) * share
        by_coef = (pupils * curve.sum(axis=1)) @ x
        slopes.append(np.append(by_coef, pupils @ curve @ points))
    difference = slopes[0] - slopes[1]
    ratio = slopes[0] / means[0] - slopes[1] / means[1]
    return Margin(
        chance_1=means[0],
        chance_0=means[1],
        difference=means[0] - means[1],
        difference_se=math.sqrt(float(difference @ fit.cov @ difference)),
        log_ratio=math.log(means[0] / means[1]),
        log_ratio_se=math.sqrt(float(ratio @ fit.cov @ ratio)),
    )
