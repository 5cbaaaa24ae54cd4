"""Attendance codes by the academic year they were in use: what a mark in the register stands for.

The codes changed on 19 August 2024; no session falls between 1 August and that day, so a code
set belongs to whole academic years. An interview was attendance (J) and is absence (J1) since.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from afa_eval.codes import years
from afa_eval.codes._files import rows
from afa_eval.errors import DataError

KINDS = ("present", "approved", "authorised", "unauthorised", "covid", "not-possible")
ATTENDED = ("present", "approved")
POSSIBLE = (*ATTENDED, "authorised", "unauthorised", "covid")


@dataclass(frozen=True, slots=True)
class MarkCode:
    """What does a mark in the register stand for?

    Attributes
    ----------
    code : str
        As written in the register.
    group : str
        Reason group it is counted in, for example ``illness``.
    kind : str
        One of ``KINDS``: ``covid`` sessions are possible but neither attended nor absent.
    label : str
        In words.
    first_year, last_year : str, optional
        Academic years of use; None where open.
    verified : bool
        False where its meaning is not settled at the source.
    source : str
        Where it is written.
    """

    code: str
    group: str
    kind: str
    label: str
    first_year: str | None
    last_year: str | None
    verified: bool
    source: str

    def in_use(self, year: str) -> bool:
        """Was it in use?

        Parameters
        ----------
        year : str
            Academic year, six digits.

        Returns
        -------
        bool
            Both ends of its years count.
        """
        return (self.first_year or year) <= year <= (self.last_year or year)


@cache
def all_codes() -> tuple[MarkCode, ...]:
    """Which codes were there ever?

    Returns
    -------
    tuple of MarkCode
        One a code and span of years with one meaning.
    """
    return tuple(
        MarkCode(
            code=row["code"],
            group=row["group"],
            kind=row["kind"],
            label=row["label"],
            first_year=row["first_year"] or None,
            last_year=row["last_year"] or None,
            verified=row["verified"] == "yes",
            source=row["source"],
        )
        for row in rows("attendance_codes")
    )


def codes(year: object) -> tuple[MarkCode, ...]:
    """Which codes were in use in a year?

    Parameters
    ----------
    year : object
        Academic year, any form that ``years.parse`` reads.

    Returns
    -------
    tuple of MarkCode
        Each code once.

    Examples
    --------
    >>> [each.kind for each in codes("202324") if each.code in {"J", "J1"}]
    ['approved']
    >>> [each.kind for each in codes("202425") if each.code in {"J", "J1"}]
    ['authorised']
    """
    when = years.parse(year)
    return tuple(each for each in all_codes() if each.in_use(when))


def mark(code: object, year: object) -> MarkCode:
    """What does this mark stand for in this year?

    Parameters
    ----------
    code : object
        As written; blanks around it and lower case are forgiven.
    year : object
        Academic year, any form that ``years.parse`` reads.

    Returns
    -------
    MarkCode
        Its meaning.

    Raises
    ------
    DataError
        Where there is no such code, or not in that year.

    Examples
    --------
    >>> mark("i", "202324").group, mark("X", "202021").kind
    ('illness', 'covid')
    """
    when, wanted = years.parse(year), str(code).strip().upper()
    there = [each for each in all_codes() if each.code == wanted]
    for each in there:
        if each.in_use(when):
            return each
    if there:
        raise DataError(_other_years(there, when))
    known = " ".join(each.code for each in codes(when))
    raise DataError(f"'{code}' is no attendance code. In {years.label(when)} there are: {known}")


def groups(year: object) -> dict[str, str]:
    """Which reason groups does a year have, and of which kind is each?

    Parameters
    ----------
    year : object
        Academic year, any form that ``years.parse`` reads.

    Returns
    -------
    dict of str to str
        Group to kind; a group has one kind in any one year.
    """
    return {each.group: each.kind for each in codes(year)}


def _other_years(there: list[MarkCode], year: str) -> str:
    spans = []
    for each in there:
        first = f"from {years.label(each.first_year)}" if each.first_year else ""
        last = f"to {years.label(each.last_year)}" if each.last_year else ""
        spans.append(" ".join(part for part in (first, last) if part))
    label = f"{there[0].code} ({there[0].label})"
    return f"Attendance code {label} was in use {' and '.join(spans)}, not in {years.label(year)}."
