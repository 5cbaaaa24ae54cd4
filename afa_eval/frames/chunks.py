"""Large tables on DuckDB: rows in batches, cross-products by matrix multiplication.

DuckDB reads and converts; its vectors are taken over as they are (Arrow's C interface). Its own grouped sums would do
the arithmetic one product at a time and miss the cache where groups come shuffled; a matrix product for each run of
rows of a group is several times faster, and repeatable to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

import numpy as np
from numpy.typing import NDArray

from afa_eval.errors import EstimationError
from afa_eval.frames.numbering import joined
from afa_eval.frames.record import Key, key_order
from afa_eval.frames.source import present
from afa_eval.frames.terms import Column, Factor
from afa_eval.kernels.linear import Floats, Ints
from afa_eval.kernels.moments import (
    FIRST_ROWS,
    ClusterMoments,
    constant_safe_shift,
    outcome_shift,
    products,
    stable_order,
)

PIECE = 32_768  # rows taken over at a time: their columns fit the cache
APART = 24  # numbers between columns, so that they do not fall on the same lines of the cache
BLOCK = 4096  # rows laid out at a time: they fit the cache
VALUES = 12_000_000  # numbers held where rows must be sorted first
SLICE = 8_192  # sorted rows multiplied at a time
PARTS = 8192  # parts of groups that wait to be added
LONG_RUN = 16  # rows of one group side by side, on average, that need no sorting


@dataclass(slots=True)
class Sums:
    """What has been added up so far?

    Attributes
    ----------
    keys : ndarray of int, shape (levels, G)
        The groups met so far.
    n, cross : ndarray
        Rows and cross-products by group. The first column is the constant.
    waiting : list of tuple
        Keys, rows and cross-products of parts of groups that are still to be added.
    """

    keys: Ints
    n: Ints
    cross: Floats
    waiting: list[tuple[Ints, Ints, Floats]]

    @classmethod
    def none(cls, levels: int, q: int) -> Sums:
        """Where does it begin?

        Parameters
        ----------
        levels : int
            Grouping columns.
        q : int
            Columns of the model.

        Returns
        -------
        Sums
            Without groups.
        """
        return cls(np.zeros((levels, 0), dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros((0, q, q)), [])

    def add(self, keys: Ints, n: Ints, cross: Floats) -> None:
        """Add up parts of groups.

        Parameters
        ----------
        keys : ndarray of int, shape (levels, m)
            Whose they are.
        n : ndarray of int, shape (m,)
            Rows of each part.
        cross : ndarray, shape (m, q, q)
            Their cross-products.
        """
        self.waiting.append((keys, n, cross))
        if sum(part.size for _, part, _ in self.waiting) > PARTS:
            self.settle()

    def settle(self) -> None:
        """Add what waits to its groups."""
        if not self.waiting:
            return
        every, at = self.places(np.hstack([part for part, _, _ in self.waiting])), 0
        for _, n, cross in self.waiting:
            places, at = every[at : at + n.size], at + n.size
            if np.unique(places).size == places.size:
                self.n[places] += n
                self.cross[places] += cross
            else:
                np.add.at(self.n, places, n)
                np.add.at(self.cross, places, cross)
        self.waiting = []

    def places(self, keys: Ints) -> Ints:
        """Where do these groups stand? Those not met yet get a place.

        Parameters
        ----------
        keys : ndarray of int, shape (levels, m)
            Groups, which may repeat.

        Returns
        -------
        ndarray of int, shape (m,)
            Positions in ``n`` and ``cross``.
        """
        met = self.n.size
        if not met:  # no need to keep places that were given
            codes, self.keys = joined(keys)
        else:
            codes, found = joined(np.hstack([self.keys, keys]))
            moved = np.empty(found.shape[1], dtype=np.int64)
            new = np.ones(moved.size, dtype=np.bool_)
            moved[codes[:met]], new[codes[:met]] = np.arange(met), False
            moved[new] = met + np.arange(moved.size - met)
            self.keys = np.hstack([self.keys, found[:, new]])
            codes = moved[codes[met:]]
        more = self.keys.shape[1] - met
        if more:
            self.n = np.append(self.n, np.zeros(more, dtype=np.int64))
            self.cross = np.concatenate([self.cross, np.zeros((more, *self.cross.shape[1:]))])
        return codes


@dataclass(slots=True)
class Buffer:
    """Which rows wait to be sorted?

    Attributes
    ----------
    rows : ndarray, shape (capacity, q)
        Shifted columns of the model; what is not used costs no memory.
    keys : ndarray of int, shape (levels, capacity)
        Their groups.
    sums : Sums
        Where they are added.
    space : ndarray, shape (q, PIECE)
        For the columns of rows that need no sorting; used anew each time.
    used : int
        How many wait.
    """

    rows: Floats
    keys: Ints
    sums: Sums
    space: Floats
    used: int = 0

    @classmethod
    def of(cls, levels: int, q: int) -> Buffer:
        """Where does a pass begin?

        Parameters
        ----------
        levels : int
            Grouping columns.
        q : int
            Columns of the model.

        Returns
        -------
        Buffer
            Empty.
        """
        capacity = max(VALUES // q, PIECE)
        keys = np.empty((levels, capacity), dtype=np.int64)
        return cls(np.empty((capacity, q)), keys, Sums.none(levels, q), np.empty((q, PIECE + APART)))

    def done(self) -> Sums:
        """What do all rows come to?

        Returns
        -------
        Sums
            Nothing waits any more.
        """
        self.flush()
        self.rows = self.rows[:0].copy()
        self.sums.settle()
        return self.sums

    def take_in(self, made: Sequence[NDArray[Any] | None], shift: Floats, keys: Ints) -> None:
        """Add rows, at once where those of a group stand side by side.

        Parameters
        ----------
        made : sequence of ndarray or None
            Columns of the model, at most ``PIECE`` rows; None for the constant.
        shift : ndarray, shape (q,)
            What is subtracted from each.
        keys : ndarray of int, shape (levels, n)
            Their groups.
        """
        n = keys.shape[1]
        changed = np.ones(n, dtype=np.bool_)
        changed[1:] = reduce(or_, (level[1:] != level[:-1] for level in keys), np.zeros(n - 1, dtype=np.bool_))
        starts = np.flatnonzero(changed)
        if starts.size * LONG_RUN <= n or starts.size == 1:
            z = self.space[:, :n]
            _lay_out(made, shift, z)
            self.sums.add(keys[:, starts], np.diff(starts, append=n), products(z, starts))
            return
        if self.used + n > self.rows.shape[0]:
            self.flush()
        rows = self.rows[self.used : self.used + n]
        for first in range(0, n, BLOCK):
            part = slice(first, first + BLOCK)
            _lay_out([one if one is None else one[part] for one in made], shift, rows[part].T)
        self.keys[:, self.used : self.used + n] = keys
        self.used += n

    def flush(self) -> None:
        """Add the waiting rows, groups of the same size side by side."""
        if not self.used:
            return
        codes, keys = joined(self.keys[:, : self.used])
        order, counts = stable_order(codes), np.bincount(codes)
        starts, places = np.cumsum(counts) - counts, self.sums.places(keys)
        self.sums.n[places] += counts
        for size in np.unique(counts).tolist():
            alike, step = np.flatnonzero(counts == size), max(SLICE // size, 1)
            for first in range(0, alike.size, step):
                groups = alike[first : first + step]
                rows = self.rows.take(order[starts[groups][:, None] + np.arange(size)], axis=0)
                products_ = np.matmul(rows.transpose(0, 2, 1), rows.copy())  # of one array BLAS takes twice as long
                self.sums.cross[places[groups]] += products_
        self.used = 0


def _lay_out(made: Sequence[NDArray[Any] | None], shift: Floats, out: Floats) -> None:
    """Columns less their shift, one below the other."""
    for one, by, place in zip(made, shift.tolist(), out, strict=True):
        if one is not None and by:
            np.subtract(one, by, out=place)
        else:
            place[:] = 1.0 if one is None else one


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
    buffer: Buffer
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
        keys = [one.astype(np.int64, copy=False)[None] for one in values[: self.buffer.keys.shape[0]]]
        joint = np.vstack(keys) if len(keys) > 1 else keys[0] if keys else np.zeros((0, n), np.int64)
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
    buffer = Buffer.of(levels, q)
    sources = {name: at[name] for name in used}
    state = Pass(columns, factors, floats, sources, buffer, dict.fromkeys(used, 0))
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
    hashed = [
        f"k{i}" if _whole(schema[group]) else f"CASE WHEN k{i} IS NOT NULL THEN hash(k{i}) END"
        for i, group in enumerate(groups)
    ]
    return native.project(", ".join([*hashed, *made])) if hashed or made else native


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

    for batch in nanoarrow.c_array_stream(relation):
        view = batch.view()
        children = [view.child(i) for i in range(view.n_children)]
        for first in range(0, len(batch), PIECE):
            piece = slice(first, min(first + PIECE, len(batch)))
            yield [_values(child, piece) for child in children], [_absent(child, piece) for child in children]


def _values(child: Any, piece: slice) -> NDArray[Any]:
    whole = np.asarray(child.buffer(1))[child.offset :]
    return (whole.view(np.int64) if whole.dtype == np.uint64 else whole)[piece]


def _absent(child: Any, piece: slice) -> NDArray[np.bool_] | None:
    """From the bitmap, which is there only where something is missing."""
    if not child.null_count:
        return None
    bits = np.frombuffer(child.buffer(0), dtype=np.uint8)
    start, stop = child.offset + piece.start, child.offset + piece.stop
    there = np.unpackbits(bits[start // 8 : -(-stop // 8)], bitorder="little")[start % 8 :][: stop - start]
    return np.equal(there, 0)
