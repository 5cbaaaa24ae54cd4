"""Keys of groups become codes from 0."""

from __future__ import annotations

import numpy as np

from afa_eval.kernels.linear import Ints
from afa_eval.kernels.moments import PLACE


def joined(keys: Ints) -> tuple[Ints, Ints]:
    """Which code has each row's combination of keys?

    Parameters
    ----------
    keys : ndarray of int, shape (levels, n)
        Of each row; without levels all are one group.

    Returns
    -------
    ndarray of int of shape (n,), ndarray of int of shape (levels, groups)
        Codes from 0, and the combination that each stands for.
    """
    if not keys.shape[0]:
        return np.zeros(keys.shape[1], dtype=np.int64), keys[:, :1]
    codes, values = numbered(keys[0])
    found = values[None]
    for level in keys[1:]:
        part, own = numbered(level)
        codes, pairs = numbered(codes * own.size + part)
        found = np.vstack([found[:, pairs // own.size], own[pairs % own.size]])
    return codes, found


def together(keys: Ints) -> tuple[Ints, Ints]:
    """In which order do rows of a group stand side by side, and where does each group begin?

    Parameters
    ----------
    keys : ndarray of int, shape (levels, n)
        Of each row.

    Returns
    -------
    ndarray of int of shape (n,), ndarray of int
        Places of the rows, those of a group as they stood, and the first of each group among them.
    """
    low, high = (int(keys[0].min()), int(keys[0].max())) if keys.shape[0] == 1 else (0, 1 << PLACE)
    placed = keys[0] - low if high - low < 1 << PLACE - 1 else joined(keys)[0]
    placed <<= PLACE  # as stable_order does, but in place: so many rows are dear to write down anew
    placed |= np.arange(placed.size)
    placed.sort()
    order = placed & (1 << PLACE) - 1
    placed >>= PLACE
    return order, np.append(0, np.flatnonzero(placed[1:] != placed[:-1]) + 1)


def numbered(values: Ints) -> tuple[Ints, Ints]:
    """Which number has each value, counted from 0?

    Parameters
    ----------
    values : ndarray of int
        Keys.

    Returns
    -------
    ndarray of int of the same shape, ndarray of int
        Codes, and what each stands for; by a table where values lie close together, as school numbers do.
    """
    if values.size and not (values[1:] < values[:-1]).any():  # sorted: count where they change
        starts = np.append(0, np.flatnonzero(values[1:] != values[:-1]) + 1)
        return np.repeat(np.arange(starts.size), np.diff(starts, append=values.size)), values[starts]
    low, high = (int(values.min()), int(values.max())) if values.size else (0, 0)
    if high - low >= max(4 * values.size, 100):
        import pandas as pd

        codes, found = pd.factorize(values)
        return codes.astype(np.int64, copy=False), np.asarray(found, dtype=np.int64)
    moved = values - low
    table = np.zeros(high - low + 1, dtype=np.int64)
    table[moved] = 1
    there = np.flatnonzero(table)
    table[there] = np.arange(there.size)
    return table[moved], there + low
