"""Who is counted and who is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from afa_eval.data.flow import coverage, flow_table, missing_patterns, pupil_flow
from afa_eval.data.records import Step
from afa_eval.data.tables import Tables
from afa_eval.errors import ColumnNotFound


@pytest.fixture
def tables() -> Tables:
    pupils = pd.DataFrame(
        {"pupil_id": list("ABCDEF"), "urn": "100001", "sen_provision": ["N", "N", "K", "K", "E", None]}
    )
    reasons = pd.Categorical([None, "working below", None, None, "absent"], categories=["working below", "absent"])
    attainment = pd.DataFrame(
        {
            "pupil_id": list("ABCDE"),
            "pre": [1, np.nan, 3, 4, np.nan],
            "pre_reason": reasons,
            "post": [2, 2, np.nan, 4, np.nan],
        }
    )
    return Tables(pupils=pupils, attainment=attainment)


def test_coverage_counts_every_pupil_once_and_says_why(tables: Tables) -> None:
    table = coverage(tables, "pre")
    cells = {
        row: dict(zip(table.columns, cells, strict=True)) for row, cells in zip(table.rows, table.cells, strict=True)
    }
    assert cells["Total"] == {"with a score": 3, "working below": 1, "absent": 1, "no entry": 1, "Total": 6}
    assert cells["K"]["with a score"] == 2
    assert cells["not known"]["no entry"] == 1


def test_a_blank_without_a_reason_is_not_recorded(tables: Tables) -> None:
    table = coverage(tables, "post")
    assert table.columns == ("with a score", "not recorded", "no entry", "Total")


def test_pupil_flow_narrows_step_by_step(tables: Tables) -> None:
    steps = pupil_flow(tables, ["pre", "post"])
    assert [(step.rows_in, step.rows_out) for step in steps] == [(6, 6), (6, 3), (3, 2)]


def test_missing_patterns_add_up(tables: Tables) -> None:
    table = missing_patterns(tables, ["pre", "post"])
    counts = dict(zip(table.rows, (cells[0] for cells in table.cells), strict=True))
    assert counts == {"all scores": 2, "no score": 2, "without pre": 1, "without post": 1, "Total": 6}


def test_the_flow_as_a_table() -> None:
    table = flow_table([Step("Terms summed", "attendance", 6, 2, "three terms a year")])
    assert table.cells == ((6, 2, 4),)
    assert table.note == "1. three terms a year."


def test_an_unknown_score_is_named(tables: Tables) -> None:
    with pytest.raises(ColumnNotFound, match="Did you mean 'post'"):
        coverage(tables, "pots")
