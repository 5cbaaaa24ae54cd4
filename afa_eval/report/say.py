"""A figure as a head teacher would tell it to a parent: who, how much, how sure, and what it shows."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from afa_eval.codes import years
from afa_eval.disclosure.records import ReleasedEstimate
from afa_eval.errors import AfaEvalError
from afa_eval.estimate import Claim, words
from afa_eval.estimate.words import people

HIDDEN_WORDS = {
    "c": "hidden so that no child can be known by it",
    "x": "could not be worked out",
    "z": "does not apply",
}
EVERYONE = {"parents": "parents", "teachers": "teachers", "schools": "schools"}


@cache
def phrases() -> dict[str, dict[str, str]]:
    """Which phrases are there, by estimand?

    Returns
    -------
    dict
        As ``data/phrases.toml`` has them.
    """
    text = files("afa_eval.report").joinpath("data", "phrases.toml").read_text("utf-8")
    return {str(name): dict(entry) for name, entry in tomllib.loads(text).items()}


def who(group: str, base: str = "pupils") -> str:
    """Who is a figure about, in words that fit the middle of a sentence?

    Parameters
    ----------
    group : str
        As in ``Estimate.group``.
    base : str
        What is counted.

    Returns
    -------
    str
        For example ``pupils with SEN``.

    Examples
    --------
    >>> who("sen_provision=K & fsm=yes"), who("sex=F"), who("all", "schools")
    ('pupils on SEN support and eligible for free school meals', 'girls', 'schools')
    """
    both = people.sides(group)
    if both is not None:
        other = "other pupils" if both[1] == "rest" else who(both[1], base)
        return f"{who(both[0], base)} compared with {other}"
    kinds = [people.kind(part) for part in people.parts(group)]
    noun = next((kind.noun for kind in kinds if kind.noun), EVERYONE.get(base, "pupils"))
    said = [kind.phrase for kind in kinds if kind.phrase]
    if not said:
        return noun if kinds or base in EVERYONE else "all pupils"
    of = " of pupils" if base in EVERYONE else ""
    return f"{noun}{of} {' and '.join(said)}"


def year(code: str) -> str:
    """How is an academic year, or two of them, said?

    Parameters
    ----------
    code : str
        ``202122``, or two joined by ``-``.

    Returns
    -------
    str
        ``2021/22``; anything else as it stands.

    Examples
    --------
    >>> year("202122-202223"), year("2019 norm")
    ('2021/22 to 2022/23', '2019 norm')
    """
    first, mark, last = code.partition("-")
    if mark and first.isdigit() and last.isdigit():
        return f"{year(first)} to {year(last)}"
    try:
        return years.label(code)
    except (AfaEvalError, ValueError):
        return code


def amount(item: ReleasedEstimate, *, signed: bool = False) -> str:
    """How is the value printed?

    Parameters
    ----------
    item : ReleasedEstimate
        Any figure.
    signed : bool
        Whether a rise shows its plus sign.

    Returns
    -------
    str
        With its unit; the symbol in brackets where it is hidden.
    """
    if item.value is None:
        return f"[{item.status or 'x'}]"
    plus = "+" if signed and item.value > item.null and is_change(item) else ""
    return plus + words.amount(item.value, item.unit)


def is_change(item: ReleasedEstimate) -> bool:
    """Is the figure a difference, so that its sign says something?

    Parameters
    ----------
    item : ReleasedEstimate
        Any figure.

    Returns
    -------
    bool
        True for changes, gaps and differences, not for ratios.
    """
    from afa_eval.estimate.charts.saying import is_contrast

    return item.null == 0 and is_contrast(item)


def interval(item: ReleasedEstimate) -> str:
    """Between which values does it plausibly lie?

    Parameters
    ----------
    item : ReleasedEstimate
        Any figure.

    Returns
    -------
    str
        Empty where there is no interval.
    """
    return "" if item.ci is None else words.interval(item.ci, item.unit, item.level)


def ends(item: ReleasedEstimate) -> str:
    """What are the two ends of the interval, for a cell of a table?

    Parameters
    ----------
    item : ReleasedEstimate
        Any figure.

    Returns
    -------
    str
        For example ``1.2 to 5.0``.
    """
    return "" if item.ci is None else " to ".join(words.number(end, item.unit) for end in item.ci)


def counted(item: ReleasedEstimate) -> str:
    """Who was counted, and in how many schools?

    Parameters
    ----------
    item : ReleasedEstimate
        Any figure.

    Returns
    -------
    str
        Empty where hidden.
    """
    if item.n_pupils is None or item.n_schools is None:
        return ""
    return words.counted(item.n_pupils, item.base, item.n_schools)


def against(item: ReleasedEstimate) -> str:
    """What is the figure set against?

    Parameters
    ----------
    item : ReleasedEstimate
        Any figure.

    Returns
    -------
    str
        The national value, who it is about and when; empty where there is none.
    """
    line = item.comparator
    if line is None:
        return ""
    value = words.amount(line.value, line.unit)
    return f"{value} ({line.population}, {year(line.year)})"


def sure(item: ReleasedEstimate) -> str:
    """How sure is the direction?

    Parameters
    ----------
    item : ReleasedEstimate
        Any figure.

    Returns
    -------
    str
        A sentence; empty for figures without direction or interval.
    """
    if item.value is None or not (is_change(item) or item.null == 1):
        return ""
    if item.ci is None:
        return "There are too few schools to say how far chance alone could have moved this figure."
    low, high = item.ci
    if low <= item.null <= high:
        return "This could be chance: the range of likely values includes no difference at all."
    return "A difference this large is unlikely to be chance alone."


def plainly(item: ReleasedEstimate) -> str:
    """What does the figure say to a parent?

    Parameters
    ----------
    item : ReleasedEstimate
        Any figure.

    Returns
    -------
    str
        One clause, its first letter capital, without a full stop.
    """
    subject = who(item.group, item.base)
    if item.value is None:
        figure = words.title(item.estimand)
        return f"{figure} for {subject} is {HIDDEN_WORDS.get(item.status, 'hidden')}"
    entry = phrases().get(str(item.estimand), {})
    pattern = entry.get(_direction(item)) or entry.get("level") or phrases()["default"]["level"]
    figure = words.title(item.estimand)
    text = pattern.format(
        who=subject,
        base=subject if item.base in EVERYONE else item.base,
        size=words.amount(abs(item.value), item.unit),
        value=words.amount(item.value, item.unit),
        like=_like(item),
        figure=figure if figure[:2].isupper() else figure[:1].lower() + figure[1:],
    )
    return text[:1].upper() + text[1:]


def _direction(item: ReleasedEstimate) -> str:
    assert item.value is not None
    if words.number(item.value, item.unit) == words.number(item.null, item.unit):
        return "same"
    return "up" if item.value > item.null else "down"


def _like(item: ReleasedEstimate) -> str:
    return "the same children across England" if item.claim == Claim.COMPARISON else "the group it is set against"
