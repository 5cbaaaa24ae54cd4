"""The one place where numbers become words: rounding, units, intervals, sentences.

Units: ``proportion`` (a share, shown as per cent), ``proportion difference`` (shown as percentage
points), ``relative change`` (shown as per cent of where it began), ``ratio``, ``months``,
``sd`` (standard deviations), ``count``, ``statistic``; any other unit is a scale's own points and
is printed as it stands.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from afa_eval.estimate.records import Interval

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
    "scale points": 2,
    "grades": 2,
}
MINUS = "\u2212"
HIDDEN = {"c": "hidden to protect people", "z": "does not apply", "x": "not available", "low": "too small to show"}


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


@lru_cache(maxsize=32768)  # a book prints the same number a dozen times
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


_HYPHEN = re.compile(r"(?<![\w\u2212-])-(?=\d)")


def true_minus(text: str) -> str:
    """How is text printed whose negative numbers were typed with a hyphen?

    Parameters
    ----------
    text : str
        Any; ranges such as ``2021-22`` and names such as ``KS1-2`` stay as they are.

    Returns
    -------
    str
        With true minus signs.

    Examples
    --------
    >>> true_minus("between -0.2 and 0.1 in 2021-22")
    'between −0.2 and 0.1 in 2021-22'
    """
    return _HYPHEN.sub(MINUS, text)


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
    return f" {unit.removesuffix('s') if one else unit}" if unit else ""


def short(value: float, unit: str) -> str:
    """How is a value printed where its unit is named elsewhere?

    Parameters
    ----------
    value : float
        In ``unit``.
    unit : str
        As in ``Estimate.unit``.

    Returns
    -------
    str
        With a per cent sign where due.

    Examples
    --------
    >>> short(0.301, "proportion"), short(-0.031, "proportion difference")
    ('30.1%', '−3.1')
    """
    return number(value, unit) + ("%" if unit in {"proportion", "relative change"} else "")


def hidden(item: object) -> str:
    """What is written where a value may not be shown?

    Parameters
    ----------
    item : ReleasedEstimate
        Its ``status`` says why: ``c``, ``z``, ``x`` or ``low``.

    Returns
    -------
    str
        Plain words, never a nought.
    """
    return HIDDEN.get(str(getattr(item, "status", "c")), HIDDEN["c"])


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


def counted(n: int | None, base: str, n_schools: int | None) -> str:
    """Who was counted, and in how many schools?

    Parameters
    ----------
    n : int or None
        Number of the base; None where hidden.
    base : str
        pupils, enrolments, parents, teachers or schools.
    n_schools : int or None
        Schools they are in; None where hidden.

    Returns
    -------
    str
        For example ``412 pupils in 18 schools``.
    """
    singular = {"pupils": "pupil", "enrolments": "enrolment", "parents": "parent", "teachers": "teacher"}
    schools = "a number of schools too small to publish"
    if n_schools is not None:
        schools = "1 school" if n_schools == 1 else f"{n_schools:,} schools"
    if base == "schools":
        return schools
    if n is None:
        return f"a number of {base} too small to publish"
    return f"{n:,} {singular.get(base, base) if n == 1 else base} in {schools}"


def years(text: str) -> str:
    """How is an academic year read out?

    Parameters
    ----------
    text : str
        As DfE writes it, ``202223``, or two joined by ``-``; anything else is left as it is.

    Returns
    -------
    str
        For example ``2021/22 to 2022/23``.

    Examples
    --------
    >>> years("202223"), years("202122-202223"), years("2019")
    ('2022/23', '2021/22 to 2022/23', '2019')
    """
    said = [f"{part[:4]}/{part[4:]}" if part.isdigit() and len(part) == 6 else part for part in text.split("-")]
    return " to ".join(dict.fromkeys(said))  # one year that is both ends is said once
