"""A register of marks among the files of a plan: counted at once, and handed on as a table of totals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from afa_eval.data.counting import Trouble, count, doubtful, with_sums, years_of
from afa_eval.data.engine import MEMORY, connected
from afa_eval.data.mark_files import headers_of, of_raw, open_marks, text_marks
from afa_eval.data.marks import Marks, are_marks
from afa_eval.data.raw import Note, RawTable
from afa_eval.data.written import Written
from afa_eval.errors import DataError

SIXTH = "half-term 6"
BEFORE_SIXTH = "half-terms 1 to 5"
KINDS = {
    "code": "mark code",
    "day": "mark day",
    "session": "mark session",
    "pupil": "mark pupil",
    "twice": "mark twice",
    "doubt": "mark doubt",
}


def totals_of_file(path: Path, told: Mapping[str, str] | None = None) -> RawTable | None:
    """Which totals do the marks of a large file make, without reading it into memory?

    Parameters
    ----------
    path : Path
        A clean CSV or a Parquet file.
    told : mapping of str to str, optional
        ``[columns.attendance]`` of the plan.

    Returns
    -------
    RawTable or None
        As ``totals``; None where the file is something else and the reader of all files must look.
    """
    headers = headers_of(path, told)
    if headers is None or not are_marks(headers, told):
        return None
    import duckdb

    for opened in (open_marks, text_marks):
        try:
            with connected(MEMORY) as engine:
                return totals(opened(path, engine, told), headers)
        except (duckdb.Error, DataError):  # that reader tells what is wrong, with all else that is
            continue
    return None


def totals_of_raw(raw: RawTable, told: Mapping[str, str] | None = None) -> RawTable:
    """Which totals do the marks of a file make that was read as text?

    Parameters
    ----------
    raw : RawTable
        For which ``are_marks`` is true.
    told : mapping of str to str, optional
        ``[columns.attendance]`` of the plan.

    Returns
    -------
    RawTable
        As ``totals``; unchanged where its rows are crooked.
    """
    if raw.noted("long row"):
        return raw
    with connected() as engine:
        return totals(of_raw(raw, engine, told), raw)


def totals(marks: Marks, raw: RawTable) -> RawTable:
    """Which table of totals do marks make?

    Parameters
    ----------
    marks : Marks
        Of any years.
    raw : RawTable
        The file they are of.

    Returns
    -------
    RawTable
        One row an enrolment, year and part of it (the sixth half-term on its own), numbered by its
        first mark; a note for everything that could not be counted.
    """
    frames, troubles = [], []
    for year in years_of(marks) or ("202324",):
        counted = count(marks, year, halves=True, placed=True)
        troubles += [each for each in (*counted.troubles, *doubtful(marks, year)) if each not in troubles]
        frame = with_sums(counted.frame, year)
        frame.insert(2, "year", year)
        frame.insert(3, "term", np.where(frame["sixth"], SIXTH, BEFORE_SIXTH))
        frames.append(frame[frame["sessions_possible"] > 0].drop(columns="sixth"))
    table = pd.concat(frames, ignore_index=True).sort_values("place", kind="stable")
    if len(table) and table["urn"].isna().all():
        table = table.drop(columns="urn")
    kept = tuple(note for note in raw.notes if note.kind != "short row")
    notes = (*kept, Note("register", "\n".join(marks.headers.values())), *map(_note, troubles))
    return _as_raw(table, replace(raw, notes=notes), marks)


def _as_raw(table: pd.DataFrame, raw: RawTable, marks: Marks) -> RawTable:
    """Under the user's own headers where there are such."""
    rows = table.pop("place").to_numpy(dtype=np.int64) + marks.first_row
    own = {name: marks.headers[name] for name in ("pupil_id", "urn") if name in marks.headers}
    columns = [Written.of(_texts(table[name])) for name in table.columns]
    return replace(raw, headers=tuple(own.get(name, name) for name in table.columns), columns=tuple(columns), rows=rows)


def _texts(column: pd.Series) -> Any:
    if pd.api.types.is_numeric_dtype(column):
        return column.fillna(0).astype("int64").astype(str).to_numpy(dtype=object)
    return column.astype(object).where(column.notna(), "").to_numpy(dtype=object)


def _note(trouble: Trouble) -> Note:
    """Message, remedy, value and count, a line each: a cell may itself hold a line end."""
    parts = [" ".join(str(part).split()) for part in (trouble.message, trouble.fix, trouble.value, trouble.count)]
    return Note(KINDS[trouble.kind], "\n".join(parts), trouble.rows, trouble.column)
