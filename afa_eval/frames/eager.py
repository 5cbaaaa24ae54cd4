"""Tables that are in memory already: their arrays, without starting an engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from afa_eval.frames.numbering import numbered
from afa_eval.frames.record import Key, key_order
from afa_eval.frames.source import Role, check_columns
from afa_eval.frames.terms import Arrays, Coded, Known
from afa_eval.kernels.linear import Ints

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """Which arrays does a table in memory hold?

    Attributes
    ----------
    schema : mapping
        Type of each column.
    arrays : dict of str to ndarray or Coded
        All rows, by column; what is no number is coded.
    complete : ndarray of bool
        Which rows have a value in every column.
    missing : tuple of (str, int)
        How many values are missing, by column.
    """

    schema: Mapping[str, Any]
    arrays: dict[str, NDArray[Any] | Coded]
    complete: NDArray[np.bool_]
    missing: tuple[tuple[str, int], ...]

    def whole(self) -> Arrays:
        """What are the complete rows?

        Returns
        -------
        dict of str to ndarray or Coded
            By column.
        """
        if not any(count for _, count in self.missing):
            return self.arrays
        return {name: values[self.complete] for name, values in self.arrays.items()}

    def known(self) -> Known:
        """What is known of the table before its terms are named?

        Returns
        -------
        Known
            Categories are those of all rows, as an engine would find them.
        """
        return Known(self.schema, self._distinct)

    def _distinct(self, column: str) -> set[Any]:
        values = self.arrays[column]
        return set(values.levels if isinstance(values, Coded) else values.tolist())


def held_table(data: object, roles: Sequence[Role]) -> Held | None:
    """Is this a table in memory, and which arrays does it hold?

    Parameters
    ----------
    data : object
        Anything.
    roles : sequence of Role
        The columns needed.

    Returns
    -------
    Held or None
        None where it is something else.

    Raises
    ------
    ColumnNotFound
        Where a column is missing.
    """
    import narwhals as nw

    native = nw.to_native(data, pass_through=True)
    if type(native).__module__.partition(".")[0] not in {"pandas", "polars"} or not hasattr(native, "shape"):
        return None
    if len(native.shape) != 2:
        return None
    check_columns(native, roles)
    columns = list(dict.fromkeys(role.column for role in roles))
    plain = {"i": nw.Int64(), "u": nw.UInt64(), "f": nw.Float64(), "b": nw.Boolean()}
    schema: dict[str, Any] = {}
    arrays: dict[str, NDArray[Any] | Coded] = {}
    missing, complete = [], np.ones(native.shape[0], dtype=np.bool_)
    for name in columns:
        values = _numpy(native, name)
        if isinstance(values, np.ndarray):
            schema[name], arrays[name] = plain[values.dtype.kind], values
            absent = _gaps(np.isnan(values)) if values.dtype.kind == "f" else None
        elif values is not None:
            schema[name] = nw.String()
            arrays[name], absent = _coded_column(values)
        else:
            series = nw.from_native(native[name], series_only=True)
            schema[name] = series.dtype
            arrays[name], absent = _array(series, schema[name].is_numeric() or schema[name] == nw.Boolean)
        missing.append((name, 0 if absent is None else int(absent.sum())))
        if absent is not None:
            complete &= ~absent
    return Held(schema, arrays, complete, tuple(missing))


def _numpy(native: Any, name: str) -> NDArray[Any] | pd.Series[Any] | None:
    """The array that a pandas column of plain numbers is, or the column itself of text: without a detour."""
    import pandas as pd

    series = native[name] if isinstance(native, pd.DataFrame) else None
    if not isinstance(series, pd.Series):
        return None
    kind = series.dtype
    if isinstance(kind, np.dtype):
        return np.asarray(series) if kind.kind in "iufb" else None
    return series if isinstance(kind, pd.StringDtype) else None


def _gaps(absent: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    """Which values are missing; None where none is, which costs later steps nothing."""
    return absent if absent.any() else None


def _array(series: Any, number: bool) -> tuple[NDArray[Any] | Coded, NDArray[np.bool_] | None]:
    """Values, and which are missing; not-a-number is missing too."""
    import pandas as pd

    if not number:
        native = series.to_native()
        return _coded_column(native if isinstance(native, pd.Series) else np.asarray(series.to_numpy()))
    values = np.asarray(series.to_numpy())
    if values.dtype.kind in "iub":
        return values, None
    if values.dtype == object:
        gone = np.asarray(series.is_null().to_numpy(), dtype=np.bool_)
        values = np.array([np.nan if lost else float(v) for v, lost in zip(values, gone, strict=True)])
    return values, _gaps(np.isnan(values))


def _coded_column(values: Any) -> tuple[Coded, NDArray[np.bool_] | None]:
    """Categories by number, and which are missing."""
    import pandas as pd

    if getattr(values.dtype, "storage", "") == "python":  # text without Arrow: half as dear as objects
        values = values.to_numpy()
    codes, levels = pd.factorize(values)
    return Coded(codes.astype(np.int64, copy=False), [_plain(level) for level in levels]), _gaps(codes < 0)


def group_codes(arrays: Arrays, groups: Sequence[str], n_rows: int) -> tuple[Ints, tuple[Key, ...]]:
    """To which group does each row belong, groups sorted?

    Parameters
    ----------
    arrays : mapping of str to ndarray or Coded
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
    codes: Ints = np.zeros(n_rows, dtype=np.int64)
    keys: list[Key] = [()]
    for group in groups:
        codes, keys = _within(codes, keys, *_coded(arrays[group]))
    whole = all(isinstance(held, np.ndarray) and held.dtype.kind == "i" for held in map(arrays.__getitem__, groups))
    by = keys.__getitem__ if whole else lambda i: key_order(keys[i])  # whole numbers sort as they are
    order = sorted(range(len(keys)), key=by)
    if order == list(range(len(keys))):
        return codes, tuple(keys)
    rank = np.empty(len(keys), dtype=np.int64)
    rank[order] = np.arange(len(keys))
    return rank[codes], tuple(keys[i] for i in order)


def _coded(values: NDArray[Any] | Coded) -> tuple[Ints, list[Any]]:
    """Codes that all occur, and what they stand for; whole floats as integers."""
    import pandas as pd

    if isinstance(values, Coded):
        codes, kept = numbered(values.codes)
        return codes, [values.levels[code] for code in kept.tolist()]
    if values.dtype.kind == "i":
        codes, kept = numbered(values.astype(np.int64, copy=False))
        return codes, kept.tolist()
    codes, levels = pd.factorize(values)
    return codes.astype(np.int64, copy=False), [_plain(level) for level in levels]


def _plain(value: Any) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _within(codes: Ints, keys: list[Key], part: Ints, levels: list[Any]) -> tuple[Ints, list[Key]]:
    """Groups of the next level inside those of the levels before."""
    if len(keys) == 1:
        return part, [(*keys[0], level) for level in levels]
    joint, pairs = numbered(codes * len(levels) + part)
    return joint, [(*keys[pair // len(levels)], levels[pair % len(levels)]) for pair in pairs.tolist()]
