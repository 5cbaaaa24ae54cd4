"""Which columns are needed, are they there, and where do their cells stand?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from afa_eval.data.columns import Mask
from afa_eval.data.handed import CANONICAL, Handed, HandedTable, Part
from afa_eval.data.shapes import row_measures, wave_suffixes

PUPIL_LEVEL = ("pupils", "attainment")
DERIVED = {"sen": "sen_provision", "phase": "year_group", "baseline_year": "pupil_id"}
LONG = frozenset({"test", "score"})  # what a file with a row a test is read by
BASIC = {
    "pupils": (),
    "attainment": (),
    "attendance": (
        ("year", "the academic year"),
        ("sessions_possible", "the possible sessions"),
        ("sessions_authorised", "the authorised absences"),
        ("sessions_unauthorised", "the unauthorised absences"),
    ),
    "responses": (("wave", "before or after"),),
}


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """Is a needed column there?

    Attributes
    ----------
    table, column, role : str
        Where it is looked for first, its name, and what it is needed as.
    parts : tuple of Part
        Readable files looked in; empty where the table was not handed in or could not be read.
    found : bool
        There, or derived from what is there.
    doubtful : bool
        Several headers could mean it, which is reported elsewhere.
    """

    table: str
    column: str
    role: str
    parts: tuple[Part, ...]
    found: bool
    doubtful: bool


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where do the cells of a score stand?

    Attributes
    ----------
    table, column : str
        Table, and the file's column (``score`` in a long file).
    part : Part
        The first file that has it.
    header : str
        The user's own.
    values : pandas.Series
        Scores, shape (n,) over the whole table.
    where : numpy.ndarray
        Which rows are about it, shape (n,).
    blank : numpy.ndarray
        Where of those there is no score and no fault, shape (n,).
    faulted : bool
        Whether any of its cells could not be understood.
    """

    table: str
    column: str
    part: Part
    header: str
    values: pd.Series
    where: Mask
    blank: Mask
    faulted: bool


def wanted_columns(handed: Handed) -> Iterator[Wanted]:
    """Which columns are needed, and is each there?

    Parameters
    ----------
    handed : Handed
        What was handed in.

    Yields
    ------
    Wanted
        Each column of each table once.
    """
    seen: set[tuple[str, str]] = set()
    for table, column, role in (*_from_plan(handed), *_basic(handed)):
        home = "pupils" if table in PUPIL_LEVEL else table
        if (home, column) not in seen:
            seen.add((home, column))
            yield _wanted(handed, table, column, role)
    yield from _in_each_file(handed, seen)


def places(handed: Handed, column: str, table: str = "attainment") -> Iterator[Place]:
    """Where do the cells of a score stand?

    Parameters
    ----------
    handed : Handed
        What was handed in.
    column : str
        The plan's own name.
    table : str
        The table it is needed in; pupils and attainment are one.

    Yields
    ------
    Place
        One a table that has it.
    """
    for name in PUPIL_LEVEL if table in PUPIL_LEVEL else (table,):
        home = handed.tables.get(name)
        if home is None:
            continue
        if home.has(column):
            yield _place(home, column, np.ones(home.n, dtype=bool))
        elif name == "attainment":
            yield from _long_places(handed, home, column)


def wanted_names(handed: Handed) -> tuple[str, ...]:
    """Which names does the plan use?

    Parameters
    ----------
    handed : Handed
        What was handed in.

    Returns
    -------
    tuple of str
        Pairs taken apart.
    """
    return tuple(dict.fromkeys(name.strip() for need in handed.needs for name in need.column.split("&")))


def spare_headers(part: Part, handed: Handed, role: str = "", own: str = "") -> list[str]:
    """Which headers of a file may be meant by a name that was not found?

    Parameters
    ----------
    part : Part
        The file.
    handed : Handed
        With what the plan needs.
    role : str
        As what the name is needed: a column that the plan reads in the same role may be meant again.
    own : str
        A canonical name whose column may be meant.

    Returns
    -------
    list of str
        The user's own headers, without those read as something else.
    """
    roles: dict[str, set[str]] = {}
    for need in handed.needs:
        for name in need.column.split("&"):
            roles.setdefault(name.strip(), set()).add(need.role)
    headers = part.raw.headers
    taken = {
        position
        for name, position in part.heading.columns.items()
        if name != own
        and (
            name in CANONICAL
            or name in LONG
            or (role not in roles.get(name, ()) and (name in roles or name != headers[position]))
        )
    }
    gone = set(part.heading.left_out)
    return [header for i, header in enumerate(headers) if header and header not in gone and i not in taken]


def _from_plan(handed: Handed) -> Iterator[tuple[str, str, str]]:
    for need in handed.needs:
        for column in need.column.split("&"):
            if column.strip() != "pupil_id":
                yield need.table, column.strip(), need.role


def _basic(handed: Handed) -> Iterator[tuple[str, str, str]]:
    """What a table must have whatever is asked of it."""
    named = {part.table for part in handed.parts}
    for table in named:
        for column, role in BASIC[table]:
            if not (handed.single and column == "year"):
                yield table, column, role


def _in_each_file(handed: Handed, seen: set[tuple[str, str]]) -> Iterator[Wanted]:
    """Columns without which a single file of a table cannot be used, even if its sisters have them."""
    linked = {part.table for part in handed.parts} & {"pupils", "attainment", "attendance"}
    for part in handed.parts:
        names = [(column, role) for column, role in BASIC[part.table] if (part.table, column) in seen]
        sisters = [other for other in handed.parts if other.table == part.table]
        if (len(linked) > 1 and part.table in linked) or part.heading.register:
            yield _of_part(part, "pupil_id", "the pupil")
        if len(sisters) > 1 and handed.tables.get(part.table):
            for column, role in names:
                if handed.tables[part.table].has(column):
                    yield _of_part(part, column, role)


def _of_part(part: Part, column: str, role: str) -> Wanted:
    doubtful = any(column == name for name, _ in part.heading.ambiguous)
    doubtful = doubtful or _mapped(part, column) or _to_be_counted(part, column)
    parts = (part,) if part.raw.readable else ()
    return Wanted(part.table, column, role, parts, column in part.columns, doubtful)


def _wanted(handed: Handed, table: str, column: str, role: str) -> Wanted:
    own = PUPIL_LEVEL if table in PUPIL_LEVEL else (table,)
    named = [part for part in handed.parts if part.table in own]
    linked = table in PUPIL_LEVEL or any("pupil_id" in part.columns for part in named)
    beside = [part for part in handed.parts if part.table in own or (linked and part.table in PUPIL_LEVEL)]
    home = [part for part in named if part.table == table] or named
    unread = any(not part.raw.readable for part in home)
    found = any(column in part.columns or DERIVED.get(column) in part.columns for part in beside)
    found = found or any(True for _ in places(handed, column, table))
    doubtful = any(column == name for part in beside for name, _ in part.heading.ambiguous)
    doubtful = doubtful or any(_mapped(part, column) or _to_be_counted(part, column) for part in beside)
    return Wanted(table, column, role, () if unread else tuple(named), found, doubtful)


def _mapped(part: Part, column: str) -> bool:
    """The plan names a header for it that is not there: reported as that."""
    return any(column == name for name, _ in part.heading.unmapped)


def _to_be_counted(part: Part, column: str) -> bool:
    """It would come of marks that could not be counted: why they could not is reported."""
    return part.heading.register and (column == "year" or column.startswith("sessions_"))


def _long_places(handed: Handed, table: HandedTable, column: str) -> Iterator[Place]:
    measures = row_measures(table, wanted_names(handed))
    if measures is not None:
        where = (measures == column).to_numpy(dtype=bool)
        if where.any():
            yield _place(table, "score", where)
        return
    suffixes = wave_suffixes(table)
    if suffixes is None:
        return
    for name in table.names:
        if column.startswith(f"{name}_"):
            where = (suffixes == column.removeprefix(f"{name}_")).to_numpy(dtype=bool)
            if where.any():
                yield _place(table, str(name), where)


def _place(table: HandedTable, column: str, where: Mask) -> Place:
    has = table.spread([np.full(part.n, column in part.columns) for part in table.parts])
    part = next(part for part in table.parts if column in part.columns)
    values = table.values(column)
    if not pd.api.types.is_numeric_dtype(values):
        values = pd.Series(np.full(table.n, np.nan))
    blank = where & table.blank(column)
    return Place(
        table=table.table,
        column=column,
        part=part,
        header=part.columns[column].header,
        values=values,
        where=where & has,
        blank=blank,
        faulted=bool(table.fault(column).any()),
    )
