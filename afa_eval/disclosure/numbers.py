"""The numbers of people behind figures: how many are in a group, how many of them are counted, how many not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from afa_eval.disclosure.primary import SCHOOLS, counted, figures, unavailable
from afa_eval.disclosure.sums import Sum
from afa_eval.estimate import Estimate

Parts = frozenset[str]
One = TypeVar("One")
Number = tuple[str, str, str, Parts, str]  # outcome, what is counted, of which base or figure, group, and how many
PEOPLE, COUNTED, OTHERS = "people", "counted", "not counted"
CONTRAST = " - "
ALL = "all"
REST = "rest"
EVERYONE: Parts = frozenset()
PUPILS = "pupils"


def parts_of(group: str) -> Parts:
    """Of which conditions is a group made?

    Parameters
    ----------
    group : str
        ``all``, or ``column=value`` joined by ``&``.

    Returns
    -------
    frozenset of str
        Empty for all.
    """
    return frozenset(part.strip() for part in group.split("&") if part.strip() not in {"", ALL})


def additions(groups: Mapping[Parts, One]) -> Iterator[tuple[One, tuple[One, ...]]]:
    """Which groups are sums of others, of one column or of a nest?

    Parameters
    ----------
    groups : mapping
        Whatever stands for each group, by its parts.

    Yields
    ------
    tuple
        What stands for the whole, and for each of its members.
    """
    splits: dict[tuple[Parts, str], list[One]] = defaultdict(list)
    for parts, item in groups.items():
        for part in parts:
            splits[parts - {part}, part.partition("=")[0]].append(item)
    for (whole, _), members in splits.items():
        if whole in groups:
            yield groups[whole], tuple(members)
    for whole, item in groups.items():
        for part in whole & figures().nests.keys():
            inside = [groups.get(whole - {part} | {member}) for member in figures().nests[part]]
            if present := tuple(member for member in inside if member is not None):
                yield item, present


@dataclass(frozen=True, slots=True)
class Numbers:
    """Which numbers stand behind figures, and which figures print them?

    Attributes
    ----------
    sizes : dict
        Each number.
    printed_by : dict
        The figures that a reader has it from.
    sums : tuple of Sum
        Which numbers are made up of others.
    pairs : tuple of tuple
        A share's count and its complement: they can only be hidden together.
    """

    sizes: dict[Number, float]
    printed_by: dict[Number, list[Estimate]]
    sums: tuple[Sum, ...]
    pairs: tuple[tuple[Number, Number], ...]

    @classmethod
    def of(cls, items: Iterable[Estimate]) -> Numbers:
        """Which numbers stand behind these figures?

        Parameters
        ----------
        items : iterable of Estimate
            All figures; those of schools and those without a value tell of nobody.

        Returns
        -------
        Numbers
            Of every outcome.
        """
        sizes: dict[Number, float] = {}
        printed_by: dict[Number, list[Estimate]] = defaultdict(list)
        sums: list[Sum] = []
        pairs: list[tuple[Number, Number]] = []
        families: dict[tuple[str, str], dict[Parts, Estimate]] = defaultdict(dict)
        for item in items:
            if item.base == SCHOOLS or unavailable(item):
                continue
            behind = _behind(item)
            for number, size in behind.items():
                sizes[number] = size
                printed_by[number].append(item)
            if len(behind) > 1:
                people, count, others = behind
                sums.append(Sum(people, (count, others)))
                pairs.append((count, others))
            if CONTRAST not in item.group:
                families[item.outcome, str(item.estimand)].setdefault(parts_of(item.group), item)
        sums += _within(sizes, printed_by)
        sums += _among_counted(sizes)
        for family in families.values():
            sums += [line for whole, members in additions(family) for line in _adding_up(whole, members)]
        return cls(sizes, printed_by, tuple(dict.fromkeys(sums)), tuple(pairs))

    def of_group(self, outcome: str, parts: Parts) -> list[Number]:
        """How many people are behind the figures of one group?

        Parameters
        ----------
        outcome : str
            The plan's outcome id.
        parts : frozenset of str
            The group.

        Returns
        -------
        list of tuple
            The numbers, one for each base.
        """
        return [one for one in self.sizes if one[0] == outcome and one[1] == PEOPLE and one[3] == parts]


def _behind(item: Estimate) -> dict[Number, float]:
    """How many people stand behind a figure, how many of them it counts, and how many not."""
    sides = item.group.split(CONTRAST)
    # a contrast is about both its sides, and the rest is everyone else
    parts, name = parts_of(item.group) if len(sides) == 1 else _both(sides), str(item.estimand)
    if parts is None:
        return {}
    people = (item.outcome, PEOPLE, item.base, parts, str(item.n_pupils))
    behind: dict[Number, float] = {people: float(item.n_pupils)}
    count = counted(item) if len(sides) == 1 else None
    if count is not None and item.unit != "count":
        behind[item.outcome, COUNTED, name, parts, ""] = float(round(count))
        behind[item.outcome, OTHERS, name, parts, ""] = float(item.n_pupils - round(count))
    return behind


def _both(sides: Sequence[str]) -> Parts | None:
    """Whom a contrast is about, where both its sides are everyone."""
    return EVERYONE if sides[1].strip() == REST else None


def _within(sizes: Mapping[Number, float], printed_by: Mapping[Number, Sequence[Estimate]]) -> Iterator[Sum]:
    """Everyone to be tested holds those with a score: the few without one must not be told."""
    groups: dict[tuple[str, Parts], list[Number]] = defaultdict(list)
    for number in sizes:
        if number[1:3] == (PEOPLE, PUPILS):
            groups[number[0], number[3]].append(number)
    wide = figures().holds_all
    for (outcome, group), numbers in groups.items():
        whole = [one for one in numbers if any(str(item.estimand) in wide for item in printed_by[one])]
        parts = [one for one in numbers if any(str(item.estimand) not in wide for item in printed_by[one])]
        yield from (Sum(one, (part,)) for one in whole for part in parts if sizes[one] > sizes[part])
        covered = (outcome, COUNTED, figures().covered, group, "")
        yield from (Sum(covered, (part,)) for part in parts if sizes.get(covered) == sizes[part])


def _among_counted(sizes: Mapping[Number, float]) -> Iterator[Sum]:
    """Whom one share counts may be among those whom another counts: the severely absent are persistently absent."""
    for number in sizes:
        outcome, what, name, parts, _ = number
        wider = (outcome, COUNTED, figures().counts_within.get(name, ""), parts, "")
        if what == COUNTED and wider in sizes:
            yield Sum(wider, (number,))


def _adding_up(whole: Estimate, members: Sequence[Estimate]) -> Iterator[Sum]:
    """People add up; so do those counted and those not, where all the figures are shares."""
    behind = [list(_behind(item)) for item in (whole, *members)]
    if len({len(numbers) for numbers in behind}) == 1:
        yield from (Sum(total, tuple(parts)) for total, *parts in zip(*behind, strict=True))
    else:
        total, *parts = (numbers[0] for numbers in behind)
        yield Sum(total, tuple(parts))
