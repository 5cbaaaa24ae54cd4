"""What each outcome was answered from, and what of it is asked again."""

import json
from dataclasses import replace

import pandas as pd
import pytest

from afa_eval import answered
from afa_eval.data.tables import Tables
from afa_eval.estimate import Estimates, Finding, Severity, Table


@pytest.fixture
def tables():
    pupils = pd.DataFrame({"pupil_id": ["1", "2"], "urn": ["9", "9"]})
    census = pd.DataFrame({"pupil_id": ["1", "2"], "urn": ["9", "8"], "year": ["202122", "202223"]})
    scores = pd.DataFrame({"pupil_id": ["1", "2"], "score": [100.0, None]})
    return Tables(pupils=pupils, census=census, attainment=scores)


def finding(code):
    return Finding(code=code, severity=Severity.NOTE, message="Mind.", outcomes=())


def test_tables_note_who_looks_at_them(tables):
    seen = answered.watched(tables)
    assert seen.seen == set()
    seen.by_pupil({"score": "the score"})
    assert seen.seen == {"pupils", "attainment"}


def test_a_later_year_is_made_from_pupils_and_census_and_notes_what_is_asked_of_it(tables):
    seen = answered.watched(tables)
    later = seen.on_roll("202223")
    assert later.pupils["urn"].tolist() == tables.on_roll("202223").pupils["urn"].tolist() == ["8"]
    assert seen.seen == {"pupils", "census"}
    assert later.attendance is None
    assert seen.seen == {"pupils", "census", "attendance"}


def test_a_copy_of_watched_tables_counts_as_looking_at_all(tables):
    seen = answered.watched(tables)
    replace(seen, pupils=None)
    assert seen.seen == set(answered.NAMES) - {"pupils"}


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.assign(score=[100.0, 0.0]),
        lambda frame: frame.rename(columns={"score": "mark"}),
        lambda frame: frame.iloc[::-1],
        lambda frame: frame.iloc[:1],
        lambda frame: frame.astype({"score": "Float64"}),
    ],
)
def test_a_table_is_known_by_all_that_is_in_it(tables, change):
    now = answered.marks(tables)
    other = answered.marks(replace(tables, attainment=change(tables.attainment)))
    assert answered.marks(replace(tables, attainment=tables.attainment.copy())) == now
    assert {name for name in now if now[name] != other[name]} == {"attainment"}
    assert now["responses"] == ""


def test_parts_give_each_outcome_its_own_answers_back():
    both, own = finding("both"), finding("own")
    table = Table(name="t", title="T", row_label="r", rows=("a",), columns=("n",), cells=((1,),))
    each = [Estimates(findings=(both,), tables=(table,)), Estimates(findings=(own, both))]
    every = Estimates() + each[0] + each[1]
    parts = answered.parts(every, [(each[0], "x", {"pupils": "1"}), (each[1], "y", {})])
    assert [part.of(every) for part in parts] == each
    assert answered.stored(json.loads(json.dumps([part.as_dict() for part in parts]))) == parts
    assert parts[0].holds("x", {"pupils": "1", "census": "2"})
    assert not parts[0].holds("x", {"pupils": "2"})
    assert not parts[0].holds("y", {"pupils": "1"})
