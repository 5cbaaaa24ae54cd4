"""Progress by national quarter: known truth, by hand, and where the norm does not say enough."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from afa_eval.designs.pre_post_progress import Norm, PrePostProgress

NORM = Norm(test="A test", mean=100, sd=15, correlation=0.8, gain=0)
CUTS = stats.norm.ppf([0.25, 0.5, 0.75])


def national(pupils: int = 8000, shift: float = 0.0) -> pd.DataFrame:
    """Pupils of the norm's own population, some of whom gain more by ``shift`` points."""
    rng = np.random.default_rng(11)
    first = rng.normal(100, 15, pupils)
    last = 100 + 0.8 * (first - 100) + rng.normal(0, 15 * 0.6, pupils)  # sqrt(1 - 0.8 ** 2) = 0.6
    pilot = np.arange(pupils) % 4 == 0
    return pd.DataFrame(
        {
            "urn": np.arange(pupils) % 20, "autumn": first, "summer": last + shift * pilot,
            "cohort": np.where(pilot, "pilot", "comparison"), "sen_provision": np.where(pilot, "K", "N"),
        }
    )  # fmt: skip


def table(frame, **keys):
    question = PrePostProgress(
        **{"id": "reading", "baseline": "autumn", "outcome": "summer", "scale": "standardised", "norm": NORM} | keys
    )
    return next((one for one in question.estimate(frame).tables if one.name == "quarters-reading"), None)


def test_pupils_of_the_norm_lie_a_quarter_in_each() -> None:
    found = table(national(), by=("sen_provision",))
    assert found.rows == ("sen_provision=N", "sen_provision=K", "Total")
    *quarters, whole = found.cells[-1]
    assert whole == 8000
    # four standard errors of a share of a quarter among 8,000: 4 * sqrt(0.25 * 0.75 / 8000)
    assert np.array(quarters) / whole == pytest.approx(0.25, abs=0.0194)


def test_counts_are_those_of_the_formula_and_the_middle_cut_is_the_average() -> None:
    frame = national(pupils=900, shift=4.0)
    found = table(frame, by=("cohort",), focus="cohort=pilot")
    assert found.rows == ("cohort=pilot", "Other pupils", "Total")
    z = (frame["summer"] - (100 + 0.8 * (frame["autumn"] - 100))) / 9.0
    for row, members in (("cohort=pilot", frame["cohort"] == "pilot"), ("Total", frame["cohort"].notna())):
        counts = np.histogram(z[members], [-np.inf, *CUTS, np.inf])[0]
        assert found.cells[found.rows.index(row)] == (*counts, counts.sum())
    question = PrePostProgress(
        id="reading", baseline="autumn", outcome="summer", scale="standardised", norm=NORM, focus="cohort=pilot"
    )
    (share,) = question.estimate(frame).filter(group="cohort=pilot", estimand="above_national_average_share")
    assert share.value * share.n_pupils == pytest.approx(sum(found.cells[0][2:4]), rel=1e-12)


@pytest.mark.parametrize("lacking", ["sd", "correlation", "mean"])
def test_without_the_norms_spread_there_is_no_table(lacking: str) -> None:
    assert table(national(pupils=400), norm=replace(NORM, **{lacking: None})) is None
