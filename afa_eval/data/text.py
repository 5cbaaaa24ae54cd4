"""Text files: which encoding, which delimiter, which cells? Everything stays text."""

from __future__ import annotations

import codecs
import csv
import io
import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from afa_eval.data.raw import MOST_CELLS, TOP, Grid, Note
from afa_eval.data.unquoted import Unquoted

MOST_BYTES = 1 << 30
LONGEST_LINE = 1 << 22
LONGEST_CELL = 1 << 17  # of the csv module
SAMPLE = 1 << 16
SIGHT = 512
DELIMITERS = (",", "\t", ";", "|")
SIGNATURES = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file"),
    (b"PAR1", "a Parquet file"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"SQLite format 3", "a database"),
    (codecs.BOM_UTF32_LE, "text in UTF-32"),
    (codecs.BOM_UTF32_BE, "text in UTF-32"),
)
OPEN_DOCUMENT = b"mimetypeapplication/vnd.oasis.opendocument."  # stands first in the archive, behind its 30 bytes
WEB_PAGE = re.compile(rb"<(?:!doctype html|html|head|body|table|meta|script)\b", re.IGNORECASE)
JSON = re.compile(rb"(?:\[\s*)?[\[{]\s*\"")
_CONTROL = bytes(set(range(32)) - {9, 10, 12, 13, 26})
_UTF8_PAIR = re.compile(rb"[\xc3-\xcf][\x80-\xbf]")


@dataclass(frozen=True, slots=True, eq=False)
class TextGrid:
    """Which rows does a text file have?

    Attributes
    ----------
    rows : list of list of str
        All records, blank ones too, so that their place is the spreadsheet's row; those at the top where there is
        ``unquoted``.
    notes : tuple of Note
        Why it is no table, or what is odd about its text.
    first_row : int
        Spreadsheet row of the first record.
    unquoted : Unquoted, optional
        A long text in which nothing is quoted: it need not be read row by row.
    """

    rows: Grid
    notes: tuple[Note, ...] = ()
    first_row: int = 1
    unquoted: Unquoted | None = None


def text_grid(data: bytes) -> TextGrid:
    """Which cells does this text have?

    Parameters
    ----------
    data : bytes
        A file's content: UTF-8 with or without mark, UTF-16 or Windows-1252.

    Returns
    -------
    TextGrid
        With a note instead of rows where it is not a table of text.
    """
    if not data.strip(b"\x00\x1a \t\r\n"):
        return TextGrid([], (Note("empty", "nothing at all"),))
    kind = _not_text(data)
    if kind:
        return TextGrid([], (Note("kind", kind),))
    if _longest_line(data) > LONGEST_LINE:
        return TextGrid([], (Note("long line", f"{LONGEST_LINE:,}"),))
    text, notes = _decode(data)
    return _parse(text.rstrip("\x1a"), notes)


def sniff(text: str) -> str:
    r"""Which character divides the cells?

    Parameters
    ----------
    text : str
        The beginning of the file.

    Returns
    -------
    str
        Comma, tab, semicolon or bar: the one that divides most rows into equally many cells.

    Examples
    --------
    >>> sniff("name;score\nA;1,5\nB;2,5\n")
    ';'
    """
    scores = {mark: _evenness(text, mark) for mark in DELIMITERS}
    return max(DELIMITERS, key=lambda mark: scores[mark])


def _evenness(text: str, delimiter: str) -> tuple[float, int]:
    """Share of rows with the commonest width, and that width; nothing where it divides nothing."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    widths: Counter[int] = Counter()
    try:
        for row, _ in zip(rows, range(200), strict=False):
            widths[len(row)] += bool(row)
    except csv.Error:
        return (0.0, 0)
    wide = {width: times for width, times in widths.items() if width > 1}
    if not wide:
        return (0.0, 0)
    width = max(wide, key=lambda each: (wide[each], each))
    return (wide[width] / max(1, sum(widths.values())), width)


def _not_text(data: bytes) -> str:
    """What it is instead of a table of text, empty where it is one."""
    if data.startswith(OPEN_DOCUMENT, 30):
        return "an OpenDocument file (.ods)"
    for signature, kind in SIGNATURES:
        if data.startswith(signature):
            return kind
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _utf16_without_mark(data):
        return ""
    start = data[:SIGHT].removeprefix(codecs.BOM_UTF8).lstrip()
    if WEB_PAGE.match(start):
        return "a web page, whatever its name says"
    if JSON.match(start):
        return "JSON, not a table"
    sample = data[:SAMPLE]
    controls = len(sample) - len(sample.translate(None, _CONTROL))
    return "binary data, not text" if b"\x00" in sample or controls * 100 > len(sample) else ""


def _utf16_without_mark(data: bytes) -> str:
    sample = data[:4096]
    half = max(1, len(sample) // 2)
    for codec, zeros in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[::2])):
        others = sample[::2] if codec == "utf-16-le" else sample[1::2]
        if zeros.count(0) > 0.7 * half and others.count(0) == 0:
            return codec
    return ""


def ends_in_a_line(path: Path) -> bool:
    """Is the last line of a file no longer than one may be? DuckDB leaves out a vast one without a word.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    bool
        Also of a file shorter than that.
    """
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - LONGEST_LINE - 1))
        end = file.read().rstrip(b"\r\n")
    return len(end) <= LONGEST_LINE or b"\n" in end


def _longest_line(data: bytes, most: int = LONGEST_LINE) -> int:
    """Longest stretch without a line end, looked for in jumps so that a short-lined file is quick."""
    longest, at = 0, 0
    while at < len(data):
        ends = [data.rfind(mark, at, at + most + 1) for mark in (b"\n", b"\r")]
        if max(ends) < 0:
            return len(data) - at
        longest, at = max(longest, 1), max(ends) + 1
    return longest


def _decode(data: bytes) -> tuple[str, tuple[Note, ...]]:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace"), ()
    if bare := _utf16_without_mark(data):
        return data.decode(bare, errors="replace"), ()
    try:
        return data.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        notes = (Note("mixed encoding"),) if _UTF8_PAIR.search(data) else ()
        return data.removeprefix(codecs.BOM_UTF8).decode("cp1252", errors="replace"), notes


def _parse(text: str, notes: tuple[Note, ...]) -> TextGrid:
    first_row = 1
    told = re.match(r"sep=(.)\r?\n", text)
    if told:  # Excel's own way of naming the delimiter, a row of its own
        text, first_row = text[told.end() :], 2
    delimiter = told[1] if told else sniff(text[:SAMPLE])
    if len(text) > MOST_CELLS:
        cells = text.count(delimiter) + max(text.count("\n"), text.count("\r"))
        if cells > MOST_CELLS:
            return TextGrid([], (*notes, Note("too large", f"about {cells:,} cells")), first_row)
    top = _top(text)
    if len(top) < len(text) and _is_unquoted(text, delimiter):
        return TextGrid(Unquoted(top, delimiter).rows(), notes, first_row, Unquoted(text, delimiter))
    rows: Grid = []
    try:
        rows.extend(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        if max(map(len, text.splitlines())) > LONGEST_CELL:  # and no quotation mark that has swallowed lines
            return TextGrid([], (*notes, Note("long line", f"{LONGEST_CELL:,}")), first_row)
        at = len(rows) + first_row
        return TextGrid([], (*notes, Note("open quote", str(at), (at,))), first_row)
    if rows and text.count('"') % 2 and any("\n" in cell or "\r" in cell for cell in rows[-1]):
        at = len(rows) + first_row - 1
        return TextGrid([], (*notes, Note("open quote", str(at), (at,))), first_row)
    return TextGrid(rows, notes, first_row)


def _is_unquoted(text: str, delimiter: str) -> bool:
    """Has it no quotation mark, line ends of one kind, and no line that is longer than a cell may be?"""
    if not delimiter.isascii() or '"' in text or "\x00" in text:
        return False
    if "\r" in text and text.count("\r") != text.count("\r\n"):
        return False
    return _longest_line(text.encode(), LONGEST_CELL) <= LONGEST_CELL


def _top(text: str) -> str:
    """The rows among which the headers are looked for; all of a short text."""
    end = 0
    for _ in range(TOP):
        end = text.find("\n", end) + 1
        if not end:
            return text
    return text[:end]
