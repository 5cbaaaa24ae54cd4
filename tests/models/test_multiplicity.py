"""Corrections for several contrasts: worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from afa_eval.errors import EstimationError
from afa_eval.models.multiplicity import adjust

P = (0.01, 0.04, 0.03, 0.005)


def test_holm_by_hand() -> None:
    # sorted .005 .01 .03 .04 times 4 3 2 1, never falling: .02 .03 .06 .06
    assert adjust(P) == pytest.approx((0.03, 0.06, 0.06, 0.02), rel=1e-14)


def test_benjamini_hochberg_by_hand() -> None:
    # sorted times 4/1 4/2 4/3 4/4, never rising from the end: .02 .02 .04 .04
    assert adjust(P, "fdr_bh") == pytest.approx((0.02, 0.04, 0.04, 0.02), rel=1e-14)


@pytest.mark.parametrize("method", ["holm", "fdr_bh", "bonferroni", "fdr_by", "hommel"])
def test_all_agree_with_statsmodels(method: str) -> None:
    from statsmodels.stats.multitest import multipletests

    rng = np.random.default_rng(1)
    for size in (1, 2, 7, 30):
        p = np.round(rng.random(size) ** 3, 2)  # with ties and zeros
        assert adjust(p.tolist(), method) == pytest.approx(multipletests(p, method=method)[1], rel=1e-13)


def test_full_precision_is_kept() -> None:
    assert adjust([1.23456789e-7]) == (1.23456789e-7,)


def test_what_was_not_tested_does_not_count() -> None:
    got = adjust([0.01, math.nan, 0.04])
    assert math.isnan(got[1])
    assert (got[0], got[2]) == pytest.approx((0.02, 0.04))


def test_nothing_to_correct() -> None:
    assert adjust([]) == ()


@pytest.mark.parametrize(("values", "method"), [([0.1, 1.2], "holm"), ([0.1], "none")])
def test_what_cannot_be_is_refused(values: list[float], method: str) -> None:
    with pytest.raises(EstimationError, match=r"no p-value|no correction"):
        adjust(values, method)
