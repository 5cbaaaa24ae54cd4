"""Resampling from moments: the same numbers as refitting to copied rows, and tests of the right size."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest

from afa_eval.errors import EstimationError
from afa_eval.kernels.moments import cluster_moments, constant_safe_shift
from afa_eval.kernels.ols import contrast, fit_ols
from afa_eval.kernels.refit import HALF_WIDTH, Refit
from afa_eval.kernels.reml import fit_random_intercept
from afa_eval.kernels.resample import bootstrap_ols, bootstrap_reml, permutation, wild_bootstrap

EXACT = 1e-10  # the same sums in another order
INTERPOLATED = 1e-6  # of a standard error: what is left of interpolating the ratio of variances


def trial(schools=12, effect=0.0, seed=0, each=None):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(5, 25, schools) if each is None else np.full(schools, each)
    school = np.repeat(np.arange(schools), sizes)
    treated = (np.arange(schools) % 2)[school]
    pre = rng.normal(100, 15, school.size)
    y = 20 + 0.8 * pre + effect * treated + rng.normal(0, 4, schools)[school] + rng.normal(0, 8, school.size)
    return np.column_stack([np.ones(school.size), treated, pre, y]), school


def moments_of(columns, school):
    return cluster_moments(columns, school, constant_safe_shift(columns))


def redrawn(schools, seed, rows):
    """The clusters that the first replicates of a seed draw: the same generator, the same order."""
    return np.random.default_rng(seed).integers(0, schools, (rows, schools))


def test_bootstrap_equals_refitting_the_drawn_schools():
    columns, school = trial()
    moments = moments_of(columns, school)
    found = bootstrap_ols(moments, range(3), 3, replicates=20, seed=5)
    expected = [fit_ols(moments.take(drawn), range(3), 3, "iid").coef for drawn in redrawn(12, 5, 20)]
    np.testing.assert_allclose(found.coef, expected, rtol=1e-9)
    assert found.failed == 0


def test_multilevel_bootstrap_equals_refitting_the_drawn_schools():
    columns, school = trial(schools=40)
    moments = moments_of(columns, school)
    found = bootstrap_reml(moments, range(3), 3, replicates=20, seed=5)
    for b, drawn in enumerate(redrawn(40, 5, 20)):
        fit = fit_random_intercept(moments.take(drawn), range(3), 3)
        off = np.abs(found.coef[b] - fit.coef) / np.sqrt(np.diagonal(fit.cov))
        assert off.max() < INTERPOLATED
        np.testing.assert_allclose([found.tau2[b], found.sigma2[b]], [fit.tau2, fit.sigma2], rtol=1e-5, atol=1e-9)


def test_far_replicates_are_solved_exactly():
    columns, school = trial(schools=10, seed=3)
    moments = moments_of(columns, school)
    refit = Refit.of(moments, [0, 1, 2, 3])
    weights = np.random.default_rng(1).exponential(1, (30, 10)) ** 3  # any weights will do, also uneven ones
    found = refit.run(weights)
    small = refit.centre - HALF_WIDTH
    assert (np.log(found.ratio[found.ratio > 0]) < small).any() or (found.ratio == 0).any()
    at = refit._exact_score(weights, np.maximum(found.ratio, 1e-12))
    interior = found.ratio > 0
    curvature = 0.5 * 10
    assert np.abs(at[interior] * found.ratio[interior]).max() < 1e-4 * curvature


def test_strata_keep_their_size_and_seeds_their_answers():
    columns, school = trial(schools=6)
    moments = moments_of(columns, school)
    arms = np.arange(6) % 2
    stratified = bootstrap_ols(moments, range(3), 3, replicates=300, seed=1, strata=arms)
    plain = bootstrap_ols(moments, range(3), 3, replicates=300, seed=1)
    assert stratified.failed == 0
    assert plain.failed > 0  # six schools: sometimes one arm only
    again = bootstrap_ols(moments, range(3), 3, replicates=300, seed=1, strata=arms)
    np.testing.assert_array_equal(again.coef, stratified.coef)
    other = bootstrap_ols(moments, range(3), 3, replicates=300, seed=2, strata=arms)
    assert (other.coef != stratified.coef).any()


def test_bootstrap_error_is_near_the_clustered_one():
    columns, school = trial(schools=200, seed=2)
    moments = moments_of(columns, school)
    found = bootstrap_ols(moments, range(3), 3, replicates=2000)
    clustered = np.sqrt(np.diagonal(fit_ols(moments, range(3), 3).cov))
    np.testing.assert_allclose(found.se, clustered, rtol=0.08)  # 2,000 replicates: 1.6 % each, and order 1 / schools
    low, high = found.interval()
    assert low[1] < fit_ols(moments, range(3), 3).coef[1] < high[1]


def test_wild_statistic_is_t_with_cr1_errors():
    columns, school = trial()
    moments = moments_of(columns, school)
    fit = contrast(fit_ols(moments, range(3), 3, "CR1"), [0, 1, 0])
    found = wild_bootstrap(moments, range(3), 3, 1, replicates=99)
    np.testing.assert_allclose(found.statistic, fit.value / fit.se, rtol=EXACT)
    shifted = wild_bootstrap(moments, range(3), 3, 1, null=2.0, replicates=99)
    np.testing.assert_allclose(shifted.statistic, (fit.value - 2) / fit.se, rtol=EXACT)


def test_wild_enumeration_equals_refitting_every_pattern():
    columns, school = trial(schools=6, seed=4)
    x, y = columns[:, :3], columns[:, 3]
    restricted = np.linalg.lstsq(x[:, [0, 2]], y, rcond=None)[0]
    fitted = x[:, [0, 2]] @ restricted
    statistics = []
    for signs in product((1.0, -1.0), repeat=6):
        starred = np.column_stack([x, fitted + np.array(signs)[school] * (y - fitted)])
        one = contrast(fit_ols(cluster_moments(starred, school), range(3), 3, "CR1"), [0, 1, 0])
        statistics.append(one.value / one.se)
    found = wild_bootstrap(moments_of(columns, school), range(3), 3, 1, weights="rademacher")
    assert found.exact
    assert found.replicates == 64
    np.testing.assert_allclose(found.distribution, statistics, rtol=1e-7, atol=1e-9)
    expected = np.mean(np.abs(statistics) >= abs(statistics[0]) * (1 - 1e-9))
    np.testing.assert_allclose(found.p_value, expected, rtol=EXACT)


def test_few_schools_get_six_point_weights():
    columns, school = trial(schools=8)
    moments = moments_of(columns, school)
    few = wild_bootstrap(moments, range(3), 3, 1, replicates=500, seed=3)
    webb = wild_bootstrap(moments, range(3), 3, 1, replicates=500, seed=3, weights="webb")
    assert not few.exact
    np.testing.assert_array_equal(few.distribution, webb.distribution)
    with pytest.raises(ValueError, match="weights must be"):
        wild_bootstrap(moments, range(3), 3, 1, weights="mammen")


def test_six_point_weights_are_all_gone_through_where_schools_are_very_few():
    columns, school = trial(schools=5, seed=4)
    x, y = columns[:, :3], columns[:, 3]
    found = wild_bootstrap(moments_of(columns, school), range(3), 3, 1)
    assert (found.exact, found.replicates) == (True, 6**5)
    restricted = np.linalg.lstsq(x[:, [0, 2]], y, rcond=None)[0]
    fitted = x[:, [0, 2]] @ restricted
    patterns = list(product([np.sqrt(1.5), 1, np.sqrt(0.5), -np.sqrt(0.5), -1, -np.sqrt(1.5)], repeat=5))
    for at in range(0, 6**5, 311):
        starred = np.column_stack([x, fitted + np.array(patterns[at])[school] * (y - fitted)])
        one = contrast(fit_ols(cluster_moments(starred, school), range(3), 3, "CR1"), [0, 1, 0])
        np.testing.assert_allclose(found.distribution[at], one.value / one.se, rtol=1e-7, atol=1e-9)  # as signs above


def test_permutation_enumeration_equals_refitting_every_assignment():
    columns, school = trial(schools=8, seed=6)
    expected = []
    for chosen in combinations(range(8), 4):
        again = columns.copy()
        again[:, 1] = np.isin(school, chosen)
        expected.append(fit_ols(cluster_moments(again, school), range(3), 3, "iid").coef[1])
    found = permutation(moments_of(columns, school), range(3), 3, 1)
    assert found.exact
    assert found.replicates == 70
    np.testing.assert_allclose(np.sort(found.distribution), np.sort(expected), rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(found.statistic, fit_ols(moments_of(columns, school), range(3), 3).coef[1], rtol=1e-9)
    np.testing.assert_allclose(found.p_value, np.mean(np.abs(expected) >= abs(found.statistic) * (1 - 1e-9)))


def test_permutation_respects_pairs():
    columns, school = trial(schools=8, seed=6)
    pairs = np.arange(8) // 2
    found = permutation(moments_of(columns, school), range(3), 3, 1, strata=pairs)
    assert (found.exact, found.replicates) == (True, 16)
    assert found.p_value >= 2 / 16  # the assignment itself and, without a baseline, its mirror image
    many = permutation(moments_of(*trial(schools=30)), range(3), 3, 1, replicates=199, strata=np.arange(30) // 2)
    assert not many.exact
    assert many.p_value >= 1 / 200


def test_permutation_finds_what_is_there():
    columns, school = trial(schools=80, effect=9.0)
    assert permutation(moments_of(columns, school), range(3), 3, 1, replicates=999).p_value == pytest.approx(1 / 1000)


@pytest.mark.parametrize("method", [wild_bootstrap, permutation])
def test_size_under_no_effect(method):
    p = [
        method(moments_of(*trial(12, seed=s, each=8)), range(3), 3, 1, replicates=199, seed=s).p_value
        for s in range(200)
    ]
    # 200 trials at the 10 % level: 20 expected, standard deviation 4.2; four of them allowed
    assert 3 <= np.count_nonzero(np.array(p) <= 0.1) <= 37


def test_refusals():
    columns, school = trial()
    mixed = columns.copy()
    mixed[:, 1] = np.arange(len(mixed)) % 2
    double = np.column_stack([columns[:, :2], columns[:, 1], columns[:, 3]])
    with pytest.raises(EstimationError, match="whole schools"):
        permutation(moments_of(mixed, school), range(3), 3, 1)
    with pytest.raises(EstimationError, match="at least two"):
        bootstrap_ols(moments_of(columns, school * 0), range(3), 3)
    with pytest.raises(EstimationError, match="say the same thing"):
        bootstrap_ols(moments_of(double, school), range(3), 3)
