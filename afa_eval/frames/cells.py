"""One pass over a table to cells: distinct covariates by school, how many rows, how many with the outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_

import numpy as np

from afa_eval.errors import DataError, EstimationError
from afa_eval.frames.moments import check_outcome, keys_of, mean_shift
from afa_eval.frames.record import Key, key_order
from afa_eval.frames.source import Role, collect, open_table, present
from afa_eval.frames.terms import Column, Factor, expand, known
from afa_eval.kernels.linear import Floats, Ints
from afa_eval.kernels.moments import check_finite


@dataclass(frozen=True, slots=True, eq=False)
class CellTable:
    """How many rows are there of each kind in each school?

    Attributes
    ----------
    columns : tuple of Column
        Regressors, the intercept first.
    x : ndarray, shape (C, p)
        Their values minus ``shift`` in each cell.
    n, y : ndarray, shape (C,)
        Rows, and those with the outcome.
    school : ndarray of int, shape (C,)
        Position in ``keys``.
    keys : tuple
        Schools, sorted.
    shift : ndarray, shape (p,)
        What was subtracted; 0 for the intercept and for indicators.
    n_dropped : int
        Rows left out because a value was missing.
    missing : tuple of (str, int)
        Missing values by column of the table.
    """

    columns: tuple[Column, ...]
    x: Floats
    n: Floats
    y: Floats
    school: Ints
    keys: tuple[Key, ...]
    shift: Floats
    n_dropped: int
    missing: tuple[tuple[str, int], ...]


def cells(
    data: object, outcome: str, fixed: Sequence[str], group: str, reference: Mapping[str, object] | None = None
) -> CellTable:
    """What are the cells of a yes-or-no outcome, in one pass?

    Parameters
    ----------
    data : object
        A pandas, Polars, DuckDB, PySpark or narwhals table, or the path of a Parquet or CSV file.
    outcome : str
        The column on the left: 0 or 1, or a truth value.
    fixed : sequence of str
        Terms on the right, as for ``moments``.
    group : str
        The school.
    reference : mapping, optional
        The category that others are compared with, by column.

    Returns
    -------
    CellTable
        With numbers that vary from pupil to pupil, as many cells as rows.

    Raises
    ------
    DataError
        Where a column is missing, or the outcome is anything but 0 and 1.
    EstimationError
        Where no complete row is left, or a value is infinite.
    """
    import narwhals as nw

    roles = [Role(outcome, "the outcome"), Role(group, "a group")]
    roles += [Role(part, "a term") for term in fixed for part in term.split(":")]
    opened = open_table(data, roles)  # kept to the end: it holds the connection
    frame = opened.frame
    check_outcome(frame.collect_schema(), outcome)
    columns = expand(known(frame), fixed, reference)
    used = list(dict.fromkeys(role.column for role in roles))
    lost = collect(
        frame.select(
            nw.len().alias("all"),
            *((~present(frame, column)).cast(nw.Int64).sum().alias(f"m{i}") for i, column in enumerate(used)),
        )
    )
    missing = tuple((column, int(lost[f"m{i}"][0])) for i, column in enumerate(used))
    whole = frame.filter(reduce(and_, (present(frame, column) for column in used)))
    y = Column(outcome, (Factor(outcome, None, outcome, False),)).expression()
    zs = {f"z{i}": column.expression() for i, column in enumerate(columns) if i}
    found = collect(
        whole.select(k0=nw.col(group), y=y, odd=((y != 0) & (y != 1)).cast(nw.Int64), **zs)
        .group_by("k0", *zs)
        .agg(nw.len().alias("n"), nw.col("y").sum().alias("y"), nw.col("odd").sum().alias("odd"))
    )
    if not found["n"].size:
        named = ", ".join(f"{column} in {count} rows" for column, count in missing)
        raise EstimationError(f"No row has a value in every column. Missing: {named}.")
    if found["odd"].sum():
        raise DataError(f"Column '{outcome}' (the outcome) must be 0 or 1; {int(found['odd'].sum())} rows are neither.")
    shift = mean_shift(whole, columns)
    x = np.column_stack([np.ones(found["n"].size), *(found[z].astype(np.float64) for z in zs)])
    check_finite(x)
    x -= shift
    names = keys_of(found, np.ones(found["n"].size, dtype=np.bool_), 1)
    keys = tuple(sorted(set(names), key=key_order))
    place = {key: i for i, key in enumerate(keys)}
    school = np.array([place[name] for name in names], dtype=np.int64)
    order = np.lexsort((*x.T, school))
    return CellTable(
        columns=columns,
        x=x[order],
        n=found["n"].astype(np.float64)[order],
        y=found["y"].astype(np.float64)[order],
        school=school[order],
        keys=keys,
        shift=shift,
        n_dropped=int(lost["all"][0] - found["n"].sum()),
        missing=tuple(item for item in missing if item[1]),
    )
