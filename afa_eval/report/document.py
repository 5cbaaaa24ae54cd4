"""A book's summary as a Word document, for those who work there: headings, paragraphs and tables that Word knows as such."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from afa_eval.errors import ReportError
from afa_eval.report.context import Book, Outcome
from afa_eval.report.pieces import Grid, Limitation

LANGUAGE = "en-GB"
MADE = datetime.datetime(2020, 1, 1)  # Word stores no time zone; fixed, so that the same release makes the same bytes
PALE, DARK = "4F81BD", "12436D"  # Word's own blue is too pale for white letters, or for small ones on white
MISSING = "A Word summary needs python-docx. Install it with: pip install 'afa-eval[word]'"


def write_docx(book: Book, target: Path) -> Path:
    """Where is the book's summary as a Word document?

    Parameters
    ----------
    book : Book
        As templates see it: nothing that disclosure control hid.
    target : Path
        The file to write.

    Returns
    -------
    Path
        ``target``: A4, British English, with a title, real headings, and tables whose header row
        Word repeats and reads out.

    Raises
    ------
    ReportError
        Where python-docx is not installed.
    """
    made = _blank(book)
    made.add_heading(book.title, level=0)
    byline = ", ".join(part for part in (book.organisation, book.period, book.n_schools) if part)
    _paragraphs(made, (byline, f"Nobody can be known by these pages: {book.policy}."))
    for outcome in book.outcomes:
        _outcome(made, outcome)
    _programme(made, book)
    made.add_heading("What else could explain the figures", level=1)
    for heading, found in book.findings:
        made.add_heading(heading, level=2)
        for one in found:
            made.add_paragraph(_limitation(one), style="List Bullet")
    _paragraphs(made, () if book.findings else ("No check raised a limitation. That does not mean there are none.",))
    made.add_heading("How to cite", level=1)
    _paragraphs(made, (book.cite, "Please quote the range and the claim with each figure: a change is not an effect."))
    made.save(str(target))
    return target


def _blank(book: Book) -> Any:
    try:
        from docx import Document
        from docx.oxml.ns import qn
        from docx.shared import Mm, Pt
    except ModuleNotFoundError:
        raise ReportError(MISSING) from None
    made = Document()
    page = made.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = Mm(20)
    normal = made.styles["Normal"]
    normal.font.name, normal.font.size = "Arial", Pt(10.5)
    for language in made.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), LANGUAGE)
    _darken(made)
    about = made.core_properties
    about.title, about.author, about.language = book.title, book.organisation or "afa_eval", LANGUAGE
    about.comments, about.created, about.modified, about.last_modified_by = "", MADE, MADE, "afa_eval"
    return made


def _darken(made: Any) -> None:
    """Headings, captions and heads of tables in a blue that stands out against white by more than 4.5 to 1."""
    for element in made.styles.element.iter():
        for name, value in element.attrib.items():
            if value == PALE:
                element.set(name, DARK)
    for link in made.part.rels.values():
        if link.reltype.endswith("/theme"):
            link.target_part._blob = link.target_part.blob.replace(PALE.encode(), DARK.encode())


def _paragraphs(made: Any, texts: Sequence[str]) -> None:
    for text in texts:
        if text:
            made.add_paragraph(text)


def _outcome(made: Any, outcome: Outcome) -> None:
    made.add_heading(outcome.label, level=1)
    made.add_paragraph(outcome.question).runs[0].italic = True
    line = outcome.headline
    if line is None:
        made.add_paragraph("This outcome could not be estimated.")
        return
    made.add_paragraph().add_run(f"{line.plain}.").bold = True
    likely = f"Likely range: {line.likely_signed}." if line.likely_signed else ""
    smallest = f"The smallest change it could have shown: {outcome.smallest.value}." if outcome.smallest else ""
    shown = (outcome.sure, outcome.about_all, likely, line.against, f"We counted {line.counted}.", smallest, line.claim)
    mind = f"What else could explain it: {outcome.mind}" if outcome.mind else ""
    _paragraphs(made, (f"The figure is hidden: {line.reason}.",) if line.hidden else (*shown, mind))
    for grid in outcome.main.grids[:2]:
        _table(made, grid)


def _programme(made: Any, book: Book) -> None:
    if book.programme:
        made.add_heading("The programme", level=1)
        _table(made, Grid(title="What was done", header=("What", "In this programme"), rows=book.programme))


def _table(made: Any, grid: Grid) -> None:
    """A table under its title, its first row marked as a header and no row torn across pages."""
    from docx.oxml import OxmlElement
    from docx.shared import Pt

    if not grid.rows:
        made.add_paragraph(f"{grid.title}: every figure of this table is hidden to protect people.")
        return
    title = made.add_paragraph(grid.title, style="Caption").paragraph_format
    title.keep_with_next, title.space_before = True, Pt(10)
    table = made.add_table(rows=0, cols=len(grid.header), style="Light List Accent 1")
    for number, row in enumerate((grid.header, *grid.rows)):
        cells = table.add_row()
        marks = cells._tr.get_or_add_trPr()
        for name in ("w:cantSplit", *(("w:tblHeader",) if number == 0 else ())):
            marks.append(OxmlElement(name))
        for cell, text in zip(cells.cells, row, strict=True):
            cell.text = text or "[z]"
            for paragraph in cell.paragraphs:
                for run in paragraph.runs:
                    run.font.size = Pt(8.5)
    _paragraphs(made, [f"{number}. {note}" for number, note in enumerate(grid.notes, 1)] + [grid.note])


def _limitation(one: Limitation) -> str:
    about = f"{'; '.join(one.outcomes)}: " if one.outcomes else ""
    return f"{about}{one.message}" + (f" What would help: {one.fix}" if one.fix else "")
