"""One way in: any file that the field hands in, read as text first and then understood."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from afa_eval.data import ees
from afa_eval.data.checks import run_checks
from afa_eval.data.columns import column_of, kind_of
from afa_eval.data.handed import CANONICAL, Handed, HandedTable, Part
from afa_eval.data.headers import Heading, identifies, known_header, resolve
from afa_eval.data.linking import linked
from afa_eval.data.marks import COLUMNS as MARK_COLUMNS
from afa_eval.data.marks import are_marks, register_of
from afa_eval.data.names import plain
from afa_eval.data.npd import unfolded
from afa_eval.data.opening import Source, complain, read_raw, sha256_of, source
from afa_eval.data.raw import Known, Note, RawTable
from afa_eval.data.records import TABLE_NAMES, Need
from afa_eval.data.register import totals_of_file, totals_of_raw
from afa_eval.data.shapes import attainment_frame, attendance_frame, pupils_frame, responses_frame
from afa_eval.errors import DataError

NEED_KINDS = {"score": "score", "sessions": "sessions", "year": "year", "id": "id"}
USUAL = {"item": "score", "category": "category", "rating": "category"}
MARKS_ONLY = MARK_COLUMNS - {"pupil_id", "urn"}
STRENGTH = ("category", "rating", "id", "year", "item", "sessions", "score")


def read_as(
    item: Source, table: str | None, known: Known | None = None, told: Mapping[str, str] | None = None
) -> RawTable:
    """What stands in a file that belongs to a table, a register of marks being counted at once?

    Parameters
    ----------
    item : Source
        Which file.
    table : str, optional
        One of ``TABLE_NAMES``; any where None.
    known : callable, optional
        Whether a text is a known header.
    told : mapping of str to str, optional
        ``[columns.<table>]`` of the plan.

    Returns
    -------
    RawTable
        Totals by enrolment where the file holds marks.
    """
    if table not in {None, "attendance"}:
        return unfolded(read_raw(item, known, table))
    counted = totals_of_file(item.path, told) if item.path.is_file() else None
    if counted is not None:
        notes = (*((Note("elsewhere"),) if item.outside else ()), *counted.notes)
        return replace(counted, file=item.file, notes=notes, sha256=sha256_of(item.path))
    raw = unfolded(read_raw(item, known, table))
    return totals_of_raw(raw, told) if are_marks(raw, told) else raw


def part_of(
    raw: RawTable,
    table: str,
    *,
    told: Mapping[str, str] | None = None,
    needs: Iterable[Need] = (),
    before: str = "",
) -> Part:
    """What does a file give to a canonical table?

    Parameters
    ----------
    raw : RawTable
        The file.
    table : str
        One of ``TABLE_NAMES``.
    told : mapping of str to str, optional
        ``[columns.<table>]`` of the plan.
    needs : iterable of Need
        What the designs need.
    before : str
        Academic year of rows that name none, empty where unknown.

    Returns
    -------
    Part
        Each column understood.
    """
    if not raw.readable:
        return Part(table, raw, Heading({}), {})
    kinds = _needed_kinds(needs)
    heading = _heading(raw, table, told, [name for name in kinds if name not in CANONICAL])
    place = heading.columns.get("year")
    year = None if place is None else column_of(raw, "year", place, "year")
    columns = {
        name: year
        if name == "year" and year is not None
        else column_of(raw, name, position, _kind(raw, name, position, table, kinds), year, before)
        for name, position in heading.columns.items()
    }
    return Part(table, raw, heading, columns)


def handed_in(
    parts: Sequence[Part], *, needs: Iterable[Need] = (), before: str = "", after: str = "", single: bool = False
) -> Handed:
    """What was handed in altogether?

    Parameters
    ----------
    parts : sequence of Part
        Every file.
    needs : iterable of Need
        What the designs need.
    before, after : str
        Academic years compared.
    single : bool
        One file read on its own.

    Returns
    -------
    Handed
        Ready to be checked.
    """
    tables, parts = {}, linked(parts)
    for name in TABLE_NAMES:
        readable = tuple(part for part in parts if part.table == name and part.raw.readable)
        if readable:
            tables[name] = HandedTable(name, readable)
    return Handed(tuple(parts), tables, tuple(needs), before, after, single)


def guess_table(raw: RawTable, told: Mapping[str, str] | None = None) -> str:
    """Which canonical table is this file?

    Parameters
    ----------
    raw : RawTable
        The file.
    told : mapping of str to str, optional
        Columns that the user named.

    Returns
    -------
    str
        One of ``TABLE_NAMES``, by the columns it has.
    """
    found = {table: set(resolve(raw, table, told=told).columns) for table in TABLE_NAMES}
    if "sessions_possible" in found["attendance"]:
        return "attendance"
    if {"pupil_id", "test", "score"} <= found["attainment"]:
        return "attainment"
    if "respondent" in found["responses"] or ("wave" in found["responses"] and "pupil_id" not in found["responses"]):
        return "responses"
    status = {"year_group", "sen_provision", "sen", "primary_need", "fsm", "eal", "sex", "cohort", "phase", "urn"}
    return "attainment" if "pupil_id" in found["pupils"] and not found["pupils"] & status else "pupils"


def read(
    path: str | Path,
    table: str | None = None,
    columns: Mapping[str, str] | None = None,
    sheet: str | None = None,
) -> pd.DataFrame:
    """What stands in one file, in canonical columns and types?

    Parameters
    ----------
    path : str or Path
        CSV, TSV, Excel, Parquet or a Common Transfer File; whatever system wrote it.
    table : str, optional
        pupils, attainment, attendance or responses; told from the columns where not given.
    columns : mapping of str to str, optional
        Canonical name to the file's header, where a header is not recognised.
    sheet : str, optional
        Sheet of a workbook.

    Returns
    -------
    pandas.DataFrame
        The canonical table: long scores are one column each, terms are summed. A data file of the
        statistics service gives its figures instead, with the units of its meta file in ``attrs``.

    Raises
    ------
    DataError
        Listing every error of the file. Queries become one warning.
    """
    if table is not None and table not in TABLE_NAMES:
        raise DataError(f"Unknown table '{table}'. There are: {', '.join(TABLE_NAMES)}.")
    raw = read_as(source(path, sheet=sheet), table, known_header(table, (columns or {}).values()), columns)
    if table is None and raw.readable and ees.is_ees(raw.headers):
        complain(ees.faults(raw))
        return ees.figures(raw)
    name = table or (guess_table(raw, columns) if raw.readable else "pupils")
    handed = handed_in([part_of(raw, name, told=columns)], single=True)
    complain(run_checks(handed))
    return _frame(handed.tables[name])


def as_text(path: str | Path) -> tuple[RawTable, str]:
    """What stands in a file as text, and which canonical table is it?

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    tuple
        The table as it stands, and one of ``TABLE_NAMES``.

    Raises
    ------
    DataError
        Listing why it is no table, and its crooked rows.
    """
    raw = read_raw(source(path))
    part = Part("pupils", raw, Heading({}), {})
    complain([fault for fault in run_checks(Handed((part,), {}, single=True)) if fault.code < "AFA207"])
    return raw, guess_table(raw)


def _heading(raw: RawTable, table: str, told: Mapping[str, str] | None, wanted: Sequence[str]) -> Heading:
    """Of a register, the plan's own names are for its marks, and what is doubtful in them is told as theirs."""
    counted = raw.noted("register")
    used = {plain(header) for note in counted for header in note.detail.split("\n")}
    own = {name: said for name, said in (told or {}).items() if name not in MARKS_ONLY or plain(said) not in used}
    heading = resolve(raw, table, told=own, wanted=wanted)
    register = register_of(raw, told) if table == "attendance" and not counted else None
    if register is None:
        return heading
    ambiguous = tuple(each for each in register.ambiguous if each[0] in MARK_COLUMNS)
    known = {name for name, _ in heading.ambiguous}
    ambiguous = tuple(each for each in ambiguous if each[0] not in known)
    return replace(heading, ambiguous=(*heading.ambiguous, *ambiguous), register=True)


def _needed_kinds(needs: Iterable[Need]) -> dict[str, str]:
    """The plan's columns and what they are needed as; as a score where as several."""
    kinds: dict[str, str] = {}
    for need in needs:
        for name in (each.strip() for each in need.column.split("&")):
            kinds[name] = max(kinds.get(name, need.kind), need.kind, key=STRENGTH.index)
    return kinds


def _kind(raw: RawTable, name: str, position: int, table: str, kinds: Mapping[str, str]) -> str:
    if name in CANONICAL:
        return CANONICAL[name]
    if name == "test":
        return "word"
    if name == "score" and table == "attainment":
        return "score"
    if kinds.get(name) in NEED_KINDS:
        return NEED_KINDS[kinds[name]]
    if name not in kinds and identifies(raw.headers[position]):
        return "word"
    usual = "score" if table == "attainment" and name not in kinds else USUAL.get(kinds.get(name, ""), "number")
    return kind_of(raw.columns[position], usual)


def _frame(table: HandedTable) -> pd.DataFrame:
    if table.table == "attainment":
        return attainment_frame(table)[0]
    if table.table == "attendance":
        return attendance_frame(table)[0]
    if table.table == "responses":
        return responses_frame(table)[0]
    if table.has("year") and table.has("pupil_id") and table.frame["pupil_id"].duplicated().any():
        return table.frame.copy()
    return pupils_frame(table)[0]
