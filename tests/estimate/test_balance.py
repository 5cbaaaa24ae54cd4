"""Standardised differences: against numpy on the pupils themselves, and what they refuse."""

import numpy as np
import pytest

from afa_eval.errors import EstimationError
from afa_eval.estimate import balance


def test_differences_are_those_of_the_pupils_themselves() -> None:
    rng = np.random.default_rng(4)
    here, there = rng.random(500) < 0.3, rng.random(900) < 0.2
    direct = (here.mean() - there.mean()) / np.sqrt((here.var() + there.var()) / 2)
    assert balance.of_shares(here.mean(), there.mean()) == pytest.approx(direct, rel=1e-12)  # the same sums
    one, other = rng.normal(96, 14, 500), rng.normal(100, 15, 900)
    direct = (one.mean() - other.mean()) / np.sqrt((one.var(ddof=1) + other.var(ddof=1)) / 2)
    sds = one.std(ddof=1), other.std(ddof=1)
    assert balance.of_means(one.mean(), other.mean(), *sds) == pytest.approx(direct, rel=1e-12)


def test_what_has_no_spread_or_is_no_share_is_refused() -> None:
    assert balance.of_shares(1.0, 1.0) == 0.0
    for wrong in ((1.2, 0.5), (0.5, -0.1), (1.0, 0.0)):
        with pytest.raises(EstimationError):
            balance.of_shares(*wrong)
    with pytest.raises(EstimationError, match="below 0"):
        balance.of_means(1, 2, -1, 1)
