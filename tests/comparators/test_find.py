from dataclasses import FrozenInstanceError, replace

import pytest

from afa_eval import comparators as c
from afa_eval.comparators import store
from afa_eval.comparators.asking import candidates, request
from afa_eval.errors import ComparatorError


def test_a_figure_travels_with_all_that_is_known_about_it():
    found = c.find("persistent-absence", year="2016/17", sen="support", phase="secondary")
    assert found.slug == "persistent-absence"
    assert found.unit == "proportion"
    assert found.year == "201617"
    assert found.definition == "pa-10-percent"
    assert found.population == "SEN support, secondary, England"
    assert found.n == 337595
    assert found.numerator == 77320
    assert found.value == 77320 / 337595
    assert found.status_timing == "earliest term record of the year"
    assert "2016/17" in found.source
    assert found.licence == "Open Government Licence v3.0"
    with pytest.raises(FrozenInstanceError):
        found.value = 0


def test_census_codes_and_needs_are_understood():
    assert c.find("persistent-absence", year="201617", sen="K") == c.find(
        "persistent-absence", year="201617", sen="support"
    )
    need = c.find("persistent-absence", year="201617", need="Visual impairment", phase="primary")
    assert need.population == "Vision impairment, primary, England"
    with pytest.raises(ComparatorError, match='need="ASD"'):
        c.find("persistent-absence", year="201617", sen="ASD")


def test_before_2014_15_the_groups_are_called_by_their_own_names():
    found = c.find("persistent-absence", year="201213", sen="support")
    assert found.population == "SEN without a statement, England"
    assert "School Action" in found.note
    assert c.find("persistent-absence", year="201213", sen="ehcp").population == "SEN with a statement, England"


def test_joint_cells_of_sen_phase_year_group_sex_and_fsm():
    cell = c.find("persistent-absence", year="202223", sen="any", phase="secondary", year_group=8, sex="F", fsm="yes")
    assert "Year 8, girls, eligible for free school meals" in cell.population
    wider = c.find("persistent-absence", year="202223", sen="any", phase="secondary", year_group=8)
    assert cell.n < wider.n


def test_the_default_source_is_the_first_by_priority():
    assert c.find("persistent-absence", year="201617").source == store.sources()["absence-characteristics"]["title"]
    assert c.find("persistent-absence", year="202223").source == store.sources()["absence-five-point-bands"]["title"]
    assert c.find("persistent-absence", year="202324").source == store.sources()["lait"]["title"]


@pytest.mark.parametrize("area", ["England", "North East", "Barnet", "neighbours of Barnet"])
@pytest.mark.parametrize("slug", ["persistent-absence", "severe-absence"])
def test_the_default_is_the_first_of_all_sources_however_few_were_read(slug, area):
    for year in ("201617", "201819", "202122", "202324"):
        for sen in ("all", "any", "none", "support"):
            asked = request(slug, sen=sen, area=area)
            every, fewer = candidates(asked, year), candidates(asked, year, all_sources=False)
            assert fewer[:1] == every[:1]
            assert {figure.source for figure in fewer} <= {figure.source for figure in every}


def test_regions_and_authorities_are_found_too():
    north = c.find("persistent-absence", year="202425", area="North East")
    assert 0 < north.value < 1
    assert c.find("ks2-rwm-expected", year="202223", sen="any", area="Gateshead").n > 100
    with pytest.raises(ComparatorError, match="Gateshead"):
        c.find("persistent-absence", year="202425", area="Gatehead")


@pytest.mark.parametrize(
    ("slug", "asked", "says"),
    [
        ("persistant-absence", {"year": "202223"}, "Nearest: persistent-absence"),
        ("persistent-absence", {"year": "2022"}, "an academic year is two"),
        ("persistent-absence", {"year": "202223", "sen": "send"}, "no SEN group 'send'"),
        ("persistent-absence", {"year": "202223", "phase": "secondry"}, "Nearest: secondary"),
        ("persistent-absence", {"year": "202223", "sex": "girls"}, "no sex 'girls'"),
        ("persistent-absence", {"year": "202223", "year_group": 21}, "no year group '21'"),
        ("persistent-absence", {"year": "202223", "definition": "pa-12"}, "no definition 'pa-12'"),
        ("persistent-absence", {"year": "202223", "need": "SLS"}, "Did you mean SLD"),
        ("persistent-absence", {"year": "202223", "source": "lait2"}, "Nearest: lait"),
        ("persistent-absence", {"year": "201920", "sen": "any"}, "schools closed"),
        ("persistent-absence", {"year": "202324", "sen": "any"}, "This group has: 2012/13"),
        ("persistent-absence", {"year": "202324", "sen": "any"}, "In 2023/24 there are: all pupils, England"),
        ("persistent-absence", {"year": "202324", "sen": "support"}, "pa-10-percent-autumn"),
        ("persistent-absence", {"year": "202223", "sen": "support"}, "any SEN, England"),
        ("overall-absence", {"year": "202122", "sen": "any"}, "Under another definition: absence-autumn-spring"),
        ("ks2-reading-progress", {"year": "202324", "sen": "ehcp"}, "no key stage 1 assessment"),
        ("ks2-reading-progress", {"year": "202425"}, "your own comparator file"),
        ("progress-8", {"year": "202425"}, "no Progress 8 for 2024/25"),
        ("progress-8", {"year": "202021"}, "set by centres and teachers"),
        ("expected-progress-maths", {"year": "201617"}, "ended with National Curriculum levels"),
        ("ks2-rwm-expected", {"year": "202223", "sen": "any", "year_group": 6}, "any SEN, England"),
        ("Persistent-absence", {"year": "202223"}, "Nearest: persistent-absence"),
        (None, {"year": "202223"}, "no measure 'None'"),
        ("persistent-absence", {"year": "202223", "sen": None}, "no SEN group 'None'"),
        ("persistent-absence", {"year": "202223", "sen": "SUPPORT"}, "Nearest: support"),
        ("persistent-absence", {"year": "202223", "year_group": 21}, "from 0 .Reception. to 13"),
        ("persistent-absence", {"year": "202223", "area": "City of London"}, "about one school"),
        (
            "persistent-absence",
            {"year": "200708", "definition": "pa-20-standard"},
            "pa-15-standard .2008/09 to 2012/13",
        ),
    ],
)
def test_what_there_is_not_is_refused_with_the_nearest(slug, asked, says):
    with pytest.raises(ComparatorError, match=says):
        c.find(slug, **asked)


def test_special_schools_with_sen_are_not_taken_from_the_bands_before_2018_19():
    for year in ("201617", "201718"):
        with pytest.raises(ComparatorError, match="lack the SEN status of many special-school pupils"):
            c.find("persistent-absence", year=year, sen="any", phase="special", source="absence-five-point-bands")
    assert c.find("persistent-absence", year="201819", sen="any", phase="special").n > 100_000
    assert c.find("persistent-absence", year="201617", sen="any", phase="special").n > 90_000


def test_two_years_come_from_one_source():
    before, after = c.pair("persistent-absence", ("201617", "202223"), sen="any")
    assert before.source == after.source == store.sources()["absence-five-point-bands"]["title"]
    first, second = c.pair("persistent-absence", ("201516", "201617"), sen="ehcp")
    assert first.source == store.sources()["absence-characteristics"]["title"] == second.source
    with pytest.raises(ComparatorError, match="No one source"):
        c.pair("persistent-absence", ("201213", "202223"), sen="any", bridge=True)
    with pytest.raises(ComparatorError, match="SEN categories changed"):
        c.pair("persistent-absence", ("201213", "202223"), sen="any")
    early, late = c.pair("persistent-absence", ("201314", "201415"), sen="support", bridge=True)
    assert (early.population, late.population) == ("SEN without a statement, England", "SEN support, England")
    assert [item.code for item in c.breaks("persistent-absence", "201314", "201415", "support")] == [
        "sen-categories-changed"
    ]
    with pytest.raises(ComparatorError, match="schools closed"):
        c.pair("persistent-absence", ("201819", "201920"))
    with pytest.raises(ComparatorError, match="definition"):
        c.pair("ks2-rwm-expected", ("201617", "201718"), sen="support")
    with pytest.raises(ComparatorError, match="definition"):
        c.pair("attainment-8", ("201819", "202021"))


def test_only_like_is_compared_with_like():
    any_sen = c.find("persistent-absence", year="202223", sen="any")
    none = c.find("persistent-absence", year="202223", sen="none")
    assert c.compare(none, any_sen, gap=True) == any_sen.value - none.value
    with pytest.raises(ComparatorError, match="With gap=True"):
        c.compare(none, any_sen)
    for other in (
        c.find("persistent-absence", year="202122", sen="none"),
        c.find("severe-absence", year="202223", sen="none"),
        c.find("persistent-absence", year="202223", sen="none", definition="pa-20-percent"),
    ):
        with pytest.raises(ComparatorError, match="cannot be compared"):
            c.compare(any_sen, other)
    with pytest.raises(ComparatorError, match="population"):
        c.compare(any_sen, c.find("persistent-absence", year="202122", sen="none"), change=True)
    early = c.find("persistent-absence", year="201011", definition="pa-15-standard")
    with pytest.raises(ComparatorError, match=r"England has .*pa-15-standard \(2008/09 to 2012/13\).*pa-10-percent \("):
        c.compare(
            early, c.find("persistent-absence", year="201617"), change=True
        )  # and no definition that has not both
    with pytest.raises(ComparatorError, match="with change=True this is a change"):
        c.compare(any_sen, c.find("persistent-absence", year="202122", sen="any"))


def test_the_rest_of_england_without_this_cohort():
    whole = c.find("persistent-absence", year="201617", sen="ehcp")
    rest = c.without(whole, numerator=1000, n=5000)
    assert rest.n == whole.n - 5000
    assert rest.value == pytest.approx((whole.n * whole.value - 1000) / (whole.n - 5000), rel=1e-15)
    with pytest.raises(ComparatorError, match="not published"):
        c.without(c.find("persistent-absence", year="202425"), 10, 100)
    with pytest.raises(ComparatorError, match="no part"):
        c.without(replace(whole, n=4000), 1000, 5000)


def test_a_series_marks_its_default_source():
    frame = c.series("persistent-absence", sen="any")
    assert frame["year"].is_monotonic_increasing
    assert frame.loc[frame["year"].eq("201617"), "default"].tolist() == [True, False]
    assert (frame.groupby("year")["default"].sum() == 1).all()
    every = c.series("persistent-absence", phase=None)
    assert {"all", "none", "any", "support", "ehcp"} == set(every["sen"])
    assert c.series("progress-8", sen="any", year_group=6).empty


def test_the_package_is_light_to_import():
    import subprocess
    import sys

    code = "import sys, afa_eval.comparators; print(sorted({'pandas', 'numpy', 'duckdb', 'scipy'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_listing_and_description_say_what_there_is():
    table = c.overview()
    assert [row["slug"] for row in table] == list(c.slugs())
    shown = c.figures("persistent-absence", sen="support")
    assert shown[0]["group"] == "SEN without a statement, England"
    assert shown[0]["figure"] == "21.4%"
    assert c.figures("progress-8", year="201718", sen="ehcp")[0]["figure"] == "\u22121.09"
    one = c.figures("persistent-absence", year="201617", sen="any")
    headline = [row for row in one if row["definition"] == "pa-10-percent"]
    assert [(row["figure"], row["default"]) for row in headline] == [("19.0%", "yes"), ("18.5%", "")]
    with pytest.raises(ComparatorError, match="schools closed"):
        c.figures("persistent-absence", year="201920", sen="any")
    for slug in c.slugs():
        said = c.describe(slug)
        assert slug in said
        assert "\nSource " in said
        assert "\nDefinition" in said
    with pytest.raises(ComparatorError, match="no measure"):
        c.figures("absence")


def test_no_module_hides_a_function_of_the_same_name():
    import afa_eval.comparators.listing
    import afa_eval.comparators.matching
    import afa_eval.comparators.service  # noqa: F401 - all the rooms are entered

    for name in c.__all__:
        assert not hasattr(getattr(c, name), "__path__")
        assert type(getattr(c, name)).__name__ != "module", name


def test_several_definitions_of_a_year_are_not_guessed_between():
    with pytest.raises(ComparatorError, match="name one: gcse-"):
        c.find("ks2-ks4-transition", year="202324", sen="any")
    found = c.find("ks2-ks4-transition", year="202324", sen="any", definition="gcse-mathematics")
    assert found.unit == "grades"
    assert found.sd > 1
    with pytest.raises(ComparatorError, match="absence-10-15"):
        c.find("absence-bands", year="202223", sen="any")


def test_every_measure_that_was_asked_for_is_there():
    asked = (
        "persistent-absence severe-absence overall-absence authorised-absence unauthorised-absence absence-bands "
        "ks2-reading-progress ks2-writing-progress ks2-maths-progress ks2-rwm-expected progress-8 attainment-8 phonics "
        "eyfs-gld mtc ks2-ks4-transition suspension-rate ehcp-count sen-support-share ehcp-share"
    )
    assert set(asked.split()) <= set(c.slugs())
