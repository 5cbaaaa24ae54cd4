"""Is every school of the other tables in the pupils table?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from afa_eval.data.checks.base import QUERY, Problem, check
from afa_eval.data.handed import Handed


@check("AFA502", QUERY)
def schools_are_listed(handed: Handed) -> Iterator[Problem]:
    """Is every school of the other tables in the pupils table?"""
    pupils = handed.tables.get("pupils")
    if pupils is None or not pupils.has("urn"):
        return
    listed = set(pupils.coded("urn")[1])
    for name in ("attendance", "responses"):
        table = handed.tables.get(name)
        if table is None or not table.has("urn"):
            continue
        codes, distinct = table.coded("urn")
        where = codes >= 0
        where[where] = np.array([each not in listed for each in distinct], dtype=bool)[codes[where]]
        if where.any():
            yield Problem(
                message="School {value} has no pupil in the pupils table; it stands in {rows} of this file.",
                fix="Check the school's number in both files.",
                table=name,
                column="urn",
                where=where,
                together=True,
            )
