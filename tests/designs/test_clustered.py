"""Cells, ratios and contrasts agree with direct formulas and with other software."""

import numpy as np
import pandas as pd
import pytest

from afa_eval.designs.clustered import Clustered, answer, fit_cells, mean_of

ROUNDING = 1e-9  # double precision through one matrix inverse of size two or three


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(7)
    n, schools = 900, 18
    school = rng.integers(0, schools, n)
    shared = rng.normal(0, 4, schools)
    cell = rng.choice(["after", "before"], n)
    possible = rng.integers(200, 380, n)
    score = 100 + shared[school] + 2 * (cell == "after") + rng.normal(0, 10, n)
    frame = pd.DataFrame({"school": school.astype(str), "cell": cell, "score": score, "possible": possible})
    return frame.assign(absent=rng.binomial(possible, 0.06 + 0.02 * (cell == "after")))


def direct_cr2(x, y, school):
    """Bell and McCaffrey's CR2 covariance, written out school by school."""
    bread = np.linalg.inv(x.T @ x)
    residual = y - x @ (bread @ x.T @ y)
    meat = np.zeros_like(bread)
    for name in np.unique(school):
        own = school == name
        hat = x[own] @ bread @ x[own].T
        values, vectors = np.linalg.eigh(np.eye(own.sum()) - hat)
        root = vectors @ np.diag([v**-0.5 if v > 1e-10 else 0.0 for v in values]) @ vectors.T
        score = x[own].T @ root @ residual[own]
        meat += np.outer(score, score)
    return bread @ meat @ bread


def test_cell_means_and_their_change_agree_with_the_written_out_formula(rows):
    fit = fit_cells(rows["score"], rows["cell"], rows["school"])
    x = np.column_stack([(rows["cell"] == cell).astype(float) for cell in fit.cells])
    covariance = direct_cr2(x, rows["score"].to_numpy(), rows["school"].to_numpy())
    change = fit.combine({"after": 1, "before": -1})
    means = rows.groupby("cell")["score"].mean()
    assert change.value == pytest.approx(means["after"] - means["before"], rel=ROUNDING)
    weights = np.array([1.0, -1.0])
    assert change.se == pytest.approx(np.sqrt(weights @ covariance @ weights), rel=ROUNDING)
    assert fit.combine({"after": 1}).se == pytest.approx(np.sqrt(covariance[0, 0]), rel=ROUNDING)


def test_a_rate_is_a_ratio_of_sums_with_the_weighted_models_error(rows):
    rate = mean_of(rows["absent"].astype(float), rows["school"], size=rows["possible"].astype(float))
    assert rate.value == pytest.approx(rows["absent"].sum() / rows["possible"].sum(), rel=ROUNDING)
    root = np.sqrt(rows["possible"].to_numpy(float))
    covariance = direct_cr2(root[:, None], rows["absent"].to_numpy() / root, rows["school"].to_numpy())
    assert rate.se == pytest.approx(np.sqrt(covariance[0, 0]), rel=ROUNDING)
    import statsmodels.api as sm

    wls = sm.WLS(rows["absent"] / rows["possible"], np.ones(len(rows)), weights=rows["possible"]).fit()
    assert rate.value == pytest.approx(wls.params.iloc[0], rel=ROUNDING)


def test_cells_fitted_together_or_apart_have_the_same_error(rows):
    together = fit_cells(rows["score"], rows["cell"], rows["school"]).combine({"after": 1})
    after = rows[rows["cell"] == "after"]
    apart = mean_of(after["score"], after["school"])
    assert together.se == pytest.approx(apart.se, rel=ROUNDING)
    assert together.df == pytest.approx(apart.df, rel=1e-6)  # moments of other rows change the last digits only


def test_the_design_effect_is_near_one_for_pupils_not_in_schools(rows):
    alone = mean_of(rows["score"], pd.Series(range(len(rows))))
    assert alone.design_effect == pytest.approx(1, abs=0.01)
    assert mean_of(rows["score"], rows["school"]).design_effect > 2


def test_large_offsets_cost_nothing(rows):
    plain = fit_cells(rows["score"], rows["cell"], rows["school"]).combine({"after": 1, "before": -1})
    far = fit_cells(rows["score"] + 1e8, rows["cell"], rows["school"]).combine({"after": 1, "before": -1})
    # adding 1e8 itself rounds each score to 1.5e-8
    assert far.value == pytest.approx(plain.value, abs=1e-7)
    assert far.se == pytest.approx(plain.se, rel=1e-7)


def test_one_school_has_a_value_and_no_error(rows):
    one = mean_of(rows["score"], pd.Series("a", index=rows.index))
    assert (one.se, one.df, one.n_schools) == (None, None, 1)
    assert one.value == pytest.approx(rows["score"].mean())


def test_a_cell_that_one_school_alone_fills_has_no_error(rows):
    cell = rows["cell"].where(rows["school"] != "3", "lonely")
    fit = fit_cells(rows["score"], cell, rows["school"])
    assert fit.combine({"lonely": 1}).se is None
    assert fit.combine({"after": 1, "lonely": -1}).se is None
    assert fit.combine({"after": 1}).se is not None


def test_missing_rows_are_left_out(rows):
    holes = rows["score"].where(rows.index % 3 != 0)
    kept = rows[rows.index % 3 != 0]
    assert mean_of(holes, rows["school"]).value == pytest.approx(kept["score"].mean())
    assert mean_of(holes, rows["school"]).n == len(kept)
    assert np.isnan(mean_of(pd.Series([np.nan, np.nan]), pd.Series(["a", "b"])).value)


def test_minus_and_times_keep_the_error_right(rows):
    mean = mean_of(rows["score"], rows["school"])
    assert mean.minus(100).se == mean.se
    assert mean.times(-0.5).se == pytest.approx(mean.se / 2)
    assert mean.times(-0.5).value == pytest.approx(-mean.value / 2)


def test_one_school_describes_itself_whatever_it_is_set_against():
    from afa_eval.designs.persistent_absence import PersistentAbsence
    from afa_eval.estimate import Claim, Estimand

    def said(schools):
        what = Clustered(1.0, 0.1, 5.0, 30, schools)
        keys = {"unit": "points", "base": "pupils", "claim": Claim.COMPARISON}
        return answer(
            PersistentAbsence(id="x", baseline_year="202122", outcome_year="202223"),
            "all",
            Estimand.CHANGE_MINUS_NATIONAL,
            what,
            **keys,
        ).claim

    assert said(1) == Claim.DESCRIPTION
    assert said(2) == Claim.COMPARISON
