"""Faults as the user meets them."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest
from bs4 import BeautifulSoup
from rich.console import Console

from afa_eval.data.output import KEYS, as_rows, fault_tables, html, in_order, ranges, row_words, summary, write_checks
from afa_eval.estimate.records import Fault

FAULTS = (
    Fault(
        severity="query",
        code="AFA601",
        file="b.csv",
        row=4,
        rows=(4, 5, 9),
        column="x",
        message="Three.",
        fix="Add.",
        count=3,
    ),
    Fault(
        severity="error",
        code="AFA301",
        file="a.csv",
        row=7,
        rows=(7,),
        column="SEN",
        value="=1+1",
        message="'=1+1' <b>",
        fix="@fix",
    ),
    Fault(severity="error", code="AFA101", file="b.csv", message="-no file", fix="+find it"),
)


def test_json_rows_have_exactly_the_promised_keys() -> None:
    rows = as_rows(FAULTS)
    assert [list(row) for row in rows] == [list(KEYS)] * 3
    assert rows[-1]["code"] == "AFA301"
    assert rows[1]["rows"] == [4, 5, 9]
    json.dumps(rows)


def test_order_is_by_file_then_weight_then_row() -> None:
    assert [fault.code for fault in in_order(FAULTS)] == ["AFA101", "AFA601", "AFA301"]


def test_the_three_lists_are_written_whole(tmp_path: Path) -> None:
    page = write_checks(FAULTS, tmp_path / "build")
    assert sorted(path.name for path in (tmp_path / "build").iterdir()) == ["checks.html", "checks.json", "checks.xlsx"]
    assert page.name == "checks.html"
    assert json.loads((tmp_path / "build" / "checks.json").read_text("utf-8")) == as_rows(FAULTS)


def test_the_workbook_is_accessible_and_holds_no_formula(tmp_path: Path) -> None:
    write_checks(FAULTS, tmp_path)
    book = openpyxl.load_workbook(tmp_path / "checks.xlsx")
    sheet = book["Checks"]
    assert sheet["A1"].value == "Checks of the data"
    assert list(sheet.tables) == ["Checks"]
    assert all(sheet.cell(row, 1).value for row in range(1, sheet.max_row + 1))  # no blank row ends the table early
    assert not sheet.merged_cells.ranges
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    assert "=1+1" in {cell.value for row in sheet.iter_rows() for cell in row}
    assert book.sheetnames == ["Checks", "Notes"]


def test_the_page_needs_nothing_else_and_escapes_what_users_wrote() -> None:
    page = BeautifulSoup(html(FAULTS), "html.parser")
    assert page.html is not None
    assert page.html["lang"] == "en-GB"
    assert not page.find_all(["script", "link", "img", "b"])
    assert "'=1+1' <b>" in page.get_text()
    for table in page.find_all("table"):
        assert table.caption
        headings = [head.get_text() for head in table.thead.find_all("th")][1:]
        for row in table.tbody.find_all("tr"):  # what a phone shows before each cell
            assert [cell["data-label"] for cell in row.find_all("td")] == headings
        assert all(head.get("scope") for head in table.find_all("th"))


@pytest.mark.parametrize("faults", [(), FAULTS])
def test_without_faults_there_is_still_something_to_read(tmp_path: Path, faults: tuple[Fault, ...]) -> None:
    write_checks(faults, tmp_path)
    assert summary(faults) in (tmp_path / "checks.html").read_text("utf-8")


def test_the_terminal_groups_by_file_and_counts() -> None:
    console = Console(width=100, record=True, file=open("/dev/null", "w"))  # noqa: PTH123, SIM115
    for renderable in fault_tables([*FAULTS, *[FAULTS[1]] * 80]):
        console.print(renderable)
    text = console.export_text()
    assert "a.csv" in text
    assert "and 31 more of a.csv" in text
    assert "82 errors, 1 query." in text


def test_markup_of_the_terminal_is_not_obeyed() -> None:
    fault = Fault(severity="error", code="AFA101", file="[red]x[/red]", message="[bold]m[/bold]", fix="[link]")
    console = Console(width=100, record=True, file=open("/dev/null", "w"))  # noqa: PTH123, SIM115
    for renderable in fault_tables([fault]):
        console.print(renderable)
    assert "[bold]m[/bold]" in console.export_text()


def test_a_write_that_fails_leaves_the_old_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from afa_eval.data import output

    write_checks(FAULTS, tmp_path)
    old = (tmp_path / "checks.xlsx").read_bytes()
    monkeypatch.setattr(output, "_workbook", lambda faults, path: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_checks((), tmp_path)
    assert (tmp_path / "checks.xlsx").read_bytes() == old
    assert len(list(tmp_path.iterdir())) == 3


def test_rows_in_words() -> None:
    assert ranges((2, 3, 4, 9)) == "2 to 4, 9"
    many = Fault(severity="error", code="X", file="", message="", fix="", rows=tuple(range(2, 40, 2)), row=2, count=19)
    assert row_words(many) == "2, 4, 6 and others (19 rows)"
    assert row_words(FAULTS[2]) == ""
