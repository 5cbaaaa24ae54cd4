"""Rows that wait until those of their group are there, in as few bytes as they need.

Scores have a few decimals, flags are 0 or 1, school numbers lie close together. A row that takes no more than eight bytes,
its groups and all, is one whole number: sorted, such numbers stand group by group. Longer rows are put in order by their
groups and fetched from where they lie, which costs more than to sort. Nothing is lost: what would be is kept as it came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate
from operator import or_
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from afa_eval.frames.numbering import together
from afa_eval.kernels.linear import Floats, Ints
from afa_eval.kernels.moments import FIRST_ROWS, indicates

VALUES = 8_000_000  # eight bytes each: room for rows that must be brought together first
SLICE = 16_384  # rows laid out at a time, so that their columns fit the cache
WORD = np.dtype("<i8")  # its last byte counts most, on every machine
LINES = (8, 16, 32)  # bytes that numpy moves at once: such rows are gathered twice as fast as column by column
KINDS = tuple(np.dtype(kind) for kind in ("<u1", "<u2", "<u4"))
SCALES = (1, 10, 100, 1000)  # of numbers with up to three decimals
SPARE = 1.25  # room for so many times what lies between the least and the greatest of the first rows
EXACT = 2**52  # whole numbers below it are exact as doubles, and so are those next to them
Columns = Sequence[NDArray[Any] | None]


@dataclass(frozen=True, slots=True)
class Narrow:
    """How is a column kept in few bytes?

    Attributes
    ----------
    kind : dtype
        Of what is kept.
    scale : int
        What numbers are multiplied by to be whole; 0 where they are kept as they came.
    low : int
        What is subtracted afterwards.
    """

    kind: np.dtype[Any]
    scale: int = 0
    low: int = 0

    @classmethod
    def of(cls, column: NDArray[Any], least: int) -> Narrow:
        """How could a column like this be kept?

        Parameters
        ----------
        column : ndarray
            Some of its numbers; there is room for others below and above.
        least : int
            Bytes that each takes at least.

        Returns
        -------
        Narrow
            As it came where it has too many decimals or digits.
        """
        scale = next((one for one in SCALES if _whole(column[:FIRST_ROWS], one) is not None), 0)
        low, high = (float(one) * scale for one in (column.min(), column.max()))
        if scale and low > -EXACT and high < EXACT and column.dtype != np.uint64:
            for kind in KINDS:
                room = 256**kind.itemsize
                if least <= kind.itemsize < column.itemsize and SPARE * (high - low) < room:
                    return cls(kind, scale, round((low + high - room) / 2))
        return cls(column.dtype)

    def kept(self, column: NDArray[Any]) -> NDArray[Any] | None:
        """What is kept of these numbers?

        Parameters
        ----------
        column : ndarray
            Of the type that it was made for.

        Returns
        -------
        ndarray or None
            None where one of them would be another number afterwards.
        """
        if not self.scale:
            return column
        kept, kind = np.empty(column.size, dtype=self.kind), np.float64 if column.dtype.kind == "f" else np.int64
        for first in range(0, column.size, SLICE):
            whole = _whole(column[first : first + SLICE], self.scale)
            if whole is None or whole.min() < self.low or whole.max() >= self.low + 256**self.kind.itemsize:
                return None
            np.subtract(whole, self.low, out=kept[first : first + SLICE], dtype=kind, casting="unsafe")
        return kept

    def back(self, kept: NDArray[Any], out: Floats) -> None:
        """Which numbers are these?

        Parameters
        ----------
        kept : ndarray
            Some of what was kept.
        out : ndarray of the same shape
            Where they are written.
        """
        out[:] = kept
        if self.scale:
            np.add(out, self.low, out=out)
        if self.scale > 1:
            np.divide(out, self.scale, out=out)


def _whole(column: NDArray[Any], scale: int) -> NDArray[Any] | None:
    """Multiplied and rounded; None where to divide does not give each number back to its last bit."""
    if column.dtype.kind != "f":
        return column
    whole = np.multiply(column, scale, dtype=np.float64)
    np.rint(whole, out=whole)
    return whole if ((whole / scale if scale > 1 else whole) == column).all() else None


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Where do waiting rows lie?

    Attributes
    ----------
    q : int
        Columns of the model, the constant too.
    flags : list of int
        Columns that are 0 or 1; eight share a byte.
    narrow : dict of int to Narrow
        The other columns, but for the constant; from ``q`` on groups, where they lie beside them.
    lines : list of ndarray
        A row is one record of each; what is not used costs no memory.
    keys : ndarray of int, shape (levels, capacity), or None
        Groups; None where they lie beside the columns, and rows can be sorted.
    """

    q: int
    flags: list[int]
    narrow: dict[int, Narrow]
    lines: list[NDArray[Any]]
    keys: Ints | None

    @classmethod
    def like(cls, columns: Columns, keys: Ints, least: Mapping[int, int], at_least: int) -> Rows:
        """Where would such rows lie?

        Parameters
        ----------
        columns : sequence of ndarray or None
            Some rows of each; None for the constant.
        keys : ndarray of int, shape (levels, n)
            Their groups.
        least : mapping of int to int
            How many bytes columns, and groups after the last of them, are known to need.
        at_least : int
            For how many rows there must be room.

        Returns
        -------
        Rows
            As many as there is room for.
        """
        q, every = len(columns), _there(columns, keys)
        flags = [i for i, one in every.items() if i < q and not least.get(i) and _flags(one)]
        narrow = {i: Narrow.of(one, least.get(i, 1)) for i, one in every.items() if i not in flags}
        word = _word(flags, narrow, q)
        if word is not None:  # bytes that no column takes are nought, or the order would hang on them
            return cls(q, flags, narrow, [np.zeros(max(VALUES, at_least), dtype=WORD).view(word)], None)
        narrow = {i: one for i, one in narrow.items() if i < q}
        records = _records(_kinds(flags, narrow))
        capacity = max(8 * VALUES // (sum(one.itemsize for one in records) + 8 * len(keys)), at_least)
        waiting = np.empty((len(keys), capacity), dtype=np.int64)
        return cls(q, flags, narrow, [np.empty(capacity, dtype=one) for one in records], waiting)

    @property
    def capacity(self) -> int:
        """For how many is there room?"""
        return self.lines[0].size

    def put(self, at: int, columns: Columns, keys: Ints) -> dict[int, int]:
        """Let rows wait.

        Parameters
        ----------
        at : int
            Place of the first.
        columns : sequence of ndarray or None
            Their columns, of the types that the rows were made for.
        keys : ndarray of int, shape (levels, n)
            Their groups.

        Returns
        -------
        dict of int to int
            How many bytes those columns need for which there are too few; where there is one, nothing was put.
        """
        every, n = _there(columns, keys), keys.shape[1]
        kept = {i: one.kept(every[i]) for i, one in self.narrow.items()}
        short = {i: 2 * self.narrow[i].kind.itemsize for i, one in kept.items() if one is None}
        short |= {i: 1 for i in self.flags if not _flags(every[i])}
        if short:
            return short
        if self.keys is not None:
            self.keys[:, at : at + n] = keys
        given = _shared([every[i] for i in self.flags]) | {str(i): one for i, one in kept.items() if one is not None}
        for first in range(0, n, SLICE):  # so many lines stay in the cache until they are full
            part = slice(first, min(first + SLICE, n))
            for line in self.lines:
                place = line[at + part.start : at + part.stop]
                for name in line.dtype.names or ():
                    place[name] = given[name][part]
        return {}

    def grouped(self, used: int) -> tuple[Ints, Ints, Ints | None]:
        """Where does each group begin once its rows stand side by side?

        Parameters
        ----------
        used : int
            How many rows wait.

        Returns
        -------
        ndarray of int of shape (levels, G), ndarray of int of shape (G,), ndarray of int or None
            Groups, where they begin, and the order of the rows; None where they were sorted.
        """
        if self.keys is not None:
            order, starts = together(self.keys[:, :used])
            return self.keys[:, order[starts]], starts, order
        line = self.lines[0][:used]
        line.view(WORD).sort()
        groups = [(one, line[str(i)]) for i, one in self.narrow.items() if i >= self.q]
        changed = reduce(or_, (code[1:] != code[:-1] for _, code in groups))
        starts = np.append(0, np.flatnonzero(changed) + 1)
        keys = np.empty((len(groups), starts.size))
        for (one, code), place in zip(groups, keys, strict=True):
            one.back(code[starts], place)
        return keys.astype(np.int64), starts, None

    def take(self, order: Ints | None, first: Ints, size: int, out: Floats) -> None:
        """What are the columns of some runs of rows?

        Parameters
        ----------
        order : ndarray of int or None
            What ``grouped`` found.
        first : ndarray of int
            Where runs begin, in that order.
        size : int
            How many rows each has.
        out : ndarray, shape (q, runs size)
            Where they are written, run by run, below the constant, which is there already.
        """
        if order is None:
            taken = [_runs(self.lines[0].view(WORD), first, size).view(self.lines[0].dtype)]
        else:
            places = _runs(order, first, size)
            taken = [line.take(places, mode="clip") for line in self.lines]  # to check is slower
        given = {name: line[name] for line in taken for name in line.dtype.names or ()}
        for i, one in self.narrow.items():
            if i < self.q:
                one.back(given[str(i)], out[i])
        bits = [np.ascontiguousarray(given[name]) for name in _bytes(self.flags)]
        for k, i in enumerate(self.flags):
            out[i] = bits[k // 8] & 1 << k % 8 != 0


def _there(columns: Columns, keys: Ints) -> dict[int, NDArray[Any]]:
    """Columns but for the constant, and groups after the last of them."""
    return {i: one for i, one in enumerate([*columns, *keys]) if one is not None}


def _flags(column: NDArray[Any]) -> bool:
    """Is a column 0 or 1 throughout? Of whole numbers the extremes tell it sooner."""
    return indicates(column) if column.dtype.kind == "f" else bool(column.min() >= 0 and column.max() <= 1)


def _bytes(flags: Sequence[object]) -> list[str]:
    """Names of the bytes that so many share."""
    return [f"flags{k}" for k in range(-(-len(flags) // 8))]


def _shared(flags: Sequence[NDArray[Any]]) -> dict[str, NDArray[np.uint8]]:
    """Eight to a byte."""
    bits = {name: np.zeros(flags[0].size, dtype=np.uint8) for name in _bytes(flags)}
    for k, flag in reversed(list(enumerate(flags))):
        byte = bits[f"flags{k // 8}"]
        byte += byte  # numpy adds many bytes at once, and shifts them one by one
        byte |= flag.astype(np.uint8)
    return bits


def _runs(values: Ints, first: Ints, size: int) -> Ints:
    """So many values from each place on."""
    windows = as_strided(values, (values.size - size + 1, size), 2 * values.strides)
    return windows[first].ravel()


# --- records --------------------------------------------------------------------------------------------------


def _kinds(flags: Sequence[int], narrow: Mapping[int, Narrow]) -> dict[str, np.dtype[Any]]:
    """Type of each field; the widest first, so that none goes over the end of a line."""
    kinds = {name: np.dtype(np.uint8) for name in _bytes(flags)} | {str(i): one.kind for i, one in narrow.items()}
    return dict(sorted(kinds.items(), key=lambda item: -item[1].itemsize))


def _word(flags: Sequence[int], narrow: Mapping[int, Narrow], q: int) -> np.dtype[Any] | None:
    """A record of eight bytes, groups where they count most; None where a row takes more."""
    groups = _kinds([], {i: one for i, one in narrow.items() if i >= q})
    kinds = groups | _kinds(flags, {i: one for i, one in narrow.items() if i < q})
    starts = [WORD.itemsize - end for end in accumulate(kind.itemsize for kind in kinds.values())]
    return _record(kinds, starts, WORD.itemsize) if starts[-1] >= 0 else None


def _records(kinds: Mapping[str, np.dtype[Any]]) -> list[np.dtype[Any]]:
    """Records of as many bytes as numpy moves at once."""
    starts = dict(zip(kinds, accumulate((kind.itemsize for kind in kinds.values()), initial=0), strict=False))
    end, widest, made = sum(kind.itemsize for kind in kinds.values()), LINES[-1], []
    for first in range(0, end, widest):
        inside = {name: kind for name, kind in kinds.items() if first <= starts[name] < first + widest}
        size = next(size for size in LINES if size >= min(end - first, widest))
        made.append(_record(inside, [starts[name] - first for name in inside], size))
    return made


def _record(kinds: Mapping[str, np.dtype[Any]], offsets: Sequence[int], size: int) -> np.dtype[Any]:
    """These fields at these places."""
    return np.dtype({"names": [*kinds], "formats": [*kinds.values()], "offsets": [*offsets], "itemsize": size})
