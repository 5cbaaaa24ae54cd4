"""Secondary suppression: could a hidden figure be worked out from those that are shown?

Three ways back are closed until nothing changes: a figure computed from a hidden one, a contrast
with a hidden group, and a group that is the whole less the other groups. (A proof by linear
programming over all tables together is another matter.)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from afa_eval.disclosure.policies import Policy
from afa_eval.disclosure.primary import base_reason, count_reason, counted, figures, unavailable
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
class Ledger:
    """Which figures are hidden so far?

    Attributes
    ----------
    items : tuple of Estimate
        All figures.
    policy : Policy
        The rules.
    hidden : dict
        Outcome, group and estimand to the reason.
    """

    items: tuple[Estimate, ...]
    policy: Policy
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


def suppress(items: Sequence[Estimate], policy: Policy) -> dict[Key, Hidden]:
    """Which figures must be hidden, and why?

    Parameters
    ----------
    items : sequence of Estimate
        All figures of an evaluation.
    policy : Policy
        The rules.

    Returns
    -------
    dict of tuple to Hidden
        By outcome, group and estimand.
    """
    ledger = Ledger(tuple(items), policy)
    for item in ledger.items:
        _hide_primary(ledger, item)
    _hide_bases_within(ledger)
    families = _families(ledger.items)
    known = -1
    while known != len(ledger.hidden):
        known = len(ledger.hidden)
        _hide_computed(ledger)
        _hide_contrasts(ledger)
        for family in families:
            _close(ledger, family)
    return ledger.hidden


def _hide_primary(ledger: Ledger, item: Estimate) -> None:
    if unavailable(item):
        return
    few = base_reason(item, ledger.policy)
    if few:
        ledger.hide(key_of(item), few, whole_group=True)
    elif reason := count_reason(item, ledger.policy):
        ledger.hide(key_of(item), reason)


def _hide_bases_within(ledger: Ledger) -> None:
    """Hide what is about all but a few of those behind a wider figure of the same group, which is shown."""
    sizes = {key_of(item): item.n_pupils for item in ledger.items}
    for item in ledger.items:
        wider = (item.outcome, item.group, figures().bases_within.get(str(item.estimand), ""))
        if wider not in ledger.hidden and ledger.policy.too_few(sizes.get(wider, 0) - item.n_pupils):
            ledger.hide(key_of(item), f"fewer than {ledger.policy.threshold} {item.base} less than in {wider[2]}")


def _hide_computed(ledger: Ledger) -> None:
    sizes = {key_of(item): item.n_pupils for item in ledger.items}
    for item in ledger.items:
        for name in item.estimand.inputs:
            source = (item.outcome, item.group, name)
            of_others = name in figures().bases_within and sizes.get(source) != item.n_pupils
            if source in ledger.hidden and not of_others:  # a share of other people is not what it was made from
                ledger.hide(key_of(item), f"computed from {name}, which is hidden")


def _hide_contrasts(ledger: Ledger) -> None:
    small = {outcome: ledger.groups_too_small(outcome) for outcome in {item.outcome for item in ledger.items}}
    sizes = {(item.outcome, item.group, str(item.estimand)): item.n_pupils for item in ledger.items}
    for item in ledger.items:
        sides = tuple(side.strip() for side in item.group.split(CONTRAST))
        if len(sides) == 1:
            continue
        for side in sides:
            if side in small[item.outcome] or (item.outcome, side, str(item.estimand)) in ledger.hidden:
                ledger.hide(key_of(item), f"one of its groups, {side}, is hidden")
        if REST in sides and _small_rest(item, sides[0], sizes, ledger.policy):
            ledger.hide(
                key_of(item), f"fewer than {ledger.policy.threshold} {item.base} are in the rest", whole_group=True
            )


def _small_rest(item: Estimate, side: str, sizes: Mapping[Key, int], policy: Policy) -> bool:
    """Whether the rest is too few, where both sizes are known for some estimand of the outcome."""
    for (outcome, group, estimand), n in sizes.items():
        if outcome == item.outcome and group == side and (outcome, ALL, estimand) in sizes:
            return item.base != "schools" and sizes[outcome, ALL, estimand] - n < policy.threshold
    return False


@dataclass(frozen=True, slots=True)
class Family:
    """Which groups add up to which?

    Attributes
    ----------
    whole : Estimate
        The group that is the sum.
    members : tuple of Estimate
        The groups that make it up.
    """

    whole: Estimate
    members: tuple[Estimate, ...]

    @property
    def remainder(self) -> int:
        """How many of the whole are in none of the members?"""
        return max(0, self.whole.n_pupils - sum(member.n_pupils for member in self.members))


def _families(items: Iterable[Estimate]) -> list[Family]:
    rows: dict[tuple[str, str], dict[Parts, Estimate]] = defaultdict(dict)
    for item in items:
        if CONTRAST not in item.group and item.base != "schools" and not unavailable(item):
            rows[item.outcome, str(item.estimand)].setdefault(parts_of(item.group), item)
    return [Family(*found) for groups in rows.values() for found in additions(groups)]


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


def _close(ledger: Ledger, family: Family) -> None:
    """Hide more members until taking the shown ones from the whole says nothing about too few."""
    hidden = [member for member in family.members if key_of(member) in ledger.hidden]
    shown = sorted((m for m in family.members if key_of(m) not in ledger.hidden), key=lambda m: (m.n_pupils, m.group))
    if key_of(family.whole) in ledger.hidden:
        if not hidden and family.remainder < ledger.policy.threshold and shown:
            _hide_for(ledger, shown[0], family.whole.group, [family.whole])
        return
    while _exposed(hidden, family, ledger.policy):
        secret = ", ".join(member.group for member in hidden) or f"those of {family.whole.group} in no other group"
        if not shown:
            _hide_for(ledger, family.whole, secret, hidden)
            return
        hidden.append(shown.pop(0))
        _hide_for(ledger, hidden[-1], secret, hidden[:-1])


def _hide_for(ledger: Ledger, item: Estimate, secret: str, because: Sequence[Estimate]) -> None:
    whole = not because or any(ledger.hidden[key_of(other)].whole_group for other in because)
    reason = f"with it shown, {secret} could be worked out by subtraction"
    ledger.hide(key_of(item), reason, whole_group=whole)


def _exposed(hidden: Sequence[Estimate], family: Family, policy: Policy) -> bool:
    """Whether what is left after subtraction is one hidden group, or too few people, counted or not."""
    left = [round(one) for one in _left(hidden, family)]
    if not hidden:
        return any(map(policy.too_few, left))
    unknown = len(hidden) + (family.remainder > 0)
    return unknown < 2 or any(one < policy.threshold for one in left)


def _left(hidden: Sequence[Estimate], family: Family) -> Iterator[float]:
    """How many are left when the shown groups are taken from the whole; how many of them are counted, and not."""
    people = sum(member.n_pupils for member in hidden) + family.remainder
    yield people
    whole = counted(family.whole)
    if whole is None:
        return
    elsewhere = whole - sum(counted(member) or 0.0 for member in family.members) if family.remainder else 0.0
    count = sum(counted(member) or 0.0 for member in hidden) + min(max(0.0, elsewhere), family.remainder)
    yield count
    yield people - count
