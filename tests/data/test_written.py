"""What is written in columns: each text once, read the quick way as row by row."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afa_eval.data.headers import known_header
from afa_eval.data.opening import read_raw, source
from afa_eval.data.raw import TOP, RawTable, body_of
from afa_eval.data.text import text_grid
from afa_eval.data.unquoted import Unquoted
from afa_eval.data.written import Written

CELLS = st.text(st.sampled_from("aA1 é=#\u2003"), max_size=20) | st.integers(0, 70).map("x".__mul__)


@settings(max_examples=40, deadline=None)
@given(st.data(), st.sampled_from(",;\t"), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_nothing_is_read_otherwise_than_row_by_row(data: st.DataObject, mark: str, end: str, ended: bool) -> None:
    width = data.draw(st.integers(1, 4))
    rows = data.draw(st.lists(st.lists(CELLS, min_size=width, max_size=width) | st.just([]), max_size=12))
    text = end.join(mark.join(row) for row in [["h"] * width, *rows]) + end * ended
    found = Unquoted(text, mark).columns(0, width)
    told = [(i, row) for i, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=mark)) if i and row]
    assert found is not None
    assert found[1].tolist() == [i for i, _ in told]
    for at, column in enumerate(found[0]):
        assert column.cells() == [row[at] for _, row in told]
        assert column.texts == list(dict.fromkeys(column.cells()))


@pytest.mark.parametrize("odd", ["a", "a,b,c,d", "a,b\rc", " "], ids=["short", "long", "a return within", "a blank"])
def test_rows_of_another_width_are_read_one_by_one(odd: str) -> None:
    assert Unquoted(f"h,i,j\na,b,c\n{odd}\n", ",").columns(0, 3) is None


def a_long_file(csv_file, text: str) -> RawTable:
    return read_raw(source(csv_file(text)))


def test_a_long_file_is_the_same_with_a_quotation_mark_in_it(csv_file) -> None:
    rows = [f"P{i:04d},{100000 + i % 3},{'KN'[i % 2]}, {i} " for i in range(TOP + 50)]
    rows[7], rows[20] = "", ",,,"
    text = "Our pupils\n\nUPN,URN,SEN provision,\n" + "\n".join(rows)
    assert text_grid(text.encode()).unquoted is not None
    quick = a_long_file(csv_file, text)
    slow = a_long_file(csv_file, text.replace("P0003", '"P0003"'))
    assert (quick.headers, quick.header_row, quick.notes) == (slow.headers, slow.header_row, slow.notes)
    assert quick.rows.tolist() == slow.rows.tolist()
    assert [each.cells() for each in quick.columns] == [each.cells() for each in slow.columns]
    assert quick.noted("blank header")
    assert not {11, 24} & set(quick.rows.tolist())


def test_a_long_file_whose_cells_end_early_or_late_says_so(csv_file) -> None:
    rows = [f"P{i:04d},100001,K" for i in range(TOP + 50)]
    rows[-1], rows[-2] = "P9999", "P9998,100001,K,extra"
    raw = a_long_file(csv_file, "UPN,URN,SEN provision\n" + "\n".join(rows))
    assert [(note.kind, note.rows) for note in raw.notes] == [("long row", (TOP + 50,)), ("short row", (TOP + 51,))]


def test_too_many_columns_are_refused_before_they_are_read() -> None:
    wide = ",".join(["UPN", *map(str, range(5_000))])
    grid = text_grid("\n".join([wide, *["1,2"] * (TOP + 2)]).encode())
    body = body_of(grid.rows, known_header("pupils"), unquoted=grid.unquoted)
    assert [note.kind for note in body.notes] == ["too large"]


def test_columns_are_taken_and_joined() -> None:
    first, second = Written.of(["b", "a", "b"]), Written.of(["c", "a"])
    both = Written.joined([first, second])
    assert (both.cells(), both.texts) == (["b", "a", "b", "c", "a"], ["b", "a", "c"])
    some = both.take(np.array([4, 3, 1]))
    assert (some.cells(), some.texts) == (["a", "c", "a"], ["a", "c"])
    assert Written.same("x", 2).cells() == ["x", "x"]
    assert Written.same("x", 0).texts == []
