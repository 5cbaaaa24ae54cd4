"""Does every row say which pupil it is about?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import Problem, check
from afa_eval.data.handed import Handed


@check("AFA210")
def rows_name_their_pupil(handed: Handed) -> Iterator[Problem]:
    """Does every row say which pupil it is about?"""
    for name, table in handed.tables.items():
        if name == "responses" or not table.has("pupil_id"):
            continue
        where = table.blank("pupil_id")
        if where.any():
            yield Problem(
                message="No pupil identifier in this row.",
                fix="Fill in the pupil's identifier, or delete the row (a total or a note below the table, perhaps).",
                table=name,
                column="pupil_id",
                where=where,
            )
