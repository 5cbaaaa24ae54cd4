"""The closed form of a clustered mean against the general least squares it stands in for."""

import numpy as np
import pytest

from afa_eval.kernels.means import cluster_mean
from afa_eval.kernels.moments import cluster_moments
from afa_eval.kernels.ols import contrast, fit_ols


@pytest.mark.parametrize("seed", range(5))
def test_mean_is_least_squares_on_a_constant(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(10, 500))
    cluster = rng.integers(0, rng.integers(2, 15), n)
    values = 1e3 + rng.normal(size=n) + 0.5 * cluster
    found = cluster_mean(values, cluster)
    fit = fit_ols(cluster_moments(np.column_stack([np.ones(n), values - 1e3]), cluster), [0], 1)
    general = contrast(fit, [1.0])
    # the same formula in another order of summing
    assert found.value - 1e3 == pytest.approx(general.value, rel=1e-9)
    assert found.se == pytest.approx(general.se, rel=1e-9)
    assert found.df == pytest.approx(general.df, rel=1e-9)
    assert found.design_effect == pytest.approx(general.se**2 / fit.cov_classical[0, 0], rel=1e-9)


def test_two_equal_clusters_by_hand():
    found = cluster_mean(np.array([1.0, 3.0, 5.0, 7.0]), np.array([0, 0, 1, 1]))
    # sums of residuals -4 and 4, h = 1/2: (16 / .5 + 16 / .5) / 16 = 4
    assert (found.value, found.se, found.df) == (4.0, 2.0, 1.0)


def test_one_cluster_no_rows_and_no_spread():
    one = cluster_mean(np.array([1.0, 2.0]), np.array([3, 3]))
    assert (one.value, one.se, one.df, one.n_clusters) == (1.5, None, None, 1)
    none = cluster_mean(np.empty(0), np.empty(0, dtype=np.int64))
    assert np.isnan(none.value)
    assert none.n == 0
    flat = cluster_mean(np.ones(4), np.array([0, 0, 1, 1]))
    assert flat.se == 0
    assert flat.design_effect is None
