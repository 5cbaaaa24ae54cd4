"""Which figures are hidden for themselves, and which are computed from those?

Two ways back to a hidden figure are closed until nothing changes: a figure computed from it, and a
contrast with its group. What can be worked out by adding up and taking away is closed in ``joint``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from afa_eval.disclosure.numbers import ALL, CONTRAST, REST
from afa_eval.disclosure.policies import Policy
from afa_eval.disclosure.primary import SCHOOLS, base_reason, count_reason, counted, figures, stands_beside, unavailable
from afa_eval.estimate import Estimate

Key = tuple[str, str, str]


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
    beside : set
        Which of them would tell something beside an earlier release.
    changed : set
        Which of them would tell how far a few were changed since an earlier release.
    lineless : set
        Which are shown without the national line beside them.
    """

    items: tuple[Estimate, ...]
    policy: Policy
    largest: Mapping[str, float]
    hidden: dict[Key, Hidden] = field(default_factory=dict)
    beside: set[Key] = field(default_factory=set)
    changed: set[Key] = field(default_factory=set)
    lineless: set[Key] = field(default_factory=set)

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

    def hide_line(self, item: Estimate, reason: str) -> bool:
        """Hide the line that a figure is set against. Is the figure hidden with it?

        Parameters
        ----------
        item : Estimate
            The figure.
        reason : str
            In words.

        Returns
        -------
        bool
            False where the line only stands beside the figure, which stays.
        """
        if stands_beside(item):
            self.lineless.add(key_of(item))
            return False
        self.hide(key_of(item), reason)
        return True

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

    def changed(self, item: Estimate, policy: Policy) -> str:
        """Could a mean be another than it was because of a few of the same people?

        Parameters
        ----------
        item : Estimate
            The new figure.
        policy : Policy
            The rules.

        Returns
        -------
        str
            Empty where it could not.
        """

    def line_changed(self, item: Estimate, policy: Policy) -> str:
        """Could the line of a group's own mix be another than it was because of a few people in it?

        Parameters
        ----------
        item : Estimate
            The new figure, set against the line.
        policy : Policy
            The rules.

        Returns
        -------
        str
            Empty where it could not.
        """


def alone(
    items: Sequence[Estimate],
    policy: Policy,
    before: Before | None = None,
    largest: Mapping[str, float] | None = None,
) -> Hiding:
    """Which figures must be hidden for themselves, or for what they are computed from?

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
    Hiding
        What subtraction would tell is not hidden yet.
    """
    hiding = Hiding(tuple(items), policy, largest or {})
    for item in hiding.items:
        _hide_primary(hiding, item)
    if before is not None:
        _hide_beside(hiding, before)
    _hide_bases_within(hiding)
    follow(hiding)
    return hiding


def follow(hiding: Hiding) -> None:
    """Hide what is computed from hidden figures, and contrasts with hidden groups, until nothing changes.

    Parameters
    ----------
    hiding : Hiding
        Changed in place.
    """
    known = -1
    while known != len(hiding.hidden):
        known = len(hiding.hidden)
        _hide_computed(hiding)
        _hide_contrasts(hiding)


def _hide_primary(hiding: Hiding, item: Estimate) -> None:
    if unavailable(item):
        return
    few = hiding.alone_reason(item)
    if few:
        hiding.hide(key_of(item), few, whole_group=True)
    elif reason := count_reason(item, hiding.policy):
        hiding.hide(key_of(item), reason)


def _hide_beside(hiding: Hiding, before: Before) -> None:
    """Hide what would tell of a few people beside what is out already.

    Figures about the same people print one number: where an earlier release had another of them, it told of it too.
    """
    items = [item for item in hiding.items if item.base != SCHOOLS and not unavailable(item)]
    told = {_whom(item): reason for item in items if (reason := before.reason(item, None, hiding.policy))}
    for item in items:
        if reason := told.get(_whom(item)) or before.reason(item, counted(item), hiding.policy):
            hiding.hide(key_of(item), reason, whole_group=True)
            hiding.beside.add(key_of(item))
        elif reason := before.changed(item, hiding.policy):
            hiding.hide(key_of(item), reason)
            hiding.changed.add(key_of(item))
        elif (reason := before.line_changed(item, hiding.policy)) and hiding.hide_line(item, reason):
            hiding.changed.add(key_of(item))


def _whom(item: Estimate) -> tuple[str, str, str, int]:
    return (item.outcome, item.group, item.base, item.n_pupils)


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
