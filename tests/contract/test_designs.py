"""The same laws for every design: what others hold on to."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from afa_eval.designs import DESIGNS
from afa_eval.designs.groups import parse
from afa_eval.errors import ColumnNotFound
from afa_eval.estimate import Claim, Estimates
from afa_eval.estimate.collection import TIDY_COLUMNS

ROUNDING = 1e-8  # sums in another order differ in the last digits
AGAINST_NATIONAL = ("minus_national", "relative_change_ratio")


@pytest.fixture(scope="module", params=sorted(DESIGNS))
def case(request, cases):
    assert request.param in cases, f"design '{request.param}' has no case in tests/contract/conftest.py"
    return cases[request.param]


@pytest.fixture(scope="module")
def found(case):
    return case.design.estimate(case.tables)


def numbers(estimates):
    frame = estimates.tidy().set_index(["outcome", "group", "estimand"])
    assert frame.index.is_unique, frame.index[frame.index.duplicated()].tolist()
    return frame[["estimate", "std_error", "conf_low", "conf_high"]].astype(float)


def test_a_design_is_a_frozen_question(case):
    assert dataclasses.is_dataclass(case.design)
    assert hash(case.design) == hash(dataclasses.replace(case.design))
    assert case.design.question.endswith("?")
    with pytest.raises(dataclasses.FrozenInstanceError):
        case.design.id = "other"


def test_the_answer_has_the_promised_shape(case, found):
    assert isinstance(found, Estimates)
    assert len(found) > 5
    assert tuple(found.tidy().columns) == TIDY_COLUMNS
    assert Estimates.from_json(found.to_json()) == found
    assert hash(found) == hash(Estimates.from_json(found.to_json()))
    assert len(found.text.splitlines()) == len(found)
    assert "<table" in found._repr_html_()
    assert found.filter(group="all").plot().axes


def test_every_estimate_says_what_was_counted_and_how(case, found):
    for item in found:
        assert item.outcome == case.design.id
        assert item.n_pupils > 0, item
        assert 0 < item.n_schools <= 12, item
        assert item.method, item
        assert np.isfinite(item.value), item
        sides = item.group.split(" - ")
        assert all(side in {"all", "rest"} or parse(side) for side in sides), item.group
        if item.ci is not None:
            low, high = item.ci
            assert low <= item.value + 1e-12, item
            assert high >= item.value - 1e-12, item
        if item.unit == "proportion" and item.estimand != "reliability_alpha":
            assert 0 <= item.value <= 1, item


def test_a_contrast_says_how_many_stand_on_either_side(found):
    for item in found:
        if " - " in item.group:
            assert len(item.arms) == 2
            assert min(item.arms) > 0
            assert sum(item.arms) <= item.n_pupils  # fewer where the status of some moved between the waves
        else:
            assert not item.arms


def test_the_word_follows_the_design(found):
    """A comparison has its comparator; nothing of a one-group design is called an effect."""
    for item in found:
        assert item.claim != Claim.EFFECT, item
        if any(str(item.estimand).endswith(end) for end in AGAINST_NATIONAL):
            assert item.claim == Claim.COMPARISON, item
            assert item.comparator is not None, item
    assert not [item for item in found if item.estimand == "months_progress" and item.claim == Claim.DESCRIPTION]


def test_the_order_of_the_rows_does_not_count(case, found):
    shuffled = {
        name: frame.sample(frac=1, random_state=1).reset_index(drop=True) for name, frame in case.tables.items()
    }
    again = numbers(case.design.estimate(shuffled))
    pd.testing.assert_frame_equal(again.sort_index(), numbers(found).sort_index(), rtol=ROUNDING, atol=ROUNDING)


def test_the_names_of_schools_and_pupils_do_not_count(case, found):
    renamed = {
        name: frame.assign(**{key: "x" + frame[key].astype(str) for key in ("urn", "pupil_id") if key in frame})
        for name, frame in case.tables.items()
    }
    again = numbers(case.design.estimate(renamed))
    pd.testing.assert_frame_equal(again.sort_index(), numbers(found).sort_index(), rtol=ROUNDING, atol=ROUNDING)


def test_twice_the_schools_give_the_same_value_and_about_half_the_variance(case, found):
    double = {
        name: pd.concat(
            [frame, frame.assign(**{key: frame[key].astype(str) + "b" for key in ("urn", "pupil_id") if key in frame})],
            ignore_index=True,
        )
        for name, frame in case.tables.items()
    }
    more = case.design.estimate(double)
    first, second = numbers(found), numbers(more)
    # counts double, statistics grow, and a standard deviation of the sample's own divides by n - 1
    changing = (
        "icc",
        "design_effect",
        "mdes",
        "persistent_absentees",
        "reliability",
        "marginal",
        "scale_change_g",
        "g_gap_change",
        "g_trust",  # its standard deviation is estimated, with n - 1 in it
        "g_n",
    )
    fixed = [key for key in first.index if key in second.index and not str(key[2]).startswith(changing)]
    np.testing.assert_allclose(second.loc[fixed, "estimate"], first.loc[fixed, "estimate"], rtol=1e-6, atol=1e-9)
    ratio = (second.loc[fixed, "std_error"] / first.loc[fixed, "std_error"]).dropna() ** 2
    assert len(ratio) > 3
    # exactly a half but for the small-sample correction of 12 schools against 24
    assert ratio.between(0.40, 0.56).all(), ratio[~ratio.between(0.40, 0.56)]


def test_a_missing_column_is_named(case):
    table, column = case.needed
    without = case.tables | {table: case.tables[table].drop(columns=column)}
    with pytest.raises(ColumnNotFound, match=column):
        case.design.estimate(without)


def test_what_a_design_needs_is_there_and_enough(case):
    for need in case.design.needs():
        assert need.role
        frame = case.tables[need.table]
        derived = {"sen": "sen_provision", "phase": "year_group"}
        assert derived.get(need.column, need.column) in frame.columns, need


def test_one_school_is_described_without_an_interval(case):
    first = case.tables["pupils"]["urn"].iloc[0]
    one = {name: frame[frame["urn"] == first] if "urn" in frame else frame for name, frame in case.tables.items()}
    kept = one["pupils"]["pupil_id"]
    one = {name: frame[frame["pupil_id"].isin(kept)] for name, frame in one.items()}
    found = case.design.estimate(one)
    assert len(found) > 2
    for item in found:
        assert item.ci is None or str(item.estimand).startswith("reliability"), item


def test_a_finding_says_what_it_is_about(found):
    for finding in found.findings:
        assert finding.message.endswith((".", "?", "!"))
        assert finding.code == finding.code.lower()
        assert " " not in finding.code
