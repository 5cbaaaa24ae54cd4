"""Clustered least squares against clubSandwich, a direct computation, and laws it must obey."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from afa_eval.errors import EstimationError
from afa_eval.kernels.moments import cluster_moments, constant_safe_shift
from afa_eval.kernels.ols import contrast, fit_ols

REFERENCE = Path(__file__).parents[1] / "reference"
COV_RTOL = 1e-9  # the reference prints 15 digits; conditioning of the intercept costs a few
DF_RTOL = 1e-6
EXACT = 1e-12  # the same sums in another order
KINDS = ("CR0", "CR1", "CR1S", "CR2", "CR3")


@pytest.fixture(scope="module")
def trial() -> tuple[np.ndarray, np.ndarray]:
    d = pd.read_csv(REFERENCE / "crt.csv")
    columns = [np.ones(len(d)), d.treated, d.pre, d.sen == "E", d.sen == "K", d.fsm, d.post]
    return np.column_stack(columns).astype(float), pd.factorize(d.urn)[0]


@pytest.fixture(scope="module")
def golden() -> dict:
    return json.loads((REFERENCE / "sim_trials.json").read_text())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shifted", [False, True])
def test_clubsandwich(trial, golden, kind, shifted):
    columns, cluster = trial
    fit = fit_ols(
        cluster_moments(columns, cluster, constant_safe_shift(columns) if shifted else None), range(6), 6, kind
    )
    expected = golden[f"crt_ols_{kind}"]
    np.testing.assert_allclose(fit.cov, expected["vcov"]["values"], rtol=COV_RTOL)
    for i, row in enumerate(expected["satterthwaite"].values()):
        found = contrast(fit, np.eye(6)[i])
        np.testing.assert_allclose(found.value, row["beta"], rtol=COV_RTOL)
        np.testing.assert_allclose(found.se, row["SE"], rtol=COV_RTOL)
        np.testing.assert_allclose(found.df, row["df_Satt"], rtol=DF_RTOL)


def direct(x, y, cluster, power):
    """Cluster-robust covariance with each cluster's n-by-n hat matrix, written out."""
    bread = np.linalg.inv(x.T @ x)
    residual = y - x @ (bread @ (x.T @ y))
    meat = np.zeros_like(bread)
    for j in np.unique(cluster):
        rows = cluster == j
        values, vectors = np.linalg.eigh(np.eye(rows.sum()) - x[rows] @ bread @ x[rows].T)
        score = x[rows].T @ (vectors * values**power) @ vectors.T @ residual[rows]
        meat += np.outer(score, score)
    return bread @ meat @ bread


def direct_df(x, cluster, weights):
    """Satterthwaite degrees of freedom of CR2 from the full J-by-J matrix."""
    bread = np.linalg.inv(x.T @ x)
    maker = np.eye(len(x)) - x @ bread @ x.T
    columns = []
    for j in np.unique(cluster):
        rows = cluster == j
        values, vectors = np.linalg.eigh(maker[np.ix_(rows, rows)])
        root = (vectors * values**-0.5) @ vectors.T
        columns.append(maker[:, rows] @ root @ x[rows] @ bread @ weights)
    gram = np.array(columns) @ np.array(columns).T
    return np.trace(gram) ** 2 / (gram**2).sum()


def cells(seed=3, schools=18, n=900):
    rng = np.random.default_rng(seed)
    school, cell = rng.integers(0, schools, n), rng.integers(0, 5, n)
    y = rng.normal(size=n) + 0.3 * rng.normal(size=schools)[school] + 100
    return school, cell, y


@pytest.mark.parametrize(("kind", "power"), [("CR0", 0.0), ("CR2", -0.5), ("CR3", -1.0)])
def test_direct_without_intercept(kind, power):
    school, cell, y = cells()
    rng = np.random.default_rng(1)
    x = np.column_stack([cell[:, None] == np.arange(5), rng.normal(size=y.size)]).astype(float)
    fit = fit_ols(cluster_moments(np.column_stack([x, y]), school), range(6), 6, kind)
    np.testing.assert_allclose(fit.cov, direct(x, y, school, power), rtol=1e-9, atol=1e-14)
    if kind == "CR2":
        weights = np.array([1.0, -1, 0, 0, 0.5, 2])
        np.testing.assert_allclose(contrast(fit, weights).df, direct_df(x, school, weights), rtol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shifted", [False, True])
def test_joint_cell_means_equal_separate_fits(kind, shifted):
    school, cell, y = cells()
    joint_columns = np.column_stack([cell[:, None] == np.arange(5), y]).astype(float)
    shift = constant_safe_shift(joint_columns) if shifted else None
    joint = fit_ols(cluster_moments(joint_columns, school, shift), range(5), 5, kind)
    for k in range(5):
        rows = cell == k
        alone = np.column_stack([np.ones(rows.sum()), y[rows]])
        single = contrast(fit_ols(cluster_moments(alone, school[rows]), [0], 1, kind), [1.0])
        found = contrast(joint, np.eye(5)[k])
        np.testing.assert_allclose(found.value, y[rows].mean(), rtol=EXACT)
        if kind != "CR1S":  # whose factor counts all rows and columns of the model
            np.testing.assert_allclose(found.se, single.se, rtol=1e-11)
        np.testing.assert_allclose(found.df, single.df, rtol=1e-11)


def test_ratio_of_sums_from_root_weights():
    school, cell, _ = cells()
    rng = np.random.default_rng(5)
    size = rng.integers(50, 400, school.size).astype(float)
    count = rng.binomial(size.astype(int), 0.07).astype(float)
    root = np.sqrt(size)
    columns = np.column_stack([(cell[:, None] == np.arange(5)) * root[:, None], count / root])
    fit = fit_ols(cluster_moments(columns, school), range(5), 5)
    for k in range(5):
        rows = cell == k
        np.testing.assert_allclose(fit.coef[k], count[rows].sum() / size[rows].sum(), rtol=EXACT)
    np.testing.assert_allclose(fit.cov, direct(columns[:, :5], columns[:, 5], school, -0.5), rtol=1e-9, atol=1e-16)


def test_unclustered(trial):
    columns, cluster = trial
    fit = fit_ols(cluster_moments(columns, cluster), range(6), 6, "iid")
    coef, rss, *_ = np.linalg.lstsq(columns[:, :6], columns[:, 6], rcond=None)
    sigma2 = rss[0] / (len(columns) - 6)
    np.testing.assert_allclose(fit.coef, coef, rtol=1e-11)
    np.testing.assert_allclose(fit.sigma2, sigma2, rtol=1e-10)
    np.testing.assert_allclose(fit.cov, sigma2 * np.linalg.inv(columns[:, :6].T @ columns[:, :6]), rtol=1e-8)
    assert contrast(fit, np.eye(6)[1]).df == len(columns) - 6


def test_cell_in_one_school_has_no_clustered_error_but_spoils_no_other():
    school, cell, y = cells()
    alone = cell.copy()
    alone[(school == 3) & (cell == 0)] = 5
    columns = np.column_stack([alone[:, None] == np.arange(6), y]).astype(float)
    fit = fit_ols(cluster_moments(columns, school), range(6), 6)
    with pytest.raises(EstimationError, match="single cluster"):
        contrast(fit, np.eye(6)[5])
    assert contrast(fit, np.eye(6)[1]).identified == pytest.approx(1)
    partly = contrast(fit, [0.19, 0.2, 0.2, 0.2, 0.2, 0.01])
    assert 0.9 < partly.identified < 1
    iid = fit_ols(cluster_moments(columns, school), range(6), 6, "iid")
    assert contrast(iid, np.eye(6)[5]).se > 0


@pytest.mark.parametrize("kind", KINDS)
def test_effect_of_one_treated_school_is_refused(kind):
    school, _, y = cells()
    columns = np.column_stack([np.ones(y.size), school == 0, y])
    fit = fit_ols(cluster_moments(columns, school), range(2), 2, kind)
    with pytest.raises(EstimationError, match="single cluster"):
        contrast(fit, [0.0, 1.0])


@pytest.mark.parametrize("kind", KINDS)
def test_one_cluster_is_refused_plainly(kind):
    _, _, y = cells()
    moments = cluster_moments(np.column_stack([np.ones(y.size), y]), np.zeros(y.size, dtype=np.int64))
    with pytest.raises(EstimationError, match="at least two clusters"):
        fit_ols(moments, [0], 1, kind)
    assert fit_ols(moments, [0], 1, "iid").n_clusters == 1


def test_collinear_columns_are_named():
    school, cell, y = cells()
    dummies = (cell[:, None] == np.arange(5)).astype(float)
    columns = np.column_stack([dummies, dummies[:, 2] * 7, y])
    with pytest.raises(EstimationError, match=r"Columns 2, 5 "):
        fit_ols(cluster_moments(columns, school), range(6), 6)


def test_empty_clusters_count_nowhere():
    school, _, y = cells()
    columns = np.column_stack([np.ones(y.size), y])
    near = fit_ols(cluster_moments(columns, school), [0], 1)
    far = fit_ols(cluster_moments(columns, school * 3), [0], 1)
    assert far.n_clusters == near.n_clusters == 18
    np.testing.assert_array_equal(far.cov, near.cov)


def test_constant_outcome_has_no_error():
    school, _, y = cells()
    fit = fit_ols(cluster_moments(np.column_stack([np.ones(y.size), np.full(y.size, 3.0)]), school), [0], 1)
    assert fit.coef[0] == pytest.approx(3)
    assert contrast(fit, [1.0]).se == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("offset", [1e4, 1e6, 1e8])
def test_offsets_cost_no_more_than_the_data_lost(trial, offset):
    columns, cluster = trial
    near = fit_ols(cluster_moments(columns, cluster, constant_safe_shift(columns)), range(6), 6)
    moved = columns.copy()
    moved[:, 2] += offset
    moved[:, 6] += offset
    held = moved.copy()
    held[:, 2] -= offset
    held[:, 6] -= offset  # what the data still say after the offset was added
    lost = max(1e-12, 10 * np.abs(held - columns).max())
    far = fit_ols(cluster_moments(moved, cluster, constant_safe_shift(moved)), range(6), 6)
    np.testing.assert_allclose(far.coef[1:], near.coef[1:], rtol=lost)
    np.testing.assert_allclose(np.sqrt(np.diagonal(far.cov))[1:], np.sqrt(np.diagonal(near.cov))[1:], rtol=lost)


def test_shift_without_a_constant_is_refused():
    rng = np.random.default_rng(0)
    columns = rng.normal(size=(100, 2)) + 5
    moments = cluster_moments(columns, rng.integers(0, 9, 100), constant_safe_shift(columns))
    with pytest.raises(EstimationError, match="constant"):
        fit_ols(moments, [0], 1)
