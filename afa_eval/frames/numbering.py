"""Keys of groups become codes from 0, and codes an order."""

from __future__ import annotations

import numpy as np

from afa_eval.kernels.linear import Ints


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
    import pandas as pd

    low, high = (int(values.min()), int(values.max())) if values.size else (0, 0)
    if high - low >= max(4 * values.size, 100):
        codes, found = pd.factorize(values)
        return codes.astype(np.int64), np.asarray(found, dtype=np.int64)
    moved = values - low
    table = np.zeros(high - low + 1, dtype=np.int64)
    table[moved] = 1
    there = np.flatnonzero(table)
    table[there] = np.arange(there.size)
    return table[moved], there + low


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
