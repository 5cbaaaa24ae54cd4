"""Excel workbooks: one sheet as text, as a reader sees it."""

from __future__ import annotations

import datetime as dt
import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from afa_eval.data.raw import MOST_CELLS, Grid, Note

MOST_UNPACKED = 1 << 29
MOST_RATIO = 200
MOST_ROWS = 1 << 20  # of a sheet; a file may still claim to have a row far below
NO_VALUE = "#NO VALUE"  # a formula that no program has calculated yet
LOOKED_AT = 100  # rows, to tell a table from a title page
FORMULA = re.compile(rb"<f[ >/]")


class _TooLargeError(Exception):
    """More rows or cells than are read."""


def sheet_grid(path: Path, sheet: str | None) -> tuple[Grid, str, tuple[Note, ...]]:
    """Which cells does a sheet have?

    Parameters
    ----------
    path : Path
        An .xlsx or .xlsm file.
    sheet : str, optional
        Its name; the first sheet with a table in it where not told.

    Returns
    -------
    tuple
        Rows of text from row 1 on, the sheet's name, and notes.
    """
    if not _is_workbook(path):
        return [], sheet or "", (Note("kind", "not an Excel workbook, whatever its name says"),)
    with _quietly():
        return _grid(path, sheet)


@contextmanager
def _quietly() -> Iterator[None]:
    """Without what openpyxl warns of and prints about styles and extensions: stdout may be one JSON document."""
    with redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _grid(path: Path, sheet: str | None) -> tuple[Grid, str, tuple[Note, ...]]:
    import openpyxl

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception:  # openpyxl raises whatever its XML parser does; the file is damaged either way
        return [], sheet or "", (Note("kind", "a damaged Excel workbook"),)
    formulas = openpyxl.load_workbook(path, read_only=True) if _has_formulas(path) else None
    try:
        return _read_sheet(book, formulas, sheet)
    except _TooLargeError:
        return [], sheet or "", (Note("too large", f"over {MOST_ROWS:,} rows or {MOST_CELLS:,} cells"),)
    except Exception:  # as above: the damage may sit in the sheet
        return [], sheet or "", (Note("kind", "a damaged Excel workbook"),)
    finally:
        book.close()
        if formulas is not None:
            formulas.close()


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


def _has_formulas(path: Path) -> bool:
    """Whether any sheet has a formula: only then is it looked for those that were never calculated."""
    with zipfile.ZipFile(path) as archive:
        for part in archive.namelist():
            if part.startswith("xl/worksheets/") and part.endswith(".xml"):
                with archive.open(part) as sheet:
                    if any(FORMULA.search(piece) for piece in _pieces(sheet)):
                        return True
    return False


def _pieces(stream: Any) -> Iterator[bytes]:
    """Pieces that overlap by the length of what is looked for."""
    kept = b""
    while piece := stream.read(1 << 20):
        yield kept + piece
        kept = piece[-2:]


def _read_sheet(book: Any, formulas: Any, wanted: str | None) -> tuple[Grid, str, tuple[Note, ...]]:
    names = [page.title for page in book.worksheets if page.sheet_state == "visible"] or list(book.sheetnames)

    def texts(name: str) -> Grid:
        return _texts(book[name], None if formulas is None else formulas[name])

    if wanted is not None:
        found = next((name for name in book.sheetnames if name.casefold() == wanted.casefold().strip()), None)
        if found is None:
            near = get_close_matches(wanted, names, n=1, cutoff=0.5)
            hint = f"Did you mean '{near[0]}'?" if near else f"It has: {', '.join(names)}."
            return [], wanted, (Note("sheet missing", hint),)
        return texts(found), found, ()
    grids = {name: texts(name) for name in names}
    filled = [name for name in names if grids[name]]
    if not filled:
        return [], "", (Note("empty", "nothing at all"),)
    notes = (Note("several sheets", ", ".join(filled)),) if len(filled) > 1 else ()
    first = next((name for name in filled if _is_table(grids[name])), filled[0])
    return grids[first], first, notes


def _is_table(rows: Grid) -> bool:
    """More than a title page, which many exports begin with: two rows at least that go on beyond one cell."""
    return sum(sum(map(bool, row)) > 1 for row in rows[:LOOKED_AT]) > 1


def _texts(page: Any, formulas: Any) -> Grid:
    page.reset_dimensions()  # some writers declare too few rows
    rows = _bounded(_trimmed([_text(cell) for cell in row]) for row in _with_formulas(page, formulas))
    while rows and not any(rows[-1]):
        rows.pop()
    width = max(map(len, rows), default=0)
    if width * len(rows) > MOST_CELLS:
        raise _TooLargeError
    return [row + [""] * (width - len(row)) for row in rows]


def _bounded(rows: Iterable[list[str]]) -> Grid:
    found: Grid = []
    cells = 0
    for row in rows:
        cells += len(row)
        if len(found) >= MOST_ROWS or cells > MOST_CELLS:
            raise _TooLargeError
        found.append(row)
    return found


def _trimmed(row: list[str]) -> list[str]:
    """Without the blank cells at its end: a sheet may be formatted far to the right."""
    while row and not row[-1]:
        row.pop()
    return row


def _with_formulas(page: Any, formulas: Any) -> Iterator[tuple[object, ...]]:
    """Rows of values, with a mark where a formula has none."""
    if formulas is None:
        yield from page.iter_rows(values_only=True)
        return
    formulas.reset_dimensions()
    for values, told in zip(page.iter_rows(values_only=True), formulas.iter_rows(values_only=True), strict=False):
        yield tuple(
            NO_VALUE if value is None and formula is not None else value
            for value, formula in zip(values, told, strict=False)
        )


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
