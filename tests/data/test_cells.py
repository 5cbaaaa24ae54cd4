"""From text to canonical values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afa_eval.data.cells import DATED, KINDS, as_number, understand


def one(text: str, kind: str, year: str = ""):
    meant = understand([text], kind, year)
    cell = meant.special.get(0)
    return meant.values[0], (cell.fault if cell else ""), bool(cell and cell.repaired), (cell.reason if cell else None)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        (" P1 ", "id", "P1"),
        ("0301234", "school", "0301234"),
        ("2021/22", "year", "202122"),
        ("2021-2022", "year", "202122"),
        ("Year 7", "year_group", 7),
        ("Y7", "year_group", 7),
        ("07", "year_group", 7),
        ("7.0", "year_group", 7),
        ("R", "year_group", 0),
        ("Reception", "year_group", 0),
        ("N1", "year_group", -2),
        ("n2", "year_group", -1),
        ("X", "year_group", None),
        ("k", "sen_provision", "K"),
        ("SEN support / SEN without an EHC plan", "sen_provision", "K"),
        ("Education, health and care plan", "sen_provision", "E"),
        ("No SEN provision", "sen_provision", "N"),
        ("slcn", "need", "SLCN"),
        ("Y", "fsm", "yes"),
        ("0", "fsm", "no"),
        ("1.0", "fsm", "yes"),
        ("ENG", "eal", "no"),
        ("2_OTH", "eal", "yes"),
        ("Known or believed to be other than English", "eal", "yes"),
        ("First language unclassified", "eal", None),
        ("URD", "eal", "yes"),
        ("PNJA", "eal", "yes"),
        ("ENB", "eal", "no"),
        ("NOT", "eal", None),
        ("WENG", "ethnicity", "WBRI"),
        ("Asian - Pakistani", "ethnicity", "APKN"),
        ("WHIT", "ethnicity", "WHIT"),
        ("2b", "level", 15.0),
        ("-1", "year_group", -1),
        ("M", "year_group", None),
        ("4_UNCL", "sen_provision", None),
        ("2_SNS", "sen_provision", "K"),
        ('="0301234"', "school", "0301234"),
        ("Female", "sex", "F"),
        ("control", "cohort", "comparison"),
        ("State-funded secondary", "phase", "secondary"),
        ("Pre", "wave", "before"),
        ("Wave 3", "wave", "3"),
        ("2.0", "wave", "2"),
        ("Aut", "term", "autumn"),
        ("HT1", "term", "ht1"),
        ("Carer", "respondent", "parent"),
        ("378", "sessions", 378),
        ("378.0", "sessions", 378),
        ("-4", "sessions", -4),
        ("98.5", "score", 98.5),
        ("1e2", "score", 100.0),
        ("", "score", None),
        ("  ", "sex", None),
        ("NA", "word", "NA"),
        ("None", "id", "None"),
    ],
)
def test_understood(text: str, kind: str, value: object) -> None:
    assert one(text, kind) == (value, "", False, None)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("SLS", "need"),
        ("X", "sen_provision"),
        ("2022", "year"),
        ("202124", "year"),
        ("15", "year_group"),
        ("Year", "year_group"),
        ("maybe", "fsm"),
        ("ENGX", "eal"),
        ("XQX", "eal"),
        ("WXYZ", "ethnicity"),
        ("2d", "level"),
        ("1", "sex"),
        ("2.5", "sessions"),
        ("1e400", "score"),
        ("about 90", "score"),
        ("1_000", "score"),
        ("12,5", "score"),
        ("inf", "score"),
        ("٣", "sessions"),
    ],
)
def test_refused(text: str, kind: str) -> None:
    assert one(text, kind) == (None, "unknown", False, None)


def test_damage_of_spreadsheets() -> None:
    assert one("123456.0", "school") == ("123456", "", True, None)
    assert one("8.01E+12", "id") == (None, "digits", False, None)
    assert one("#N/A", "score") == (None, "formula", False, None)
    assert one("#REF!", "word") == (None, "formula", False, None)
    assert one("A1.5", "id") == ("A1.5", "", False, None)


def test_a_code_belongs_to_its_time() -> None:
    assert one("P", "sen_provision", "201213")[0] == "P"
    assert one("P", "sen_provision", "202122")[1] == "year"
    assert one("BESD", "need", "201213")[0] == "BESD"
    assert one("BESD", "need", "202122")[1] == "year"


def test_a_major_group_of_npd_is_of_every_year() -> None:
    assert one("2_SNS", "sen_provision", "201213") == ("K", "", False, None)
    assert one("3_SS", "sen_provision", "202122") == ("E", "", False, None)


def test_why_there_is_no_score() -> None:
    assert one("B", "score") == (None, "", False, "working below")
    assert one("absent", "score")[3] == "absent"


@given(
    st.text(max_size=12), st.sampled_from([*KINDS, *DATED, "fsm", "eal", "sex", "cohort", "phase", "respondent", "sen"])
)
def test_any_text_is_a_value_a_blank_or_a_fault(text: str, kind: str) -> None:
    value, fault, _, reason = one(text, kind)
    assert value is None or (fault == "" and reason is None)
    assert isinstance(value, str | int | float | None)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_come_back_at_full_precision(number: float) -> None:
    assert as_number(repr(number)) == number
