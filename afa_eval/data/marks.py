"""Marks of the register, whatever they lie in, as a DuckDB relation: one row a mark."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from afa_eval.data.headers import Heading, resolve
from afa_eval.data.names import plain
from afa_eval.data.raw import RawTable
from afa_eval.data.written import Written
from afa_eval.errors import ColumnNotFound, DataError

LONG = {"pupil_id": "the pupil", "date": "the day", "session": "AM or PM", "code": "the mark"}
COLUMNS = frozenset({*LONG, "urn", "week", "marks"})
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKDAY = re.compile(r"(mon|tue|wed|thu|fri|sat|sun)[a-z]*(am|pm)")
TEXT_DATES = (
    "%d/%m/%Y", "%Y-%m-%d", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S",
    "%d-%m-%Y", "%d.%m.%Y", "%d %b %Y", "%d %B %Y", "%Y%m%d",
)  # fmt: skip
MORNING = ("AM", "am", "Am", "A", "MORNING", "Morning", "morning")
AFTERNOON = ("PM", "pm", "Pm", "P", "AFTERNOON", "Afternoon", "afternoon")
FIRST_ROW = 2


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """Where are the marks, and how is each read?

    Attributes
    ----------
    relation : duckdb.DuckDBPyRelation
        The table as handed in.
    sql : str
        Query on the view ``handed`` that gives pupil_id, urn, date, session (0 or 1), code; ``{rows}``
        stands for that view.
    headers : mapping of str to str
        Canonical name to the user's own header.
    file : str
        Name of the file, empty for a table of the memory.
    first_row : int
        Spreadsheet row of the first mark.
    """

    relation: Any
    sql: str
    headers: Mapping[str, str]
    file: str = ""
    first_row: int = FIRST_ROW

    def run(self, query: str, *, placed: bool = False) -> dict[str, Any]:
        """What does a query on the view ``marks`` give?

        Parameters
        ----------
        query : str
            SQL that goes on behind ``WITH marks AS (...)``.
        placed : bool
            Whether it needs ``place``: which row of the file a mark stands in, counted from 0.

        Returns
        -------
        dict of str to numpy.ndarray
            By column.
        """
        numbered = "(SELECT *, row_number() OVER () - 1 AS place FROM handed)" if placed else "handed"
        sql = self.sql.replace("{rows}", numbered).replace("{place}", ", place" if placed else "")
        found: dict[str, Any] = self.relation.query("handed", f"WITH marks AS ({sql}) {query}").fetchnumpy()
        return found


def heading_of(headers: Sequence[str], told: Mapping[str, str] | None = None) -> Heading:
    """Which headers are those of marks?

    Parameters
    ----------
    headers : sequence of str
        The user's own.
    told : mapping of str to str, optional
        ``[columns.attendance]`` of the plan.

    Returns
    -------
    Heading
        Among others pupil_id, urn, date, session, code, or week and marks.
    """
    columns = tuple(Written.of([]) for _ in headers)
    return resolve(RawTable("", Path(), headers=tuple(headers), columns=columns), "marks", told=told)


def weekday_columns(headers: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Which headers are a half day of the week, such as ``Mon AM``?

    Parameters
    ----------
    headers : sequence of str
        The user's own.

    Returns
    -------
    dict of str to (int, int)
        Header to the day (Monday 0) and half (AM 0, PM 1).
    """
    found = {header: WEEKDAY.fullmatch(plain(header)) for header in headers}
    return {header: (DAYS.index(each[1]), int(each[2] == "pm")) for header, each in found.items() if each}


def register_of(raw: RawTable, told: Mapping[str, str] | None = None) -> Heading | None:
    """Which headers has a file that holds marks of the register and no totals?

    Parameters
    ----------
    raw : RawTable
        A file.
    told : mapping of str to str, optional
        ``[columns.attendance]`` of the plan.

    Returns
    -------
    Heading or None
        With a day, a session and a code, or with weeks, though it may be doubtful which columns they are.
    """
    if not raw.readable or "sessions_possible" in resolve(raw, "attendance", told=told).columns:
        return None
    heading = resolve(raw, "marks", told=told)
    some = {*heading.columns, *(name for name, _ in heading.ambiguous), *(name for name, _ in heading.unmapped)}
    by_week = "week" in some and ("marks" in some or bool(weekday_columns(raw.headers)))
    return heading if by_week or {"date", "session", "code"} <= some else None


def are_marks(raw: RawTable, told: Mapping[str, str] | None = None) -> bool:
    """Does a file hold marks of the register that can be counted?

    Parameters
    ----------
    raw : RawTable
        A file.
    told : mapping of str to str, optional
        ``[columns.attendance]`` of the plan.

    Returns
    -------
    bool
        True where the pupil is named too, and no column that is needed is doubtful.
    """
    heading = register_of(raw, told)
    if heading is None or "pupil_id" not in heading.columns:
        return False
    missing = {name for name, _ in heading.unmapped} - set(heading.columns)  # another file may have that header
    return not COLUMNS & (missing | {name for name, _ in heading.ambiguous})


def marks_of(relation: Any, file: str, *, first_row: int = FIRST_ROW, told: Mapping[str, str] | None = None) -> Marks:
    """How are the marks of a relation read?

    Parameters
    ----------
    relation : duckdb.DuckDBPyRelation
        Any columns.
    file : str
        Name for messages.
    first_row : int
        Spreadsheet row of the first mark.
    told : mapping of str to str, optional
        ``[columns.attendance]`` of the plan.

    Returns
    -------
    Marks
        Long, or with weeks taken apart.
    """
    headers = [str(name) for name in relation.columns]
    kinds = {name: str(kind) for name, kind in zip(headers, relation.types, strict=True)}
    heading = heading_of(headers, told)
    for name, several in heading.ambiguous:
        if name in COLUMNS:
            raise DataError(f"Columns {', '.join(several)} could all be '{name}'. Rename those that are not.")
    columns = {name: headers[position] for name, position in heading.columns.items()}
    weekdays = weekday_columns(headers)
    if "week" in columns and (weekdays or "marks" in columns):
        sql = _weekly(columns, kinds, weekdays)
        return Marks(relation, sql, {**columns, "date": columns["week"]}, file, first_row)
    for name, role in LONG.items():
        if name not in columns:
            raise ColumnNotFound.of(name, role, "marks", headers)
    return Marks(relation, _long(columns, kinds), columns, file, first_row)


def quoted(name: str) -> str:
    """How is a name written in SQL?

    Parameters
    ----------
    name : str
        Any.

    Returns
    -------
    str
        In double quotes, its own doubled.
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """How is a text written in SQL?

    Parameters
    ----------
    text : str
        Any.

    Returns
    -------
    str
        In single quotes, its own doubled.
    """
    return "'" + text.replace("'", "''") + "'"


def _long(columns: Mapping[str, str], kinds: Mapping[str, str]) -> str:
    date = columns["date"]
    return (
        f"SELECT {_text(columns['pupil_id'], kinds)} AS pupil_id, {_school(columns, kinds)} AS urn, "
        f"{_day(date, kinds)} AS date, {_text(date, kinds)} AS date_text, {_half(_text(columns['session'], kinds))} "
        f"AS session, {_text(columns['session'], kinds)} AS session_text, {_text(columns['code'], kinds)} AS code{{place}} "
        "FROM {rows}"
    )


def _weekly(columns: Mapping[str, str], kinds: Mapping[str, str], weekdays: Mapping[str, tuple[int, int]]) -> str:
    """A row a pupil and week: one column a half day, or one text of marks from Monday morning on."""
    if "pupil_id" not in columns:
        raise ColumnNotFound.of("pupil_id", LONG["pupil_id"], "marks", list(kinds))
    monday = f"CAST(date_trunc('week', {_day(columns['week'], kinds)}) AS DATE)"
    if weekdays:
        halves = list(weekdays.values())
        marks = ", ".join(f"{_text(name, kinds)}" for name in weekdays)
        unnested = (
            f"unnest([{marks}]) AS code, unnest({[day for day, _ in halves]}) AS day, "
            f"unnest({[half for _, half in halves]}) AS session"
        )
    else:
        text = _text(columns["marks"], kinds)
        split = (
            f"CASE WHEN length({text}) IN (10, 14) OR NOT regexp_matches({text}, '[,; ]') THEN string_split({text}, '') "
            f"ELSE regexp_split_to_array(trim({text}), '\\s*[,; ]\\s*') END"
        )
        unnested = f"unnest({split}) AS code, unnest(range(len({split}))) // 2 AS day, unnest(range(len({split}))) % 2 AS session"
    return (
        "SELECT pupil_id, urn, CAST(monday + CAST(day AS INTEGER) AS DATE) AS date, date_text, CAST(session AS INTEGER) AS session, "
        f"'' AS session_text, code{{place}} FROM (SELECT {_text(columns['pupil_id'], kinds)} AS pupil_id, "
        f"{_school(columns, kinds)} AS urn, {monday} AS monday, {_text(columns['week'], kinds)} AS date_text, {unnested}{{place}} FROM {{rows}}) "
        "WHERE trim(code) <> ''"
    )


def _school(columns: Mapping[str, str], kinds: Mapping[str, str]) -> str:
    return _text(columns["urn"], kinds) if "urn" in columns else "NULL::VARCHAR"


def _text(name: str, kinds: Mapping[str, str]) -> str:
    kind = kinds[name]
    if kind == "VARCHAR":
        return quoted(name)
    whole = f"CAST({quoted(name)} AS BIGINT)"
    if kind in {"DOUBLE", "FLOAT"}:  # numbers that a spreadsheet or a missing value made decimal
        return (
            f"CASE WHEN {quoted(name)} = {whole} THEN CAST({whole} AS VARCHAR) ELSE CAST({quoted(name)} AS VARCHAR) END"
        )
    return f"CAST({quoted(name)} AS VARCHAR)"


def _day(name: str, kinds: Mapping[str, str]) -> str:
    if kinds[name].startswith(("DATE", "TIMESTAMP")):
        return f"CAST({quoted(name)} AS DATE)"
    return f"CAST(TRY_STRPTIME(trim({_text(name, kinds)}), {list(TEXT_DATES)}) AS DATE)"


def _half(text: str) -> str:
    """AM 0, PM 1: the usual words first, and no list of words, which would be a join for every row."""
    words = zip_longest(MORNING, AFTERNOON)
    cases = (f"WHEN {literal(word)} THEN {half}" for pair in words for half, word in enumerate(pair) if word)
    return f"CASE {text} {' '.join(cases)} END"
