import numpy as np
import pandas as pd
import pytest

from afa_eval import comparators as c
from afa_eval.comparators import bands
from afa_eval.errors import ComparatorError


def frame(rows, *columns):
    return pd.DataFrame(rows, columns=[*columns, "weight"])


def test_one_cell_is_the_figure_itself():
    mix = frame([("any", "secondary", 8, 40)], "sen", "phase", "year_group")
    found = c.weighted("persistent-absence", mix, "202223")
    assert found.value == c.find("persistent-absence", year="202223", sen="any", phase="secondary", year_group=8).value
    assert found.keys == ("sen", "phase", "year_group")
    assert found.share_matched == 1
    assert found.comparator.population == "England, same SEN status, phase and year group, weighted to the cohort's mix"


def test_the_mean_is_weighted_by_the_cohort_not_by_england():
    mix = frame([("any", "primary", 30), ("none", "secondary", 10)], "sen", "phase")
    one = c.find("persistent-absence", year="202223", sen="any", phase="primary")
    two = c.find("persistent-absence", year="202223", sen="none", phase="secondary")
    found = c.weighted("persistent-absence", mix, "202223")
    assert found.value == pytest.approx((30 * one.value + 10 * two.value) / 40, rel=1e-14)
    assert found.comparator.n == one.n + two.n
    assert found.comparator.numerator is None
    assert "100.0% of the cohort" in found.comparator.note


def test_england_weighted_to_itself_is_england():

    keys = ("sen", "phase", "year_group", "fsm", "sex")
    cells = bands.band_counts("pa-10-percent", "202223", keys)
    known = {key: counts for key, counts in cells.items() if "unknown" not in key and counts[1] >= 30}
    found = c.weighted("persistent-absence", frame([(*key, of) for key, (_, of) in known.items()], *keys), "202223")
    assert found.keys == keys
    above, of = (sum(column) for column in zip(*known.values(), strict=True))
    assert found.value == pytest.approx(above / of, rel=1e-12)
    assert found.comparator.n == of


def test_margins_are_never_multiplied_and_what_is_dropped_is_said():
    mix = frame([("support", "primary", 2, 10), ("ehcp", "secondary", 9, 5)], "sen", "phase", "year_group")
    found = c.weighted("persistent-absence", mix, "201617")
    assert found.keys == ("sen", "phase")
    assert found.dropped == ("year_group",)
    assert "Not published jointly with these: year group" in found.comparator.note
    with pytest.raises(ComparatorError, match="any, none") as error:
        c.weighted("persistent-absence", mix, "202223")
    assert "ehcp, support" in str(error.value)


def test_the_sen_group_is_never_dropped():
    mix = frame([("any", "primary", 2, 10)], "sen", "phase", "year_group")
    with pytest.raises(ComparatorError, match="No source covers"):
        c.weighted("persistent-absence", mix, "202324")
    assert c.weighted("persistent-absence", mix.drop(columns="sen"), "202324").keys == ("phase",)


def test_census_codes_gaps_and_numbers_as_text_are_read():
    rows = [("K", "primary", "1", 97), ("E", "primary", 1.0, 2), (None, "primary", np.nan, 1)]
    found = c.weighted("persistent-absence", frame(rows, "sen", "phase", "year_group"), "201617")
    assert found.share_matched == pytest.approx(0.99)


def test_a_cohort_that_is_mostly_unmatched_is_refused():
    rows = [("any", "primary", 90), (None, "primary", 10)]
    with pytest.raises(ComparatorError, match="95%"):
        c.weighted("persistent-absence", frame(rows, "sen", "phase"), "202223")


def test_both_years_of_a_change_have_the_same_keys_source_and_weights():
    mix = frame([("any", "primary", 30), ("none", "secondary", 10)], "sen", "phase")
    before, after = c.weighted_pair("persistent-absence", ("201617", "202223"), mix)
    assert before.source == after.source
    assert before.keys == after.keys
    with pytest.raises(ComparatorError, match="2023/24"):
        c.weighted_pair("persistent-absence", ("202223", "202324"), mix)


def test_other_measures_have_their_own_weights():
    mix = frame([("support", "primary", 1), ("ehcp", "special", 1)], "sen", "phase")
    found = c.weighted("overall-absence", mix, "201617")
    parts = [
        c.find("overall-absence", year="201617", sen=s, phase=p).value
        for s, p in (("support", "primary"), ("ehcp", "special"))
    ]
    assert found.value == pytest.approx(sum(parts) / 2, rel=1e-14)
    assert c.weighted("severe-absence", frame([("any", 8, 1)], "sen", "year_group"), "202223").keys == (
        "sen",
        "year_group",
    )


@pytest.mark.parametrize(
    ("mix", "says"),
    [
        (pd.DataFrame({"sen": ["any"]}), "needs a column weight"),
        (pd.DataFrame({"weight": [1.0]}), "needs a column weight"),
        (pd.DataFrame({"sen": ["any"], "weight": [-1.0]}), "0 or more"),
        (pd.DataFrame({"sen": ["any"], "weight": [np.nan]}), "0 or more"),
        (pd.DataFrame({"sen": ["any"], "weight": [0.0]}), "not all 0"),
    ],
)
def test_a_mix_that_cannot_be_used_is_refused(mix, says):
    with pytest.raises(ComparatorError, match=says):
        c.weighted("persistent-absence", mix, "202223")


def test_joint_keys_are_listed_richest_first():
    sets = c.joint_keys("persistent-absence", "202223")
    assert sets[0] == ("sen", "phase", "year_group", "fsm", "sex")
    assert ("sen", "phase") in c.joint_keys("overall-absence", "201415")
    assert c.joint_keys("persistent-absence", "201920") == ()
