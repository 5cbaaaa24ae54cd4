"""Counts that stand in more than one place: the same people in two tables, or in a table and behind a figure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, permutations, product
from typing import Any

import numpy as np

from afa_eval.designs.participants import NO_SEN
from afa_eval.designs.progress_flow import LEFT, OUTSIDE
from afa_eval.disclosure.numbers import (
    CONTRAST,
    COUNTED,
    EVERYONE,
    OTHERS,
    PEOPLE,
    PUPILS,
    Number,
    Numbers,
    Parts,
    additions,
    parts_of,
)
from afa_eval.disclosure.primary import figures
from afa_eval.disclosure.sums import Cell, Sum
from afa_eval.estimate import Table, words

TOTAL = "Total"
# how designs name the tables whose cells count the same people as other tables or as figures
PARTICIPANTS, COVERAGE, TALLY, FLOW, LEAVERS = "participants-", "coverage-", "counted-", "flow-", "left-"
TRANSITION, STATUS, DISTRIBUTION, ITEMS = "transition-", "sen-status", "distribution-", "-items"
QUARTERS, REACHED, BALANCE = "quarters-", "above_national_average_share", "balance-"
TOP_BOX, PERSISTENT = "top_box", "persistent_absence"
WAVES = ("before", "after")
ENROLMENTS = "enrolments"
_STATUS = re.compile(r"\((\w)\)$")
Labels = Mapping[str, Parts]


@dataclass(frozen=True, slots=True)
class Known:
    """What is out already?

    Attributes
    ----------
    public : frozenset of tuple
        Cells that are printed elsewhere, so that hiding them would hide nothing.
    hidden : frozenset of tuple
        Cells that differ from a number that is out by too few people.
    numbers : dict
        Those numbers.
    sums : tuple of Sum
        Each such cell and number: one is part of the other.
    """

    public: frozenset[Cell] = frozenset()
    hidden: frozenset[Cell] = frozenset()
    numbers: dict[Any, float] = field(default_factory=dict)
    sums: tuple[Sum, ...] = ()


@dataclass(frozen=True, slots=True)
class Links:
    """What hangs together between tables, and between tables and figures?

    Attributes
    ----------
    sums : tuple of Sum
        Of cells and of numbers behind figures.
    unseen : dict
        Numbers that stand nowhere but take part in sums, such as those who answered once.
    """

    sums: tuple[Sum, ...]
    unseen: dict[Any, float]


def links(tables: Sequence[Table], numbers: Numbers, groups: Iterable[str] = ()) -> Links:
    """Which counts of tables are made up of each other, or of the people behind figures?

    Parameters
    ----------
    tables : sequence of Table
        Counts of people.
    numbers : Numbers
        Behind all figures.
    groups : iterable of str
        Codes of all groups that figures are about.

    Returns
    -------
    Links
        All that a reader can add up or take away.
    """
    labels = _labels(groups)
    unseen: dict[Any, float] = {}
    found = [*_sums(tables, numbers, labels)]
    for table in tables:
        for cell, among in _compared(table, numbers, labels):
            found += [_nested(cell, number, table, numbers) for number in among]
        found += _counted(table, numbers)
        if _is_distribution(table):
            found += _answers(table, numbers, labels, unseen)
    return Links(tuple(dict.fromkeys(found)), unseen)


def _nested(cell: Cell, number: Number, table: Table, numbers: Numbers) -> Sum:
    """One of both holds the other: the larger."""
    larger = (table.cells[cell[1]][cell[2]] or 0) >= numbers.sizes[number]
    return Sum(cell, (number,)) if larger else Sum(number, (cell,))


def _compared(table: Table, numbers: Numbers, labels: Labels) -> Iterator[tuple[Cell, list[Number]]]:
    """Each cell that holds those behind a figure, or is among them, with the figures' numbers."""
    name, last = table.name, len(table.columns) - 1
    if name.startswith(PARTICIPANTS):
        yield from _took_part(table, numbers)
    elif name.startswith((COVERAGE, LEAVERS, QUARTERS, BALANCE)):
        columns = {0, last} if name.startswith((COVERAGE, LEAVERS)) else {last}
        for row, label in enumerate(table.rows):
            among = numbers.of_group(table.outcome, _code(label, table))
            yield from (((name, row, at), among) for at in sorted(columns))
    elif name.startswith(TALLY):
        for row, (at, wave) in product(_ends(table.rows), enumerate(WAVES[: len(table.columns)])):
            yield (name, row, at), _of_wave(table.outcome, EVERYONE, wave, numbers)
    elif name.startswith(TRANSITION):
        yield (name, len(table.rows) - 1, last), numbers.of_group(table.outcome, EVERYONE)
    elif name.startswith(STATUS):
        yield from _still_there(table, numbers)
    elif _is_distribution(table):
        for row in range(len(table.rows)):
            yield (name, row, last), numbers.of_group(table.outcome, _who(table, row, labels)[0])


def _of_wave(outcome: str, parts: Parts, wave: str, numbers: Numbers) -> list[Number]:
    """How many enrolments of a year are behind figures."""
    return [number for number in numbers.of_group(outcome, parts) if wave in _waves(number, numbers)]


def _waves(number: Number, numbers: Numbers) -> set[str]:
    """Of which years the people behind figures are: of the first, if any figure says so, else of the second."""
    names = [str(item.estimand) for item in numbers.printed_by[number]]
    return {wave for wave in WAVES if any(name.endswith(f"_{wave}") for name in names)} or {WAVES[1]}


def _took_part(table: Table, numbers: Numbers) -> Iterator[tuple[Cell, list[Number]]]:
    """Those of an outcome are among those who took part, unless the numbers say that they are not.

    A year group, or a need, may be of another time than the table's: where one of its groups has
    more pupils in an outcome than took part, none by that column is known to be part of the other.
    """
    rows = [(row, _code(label, table), table.cells[row][0] or 0) for row, label in enumerate(table.rows)]
    sizes = {parts: size for _, parts, size in rows}
    first = [number for number in numbers.sizes if number[1] == PEOPLE and _of_the_first(number, numbers)]
    apart = {
        (number[0], column)
        for number in first
        if numbers.sizes[number] > sizes.get(number[3], np.inf)
        for column in _columns(number[3])
    }
    for row, parts, size in rows:
        among = [
            number
            for number in first
            if number[3] == parts
            and numbers.sizes[number] <= size
            and not {(number[0], column) for column in _columns(parts)} & apart
        ]
        yield (table.name, row, 0), among


def _columns(parts: Parts) -> set[str]:
    return {part.partition("=")[0] for part in parts}


def _of_the_first(number: Number, numbers: Numbers) -> bool:
    """Whether they are pupils, or enrolments of the first year."""
    return number[2] == PUPILS or (number[2] == ENROLMENTS and WAVES[0] in _waves(number, numbers))


def _still_there(table: Table, numbers: Numbers) -> Iterator[tuple[Cell, list[Number]]]:
    """Those there in both years, by status in the first (rows) or second (columns), are among each year's enrolments."""
    last = len(table.rows) - 1, len(table.columns) - 1
    for outcome in dict.fromkeys(number[0] for number in numbers.sizes if number[1:3] == (PEOPLE, ENROLMENTS)):
        for wave, labels in zip(WAVES, (table.rows, table.columns), strict=True):
            found: list[tuple[Cell, list[Number]]] = []
            for at, label in enumerate(labels):
                cell = (table.name, at, last[1]) if wave == WAVES[0] else (table.name, last[0], at)
                found.append((cell, _of_wave(outcome, _code(label, table), wave, numbers)))
            if all(numbers.sizes[n] >= (table.cells[r][c] or 0) for (_, r, c), among in found for n in among):
                yield from found


def _counted(table: Table, numbers: Numbers) -> Iterator[Sum]:
    """What a share counts, and what it leaves out, stands in cells too, or holds them."""
    name, outcome = table.name, table.outcome
    if name.startswith(TRANSITION):
        last = len(table.rows) - 1
        for wave, cells in zip(
            WAVES, ([(name, at, last) for at in (0, 1)], [(name, last, at) for at in (0, 1)]), strict=True
        ):
            for what, cell in zip((COUNTED, OTHERS), cells, strict=True):
                share = (outcome, what, f"{PERSISTENT}_{wave}", EVERYONE, "")
                if numbers.sizes.get(share, -1.0) >= (table.cells[cell[1]][cell[2]] or 0):
                    yield Sum(share, (cell,))
    if name.startswith(QUARTERS):
        middle = (len(table.columns) - 1) // 2
        for row, label in enumerate(table.rows):
            for what, columns in ((OTHERS, range(middle)), (COUNTED, range(middle, 2 * middle))):
                share = (outcome, what, REACHED, _code(label, table), "")
                if share in numbers.sizes:
                    yield Sum(share, tuple((name, row, column) for column in columns))


def _answers(table: Table, numbers: Numbers, labels: Labels, unseen: dict[Any, float]) -> Iterator[Sum]:
    """Those who answered in both waves are among those who answered in each; so are those with the top answer."""
    top, last = len(table.columns) - 2, len(table.columns) - 1
    waves: dict[Parts, dict[str, Cell]] = defaultdict(dict)
    for row in range(len(table.rows)):
        parts, wave = _who(table, row, labels)
        waves[parts][wave] = (table.name, row, last)
        share = (table.outcome, COUNTED, f"{TOP_BOX}_{wave}", parts, "")
        if share in numbers.sizes:
            lower = ("lower answers", table.name, row)
            unseen[lower] = (table.cells[row][last] or 0) - (table.cells[row][top] or 0)
            yield Sum((table.name, row, last), ((table.name, row, top), lower))
            yield Sum((table.name, row, top), (share,))
            yield Sum(lower, ((share[0], OTHERS, *share[2:]),))
    for parts, cells in waves.items():
        if len(cells) == len(WAVES):
            yield from _once_or_twice(table, cells, numbers.of_group(table.outcome, parts), numbers, unseen)


def _once_or_twice(
    table: Table, cells: Mapping[str, Cell], among: Sequence[Number], numbers: Numbers, unseen: dict[Any, float]
) -> Iterator[Sum]:
    """Those who answered at all are those of the second wave and those of the first who did not answer again."""
    first, second = (cells[wave] for wave in WAVES)
    sizes = [float(table.cells[row][column] or 0) for _, row, column in (first, second)]
    for either, both in permutations(among, 2):
        once = sizes[0] - numbers.sizes[both]
        if numbers.sizes[either] == sizes[1] + once and numbers.sizes[both] <= min(sizes):
            key = ("once", table.name, both)
            unseen[key] = once
            yield Sum(first, (both, key))
            yield Sum(either, (second, key))


def _ends(labels: Sequence[str]) -> tuple[int, int]:
    return 0, len(labels) - 1


def _sums(tables: Sequence[Table], numbers: Numbers, labels: Labels) -> Iterator[Sum]:
    """All pupils by each characteristic; all answers by each breakdown; and who of those who took part was there."""
    systems: dict[tuple[object, ...], dict[Parts, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for table in tables:
        for system, parts, cell in _placed(table, labels):
            systems[system][parts].append(cell)
    for system, number in _of_pupils(numbers):
        if system in systems:
            systems[system][number[3]].append(number)
    for found in systems.values():
        yield from _same(found.values())
        for whole, members in additions({parts: cells[0] for parts, cells in found.items()}):
            yield Sum(whole, members)
    yield from _among(tables, systems.get((PARTICIPANTS,), {}))
    yield from _on_the_way(tables)
    yield from _followed(tables)


def _of_pupils(numbers: Numbers) -> Iterator[tuple[tuple[object, ...], Number]]:
    """Those with a score, and those to be tested, as figures tell of them."""
    wide = figures().holds_all
    for number in numbers.sizes:
        if number[1:3] == (PEOPLE, PUPILS):
            names = {str(item.estimand) for item in numbers.printed_by[number]}
            yield (number[0], COVERAGE, *([TOTAL] if names & wide else [])), number


def _followed(tables: Sequence[Table]) -> Iterator[Sum]:
    """Those there in both years are as many by status as by persistent absence, where they are the same pupils."""
    ends = [
        (table.name, len(table.rows) - 1, len(table.columns) - 1)
        for table in tables
        if table.name.startswith((TRANSITION, STATUS))
    ]
    sizes = {table.name: table.cells[-1][-1] for table in tables}
    yield from (Sum(one, (other,)) for one, other in combinations(ends, 2) if sizes[one[0]] == sizes[other[0]])


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
        if table.name.startswith(LEAVERS) and (flow := by_name.get(f"{FLOW}{table.outcome}")) is not None:
            yield from _gone(table, flow)


def _gone(table: Table, flow: Table) -> Iterator[Sum]:
    """All who left, and all who were asked about, are those of the way from the register."""
    end, rows = len(table.rows) - 1, {label: (flow.name, row, 0) for row, label in enumerate(flow.rows)}
    if LEFT in rows:
        yield Sum(rows[LEFT], ((table.name, end, 1),))
    outside = (rows[OUTSIDE],) if OUTSIDE in rows else ()
    yield Sum(rows[TOTAL], ((table.name, end, len(table.columns) - 1), *outside))


def _placed(table: Table, labels: Labels) -> Iterator[tuple[tuple[object, ...], Parts, Cell]]:
    """The system of sums that a cell belongs to, and its group."""
    name, codes = table.name, [_code(label, table) for label in table.rows]
    if name.startswith(PARTICIPANTS):
        yield from (((PARTICIPANTS,), parts, (name, row, 0)) for row, parts in enumerate(codes))
        if NO_SEN in table.rows:  # whoever has no need has no provision
            yield (PARTICIPANTS,), parts_of("sen_provision=N"), (name, table.rows.index(NO_SEN), 0)
    elif name.startswith(COVERAGE):
        for (row, parts), (at, column) in product(enumerate(codes), enumerate(table.columns)):
            yield (table.outcome, COVERAGE, *([column] if at else [])), parts, (name, row, at)
    elif name.startswith(LEAVERS):  # those still on roll are those who were to be tested
        systems = (COVERAGE, TOTAL), (LEAVERS, LEFT), (LEAVERS, TOTAL)
        for (row, parts), (at, system) in product(enumerate(codes), enumerate(systems)):
            yield (table.outcome, *system), parts, (name, row, at)
    elif name.startswith((QUARTERS, BALANCE)):  # those with the scores needed, as in the first column above
        last = len(table.columns) - 1
        yield from (((table.outcome, COVERAGE), parts, (name, row, last)) for row, parts in enumerate(codes))
    elif _is_distribution(table):
        for row, (at, answer) in product(range(len(table.rows)), enumerate(table.columns)):
            parts, wave = _who(table, row, labels)
            yield (table.outcome, table.base, wave, answer), parts, (name, row, at)


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
