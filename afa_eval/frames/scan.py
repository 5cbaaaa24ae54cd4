"""Large tables on DuckDB: it reads and converts, and its vectors are taken over as they are (Arrow's C interface).

Its own grouped sums would do the arithmetic one product at a time and miss the cache where groups come shuffled; matrix
products of some rows of a group are several times faster, and repeatable to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from afa_eval.errors import EstimationError
from afa_eval.frames import chunks
from afa_eval.frames.record import Key, key_order
from afa_eval.frames.source import present
from afa_eval.frames.terms import Column, Factor
from afa_eval.kernels.linear import Floats
from afa_eval.kernels.moments import FIRST_ROWS, ClusterMoments, constant_safe_shift, outcome_shift

# Bytes. Once a block of this size is freed, glibc keeps smaller ones for later use (mallopt(3), M_MMAP_THRESHOLD) where
# else it would hand them back to the system, and each batch of rows would begin on pages that must be cleared first.
KEPT = 8_388_608


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """What did a pass in batches find?

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


@dataclass(slots=True)
class Pass:
    """What does a pass know besides the rows?

    Attributes
    ----------
    columns : sequence of Column
        Of the model, the constant first.
    factors : dict
        Position of each single column or indicator among those read.
    floats : sequence of int
        Positions that may hold not-a-number, which is missing.
    sources : dict
        Position that tells whether a column of the table has a value.
    levels : int
        Grouping columns, which are read first.
    buffer : Buffer
        Where rows go.
    lost : dict
        Missing values by column of the table.
    dropped : int
        Rows with any.
    shift : ndarray, shape (q,)
        What is subtracted; known once rows have been seen.
    """

    columns: Sequence[Column]
    factors: dict[Factor, int]
    floats: Sequence[int]
    sources: dict[str, int]
    levels: int
    buffer: chunks.Buffer
    lost: dict[str, int]
    dropped: int = 0
    shift: Floats | None = None

    def take_in(self, values: list[NDArray[Any]], absent: list[NDArray[np.bool_] | None]) -> None:
        """Add a batch.

        Parameters
        ----------
        values : list of ndarray
            What was read, keys first.
        absent : list of ndarray of bool or None
            Which of them are missing; None where none is.
        """
        for at in self.floats:
            odd = np.isnan(values[at])
            if odd.any():
                gone = absent[at]
                absent[at] = odd if gone is None else odd | gone
        for name, at in self.sources.items():
            gone = absent[at]
            self.lost[name] += 0 if gone is None else int(gone.sum())
        known = [gone for gone in absent if gone is not None]
        if known:
            complete = ~np.logical_or.reduce(known)
            self.dropped += int(complete.size - complete.sum())
            values = [one[complete] for one in values]
        n = values[0].size
        if n:
            self._write(values, n)

    def _write(self, values: list[NDArray[Any]], n: int) -> None:
        """The model's columns, shifted, into the buffer."""
        made = [self._made(column, values) for column in self.columns]
        if self.shift is None:
            first = [1.0 if one is None else one[:FIRST_ROWS] for one in made]
            rows = np.column_stack(np.broadcast_arrays(*first))
            self.shift = constant_safe_shift(rows)
            self.shift[-1] = outcome_shift(rows[:, -1], self.shift[-1])
        keys = values[: self.levels]
        joint = np.vstack(keys) if len(keys) > 1 else keys[0][None] if keys else np.zeros((0, n), np.int64)
        self.buffer.take_in(made, self.shift, joint)

    def _made(self, column: Column, values: list[NDArray[Any]]) -> Floats | None:
        """The product of its factors; None for the constant."""
        if not column.factors:
            return None
        out: Floats = values[self.factors[column.factors[0]]]
        if len(column.factors) > 1:
            out = out.astype(np.float64)  # products of narrow integers would run over
        for factor in column.factors[1:]:
            out = out * values[self.factors[factor]]
        return out


def gather(frame: Any, columns: Sequence[Column], groups: Sequence[str], used: Sequence[str]) -> Gathered:
    """What are the moments of a table that DuckDB reads?

    Parameters
    ----------
    frame : narwhals.LazyFrame
        Over a DuckDB relation.
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
    schema, levels, q = frame.collect_schema(), len(groups), len(columns)
    factors = {one: levels + i for i, one in enumerate(dict.fromkeys(f for c in columns for f in c.factors))}
    at = {factor.column: place for factor, place in reversed(factors.items())} | {g: i for i, g in enumerate(groups)}
    floats = [place for factor, place in factors.items() if factor.level is None and schema[factor.column].is_float()]
    buffer = chunks.Buffer.of(levels, q)
    sources = {name: at[name] for name in used}
    state = Pass(columns, factors, floats, sources, levels, buffer, dict.fromkeys(used, 0))
    for values, absent in batches(_relation(frame, groups, factors)):
        state.take_in(values, absent)
    buffer.done()
    return _record(frame, groups, state)


def _record(frame: Any, groups: Sequence[str], state: Pass) -> Gathered:
    """Groups under the names that they have in the table, sorted."""
    sums, missing = state.buffer.sums, tuple(state.lost.items())
    shift = np.zeros(len(state.columns)) if state.shift is None else state.shift
    names = [_names(frame, group) for group in groups]
    found = sums.keys
    if names and not any(names):
        order = np.lexsort(found[::-1])
        keys = tuple(zip(*found[:, order].tolist(), strict=True))
    else:
        named = [tuple(n.get(part, part) for n, part in zip(names, key, strict=True)) for key in found.T.tolist()]
        order = np.array(sorted(range(len(named)), key=lambda i: key_order(named[i])), dtype=np.int64)
        keys = tuple(named[i] for i in order)
    cross = sums.cross if (np.diff(order) == 1).all() else sums.cross[order]  # a copy only where it must be
    clusters = ClusterMoments(sums.n[order], cross[:, 0, :].copy(), cross, shift)
    return Gathered(keys, clusters, state.dropped, missing)


# --- what is asked of DuckDB --------------------------------------------------------------------------------


def _whole(kind: Any) -> bool:
    """Is a group's column a number that goes through as it is?"""
    import narwhals as nw

    return kind in {nw.Int8, nw.Int16, nw.Int32, nw.Int64, nw.UInt8, nw.UInt16, nw.UInt32}


def _relation(frame: Any, groups: Sequence[str], factors: dict[Factor, int]) -> Any:
    """Groups as integers (text by its hash); single columns as they are stored where numpy knows the type."""
    import narwhals as nw

    schema = frame.collect_schema()
    keys = {
        f"k{i}": nw.when(present(frame, group)).then(nw.col(group)) if schema[group].is_float() else nw.col(group)
        for i, group in enumerate(groups)
    }
    made = {}
    for factor, place in factors.items():
        kind, column = schema[factor.column], nw.col(factor.column)
        if factor.level is not None:
            one = (column == nw.lit(factor.level)).cast(nw.Int8)
            one = nw.when(present(frame, factor.column)).then(one) if kind.is_float() else one
        else:
            one = column if _whole(kind) or kind.is_float() else column.cast(nw.Float64)
        made[f"f{place}"] = one
    native = nw.to_native(frame.select(**keys, **made))
    if all(_whole(schema[group]) for group in groups):
        return native
    hashed = [
        f"k{i}" if _whole(schema[group]) else f"CASE WHEN k{i} IS NOT NULL THEN hash(k{i}) END"
        for i, group in enumerate(groups)
    ]
    return native.project(", ".join([*hashed, *made]))


def _names(frame: Any, group: str) -> dict[int, object]:
    """What do hashes stand for? Nothing where the group is an integer."""
    import narwhals as nw

    if _whole(frame.collect_schema()[group]):
        return {}
    native = nw.to_native(frame.filter(present(frame, group)).select(k=nw.col(group)).unique())
    found = native.project("k, hash(k)").fetchall()
    names = {int(np.uint64(code).astype(np.int64)): _plain(value) for value, code in found}
    if len(names) < len(found):
        raise EstimationError(f"Two values of '{group}' have the same hash. Number the groups, and try again.")
    return names


def _plain(value: object) -> object:
    """Whole floats as integers: a key column with missing values comes as floats."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def batches(relation: Any) -> Iterator[tuple[list[NDArray[Any]], list[NDArray[np.bool_] | None]]]:
    """What does a relation hold, some rows at a time?

    Parameters
    ----------
    relation : duckdb.DuckDBPyRelation
        Of numbers.

    Yields
    ------
    list of ndarray, list of ndarray of bool or None
        Values and what is missing, column by column: views of DuckDB's own memory.
    """
    import nanoarrow

    np.empty(KEPT, dtype=np.uint8)
    for batch in nanoarrow.c_array_stream(relation):
        view = batch.view()
        children = [view.child(i) for i in range(view.n_children)]
        whole = [_values(child) for child in children]
        for first in range(0, len(batch), chunks.PIECE):
            piece = slice(first, min(first + chunks.PIECE, len(batch)))
            yield [values[piece] for values in whole], [_absent(child, piece) for child in children]


def _values(child: Any) -> NDArray[Any]:
    """The numbers of a column."""
    values = np.asarray(child.buffer(1))[child.offset :]
    return values.view(np.int64) if values.dtype == np.uint64 else values


def _absent(child: Any, piece: slice) -> NDArray[np.bool_] | None:
    """From the bitmap, which is there only where something is missing."""
    if not child.null_count:
        return None
    bits = np.frombuffer(child.buffer(0), dtype=np.uint8)
    start, stop = child.offset + piece.start, child.offset + piece.stop
    there = np.unpackbits(bits[start // 8 : -(-stop // 8)], bitorder="little")[start % 8 :][: stop - start]
    return np.equal(there, 0)
