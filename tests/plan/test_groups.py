"""A slip in a group's name is the plan's mistake, told with its line; a group with nobody in it is none."""

from pathlib import Path

import pandas as pd
import pytest

from afa_eval.data.loading import Loaded
from afa_eval.data.tables import Tables, as_tables
from afa_eval.errors import PlanError
from afa_eval.plan import parse_plan
from afa_eval.plan.groups import misspelt_columns, misspelt_values, nobody_in

PLAN = """[evaluation]
title = "x"
period = { before = "202122", after = "202223" }
[data]
attendance = "a.csv"
[[outcome]]
id = "absence"
design = "persistent-absence"
"""
TABLES = as_tables(
    {
        "pupils": pd.DataFrame(
            {"pupil_id": ["1", "2"], "cohort": ["pilot", None], "year_group": [6, 7], "house": ["Oak", "Ash"]}
        )
    }
)
FILES = Loaded(Tables(), columns=frozenset({"house", "Ward"}))


def planned(line):
    return parse_plan(PLAN + line + "\n", folder=Path())


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('focus = "cohort=pliot"', "'pliot' is no value of cohort. Did you mean 'cohort=pilot'?"),
        ('focus = "cohort=treatment"', "'cohort=treatment' is written 'cohort=pilot' here."),
        ('where = "year_group=Y6"', "'year_group=Y6' is written 'year_group=6' here."),
        ('where = "sen=any & sex=X"', "'X' is no value of sex. There are: F, M."),
        ('where = "primary_need=SLNC"', "Did you mean 'primary_need=SLCN'?"),
        ('where = "year_group=42"', "'42' is no value of year_group."),
        ('where = "sen"', "'sen' is no group: write column=value"),
    ],
)
def test_what_no_data_can_mend_is_told_when_the_plan_is_read(line, said):
    with pytest.raises(PlanError) as caught:
        planned(line)
    assert said in str(caught.value)
    assert caught.value.line == 9


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('by = ["sen_provison"]', "no table has a column 'sen_provison'. Did you mean 'sen_provision'?"),
        ('by = ["fsm & huose"]', "Did you mean 'house'?"),
        ('where = "housse=Oak"', "Did you mean 'house'?"),
        ('focus = "zzz=1"', "no table has a column 'zzz'. There are: "),
    ],
)
def test_a_column_that_is_nearly_there_is_the_plans_slip(line, said):
    ((_, mistakes),) = misspelt_columns(planned(line), FILES).items()
    ((place, told),) = mistakes
    assert place == ("outcome", 0, line.split(" ")[0])
    assert said in told


@pytest.mark.parametrize("line", ['by = ["sen_provision", "house & fsm"]', 'by = ["zzz"]', 'focus = "all"', ""])
def test_a_column_that_a_file_may_lack_is_left_to_the_check_of_the_data(line):
    assert misspelt_columns(planned(line), FILES) == {}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('where = "house=Oka"', "nobody is in 'house=Oka'. Did you mean 'house=Oak'?"),
        ('where = "house=Elmwood"', ""),
        ('where = "house=Oak"', ""),
        ('focus = "phase=special"', ""),
        ('where = "year_group=5"', ""),
    ],
)
def test_only_a_value_that_is_nearly_there_is_the_plans_slip(line, said):
    assert [told for _, told in misspelt_values(planned(line), TABLES)] == ([said] if said else [])


@pytest.mark.parametrize(
    ("line", "nobody"),
    [
        ('where = "year_group=5"', "year_group=5"),
        ('where = "year_group=6 & phase=special"', "phase=special"),
        ('where = "year_group=7 & cohort=pilot"', "year_group=7 & cohort=pilot"),
        ('where = "year_group=6 & phase=primary"', ""),
        ('where = "elsewhere=1"', ""),
        ("", ""),
    ],
)
def test_a_group_with_nobody_in_it_is_found(line, nobody):
    assert nobody_in(planned(line).designs[0], TABLES) == nobody
