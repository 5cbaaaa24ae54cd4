"""Every record is walked: it has a source, a year, a possible value, and agrees with its own counts."""

import re

import pytest

from afa_eval import comparators as c
from afa_eval.codes import needs, sen, years
from afa_eval.comparators import store
from afa_eval.comparators.rows import agrees

DIGIT = {"absence-characteristics": 0.001, "autism-permalink": 0.001, "pa-changeover-2015": 0.001}


@pytest.fixture(scope="module")
def everything():
    return list(c.records())


def test_there_are_many(everything):
    assert len(everything) > 100_000


def test_each_says_what_it_is_and_where_it_comes_from(everything):
    slugs, definitions, areas = set(c.slugs()), set(store.definitions()), set(store.areas())
    for figure in everything:
        assert figure.slug in slugs
        assert figure.definition in definitions
        assert figure.area in areas
        assert figure.source_title
        assert "Open Government Licence" in figure.licence
        assert years.parse(figure.year) == figure.year
        assert figure.sen in sen.GROUPS
        assert not figure.need or figure.need in needs.codes()
        assert figure.value == figure.value


def test_shares_are_proportions_and_scores_are_possible(everything):
    for figure in everything:
        if figure.unit == "proportion":
            assert 0 <= figure.value <= 1, figure
        elif figure.slug == "attainment-8":
            assert 0 <= figure.value <= 90, figure
        elif figure.unit == "points":
            assert -20 <= figure.value <= 20, figure
        else:
            assert figure.value >= 0, figure


def test_counts_give_the_printed_figure_to_its_digit(everything):
    counted = 0
    for figure in everything:
        if figure.numerator is None or figure.denominator is None:
            continue
        per = 100 if " per 100 " in figure.unit else 1
        assert figure.value == pytest.approx(figure.numerator / figure.denominator * per, rel=1e-15)
        if figure.printed is not None and figure.unit == "proportion":
            counted += 1
            digit = DIGIT.get(figure.source, 0.0001)
            # counts in absence and exclusion releases are rounded to 5, in the dashboard they are not
            rounding = 1 if figure.source == "send-dashboard" else 10
            assert agrees(figure.printed, figure.numerator, figure.denominator, digit=digit, rounding=rounding), figure
    assert counted > 3_000


def test_no_figure_has_an_assumed_spread(everything):
    # no bundled source prints a pupils' standard deviation or a reliability: unknown stays unknown
    assert all(figure.sd is None and figure.reliability is None for figure in everything)


def test_there_is_no_absence_for_the_year_schools_closed(everything):
    assert not [f for f in everything if f.year == "201920" and f.slug.endswith("absence")]


def test_no_area_is_one_school(everything):
    assert not {"City of London", "Isles of Scilly"} & {figure.area for figure in everything}


def test_sources_tell_their_file_and_hash():
    for source in store.sources().values():
        assert re.fullmatch(r"[0-9a-f]{64}", source["sha256"])
        assert source["file"]
        assert source["url"].startswith("https://")


def test_england_is_the_sum_of_its_parts_in_the_bands():
    for year in store.band_years():
        for line in store.BAND_LINES:
            whole = store.band_counts(line, year, ())[()]
            for key in ("phase", "sen", "fsm", "sex", "year_group"):
                parts = store.band_counts(line, year, (key,)).values()
                assert (sum(above for above, _ in parts), sum(of for _, of in parts)) == whole


def test_phases_add_up_to_england_in_the_provision_table():
    for year in years.between("201213", "201617"):
        for group in ("all", "none", "support", "ehcp", "any"):
            whole, *parts = (
                c.find("persistent-absence", year=year, sen=group, phase=phase, source="absence-characteristics")
                for phase in ("all", "primary", "secondary", "special")
            )
            # each count is rounded to the nearest 5
            assert sum(part.numerator for part in parts) == pytest.approx(whole.numerator, abs=10)
            assert sum(part.n for part in parts) == pytest.approx(whole.n, abs=10)


def test_support_and_plans_are_any_sen_in_the_provision_table():
    for slug in ("persistent-absence", "overall-absence", "authorised-absence", "unauthorised-absence"):
        whole, *parts = (c.find(slug, year="201415", sen=group) for group in ("any", "support", "ehcp"))
        assert whole.value == pytest.approx(sum(p.value * p.n for p in parts) / sum(p.n for p in parts), rel=1e-12)


def test_authorised_and_unauthorised_absence_are_overall_absence():
    for year in years.between("201213", "201617"):
        for group in ("all", "support", "ehcp"):
            overall, *parts = (
                c.find(f"{k}-absence", year=year, sen=group) for k in ("overall", "authorised", "unauthorised")
            )
            assert sum(part.numerator for part in parts) == overall.numerator
