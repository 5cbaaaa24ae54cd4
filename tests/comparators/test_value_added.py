"""GCSE grades beside pupils with the same band and SEN status: by hand from the matrix, entrants and all."""

import math

import pytest

from afa_eval import comparators as c
from afa_eval.errors import ComparatorError

ASKED = {"subject": "Mathematics", "year": "202223"}


def by_hand(sen, score, year="202223"):
    band = c.transition("Mathematics", year, sen).band_of(score)
    n = sum(band.counts)
    mean = sum(grade * count for grade, count in enumerate(band.counts)) / n
    sd = math.sqrt(sum(count * (grade - mean) ** 2 for grade, count in enumerate(band.counts)) / n)
    return band, mean, sd


def test_each_pupil_is_set_against_the_same_band_and_status():
    found = c.value_added([97.5, 85, 101], [4, 2, 7], ["any", "any", "none"], **ASKED)
    for pupil, (sen, score, grade) in zip(
        found.pupils, (("any", 97.5, 4), ("any", 85, 2), ("none", 101, 7)), strict=True
    ):
        band, mean, sd = by_hand(sen, score)
        assert pupil.band == band.band
        assert pupil.expected == pytest.approx(mean, rel=1e-14)
        assert pupil.value_added == pytest.approx(grade - mean, rel=1e-12)
        assert pupil.standardised == pytest.approx((grade - mean) / sd, rel=1e-12)
        reached = sum(count for grade_, count in enumerate(band.counts) if grade_ >= mean) / sum(band.counts)
        assert pupil.national_share == pytest.approx(reached, rel=1e-14)
    assert found.mean == pytest.approx(sum(p.value_added for p in found.pupils) / 3, rel=1e-14)


def test_england_itself_has_no_value_added():
    table = c.transition("Mathematics", "202223", "any")
    scores, grades = [], []
    for band in table.bands:
        for grade, count in enumerate(band.counts):
            few = round(count / 50)
            scores += [band.low] * few
            grades += [float(grade)] * few
    found = c.value_added(scores, grades, ["any"] * len(scores), **ASKED)
    assert abs(found.mean) < 0.02  # a fiftieth of each cell, rounded
    assert abs(found.share_at_expected - found.national_share) < 0.01


def test_who_was_not_entered_is_counted_and_tried_as_u():
    found = c.value_added([97.5, 97.5], [4, None], ["any", "any"], **ASKED)
    assert (found.n, found.not_entered, found.unmatched) == (1, 1, 0)
    share = dict(found.entry_share)["any"]
    _, mean, _ = by_hand("any", 97.5)
    assert found.mean == pytest.approx(4 - mean, rel=1e-12)
    assert found.with_non_entrants == pytest.approx((4 + 0) / 2 - mean * share, rel=1e-12)


def test_the_entry_share_is_that_of_all_pupils_or_unknown():
    table = c.transition("Mathematics", "202223", "any")
    entered = sum(band.n + band.no_result + band.covid for band in table.bands)
    pupils = c.find("attainment-8", year="202223", sen="any", source="send-dashboard").n
    assert c.entry_share("Mathematics", "202223", "any") == entered / pupils
    assert c.entry_share("Mathematics", "202223", "any") < c.entry_share("Mathematics", "202223", "none")
    assert c.entry_share("Mathematics", "202324", "any") is None
    unknown = c.value_added([97.5], [4], ["any"], subject="Mathematics", year="202324")
    assert "unknown here" in next(item.message for item in unknown.findings if item.code == "only-entrants")


def test_the_findings_say_what_the_matrices_are():
    codes = {item.code: item.message for item in c.value_added([97.5], [4], ["any"], **ASKED).findings}
    assert "83% of pupils with SEN" in codes["only-entrants"]
    assert "bands only" in codes["wide-prior-bands"]
    later = {
        item.code: item.message
        for item in c.value_added([97.5], [4], ["any"], subject="Mathematics", year="202324").findings
    }
    assert "90% of its entrants have no SEN" in later["no-scaled-score"]
    taught = c.value_added([97.5], [4], ["any"], subject="Mathematics", year="202021").findings
    assert "grades-set-by-teachers" in {item.code for item in taught}


def test_without_a_score_the_band_is_its_own_and_without_a_band_there_is_no_figure():
    found = c.value_added(
        [None, math.nan, 140.0], [5, 5, 9], ["none", None, "any"], subject="Mathematics", year="202324"
    )
    assert found.pupils[0].band == "No scaled score"
    assert (found.pupils[0].sen, found.pupils[1].sen) == ("none", "all")
    assert found.pupils[2] is None
    assert (found.n, found.unmatched) == (2, 1)
    assert math.isnan(c.value_added([140.0], [1], ["any"], **ASKED).mean)


def test_support_and_plans_apart_are_refused():
    with pytest.raises(ComparatorError, match="published for all pupils, any SEN and no SEN"):
        c.value_added([97.5], [4], ["support"], **ASKED)
    with pytest.raises(ComparatorError, match="1 scores, 2 grades"):
        c.value_added([97.5], [4, 5], ["any"], **ASKED)
