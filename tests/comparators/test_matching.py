"""Pupils beside the same children nationally; changes with the first year's mix; what a change would hide."""

import numpy as np
import pandas as pd
import pytest

from afa_eval import comparators as c
from afa_eval.errors import ComparatorError
from afa_eval.estimate.words import round_half_up


def test_each_group_has_its_own_figure_and_the_cohort_that_of_its_mix():
    pupils = pd.DataFrame({"sen_provision": ["K"] * 3 + ["E"] * 2 + ["N"] * 5, "phase": ["primary"] * 5 + ["secondary"] * 5},
                          index=range(10, 20))  # fmt: skip
    found = c.match(pupils, "persistent-absence", year="201617")
    assert found.cohort.keys == ("sen", "phase")
    for group in found.groups:
        keys = dict(group.keys)
        assert group.comparator == c.find("persistent-absence", year="201617", **keys)
    assert {dict(group.keys)["sen"]: group.weight for group in found.groups} == {"none": 5, "support": 3, "ehcp": 2}
    assert found.national.index.tolist() == pupils.index.tolist()
    assert found.national.mean() == pytest.approx(found.cohort.value, rel=1e-14)
    assert found.share_matched == 1


def test_provision_gives_way_to_any_sen_where_only_that_is_published():
    pupils = pd.DataFrame(
        {"sen_provision": ["K", "E", "N"], "year_group": [8, 9, 8], "sex": ["F", "M", "M"], "fsm": ["yes", "no", "no"]}
    )
    found = c.match(pupils, "persistent-absence", year="202223")
    assert found.cohort.keys == ("sen", "phase", "year_group", "fsm", "sex")
    assert [dict(group.keys)["sen"] for group in found.groups].count("any") == 2


def test_the_share_without_a_figure_is_told():
    pupils = pd.DataFrame({"sen": ["any"] * 97 + [None] * 3, "year_group": 8})
    found = c.match(pupils, "persistent-absence", year="202223")
    assert found.share_matched == pytest.approx(0.97)
    assert found.national.isna().sum() == 3
    with pytest.raises(ComparatorError, match="No source covers 95%"):
        c.match(pd.DataFrame({"sen": ["any"] * 9 + [None]}), "persistent-absence", year="202223")


def test_margins_are_never_multiplied():
    # boys in mainstream with a plan: sex and provision are published, but not together
    pupils = pd.DataFrame({"sen_provision": ["E"] * 10, "sex": ["M"] * 10, "phase": ["secondary"] * 10})
    found = c.match(pupils, "persistent-absence", year="201415")
    assert found.cohort.dropped == ("sex",)
    whole = c.find("persistent-absence", year="201415", sen="ehcp", phase="secondary")
    assert found.cohort.value == pytest.approx(whole.value, rel=1e-14)


def test_another_mix_is_no_change():
    before = pd.DataFrame({"sen": ["any"] * 20 + ["none"] * 80, "year_group": 9})
    after = pd.DataFrame({"sen": ["any"] * 40 + ["none"] * 60, "year_group": 9})
    found = c.match_change(before, "persistent-absence", ("202122", "202223"), after=after)
    one, other = ({sen: c.find("persistent-absence", year=year, sen=sen, phase="secondary", year_group=9).value for sen in ("any", "none")}
                  for year in ("202122", "202223"))  # fmt: skip
    assert found.change == pytest.approx(
        0.2 * (other["any"] - one["any"]) + 0.8 * (other["none"] - one["none"]), rel=1e-12
    )
    assert found.composition == pytest.approx(0.2 * (other["any"] - other["none"]), rel=1e-12)
    assert not found.findings


def test_followed_pupils_are_a_year_older_in_the_second_year():
    # METHODS section 0, rule 5: followed from Years 7-10 to 8-11, 38.8 to 41.8
    counts = c.mix._sources(
        "persistent-absence", "pa-10-percent", "202122", ("sen", "phase", "year_group"), None, "England"
    )[0]
    rows = [(int(cell[2]), figure.denominator) for cell, figure in counts.items() if cell[:2] == ("any", "secondary")]
    groups = [(year, n) for year, n in rows if 7 <= year <= 10]
    before = pd.DataFrame([{"sen": "any", "year_group": year, "w": n} for year, n in groups])
    after = before.assign(year_group=before["year_group"] + 1)
    found = c.match_change(before, "persistent-absence", ("202122", "202223"), after=after, followed=True, weight="w")
    assert [round_half_up(100 * item.value, 1) for item in (found.before, found.after)] == [38.8, 41.8]
    assert found.composition is None


def test_a_change_over_2014_says_so():
    pupils = pd.DataFrame({"sen_provision": ["K", "N"], "phase": "primary"})
    found = c.match_change(pupils, "persistent-absence", ("201314", "201415"), after=pupils)
    assert [item.code for item in found.findings] == ["sen-categories-changed"]
    assert "21.1%" in found.findings[0].message
    assert "17.9%" in found.findings[0].message


@pytest.mark.parametrize(
    ("slug", "years", "sen", "codes"),
    [
        ("persistent-absence", ("201516", "201617"), "any", []),
        ("persistent-absence", ("201314", "201415"), "all", []),
        ("persistent-absence", ("201213", "201617"), "ehcp", ["sen-categories-changed"]),
        ("attainment-8", ("201819", "202021"), "any", ["grades-set-by-teachers", "definition-changed"]),
        ("attainment-8", ("201516", "201718"), "any", ["definition-changed"]),
        ("attainment-8", ("202122", "202223"), "any", []),
        ("ks2-rwm-expected", ("201617", "201718"), "support", ["definition-changed"]),
        ("ks2-ks4-transition", ("202021", "202122"), "any", ["grades-set-by-teachers"]),
    ],
)
def test_breaks_are_told(slug, years, sen, codes):
    assert [item.code for item in c.breaks(slug, *years, sen)] == codes


def test_breaks_are_marked_where_they_are():
    assert dict(c.marks("persistent-absence"))["201415"].startswith("School Action")
    assert set(dict(c.marks("attainment-8"))) >= {"201617", "201718", "201920", "202122"}
    assert c.marks("ks2-reading-progress") == ()


def test_neighbours_stand_together():
    names = c.neighbours("Gateshead")
    assert len(names) == 10
    assert "Gateshead" not in names
    near = c.find("persistent-absence", year="202223", sen="any", area="neighbours of Gateshead")
    each = [c.find("persistent-absence", year="202223", sen="any", area=name) for name in names]
    assert near.numerator == sum(item.numerator for item in each)
    assert near.n == sum(item.n for item in each)
    plain = c.find("mtc", year="202324", sen="any", area="neighbours of Gateshead")
    held = []
    for name in names:
        try:
            held.append(c.find("mtc", year="202324", sen="any", area=name).value)
        except ComparatorError:
            continue
    assert plain.value == pytest.approx(np.mean(held), rel=1e-12)
    assert plain.n is None
    assert f"{len(held)} of 10" in plain.note
    frame = c.series("persistent-absence", sen="any", area="neighbours of Gateshead")
    assert set(frame["year"]) == {"201617", "201718", "201819", "202021", "202122", "202223"}


def test_every_authority_has_ten_neighbours_that_exist():
    from afa_eval.comparators import store

    for name, level in store.areas().items():
        if level == "Local authority":
            near = c.neighbours(name)
            assert 8 <= len(near) <= 10  # those with one school are not among the areas' figures
            assert len(set(near)) == len(near)


def test_an_area_has_no_figure_about_a_handful():
    from afa_eval.comparators import bands

    small = bands.band_counts("pa-10-percent", "202223", ("sen", "year_group", "sex", "phase"), "Rutland")
    cell, counts = min(small.items(), key=lambda item: item[1][1])
    assert counts[1] < 30
    with pytest.raises(ComparatorError):
        c.find("persistent-absence", year="202223", area="Rutland", sen=cell[0], year_group=cell[1], sex=cell[2],
               phase=cell[3])  # fmt: skip


def test_no_pupils_and_no_columns_are_refused():
    with pytest.raises(ComparatorError, match="no pupils"):
        c.match(pd.DataFrame({"sen": []}), "persistent-absence", year="202223")
    with pytest.raises(ComparatorError, match="none of these columns"):
        c.match(pd.DataFrame({"name": ["x"]}), "persistent-absence", year="202223")


def test_the_year_may_stand_beside_the_pupils():
    pupils = pd.DataFrame({"sen": ["any", "none"], "year_group": [8, 8], "year": ["202223", "202223"]})
    assert c.match(pupils, "persistent-absence").cohort == c.match(pupils, "persistent-absence", year="202223").cohort
    with pytest.raises(ComparatorError, match="of 2 years"):
        c.match(pupils.assign(year=["202122", "202223"]), "persistent-absence")
    with pytest.raises(ComparatorError, match="no column year"):
        c.match(pupils.drop(columns="year"), "persistent-absence")
