"""Any table becomes a narwhals LazyFrame on an engine that can group products in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from afa_eval.errors import ColumnNotFound, DataError

if TYPE_CHECKING:
    import narwhals as nw

READERS = {".parquet": "read_parquet", ".pq": "read_parquet", ".csv": "read_csv", ".gz": "read_csv", ".tsv": "read_csv"}
# Each holds from -most - 1 to most. Not single bytes: DuckDB takes longer to make them than they save.
NARROW = {"SMALLINT": 32_767, "INTEGER": 2_147_483_647}
WIDE = {"INTEGER", "BIGINT"}
ACCEPTED = "a pandas, Polars, DuckDB, PySpark or narwhals table, or the path of a Parquet or CSV file"


@dataclass(frozen=True, slots=True)
class Role:
    """Which column is needed as what?

    Attributes
    ----------
    column : str
        Its name in the table.
    role : str
        What it is needed as, for messages.
    """

    column: str
    role: str


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """How is a table read?

    Attributes
    ----------
    frame : narwhals.LazyFrame
        With the columns needed only.
    on_duckdb : bool
        Whether DuckDB reads it, so that rows can be taken over in batches.
    connection : duckdb.DuckDBPyConnection or None
        Our own, which must outlive the frame: before DuckDB 2 a table does not keep it open.
    """

    frame: nw.LazyFrame[Any]
    on_duckdb: bool
    connection: Any = None


def open_table(data: object, roles: Sequence[Role]) -> Opened:
    """How are the columns of this table read?

    Files, DuckDB relations and pandas and Arrow tables are read by DuckDB; Polars and Spark stay where they are: on
    these engines a sum of products inside a group-by is one fused pass.

    Parameters
    ----------
    data : object
        A pandas, Polars, DuckDB, PySpark or narwhals table, or the path of a Parquet or CSV file.
    roles : sequence of Role
        The columns needed; the others are not read.

    Returns
    -------
    Opened
        With those columns only.

    Raises
    ------
    ColumnNotFound
        Where one is missing.
    DataError
        Where the file is not there, or the table is of no known kind.
    """
    import narwhals as nw

    columns = list(dict.fromkeys(role.column for role in roles))
    native = nw.to_native(data, pass_through=True)
    if isinstance(native, str | Path):
        return _open_file(Path(native), columns, roles)
    check_columns(native, roles)
    if type(native).__module__.partition(".")[0] in {"pandas", "pyarrow"}:
        return _open_in_memory(native, columns)
    frame: nw.LazyFrame[Any] = nw.from_native(native).lazy()
    return Opened(frame.select(columns), frame.implementation.is_duckdb())


def _connect() -> Any:
    """A connection of its own, without a progress bar; a notebook without widgets has none to switch off."""
    import duckdb

    connection = duckdb.connect()
    with suppress(duckdb.InvalidInputException):
        connection.execute("SET enable_progress_bar = false")
    return connection


def _open_file(path: Path, columns: list[str], roles: Sequence[Role]) -> Opened:
    import duckdb

    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise DataError(f"{path.name} is neither Parquet nor CSV. Hand in {ACCEPTED}.")
    if not path.exists():
        raise DataError(f"There is no file {path}.")
    connection = _connect()
    try:
        if reader == "read_parquet":
            connection.execute("SET parquet_metadata_cache = true")  # or each step of a query reads the file's anew
        relation = getattr(connection, reader)(str(path))
    except duckdb.Error as error:
        raise DataError(f"{path.name} could not be read: {str(error).splitlines()[0]}") from error
    check_columns(relation, roles)
    return _on_duckdb(connection, _narrowed(relation, columns) if reader == "read_parquet" else relation, columns)


def _narrowed(relation: Any, columns: list[str]) -> Any:
    """Whole numbers of a Parquet file in two or four bytes, if its own minima and maxima say so: less to move."""
    kinds = dict(zip(relation.columns, map(str, relation.types), strict=True))
    wide = [name for name in columns if kinds[name] in WIDE]
    if not wide:
        return relation
    quoted = {name: '"' + name.replace('"', '""') + '"' for name in columns}
    found = relation.aggregate(", ".join(f"min({quoted[name]}), max({quoted[name]})" for name in wide)).fetchall()[0]
    fitting = {
        name: next((kind for kind, most in NARROW.items() if -most - 1 <= low and high <= most), kinds[name])
        for name, low, high in zip(wide, found[::2], found[1::2], strict=True)
        if low is not None
    }
    cast = [f"{quoted[name]}::{fitting.get(name, kinds[name])} AS {quoted[name]}" for name in columns]
    return relation.project(", ".join(cast))


def _open_in_memory(native: Any, columns: list[str]) -> Opened:
    import duckdb

    if len({column.lower() for column in columns}) < len(columns):
        raise DataError(f"Columns {', '.join(columns)}: two names differ only in capitals; rename one.")
    connection = _connect()
    table = native[columns] if hasattr(native, "iloc") else native.select(columns)
    try:
        connection.register("handed_in", table)
    except duckdb.Error:  # a turned view of a table is one that DuckDB cannot scan
        connection.register("handed_in", table.copy() if hasattr(table, "copy") else table.clone())
    return _on_duckdb(connection, connection.table("handed_in"), columns)


def _on_duckdb(connection: Any, relation: Any, columns: list[str]) -> Opened:
    import narwhals as nw

    frame: nw.LazyFrame[Any] = nw.from_native(relation).lazy()
    return Opened(frame.select(columns), on_duckdb=True, connection=connection)


def present(frame: nw.LazyFrame[Any], column: str) -> nw.Expr:
    """Is there a value?

    Parameters
    ----------
    frame : narwhals.LazyFrame
        The table.
    column : str
        Which column.

    Returns
    -------
    narwhals.Expr
        Not-a-number is none.
    """
    import narwhals as nw

    there = ~nw.col(column).is_null()
    return there & ~nw.col(column).is_nan().fill_null(True) if frame.collect_schema()[column].is_float() else there


def check_columns(native: Any, roles: Iterable[Role]) -> None:
    """Are all columns there? Asked of the native table, which says it without computing.

    Parameters
    ----------
    native : object
        A table of any kind.
    roles : iterable of Role
        The columns needed.

    Raises
    ------
    ColumnNotFound
        Naming the first that is missing.
    DataError
        Where it is no table, or one is there more than once.
    """
    if type(native).__module__.startswith("pandas"):  # asking it for what it has not is slow
        names = getattr(native, "columns", None)
    elif hasattr(native, "collect_schema"):
        names = native.collect_schema().names()
    else:
        names = getattr(native, "column_names", getattr(native, "columns", None))
    if names is None:
        raise DataError(f"A {type(native).__name__} is no table. Hand in {ACCEPTED}.")
    existing = [str(name) for name in names]
    for role in roles:
        if role.column not in existing:
            raise ColumnNotFound.of(role.column, role.role, "data", existing)
        if existing.count(role.column) > 1:
            raise DataError(f"Column '{role.column}' ({role.role}) is there {existing.count(role.column)} times.")


def collect(frame: nw.LazyFrame[Any]) -> dict[str, NDArray[Any]]:
    """What does the lazy table hold, as arrays by column?

    Parameters
    ----------
    frame : narwhals.LazyFrame
        What to compute.

    Returns
    -------
    dict of str to ndarray
        Missing text is None, missing numbers are NaN.
    """
    done = frame.collect("polars" if frame.implementation.is_polars() else "pandas")
    return {name: done.get_column(name).to_numpy() for name in done.columns}
