"""What do the cells of one column mean? Each text is understood once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from afa_eval.codes import levels, no_score
from afa_eval.data import cells as cell_kinds
from afa_eval.data.cells import Cell, Meanings
from afa_eval.data.raw import RawTable
from afa_eval.data.written import Codes, Written

Mask = NDArray[np.bool_]
Value = str | int | float | None
FAULTS = ("unknown", "year", "digits", "formula")
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
    written : Written
        Cells as they stand, shape (n,).
    codes : numpy.ndarray
        Place of each cell's meaning among ``meanings``, shape (n,): those of ``written`` unless the year matters.
    meanings : list
        Canonical value of each distinct text.
    why : numpy.ndarray, optional
        Of a score: which of the reasons each meaning is for having none, -1 where it is none.
    faults : mapping of str to numpy.ndarray
        Kind of fault (see ``Cell.fault``) to which meanings have it; kinds that do not occur are left out.
    repaired : numpy.ndarray, optional
        Of which meanings a spreadsheet's damage was undone.
    own : bool
        Whether each text, none of them blank, is known to be its own meaning.
    """

    name: str
    header: str
    kind: str
    written: Written
    codes: Codes
    meanings: list[Value]
    why: NDArray[np.int64] | None = None
    faults: Mapping[str, Mask] = field(default_factory=dict)
    repaired: Mask | None = None
    own: bool = False

    @property
    def values(self) -> pd.Series:
        """What are the canonical values, a row each? Shape (n,); made anew each time: most rules need only codes."""
        return _spread(self.codes, self.meanings, self.kind)

    @property
    def reasons(self) -> pd.Series | None:
        """Of a score: why is there none? Shape (n,); None where each has one."""
        if self.why is None:
            return None
        return pd.Series(pd.Categorical.from_codes(self.why.take(self.codes), dtype=REASONS))

    @property
    def blank(self) -> Mask | None:
        """Which meanings are no value and no fault? None where each is one."""
        if self.own:
            return None
        nothing = np.array([value is None for value in self.meanings], dtype=bool)
        return nothing & ~np.logical_or.reduce(list(self.faults.values())) if self.faults else nothing

    def faulted(self, *kinds: str) -> Mask | None:
        """Which meanings have a fault?

        Parameters
        ----------
        *kinds : str
            As in ``Cell.fault``; any where none is given.

        Returns
        -------
        ndarray of bool, optional
            None where none has one.
        """
        found = [mask for kind, mask in self.faults.items() if not kinds or kind in kinds]
        return np.logical_or.reduce(found) if found else None


def column_of(
    raw: RawTable, name: str, position: int, kind: str, year: Column | None = None, before: str = ""
) -> Column:
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
    year : Column, optional
        Academic year of each row, for codes that depend on it.
    before : str
        Academic year of rows that name none; empty where unknown.

    Returns
    -------
    Column
        Understood text by text.
    """
    written = raw.columns[position]
    if kind in cell_kinds.DATED and year is not None:
        codes, meant = _by_year(written, kind, year, before)
    else:
        read_as = "level" if kind == "score" and written_in_levels(written.texts) else kind
        joint = written.joint if kind in cell_kinds.AS_THEY_STAND else None
        codes, meant = written.codes, cell_kinds.understand(written.texts, read_as, before, joint)
    faults = {name: _which(meant, lambda cell, name=name: cell.fault == name) for name in FAULTS}  # type: ignore[misc]
    return Column(
        name=name,
        header=raw.headers[position],
        kind=kind,
        written=written,
        codes=codes,
        meanings=meant.values,
        why=_why(meant) if kind == "score" else None,
        faults={name: mask for name, mask in faults.items() if mask is not None},
        repaired=_which(meant, lambda cell: cell.repaired),
        own=meant.own,
    )


def kind_of(written: Written, usual: str) -> str:
    """Of which kind is a column that the formats do not name?

    Parameters
    ----------
    written : Written
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
    filled = list(filter(None, map(str.strip, written.texts)))
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


def _by_year(written: Written, kind: str, year: Column, before: str) -> tuple[Codes, Meanings]:
    """Meanings of text and year together: a code may be in use in one year and not in the next."""
    named = [before if each is None else str(each) for each in year.meanings]
    known = list(dict.fromkeys(named))
    if len(known) < 2:
        return written.codes, cell_kinds.understand(written.texts, kind, "".join(known))
    places = np.array([known.index(each) for each in named], dtype=np.int64)
    joint, pairs = pd.factorize(written.codes * np.int64(len(known)) + places.take(year.codes))
    meant = Meanings([], {})
    for i, pair in enumerate(pairs.tolist()):
        text, at = divmod(pair, len(known))
        one = cell_kinds.understand([written.texts[text]], kind, known[at])
        meant.values.append(one.values[0])
        if one.special:
            meant.special[i] = one.special[0]
    return joint.astype(np.int32), meant


def _spread(codes: Codes, values: Sequence[Value], kind: str) -> pd.Series:
    if kind == "score":
        numbers = np.array([np.nan if each is None else each for each in values], dtype=np.float64)
        return pd.Series(numbers.take(codes))
    if kind in WHOLE_NUMBERS:
        return pd.Series(list(values), dtype="Int64").take(codes).reset_index(drop=True)
    return pd.Series(list(values), dtype="str").take(codes).reset_index(drop=True)


def _why(meant: Meanings) -> NDArray[np.int64] | None:
    places = np.full(len(meant.values), -1, dtype=np.int64)
    for i, cell in meant.special.items():
        if cell.reason:
            places[i] = no_score.REASONS.index(cell.reason)
    return None if (places < 0).all() else places


def _which(meant: Meanings, asked: Callable[[Cell], bool]) -> Mask | None:
    """Which meanings come of such a cell? None where none does."""
    places = [i for i, cell in meant.special.items() if asked(cell)]
    if not places:
        return None
    flags = np.zeros(len(meant.values), dtype=bool)
    flags[places] = True
    return flags
