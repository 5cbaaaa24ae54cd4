"""Every record is walked: it has a source, a year, a possible value, and agrees with its own counts."""

import re

import pytest

from afa_eval import comparators as c
from afa_eval.codes import needs, sen, years
from afa_eval.comparators import bands, store
from afa_eval.comparators.rows import agrees
from afa_eval.comparators.store import ROUNDED_COUNTS
from afa_eval.errors import ComparatorError
from afa_eval.estimate.words import round_half_up

DIGIT = {"absence-characteristics": 0.001, "autism-permalink": 0.001, "pa-changeover-2015": 0.001}


@pytest.fixture(scope="module")
def walked():
    return list(c.records(suppressed=True))


@pytest.fixture(scope="module")
def everything(walked):
    return [figure for figure in walked if not figure.symbol]


def test_there_are_many(everything):
    assert len(everything) > 100_000


def test_each_says_what_it_is_and_where_it_comes_from(everything):
    slugs, definitions, areas = set(c.slugs()), set(store.definitions()), set(store.areas())
    for figure in everything:
        assert figure.slug in slugs
        assert figure.definition in definitions
        assert figure.area in areas
        assert figure.source_title
        assert figure.licence in {"Open Government Licence v3.0", "Open Parliament Licence v3.0"}
        assert figure.release or figure.source == "pa-changeover-2015"  # its page carries no date
        assert years.parse(figure.year) == figure.year
        assert figure.sen in {*sen.GROUPS, *sen.OLDER_GROUPS}
        assert figure.unit
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
        share = figure.numerator / figure.denominator * per
        assert figure.value == pytest.approx(figure.printed if ROUNDED_COUNTS in figure.note else share, rel=1e-15)
        if figure.printed is not None and figure.unit == "proportion":
            counted += 1
            digit = DIGIT.get(figure.source, 0.0001)
            # counts in absence and exclusion releases are rounded to 5, in the dashboard they are not
            rounding = 1 if figure.source == "send-dashboard" else 10
            assert agrees(figure.printed, figure.numerator, figure.denominator, digit=digit, rounding=rounding), figure
    assert counted > 3_000


def test_every_figure_is_the_printed_one_to_its_last_digit(everything):
    for figure in everything:
        if figure.printed is not None:
            digit = 100 * DIGIT.get(figure.source, 0.0001) / (100 if figure.unit == "proportion" else 1)
            assert abs(figure.value - figure.printed) <= 0.5000001 * digit, figure
    # 135 of 170, both rounded to 5, are 79.4%, but 77.3% were printed
    small = next(
        f for f in everything if (f.slug, f.year, f.sen, f.phase) == ("persistent-absence", "201617", "none", "special")
    )
    assert (small.numerator, small.denominator, small.value) == (135, 170, 0.773)


def test_no_figure_has_an_assumed_spread(everything):
    # only the matrices hold whole distributions, so only their spread follows from what is printed
    assert all(figure.reliability is None for figure in everything)
    assert {figure.slug for figure in everything if figure.sd is not None} == {"ks2-ks4-transition"}


def test_figures_by_sen_say_when_the_status_was_fixed(everything):
    silent = {figure.slug for figure in everything if figure.sen != "all" and not figure.status_timing}
    assert not silent


def test_suppressed_cells_are_kept_with_their_symbol(walked, monkeypatch):
    hidden = [figure for figure in walked if figure.symbol]
    assert len(hidden) > 4_000
    with monkeypatch.context() as patch:
        patch.setattr(store, "stored", lambda *_, **__: iter(hidden[:0]))
        assert not [figure for figure in c.records() if figure.symbol]  # only where asked for
    for figure in hidden:
        assert figure.value != figure.value
        assert figure.symbol in {"-", "x", "c", "z", "."}
        assert figure.source_title
        assert figure.year
    one = next(figure for figure in hidden if figure.slug == "progress-8" and figure.sen == "ehcp")
    with pytest.raises(ComparatorError, match="suppressed or not available"):
        c.find("progress-8", year=one.year, sen="ehcp", area=one.area)


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
    for year in bands.band_years():
        for line in bands.lines("persistent-absence"):
            whole = bands.band_counts(line, year, ())[()]
            for key in ("phase", "sen", "fsm", "sex", "year_group"):
                parts = bands.band_counts(line, year, (key,)).values()
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


REGIONS = ("North East", "North West", "Yorkshire and the Humber", "East Midlands", "West Midlands",
           "East of England", "London", "South East", "South West")  # fmt: skip


@pytest.mark.parametrize("year", ["201617", "202223"])
def test_regions_add_up_to_england_in_the_bands(year):
    for keys in ((), ("sen",), ("phase",), ("year_group", "sex")):
        whole = bands.band_counts("pa-10-percent", year, keys)
        parts = [bands.band_counts("pa-10-percent", year, keys, region) for region in REGIONS]
        for cell, counts in whole.items():
            assert tuple(sum(part.get(cell, (0, 0))[k] for part in parts) for k in (0, 1)) == counts


def test_authorities_are_their_region_in_the_bands():
    inside = ("Darlington", "Durham", "Gateshead", "Hartlepool", "Middlesbrough", "Newcastle upon Tyne",
              "North Tyneside", "Northumberland", "Redcar and Cleveland", "South Tyneside", "Stockton-on-Tees",
              "Sunderland")  # fmt: skip
    whole = bands.band_counts("pa-10-percent", "202223", ("sen",), "North East")
    parts = [bands.band_counts("pa-10-percent", "202223", ("sen",), name) for name in inside]
    for cell in (("any",), ("none",)):
        assert tuple(sum(part[cell][k] for part in parts) for k in (0, 1)) == whole[cell]


def test_the_bands_of_one_group_hold_everyone():
    shares = [
        c.find("absence-bands", year="202223", sen="any", definition=d).value for d in bands.lines("absence-bands")
    ]
    assert sum(shares) == pytest.approx(1, rel=1e-14)
    line = c.find("persistent-absence", year="202223", sen="any").value
    assert sum(shares[2:]) == pytest.approx(line, rel=1e-14)


def test_the_answer_of_2007_adds_up():
    # METHODS 6, row 17: SEN without a statement 11.69 and all SEN 11.66, each the mean weighted by pupils
    found = {
        group: c.find("overall-absence", year="200506", sen=group, phase="secondary", definition="absence-2005-06")
        for group in ("school-action", "school-action-plus", "support", "ehcp", "any", "none", "all")
    }

    def mean(*groups):
        return sum(found[g].value * found[g].n for g in groups) / sum(found[g].n for g in groups)

    assert round_half_up(100 * mean("school-action", "school-action-plus"), 2) == 11.69
    assert round_half_up(100 * found["support"].value, 2) == 11.69
    assert round_half_up(100 * mean("support", "ehcp"), 2) == 11.66 == round_half_up(100 * found["any"].value, 2)
    # the printed total, 8.24, also holds enrolments whose SEN status is not known
    assert found["any"].n + found["none"].n == found["all"].n
    assert round_half_up(100 * mean("any", "none"), 2) == 8.18
    assert found["all"].value == 0.0824


def test_the_share_of_pupils_with_sen_fell_before_sen_support_came():
    assert [c.find("sen-share", year=year).value for year in ("200910", "201314")] == [0.211, 0.179]


def test_england_is_the_sum_of_its_phases_wherever_all_are_published(everything):
    groups = {}
    for figure in everything:
        if figure.area == "England" and figure.numerator is not None and figure.denominator:
            parts = {name: value for name, value in figure.parts.items() if name != "phase"}
            key = (figure.slug, figure.definition, figure.year, figure.source, *parts.values())
            groups.setdefault(key, {})[figure.phase] = figure
    checked = 0
    for phases in groups.values():
        parts = [phases[name] for name in ("primary", "secondary", "special") if name in phases]
        whole = phases.get("all")
        if whole is None or len(parts) < 3 or abs(sum(part.denominator for part in parts) - whole.denominator) > 15:
            continue  # another kind of school has the rest
        checked += 1
        value = sum(part.value * part.denominator for part in parts) / sum(part.denominator for part in parts)
        # counts are rounded to 5 in each part and in the whole; a line of the one-point bands adds up to 90 of them
        slack = 100 if whole.source == "absence-one-point-bands" else 20
        per = 100 if " per 100 " in whole.unit else 1
        assert value == pytest.approx(whole.value, rel=1e-6, abs=slack * per / whole.denominator), whole
    assert checked > 600
