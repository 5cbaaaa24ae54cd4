"""The public least-squares model: names in, clubSandwich's numbers out."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from afa_eval.errors import ColumnNotFound, DataError, EstimationError
from afa_eval.frames.moments import moments
from afa_eval.models.fitted import TIDY
from afa_eval.models.ols import fit_ols

REFERENCE = Path(__file__).parents[1] / "reference"
COV_RTOL, DF_RTOL = 1e-9, 1e-6  # digits that the reference prints


@pytest.fixture(scope="module")
def pupils() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "crt.csv")


@pytest.mark.parametrize("kind", ["CR0", "CR1", "CR1S", "CR2", "CR3"])
def test_clubsandwich(pupils, kind):
    golden = json.loads((REFERENCE / "sim_trials.json").read_text())[f"crt_ols_{kind}"]
    fit = fit_ols(pupils, "post", ["treated", "pre", "sen", "fsm"], cluster="urn", vcov=kind, reference={"sen": "N"})
    table = fit.tidy()
    expected = pd.DataFrame(golden["satterthwaite"]).T
    assert tuple(table.columns) == TIDY
    assert table.term.tolist() == ["Intercept", "treated", "pre", "sen[E]", "sen[K]", "fsm"]
    np.testing.assert_allclose(fit.cov, golden["vcov"]["values"], rtol=COV_RTOL)
    np.testing.assert_allclose(table.estimate, expected.beta, rtol=COV_RTOL)
    np.testing.assert_allclose(table.std_error, expected.SE, rtol=COV_RTOL)
    np.testing.assert_allclose(table.df, expected.df_Satt, rtol=DF_RTOL)
    np.testing.assert_allclose(table.p_value, expected.p_Satt, rtol=DF_RTOL)
    assert (fit.n_pupils, fit.n_groups, fit.n_dropped) == (772, 34, 0)


def test_contrast_of_terms(pupils):
    fit = fit_ols(pupils, "post", ["treated", "sen"], cluster="urn", reference={"sen": "N"})
    other = fit_ols(pupils, "post", ["treated", "sen"], cluster="urn", reference={"sen": "K"})
    gap = fit.contrast({"sen[E]": 1, "sen[K]": -1})
    same = other.contrast({"sen[E]": 1})
    np.testing.assert_allclose([gap.value, gap.se, gap.df], [same.value, same.se, same.df], rtol=1e-9)
    with pytest.raises(EstimationError, match="no term 'sen'"):
        fit.contrast({"sen": 1})


def test_stored_moments_are_enough(pupils):
    pupils = pupils.assign(la=pupils.urn % 7)
    stored = moments(pupils, "post", ["treated", "pre", "sen", "treated:sen"], ["la", "urn"])
    models = [
        (["treated", "pre"], "urn"),
        (["sen", "pre"], "la"),
        (["treated:sen", "treated", "sen"], None),
        ([], "urn"),
    ]
    for terms, cluster in models:
        from_rows, again = (fit_ols(data, "post", terms, cluster=cluster) for data in (pupils, stored))
        assert (again.terms, again.n_groups) == (from_rows.terms, from_rows.n_groups)
        np.testing.assert_allclose(again.coef, from_rows.coef, rtol=1e-9)  # another shift, another order of sums
        np.testing.assert_allclose(again.cov, from_rows.cov, rtol=1e-9)


def test_stored_moments_know_what_they_lack(pupils):
    stored = moments(pupils, "post", ["treated", "sen"], ["urn"])
    for outcome, terms, cluster in (
        ("score", [], None),
        ("post", ["pre"], None),
        ("post", [], "la"),
        ("sen", [], None),
    ):
        with pytest.raises(ColumnNotFound, match="stored moments"):
            fit_ols(stored, outcome, terms, cluster=cluster)
    assert fit_ols(stored, "post", ["sen"], reference={"sen": "E"}).n_groups == 0
    with pytest.raises(DataError, match="another category"):
        fit_ols(stored, "post", ["sen"], reference={"sen": "N"})


def test_without_clusters(pupils):
    fit = fit_ols(pupils, "post", ["treated", "pre"])
    assert (fit.vcov, fit.n_groups) == ("iid", 0)
    assert fit.tidy().df.eq(769).all()


@pytest.mark.parametrize("value", [0, 1, 3.7, 1e8 + 0.1])
@pytest.mark.parametrize("kind", [pd.DataFrame, duckdb.from_df])
def test_constant_outcome_has_no_error_and_no_test(pupils, value, kind):
    table = fit_ols(kind(pupils.assign(post=value)), "post", ["pre"], cluster="urn").tidy()
    np.testing.assert_allclose(table.estimate, [value, 0.0], rtol=1e-14)
    assert table.std_error.tolist() == [0, 0]
    assert table.p_value.isna().all()


def test_mistakes(pupils):
    with pytest.raises(EstimationError, match="Terms 'treated', 'arm' say"):
        fit_ols(pupils.assign(arm=2 * pupils.treated), "post", ["treated", "pre", "arm"], cluster="urn")
    with pytest.raises(EstimationError, match="'flat' is 0 in every row"):
        fit_ols(pupils.assign(flat=0), "post", ["flat"], cluster="urn")
    with pytest.raises(EstimationError, match="vcov must be"):
        fit_ols(pupils, "post", ["pre"], cluster="urn", vcov="HC3")
    with pytest.raises(EstimationError, match="need cluster="):
        fit_ols(pupils, "post", ["pre"], vcov="CR2")
    with pytest.raises(EstimationError, match="two clusters"):
        fit_ols(pupils[pupils.urn == 100001], "post", ["pre"], cluster="urn")
    with pytest.raises(DataError, match="not in the data table"):
        fit_ols(pupils, "post", ["pre"], cluster="school")


def test_resampling_by_name(pupils):
    fit = fit_ols(pupils, "post", ["treated", "pre"], cluster="urn")
    drawn = fit.bootstrap(500, seed=1, strata="treated")
    assert drawn.coef.shape == (500, 3)
    assert drawn.se[1] == pytest.approx(fit.contrast({"treated": 1}).se, rel=0.2)  # 34 schools, 500 replicates
    arms = dict(zip(pupils.urn, pupils.treated, strict=True))
    np.testing.assert_array_equal(fit.bootstrap(500, seed=1, strata=arms).coef, drawn.coef)
    assert 0.2 < fit.wild_bootstrap("treated", replicates=999).p_value <= 1
    assert 0.2 < fit.permutation_test("treated", replicates=999).p_value <= 1
    with pytest.raises(EstimationError, match="differs inside a school"):
        fit.bootstrap(strata="pre")
    with pytest.raises(EstimationError, match="no stratum"):
        fit.bootstrap(strata={100001: "A"})
    with pytest.raises(EstimationError, match="no term"):
        fit.wild_bootstrap("sen")
    with pytest.raises(EstimationError, match="intercept"):
        fit.wild_bootstrap("Intercept")
