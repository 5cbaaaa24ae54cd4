"""Has every pupil a baseline?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from afa_eval.codes import years
from afa_eval.data.checks.base import QUERY, Problem, check
from afa_eval.data.columns import Mask
from afa_eval.data.handed import Handed, HandedTable
from afa_eval.data.needed import Place, places

FIX = "Add the scores if they exist; otherwise the book says how many were left out."


@check("AFA601", QUERY)
def pupils_have_a_baseline(handed: Handed) -> Iterator[Problem]:
    """Has every pupil a baseline?"""
    needs = [need for need in handed.needs if need.kind == "score" and "baseline" in need.role.casefold()]
    for column, year in dict.fromkeys((need.column, need.year) for need in needs):
        there = _on_roll(handed, year)
        for place in places(handed, column):
            about = place.where & _of(handed.tables[place.table], there, year)
            blank, absent = place.blank & about, _without_row(handed, place, there)
            if not place.values[place.where].notna().any() or not int(blank.sum()) + absent:
                continue
            yield _problem(place, column, blank, absent, int(about.sum()) + absent, year if there is not None else "")


def _problem(place: Place, baseline: str, blank: Mask, absent: int, pupils: int, year: str) -> Problem:
    rows = f" ({absent:,} of them {'has' if absent == 1 else 'have'} no row in this file)" if absent else ""
    who = f"pupils on roll in {years.label(year)}" if year else "pupils"
    lacking = int(blank.sum()) + absent
    return Problem(
        message=f"{lacking:,} of {pupils:,} {who} {'has' if lacking == 1 else 'have'} no score in {baseline} "
        f"(the baseline){rows}; their progress cannot be measured.",
        fix=FIX,
        table=place.table,
        column=place.column,
        where=blank if blank.any() else None,
        part=place.part,
        header=place.header,
        together=True,
    )


def _on_roll(handed: Handed, year: str) -> set[object] | None:
    """Who was on roll in a year? None where the pupils table does not tell."""
    pupils = handed.tables.get("pupils")
    if pupils is None or not year or not pupils.has("pupil_id") or not pupils.has("year"):
        return None
    codes, distinct = pupils.coded("pupil_id")
    rows = (pupils.values("year") == year).to_numpy(dtype=bool) & (codes >= 0)
    return {distinct[code] for code in set(codes[rows].tolist())} or None


def _of(table: HandedTable, there: set[object] | None, year: str) -> Mask:
    """Which rows are about pupils on roll then? Of a table with a row a pupil and year, those of that year."""
    if there is None or not table.has("pupil_id"):
        return np.ones(table.n, dtype=bool)
    if table.table == "pupils":
        return (table.values("year") == year).to_numpy(dtype=bool)
    codes, distinct = table.coded("pupil_id")
    member = np.array([*(each in there for each in distinct), False], dtype=bool)  # the last place is that of -1
    return member[codes]


def _without_row(handed: Handed, place: Place, there: set[object] | None) -> int:
    """How many pupils of the pupils table have no row where the baseline stands?"""
    pupils, scores = handed.tables.get("pupils"), handed.tables[place.table]
    if pupils is None or pupils is scores or not pupils.has("pupil_id") or not scores.has("pupil_id"):
        return 0
    codes, distinct = scores.coded("pupil_id")
    listed = {distinct[code] for code in set(codes[place.where].tolist()) if code >= 0}
    return len((set(pupils.coded("pupil_id")[1]) if there is None else there) - listed)
