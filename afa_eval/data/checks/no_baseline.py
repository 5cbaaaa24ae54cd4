"""Has every pupil a baseline?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import QUERY, Problem, check
from afa_eval.data.handed import Handed
from afa_eval.data.needed import Place, places

FIX = "Add the scores if they exist; otherwise the book says how many were left out."


@check("AFA601", QUERY)
def pupils_have_a_baseline(handed: Handed) -> Iterator[Problem]:
    """Has every pupil a baseline?"""
    needs = [need for need in handed.needs if need.kind == "score" and "baseline" in need.role.casefold()]
    for column in dict.fromkeys(need.column for need in needs):
        for place in places(handed, column):
            blank, absent = int(place.blank.sum()), _without_row(handed, place)
            if not place.values[place.where].notna().any() or not blank + absent:
                continue
            rows = f" ({absent:,} of them have no row in this file)" if absent else ""
            yield Problem(
                message=f"{blank + absent:,} of {int(place.where.sum()) + absent:,} pupils have no score in {column} "
                f"(the baseline){rows}; their progress cannot be measured.",
                fix=FIX,
                table=place.table,
                column=place.column,
                where=place.blank if blank else None,
                part=place.part,
                header=place.header,
                together=True,
            )


def _without_row(handed: Handed, place: Place) -> int:
    """How many pupils of the pupils table have no row where the baseline stands?"""
    pupils, scores = handed.tables.get("pupils"), handed.tables[place.table]
    if pupils is None or pupils is scores or not pupils.has("pupil_id") or not scores.has("pupil_id"):
        return 0
    codes, distinct = scores.coded("pupil_id")
    there = {distinct[code] for code in set(codes[place.where].tolist()) if code >= 0}
    return len(set(pupils.coded("pupil_id")[1]) - there)
