"""Extracts of the National Pupil Database: term and year stand in the headers, ``_SPR14``, ``_ab17``.

One column a term and year becomes one row; the year is the one in which the academic year ends.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from afa_eval.codes import years
from afa_eval.data.raw import RawTable
from afa_eval.data.written import Written

CENSUS = re.compile(r"(.+)_(AUT|SPR|SUM)(\d\d)", re.IGNORECASE)
SESSIONS = re.compile(
    r"(SessionsPossible|AuthorisedAbsence|UnauthorisedAbsence|OverallAbsence)_([A-Za-z0-9]+)_ab(\d\d)", re.IGNORECASE
)
PARTS = {"autumn": "Autumn", "spring": "Spring", "summer": "Summer", "summer6th": "half-term 6"}
WHOLE = ("6halfterms", "3term", "annual")
TERMS = {"AUT": "Autumn", "SPR": "Spring", "SUM": "Summer"}
FIRST_TWO_DIGITS = 90  # of a year before 2000
Group = tuple[str, str]


def unfolded(raw: RawTable) -> RawTable:
    """Which rows does an extract hold whose headers name term and year?

    Parameters
    ----------
    raw : RawTable
        Any file.

    Returns
    -------
    RawTable
        With the columns ``term`` and ``year``; unchanged where headers name neither, or a column
        of that name stands beside them.
    """
    groups: dict[Group, dict[str, int]] = {}
    fixed: dict[str, int] = {}
    for position, header in enumerate(raw.headers):
        stem, group = _parted(header)
        if group is None:
            fixed.setdefault(header, position)
        else:
            groups.setdefault(group, {}).setdefault(stem, position)
    if not raw.readable or not groups or {"year", "term"} & {name.casefold() for name in fixed}:
        return raw
    chosen = _without_totals(groups)
    names = list(dict.fromkeys(stem for group in chosen for stem in chosen[group]))
    once = {stem: where for stem in names if (where := _only(groups, stem)) is not None and len(chosen) > 1}
    blocks = [_block(raw, group, chosen[group], fixed, names, once) for group in chosen]
    columns = tuple(Written.joined([block[i] for block in blocks]) for i in range(len(blocks[0])))
    rows = np.concatenate([raw.rows for _ in chosen]) if chosen else raw.rows
    order = np.argsort(rows, kind="stable")
    headers = (*fixed, *names, "term", "year")
    return replace(raw, headers=headers, columns=tuple(column.take(order) for column in columns), rows=rows[order])


def _parted(header: str) -> tuple[str, Group | None]:
    sessions = SESSIONS.fullmatch(header.strip())
    if sessions:
        return sessions[1], (sessions[2].casefold(), _year(sessions[3]))
    census = CENSUS.fullmatch(header.strip())
    if census:
        return census[1], (TERMS[census[2].upper()].casefold(), _year(census[3]))
    return header, None


def _year(digits: str) -> str:
    century = 1900 if int(digits) >= FIRST_TWO_DIGITS else 2000
    return years.parse(str(century + int(digits)), year_means="end")


def _without_totals(groups: dict[Group, dict[str, int]]) -> dict[Group, dict[str, int]]:
    """Terms where there are terms; the whole year only where it stands alone."""
    found: dict[Group, dict[str, int]] = {}
    for year in dict.fromkeys(year for _, year in groups):
        mine = {term: columns for (term, of), columns in groups.items() if of == year}
        parts = {term: columns for term, columns in mine.items() if term in PARTS}
        whole = next(({term: mine[term]} for term in WHOLE if term in mine), mine)
        found.update({(term, year): columns for term, columns in (parts or whole).items()})
    return found


def _only(groups: dict[Group, dict[str, int]], stem: str) -> int | None:
    """The one column of a name that stands for all terms, such as the pupil's reference."""
    places = [columns[stem] for columns in groups.values() if stem in columns]
    return places[0] if len(places) == 1 and "matchingref" in stem.casefold() else None


def _block(
    raw: RawTable, group: Group, columns: dict[str, int], fixed: dict[str, int], names: list[str], once: dict[str, int]
) -> list[Written]:
    n = len(raw.rows)
    blank = Written.same("", n)
    own = {**once, **columns}
    cells = [raw.columns[position] for position in fixed.values()]
    cells += [raw.columns[own[name]] if name in own else blank for name in names]
    term, year = group
    return [*cells, Written.same(PARTS.get(term, ""), n), Written.same(year, n)]
