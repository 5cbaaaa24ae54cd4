"""Does every row say which pupil, school, year or wave it is about?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import QUERY, Problem, check
from afa_eval.data.handed import Handed

ABOUT = {
    "pupils": ("pupil_id", "urn", "year"),
    "attainment": ("pupil_id",),
    "attendance": ("pupil_id", "urn", "year"),
    "responses": ("urn", "wave"),
}
NOUN = {"pupil_id": "pupil identifier", "urn": "school", "year": "academic year", "wave": "wave"}


@check("AFA210")
def rows_say_what_they_are_about(handed: Handed) -> Iterator[Problem]:
    """Does every row say which pupil, school, year or wave it is about?"""
    for name, table in handed.tables.items():
        for column in ABOUT[name]:
            where = table.blank(column)
            if where.any():
                yield Problem(
                    message=f"No {NOUN[column]} in this row.",
                    fix="Fill it in, or delete the row (a total or a note below the table, perhaps).",
                    table=name,
                    column=column,
                    where=where,
                    severity=QUERY if (name, column) == ("responses", "urn") else "",
                )
