"""Scales: R's psych on real answers, an independent factor analysis, and scoring by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from afa_eval.errors import ColumnNotFound, DataError, EstimationError
from afa_eval.models import scales

OURS = Path(__file__).parents[1] / "reference"
REFERENCE = Path(__file__).parents[2] / ".." / "shared" / "reference"
BFI = {  # items, and those worded the other way as psych reversed them
    "agree": ("A", ["A1"]),
    "consc": ("C", ["C4", "C5"]),
    "extra": ("E", ["E1", "E2"]),
    "neuro": ("N", []),
    "open": ("O", ["O2", "O5"]),
}


def bfi(scale: str) -> pd.DataFrame:
    path = REFERENCE / "data" / "bfi.csv"
    if not path.is_file():
        pytest.skip("needs the reference folder beside the checkout (bfi.csv)")
    letter, reverse = BFI[scale]
    answers = pd.read_csv(path)[[f"{letter}{k}" for k in range(1, 6)]].astype(float)
    answers[reverse] = 7 - answers[reverse]
    return answers


@pytest.mark.shared
@pytest.mark.parametrize("scale", BFI)
def test_alpha_and_feldts_interval_agree_with_psych(scale: str) -> None:
    found = scales.alpha(bfi(scale))
    want = json.loads((REFERENCE / "psych_irr.json").read_text())[f"alpha_complete_{scale}"]
    assert (found.n, found.k) == (want["n"], 5)
    # both are closed formulas of the same covariances
    assert found.value == pytest.approx(want["total"]["raw_alpha"], rel=1e-12)
    assert (found.low, found.high) == pytest.approx((want["feldt"]["lower"], want["feldt"]["upper"]), rel=1e-9)


def test_one_factor_and_omega_agree_with_psych() -> None:
    items, want = pd.read_csv(OURS / "scale.csv"), json.loads((OURS / "scale.json").read_text())
    sd, found = items.std().to_numpy(), scales.one_factor(items.cov().to_numpy())
    loadings, own = found.loadings / sd, found.uniquenesses / sd**2
    # psych::fa stops its optimiser at about seven digits; R's factanal, told to go on, at ten
    assert loadings == pytest.approx(want["fa_loadings"], rel=1e-6)
    assert own == pytest.approx(want["fa_uniquenesses"], rel=1e-6)
    assert loadings == pytest.approx(want["factanal_loadings"], rel=1e-9)
    assert own == pytest.approx(want["factanal_uniquenesses"], rel=1e-9)
    # psych's omega is of standardised items and divides by the correlations as they are; ours is of the items' own sum
    assert 1 - own.sum() / items.corr().to_numpy().sum() == pytest.approx(want["omega_total"], rel=1e-6)
    common = float((want["fa_loadings"] * sd).sum()) ** 2
    theirs = common / (common + float((want["fa_uniquenesses"] * sd**2).sum()))
    assert scales.omega(items).value == pytest.approx(theirs, rel=1e-6)
    assert scales.alpha(items).value == pytest.approx(want["alpha"], rel=1e-12)  # a closed formula


@pytest.mark.shared
@pytest.mark.parametrize("scale", BFI)
def test_one_factor_agrees_with_an_independent_maximum_likelihood_fit(scale: str) -> None:
    from statsmodels.multivariate.factor import Factor

    answers = bfi(scale).dropna()
    sd = answers.std().to_numpy()
    peer = Factor(corr=answers.corr().to_numpy(), n_factor=1, method="ml").fit(tol=1e-12)
    found = scales.one_factor(answers.cov().to_numpy())
    # statsmodels stops its optimiser at about five digits
    assert found.loadings / sd == pytest.approx(np.abs(peer.loadings[:, 0]), abs=2e-5)
    assert not found.at_boundary


@pytest.mark.shared
@pytest.mark.parametrize("scale", BFI)
def test_omega_lies_above_alpha_and_below_one(scale: str) -> None:
    # omega >= alpha wherever one factor reproduces the covariances; these five scales come near
    # it, so a hundredth either way is the misfit of the one factor
    answers = bfi(scale)
    assert scales.alpha(answers).value - 0.01 <= scales.omega(answers).value < 1


def test_one_factor_recovers_an_exact_model() -> None:
    loadings, own = np.array([0.9, 1.4, 0.5, 2.0]), np.array([0.4, 1.0, 0.6, 1.5])
    found = scales.one_factor(np.outer(loadings, loadings) + np.diag(own))
    assert found.loadings == pytest.approx(loadings, rel=1e-6)
    assert found.uniquenesses == pytest.approx(own, rel=1e-5)


def test_three_items_have_a_closed_form() -> None:
    corr = np.array([[1, 0.5, 0.4], [0.5, 1, 0.3], [0.4, 0.3, 1]])
    closed = np.sqrt([0.5 * 0.4 / 0.3, 0.5 * 0.3 / 0.4, 0.4 * 0.3 / 0.5])
    assert scales.one_factor(corr).loadings == pytest.approx(closed, rel=1e-6)


def test_equal_loadings_make_omega_equal_alpha() -> None:
    rng = np.random.default_rng(5)
    answers = pd.DataFrame(rng.normal(size=(20000, 1)) + rng.normal(size=(20000, 4)), columns=list("abcd"))
    # the population values are both 16/20; the sample's loadings differ a little
    assert scales.omega(answers).value == pytest.approx(scales.alpha(answers).value, abs=1e-3)
    assert scales.omega(answers).value == pytest.approx(0.8, abs=0.01)


def test_heywood_case_is_flagged() -> None:
    corr = np.array([[1, 0.9, 0.8], [0.9, 1, 0.6], [0.8, 0.6, 1]])
    assert scales.one_factor(corr).at_boundary


def answers() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "urn": ["1", "1", "1", "2", "2", "2"],
            "wave": ["before"] * 6,
            "a": [1, 2, 3, 4, 5, np.nan],
            "b": [1, 2, 3, 4, 5, np.nan],
            "c": [1, 2, 3, 4, 5, np.nan],
            "d": [1, 2, 3, 4, np.nan, np.nan],
            "e": [5, 4, 3, 2, np.nan, 1],
            "f": [1, 2, np.nan, 4, 5, np.nan],
        }
    )


def test_reversed_items_and_the_rule_for_missing_ones() -> None:
    found = scales.score(answers(), list("abcdef"), reverse=["e"], item_range=(1, 5))
    # row 3 lacks 1 of 6 (17 %): given the school's mean of f, 1.5; rows 5 (2 of 6) and 6 get none
    want = [1.0, 2.0, (3 * 5 + 1.5) / 6, 4.0, np.nan, np.nan]
    assert found.score.tolist() == pytest.approx(want, nan_ok=True)
    assert (found.filled, found.dropped) == (1, 2)


def test_one_of_five_is_not_under_a_fifth() -> None:
    found = scales.score(answers(), list("abcdf"))
    assert found.score.isna().tolist() == [False, False, True, False, True, True]


def test_rule_can_be_loosened_and_refused() -> None:
    assert scales.score(answers(), list("abcdf"), missing_under=0.25).filled == 2
    assert scales.score(answers(), list("abcdf"), missing_under=0).filled == 0


def test_school_where_nobody_answered_takes_the_mean_of_the_wave() -> None:
    frame = answers().assign(f=[1, 2, 3, np.nan, np.nan, np.nan])
    found = scales.score(frame, list("abcdef"), reverse=["e"], item_range=(1, 5))
    assert found.score[3] == pytest.approx((4 * 5 + 2.0) / 6)


def test_answers_that_cannot_be_are_counted() -> None:
    with pytest.raises(DataError, match="1 answers lie outside the items' range of 1 to 4"):
        scales.score(answers(), ["a"], item_range=(1, 4))
    with pytest.raises(DataError, match="1 answers to the items a are not numbers"):
        scales.score(answers().assign(a=["1", "2", "x", "4", "5", None]), ["a"])
    with pytest.raises(ColumnNotFound, match="an item of the scale"):
        scales.score(answers(), ["z"])
    with pytest.raises(EstimationError, match="item_range"):
        scales.score(answers(), ["a", "b"], reverse=["a"])


def test_reliability_that_cannot_be_estimated_says_why() -> None:
    frame = answers()[["a", "b", "c"]]
    with pytest.raises(EstimationError, match="at least 2 items, not 1"):
        scales.alpha(frame[["a"]])
    with pytest.raises(EstimationError, match="at least 3 items, not 2"):
        scales.omega(frame[["a", "b"]])
    with pytest.raises(EstimationError, match="same answer to b"):
        scales.alpha(frame.assign(b=2.0))
    with pytest.raises(EstimationError, match="exact combinations"):
        scales.omega(frame.assign(b=[1, 3, 2, 4, 6, 5], c=frame["a"] * 2))
    with pytest.raises(EstimationError, match="three respondents"):
        scales.alpha(frame.head(2))
    with pytest.raises(EstimationError, match="more than one item a"):
        scales.alpha(frame[["a", "b", "a"]])
    with pytest.raises(EstimationError, match="infinite"):
        scales.alpha(frame.replace(2.0, np.inf))
    with pytest.raises(EstimationError, match="no number"):
        scales.omega(frame.assign(b="often"))
