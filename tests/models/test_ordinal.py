"""Ordered answers: worked by hand, against statsmodels, and covered at the stated rate."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

from afa_eval.errors import EstimationError
from afa_eval.models.ordinal import logit_interval, marginal_homogeneity, placements, superiority
from afa_eval.models.paired import pairs, signed_rank


def test_superiority_counts_every_comparison() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.integers(0, 5, 30), rng.integers(1, 6, 40)
    wins = np.mean([(b > a) + 0.5 * (b == a) for a, b in product(x, y)])
    found = superiority(x, y, rng.integers(0, 6, 30), rng.integers(0, 6, 40))
    assert found.value == pytest.approx(wins, rel=1e-12)
    assert found.n == 70


def test_placements_by_hand() -> None:
    assert placements(np.array([1.0, 2.0, 9.0]), np.array([1.0, 2.0, 2.0])).tolist() == pytest.approx([1 / 6, 2 / 3, 1])


def test_without_clusters_the_error_is_that_of_the_rank_test() -> None:
    """Each answer its own school: Brunner and Munzel's variance, s_x^2/n + s_y^2/m."""
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=50), rng.normal(0.5, 1, 60)
    found = superiority(x, y, np.arange(50), np.arange(100, 160))
    variance = placements(x, y).var(ddof=1) / 50 + placements(y, x).var(ddof=1) / 60
    assert found.se == pytest.approx(np.sqrt(variance), rel=1e-10)


def test_superiority_is_the_mirror_of_its_reverse() -> None:
    rng = np.random.default_rng(5)
    x, y, u, v = rng.integers(0, 4, 80), rng.integers(0, 4, 90), rng.integers(0, 9, 80), rng.integers(0, 9, 90)
    a, b = superiority(x, y, u, v), superiority(y, x, v, u)
    assert (a.value + b.value, a.se) == pytest.approx((1.0, b.se))
    assert (a.low, a.high) == pytest.approx((1 - b.high, 1 - b.low))


def test_superiority_covers_the_truth_with_schools() -> None:
    """20 schools with their own level and change, 15 parents a wave; truth by a large sample."""
    rng = np.random.default_rng(11)

    def wave(level: np.ndarray, n: int) -> np.ndarray:
        latent = np.repeat(level, n) + rng.normal(size=level.size * n)
        return np.digitize(latent, [-1.0, 0.0, 1.0])

    many = rng.normal(0, 0.5, 40000)
    big = wave(many + rng.normal(0.4, 0.3, many.size), 1), wave(many[::-1], 1)
    truth = superiority(big[1], big[0], np.arange(40000), np.arange(40000)).value
    hits = []
    for _ in range(300):
        level = rng.normal(0, 0.5, 20)
        school = np.repeat(np.arange(20), 15)
        found = superiority(wave(level, 15), wave(level + rng.normal(0.4, 0.3, 20), 15), school, school)
        assert found.low is not None
        assert found.high is not None
        hits.append(found.low <= truth <= found.high)
    assert 0.915 <= np.mean(hits) <= 0.985  # 95 % +- 2.8 simulation errors


def test_superiority_without_an_interval() -> None:
    one = superiority([1, 2], [2, 3], ["a", "a"], ["a", "a"])
    assert (one.value, one.se, one.low) == (0.875, None, None)
    assert superiority([1, 1], [2, 2], ["a", "b"], ["a", "b"]).se is None
    # one wave in one school only
    assert superiority([1, 2, 3], [2, 3], ["a", "b", "c"], ["a", "a"]).se is None
    with pytest.raises(EstimationError, match="no answer"):
        superiority([], [1], [], ["a"])


def test_interval_of_a_proportion_stays_inside() -> None:
    low, high = logit_interval(0.02, 0.05, 8.0)
    assert 0 < low < 0.02 < high < 1
    # symmetric on the logit scale
    assert np.log(low / (1 - low)) + np.log(high / (1 - high)) == pytest.approx(2 * np.log(0.02 / 0.98))


def test_homogeneity_agrees_with_statsmodels() -> None:
    from statsmodels.stats.contingency_tables import SquareTable

    rng = np.random.default_rng(8)
    x = rng.integers(0, 4, 120)
    y = np.clip(x + rng.integers(-1, 3, 120), 0, 3)
    peer = SquareTable(pd.crosstab(x, y).to_numpy(), shift_zeros=False).homogeneity(method="stuart_maxwell")
    found = marginal_homogeneity(x, y)
    assert (found.statistic, found.df, found.p_value) == pytest.approx((peer.statistic, peer.df, peer.pvalue), rel=1e-9)
    assert not found.exact


def test_two_answers_are_mcnemars_exact_test() -> None:
    from scipy.stats import binomtest

    x, y = [0] * 9 + [1] * 2 + [1] * 6, [1] * 9 + [0] * 2 + [1] * 6
    found = marginal_homogeneity(x, y)
    assert found.statistic == pytest.approx((9 - 2) ** 2 / 11)
    assert found.p_value == pytest.approx(binomtest(2, 11).pvalue)
    assert (found.n, found.n_changed, found.exact) == (17, 11, True)


def test_nothing_changed_is_no_shift() -> None:
    found = marginal_homogeneity([1, 2, 3], [1, 2, 3])
    assert (found.statistic, found.p_value, found.n_changed) == (0.0, 1.0, 0)


def test_separate_moves_lose_a_degree_of_freedom() -> None:
    """Moves 0-1 and 2-3 never meet: two free comparisons, not three."""
    found = marginal_homogeneity([0] * 10 + [2] * 10, [1] * 10 + [3] * 10)
    assert (found.df, found.statistic) == (2, pytest.approx(20.0))


def test_pairs_are_counted_among_all_who_answered() -> None:
    key = pd.Series(["a", "a", "b", "c", "c", "c", None, "d", "d"])
    wave = pd.Series(["before", "after", "before", "before", "before", "after", "after", "before", "later"])
    found = pairs(key, wave, "before", "after")
    # a twice; b and d once; c twice in one wave; one nobody knows
    assert (found.n, found.share, found.ambiguous) == (1, 1 / 5, 1)
    assert found.rows.tolist() == [True, True] + [False] * 7


def test_pairs_without_identifiers_have_no_share() -> None:
    found = pairs(pd.Series([None, None]), pd.Series(["before", "after"]), "before", "after")
    assert (found.n, np.isnan(found.share)) == (0, True)


def test_signed_rank_agrees_with_scipy() -> None:
    from scipy.stats import wilcoxon

    x, y = [1, 2, 3, 4, 2, 3, 1, 5], [2, 4, 3, 5, 5, 2, 3, 5]
    found = signed_rank(x, y)
    peer = wilcoxon(y, x)
    assert (found.statistic, found.p_value) == pytest.approx((peer.statistic, peer.pvalue))
    assert 0 < found.rank_biserial < 1


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: marginal_homogeneity([1], [1, 2]), "as many before as after"),
        (lambda: marginal_homogeneity([], []), "Nobody answered in both"),
        (lambda: signed_rank([1, 2], [1, 2]), "No answer changed"),
        (lambda: signed_rank([1, 2], [1]), "as many before as after"),
    ],
)
def test_what_cannot_be_tested_is_said(call, said: str) -> None:
    with pytest.raises(EstimationError, match=said):
        call()
