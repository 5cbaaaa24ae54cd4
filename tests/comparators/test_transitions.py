import math

import pytest

from afa_eval import comparators as c
from afa_eval.errors import ComparatorError


def test_a_band_as_printed():
    # the published row: Any SEN, 96 - 99.5, Mathematics, 2023/24
    band = c.transition("Mathematics", "202324", "any").band_of(97.5)
    assert band.counts == (398, 1787, 2825, 3217, 2807, 1376, 248, 105, 33, 6)
    assert band.no_result == 349
    assert band.n + band.no_result + band.covid == 13151
    assert round(100 * band.counts[3] / 13151, 1) == 24.5
    assert band.share_at_least(4) == pytest.approx((2807 + 1376 + 248 + 105 + 33 + 6) / band.n)
    assert band.share_at_least(0) == 1


@pytest.mark.parametrize(
    ("score", "band"),
    [(60, "Less than 80"), (79.5, "Less than 80"), (80, "80 - 89.5"), (99.75, "96 - 99.5"), (100, "100 - 102"),
     (120, "117 - 120"), (None, "No scaled score"), (math.nan, "No scaled score")],
)  # fmt: skip
def test_a_score_finds_its_band(score, band):
    assert c.transition("Mathematics", "202324", "none").band_of(score).band == band


def test_a_score_outside_the_scale_has_no_band():
    assert c.transition("Mathematics", "202324").band_of(121) is None
    assert c.transition("Mathematics", "202324").band_of(-1) is None
    assert c.transition("Mathematics", "202223").band_of(None) is None  # that year prints no such band


@pytest.mark.parametrize("year", ["202021", "202122", "202223", "202324"])
@pytest.mark.parametrize("subject", ["Mathematics", "English Language"])
def test_with_and_without_sen_add_up_to_all_pupils(year, subject):
    whole, *parts = (c.transition(subject, year, sen) for sen in ("all", "any", "none"))
    total = sum(band.n for band in whole.bands)
    assert 400_000 < total < 700_000
    # pupils with unknown SEN status are in neither part
    assert 0.97 < sum(band.n for part in parts for band in part.bands) / total <= 1


def test_higher_scores_go_with_higher_grades_and_sen_with_lower_ones():
    for year in ("202021", "202324"):
        any_sen, none = (c.transition("Mathematics", year, sen) for sen in ("any", "none"))
        means = [band.mean for band in none.bands if band.low is not None and band.n > 2000]
        assert means == sorted(means)
        for with_sen, without in zip(any_sen.bands[3:9], none.bands[3:9], strict=True):
            assert with_sen.mean < without.mean


def test_expected_grade_and_spread_for_pupils():
    found = c.transition("Mathematics", "202324", "any")
    low, none = found.expected([97.5, 200])
    assert low == (found.band_of(97.5).mean, found.band_of(97.5).sd)
    assert none is None
    comparator = found.comparator(found.band_of(97.5))
    assert comparator.sd == low[1]
    assert "entered" in comparator.population
    assert found.frame().shape == (12, 18)


def test_no_scaled_score_is_mostly_pupils_without_sen():
    any_sen, none = (c.transition("Mathematics", "202324", sen).band_of(None).n for sen in ("any", "none"))
    assert none > 5 * any_sen


def test_subjects_of_every_year_can_be_read_and_empty_bands_are_not_numbers():
    for year in ("202021", "202122", "202223", "202324"):
        for subject in c.subjects(year):
            for sen in ("all", "any", "none"):
                for band in c.transition(subject, year, sen).bands:
                    assert (0 <= band.mean <= 9) or (band.n == 0 and math.isnan(band.mean))
                    assert math.isnan(band.share_at_least(4)) == (band.n == 0)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("Mathematics", "201819"), "2020/21 to 2023/24"),
        (("Maths", "202324"), "Mathematics"),
        (("Mathematics", "202324", "support"), 'sen="any"'),
    ],
)
def test_what_there_is_not_is_refused(asked, says):
    with pytest.raises(ComparatorError, match=says):
        c.transition(*asked)
