"""Where a table's numbers stand, and which of them are one number or add up to another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from afa_eval.disclosure.system import Sum
from afa_eval.errors import DisclosureError

if TYPE_CHECKING:
    import pandas as pd

TOTAL = "Total"
SYMBOLS = ("c", "z", "x", "low")
NOTHING, UNKNOWN = "z", "x"  # not applicable: nobody can be there; unavailable: nobody has counted
Who = frozenset[tuple[str, str]]  # what the people in a cell have in common: dimension and label
Number = tuple[str, Who]  # the number of them, as one table counts it
Place = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Relation:
    """How do the same groups stand to each other in two tables?

    Attributes
    ----------
    wider, narrower : str
        The tables.
    dimensions : frozenset of str
        By which the groups are told apart; empty for everyone.
    same : bool
        Whether they are the same people; else the narrower table's are among the wider's.
    """

    wider: str
    narrower: str
    dimensions: frozenset[str]
    same: bool


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Which numbers do tables hold?

    Attributes
    ----------
    places : dict of Place to Number
        Every cell that can hold a number; one number may stand in several places.
    sums : tuple of Sum
        Totals, and what is nested in what.
    relations : tuple of Relation
        What links the tables.
    """

    places: dict[Place, Number]
    sums: tuple[Sum, ...]
    relations: tuple[Relation, ...]


def read(tables: Mapping[str, pd.DataFrame]) -> dict[Place, tuple[Who, Any]]:
    """What stands in each cell, and who is counted there?

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Counts and symbols; margins are labelled ``Total``.

    Returns
    -------
    dict
        Table, row and column to what the people have in common, and the number or symbol.

    Raises
    ------
    DisclosureError
        Where a cell is neither, two rows have one label, or there is no cell.
    """
    if not any(frame.size for frame in tables.values()):
        raise DisclosureError("There is no count in this table: it needs at least one row and one column.")
    found: dict[Place, tuple[Who, Any]] = {}
    unnamed = {labels for frame in tables.values() for _, given, labels in _levels(frame) if given is None}
    for name, frame in tables.items():
        names = _dimensions(frame, unnamed)
        axes = [[_labels(label) for label in axis] for axis in (frame.index, frame.columns)]
        for which, axis in zip(("row", "column"), axes, strict=True):
            if len(set(axis)) < len(axis):
                raise DisclosureError(
                    f"Table '{name}': two {which}s have one label, so their counts cannot be told apart."
                )
        rows, columns = axes
        values = frame.to_numpy(dtype=object)
        for i, row in enumerate(rows):
            for j, column in enumerate(columns):
                pairs = zip(names, (*row, *column), strict=True)
                who = frozenset((key, label) for key, label in pairs if label != TOTAL)
                found[name, i, j] = (who, _entry(values[i, j], name, row, column))
    return found


def _labels(label: Any) -> tuple[str, ...]:
    """A total that is written in another way is one all the same: taken for a group, it would give hidden cells away."""
    said = map(str, label) if isinstance(label, tuple) else (str(label),)
    return tuple(TOTAL if one.strip().casefold() == TOTAL.casefold() else one for one in said)


def _levels(frame: pd.DataFrame) -> Iterator[tuple[str, Any, frozenset[str]]]:
    """Row or column, given name and labels of each dimension of a table."""
    for which, axis in (("row", frame.index), ("column", frame.columns)):
        for level, given in enumerate(axis.names):
            yield which, given, frozenset(_labels(label)[level] for label in axis) - {TOTAL}


def _dimensions(frame: pd.DataFrame, unnamed: Iterable[frozenset[str]]) -> list[str]:
    """A name for each dimension; one without is known by its labels, or by those of which it has some."""
    names: list[str] = []
    for which, given, labels in _levels(frame):
        widest = max((one for one in unnamed if labels <= one), key=lambda one: (len(one), sorted(one)), default=labels)
        name = " | ".join(sorted(widest)) if given is None else str(given)
        names.append(name if name not in names else f"{name} ({which})")
    return names


def _entry(value: Any, name: str, row: tuple[str, ...], column: tuple[str, ...]) -> float | str:
    if isinstance(value, str) and value.strip() in SYMBOLS:
        return value.strip()
    import pandas as pd

    try:
        number = np.nan if value is None or value is pd.NA else float(value)
    except (TypeError, ValueError):
        number = -1.0
    if np.isnan(number):
        return NOTHING
    if number < 0 or not np.isfinite(number) or abs(number - round(number)) > 1e-6:
        where = f"row '{' / '.join(row)}', column '{' / '.join(column)}'"
        raise DisclosureError(
            f"Table '{name}', {where}: {value!r} is no count. It must be a whole number, or one of {', '.join(SYMBOLS)}."
        )
    return float(round(number))


def lay_out(
    cells: Mapping[Place, tuple[Who, Any]],
    relations: Iterable[Relation] | None = None,
    nests: Iterable[tuple[str, str]] | None = None,
) -> Layout:
    """Which cells are one number, and which add up?

    Parameters
    ----------
    cells : mapping
        As ``read`` returns them.
    relations : iterable of Relation, optional
        What links the tables, where it is known; else it is seen from the numbers.
    nests : iterable of (str, str), optional
        Wider and narrower tables. None takes for nested what may be: every count of one table at
        least as large as the other's.

    Returns
    -------
    Layout
        For ``protect`` and ``audit`` alike.
    """
    counted = {place: (who, value) for place, (who, value) in cells.items() if value not in (NOTHING, UNKNOWN)}
    linked = tuple(_relations(counted, nests) if relations is None else relations)
    first: dict[tuple[str, frozenset[str]], str] = {}
    for link in linked:
        if link.same:
            first.setdefault((link.narrower, link.dimensions), first.get((link.wider, link.dimensions), link.wider))
    known = {(place[0], who) for place, (who, _) in counted.items()}

    def _number(table: str, who: Who) -> Number:
        home = first.get((table, _margin(who)), table)
        return (home, who) if (home, who) in known else (table, who)

    places = {place: _number(place[0], who) for place, (who, _) in counted.items()}
    nested = [
        Sum(_number(link.wider, who), (_number(link.narrower, who),))
        for link in linked
        if not link.same
        for table, who in sorted(known, key=lambda one: (one[0], sorted(one[1])))
        if table == link.narrower and _margin(who) == link.dimensions and (link.wider, who) in known
    ]
    sums = dict.fromkeys([*_totals(counted, _number), *nested])
    return Layout(places, tuple(sums), linked)


def _margin(who: Who) -> frozenset[str]:
    return frozenset(dimension for dimension, _ in who)


def _totals(counted: Mapping[Place, tuple[Who, Any]], number: Any) -> Iterator[Sum]:
    """Each total with the cells that make it up, along every dimension of its table."""
    tables: dict[str, set[Who]] = defaultdict(set)
    for (table, _, _), (who, _) in counted.items():
        tables[table].add(who)
    for table, groups in tables.items():
        parts: dict[tuple[Who, str], list[Who]] = defaultdict(list)
        for who in sorted(groups, key=sorted):
            for pair in sorted(who):
                parts[who - {pair}, pair[0]].append(who)
        for (whole, _), members in parts.items():
            if whole in groups:
                yield Sum(number(table, whole), tuple(number(table, who) for who in members))


def _relations(counted: Mapping[Place, tuple[Who, Any]], nests: Iterable[tuple[str, str]] | None) -> Iterator[Relation]:
    """Which groups are the same in two tables, or among those of the other, as far as the numbers say?"""
    margins: dict[str, dict[frozenset[str], dict[Who, Any]]] = defaultdict(lambda: defaultdict(dict))
    for (table, _, _), (who, value) in counted.items():
        margins[table][_margin(who)][who] = value
    stated = None if nests is None else set(nests)
    for one, other in combinations(margins, 2):
        for dimensions in [known for known in margins[one] if known in margins[other]]:
            here, there = margins[one][dimensions], margins[other][dimensions]
            both = [(here[who], there[who]) for who in here.keys() & there.keys()]
            shown = [(a, b) for a, b in both if not isinstance(a, str) and not isinstance(b, str)]
            if both and all(a == b for a, b in shown):
                yield Relation(one, other, dimensions, same=True)
            for wider, narrower, sign in ((one, other, 1), (other, one, -1)):
                larger = shown and all(sign * (a - b) >= 0 for a, b in shown) and any(a != b for a, b in shown)
                if larger and (stated is None or (wider, narrower) in stated):
                    yield Relation(wider, narrower, dimensions, same=False)
