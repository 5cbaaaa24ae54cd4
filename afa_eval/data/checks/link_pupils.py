"""Is every pupil of the other tables in the pupils table?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import ERROR, QUERY, Problem, check
from afa_eval.data.handed import Handed


@check("AFA501", QUERY)
def pupils_are_listed(handed: Handed) -> Iterator[Problem]:
    """Is every pupil of the other tables in the pupils table?"""
    pupils = handed.tables.get("pupils")
    if pupils is None or not pupils.has("pupil_id"):
        return
    listed = pupils.frame["pupil_id"].dropna().unique()
    for name in ("attainment", "attendance", "responses"):
        table = handed.tables.get(name)
        if table is None or not table.has("pupil_id"):
            continue
        known = table.frame["pupil_id"].isin(listed)
        given = table.frame["pupil_id"].notna()
        where = (given & ~known).to_numpy(dtype=bool)
        if where.any() and not known.any():
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
                message="This pupil is not in the pupils table, so nothing is known of SEN or year group.",
                fix="Add the pupil to the pupils table, or leave the row: it counts for all pupils at most.",
                table=name,
                column="pupil_id",
                where=where,
            )
