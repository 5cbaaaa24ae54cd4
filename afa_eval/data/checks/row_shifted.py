"""Has a comma in a name shifted a row?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import ALIKE, QUERY, Problem, check, from_notes
from afa_eval.data.handed import Handed


@check("AFA213", QUERY)
def names_have_no_commas(handed: Handed) -> Iterator[Problem]:
    """Has a comma in a name shifted a row?"""
    for part, _, rows, _ in from_notes(handed, "shifted row"):
        for group in [rows] if len(rows) > ALIKE else [(row,) for row in rows]:
            yield Problem(
                message="A comma in a name had shifted this row; it was put right, as there is only one way to do it.",
                fix="Look at the row once; nothing need be done if it is as it should be.",
                table=part.table,
                part=part,
                rows=group,
            )
