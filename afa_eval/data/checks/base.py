"""What a check is, what it finds, and how findings become the user's list of faults."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from afa_eval.codes.upn import LENGTH
from afa_eval.data.cells import FORMULA_ERRORS
from afa_eval.data.columns import Mask
from afa_eval.data.handed import IDENTIFIERS, Handed, HandedTable, Part
from afa_eval.data.headers import UPN
from afa_eval.data.written import Written, first_places
from afa_eval.estimate.records import Fault

STAGES = ("file", "structure", "codes", "values", "links", "plausibility")
ERROR, QUERY, INFO = "error", "query", "info"
ALIKE = 20
EXAMPLES = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """What has a check found?

    Attributes
    ----------
    message : str
        What is wrong; ``{value}`` stands for the cell's own text, ``{rows}`` for how many rows, ``{other}`` for the
        row that each is compared with.
    fix : str
        How to mend it.
    table : str
        Table of the cells, or of the file.
    column : str
        Canonical name of the column; empty where whole rows or files are meant.
    where : numpy.ndarray, optional
        Which rows of the table, shape (n,); None where no cell is meant.
    part : Part, optional
        The file, where no cell is meant.
    header, value : str
        The user's own header and the text, where no cell is meant.
    rows : tuple of int
        Spreadsheet rows, where no cell is meant.
    severity : str
        Overrules the check's own.
    other : numpy.ndarray, optional
        Which row of the table each row is compared with, shape (n,).
    together : bool
        One fault for all rows of a file, however different their values.
    marks : bool
        Later stages pass over these cells.
    count : int
        How many rows in all, where ``rows`` names only the first of them.
    """

    message: str
    fix: str
    table: str = ""
    column: str = ""
    where: Mask | None = None
    part: Part | None = None
    header: str = ""
    value: str = ""
    rows: tuple[int, ...] = ()
    severity: str = ""
    other: NDArray[np.intp] | None = None
    together: bool = False
    marks: bool = True
    count: int = 0


@dataclass(frozen=True, slots=True)
class Check:
    """Which rule is looked at, when, and how much does breaking it matter?

    Attributes
    ----------
    code : str
        ``AFA`` and three digits; the first is the stage.
    name : str
        The rule in a few words, derived from the function.
    stage : str
        One of ``STAGES``.
    severity : str
        error, query or info.
    find : callable
        From what was handed in to what is wrong with it.
    """

    code: str
    name: str
    stage: str
    severity: str
    find: Callable[[Handed], Iterable[Problem]]


def check(code: str, severity: str = ERROR) -> Callable[[Callable[[Handed], Iterable[Problem]]], Check]:
    """How is a function made a check?

    Parameters
    ----------
    code : str
        ``AFA1xx`` file, 2xx structure, 3xx codes, 4xx values, 5xx links, 6xx plausibility.
    severity : str
        error, query or info.

    Returns
    -------
    callable
        A decorator that turns the function into a Check.
    """
    stage = STAGES[int(code[3]) - 1]

    def make(find: Callable[[Handed], Iterable[Problem]]) -> Check:
        return Check(code, find.__name__.replace("_", " "), stage, severity, find)

    return make


def from_notes(handed: Handed, kind: str) -> Iterator[tuple[Part, str, tuple[int, ...], str]]:
    """Which files did the reader make a note of this kind about?

    Parameters
    ----------
    handed : Handed
        What was handed in.
    kind : str
        As in ``Note.kind``.

    Yields
    ------
    tuple
        The part, the note's detail, rows and column.
    """
    for part in handed.parts:
        for note in part.raw.noted(kind):
            yield part, note.detail, note.rows, note.column


class Faulted:
    """Which cells have earlier stages faulted?

    Parameters
    ----------
    handed : Handed
        What was handed in.
    """

    def __init__(self, handed: Handed) -> None:
        self._cells: dict[tuple[str, str], Mask] = {}
        self._rows = {name: _crooked(table) for name, table in handed.tables.items()}

    def free(self, problem: Problem) -> Mask:
        """Which of the problem's rows did no earlier stage fault?

        Parameters
        ----------
        problem : Problem
            With ``where``.

        Returns
        -------
        numpy.ndarray
            Shape (n,).
        """
        assert problem.where is not None
        free = problem.where & ~self._rows[problem.table]
        cells = self._cells.get((problem.table, problem.column))
        return free if cells is None else free & ~cells

    def add(self, problem: Problem) -> None:
        """Note that these cells are faulted now.

        Parameters
        ----------
        problem : Problem
            What was found.
        """
        if problem.where is not None and problem.marks:
            key = (problem.table, problem.column)
            self._cells[key] = self._cells[key] | problem.where if key in self._cells else problem.where.copy()


def faults_of(check: Check, problem: Problem, handed: Handed, free: Mask | None) -> list[Fault]:
    """Which lines does the user read about this problem?

    Parameters
    ----------
    check : Check
        Which rule.
    problem : Problem
        What was found.
    handed : Handed
        What was handed in.
    free : numpy.ndarray, optional
        Rows still to be reported, where cells are meant.

    Returns
    -------
    list of Fault
        One a cell; where more than 20 in a file are alike, one for all of them.
    """
    if free is None:
        return [_whole(check, problem)]
    table = handed.tables[problem.table]
    found = []
    for number, part in enumerate(table.parts):
        at = np.flatnonzero(free if len(table.parts) == 1 else free & (table.part == number))
        if at.size:
            found += _of_part(check, problem, table, part, at)
    return found


def _whole(check: Check, problem: Problem) -> Fault:
    raw = problem.part.raw if problem.part else None
    return Fault(
        severity=problem.severity or check.severity,
        code=check.code,
        file=raw.file if raw else "",
        sheet=raw.sheet if raw else "",
        row=problem.rows[0] if problem.rows else None,
        rows=problem.rows,
        column=problem.header,
        value=problem.value,
        message=problem.message.replace("{value}", problem.value),
        fix=problem.fix,
        count=problem.count or max(1, len(problem.rows)),
    )


def _of_part(check: Check, problem: Problem, table: HandedTable, part: Part, at: NDArray[np.intp]) -> list[Fault]:
    """One fault a value that stands over 20 times; the rest one by one, or together if they are many."""
    codes, distinct = _texts(problem, part, at - sum(each.n for each in table.parts[: table.parts.index(part)]))

    def of(some: NDArray[np.intp] | slice) -> Fault:
        values = [distinct[code] for code in pd.unique(codes[some]).tolist()]
        return _group(check, problem, table, part, at[some], values)

    sizes = np.bincount(codes, minlength=len(distinct))
    many = np.flatnonzero(sizes > ALIKE)
    if problem.together or len(many) > ALIKE or len(sizes) == len(many) == 1:
        return [of(slice(None))]
    few = np.flatnonzero((sizes <= ALIKE)[codes])
    found = [of(np.flatnonzero(codes == code)) for code in many]
    if few.size > ALIKE:
        return [*found, of(few)]
    return found + [of(few[i : i + 1]) for i in range(few.size)]


def _texts(problem: Problem, part: Part, at: NDArray[np.intp]) -> tuple[NDArray[np.integer], list[str]]:
    """What stands in the cells, as it may be shown: codes of shape (len(at),), and the distinct texts."""
    column = part.columns.get(problem.column)
    if column is None:
        return np.zeros(at.size, dtype=np.intp), [""]
    codes, found = pd.factorize(column.written.codes[at])
    hidden = problem.column in IDENTIFIERS
    if hidden and column.own:
        letters, lengths = (each[found] for each in column.written.outlines)
        alike, _ = pd.factorize(letters * np.int64(lengths.max() + 1) + lengths)
        found = found[first_places(alike)]
    else:
        alike = np.arange(found.size)
    texts = [column.written.texts[code] for code in found.tolist()]
    told = [masked(text.strip()) if hidden and text not in FORMULA_ERRORS else shown(text) for text in texts]
    said = Written.of(told)
    return said.codes[alike][codes], said.texts


def _group(
    check: Check, problem: Problem, table: HandedTable, part: Part, at: NDArray[np.intp], values: Sequence[str]
) -> Fault:
    named, more = list(values[:EXAMPLES]), len(values) - EXAMPLES
    rest = f" and {more:,} more" if more > 0 else ""
    alike = f" Alike: {', '.join(repr(each) for each in named[1:])}{rest}." if len(values) > 1 else ""
    alike = alike if "{value}" in problem.message else ""
    rows = table.rows(at)
    column = part.columns.get(problem.column)
    message = problem.message.replace("{value}", f"'{values[0]}'").replace("{rows}", _many(len(rows)))
    if problem.other is not None:
        message = message.replace("{other}", _others(table, part, at, problem.other[at]))
    return Fault(
        severity=problem.severity or check.severity,
        code=check.code,
        file=part.raw.file,
        sheet=part.raw.sheet,
        row=rows[0],
        rows=rows,
        column=column.header if column else problem.header,
        value=", ".join(each or "blank" for each in named) + rest if len(values) > 1 else values[0],
        message=message + alike,
        fix=problem.fix,
        count=len(rows),
    )


def _others(table: HandedTable, part: Part, at: NDArray[np.intp], others: NDArray[np.intp]) -> str:
    """The row that a row is compared with, and the first of many such pairs."""
    named = [_place(table, part, other) for other in others[:EXAMPLES]]
    if (others == others[0]).all():
        return named[0]
    pairs = [f"row {table.row[row]} repeats {place}" for row, place in zip(at[:EXAMPLES], named, strict=True)]
    more = f" and {at.size - EXAMPLES:,} more" if at.size > EXAMPLES else ""
    return f"an earlier row ({', '.join(pairs)}{more})"


def _place(table: HandedTable, part: Part, row: int) -> str:
    raw = table.parts[table.part[row]].raw
    own = (raw.file, raw.sheet) == (part.raw.file, part.raw.sheet)
    return f"row {table.row[row]}" + ("" if own else f" of {raw.file}" + (f" ({raw.sheet})" if raw.sheet else ""))


def _many(rows: int) -> str:
    return "1 row" if rows == 1 else f"{rows:,} rows"


def masked(identifier: str) -> str:
    """How is an identifier shown?

    Parameters
    ----------
    identifier : str
        Of a pupil or a person who answered.

    Returns
    -------
    str
        Its first character and stars.

    Examples
    --------
    >>> masked("H801200001001")
    'H************'
    """
    return identifier[:1] + "*" * (len(identifier) - 1)


def shown(text: str, longest: int = 60) -> str:
    """How is a cell shown that identifies nobody?

    Parameters
    ----------
    text : str
        As it stands.
    longest : int
        Never a whole page: at most so many characters.

    Returns
    -------
    str
        On one line, with a UPN that slipped into it masked.

    Examples
    --------
    >>> shown("moved from H801200001001")
    'moved from H************'
    """
    bare = " ".join(text.split())
    if len(bare) >= LENGTH:
        bare = UPN.sub(lambda found: masked(found[0]), bare)
    return bare if len(bare) <= longest else bare[: longest - 1] + "…"


def _crooked(table: HandedTable) -> Mask:
    """Rows with more cells than headers: which cell belongs where is unknown."""
    rows = [{row for note in part.raw.noted("long row") for row in note.rows} for part in table.parts]
    return table.spread(
        [np.isin(part.raw.rows, list(odd)) if odd else None for part, odd in zip(table.parts, rows, strict=True)]
    )
