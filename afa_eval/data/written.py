"""What is written in a column: each text once, and which of them every row has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Codes = NDArray[np.int32]
Places = NDArray[np.intp]
WORD = 8  # bytes that are compared at once
KEPT = np.array([(1 << 8 * length) - 1 for length in range(WORD + 1)], dtype="<u8")
MOST_WORDS = 8
SPREAD = np.uint64(0x9E3779B97F4A7C15)  # odd, so that no two numbers become one; alike texts are then far apart, which
UNSPREAD = np.uint64(pow(0x9E3779B97F4A7C15, -1, 1 << 64))  # makes them quicker to tell apart


@dataclass(frozen=True, eq=False)
class Written:
    """What is written in the cells of a column?

    Most columns of a school's table hold few texts many times: a rule about a cell is asked of each text once, and
    rows are found by number.

    Attributes
    ----------
    codes : numpy.ndarray
        Place of each cell's text among ``texts``, shape (n,).
    texts : list of str
        Each once, in the order in which they first stand; a blank cell is an empty string.
    """

    codes: Codes
    texts: list[str]
    _joint: str | None = None

    @classmethod
    def of(cls, cells: Sequence[str]) -> Written:
        """What is written in these cells?

        Parameters
        ----------
        cells : sequence of str
            One a row.

        Returns
        -------
        Written
            The same, each text once.

        Examples
        --------
        >>> Written.of(["K", "N", "K"]).texts
        ['K', 'N']
        """
        numbers: defaultdict[str, int] = defaultdict(count().__next__)
        codes = np.fromiter(map(numbers.__getitem__, cells), np.int32, len(cells))
        return cls(codes, list(numbers))

    @classmethod
    def joined(cls, parts: Sequence[Written]) -> Written:
        """What is written in several columns, one under another?

        Parameters
        ----------
        parts : sequence of Written
            At least one.

        Returns
        -------
        Written
            Of all rows.
        """
        found = cls.of([text for part in parts for text in part.texts])
        ends = np.cumsum([len(part.texts) for part in parts])[:-1]
        places = zip(np.split(found.codes, ends), parts, strict=True)
        return cls(np.concatenate([place.take(part.codes) for place, part in places]), found.texts)

    @classmethod
    def same(cls, text: str, n: int) -> Written:
        """What is written where every cell has one text?

        Parameters
        ----------
        text : str
            Of each cell.
        n : int
            How many rows.

        Returns
        -------
        Written
            Shape (n,).
        """
        return cls(np.zeros(n, dtype=np.int32), [text] if n else [])

    def __len__(self) -> int:
        return len(self.codes)

    @cached_property
    def joint(self) -> str:
        """All texts, a line each: one look at it is quicker than a look at each."""
        return "\n".join(self.texts) if self._joint is None else self._joint

    @cached_property
    def outlines(self) -> tuple[Bytes, Places]:
        """First letter and length of each text, of ASCII texts without blank ones and line ends; shape (k,) each."""
        letters = np.frombuffer(f"{self.joint}\n".encode("ascii"), dtype=np.uint8)
        ends = np.flatnonzero(letters == ord("\n"))
        starts = np.concatenate([[0], ends[:-1] + 1])
        return letters[starts], ends - starts

    def take(self, rows: Places) -> Written:
        """What is written in some of the rows?

        Parameters
        ----------
        rows : numpy.ndarray
            Which, in which order.

        Returns
        -------
        Written
            Without the texts that stand in none of them.
        """
        codes, kept = pd.factorize(self.codes[rows])
        return Written(codes.astype(np.int32), [self.texts[code] for code in kept.tolist()])

    def cells(self, most: int | None = None) -> list[str]:
        """What is written in each row?

        Parameters
        ----------
        most : int, optional
            The first so many rows only.

        Returns
        -------
        list of str
            One a row.
        """
        return [self.texts[code] for code in self.codes[:most].tolist()]


def numbered(data: Bytes, starts: Places, ends: Places) -> Codes:
    """Which of the texts between these places are the same?

    Parameters
    ----------
    data : numpy.ndarray
        Bytes, none of them nought but the last eight at least.
    starts, ends : numpy.ndarray
        Where the texts begin and end, shape (n,).

    Returns
    -------
    numpy.ndarray
        A number for each, counted from 0 in the order in which they first stand, shape (n,).
    """
    lengths = ends - starts
    words = _words(lengths)
    if words > MOST_WORDS:
        return Written.of(texts_between(data, starts, ends)).codes  # type: ignore[arg-type]
    codes, _ = pd.factorize(_numbers(data, starts, lengths))
    for at in range(1, words):
        more, found = pd.factorize(_numbers(data, starts + at * WORD, lengths - at * WORD))
        codes, _ = pd.factorize(codes * len(found) + more)
    return codes.astype(np.int32)


def texts_between(data: Bytes, starts: Places, ends: Places) -> list[bytes]:
    """Which texts stand between these places?

    Parameters
    ----------
    data, starts, ends : numpy.ndarray
        As for ``numbered``.

    Returns
    -------
    list of bytes
        One a place.
    """
    lengths = ends - starts
    words = _words(lengths)
    if words > MOST_WORDS:
        content = data.tobytes()
        return [content[a:b] for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
    parts = [_numbers(data, starts + at * WORD, lengths - at * WORD) * UNSPREAD for at in range(words)]
    texts: list[bytes] = np.column_stack(parts).view(f"S{words * WORD}").ravel().tolist()
    return texts


def _words(lengths: Places) -> int:
    return max(1, -(-int(lengths.max(initial=0)) // WORD))


def first_places(codes: NDArray[np.integer]) -> Places:
    """Where does each number first stand?

    Parameters
    ----------
    codes : numpy.ndarray
        Counted from 0 without a gap, shape (n,).

    Returns
    -------
    numpy.ndarray
        A place for each number.

    Examples
    --------
    >>> first_places(np.array([0, 1, 0, 2])).tolist()
    [0, 1, 3]
    """
    first = np.empty(int(codes.max(initial=-1)) + 1, dtype=np.intp)
    first[codes[::-1]] = np.arange(codes.size)[::-1]  # the last one written stays
    return first


def _numbers(data: Bytes, starts: Places, lengths: Places) -> NDArray[np.uint64]:
    """The next eight bytes of each text as a number; those behind its end count as nought."""
    everywhere = np.ndarray((data.size - WORD + 1,), dtype="<u8", buffer=data, strides=(1,))
    inside = np.clip(lengths, 0, WORD)
    starts = np.where(inside > 0, starts, 0)  # of a text that has ended nothing is looked at
    numbers: NDArray[np.uint64] = (everywhere[starts] & KEPT[inside]) * SPREAD
    return numbers
