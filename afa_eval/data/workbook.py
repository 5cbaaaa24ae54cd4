"""Excel workbooks: one sheet as text, as a reader sees it."""

from __future__ import annotations

import datetime as dt
import zipfile
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from afa_eval.data.raw import Grid, Note

MOST_UNPACKED = 1 << 31
MOST_RATIO = 500


def sheet_grid(path: Path, sheet: str | None) -> tuple[Grid, str, tuple[Note, ...]]:
    """Which cells does a sheet have?

    Parameters
    ----------
    path : Path
        An .xlsx or .xlsm file.
    sheet : str, optional
        Its name; the first sheet with anything in it where not told.

    Returns
    -------
    tuple
        Rows of text from row 1 on, the sheet's name, and notes.
    """
    if not _is_workbook(path):
        return [], sheet or "", (Note("kind", "not an Excel workbook, whatever its name says"),)
    import openpyxl

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception:  # openpyxl raises whatever its XML parser does; the file is damaged either way
        return [], sheet or "", (Note("kind", "a damaged Excel workbook"),)
    try:
        return _read_sheet(book, sheet)
    except Exception:  # as above: the damage may sit in the sheet
        return [], sheet or "", (Note("kind", "a damaged Excel workbook"),)
    finally:
        book.close()


def _is_workbook(path: Path) -> bool:
    """A zip with a workbook in it that does not unpack to something monstrous."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    packed = max(1, sum(part.compress_size for part in parts))
    return (
        any(part.filename.startswith("xl/workbook") for part in parts)
        and unpacked <= MOST_UNPACKED
        and unpacked <= MOST_RATIO * max(packed, 1 << 16)
    )


def _read_sheet(book: Any, wanted: str | None) -> tuple[Grid, str, tuple[Note, ...]]:
    names = [page.title for page in book.worksheets if page.sheet_state == "visible"] or list(book.sheetnames)
    if wanted is not None:
        found = next((name for name in book.sheetnames if name.casefold() == wanted.casefold().strip()), None)
        if found is None:
            near = get_close_matches(wanted, names, n=1, cutoff=0.5)
            hint = f"Did you mean '{near[0]}'?" if near else f"It has: {', '.join(names)}."
            return [], wanted, (Note("sheet missing", hint),)
        return _texts(book[found]), found, ()
    grids = {name: _texts(book[name]) for name in names}
    filled = [name for name in names if grids[name]]
    if not filled:
        return [], "", (Note("empty", "nothing at all"),)
    notes = (Note("several sheets", ", ".join(filled)),) if len(filled) > 1 else ()
    return grids[filled[0]], filled[0], notes


def _texts(page: Any) -> Grid:
    page.reset_dimensions()  # some writers declare too few rows
    rows = [[_text(cell) for cell in row] for row in page.iter_rows(values_only=True)]
    while rows and not any(rows[-1]):
        rows.pop()
    width = max(map(len, rows), default=0)
    return [row + [""] * (width - len(row)) for row in rows]


def _text(value: object) -> str:
    """A cell as text: whole numbers without a point, dates as ISO."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)
