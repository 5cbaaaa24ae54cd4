"""Small tables that are in memory already: their arrays, without starting an engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from afa_eval.frames.chunks import codes_of
from afa_eval.frames.record import Key, key_order
from afa_eval.frames.source import Role, check_columns
from afa_eval.frames.terms import Known
from afa_eval.kernels.linear import Ints

MOST_ROWS = 500_000  # beyond it rows are taken in chunks, to save memory


@dataclass(frozen=True, slots=True, eq=False)
class Small:
    """Which arrays does a small table hold?

    Attributes
    ----------
    schema : mapping
        Type of each column.
    arrays : dict of str to ndarray
        All rows, by column.
    complete : ndarray of bool
        Which rows have a value in every column.
    missing : tuple of (str, int)
        How many values are missing, by column.
    """

    schema: Mapping[str, Any]
    arrays: dict[str, NDArray[Any]]
    complete: NDArray[np.bool_]
    missing: tuple[tuple[str, int], ...]

    def whole(self) -> dict[str, NDArray[Any]]:
        """What are the complete rows?

        Returns
        -------
        dict of str to ndarray
            By column.
        """
        if self.complete.all():
            return self.arrays
        return {name: values[self.complete] for name, values in self.arrays.items()}

    def known(self) -> Known:
        """What is known of the table before its terms are named?

        Returns
        -------
        Known
            Categories are those of all rows, as an engine would find them.
        """
        return Known(self.schema, lambda column: set(self.arrays[column].tolist()))


def small_table(data: object, roles: Sequence[Role]) -> Small | None:
    """Is this a small table in memory, and which arrays does it hold?

    Parameters
    ----------
    data : object
        Anything.
    roles : sequence of Role
        The columns needed.

    Returns
    -------
    Small or None
        None where it is something else, or large.

    Raises
    ------
    ColumnNotFound
        Where a column is missing.
    """
    import narwhals as nw

    native = nw.to_native(data, pass_through=True)
    if type(native).__module__.partition(".")[0] not in {"pandas", "polars"} or not hasattr(native, "shape"):
        return None
    if len(native.shape) != 2 or native.shape[0] > MOST_ROWS:
        return None
    check_columns(native, roles)
    columns = list(dict.fromkeys(role.column for role in roles))
    frame: nw.DataFrame[Any] = nw.from_native(native, eager_only=True)
    series = [frame.get_column(name) for name in columns]
    schema = {name: one.dtype for name, one in zip(columns, series, strict=True)}
    arrays, missing = {}, []
    complete: NDArray[np.bool_] = np.ones(len(frame), dtype=np.bool_)
    for name, one in zip(columns, series, strict=True):
        values, absent = _array(one, schema[name].is_numeric() or schema[name] == nw.Boolean)
        arrays[name] = values
        missing.append((name, int(absent.sum())))
        complete = complete & ~absent
    return Small(schema, arrays, complete, tuple(missing))


def _array(series: Any, number: bool) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Values, and which are missing; not-a-number is missing too."""
    values = np.asarray(series.to_numpy())
    if values.dtype.kind in "iub":
        return values, np.zeros(values.size, dtype=np.bool_)
    if values.dtype.kind == "f":
        return values, np.isnan(values)
    absent = np.asarray(series.is_null().to_numpy(), dtype=np.bool_)
    if number and values.dtype == object:
        values = np.array([np.nan if gone else float(v) for v, gone in zip(values, absent, strict=True)])
        absent = np.isnan(values)
    return values, absent


def group_codes(arrays: Mapping[str, NDArray[Any]], groups: Sequence[str], n_rows: int) -> tuple[Ints, tuple[Key, ...]]:
    """To which group does each row belong, groups sorted?

    Parameters
    ----------
    arrays : mapping of str to ndarray
        Complete rows, by column.
    groups : sequence of str
        Grouping columns, widest first.
    n_rows : int
        How many rows.

    Returns
    -------
    ndarray of int of shape (n_rows,), tuple
        Position in the keys; the keys.
    """
    codes, keys = codes_of(arrays, groups, n_rows)
    order = sorted(range(len(keys)), key=lambda i: key_order(keys[i]))
    rank = np.empty(len(keys), dtype=np.int64)
    rank[order] = np.arange(len(keys))
    return rank[codes], tuple(keys[i] for i in order)
