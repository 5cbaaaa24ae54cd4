"""Files for those who go on in Excel, Word or with the statistics service: marked up, explained, nothing hidden in them."""

from __future__ import annotations

import builtins
import csv
from dataclasses import replace

import pytest
from openpyxl import load_workbook

from afa_eval.errors import ReportError
from afa_eval.report import document, ees, pdf, spreadsheet
from afa_eval.report.costs import cost_band
from afa_eval.report.downloads import with_downloads
from afa_eval.report.pieces import Grid


@pytest.fixture(scope="module")
def workbook(book, tmp_path_factory):
    return load_workbook(spreadsheet.write_xlsx(book, tmp_path_factory.mktemp("office") / "tables.xlsx"))


def test_every_sheet_has_its_title_in_a1_one_marked_table_and_no_merged_cell(workbook, book) -> None:
    assert workbook.sheetnames[:4] == ["Cover", "Contents", "Notes", "1 Reading"]
    assert workbook["Cover"]["A1"].value == book.title
    assert workbook.properties.title == book.title
    for sheet in workbook.worksheets[1:]:
        assert sheet["A1"].value
        assert len(sheet.tables) == 1
        assert not sheet.merged_cells.ranges
        (table,) = sheet.tables.values()
        assert table.headerRowCount != 0
        assert all(cell.value not in {None, ""} for row in sheet[table.ref] for cell in row), sheet.title
    names = [row[0].value for row in workbook["Contents"].iter_rows(min_row=5)]
    assert names == workbook.sheetnames[3:]


def test_figures_are_numbers_and_hidden_ones_symbols_that_the_notes_explain(workbook, book) -> None:
    rows = list(workbook["1 Reading"].iter_rows(min_row=5, values_only=True))
    assert len(rows) == len(book.outcomes[0].lines)
    found = {(row[0], row[1]): row for row in rows}
    line = book.outcomes[0].get("above_national_average_share", "sen=any")
    row = found[line.group, line.title]
    assert row[2] == pytest.approx(100 * line.item.value, rel=1e-11)  # files hold 12 digits
    assert (row[5], row[6]) == ("per cent", line.item.n_pupils)
    hidden = book.outcomes[0].get("mean_gain", "primary_need=VI")
    assert found[hidden.group, hidden.title][2:5] == ("[c]", "[c]", "[c]")
    notes = {row[0] for row in workbook["Notes"].iter_rows(min_row=5, values_only=True)}
    assert {"[c]", "[x]", "[z]"} <= notes


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_text_that_looks_like_a_formula_stays_text(book, tmp_path, start) -> None:
    evil = f"{start}HYPERLINK(1)"
    grid = Grid(title=evil, header=(evil, "Pupils"), rows=((evil, "12"),), note=evil)
    made = replace(book, title=evil, outcomes=(), participants=(grid,), coverage=(), other=())
    workbook = load_workbook(spreadsheet.write_xlsx(made, tmp_path / "t.xlsx"))
    cells = [cell for sheet in workbook for row in sheet.iter_rows() for cell in row]
    found = [cell for cell in cells if str(cell.value).strip().startswith(evil.strip())]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert [cell for cell in found if cell.quotePrefix]
    assert workbook.worksheets[3]["B5"].value == 12


def test_the_same_book_makes_the_same_spreadsheet(book, tmp_path) -> None:
    first, second = (spreadsheet.write_xlsx(book, tmp_path / name).read_bytes() for name in ("a.xlsx", "b.xlsx"))
    assert first == second


def test_the_statistics_file_has_the_services_columns_and_symbols(book, released, tmp_path) -> None:
    data, meta = ees.write_ees(released, book, tmp_path)
    rows = list(csv.DictReader(data.open(encoding="utf-8")))
    told = {row["col_name"]: row["col_type"] for row in csv.DictReader(meta.open(encoding="utf-8"))}
    assert tuple(rows[0]) == (*ees.TIME, *told)
    assert {row["time_period"] for row in rows} == {"202122", "202223"}
    assert {row["geographic_level"] for row in rows} == {"MAT"}
    filters = [name for name, kind in told.items() if kind == "Filter"]
    keys = [tuple(row[name] for name in ("time_period", *filters)) for row in rows]
    assert len(keys) == len(set(keys))
    assert all(row[name] for row in rows for name in told)
    few = [row for row in rows if row["pupil_group"] == "Vision impairment"]
    assert few
    assert {row["estimate"] for row in few} == {"c"}
    share = next(row for row in rows if row["pupil_group"] == "SEN" and row["figure"] == "Persistent absence, before")
    assert float(share["estimate"]) == pytest.approx(33.0)
    assert share["time_period"] == "202122"


def test_without_years_there_is_no_statistics_file(book, released, tmp_path) -> None:
    about = {**released.about, "period": None}
    about["outcomes"] = [{**entry, "before": "", "after": ""} for entry in about["outcomes"]]
    assert ees.write_ees(replace(released, about=about), book, tmp_path) is None
    files = ("files/headlines.json", "files/manifest.json")
    made = with_downloads(book, replace(released, about=about), tmp_path)
    assert [file for _, file in made.downloads] == ["files/estimates.csv", "files/tables.xlsx", *files]


def test_the_word_summary_has_headings_and_header_rows(book, tmp_path) -> None:
    docx = pytest.importorskip("docx")
    made = docx.Document(str(document.write_docx(book, tmp_path / "summary.docx")))
    headings = [one.text for one in made.paragraphs if one.style.name in {"Title", "Heading 1"}]
    assert headings[:4] == [book.title, *(outcome.label for outcome in book.outcomes)]
    text = "\n".join(one.text for one in made.paragraphs)
    assert all(outcome.headline.plain in text for outcome in book.outcomes)
    assert book.gravest[0].message in text
    assert "significan" not in text.lower()
    assert made.core_properties.language == "en-GB"
    assert document.PALE not in made.styles.element.xml  # 4.0 to 1 against white
    assert made.tables
    for table in made.tables:
        assert "tblHeader" in table.rows[0]._tr.xml
        assert all(cell.text for row in table.rows for cell in row.cells)


def test_what_is_not_installed_is_said_plainly(book, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(pdf.shutil, "which", lambda name: None)
    with pytest.raises(ReportError, match="needs Chromium or Chrome, and neither is installed"):
        pdf.write_pdf(tmp_path, ("index",), tmp_path / "book.pdf")
    real = builtins.__import__

    def without(name, *args, **more):
        if name.startswith("docx"):
            raise ModuleNotFoundError(name)
        return real(name, *args, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ReportError, match=r"pip install 'afa-eval\[word\]'"):
        document.write_docx(book, tmp_path / "summary.docx")


@pytest.mark.parametrize(
    ("cost", "said"),
    [(79, "very low"), ("£80", "low"), ("£310 a pupil", "moderate"), ("1,200", "high"), (1201, "very high"), ("?", "")],
)
def test_a_cost_is_set_on_the_fields_own_scale(cost, said) -> None:
    assert cost_band({"cost_per_pupil": cost}) == said
