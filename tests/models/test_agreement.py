"""Agreement of raters: R's irr and psych, Shrout and Fleiss's own example, and the delta method by differences."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from afa_eval.errors import EstimationError
from afa_eval.models import agreement

OURS = Path(__file__).parents[1] / "reference"
# twenty people rated by two raters; irr 0.84 and psych 2.2.9 print the figures below for them
FIRST = [3, 3, 3, 4, 5, 5, 2, 3, 5, 2, 2, 6, 1, 5, 2, 2, 1, 2, 4, 3]
SECOND = [3, 6, 4, 6, 2, 4, 2, 4, 3, 3, 2, 3, 3, 3, 2, 2, 1, 3, 3, 4]
IRR = {"none": 0.119496855345912, "linear": 0.189189189189189, "squared": 0.29676511954993}
SHROUT = pd.DataFrame(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], columns=list("abcd")
)
PSYCH = {  # same raters, mean: ICC, low, high
    (False, False): (0.165741768405476, -0.132932324874751, 0.722560062328121),
    (True, False): (0.289763779527559, 0.018786513374712, 0.761084369648953),
    (False, True): (0.442797133679269, -0.884442155238119, 0.912415420340776),
    (True, True): (0.620050547598989, 0.0711368153025035, 0.927232040167722),
}
PRINTED = 1e-12  # the reference prints fifteen digits


@pytest.mark.parametrize("weights", IRR)
def test_kappa_agrees_with_irr(weights: str) -> None:
    found = agreement.kappa(FIRST, SECOND, weights, categories=range(1, 7))
    np.testing.assert_allclose(found.value, IRR[weights], rtol=PRINTED)
    assert (found.n, found.raters) == (20, 2)


@pytest.mark.parametrize("weights", IRR)
def test_interval_is_the_delta_methods(weights: str) -> None:
    """The slope of kappa by each person's weight, taken by differences, has the variance of the formula."""
    found = agreement.kappa(FIRST, SECOND, weights, categories=range(1, 7))
    slopes = []
    for i in range(20):
        either = []
        for step in (1, -1):
            copies = np.full(20, 50)
            copies[i] += step
            moved = agreement.kappa(np.repeat(FIRST, copies), np.repeat(SECOND, copies), weights, range(1, 7))
            either.append((moved.value - found.value) * (1000 + step) * step)
        slopes.append(np.mean(either))
    se = np.std(slopes) / np.sqrt(20)
    # differences to either side of one copy in a thousand: what they leave is of the order of its square
    np.testing.assert_allclose((found.high - found.low) / 2, 1.959963984540054 * se, rtol=1e-4)


def test_interval_without_weights_agrees_with_psych() -> None:
    found = agreement.kappa(FIRST, SECOND)
    np.testing.assert_allclose((found.low, found.high), (-0.114270591483228, 0.353264302175052), rtol=1e-6)


@pytest.mark.parametrize(("weights", "name"), [("none", "kappa"), ("squared", "weighted_kappa")])
def test_kappa_of_240_agrees_with_psych(weights: str, name: str) -> None:
    items, want = pd.read_csv(OURS / "scale.csv"), json.loads((OURS / "scale.json").read_text())
    found = agreement.kappa(items["q1"], items["q2"], weights, categories=range(1, 6))
    np.testing.assert_allclose(found.value, want[name], rtol=PRINTED)
    if weights == "none":  # psych's of the weighted one is 3.6 times as long as the delta method's, tested above
        np.testing.assert_allclose((found.low, found.high), want["kappa_low_high"], rtol=PRINTED)


@pytest.mark.parametrize(("same", "mean"), PSYCH)
def test_intraclass_correlation_agrees_with_psych(same: bool, mean: bool) -> None:
    found = agreement.rater_icc(SHROUT, same, mean)
    # psych finds the mean squares of the two-way table by lmer, good to eight digits
    np.testing.assert_allclose((found.value, found.low, found.high), PSYCH[same, mean], rtol=1e-6)
    assert (found.n, found.raters) == (6, 4)


def test_perfect_and_opposite() -> None:
    assert agreement.kappa([1, 2, 3], [1, 2, 3], "squared").value == 1
    np.testing.assert_allclose(agreement.kappa(["a", "b"] * 5, ["b", "a"] * 5).value, -1)
    gaps = agreement.kappa([1, 2, None, 2], [1, 2, 1, None])
    assert (gaps.value, gaps.n) == (1, 2)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: agreement.kappa([1, 2], [1]), "must be the same"),
        (lambda: agreement.kappa([1, 1], [1, 1]), "more than one rating"),
        (lambda: agreement.kappa([1, 2], [1, 9], categories=[1, 2]), "none of the categories"),
        (lambda: agreement.kappa([1, 2], [1, 2], "cubed"), "must be one of"),
        (lambda: agreement.rater_icc(SHROUT[["a"]]), "two raters"),
        (lambda: agreement.rater_icc(SHROUT * 0), "variation"),
        (lambda: agreement.rater_icc(SHROUT.assign(a=np.inf)), "infinite"),
    ],
)
def test_what_cannot_be_said_is_refused(call, said: str) -> None:
    with pytest.raises(EstimationError, match=said):
        call()
