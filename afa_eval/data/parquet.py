"""Parquet files, through DuckDB: no other engine is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from afa_eval.data.engine import connected
from afa_eval.data.raw import MOST_CELLS, Body, Note
from afa_eval.data.written import Written

AS_TEXT = "SELECT COALESCE(CAST(COLUMNS(*) AS VARCHAR), '') FROM read_parquet(?)"


def parquet_body(path: Path) -> Body:
    """Which cells does a Parquet file have, as text?

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Body
        Rows numbered as if a header stood in row 1.
    """
    nothing = np.empty(0, dtype=np.int64)
    with path.open("rb") as file:
        signature = file.read(4)
    if signature != b"PAR1":
        return Body((), 1, (), nothing, (Note("kind", "not a Parquet file, whatever its name says"),))
    import duckdb

    try:
        with connected() as engine:
            many = _cells(engine.read_parquet(path.as_posix()))
            if many > MOST_CELLS:
                return Body((), 1, (), nothing, (Note("too large", f"{many:,} cells"),))
            result = engine.execute(AS_TEXT, [path.as_posix()])
            headers = tuple(str(item[0]).strip() for item in result.description)
            cells = result.fetchnumpy()
    except duckdb.Error:
        return Body((), 1, (), nothing, (Note("kind", "a damaged Parquet file"),))
    columns = tuple(Written.of(column.tolist()) for column in cells.values())
    n = len(columns[0]) if columns else 0
    notes = () if n else (Note("empty", "headers only"),)
    return Body(headers, 1, columns, np.arange(2, n + 2, dtype=np.int64), notes)


def _cells(relation: Any) -> int:
    """How many cells are there? The file says so itself: none is read."""
    rows: int = relation.aggregate("count(*)").fetchall()[0][0]
    return rows * len(relation.columns)
