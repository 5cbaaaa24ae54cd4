"""A released figure in the words of ``estimate.words``, and what only a page has to say of it."""

from __future__ import annotations

import re

from afa_eval.disclosure.records import ReleasedEstimate
from afa_eval.estimate import Estimand, words
from afa_eval.estimate.words import sentences
from afa_eval.estimate.words.summary import signed

_NAMES = re.compile(r"\b(?:" + "|".join(sorted((str(one) for one in Estimand if "_" in one), reverse=True)) + r")\b")
SYMBOLS = {
    "c": "hidden so that no child can be known by it",
    "x": "could not be worked out",
    "z": "does not apply",
    "low": "rounds to nought, but is not nought",
}


def amount(item: ReleasedEstimate, *, sign: bool = False) -> str:
    """How is the value printed?

    Parameters
    ----------
    item : ReleasedEstimate
        Any figure.
    sign : bool
        Whether a rise shows its plus sign.

    Returns
    -------
    str
        With its unit; the symbol in brackets where it is hidden.
    """
    if item.value is None:
        return f"[{item.status or 'x'}]"
    return signed(item) if sign else words.amount(item.value, item.unit)


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
    return "" if item.ci is None else " to ".join(words.short(end, item.unit) for end in item.ci)


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
    return "" if item.n_pupils is None else words.counted(item.n_pupils, item.base, item.n_schools)


def against(item: ReleasedEstimate) -> str:
    """What is the figure set against?

    Parameters
    ----------
    item : ReleasedEstimate
        Any figure.

    Returns
    -------
    str
        A sentence; empty where there is nothing.
    """
    return sentences.national(item)


def sure(item: ReleasedEstimate) -> str:
    """How sure is the direction?

    Parameters
    ----------
    item : ReleasedEstimate
        Any figure.

    Returns
    -------
    str
        A sentence; empty for figures without direction.
    """
    if item.value is None or not sentences.says_why(item):
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
    if item.value is None:
        who = words.people(item.group, item.base)
        return f"{words.title(item.estimand)} for {who} is {SYMBOLS.get(item.status, 'hidden')}"
    return sentences.capital(sentences.clause(item))


def hundred(item: ReleasedEstimate) -> str:
    """How many in every hundred is it?

    Parameters
    ----------
    item : ReleasedEstimate
        A share of people.

    Returns
    -------
    str
        For example ``33 in every 100 pupils with SEN``; empty for other units and hidden figures.
    """
    if item.value is None or item.unit != "proportion":
        return ""
    return f"{words.number(item.value, 'proportion', 0)} in every 100 {words.people(item.group, item.base)}"


def spoken(text: str) -> str:
    """How does a method read where names of figures are said in words?

    Parameters
    ----------
    text : str
        For example with ``mean_gain``.

    Returns
    -------
    str
        With the figure's title instead.

    Examples
    --------
    >>> spoken("mean_gain of all pupils")
    'average gain of all pupils'
    """
    return _NAMES.sub(lambda match: sentences.lower(words.title(match[0])), text)
