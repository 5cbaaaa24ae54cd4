"""Text in which nothing is quoted: where each cell begins and ends is seen at once, without reading row by row."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from afa_eval.data.written import WORD, Bytes, Places, Written, first_places, numbered, texts_between

LINE_END, RETURN = 10, 13


@dataclass(frozen=True, slots=True, eq=False)
class Unquoted:
    r"""Which text is it?

    Attributes
    ----------
    text : str
        Without quotation marks, bytes of nought, and line ends other than ``\n`` and ``\r\n``.
    delimiter : str
        What divides its cells, one ASCII character.
    """

    text: str
    delimiter: str

    def rows(self) -> list[list[str]]:
        """Which cells has each row?

        Returns
        -------
        list of list of str
            All rows, blank ones too.
        """
        return list(csv.reader(io.StringIO(self.text, newline=""), delimiter=self.delimiter))

    def columns(self, header: int, width: int) -> tuple[tuple[Written, ...], Places] | None:
        """What is written under the headers, column by column?

        Parameters
        ----------
        header : int
            Row of the headers, counted from 0.
        width : int
            How many there are.

        Returns
        -------
        tuple of (tuple of Written, numpy.ndarray), optional
            The columns, and which row each of their rows is, counted from 0; empty lines are passed over. None where a
            row has more or fewer cells.
        """
        content = self.text.encode()
        content += (b"" if content.endswith(b"\n") else b"\n") + bytes(WORD)
        start = 0
        for _ in range(header + 1):
            start = content.index(b"\n", start) + 1
        data = np.frombuffer(content, dtype=np.uint8)[start:]
        starts, ends, lines = _cells(data, ord(self.delimiter), "\r" in self.text)
        alone = np.concatenate([[True], lines[:-1]])[: lines.size] & lines & (starts == ends)  # cells of empty lines
        rows = np.flatnonzero(~alone[lines])
        if alone.any():
            starts, ends, lines = starts[~alone], ends[~alone], lines[~alone]
        if starts.size != rows.size * width or not lines[width - 1 :: width].all():
            return None
        columns = (_written(data, starts[at::width], ends[at::width]) for at in range(width))
        return tuple(columns), rows + header + 1


def _cells(data: Bytes, delimiter: int, returns: bool) -> tuple[Places, Places, NDArray[np.bool_]]:
    """Where cells begin and end, and which of them are the last of a line."""
    ends = np.flatnonzero((data == LINE_END) | (data == delimiter))
    lines = data[ends] == LINE_END
    starts = np.concatenate([[0], ends[:-1] + 1])[: ends.size]
    if returns:
        ends = ends - (lines & (data[ends - 1] == RETURN))
    return starts, ends, lines


def _written(data: Bytes, starts: Places, ends: Places) -> Written:
    codes = numbered(data, starts, ends)
    first = first_places(codes)
    joint = b"\n".join(texts_between(data, starts[first], ends[first])).decode()
    return Written(codes, joint.split("\n") if codes.size else [], joint)
