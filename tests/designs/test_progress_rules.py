"""What may be said of progress: each rule triggered and not triggered, what may be claimed and headlined."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from afa_eval.designs.base import Selection
from afa_eval.estimate import Claim

NORM = {"test": "Reading Test", "publisher": "Publisher", "year": "2019", "mean": 100, "sd": 15, "source": "Manual"}


# --- rules ---------------------------------------------------------------------------------------


def test_without_a_line_everything_is_a_description_and_no_months_are_given(cohort, ask, codes):
    found = ask(by=("sen_provision",)).estimate(cohort())
    assert "no-comparator" in codes(found)
    assert not found.filter(estimand="months_progress").items
    assert not found.filter(estimand="progress_minus_national").items
    groups = [item for item in found if " - " not in item.group]
    assert {item.claim for item in groups} == {Claim.DESCRIPTION}


def test_a_norm_removes_the_finding_and_gives_months_with_both_ends(cohort, ask, codes):
    found = ask(norm=NORM).estimate(cohort())
    assert "no-comparator" not in codes(found)
    months = found["months_progress"]
    assert months.unit == "months"
    assert months.interval[0] <= months.value <= months.interval[1]
    assert any("not EEF additional progress" in note for note in months.notes)


@pytest.mark.parametrize("assessor", ["teacher", "teacher-delivering"])
def test_teachers_ratings_have_no_months(assessor, cohort, ask, codes):
    found = ask(norm=NORM, assessor=assessor).estimate(cohort())
    assert not found.filter(estimand="months_progress").items
    assert "months-refused" in codes(found)
    assert "months-refused" not in codes(ask(norm=NORM).estimate(cohort()))


def test_unknown_national_sd_gives_no_g_and_no_months(cohort, ask, codes):
    found = ask(norm={"test": "Reading Test", "year": "2019"}).estimate(cohort())
    assert not found.filter(estimand="g_national").items
    assert not found.filter(estimand="months_progress").items
    assert "no-national-sd" in codes(found)
    assert found["progress_minus_national"].claim == Claim.COMPARISON


def test_months_beyond_the_table_say_so(cohort, ask):
    found = ask(norm=NORM).estimate(cohort(low=30))
    assert found["months_progress"].value == 12
    assert any("more than 12" in note for note in found["months_progress"].notes)
    found.to_json()  # a number that can be stored, not infinity


def test_reliability_alone_is_named_a_lower_bound(cohort, ask):
    found = ask(norm=NORM | {"reliability": 0.9}).estimate(cohort())
    assert "lower bound" in found["adjusted_progress"].method
    assert not found.filter(estimand="share_minus_national").items  # half reach it only where the correlation is known
    found = ask(norm=NORM | {"reliability": 0.9, "correlation": 0.8}).estimate(cohort())
    assert "lower bound" not in found["adjusted_progress"].method


def test_the_denominator_is_the_national_one_then_the_trust_s_then_the_sample_s(cohort, ask, codes):
    frame = cohort()
    assert ask(norm=NORM).estimate(frame)["g_national"].value == pytest.approx(
        ask(norm=NORM).estimate(frame)["mean_gain"].value / 15, rel=1e-12
    )
    trust = ask().estimate(frame)
    spread = (frame["autumn"] - frame.groupby("year_group")["autumn"].transform("mean")).pow(2).sum()
    sd = np.sqrt(spread / (len(frame) - frame["year_group"].nunique()))
    assert trust["g_trust"].value == pytest.approx(trust["mean_gain"].value / sd, rel=1e-9)
    assert "sample-sd" not in codes(trust)
    chosen = ask(selection=Selection(how="low-baseline", measure="autumn")).estimate(frame)
    assert "sample-sd" in codes(chosen)
    within = ask(selection=Selection(how="low-baseline", measure="autumn"), where="sen=any").estimate(frame)
    assert "sample-sd" not in codes(within)
    sd_all = within["mean_gain"].value / within["g_trust"].value
    assert sd_all == pytest.approx(sd, rel=1e-9)  # of all the trust's pupils, though only some are asked about


def test_lords_paradox_is_seen_where_groups_start_apart_and_not_where_they_start_alike(cohort, ask, codes):
    frame = cohort(size=80)
    assert "lords-paradox" in codes(ask(norm=NORM | {"reliability": 0.85}).estimate(frame))
    rng = np.random.default_rng(2)
    alike = frame.assign(sen_provision=rng.choice(["N", "K"], len(frame)))
    assert "lords-paradox" not in codes(ask(norm=NORM).estimate(alike))


def test_error_in_the_first_score_moves_ancova_towards_the_gain(cohort, ask):
    # a test error of SD 5 on a national SD of 15 is a reliability of 1 - 25 / 225
    found = ask(norm=NORM | {"reliability": 1 - 25 / 225}, by=("sen_provision",)).estimate(cohort(size=200))
    (paradox,) = [finding for finding in found.findings if finding.code == "lords-paradox"]
    _, ancova, corrected = (float(number) for number in re.findall(r"([+-][0-9.]+) SD", paradox.message))
    # noise in the first score flattens the slope, so that too little of the start is taken out: the
    # truth is no difference in growth at all
    assert ancova < -0.1
    assert abs(corrected) < 0.05  # standard error about 0.03 with 3,200 pupils


def test_low_coverage_turns_a_group_into_a_description(cohort, ask, value):
    frame = cohort()
    below = frame["sen_provision"].eq("E") & (np.arange(len(frame)) % 2 == 0)
    frame.loc[below, "summer"] = np.nan
    found = ask(norm=NORM | {"correlation": 0.8}, by=("sen_provision",)).estimate(frame)
    assert value(found, "adjusted_progress", "sen_provision=E").claim == Claim.DESCRIPTION
    assert value(found, "adjusted_progress", "sen_provision=K").claim == Claim.COMPARISON
    assert value(found, "adjusted_progress", "sen_provision=E - rest").claim == Claim.DESCRIPTION
    assert not [item for item in found if item.estimand == "months_progress" and item.group == "sen_provision=E"]
    lax = ask(norm=NORM | {"correlation": 0.8}, by=("sen_provision",), min_coverage=0.3).estimate(frame)
    assert value(lax, "adjusted_progress", "sen_provision=E").claim == Claim.COMPARISON


def test_expected_progress_ended_in_2015(cohort, ask, codes):
    frame = cohort().assign(
        autumn=15.0, summer=lambda d: np.where(np.arange(len(d)) % 4 == 0, 21.0, 27.0), year_group=2
    )
    keys = {"scale": "nc-points", "baseline_year": "200607", "expected_progress": True}
    found = ask(**keys, outcome_year="201011", comparator="expected-progress-english").estimate(frame)
    share = found["expected_progress_share"]
    assert share.value == 0.75
    assert "expected-progress-refused" not in codes(found)
    assert found["share_minus_national"].value == pytest.approx(0.75 - 0.83, abs=1e-9)
    late = ask(**(keys | {"baseline_year": "201213"}), outcome_year="201617").estimate(frame)
    assert not late.filter(estimand="expected_progress_share").items
    assert "expected-progress-refused" in codes(late)
    short = ask(**(keys | {"baseline_year": "200910"}), outcome_year="201011").estimate(frame)
    assert not short.filter(estimand="expected_progress_share").items  # never prorated
    (said,) = [finding.message for finding in short.findings if finding.code == "expected-progress-refused"]
    assert "never prorated" in said


def test_holm_counts_the_contrasts(cohort, ask):
    found = ask(by=("sen_provision", "fsm", "year_group")).estimate(cohort())
    tested = [item for item in found if item.estimand == "mean_gain" and " - " in item.group]
    # any-none, K, E, fsm=yes and four year groups; N is the mirror of any, fsm=no that of yes
    assert len(tested) == 8
    smallest = min(tested, key=lambda item: item.p_value)
    assert smallest.p_adjusted == pytest.approx(min(1, 8 * smallest.p_value), rel=1e-9)


def test_one_school_and_few_schools_have_no_interval(cohort, ask):
    frame = cohort()
    one = ask(norm=NORM, by=("sen_provision",)).estimate(frame[frame["urn"] == 100000])
    assert all(item.ci is None for item in one)
    few = ask(norm=NORM).estimate(frame[frame["urn"] < 100005])
    assert few["mean_gain"].ci is None
    assert "fewer than 6 schools" in " ".join(few["mean_gain"].notes)
    assert not few.filter(estimand="icc").items
    assert ask(norm=NORM, min_schools=5).estimate(frame[frame["urn"] < 100005])["mean_gain"].ci is not None


def test_year_groups_in_which_nobody_was_tested_are_not_eligible(cohort, ask, codes):
    frame = cohort()
    frame.loc[frame["year_group"] == 3, "summer"] = np.nan
    found = ask().estimate(frame)
    assert found["coverage"].value == 1
    assert "year-groups-not-tested" in codes(found)
    assert "year-groups-not-tested" not in codes(ask().estimate(cohort()))


# --- what may be claimed, and what may be the headline --------------------------------------------


LOW = Selection(how="low-baseline", measure="autumn", from_="sen")
RELATED = NORM | {"correlation": 0.8}


def test_pupils_chosen_low_are_headlined_by_progress_for_the_same_start(ask, value, trust_with_pilot):
    design = ask(norm=RELATED, by=("cohort", "sen"), selection=LOW, focus="cohort=pilot")
    assert design.headline[0] == "adjusted_progress"
    assert "progress_minus_national" not in design.headline
    assert ask(norm=RELATED).headline == ()
    assert ask(norm=RELATED, selection=Selection(how="low-baseline", measure="other")).headline == ()
    found = design.estimate(trust_with_pilot())
    gain, same = (value(found, name, "cohort=pilot") for name in ("progress_minus_national", "adjusted_progress"))
    assert gain.claim == Claim.DESCRIPTION
    assert same.claim == Claim.COMPARISON
    assert any("usually end below" in note for note in same.notes)
    smallest = value(found, "mdes", "cohort=pilot")
    plain = value(replace(design, selection=Selection()).estimate(trust_with_pilot()), "mdes", "cohort=pilot")
    assert smallest.value != plain.value  # of the figure that is the headline
    assert smallest.value / same.se == pytest.approx(
        plain.value / gain.se, rel=0.2
    )  # degrees of freedom differ a little


@pytest.mark.parametrize(
    ("group", "estimand", "claim"),
    [
        ("all", "progress_minus_national", Claim.COMPARISON),  # all pupils beside all pupils
        ("sen=any", "progress_minus_national", Claim.DESCRIPTION),  # beside other children
        ("sen=any", "adjusted_progress", Claim.COMPARISON),
        ("sen=any", "share_minus_national", Claim.COMPARISON),  # of those with the same start
        ("sen=any - sen=none", "gap_before", Claim.DESCRIPTION),
        ("sen=any - sen=none", "gap_change", Claim.COMPARISON),  # two groups of these pupils
        ("cohort=pilot - rest", "adjusted_progress", Claim.COMPARISON),
    ],
)
def test_one_rule_of_claims(group, estimand, claim, ask, value, trust_with_pilot):
    frame = trust_with_pilot()
    design = ask(norm=RELATED, by=("cohort", "sen"))
    assert value(design.estimate(frame), estimand, group).claim == claim
    one = design.estimate(frame[frame["urn"] == frame["urn"].iloc[0]])
    assert {item.claim for item in one} == {Claim.DESCRIPTION}  # one school
    assert not one.filter(estimand="months_progress").items


def test_only_the_chosen_handed_in_are_no_comparison_with_a_flat_line(ask, trust_with_pilot):
    frame = trust_with_pilot().query("cohort == 'pilot'")
    found = ask(norm=RELATED, selection=LOW, by=()).estimate(frame)
    assert found["progress_minus_national"].claim == Claim.DESCRIPTION
    assert found["adjusted_progress"].claim == Claim.COMPARISON
    other = replace(LOW, measure="screening")  # what the line does not hold constant
    found = ask(norm=RELATED, selection=other, by=()).estimate(frame)
    assert found["adjusted_progress"].claim == Claim.DESCRIPTION
    assert any("chosen" in note for note in found["adjusted_progress"].notes)


def test_one_definition_for_each_name_of_an_effect_size(ask, value, trust_with_pilot):
    found = ask(norm=RELATED, by=("cohort", "sen")).estimate(trust_with_pilot())
    gap = "sen=any - sen=none"
    for item in found.filter(estimand="g_national"):
        assert item.value == pytest.approx(value(found, "adjusted_progress", item.group).value / 15, rel=1e-9)
    assert value(found, "g_gap_change", gap).value == pytest.approx(
        value(found, "gap_change", gap).value / 15, rel=1e-9
    )
    flat = ask(norm=NORM, by=("cohort", "sen")).estimate(trust_with_pilot())
    for item in flat.filter(estimand="g_national"):
        contrast = " - " in item.group
        base = value(flat, "mean_gain" if contrast else "progress_minus_national", item.group)
        assert item.value == pytest.approx(base.value / 15, rel=1e-9)


def test_one_month_is_singular_and_every_month_says_what_it_is_not(cohort, ask):
    found = ask(norm=RELATED).estimate(cohort(low=3))
    for item in found.filter(estimand="months_progress"):
        said = next(note for note in item.notes if note.startswith("Equivalent"))
        assert ("1 month," in said) == (abs(item.value) == 1)
        assert "not EEF additional progress" in said


def test_a_group_matched_on_sen_only_says_so(cohort, ask, value):
    rng = np.random.default_rng(3)
    frame = cohort().assign(year_group=6, score=lambda d: rng.normal(0, 6, len(d)).round(2))
    frame["fsm"] = rng.choice(["yes", "no"], len(frame))
    keys = {"baseline": "", "outcome": "score", "comparator": "ks2-reading-progress", "outcome_year": "202223"}
    found = ask(by=("sen_provision", "fsm"), **keys).estimate(frame)
    poor = value(found, "progress_minus_national", "fsm=yes")
    assert "own mix by SEN" in poor.comparator.population
    assert any("SEN provision only" in note for note in poor.notes)
    assert not any(
        "SEN provision only" in note for note in value(found, "progress_minus_national", "sen_provision=K").notes
    )


def test_the_standard_says_where_it_lies_and_whose_it_is(cohort, ask):
    share = ask(norm=NORM, standard=85).estimate(cohort())["standard_share_after"]
    assert "1 standard deviation below the norm's mean" in share.method
    assert any("no official" in note for note in share.notes)
    assert "norm's mean" not in ask(standard=85).estimate(cohort())["standard_share_after"].method


def test_year_groups_are_held_constant_where_scores_rise_with_them(ask, value):
    rng = np.random.default_rng(6)
    n = 800
    frame = pd.DataFrame({"urn": rng.integers(0, 12, n), "year_group": rng.choice([1, 5], n), "sen_provision": rng.choice(["N", "K"], n)})  # fmt: skip
    frame["autumn"] = 4.0 * frame["year_group"] - 3 * (frame["sen_provision"] == "K") + rng.normal(10, 4, n)
    frame["summer"] = frame["autumn"] + np.where(frame["year_group"] == 1, 6.0, 3.0) + rng.normal(0, 2, n)
    found = ask(scale="nc-points", by=("year_group",)).estimate(frame)
    held = np.column_stack([np.ones(n), frame["sen_provision"] == "K", frame["autumn"], frame["year_group"] == 5])
    by_hand = np.linalg.lstsq(held.astype(float), frame["summer"], rcond=None)[0]
    contrast = value(found, "adjusted_progress", "sen=any - sen=none")
    assert contrast.value == pytest.approx(by_hand[1], rel=1e-9)  # two solvers of one least-squares problem
    assert "year group held constant" in contrast.method
    # the year group itself is contrasted without itself; an age-standardised scale needs nothing held
    assert "year group" not in value(found, "adjusted_progress", "year_group=5 - rest").method
    assert "year group" not in value(ask().estimate(frame), "adjusted_progress", "sen=any - sen=none").method


def test_how_alike_pupils_of_a_school_are_stands_beside_every_group(ask, cohort):
    found = ask(norm=NORM, by=("sen_provision",)).estimate(cohort(size=12))
    groups = {item.group for item in found.filter(estimand="progress_minus_national")}
    for name in ("icc", "design_effect", "mdes"):
        assert {item.group for item in found.filter(estimand=name)} == groups


def test_the_figure_that_a_plan_s_share_makes_the_headline(ask, cohort):
    keys = {"scale": "nc-points", "baseline_year": "200607", "outcome_year": "201011", "expected_progress": True}
    rng = np.random.default_rng(9)
    frame = cohort(size=12).assign(
        autumn=15.0, summer=lambda d: rng.choice([21.0, 27.0], len(d), p=[0.2, 0.8]), year_group=2
    )
    design = ask(**keys, comparator="expected-progress-english")
    assert design.headline[0] == "share_minus_national"
    found = design.estimate(frame)
    smallest = found["mdes"]
    assert smallest.unit == found["share_minus_national"].unit
    assert "share" in smallest.method
    other = frame.assign(year_group=5)  # the files know pupils in another year than the first score's
    refused = [item for item in design.estimate(other).findings if item.code == "expected-progress-refused"]
    assert "Year 2 in 2006/07" in refused[0].message
    assert design.estimate(other)["mdes"].unit == "points"


def test_scores_standardised_on_these_pupils_say_nothing_of_their_average_gain(cohort, ask, codes):
    pupils = cohort()
    assert "standardised-within" not in codes(ask().estimate(pupils))
    for column in ("autumn", "summer"):
        own = pupils[column]
        pupils[column] = 100 + 15 * (own - own.mean()) / own.std()
    assert "standardised-within" not in codes(ask(norm=NORM).estimate(pupils))
    found = ask().estimate(pupils)
    assert found.findings[0].code == "standardised-within"
