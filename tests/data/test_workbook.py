"""Excel: a named sheet, damaged numbers, and workbooks that are none."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from afa_eval.data import workbook
from afa_eval.data.opening import read_raw, source
from afa_eval.data.readers import read
from afa_eval.errors import DataError


def book(path: Path, **sheets: list[list[object]]) -> Path:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        page = made.create_sheet(name)
        for row in rows:
            page.append(row)
    made.save(path)
    return path


ROWS: list[list[object]] = [
    ["pupil_id", "urn", "Year group", "SEN provision"],
    ["0012", 100001, 7, "K"],
    ["0013", 100001.0, "R", "N"],
]


def test_a_named_sheet(tmp_path: Path) -> None:
    path = book(tmp_path / "b.xlsx", Notes=[["read me"]], Pupils=ROWS)
    frame = read(path, sheet="pupils")
    assert frame["pupil_id"].tolist() == ["0012", "0013"]
    assert frame["urn"].tolist() == ["100001", "100001"]
    assert frame["year_group"].tolist() == [7, 0]
    assert read(f"{path}#Pupils").equals(frame)


def test_a_sheet_that_is_not_there_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Did you mean 'Pupils'"):
        read(book(tmp_path / "b.xlsx", Pupils=ROWS), sheet="Pupil")


def test_several_sheets_are_a_query(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="several sheets"):
        assert len(read(book(tmp_path / "b.xlsx", Pupils=ROWS, Other=ROWS))) == 2


def test_a_title_page_is_not_taken_for_the_table(tmp_path: Path) -> None:
    title = [["Students of all schools"], [], ["Exported on", "1 September 2023"]]
    with pytest.warns(UserWarning, match="'Pupils' was read"):
        assert len(read(book(tmp_path / "b.xlsx", Title=title, Pupils=ROWS))) == 2


def test_rows_and_headers_below_a_title(tmp_path: Path) -> None:
    path = book(tmp_path / "b.xlsx", Pupils=[["Our pupils"], [], [], *ROWS])
    raw = read_raw(source(path))
    assert (raw.header_row, raw.rows.tolist(), raw.sheet) == (4, [5, 6], "Pupils")


def test_merged_headers_leave_columns_without_a_header(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    page = made.active
    page.append(["pupil_id", "urn", "SEN provision", None])
    page.append(["A", "100001", "K", "SLCN"])
    page.merge_cells("C1:D1")
    made.save(tmp_path / "b.xlsx")
    with pytest.warns(UserWarning, match="Column D has cells but no header"):
        read(tmp_path / "b.xlsx")


def test_dates_booleans_and_error_values_are_text(tmp_path: Path) -> None:
    rows = [["pupil_id", "when", "flag", "score"], ["A", dt.datetime(2022, 9, 1), True, 1.5]]
    raw = read_raw(source(book(tmp_path / "b.xlsx", S=rows)))
    assert [column.cells()[0] for column in raw.columns] == ["A", "2022-09-01", "TRUE", "1.5"]


def test_formulas_without_a_value_and_with_an_error_are_faults_where_they_stand(tmp_path: Path) -> None:
    path = book(tmp_path / "b.xlsx", S=[["pupil_id", "reading"], ["A", "=1+1"], ["B", "#DIV/0!"], ["C", 5]])
    with pytest.raises(DataError) as caught:
        read(path)
    found = [(fault.code, fault.row, fault.column, fault.value) for fault in caught.value.faults]
    assert found == [("AFA402", 2, "reading", "#NO VALUE"), ("AFA402", 3, "reading", "#DIV/0!")]


def test_calculated_formulas_give_their_value(tmp_path: Path) -> None:
    path = tmp_path / "b.xlsx"
    with xlsxwriter.Workbook(str(path)) as made:
        page = made.add_worksheet("S")
        page.write_row(0, 0, ["pupil_id", "reading"])
        page.write(1, 0, "A")
        page.write_formula(1, 1, "=50+54", value=104)
        page.write_row(2, 0, ["B", 99])
    assert read(path)["reading"].tolist() == [104.0, 99.0]


def with_part(path: Path, name: str, content: bytes, **changes: tuple[bytes, bytes]) -> Path:
    """The workbook again, with a further part in it and texts of others changed."""
    made = path.with_name(f"changed-{path.name}")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            stem = Path(item.filename).stem
            new.writestr(item, old.read(item).replace(*changes[stem]) if stem in changes else old.read(item))
        if name:
            new.writestr(name, content)
    return made


def test_macros_are_not_looked_at(tmp_path: Path) -> None:
    path = with_part(book(tmp_path / "b.xlsx", S=ROWS), "xl/vbaProject.bin", b"\xd0\xcf\x11\xe0 Sub Auto_Open()")
    path = path.rename(tmp_path / "b.xlsm")
    assert read(path)["pupil_id"].tolist() == ["0012", "0013"]


def test_a_row_said_to_be_far_below_is_never_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 5_000)  # a million blank rows, the real limit, take about a second
    far = (b'r="3"', b'r="2000000000"')
    with pytest.raises(DataError, match="over 5,000 rows"):
        read(with_part(book(tmp_path / "b.xlsx", S=ROWS), "", b"", sheet1=far))


def test_cells_far_to_the_right_of_many_rows_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_CELLS", 200)
    page = book(tmp_path / "b.xlsx", S=[["pupil_id", *[""] * 60, "far"], *[[f"P{i}"] for i in range(20)]])
    with pytest.raises(DataError, match="more than is read as a table"):
        read(page)


@pytest.mark.parametrize("content", [b"pupil_id,urn\nA,1\n", b"", b"PK\x03\x04 cut off"])
def test_what_is_called_xlsx_and_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "b.xlsx").write_bytes(content)
    with pytest.raises(DataError, match="Excel"):
        read(tmp_path / "b.xlsx")


def test_a_workbook_called_csv_says_how_to_mend_it(tmp_path: Path) -> None:
    path = book(tmp_path / "b.xlsx", Pupils=ROWS).rename(tmp_path / "b.csv")
    with pytest.raises(DataError, match=r"ending \.xlsx"):
        read(path)


def test_a_damaged_sheet_is_refused(tmp_path: Path) -> None:
    book(tmp_path / "b.xlsx", Pupils=ROWS)
    with zipfile.ZipFile(tmp_path / "b.xlsx") as old, zipfile.ZipFile(tmp_path / "c.xlsx", "w") as new:
        for item in old.infolist():
            content = old.read(item)
            new.writestr(item, content[: len(content) // 2] if "sheet1" in item.filename else content)
    with pytest.raises(DataError, match="damaged Excel workbook"):
        read(tmp_path / "c.xlsx")


def test_a_zip_that_unpacks_to_something_monstrous_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 60_000_000)
    with pytest.raises(DataError, match="not an Excel workbook"):
        read(tmp_path / "b.xlsx")


def test_an_empty_workbook(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing in this file"):
        read(book(tmp_path / "b.xlsx", Pupils=[]))


def test_a_workbook_with_a_broken_style_prints_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book(tmp_path / "sound.xlsx", Pupils=[["UPN"], ["H801200001001"]])
    with zipfile.ZipFile(tmp_path / "sound.xlsx") as old, zipfile.ZipFile(tmp_path / "odd.xlsx", "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "xl/styles.xml":  # openpyxl prints which style it did not find
                part = re.sub(rb"<cellStyleXfs.*?</cellStyleXfs>", b'<cellStyleXfs count="0" />', part)
            new.writestr(name, part)
    grid, *_ = workbook.sheet_grid(tmp_path / "odd.xlsx", None)
    assert capsys.readouterr().out == ""
    assert grid == [] or grid[1] == ["H801200001001"]
