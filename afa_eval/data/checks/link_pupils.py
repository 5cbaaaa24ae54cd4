"""Is every pupil of the other tables in the pupils table?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from afa_eval.data.checks.base import ERROR, QUERY, Problem, check
from afa_eval.data.handed import Handed


@check("AFA501", QUERY)
def pupils_are_listed(handed: Handed) -> Iterator[Problem]:
    """Is every pupil of the other tables in the pupils table?"""
    pupils = handed.tables.get("pupils")
    if pupils is None or not pupils.has("pupil_id"):
        return
    listed = set(pupils.identifiers("pupil_id").texts)
    for name in ("attainment", "attendance", "responses"):
        table = handed.tables.get(name)
        if table is None or not table.has("pupil_id"):
            continue
        own = table.identifiers("pupil_id")
        there = np.fromiter(map(listed.__contains__, own.texts), dtype=bool, count=len(own.texts))
        unlisted = np.append(~there, False)  # the last place is that of -1
        where = unlisted[own.codes]
        if own.texts and unlisted[:-1].all():
            yield Problem(
                message=f"Not one pupil of the {name} table is in the pupils table.",
                fix="Both files must name pupils in the same way (both UPN, or both the same pseudonym).",
                table=name,
                column="pupil_id",
                where=where,
                severity=ERROR,
                together=True,
            )
        elif where.any():
            yield Problem(
                message="In {rows} the pupil is not in the pupils table, so nothing is known of SEN or year group.",
                fix="Add these pupils to the pupils table, or leave the rows: they count for all pupils at most.",
                table=name,
                column="pupil_id",
                where=where,
                together=True,
            )
