"""Two-level random-intercept models by restricted or full maximum likelihood, from moments.

With lambda = tau^2 / sigma^2 and W the cross-products within clusters, A = Z'V^-1 Z sigma^2 is
W + sum over sizes n of Q_n / (n (1 + n lambda)), Q_n the sum of s_j s_j' of the clusters of that size: an
exact collapse, and a sum without cancellation. The deviance's score has closed form; its roots are found to
the last digits, where minimising the deviance itself stops at half of them.

References: Harville (1977); Harville and Fenech (1985), doi:10.2307/2530650, for the exact interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from afa_eval.errors import EstimationError
from afa_eval.kernels.linear import Floats, check_rank, inverse_root
from afa_eval.kernels.moments import ClusterMoments, products, undo_shift

LOG_RATIOS = np.linspace(math.log(1e-8), math.log(1e12), 47)  # where roots of the score are looked for
RATIOS = np.exp(LOG_RATIOS)
SMALLEST_RATIO = 1e-12  # below it no variance between clusters can be told from none
FINER = 9  # points between two of those, or around the root that they point to
CLOSE = 0.12  # in logs: as near as four of them point to a root, as a rule
EDGE = 1e-3  # a root seen nearly exactly may lie this far outside, in logs
NEGLIGIBLE = 1e-13  # of the outcome's own spread: what is left after rounding


@dataclass(frozen=True, slots=True)
class Collapsed:
    """What does the likelihood of a random-intercept model need?

    Attributes
    ----------
    within : ndarray, shape (q, q)
        Cross-products within clusters; the last column is the outcome.
    sizes : ndarray, shape (S,)
        Distinct cluster sizes.
    counts : ndarray, shape (S,)
        Clusters of each size.
    between : ndarray, shape (S, q, q)
        Sums of s s' over the clusters of each size, s the cluster's column sums.
    n_rows : int
        Rows in all.
    reml : bool
        Restricted likelihood, or full.
    """

    within: Floats
    sizes: Floats
    counts: Floats
    between: Floats
    n_rows: int
    reml: bool

    @property
    def p(self) -> int:
        """How many regressors are there?"""
        return int(self.within.shape[0]) - 1

    @property
    def df(self) -> int:
        """Which degrees of freedom has the residual variance?"""
        return self.n_rows - self.p if self.reml else self.n_rows

    @property
    def n_clusters(self) -> int:
        """How many clusters are there?"""
        return round(float(self.counts.sum()))

    def weighted(self, weights: Floats) -> Floats:
        """What is the sum of the size matrices with these weights?

        Parameters
        ----------
        weights : ndarray, shape (S,)
            One for each size.

        Returns
        -------
        ndarray, shape (q, q)
            The sum.
        """
        flat: Floats = weights @ self.between.reshape(self.sizes.size, -1)  # tensordot costs three times as much
        return flat.reshape(self.within.shape)


@dataclass(frozen=True, slots=True)
class Solved:
    """What is the model at one ratio of variances?

    Attributes
    ----------
    ratio : float
        lambda.
    coef : ndarray, shape (p,)
        Generalised least squares.
    root : ndarray, shape (p, p)
        L with L L' = A_xx^-1.
    rss : float
        Weighted residual sum of squares.
    deviance : float
        Minus twice the log-likelihood.
    score : float
        Its derivative by lambda.
    """

    ratio: float
    coef: Floats
    root: Floats
    rss: float
    deviance: float
    score: float


@dataclass(frozen=True, slots=True)
class MixedFit:
    """Which line fits best when clusters differ, and by how much do they differ?

    Attributes
    ----------
    coef : ndarray, shape (p,)
        Coefficients in the order of the regressors, of the columns before any shift.
    cov : ndarray, shape (p, p)
        Their model-based covariance.
    tau2, sigma2 : float
        Variance between clusters and within them, in squared units of the outcome.
    loglik : float
        Restricted (or full) log-likelihood with all its constants, as lme4 gives it.
    at_boundary : bool
        Whether the variance between clusters is estimated as nought.
    n_rows, n_clusters : int
        What was counted.
    reml : bool
        Restricted likelihood, or full.
    """

    coef: Floats
    cov: Floats
    tau2: float
    sigma2: float
    loglik: float
    at_boundary: bool
    n_rows: int
    n_clusters: int
    reml: bool
    collapsed: Collapsed = field(repr=False)

    @property
    def icc(self) -> float:
        """Which share of the variance lies between clusters?"""
        return self.tau2 / (self.tau2 + self.sigma2)


def fit_random_intercept(
    moments: ClusterMoments, regressors: Sequence[int], outcome: int, reml: bool = True
) -> MixedFit:
    """Which coefficients and variances fit best, with a random intercept for each cluster?

    Parameters
    ----------
    moments : ClusterMoments
        Of all columns used.
    regressors : sequence of int
        Columns on the right; no intercept is added.
    outcome : int
        The column on the left.
    reml : bool
        Restricted likelihood (the default), or full.

    Returns
    -------
    MixedFit
        The global maximum, at the boundary where that is it.

    Raises
    ------
    EstimationError
        Where columns say the same thing, the outcome does not vary, or the data cannot tell variance
        between clusters from variance within.
    """
    used = moments.occupied()
    columns = [*regressors, outcome]
    data = collapse(used, columns, reml)
    check_identified(data)
    best = maximise(data)
    sigma2 = best.rss / data.df
    back = undo_shift(used, columns[:-1], outcome)
    mapped = back.matrix @ best.root
    return MixedFit(
        coef=back.matrix @ best.coef + back.offset,
        cov=sigma2 * (mapped @ mapped.T),
        tau2=best.ratio * sigma2,
        sigma2=sigma2,
        loglik=-best.deviance / 2,
        at_boundary=best.ratio == 0,
        n_rows=used.n_rows,
        n_clusters=used.n_clusters,
        reml=reml,
        collapsed=data,
    )


def collapse(moments: ClusterMoments, columns: Sequence[int], reml: bool) -> Collapsed:
    """What do the clusters come to, by size?

    Parameters
    ----------
    moments : ClusterMoments
        Without empty clusters.
    columns : sequence of int
        Regressors, then the outcome.
    reml : bool
        Restricted likelihood, or full.

    Returns
    -------
    Collapsed
        Exact: nothing is lost.
    """
    picked = list(columns)
    sums = moments.sums[:, picked]
    order = np.argsort(moments.n, kind="stable")
    n = moments.n[order]
    starts = np.append(0, np.flatnonzero(n[1:] != n[:-1]) + 1)
    sizes, counts = n[starts], np.diff(starts, append=n.size)
    between = products(np.ascontiguousarray(sums[order].T), starts)
    total = moments.cross.sum(axis=0)[np.ix_(picked, picked)]
    within = total - ((1 / sizes) @ between.reshape(sizes.size, -1)).reshape(total.shape)
    return Collapsed(
        within=(within + within.T) / 2,
        sizes=sizes.astype(np.float64),
        counts=counts.astype(np.float64),
        between=between,
        n_rows=moments.n_rows,
        reml=reml,
    )


def check_identified(data: Collapsed) -> None:
    """Can the data tell the variance between clusters from that within?

    Parameters
    ----------
    data : Collapsed
        What the likelihood needs.

    Raises
    ------
    EstimationError
        Saying which is missing: clusters, rows, variation, or columns that differ.
    """
    if data.n_clusters < 2:
        raise EstimationError("A multilevel model needs at least two clusters, and there is one.")
    if data.n_rows <= data.p:
        raise EstimationError(f"{data.n_rows} rows cannot determine {data.p} coefficients and two variances.")
    total = data.within + data.weighted(1 / data.sizes)
    check_rank(total[:-1, :-1])
    rank, rss = _inside(data)
    between, within = _split(data, rank)
    if within < 1:
        raise EstimationError("No cluster has rows to spare: variance within clusters cannot be told from between.")
    if between < 1:
        raise EstimationError("The columns leave no cluster to spare: variance between clusters cannot be seen.")
    if rss <= NEGLIGIBLE * max(total[-1, -1], np.finfo(float).tiny):
        raise EstimationError(
            "The outcome does not vary within clusters beyond what the columns explain: there is nothing to estimate."
        )


def degrees_of_freedom(data: Collapsed) -> tuple[int, int]:
    """How many degrees of freedom are there between and within clusters, after the regressors?

    Parameters
    ----------
    data : Collapsed
        What the likelihood needs.

    Returns
    -------
    tuple of int
        Between, within; they add up to rows minus regressors.
    """
    return _split(data, _inside(data)[0])


def _split(data: Collapsed, rank: int) -> tuple[int, int]:
    within = data.n_rows - data.n_clusters - rank
    return data.n_rows - data.p - within, within


def within_rss(data: Collapsed) -> float:
    """How much of the outcome is left inside clusters once the columns are allowed for?

    Parameters
    ----------
    data : Collapsed
        What the likelihood needs.

    Returns
    -------
    float
        Residual sum of squares of the regression with an intercept for each cluster.
    """
    return _inside(data)[1]


def _inside(data: Collapsed) -> tuple[int, float]:
    """Rank of the regressors inside clusters, judged against their size over all rows; and what they leave."""
    gram, cross = data.within[:-1, :-1], data.within[:-1, -1]
    size = np.sqrt(np.diagonal(gram) + np.diagonal(data.weighted(1 / data.sizes))[:-1])
    values, vectors = np.linalg.eigh(gram / np.outer(size, size))
    keep = values > 1e-11
    loads = vectors[:, keep].T @ (cross / size)
    left = float(data.within[-1, -1] - (loads * loads / values[keep]).sum())
    return int(np.count_nonzero(keep)), max(left, 0.0)


def solve(data: Collapsed, ratio: float) -> Solved:
    """What are the coefficients, the deviance and its slope at this ratio of variances?

    Parameters
    ----------
    data : Collapsed
        What the likelihood needs.
    ratio : float
        Variance between over variance within, not negative.

    Returns
    -------
    Solved
        All of it.
    """
    grown = 1 + data.sizes * ratio
    root, r, rss = _least_squares(data.within + data.weighted(1 / (data.sizes * grown)))
    slope = -data.weighted(1 / grown**2)
    deviance = data.df * (1 + math.log(2 * math.pi * rss / data.df)) + float(data.counts @ np.log1p(data.sizes * ratio))
    score = data.df * float(r @ slope @ r) / rss + float(data.counts @ (data.sizes / grown))
    if data.reml:
        deviance -= 2 * float(np.log(np.abs(np.diagonal(root))).sum())
        score += float(np.einsum("ab,ab->", root, slope[:-1, :-1] @ root))
    return Solved(ratio, -r[:-1], root, rss, deviance, score)


def _least_squares(a: Floats) -> tuple[Floats, Floats, float]:
    """From weighted cross-products: inverse root of the regressors', (-coefficients, 1), residual sum of squares."""
    root = inverse_root(a[:-1, :-1])
    coef = root @ (root.T @ a[:-1, -1])
    coef += root @ (root.T @ (a[:-1, -1] - a[:-1, :-1] @ coef))
    r = np.append(-coef, 1.0)
    return root, r, float(r @ a @ r)


def maximise(data: Collapsed) -> Solved:
    """At which ratio of variances is the likelihood greatest?

    Parameters
    ----------
    data : Collapsed
        What the likelihood needs.

    Returns
    -------
    Solved
        The best of all local maxima, nought included.

    Raises
    ------
    EstimationError
        Where the likelihood still rises at a ratio of 1e12.
    """
    scores = _scan(data, RATIOS)[1]
    found = [solve(data, 0.0)] if scores[0] >= 0 else []  # else the deviance falls from nought on
    for k in np.flatnonzero((scores[:-1] < 0) & (scores[1:] >= 0)).tolist():
        found.append(_polished(data, k, scores))
    best = min(found or [solve(data, 0.0)], key=lambda point: point.deviance)
    if scores[-1] < 0 and solve(data, float(RATIOS[-1])).deviance <= best.deviance:
        raise EstimationError("All variance lies between clusters: the outcome is the same within each.")
    return best


def _polished(data: Collapsed, k: int, scores: Floats) -> Solved:
    """The root of the score between the k-th point of the grid, whose scores are known, and the next."""

    def slope(log: float) -> float:
        point = solve(data, math.exp(log))
        return point.score * point.ratio

    logs, seen = _near_root(data, k, scores)
    return solve(data, math.exp(_settled(slope, logs, seen)))


def _near_root(data: Collapsed, k: int, scores: Floats) -> tuple[Floats, Floats]:
    """Points close around a root and the score there by log ratio; if it is not where the grid says, a wider row."""
    at = slice(max(k - 1, 0), k + 3)
    guess = _crosses_at(LOG_RATIOS[at], scores[at] * RATIOS[at])
    ends = [(LOG_RATIOS[k], LOG_RATIOS[k + 1])]
    if LOG_RATIOS[k] < guess < LOG_RATIOS[k + 1]:
        ends.insert(0, (guess - CLOSE, guess + CLOSE))
    for low, high in ends:
        logs = np.linspace(low, high, FINER)
        ratios = np.exp(logs)
        seen = _scan(data, ratios)[1] * ratios
        if seen[0] < 0 <= seen[-1]:
            break
    return logs, seen


def _settled(rising: Callable[[float], float], logs: Floats, seen: Floats) -> float:
    """Where a function, seen nearly exactly on a fine grid, rises through nought: secants to the last digits."""
    low, high = float(logs[0]) - EDGE, float(logs[-1]) + EDGE
    k = min(max(int(np.argmax(seen[1:] >= 0)), 1), logs.size - 3)
    near = slice(k - 1, k + 3)
    at, last, value = _crosses_at(logs[near], seen[near]), float(logs[k]), float(seen[k])
    for _ in range(8):
        if not low <= at <= high:
            break
        now = rising(at)
        if now == 0:
            return at
        if now == value:
            break
        step = now * (at - last) / (now - value)
        last, value, at = at, now, at - step
        if abs(step) < 1e-9:  # secants converge faster than this squared: one more is exact
            return at
    return _root(rising, low, high)


def _crosses_at(x: Floats, y: Floats) -> float:
    """Where a curve through four points crosses nought, by inverse interpolation."""
    total = 0.0
    for i in range(x.size):
        others = np.delete(y, i)
        total += float(x[i] * np.prod(others / (others - y[i]))) if (others != y[i]).all() else math.nan
    return total


def _scan(data: Collapsed, ratios: Floats) -> tuple[Floats, Floats]:
    """Residual sum of squares and score at many ratios at once; close enough to see where signs change."""
    q = data.p + 1
    grown = 1 + ratios[:, None] * data.sizes
    between = data.between.reshape(data.sizes.size, q * q)
    a = data.within + ((1 / (data.sizes * grown)) @ between).reshape(-1, q, q)
    slope = -((1 / grown**2) @ between).reshape(-1, q, q)
    size = np.sqrt(np.diagonal(a, axis1=1, axis2=2)[:, :-1])
    scale = size[:, :, None] * size[:, None, :]
    inverse = np.linalg.inv(a[:, :-1, :-1] / scale) / scale
    r = np.concatenate([-(inverse @ a[:, :-1, -1:]), np.ones((ratios.size, 1, 1))], axis=1)
    rss = (r.transpose(0, 2, 1) @ a @ r)[:, 0, 0]
    score = data.df * (r.transpose(0, 2, 1) @ slope @ r)[:, 0, 0] / rss + (data.sizes / grown) @ data.counts
    if data.reml:
        score += np.einsum("gab,gba->g", inverse, slope[:, :-1, :-1])
    return np.asarray(rss, dtype=np.float64), np.asarray(score, dtype=np.float64)


def _root(rising: Callable[[float], float], low: float, high: float) -> float:
    """A root that both ends enclose, where secants left the way."""
    from scipy.optimize import brentq

    return float(brentq(rising, low, high, xtol=1e-15))


def icc_interval(fit: MixedFit, level: float = 0.95) -> tuple[float, float]:
    """Between which shares of variance does the true ICC lie?

    Exact for normal data, any sizes and any columns: the sum of squares between clusters at a ratio lambda,
    over that within, has an F distribution at the true lambda, and falls as lambda grows.

    Parameters
    ----------
    fit : MixedFit
        From ``fit_random_intercept``.
    level : float
        Confidence level.

    Returns
    -------
    tuple of float
        Low and high end, from 0 to below 1; they always hold the estimate.
    """
    from scipy.special import fdtri

    data = fit.collapsed
    between, within = degrees_of_freedom(data)
    spread = within_rss(data) / within
    tail = (1 - level) / 2
    bounds = [spread * (within + between * float(fdtri(between, within, chance))) for chance in (1 - tail, tail)]
    seen = _scan(data, RATIOS)[0]
    start = min(_rss(data, 0.0), _rss(data, SMALLEST_RATIO))
    ratios = (0.0 if bound >= start else _crossing(data, seen, bound) for bound in bounds)
    low, high = (ratio / (1 + ratio) for ratio in ratios)
    return min(low, fit.icc), max(high, fit.icc)


def _crossing(data: Collapsed, seen: Floats, bound: float) -> float:
    """The ratio where the residual sum of squares, seen at the grid, falls to a bound that it starts above."""

    def short_of(log: float) -> float:
        return bound - _rss(data, math.exp(log))

    k = int(np.count_nonzero(seen > bound))
    if 0 < k < seen.size:
        logs = np.linspace(LOG_RATIOS[k - 1], LOG_RATIOS[k], FINER)
        fine = bound - _scan(data, np.exp(logs))[0]
        if fine[0] < 0 < fine[-1]:
            return math.exp(_settled(short_of, logs, fine))
    low, high = math.log(SMALLEST_RATIO), float(LOG_RATIOS[-1])
    return math.exp(_root(short_of, low, high) if short_of(high) > 0 else high)


def _rss(data: Collapsed, ratio: float) -> float:
    return _least_squares(data.within + data.weighted(1 / (data.sizes * (1 + data.sizes * ratio))))[2]
