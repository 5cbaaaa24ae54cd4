"""What leaves an evaluation, figure by figure. An intruder's arithmetic is written here again, on its own."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from afa_eval import disclosure
from afa_eval.errors import DisclosureError
from afa_eval.estimate import Claim, Comparator, Estimand, Estimate, Estimates, Fault, Finding, Severity, Table
from afa_eval.estimate.collection import TIDY_COLUMNS

E = Estimand
BEFORE, AFTER, CHANGE = E.PERSISTENT_ABSENCE_BEFORE, E.PERSISTENT_ABSENCE_AFTER, E.PERSISTENT_ABSENCE_CHANGE


def figure(group="all", n=400, value=0.25, estimand=BEFORE, unit="proportion", **more):
    plain = {"base": "enrolments", "n_schools": 8, "claim": Claim.DESCRIPTION, "method": "m", "se": 0.02, "df": 5.0}
    given = {"outcome": "a", "group": group, "estimand": estimand, "value": value, "unit": unit, "n_pupils": n}
    return Estimate(**{**given, **plain, **more})


def released(*items, profile="publish", **more):
    evaluation = SimpleNamespace(estimates=Estimates(tuple(items)), about={}, manifest={})
    for key, value in more.items():
        setattr(evaluation, key, value)
    return disclosure.release(evaluation, profile)


def one(*items, profile="publish"):
    return released(*items, profile=profile).estimates[0]


# --- one figure on its own


@pytest.mark.parametrize(("n", "shown"), [(9, False), (10, False), (11, True), (40, True)])
def test_a_mean_needs_ten_people_and_ten_residual_degrees_of_freedom(n, shown) -> None:
    # ten people less the one parameter of a mean leave nine
    assert (one(figure(n=n, value=101.0, estimand=E.MEAN_BEFORE, unit="points")).value is not None) == shown


def test_residual_degrees_of_freedom_are_of_pupils_never_of_schools() -> None:
    assert one(figure(n=400, value=101.0, estimand=E.MEAN_BEFORE, unit="points", n_schools=2, df=1.0)).value == 101.0


@pytest.mark.parametrize(
    ("n", "counted", "shown"), [(400, 9, False), (400, 10, True), (400, 390, True), (400, 391, False)]
)
def test_a_share_is_hidden_where_few_are_counted_or_few_are_not(n, counted, shown) -> None:
    item = one(figure(n=n, value=counted / n))
    assert (item.value is not None) == shown
    if not shown:
        assert item.status == "c"
        assert "fewer than 10" in item.reason


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_none_or_all_is_hidden_unless_structural(value) -> None:
    assert one(figure(value=value)).value is None
    assert one(figure(value=value, notes=("structural zero",))).value == value
    assert one(figure(value=value), profile="trust").value == value


def test_full_coverage_says_nothing_about_a_child() -> None:
    assert one(figure(value=1.0, estimand=E.COVERAGE)).value == 1.0


def test_a_rate_of_sessions_counts_no_people() -> None:
    # 4% of sessions among 60 enrolments is not "2.4 enrolments"
    assert one(figure(n=60, value=0.04, estimand=E.ABSENCE_RATE_BEFORE)).value == 0.04


def test_a_count_of_people_is_hidden_when_small() -> None:
    assert one(figure(value=9.0, estimand=E.PERSISTENT_ABSENTEES_BEFORE, unit="count")).value is None
    assert one(figure(value=100.0, estimand=E.PERSISTENT_ABSENTEES_BEFORE, unit="count")).value == 100.0


def test_a_trust_of_eight_schools_can_publish_what_its_schools_answered() -> None:
    item = one(figure(n=8, value=1 / 8, estimand=E.TOP_BOX_BEFORE, base="schools", n_schools=8))
    assert item.value == 1 / 8
    assert one(figure(n=2, value=0.5, estimand=E.TOP_BOX_BEFORE, base="schools", n_schools=2)).value is None


def test_a_figure_that_could_not_be_estimated_is_x() -> None:
    item = one(figure(value=math.nan))
    assert (item.value, item.status) == (None, "x")


def test_a_hidden_figure_keeps_no_number_at_all() -> None:
    line = Comparator(slug="s", value=0.41, year="202223", population="p", definition="d", unit="proportion")
    item = one(figure(n=6, value=0.5, p_adjusted=0.01, interval=(0.1, 0.9), notes=("half of 6",), comparator=line))
    numbers = (item.value, item.se, item.df, item.statistic, item.p_value, item.p_adjusted, item.ci)
    assert numbers == (None,) * 7
    assert (item.n_pupils, item.n_schools) == (None, None)
    assert (item.comparator, item.notes) == (None, ())


# --- what could be worked out


def test_all_that_is_computed_from_a_hidden_figure_is_hidden() -> None:
    few = figure("sen=any", n=100, value=0.04)
    others = [
        figure("sen=any", n=100, value=0.2, estimand=AFTER),
        figure("sen=any", n=100, value=0.16, estimand=CHANGE, unit="proportion difference"),
        figure("sen=any", n=100, value=0.17, estimand=E.CHANGE_MINUS_NATIONAL, unit="proportion difference"),
        figure("sen=any", n=100, value=4.0, estimand=E.PERSISTENT_ABSENCE_RELATIVE_CHANGE, unit="relative change"),
        figure("sen=any", n=100, value=4.0, estimand=E.RELATIVE_CHANGE_RATIO, unit="ratio"),
    ]
    values = [item.value for item in released(few, *others).estimates]
    assert values == [None, 0.2, None, None, None, None]


def test_the_same_estimand_of_another_group_or_outcome_stays() -> None:
    change = figure("sen=none", n=300, value=-0.01, estimand=CHANGE, unit="proportion difference")
    elsewhere = figure("sen=any", n=100, value=0.3, outcome="b")
    values = [item.value for item in released(figure("sen=any", n=100, value=0.04), change, elsewhere).estimates]
    assert values == [None, -0.01, 0.3]


def test_the_only_hidden_group_of_a_column_takes_the_next_smallest_with_it() -> None:
    items = [figure("all", 1000), figure("fsm=yes", 7), figure("fsm=no", 993)]
    shown = {item.group: item for item in released(*items).estimates}
    assert shown["fsm=yes"].value is None
    assert shown["fsm=no"].value is None
    assert "fsm=yes could be worked out by subtraction" in shown["fsm=no"].reason
    assert shown["all"].value is not None


def test_two_hidden_groups_that_are_few_together_take_a_third() -> None:
    items = [figure("all", 1000), *(figure(f"la={n}", n, 0.5) for n in (2, 3, 95, 900))]
    values = {item.group: item.value for item in released(*items).estimates}
    assert values["la=2"] is values["la=3"] is values["la=95"] is None
    assert values["la=900"] is not None


def test_a_remainder_of_a_few_is_protected_too() -> None:
    # 6 pupils are in no shown group: the whole less the groups would be about them alone
    items = [figure("all", 1000), figure("fsm=yes", 300), figure("fsm=no", 694)]
    values = {item.group: item.value for item in released(*items).estimates}
    assert values["fsm=yes"] is None
    assert values["fsm=no"] is not None


@pytest.mark.parametrize(("n", "shown"), [(299, True), (298, False), (290, False), (289, True)])
def test_a_share_of_all_but_a_few_of_those_eligible_is_hidden(n, shown) -> None:
    items = [figure(n=299, value=0.8, estimand=E.COVERAGE), figure(n=n, value=0.5, estimand=E.STANDARD_SHARE_AFTER)]
    values = [item.value for item in released(*items).estimates]
    assert values == [0.8, 0.5 if shown else None]


def test_sen_and_its_provisions_are_one_nest() -> None:
    items = [figure("all", 1000), figure("sen=any", 206), figure("sen=none", 794)]
    items += [figure("sen_provision=N", 794), figure("sen_provision=K", 200), figure("sen_provision=E", 6, 0.5)]
    values = {item.group: item.value for item in released(*items).estimates}
    assert values["sen_provision=E"] is values["sen_provision=K"] is None
    assert values["sen=any"] is not None
    assert values["sen_provision=N"] is not None


def test_a_group_missing_from_the_figures_is_still_protected_by_its_nest() -> None:
    items = [figure("all", 1000), figure("sen=any", 206), figure("sen_provision=K", 200)]
    values = {item.group: item.value for item in released(*items).estimates}
    assert values["sen_provision=K"] is None


def test_pairs_are_protected_within_both_of_their_parts() -> None:
    sizes = {"sen_provision=K & fsm=yes": 5, "sen_provision=K & fsm=no": 195}
    sizes |= {"sen_provision=N & fsm=yes": 300, "sen_provision=N & fsm=no": 500}
    wholes = {"all": 1000, "sen_provision=K": 200, "sen_provision=N": 800, "fsm=yes": 305, "fsm=no": 695}
    values = {
        item.group: item.value for item in released(*(figure(g, n) for g, n in {**wholes, **sizes}.items())).estimates
    }
    assert all(values[group] is None for group in sizes)
    assert all(values[group] is not None for group in wholes)


@pytest.mark.parametrize("contrast", ["fsm=yes - fsm=no", "fsm=yes - rest"])
def test_a_contrast_with_a_hidden_group_is_hidden(contrast) -> None:
    items = [figure("all", 1000), figure("fsm=yes", 7), figure("fsm=no", 993)]
    items += [figure(contrast, 1000, 0.01, E.DIFFERENCE, "proportion difference")]
    assert released(*items).estimates[-1].value is None


@pytest.mark.parametrize(("arms", "shown"), [((9, 391), False), ((390, 10), True), ((), False)])
def test_a_contrast_needs_ten_on_either_side_and_to_be_told_how_many(arms, shown) -> None:
    item = one(figure("fsm=yes - fsm=no", 400, 3.1, E.ADJUSTED_PROGRESS, "points", base="pupils", arms=arms))
    assert (item.value is not None) == shown
    assert item.reason == "" if shown else item.reason
    if not shown:
        assert ("one side" if arms else "is not told") in item.reason


def test_a_contrast_with_a_rest_of_a_few_is_hidden() -> None:
    items = [figure("all", 1000), figure("cohort=pilot", 995)]
    items += [figure("cohort=pilot - rest", 1000, 0.01, E.DIFFERENCE, "proportion difference")]
    assert released(*items).estimates[-1].value is None


def intruder(items) -> list[str]:
    """Groups of fewer than ten that a reader gets by taking shown groups from the whole."""
    shown = {item.group: item.n_pupils for item in items if item.n_pupils is not None}
    found = []
    for column in {group.partition("=")[0] for group in shown if "=" in group}:
        inside = {group: n for group, n in shown.items() if group.startswith(f"{column}=")}
        left = shown.get("all", 0) - sum(inside.values())
        if 0 < left < 10:
            found.append(column)
    return found


def test_no_subtraction_from_the_whole_ever_leaves_a_few() -> None:
    rng = np.random.default_rng(20240817)
    for _ in range(25):
        items, whole = [], int(rng.integers(30, 400))
        for column in ("fsm", "sex", "la"):
            cuts = np.sort(rng.integers(0, whole + 1, size=int(rng.integers(1, 5))))
            sizes = np.diff(np.concatenate([[0], cuts, [whole]]))
            items += [
                figure(f"{column}={at}", int(n), 100.0, E.MEAN_BEFORE, "points") for at, n in enumerate(sizes) if n
            ]
        result = released(figure("all", whole, 100.0, E.MEAN_BEFORE, "points"), *items).estimates
        assert intruder(result) == []
        assert all(item.n_pupils is None or item.n_pupils >= 10 for item in result)


# --- the other things that leave


def test_opensafely_rounds_counts_and_shares_follow() -> None:
    share = one(figure(n=403, value=101 / 403), profile="opensafely")
    assert share.n_pupils == 405
    assert share.value == 100 / 405
    low, high = share.ci
    # the interval moved with it; each end is rounded to four places, so their middle is within half of the last
    assert abs((low + high) / 2 - share.value) <= 0.00005
    count = one(figure(value=101.0, estimand=E.PERSISTENT_ABSENTEES_BEFORE, unit="count"), profile="opensafely")
    assert count.value == 100.0


def test_findings_and_notes_do_not_count_a_few_pupils() -> None:
    finding = Finding(
        code="moves", severity=Severity.NOTE, message="The status of 3 pupils and of seven other pupils moved; 30 left."
    )
    evaluation = SimpleNamespace(
        estimates=Estimates((figure(notes=("4 enrolments were short",)),), (finding,)), about={}, manifest={}
    )
    release = disclosure.release(evaluation)
    assert release.findings[0].message == (
        "The status of fewer than 10 pupils and of fewer than 10 other pupils moved; 30 left."
    )
    assert release.estimates[0].notes == ("fewer than 10 enrolments were short",)


def test_faults_leave_as_rules_and_counts() -> None:
    faults = [
        Fault(
            severity="query", code="AFA405", file="Jane.csv", row=3, value="161", count=1, message="Jane 161", fix="x"
        ),
        Fault(severity="query", code="AFA405", file="b.csv", row=4, value="162", count=12, message="b 162", fix="y"),
    ]
    (told,) = released(figure(), faults=tuple(faults)).faults
    assert (told.code, told.count) == ("AFA405", 13)
    assert "Jane" not in repr(told)
    assert told.message


def test_a_few_faults_are_not_counted() -> None:
    fault = Fault(severity="error", code="AFA405", file="a.csv", message="m", fix="f", count=2)
    assert released(figure(), faults=(fault,)).faults[0].count is None


def test_no_step_of_the_flow_leaves_a_difference_of_a_few() -> None:
    steps = [
        ["pupils", "Read", 1000, 1000, ""],
        ["pupils", "Known", 1000, 996, "4 pupils"],
        ["pupils", "Both", 996, 900, ""],
    ]
    flow = released(figure(), manifest={"steps": steps}).flow
    assert [(step.rows_in, step.rows_out) for step in flow] == [(None, None), (None, 996), (996, 900)]
    assert "4" not in flow[1].reason


def test_the_manifest_has_hashes_and_no_paths_or_rows_of_inputs() -> None:
    manifest = {
        "plan_sha256": "ab",
        "inputs": [{"file": "/home/jane/data/pupils.csv", "sha256": "cd", "rows": 1007}],
        "steps": [["pupils", "Read", 1007, 1007, ""]],
        "seed": None,
    }
    public = released(figure(), manifest=manifest).manifest
    step = {"table": "pupils", "name": "Read", "rows_in": 1007, "rows_out": 1007, "reason": ""}
    assert public == {
        "plan_sha256": "ab",
        "inputs": [{"file": "pupils.csv", "sha256": "cd"}],
        "seed": None,
        "steps": [step],
    }


def test_the_manifest_tells_rows_in_and_out_of_each_step_but_no_difference_of_a_few() -> None:
    steps = [["pupils", "Read", 1007, 1007, ""], ["pupils", "Known", 1007, 1003, "4 pupils have none"]]
    told = released(figure(), manifest={"steps": steps}).manifest["steps"]
    assert [(step["rows_in"], step["rows_out"]) for step in told] == [(None, None), (None, 1003)]
    assert told[1]["reason"] == "fewer than 10 pupils have none"


def test_the_public_p_value_is_the_corrected_one_and_levels_have_none() -> None:
    contrast = figure(
        "fsm=yes - fsm=no", n=400, value=0.05, unit="proportion difference", p_adjusted=0.4, arms=(150, 250)
    )
    item = one(contrast)
    assert (item.p_value, item.p_adjusted) == (0.4, 0.4)
    assert contrast.p_value < 0.1  # the raw one is another
    level = one(figure())
    assert (level.statistic, level.p_value) == (None, None)
    row = next(csv.DictReader(io.StringIO(disclosure.estimates_csv(released(contrast)))))
    assert row["p_value"] == "0.4"


def test_where_schools_answer_there_must_be_five() -> None:
    answers = {"value": 0.25, "estimand": E.TOP_BOX_BEFORE, "base": "schools"}
    assert one(figure(n=4, n_schools=4, **answers)).value is None
    assert one(figure(n=5, n_schools=5, **answers)).value == 0.25


def test_absolute_paths_leave_the_plan_text() -> None:
    text = 'pupils = "/home/jane/data/pupils.csv"\nother = "data/own.csv"\n'
    public = released(figure(), about={"plan_text": text, "title": "A / B"}).about
    assert public == {"plan_text": 'pupils = "pupils.csv"\nother = "data/own.csv"\n', "title": "A / B"}


def test_the_flow_table_stays_inside_and_tables_are_released_once() -> None:
    table = Table(name="moves", title="t", rows=("a",), columns=("b",), cells=((50.0,),))
    flow = Table(name="flow", title="t", rows=("a",), columns=("b",), cells=((3.0,),))
    evaluation = SimpleNamespace(estimates=Estimates(tables=(table, flow)), tables=(table, flow), about={}, manifest={})
    assert [one.table.name for one in disclosure.release(evaluation).tables] == ["moves"]


# --- public files


def test_the_public_file_has_the_contracts_columns_and_blanks() -> None:
    text = disclosure.estimates_csv(released(figure(value=1 / 3), figure("fsm=yes", n=6)))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert tuple(rows[0]) == TIDY_COLUMNS
    assert rows[0]["estimate"] == "0.333333333333"
    hidden = {name: rows[1][name] for name in ("estimate", "std_error", "p_value", "conf_low", "n_pupils", "n_schools")}
    assert set(hidden.values()) == {""}
    assert rows[1]["group"] == "fsm=yes"


def test_the_public_file_of_one_outcome_has_only_that() -> None:
    text = disclosure.estimates_csv(released(figure(), figure(outcome="b")), outcome="b")
    assert [row["outcome"] for row in csv.DictReader(io.StringIO(text))] == ["b"]


def test_public_files_are_written_beside_each_other(tmp_path) -> None:
    estimates, manifest = disclosure.write(released(figure(), manifest={"seed": 3}), tmp_path / "new" / "files")
    assert estimates.read_text().startswith("outcome,group,estimand")
    assert json.loads(manifest.read_text()) == {"seed": 3}


def test_a_finding_says_nothing_in_numbers_about_a_group_too_small() -> None:
    small = figure("primary_need=VI", n=6, value=0.5)
    text = (
        "Few have scores in: EHC plan (48%), Vision impairment (50%), Autistic spectrum disorder (60%). "
        "Largest: primary_need=VI - rest, -0.18 SD. Reading for sen_provision=K rose by 2.1. Vision impairment is rare."
    )
    finding = Finding(code="a", severity=Severity.NOTE, message=text, outcomes=("a",))
    evaluation = SimpleNamespace(estimates=Estimates((figure(), small), (finding,)), about={}, manifest={})
    assert disclosure.release(evaluation).findings[0].message == (
        "Few have scores in: EHC plan (48%), Autistic spectrum disorder (60%). "
        "Reading for SEN support rose by 2.1. Vision impairment is rare. "
        "A figure about a group too small to publish is left out here."
    )


def test_a_finding_about_another_outcome_is_left_as_it_is() -> None:
    small = figure("primary_need=VI", n=6, value=0.5)
    finding = Finding(code="a", severity=Severity.NOTE, message="Vision impairment (50%).", outcomes=("b",))
    evaluation = SimpleNamespace(estimates=Estimates((figure(), small), (finding,)), about={}, manifest={})
    assert disclosure.release(evaluation).findings[0].message == "Vision impairment (50%)."


@pytest.mark.parametrize("text", ["41 Key Stage 2 pupils", "Years 3 to 9 pupils", "3.5 pupils", "1,204 pupils"])
def test_numbers_that_count_nobody_stay(text) -> None:
    finding = Finding(code="a", severity=Severity.NOTE, message=text)
    evaluation = SimpleNamespace(estimates=Estimates((figure(),), (finding,)), about={}, manifest={})
    assert disclosure.release(evaluation).findings[0].message == text


def test_a_finding_does_not_tell_a_hidden_share_of_a_group_that_is_large_enough() -> None:
    # 12 of 20 have a score: the 8 who have none are too few, so the share is hidden; its base is not
    share = figure("sen_provision=E", n=20, value=0.6, estimand=E.COVERAGE)
    text = (
        "Few of these have scores: EHC plan (60.0%), Year 7 (70.0%). EHC plan: 31 parents answered. 60.0% of all did."
    )
    finding = Finding(code="a", severity=Severity.NOTE, message=text, outcomes=("a",))
    evaluation = SimpleNamespace(estimates=Estimates((figure(), share), (finding,)), about={}, manifest={})
    assert disclosure.release(evaluation).findings[0].message == (
        "Few of these have scores: Year 7 (70.0%). EHC plan: 31 parents answered. 60.0% of all did."
    )


LOW = (
    "Fewer than 80% of pupils have the scores needed for Reading in: {}. "
    "Their progress is that of the pupils who could be tested, and is a description only."
)


@pytest.mark.parametrize(
    ("groups", "left"),
    [
        ("EHC plan, Vision impairment, Hearing impairment", "EHC plan, Hearing impairment"),
        ("Vision impairment, EHC plan", "EHC plan"),
        ("EHC plan, Vision impairment", "EHC plan"),
        (
            "EHC plan, Vision impairment, and 3 smaller groups or groups within these",
            "EHC plan, and 3 smaller groups or groups within these",
        ),
    ],
)
def test_a_group_too_small_leaves_a_list_and_the_sentence_stays_whole(groups, left) -> None:
    finding = Finding(code="a", severity=Severity.NOTE, message=LOW.format(groups), outcomes=("a",))
    evaluation = SimpleNamespace(
        estimates=Estimates((figure(), figure("primary_need=VI", n=6, value=0.5)), (finding,)), about={}, manifest={}
    )
    told = disclosure.release(evaluation).findings[0].message
    assert told == f"{LOW.format(left)} Groups too small to publish are not named here."


def test_a_sentence_that_speaks_of_one_left_out_goes_with_it() -> None:
    message = LOW.format("Vision impairment") + " Reading is tested in June."
    finding = Finding(code="a", severity=Severity.NOTE, message=message, outcomes=("a",))
    evaluation = SimpleNamespace(
        estimates=Estimates((figure(), figure("primary_need=VI", n=6, value=0.5)), (finding,)), about={}, manifest={}
    )
    assert disclosure.release(evaluation).findings[0].message == (
        "Reading is tested in June. A figure about a group too small to publish is left out here."
    )


def test_a_number_after_a_name_in_a_list_is_never_left_behind() -> None:
    message = "The largest changes are in: EHC plan, Vision impairment, Year 7, by -3.1, 4.2 and 0.3 points."
    finding = Finding(code="a", severity=Severity.NOTE, message=message, outcomes=("a",))
    evaluation = SimpleNamespace(
        estimates=Estimates((figure(), figure("primary_need=VI", n=6, value=0.5)), (finding,)), about={}, manifest={}
    )
    assert disclosure.release(evaluation).findings[0].message == (
        "A figure about a group too small to publish is left out here."
    )


def test_six_of_those_to_be_tested_who_have_no_score_are_not_told() -> None:
    share = figure(n=88, value=0.5, estimand=E.STANDARD_SHARE_BEFORE, base="pupils", group="cohort=pilot")
    score = figure(n=82, value=101.0, estimand=E.MEAN_BEFORE, base="pupils", unit="points", group="cohort=pilot")
    told = released(share, score).estimates
    assert [item.value is None for item in told].count(True) == 1
    assert all(item.value is not None for item in released(share, replace(score, n_pupils=70)).estimates)


def test_a_figure_that_is_one_schools_is_hidden_with_one_more() -> None:
    items = [figure(n=n, group=group) for group, n in (("all", 400), ("sex=F", 150), ("sex=M", 180), ("sex=X", 70))]
    shares = {"all": 0.4, "sex=F": 0.92, "sex=M": 0.5}
    told = {item.group: item for item in released(*items, manifest={"largest_school": shares}).estimates}
    assert told["sex=F"].reason == "one school has 90% or more of its enrolments"
    assert [group for group, item in told.items() if item.value is None] == ["sex=F", "sex=X"]
    for kept in (released(*items, manifest={"largest_school": shares}, profile="trust"), released(*items)):
        assert all(item.value is not None for item in kept.estimates)
    alone = [replace(item, n_schools=1) for item in items]  # a school's own evaluation of itself
    assert all(item.value is not None for item in released(*alone, manifest={"largest_school": shares}).estimates)


def test_pages_are_made_only_of_what_was_let_out_and_as_it_was_let_out(tmp_path) -> None:
    from afa_eval.report.book import assemble

    hidden = figure(n=5, estimand=E.MEAN_BEFORE, value=101.0, unit="points")
    made = released(figure(), hidden, tables=(counted(),), about={"title": "T", "outcomes": [{"id": "a"}]})
    disclosure.refuse_unregistered(made)
    disclosure.refuse_unregistered(replace(made, tables=(), estimates=made.estimates[:1]))
    shown_again = replace(made.estimates[1], value=101.0, status="")
    by_hand = replace(made.tables[0], table=counted())
    for changed in (replace(made, estimates=(shown_again,)), replace(made, tables=(by_hand,))):
        with pytest.raises(DisclosureError, match="did not pass disclosure control"):
            assemble(changed, tmp_path)
    assert list(tmp_path.iterdir()) == []


def counted() -> Table:
    cells = ((3.0, 40.0, 43.0), (30.0, 50.0, 80.0), (33.0, 90.0, 123.0))
    return Table(name="t", title="T", rows=("K", "E", "Total"), columns=("yes", "no", "Total"), cells=cells)


def test_a_step_that_is_a_few_from_a_printed_base_is_hidden() -> None:
    steps = [["attendance", "read", 404, 404, ""], ["attendance", "summed", 404, 350, "x"]]
    told = released(figure(n=400), manifest={"steps": steps}).flow
    assert [(step.rows_in, step.rows_out) for step in told] == [(None, None), (None, 350)]
    assert [step.rows_in for step in released(figure(n=420), manifest={"steps": steps}).flow] == [404, 404]


def test_no_released_mean_tells_by_its_places_how_many_it_was_divided_by() -> None:
    scores = [95, 104, 88, 121, 99, 102, 110, 97, 93, 106, 100, 91, 115, 98, 103, 96, 108, 90, 101, 94, 107, 89]
    item = figure(
        n=22, value=sum(scores) / 22, estimand=E.MEAN_BEFORE, unit="points", interval=(95.1234567, 104.7654321)
    )
    given = one(item, profile="opensafely")
    assert (given.value, given.n_pupils, given.ci) == (100.3, 20, (95.1, 104.8))
    fits = [n for n in range(18, 23) if abs(given.value * n - round(given.value * n)) < 0.05 * n]
    assert fits == [18, 19, 20, 21, 22]  # of all that are rounded to 20, none is ruled out
    assert one(item).value == item.value
