"""Many small counts in few bytes: the absence bands of an area, column by column, compressed."""

from __future__ import annotations

import sys
import zlib
from array import array
from collections.abc import Iterator, Sequence

PHASE_CODES = ("primary", "secondary", "special")
SEN_CODES = ("any", "none", "unknown")
FSM_CODES = ("yes", "no", "unknown")
SEX_CODES = ("F", "M", "unknown")


def pack(keys: Sequence[Sequence[int]], counts: Sequence[Sequence[int]]) -> bytes:
    """How are an area's rows packed?

    Parameters
    ----------
    keys : sequence of sequence of int
        Six columns of small numbers: year (less 2000), phase, sen, fsm, sex, year group.
    counts : sequence of sequence of int
        Eleven columns.

    Returns
    -------
    bytes
        The keys as bytes, then the bytes of 4-byte counts, lowest first: a quarter smaller so.

    Examples
    --------
    >>> rows = pack([[22], [0], [1], [2], [0], [8]], [[300]] + [[0]] * 10)
    >>> next(unpack(rows, 1))[:7]
    (22, 0, 1, 2, 0, 8, 300)
    """
    data = b"".join(bytes(column) for column in keys)
    numbers = b"".join(_low_first(array("I", column)).tobytes() for column in counts)
    return zlib.compress(data + b"".join(numbers[place::4] for place in range(4)), 9)


def unpack(packed_rows: bytes, n: int) -> Iterator[tuple[int, ...]]:
    """Which rows were packed?

    Parameters
    ----------
    packed_rows : bytes
        As ``pack`` gave them.
    n : int
        How many there are.

    Returns
    -------
    iterator of tuple of int
        year, phase, sen, fsm, sex, year group, then eleven counts.
    """
    data = zlib.decompress(packed_rows)
    planes, size = memoryview(data)[6 * n :], 11 * n
    counts = bytearray(4 * size)
    for place in range(4):
        counts[place::4] = planes[place * size : (place + 1) * size]
    numbers = _low_first(array("I", bytes(counts)))
    columns = [data[k * n : (k + 1) * n] for k in range(6)] + [numbers[k * n : (k + 1) * n] for k in range(11)]
    return zip(*columns, strict=True)


def _low_first(numbers: array[int]) -> array[int]:
    """Files are alike on every computer."""
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
