"""The national lines of progress: DfE progress scores, transition tables, a table of the plan."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from afa_eval import comparators
from afa_eval.errors import ComparatorError, PlanError
from afa_eval.estimate import Claim

# --- other routes --------------------------------------------------------------------------------


def test_dfe_progress_against_the_same_sen_group_then_all_pupils(cohort, ask):
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


def test_a_year_without_national_progress_is_a_finding_not_a_failure(cohort, ask, codes):
    rng = np.random.default_rng(3)
    frame = cohort().assign(year_group=6, score=lambda d: rng.normal(0, 6, len(d)).round(2))
    found = ask(baseline="", outcome="score", comparator="ks2-reading-progress", outcome_year="202324").estimate(frame)
    assert "no-national-figure" in codes(found)
    assert "no-comparator" not in codes(found)  # the same would be said twice
    assert found["mean_progress"].claim == Claim.DESCRIPTION


def test_transition_tables_give_the_same_start_and_sen_group(cohort, ask, codes):
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


def test_a_table_named_by_the_plan_by_year_group_and_start(tmp_path, ask, value, codes):
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


def test_a_mistyped_series_names_the_nearest(cohort, ask):
    with pytest.raises(ComparatorError, match="ks2-reading-progress"):
        ask(baseline="", outcome="summer", comparator="ks2-readin-progress", outcome_year="202223").estimate(cohort())


DFE = {"baseline": "", "outcome": "score", "outcome_year": "202223"}


def scored(cohort, seed=5, sd=6.0):
    rng = np.random.default_rng(seed)
    return cohort(size=12).assign(year_group=6, score=lambda d: rng.normal(-0.5, sd, len(d)).round(2))


def test_a_gap_of_the_national_series_is_said_once(ask, cohort):
    found = ask(**DFE | {"comparator": "ks2-reading-progress", "outcome_year": "202324"}).estimate(scored(cohort))
    (finding,) = [item for item in found.findings if item.code == "no-national-figure"]
    assert finding.message.count("no key stage 1 assessment") == 1
    assert "as ks1-ks2-progress" not in finding.message


def test_progress_8_is_told_in_grades(ask, cohort):
    found = ask(comparator="progress-8", **DFE).estimate(scored(cohort, sd=1.2).assign(year_group=11))
    minus = found["progress_minus_national"]
    assert minus.unit == minus.comparator.unit == "grades"


def test_a_national_share_is_no_line_for_the_gain(ask, cohort):
    frame = cohort(size=12).assign(
        autumn=15.0, summer=lambda d: np.where(np.arange(len(d)) % 4 == 0, 21.0, 27.0), year_group=2
    )
    keys = {"scale": "nc-points", "baseline_year": "200607", "outcome_year": "201011", "expected_progress": True}
    found = ask(**keys, comparator="expected-progress-english").estimate(frame)
    (finding,) = [item for item in found.findings if item.code == "no-comparator"]
    assert finding.severity == "note"
    assert "share" in finding.message
    (finding,) = [item for item in ask(**keys).estimate(frame).findings if item.code == "no-comparator"]
    assert finding.severity == "serious"


def test_a_trust_s_own_share_with_a_grade_stands_beside_england_s(ask, cohort):
    rng = np.random.default_rng(4)
    frame = cohort().assign(ks2=100.0, grade=lambda d: rng.integers(0, 10, len(d)).astype(float))
    frame.loc[frame.index % 4 == 0, "grade"] = np.nan
    keys = {
        "comparator": "ks2-ks4-transition",
        "subject": "Mathematics",
        "scale": "grade-9-1",
        "outcome_year": "202223",
    }
    found = ask(baseline="ks2", outcome="grade", **keys).estimate(frame)
    said = next(item.message for item in found.findings if item.code == "only-entrants")
    sen = frame["sen_provision"] != "N"
    assert f"Here {100 * frame.loc[sen, 'grade'].notna().mean():.1f}% of pupils with SEN and" in said
    few = ask(baseline="ks2", outcome="grade", **keys).estimate(frame.assign(grade=frame["grade"].fillna(0.0)))
    assert not any("Here" in item.message for item in few.findings)


SHARES = """above-national-average-share,201011,all,6,,,0.52,proportion,nc-points,Publication
above-national-average-share,201011,any,6,,,0.40,proportion,nc-points,Publication
expected-progress-share,201011,all,,,,0.83,proportion,two-levels,Publication
expected-progress-share,201011,any,,,,0.60,proportion,two-levels,Publication
"""


def test_shares_of_the_plan_s_table_of_the_same_sen_group_and_of_all(tmp_path, ask):
    path = tmp_path / "gains.csv"
    path.write_text(OWN + SHARES)
    frame = pd.DataFrame({"urn": list("11223344"), "sen_provision": list("KNKNKNKN"), "year_group": [5] * 8,
                          "autumn": [15.0, 15, 27, 27, 15, 15, 27, 27], "summer": [21.0, 21, 29, 29, 19, 20, 30, 30]})  # fmt: skip
    keys = {"scale": "nc-points", "comparator": str(path), "by": ("sen",), "outcome_year": "201011"}
    found = ask(baseline_year="200910", **keys).estimate(frame)
    same, everyone = (
        item.value for item in found if (item.estimand, item.group) == ("share_minus_national", "sen=any")
    )
    assert (same, everyone) == (
        pytest.approx(0.5 - 0.40),
        pytest.approx(0.5 - 0.52),
    )  # two of four reach all pupils' average
    first = next(item for item in found if (item.estimand, item.group) == ("progress_minus_national", "all"))
    assert first.comparator.population.startswith("all pupils")  # the table's other rows know half of them only
    (said,) = [finding.message for finding in found.findings if finding.code == "lines-differ"]
    assert "All pupils; No SEN." in said
    ends = frame.assign(year_group=2, summer=frame["autumn"] + [12.0, 12, 12, 12, 6, 12, 6, 6])
    found = ask(baseline_year="200607", expected_progress=True, **keys).estimate(ends)
    both = [item for item in found if (item.estimand, item.group) == ("share_minus_national", "sen=any")]
    same, everyone = (item.value for item in both if "expected progress" in item.method)
    assert (same, everyone) == (pytest.approx(0.5 - 0.60), pytest.approx(0.5 - 0.83))


def test_support_and_plans_set_against_any_sen_are_not_called_the_same_group(tmp_path, ask, cohort, value):
    rng = np.random.default_rng(4)
    frame = cohort(size=12).assign(ks2=100.0, grade=lambda d: rng.integers(0, 10, len(d)).astype(float))
    keys = {
        "comparator": "ks2-ks4-transition",
        "subject": "Mathematics",
        "scale": "grade-9-1",
        "outcome_year": "202223",
    }
    found = ask(baseline="ks2", outcome="grade", by=("sen_provision",), **keys).estimate(frame)
    told = {
        group: value(found, "progress_minus_national", group)
        for group in ("all", "sen=any", "sen_provision=K", "sen_provision=N")
    }
    assert {group for group, item in told.items() if any("not told apart" in note for note in item.notes)} == {
        "sen_provision=K"
    }
    assert told["all"].comparator.population.startswith("pupils with the same SEN status")
    assert told["sen_provision=K"].claim == Claim.COMPARISON  # for the same start
    path = tmp_path / "flat.csv"
    path.write_text("slug,year,sen,value,unit,definition,source\ngain,202223,any,2,points,test,Publication\n")
    flat = ask(comparator=str(path), by=("sen_provision",), outcome_year="202223").estimate(frame)
    claims = {group: value(flat, "progress_minus_national", group).claim for group in ("sen=any", "sen_provision=K")}
    assert claims == {"sen=any": Claim.COMPARISON, "sen_provision=K": Claim.DESCRIPTION}
