"""Has every pupil a baseline?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import QUERY, Problem, check
from afa_eval.data.handed import Handed
from afa_eval.data.needed import places


@check("AFA601", QUERY)
def pupils_have_a_baseline(handed: Handed) -> Iterator[Problem]:
    """Has every pupil a baseline?"""
    needs = [need for need in handed.needs if need.kind == "score" and "baseline" in need.role.casefold()]
    for column in dict.fromkeys(need.column for need in needs):
        for place in places(handed, column):
            where = place.where & place.blank
            if where.any() and not where.all():
                yield Problem(
                    message=f"{where.sum():,} of {place.where.sum():,} pupils have no score in {column} (the baseline); "
                    "their progress cannot be measured.",
                    fix="Add the scores if they exist; otherwise the book says how many were left out.",
                    table=place.table,
                    column=place.column,
                    where=where,
                    together=True,
                )
