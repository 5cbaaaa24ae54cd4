"""What was handed in, understood cell by cell: the thing that checks look at and shapes are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from afa_eval.codes import levels, no_score
from afa_eval.data import cells as cell_kinds
from afa_eval.data.cells import Meanings
from afa_eval.data.headers import Heading
from afa_eval.data.raw import RawTable, TextCells
from afa_eval.data.records import Need

Mask = NDArray[np.bool_]
Value = str | int | float | None
Coded = tuple[NDArray[np.int64], list[Value]]
FAULTS = ("unknown", "year", "digits", "formula")
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
REASONS = pd.CategoricalDtype(list(no_score.REASONS))
SCORES_DIFFER = 10  # a set or band has fewer different numbers than a test
WHOLE_NUMBERS = frozenset({"sessions", "year_group"})


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """What do the cells of one column mean?

    Attributes
    ----------
    name : str
        Canonical or plan's own name.
    header : str
        The user's own.
    kind : str
        See ``afa_eval.data.cells``; ``number`` for a column of numbers that nobody named.
    text : numpy.ndarray
        Cells as they stand, shape (n,).
    codes : numpy.ndarray
        Place of each cell's meaning among ``meanings``, shape (n,).
    meanings : list
        Canonical value of each distinct text.
    reasons : pandas.Series, optional
        Of a score: why there is none.
    faults : mapping of str to numpy.ndarray
        Kind of fault (see ``Cell.fault``) to where, shape (n,); kinds that do not occur are left out.
    repaired : numpy.ndarray, optional
        Where a spreadsheet's damage was undone.
    """

    name: str
    header: str
    kind: str
    text: TextCells
    codes: NDArray[np.intp]
    meanings: list[Value]
    reasons: pd.Series | None = None
    faults: Mapping[str, Mask] = field(default_factory=dict)
    repaired: Mask | None = None

    @property
    def values(self) -> pd.Series:
        """What are the canonical values, a row each? Shape (n,); made anew each time: most rules need only codes."""
        return _spread(self.codes, self.meanings, self.kind)


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


def column_of(raw: RawTable, name: str, position: int, kind: str, row_years: pd.Series | str = "") -> Column:
    """What do the cells of a column mean?

    Parameters
    ----------
    raw : RawTable
        The file.
    name : str
        Canonical or plan's own name.
    position : int
        Which of the file's columns.
    kind : str
        What its cells are.
    row_years : pandas.Series or str
        Academic year of each row or of all, for codes that depend on it; empty where unknown.

    Returns
    -------
    Column
        Understood on the distinct texts, then spread over the rows.
    """
    text = raw.columns[position]
    codes, found = pd.factorize(text)
    distinct: list[str] = found.tolist()
    if not isinstance(row_years, str) and kind in cell_kinds.DATED:
        codes, meant = _by_year(codes, distinct, kind, row_years)
    else:
        year = row_years if isinstance(row_years, str) else ""
        meant = cell_kinds.understand(
            distinct, "level" if kind == "score" and written_in_levels(distinct) else kind, year
        )
    return Column(
        name=name,
        header=raw.headers[position],
        kind=kind,
        text=text,
        codes=codes,
        meanings=meant.values,
        reasons=_reasons(codes, meant) if kind == "score" else None,
        faults=_where(codes, meant),
        repaired=_mask(codes, len(meant.values), [i for i, cell in meant.special.items() if cell.repaired]),
    )


def kind_of(text: TextCells, usual: str) -> str:
    """Of which kind is a column that the formats do not name?

    Parameters
    ----------
    text : numpy.ndarray
        Its cells.
    usual : str
        ``score`` where a column is scores that has as many numbers as texts that are neither
        numbers nor reasons (those are then faults), ``category`` where all must be numbers, ``number`` where codes such as B may
        stand among many different numbers. National curriculum levels (2b) are scores in points.

    Returns
    -------
    str
        ``score`` or ``word``.
    """
    distinct = [str(each).strip() for each in pd.unique(text)]
    filled = [each for each in distinct if each]
    numbers = [each for each in filled if cell_kinds.as_number(each) is not None]
    padded = any(len(each) > 1 and each[0] == "0" and each.isdigit() for each in numbers)
    if usual == "score" and written_in_levels(filled):
        return "score"
    if not numbers or padded:
        return "word"
    rest = set(filled) - set(numbers)
    unknown = [each for each in rest if not no_score.reason(each)]
    if usual == "score":
        return "score" if len(numbers) >= len(unknown) else "word"
    coded = usual == "number" and len(numbers) >= SCORES_DIFFER and not unknown
    return "score" if not rest or coded else "word"


def written_in_levels(distinct: Sequence[str]) -> bool:
    """Are these levels such as 2b instead of numbers?

    Parameters
    ----------
    distinct : sequence of str
        Every text of a column; codes that say why there is no score may stand between.

    Returns
    -------
    bool
        True where one at least is a sub-level, and all the others could be.
    """
    filled = [text.strip() for text in distinct if text.strip()]
    some = next((text for text in filled if levels.SUBLEVEL.fullmatch(text)), None)
    return some is not None and levels.are_levels(text for text in filled if text == "W" or not no_score.reason(text))


def _by_year(
    codes: NDArray[np.intp], distinct: Sequence[str], kind: str, row_years: pd.Series
) -> tuple[NDArray[np.intp], Meanings]:
    """Meanings of text and year together: a code may be in use in one year and not in the next."""
    year_codes, year_names = pd.factorize(row_years, use_na_sentinel=False)
    joint, pairs = pd.factorize(codes * len(year_names) + year_codes)
    known = ["" if pd.isna(year) else str(year) for year in year_names]
    meant = Meanings([], {})
    for i, pair in enumerate(pairs.tolist()):
        text, year = divmod(pair, len(known))
        one = cell_kinds.understand([distinct[text]], kind, known[year])
        meant.values.append(one.values[0])
        if one.special:
            meant.special[i] = one.special[0]
    return joint, meant


def _spread(codes: NDArray[np.intp], values: Sequence[Value], kind: str) -> pd.Series:
    if kind == "score":
        numbers = np.array([np.nan if each is None else each for each in values], dtype=np.float64)
        return pd.Series(numbers.take(codes))
    if kind in WHOLE_NUMBERS:
        return pd.Series(list(values), dtype="Int64").take(codes).reset_index(drop=True)
    return pd.Series(list(values), dtype="str").take(codes).reset_index(drop=True)


def _reasons(codes: NDArray[np.intp], meant: Meanings) -> pd.Series | None:
    places = np.full(len(meant.values), -1, dtype=np.int64)
    for i, cell in meant.special.items():
        if cell.reason:
            places[i] = no_score.REASONS.index(cell.reason)
    if (places < 0).all():
        return None
    return pd.Series(pd.Categorical.from_codes(places.take(codes), dtype=REASONS))


def _where(codes: NDArray[np.intp], meant: Meanings) -> dict[str, Mask]:
    found = {}
    for fault in FAULTS:
        mask = _mask(codes, len(meant.values), [i for i, cell in meant.special.items() if cell.fault == fault])
        if mask is not None:
            found[fault] = mask
    return found


def _mask(codes: NDArray[np.intp], n: int, places: Sequence[int]) -> Mask | None:
    if not places:
        return None
    flags = np.zeros(n, dtype=bool)
    flags[list(places)] = True
    return flags.take(codes)


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

    def text(self, column: str) -> TextCells:
        """What stands in a column's cells? Shape (n,); blank where a file lacks it.

        Parameters
        ----------
        column : str
            Canonical name.

        Returns
        -------
        ndarray of str
            Shape (n,).
        """
        if len(self.parts) == 1 and column in self.parts[0].columns:
            return self.parts[0].columns[column].text
        blank = [np.full(part.n, "", dtype=object) for part in self.parts]
        texts = [part.columns[column].text if column in part.columns else blank[i] for i, part in enumerate(self.parts)]
        return np.concatenate(texts) if texts else np.empty(0, dtype=object)

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
        masks = []
        for part in self.parts:
            faults = part.columns[column].faults if column in part.columns else {}
            found = [mask for kind, mask in faults.items() if not kinds or kind in kinds]
            masks.append(np.logical_or.reduce(found) if found else None)
        return self.spread(masks)

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
        has = self.spread([np.full(part.n, column in part.columns) for part in self.parts])
        return has & (self.coded(column)[0] < 0) & ~self.fault(column)

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
        meanings = [value for each in found if each is not None for value in each.meanings]
        if len(found) == 1 and found[0] is not None and len(set(meanings) - {None}) == len(meanings):
            return found[0].codes.astype(np.int64), meanings  # nothing is blank or written in two ways
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
