"""The one place where numbers become words: rounding, units, intervals, sentences.

Units: ``proportion`` (a share, shown as per cent), ``proportion difference`` (shown as percentage
points), ``relative change`` (shown as per cent of where it began), ``ratio``, ``months``,
``sd`` (standard deviations), ``count``, ``statistic``; any other unit is a scale's own points and
is printed as it stands.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from afa_eval.estimate.estimands import Estimand
from afa_eval.estimate.records import Claim, Estimate, Interval

PERCENT_UNITS = frozenset({"proportion", "proportion difference", "relative change"})
DECIMALS = {
    "proportion": 1,
    "proportion difference": 1,
    "relative change": 1,
    "ratio": 2,
    "months": 0,
    "sd": 2,
    "count": 0,
    "statistic": 2,
}
MINUS = "\u2212"
CLAIM_WORDS = {
    Claim.DESCRIPTION: "This describes what happened; it does not show why.",
    Claim.COMPARISON: "This compares with the same children nationally; it does not by itself show an effect.",
    Claim.EFFECT: "This is an estimate of the programme's effect.",
}


def round_half_up(value: float, decimals: int = 0) -> float:
    """What is the number rounded as DfE rounds, halves away from nought?

    Parameters
    ----------
    value : float
        Any finite number.
    decimals : int
        Digits after the point; may be negative.

    Returns
    -------
    float
        The rounded number.

    Examples
    --------
    >>> round_half_up(2485.85, 1), round_half_up(2.5)
    (2485.9, 3.0)
    """
    return float(Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP))


def number(value: float, unit: str = "", decimals: int | None = None) -> str:
    """How is a number printed, without its unit?

    Parameters
    ----------
    value : float
        In ``unit``; proportions are multiplied by 100.
    unit : str
        Decides the digits.
    decimals : int, optional
        Overrules them.

    Returns
    -------
    str
        With thousands separators and a true minus sign.
    """
    shown = value * 100 if unit in PERCENT_UNITS else value
    digits = DECIMALS.get(unit, 1) if decimals is None else decimals
    text = f"{round_half_up(shown, digits):,.{digits}f}"
    if text.strip("-0.,") == "":
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def suffix(unit: str, value: float = 0.0) -> str:
    """What follows a number of this unit?

    Parameters
    ----------
    unit : str
        As in ``Estimate.unit``.
    value : float
        Decides singular or plural.

    Returns
    -------
    str
        With its leading space where it needs one.
    """
    fixed = {"proportion": "%", "relative change": "%", "ratio": "", "count": "", "statistic": ""}
    if unit in fixed:
        return fixed[unit]
    one = number(abs(value), unit) in {"1", "1.0"}
    plural = {"proportion difference": "percentage point", "months": "month", "sd": "standard deviation"}
    if unit in plural:
        return f" {plural[unit]}" + ("" if one and unit != "sd" else "s")
    return f" {unit}"


def amount(value: float, unit: str) -> str:
    """How is a value printed with its unit?

    Parameters
    ----------
    value : float
        In ``unit``.
    unit : str
        As in ``Estimate.unit``.

    Returns
    -------
    str
        For example ``3.1 percentage points``.

    Examples
    --------
    >>> amount(0.031, "proportion difference")
    '3.1 percentage points'
    """
    return number(value, unit) + suffix(unit, value)


def interval(ends: Interval, unit: str, level: float = 0.95) -> str:
    """How is an interval printed?

    Parameters
    ----------
    ends : tuple of float
        Low and high, in ``unit``.
    unit : str
        As in ``Estimate.unit``.
    level : float
        Confidence level.

    Returns
    -------
    str
        For example ``95% CI 1.2 to 5.0``.
    """
    low, high = (number(end, unit) for end in ends)
    percent = "%" if unit in {"proportion", "relative change"} else ""
    return f"{number(level * 100, decimals=0)}% CI {low}{percent} to {high}{percent}"


def counted(n: int, base: str, n_schools: int) -> str:
    """Who was counted, and in how many schools?

    Parameters
    ----------
    n : int
        Number of the base.
    base : str
        pupils, enrolments, parents, teachers or schools.
    n_schools : int
        Schools they are in.

    Returns
    -------
    str
        For example ``412 pupils in 18 schools``.
    """
    singular = {"pupils": "pupil", "enrolments": "enrolment", "parents": "parent", "teachers": "teacher"}
    schools = "1 school" if n_schools == 1 else f"{n_schools:,} schools"
    if base == "schools":
        return schools
    return f"{n:,} {singular.get(base, base) if n == 1 else base} in {schools}"


def title(estimand: Estimand) -> str:
    """What is this figure called where there is room for a few words only?

    Parameters
    ----------
    estimand : Estimand
        What was estimated.

    Returns
    -------
    str
        For example ``Persistent absence, after``.
    """
    text = str(estimand)
    for end in ("_before", "_after", "_change"):
        if text.endswith(end):
            text = f"{text.removesuffix(end)},{end.replace('_', ' ')}"
    text = text.replace("_", " ")
    for lower, proper in (("icc", "ICC"), ("mdes", "Smallest change it could have shown"), ("cace", "CACE")):
        text = proper if text == lower else text
    return text[:1].upper() + text[1:]


def sentence(item: Estimate, subject: str = "") -> str:
    """What does one estimate say, in a sentence?

    Parameters
    ----------
    item : Estimate
        What to say.
    subject : str
        Name of the outcome; the estimate's outcome id where empty.

    Returns
    -------
    str
        Size, uncertainty, who was counted, comparator and claim.

    Examples
    --------
    >>> from afa_eval.estimate.records import Claim
    >>> sentence(Estimate(outcome="reading", group="all", estimand=Estimand.MEAN_GAIN, value=3.1, unit="points",
    ...     base="pupils", n_pupils=412, n_schools=18, claim=Claim.DESCRIPTION, method="mean", interval=(1.2, 5.0)))
    'reading, all: mean gain 3.1 points (95% CI 1.2 to 5.0), 412 pupils in 18 schools.'
    """
    name = title(item.estimand)
    label = name if name[:2].isupper() else name[:1].lower() + name[1:]
    ends = f" ({interval(item.ci, item.unit, item.level)})" if item.ci else ""
    who = counted(item.n_pupils, item.base, item.n_schools)
    line = f"{subject or item.outcome}, {item.group}: {label} {amount(item.value, item.unit)}{ends}, {who}"
    if item.comparator is not None:
        against = amount(item.comparator.value, item.comparator.unit)
        line += f"; nationally {against} ({item.comparator.population}, {item.comparator.year})"
    return line + "."
