"""One released figure in words, as templates meet it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from afa_eval.disclosure.records import ReleasedEstimate
from afa_eval.estimate import words
from afa_eval.estimate.words import plain, sentences

ALL = "all"


@dataclass(frozen=True, slots=True)
class Line:
    """One released figure in words.

    Attributes
    ----------
    item : ReleasedEstimate
        The figure.
    title : str
        What it is called: ``Persistent absence, after``.
    definition : str
        What it means, in one line.
    group, who : str
        As a label (``SEN support``) and in a sentence (``pupils on SEN support``).
    value, signed : str
        With unit; with a plus sign where it is a rise. ``[c]`` where hidden.
    interval, ends : str
        ``95% CI 1.2 to 5.0`` and ``1.2 to 5.0``; empty where there is none.
    likely, likely_signed : str
        ``1.2 to 5.0 (95% confidence interval)``, its ends as the sentence says them, and with
        their signs; empty where there is none.
    counted : str
        ``412 pupils in 18 schools``.
    against : str
        The national value it is set against, as a sentence; empty where there is none.
    beside : str
        The same in fewer words, for a reader in a hurry.
    claim : str
        What a reader may conclude, as a sentence; empty for levels, which claim nothing.
    plain, sure : str
        What it says to a parent; how sure its direction is.
    hundred : str
        ``33 in every 100 pupils with SEN`` for a share that is shown, else empty.
    hidden : bool
        Whether the value is hidden.
    reason : str
        Why.
    """

    item: ReleasedEstimate
    title: str
    definition: str
    group: str
    who: str
    value: str
    signed: str
    interval: str
    ends: str
    likely: str
    likely_signed: str
    counted: str
    against: str
    beside: str
    claim: str
    plain: str
    sure: str
    hundred: str
    hidden: bool
    reason: str


def line(item: ReleasedEstimate) -> Line:
    """How is a released figure said?

    Parameters
    ----------
    item : ReleasedEstimate
        The figure.

    Returns
    -------
    Line
        In words.
    """
    return Line(
        item=item,
        title=words.title_of(item),
        definition=item.estimand.definition,
        group=words.label(item.group, item.base),
        who=words.people(item.group, item.base),
        value=plain.amount(item),
        signed=plain.amount(item, sign=True),
        interval=plain.interval(item),
        ends=plain.ends(item),
        likely=sentences.likely(item),
        likely_signed=sentences.likely(item, signed=True),
        counted=plain.counted(item),
        against=plain.against(item),
        beside=sentences.national(item, brief=True),
        claim=sentences.claim(item),
        plain=plain.plainly(item),
        sure=plain.sure(item),
        hundred=plain.hundred(item),
        hidden=item.value is None,
        reason=item.reason,
    )


def find_line(lines: Sequence[Line], estimand: str, groups: Iterable[str]) -> Line | None:
    """Which figure is the first that there is?

    Parameters
    ----------
    lines : sequence of Line
        Figures of one outcome.
    estimand : str
        Its name.
    groups : iterable of str
        Groups in order of preference.

    Returns
    -------
    Line or None
        A shown one before a hidden one.
    """
    found = [one for group in groups for one in lines if one.item.estimand == estimand and one.item.group == group]
    return next((one for one in found if not one.hidden), found[0] if found else None)
