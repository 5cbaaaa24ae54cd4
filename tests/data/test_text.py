"""Text files: encodings, delimiters, line ends, and what is no text at all."""

from __future__ import annotations

import pytest

from afa_eval.data import opening, readers, text
from afa_eval.data.raw import body_of, column_letter
from afa_eval.data.text import sniff, text_grid

TABLE = "name,score\nZoë,1\nPaweł,2\n"
ROWS = [["name", "score"], ["Zoë", "1"], ["Paweł", "2"]]


@pytest.mark.parametrize(
    "content",
    [
        TABLE.encode(),
        TABLE.encode("utf-8-sig"),
        TABLE.encode("utf-16"),
        b"\xfe\xff" + TABLE.encode("utf-16-be"),
        TABLE.replace("\n", "\r\n").encode(),
        TABLE.replace("\n", "\r").encode(),
        TABLE.replace(",", "\t").encode(),
        TABLE.replace(",", ";").encode(),
        TABLE.replace(",", "|").encode(),
        TABLE.encode() + b"\x1a",
    ],
)
def test_every_encoding_delimiter_and_line_end_gives_the_same_rows(content: bytes) -> None:
    assert text_grid(content).rows == ROWS


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark(codec: str) -> None:
    grid = text_grid("name,score\nAnn,1\nBen,2\n".encode(codec))
    assert grid.rows == [["name", "score"], ["Ann", "1"], ["Ben", "2"]]


def test_windows_1252() -> None:
    grid = text_grid("name,price\nZoë,£5\n".encode("cp1252"))
    assert grid.rows == [["name", "price"], ["Zoë", "£5"]]
    assert not grid.notes


def test_codes_that_other_readers_lose_survive() -> None:
    grid = text_grid(b"code,mark,la\nNA,#,0301234\nNone,\\,001\nNULL,/,\n")
    assert grid.rows[1:] == [["NA", "#", "0301234"], ["None", "\\", "001"], ["NULL", "/", ""]]


def test_excel_names_its_delimiter_in_a_row_of_its_own() -> None:
    grid = text_grid(b"sep=;\nid;score\nA;1,5\n")
    assert (grid.rows, grid.first_row) == ([["id", "score"], ["A", "1,5"]], 2)


@pytest.mark.parametrize(
    ("sample", "delimiter"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b\n1,5;2,5\n", ";"),
        ("a\tb\nx, y\tz\n", "\t"),
        ("only\n1\n2\n", ","),
        ('a,b\n"x;y;z",2\n', ","),
    ],
)
def test_sniff(sample: str, delimiter: str) -> None:
    assert sniff(sample) == delimiter


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "empty"),
        (b"\n\n  \n", "empty"),
        (b"\x00" * 50, "empty"),
        (b"PK\x03\x04rest", "kind"),
        (b"\xd0\xcf\x11\xe0rest", "kind"),
        (b"a,b\n1,\x00\x01\x02\n", "kind"),
        (b"\x1f\x8brest", "kind"),
        (b'a,b\n1,"2\n3,4\n', "open quote"),
    ],
)
def test_what_is_no_table_gets_a_note_instead_of_rows(content: bytes, kind: str) -> None:
    grid = text_grid(content)
    assert grid.rows == []
    assert [note.kind for note in grid.notes] == [kind]


def test_one_enormous_line_is_refused_without_being_split() -> None:
    grid = text_grid(b"a,b\n" + b"x" * (text.LONGEST_LINE + 1))
    assert [note.kind for note in grid.notes] == ["long line"]


def test_a_cell_beyond_csv_s_own_limit_is_a_note() -> None:
    grid = text_grid(b"a,b\n1," + b"x" * 200_000 + b"\n")
    assert [note.kind for note in grid.notes] == ["long line"]


def test_a_file_too_large_for_text_is_refused_before_it_is_read(monkeypatch, csv_file) -> None:
    monkeypatch.setattr(opening, "MOST_BYTES", 10)
    raw = opening.read_raw(opening.source(csv_file(TABLE)))
    assert [note.kind for note in raw.notes] == ["too large"]
    with pytest.raises(readers.DataError, match="more than is read as a table"):
        readers.read(csv_file(TABLE))


def test_rows_are_numbered_as_a_spreadsheet_does() -> None:
    grid = text_grid(b'pupil_id,score\n\nA,"two\nlines"\n,\nB,3\n')
    body = body_of(grid.rows, lambda cell: cell == "pupil_id", first_row=grid.first_row)
    assert body.rows.tolist() == [3, 5]
    assert body.columns[1].cells() == ["two\nlines", "3"]


@pytest.mark.parametrize(("position", "letter"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_column_letter(position: int, letter: str) -> None:
    assert column_letter(position) == letter
