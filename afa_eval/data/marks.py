"""Marks of the register, whatever they lie in, as a DuckDB relation: one row a mark.

A table of the memory, a clean CSV or a Parquet file is never copied: DuckDB reads it as it
counts. Anything else (Excel, UTF-16, crooked rows) goes through the reader of all files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, cast

import numpy as np

from afa_eval.data.checks import run_checks
from afa_eval.data.handed import Handed, Part
from afa_eval.data.headers import Heading, known_header, resolve
from afa_eval.data.names import plain
from afa_eval.data.opening import complain, read_raw, source
from afa_eval.data.raw import Body, RawTable, body_of
from afa_eval.data.text import SAMPLE, ends_in_a_line, sniff, text_grid
from afa_eval.errors import ColumnNotFound, DataError

LONG = {"pupil_id": "the pupil", "date": "the day", "session": "AM or PM", "code": "the mark"}
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKDAY = re.compile(r"(mon|tue|wed|thu|fri|sat|sun)[a-z]*(am|pm)")
DATE_FORMATS = (("%d/%m/%Y", r"\d{1,2}/\d{1,2}/\d{4}"), ("%Y-%m-%d", r"\d{4}-\d{2}-\d{2}"))
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


def heading_of(headers: Sequence[str], cells: Sequence[Sequence[str]] = ()) -> Heading:
    """Which headers are those of marks?

    Parameters
    ----------
    headers : sequence of str
        The user's own.
    cells : sequence of sequence of str
        Some cells of each column.

    Returns
    -------
    Heading
        Among others pupil_id, urn, date, session, code, or week and marks.
    """
    columns = [np.array(each, dtype=object) for each in cells] or [np.empty(0, dtype=object) for _ in headers]
    raw = RawTable("", Path(), headers=tuple(headers), columns=tuple(columns))
    return resolve(raw, "marks")


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


def are_marks(raw: RawTable) -> bool:
    """Does a file hold marks of the register and no totals?

    Parameters
    ----------
    raw : RawTable
        A file.

    Returns
    -------
    bool
        True with a day, a session and a code, or with weeks.
    """
    if not raw.readable or "sessions_possible" in resolve(raw, "attendance").columns:
        return False
    columns = resolve(raw, "marks").columns
    by_week = "week" in columns and ("marks" in columns or bool(weekday_columns(raw.headers)))
    return by_week or {"date", "session", "code"} <= set(columns)


def open_marks(data: object, connection: Any) -> Marks:
    """Which marks were handed in?

    Parameters
    ----------
    data : object
        A pandas, Polars, DuckDB, PySpark or narwhals table, or the path of a file.
    connection : duckdb.DuckDBPyConnection
        Reads what is no DuckDB relation itself.

    Returns
    -------
    Marks
        Ready to be counted.

    Raises
    ------
    ColumnNotFound
        Where the pupil, day, session or code is missing.
    DataError
        Where it is no table, or its rows are crooked.
    """
    if isinstance(data, str | Path):
        return _of_file(Path(data), connection)
    relation = _of_memory(data, connection)
    return marks_of(relation, "")


def text_marks(path: str | Path, connection: Any) -> Marks:
    """Which marks does a CSV file hold, if its days are not all written as the first ones?

    Parameters
    ----------
    path : str or Path
        The file.
    connection : duckdb.DuckDBPyConnection
        Reads it.

    Returns
    -------
    Marks
        With days read one by one.
    """
    return _quick_csv(Path(path), connection, typed=False) or slow_marks(path, connection)


def slow_marks(path: str | Path, connection: Any) -> Marks:
    """Which marks does any file hold?

    Parameters
    ----------
    path : str or Path
        The file.
    connection : duckdb.DuckDBPyConnection
        Counts them.

    Returns
    -------
    Marks
        Read by the reader of all files.

    Raises
    ------
    DataError
        Listing what makes it no table, and its crooked rows.
    """
    raw = read_raw(source(path), known_header("marks"))
    part = Part("attendance", raw, Heading({}), {})
    complain([fault for fault in run_checks(Handed((part,), {}, single=True)) if fault.code < "AFA207"])
    return of_raw(raw, connection)


def has_totals(path: Path) -> bool:
    """Does a file hold totals of sessions instead of marks?

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    bool
        By its headers.
    """
    raw = headers_of(path) or read_raw(source(path))
    return raw.readable and "sessions_possible" in resolve(raw, "attendance").columns


def headers_of(path: Path) -> RawTable | None:
    """Which headers has a large file, without reading it?

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    RawTable or None
        Headers and some cells; None where it is neither Parquet nor a clean CSV.
    """
    import duckdb

    if not path.is_file():
        return None
    if path.suffix.lower() not in {".parquet", ".pq"}:
        top = None if path.suffix.lower() in {".xlsx", ".xlsm"} else _top(path)
        return top and RawTable(
            path.name, path, headers=top[0].headers, columns=top[0].columns, header_row=top[0].header_row
        )
    try:
        with duckdb.connect() as engine:
            names = [str(name) for name in engine.read_parquet(str(path)).columns]
    except duckdb.Error:
        return None
    return RawTable(path.name, path, headers=tuple(names), columns=tuple(np.empty(0, dtype=object) for _ in names))


def marks_of(relation: Any, file: str, *, first_row: int = FIRST_ROW) -> Marks:
    """How are the marks of a relation read?

    Parameters
    ----------
    relation : duckdb.DuckDBPyRelation
        Any columns.
    file : str
        Name for messages.
    first_row : int
        Spreadsheet row of the first mark.

    Returns
    -------
    Marks
        Long, or with weeks taken apart.
    """
    headers = [str(name) for name in relation.columns]
    kinds = {name: str(kind) for name, kind in zip(headers, relation.types, strict=True)}
    heading = heading_of(headers)
    for name, several in heading.ambiguous:
        if name in {*LONG, "urn", "week", "marks"}:
            raise DataError(f"Columns {', '.join(several)} could all be '{name}'. Rename those that are not.")
    columns = {name: headers[position] for name, position in heading.columns.items()}
    weekdays = weekday_columns(headers)
    if "week" in columns and (weekdays or "marks" in columns):
        sql = _weekly(columns, kinds, weekdays)
        return Marks(relation, sql, {**columns, "date": columns["week"]}, file, first_row)
    for name, role in LONG.items():
        if name not in columns:
            raise ColumnNotFound.of(name, role, "table of marks", headers)
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
        raise ColumnNotFound.of("pupil_id", LONG["pupil_id"], "table of marks", list(kinds))
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


def _of_memory(data: object, connection: Any) -> Any:
    import narwhals as nw
    import pandas as pd

    native = nw.to_native(data, pass_through=True)
    if type(native).__module__.partition(".")[0] in {"duckdb", "_duckdb"}:
        return native
    if not isinstance(native, pd.DataFrame):
        native = in_memory(native, _wanted)
    wanted = _wanted([str(name) for name in native.columns])
    table = native.set_axis([str(name) for name in native.columns], axis=1)[wanted]
    return connection.from_df(_plain_texts(table).copy())  # a turned view of a table is one that DuckDB cannot scan


def _plain_texts(table: Any) -> Any:
    """Categories as text; a column of Python dates as dates."""
    import pandas as pd

    changed = {name: table[name].astype(object) for name in table if isinstance(table[name].dtype, pd.CategoricalDtype)}
    return table.assign(**changed) if changed else table


def in_memory(table: object, wanted: Callable[[Sequence[str]], Sequence[str]] | None = None) -> Any:
    """Which pandas table is any other table?

    Parameters
    ----------
    table : object
        A Polars, DuckDB, PySpark or narwhals table.
    wanted : callable, optional
        From the columns there are to those to take.

    Returns
    -------
    pandas.DataFrame
        A copy; missing values are None or NaN.

    Raises
    ------
    DataError
        Where it is no table.
    """
    import narwhals as nw
    import pandas as pd

    try:
        lazy: Any = nw.from_native(cast("Any", table)).lazy()
    except TypeError as error:
        raise DataError(
            f"A {type(table).__name__} is no table. Hand in a pandas, Polars, DuckDB, PySpark or narwhals table, "
            "or the path of a file."
        ) from error
    names = [str(name) for name in lazy.collect_schema().names()]
    chosen = lazy.select(list(wanted(names) if wanted else names))
    done = chosen.collect("polars" if chosen.implementation.is_polars() else "pandas")
    return pd.DataFrame({name: done.get_column(name).to_list() for name in done.columns})


def _wanted(names: Sequence[str]) -> list[str]:
    """Only the columns of marks are looked at: names and dates of birth are not even copied."""
    heading = heading_of(names)
    wanted = {*LONG, "urn", "week", "marks"}
    own = {names[position] for name, position in heading.columns.items() if name in wanted}
    own |= {header for name, several in heading.ambiguous if name in wanted for header in several}
    return [name for name in names if name in own or name in weekday_columns(names)] or list(names)


def _of_file(path: Path, connection: Any) -> Marks:
    import duckdb

    if path.suffix.lower() in {".parquet", ".pq"} and path.is_file():
        try:
            return marks_of(connection.read_parquet(str(path)), path.name)
        except duckdb.Error as error:
            raise DataError(
                f"{path.name} is no Parquet file that can be read: it is damaged or of another kind."
            ) from error
    return _quick_csv(path, connection) or slow_marks(path, connection)


def _quick_csv(path: Path, connection: Any, *, typed: bool = True) -> Marks | None:
    """A clean UTF-8 text file, read by DuckDB as it counts; None where it is anything else."""
    import duckdb

    top = _top(path) if path.is_file() else None
    if top is None:
        return None
    body, delimiter = top
    if len(set(body.headers)) < len(body.headers) or not all(body.headers) or not ends_in_a_line(path):
        return None
    kinds = dict.fromkeys(body.headers, "VARCHAR")
    kinds.update(_typed_date(body) if typed else {})
    form = next((each for each, pattern in DATE_FORMATS if _all_match(_dates(body), pattern)), DATE_FORMATS[0][0])
    try:
        relation = connection.read_csv(
            str(path), header=False, skiprows=body.header_row, delimiter=delimiter, columns=kinds, date_format=form,
            quotechar='"', escapechar='"', comment="", auto_detect=False, strict_mode=True,
        )  # fmt: skip
        marks = marks_of(relation, path.name, first_row=body.header_row + 1)
    except duckdb.Error:
        return None
    return marks


def _top(path: Path) -> tuple[Body, str] | None:
    """The first rows of a text file and its delimiter; None where it is no plain UTF-8 text."""
    with path.open("rb") as file:
        data = file.read(SAMPLE)
    whole = data if len(data) < SAMPLE else data[: data.rfind(b"\n") + 1]
    try:
        text = whole.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if b"\x00" in whole or b"\r" in whole.replace(b"\r\n", b"") or text.startswith("sep="):
        return None
    grid = text_grid(whole)
    if grid.notes or not grid.rows:
        return None
    body = body_of(grid.rows, known_header("marks"))
    plain_top = body.header_row == 1 or not any('"' in line for line in text.splitlines()[: body.header_row])
    crooked = any(note.kind in {"long row", "short row", "empty"} for note in body.notes)
    return (body, sniff(text)) if plain_top and not crooked and body.columns else None


def _dates(body: Body) -> list[str]:
    columns = heading_of(body.headers).columns
    position = columns.get("date", columns.get("week"))
    return [] if position is None else [str(cell).strip() for cell in body.columns[position]]


def _typed_date(body: Body) -> dict[str, str]:
    """The day as a date, where all of the first rows are written in one usual way."""
    columns = heading_of(body.headers).columns
    position = columns.get("date", columns.get("week"))
    if position is None or not any(_all_match(_dates(body), pattern) for _, pattern in DATE_FORMATS):
        return {}
    return {body.headers[position]: "DATE"}


def _all_match(cells: Sequence[str], pattern: str) -> bool:
    return bool(cells) and all(re.fullmatch(pattern, cell) for cell in cells)


def of_raw(raw: RawTable, connection: Any) -> Marks:
    """Which marks does a file hold that was read as text?

    Parameters
    ----------
    raw : RawTable
        Readable.
    connection : duckdb.DuckDBPyConnection
        Where it is counted.

    Returns
    -------
    Marks
        Ready to be counted.
    """
    import pandas as pd

    wanted = set(_wanted(raw.headers))
    table = pd.DataFrame({name: raw.columns[i] for i, name in enumerate(raw.headers) if name in wanted})
    first = int(raw.rows[0]) if len(raw.rows) else FIRST_ROW
    return marks_of(connection.from_df(table.copy()), raw.file, first_row=first)
