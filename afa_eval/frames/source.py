"""Any table becomes a narwhals LazyFrame on an engine that can group products in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from afa_eval.errors import ColumnNotFound, DataError

if TYPE_CHECKING:
    import narwhals as nw

READERS = {".parquet": "read_parquet", ".pq": "read_parquet", ".csv": "read_csv", ".gz": "read_csv", ".tsv": "read_csv"}
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


def open_table(data: object, roles: Sequence[Role]) -> nw.LazyFrame[Any]:
    """Which lazy table holds the columns that are needed?

    Eager pandas and Arrow tables go through DuckDB, Polars stays Polars (lazy), Spark stays Spark: on these
    engines a sum of products inside a group-by is one fused pass.

    Parameters
    ----------
    data : object
        A pandas, Polars, DuckDB, PySpark or narwhals table, or the path of a Parquet or CSV file.
    roles : sequence of Role
        The columns needed; the others are not read.

    Returns
    -------
    narwhals.LazyFrame
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
        native = _open_file(Path(native))
    check_columns(native, roles)
    frame: nw.LazyFrame[Any] = nw.from_native(_lazy_native(native, columns)).lazy()
    return frame.select(columns)


def _open_file(path: Path) -> Any:
    import duckdb

    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise DataError(f"{path.name} is neither Parquet nor CSV. Hand in {ACCEPTED}.")
    if not path.exists():
        raise DataError(f"There is no file {path}.")
    try:
        return getattr(duckdb.connect(), reader)(str(path))
    except duckdb.Error as error:
        raise DataError(f"{path.name} could not be read: {str(error).splitlines()[0]}") from error


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
        Where it is no table.
    """
    if hasattr(native, "collect_schema"):
        names = native.collect_schema().names()
    else:
        names = getattr(native, "column_names", getattr(native, "columns", None))
    if names is None:
        raise DataError(f"A {type(native).__name__} is no table. Hand in {ACCEPTED}.")
    existing = [str(name) for name in names]
    for role in roles:
        if role.column not in existing:
            raise ColumnNotFound.of(role.column, role.role, "data", existing)


def _lazy_native(native: Any, columns: list[str]) -> Any:
    """The table itself where its engine is lazy; through DuckDB where it is not."""
    kind = type(native).__module__.partition(".")[0]
    if kind in {"pandas", "pyarrow"}:
        import duckdb

        _check_case(columns)
        connection = duckdb.connect()
        if kind == "pandas":
            return connection.from_df(native[columns])
        return connection.from_arrow(native.select(columns))
    return native


def _check_case(columns: list[str]) -> None:
    if len({column.lower() for column in columns}) < len(columns):
        raise DataError(f"Columns {', '.join(columns)}: two names differ only in capitals; rename one.")


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
