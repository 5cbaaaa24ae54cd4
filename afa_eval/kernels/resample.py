"""Resampling whole clusters from their moments: bootstrap, wild bootstrap, permutation.

No row is touched: a replicate is a weighted sum of per-cluster matrices, so thousands are a few matrix products.
Every function takes a seed and makes its own generator, so equal seeds give equal answers in any thread.

References: Cameron, Gelbach and Miller (2008), doi:10.1162/rest.90.3.414 (restricted wild cluster bootstrap);
Webb (2023), doi:10.1111/caje.12661 (six-point weights); Davison and Hinkley (1997) (the +1 rule).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from afa_eval.errors import EstimationError
from afa_eval.kernels.linear import Floats, Ints, Unshift, check_rank, inverse_root
from afa_eval.kernels.moments import ClusterMoments, undo_shift
from afa_eval.kernels.refit import Refit, invert_all

CHUNK = 500  # replicates at a time: their weights stay in the cache
FEW_CLUSTERS = 12  # below it two-point weights give too few distinct replicates
WEBB = np.array([-math.sqrt(1.5), -1.0, -math.sqrt(0.5), math.sqrt(0.5), 1.0, math.sqrt(1.5)])
WEIGHTS = ("auto", "webb", "rademacher")


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """How do the estimates vary when schools are drawn anew?

    Attributes
    ----------
    coef : ndarray, shape (B, p)
        Coefficients of each replicate; those that could not be fitted are left out.
    tau2, sigma2 : ndarray, shape (B,)
        Variances of each replicate, for multilevel models; empty otherwise.
    failed : int
        Replicates without an answer, for example with one arm only.
    """

    coef: Floats
    tau2: Floats
    sigma2: Floats
    failed: int

    @property
    def se(self) -> Floats:
        """What is the standard deviation of each coefficient over the replicates?"""
        out: Floats = self.coef.std(axis=0, ddof=1)
        return out

    def interval(self, level: float = 0.95) -> Floats:
        """Between which percentiles does each coefficient lie?

        Parameters
        ----------
        level : float
            Confidence level.

        Returns
        -------
        ndarray, shape (2, p)
            Low and high.
        """
        tail = (1 - level) / 2
        out: Floats = np.quantile(self.coef, [tail, 1 - tail], axis=0)
        return out


@dataclass(frozen=True, slots=True)
class Test:
    """How surprising is the estimate if there were no difference?

    Attributes
    ----------
    statistic : float
        What was observed.
    p_value : float
        Share of replicates at least as far from nought; never 0.
    replicates : int
        How many there were.
    exact : bool
        Whether all possible ones were gone through.
    distribution : ndarray, shape (replicates,)
        The statistic of each.
    """

    __test__ = False  # not a test of this project, whatever its name makes a collector think

    statistic: float
    p_value: float
    replicates: int
    exact: bool
    distribution: Floats


def bootstrap_ols(
    moments: ClusterMoments,
    regressors: Sequence[int],
    outcome: int,
    replicates: int = 9999,
    seed: int = 0,
    strata: Ints | None = None,
) -> Bootstrap:
    """How do least-squares coefficients vary when clusters are drawn with replacement?

    Parameters
    ----------
    moments : ClusterMoments
        One cluster per school.
    regressors : sequence of int
        Columns on the right.
    outcome : int
        The column on the left.
    replicates : int
        How many samples of clusters.
    seed : int
        Equal seeds give equal answers.
    strata : ndarray of int, shape (J,), optional
        Clusters are drawn within these, for example arms, so that their number by stratum stays.

    Returns
    -------
    Bootstrap
        A cluster drawn twice counts as two.
    """
    used, columns, groups = _prepare(moments, [*regressors, outcome], strata)
    q = len(columns)
    flat, back = used.cross[:, columns][:, :, columns].reshape(-1, q * q), _unshift(used, columns)
    parts, failed = [], 0
    for weights in _draws(groups, replicates, seed):
        gram = (weights @ flat).reshape(-1, q, q)
        coef, good = _solve_all(gram)
        failed += int(np.count_nonzero(~good))
        parts.append(coef[good] @ back.matrix.T + back.offset)
    return Bootstrap(np.concatenate(parts), np.empty(0), np.empty(0), failed)


def bootstrap_reml(
    moments: ClusterMoments,
    regressors: Sequence[int],
    outcome: int,
    replicates: int = 9999,
    seed: int = 0,
    strata: Ints | None = None,
) -> Bootstrap:
    """How do a random-intercept model's estimates vary when clusters are drawn with replacement?

    Each replicate is refitted by REML, all of a chunk side by side: exact, not interpolated.

    Parameters
    ----------
    moments : ClusterMoments
        One cluster per school.
    regressors : sequence of int
        Columns on the right.
    outcome : int
        The column on the left.
    replicates : int
        How many samples of clusters.
    seed : int
        Equal seeds give equal answers.
    strata : ndarray of int, shape (J,), optional
        Clusters are drawn within these.

    Returns
    -------
    Bootstrap
        Coefficients and variances; a variance of nought where the score is positive there.
    """
    used, columns, groups = _prepare(moments, [*regressors, outcome], strata)
    refit, back = Refit.of(used, columns), _unshift(used, columns)
    coefs, tau2, sigma2, failed = [], [], [], 0
    for weights in _draws(groups, replicates, seed):
        found = refit.run(weights)
        failed += int(np.count_nonzero(~found.good))
        coefs.append(found.coef[found.good] @ back.matrix.T + back.offset)
        sigma2.append(found.sigma2[found.good])
        tau2.append((found.ratio * found.sigma2)[found.good])
    return Bootstrap(np.concatenate(coefs), np.concatenate(tau2), np.concatenate(sigma2), failed)


def wild_bootstrap(
    moments: ClusterMoments,
    regressors: Sequence[int],
    outcome: int,
    tested: int,
    null: float = 0.0,
    replicates: int = 9999,
    seed: int = 0,
    weights: str = "auto",
) -> Test:
    """Is a least-squares coefficient different from a value, by the restricted wild cluster bootstrap?

    The hypothesis is imposed; each cluster's residuals get one random weight; the statistic is t with CR1 errors.

    Parameters
    ----------
    moments : ClusterMoments
        One cluster per school.
    regressors : sequence of int
        Columns on the right.
    outcome : int
        The column on the left.
    tested : int
        Position of the coefficient among the regressors; not the intercept of shifted columns.
    null : float
        The value under the hypothesis.
    replicates : int
        How many draws of weights.
    seed : int
        Equal seeds give equal answers.
    weights : str
        ``webb`` (six points), ``rademacher`` (signs), or ``auto``: webb with fewer than 12 clusters. Where there are
        no more patterns than ``replicates``, each is taken once.

    Returns
    -------
    Test
        Two-sided.
    """
    if weights not in WEIGHTS:
        raise ValueError(f"weights must be one of {', '.join(WEIGHTS)}, not {weights!r}")
    used, columns, _ = _prepare(moments, [*regressors, outcome], None)
    gram_j = used.cross[:, columns[:-1]][:, :, columns[:-1]]
    cross_j = used.cross[:, columns[:-1], outcome]
    gram = gram_j.sum(axis=0)
    check_rank(gram)
    bread = _inverse(gram)
    coef = bread @ cross_j.sum(axis=0)
    direction = bread[tested]
    restricted = coef - direction / direction[tested] * (coef[tested] - null)
    scores = cross_j - gram_j @ restricted
    along, curve = scores @ direction, gram_j @ direction
    size = used.n_clusters

    def statistic(v: Floats) -> Floats:
        moved = v @ (scores @ bread)  # how far each replicate's coefficients are from the restricted ones
        meat = v * along - moved @ curve.T
        spread = np.sqrt(size / (size - 1) * (meat * meat).sum(axis=1))
        top = moved[:, tested]
        out: Floats = np.divide(top, spread, out=np.zeros_like(top), where=spread > 0)
        return out

    observed = float(statistic(np.ones((1, size)))[0])
    draws, exact = _wild_draws(size, replicates, seed, weights)
    return _test(observed, np.concatenate([statistic(v) for v in draws]), exact)


def permutation(
    moments: ClusterMoments,
    regressors: Sequence[int],
    outcome: int,
    treated: int,
    replicates: int = 9999,
    seed: int = 0,
    strata: Ints | None = None,
) -> Test:
    """How often would another assignment of schools have shown as large an effect?

    Parameters
    ----------
    moments : ClusterMoments
        One cluster per school.
    regressors : sequence of int
        Columns on the right, the treatment among them.
    outcome : int
        The column on the left.
    treated : int
        Column of the treatment: 0 or 1, the same for all rows of a cluster, unshifted.
    replicates : int
        How many assignments; all of them once where there are no more.
    seed : int
        Equal seeds give equal answers.
    strata : ndarray of int, shape (J,), optional
        Assignments are permuted within these, as the trial randomised: strata or pairs.

    Returns
    -------
    Test
        Two-sided, of the least-squares coefficient; exact under the hypothesis of no effect on any school.

    Raises
    ------
    EstimationError
        Where the treatment is not assigned to whole clusters.
    """
    others = [column for column in regressors if column != treated]
    used, _, groups = _prepare(moments, [*others, outcome], strata)
    label = used.sums[:, treated] / used.n
    whole = used.shift[treated] == 0 and np.allclose(used.cross[:, treated, treated], used.sums[:, treated])
    if not (whole and np.isin(label, (0.0, 1.0)).all()):
        raise EstimationError("A cluster permutation needs a treatment, 0 or 1, that whole schools have or have not.")
    gram = used.cross[:, others][:, :, others].sum(axis=0)
    bread = _inverse(gram)
    coef = bread @ used.cross[:, others, outcome].sum(axis=0)
    sums = used.sums[:, others]
    left = used.sums[:, outcome] - sums @ coef
    n = used.n.astype(np.float64)

    def statistic(assigned: Floats) -> Floats:
        crossed = assigned @ sums
        below = assigned @ n - np.einsum("bi,ij,bj->b", crossed, bread, crossed, optimize=True)
        top = assigned @ left
        out: Floats = np.divide(top, below, out=np.zeros_like(top), where=below > 1e-9 * n.sum())
        return out

    observed = float(statistic(label[None])[0])
    draws, exact = _assignments(label, groups, replicates, seed)
    return _test(observed, np.concatenate([statistic(assigned) for assigned in draws]), exact)


# --- draws --------------------------------------------------------------------------------------------------


def _prepare(
    moments: ClusterMoments, columns: list[int], strata: Ints | None
) -> tuple[ClusterMoments, list[int], Ints]:
    keep = moments.n > 0
    used = moments.occupied()
    if used.n_clusters < 2:
        raise EstimationError("Resampling schools needs at least two of them.")
    groups = np.zeros(used.n.size, dtype=np.int64) if strata is None else np.asarray(strata, dtype=np.int64)[keep]
    return used, columns, groups


def _draws(groups: Ints, replicates: int, seed: int) -> Iterator[Floats]:
    """How often each cluster is drawn in each replicate; (chunk, J)."""
    rng = np.random.default_rng(seed)
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    for start in range(0, replicates, CHUNK):
        rows = min(CHUNK, replicates - start)
        weights = np.zeros((rows, groups.size))
        for member in members:
            drawn = rng.integers(0, member.size, (rows, member.size)) + np.arange(rows)[:, None] * member.size
            counts = np.bincount(drawn.ravel(), minlength=rows * member.size)
            weights[:, member] = counts.reshape(rows, member.size)
        yield weights


def _wild_draws(size: int, replicates: int, seed: int, kind: str) -> tuple[Iterator[Floats], bool]:
    chosen = ("webb" if size < FEW_CLUSTERS else "rademacher") if kind == "auto" else kind
    points = WEBB if chosen == "webb" else np.array([-1.0, 1.0])
    if points.size**size <= replicates:
        return iter([np.array(list(product(points[::-1], repeat=size)))]), True
    rng = np.random.default_rng(seed)

    def draws() -> Iterator[Floats]:
        for start in range(0, replicates, CHUNK):
            yield points[rng.integers(0, points.size, (min(CHUNK, replicates - start), size))]

    return draws(), False


def _assignments(label: Floats, groups: Ints, replicates: int, seed: int) -> tuple[Iterator[Floats], bool]:
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    possible = math.prod(math.comb(member.size, round(float(label[member].sum()))) for member in members)
    if possible <= replicates:
        return iter([_all_assignments(label, members)]), True
    rng = np.random.default_rng(seed)

    def draws() -> Iterator[Floats]:
        for start in range(0, replicates, CHUNK):
            out = np.empty((min(CHUNK, replicates - start), label.size))
            for member in members:
                out[:, member] = rng.permuted(np.tile(label[member], (out.shape[0], 1)), axis=1)
            yield out

    return draws(), False


def _all_assignments(label: Floats, members: list[Ints]) -> Floats:
    choices = [list(combinations(member.tolist(), round(float(label[member].sum())))) for member in members]
    out = np.zeros((math.prod(len(choice) for choice in choices), label.size))
    for row, picked in enumerate(product(*choices)):
        out[row, [school for part in picked for school in part]] = 1.0
    return out


def _test(observed: float, distribution: Floats, exact: bool) -> Test:
    """Two-sided p; where all were gone through the observed one is among them, else it is added."""
    as_far = int(np.count_nonzero(np.abs(distribution) >= abs(observed) * (1 - 1e-12)))
    count = distribution.size
    p_value = as_far / count if exact else (as_far + 1) / (count + 1)
    return Test(observed, p_value, count, exact, distribution)


# --- many small systems -------------------------------------------------------------------------------------


def _inverse(gram: Floats) -> Floats:
    root = inverse_root(gram)
    out: Floats = root @ root.T
    return out


def _solve_all(gram: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Coefficients of each Gram matrix, and which of them could be solved."""
    inverse, good = invert_all(gram[:, :-1, :-1])
    return (inverse @ gram[:, :-1, -1:])[:, :, 0], good


def _unshift(used: ClusterMoments, columns: list[int]) -> Unshift:
    """How a shift is undone: a property of the columns, so the same in each replicate."""
    picked = columns[:-1]
    check_rank(used.cross[:, picked][:, :, picked].sum(axis=0))
    return undo_shift(used, picked, columns[-1])
