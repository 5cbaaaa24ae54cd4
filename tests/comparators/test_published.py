"""The figures that methods and provenance quote come out of the store again."""

import pytest

from afa_eval import comparators as c
from afa_eval.comparators import bands
from afa_eval.errors import ComparatorError
from afa_eval.estimate.words import round_half_up

PA15 = {  # SFR 09/2014, table 1, per cent, 2008/09 to 2012/13
    "primary": (4.6, 4.4, 3.9, 3.1, 3.0),
    "secondary": (10.2, 9.2, 8.4, 7.4, 6.4),
    "special": (18.0, 17.1, 16.7, 16.3, 16.1),
    "all": (7.4, 6.8, 6.1, 5.2, 4.6),
}
YEARS = ("200809", "200910", "201011", "201112", "201213")


def percent(value, digits=1):
    return round_half_up(value * 100, digits)


@pytest.mark.parametrize("phase", PA15)
def test_persistent_absence_in_the_pilots_own_years(phase):
    found = [c.find("persistent-absence", year=year, phase=phase, definition="pa-15-standard") for year in YEARS]
    assert tuple(percent(item.value) for item in found) == PA15[phase]


def test_it_fell_by_a_tenth_with_no_programme_at_all():
    before, after = c.pair("persistent-absence", ("200910", "201011"), definition="pa-15-standard")
    assert percent(c.compare(before, after, change=True)) == -0.7
    assert percent(after.value / before.value - 1) == -10.3


@pytest.mark.parametrize(
    ("definition", "expected"), [("pa-10-percent", 13.64), ("pa-15-percent", 5.63), ("pa-20-percent", 3.06)]
)
def test_one_point_bands_convert_one_definition_into_another(definition, expected):
    found = c.find("persistent-absence", year="201213", definition=definition, source="absence-one-point-bands")
    assert percent(found.value, 2) == expected


def test_persistent_absence_recomputed_from_bands_is_what_was_published():
    for source, year, expected in (
        ("absence-one-point-bands", "201213", 13.6),
        ("absence-characteristics", "201213", 13.6),
        ("absence-one-point-bands", "201617", 10.8),
        ("absence-five-point-bands", "201617", 10.8),
        ("absence-characteristics", "201617", 10.8),
    ):
        assert percent(c.find("persistent-absence", year=year, source=source).value) == expected
    assert percent(c.find("persistent-absence", year="201617", source="absence-five-point-bands").value, 3) == 10.787
    assert percent(c.find("persistent-absence", year="202223", source="absence-five-point-bands").value, 3) == 21.218
    assert percent(c.find("persistent-absence", year="202223", source="lait").value, 2) == 21.22


def test_the_column_trap_of_the_five_point_bands():
    # summing the source's pct10 upwards would count 5 per cent as the line and give 32.7
    counts = bands.band_counts("pa-10-percent", "201617", ())[()]
    assert percent(counts[0] / counts[1]) == 10.8


def test_any_sen_differs_by_source_and_both_are_kept():
    default = c.find("persistent-absence", year="201617", sen="any")
    assert (default.numerator, default.n, percent(default.value, 2)) == (198030, 1043425, 18.98)
    bands = c.find("persistent-absence", year="201617", sen="any", source="absence-five-point-bands")
    assert percent(bands.value, 2) == 18.50
    assert "special-school" in bands.note


def test_the_year_the_definition_changed():
    for definition, count, expected in (
        ("pa-10-standard-six-half-terms", 627070, 9.4),
        ("pa-10-percent", 728080, 11.0),
        ("pa-15-standard-six-half-terms", 245840, 3.7),
        ("pa-15-percent", 308100, 4.6),
    ):
        found = c.find("persistent-absence", year="201415", definition=definition, source="pa-changeover-2015")
        assert (found.numerator, found.n, percent(found.value)) == (count, 6642755, expected)


def test_pupils_with_autism():
    years = ("201718", "201819", "202021", "202122", "202223", "202324")
    found = [c.find("persistent-absence", year=year, need="ASD") for year in years]
    assert [percent(item.value) for item in found] == [18.4, 18.0, 30.1, 32.0, 31.0, 30.8]
    severe = [c.find("severe-absence", year=year, need="ASD") for year in years]
    assert [percent(item.value) for item in severe] == [1.9, 2.2, 2.8, 3.9, 4.7, 5.5]
    parts = [
        c.find("persistent-absence", year="202324", need="ASD", phase=p) for p in ("primary", "secondary", "special")
    ]
    assert sum(item.numerator for item in parts) == found[-1].numerator == 63348
    assert sum(item.n for item in parts) == found[-1].n == 205627


def test_all_pupils_to_2024_25():
    expected = {"202021": 12.08, "202122": 22.51, "202223": 21.22, "202324": 19.95, "202425": 18.14}
    for year, value in expected.items():
        assert percent(c.find("persistent-absence", year=year).value, 2) == value
    assert percent(c.find("severe-absence", year="202425", phase="special").value, 2) == 6.91
    assert percent(c.find("overall-absence", year="202425").value, 2) == 6.78


def test_severe_absence_from_bands_is_the_published_one():
    for year, expected in (("201617", 0.70), ("202122", 1.65), ("202223", 2.03)):
        for source in ("absence-five-point-bands", "lait"):
            assert percent(c.find("severe-absence", year=year, source=source).value, 2) == expected


def test_overall_absence_in_two_terms_by_sen():
    found = [
        c.find("overall-absence", year="202122", sen=sen, definition="absence-autumn-spring")
        for sen in ("ehcp", "support", "none")
    ]
    assert [percent(item.value) for item in found] == [12.1, 9.7, 6.8]


def test_followed_pupils_and_the_same_year_groups_go_different_ways():
    import pandas as pd

    cells = bands.band_counts("pa-10-percent", "202122", ("sen", "phase", "year_group"))
    rows = [(*key, of) for key, (_, of) in cells.items() if key[:2] == ("any", "secondary") and 7 <= int(key[2]) <= 10]
    mix = pd.DataFrame(rows, columns=["sen", "phase", "year_group", "weight"])
    older = mix.assign(year_group=mix["year_group"].astype(int) + 1)
    before, after = c.weighted_pair("persistent-absence", ("202122", "202223"), mix, older)
    assert [percent(before.value), percent(after.value)] == [38.8, 41.8]
    same, later = c.weighted_pair("persistent-absence", ("202122", "202223"), mix)
    assert percent(same.value) == 38.8
    assert percent(later.value - same.value) == -0.4


@pytest.mark.parametrize(
    ("year_group", "phase", "phase_after", "points"),
    [(6, "primary", "secondary", 4.2), (7, "secondary", "secondary", 6.1), (1, "primary", "primary", -4.8)],
)
def test_growing_a_year_older_moves_absence_by_itself(year_group, phase, phase_after, points):
    before = c.find("persistent-absence", year="202122", sen="any", phase=phase, year_group=year_group)
    after = c.find("persistent-absence", year="202223", sen="any", phase=phase_after, year_group=year_group + 1)
    assert percent(after.value - before.value) == points


def test_progress_8_from_sums_is_that_of_lait():
    for sen, expected in (("none", 0.077), ("support", -0.434), ("ehcp", -1.092)):
        sums = c.find("progress-8", year="201718", sen=sen)
        assert round_half_up(sums.value, 3) == expected
        assert c.find("progress-8", year="201718", sen=sen, source="lait").value == round_half_up(expected, 2)


def test_key_stage_2_progress_by_sen():
    assert c.find("ks2-reading-progress", year="202223", sen="support").value == -0.58
    assert c.find("ks2-writing-progress", year="202223", sen="ehcp").value == -4.41
    assert c.find("ks2-maths-progress", year="201617", sen="none").value == 0.3


def test_expected_standard_by_sen():
    found = c.find("ks2-rwm-expected", year="202223", sen="any")
    assert (found.numerator, found.n) == (27336, 136666)
    assert percent(c.find("ks2-rwm-expected", year="202425", sen="ehcp").value) == 9.0


def test_expected_progress_of_the_pilots_time():
    assert c.find("expected-progress-english", year="201011").value == 0.83
    assert c.find("expected-progress-maths", year="201011").value == 0.82


def test_ehc_plans_in_january_2019():
    assert (
        c.find("ehcp-count", year="201819").value == c.find("ehcp-count", year="201819", source="lait").value == 353995
    )


def test_autumn_term_2023_24_stands_apart():
    assert (
        percent(c.find("persistent-absence", year="202324", sen="ehcp", definition="pa-10-percent-autumn").value)
        == 34.6
    )


def test_any_line_of_the_same_pupils():
    # DfE changed from 20 to 15 to 10 per cent: the same pupils of 2012/13 by each
    assert [percent(c.at_line(line, year="2012/13").value, 2) for line in (10, 15, 20)] == [13.64, 5.63, 3.06]
    for phase in ("all", "primary", "secondary", "special"):
        shares = [c.at_line(line, year="201617", phase=phase).value for line in range(1, 100)]
        assert shares == sorted(shares, reverse=True)
    assert (
        c.at_line(50, year="201617").value
        == c.find("severe-absence", year="201617", source="absence-one-point-bands").value
    )
    for wrong in (
        {"line": 0, "year": "201213"},
        {"line": 10, "year": "202223"},
        {"line": 10, "year": "201213", "phase": "mainstream"},
    ):
        with pytest.raises(ComparatorError):
            c.at_line(wrong.pop("line"), **wrong)


@pytest.mark.parametrize(("value", "digits", "shown"), [(2485.85, 1, 2485.9), (2485.85, 0, 2486), (2485.85, -1, 2490),
                                                        (2485.85, -2, 2500), (2.5, 0, 3), (0.165 * 100, 0, 17)])  # fmt: skip
def test_figures_are_rounded_half_up_as_the_department_rounds(value, digits, shown):
    assert round_half_up(value, digits) == shown


def test_what_the_command_and_the_service_show_is_rounded_so():
    from afa_eval.estimate.words import number

    assert number(0.12345, "proportion", 2) == "12.35"
    assert number(0.1025, "proportion", 1) == "10.3"


def test_years_without_a_figure_are_explained():
    for slug, year, says in (
        ("ks2-maths-progress", "201920", "cancelled"), ("ks2-maths-progress", "202021", "cancelled"),
        ("ks2-maths-progress", "202324", "no key stage 1"), ("ks2-maths-progress", "202425", "no key stage 1"),
        ("progress-8", "202425", "no Progress 8"), ("persistent-absence", "201920", "schools closed"),
    ):  # fmt: skip
        with pytest.raises(ComparatorError, match=says):
            c.find(slug, year=year, sen="support")
    for year in ("201920", "202021"):
        assert "centres and teachers" in c.find("attainment-8", year=year, sen="support").note
