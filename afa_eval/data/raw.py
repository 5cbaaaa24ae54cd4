"""A file as it was handed in: text cells under the user's own headers, with spreadsheet row numbers."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from afa_eval.data.shifted import mended, stands
from afa_eval.data.unquoted import Unquoted
from afa_eval.data.written import Written

Known = Callable[[str], bool]
Grid = list[list[str]]

HEADER_WITHIN = 30
TOP = 10 * HEADER_WITHIN  # rows looked at for it, blank ones too
MOST_COLUMNS = 5_000
MOST_CELLS = 16_000_000  # each takes about 150 bytes of memory; a register of marks is counted without reading it
UNREADABLE = frozenset({"missing", "outside", "empty", "kind", "too large", "sheet missing", "long line", "open quote"})


@dataclass(frozen=True, slots=True)
class Note:
    """What did the reader notice, before any check judges it?

    Attributes
    ----------
    kind : str
        For example ``header row``; those in ``UNREADABLE`` mean that there is no table.
    detail : str
        The fact, in words that a check can put into its sentence.
    rows : tuple of int
        Spreadsheet rows it concerns.
    column : str
        The user's own header.
    """

    kind: str
    detail: str = ""
    rows: tuple[int, ...] = ()
    column: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class RawTable:
    """What stands in one file or sheet, before anything is understood?

    Attributes
    ----------
    file : str
        As the user named it.
    path : Path
        Where it is.
    sheet : str
        Sheet of a workbook, empty otherwise.
    headers : tuple of str
        The user's own headers, without surrounding blanks.
    header_row : int
        Spreadsheet row of the headers, counted from 1.
    columns : tuple of Written
        What is written under each header, shape (n,) each; a blank cell is an empty string.
    rows : numpy.ndarray
        Spreadsheet row of each cell row, shape (n,).
    notes : tuple of Note
        What the reader noticed.
    sha256 : str
        Hash of the file's bytes.
    """

    file: str
    path: Path
    sheet: str = ""
    headers: tuple[str, ...] = ()
    header_row: int = 1
    columns: tuple[Written, ...] = ()
    rows: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    notes: tuple[Note, ...] = ()
    sha256: str = ""

    @property
    def readable(self) -> bool:
        """Is there a table at all?"""
        return not any(note.kind in UNREADABLE for note in self.notes)

    def noted(self, kind: str) -> tuple[Note, ...]:
        """Which notes of this kind were made?

        Parameters
        ----------
        kind : str
            As in ``Note.kind``.

        Returns
        -------
        tuple of Note
            In the order they were made.
        """
        return tuple(note for note in self.notes if note.kind == kind)


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """What lies under the headers, and what was noticed on the way?

    Attributes
    ----------
    headers : tuple of str
        Without surrounding blanks.
    header_row : int
        Spreadsheet row of the headers.
    columns : tuple of Written
        What is written under each, shape (n,).
    rows : numpy.ndarray
        Spreadsheet rows, shape (n,).
    notes : tuple of Note
        Header not on top, blank or repeated headers, rows too long or too short.
    """

    headers: tuple[str, ...]
    header_row: int
    columns: tuple[Written, ...]
    rows: NDArray[np.int64]
    notes: tuple[Note, ...]


def body_of(grid: Grid, known: Known, *, first_row: int = 1, unquoted: Unquoted | None = None) -> Body:
    """Where are the headers, and what stands under them?

    Parameters
    ----------
    grid : list of list of str
        All rows, blank ones too; those at the top where there is ``unquoted``.
    known : callable
        Whether a text is a header that is known.
    first_row : int
        Spreadsheet row of the grid's first row.
    unquoted : Unquoted, optional
        All rows of a long text in which nothing is quoted.

    Returns
    -------
    Body
        With an ``empty`` note where there is nothing, or nothing below the headers.
    """
    at = _header_index(grid, known)
    if at is None:
        return Body((), first_row, (), np.empty(0, dtype=np.int64), (Note("empty", "nothing at all"),))
    headers = [cell.strip() for cell in grid[at]]
    regular = unquoted.columns(at, len(headers)) if unquoted and len(headers) <= MOST_COLUMNS else None
    if regular is not None:
        return _body(headers, at, *_filled(*regular), [], first_row)
    grid = unquoted.rows() if unquoted else grid
    widest = max(map(len, grid[at:]))
    if widest > MOST_COLUMNS:
        wide = Note("too large", f"{widest:,} columns")
        return Body((), first_row, (), np.empty(0, dtype=np.int64), (wide,))
    places = [
        at + 1 + i for i, row in enumerate(grid[at + 1 :]) if row and (row[0].strip() or any(map(str.strip, row)))
    ]
    numbers = np.array(places, dtype=np.int64)
    rows, headers, notes = _even([grid[place] for place in places], headers, numbers + first_row)
    columns = tuple(map(Written.of, zip(*rows, strict=True))) or tuple(Written.of([]) for _ in headers)
    return _body(headers, at, columns, numbers, notes, first_row)


def _body(
    headers: list[str],
    at: int,
    columns: tuple[Written, ...],
    places: NDArray[np.intp],
    width_notes: list[Note],
    first_row: int,
) -> Body:
    """Without the columns in which nothing stands at all; rows were counted from 0."""
    notes = [Note("header row", str(at + first_row))] if at else []
    notes += [] if places.size else [Note("empty", "headers only")]
    kept = [i for i, header in enumerate(headers) if header or any(map(str.strip, columns[i].texts))]
    notes += width_notes + _header_notes([headers[i] for i in kept], kept)
    under = tuple(columns[i] for i in kept)
    rows = places.astype(np.int64) + first_row
    return Body(tuple(headers[i] for i in kept), at + first_row, under, rows, tuple(notes))


def _filled(columns: tuple[Written, ...], places: NDArray[np.intp]) -> tuple[tuple[Written, ...], NDArray[np.intp]]:
    """Without the rows in which every cell is blank."""
    blank = np.ones(places.size, dtype=bool)
    for column in sorted(columns, key=lambda each: len(each.texts)):
        if not blank.any():
            return columns, places
        blank &= np.array([not text.strip() for text in column.texts], dtype=bool)[column.codes]
    rows = np.flatnonzero(~blank)
    return tuple(column.take(rows) for column in columns), places[rows]


@contextmanager
def many_small_lists() -> Iterator[None]:
    """How are rows read and checked without the garbage collector? It would walk through a million lists again and again.

    Yields
    ------
    None
        It begins again afterwards.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def column_letter(position: int) -> str:
    """Which letter does a spreadsheet give a column?

    Parameters
    ----------
    position : int
        Counted from 0.

    Returns
    -------
    str
        A, B ... Z, AA ...

    Examples
    --------
    >>> column_letter(0), column_letter(27)
    ('A', 'AB')
    """
    letters = ""
    number = position + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _header_index(grid: Grid, known: Known) -> int | None:
    """The row with most known headers; where none is known, the first that is as wide as the table."""
    top = [(i, row) for i, row in enumerate(grid[:TOP]) if any(cell.strip() for cell in row)]
    top = top[:HEADER_WITHIN]
    if not top:
        return None
    scores = [sum(known(cell) for cell in row) for _, row in top]
    if max(scores) > 0:
        return top[scores.index(max(scores))][0]
    widths = [sum(bool(cell.strip()) for cell in row) for _, row in top]
    return next(i for (i, _), width in zip(top, widths, strict=True) if width * 2 >= max(widths))


def _even(rows: Grid, headers: list[str], numbers: NDArray[np.int64]) -> tuple[Grid, list[str], list[Note]]:
    """Rows of one width: blank cells added at the end, surplus cells taken off and noted."""
    notes = _put_right(rows, headers, numbers)
    lengths = np.fromiter(map(len, rows), np.int64, len(rows))
    width = len(headers)
    surplus = [i for i in np.flatnonzero(lengths > width) if any(cell.strip() for cell in rows[i][width:])]
    if len(surplus) * 2 > len(rows):  # most rows go on beyond the headers: columns without a header
        width = int(lengths.max())
        headers = headers + [""] * (width - len(headers))
    elif surplus:
        notes.append(Note("long row", str(width), tuple(int(numbers[i]) for i in surplus)))
    short = np.flatnonzero(lengths < len(headers))
    if short.size and width == len(headers):
        notes.append(Note("short row", str(width), tuple(int(numbers[i]) for i in short)))
    for i in np.flatnonzero(lengths != width):
        rows[i] = (rows[i] + [""] * width)[:width]
    return rows, headers, notes


def _put_right(rows: Grid, headers: list[str], numbers: NDArray[np.int64]) -> list[Note]:
    """Rows that a comma in a name shifted, where there is one way to put them right."""
    width = len(headers)
    right = []
    for i, row in enumerate(rows):
        if len(row) > width and (any(cell.strip() for cell in row[width:]) or not stands(row, headers)):
            meant = mended(row, headers)
            if meant is not None:
                rows[i] = meant
                right.append(int(numbers[i]))
    return [Note("shifted row", "", tuple(right))] if right else []


def _header_notes(headers: Sequence[str], positions: Sequence[int]) -> list[Note]:
    notes = [
        Note("blank header", column_letter(position))
        for header, position in zip(headers, positions, strict=True)
        if not header
    ]
    seen: dict[str, int] = {}
    for header in headers:
        seen[header] = seen.get(header, 0) + 1
    return notes + [
        Note("repeated header", str(times), column=name) for name, times in seen.items() if name and times > 1
    ]
