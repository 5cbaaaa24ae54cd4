"""Which header means which column?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from afa_eval.data.headers import aliases, left_out, resolve
from afa_eval.data.names import plain, stripped
from afa_eval.data.raw import RawTable
from afa_eval.data.records import TABLE_NAMES
from afa_eval.data.written import Written


def raw(*headers: str, cells: dict[str, list[str]] | None = None) -> RawTable:
    columns = tuple(Written.of((cells or {}).get(header, ["x"])) for header in headers)
    return RawTable(file="t.csv", path=Path("t.csv"), headers=headers, columns=columns, rows=np.array([2]))


GIAP = ("PupilMatchingRef", "AcademicYear", "URN", "UPN", "FormerUPN", "Surname", "Sex", "DOB", "NCyearActual")
GIAP_STATUS = ("SENprovision", "PrimarySENtype", "SecondarySENtype", "FSMeligible", "Language")


def test_the_pupil_download_is_understood_and_names_are_dropped() -> None:
    heading = resolve(raw(*GIAP, *GIAP_STATUS), "pupils")
    assert set(heading.columns) == {
        "pupil_id", "former_upn", "year", "urn", "sex", "year_group", "sen_provision", "primary_need", "secondary_need",
        "fsm", "eal",
    }  # fmt: skip
    assert heading.columns["pupil_id"] == 3  # the UPN: the school's other files have no matching reference
    assert set(heading.left_out) == {"PupilMatchingRef", "Surname", "DOB"}


@pytest.mark.parametrize(
    "headers",
    [
        ("Forename", "Surname", "UPN", "Year", "Reg"),
        ("First name", "Last name", "UPN", "Year group", "Registration form"),
        ("FirstName", "LastName", "UPN", "YearGroup", "Form"),
    ],
)
def test_exports_of_three_systems(headers: tuple[str, ...]) -> None:
    heading = resolve(raw(*headers, cells={"Year": ["Year 7"]}), "pupils")
    assert (heading.columns["pupil_id"], heading.columns["year_group"]) == (2, 3)
    assert len(heading.left_out) == 2


def test_national_extracts_with_term_and_year_in_the_header() -> None:
    heading = resolve(
        raw("PupilMatchingRefAnonymous_SPR14", "SENprovision_SPR14", "KS4_P8SCORE"), "pupils", wanted=["P8SCORE"]
    )
    assert heading.columns == {"pupil_id": 0, "sen_provision": 1, "P8SCORE": 2}


@pytest.mark.parametrize(
    ("cells", "meant"), [(["K", "E", "N"], "sen_provision"), (["SLCN", "K"], "primary_need"), ([""], "primary_need")]
)
def test_a_type_of_sen_is_of_provision_or_of_need_by_its_cells(cells: list[str], meant: str) -> None:
    assert resolve(raw("UPN", "KS2_SENTYPE", cells={"KS2_SENTYPE": cells}), "attainment").columns[meant] == 1


def test_two_censuses_in_one_file_are_ambiguous_and_both_are_named() -> None:
    heading = resolve(raw("UPN", "SENprovision_SPR14", "SENprovision_SPR15"), "pupils")
    assert heading.ambiguous == (("sen_provision", ("SENprovision_SPR14", "SENprovision_SPR15")),)
    assert "sen_provision" not in heading.columns


def test_the_plan_overrules() -> None:
    heading = resolve(raw("UPN", "SEN status", "SEN stage"), "pupils", told={"sen_provision": "SEN stage"})
    assert heading.columns["sen_provision"] == 2
    assert not heading.ambiguous


def test_a_header_that_the_plan_names_in_vain_is_told() -> None:
    assert resolve(raw("UPN"), "pupils", told={"urn": "School"}).unmapped == (("urn", "School"),)


def test_urn_wins_over_laestab_and_a_school_s_name() -> None:
    assert resolve(raw("School", "LAESTAB", "URN"), "pupils").columns["urn"] == 2
    assert resolve(raw("School", "LAESTAB"), "pupils").columns["urn"] == 1


def test_the_plan_s_own_names_are_found_however_written() -> None:
    heading = resolve(
        raw("pupil_id", "Reading Autumn", "KS2_READSCORE"), "attainment", wanted=["reading_autumn", "READSCORE"]
    )
    assert heading.columns == {"pupil_id": 0, "reading_autumn": 1, "READSCORE": 2}


@pytest.mark.parametrize(
    ("cells", "means"),
    [(["K", "N"], "sen_provision"), (["none", "any"], "sen"), (["Y", "N"], "sen"), (["N"], "sen_provision")],
)
def test_a_column_headed_sen_is_told_by_its_cells(cells: list[str], means: str) -> None:
    assert means in resolve(raw("UPN", "SEN", cells={"SEN": cells}), "pupils").columns


@pytest.mark.parametrize(("cells", "means"), [(["7", "R"], "year_group"), (["2021/22"], "year"), (["202122"], "year")])
def test_a_column_headed_year_is_told_by_its_cells(cells: list[str], means: str) -> None:
    assert means in resolve(raw("UPN", "Year", cells={"Year": cells}), "pupils").columns


def test_columns_full_of_upns_are_dropped_whatever_they_are_called() -> None:
    heading = resolve(raw("pupil_id", "Old number", cells={"Old number": ["H801200001001", ""]}), "pupils")
    assert heading.left_out == ("Old number",)


@pytest.mark.parametrize("table", TABLE_NAMES)
def test_no_alias_means_two_columns_of_a_table(table: str) -> None:
    seen: dict[str, str] = {}
    for name, words in aliases(table).items():
        for word in words:
            assert seen.setdefault(word, name) == name, word


def test_what_is_left_out_is_no_column_but_upns() -> None:
    words = {word for table in TABLE_NAMES for group in aliases(table).values() for word in group}
    assert words & left_out() == {
        "upn",
        "uniquepupilnumber",
        "formerupn",
        "pupilmatchingref",
        "pupilmatchingrefanonymous",
    }


def test_compared_forms() -> None:
    assert plain(" FSM - eligible? ") == "fsmeligible"
    assert stripped("ABS_SessionsPossible_ab17") == "sessionspossible"
