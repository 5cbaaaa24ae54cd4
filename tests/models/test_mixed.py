"""The public multilevel model: names in, the reference's numbers out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from afa_eval.errors import EstimationError
from afa_eval.models.fitted import TIDY
from afa_eval.models.mixed import fit_mixed

REFERENCE = Path(__file__).parents[1] / "reference"
LME4_RTOL = 1e-5  # lme4's own convergence
EEF_ATOL = 1e-5


@pytest.fixture(scope="module")
def golden():
    return json.loads((REFERENCE / "sim_trials.json").read_text())


@pytest.fixture(scope="module")
def crt():
    return pd.read_csv(REFERENCE / "crt.csv")


@pytest.fixture(scope="module")
def fit(crt):
    return fit_mixed(crt, "post", ["treated", "pre", "sen", "fsm"], ["urn"], reference={"sen": "N"})


def test_lme4_and_lmertest(fit, golden):
    expected, table = golden["crt_lmer"], fit.tidy()
    assert tuple(table.columns) == TIDY
    assert fit.terms == ("Intercept", "treated", "pre", "sen[E]", "sen[K]", "fsm")
    np.testing.assert_allclose(table.estimate, [r["Estimate"] for r in expected["fixed"].values()], rtol=LME4_RTOL)
    np.testing.assert_allclose(table.std_error, [r["Std. Error"] for r in expected["fixed"].values()], rtol=LME4_RTOL)
    np.testing.assert_allclose(table.df, [r["df"] for r in golden["crt_satterthwaite"].values()], rtol=1e-3)
    assert list(fit.variances) == ["urn", "residual"]
    np.testing.assert_allclose(list(fit.variances.values()), [r["vcov"] for r in expected["varcor"]], rtol=LME4_RTOL)
    np.testing.assert_allclose(
        [fit.loglik, fit.aic, fit.bic], [expected[k] for k in ("logLik", "AIC", "BIC")], atol=1e-6
    )
    assert (fit.n_pupils, fit.n_groups, fit.n_dropped) == (772, {"urn": 34}, 0)
    np.testing.assert_allclose(fit.icc, 0.231575, atol=1e-6)
    assert fit.icc_interval()[0] < fit.icc < fit.icc_interval()[1]


def test_kenward_roger(crt, golden):
    fit = fit_mixed(crt, "post", ["treated", "pre", "sen", "fsm"], ["urn"], reference={"sen": "N"}, df="kenward-roger")
    expected = golden["crt_kenward_roger"].values()
    np.testing.assert_allclose(fit.tidy().df, [r["df"] for r in expected], rtol=1e-3)
    np.testing.assert_allclose(fit.tidy().std_error, [r["Std. Error"] for r in expected], rtol=LME4_RTOL)


def test_three_levels(golden):
    pilot = pd.read_csv(REFERENCE / "pilot.csv")
    fit = fit_mixed(pilot, "post", ["pre", "sen", "year_group"], ["la", "urn"], reference={"year_group": 1})
    expected = golden["pilot_lmer3"]
    assert list(fit.variances) == ["la", "urn", "residual"]
    school, area, residual = (row["vcov"] for row in expected["varcor"])
    np.testing.assert_allclose(list(fit.variances.values()), [area, school, residual], rtol=LME4_RTOL)
    np.testing.assert_allclose(fit.loglik, expected["logLik"], atol=1e-6)
    assert fit.n_groups == {"la": 10, "urn": 90}
    np.testing.assert_allclose(sum(fit.icc_by_level.values()), fit.icc, rtol=1e-12)
    assert fit.area_effects().shape == (10, 4)
    effects = fit.school_effects()
    assert effects.columns.tolist() == ["la", "urn", "effect", "std_error", "n_pupils"]
    assert effects.n_pupils.sum() == fit.n_pupils
    assert fit.level_test("urn").p_value < 1e-6
    low, high = fit.variance_interval("la")
    assert low < fit.variances["la"] < high


@pytest.mark.parametrize("offset", [1e4, 1e6, 1e8])
def test_offsets_cost_no_more_than_the_data_lost(crt, offset):
    near = fit_mixed(crt, "post", ["treated", "pre"], ["urn"]).tidy()
    moved = crt.assign(pre=crt.pre + offset, post=crt.post + offset)
    far = fit_mixed(moved, "post", ["treated", "pre"], ["urn"]).tidy()
    lost = max(1e-12, 10 * float(((moved.pre - offset) - crt.pre).abs().max()))
    for column in ("estimate", "std_error", "df"):
        np.testing.assert_allclose(far[column][1:], near[column][1:], rtol=lost)


def test_random_slope_of_a_multisite_trial(golden):
    mst = pd.read_csv(REFERENCE / "mst.csv")
    fit = fit_mixed(mst, "post", ["treated", "pre"], ["urn"], slope="treated")
    matrix = golden["mst_eef"]["covParm"]["School:trt"]
    found = [fit.variances[name] for name in ("urn", "urn:treated covariance", "urn:treated")]
    expected = [matrix[0]["(Intercept)"], matrix[0]["trt1"], matrix[1]["trt1"]]
    np.testing.assert_allclose(found, expected, rtol=1e-3)  # a flat maximum: lme4's last steps show here
    for basis, key in (("within", "Within"), ("total", "Total")):
        g = fit.effect_size("treated", basis=basis, denominator="conditional", convention="eefanalytics")
        printed = golden["mst_eef"]["ES"]["treated1"][key]
        np.testing.assert_allclose([g.value, *g.ci], list(printed.values()), atol=5e-5)
    # lmer (lme4 1.1.31) told to go on: nloptwrap with xtol and ftol of 1e-14
    np.testing.assert_allclose(found, [9.999305887950229, -0.198333380171371, 3.159144120545656], rtol=LME4_RTOL)
    np.testing.assert_allclose(
        [fit.variances["residual"], fit.loglik], [26.489529641008470, -1397.9171541318], rtol=1e-8
    )
    ours = fit.effect_size("treated")
    assert ours.ci[0] < ours.value < ours.ci[1]
    assert fit.school_effects().columns.tolist()[-3:] == ["slope", "slope_std_error", "n_pupils"]


@pytest.mark.parametrize(("basis", "key"), [("within", "Within"), ("total", "Total")])
@pytest.mark.parametrize(("denominator", "table"), [("conditional", "ES"), ("null", "Unconditional_ES")])
def test_eefanalytics(crt, golden, basis, key, denominator, table):
    fit = fit_mixed(crt, "post", ["treated", "pre"], ["urn"])
    g = fit.effect_size("treated", basis=basis, denominator=denominator, convention="eefanalytics")
    printed = golden["crt_eef"][table]["treated1"][key]
    np.testing.assert_allclose([g.value, *g.ci], list(printed.values()), atol=EEF_ATOL)


def test_effect_size_of_a_trial(crt, fit, golden):
    alone = golden["crt_lmer_treated_only"]
    between, within = (row["vcov"] for row in alone["varcor"])
    g = fit.effect_size("treated", claim="effect")
    np.testing.assert_allclose(g.value, fit.coef[1] / np.sqrt(between + within), rtol=5e-3)  # but for J
    assert g.df == pytest.approx(fit.contrast({"treated": 1}).df)
    known = fit.effect_size("treated", denominator="national", sd=10.0)
    np.testing.assert_allclose(known.value, fit.coef[1] / 10, rtol=1e-12)
    assert (g.claim, g.unit, g.n_schools) == ("effect", "sd", 34)
    pupils = fit_mixed(crt, "post", ["fsm", "pre"], ["urn"]).effect_size("fsm")  # inside schools: another error
    assert pupils.ci[0] < pupils.value < pupils.ci[1]


def test_without_terms_is_the_smaller_model(crt, fit):
    small = fit_mixed(crt, "post", ["treated"], ["urn"])
    again = fit.without(["Intercept", "treated"])
    np.testing.assert_allclose(again.coef, small.coef, rtol=1e-10)
    np.testing.assert_allclose(again.loglik, small.loglik, rtol=1e-12)


def test_comparison_of_models(crt):
    large = fit_mixed(crt, "post", ["treated", "pre"], ["urn"], reml=False)
    found = large.compare(large.without(["Intercept", "treated"]))
    assert found.df == (1,)
    assert found.p_value < 1e-10
    with pytest.raises(EstimationError, match="same outcome"):
        large.without(["Intercept"]).compare(large)


def test_mistakes(crt, fit):
    with pytest.raises(EstimationError, match="one or two grouping"):
        fit_mixed(crt, "post", ["pre"], [])
    with pytest.raises(EstimationError, match="df must be"):
        fit_mixed(crt, "post", ["pre"], ["urn"], df="wald")
    with pytest.raises(EstimationError, match="not among the terms"):
        fit_mixed(crt, "post", ["pre"], ["urn"], slope="treated")
    with pytest.raises(EstimationError, match="random slope needs"):
        fit_mixed(crt, "post", ["treated"], ["urn"], slope="treated")
    with pytest.raises(EstimationError, match="no level 'la'"):
        fit.icc_interval("la")
    with pytest.raises(EstimationError, match="no treatment"):
        fit.effect_size("pre")
    with pytest.raises(EstimationError, match="denominator"):
        fit.effect_size("treated", denominator="gains")
    with pytest.raises(EstimationError, match="needs sd="):
        fit.effect_size("treated", denominator="national")
    with pytest.raises(EstimationError, match="must be above 0"):
        fit.effect_size("treated", denominator="national", sd=-10.0)
    with pytest.raises(EstimationError, match="95% intervals only"):
        fit.effect_size("treated", convention="eefanalytics", level=0.9)
    alone = crt[(crt["treated"] == 0) | (crt["urn"] == crt.loc[crt["treated"] == 1, "urn"].iloc[0])]
    with pytest.raises(EstimationError, match="at least two on each side"):
        fit_mixed(alone, "post", ["treated", "pre"], ["urn"]).effect_size("treated")
    with pytest.raises(EstimationError, match="no area level"):
        fit.area_effects()


def test_bootstrap_by_name(crt, fit):
    small = fit_mixed(crt, "post", ["treated", "pre"], ["urn"])
    drawn = small.bootstrap(400, seed=1, strata="treated")
    assert drawn.coef.shape == (400, 3)
    assert drawn.se[1] == pytest.approx(small.contrast({"treated": 1}).se, rel=0.2)  # 34 schools, 400 replicates
    assert np.median(drawn.sigma2) == pytest.approx(small.variances["residual"], rel=0.1)
    sloped = fit_mixed(pd.read_csv(REFERENCE / "mst.csv"), "post", ["treated"], ["urn"], slope="treated")
    with pytest.raises(EstimationError, match="one random intercept"):
        sloped.bootstrap()


def test_posterior_by_name(crt):
    small = fit_mixed(crt, "post", ["treated", "pre"], ["urn"])
    effect = small.posterior("treated")
    assert effect.mean == pytest.approx(small.contrast({"treated": 1}).value, abs=0.05)  # 34 schools: nearly the same
    assert 0.5 < effect.above(0) < 0.8
    g = small.posterior("treated", unit="total")
    conditional = np.sqrt(sum(small.variances.values()))
    assert g.mean == pytest.approx(effect.mean / conditional, rel=0.05)
    with pytest.raises(EstimationError, match="one random intercept"):
        fit_mixed(pd.read_csv(REFERENCE / "mst.csv"), "post", ["treated"], ["urn"], slope="treated").posterior(
            "treated"
        )
