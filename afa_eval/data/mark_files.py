"""Registers of marks as they are handed in: a table of the memory, or a file that DuckDB reads as it counts.

A table of the memory, a clean CSV or a Parquet file is never copied. Anything else (Excel, UTF-16, crooked rows) goes
through the reader of all files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from afa_eval.data.checks import run_checks
from afa_eval.data.engine import connected
from afa_eval.data.handed import Handed, Part
from afa_eval.data.headers import Heading, known_header, resolve
from afa_eval.data.marks import COLUMNS, FIRST_ROW, Marks, heading_of, marks_of, weekday_columns
from afa_eval.data.opening import complain, read_raw, source
from afa_eval.data.raw import Body, RawTable, body_of
from afa_eval.data.text import SAMPLE, ends_in_a_line, sniff, text_grid
from afa_eval.data.written import Written
from afa_eval.errors import DataError

Told = Mapping[str, str] | None
DATE_FORMATS = (("%d/%m/%Y", r"\d{1,2}/\d{1,2}/\d{4}"), ("%Y-%m-%d", r"\d{4}-\d{2}-\d{2}"))


def open_marks(data: object, connection: Any, told: Told = None) -> Marks:
    """Which marks were handed in?

    Parameters
    ----------
    data : object
        A pandas, Polars, DuckDB, PySpark or narwhals table, or the path of a file.
    connection : duckdb.DuckDBPyConnection
        Reads what is no DuckDB relation itself.
    told : mapping of str to str, optional
        ``[columns.attendance]`` of the plan.

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
        return _of_file(Path(data), connection, told)
    relation = _of_memory(data, connection)
    return marks_of(relation, "", told=told)


def text_marks(path: str | Path, connection: Any, told: Told = None) -> Marks:
    """Which marks does a CSV file hold, if its days are not all written as the first ones?

    Parameters
    ----------
    path : str or Path
        The file.
    connection : duckdb.DuckDBPyConnection
        Reads it.
    told : mapping of str to str, optional
        ``[columns.attendance]`` of the plan.

    Returns
    -------
    Marks
        With days read one by one.
    """
    return _quick_csv(Path(path), connection, told, typed=False) or slow_marks(path, connection, told)


def slow_marks(path: str | Path, connection: Any, told: Told = None) -> Marks:
    """Which marks does any file hold?

    Parameters
    ----------
    path : str or Path
        The file.
    connection : duckdb.DuckDBPyConnection
        Counts them.
    told : mapping of str to str, optional
        ``[columns.attendance]`` of the plan.

    Returns
    -------
    Marks
        Read by the reader of all files.

    Raises
    ------
    DataError
        Listing what makes it no table, and its crooked rows.
    """
    raw = read_raw(source(path), known_header("marks", (told or {}).values()))
    part = Part("attendance", raw, Heading({}), {})
    complain([fault for fault in run_checks(Handed((part,), {}, single=True)) if fault.code < "AFA207"])
    return of_raw(raw, connection, told)


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


def headers_of(path: Path, told: Told = None) -> RawTable | None:
    """Which headers has a large file, without reading it?

    Parameters
    ----------
    path : Path
        The file.
    told : mapping of str to str, optional
        ``[columns.attendance]`` of the plan.

    Returns
    -------
    RawTable or None
        Headers and some cells; None where it is neither Parquet nor a clean CSV.
    """
    if not path.is_file():
        return None
    if path.suffix.lower() not in {".parquet", ".pq"}:
        top = None if path.suffix.lower() in {".xlsx", ".xlsm"} else _top(path, told)
        return top and RawTable(
            path.name, path, headers=top[0].headers, columns=top[0].columns, header_row=top[0].header_row
        )
    import duckdb

    try:
        with connected() as engine:
            names = [str(name) for name in engine.read_parquet(str(path)).columns]
    except duckdb.Error:
        return None
    return RawTable(path.name, path, headers=tuple(names), columns=tuple(Written.of([]) for _ in names))


def _of_file(path: Path, connection: Any, told: Told) -> Marks:
    import duckdb

    if path.suffix.lower() in {".parquet", ".pq"} and path.is_file():
        try:
            return marks_of(connection.read_parquet(str(path)), path.name, told=told)
        except duckdb.Error as error:
            raise DataError(
                f"{path.name} is no Parquet file that can be read: it is damaged or of another kind."
            ) from error
    return _quick_csv(path, connection, told) or slow_marks(path, connection, told)


def _quick_csv(path: Path, connection: Any, told: Told, *, typed: bool = True) -> Marks | None:
    """A clean UTF-8 text file, read by DuckDB as it counts; None where it is anything else."""
    import duckdb

    top = _top(path, told) if path.is_file() else None
    if top is None:
        return None
    body, delimiter = top
    if len(set(body.headers)) < len(body.headers) or not all(body.headers) or not ends_in_a_line(path):
        return None
    kinds = dict.fromkeys(body.headers, "VARCHAR")
    days = _dates(body, told)
    kinds.update(_typed_date(body, told) if typed else {})
    form = next((each for each, pattern in DATE_FORMATS if _all_match(days, pattern)), DATE_FORMATS[0][0])
    try:
        relation = connection.read_csv(
            str(path), header=False, skiprows=body.header_row, delimiter=delimiter, columns=kinds, date_format=form,
            quotechar='"', escapechar='"', comment="", auto_detect=False, strict_mode=True,
        )  # fmt: skip
        marks = marks_of(relation, path.name, first_row=body.header_row + 1, told=told)
    except duckdb.Error:
        return None
    return marks


def _top(path: Path, told: Told) -> tuple[Body, str] | None:
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
    body = body_of(grid.rows, known_header("marks", (told or {}).values()), unquoted=grid.unquoted)
    plain_top = body.header_row == 1 or not any('"' in line for line in text.splitlines()[: body.header_row])
    crooked = any(note.kind in {"long row", "short row", "empty"} for note in body.notes)
    return (body, sniff(text)) if plain_top and not crooked and body.columns else None


def _day_column(body: Body, told: Told) -> int | None:
    columns = heading_of(body.headers, told).columns
    return columns.get("date", columns.get("week"))


def _dates(body: Body, told: Told) -> list[str]:
    position = _day_column(body, told)
    return [] if position is None else list(map(str.strip, body.columns[position].texts))


def _typed_date(body: Body, told: Told) -> dict[str, str]:
    """The day as a date, where all of the first rows are written in one usual way."""
    position = _day_column(body, told)
    if position is None or not any(_all_match(_dates(body, told), pattern) for _, pattern in DATE_FORMATS):
        return {}
    return {body.headers[position]: "DATE"}


def _all_match(cells: Sequence[str], pattern: str) -> bool:
    return bool(cells) and all(re.fullmatch(pattern, cell) for cell in cells)


def of_raw(raw: RawTable, connection: Any, told: Told = None) -> Marks:
    """Which marks does a file hold that was read as text?

    Parameters
    ----------
    raw : RawTable
        Readable.
    connection : duckdb.DuckDBPyConnection
        Where it is counted.
    told : mapping of str to str, optional
        ``[columns.attendance]`` of the plan.

    Returns
    -------
    Marks
        Ready to be counted.
    """
    import pandas as pd

    wanted = set(_wanted(raw.headers, told))
    cells = {name: raw.columns[i].cells() for i, name in enumerate(raw.headers) if name in wanted}
    table = pd.DataFrame(cells, dtype=object)
    first = int(raw.rows[0]) if len(raw.rows) else FIRST_ROW
    return marks_of(connection.from_df(table.copy()), raw.file, first_row=first, told=told)


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


def _wanted(names: Sequence[str], told: Told = None) -> list[str]:
    """Only the columns of marks are looked at: names and dates of birth are not even copied."""
    heading = heading_of(names, told)
    own = {names[position] for name, position in heading.columns.items() if name in COLUMNS}
    own |= {header for name, several in heading.ambiguous if name in COLUMNS for header in several}
    return [name for name in names if name in own or name in weekday_columns(names)] or list(names)
