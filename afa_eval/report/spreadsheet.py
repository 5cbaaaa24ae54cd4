"""A book's figures as an accessible spreadsheet: a cover, a contents, notes, and one marked-up table a sheet."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from afa_eval.report.context import Book, Outcome
from afa_eval.report.lines import Line
from afa_eval.report.pieces import Grid

HEAD = (
    "Group",
    "Figure",
    "Value",
    "Lower end",
    "Upper end",
    "Unit",
    "Counted",
    "Of what",
    "Schools",
    "Claim",
    "Set against",
)
UNITS = {"proportion": "per cent", "relative change": "per cent", "proportion difference": "percentage points"}
HUNDREDFOLD = frozenset(UNITS)  # printed a hundred times as large
FORMULA = re.compile(r"^[=+\-@\t\r]")  # what a spreadsheet would take for a formula
MADE = datetime(2020, 1, 1)  # a fixed moment, so that the same release makes the same bytes
FIRST_ROW = 4  # title, what the sheet is, a note and an empty-free gap stand above the table
LONGEST = 31  # letters of a sheet's name, for Excel
Cell = str | float


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: what it is called, what it says above its table, and the table.

    Attributes
    ----------
    name : str
        At most 31 characters, as Excel asks.
    title, about, note : str
        In cells A1, A2 and A3.
    header : tuple of str
        Headings of the columns, all different.
    rows : tuple of tuple
        Text and numbers; no cell is empty.
    """

    name: str
    title: str
    about: str
    note: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def write_xlsx(book: Book, target: Path) -> Path:
    """Where are the book's figures as a spreadsheet?

    Parameters
    ----------
    book : Book
        As templates see it: nothing that disclosure control hid.
    target : Path
        The file to write.

    Returns
    -------
    Path
        ``target``: title in A1 of every sheet, tables marked up with a header row, no merged and no
        empty cells, notes on a sheet of their own, text that looks like a formula kept as text.
    """
    import xlsxwriter

    tables = sheets(book)
    with xlsxwriter.Workbook(str(target), {"strings_to_formulas": False, "strings_to_urls": False}) as made:
        made.set_properties({"title": book.title, "author": book.organisation or "afa_eval", "created": MADE})
        looks = _looks(made)
        _cover(made, book, len(tables), looks)
        for sheet in (_contents(tables), _notes(book)):
            _write(made, sheet, looks, links=sheet.name == "Contents")
        for sheet in tables:
            _write(made, sheet, looks)
    return target


def _looks(made: Any) -> dict[str, Any]:
    return {
        "title": made.add_format({"bold": True, "font_size": 14}),
        "text": made.add_format({"text_wrap": True, "valign": "top", "quote_prefix": False}),
        "quoted": made.add_format({"text_wrap": True, "valign": "top", "quote_prefix": True}),
        "head": made.add_format({"bold": True, "text_wrap": True, "valign": "top"}),
        "number": made.add_format({"valign": "top"}),
        "link": made.add_format({"font_color": "#0b4f8a", "underline": 1, "valign": "top"}),
    }


def sheets(book: Book) -> tuple[Sheet, ...]:
    """Which tables does the spreadsheet hold?

    Parameters
    ----------
    book : Book
        As templates see it.

    Returns
    -------
    tuple of Sheet
        Every figure of each outcome, then every table of counts.
    """
    alike = [chart.grid for chart in book.likeness if chart.grid is not None]
    others = (*book.participants, *alike, *book.coverage, *book.other)
    made = [_figures(outcome) for outcome in book.outcomes if outcome.lines]
    made += [_counts(one) for one in others if one.rows]
    made += [_of(item, _counts(one)) for item in book.outcomes for one in item.tables if one.rows]
    return tuple(replace(sheet, name=_name(number, sheet.title)) for number, sheet in enumerate(made, 1))


def _of(outcome: Outcome, sheet: Sheet) -> Sheet:
    """A table of one outcome under its name: in a list of sheets no page around it says so."""
    if sheet.title.startswith(outcome.label):
        return sheet
    first = sheet.title[:1] if sheet.title[1:2].isupper() else sheet.title[:1].lower()  # SEN stays SEN
    return replace(sheet, title=f"{outcome.label}: {first}{sheet.title[1:]}")


def _name(number: int, title: str) -> str:
    """A sheet's name: its number, then as many whole words of its title as Excel allows, without the signs it refuses."""
    plain = " ".join(re.sub(r"[^\w ,.()-]", " ", title.partition(": every")[0]).split())
    return f"{number} {textwrap.shorten(plain, LONGEST - len(str(number)) - 1, placeholder='').rstrip(' ,(')}".strip()


def _figures(outcome: Outcome) -> Sheet:
    period = f" Years: {outcome.years}." if outcome.years else ""
    return Sheet(
        name="",
        title=f"{outcome.label}: every released figure",
        about=f"This sheet holds one table. {outcome.question}{period}",
        note="Lower and upper end are of the 95% confidence interval. Symbols in brackets are explained in the sheet Notes.",
        header=HEAD,
        rows=tuple(_row(one) for one in outcome.lines),
    )


def _row(one: Line) -> tuple[Cell, ...]:
    item = one.item
    low, high = item.ci or (None, None)
    hidden = f"[{item.status or 'x'}]"
    ends = tuple(_number(end, item.unit, hidden if one.hidden else "[z]") for end in (low, high))
    against = one.against if item.comparator is not None else "[z]"
    counts: tuple[Cell, ...] = tuple("[c]" if n is None else float(n) for n in (item.n_pupils, item.n_schools))
    unit = UNITS.get(item.unit, item.unit)
    value = _number(item.value, item.unit, hidden)
    return (one.group, one.title, value, *ends, unit, counts[0], item.base, counts[1], str(item.claim), against)


def _number(value: float | None, unit: str, absent: str) -> Cell:
    if value is None:
        return absent
    return float(f"{value * 100 if unit in HUNDREDFOLD else value:.12g}")


def _counts(grid: Grid) -> Sheet:
    rows = tuple(tuple(_read(cell) for cell in row) for row in grid.rows)
    note = " ".join(part for part in (grid.note, *grid.notes) if part)
    return Sheet(
        name="",
        title=grid.title,
        about="This sheet holds one table.",
        note=note or "Symbols in brackets are explained in the sheet Notes.",
        header=_different([" ".join(head.split()) for head in grid.header]),
        rows=rows,
    )


def _read(text: str) -> Cell:
    """A printed cell as a number where it is one."""
    plain = text.replace(",", "").replace("\u2212", "-")
    if re.fullmatch(r"-?\d+(\.\d+)?", plain):
        return float(plain)
    return " ".join(text.split()) or "[z]"


def _different(names: Sequence[str]) -> tuple[str, ...]:
    """Headings of a marked-up table must differ."""
    made: list[str] = []
    for name in names:
        plain = name or "Label"
        made.append(plain if plain not in made else f"{plain} ({made.count(plain) + 1})")
    return tuple(made)


def _contents(tables: Sequence[Sheet]) -> Sheet:
    rows = tuple((sheet.name, sheet.title, float(len(sheet.rows))) for sheet in tables)
    return Sheet(
        "Contents", "Contents", "This sheet holds one table: what each sheet is about.",
        "The name of a sheet leads to it.", ("Sheet", "Title", "Rows"), rows,
    )  # fmt: skip


def _notes(book: Book) -> Sheet:
    symbols = [(f"[{symbol}]", text) for symbol, text in book.symbols]
    rows = (
        *symbols,
        ("What is hidden", book.policy),
        ("description", "What happened, with nothing to set it against."),
        (
            "comparison",
            "The same, set against something that was not part of the programme. It does not show an effect.",
        ),
        ("effect", "What the programme itself changed, under a design that can say so."),
        *((f"National figures, {number}", text) for number, text in enumerate(book.comparators, 1)),
    )
    return Sheet(
        "Notes", "Notes", "This sheet holds one table: symbols and words used in the other sheets.",
        "A change is not an effect: quote the range and the claim with each figure.", ("Sign or word", "Meaning"), rows,
    )  # fmt: skip


def _cover(made: Any, book: Book, n: int, looks: dict[str, Any]) -> None:
    sheet = made.add_worksheet("Cover")
    told = [
        f"Figures of the evaluation book. {n} sheets with one table each follow the sheets Contents and Notes.",
        ", ".join(part for part in (book.organisation, book.period, book.n_schools) if part),
        f"Nobody can be known by these figures: {book.policy}.",
        f"How to cite: {book.cite}",
        "National figures are from the Department for Education, under the Open Government Licence v3.0.",
    ]
    sheet.set_column(0, 0, 100)
    _text(sheet, 0, 0, book.title, looks, "title")
    for at, text in enumerate((text for text in told if text), 1):
        _text(sheet, at, 0, text, looks)


def _text(sheet: Any, row: int, column: int, text: str, looks: dict[str, Any], look: str = "text") -> None:
    """Text is text, even where it begins as a formula does."""
    sheet.write_string(row, column, text, looks["quoted" if FORMULA.match(text) else look])


def _write(made: Any, table: Sheet, looks: dict[str, Any], *, links: bool = False) -> None:
    sheet = made.add_worksheet(table.name)
    _text(sheet, 0, 0, table.title, looks, "title")
    for row, text in enumerate((table.about, table.note), 1):
        _text(sheet, row, 0, text, looks, "number")
    last = FIRST_ROW - 1 + max(1, len(table.rows))
    columns = [{"header": head, "header_format": looks["head"]} for head in table.header]
    options = {"columns": columns, "name": f"Table_{len(made.worksheets_objs)}", "style": None, "autofilter": False}
    sheet.add_table(FIRST_ROW - 1, 0, last, len(table.header) - 1, options)
    for row, cells in enumerate(table.rows, FIRST_ROW):
        for column, cell in enumerate(cells):
            if links and column == 0:
                sheet.write_url(row, column, f"internal:'{cell}'!A1", looks["link"], str(cell))
            elif isinstance(cell, str):
                _text(sheet, row, column, cell, looks)
            else:
                sheet.write_number(row, column, cell, looks["number"])
    sheet.freeze_panes(FIRST_ROW, 0)
    for column, width in enumerate(_widths(table)):
        sheet.set_column(column, column, width)


def _widths(table: Sheet) -> Iterator[int]:
    for column, head in enumerate(table.header):
        longest = max((len(str(row[column])) for row in table.rows), default=0)
        yield min(60, max(10, min(len(head), 20) + 2, longest + 2))
