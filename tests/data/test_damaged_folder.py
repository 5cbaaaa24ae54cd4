"""Every planted fault is found once, with the right row and column, and nothing else is."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from afa_eval.codes.upn import check_letter
from afa_eval.data.checks import CHECKS
from afa_eval.data.records import Need

# Each damage changes the trust and returns what must be found: code, file, row, column.
Found = tuple[str, str, int | None, str]
DAMAGES: dict[str, Callable[[Any], Found]] = {}


def damage(plant: Callable[[Any], Found]) -> Callable[[Any], Found]:
    DAMAGES[plant.__name__] = plant
    return plant


@damage
def missing_file(trust: Any) -> Found:
    trust.sources["responses"] = "parent.csv"
    return "AFA101", "parent.csv", None, ""


@damage
def empty_file(trust: Any) -> Found:
    trust.rows["parents.csv"] = []
    return "AFA102", "parents.csv", None, ""


@damage
def headers_only(trust: Any) -> Found:
    trust.rows["parents.csv"] = trust.rows["parents.csv"][:1]
    return "AFA102", "parents.csv", None, ""


@damage
def header_on_line_4(trust: Any) -> Found:
    trust.rows["pupils.csv"][:0] = [["Pupil list"], [], ["Exported on 1 September"]]
    return "AFA201", "pupils.csv", 4, ""


@damage
def column_without_header(trust: Any) -> Found:
    trust.add("pupils.csv", "", ["x"] * 40)
    return "AFA202", "pupils.csv", 1, "J"


@damage
def repeated_header(trust: Any) -> Found:
    trust.add("pupils.csv", "FSM", ["N"] * 40)
    return "AFA203", "pupils.csv", 1, "FSM"


@damage
def ambiguous_header(trust: Any) -> Found:
    trust.header("pupils.csv")[3] = "SEN status"
    trust.add("pupils.csv", "SEN stage", ["N"] * 40)
    return "AFA204", "pupils.csv", 1, "SEN status"


@damage
def named_header_not_there(trust: Any) -> Found:
    trust.columns = {"pupils": {"la": "Borough"}}
    return "AFA205", "pupils.csv", 1, "Borough"


@damage
def row_too_long(trust: Any) -> Found:
    trust.rows["pupils.csv"][6].insert(1, "Smith")
    return "AFA206", "pupils.csv", 7, ""


@damage
def row_shifted_by_a_name(trust: Any) -> Found:
    trust.rows["pupils.csv"][0].insert(1, "Surname")
    for row in trust.rows["pupils.csv"][1:]:
        row.insert(1, "Smith")
    trust.rows["pupils.csv"][6].insert(1, "Jones")
    return "AFA213", "pupils.csv", 7, ""


@damage
def row_too_short(trust: Any) -> Found:
    del trust.rows["pupils.csv"][6][-1:]
    return "AFA206", "pupils.csv", 7, ""


@damage
def missing_table(trust: Any) -> Found:
    del trust.sources["responses"]
    return "AFA207", "", None, ""


@damage
def missing_column(trust: Any) -> Found:
    trust.header("attainment.csv")[2] = "reading_sumer"
    return "AFA208", "attainment.csv", 1, "reading_summer"


@damage
def missing_basic_column(trust: Any) -> Found:
    trust.drop("attendance.csv", "sessions_unauthorised")
    return "AFA208", "attendance.csv", 1, "sessions_unauthorised"


@damage
def missing_pupil_column(trust: Any) -> Found:
    trust.drop("attendance.csv", "pupil_id")
    trust.drop("attendance.csv", "term")
    return "AFA208", "attendance.csv", 1, "pupil_id"


@damage
def same_column_in_two_tables(trust: Any) -> Found:
    trust.add("attainment.csv", "Free school meals", ["N"] * 40)
    return "AFA209", "attainment.csv", 1, "Free school meals"


@damage
def no_pupil_identifier(trust: Any) -> Found:
    trust.put("attendance.csv", 9, "pupil_id", " ")
    return "AFA210", "attendance.csv", 9, "pupil_id"


@damage
def no_school(trust: Any) -> Found:
    trust.put("pupils.csv", 9, "URN", "")
    return "AFA210", "pupils.csv", 9, "URN"


@damage
def no_year(trust: Any) -> Found:
    trust.put("attendance.csv", 9, "year", "")
    return "AFA210", "attendance.csv", 9, "year"


@damage
def no_school_of_a_response(trust: Any) -> Found:
    trust.put("parents.csv", 9, "urn", "")
    return "AFA210", "parents.csv", 9, "urn"


@damage
def answers_without_any_school(trust: Any) -> Found:
    trust.drop("parents.csv", "urn")
    trust.needs = (*trust.needs, Need(table="responses", column="urn", role="the school", kind="id"))
    return "AFA208", "parents.csv", 1, "urn"


@damage
def repeated_pupil(trust: Any) -> Found:
    trust.rows["pupils.csv"].append(list(trust.rows["pupils.csv"][3]))
    return "AFA211", "pupils.csv", 42, "pupil_id"


@damage
def repeated_score(trust: Any) -> Found:
    trust.rows["attainment.csv"].append(list(trust.rows["attainment.csv"][3]))
    return "AFA211", "attainment.csv", 42, "pupil_id"


@damage
def repeated_enrolment(trust: Any) -> Found:
    trust.rows["attendance.csv"].insert(20, list(trust.rows["attendance.csv"][3]))
    return "AFA211", "attendance.csv", 21, "pupil_id"


@damage
def repeated_answer(trust: Any) -> Found:
    trust.rows["parents.csv"].append(list(trust.rows["parents.csv"][3]))
    return "AFA211", "parents.csv", 82, "respondent_id"


@damage
def unknown_sen_code(trust: Any) -> Found:
    trust.put("pupils.csv", 5, "SEN provision", "SEN?")
    return "AFA301", "pupils.csv", 5, "SEN provision"


@damage
def sen_code_of_another_time(trust: Any) -> Found:
    trust.put("pupils.csv", 5, "SEN provision", "P")
    return "AFA301", "pupils.csv", 5, "SEN provision"


@damage
def unknown_need(trust: Any) -> Found:
    trust.put("pupils.csv", 5, "Primary need", "SLS")
    return "AFA302", "pupils.csv", 5, "Primary need"


@damage
def need_of_another_time(trust: Any) -> Found:
    trust.put("pupils.csv", 5, "Primary need", "BESD")
    return "AFA302", "pupils.csv", 5, "Primary need"


@damage
def bare_year(trust: Any) -> Found:
    trust.put("attendance.csv", 30, "year", "2022")
    return "AFA303", "attendance.csv", 30, "year"


@damage
def unknown_year_group(trust: Any) -> Found:
    trust.put("pupils.csv", 30, "Year group", "Year 17")
    return "AFA304", "pupils.csv", 30, "Year group"


@damage
def neither_yes_nor_no(trust: Any) -> Found:
    trust.put("pupils.csv", 30, "FSM", "perhaps")
    return "AFA305", "pupils.csv", 30, "FSM"


@damage
def unknown_sex(trust: Any) -> Found:
    trust.put("pupils.csv", 31, "Sex", "2")
    return "AFA305", "pupils.csv", 31, "Sex"


@damage
def unknown_ethnicity(trust: Any) -> Found:
    trust.add("pupils.csv", "Ethnicity", ["WBRI", "WEUR", "Pakistani", "ZZZZ"] * 10)
    for row in range(2, 42):
        if trust.get("pupils.csv", row, "Ethnicity") == "ZZZZ" and row != 33:
            trust.put("pupils.csv", row, "Ethnicity", "")
    return "AFA307", "pupils.csv", 33, "Ethnicity"


@damage
def unknown_language(trust: Any) -> Found:
    trust.put("pupils.csv", 30, "EAL", "XQX")
    return "AFA305", "pupils.csv", 30, "EAL"


@damage
def unknown_wave(trust: Any) -> Found:
    trust.put("parents.csv", 31, "wave", "during")
    return "AFA305", "parents.csv", 31, "wave"


@damage
def unknown_respondent(trust: Any) -> Found:
    trust.put("parents.csv", 31, "respondent", "neighbour")
    return "AFA305", "parents.csv", 31, "respondent"


@damage
def score_that_is_no_number(trust: Any) -> Found:
    trust.put("attainment.csv", 12, "reading_summer", "about 90")
    return "AFA401", "attainment.csv", 12, "reading_summer"


@damage
def half_a_session(trust: Any) -> Found:
    trust.put("attendance.csv", 12, "sessions_authorised", "2.5")
    return "AFA401", "attendance.csv", 12, "sessions_authorised"


@damage
def failed_formula(trust: Any) -> Found:
    trust.put("attainment.csv", 12, "reading_summer", "#REF!")
    return "AFA402", "attainment.csv", 12, "reading_summer"


@damage
def lost_digits(trust: Any) -> Found:
    trust.put("pupils.csv", 12, "URN", "1.00E+05")
    return "AFA403", "pupils.csv", 12, "URN"


@damage
def school_number_with_decimals(trust: Any) -> Found:
    trust.put("pupils.csv", 13, "URN", trust.get("pupils.csv", 13, "URN") + ".0")
    return "AFA404", "pupils.csv", 13, "URN"


@damage
def score_outside_its_scale(trust: Any) -> Found:
    trust.put("attainment.csv", 14, "reading_summer", "994")
    return "AFA405", "attainment.csv", 14, "reading_summer"


@damage
def item_outside_its_scale(trust: Any) -> Found:
    trust.put("parents.csv", 14, "q1", "7")
    return "AFA405", "parents.csv", 14, "q1"


@damage
def answer_that_the_plan_does_not_name(trust: Any) -> Found:
    levels = tuple(sorted({row[4] for row in trust.rows["parents.csv"][1:] if row[4]}))
    trust.needs = (*trust.needs, Need(table="responses", column="relationship", role="the rating", values=levels))
    trust.put("parents.csv", 14, "relationship", levels[0] + "l")
    return "AFA409", "parents.csv", 14, "relationship"


@damage
def rating_in_words_of_no_known_order(trust: Any) -> Found:
    trust.needs = (*trust.needs, Need(table="responses", column="relationship", role="the rating", kind="rating"))
    return "AFA410", "parents.csv", 1, "relationship"


@damage
def items_in_words(trust: Any) -> Found:
    for row in trust.rows["parents.csv"][1:]:
        row[5] = ("Strongly disagree", "disagree", "neither", "agree", "4")[int(row[5]) - 1]
    return "AFA410", "parents.csv", 1, "q1"


@damage
def more_absent_than_possible(trust: Any) -> Found:
    trust.put("attendance.csv", 14, "sessions_authorised", "127")
    return "AFA406", "attendance.csv", 14, "sessions_possible"


@damage
def negative_sessions(trust: Any) -> Found:
    trust.put("attendance.csv", 14, "sessions_authorised", "-4")
    return "AFA406", "attendance.csv", 14, "sessions_authorised"


@damage
def blank_absence(trust: Any) -> Found:
    trust.put("attendance.csv", 14, "sessions_authorised", "")
    return "AFA406", "attendance.csv", 14, "sessions_authorised"


@damage
def outcome_without_variation(trust: Any) -> Found:
    for row in range(2, 42):
        trust.put("attainment.csv", row, "reading_summer", "100")
    return "AFA407", "attainment.csv", None, "reading_summer"


@damage
def pupil_not_listed(trust: Any) -> Found:
    trust.rows["attendance.csv"].append(["P9999", "100001", "2021/22", "Autumn", "126", "1", "1"])
    return "AFA501", "attendance.csv", 242, "pupil_id"


@damage
def school_not_listed(trust: Any) -> Found:
    trust.put("parents.csv", 8, "urn", "200000")
    return "AFA502", "parents.csv", 8, "urn"


@damage
def year_not_covered(trust: Any) -> Found:
    trust.rows["attendance.csv"] = [row for row in trust.rows["attendance.csv"] if row[2] != "2022/23"]
    return "AFA503", "attendance.csv", None, "year"


@damage
def former_upn_of_two_pupils(trust: Any) -> Found:
    trust.add("pupils.csv", "Former UPN", [""] * 38 + ["P0001", ""])  # P0001 is another pupil's now
    return "AFA504", "pupils.csv", 40, "Former UPN"


@damage
def upn_with_a_slip(trust: Any) -> Found:
    for file in ("pupils.csv", "attainment.csv", "attendance.csv"):
        for row in trust.rows[file][1:]:
            row[0] = upn_of(int(row[0][1:]))
    old, new = upn_of(9), upn_of(9)[:-1] + ("1" if upn_of(9)[-1] != "1" else "2")
    for file in ("pupils.csv", "attainment.csv", "attendance.csv"):
        for row in trust.rows[file][1:]:
            row[0] = new if row[0] == old else row[0]
    return "AFA606", "pupils.csv", 10, "pupil_id"


def upn_of(number: int) -> str:
    rest = f"80120001{number:04d}"
    return check_letter(rest) + rest


@damage
def no_baseline(trust: Any) -> Found:
    trust.put("attainment.csv", 8, "reading_autumn", "")
    return "AFA601", "attainment.csv", 8, "reading_autumn"


@damage
def baseline_below_the_test(trust: Any) -> Found:
    trust.put("attainment.csv", 8, "reading_autumn", "B")
    return "AFA601", "attainment.csv", 8, "reading_autumn"


@damage
def no_row_for_a_pupil(trust: Any) -> Found:
    del trust.rows["attainment.csv"][8]
    return "AFA601", "attainment.csv", None, "reading_autumn"


@damage
def one_school(trust: Any) -> Found:
    for file, column in (("pupils.csv", "URN"), ("attendance.csv", "urn"), ("parents.csv", "urn")):
        for row in range(2, len(trust.rows[file]) + 1):
            trust.put(file, row, column, "100001")
    return "AFA602", "pupils.csv", None, "URN"


@damage
def unusual_identifier(trust: Any) -> Found:
    for file in ("pupils.csv", "attainment.csv", "attendance.csv"):
        for row in range(2, len(trust.rows[file]) + 1):
            if trust.get(file, row, "pupil_id") == "P0009":
                trust.put(file, row, "pupil_id", "P00009X")
    return "AFA603", "pupils.csv", 10, "pupil_id"


@damage
def school_number_is_no_urn(trust: Any) -> Found:
    for file, column in (("pupils.csv", "URN"), ("parents.csv", "urn"), ("attendance.csv", "urn")):
        if file == "attendance.csv":
            trust.drop(file, column)
        elif file == "pupils.csv":
            trust.put(file, 2, column, "Oak School")
    return "AFA604", "pupils.csv", 2, "URN"


@damage
def too_many_sessions(trust: Any) -> Found:
    trust.put("attendance.csv", 8, "sessions_possible", "1260")
    return "AFA605", "attendance.csv", 8, "sessions_possible"


@damage
def no_possible_sessions(trust: Any) -> Found:
    trust.put("attendance.csv", 8, "sessions_possible", "")
    return "AFA605", "attendance.csv", 8, "sessions_possible"


@damage
def outcome_code_of_another_year(trust: Any) -> Found:
    trust.put("attainment.csv", 5, "reading_summer", "PKF")
    return "AFA607", "attainment.csv", 5, "reading_summer"


@damage
def p_scale_among_levels(trust: Any) -> Found:
    trust.add("attainment.csv", "writing", ["2b", "3", "W", "1"] * 10)
    trust.put("attainment.csv", 9, "writing", "P4")
    return "AFA608", "attainment.csv", 9, "writing"


def raw_file(content: bytes) -> Callable[[Any], Found]:
    def plant(trust: Any) -> Found:
        trust.write()
        del trust.rows["parents.csv"]
        (trust.folder / "parents.csv").write_bytes(content)
        return "AFA103", "parents.csv", None, ""

    return plant


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("parents.csv", "respondent,wave\nparent,before\n")
    return buffer.getvalue()


DAMAGES["zip_named_csv"] = raw_file(zipped())
DAMAGES["binary_rubbish"] = raw_file(bytes((number * 197 + number // 7) % 256 for number in range(5000)))
DAMAGES["pdf_named_csv"] = raw_file(b"%PDF-1.7 and so on")


@damage
def quote_never_closed(trust: Any) -> Found:
    trust.write()
    text = (trust.folder / "parents.csv").read_bytes().replace(b"poor", b'"poor', 1)
    del trust.rows["parents.csv"]
    (trust.folder / "parents.csv").write_bytes(text)
    return "AFA107", "parents.csv", 4, ""


@damage
def mixed_encodings(trust: Any) -> Found:
    trust.add("pupils.csv", "Comment", ["ok"] * 40)
    trust.write()
    content = (trust.folder / "pupils.csv").read_bytes()
    content = content.replace(b"ok", "caf\u00e9".encode(), 1).replace(b"ok", "caf\u00e9".encode("cp1252"), 1)
    del trust.rows["pupils.csv"]
    (trust.folder / "pupils.csv").write_bytes(content)
    return "AFA108", "pupils.csv", None, ""


@damage
def file_outside_the_folder(trust: Any) -> Found:
    trust.write()
    (trust.folder / "parents.csv").rename(trust.folder.parent / f"{trust.folder.name}-parents.csv")
    del trust.rows["parents.csv"]
    trust.sources["responses"] = f"../{trust.folder.name}-parents.csv"
    return "AFA109", f"../{trust.folder.name}-parents.csv", None, ""


def test_a_folder_in_order_has_no_fault(trust: Any) -> None:
    loaded = trust.load()
    assert loaded.faults == ()
    assert loaded.tables.pupils is not None
    assert len(loaded.tables.pupils) == 40


@pytest.mark.parametrize("name", DAMAGES)
def test_each_damage_is_found_once_and_nothing_else(trust: Any, name: str) -> None:
    expected = DAMAGES[name](trust)
    found = [(fault.code, fault.file, fault.row, fault.column) for fault in trust.load().faults]
    assert found == [expected]


def test_every_check_is_planted_or_tested_elsewhere(tmp_path: Path, new_trust: Callable[[Path], Any]) -> None:
    # size limits and sheets: test_text, test_workbook; marks: test_register
    elsewhere = {"AFA104", "AFA105", "AFA106", "AFA212", "AFA306", "AFA408", "AFA609"}
    planted = set()
    for name, plant in DAMAGES.items():
        folder = tmp_path / name
        folder.mkdir()
        planted.add(plant(new_trust(folder))[0])
    assert {check.code for check in CHECKS} == planted | elsewhere


def test_many_damages_at_once_are_all_found_in_one_run(trust: Any) -> None:
    together = [
        "unknown_sen_code", "unknown_need", "neither_yes_nor_no", "unknown_year_group", "unknown_sex", "bare_year",
        "score_that_is_no_number", "score_outside_its_scale", "no_baseline", "more_absent_than_possible",
        "half_a_session", "unknown_wave", "school_not_listed", "school_number_with_decimals", "too_many_sessions",
        "repeated_pupil", "repeated_answer", "pupil_not_listed",
    ]  # fmt: skip
    # two of them plant in one cell's row only where that does not hide the other
    trust.put("pupils.csv", 6, "Primary need", "SLS")
    expected = {DAMAGES[name](trust) for name in together if name != "unknown_need"}
    expected.add(("AFA302", "pupils.csv", 6, "Primary need"))
    found = [(fault.code, fault.file, fault.row, fault.column) for fault in trust.load().faults]
    assert len(found) == len(set(found))
    assert set(found) == expected
