"""Refitting a random-intercept model to thousands of weighted samples of the same clusters.

In the log ratio of variances every cluster's share of the cross-products and of the log-determinant is a Chebyshev
series of a dozen terms; those of all replicates are one matrix product with their weights. The root of the score is
found on the series by secants, all replicates side by side, and the coefficients are then solved exactly at that ratio.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from afa_eval.kernels.linear import Floats, Ints
from afa_eval.kernels.moments import ClusterMoments
from afa_eval.kernels.reml import collapse, maximise

NODES = 12
SECANTS = 12  # steps after which what has not settled is bracketed instead
HALF_WIDTH = 2.0  # of the interpolated range, in log ratios around the estimate: a factor of 7 each way
CLOSE = 1e-6  # of the log ratio: what interpolation leaves; coefficients are then exact to its square


@dataclass(frozen=True, slots=True)
class Refitted:
    """What is the model of each replicate?

    Attributes
    ----------
    coef : ndarray, shape (B, p)
        Coefficients, of shifted columns.
    ratio : ndarray, shape (B,)
        Variance between over variance within; 0 where the score is not negative there.
    sigma2 : ndarray, shape (B,)
        Variance within.
    good : ndarray of bool, shape (B,)
        Whether there is an answer.
    """

    coef: Floats
    ratio: Floats
    sigma2: Floats
    good: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Refit:
    """Which per-cluster sums make a refit one matrix product?

    Attributes
    ----------
    n : ndarray, shape (J,)
        Rows by cluster.
    within, between : ndarray, shape (J, q (q + 1) / 2)
        Upper triangles of the cross-products within each cluster, and of s s', s its column sums.
    q : int
        Columns, outcome last.
    centre : float
        Log ratio in the middle of the series.
    series : ndarray, shape (K (t + 1), J)
        Chebyshev coefficients of what the cluster adds to the cross-products and to the log-determinant.
    rise : float
        Slope of the score of all clusters at the centre, where the secants set out.
    """

    n: Floats
    within: Floats
    between: Floats
    q: int
    centre: float
    series: Floats
    rise: float

    @classmethod
    def of(cls, used: ClusterMoments, columns: list[int]) -> Refit:
        """Which sums do these clusters make?

        Parameters
        ----------
        used : ClusterMoments
            None empty.
        columns : list of int
            Regressors, then the outcome.

        Returns
        -------
        Refit
            Around the ratio that fits all clusters best.
        """
        n, s, q = used.n.astype(np.float64), used.sums[:, columns], len(columns)
        upper = np.triu_indices(q)
        between = (s[:, :, None] * s[:, None, :])[:, upper[0], upper[1]]
        within = used.cross[:, columns][:, :, columns][:, upper[0], upper[1]] - between / n[:, None]
        centre = math.log(max(maximise(collapse(used, columns, reml=True)).ratio, 1e-3))
        nodes = centre + HALF_WIDTH * np.cos((np.arange(NODES) + 0.5) * math.pi / NODES)
        grown = 1 + np.exp(nodes)[:, None] * n
        parts = within + between / (n * grown)[:, :, None]  # (K, J, t)
        values = np.concatenate([parts, np.log(grown)[:, :, None]], axis=2).transpose(0, 2, 1)  # (K, t + 1, J)
        series = (_to_chebyshev(NODES).T @ values.reshape(NODES, -1)).reshape(-1, n.size)
        plain = cls(n, within, between, q, centre, series, 1.0)
        whole = plain._series(np.ones((1, n.size)))
        near = [
            plain._interpolated(whole, centre + np.array([step]), n.sum(keepdims=True) - q + 1) for step in (0.0, 0.01)
        ]
        return replace(plain, rise=max(float((near[1] - near[0])[0]) / 0.01, 1e-3))

    def run(self, weights: Floats) -> Refitted:
        """What is the model of each of these samples?

        Parameters
        ----------
        weights : ndarray, shape (B, J)
            How often each cluster is in each replicate.

        Returns
        -------
        Refitted
            Of each replicate.
        """
        at_zero = self._square(weights @ (self.within + self.between / self.n[:, None]))
        _, good = invert_all(at_zero[:, :-1, :-1])
        kept = weights[good]
        ratio = np.zeros(kept.shape[0])
        inside = np.flatnonzero(self._score_at_zero(kept, at_zero[good]) < 0)
        if inside.size:
            ratio[inside] = np.exp(self._roots(kept[inside]))
        coef, rss = self._solve(kept, ratio)
        out = Refitted(np.zeros((good.size, self.q - 1)), np.zeros(good.size), np.zeros(good.size), good)
        out.coef[good], out.ratio[good] = coef, ratio
        out.sigma2[good] = rss / (kept @ self.n - (self.q - 1))
        return out

    def _square(self, upper: Floats) -> Floats:
        """Symmetric matrices from their upper triangles."""
        rows, columns = np.triu_indices(self.q)
        out = np.empty((*upper.shape[:-1], self.q, self.q))
        out[..., rows, columns] = upper
        out[..., columns, rows] = upper
        return out

    def _score_at_zero(self, weights: Floats, a: Floats) -> Floats:
        df = weights @ self.n - (self.q - 1)
        return score(_last(a), -_last(self._square(weights @ self.between)), weights @ self.n, df)

    def _solve(self, weights: Floats, ratio: Floats) -> tuple[Floats, Floats]:
        """Coefficients and residual sum of squares, exactly at these ratios."""
        shares = weights / (self.n * (1 + ratio[:, None] * self.n))
        a = self._square(weights @ self.within + shares @ self.between)
        inverse, _ = invert_all(a[:, :-1, :-1])
        coef = (inverse @ a[:, :-1, -1:])[:, :, 0]
        r = np.concatenate([-coef, np.ones((coef.shape[0], 1))], axis=1)[:, :, None]
        return coef, (r.transpose(0, 2, 1) @ a @ r)[:, 0, 0]

    def _series(self, weights: Floats) -> Floats:
        """Each replicate's Chebyshev coefficients; (K, t + 1, B)."""
        return np.ascontiguousarray(self.series @ weights.T).reshape(NODES, -1, weights.shape[0])

    def _interpolated(self, series: Floats, at: Floats, df: Floats) -> Floats:
        """The score of each replicate by the log ratio, at its own place."""
        value, slope = _evaluated(series, (at - self.centre) / HALF_WIDTH)
        rows, columns = np.triu_indices(self.q)
        where = np.empty((self.q, self.q), dtype=np.int64)
        where[rows, columns] = where[columns, rows] = np.arange(rows.size)
        slope /= HALF_WIDTH
        return score(value[where], slope[where], slope[-1], df)

    def _roots(self, weights: Floats) -> Floats:
        """Log ratios of the best fits: secants on the series; exact where they leave it or do not settle."""
        series, df = self._series(weights), weights @ self.n - (self.q - 1)
        out, settled = self._by_secants(series, df)
        rest = np.flatnonzero(~settled)
        if rest.size:
            out[rest] = _widened(
                lambda at, which: self._exact_score(weights[rest[which]], np.exp(at)) * np.exp(at),
                np.full(rest.size, self.centre),
            )
        return out

    def _by_secants(self, series: Floats, df: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """The root of each replicate's score near the centre, and which were found."""
        size = df.size
        out, settled, going = np.full(size, self.centre), np.zeros(size, dtype=np.bool_), np.arange(size)
        last, at = np.full(size, self.centre), np.full(size, self.centre)
        before, rise = np.zeros(size), np.full(size, self.rise)
        for step in range(SECANTS):
            now = self._interpolated(series, at, df)
            if step:
                rise = np.where(at != last, (now - before) / np.where(at != last, at - last, 1.0), rise)
            move = now / np.where(rise > 0, rise, self.rise)
            done = (np.abs(move) < CLOSE) & (rise > 0)
            out[going], settled[going] = at - move, done
            last, before, at = at, now, np.clip(at - move, self.centre - HALF_WIDTH, self.centre + HALF_WIDTH)
            keep = ~done
            if not keep.any():
                break
            if step > 1 or done.any():
                series, df, going = series[:, :, keep], df[keep], going[keep]
                last, before, at, rise = last[keep], before[keep], at[keep], rise[keep]
        return out, settled

    def _exact_score(self, weights: Floats, ratio: Floats) -> Floats:
        grown = 1 + ratio[:, None] * self.n
        a = self._square(weights @ self.within + (weights / (self.n * grown)) @ self.between)
        slope = -self._square((weights / grown**2) @ self.between)
        df = weights @ self.n - (self.q - 1)
        return score(_last(a), _last(slope), (weights * (self.n / grown)).sum(axis=1), df)


def _last(matrices: Floats) -> Floats:
    """The same with the replicates last, side by side."""
    return np.ascontiguousarray(matrices.transpose(1, 2, 0))


def score(a: Floats, slope: Floats, logdet_slope: Floats, df: Floats) -> Floats:
    """What is the derivative of each replicate's restricted deviance?

    Parameters
    ----------
    a, slope : ndarray, shape (q, q, B)
        Cross-products weighted by V^-1 sigma^2, outcome last, and their derivatives. ``a`` is swept in place.
    logdet_slope : ndarray, shape (B,)
        Derivatives of log|V|.
    df : ndarray, shape (B,)
        Rows minus regressors.

    Returns
    -------
    ndarray, shape (B,)
        By the parameter that the derivatives are by.
    """
    p = a.shape[0] - 1
    for k in range(p):
        pivot, column = 1 / a[k, k], a[:, k].copy()
        row = a[k] * pivot
        a -= column[:, None] * row
        a[k], a[:, k] = row, -column * pivot
        a[k, k] = pivot
    r = np.concatenate([-a[:p, p], np.ones((1, df.size))])  # the last column is now coefficients and residual sum
    weight = (df / a[p, p]) * (r[:, None] * r)
    weight[:p, :p] += a[:p, :p]
    return np.asarray((weight * slope).sum(axis=(0, 1)) + logdet_slope, dtype=np.float64)


def _to_chebyshev(size: int) -> Floats:
    """Values at the Chebyshev nodes to coefficients; (nodes, coefficients)."""
    angle = (np.arange(size) + 0.5) * math.pi / size
    out: Floats = np.cos(np.outer(angle, np.arange(size))).astype(np.float64) * (2 / size)
    out[:, 0] /= 2
    return out


def _evaluated(series: Floats, at: Floats) -> tuple[Floats, Floats]:
    """Value and slope of each replicate's series at its own place in [-1, 1]; (t + 1, B) each."""
    value, slope = series[0] + series[1] * at, series[1].copy()
    t, u = (np.ones_like(at), at), (np.ones_like(at), 2 * at)  # of both kinds: T_k' = k U_(k-1)
    for k in range(2, series.shape[0]):
        t = (t[1], 2 * at * t[1] - t[0])
        value += series[k] * t[1]
        slope += series[k] * (k * u[1])
        u = (u[1], 2 * at * u[1] - u[0])
    return value, slope


def invert_all(gram: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """What are the inverses of many Gram matrices, and which can be trusted?

    Parameters
    ----------
    gram : ndarray, shape (B, p, p)
        Cross-products of the regressors in each replicate.

    Returns
    -------
    ndarray of shape (B, p, p), ndarray of bool of shape (B,)
        Inverses; False where a column is explained by the others but for 1e-10 of it.
    """
    size = np.sqrt(np.diagonal(gram, axis1=1, axis2=2))
    good: NDArray[np.bool_] = np.all(size > 0, axis=1)
    safe = np.where(size > 0, size, 1.0)
    scale = safe[:, :, None] * safe[:, None, :]
    scaled = gram / scale
    try:
        inverse = np.linalg.inv(scaled)
    except np.linalg.LinAlgError:  # one of them is exactly singular: find out which
        good &= np.linalg.eigvalsh(scaled)[:, 0] > 1e-10
        inverse = np.zeros_like(scaled)
        inverse[good] = np.linalg.inv(scaled[good])
    inflation = np.diagonal(inverse, axis1=1, axis2=2)
    trusted: NDArray[np.bool_] = good & np.all((inflation > 0) & (inflation < 1e10), axis=1)
    return inverse / scale, trusted


Score = Callable[[Floats, Ints], Floats]


def _illinois(function: Score, low: Floats, high: Floats, f_low: Floats, f_high: Floats) -> Floats:
    """Where many rising functions cross nought: false position, the end that stays halved."""
    low, high, f_low, f_high = low.copy(), high.copy(), f_low.copy(), f_high.copy()
    going = np.arange(low.size)
    for _ in range(80):
        if not going.size:
            break
        a, b, fa, fb = low[going], high[going], f_low[going], f_high[going]
        at = np.clip((a * fb - b * fa) / (fb - fa), a, b)
        found = function(at, going)
        below = found < 0
        low[going], high[going] = np.where(below, at, a), np.where(below, b, at)
        f_low[going], f_high[going] = np.where(below, found, fa / 2), np.where(below, fb / 2, found)
        done = (np.abs(found) < CLOSE) | (high[going] - low[going] < CLOSE)
        low[going[done]] = high[going[done]] = at[done]
        going = going[~done]
    out: Floats = (low + high) / 2
    return out


def _widened(function: Score, start: Floats) -> Floats:
    """The same from a start without a bracket."""
    every = np.arange(start.size)
    low, high = start - HALF_WIDTH, start + HALF_WIDTH
    f_low, f_high = function(low, every), function(high, every)
    for _ in range(20):
        down, up = np.flatnonzero(f_low >= 0), np.flatnonzero(f_high < 0)
        high[down], f_high[down] = low[down], f_low[down]
        low[down] -= HALF_WIDTH
        low[up], f_low[up] = high[up], f_high[up]
        high[up] += HALF_WIDTH
        if down.size:
            f_low[down] = function(low[down], down)
        if up.size:
            f_high[up] = function(high[up], up)
        if not down.size and not up.size:
            break
    return _illinois(function, low, high, f_low, f_high)
