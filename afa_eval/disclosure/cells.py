"""Tables, cell by cell: which may be shown, and which must go with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from afa_eval.disclosure.policies import Policy
from afa_eval.disclosure.primary import figures
from afa_eval.disclosure.records import ReleasedTable
from afa_eval.estimate import Table

TOTAL = "Total"
HIDDEN, NONE = "c", "z"
OTHER_REASONS, ANY_REASON = "other reasons", "no score, for any reason"
NATIONAL = frozenset({"national", "comparators"})
Place = tuple[int, int]
Grid = list[list[str]]


def protect(table: Table, policy: Policy) -> ReleasedTable:
    """Which cells of a table may be shown?

    Parameters
    ----------
    table : Table
        Counts, or a series with the bases behind it.
    policy : Policy
        The rules.

    Returns
    -------
    ReleasedTable
        Hidden cells are None, with ``c`` in ``status``; ``z`` where there never was a number.
    """
    table = with_reasons_merged(table, policy)
    status = _series(table, policy) if table.kind == "series" else _counts(table, policy)
    cells = tuple(
        tuple(None if mark else _rounded(value, table, policy) for value, mark in zip(row, marks, strict=True))
        for row, marks in zip(table.cells, status, strict=True)
    )
    return ReleasedTable(table=replace(table, cells=cells, bases=None), status=tuple(map(tuple, status)))


def _rounded(value: float | None, table: Table, policy: Policy) -> float | None:
    if value is None or not policy.round_to or table.kind != "counts":
        return value
    return float(policy.round_to * ((2 * round(value) + policy.round_to) // (2 * policy.round_to)))


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


def _may_show(value: float, base: int, table: Table, policy: Policy) -> bool:
    if table.base == "schools":
        return base >= policy.min_schools
    if base < policy.threshold:
        return False
    if table.unit != "proportion":
        return True
    return not any(_secret(count, policy) for count in (value * base, base - value * base))


def _secret(count: float, policy: Policy) -> bool:
    return policy.too_few(count) or (round(count) == 0 and policy.hide_zeros)


def _secret_cell(count: float, table: Table, policy: Policy) -> bool:
    return policy.too_few(count) or (_secret(count, policy) and not table.name.startswith(figures().harmless_zeros))


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
        The smallest reasons as one, until no reason has a cell too small or one reason is left.
    """
    if table.kind != "counts" or not table.name.startswith(figures().merge_columns):
        return table
    while (pair := _reasons_to_merge(table, policy)) is not None:
        table = _merged(table, *pair)
    return table


def _reasons_to_merge(table: Table, policy: Policy) -> tuple[int, int] | None:
    reasons = [at for at, name in enumerate(table.columns) if at > 0 and name != TOTAL]
    sizes = {at: sum(row[at] or 0 for row in table.cells) for at in reasons}
    small = [at for at in reasons if any(_secret(row[at] or 0, policy) for row in table.cells)]
    if not small or len(reasons) < 2:
        return None
    first = min(small, key=lambda at: (sizes[at], at))
    second = min((at for at in reasons if at != first), key=lambda at: (at not in small, sizes[at], at))
    return min(first, second), max(first, second)


def _merged(table: Table, first: int, second: int) -> Table:
    reasons = len([name for name in table.columns[1:] if name != TOTAL])
    name = OTHER_REASONS if reasons > 2 else ANY_REASON

    def _joined(row: Sequence[float | None]) -> tuple[float | None, ...]:
        both = (row[first] or 0) + (row[second] or 0)
        return tuple(both if at == first else value for at, value in enumerate(row) if at != second)

    columns = tuple(name if at == first else label for at, label in enumerate(table.columns) if at != second)
    return replace(table, columns=columns, cells=tuple(map(_joined, table.cells)))


def _counts(table: Table, policy: Policy) -> Grid:
    status = _blank(table)
    if table.base == "schools":
        return status
    for row, column in _places(table):
        value = table.cells[row][column]
        if value is not None and _secret_cell(value, table, policy):
            status[row][column] = HIDDEN
    lines = tuple(_lines(table))
    while any(_close(line, table, status, policy) for line in lines):
        pass  # each cell hidden may give away one in a line closed before
    return status


def _places(table: Table) -> Iterator[Place]:
    for row in range(len(table.rows)):
        for column in range(len(table.columns)):
            yield row, column


def _lines(table: Table) -> Iterator[tuple[Place, tuple[Place, ...]]]:
    """Every total with the cells that add up to it, along rows and down columns."""
    rows, columns = range(len(table.rows)), range(len(table.columns))
    for total in _totals(table.columns, [[row[c] for row in table.cells] for c in columns]):
        for row in rows:
            yield (row, total), tuple((row, column) for column in columns if column != total)
    for total in _totals(table.rows, table.cells):
        for column in columns:
            yield (total, column), tuple((row, column) for row in rows if row != total)


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


def _close(line: tuple[Place, tuple[Place, ...]], table: Table, status: Grid, policy: Policy) -> bool:
    """Hide more cells of a line until the total gives none of them away; whether any was hidden."""
    total, members = line
    size = {place: float(table.cells[place[0]][place[1]] or 0) for place in (total, *members)}
    hidden = [place for place in members if status[place[0]][place[1]] == HIDDEN]
    shown = sorted((p for p in members if not status[p[0]][p[1]] and size[p] > 0), key=lambda p: (size[p], p))
    before = len(hidden)
    if status[total[0]][total[1]]:
        if status[total[0]][total[1]] == HIDDEN and not hidden and shown:
            hidden.append(shown[0])
    else:
        while hidden and shown and (len(hidden) < 2 or sum(size[place] for place in hidden) < policy.threshold):
            hidden.append(shown.pop(0))
        if hidden and (len(hidden) < 2 or sum(size[place] for place in hidden) < policy.threshold):
            status[total[0]][total[1]] = HIDDEN
            return True
    for row, column in hidden[before:]:
        status[row][column] = HIDDEN
    return len(hidden) > before
