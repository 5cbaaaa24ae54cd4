"""Which figures are a before and an after, and what do they say together?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from afa_eval.errors import ReportError
from afa_eval.estimate import words
from afa_eval.estimate.charts import saying
from afa_eval.estimate.shown import Shown

BEFORE, AFTER = "_before", "_after"


@dataclass(frozen=True, slots=True)
class Pair:
    """Which two figures of one group belong together?

    Attributes
    ----------
    group : str
        As in ``Estimate.group``.
    outcome : str
        The plan's outcome id.
    before, after : Estimate or ReleasedEstimate
        The same measure twice.
    """

    group: str
    outcome: str
    before: Shown
    after: Shown

    @property
    def ends(self) -> tuple[float, float] | None:
        """Both values, None where one is hidden."""
        if self.before.value is None or self.after.value is None:
            return None
        return self.before.value, self.after.value

    @property
    def why(self) -> str:
        """Why the pair is not shown, in words."""
        return words.hidden(self.before if self.before.value is None else self.after)

    @property
    def national(self) -> tuple[float, float] | None:
        """Both national values, None where one is missing."""
        first, last = saying.line_of(self.before), saying.line_of(self.after)
        return None if first is None or last is None else (first, last)


def pairs(items: Iterable[Shown]) -> list[Pair]:
    """Which figures are a before and an after of the same measure and group?

    Parameters
    ----------
    items : iterable of Estimate or ReleasedEstimate
        Any; estimands that end in neither ``_before`` nor ``_after`` are passed over.

    Returns
    -------
    list of Pair
        In order of first appearance.
    """
    found: dict[tuple[str, str, str], dict[str, Shown]] = {}
    for item in items:
        name = str(item.estimand)
        for end in (BEFORE, AFTER):
            if name.endswith(end):
                found.setdefault((item.outcome, name.removesuffix(end), item.group), {})[end] = item
    return [
        Pair(group, outcome, both[BEFORE], both[AFTER]) for (outcome, _, group), both in found.items() if len(both) == 2
    ]


def drawable(items: Iterable[Shown], what: str) -> list[Pair]:
    """Which pairs can be drawn on one axis?

    Parameters
    ----------
    items : iterable
        Estimates.
    what : str
        Name of the chart, for the message.

    Returns
    -------
    list of Pair
        At least one with both values.

    Raises
    ------
    ReportError
        Where there is none, or units differ.
    """
    found = pairs(items)
    if not any(pair.ends for pair in found):
        raise ReportError(f"There is nothing to draw: no group has both a before and an after to show in the {what}.")
    if len({pair.before.unit for pair in found} | {pair.after.unit for pair in found}) > 1:
        raise ReportError(f"The {what} can show one unit only; choose the estimates of one measure.")
    return found


def pair_title(items: Sequence[Shown]) -> str:
    """What is the headline of a before-and-after chart where nobody wrote one?

    Parameters
    ----------
    items : sequence of Estimate or ReleasedEstimate
        Before and after by group.

    Returns
    -------
    str
        Where the leading group began and ended.
    """
    found = [pair for pair in pairs(items) if pair.ends]
    if not found or len({pair.outcome for pair in found}) > 1:
        return f"{saying.measure(items[0])} before and after" if items else ""
    first = next((pair for pair in found if pair.group == "sen=any"), found[0])
    return words.before_after(first.before, first.after)


def alt_slopes(items: Iterable[Shown], labels: tuple[str, str] = ("before", "after"), kind: str = "Slope chart") -> str:
    """What does a before-and-after chart say to someone who cannot see it?

    Parameters
    ----------
    items : iterable of Estimate or ReleasedEstimate
        Before and after by group.
    labels : tuple of str
        What both ends are called.
    kind : str
        What kind of chart it is.

    Returns
    -------
    str
        For each group both values, and England's.
    """
    said = []
    found = pairs(items)
    for pair in found:
        both = " to ".join(_value_only(item) for item in (pair.before, pair.after))
        national = pair.national
        line = (
            "" if national is None else f", England {' to '.join(words.amount(v, pair.before.unit) for v in national)}"
        )
        said.append(f"{words.label(pair.group, pair.before.base)}: {both if pair.ends else words.HIDDEN['c']}{line}")
    name = saying.measure(found[0].before) if found else ""
    return f"{kind}. {name}, {labels[0]} to {labels[1]}. {'; '.join(said)}."


def _value_only(item: Shown) -> str:
    return words.hidden(item) if item.value is None else words.amount(item.value, item.unit)
