"""The mean of a clustered sample, in closed form: least squares on a constant without any matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from afa_eval.kernels.linear import Floats, Ints


@dataclass(frozen=True, slots=True)
class ClusterMean:
    """What is the mean, and how sure is it when rows come in clusters?

    Attributes
    ----------
    value : float
        The mean; nan without rows.
    se, df : float or None
        CR2 standard error and its Satterthwaite degrees of freedom; None with fewer than two clusters.
    n, n_clusters : int
        Rows and clusters.
    design_effect : float or None
        Variance allowing for clusters over variance ignoring them; None where rows do not vary.
    """

    value: float
    se: float | None
    df: float | None
    n: int
    n_clusters: int
    design_effect: float | None = None


def cluster_mean(values: Floats, cluster: Ints) -> ClusterMean:
    """What is the mean of these rows, with CR2 error by cluster?

    With h_j = n_j / n and S_j the residual sum of cluster j, the CR2 variance of a mean is
    sum S_j^2 / (1 - h_j) / n^2, and its degrees of freedom need only the h_j: the same numbers as
    ``fit_ols`` on a column of ones, some thirty times faster.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Finite numbers.
    cluster : ndarray of int, shape (n,)
        Codes from 0; not all need occur.

    Returns
    -------
    ClusterMean
        At full precision.

    References
    ----------
    Pustejovsky and Tipton (2018), doi:10.1080/07350015.2016.1247004.

    Examples
    --------
    >>> cluster_mean(np.array([1.0, 2.0, 3.0, 6.0]), np.array([0, 0, 1, 1])).value
    3.0
    """
    n = values.size
    if n == 0:
        return ClusterMean(float("nan"), None, None, 0, 0)
    counts = np.bincount(cluster)
    present = counts > 0
    value = float(values.mean())
    clusters = int(present.sum())
    if clusters < 2:
        return ClusterMean(value, None, None, n, clusters)
    residual = values - value
    sums, share = np.bincount(cluster, weights=residual)[present], counts[present] / n
    rest = 1.0 - share
    variance = float((sums**2 / rest).sum()) / n**2
    spread = float((share**2 * (1 - 2 * share) / rest**2).sum()) + float((share**2 / rest).sum()) ** 2
    naive = float(residual @ residual) / (n - 1) / n
    effect = variance / naive if naive > 0 else None
    return ClusterMean(value, float(np.sqrt(variance)), 1.0 / spread, n, clusters, effect)
