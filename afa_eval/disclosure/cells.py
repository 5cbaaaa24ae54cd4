"""Tables, cell by cell: which may be shown, and which must go with them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from afa_eval.disclosure.between import PERSISTENT, WAVES
from afa_eval.disclosure.policies import Policy, to_nearest
from afa_eval.disclosure.primary import SCHOOLS, figures
from afa_eval.disclosure.records import ReleasedTable
from afa_eval.disclosure.sums import Cell, Sum
from afa_eval.estimate import Estimate, Table

TOTAL, YEARS, BOUNDS, REASONS = "Total", "years-", "worst-rank-", "coverage-"
HIDDEN, NONE = "c", "z"
OTHER_REASONS, ANY_REASON = "other reasons", "no score, for any reason"
NATIONAL = frozenset({"national", "comparators"})
Place = tuple[int, int]
Grid = list[list[str]]


@dataclass(frozen=True, slots=True)
class Grids:
    """Which tables are there, and which of their cells are hidden so far?

    Attributes
    ----------
    tables : dict of str to Table
        By name, with small reasons put together.
    status : dict of str to list
        For each cell a symbol, empty where shown.
    policy : Policy
        The rules.
    """

    tables: dict[str, Table]
    status: dict[str, Grid]
    policy: Policy

    @property
    def people(self) -> list[Table]:
        """Which tables count people?"""
        return [table for table in self.tables.values() if table.kind != "series" and table.base != SCHOOLS]

    def lines(self) -> Iterator[Sum]:
        """Which cells of a table make up others of it?

        Yields
        ------
        Sum
            Every total, along rows and down columns.
        """
        for table in self.people:
            yield from _lines(table)

    def hidden(self) -> set[Cell]:
        """Which counts of people are hidden so far?

        Returns
        -------
        set of tuple
            Table, row and column.
        """
        return {
            (table.name, row, column)
            for table in self.people
            for row, column in _places(table)
            if self.status[table.name][row][column] == HIDDEN
        }

    def hide(self, cell: Cell) -> None:
        """Hide a cell, unless there never was a number.

        Parameters
        ----------
        cell : tuple
            Table, row and column.
        """
        name, row, column = cell
        self.status[name][row][column] = self.status[name][row][column] or HIDDEN

    def hide_table(self, name: str) -> None:
        """Hide a table whole.

        Parameters
        ----------
        name : str
            Its name.
        """
        self.status[name] = [[mark or HIDDEN for mark in row] for row in self.status[name]]

    def hide_series(self, outcomes: Collection[str]) -> None:
        """Hide all series of people of these outcomes: beside an earlier release a value tells of the few between.

        Parameters
        ----------
        outcomes : collection of str
            Of which a figure would tell something beside an earlier release.
        """
        for name, table in self.tables.items():
            if table.kind == "series" and table.base not in {*NATIONAL, SCHOOLS} and table.outcome in outcomes:
                self.hide_table(name)

    def released(self, shown: Iterable[Estimate] = ()) -> tuple[ReleasedTable, ...]:
        """What may be published of the tables?

        Parameters
        ----------
        shown : iterable of Estimate
            The figures that are published: years of a group are shown with its figures alone.

        Returns
        -------
        tuple of ReleasedTable
            In the same order. Hidden cells are None, with ``c`` in ``status``; ``z`` where there
            never was a number.
        """
        _hide_years(self.tables, self.status, shown)
        _hide_bounds(self.status, self.tables)
        return tuple(_released(table, self.status[name], self.policy) for name, table in self.tables.items())


def alone(tables: Sequence[Table], policy: Policy) -> Grids:
    """Which cells of tables must be hidden for themselves?

    Parameters
    ----------
    tables : sequence of Table
        Counts, or series with the bases behind them; each name once.
    policy : Policy
        The rules.

    Returns
    -------
    Grids
        What subtraction would tell is not hidden yet.
    """
    ready = {table.name: with_reasons_merged(table, policy) for table in tables}
    status = {
        name: _series(table, policy) if table.kind == "series" else _small(table, policy)
        for name, table in ready.items()
    }
    return Grids(ready, status, policy)


def _released(table: Table, status: Grid, policy: Policy) -> ReleasedTable:
    cells = tuple(
        tuple(None if mark else _rounded(value, table, policy) for value, mark in zip(row, marks, strict=True))
        for row, marks in zip(table.cells, status, strict=True)
    )
    return ReleasedTable(table=replace(table, cells=cells, bases=None), status=tuple(map(tuple, status)))


def _rounded(value: float | None, table: Table, policy: Policy) -> float | None:
    if value is None or not policy.round_to or table.kind != "counts":
        return value
    return to_nearest(round(value), policy.round_to)


def _blank(table: Table) -> Grid:
    return [["" if value is not None else NONE for value in row] for row in table.cells]


def _series(table: Table, policy: Policy) -> Grid:
    status = _blank(table)
    if table.base in NATIONAL:
        return status
    for place in _places(table):
        value = table.cells[place[0]][place[1]]
        base = table.bases[place[0]][place[1]] if table.bases is not None else 0
        if value is not None and not _may_show(value, base, table, policy):
            status[place[0]][place[1]] = HIDDEN
    return status


def _hide_years(tables: Mapping[str, Table], status: dict[str, Grid], shown: Iterable[Estimate]) -> None:
    """Years of groups stay with the groups' figures: one that is hidden would be told by the others and by all pupils."""
    figures_of = {(item.outcome, item.group, str(item.estimand)) for item in shown}
    families: dict[str, dict[str, str]] = {}
    for name, table in tables.items():
        whole = f"{YEARS}{table.outcome}-"
        if name.startswith(whole):
            families.setdefault(table.outcome, {})[name] = name.removeprefix(whole)
    for outcome, groups in families.items():
        known = all(
            (outcome, group, f"{PERSISTENT}_{wave}") in figures_of for group in groups.values() for wave in WAVES
        )
        for row in range(max(len(status[name]) for name in groups)):
            if not known or any(HIDDEN in status[name][row] for name in groups):
                for name in groups:
                    status[name][row] = [mark or HIDDEN for mark in status[name][row]]


def _hide_bounds(status: dict[str, Grid], tables: Mapping[str, Table]) -> None:
    """Bounds stay with the reasons for having no score: the width of the one is a number of the other."""
    for name in [one for one in tables if one.startswith(BOUNDS)]:
        reasons = tables.get(f"{REASONS}{tables[name].outcome}")
        for label, marks in zip(tables[name].rows, status[name], strict=True):
            place = reasons.rows.index(label) if reasons is not None and label in reasons.rows else None
            if reasons is not None and place is not None and HIDDEN in status[reasons.name][place]:
                marks[:] = [mark or HIDDEN for mark in marks]


def _may_show(value: float, base: int, table: Table, policy: Policy) -> bool:
    if table.base == SCHOOLS:
        return base >= policy.min_schools
    if base < policy.threshold:
        return False
    if table.unit != "proportion":
        return True
    return not any(_secret(count, policy) for count in (value * base, base - value * base))


def _secret(count: float, policy: Policy) -> bool:
    return policy.too_few(count) or (round(count) == 0 and policy.hide_zeros)


def _secret_cell(place: Place, table: Table, policy: Policy) -> bool:
    count = table.cells[place[0]][place[1]]
    if count is None or policy.too_few(count):
        return count is not None
    return _secret(count, policy) and not _harmless_zero(place, table)


def _harmless_zero(place: Place, table: Table) -> bool:
    """A rule that left nobody out, or a reason that nobody has: it says nothing of a child."""
    return table.name.startswith(figures().harmless_zeros) or (_has_reasons(table) and place[1] > 0)


def _has_reasons(table: Table) -> bool:
    return table.kind == "counts" and table.name.startswith(figures().merge_columns)


def with_reasons_merged(table: Table, policy: Policy) -> Table:
    """Which reasons are put together, so that fewer cells need hiding?

    Parameters
    ----------
    table : Table
        Of those named in ``merge_columns``: the first column counts those with a score, the others,
        but for the total, those without, by reason.
    policy : Policy
        The rules.

    Returns
    -------
    Table
        The smallest reasons as one, until no reason has a cell too small or one reason is left;
        those of ``kept_reasons`` stay on their own where enough people have them.
    """
    if not _has_reasons(table):
        return table
    while (pair := _reasons_to_merge(table, policy)) is not None:
        table = _merged(table, *pair)
    return table


def _reasons_to_merge(table: Table, policy: Policy) -> tuple[int, int] | None:
    sizes = {
        at: _most(table, at)
        for at, name in enumerate(table.columns)
        if at > 0 and name != TOTAL and not (name in figures().kept_reasons and _most(table, at) >= policy.threshold)
    }
    small = [at for at in sizes if any(policy.too_few(row[at] or 0) for row in table.cells)]
    if not small or len(sizes) < 2:
        return None
    first = min(small, key=lambda at: (sizes[at], at))
    second = min((at for at in sizes if at != first), key=lambda at: (at not in small, sizes[at], at))
    return min(first, second), max(first, second)


def _most(table: Table, column: int) -> float:
    """The most in one cell of a column: its total, where there is one."""
    return max((row[column] or 0 for row in table.cells), default=0)


def _merged(table: Table, first: int, second: int) -> Table:
    reasons = len([name for name in table.columns[1:] if name != TOTAL])
    name = OTHER_REASONS if reasons > 2 else ANY_REASON

    def _joined(row: Sequence[float | None]) -> tuple[float | None, ...]:
        both = (row[first] or 0) + (row[second] or 0)
        return tuple(both if at == first else value for at, value in enumerate(row) if at != second)

    columns = tuple(name if at == first else label for at, label in enumerate(table.columns) if at != second)
    return replace(table, columns=columns, cells=tuple(map(_joined, table.cells)))


def _small(table: Table, policy: Policy) -> Grid:
    """Marks for counts that are too few on their own; of schools, for rows in which too few answered."""
    status = _blank(table)
    for row, column in _places(table):
        if table.base == SCHOOLS:
            few = max((value or 0 for value in table.cells[row]), default=0) < policy.min_schools
        else:
            few = _secret_cell((row, column), table, policy)
        if few and not status[row][column]:
            status[row][column] = HIDDEN
    return status


def _places(table: Table) -> Iterator[Place]:
    for row in range(len(table.rows)):
        for column in range(len(table.columns)):
            yield row, column


def _lines(table: Table) -> Iterator[Sum]:
    """Every total with the cells that add up to it, along rows and down columns."""
    rows, columns = range(len(table.rows)), range(len(table.columns))
    name = table.name
    for total in _totals(table.columns, [[row[c] for row in table.cells] for c in columns]):
        for row in rows:
            yield Sum((name, row, total), tuple((name, row, column) for column in columns if column != total))
    for total in _totals(table.rows, table.cells):
        for column in columns:
            yield Sum((name, total, column), tuple((name, row, column) for row in rows if row != total))


def _totals(labels: Sequence[str], lines: Sequence[Sequence[float | None]]) -> list[int]:
    """Which lines are totals: those called so, and those that are the sum of all others."""
    named = [index for index, label in enumerate(labels) if label == TOTAL]
    if named or len(labels) < 3:
        return named
    return [index for index in range(len(labels)) if _is_sum(index, lines)]


def _is_sum(index: int, lines: Sequence[Sequence[float | None]]) -> bool:
    others = [sum(value or 0 for value in column) for column in zip(*(_without(index, lines)), strict=True)]
    return any(others) and all(
        round((mine or 0) - other) == 0 for mine, other in zip(lines[index], others, strict=True)
    )


def _without(index: int, lines: Sequence[Sequence[float | None]]) -> list[Sequence[float | None]]:
    return [line for at, line in enumerate(lines) if at != index]
