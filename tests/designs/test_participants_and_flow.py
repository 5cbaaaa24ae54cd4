"""Who took part and who is counted: each pupil in exactly one row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from afa_eval.data.tables import Tables, as_tables
from afa_eval.designs.participants import largest_school, participants
from afa_eval.designs.pre_post_progress import PrePostProgress

N = 60


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    made = pd.DataFrame(
        {
            "pupil_id": [f"p{i}" for i in range(N)],
            "urn": np.repeat(["1", "2", "3"], N // 3),
            "sen_provision": ["K"] * 20 + ["N"] * 40,
            "primary_need": ["MLD"] * 15 + [None] * 5 + ["ASD"] * 2 + [None] * 38,
            "cohort": ["pilot"] * 10 + [None] * 50,
            "autumn": rng.normal(100, 10, N),
            "summer": rng.normal(101, 10, N),
        }
    )
    made.loc[:3, "autumn"] = np.nan
    made.loc[2:8, "summer"] = np.nan
    return made


def counts(table) -> dict[str, float]:
    return dict(zip(table.rows, (row[0] for row in table.cells), strict=True))


def test_a_pupil_without_sen_has_no_need_to_record(frame) -> None:
    made = {table.name: table for table in participants(as_tables(frame))}
    needs = counts(made["participants-primary_need"])
    assert needs["No SEN"] == counts(made["participants-sen_provision"])["sen_provision=N"] == 40
    assert (needs["primary_need=MLD"], needs["Not recorded"], needs["Total"]) == (15, 5, N)
    assert counts(made["participants-cohort"]) == {"cohort=pilot": 10, "In neither group": 50, "Total": N}


def test_the_flow_puts_each_pupil_in_one_row(frame) -> None:
    design = PrePostProgress(id="r", baseline="autumn", outcome="summer", baseline_year="202223", outcome_year="202223")
    flow = next(table for table in design.estimate(frame).tables if table.name == "flow-r")
    assert counts(flow) == {
        "Neither score": 2,
        "Last score, but no first one": 2,
        "First score, but no last one": 5,
        "With both scores": 51,
        "Total": 60,
    }


def test_the_flow_counts_those_the_question_leaves_aside(frame) -> None:
    design = PrePostProgress(
        id="r", baseline="autumn", outcome="summer", baseline_year="202223", outcome_year="202223", where="sen=none"
    )
    flow = next(table for table in design.estimate(frame).tables if table.name == "flow-r")
    assert counts(flow) == {"Not asked about in this outcome": 20, "With both scores": 40, "Total": 60}


def test_those_who_left_are_told_apart_from_those_not_asked_about(frame) -> None:
    frame["summer_reason"] = None
    frame.loc[2:5, "summer_reason"] = "left"
    design = PrePostProgress(
        id="r", baseline="autumn", outcome="summer", baseline_year="202223", outcome_year="202223", where="sex=F"
    )
    frame["sex"] = ["M"] * 2 + ["F"] * 58
    flow = next(table for table in design.estimate(frame).tables if table.name == "flow-r")
    assert counts(flow) == {
        "Not asked about in this outcome": 2,
        "No longer on roll at the last score": 4,
        "First score, but no last one": 3,
        "With both scores": 51,
        "Total": 60,
    }


def test_leavers_are_counted_by_sen_and_by_arm(frame) -> None:
    frame["cohort"] = ["pilot"] * 10 + ["comparison"] * 20 + [None] * 30
    frame["summer_reason"] = None
    frame.loc[[4, 5, 6, 25, 40], "summer_reason"] = "left"
    design = PrePostProgress(
        id="r", baseline="autumn", outcome="summer", baseline_year="202223", outcome_year="202223", by=("cohort",)
    )
    tables = {table.name: table for table in design.estimate(frame).tables}
    assert dict(zip(tables["left-r"].rows, tables["left-r"].cells, strict=True)) == {
        "sen_provision=N": (38, 2, 40), "sen_provision=K": (17, 3, 20), "Total": (55, 5, 60),
    }  # fmt: skip
    assert dict(zip(tables["left-r-cohort"].rows, tables["left-r-cohort"].cells, strict=True)) == {
        "cohort=comparison": (19, 1, 20), "cohort=pilot": (7, 3, 10), "cohort=In neither group": (29, 1, 30),
        "Total": (55, 5, 60),
    }  # fmt: skip
    assert counts(tables["flow-r"])["No longer on roll at the last score"] == 5
    frame["summer_reason"] = None
    assert not [table.name for table in design.estimate(frame).tables if table.name.startswith("left")]


def test_lost_scores_are_counted_by_arm(frame) -> None:
    frame["cohort"] = ["pilot"] * 10 + ["comparison"] * 20 + [None] * 30
    design = PrePostProgress(
        id="r", baseline="autumn", outcome="summer", baseline_year="202223", outcome_year="202223", by=("cohort",)
    )
    tables = {table.name: table for table in design.estimate(frame).tables}
    table = tables["coverage-r-cohort"]
    rows = {
        row: dict(zip(table.columns, cells, strict=True)) for row, cells in zip(table.rows, table.cells, strict=True)
    }
    assert [rows[arm]["with the scores needed"] for arm in rows] == [20, 1, 30, 51]
    assert list(rows) == ["cohort=comparison", "cohort=pilot", "cohort=In neither group", "Total"]
    assert rows["cohort=pilot"]["Total"] == 10
    frame["cohort"] = "pilot"
    assert "coverage-r-cohort" not in {table.name for table in design.estimate(frame).tables}


def test_the_school_that_has_most_of_a_group_is_found():
    pupils = pd.DataFrame({"urn": ["1", "1", "1", "2"], "sex": ["F", "F", "M", "M"]})
    found = largest_school(Tables(pupils=pupils), ("all", "sex=F", "sex=M", "sex=F - sex=M", "sex=X", "other=1"))
    assert found == {"all": 0.75, "sex=F": 1.0, "sex=M": 0.5}
    assert largest_school(Tables(), ("all",)) == {}
