"""Many small counts in few bytes: the absence bands of an area in a year, column by column.

Each count is taken apart into its bytes, and all bytes of one place stand together: the wheel's own compression
then finds little but noughts, and one group's total is the sum of a few short columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress, product
from typing import NamedTuple

PHASE_CODES = ("primary", "secondary", "special")
SEN_CODES = ("any", "none", "unknown")
FSM_CODES = ("yes", "no", "unknown")
SEX_CODES = ("F", "M", "unknown")
GROUPS = tuple(product(PHASE_CODES, SEN_CODES, FSM_CODES, SEX_CODES))  # a group's code is its place here
LINES = tuple(range(0, 55, 5))  # per cent of own possible sessions


class Packed(NamedTuple):
    """Which enrolments lay at or above each line, by group and year group?

    Attributes
    ----------
    groups, year_groups : bytes
        A byte a row: the code of phase, SEN, FSM and sex; the year group.
    counts : bytes
        By line, then by place: the lowest byte of every row, then the next.
    """

    groups: bytes
    year_groups: bytes
    counts: bytes

    def total(self, line: int, chosen: bytes) -> int:
        """How many of the chosen rows' enrolments lay at or above a line?

        Parameters
        ----------
        line : int
            One of ``LINES``.
        chosen : bytes
            A byte a row, 1 where it counts and 0 where not.

        Returns
        -------
        int
            Enrolments.
        """
        return sum(sum(compress(column, chosen)) << 8 * place for place, column in enumerate(self._places(line)))

    def column(self, line: int) -> list[int]:
        """How many enrolments lay at or above a line, row by row?

        Parameters
        ----------
        line : int
            One of ``LINES``.

        Returns
        -------
        list of int
            Enrolments.
        """
        parts = zip(*self._places(line), strict=True)
        return [sum(part << 8 * place for place, part in enumerate(row)) for row in parts]

    def _places(self, line: int) -> Iterator[bytes]:
        n = len(self.groups)
        size = len(self.counts) // len(LINES)
        start = LINES.index(line) * size
        return (self.counts[at : at + n] for at in range(start, start + size, n or 1))


def pack(keys: Sequence[Sequence[int]], counts: Sequence[Sequence[int]]) -> Packed:
    """How are an area's rows of a year packed?

    Parameters
    ----------
    keys : sequence of sequence of int
        Five columns of codes: phase, sen, fsm, sex, year group.
    counts : sequence of sequence of int
        Eleven columns: enrolments in the bands below 5, 5 to below 10, ..., 50 and over.

    Returns
    -------
    Packed
        Adding up to the same; each count as many bytes wide as the largest of all needs.

    Examples
    --------
    >>> rows = pack([[0, 0], [1, 1], [2, 2], [0, 1], [8, 8]], [[300, 2]] + [[0, 0]] * 9 + [[7, 1]])
    >>> rows.column(0), rows.column(50), rows.total(0, bytes([1, 1]))
    ([307, 3], [7, 1], 310)
    """
    above = [list(map(sum, zip(*counts[band:], strict=True))) for band in range(len(LINES))]
    width = (max(above[0]).bit_length() + 7) // 8
    places = (bytes(count >> 8 * place & 255 for count in column) for column in above for place in range(width))
    *parts, year_groups = keys
    words = zip(*parts, strict=True)
    return Packed(bytes(_code(*row) for row in words), bytes(year_groups), b"".join(places))


def _code(phase: int, sen: int, fsm: int, sex: int) -> int:
    return GROUPS.index((PHASE_CODES[phase], SEN_CODES[sen], FSM_CODES[fsm], SEX_CODES[sex]))
