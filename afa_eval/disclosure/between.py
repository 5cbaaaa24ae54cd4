"""Counts that stand in more than one place: the same people in two tables, or in a table and behind a figure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from afa_eval.designs.progress_flow import LEFT, OUTSIDE
from afa_eval.disclosure.linked import CONTRAST, Parts, additions, parts_of
from afa_eval.disclosure.policies import Policy
from afa_eval.disclosure.primary import SCHOOLS, counted
from afa_eval.disclosure.sums import Cell, Sum
from afa_eval.estimate import Estimate, Table, words

TOTAL = "Total"
EVERYONE: Parts = frozenset()
# how designs name the tables whose cells count the same people as other tables or as figures
PARTICIPANTS, COVERAGE, COUNTED, FLOW = "participants-", "coverage-", "counted-", "flow-"
TRANSITION, STATUS, DISTRIBUTION, ITEMS = "transition-", "sen-status", "distribution-", "-items"
QUARTERS, REACHED, BALANCE = "quarters-", "above_national_average_share", "balance-"
TOP_BOX, PERSISTENT = "top_box", "persistent_absence"
WAVES = ("before", "after")
_STATUS = re.compile(r"\((\w)\)$")
Labels = Mapping[str, Parts]


@dataclass(frozen=True, slots=True)
class Known:
    """What do published figures say of cells?

    Attributes
    ----------
    public : frozenset of tuple
        Cells whose count is the base of a published figure of the same group.
    hidden : frozenset of tuple
        Cells that differ from such a number by too few people.
    numbers : dict
        Those numbers.
    sums : tuple of Sum
        Each such cell and number: one is part of the other.
    """

    public: frozenset[Cell]
    hidden: frozenset[Cell]
    numbers: dict[Any, float]
    sums: tuple[Sum, ...]

    def __or__(self, other: Known) -> Known:
        """What both say together."""
        hidden = self.hidden | other.hidden
        numbers = {**self.numbers, **other.numbers}
        return Known((self.public | other.public) - hidden, hidden, numbers, (*self.sums, *other.sums))


def against(tables: Sequence[Table], shown: Iterable[Estimate], policy: Policy, groups: Iterable[str] = ()) -> Known:
    """Which cells do the published figures tell, or come too near to?

    Parameters
    ----------
    tables : sequence of Table
        Counts of people.
    shown : iterable of Estimate
        The figures that are published.
    policy : Policy
        The rules.
    groups : iterable of str
        Codes of all groups that figures are about.

    Returns
    -------
    Known
        For the second step of suppression.
    """
    people, labels = _People.of(shown), _labels(groups)
    public: set[Cell] = set()
    hidden: set[Cell] = set()
    beside: dict[Any, float] = {}
    nested: list[Sum] = []
    for table in tables:
        for cell, numbers in _compared(table, people, labels):
            count = table.cells[cell[1]][cell[2]]
            if count is None:
                continue
            near = sorted(number for number in numbers if policy.too_few(abs(count - number)))
            told = any(round(count - number) == 0 for number in numbers)
            if near and (not told or table.name.startswith(PARTICIPANTS)):
                hidden.add(cell)  # who took part is the whole of all outcomes: no one figure tells it
                for number in near:
                    key = ("figure", cell, number)
                    beside[key] = number
                    nested.append(Sum(cell, (key,)) if count > number else Sum(key, (cell,)))
            elif told:
                public.add(cell)
        for half in _halves(table, people):
            beside[half.whole] = sum(table.cells[row][at] or 0 for _, row, at in half.parts)
            nested.append(half)
        hidden |= _untold_rows(table, people, labels)
    return Known(frozenset(public), frozenset(hidden), beside, tuple(nested))


@dataclass(frozen=True, slots=True)
class _People:
    """How many people figures tell of: their bases, and what shares of them count."""

    bases: Mapping[tuple[str, Parts], set[float]]
    first: Mapping[tuple[str, Parts], set[float]]
    counts: Mapping[tuple[str, Parts, str], tuple[float, float]]

    @classmethod
    def of(cls, shown: Iterable[Estimate]) -> _People:
        bases: dict[tuple[str, Parts], set[float]] = defaultdict(set)
        first: dict[tuple[str, Parts], set[float]] = defaultdict(set)
        counts: dict[tuple[str, Parts, str], tuple[float, float]] = {}
        for item in shown:
            if item.base == SCHOOLS or CONTRAST in item.group:
                continue
            parts = parts_of(item.group)
            bases[item.outcome, parts].add(item.n_pupils)
            if item.base == "pupils" or (item.base == "enrolments" and str(item.estimand).endswith(WAVES[0])):
                first[item.outcome, parts].add(item.n_pupils)
            if (count := counted(item)) is not None:
                counts[item.outcome, parts, str(item.estimand)] = (count, item.n_pupils - count)
        return cls(bases, first, counts)

    def counted_in(self, table: Table, parts: Parts, estimand: str, total: float) -> set[float]:
        """What a cell would be if it counted whom a share counts, or left out whom it leaves out."""
        found = self.counts.get((table.outcome, parts, estimand))
        return set() if found is None else {found[0], total - found[1]}


def _compared(table: Table, people: _People, labels: Labels) -> Iterator[tuple[Cell, set[float]]]:
    """Each cell that counts whom a figure counts too, or more, with the figures' numbers."""
    if table.name.startswith(PARTICIPANTS):
        yield from _took_part(table, people)
    elif table.name.startswith(COVERAGE):
        for row, label in enumerate(table.rows):
            numbers = people.bases.get((table.outcome, _code(label, table)), set())
            yield from (((table.name, row, column), numbers) for column in (0, len(table.columns) - 1))
    elif table.name.startswith((QUARTERS, BALANCE)):
        for row, label in enumerate(table.rows):
            yield (
                (table.name, row, len(table.columns) - 1),
                people.bases.get((table.outcome, _code(label, table)), set()),
            )
    elif table.name.startswith(COUNTED):
        numbers = people.bases.get((table.outcome, EVERYONE), set())
        yield from (((table.name, row, at), numbers) for row in _ends(table.rows) for at in range(len(table.columns)))
    elif table.name.startswith(TRANSITION):
        yield from _followed(table, people)
    elif _is_distribution(table):
        yield from _answers(table, people, labels)


def _took_part(table: Table, people: _People) -> Iterator[tuple[Cell, set[float]]]:
    """Those of an outcome are among those who took part, unless the printed numbers say that they are not.

    A year group, or a need, may be of another time than the table's: where one of its groups has
    more pupils in an outcome than took part, none is known to be part of the other.
    """
    rows = [(row, _code(label, table), table.cells[row][0] or 0) for row, label in enumerate(table.rows)]
    sizes = {parts: size for _, parts, size in rows}
    apart = {outcome for (outcome, parts), found in people.first.items() if max(found) > sizes.get(parts, np.inf)}
    for row, parts, size in rows:
        numbers = {
            number
            for (outcome, who), found in people.first.items()
            if who == parts and (parts == EVERYONE or outcome not in apart)
            for number in found
            if number <= size
        }
        yield (table.name, row, 0), numbers


def _halves(table: Table, people: _People) -> Iterator[Sum]:
    """The share that reaches the average counts both upper quarters of its group, and leaves the lower two."""
    if not table.name.startswith(QUARTERS):
        return
    middle = (len(table.columns) - 1) // 2
    for row, label in enumerate(table.rows):
        if _reached(table, _code(label, table)) in people.counts:
            for at, columns in enumerate((range(middle), range(middle, 2 * middle))):
                cells = tuple((table.name, row, column) for column in columns)
                yield Sum(("figure", (table.name, row, at), REACHED), cells)


def _untold_rows(table: Table, people: _People, labels: Labels) -> set[Cell]:
    """Quarters of a group whose share is not published: together they would tell it."""
    if not table.name.startswith(QUARTERS):
        return set()
    asked = {EVERYONE, *labels.values()}
    codes = {row: _code(label, table) for row, label in enumerate(table.rows)}
    untold = [row for row, parts in codes.items() if parts in asked and _reached(table, parts) not in people.counts]
    return {(table.name, row, column) for row in untold for column in range(len(table.columns) - 1)}


def _reached(table: Table, parts: Parts) -> tuple[str, Parts, str]:
    return table.outcome, parts, REACHED


def _ends(labels: Sequence[str]) -> tuple[int, int]:
    return 0, len(labels) - 1


def _followed(table: Table, people: _People) -> Iterator[tuple[Cell, set[float]]]:
    """Pupils followed are among those counted in each year."""
    last, whole = len(table.rows) - 1, table.cells[-1][-1] or 0
    before, after = (people.counted_in(table, EVERYONE, f"{PERSISTENT}_{wave}", whole) for wave in WAVES)
    yield (table.name, 0, last), before
    yield (table.name, last, 0), after
    yield (table.name, last, last), people.bases.get((table.outcome, EVERYONE), set())


def _answers(table: Table, people: _People, labels: Labels) -> Iterator[tuple[Cell, set[float]]]:
    """Those who answered in both waves are among those who answered in each; so are those with the top answer."""
    top, last = len(table.columns) - 2, len(table.columns) - 1
    for row in range(len(table.rows)):
        parts, wave = _who(table, row, labels)
        total = table.cells[row][last] or 0
        yield (table.name, row, last), people.bases.get((table.outcome, parts), set())
        yield (table.name, row, top), people.counted_in(table, parts, f"{TOP_BOX}_{wave}", total)


def sums(tables: Sequence[Table], groups: Iterable[str] = ()) -> Iterator[Sum]:
    """Which counts of one table are made up of counts of others?

    Parameters
    ----------
    tables : sequence of Table
        Counts of people.
    groups : iterable of str
        Codes of all groups that figures are about.

    Yields
    ------
    Sum
        All pupils by each characteristic; all answers by each breakdown; those who took part and
        those of them who were to be tested, or were there in both years.
    """
    labels = _labels(groups)
    systems: dict[tuple[object, ...], dict[Parts, list[Cell]]] = defaultdict(lambda: defaultdict(list))
    for table in tables:
        for system, parts, cell in _placed(table, labels):
            systems[system][parts].append(cell)
    for found in systems.values():
        yield from _same(found.values())
        for whole, members in additions({parts: cells[0] for parts, cells in found.items()}):
            yield Sum(whole, members)
    yield from _among(tables, systems.get((PARTICIPANTS,), {}))
    yield from _on_the_way(tables)


def _on_the_way(tables: Sequence[Table]) -> Iterator[Sum]:
    """Those on the register are those not asked about, those who left and those who were to be tested."""
    by_name = {table.name: table for table in tables}
    for table in tables:
        eligible = by_name.get(f"{COVERAGE}{table.outcome}")
        if table.name == f"{FLOW}{table.outcome}" and eligible is not None:
            tested, last = (eligible.name, len(eligible.rows) - 1, len(eligible.columns) - 1), len(table.rows) - 1
            gone = tuple((table.name, row, 0) for row, label in enumerate(table.rows) if label in {OUTSIDE, LEFT})
            yield Sum((table.name, last, 0), (tested, *gone))
            yield Sum((table.name, last - 1, 0), ((eligible.name, len(eligible.rows) - 1, 0),))


def _placed(table: Table, labels: Labels) -> Iterator[tuple[tuple[object, ...], Parts, Cell]]:
    """The system of sums that a cell belongs to, and its group."""
    if table.name.startswith(PARTICIPANTS):
        for row, label in enumerate(table.rows):
            yield (PARTICIPANTS,), _code(label, table), (table.name, row, 0)
    elif table.name.startswith((COVERAGE, QUARTERS, BALANCE)):  # those with the scores needed stand in all
        column = 0 if table.name.startswith(COVERAGE) else len(table.columns) - 1
        for row, label in enumerate(table.rows):
            yield (table.outcome, COVERAGE), _code(label, table), (table.name, row, column)
            for at, name in enumerate(table.columns) if column == 0 else ():  # the others by SEN and by arm
                if at > 0:
                    yield (table.outcome, COVERAGE, name), _code(label, table), (table.name, row, at)
    elif _is_distribution(table):
        for row in range(len(table.rows)):
            parts, wave = _who(table, row, labels)
            for column, name in enumerate(table.columns):
                yield (table.outcome, table.base, wave, name), parts, (table.name, row, column)


def _same(places: Iterable[Sequence[Cell]]) -> Iterator[Sum]:
    """One count in several tables: hidden in one, it must be hidden in all."""
    for cells in places:
        yield from (Sum(cells[0], (cell,)) for cell in cells[1:])


def _among(tables: Sequence[Table], everyone: Mapping[Parts, Sequence[Cell]]) -> Iterator[Sum]:
    """Those who took part are the whole of those to be tested, and of those there in both years."""
    sizes = {table.name: table.cells for table in tables}
    for table in tables:
        if not table.name.startswith((COVERAGE, STATUS)):
            continue
        last, found = len(table.columns) - 1, []
        for row, label in enumerate(table.rows):
            for name, at, column in everyone.get(_code(label, table), ())[:1]:
                found.append(Sum((name, at, column), ((table.name, row, last),)))
        if all(
            (sizes[t][r][c] or 0) >= (sizes[part][row][at] or 0)
            for (t, r, c), ((part, row, at),) in map(_ends_of, found)
        ):
            yield from found


def _ends_of(line: Sum) -> tuple[Cell, tuple[Cell, ...]]:
    return line.whole, line.parts


def _is_distribution(table: Table) -> bool:
    return table.name.startswith(DISTRIBUTION) and not table.name.endswith(ITEMS)


def _code(label: str, table: Table) -> Parts:
    """The group of a row that is named by its code, or by a status in brackets."""
    if label == TOTAL:
        return EVERYONE
    if status := _STATUS.search(label):
        return frozenset({f"sen_provision={status[1]}"})
    return parts_of(label) if "=" in label else frozenset({f"{table.row_label}={label}"})


def _labels(groups: Iterable[str]) -> Labels:
    return {words.label(group): parts_of(group) for group in groups if CONTRAST not in group}


def _who(table: Table, row: int, labels: Labels) -> tuple[Parts, str]:
    """Who answered, and when: a row is named ``Before``, or ``SEN support: before``."""
    name, _, wave = table.rows[row].rpartition(": ")
    if not name:
        return EVERYONE, wave.casefold()
    return labels.get(name, frozenset({f"{table.name}={name}"})), wave.casefold()
