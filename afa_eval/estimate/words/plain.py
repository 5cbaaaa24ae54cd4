"""A published figure for readers who are no statisticians: its parts in words, hidden ones said to be hidden."""

from __future__ import annotations

import re
from typing import Protocol

from afa_eval.estimate.estimands import Estimand
from afa_eval.estimate.shown import Shown
from afa_eval.estimate.words import numbers, sentences
from afa_eval.estimate.words.people import people
from afa_eval.estimate.words.phrases import title
from afa_eval.estimate.words.summary import signed

_NAMES = re.compile(r"\b(?:" + "|".join(sorted((str(one) for one in Estimand if "_" in one), reverse=True)) + r")\b")
_MONTHS = re.compile(r"^Equivalent to \S+ months?")
SYMBOLS = {
    "c": "hidden so that no child can be known by it",
    "x": "could not be worked out",
    "z": "does not apply",
    "low": "rounds to nought, but is not nought",
}


class Published(Shown, Protocol):
    """Which parts of a figure that left disclosure control do these words read?"""

    @property
    def status(self) -> str:
        """A symbol where it is hidden."""

    @property
    def p_value(self) -> float | None:
        """How surprising it would be if there were no difference."""

    @property
    def p_adjusted(self) -> float | None:
        """The same, where several were tested together."""


def amount(item: Published, *, sign: bool = False) -> str:
    """How is the value printed?

    Parameters
    ----------
    item : Published
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
    if item.estimand == Estimand.MARGINAL_HOMOGENEITY:
        return shift(p_value(item))
    return signed(item) if sign else numbers.amount(item.value, item.unit)


def p_value(item: Published) -> float | None:
    """How surprising would the figure be if there were no difference?

    Parameters
    ----------
    item : Published
        Any figure.

    Returns
    -------
    float or None
        Corrected for how many were tested, where it was.
    """
    return item.p_value if item.p_adjusted is None else item.p_adjusted


def shift(p: float | None) -> str:
    """What does a test of a shift in the answers say?

    Parameters
    ----------
    p : float or None
        Its p-value.

    Returns
    -------
    str
        In words, with the p-value.

    Examples
    --------
    >>> shift(0.82421875), shift(0.0004)
    ('no clear shift (p = 0.82)', 'a shift (p < 0.001)')
    """
    if p is None:
        return "[x]"
    told = "p < 0.001" if p < 0.001 else f"p = {numbers.number(p, decimals=3 if p < 0.01 else 2)}"
    return f"{'a shift' if p < 0.05 else 'no clear shift'} ({told})"


def note(text: str) -> str:
    """How does a note of an estimate read below a table of many?

    Parameters
    ----------
    text : str
        As the estimate has it; the months that stand in the cell already are left out.

    Returns
    -------
    str
        One sentence.

    Examples
    --------
    >>> note("Equivalent to -1 months, not EEF additional progress.")
    'An equivalent in months, not EEF additional progress.'
    """
    return numbers.true_minus(_MONTHS.sub("An equivalent in months", text))


def interval(item: Published) -> str:
    """Between which values does it plausibly lie?

    Parameters
    ----------
    item : Published
        Any figure.

    Returns
    -------
    str
        Empty where there is no interval.
    """
    return "" if item.ci is None else numbers.interval(item.ci, item.unit, item.level)


def ends(item: Published) -> str:
    """What are the two ends of the interval, for a cell of a table?

    Parameters
    ----------
    item : Published
        Any figure.

    Returns
    -------
    str
        For example ``1.2 to 5.0``.
    """
    return "" if item.ci is None else " to ".join(numbers.short(end, item.unit) for end in item.ci)


def counted(item: Published) -> str:
    """Who was counted, and in how many schools?

    Parameters
    ----------
    item : Published
        Any figure.

    Returns
    -------
    str
        Empty where hidden.
    """
    return "" if item.n_pupils is None else numbers.counted(item.n_pupils, item.base, item.n_schools)


def against(item: Published) -> str:
    """What is the figure set against?

    Parameters
    ----------
    item : Published
        Any figure.

    Returns
    -------
    str
        A sentence; empty where there is nothing.
    """
    return sentences.national(item)


def sure(item: Published) -> str:
    """How sure is the direction?

    Parameters
    ----------
    item : Published
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


def plainly(item: Published) -> str:
    """What does the figure say to a parent?

    Parameters
    ----------
    item : Published
        Any figure.

    Returns
    -------
    str
        One clause, its first letter capital, without a full stop.
    """
    if item.value is None:
        who = people(item.group, item.base)
        return f"{sentences.title_of(item)} for {who} is {SYMBOLS.get(item.status, 'hidden')}"
    return sentences.capital(sentences.clause(item))


def hundred(item: Published) -> str:
    """How many in every hundred is it?

    Parameters
    ----------
    item : Published
        A share of people.

    Returns
    -------
    str
        For example ``33 in every 100 pupils with SEN``, of all of them ``33 in every 100 pupils``; empty for other units and hidden figures.
    """
    if item.value is None or item.unit != "proportion":
        return ""
    who = people(item.group, item.base).removeprefix("all ")
    return f"{numbers.number(item.value, 'proportion', 0)} in every 100 {who}"


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
    return _NAMES.sub(lambda match: sentences.lower(title(match[0])), text)
