"""National lines weighted to a group's own mix of pupils: what does such a line tell of the few in one part of it?

England's figures of each part are public. With a weighted line and the number of pupils a reader has two sums of how
many are in each part; with three parts or fewer, or a line of many places, that is all of them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from afa_eval.disclosure import linked
from afa_eval.disclosure.linked import Hiding
from afa_eval.disclosure.numbers import CONTRAST, EVERYONE, Parts, additions, parts_of
from afa_eval.disclosure.policies import Policy
from afa_eval.disclosure.primary import figures, stands_beside
from afa_eval.disclosure.records import ReleasedEstimate
from afa_eval.estimate import Comparator, Estimate, words

TELLS = 3  # a group's number of pupils, and its line in two years
FREE = 3  # so many numbers must stay free: two could be followed by hand
REASON = "its national line, weighted to its own pupils, would tell how many of them are of one kind"


def close(hiding: Hiding) -> None:
    """Hide what is set against a line that would tell of a few people in a part of its mix.

    Parameters
    ----------
    hiding : Hiding
        The figures; changed in place. Of figures that a line only stands beside, the line is taken away.
    """
    lined: dict[str, dict[Parts, list[Estimate]]] = defaultdict(lambda: defaultdict(list))
    groups: dict[str, set[Parts]] = defaultdict(set)
    for item in hiding.items:
        if CONTRAST not in item.group:
            groups[item.outcome].add(parts_of(item.group))
            if is_mixed(item.comparator):
                lined[item.outcome][parts_of(item.group)].append(item)
    for outcome, found in lined.items():
        for parts in _telling(found, groups[outcome], hiding.policy):
            for item in found[parts]:
                hiding.hide_line(item, REASON)
    linked.follow(hiding)


def is_mixed(line: Comparator | None) -> bool:
    """Is a line weighted to a group's own mix of several parts?

    Parameters
    ----------
    line : Comparator or None
        Any.

    Returns
    -------
    bool
        False for a published figure as it stands.
    """
    return line is not None and len(line.mix) > 1


def as_printed(shown: ReleasedEstimate, item: Estimate) -> ReleasedEstimate:
    """What may be told of a figure, where it is set against a line of its own mix?

    Parameters
    ----------
    shown : ReleasedEstimate
        As the policy lets it out.
    item : Estimate
        The figure itself.

    Returns
    -------
    ReleasedEstimate
        The line, and what is computed from it, with the places that a page prints and no more; never the mix.
    """
    line = shown.comparator
    if line is None or not line.mix:
        return shown
    mixed = is_mixed(line)
    value = _rounded(line.value, line.unit) if mixed else line.value
    shown = replace(shown, comparator=replace(line, value=value, mix=()))
    if not mixed or shown.value is None or stands_beside(item):
        return shown
    statistic, p_value, p_adjusted = (
        None if number is None else float(f"{number:.2g}")
        for number in (shown.statistic, shown.p_value, shown.p_adjusted)
    )
    return replace(
        shown,
        value=_rounded(shown.value, shown.unit),
        ci=shown.ci and (_rounded(shown.ci[0], shown.unit), _rounded(shown.ci[1], shown.unit)),
        statistic=statistic,
        p_value=p_value,
        p_adjusted=p_adjusted,
    )


def value_as_printed(item: Estimate) -> float:
    """Which number is told of a figure, but for what a policy rounds?

    Parameters
    ----------
    item : Estimate
        Any figure.

    Returns
    -------
    float
        With few places where it is computed from a line of its own mix.
    """
    computed = is_mixed(item.comparator) and not stands_beside(item)
    return _rounded(item.value, item.unit) if computed else item.value


def line_as_printed(item: Estimate) -> float | None:
    """Which number is told of the line that a figure is set against?

    Parameters
    ----------
    item : Estimate
        Any figure.

    Returns
    -------
    float or None
        With few places; None where there is no line, or none of the group's own mix.
    """
    line = item.comparator
    return None if line is None or not is_mixed(line) else _rounded(line.value, line.unit)


def _rounded(value: float, unit: str) -> float:
    if not math.isfinite(value):
        return value
    places = words.DECIMALS.get(unit, 1) + 2 * (unit in words.PERCENT_UNITS)
    return words.round_half_up(value, places) + 0.0  # no nought below nought


def _telling(lined: Mapping[Parts, Sequence[Estimate]], groups: Iterable[Parts], policy: Policy) -> set[Parts]:
    """Groups of which the line tells too much, and others from which such a line could be worked out."""
    mixes = {
        parts: max((item.comparator.mix for item in items if item.comparator), key=len)
        for parts, items in lined.items()
    }
    found = {
        parts
        for parts, mix in mixes.items()
        if any(map(policy.too_few, mix)) and len(mix) - _known(parts, groups, mixes) < FREE
    }
    sizes = {parts: sum(mix) for parts, mix in mixes.items()}
    while more := _alone(found, sizes, policy):
        found |= more
    return found


def _alone(found: set[Parts], sizes: Mapping[Parts, int], policy: Policy) -> set[Parts]:
    """Where of the lines that make up another one alone is taken away, the smallest of the others."""
    for whole, members in additions({parts: parts for parts in sizes}):
        left = [one for one in members if one not in found]
        rest = sizes[whole] - sum(sizes[one] for one in members)
        if whole not in found and len(members) - len(left) == 1 and rest < policy.threshold:
            return {min(left, key=lambda one: (sizes[one], sorted(one)), default=whole)}
    return set()


def _known(whole: Parts, groups: Iterable[Parts], mixes: Mapping[Parts, tuple[int, ...]]) -> int:
    """How many sums of a mix do the group and all groups within it tell? Of one column's groups the last tells nothing new."""
    told: dict[frozenset[str], list[int]] = defaultdict(list)
    for parts in groups:
        more = _within(parts, whole)
        if more:
            told[frozenset(part.partition("=")[0] for part in more)].append(TELLS if parts in mixes else 1)
    return TELLS + sum(sum(each) - (max(each) if len(columns) == 1 else 0) for columns, each in told.items())


def _within(parts: Parts, whole: Parts) -> Parts:
    """By which conditions does a group lie within another? None where it is the same, or does not."""
    used: set[str] = set()
    for part in whole:
        holds = parts & {part, *figures().nests.get(part, ())}
        if not holds:
            return EVERYONE
        used |= holds & {part}
    return parts - used
