"""What stands in many rows is said once, and no remedy leads to another mistake."""

from __future__ import annotations

from typing import Any

import pytest

from afa_eval.data.records import Need


def test_a_missing_column_is_never_mended_by_one_read_as_something_else(trust: Any) -> None:
    trust.drop("attendance.csv", "sessions_possible")
    (fault,) = [fault for fault in trust.load().faults if fault.column == "sessions_possible"]
    assert "Did you mean" not in fault.fix
    assert "sessions_authorised" not in fault.fix
    assert "Export the file again" in fault.fix


def test_a_spare_column_is_still_suggested(trust: Any) -> None:
    header = trust.header("attendance.csv")
    header[header.index("sessions_possible")] = "sessions_posible"
    (fault,) = [fault for fault in trust.load().faults if fault.column == "sessions_possible"]
    assert "Did you mean 'sessions_posible'?" in fault.fix


@pytest.mark.parametrize(("role", "offered"), [("the outcome", True), ("a covariate", False)])
def test_the_plan_may_mean_a_column_again_in_the_same_role_only(trust: Any, role: str, offered: bool) -> None:
    trust.needs = (*trust.needs, Need(table="attainment", column="reading_sumer", role=role, kind="score"))
    (fault,) = [fault for fault in trust.load().faults if fault.column == "reading_sumer"]
    assert ("'reading_summer'" in fault.fix) is offered


def test_a_header_named_in_the_plan_is_not_mended_by_one_read_as_something_else(trust: Any) -> None:
    trust.columns = {"attendance": {"la": "session_possible"}}
    (fault,) = [fault for fault in trust.load().faults if fault.code == "AFA205"]
    assert "Did you mean" not in fault.fix


def test_decimal_school_numbers_of_a_file_are_one_query(trust: Any) -> None:
    for row in range(2, 42):
        trust.put("pupils.csv", row, "URN", trust.get("pupils.csv", row, "URN") + ".0")
    (fault,) = trust.load().faults
    assert (fault.code, fault.severity, fault.count, fault.rows) == ("AFA404", "query", 40, tuple(range(2, 42)))
    assert "40 rows" in fault.message
    assert "Alike: '100002.0', '100003.0' and 1 more" in fault.message


def test_pupils_who_are_not_listed_are_one_query_without_their_numbers(trust: Any) -> None:
    for row in range(2, 14):
        trust.put("attendance.csv", row, "pupil_id", f"Z{row}99")
    (fault,) = trust.load().faults
    assert (fault.code, fault.count, fault.rows) == ("AFA501", 12, tuple(range(2, 14)))
    assert fault.message.startswith("In 12 rows the pupil is not in the pupils table")
    assert "99" not in fault.message + fault.value + fault.fix


def test_blank_possible_sessions_are_one_query(trust: Any) -> None:
    for row in (5, 9, 30):
        trust.put("attendance.csv", row, "sessions_possible", "")
    (fault,) = trust.load().faults
    assert (fault.rows, fault.message) == ((5, 9, 30), "Possible sessions are blank in 3 rows, left out as DfE does.")


def test_only_pupils_on_roll_in_its_year_can_lack_a_baseline(trust: Any) -> None:
    """Ten of forty were there in the first year only, five of them without a row or a score: none of those lacks it."""
    years = ["2021/22"] * 10 + ["2022/23"] * 30
    trust.add("pupils.csv", "Academic year", years)
    del trust.rows["attainment.csv"][2:4]
    trust.put("attainment.csv", 4, "reading_autumn", "")
    trust.put("attainment.csv", 30, "reading_autumn", "")
    trust.needs = (Need(table="attainment", column="reading_autumn", role="the baseline", kind="score", year="202223"),)
    (fault,) = trust.load().faults
    assert (fault.code, fault.rows) == ("AFA601", (30,))
    assert fault.message.startswith("1 of 30 pupils on roll in 2022/23 has no score")


def test_a_repeated_pupil_is_told_with_the_row_it_repeats(trust: Any) -> None:
    trust.rows["pupils.csv"].append(list(trust.rows["pupils.csv"][4]))
    (fault,) = trust.load().faults
    assert (fault.code, fault.row) == ("AFA211", 42)
    assert "already stands in row 5" in fault.message


def test_many_repeated_pupils_are_one_line_with_the_first_pairs(trust: Any) -> None:
    trust.rows["pupils.csv"] += [list(row) for row in trust.rows["pupils.csv"][1:26]]
    (fault,) = trust.load().faults
    assert fault.count == 25
    assert "(row 42 repeats row 2, row 43 repeats row 3, row 44 repeats row 4 and 22 more)" in fault.message


@pytest.mark.parametrize(("times", "lines"), [(20, 20), (21, 1)])
def test_more_than_twenty_alike_become_one_line(trust: Any, times: int, lines: int) -> None:
    for row in range(2, 2 + times):
        trust.put("pupils.csv", row, "URN", "")
    faults = [fault for fault in trust.load().faults if fault.code == "AFA210"]
    assert (len(faults), sum(fault.count for fault in faults)) == (lines, times)
    assert sorted(row for fault in faults for row in fault.rows) == list(range(2, 2 + times))


def test_alike_faults_become_one_line_with_all_rows(trust: Any) -> None:
    for row in range(2, 32):
        trust.put("pupils.csv", row, "SEN provision", "SLS")
    (fault,) = trust.load().faults
    assert (fault.count, fault.row, fault.rows, fault.value) == (30, 2, tuple(range(2, 32)), "SLS")


def test_many_different_values_become_one_line_with_examples(trust: Any) -> None:
    for row in range(2, 32):
        trust.put("attainment.csv", row, "reading_summer", str(500 + row))
    (fault,) = trust.load().faults
    assert fault.value == "502, 503, 504 and 27 more"
    assert fault.count == 30


def test_identifiers_are_masked(trust: Any) -> None:
    trust.rows["pupils.csv"].append(list(trust.rows["pupils.csv"][3]))
    (fault,) = trust.load().faults
    assert fault.value == "P****"
    assert "P0003" not in fault.message


def test_upns_that_slipped_into_another_column_are_masked(trust: Any) -> None:
    trust.put("pupils.csv", 4, "SEN provision", "H801200001001")
    (fault,) = trust.load().faults
    assert "801200001001" not in fault.value + fault.message
