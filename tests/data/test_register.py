"""A register of marks among a plan's files: counted, checked and linked like any attendance table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from afa_eval.data.loading import load
from afa_eval.data.readers import read
from afa_eval.data.records import Need
from afa_eval.data.text import LONGEST_LINE

NEEDS = (Need(table="attendance", column="sessions_possible", role="sessions", kind="sessions"),)
PUPILS = "UPN,URN,Year group,SEN provision\nA,100001,11,K\nB,100002,7,N\n"


def days(pupil: str, urn: str, first: str, codes: str) -> list[str]:
    dates = pd.bdate_range(first, periods=len(codes))
    return [
        f"{pupil},{urn},{day:%d/%m/%Y},{half},{code}"
        for day, code in zip(dates, codes, strict=True)
        for half in ("AM", "PM")
    ]


def lines() -> list[str]:
    rows = ["UPN,URN,Date,Session,Mark"]
    for pupil, urn in (("A", "100001"), ("B", "100002")):
        rows += (
            days(pupil, urn, "2021-09-06", "//I//")
            + days(pupil, urn, "2022-06-06", "IIIII")
            + days(pupil, urn, "2022-09-05", "/O///")
        )
    return rows


def loaded(folder: Path, rows: list[str], **more: Any) -> Any:
    (folder / "pupils.csv").write_text(PUPILS)
    (folder / "marks.csv").write_text("\n".join(rows) + "\n")
    files = {"pupils": "pupils.csv", "attendance": "marks.csv"}
    return load(files, needs=NEEDS, before="202122", after="202223", folder=folder, **more)


def test_marks_become_the_attendance_table_of_each_year_as_dfe_counts(tmp_path: Path) -> None:
    found = loaded(tmp_path, lines())
    assert [fault.code for fault in found.faults if fault.severity == "error"] == []
    table = found.tables.attendance[
        ["pupil_id", "year", "sessions_possible", "sessions_authorised", "sessions_unauthorised"]
    ]
    assert table.sort_values(["pupil_id", "year"]).to_numpy().tolist() == [
        ["A", "202122", 10, 2, 0],  # Year 11: 15 years old, without the sixth half-term
        ["A", "202223", 10, 0, 2],
        ["B", "202122", 20, 12, 0],
        ["B", "202223", 10, 0, 2],
    ]
    assert found.tables.attendance["sessions_illness"].sum() == 14


def test_a_file_of_marks_alone_is_told_from_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    path.write_text("\n".join(lines()))
    frame = read(path)
    assert frame["sessions_possible"].sum() == 60
    excel = tmp_path / "marks.xlsx"
    pd.DataFrame([row.split(",") for row in lines()[1:]], columns=lines()[0].split(",")).to_excel(excel, index=False)
    pd.testing.assert_frame_equal(read(excel), frame)


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        ("A,100001,04/10/2021,AM,QQ", "AFA306", "Mark"),
        ("A,100001,04/10/2021,AM,J1", "AFA306", "Mark"),
        ("A,100001,32/10/2021,AM,/", "AFA408", "Date"),
        ("A,100001,04/10/2021,noon,/", "AFA408", "Session"),
        ("A,100001,06/09/2021,AM,I", "AFA212", "Date"),
        ("Z,100001,04/10/2021,AM,/", "AFA501", "UPN"),
    ],
)
def test_each_fault_of_a_mark_has_its_row_and_column(tmp_path: Path, row: str, code: str, column: str) -> None:
    rows = lines()
    rows.insert(30, row)
    found = [(fault.code, fault.file, fault.row, fault.column) for fault in loaded(tmp_path, rows).faults]
    assert found == [(code, "marks.csv", 31, column)]


def test_marks_whose_meaning_is_not_settled_are_asked_about_and_counted(tmp_path: Path) -> None:
    rows = [lines()[0], *days("A", "100001", "2012-09-03", "/" * 6 + "Ff")]
    found = loaded(tmp_path, rows)
    (query,) = [fault for fault in found.faults if fault.code == "AFA609"]
    assert (query.severity, query.count, query.rows, query.column) == ("query", 4, (14, 15, 16, 17), "Mark")
    assert "is counted as authorised" in query.message
    assert found.tables.attendance["sessions_authorised"].tolist() == [4]


def test_many_marks_with_one_unknown_code_are_one_fault(tmp_path: Path) -> None:
    rows = lines() + days("A", "100001", "2021-11-01", "q" * 20)
    (fault,) = loaded(tmp_path, rows).faults
    assert (fault.code, fault.count, fault.row) == ("AFA306", 40, len(lines()) + 1)


OWN = {"pupil_id": "Child", "urn": "Place", "date": "Day of week", "session": "Half", "code": "What"}


def test_the_plan_names_the_columns_of_a_register(tmp_path: Path) -> None:
    plain = loaded(tmp_path, lines()).tables.attendance
    found = loaded(tmp_path, [",".join(OWN.values()), *lines()[1:]], columns={"attendance": OWN})
    assert found.faults == ()
    pd.testing.assert_frame_equal(found.tables.attendance, plain)


@pytest.mark.parametrize(
    ("header", "told", "fault"),
    [
        ("UPN,URN,Date,AM/PM,Mark,Session name", {}, ("AFA204", 1, "AM/PM")),
        ("UPN,URN,Date,AM/PM,Mark,Session name", {"session": "AM/PM"}, None),
        ("UPN,URN,Date,Half,Mark,Note", {"session": "Halb"}, ("AFA205", 1, "Halb")),
        ("UPN,URN,Date,Session,Mark,Note", {"session": "Halb"}, ("AFA205", 1, "Halb")),
        ("Kind,URN,Date,Session,Mark,Note", {}, ("AFA208", 1, "pupil_id")),
    ],
)
def test_what_is_doubtful_in_a_register_is_told_alone(
    tmp_path: Path, header: str, told: dict[str, str], fault: tuple[str, int, str] | None
) -> None:
    rows = [header, *(f"{row},{row.split(',')[3]}" for row in lines()[1:])]
    found = loaded(tmp_path, rows, columns={"attendance": told}).faults
    assert [(each.code, each.row, each.column) for each in found] == ([fault] if fault else [])


def test_a_register_that_cannot_be_read_is_a_fault_among_others(tmp_path: Path) -> None:
    rows = [*lines(), "A,100001,06/12/2022,AM," + "I" * (LONGEST_LINE + 2)]
    (tmp_path / "other.csv").write_text("")
    found = loaded(tmp_path, rows)
    assert [(each.code, each.file, each.row) for each in found.faults] == [("AFA104", "marks.csv", None)]
    files = {"pupils": "other.csv", "attendance": "marks.csv"}
    assert [each.code for each in load(files, needs=NEEDS, folder=tmp_path).faults] == ["AFA102", "AFA104"]


def test_of_two_registers_each_may_have_its_own_headers(tmp_path: Path) -> None:
    half = len(lines()) // 2
    plain = loaded(tmp_path, lines()).tables.attendance
    (tmp_path / "a.csv").write_text("\n".join(lines()[: half + 1]))
    (tmp_path / "b.csv").write_text("\n".join([",".join(OWN.values()), *lines()[half + 1 :]]))
    files = {"pupils": "pupils.csv", "attendance": ["a.csv", "b.csv"]}
    found = load(files, needs=NEEDS, before="202122", after="202223", folder=tmp_path, columns={"attendance": OWN})
    assert found.faults == ()
    assert found.tables.attendance["sessions_possible"].sum() == plain["sessions_possible"].sum()
