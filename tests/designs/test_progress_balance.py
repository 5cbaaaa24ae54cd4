"""Balance of pilot and comparison pupils before: known by hand, and silent where nobody asked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from afa_eval.designs.pre_post_progress import PrePostProgress

QUESTION = {"id": "reading", "baseline": "autumn", "outcome": "summer", "scale": "standardised"}


def frame(neither: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    cohort = ["pilot"] * 120 + ["comparison"] * 80 + [None] * neither
    first = np.round(rng.normal(95, 10, len(cohort)), 1) + [3.0 if one == "pilot" else 0.0 for one in cohort]
    return pd.DataFrame(
        {
            "urn": np.arange(len(cohort)) % 10, "autumn": first, "summer": first + rng.normal(2, 5, len(cohort)),
            "cohort": pd.array(cohort, dtype="string"),
            "fsm": pd.array(np.where(np.arange(len(cohort)) % 3 == 0, "yes", "no"), dtype="string"),
        }
    )  # fmt: skip


def answers(data: pd.DataFrame, **more: object):
    return PrePostProgress(**{**QUESTION, "by": ("cohort",), **more}).estimate(data)


def balance(data: pd.DataFrame, **more: object):
    return next((one for one in answers(data, **more).tables if one.name == "balance-reading"), None)


def test_first_scores_are_apart_by_their_spread_within_both() -> None:
    data = frame()
    (found,) = answers(data).filter(estimand="baseline_difference")
    pilot = data["cohort"] == "pilot"
    here, there = data.loc[pilot, "autumn"], data.loc[~pilot, "autumn"]
    within = np.concatenate([here - here.mean(), there - there.mean()]).std()
    assert found.value == pytest.approx((here.mean() - there.mean()) / within, rel=1e-12)
    assert (found.group, found.arms, found.n_pupils, found.unit) == ("cohort=pilot - rest", (120, 80), 200, "sd")
    assert found.ci is None  # it is about these pupils, not about others like them


def test_every_part_of_a_sum_is_counted_those_in_neither_group_too() -> None:
    data = frame(neither=40)
    data.loc[0, "fsm"] = pd.NA
    found = balance(data)
    counts = {row: cells[0] for row, cells in zip(found.rows, found.cells, strict=True)}
    for arm, size in (("cohort=pilot", 120), ("cohort=comparison", 80), ("cohort=In neither group", 40)):
        assert counts[arm] == size
        assert size == sum(count for row, count in counts.items() if row.startswith(f"{arm} & fsm="))
    assert counts["cohort=pilot & fsm=Not recorded"] == 1


def test_nothing_is_said_where_nobody_asked_about_the_two() -> None:
    assert balance(frame(), by=("fsm",)) is None
    assert not answers(frame(), by=("fsm",)).filter(estimand="baseline_difference").items


def test_a_trust_without_comparison_pupils_has_no_balance() -> None:
    data = frame(neither=40)
    assert balance(data[data["cohort"].ne("comparison").fillna(True)]) is None
