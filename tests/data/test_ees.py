"""Data files of the statistics service read with their meta file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import afa_eval as ae

File = Callable[..., Path]
HEAD = "time_period,time_identifier,geographic_level,country_code,country_name,old_la_code,sen_status,enrolments,pa_percent"
ROWS = (
    "202122,Academic year,National,E92000001,England,,Total,6200,22.5",
    "202122,Academic year,Local authority,E92000001,England,001,Any SEN,c,low",
)
META = "col_name,col_type,label,indicator_grouping,indicator_unit,indicator_dp,filter_hint,filter_grouping_column\nsen_status,Filter,SEN status,,,,,\nenrolments,Indicator,Number of enrolments,,,0,,\npa_percent,Indicator,Persistent absentees,,%,1,,\n"


def data(csv_file: File, *rows: str, meta: str | None = META, head: str = HEAD) -> Path:
    if meta is not None:
        csv_file(meta, "absence.meta.csv")
    return csv_file("\n".join([head, *rows]) + "\n", "absence.csv")


def test_figures_symbols_and_units(csv_file: File) -> None:
    frame = ae.read(data(csv_file, *ROWS))
    assert frame["time_period"].tolist() == ["202122"] * 2
    assert frame["old_la_code"].tolist() == ["", "001"]  # leading zeros survive
    assert frame["enrolments"].tolist()[0] == 6200.0
    assert frame["pa_percent"].isna().tolist() == [False, True]
    assert frame[["enrolments_symbol", "pa_percent_symbol"]].to_numpy().tolist() == [["", ""], ["c", "low"]]
    assert frame.attrs["units"] == {"enrolments": "", "pa_percent": "%"}
    assert frame.attrs["labels"]["sen_status"] == "SEN status"


def test_without_a_meta_file_units_are_said_to_be_unknown(csv_file: File) -> None:
    with pytest.warns(UserWarning, match=r"no meta file \(absence\.meta\.csv\)"):
        frame = ae.read(data(csv_file, *ROWS, meta=None))
    assert pd.api.types.is_numeric_dtype(frame["pa_percent"])
    assert frame["sen_status"].tolist() == ["Total", "Any SEN"]
    assert frame.attrs["units"] == {}


def test_every_wrong_cell_and_missing_column_is_said_at_once(csv_file: File) -> None:
    wrong = ROWS[0].replace("22.5", "22,5%").replace("22,5%", "about 22")
    head = HEAD.replace("country_code", "country")
    with pytest.raises(ae.DataError) as caught:
        ae.read(data(csv_file, ROWS[0], wrong, head=head))
    found = [(fault.code, fault.row, fault.column) for fault in caught.value.faults]
    assert found == [("AFA208", 1, "country_code"), ("AFA401", 3, "pa_percent")]


def test_many_wrong_cells_are_one_fault(csv_file: File) -> None:
    with pytest.raises(ae.DataError) as caught:
        ae.read(data(csv_file, *[ROWS[0].replace("22.5", "n/a")] * 30))
    (fault,) = caught.value.faults
    assert (fault.count, fault.rows[-1]) == (30, 31)


@pytest.mark.parametrize("meta", ["a,b\n1,2\n", "", "\x00"])
def test_a_meta_file_that_is_none_is_refused(csv_file: File, meta: str) -> None:
    with pytest.raises(ae.DataError, match="no meta file"):
        ae.read(data(csv_file, *ROWS, meta=meta))


def test_the_file_with_which_dfe_tests_its_own_service(shared: Path) -> None:
    frame = ae.read(shared / "ees" / "AbsenceSchool_source.csv")
    assert {"sess_possible", "sess_unauthorised_percent"} <= set(frame.attrs["units"])
    assert frame["sess_unauthorised_percent"].notna().any()
