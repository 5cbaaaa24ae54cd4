"""Each threat raised where it is real, and not where it is not."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from afa_eval import disclosure
from afa_eval.data.tables import as_tables
from afa_eval.designs.base import Selection
from afa_eval.designs.persistent_absence import PersistentAbsence
from afa_eval.designs.pre_post_progress import PrePostProgress
from afa_eval.estimate import Claim, Estimand, Estimate, Estimates, Severity
from afa_eval.robustness import THREATS, examine
from afa_eval.robustness.assessor import assessor
from afa_eval.robustness.coverage import coverage
from afa_eval.robustness.definition_change import definition_change
from afa_eval.robustness.few_schools import few_schools
from afa_eval.robustness.regression_to_mean import expected, regression_to_mean
from afa_eval.robustness.sen_status_moves import sen_status_moves, status_tables
from afa_eval.robustness.window import window

NOTHING = Estimates()
NO_TABLES = as_tables(pd.DataFrame({"urn": ["1"]}))
PROGRESS = PrePostProgress(id="reading", baseline="autumn", outcome="summer")
ABSENCE = PersistentAbsence(id="absence", baseline_year="202122", outcome_year="202223")


def pupils(seed=1, n=2000, effect=0.0):
    rng = np.random.default_rng(seed)
    before = rng.normal(100, 15, n)
    after = 100 + 0.7 * (before - 100) + rng.normal(0, 10, n)
    low = before <= np.quantile(before, 0.2)
    return pd.DataFrame(
        {
            "pupil_id": [f"p{i}" for i in range(n)],
            "urn": rng.integers(0, 20, n).astype(str),
            "cohort": np.where(low, "pilot", "comparison"),
            "sen_provision": rng.choice(["N", "K"], n),
            "autumn": before,
            "summer": after + effect * low,
        }
    )


def codes(findings):
    return [finding.code for finding in findings]


# --- regression to the mean ----------------------------------------------------------------------


def test_size_of_regression_to_the_mean_is_formula_and_truth():
    design = replace(PROGRESS, where="cohort=pilot", selection=Selection(how="low-baseline", measure="autumn"))
    frame = pupils(effect=5.0)
    found = expected(design, as_tables(frame))
    below = frame["autumn"].mean() - frame.loc[frame["cohort"] == "pilot", "autumn"].mean()
    assert found.below == pytest.approx(below, rel=1e-12)
    # read from pupils not chosen, so that neither the choice nor the programme's 5 points bends it
    assert found.slope == pytest.approx(0.7, abs=0.06)
    (size,) = found.sizes
    assert size == pytest.approx((1 - found.slope) * below, rel=1e-12)
    assert size / found.sd == pytest.approx(0.42, abs=0.09)  # the lowest fifth at r = .7
    (finding,) = regression_to_mean(design, as_tables(frame), NOTHING)
    assert finding.severity == Severity.SERIOUS
    assert "nothing was taken off them" in finding.message
    assert "usually end lower" not in finding.message  # no adjusted progress is given without a norm
    by_norm = replace(design, norm={"test": "T", "mean": 100, "sd": 15, "correlation": 0.7}, where="", by=("cohort",))
    own = by_norm.estimate(frame)
    (finding,) = regression_to_mean(by_norm, as_tables(frame), own)
    assert "usually end lower" in finding.message
    assert "comparison cohort" in finding.message
    assert "comparison cohort" in finding.fix
    below_norm = 100 - frame.loc[frame["cohort"] == "pilot", "autumn"].mean()
    assert expected(by_norm, as_tables(frame)).below_norm == pytest.approx(below_norm)
    assert f"began {below_norm:.1f} points below all pupils who take the test" in finding.message
    assert f"would gain {0.3 * below_norm:.1f} points more" in finding.message
    assert "(r = 0.70, by the test's own figures)" in finding.message


def test_unknown_r_prints_the_range():
    frame = pupils().assign(screening=lambda d: d["autumn"])
    design = replace(PROGRESS, where="cohort=pilot", selection=Selection(how="low-baseline", measure="screening"))
    found = expected(design, as_tables(frame))
    assert found.slope is None
    assert found.sizes == pytest.approx((0.1 * found.below, 0.5 * found.below))
    (finding,) = regression_to_mean(design, as_tables(frame), NOTHING)
    assert "between" in finding.message


def test_chosen_from_pupils_with_sen():
    design = replace(
        PROGRESS, where="cohort=pilot", selection=Selection(how="low-baseline", measure="autumn", from_="sen")
    )
    frame = pupils().assign(autumn=lambda d: d["autumn"] - 10 * (d["sen_provision"] == "K"))
    sen = frame[frame["sen_provision"] == "K"]
    found = expected(design, as_tables(frame))
    assert found.below == pytest.approx(sen["autumn"].mean() - sen.loc[sen["cohort"] == "pilot", "autumn"].mean())


def test_only_the_chosen_in_the_data():
    frame = pupils().query("cohort == 'pilot'")
    design = replace(PROGRESS, selection=Selection(how="low-baseline", measure="autumn"))
    (finding,) = regression_to_mean(design, as_tables(frame), NOTHING)
    assert "cannot be told here" in finding.message
    norm = {"test": "T", "year": "2019", "mean": 100, "sd": 15, "correlation": 0.7}
    found = expected(replace(design, norm=norm), as_tables(frame))
    assert found.sizes[0] == pytest.approx(0.3 * (100 - frame["autumn"].mean()), rel=1e-9)


def test_a_line_that_holds_the_selection_measure_constant_has_none():
    keys = {
        "id": "gcse",
        "outcome": "summer",
        "scale": "grade-9-1",
        "comparator": "ks2-ks4-transition",
        "subject": "Mathematics",
    }
    design = PrePostProgress(baseline="autumn", selection=Selection(how="low-baseline", measure="autumn"), **keys)
    assert regression_to_mean(design, as_tables(pupils()), NOTHING) == ()
    other = replace(design, selection=Selection(how="low-baseline", measure="screening"))
    (finding,) = regression_to_mean(other, as_tables(pupils()), NOTHING)
    assert finding.severity == Severity.CONCERN


def test_no_regression_to_the_mean_where_all_took_part():
    assert regression_to_mean(PROGRESS, as_tables(pupils()), NOTHING) == ()
    above = replace(PROGRESS, where="cohort=comparison", selection=Selection(how="nominated"))
    assert regression_to_mean(above, as_tables(pupils().drop(columns="cohort").assign(cohort="x")), NOTHING) != ()


def test_pupils_chosen_for_absence():
    chosen = replace(ABSENCE, selection=Selection(how="low-baseline", measure="attendance_2021"))
    (finding,) = regression_to_mean(chosen, NO_TABLES, NOTHING)
    assert finding.severity == Severity.SERIOUS
    other = replace(ABSENCE, selection=Selection(how="low-baseline", measure="reading"))
    assert regression_to_mean(other, NO_TABLES, NOTHING) == ()


# --- who assessed, whom scores leave out, how many schools ---------------------------------------


@pytest.mark.parametrize(
    ("who", "said"), [("test", []), ("teacher", ["teacher-assessed"]), ("teacher-delivering", ["teacher-delivering"])]
)
def test_assessor(who, said):
    assert codes(assessor(replace(PROGRESS, assessor=who), NO_TABLES, NOTHING)) == said
    assert assessor(ABSENCE, NO_TABLES, NOTHING) == ()


def share(group, value, schools=10):
    return Estimate(
        outcome="reading",
        group=group,
        estimand=Estimand.COVERAGE,
        value=value,
        unit="proportion",
        base="pupils",
        n_pupils=100,
        n_schools=schools,
        claim=Claim.DESCRIPTION,
        method="count",
    )


def test_coverage_below_80_per_cent():
    low = Estimates((share("all", 0.9), share("sen_provision=E", 0.61)))
    (finding,) = coverage(PROGRESS, NO_TABLES, low)
    assert finding.code == "low-coverage"
    assert "EHC plan" in finding.message
    assert "61" not in finding.message  # the figure stands in the table, where it can be hidden
    assert finding.severity == Severity.CONCERN
    assert coverage(PROGRESS, NO_TABLES, Estimates((share("all", 0.8),))) == ()
    (finding,) = coverage(PROGRESS, NO_TABLES, Estimates((share("all", 0.7),)))
    assert finding.severity == Severity.SERIOUS
    assert coverage(replace(PROGRESS, min_coverage=0.5), NO_TABLES, low) == ()


def test_coverage_names_a_group_once_and_no_figure_that_is_not_there():
    low = (share("sen=none", 0.7), share("sen_provision=N", 0.7), share("sen_provision=K", 0.6))
    (finding,) = coverage(PROGRESS, NO_TABLES, Estimates(low))
    assert finding.message.count("No SEN") == 1
    assert "standard = " in finding.fix
    at = replace(share("all", 0.5), estimand=Estimand.STANDARD_SHARE_AFTER)
    (finding,) = coverage(PROGRESS, NO_TABLES, Estimates((*low, at)))
    assert finding.fix.startswith("Read the share at the standard")


def test_working_below_is_named():
    frame = pupils().assign(summer_reason=None)
    frame.loc[:99, "summer"] = np.nan
    frame.loc[:99, "summer_reason"] = "working below"
    found = coverage(PROGRESS, as_tables(frame), PROGRESS.estimate(frame))
    assert codes(found) == ["working-below"]
    assert "5.0%" in found[0].message
    frame["summer_reason"] = frame["summer_reason"].replace("working below", "absent")
    assert coverage(PROGRESS, as_tables(frame), PROGRESS.estimate(frame)) == ()


@pytest.mark.parametrize(("schools", "raised"), [(1, True), (5, True), (6, False)])
def test_few_schools(schools, raised):
    found = few_schools(PROGRESS, NO_TABLES, Estimates((share("all", 1.0, schools),)))
    assert codes(found) == (["few-schools"] if raised else [])
    if schools == 1:
        assert "one school" in found[0].message


# --- when ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("design", "start", "severity"),
    [
        (ABSENCE, "202209", None),
        (ABSENCE, "202301", Severity.NOTE),
        (ABSENCE, "202109", Severity.CONCERN),
        (ABSENCE, "202309", Severity.SERIOUS),
        (ABSENCE, "", None),
        # the year of the first test is the year that began with the programme: it came after the start
        (replace(PROGRESS, baseline_year="202122", outcome_year="202223"), "202109", Severity.CONCERN),
        (replace(PROGRESS, baseline_year="202223", outcome_year="202223"), "202209", Severity.CONCERN),
        (replace(PROGRESS, baseline_year="202223", outcome_year="202223"), "202211", Severity.NOTE),
        (
            replace(PROGRESS, baseline_year="202223", outcome_year="202223", baseline="", scale="dfe-progress"),
            "202209",
            None,
        ),
        (replace(PROGRESS, baseline_year="202122", outcome_year="202223"), "202209", None),
        (replace(PROGRESS, baseline_year="202122", outcome_year="202223"), "202009", Severity.CONCERN),
        (replace(PROGRESS, baseline_year="201920", outcome_year="202223"), "202209", Severity.CONCERN),
        (PROGRESS, "202209", None),
    ],
)
def test_window(design, start, severity):
    found = window(replace(design, programme_start=start), NO_TABLES, NOTHING)
    assert [finding.severity for finding in found] == ([] if severity is None else [severity])


def test_definitions_that_changed_between_the_years():
    def of(design, before, after):
        return codes(definition_change(replace(design, baseline_year=before, outcome_year=after), NO_TABLES, NOTHING))

    assert of(ABSENCE, "202324", "202425") == ["attendance-codes-changed"]
    assert of(ABSENCE, "202122", "202223") == ["covid-sessions"]
    assert of(ABSENCE, "202223", "202324") == []
    assert of(ABSENCE, "201819", "201920") == ["no-full-year"]
    assert of(PROGRESS, "202122", "202223") == []
    assert of(PROGRESS, "201314", "201415") == ["sen-definition-changed"]
    assert of(replace(PROGRESS, focus="all"), "201314", "201415") == []


# --- SEN status ----------------------------------------------------------------------------------


def with_census(share_moved, by_score):
    """Pupils, and a later census in which some left the register: the best scoring, or anyone."""
    frame = pupils(n=1000)
    frame["summer"] = frame["summer"] - 10 * (frame["sen_provision"] == "K")
    frame["autumn"] = frame["autumn"] - 10 * (frame["sen_provision"] == "K")
    base = frame.drop(columns=["autumn", "summer"])
    later = base.copy()
    count = int(share_moved * len(later))
    sen, none = later["sen_provision"] == "K", later["sen_provision"] == "N"
    order = frame["summer"] if by_score else pd.Series(np.arange(1000.0) * 7 % 1000, index=frame.index)
    later.loc[order[sen].nlargest(count).index, "sen_provision"] = "N"
    later.loc[order[none].nsmallest(count).index, "sen_provision"] = "K"
    census = pd.concat([base.assign(year="202122"), later.assign(year="202223")], ignore_index=True)
    return as_tables({"pupils": base, "attainment": frame[["pupil_id", "autumn", "summer"]], "census": census})


DATED = replace(PROGRESS, baseline_year="202122", outcome_year="202223")


def test_swapping_pupils_moves_the_gap_with_nobody_s_attainment_changing():
    tables = with_census(0.12, by_score=True)
    found = sen_status_moves(DATED, tables, NOTHING)
    assert codes(found) == ["sen-status-moves"]
    assert found[0].severity == Severity.CONCERN
    moved, gaps = status_tables(DATED, tables)
    assert moved.name == "sen-status"
    assert gaps.name == "sen-gap-reading"
    assert moved.cells[0][1] == 120
    assert moved.cells[1][0] == 120
    assert moved.cells[-1][-1] == 1000
    assert gaps.rows == ("SEN at baseline", "SEN in each year", "SEN if ever with SEN")
    after = [row[1] for row in gaps.cells]
    assert after[1] < after[0]  # taken each year the gap is wider, by the swap alone
    assert [row[0] for row in gaps.bases[1:]] == [240, 120]  # those who moved, fewer than a side has


def test_a_gap_that_differs_by_the_few_who_moved_tells_of_them():
    gaps = status_tables(DATED, with_census(0.004, by_score=True))[1]
    assert gaps.bases[1:] == ((8, 8, 8), (4, 4, 4))
    release = disclosure.release(SimpleNamespace(estimates=Estimates(tables=(gaps,)), about={}, manifest={}))
    assert [row[0] is None for row in release.tables[0].table.cells] == [False, True, True]


def test_no_moves_no_finding():
    tables = with_census(0.0, by_score=True)
    assert sen_status_moves(DATED, tables, NOTHING) == ()
    assert sen_status_moves(PROGRESS, as_tables(pupils()), NOTHING) == ()
    assert status_tables(PROGRESS, as_tables(pupils())) == ()


def test_absence_has_the_table_of_moves_too():
    tables = with_census(0.04, by_score=False)
    assert [table.name for table in status_tables(ABSENCE, tables)] == ["sen-status"]
    assert codes(sen_status_moves(ABSENCE, tables, NOTHING)) == ["sen-status-moves"]  # 8 % moved: a note


# --- all of them ---------------------------------------------------------------------------------


def test_every_threat_can_be_asked_of_every_design():
    from afa_eval.designs import ParentEngagement

    designs = (DATED, ABSENCE, ParentEngagement(id="views", rating="relationship"))
    for design in designs:
        for threat in THREATS:
            assert isinstance(threat(design, with_census(0.12, by_score=True), NOTHING), tuple)


def test_examine_says_the_heaviest_first_and_nothing_twice():
    design = replace(DATED, assessor="teacher-delivering", programme_start="202301")
    tables = with_census(0.12, by_score=True)
    own = design.estimate(tables)
    found = examine(design, tables, own)
    severities = [finding.severity for finding in found.findings]
    order = [Severity.SERIOUS, Severity.CONCERN, Severity.NOTE]
    assert severities == sorted(severities, key=order.index)
    assert len(severities) >= 3
    assert all(finding.outcomes == ("reading",) for finding in found.findings)
    assert not set(codes(examine(design, tables, own + found).findings))
    names = [table.name for table in (own + found + examine(design, tables, own)).tables]
    assert len(names) == len(set(names))
