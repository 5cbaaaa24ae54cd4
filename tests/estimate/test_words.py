"""Numbers as words: rounding, units, people, sentences, cards and paragraphs."""

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afa_eval.estimate import Claim, Comparator, Estimand, Estimate, words
from afa_eval.estimate.words import phrases


@pytest.mark.parametrize(
    ("value", "decimals", "rounded"),
    [
        (0.5, 0, 1.0),
        (2.5, 0, 3.0),
        (-2.5, 0, -3.0),
        (2485.85, 1, 2485.9),
        (1.005, 2, 1.01),
        (149, -2, 100.0),
        (0.045, 2, 0.05),
    ],
)
def test_halves_are_rounded_away_from_nought_as_written(value: float, decimals: int, rounded: float) -> None:
    assert words.round_half_up(value, decimals) == rounded


@given(st.floats(-1e9, 1e9), st.integers(0, 4))
def test_rounding_moves_by_half_a_step_at_most(value: float, decimals: int) -> None:
    moved = abs(Decimal(repr(words.round_half_up(value, decimals))) - Decimal(repr(value)))
    assert moved <= Decimal(5).scaleb(-decimals - 1) + Decimal("1e-6")  # repr of large floats keeps 17 digits


@pytest.mark.parametrize(
    ("value", "unit", "printed"),
    [
        (0.301, "proportion", "30.1%"),
        (-0.031, "proportion difference", "−3.1 percentage points"),
        (0.01, "proportion difference", "1.0 percentage point"),
        (-0.103, "relative change", "−10.3%"),
        (1.4, "ratio", "1.40"),
        (1.0, "months", "1 month"),
        (-2.0, "months", "−2 months"),
        (0.153, "sd", "0.15 standard deviations"),
        (12345.0, "count", "12,345"),
        (3.14, "points", "3.1 points"),
        (1.0, "points", "1.0 point"),
        (-0.0001, "points", "0.0 points"),
        (2.0, "", "2.0"),
    ],
)
def test_an_amount_has_its_unit(value: float, unit: str, printed: str) -> None:
    assert words.amount(value, unit) == printed


def test_an_interval_has_its_level() -> None:
    assert words.interval((0.27, 0.333), "proportion") == "95% CI 27.0% to 33.3%"
    assert words.interval((-0.05, 0.012), "proportion difference", 0.9) == "90% CI −5.0 to 1.2"


@pytest.mark.parametrize(
    ("n", "base", "schools", "said"),
    [
        (1240, "pupils", 20, "1,240 pupils in 20 schools"),
        (1, "pupils", 1, "1 pupil in 1 school"),
        (18, "schools", 18, "18 schools"),
        (None, "parents", 4, "a number of parents too small to publish"),
        (12, "parents", None, "12 parents in a number of schools too small to publish"),
    ],
)
def test_who_was_counted(n: int | None, base: str, schools: int | None, said: str) -> None:
    assert words.counted(n, base, schools) == said


@pytest.mark.parametrize(
    ("group", "short", "said"),
    [
        ("all", "All pupils", "all pupils"),
        ("sen=any", "SEN", "pupils with SEN"),
        ("sen_provision=K", "SEN support", "pupils on SEN support"),
        ("sen_provision=E", "EHC plan", "pupils with an EHC plan"),
        ("sen_provision=K & fsm=yes", "SEN support, free school meals", "pupils on SEN support and eligible for free school meals"),
        ("sex=F & year_group=7", "Girls, Year 7", "girls in Year 7"),
        ("year_group=0", "Reception", "pupils in Reception"),
        ("primary_need=SLCN", "Speech, language and communication needs", "pupils with speech, language and communication needs"),
        ("primary_need=DS", "Down syndrome", "pupils with Down syndrome"),
        ("primary_need=XYZ", "XYZ", "pupils with XYZ"),
        ("ethnicity=mixed", "Ethnicity: mixed", "pupils whose ethnicity is mixed"),
        ("sen_provision=K - rest", "SEN support minus the rest", "pupils on SEN support compared with other pupils"),
        ("sen=any - sen=none", "SEN minus no SEN", "pupils with SEN compared with pupils without SEN"),
        ("cohort=pilot - cohort=comparison", "In the programme minus comparison", "pupils in the programme compared with pupils in the comparison group"),
    ],
)  # fmt: skip
def test_groups_are_said_as_people_say_them(group: str, short: str, said: str) -> None:
    assert words.label(group) == short
    assert words.whom(group) == said


def test_the_base_is_who_answered() -> None:
    assert words.people("sen_provision=E", "parents") == "parents of pupils with an EHC plan"
    assert words.people("phase=primary", "schools") == "primary schools"
    assert words.people("all", "teachers") == "teachers"
    assert words.people("sen=any", "enrolments") == "pupils with SEN"
    assert words.label("all", "parents") == "All parents"


def test_every_need_of_the_census_has_a_name() -> None:
    codes = ["SPLD", "MLD", "SLD", "PMLD", "SEMH", "SLCN", "HI", "VI", "MSI", "PD", "ASD", "OTH", "NSA", "BESD"]
    assert all(words.NEEDS[code] for code in codes)


@pytest.mark.parametrize("group", ["all", "sen_provision=K & fsm=yes", "sen=any - sen=none", "sen_provision=K - rest"])
@pytest.mark.parametrize("estimand", list(Estimand), ids=str)
def test_every_estimand_makes_a_whole_plain_sentence(
    make: Callable[..., Estimate], hide: Callable[..., SimpleNamespace], estimand: Estimand, group: str
) -> None:
    for value in (0.31, -0.31, 0.0):
        item = make(estimand, value, "proportion", group=group, interval=(value - 0.1, value + 0.2))
        said = words.sentence(item)
        assert said.startswith("Absence: ")
        assert said.endswith(".")
        assert not re.search(r"[{}_=]|\bNone\b|significan|p-value|\bp [<=>]|  |\.\.|nan", said), said
        assert "95% CI" in said
        assert "1,240 pupils in 20 schools" in said
    assert words.sentence(hide(item)).endswith(": hidden to protect people.")
    assert estimand in phrases.PHRASES


def test_a_fall_is_said_as_a_fall(absence: list[Estimate]) -> None:
    assert words.sentence(absence[2]) == (
        "Absence: the share of pupils with SEN who were persistently absent fell by 3.1 percentage points "
        "(95% CI 0.1 to 6.1; 1,240 pupils in 20 schools). "
        "Nationally: a fall of 0.4 percentage points (SEN, secondary, England, 2021/22 to 2022/23). "
        "This compares with the same children nationally; it does not by itself show an effect."
    )


def test_an_interval_across_nought_says_both_ways_and_that_it_could_be_chance(absence: list[Estimate]) -> None:
    said = words.sentence(absence[3])
    assert "(95% CI from 5.7 lower to 0.3 higher;" in said
    assert "This could be chance" in said


def test_a_level_claims_nothing(absence: list[Estimate]) -> None:
    assert words.sentence(absence[0], "Attendance") == (
        "Attendance: 30.1% of pupils with SEN were persistently absent before "
        "(95% CI 26.3% to 33.9%; 1,240 pupils in 20 schools). "
        "Nationally: 33.7% (SEN, secondary, England, 2021/22)."
    )


def test_a_description_never_says_why(make: Callable[..., Estimate]) -> None:
    item = make(Estimand.MEAN_GAIN, -1.2, "points", claim=Claim.DESCRIPTION, outcome="")
    assert words.sentence(item) == (
        "Pupils with SEN lost 1.2 points on average (no interval; 1,240 pupils in 20 schools). "
        "This describes what happened; it does not show why."
    )


def test_a_line_that_is_not_england_is_not_called_national(make: Callable[..., Estimate], line: Callable[..., Comparator]) -> None:  # fmt: skip
    norm = replace(line(100.0, "points", "2019"), population="the publisher's norm group")
    said = words.sentence(make(Estimand.MEAN_AFTER, 98.2, "points", comparator=norm))
    assert "Set against: 100.0 points (the publisher's norm group, 2019)." in said
    assert "Nationally" not in said


def test_a_contrast_compares_two_sides(make: Callable[..., Estimate]) -> None:
    item = make(Estimand.MEAN_GAIN, -1.2, "points", group="sen_provision=K - rest", interval=(-2.0, -0.4))
    said = "the average gain was 1.2 points lower for pupils on SEN support than for other pupils (95% CI 0.4 to 2.0;"
    assert said in words.sentence(item)


def test_odds_are_not_called_shares(make: Callable[..., Estimate]) -> None:
    item = make(Estimand.ODDS_RATIO, 1.4, "ratio", group="all", base="parents", null=1.0, interval=(1.1, 1.8))
    assert "the odds for parents after are 1.40 times those before; odds are not shares" in words.sentence(item)


def test_a_paragraph_tells_the_whole_story(absence: list[Estimate]) -> None:
    assert words.summary_paragraph(absence) == (
        "Pupils with SEN: 30.1% were persistently absent before and 27.0% after, a fall of 3.1 percentage points "
        "(95% CI 0.1 to 6.1), among 1,240 pupils in 20 schools. "
        "Nationally: a fall of 0.4 percentage points (SEN, secondary, England, 2021/22 to 2022/23). "
        "For pupils with SEN, the share persistently absent ended 2.7 percentage points lower than if it had changed as it did nationally "
        "(95% CI from 5.7 lower to 0.3 higher). "
        "This could be chance: the interval leaves room for no difference at all. "
        "This compares with the same children nationally; it does not by itself show an effect."
    )


def test_a_hidden_paragraph_gives_nothing_away(absence: list[Estimate], hide: Callable[..., SimpleNamespace]) -> None:
    assert words.summary_paragraph([hide(item) for item in absence]) == "Pupils with SEN: hidden to protect people."


def test_each_group_has_its_own_paragraph(by_sen: list[Estimate]) -> None:
    told = words.summary_paragraph(by_sen, "Absence").split("\n\n")
    assert [text.split(":")[0] for text in told] == [
        "Absence. Pupils without SEN", "Absence. Pupils on SEN support", "Absence. Pupils with an EHC plan",
    ]  # fmt: skip


def test_figures_without_a_before_are_still_told(make: Callable[..., Estimate]) -> None:
    item = make(Estimand.PROGRESS_MINUS_NATIONAL, 2.4, "points", interval=(0.5, 4.3))
    assert words.summary_paragraph([item], "Reading") == words.sentence(item, "Reading")
    assert words.summary_paragraph([make(Estimand.ICC, 0.1, "statistic")]) == ""


def test_of_two_national_lines_the_paragraph_tells_the_first(make: Callable[..., Estimate]) -> None:
    levels = [make(Estimand.MEAN_BEFORE, 90.0, "points"), make(Estimand.MEAN_AFTER, 95.0, "points")]
    same, everyone = (make(Estimand.PROGRESS_MINUS_NATIONAL, value, "points") for value in (0.6, -0.7))
    said = words.summary_paragraph([*levels, same, everyone])
    assert "0.6 points more" in said
    assert "0.7" not in said


def test_scores_on_two_scales_are_no_rise_or_fall(make: Callable[..., Estimate]) -> None:
    levels = [make(Estimand.MEAN_BEFORE, 97.6, "points"), make(Estimand.MEAN_AFTER, 3.2, "grades")]
    item = make(Estimand.PROGRESS_MINUS_NATIONAL, 0.23, "grades")
    assert words.summary_paragraph([*levels, item], "GCSE") == words.sentence(item, "GCSE")


def test_schools_are_things_and_people_are_people(make: Callable[..., Estimate]) -> None:
    item = make(Estimand.TOP_BOX_CHANGE, 0.36, "proportion difference", group="all", base="schools")
    assert "the share of schools which gave the top answer rose by 36.0" in words.sentence(item)
    assert "the share of parents who gave" in words.sentence(replace(item, base="parents"))


@pytest.mark.parametrize(
    ("population", "said"),
    [
        ("the same SEN group nationally with the same starting point, weighted", "than the same SEN group nationally"),
        ("pupils with the same SEN status nationally", "than pupils nationally with the same SEN status"),
        ("EHC plan, England", "than the same SEN group nationally"),
        ("all pupils, England", "than all pupils nationally"),
        ("Year 6, the publisher's sample", "than the national line"),
    ],
)
def test_a_figure_says_which_pupils_it_is_set_against(
    make: Callable[..., Estimate], line: Callable[..., Comparator], population: str, said: str
) -> None:
    about = replace(line(0.1, "points"), population=population)
    assert said in words.clause(make(Estimand.PROGRESS_MINUS_NATIONAL, 0.6, "points", comparator=about))


def test_a_share_says_what_it_is_of(make: Callable[..., Estimate], line: Callable[..., Comparator]) -> None:
    about = replace(line(0.83, "proportion"), population="all pupils, England")
    item = make(Estimand.SHARE_MINUS_NATIONAL, -0.184, "proportion difference", comparator=about)
    said = words.clause(replace(item, method="share making expected progress minus that of all pupils"))
    assert said == (
        "the share of pupils with SEN making expected progress was 18.4 percentage points below that of all pupils nationally"
    )


def test_a_bare_gain_in_standard_deviations_is_above_no_line(make: Callable[..., Estimate]) -> None:
    item = replace(make(Estimand.G_TRUST, 0.4, "sd"), method="mean_gain divided by the standard deviation")
    assert "gained 0.40 standard deviations on average" in words.clause(item)
    assert "line" not in words.sentence(item)
    assert words.title_of(item) == "Average gain in standard deviations"


def test_one_year_that_is_both_ends_is_said_once() -> None:
    assert words.years("202223-202223") == "2022/23"
