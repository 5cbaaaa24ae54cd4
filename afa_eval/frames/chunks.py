"""Large tables on DuckDB: rows in chunks, sorted by group inside each, cross-products by matrix multiplication.

DuckDB's own grouped sums do the arithmetic one product at a time and miss the cache when groups come shuffled;
a matrix product per group and chunk is several times faster and repeatable to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from afa_eval.frames.record import Key, key_order
from afa_eval.frames.terms import Column
from afa_eval.kernels.linear import Floats, Ints
from afa_eval.kernels.moments import FIRST_ROWS, ClusterMoments, constant_safe_shift

VECTOR = 2048  # rows that DuckDB hands over at once
VALUES = 3_000_000  # numbers held at a time


@dataclass(slots=True)
class Sums:
    """What has been added up so far?

    Attributes
    ----------
    q : int
        Columns of the model.
    place : dict
        Position of each group met so far.
    n, cross : ndarray
        Rows and cross-products by group; grown by doubling. The first column is the constant.
    """

    q: int
    place: dict[Key, int] = field(default_factory=dict)
    n: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    cross: Floats = field(default_factory=lambda: np.zeros((0, 0, 0)))

    def add(self, z: Floats, codes: Ints, keys: Sequence[Key]) -> None:
        """Add the rows of a chunk.

        Parameters
        ----------
        z : ndarray, shape (q, rows)
            Shifted columns of the model, rows sorted by group.
        codes : ndarray of int, shape (rows,)
            Group of each row, rising.
        keys : sequence of tuple
            The groups' keys.
        """
        where = np.array([self.place.setdefault(key, len(self.place)) for key in keys], dtype=np.int64)
        self._grow()
        starts = np.flatnonzero(np.diff(codes, prepend=-1))
        ends = np.append(starts[1:], codes.size)
        local = _by_group(np.ascontiguousarray(z.T), starts, ends)
        rows = where[codes[starts]]
        self.n[rows] += ends - starts
        self.cross[rows] += local

    def _grow(self) -> None:
        had = self.cross.shape[0]
        if had >= len(self.place):
            return
        size = max(2 * had, len(self.place), 64)
        n, cross = np.zeros(size, dtype=np.int64), np.zeros((size, self.q, self.q))
        if had:
            n[:had], cross[:had] = self.n, self.cross
        self.n, self.cross = n, cross

    def record(self, shift: Floats) -> tuple[tuple[Key, ...], ClusterMoments]:
        """What are the groups, sorted, and their moments?

        Parameters
        ----------
        shift : ndarray, shape (q,)
            What was subtracted.

        Returns
        -------
        tuple, ClusterMoments
            Keys and numbers in the same order.
        """
        keys = tuple(sorted(self.place, key=key_order))
        order = np.array([self.place[key] for key in keys], dtype=np.int64)
        cross = self.cross[order]
        return keys, ClusterMoments(self.n[order], cross[:, 0, :].copy(), cross, shift)


def _by_group(rows: Floats, starts: Ints, ends: Ints) -> Floats:
    """Cross-products of each slice of rows, a matrix product per group."""
    q = rows.shape[1]
    out = np.empty((starts.size, q, q))
    for k, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        block = rows[start:end]
        np.dot(block.T, block, out[k])
    return out


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """What did a pass in chunks find?

    Attributes
    ----------
    keys : tuple
        Groups, sorted.
    clusters : ClusterMoments
        Their moments.
    n_dropped : int
        Rows with a missing value.
    missing : tuple of (str, int)
        How many values are missing, by column.
    """

    keys: tuple[Key, ...]
    clusters: ClusterMoments
    n_dropped: int
    missing: tuple[tuple[str, int], ...]


def gather(running: Any, columns: Sequence[Column], groups: Sequence[str], used: Sequence[str]) -> Gathered:
    """What are the moments of a table that DuckDB hands over in chunks?

    Parameters
    ----------
    running : duckdb.DuckDBPyConnection
        On which a query for the columns used has been executed.
    columns : sequence of Column
        Of the model, the constant first.
    groups : sequence of str
        Grouping columns, widest first.
    used : sequence of str
        All columns of the table that must have a value.

    Returns
    -------
    Gathered
        Without groups where no row is complete.
    """
    sums, shift = Sums(len(columns)), np.zeros(len(columns))
    lost, dropped = dict.fromkeys(used, 0), 0
    for chunk in _chunks(running, max(VALUES // len(columns) // VECTOR, 1)):
        arrays = chunk
        absent = {name: _absent(arrays[name]) for name in used}
        incomplete = np.zeros(next(iter(arrays.values())).size, dtype=np.bool_)
        for name, gone in absent.items():
            if gone is not None:
                lost[name] += int(gone.sum())
                incomplete |= gone
        if incomplete.any():
            dropped += int(incomplete.sum())
            arrays = {name: values[~incomplete] for name, values in arrays.items()}
        n = next(iter(arrays.values())).size
        if not n:
            continue
        if not sums.place:
            shift = _first_shift(arrays, columns, min(n, FIRST_ROWS))
        codes, keys = codes_of(arrays, groups, n)
        z, codes = _sorted_columns(arrays, columns, codes, shift)
        sums.add(z, codes, keys)
    found, clusters = sums.record(shift) if sums.place else ((), ClusterMoments(*_nothing(len(columns)), shift))
    return Gathered(found, clusters, dropped, tuple(lost.items()))


def _nothing(q: int) -> tuple[Ints, Floats, Floats]:
    return np.zeros(0, dtype=np.int64), np.zeros((0, q)), np.zeros((0, q, q))


def _chunks(running: Any, vectors: int) -> Iterator[dict[str, NDArray[Any]]]:
    while True:
        frame = running.fetch_df_chunk(vectors)
        if not len(frame):
            return
        yield {str(name): np.asarray(frame[name]) for name in frame.columns}


def _absent(values: NDArray[Any]) -> NDArray[np.bool_] | None:
    """Which values are missing; None where none can be."""
    if values.dtype.kind in "iub":
        return None
    import pandas as pd

    gone: NDArray[np.bool_] = np.asarray(pd.isna(values), dtype=np.bool_)
    return gone


def _first_shift(arrays: dict[str, NDArray[Any]], columns: Sequence[Column], n: int) -> Floats:
    first = {name: values[:n] for name, values in arrays.items()}
    return constant_safe_shift(np.column_stack([column.values(first, n) for column in columns]))


def codes_of(arrays: Mapping[str, NDArray[Any]], groups: Sequence[str], n: int) -> tuple[Ints, list[Key]]:
    """Which group is each row in, and what are the groups' keys?

    Parameters
    ----------
    arrays : dict of str to ndarray
        Complete rows, by column.
    groups : sequence of str
        Grouping columns, widest first.
    n : int
        How many rows.

    Returns
    -------
    ndarray of int, list
        Codes, and keys in the order of the codes.
    """
    import pandas as pd

    if not groups:
        return np.zeros(n, dtype=np.int64), [()]
    codes = np.zeros(n, dtype=np.int64)
    keys: list[Key] = [()]
    for group in groups:
        part, values = pd.factorize(arrays[group])
        pairs, codes = np.unique(codes * len(values) + part, return_inverse=True) if len(keys) > 1 else (None, part)
        plain = [int(v) if isinstance(v, float) and v.is_integer() else v for v in np.asarray(values).tolist()]
        if pairs is None:
            keys = [(value,) for value in plain]
        else:
            keys = [(*keys[pair // len(plain)], plain[pair % len(plain)]) for pair in pairs.tolist()]
    return codes.astype(np.int64), keys


def _sorted_columns(
    arrays: dict[str, NDArray[Any]], columns: Sequence[Column], codes: Ints, shift: Floats
) -> tuple[Floats, Ints]:
    """The model's columns side by side, rows sorted by group."""
    n = codes.size
    if (codes[1:] < codes[:-1]).any():
        order = stable_order(codes)
        codes = codes[order]
        arrays = {name: values.take(order) for name, values in arrays.items()}
    z = np.empty((len(columns), n))
    for i, column in enumerate(columns):
        z[i] = column.values(arrays, n)
        if shift[i]:
            z[i] -= shift[i]
    return z, codes


def stable_order(codes: Ints) -> Ints:
    """In which order are small codes sorted, equal ones as they stand?

    Parameters
    ----------
    codes : ndarray of int
        From 0.

    Returns
    -------
    ndarray of int
        Sixteen bits at a time, which numpy sorts by counting.
    """
    order = np.argsort((codes & 0xFFFF).astype(np.uint16), kind="stable")
    if codes.size and codes.max() > 0xFFFF:
        order = order[np.argsort((codes[order] >> 16).astype(np.uint16), kind="stable")]
    return order
