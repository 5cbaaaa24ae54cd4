"""One pass over a table, on the engine where it lives, to the moments of each group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from afa_eval.errors import DataError, EstimationError
from afa_eval.frames import chunks, eager, scan
from afa_eval.frames.record import Key, Moments, key_order
from afa_eval.frames.source import Role, collect, open_table, present
from afa_eval.frames.terms import Arrays, Column, Factor, expand, known, label
from afa_eval.kernels.linear import Floats, Ints
from afa_eval.kernels.moments import (
    FIRST_ROWS,
    ClusterMoments,
    check_finite,
    column_moments,
    constant_safe_shift,
    indicates,
    outcome_shift,
)

if TYPE_CHECKING:
    import narwhals as nw

COMPLETE = "__complete"
AT_ONCE = 32_768  # rows; beyond it they are taken in pieces, to save memory


def moments(
    data: object,
    outcome: str,
    fixed: Sequence[str],
    groups: Sequence[str] = (),
    reference: Mapping[str, object] | None = None,
) -> Moments:
    """What are the moments of these columns in each group, in one pass?

    Columns are shifted by their mean over the first complete rows, so that large offsets cost no digits.
    Rows with a missing value in any column used are dropped and counted.

    Parameters
    ----------
    data : object
        A pandas, Polars, DuckDB, PySpark or narwhals table, or the path of a Parquet or CSV file; or a
        ``Moments`` record, of which these columns and groups are picked.
    outcome : str
        The column on the left, a number.
    fixed : sequence of str
        Terms on the right; text columns are categories, ``a:b`` is an interaction. An intercept is added.
    groups : sequence of str
        Grouping columns, widest first.
    reference : mapping, optional
        The category that others are compared with, by column; a number named here is a category too.

    Returns
    -------
    Moments
        Sorted by group.

    Raises
    ------
    DataError
        Where a column is missing or of the wrong kind.
    EstimationError
        Where no complete row is left, or a value is infinite.
    """
    if isinstance(data, Moments):
        _check_reference(data, reference or {})
        return data.model(outcome, fixed, groups)
    roles = [Role(outcome, "the outcome"), *(Role(group, "a group") for group in groups)]
    roles += [Role(part, "a term") for term in fixed for part in term.split(":")]
    held = eager.held_table(data, roles)
    with np.errstate(over="ignore", invalid="ignore"):  # an infinite value is said once all are added up
        if held is not None:
            found = _in_memory(held, outcome, fixed, tuple(groups), reference)
        else:
            found = _on_engine(data, roles, outcome, fixed, tuple(groups), reference)
    check_finite(found.clusters.cross)
    return found


def _check_reference(stored: Moments, reference: Mapping[str, object]) -> None:
    """Were categories compared with these when the moments were made? It cannot be changed afterwards."""
    parts = {part for column in stored.columns for part in column.split(":")}
    for column, level in reference.items():
        if f"{column}[{label(level)}]" in parts:
            raise DataError(
                f"The stored moments compare '{column}' with another category than {level!r}: make them anew."
            )


def _on_engine(
    data: object,
    roles: Sequence[Role],
    outcome: str,
    fixed: Sequence[str],
    groups: tuple[str, ...],
    reference: Mapping[str, object] | None,
) -> Moments:
    """The record of a table that an engine reads."""
    used = list(dict.fromkeys(role.column for role in roles))
    opened = open_table(data, roles)
    frame = opened.frame
    check_outcome(frame.collect_schema(), outcome)
    columns = (*expand(known(frame), fixed, reference), _outcome_column(outcome))
    if opened.on_duckdb:
        found = scan.gather(frame, columns, groups, used)
        if not found.keys:
            raise _nothing_left(found.missing)
        missing = tuple(item for item in found.missing if item[1])
        names = tuple(column.name for column in columns)
        return Moments(names, groups, found.keys, found.clusters, found.n_dropped, missing)
    complete = reduce(and_, (present(frame, column) for column in used))
    shift = mean_shift(frame.filter(complete), columns, len(columns) - 1)
    return _gather(_aggregate(frame, columns, list(groups), used, complete, shift), columns, groups, used, shift)


def _outcome_column(outcome: str) -> Column:
    return Column(outcome, (Factor(outcome, None, outcome, False),))


def _in_memory(
    table: eager.Held,
    outcome: str,
    fixed: Sequence[str],
    groups: tuple[str, ...],
    reference: Mapping[str, object] | None,
) -> Moments:
    """The same record from a table in memory, without an engine."""
    check_outcome(table.schema, outcome)
    columns = (*expand(table.known(), fixed, reference), _outcome_column(outcome))
    dropped = table.complete.size - int(table.complete.sum())
    if dropped == table.complete.size:
        raise _nothing_left(table.missing)
    arrays, n = table.whole(), table.complete.size - dropped
    codes, keys = eager.group_codes(arrays, groups, n)
    clusters = _at_once(arrays, columns, codes) if n <= AT_ONCE else _in_pieces(arrays, columns, codes)
    missing = tuple(item for item in table.missing if item[1])
    return Moments(tuple(column.name for column in columns), groups, keys, clusters, dropped, missing)


def _at_once(arrays: Arrays, columns: Sequence[Column], codes: Ints) -> ClusterMoments:
    made = [column.values(arrays, codes.size) for column in columns]
    shift, indicators = np.zeros(len(made)), [i for i, one in enumerate(made) if one.dtype == bool or indicates(one)]
    z, last = np.empty((len(made), codes.size)), len(made) - 1
    for i, one in enumerate(made):
        if i not in indicators:
            shift[i] = constant_safe_shift(one[:, None])[0]
        if i == last:
            shift[i] = outcome_shift(one, shift[i])
        if shift[i]:
            np.subtract(one, shift[i], out=z[i])
        else:
            z[i] = one
    return column_moments(z, codes, shift, [i for i in indicators if not shift[i]])


def _in_pieces(arrays: Arrays, columns: Sequence[Column], codes: Ints) -> ClusterMoments:
    """The same of many rows: some at a time, so that the model's columns never stand in memory whole."""
    buffer = chunks.Buffer.of(1, len(columns))
    first = {name: values[slice(FIRST_ROWS)] for name, values in arrays.items()}
    some = min(FIRST_ROWS, codes.size)
    rows = np.column_stack([column.values(first, some) for column in columns])
    shift = constant_safe_shift(rows)
    shift[-1] = outcome_shift(rows[:, -1], shift[-1])
    for start in range(0, codes.size, chunks.PIECE):
        part = slice(start, min(start + chunks.PIECE, codes.size))
        piece = {name: values[part] for name, values in arrays.items()}
        made = [column.values(piece, part.stop - start) if column.factors else None for column in columns]
        buffer.take_in(made, shift, codes[None, part])
    sums = buffer.done()
    order = np.argsort(sums.keys[0])
    cross = sums.cross[order]
    return ClusterMoments(sums.n[order], cross[:, 0, :].copy(), cross, shift)


def _nothing_left(missing: Sequence[tuple[str, int]]) -> EstimationError:
    named = ", ".join(f"{column} in {count} rows" for column, count in missing if count)
    if not named:
        return EstimationError("The table has no rows.")
    return EstimationError(f"No row has a value in every column. Missing: {named}.")


def check_outcome(schema: Mapping[str, nw.dtypes.DType], outcome: str) -> None:
    """Is the outcome a number?

    Parameters
    ----------
    schema : mapping
        Type of each column.
    outcome : str
        Its column.

    Raises
    ------
    DataError
        Where it is not.
    """
    import narwhals as nw

    kind = schema[outcome]
    if not (kind.is_numeric() or kind == nw.Boolean):
        raise DataError(f"Column '{outcome}' (the outcome) is {kind}, not a number.")


def mean_shift(frame: nw.LazyFrame[Any], columns: Sequence[Column], outcome: int | None = None) -> Floats:
    """By how much should each column be shifted to keep its digits?

    Parameters
    ----------
    frame : narwhals.LazyFrame
        Complete rows.
    columns : sequence of Column
        Of the model.
    outcome : int, optional
        Which of them is the outcome.

    Returns
    -------
    ndarray, shape (q,)
        Mean over the first rows; 0 for constants, and for indicators, which must still add up to one.
    """
    shift = np.zeros(len(columns))
    moved = [i for i, column in enumerate(columns) if not column.indicator]
    if not moved:
        return shift
    first = collect(frame.head(FIRST_ROWS).select(**{f"z{i}": columns[i].expression() for i in moved}))
    for i in moved:
        values = first[f"z{i}"].astype(np.float64)
        shift[i] = constant_safe_shift(values[:, None])[0]
        if i == outcome:
            shift[i] = outcome_shift(values, shift[i])
    return shift


def _aggregate(
    frame: nw.LazyFrame[Any],
    columns: Sequence[Column],
    groups: list[str],
    used: list[str],
    complete: nw.Expr,
    shift: Floats,
) -> dict[str, NDArray[Any]]:
    """Counts, sums and products by group; incomplete rows form groups of their own and are only counted."""
    import narwhals as nw

    moved = {f"z{i}": columns[i].expression() - shift[i] for i in range(1, len(columns))}
    absent = {f"m{i}": (~present(frame, column)).cast(nw.Int64) for i, column in enumerate(used)}
    keys = {f"k{i}": nw.col(group) for i, group in enumerate(groups)}
    ready = frame.select(**keys, **{COMPLETE: complete.cast(nw.Int64)}, **moved, **absent)
    q = len(columns)
    sums = [nw.col(f"z{i}").sum().alias(f"s{i}") for i in range(1, q)]
    products = [(nw.col(f"z{a}") * nw.col(f"z{b}")).sum().alias(f"c{a}_{b}") for a in range(1, q) for b in range(a, q)]
    counts = [nw.len().alias("n"), *(nw.col(name).sum().alias(name) for name in absent)]
    return collect(ready.group_by(*keys, COMPLETE).agg(*counts, *sums, *products))


def _gather(
    found: dict[str, NDArray[Any]],
    columns: Sequence[Column],
    groups: tuple[str, ...],
    used: Sequence[str],
    shift: Floats,
) -> Moments:
    """The record, from the aggregate's arrays."""
    kept = found[COMPLETE] == 1
    missing = tuple((column, int(found[f"m{i}"].sum())) for i, column in enumerate(used))
    dropped = int(found["n"][~kept].sum())
    if not kept.any():
        raise _nothing_left(missing)
    keys = keys_of(found, kept, len(groups))
    order = sorted(range(len(keys)), key=lambda i: key_order(keys[i]))
    q, rows = len(columns), np.flatnonzero(kept)[order]
    n = found["n"][rows].astype(np.int64)
    cross = np.empty((rows.size, q, q))
    cross[:, 0, 0] = n
    for a in range(1, q):
        cross[:, 0, a] = cross[:, a, 0] = found[f"s{a}"][rows]
        for b in range(a, q):
            cross[:, a, b] = cross[:, b, a] = found[f"c{a}_{b}"][rows]
    clusters = ClusterMoments(n, cross[:, 0, :].copy(), cross, shift)
    names = tuple(column.name for column in columns)
    return Moments(names, groups, tuple(keys[i] for i in order), clusters, dropped, tuple(m for m in missing if m[1]))


def keys_of(found: dict[str, NDArray[Any]], kept: NDArray[np.bool_], levels: int) -> list[Key]:
    """Which group is each row of an aggregate?

    Parameters
    ----------
    found : dict of str to ndarray
        The aggregate, its grouping columns named k0, k1, ...
    kept : ndarray of bool
        Rows asked for.
    levels : int
        How many grouping columns.

    Returns
    -------
    list of tuple
        Whole floats as integers.
    """
    parts = [[_plain(value) for value in found[f"k{i}"][kept].tolist()] for i in range(levels)]
    return list(zip(*parts, strict=True)) if parts else [() for _ in range(int(kept.sum()))]


def _plain(value: object) -> object:
    """Whole floats as integers: a key column with missing values comes back as floats."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
