"""A group that nobody is in is the plan's mistake, told with its line, never a silent other headline."""

from pathlib import Path

import pandas as pd
import pytest

from afa_eval.data.tables import as_tables
from afa_eval.errors import PlanError
from afa_eval.plan import parse_plan
from afa_eval.plan.groups import refuse_empty_groups

PLAN = """[evaluation]
title = "x"
period = { before = "202122", after = "202223" }
[data]
attendance = "a.csv"
[[outcome]]
id = "absence"
design = "persistent-absence"
"""
TABLES = as_tables({"pupils": pd.DataFrame({"pupil_id": ["1", "2"], "cohort": ["pilot", None], "year_group": [6, 7]})})


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('focus = "cohort=pliot"', "Did you mean 'cohort=pilot'"),
        ('where = "year_group=5"', "nobody is in 'year_group=5'"),
        ('where = "chort=pilot"', "Did you mean 'cohort'"),
        ('focus = "phase=special"', "nobody is in 'phase=special'"),
    ],
)
def test_an_empty_group_is_refused_with_its_line(line, said):
    plan = parse_plan(PLAN + line + "\n", folder=Path())
    with pytest.raises(PlanError, match=said) as caught:
        refuse_empty_groups(plan, TABLES)
    assert caught.value.line == 9


@pytest.mark.parametrize(
    "line", ['focus = "cohort=pilot"', 'where = "year_group=6 & phase=primary"', 'focus = "all"', ""]
)
def test_groups_with_somebody_in_them_pass(line):
    refuse_empty_groups(parse_plan(PLAN + line + "\n", folder=Path()), TABLES)


def test_the_default_focus_need_not_be_there():
    refuse_empty_groups(parse_plan(PLAN, folder=Path()), as_tables({"pupils": pd.DataFrame({"pupil_id": ["1"]})}))
