"""Overlap of two groups: the published gap indices, pupils counted one by one, and back."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import rankdata

from afa_eval.errors import EstimationError
from afa_eval.kernels.overlap import auc, d_of_gap_index, gap_index


@pytest.mark.parametrize(("index", "area", "d"), [(3.3408, 0.667, 0.611), (3.1030, 0.655, 0.565)])
def test_published_indices_of_key_stage_2(index: float, area: float, d: float) -> None:
    found = d_of_gap_index(index)
    assert (round(found, 3), round(auc(found), 3)) == (d, area)
    np.testing.assert_allclose(gap_index(found), index, rtol=1e-12)


def test_ranks_of_pupils_counted() -> None:
    """20 times the difference of mean ranks over the number of pupils, whatever the groups' sizes."""
    rng = np.random.default_rng(0)
    others, poor = rng.normal(0.6, 1, 150_000), rng.normal(0, 1, 60_000)
    ranks = rankdata(np.concatenate([others, poor]))
    seen = 20 * (ranks[:150_000].mean() - ranks[150_000:].mean()) / ranks.size
    np.testing.assert_allclose(gap_index(0.6), seen, atol=0.08)  # four standard errors of 210,000 pupils


def test_outside_the_scale() -> None:
    with pytest.raises(EstimationError, match="between -10 and 10"):
        d_of_gap_index(10)
    assert gap_index(0) == 0
    assert gap_index(-1) == -gap_index(1)
