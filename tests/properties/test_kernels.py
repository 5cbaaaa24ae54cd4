"""Laws of the estimators: what rescaling, shifting, reordering and merging may change, and what not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from afa_eval.frames.record import Moments, reshift
from afa_eval.kernels.mixed import contrast as mixed_contrast
from afa_eval.kernels.mixed import fit_mixed
from afa_eval.kernels.moments import cluster_moments, constant_safe_shift
from afa_eval.kernels.ols import contrast, fit_ols
from afa_eval.kernels.reml import fit_random_intercept, icc_interval

LAW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SAME = 1e-8  # rounding of sums in another order, grown by the condition of random designs
KINDS = ("CR0", "CR1", "CR1S", "CR2", "CR3")

seeds = st.integers(0, 2**32 - 1)
schools = st.integers(4, 25)


def study(seed, count, icc=0.2):
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(count), rng.integers(2, 15, count))
    x = np.column_stack([np.ones(school.size), rng.permutation(school.size) % 2, rng.normal(50, 10, school.size)])
    y = x @ [5, 2, 0.5] + rng.normal(0, 6 * np.sqrt(icc), count)[school] + rng.normal(0, 6, school.size)
    return x, y, school


def moments_of(x, y, school):
    columns = np.column_stack([x, y])
    return cluster_moments(columns, school, constant_safe_shift(columns))


def close(a, b):
    np.testing.assert_allclose(a, b, rtol=SAME, atol=SAME)


@LAW
@given(seeds, schools, st.sampled_from(KINDS), st.floats(0.01, 1000), st.floats(-1e4, 1e4))
def test_rescaling_and_shifting_the_outcome(seed, count, kind, scale, shift):
    x, y, school = study(seed, count)
    one = contrast(fit_ols(moments_of(x, y, school), range(3), 3, kind), [0, 1, 0])
    two = contrast(fit_ols(moments_of(x, shift + scale * y, school), range(3), 3, kind), [0, 1, 0])
    close([two.value / scale, two.se / scale, two.df], [one.value, one.se, one.df])
    a = fit_random_intercept(moments_of(x, y, school), range(3), 3)
    b = fit_random_intercept(moments_of(x, shift + scale * y, school), range(3), 3)
    close([b.coef[1] / scale, b.sigma2 / scale**2, b.icc], [a.coef[1], a.sigma2, a.icc])
    close(icc_interval(b), icc_interval(a))


@LAW
@given(seeds, schools, st.floats(0.01, 100), st.floats(-1e3, 1e3))
def test_rescaling_and_shifting_a_column(seed, count, scale, shift):
    x, y, school = study(seed, count)
    moved = x.copy()
    moved[:, 2] = shift + scale * x[:, 2]
    for kind in ("CR2", "CR3"):
        one = contrast(fit_ols(moments_of(x, y, school), range(3), 3, kind), [0, 1, 0])
        two = contrast(fit_ols(moments_of(moved, y, school), range(3), 3, kind), [0, 1, 0])
        close([two.value, two.se, two.df], [one.value, one.se, one.df])
    a, b = (fit_mixed(moments_of(z, y, school), range(3), 3) for z in (x, moved))
    close([b.coef[1], b.coef[2] * scale, b.variances[0]], [a.coef[1], a.coef[2], a.variances[0]])
    for method in ("satterthwaite", "kenward-roger"):
        close(mixed_contrast(b, [0, 1, 0], method).df, mixed_contrast(a, [0, 1, 0], method).df)


@LAW
@given(seeds, schools)
def test_reordering_rows_and_relabelling_schools_change_nothing(seed, count):
    x, y, school = study(seed, count)
    rng = np.random.default_rng(seed)
    order, names = rng.permutation(y.size), rng.permutation(3 * count)[:count]
    one, two = moments_of(x, y, school), moments_of(x[order], y[order], names[school[order]])
    a, b = (contrast(fit_ols(m, range(3), 3), [0, 1, 0]) for m in (one, two))
    close([b.value, b.se, b.df], [a.value, a.se, a.df])
    a, b = (fit_random_intercept(m, range(3), 3) for m in (one, two))
    close([*b.coef, b.tau2, b.sigma2], [*a.coef, a.tau2, a.sigma2])


@LAW
@given(seeds, schools)
def test_every_school_twice_halves_the_variance(seed, count):
    x, y, school = study(seed, count)
    m = moments_of(x, y, school)
    twice = m.take(np.concatenate([np.arange(count), np.arange(count)]))
    one, two = (contrast(fit_ols(z, range(3), 3, "CR0"), [0, 1, 0]) for z in (m, twice))
    close([two.value, two.se], [one.value, one.se / np.sqrt(2)])
    one, two = (fit_random_intercept(z, range(3), 3, reml=False) for z in (m, twice))
    close([two.tau2, two.sigma2, two.loglik], [one.tau2, one.sigma2, 2 * one.loglik])


@LAW
@given(seeds, schools, st.integers(2, 5))
def test_merging_parts_in_any_order_gives_the_whole(seed, count, parts):
    x, y, school = study(seed, count)
    columns = np.column_stack([x, y])
    names = ("Intercept", "treated", "pre", "post")
    keys = tuple((k,) for k in range(count))
    rng = np.random.default_rng(seed)
    part = rng.integers(0, parts, y.size)

    def record(rows):
        m = cluster_moments(columns[rows], school[rows], constant_safe_shift(columns[rows]))
        found = np.flatnonzero(m.n)
        return Moments(names, ("urn",), tuple(keys[k] for k in found), m.take(found))

    records = [record(part == k) for k in range(parts) if (part == k).any()]
    whole = record(np.ones(y.size, dtype=bool))
    for order in (range(len(records)), rng.permutation(len(records))):
        total = records[order[0]]
        for k in order[1:]:
            total = total + records[k]
        assert total.keys == whole.keys
        again = reshift(total.clusters, whole.shift)
        np.testing.assert_array_equal(again.n, whole.clusters.n)
        np.testing.assert_allclose(again.cross, whole.clusters.cross, rtol=SAME, atol=SAME * whole.clusters.cross.max())


@LAW
@given(seeds, schools)
def test_satterthwaite_stays_below_the_number_of_schools(seed, count):
    x, y, school = study(seed, count)
    for direction in np.eye(3):
        found = contrast(fit_ols(moments_of(x, y, school), range(3), 3), direction)
        assert 0 < found.df <= count
        assert found.identified == pytest.approx(1, abs=1e-6)


@LAW
@given(seeds, st.integers(6, 25))
def test_the_maximum_is_a_maximum(seed, count):
    x, y, school = study(seed, count)
    from afa_eval.kernels.reml import solve

    fit = fit_random_intercept(moments_of(x, y, school), range(3), 3)
    ratio = fit.tau2 / fit.sigma2
    for other in (0.0, ratio * 0.5, ratio * 2, ratio + 1e-3, 1.0, 100.0):
        assert solve(fit.collapsed, other).deviance >= -2 * fit.loglik - 1e-8
    low, high = icc_interval(fit)
    assert 0 <= low <= fit.icc <= high < 1
