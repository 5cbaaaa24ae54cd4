"""What was handed in, understood cell by cell: the thing that checks look at and shapes are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from afa_eval.data.columns import Column, Mask, Value
from afa_eval.data.headers import Heading
from afa_eval.data.raw import RawTable
from afa_eval.data.records import Need
from afa_eval.data.written import Written

Coded = tuple[NDArray[np.int64], list[Value]]
FEW = 8  # of less than an eighth of the rows the numbers are made anew: that is quicker than to have all
CANONICAL: Mapping[str, str] = {
    "pupil_id": "id",
    "respondent_id": "id",
    "former_upn": "id",
    "urn": "school",
    "la": "school",
    "year": "year",
    "year_group": "year_group",
    "sen_provision": "sen_provision",
    "sen": "sen",
    "primary_need": "need",
    "secondary_need": "need",
    "fsm": "fsm",
    "eal": "eal",
    "sex": "sex",
    "ethnicity": "ethnicity",
    "cohort": "cohort",
    "phase": "phase",
    "term": "term",
    "wave": "wave",
    "respondent": "respondent",
    "sessions_possible": "sessions",
    "sessions_authorised": "sessions",
    "sessions_unauthorised": "sessions",
}
IDENTIFIERS = frozenset({"pupil_id", "respondent_id", "former_upn"})
STATUS = (
    "la",
    "year_group",
    "sen_provision",
    "sen",
    "primary_need",
    "secondary_need",
    "fsm",
    "eal",
    "sex",
    "ethnicity",
    "cohort",
    "phase",
)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What does one file give to one canonical table?

    Attributes
    ----------
    table : str
        One of ``TABLE_NAMES``.
    raw : RawTable
        The file.
    heading : Heading
        Which columns were recognised.
    columns : mapping of str to Column
        By canonical or plan's own name.
    """

    table: str
    raw: RawTable
    heading: Heading
    columns: Mapping[str, Column]

    @property
    def n(self) -> int:
        """How many rows are there?"""
        return len(self.raw.rows)


@dataclass(eq=False)
class HandedTable:
    """What do all files of one canonical table say together?

    Attributes
    ----------
    table : str
        One of ``TABLE_NAMES``.
    parts : tuple of Part
        Its readable files, in order.
    """

    table: str
    parts: tuple[Part, ...]
    _coded: dict[str, Coded] = field(default_factory=dict, repr=False)
    _values: dict[str, pd.Series] = field(default_factory=dict, repr=False)

    @cached_property
    def n(self) -> int:
        """How many rows are there in all?"""
        return sum(part.n for part in self.parts)

    @cached_property
    def part(self) -> NDArray[np.int64]:
        """Which part is each row of? Shape (n,)."""
        return np.repeat(np.arange(len(self.parts)), [part.n for part in self.parts])

    @cached_property
    def row(self) -> NDArray[np.int64]:
        """Which spreadsheet row is each row of? Shape (n,)."""
        return np.concatenate([part.raw.rows for part in self.parts])

    @cached_property
    def _numbers(self) -> NDArray[np.object_]:
        """Spreadsheet rows as numbers of Python's own, which all faults share. Shape (n,)."""
        return self.row.astype(object)

    @cached_property
    def _all(self) -> tuple[int, ...]:
        return tuple(self._numbers.tolist())

    def rows(self, at: NDArray[np.intp]) -> tuple[int, ...]:
        """Which spreadsheet rows are these?

        Parameters
        ----------
        at : numpy.ndarray
            Rows of the table, in their order, none twice.

        Returns
        -------
        tuple of int
            However many faults name most rows of a file, each number is held once.
        """
        if at.size == self.n:
            return self._all
        return tuple((self._numbers if at.size > self.n // FEW else self.row)[at].tolist())

    @cached_property
    def frame(self) -> pd.DataFrame:
        """What are the canonical values, one column a name, all parts one under another?"""
        if len(self.parts) == 1:
            return pd.DataFrame({name: self.values(name) for name in self.names}, index=range(self.n))
        frames = [
            pd.DataFrame({name: column.values for name, column in part.columns.items()}, index=range(part.n))
            for part in self.parts
        ]
        return pd.concat(frames, ignore_index=True)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Which columns do the files have, by their canonical names?"""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.columns))

    def values(self, column: str) -> pd.Series:
        """What are the canonical values of one column? Shape (n,).

        Parameters
        ----------
        column : str
            Canonical name; one of the files has it.

        Returns
        -------
        pandas.Series
            As in ``frame``, which need not be made for it.
        """
        if len(self.parts) > 1:
            return self.frame[column]
        if column not in self._values:
            self._values[column] = self.parts[0].columns[column].values
        return self._values[column]

    def has(self, column: str) -> bool:
        """Does any of the files have this column?

        Parameters
        ----------
        column : str
            Canonical name.

        Returns
        -------
        bool
            True where one has.
        """
        return any(column in part.columns for part in self.parts)

    def figures(self, column: str) -> NDArray[np.float64]:
        """Which numbers does a column of them hold? Shape (n,).

        Parameters
        ----------
        column : str
            Canonical name, of scores or sessions; one of the files has it.

        Returns
        -------
        ndarray of float
            NaN where there is no value.
        """
        codes, values = self.coded(column)
        return np.array([*values, np.nan], dtype=np.float64)[codes]  # the last place is that of -1

    def identifiers(self, column: str) -> Written:
        """Which identifiers does a column hold, and which has every row? Shape (n,).

        Parameters
        ----------
        column : str
            Canonical name.

        Returns
        -------
        Written
            Codes are -1 where there is none.
        """
        if len(self.parts) == 1 and column in self.parts[0].columns and self.parts[0].columns[column].own:
            return self.parts[0].columns[column].written
        codes, values = self.coded(column)
        return Written(codes.astype(np.int32), list(map(str, values)))

    def spread(self, masks: Sequence[Mask | None]) -> Mask:
        """Where is it so, over all rows, given where it is so in each part?

        Parameters
        ----------
        masks : sequence of ndarray or None
            One a file; None where it is so nowhere.

        Returns
        -------
        ndarray of bool
            Shape (n,).
        """
        filled = [
            np.zeros(part.n, dtype=bool) if mask is None else mask for part, mask in zip(self.parts, masks, strict=True)
        ]
        return np.concatenate(filled) if filled else np.zeros(0, dtype=bool)

    def several(self, column: str) -> bool:
        """Has a column more than one value?

        Parameters
        ----------
        column : str
            Canonical name.

        Returns
        -------
        bool
            Blank cells are no value.
        """
        return self.has(column) and sum(value is not None for value in self.coded(column)[1]) > 1

    def repeated(self, column: str) -> bool:
        """Do two rows have the same value, or none?

        Parameters
        ----------
        column : str
            Canonical name.

        Returns
        -------
        bool
            Such as where a pupil has several rows.
        """
        return bool(np.bincount(self.coded(column)[0] + 1, minlength=1).max() > 1)

    def where(self, column: str, asked: Callable[[Column], Mask | None]) -> Mask:
        """Which rows have a meaning of which this is so? Shape (n,); none where a file lacks the column.

        Parameters
        ----------
        column : str
            Canonical name.
        asked : callable
            From a file's column to which of its meanings; None where none is.

        Returns
        -------
        ndarray of bool
            Shape (n,).
        """
        masks: list[Mask | None] = []
        for part in self.parts:
            flags = asked(part.columns[column]) if column in part.columns else None
            masks.append(None if flags is None else flags.take(part.columns[column].codes))
        return self.spread(masks)

    def fault(self, column: str, *kinds: str) -> Mask:
        """Where could the column's cells not be understood, in these ways or any? Shape (n,).

        Parameters
        ----------
        column : str
            Canonical name.
        *kinds : str
            Ways, as in ``Cell.fault``; any where none is given.

        Returns
        -------
        ndarray of bool
            Shape (n,).
        """
        return self.where(column, lambda each: each.faulted(*kinds))

    def blank(self, column: str) -> Mask:
        """Where is there no value and no fault, though the file has the column? Shape (n,).

        Parameters
        ----------
        column : str
            Canonical name.

        Returns
        -------
        ndarray of bool
            Shape (n,).
        """
        return self.where(column, lambda each: each.blank)

    def coded(self, column: str) -> Coded:
        """Which of the column's distinct values has each row? Codes of shape (n,), and the values.

        Parameters
        ----------
        column : str
            Canonical name.

        Returns
        -------
        tuple
            Codes, -1 where there is no value, and the values.
        """
        if column not in self._coded:
            self._coded[column] = self._code(column)
        return self._coded[column]

    def _code(self, column: str) -> Coded:
        found = [part.columns.get(column) for part in self.parts]
        only = found[0] if len(found) == 1 else None
        if only is not None and (only.own or len(set(only.meanings) - {None}) == len(only.meanings)):
            return only.codes.astype(np.int64), only.meanings  # nothing is blank or written in two ways
        meanings = [value for each in found if each is not None for value in each.meanings]
        places, values = pd.factorize(np.fromiter(meanings, dtype=object, count=len(meanings)))
        codes, at = [], 0
        for part, each in zip(self.parts, found, strict=True):
            if each is None:
                codes.append(np.full(part.n, -1, dtype=np.int64))
                continue
            codes.append(places[at : at + len(each.meanings)].take(each.codes))
            at += len(each.meanings)
        return np.concatenate(codes), values.tolist()


@dataclass(frozen=True, slots=True, eq=False)
class Handed:
    """What was handed in, and what is it needed for?

    Attributes
    ----------
    parts : tuple of Part
        Every file, also those without a table.
    tables : mapping of str to HandedTable
        Canonical tables with at least one readable file.
    needs : tuple of Need
        What the designs need.
    before, after : str
        Academic years compared, empty where unknown.
    single : bool
        One file read on its own: nothing is missed that another file could hold.
    """

    parts: tuple[Part, ...]
    tables: Mapping[str, HandedTable]
    needs: tuple[Need, ...] = ()
    before: str = ""
    after: str = ""
    single: bool = False
