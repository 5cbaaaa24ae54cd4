"""Covariance structures: what a likelihood needs of the moments, at any ratio of variances.

Each structure gives A(h) = Z'V^-1 Z sigma^2, log|V / sigma^2| and their derivatives by h, the variances of the
random effects over that of the residual. The formulas are analytic, so that a complex step through them gives
second derivatives to the last digit. ``expected`` gives the sums that Kenward and Roger (1997),
doi:10.2307/2533558, need, by the variances themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from afa_eval.errors import EstimationError
from afa_eval.kernels.linear import Floats, Ints
from afa_eval.kernels.moments import ClusterMoments
from afa_eval.kernels.reml import Collapsed, check_identified, collapse

Numbers = NDArray[Any]  # real, or complex where a derivative is taken by a complex step


@dataclass(frozen=True, slots=True)
class Parts:
    """What is the likelihood made of, at one h?

    Attributes
    ----------
    a : ndarray, shape (q, q)
        Z'V^-1 Z sigma^2, outcome last.
    logdet : number
        log|V / sigma^2|.
    slopes : ndarray, shape (k, q, q)
        Derivatives of ``a``.
    logdet_slopes : ndarray, shape (k,)
        Derivatives of ``logdet``.
    """

    a: Numbers
    logdet: Any
    slopes: Numbers
    logdet_slopes: Numbers


@dataclass(frozen=True, slots=True)
class Expected:
    """Which sums does the expected information need? V = sum of variance_r G_r, the residual first.

    Attributes
    ----------
    trace : ndarray, shape (m, m)
        tr(V^-1 G_r V^-1 G_s).
    first : ndarray, shape (m, p, p)
        X'V^-1 G_r V^-1 X.
    second : ndarray, shape (m, m, p, p)
        X'V^-1 G_r V^-1 G_s V^-1 X.
    """

    trace: Floats
    first: Floats
    second: Floats


class Structure(Protocol):
    """What must a covariance structure be able to say?"""

    @property
    def size(self) -> int:
        """How many ratios of variances (and covariances) are there?"""

    @property
    def n_rows(self) -> int:
        """How many rows?"""

    @property
    def p(self) -> int:
        """How many regressors?"""

    def at(self, h: Numbers) -> Parts:
        """What is the likelihood made of at these ratios?

        Parameters
        ----------
        h : ndarray, shape (k,)
            Variances over the residual variance.

        Returns
        -------
        Parts
            With derivatives.
        """

    def expected(self, sigma2: float, h: Floats) -> Expected:
        """Which sums does the expected information need?

        Parameters
        ----------
        sigma2 : float
            Residual variance.
        h : ndarray, shape (k,)
            The other variances over it.

        Returns
        -------
        Expected
            By the variances themselves, the residual first.
        """


@dataclass(frozen=True, slots=True)
class TwoLevel:
    """Pupils in schools: one random intercept.

    Attributes
    ----------
    data : Collapsed
        The clusters by size.
    """

    data: Collapsed

    @property
    def size(self) -> int:
        """One ratio."""
        return 1

    @property
    def n_rows(self) -> int:
        """How many rows?"""
        return self.data.n_rows

    @property
    def p(self) -> int:
        """How many regressors?"""
        return self.data.p

    def at(self, h: Numbers) -> Parts:
        """What is the likelihood made of at this ratio?

        Parameters
        ----------
        h : ndarray, shape (1,)
            School variance over residual variance.

        Returns
        -------
        Parts
            In closed form.
        """
        data = self.data
        grown = 1 + data.sizes * h[0]
        a = data.within + data.weighted(1 / (data.sizes * grown))
        slope = -data.weighted(1 / grown**2)
        logdet = data.counts @ np.log(grown)
        return Parts(a, logdet, slope[None], np.array([data.counts @ (data.sizes / grown)]))

    def expected(self, sigma2: float, h: Floats) -> Expected:
        """Which sums does the expected information need?

        Parameters
        ----------
        sigma2 : float
            Residual variance.
        h : ndarray, shape (1,)
            School variance over it.

        Returns
        -------
        Expected
            Within schools V is sigma^2, along their means sigma^2 + n tau^2.
        """
        data, p = self.data, self.p
        along = sigma2 * (1 + data.sizes * h[0])
        trace, first, second = np.zeros((2, 2)), np.zeros((2, p, p)), np.zeros((2, 2, p, p))
        for r in range(2):
            first[r] = data.weighted(data.sizes ** (r - 1) / along**2)[:-1, :-1]
            for s in range(2):
                trace[r, s] = data.counts @ (data.sizes ** (r + s) / along**2)
                second[r, s] = data.weighted(data.sizes ** (r + s - 1) / along**3)[:-1, :-1]
        trace[0, 0] += (data.n_rows - data.n_clusters) / sigma2**2
        first[0] += data.within[:-1, :-1] / sigma2**2
        second[0, 0] += data.within[:-1, :-1] / sigma2**3
        return Expected(trace, first, second)


@dataclass(frozen=True, slots=True)
class ThreeLevel:
    """Pupils in schools in areas: two nested random intercepts.

    Attributes
    ----------
    within : ndarray, shape (q, q)
        Cross-products within schools.
    n : ndarray, shape (J,)
        Pupils by school, schools of an area side by side.
    sums : ndarray, shape (J, q)
        Column sums by school.
    starts : ndarray of int, shape (K,)
        First school of each area.
    n_rows : int
        Rows in all.
    schools : Collapsed
        The same without areas.
    """

    within: Floats
    n: Floats
    sums: Floats
    starts: Ints
    n_rows: int
    schools: Collapsed

    @property
    def size(self) -> int:
        """Two ratios: school, area."""
        return 2

    def only_areas(self) -> Collapsed:
        """What is there to know if schools of an area do not differ?

        Returns
        -------
        Collapsed
            With a size for each area.
        """
        n, s = self._by_area(self.n), self._by_area(self.sums)
        between = s[:, :, None] * s[:, None, :]
        schools = (self.sums / self.n[:, None]).T @ self.sums
        within = self.within + schools - (s / n[:, None]).T @ s
        return Collapsed((within + within.T) / 2, n, np.ones(n.size), between, self.n_rows, self.schools.reml)

    @property
    def p(self) -> int:
        """How many regressors?"""
        return int(self.sums.shape[1]) - 1

    def at(self, h: Numbers) -> Parts:
        """What is the likelihood made of at these ratios?

        Parameters
        ----------
        h : ndarray, shape (2,)
            School and area variance over residual variance.

        Returns
        -------
        Parts
            School by school, then area by area (rank one each).
        """
        n, s = self.n, self.sums
        d = 1 + n * h[0]
        t, a = self._by_area(s / d[:, None]), self._by_area(n / d)
        dt, da = self._by_area(s * (-n / d**2)[:, None]), self._by_area(-(n**2) / d**2)
        grown = 1 + h[1] * a
        c = h[1] / grown
        whole = self.within + (s / (n * d)[:, None]).T @ s - (t * c[:, None]).T @ t
        cross = (dt * c[:, None]).T @ t
        dc = -(h[1] ** 2) * da / grown**2
        by_school = -((s / (d**2)[:, None]).T @ s) - cross - cross.T - (t * dc[:, None]).T @ t
        by_area = -((t / (grown**2)[:, None]).T @ t)
        logdet = np.log(d).sum() + np.log(grown).sum()
        logdet_slopes = np.array([(n / d).sum() + (h[1] * da / grown).sum(), (a / grown).sum()])
        return Parts(whole, logdet, np.stack([by_school, by_area]), logdet_slopes)

    def _by_area(self, values: Numbers) -> Numbers:
        return np.add.reduceat(values, self.starts, axis=0)

    def expected(self, sigma2: float, h: Floats) -> Expected:
        """Which sums does the expected information need?

        Parameters
        ----------
        sigma2 : float
            Residual variance.
        h : ndarray, shape (2,)
            School and area variance over it.

        Returns
        -------
        Expected
            Area by area, on the schools' means.
        """
        p = self.p
        trace, first, second = np.zeros((3, 3)), np.zeros((3, p, p)), np.zeros((3, 3, p, p))
        stops = np.append(self.starts[1:], self.n.size)
        for start, stop in zip(self.starts, stops, strict=True):
            n = self.n[start:stop]
            root = np.sqrt(n)
            v = np.diag(sigma2 * (1 + h[0] * n)) + sigma2 * h[1] * np.outer(root, root)
            _add_block(
                v, [np.eye(n.size), np.diag(n), np.outer(root, root)], self._means(start, stop), trace, first, second
            )
        inside = self.within[:-1, :-1]
        trace[0, 0] += (self.n_rows - self.n.size) / sigma2**2
        first[0] += inside / sigma2**2
        second[0, 0] += inside / sigma2**3
        return Expected(trace, first, second)

    def _means(self, start: int, stop: int) -> Floats:
        """Regressors along each school's unit vector; (schools, p)."""
        out: Floats = self.sums[start:stop, :-1] / np.sqrt(self.n[start:stop, None])
        return out


def _add_block(v: Floats, g: list[Floats], x: Floats, trace: Floats, first: Floats, second: Floats) -> None:
    """Add one independent block to the sums, written out."""
    inverse = np.linalg.inv(v)
    vx = inverse @ x
    vg = [inverse @ part for part in g]
    for r, part in enumerate(g):
        first[r] += vx.T @ part @ vx
        for s in range(len(g)):
            trace[r, s] += float(np.einsum("ab,ba->", vg[r], vg[s]))
            second[r, s] += vx.T @ part @ (vg[s] @ vx)


@dataclass(frozen=True, slots=True)
class Slope:
    """Pupils in schools, with a random intercept and a random slope by school.

    Attributes
    ----------
    total : ndarray, shape (q, q)
        Cross-products over all rows.
    inner : ndarray, shape (J, 2, 2)
        W'W by school, W = [1, slope column].
    outer : ndarray, shape (J, 2, q)
        W'Z by school.
    n_rows : int
        Rows in all.
    """

    total: Floats
    inner: Floats
    outer: Floats
    n_rows: int

    @property
    def size(self) -> int:
        """Three ratios: intercept, covariance, slope."""
        return 3

    @property
    def p(self) -> int:
        """How many regressors?"""
        return int(self.total.shape[0]) - 1

    def shrink(self, h: Numbers) -> Numbers:
        """What is (I + M H)^-1 of each school?

        Parameters
        ----------
        h : ndarray, shape (3,)
            Intercept variance, covariance, slope variance over residual variance.

        Returns
        -------
        ndarray, shape (J, 2, 2)
            The inverses.
        """
        grown = np.eye(2) + self.inner @ _matrix(h)
        return np.linalg.inv(grown)

    def at(self, h: Numbers) -> Parts:
        """What is the likelihood made of at these ratios?

        Parameters
        ----------
        h : ndarray, shape (3,)
            Intercept variance, covariance, slope variance over residual variance.

        Returns
        -------
        Parts
            By 2-by-2 matrices of each school.
        """
        shrink = self.shrink(h)
        t = shrink @ self.outer
        u = shrink @ self.inner
        a = self.total - np.einsum("jac,ab,jbd->cd", self.outer, _matrix(h), t, optimize=True)
        q = a.shape[0]
        cross = [t[:, i].T @ t[:, k] for i, k in ((0, 0), (0, 1), (1, 1))]
        slopes = -np.stack([cross[0], cross[1] + cross[1].T, cross[2]]).reshape(3, q, q)
        grown = np.eye(2) + self.inner @ _matrix(h)
        determinant = grown[:, 0, 0] * grown[:, 1, 1] - grown[:, 0, 1] * grown[:, 1, 0]
        logdet_slopes = np.array([u[:, 0, 0].sum(), (u[:, 0, 1] + u[:, 1, 0]).sum(), u[:, 1, 1].sum()])
        return Parts((a + a.T) / 2, np.log(determinant).sum(), slopes, logdet_slopes)

    def expected(self, sigma2: float, h: Floats) -> Expected:
        """Which sums does the expected information need?

        With S = (I + H M)^-1, U = M S, C = H (I + M H)^-1 and t = W'V^-1 X sigma^2, all sums are of 2-by-2 matrices.

        Parameters
        ----------
        sigma2 : float
            Residual variance.
        h : ndarray, shape (3,)
            Intercept variance, covariance, slope variance over it.

        Returns
        -------
        Expected
            School by school.
        """
        m, r = self.inner, self.outer[:, :, :-1]
        shrink = self.shrink(h)
        s, c, u = shrink.transpose(0, 2, 1), _matrix(h) @ shrink, shrink @ m
        t = shrink @ r
        e = (np.diag([1.0, 0.0]), np.array([[0.0, 1.0], [1.0, 0.0]]), np.diag([0.0, 1.0]))
        p, cm = self.p, c @ m
        trace, first, second = np.zeros((4, 4)), np.zeros((4, p, p)), np.zeros((4, 4, p, p))
        rcr = [_sandwich(r, power @ c, r) for power in (np.broadcast_to(np.eye(2), m.shape), cm, cm @ cm)]
        gram = self.total[:-1, :-1]
        trace[0, 0] = self.n_rows - 2 * _trace(cm) + _trace(cm @ cm)
        first[0] = gram - 2 * rcr[0] + rcr[1]
        second[0, 0] = gram - 3 * rcr[0] + 3 * rcr[1] - rcr[2]
        for k, ek in enumerate(e, start=1):
            trace[0, k] = trace[k, 0] = _trace(ek @ (shrink @ m @ s))
            first[k] = _sandwich(t, np.broadcast_to(ek, m.shape), t)
            second[0, k] = _sandwich(t, s @ ek, t)
            second[k, 0] = second[0, k].T
            for el_at, el in enumerate(e, start=1):
                trace[k, el_at] = _trace(ek @ u @ el @ u)
                second[k, el_at] = _sandwich(t, ek @ u @ el, t)
        return Expected(trace / sigma2**2, first / sigma2**2, second / sigma2**3)


def _matrix(h: Numbers) -> Numbers:
    return np.array([[h[0], h[1]], [h[1], h[2]]])


def _trace(blocks: Floats) -> float:
    return float(np.einsum("jaa->", blocks))


def _sandwich(left: Floats, middle: Floats, right: Floats) -> Floats:
    out: Floats = np.einsum("jac,jab,jbd->cd", left, middle, right, optimize=True)
    return out


def build(
    moments: ClusterMoments, columns: list[int], areas: Ints | None = None, slope: int | None = None
) -> Structure:
    """Which structure do these groups and this slope make?

    Parameters
    ----------
    moments : ClusterMoments
        One cluster per school, none empty.
    columns : list of int
        Regressors, then the outcome.
    areas : ndarray of int, shape (J,), optional
        Area of each school.
    slope : int, optional
        Column whose slope differs by school.

    Returns
    -------
    Structure
        Two levels, three, or a random slope.

    Raises
    ------
    EstimationError
        Where the data cannot tell the variances apart.
    """
    data = collapse(moments, columns, reml=True)
    check_identified(data)
    if areas is not None and slope is not None:
        raise EstimationError("A random slope is fitted with one grouping level: leave out the area, or the slope.")
    if slope is not None:
        return _build_slope(moments, columns, slope)
    if areas is None:
        return TwoLevel(data)
    order = np.argsort(areas, kind="stable")
    _, starts = np.unique(areas[order], return_index=True)
    _check_areas(data.n_clusters, starts.size)
    sums = moments.sums[:, columns][order]
    n = moments.n[order].astype(np.float64)
    return ThreeLevel(data.within, n, sums, starts.astype(np.int64), moments.n_rows, data)


def _check_areas(schools: int, areas: int) -> None:
    if areas < 2:
        raise EstimationError("Three levels need at least two areas, and there is one.")
    if areas == schools:
        raise EstimationError("Each area has one school only: areas cannot be told from schools.")


def _build_slope(moments: ClusterMoments, columns: list[int], slope: int) -> Slope:
    """W'W and W'Z, with the slope column as it was before any shift, so that variances mean what they say."""
    back, n, sums = moments.shift[slope], moments.n.astype(np.float64), moments.sums
    first = sums[:, columns]
    second = moments.cross[:, slope][:, columns] + back * first
    plain = sums[:, slope] + back * n
    square = moments.cross[:, slope, slope] + 2 * back * sums[:, slope] + back**2 * n
    inner = np.stack([np.stack([n, plain], axis=1), np.stack([plain, square], axis=1)], axis=1)
    varied = np.count_nonzero(inner[:, 0, 0] * inner[:, 1, 1] - inner[:, 0, 1] ** 2 > 1e-9 * n * square.max())
    if varied < 2:
        raise EstimationError(
            "A random slope needs schools inside which that column varies, at least two of them: "
            "in a trial that assigns whole schools it cannot be seen."
        )
    outer = np.stack([first, second], axis=1)
    return Slope(moments.cross[:, columns][:, :, columns].sum(axis=0), inner, outer, moments.n_rows)
