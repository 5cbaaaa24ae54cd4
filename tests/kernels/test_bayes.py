"""Exact posteriors against a Gibbs sampler written here, and against what is known without one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from afa_eval.errors import EstimationError
from afa_eval.kernels.bayes import effect_posterior, fit_bayes, g_posterior
from afa_eval.kernels.moments import cluster_moments, constant_safe_shift


def trial(seed=1, schools=14):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(4, 20, schools)
    school = np.repeat(np.arange(schools), sizes)
    treated = (np.arange(schools) % 2)[school]
    x = np.column_stack([np.ones(school.size), treated, rng.normal(50, 10, school.size)])
    y = x @ [10, 4, 0.6] + rng.normal(0, 3, schools)[school] + rng.normal(0, 6, school.size)
    return x, y, school


def moments_of(x, y, school):
    columns = np.column_stack([x, y])
    return cluster_moments(columns, school, constant_safe_shift(columns))


def gibbs(x, y, school, draws, seed):
    """beta, u and sigma^2 by conjugate draws, log lambda by Metropolis; priors flat, 1/sigma^2, ICC uniform."""
    rng = np.random.default_rng(seed)
    schools, n = school.max() + 1, np.bincount(school)
    gram = np.linalg.inv(x.T @ x)
    root, hat = np.linalg.cholesky(gram), gram @ x.T
    u, sigma2, log_ratio = np.zeros(schools), y.var(), 0.0
    out = np.empty((draws, 3))

    def log_target(at, squares):
        ratio = np.exp(at)
        return at - 2 * np.log1p(ratio) - schools / 2 * at - squares / (2 * ratio)

    for i in range(draws):
        beta = hat @ (y - u[school]) + np.sqrt(sigma2) * root @ rng.normal(size=x.shape[1])
        left = y - x @ beta
        shrink = 1 / (n + np.exp(-log_ratio))
        u = shrink * np.bincount(school, weights=left) + np.sqrt(sigma2 * shrink) * rng.normal(size=schools)
        rest = left - u[school]
        total = rest @ rest + u @ u * np.exp(-log_ratio)
        sigma2 = total / 2 / rng.gamma((y.size + schools) / 2)
        squares = u @ u / sigma2
        for _ in range(3):
            tried = log_ratio + rng.normal(0, 0.8)
            if np.log(rng.random()) < log_target(tried, squares) - log_target(log_ratio, squares):
                log_ratio = tried
        out[i] = beta[1], sigma2, np.exp(log_ratio)
    return out[draws // 10 :]


def batch_error(values, batches=30):
    """Monte-Carlo error of a mean of dependent draws, from the means of batches."""
    means = [part.mean() for part in np.array_split(values, batches)]
    return np.std(means, ddof=1) / np.sqrt(batches)


def test_agrees_with_a_gibbs_sampler_to_its_error():
    x, y, school = trial()
    chain = gibbs(x, y, school, 25_000, seed=3)
    fit = fit_bayes(moments_of(x, y, school), range(3), 3)
    effect, g = effect_posterior(fit, [0, 1, 0]), g_posterior(fit, [0, 1, 0])
    icc = chain[:, 2] / (1 + chain[:, 2])
    drawn_g = chain[:, 0] / np.sqrt(chain[:, 1] * (1 + chain[:, 2]))
    pairs = [
        (effect.mean, chain[:, 0]),
        (effect.above(2.0), (chain[:, 0] > 2).astype(float)),
        (g.mean, drawn_g),
        (g.above(0.2), (drawn_g > 0.2).astype(float)),
        (g.sd**2, (drawn_g - drawn_g.mean()) ** 2),
        (fit.icc_mean, icc),
        (0.25, (icc < fit.icc_quantile(0.25)).astype(float)),
        (0.975, (chain[:, 0] < effect.quantile(0.975)).astype(float)),
    ]
    for exact, draws in pairs:
        # four Monte-Carlo errors: eight comparisons with a fixed seed
        assert abs(draws.mean() - exact) < 4 * batch_error(draws), (exact, draws.mean(), batch_error(draws))


def test_without_school_variance_in_the_prior_it_is_students_t():
    x, y, school = trial()
    fit = fit_bayes(moments_of(x, y, school), range(3), 3, icc_prior=(1.0, 1e7))  # ICC held at nought
    beta, rss = np.linalg.lstsq(x, y, rcond=None)[:2]
    df = y.size - 3
    se = np.sqrt(rss[0] / df * np.linalg.inv(x.T @ x)[1, 1])
    effect = effect_posterior(fit, [0, 1, 0])
    t = stats.t(df, beta[1], se)
    # the prior leaves an ICC of 1e-7, which moves the error by some 1e-6 of itself
    np.testing.assert_allclose(effect.interval(), t.interval(0.95), rtol=1e-5)
    np.testing.assert_allclose(effect.above(3.0), t.sf(3.0), rtol=1e-5)


def test_balanced_mean_at_a_known_ratio_is_students_t():
    rng = np.random.default_rng(0)
    school = np.repeat(np.arange(10), 6)
    y = rng.normal(0, 2, 10)[school] + rng.normal(size=60)
    fit = fit_bayes(moments_of(np.ones((60, 1)), y, school), [0], 1)
    means = y.reshape(10, 6).mean(axis=1)
    effect = effect_posterior(fit, [1.0])
    np.testing.assert_allclose(effect.mean, y.mean(), rtol=1e-10)
    # a uniform ICC gives intervals close to those of the ten school means (t with 9 degrees of freedom)
    low, high = stats.t(9, means.mean(), means.std(ddof=1) / np.sqrt(10)).interval(0.95)
    np.testing.assert_allclose(effect.interval(), (low, high), atol=0.1 * (high - low))


def test_rescaling_and_shifting_the_outcome():
    x, y, school = trial()
    one = fit_bayes(moments_of(x, y, school), range(3), 3)
    two = fit_bayes(moments_of(x, 1000 + 10 * y, school), range(3), 3)
    a, b = effect_posterior(one, [0, 1, 0]), effect_posterior(two, [0, 1, 0])
    np.testing.assert_allclose(
        [b.mean, b.sd, b.quantile(0.9)], [10 * a.mean, 10 * a.sd, 10 * a.quantile(0.9)], rtol=1e-8
    )
    g, h = g_posterior(one, [0, 1, 0]), g_posterior(two, [0, 1, 0])
    np.testing.assert_allclose([h.mean, h.above(0.1)], [g.mean, g.above(0.1)], rtol=1e-8)
    assert g_posterior(one, [0, 1, 0], "within").mean > g.mean


def test_quadrature_has_converged(monkeypatch):
    from afa_eval.kernels import bayes

    x, y, school = trial()
    coarse = g_posterior(fit_bayes(moments_of(x, y, school), range(3), 3), [0, 1, 0])
    monkeypatch.setattr(bayes, "PANELS", 60)
    monkeypatch.setattr(bayes, "VARIANCE_POINTS", 201)
    fine = g_posterior(fit_bayes(moments_of(x, y, school), range(3), 3), [0, 1, 0])
    np.testing.assert_allclose(
        [coarse.mean, coarse.sd, coarse.above(0.2)], [fine.mean, fine.sd, fine.above(0.2)], rtol=1e-9
    )


def test_refusals():
    x, y, school = trial()
    with pytest.raises(EstimationError, match="two clusters"):
        fit_bayes(moments_of(x, y, school * 0), range(3), 3)
    with pytest.raises(ValueError, match="positive"):
        fit_bayes(moments_of(x, y, school), range(3), 3, icc_prior=(0.0, 1.0))
    with pytest.raises(ValueError, match="basis"):
        g_posterior(fit_bayes(moments_of(x, y, school), range(3), 3), [0, 1, 0], "null")
