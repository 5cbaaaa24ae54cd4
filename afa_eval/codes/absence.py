"""Persistent absence by the definition of its year, in whole numbers of sessions.

The line was 20 per cent as a standard number of sessions to 2009/10, 15 per cent to 2014/15, and
10 per cent of the pupil's own possible sessions since 2015/16. Percentages are never rounded
before the line is drawn: 20 absences of 201 sessions are 10.0 per cent to one digit and not
persistent absence.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from afa_eval.codes import years
from afa_eval.codes._files import rows
from afa_eval.errors import DataError

PERIODS = ("autumn", "spring", "autumn-spring", "five-half-terms", "six-half-terms")
SEVERE = "severe-50-percent"
TEN_PERCENT = "pa-10-percent"


@dataclass(frozen=True, slots=True)
class AbsenceDefinition:
    """Who counts as persistently absent, by which rule, since when?

    Attributes
    ----------
    id : str
        For example ``pa-10-percent``.
    label : str
        In words.
    percent : int
        The line, in per cent.
    rule : str
        ``own-possible`` (share of the pupil's own possible sessions) or ``standard-threshold``
        (a fixed number of sessions for the period, the same for all).
    first_year, last_year : str, optional
        When DfE's headline measure used it; None where it never did or still does.
    source : str
        Where the rule is written.
    """

    id: str
    label: str
    percent: int
    rule: str
    first_year: str | None
    last_year: str | None
    source: str


@cache
def definitions() -> tuple[AbsenceDefinition, ...]:
    """Which definitions are there?

    Returns
    -------
    tuple of AbsenceDefinition
        Oldest first, then those that no year used, then severe absence.
    """
    return tuple(
        AbsenceDefinition(
            id=row["id"],
            label=row["label"],
            percent=int(row["percent"]),
            rule=row["rule"],
            first_year=row["in_force_first"] or None,
            last_year=row["in_force_last"] or None,
            source=row["source"],
        )
        for row in rows("absence_definitions")
    )


def named(id: str) -> AbsenceDefinition:  # noqa: A002 - the field is called so
    """Which definition has this name?

    Parameters
    ----------
    id : str
        For example ``pa-10-percent``.

    Returns
    -------
    AbsenceDefinition
        The definition.

    Raises
    ------
    DataError
        Where there is none, naming those there are.
    """
    for item in definitions():
        if item.id == id:
            return item
    raise DataError(
        f"'{id}' is no definition of persistent absence. There are: {', '.join(d.id for d in definitions())}."
    )


def definition(year: object) -> AbsenceDefinition:
    """Which definition of persistent absence was in force?

    Parameters
    ----------
    year : object
        Academic year, any form that ``years.parse`` reads.

    Returns
    -------
    AbsenceDefinition
        DfE's of that year's own release; later releases recalculated earlier years.

    Raises
    ------
    DataError
        Before 2005/06, when there was none.

    Examples
    --------
    >>> [definition(year).percent for year in ("200910", "201011", "201516")]
    [20, 15, 10]
    """
    when = years.parse(year)
    for item in definitions():
        if item.first_year is not None and item.first_year <= when <= (item.last_year or when):
            return item
    raise DataError(f"Persistent absence was not measured in {years.label(when)}: the first year is 2005/06.")


def threshold(
    definition: AbsenceDefinition | str, *, period: str = "six-half-terms", age_15: bool = False, year: object = None
) -> int:
    """How many absences make a pupil persistently absent by a standard threshold?

    Parameters
    ----------
    definition : AbsenceDefinition or str
        One whose rule is ``standard-threshold``.
    period : str
        One of ``PERIODS``: what the sessions cover.
    age_15 : bool
        Aged 15 at the start of the year: no sixth half-term is counted.
    year : object, optional
        Academic year; the six half-terms are counted only since 2012/13.

    Returns
    -------
    int
        Sessions; that many or more.

    Raises
    ------
    DataError
        Where the definition has no threshold for that period or year.

    Examples
    --------
    >>> threshold("pa-15-standard"), threshold("pa-15-standard", age_15=True)
    (56, 46)
    """
    item = _as_definition(definition)
    when = years.parse(year) if year is not None else None
    for row in rows("absence_thresholds"):
        fits_age = row["age_15"] in {"", "yes" if age_15 else "no"}
        fits_year = when is None or (row["first_year"] or when) <= when <= (row["last_year"] or when)
        if row["definition"] == item.id and row["period"] == period and fits_age and fits_year:
            return int(row["sessions"])
    known = sorted({row["period"] for row in rows("absence_thresholds") if row["definition"] == item.id})
    there = f"It has: {', '.join(known)}." if known else "It is a share of the pupil's own possible sessions."
    during = f" in {years.label(when)}" if when is not None else ""
    raise DataError(f"{item.id} has no number of sessions for '{period}'{during}. {there}")


def persistent(
    absent: Any,
    possible: Any,
    definition: AbsenceDefinition | str = TEN_PERCENT,
    *,
    period: str = "six-half-terms",
    age_15: Any = False,
    year: object = None,
) -> Any:
    """Is the pupil persistently absent?

    Parameters
    ----------
    absent, possible : int, array or Series
        Whole numbers of sessions, shape (n,) or scalars.
    definition : AbsenceDefinition or str
        ``pa-10-percent`` unless told; ``severe-50-percent`` for severe absence.
    period : str
        What the sessions cover; only standard thresholds use it.
    age_15 : bool, array or Series
        Aged 15 at the start of the year; only standard thresholds use it.
    year : object, optional
        Academic year; only standard thresholds use it.

    Returns
    -------
    bool, array or Series
        As handed in; where nothing was possible, False.

    Examples
    --------
    >>> persistent(20, 200), persistent(20, 201), persistent(100, 200, "severe-50-percent")
    (True, False, True)
    """
    item = _as_definition(definition)
    if item.rule == "own-possible":
        return (absent * 100 >= possible * item.percent) & (possible > 0)
    usual = threshold(item, period=period, year=year)
    at_15 = threshold(item, period=period, age_15=True, year=year)
    line = usual + (at_15 - usual) * age_15
    return (absent >= line) & (possible > 0)


def _as_definition(item: AbsenceDefinition | str) -> AbsenceDefinition:
    return named(item) if isinstance(item, str) else item
