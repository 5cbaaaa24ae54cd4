"""Group labels say who is meant, and find exactly those rows."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from afa_eval.designs.groups import group_labels, members, parse, texts, with_phase
from afa_eval.errors import ColumnNotFound, PlanError

PUPILS = pd.DataFrame(
    {
        "sen": ["any", "none", "any", None],
        "sen_provision": ["K", "N", "E", None],
        "fsm": ["yes", "no", "no", "yes"],
        "year_group": pd.array([7, 6, 10, None], dtype="Int64"),
    }
)


def test_labels_come_in_reading_order():
    labels = group_labels(PUPILS, ["sen_provision", "year_group", "sen_provision & fsm"], "sen=any")
    assert labels[:2] == ("all", "sen=any")
    assert labels[2:5] == ("sen_provision=N", "sen_provision=K", "sen_provision=E")
    assert labels[5:8] == ("year_group=6", "year_group=7", "year_group=10")
    assert labels[8:] == (
        "sen_provision=N & fsm=no",
        "sen_provision=K & fsm=yes",
        "sen_provision=E & fsm=no",
    )


def test_a_focus_that_no_one_is_in_is_not_named():
    assert group_labels(PUPILS, [], "sen=other") == ("all",)
    assert group_labels(PUPILS, [], "nothing=here") == ("all",)


def test_members_are_those_rows_and_missing_is_in_none():
    assert list(members(PUPILS, "all")) == [True] * 4
    assert list(members(PUPILS, "sen=any & fsm=no")) == [False, False, True, False]
    assert list(members(PUPILS, "year_group=7")) == [True, False, False, False]


@given(st.lists(st.sampled_from(["K", "N", "E", None]), min_size=1, max_size=30))
def test_the_groups_of_a_column_part_the_known_rows(codes):
    frame = pd.DataFrame({"sen_provision": pd.Series(codes, dtype=object)})
    labels = group_labels(frame, ["sen_provision"])[1:]
    counts = sum(members(frame, label).astype(int) for label in labels) if labels else pd.Series(0, index=frame.index)
    assert (counts == frame["sen_provision"].notna().astype(int)).all()


def test_a_missing_column_is_named_with_the_nearest():
    with pytest.raises(ColumnNotFound, match="Did you mean 'sen_provision'"):
        members(PUPILS, "sen_provison=K")
    with pytest.raises(ColumnNotFound, match="a subgroup in `by`"):
        group_labels(PUPILS, ["ethnicity"])


def test_what_is_no_group_is_refused():
    with pytest.raises(PlanError, match="column=value"):
        parse("sen_provision")


def test_whole_numbers_are_written_without_a_point():
    assert list(texts(pd.Series([7.0, 10.0]))) == ["7", "10"]
    assert texts(pd.Series([7.0, None])).isna().tolist() == [False, True]


def test_phase_follows_the_year_group_unless_given():
    assert with_phase(PUPILS)["phase"].tolist()[:3] == ["secondary", "primary", "secondary"]
    given_phase = PUPILS.assign(phase=["special", None, None, None])
    assert with_phase(given_phase)["phase"].tolist()[:3] == ["special", "primary", "secondary"]
    assert "phase" not in with_phase(PUPILS.drop(columns="year_group"))
