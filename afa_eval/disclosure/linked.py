"""Secondary suppression: could a hidden figure be worked out from those that are shown?

Three ways back are closed until nothing changes: a figure computed from a hidden one, a contrast
with a hidden group, and whatever can be worked out from the numbers behind figures that add up: how
many people are in a group, how many of them are counted, and how many are not. The last is closed by
the linear programmes that protect tables too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from afa_eval.disclosure.policies import Policy
from afa_eval.disclosure.primary import SCHOOLS, base_reason, count_reason, counted, figures, unavailable
from afa_eval.disclosure.sums import Counts, Sum
from afa_eval.estimate import Estimate

Parts = frozenset[str]
One = TypeVar("One")
Key = tuple[str, str, str]
CONTRAST = " - "
ALL = "all"
REST = "rest"


@dataclass(frozen=True, slots=True)
class Hidden:
    """Why is a figure hidden, and does the reason concern everyone in its group?

    Attributes
    ----------
    reason : str
        In words.
    whole_group : bool
        True where the group itself is too small, so that no contrast with it may be shown.
    """

    reason: str
    whole_group: bool = False


@dataclass(slots=True)
class Hiding:
    """Which figures are hidden so far?

    Attributes
    ----------
    items : tuple of Estimate
        All figures.
    policy : Policy
        The rules.
    largest : mapping of str to float
        The largest school's share of each group, where it is known.
    hidden : dict
        Outcome, group and estimand to the reason.
    """

    items: tuple[Estimate, ...]
    policy: Policy
    largest: Mapping[str, float]
    hidden: dict[Key, Hidden] = field(default_factory=dict)

    def hide(self, key: Key, reason: str, *, whole_group: bool = False) -> None:
        """Hide a figure, keeping the first reason.

        Parameters
        ----------
        key : tuple of str
            Outcome, group and estimand.
        reason : str
            In words.
        whole_group : bool
            Whether the group itself is too small.
        """
        self.hidden.setdefault(key, Hidden(reason, whole_group))

    def alone_reason(self, item: Estimate) -> str:
        """Why may a figure's group not be shown, for itself alone?

        Parameters
        ----------
        item : Estimate
            Any figure.

        Returns
        -------
        str
            Empty where it may.
        """
        if few := base_reason(item, self.policy):
            return few
        share = self.largest.get(item.group, 0.0)
        if self.policy.dominance and item.n_schools > 1 and item.base != SCHOOLS and share >= self.policy.dominance:
            return f"one school has {self.policy.dominance:.0%} or more of its {item.base}"
        return ""

    def hidden_of(self, outcome: str) -> int:
        """How many figures of an outcome are hidden?

        Parameters
        ----------
        outcome : str
            The plan's outcome id.

        Returns
        -------
        int
            So far.
        """
        return sum(key[0] == outcome for key in self.hidden)

    def groups_too_small(self, outcome: str) -> set[str]:
        """Which groups of an outcome may not be contrasted with any other?

        Parameters
        ----------
        outcome : str
            The plan's outcome id.

        Returns
        -------
        set of str
            Group labels.
        """
        return {key[1] for key, why in self.hidden.items() if key[0] == outcome and why.whole_group}


def key_of(item: Estimate) -> Key:
    """Which figure is it?

    Parameters
    ----------
    item : Estimate
        Any figure.

    Returns
    -------
    tuple of str
        Outcome, group and estimand.
    """
    return (item.outcome, item.group, str(item.estimand))


class Before(Protocol):
    """What is needed of earlier releases?"""

    def reason(self, item: Estimate, count: float | None, policy: Policy) -> str:
        """Why may a figure not stand beside what is out already?

        Parameters
        ----------
        item : Estimate
            The new figure.
        count : float or None
            How many people it counts; None for means.
        policy : Policy
            The rules.

        Returns
        -------
        str
            Empty where it may.
        """


def suppress(
    items: Sequence[Estimate],
    policy: Policy,
    before: Before | None = None,
    largest: Mapping[str, float] | None = None,
) -> dict[Key, Hidden]:
    """Which figures must be hidden, and why?

    Parameters
    ----------
    items : sequence of Estimate
        All figures of an evaluation.
    policy : Policy
        The rules.
    before : Before, optional
        What was released earlier.
    largest : mapping of str to float, optional
        The largest school's share of each group.

    Returns
    -------
    dict of tuple to Hidden
        By outcome, group and estimand.
    """
    hiding = Hiding(tuple(items), policy, largest or {})
    for item in hiding.items:
        _hide_primary(hiding, item)
    if before is not None:
        _hide_beside(hiding, before)
    _hide_bases_within(hiding)
    outcomes = tuple(dict.fromkeys(item.outcome for item in hiding.items))
    known, closed = -1, dict.fromkeys(outcomes, -1)
    while known != len(hiding.hidden):
        known = len(hiding.hidden)
        _hide_computed(hiding)
        _hide_contrasts(hiding)
        for outcome in outcomes:
            if closed[outcome] != hiding.hidden_of(outcome):
                _close(hiding, outcome)
                closed[outcome] = hiding.hidden_of(outcome)
    return hiding.hidden


def _hide_primary(hiding: Hiding, item: Estimate) -> None:
    if unavailable(item):
        return
    few = hiding.alone_reason(item)
    if few:
        hiding.hide(key_of(item), few, whole_group=True)
    elif reason := count_reason(item, hiding.policy):
        hiding.hide(key_of(item), reason)


def _hide_beside(hiding: Hiding, before: Before) -> None:
    """Hide what would tell of a few people beside what is out already."""
    for item in hiding.items:
        if item.base == SCHOOLS or unavailable(item):
            continue
        if reason := before.reason(item, counted(item), hiding.policy):
            hiding.hide(key_of(item), reason, whole_group=True)


def _hide_bases_within(hiding: Hiding) -> None:
    """Hide what is about all but a few of those behind a wider figure of the same group, which is shown."""
    sizes = {key_of(item): item.n_pupils for item in hiding.items}
    for item in hiding.items:
        wider = (item.outcome, item.group, figures().bases_within.get(str(item.estimand), ""))
        if wider not in hiding.hidden and hiding.policy.too_few(sizes.get(wider, 0) - item.n_pupils):
            hiding.hide(key_of(item), f"fewer than {hiding.policy.threshold} {item.base} less than in {wider[2]}")


def _hide_computed(hiding: Hiding) -> None:
    sizes = {key_of(item): item.n_pupils for item in hiding.items}
    for item in hiding.items:
        for name in item.estimand.inputs:
            source = (item.outcome, item.group, name)
            of_others = name in figures().bases_within and sizes.get(source) != item.n_pupils
            if source in hiding.hidden and not of_others:  # a share of other people is not what it was made from
                hiding.hide(key_of(item), f"computed from {name}, which is hidden")


def _hide_contrasts(hiding: Hiding) -> None:
    small = {outcome: hiding.groups_too_small(outcome) for outcome in {item.outcome for item in hiding.items}}
    sizes = {(item.outcome, item.group, str(item.estimand)): item.n_pupils for item in hiding.items}
    told = {(item.outcome, item.group) for item in hiding.items}
    for item in hiding.items:
        sides = tuple(side.strip() for side in item.group.split(CONTRAST))
        if len(sides) == 1:
            continue
        for side in sides:
            if side in small[item.outcome] or (item.outcome, side, str(item.estimand)) in hiding.hidden:
                hiding.hide(key_of(item), f"one of its groups, {side}, is hidden")
        if not item.arms and (unknown := [side for side in sides if side != REST and (item.outcome, side) not in told]):
            hiding.hide(key_of(item), f"how many are in {unknown[0]} is not told", whole_group=True)
        if REST in sides and _small_rest(item, sides[0], sizes, hiding.policy):
            hiding.hide(
                key_of(item), f"fewer than {hiding.policy.threshold} {item.base} are in the rest", whole_group=True
            )


def _small_rest(item: Estimate, side: str, sizes: Mapping[Key, int], policy: Policy) -> bool:
    """Whether the rest is too few, where both sizes are known for some estimand of the outcome."""
    for (outcome, group, estimand), n in sizes.items():
        if outcome == item.outcome and group == side and (outcome, ALL, estimand) in sizes:
            return item.base != "schools" and sizes[outcome, ALL, estimand] - n < policy.threshold
    return False


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


Number = tuple[str, str, Parts, str]  # what is counted, of which base or figure, in which group, and how many
PEOPLE, COUNTED, OTHERS = "people", "counted", "not counted"
PUPILS = "pupils"


@dataclass(frozen=True, slots=True)
class _Numbers:
    """The numbers behind one outcome's figures, and which figures print them."""

    sizes: dict[Number, float]
    printed_by: dict[Number, list[Estimate]]
    sums: tuple[Sum, ...]
    pairs: tuple[tuple[Number, Number], ...]

    @classmethod
    def of(cls, items: Iterable[Estimate]) -> _Numbers:
        sizes: dict[Number, float] = {}
        printed_by: dict[Number, list[Estimate]] = defaultdict(list)
        sums: list[Sum] = []
        pairs: list[tuple[Number, Number]] = []
        families: dict[str, dict[Parts, Estimate]] = defaultdict(dict)
        for item in items:
            behind = _behind(item)
            for number, size in behind.items():
                sizes[number] = size
                printed_by[number].append(item)
            if len(behind) > 1:
                people, count, others = behind
                sums.append(Sum(people, (count, others)))
                pairs.append((count, others))
            families[str(item.estimand)].setdefault(parts_of(item.group), item)
        sums += _within(sizes, printed_by)
        for family in families.values():
            sums += [line for whole, members in additions(family) for line in _adding_up(whole, members)]
        return cls(sizes, printed_by, tuple(dict.fromkeys(sums)), tuple(pairs))


def _within(sizes: Mapping[Number, float], printed_by: Mapping[Number, Sequence[Estimate]]) -> Iterator[Sum]:
    """Everyone to be tested holds those with a score: the few without one must not be told."""
    groups: dict[Parts, list[Number]] = defaultdict(list)
    for number in sizes:
        if number[:2] == (PEOPLE, PUPILS):
            groups[number[2]].append(number)
    wide = figures().holds_all
    for numbers in groups.values():
        whole = [one for one in numbers if any(str(item.estimand) in wide for item in printed_by[one])]
        parts = [one for one in numbers if any(str(item.estimand) not in wide for item in printed_by[one])]
        yield from (Sum(one, (part,)) for one in whole for part in parts if sizes[one] > sizes[part])


def _behind(item: Estimate) -> dict[Number, float]:
    """How many people stand behind a figure, how many of them it counts, and how many not."""
    parts, name = parts_of(item.group), str(item.estimand)
    behind: dict[Number, float] = {(PEOPLE, item.base, parts, str(item.n_pupils)): float(item.n_pupils)}
    count = counted(item)
    if count is not None and item.unit != "count":
        behind[COUNTED, name, parts, ""] = float(round(count))
        behind[OTHERS, name, parts, ""] = float(item.n_pupils - round(count))
    return behind


def _adding_up(whole: Estimate, members: Sequence[Estimate]) -> Iterator[Sum]:
    """People add up; so do those counted and those not, where all the figures are shares."""
    behind = [list(_behind(item)) for item in (whole, *members)]
    if len({len(numbers) for numbers in behind}) == 1:
        yield from (Sum(total, tuple(parts)) for total, *parts in zip(*behind, strict=True))
    else:
        total, *parts = (numbers[0] for numbers in behind)
        yield Sum(total, tuple(parts))


def _close(hiding: Hiding, outcome: str) -> None:
    """Hide more of an outcome's figures until no number that is too small can be worked out."""
    items = [
        item
        for item in hiding.items
        if item.outcome == outcome and CONTRAST not in item.group and item.base != SCHOOLS and not unavailable(item)
    ]
    numbers = _Numbers.of(items)
    hidden = {number for number, by in numbers.printed_by.items() if all(key_of(item) in hiding.hidden for item in by)}
    secret = {number for number in hidden if _secret(number, numbers, hiding)}
    counts = Counts(
        numbers.sizes,
        hidden,
        harmless=numbers.sizes.keys() - secret,
        together=tuple(map(tuple, numbers.pairs)),
        weights={number: float(len(by)) for number, by in numbers.printed_by.items()},
    )
    closing = counts.close(numbers.sums, hiding.policy)
    for number in sorted(closing.hidden - hidden, key=str):
        reason = f"with it shown, {_said(number, numbers, secret)} could be worked out by subtraction"
        for item in numbers.printed_by[number]:
            hiding.hide(key_of(item), reason, whole_group=number[0] == PEOPLE)


def _secret(number: Number, numbers: _Numbers, hiding: Hiding) -> bool:
    """Whether a hidden number is too small itself; others are hidden for its sake, or with their figure."""
    by = numbers.printed_by[number]
    if number[0] == PEOPLE:
        return any(hiding.alone_reason(item) for item in by)
    policy = hiding.policy
    few = policy.too_few(numbers.sizes[number]) or (policy.hide_zeros and numbers.sizes[number] < 1)
    return few and any(count_reason(item, policy) for item in by)


def _said(number: Number, numbers: _Numbers, secret: Iterable[Number]) -> str:
    """The groups that subtraction would tell, as far as they stand in one sum with this number."""
    small = set(secret)
    beside = {one for line in numbers.sums for one in (line.whole, *line.parts) if number in (line.whole, *line.parts)}
    names = sorted({numbers.printed_by[one][0].group for one in beside & small})
    return ", ".join(names[:3]) or "a few who stand behind no other figure"
