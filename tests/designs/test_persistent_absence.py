"""Persistent absence: hand-counted cases, published figures, known truth, bad input."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import afa_eval as ae
from afa_eval.data.tables import as_tables
from afa_eval.designs import PersistentAbsence
from afa_eval.errors import ColumnNotFound, DataError, EstimationError, PlanError

YEARS = {"baseline_year": "202122", "outcome_year": "202223"}


def rows(year, absent, possible=200, urn="a", first=0):
    """One enrolment per number of absences."""
    n = len(absent)
    return pd.DataFrame(
        {
            "pupil_id": [f"{urn}{first + number}" for number in range(n)],
            "urn": urn,
            "year": year,
            "sessions_possible": pd.array(np.broadcast_to(possible, n), dtype="Int64"),
            "sessions_authorised": pd.array(absent, dtype="Int64"),
            "sessions_unauthorised": pd.array([0] * n, dtype="Int64"),
        }
    )


def by_hand(**kwargs):
    before = [rows("202122", [20, 19, 100, 0, 5, 60], urn=urn) for urn in "abcdefgh"]
    after = [rows("202223", [20, 19, 10, 0, 5, 10], urn=urn) for urn in "abcdefgh"]
    table = pd.concat([*before, *after], ignore_index=True)
    return PersistentAbsence(id="absence", **YEARS, **kwargs), table


def test_a_case_counted_by_hand():
    design, table = by_hand()
    found = design.estimate(table)
    assert found["persistent_absence_before"].value == pytest.approx(3 / 6)
    assert found["persistent_absence_after"].value == pytest.approx(1 / 6)
    assert found["persistent_absence_change"].value == pytest.approx(-2 / 6)
    assert found["persistent_absence_relative_change"].value == pytest.approx(-2 / 3)
    assert found["persistent_absentees_before"].value == 24
    assert found["severe_absence_before"].value == pytest.approx(1 / 6)
    assert found["severe_absence_after"].value == 0
    assert found["absence_rate_before"].value == pytest.approx(204 / 1200)
    assert found["absence_rate_before"].n_pupils == 48
    assert found["absence_rate_before"].base == "enrolments"


@pytest.mark.parametrize(("absent", "possible", "is_persistent"), [(20, 200, True), (20, 201, False), (21, 211, False)])
def test_the_line_is_drawn_in_whole_numbers(absent, possible, is_persistent):
    """20 of 201 is 10.0 per cent to one digit and not persistent absence."""
    table = pd.concat([rows(year, [absent] * 6, possible, urn=u) for year in YEARS.values() for u in "ab"])
    found = PersistentAbsence(id="x", **YEARS).estimate(table)
    assert found["persistent_absence_before"].value == is_persistent


def test_a_rate_is_a_ratio_of_sums_not_a_mean_of_rates():
    parts = [rows(y, [10, 0, 0, 0, 0, 0], [100, 380, 380, 380, 380, 380], urn=u) for y in YEARS.values() for u in "ab"]
    found = PersistentAbsence(id="x", **YEARS).estimate(pd.concat(parts))
    assert found["absence_rate_before"].value == pytest.approx(10 / 2000)


def test_the_relative_change_and_its_interval_are_made_of_logs():
    rng = np.random.default_rng(5)
    table = pd.concat(
        [rows(y, rng.integers(0, 45, 40), urn=f"s{s}") for y in YEARS.values() for s in range(12)], ignore_index=True
    )
    found = PersistentAbsence(id="x", **YEARS).estimate(table)
    before, after = (found[f"persistent_absence_{wave}"].value for wave in ("before", "after"))
    relative = found["persistent_absence_relative_change"]
    assert relative.value == pytest.approx(after / before - 1)
    low, high = relative.ci
    # symmetric about the estimate on the log scale
    assert np.sqrt((1 + low) * (1 + high)) == pytest.approx(1 + relative.value)


def test_dfes_rules_leave_rows_out_and_say_how_many():
    parts = [rows(y, [30] * 8, urn=u) for y in YEARS.values() for u in "ab"]
    parts.append(rows("202122", [30] * 3, urn="small"))
    parts.append(rows("202122", [30], possible=0, urn="a", first=50))
    parts.append(rows("202122", [201], urn="a", first=60))
    table = pd.concat(parts, ignore_index=True)
    pupils = pd.DataFrame({"pupil_id": table["pupil_id"].unique()})
    pupils["year_group"] = pd.array([0 if name == "a0" else 5 for name in pupils["pupil_id"]], dtype="Int64")
    found = PersistentAbsence(id="x", **YEARS).estimate({"attendance": table, "pupils": pupils})
    (counted,) = [t for t in found.tables if t.name == "counted-x"]
    steps = dict(zip(counted.rows, (row[0] for row in counted.cells), strict=True))
    assert steps == {
        "Enrolments handed in": 21,
        "Outside Years 1 to 11": 1,
        "No possible sessions, or more absences than sessions": 2,
        "In schools with fewer than 6 enrolments": 3,
        "Counted": 15,
    }
    assert found["persistent_absence_before"].n_pupils == 15


def test_followed_pupils_are_counted_once_in_their_first_school():
    first = rows("202122", [10] * 8, 190, urn="a")
    second = rows("202122", [9] * 8, 10, urn="b").assign(pupil_id=first["pupil_id"])
    later = rows("202223", [5] * 8, urn="b").assign(pupil_id=first["pupil_id"])
    newcomer = rows("202223", [100] * 8, urn="c")
    table = pd.concat([first, second, later, newcomer], ignore_index=True)
    found = PersistentAbsence(id="x", population="followed", **YEARS).estimate(table)
    share = found["persistent_absence_before"]
    assert (share.value, share.n_pupils, share.n_schools, share.base) == (0.0, 8, 1, "pupils")
    assert found["absence_rate_before"].value == pytest.approx(19 / 200)
    assert found["absence_rate_after"].value == pytest.approx(5 / 200)


def test_who_leaves_and_who_enters_is_a_table_not_a_result():
    design, table = by_hand()
    (moved,) = [t for t in design.estimate(table).tables if t.name == "transition-absence"]
    # three persistent before in each of eight schools: one stays, two leave; no one enters
    assert moved.cells == ((8.0, 16.0, 24.0), (0.0, 24.0, 24.0), (8.0, 40.0, 48.0))


def cohort(year_group, sen, n=30, schools="abcdefgh", seed=0):
    """The same year group in both years, all of one SEN status."""
    rng = np.random.default_rng(seed)
    parts = [
        rows(year, rng.integers(0, 45, n), urn=urn, first=1000 * (year == "202223"))
        for year in YEARS.values()
        for urn in schools
    ]
    table = pd.concat(parts, ignore_index=True)
    pupils = pd.DataFrame({"pupil_id": table["pupil_id"].unique(), "sen_provision": sen})
    return {
        "attendance": table,
        "pupils": pupils.assign(year_group=pd.array([year_group] * len(pupils), dtype="Int64")),
    }


def test_the_national_line_is_englands_of_the_same_children():
    found = PersistentAbsence(id="x", by=("sen",), **YEARS).estimate(cohort(9, "N"))
    asked = {"sen": "none", "phase": "secondary", "year_group": 9}
    first = ae.comparators.find("persistent-absence", year="202122", **asked).value
    last = ae.comparators.find("persistent-absence", year="202223", **asked).value
    change = found["persistent_absence_change"].value
    against = found["change_minus_national"]
    assert against.value == pytest.approx(change - (last - first))
    assert against.comparator.value == pytest.approx(last - first)
    assert against.claim == "comparison"
    assert found["persistent_absence_before"].comparator.value == pytest.approx(first)
    ratio = found["relative_change_ratio"].value
    after, before = (found[f"persistent_absence_{wave}"].value for wave in ("after", "before"))
    assert ratio == pytest.approx((after / before) / (last / first))


def test_followed_pupils_are_set_against_the_year_group_they_are_in():
    tables = cohort(9, "N")
    tables["attendance"]["pupil_id"] = tables["attendance"]["pupil_id"].str.replace(
        r"([a-h])10*(\d)", r"\1\2", regex=True
    )
    both = tables["attendance"].groupby("pupil_id")["year"].nunique()
    kept = both[both == 2].index
    pupils = pd.DataFrame(
        {"pupil_id": kept, "sen_provision": "N", "year_group": pd.array([9] * len(kept), dtype="Int64")}
    )
    found = PersistentAbsence(id="x", population="followed", **YEARS).estimate(
        {"attendance": tables["attendance"], "pupils": pupils}
    )
    first = ae.comparators.find("persistent-absence", year="202122", sen="none", phase="secondary", year_group=9)
    last = ae.comparators.find("persistent-absence", year="202223", sen="none", phase="secondary", year_group=10)
    assert found["change_minus_national"].comparator.value == pytest.approx(last.value - first.value)


def test_support_has_no_national_line_in_these_years_and_says_so():
    found = PersistentAbsence(id="x", by=("sen_provision",), **YEARS).estimate(cohort(9, "K"))
    assert not [i for i in found if i.group == "sen_provision=K" and i.estimand == "change_minus_national"]
    (finding,) = [f for f in found.findings if f.code == "no-comparator"]
    assert "SEN support" in finding.message


def test_provision_and_need_are_matched_in_the_years_that_have_them():
    tables = cohort(9, "K")
    tables["attendance"]["year"] = tables["attendance"]["year"].map({"202122": "201516", "202223": "201617"})
    tables["pupils"]["primary_need"] = "ASD"
    design = PersistentAbsence(
        id="x", by=("sen_provision", "primary_need"), baseline_year="201516", outcome_year="201617"
    )
    found = design.estimate(tables)
    support, need = (
        next(i for i in found if i.group == group and i.estimand == "change_minus_national")
        for group in ("sen_provision=K", "primary_need=ASD")
    )
    for item, asked in ((support, {"sen": "support"}), (need, {"need": "ASD"})):
        lines = [
            ae.comparators.find("persistent-absence", year=year, phase="secondary", **asked).value
            for year in ("201516", "201617")
        ]
        assert item.comparator.value == pytest.approx(lines[1] - lines[0])


def test_two_definitions_are_counted_by_the_later_one_and_said():
    table = cohort(9, "N")["attendance"]
    table["year"] = table["year"].map({"202122": "201415", "202223": "201516"})
    found = PersistentAbsence(id="x", baseline_year="201415", outcome_year="201516").estimate(table)
    (finding,) = [f for f in found.findings if f.code == "definition-changed"]
    assert "2014/15" in finding.message
    assert "10%" in found["persistent_absence_before"].method


def test_the_interval_covers_the_truth_at_its_rate():
    """300 simulated trusts of 14 schools with unequal sizes, a true change of -4 points."""
    rng = np.random.default_rng(11)
    hits, runs = 0, 300
    truth = -0.04
    for _ in range(runs):
        parts = []
        for school in range(14):
            level = np.clip(rng.normal(0.25, 0.05), 0.08, 0.6)
            for year, share in (("202122", level), ("202223", level + truth)):
                n = int(rng.integers(20, 60))
                flags = rng.random(n) < share
                parts.append((year, str(school), flags))
        frame = pd.DataFrame(
            {
                "wave": np.concatenate([[("before", "after")[y == "202223"]] * len(f) for y, _, f in parts]),
                "school": np.concatenate([[s] * len(f) for _, s, f in parts]),
                "flag": np.concatenate([f for *_, f in parts]).astype(float),
            }
        )
        from afa_eval.designs.clustered import fit_cells

        change = fit_cells(frame["flag"], frame["wave"], frame["school"]).combine({"after": 1, "before": -1})
        from scipy.special import stdtrit

        half = change.se * stdtrit(change.df, 0.975)
        hits += abs(change.value - truth) <= half
    # 95% of 300 is 285; three binomial standard errors are 11
    assert 273 <= hits <= 297


def test_bad_input_is_told_plainly():
    design, table = by_hand()
    with pytest.raises(ColumnNotFound, match="sessions_possible"):
        design.estimate(table.drop(columns="sessions_possible"))
    with pytest.raises(EstimationError, match="2021/22"):
        design.estimate(table[table["year"] == "202223"])
    with pytest.raises(ColumnNotFound, match="sen_provision"):
        PersistentAbsence(id="x", by=("sen_provision",), **YEARS).estimate(table)
    with pytest.raises(PlanError, match="each-year, followed"):
        PersistentAbsence(id="x", population="all", **YEARS)
    with pytest.raises(PlanError, match="needs two years"):
        PersistentAbsence(id="x")
    with pytest.raises(DataError, match="is no definition"):
        PersistentAbsence(id="x", definition="pa-11-percent", **YEARS)
    with pytest.raises(DataError, match="no attendance table"):
        design.estimate(as_tables({"pupils": pd.DataFrame({"pupil_id": ["1"]})}))


def test_no_one_absent_gives_no_interval_and_no_ratio():
    table = pd.concat([rows(y, [0] * 8, urn=u) for y in YEARS.values() for u in "abcdefgh"])
    found = PersistentAbsence(id="x", **YEARS).estimate(table)
    assert found["persistent_absence_change"].ci is None
    assert "alike" in found["persistent_absence_change"].notes[0]
    with pytest.raises(KeyError):
        found["persistent_absence_relative_change"]


@pytest.mark.parametrize("asked", [{"by": ("cohort",)}, {"where": "cohort=pilot"}])
def test_a_cohort_grows_older_and_is_not_set_against_the_same_year_groups(asked):
    tables = cohort(9, "N")
    tables["pupils"]["cohort"] = "pilot"
    found = PersistentAbsence(id="x", **YEARS, **asked).estimate(tables)
    group = "all" if "where" in asked else "cohort=pilot"
    assert not found.filter(group=group, estimand="change_minus_national").items
    assert any("a year older" in finding.message for finding in found.findings)


def moved(tables, *to):
    """The same tables in other years."""
    attendance = tables["attendance"]
    return tables | {
        "attendance": attendance.assign(year=attendance["year"].map(dict(zip(YEARS.values(), to, strict=True))))
    }


def of_years(before, after, **keys):
    return PersistentAbsence(id="x", baseline_year=before, outcome_year=after, **keys)


def told(found, code):
    return next(finding.message for finding in found.findings if finding.code == code)


def test_followed_pupils_without_figures_by_year_group_are_a_description():
    tables = moved(cohort(9, "K", n=8), "201516", "201617")
    tables["attendance"]["pupil_id"] = tables["attendance"]["pupil_id"].str.replace(
        r"([a-h])10*(\d)", r"\1\2", regex=True
    )
    tables["pupils"] = tables["pupils"].assign(primary_need="ASD")
    found = of_years("201516", "201617", population="followed", by=("sen_provision", "primary_need")).estimate(tables)
    assert not found.filter(estimand="change_minus_national").items
    assert {item.claim for item in found} == {"description"}
    assert "Followed pupils are a year older" in told(found, "no-comparator")


def test_a_year_without_a_national_figure_is_named_with_its_reason():
    found = of_years("201819", "201920").estimate(moved(cohort(9, "N", n=8), "201819", "201920"))
    assert told(found, "no-comparator").count("only the autumn term was collected") == 1
    assert not found.filter(estimand="change_minus_national").items


def test_where_only_all_pupils_are_held_they_are_a_yardstick():
    tables = moved(cohort(9, "N", n=8), "202324", "202425")
    found = of_years("202324", "202425", by=("sen",)).estimate(tables)
    lines = [
        ae.comparators.find("persistent-absence", year=year, phase="secondary").value for year in ("202324", "202425")
    ]
    beside = found["change_minus_national"]
    assert beside.comparator.value == pytest.approx(lines[1] - lines[0])
    assert beside.claim == "description"
    assert "not the same children" in beside.notes[0]
    assert {item.group for item in found.filter(estimand="change_minus_national")} == {"all"}
    assert "a yardstick" in told(found, "composition")
    chosen = of_years("202324", "202425", where="sen=none").estimate(tables)
    assert not chosen.filter(estimand="change_minus_national").items


def test_a_rule_that_these_sessions_cannot_be_counted_by_says_which_can():
    tables = moved(cohort(9, "A", n=8), "201011", "201112")
    with pytest.raises(EstimationError, match="pa-10-percent"):
        of_years("201011", "201112").estimate(tables)
    found = of_years("201011", "201112", definition="pa-10-percent").estimate(tables)
    assert "10%" in found["persistent_absence_before"].method


def test_many_groups_without_a_figure_are_not_all_listed():
    tables = moved(cohort(9, "N", n=8), "202324", "202425")
    rng = np.random.default_rng(3)
    tables["pupils"]["house"] = rng.choice(list("ABCDEFGH"), len(tables["pupils"]))
    found = of_years("202324", "202425", by=("sen", "sen_provision", "house")).estimate(tables)
    assert "other groups" in told(found, "no-comparator")
    assert told(found, "no-comparator").count("No SEN") == 1  # one group by two names


def test_a_group_that_england_s_figures_do_not_tell_apart_says_so():
    tables = moved(cohort(9, "K", n=8), "201516", "201617")
    rng = np.random.default_rng(3)
    tables["pupils"] = tables["pupils"].assign(fsm=rng.choice(["yes", "no"], len(tables["pupils"])))
    found = of_years("201516", "201617", by=("fsm", "sen")).estimate(tables)
    minus = {item.group: item.notes for item in found.filter(estimand="change_minus_national")}
    assert minus["sen=any"] == ()
    assert "not told apart by free school meals" in minus["fsm=yes"][0]


def test_three_years_make_a_row_each_with_the_interval_of_schools():
    design, table = by_hand()
    earlier = pd.concat(
        [
            rows("202021", [30, 30, 10, 0, 5, number], urn=urn)
            for urn, number in zip("abcdefgh", range(0, 80, 10), strict=True)
        ]
    )
    found = {one.name: one for one in design.estimate(pd.concat([earlier, table], ignore_index=True)).tables}
    made = found["years-absence"]
    assert made.rows == ("2020/21", "2021/22", "2022/23")
    assert [row[0] for row in made.cells] == pytest.approx([(16 + 6) / 48, 3 / 6, 1 / 6])
    shares = np.array([2 / 6, 2 / 6] + [3 / 6] * 6)  # schools of one size: the mean of their shares
    half = (made.cells[0][2] - made.cells[0][1]) / 2
    # CR2 of a mean over equal clusters is the standard error of the cluster means; t with schools minus one
    assert half == pytest.approx(stats.t.ppf(0.975, 7) * shares.std(ddof=1) / np.sqrt(8), rel=1e-6)
    assert made.bases[0] == (48, 47, 47)
    assert "years-absence" not in {one.name for one in design.estimate(table).tables}
    followed = by_hand(population="followed")[0].estimate(pd.concat([earlier, table], ignore_index=True))
    assert "years-absence" not in {one.name for one in followed.tables}


def years_by_status(statuses=("N", "K"), **more):
    """Six enrolments of each of eight schools in three years, three of them with each status."""
    parts = [
        rows(year, [30, 30, number, 0, 5, 25], urn=urn)
        for year in ("202021", "202122", "202223")
        for urn, number in zip("abcdefgh", range(0, 80, 10), strict=True)
    ]
    table = pd.concat(parts, ignore_index=True)
    table["sen_provision"] = pd.array(np.where(np.arange(len(table)) % 2 == 0, *statuses), dtype="string")
    question = PersistentAbsence(id="absence", **YEARS, **{"by": ("sen_provision",), **more})
    return {one.name: one for one in question.estimate(table).tables if one.name.startswith("years-")}


def test_years_run_by_status_where_the_plan_asks_for_it():
    found = years_by_status()
    assert list(found) == ["years-absence", "years-absence-sen_provision=N", "years-absence-sen_provision=K"]
    whole, without, support = found.values()
    assert support.rows == whole.rows == ("2020/21", "2021/22", "2022/23")
    # half of each year's enrolments have each status: the share of all is the mean of both
    means = [(one[0] + other[0]) / 2 for one, other in zip(without.cells, support.cells, strict=True)]
    assert [row[0] for row in whole.cells] == pytest.approx(means)
    assert support.title.startswith("Persistent absence of pupils on SEN support, year by year")
    assert list(years_by_status(by=())) == ["years-absence"]
