"""Has every row as many cells as there are headers?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import ALIKE, QUERY, Problem, check, from_notes
from afa_eval.data.handed import Handed


@check("AFA206")
def rows_fit_the_headers(handed: Handed) -> Iterator[Problem]:
    """Has every row as many cells as there are headers?"""
    for part, width, rows, _ in from_notes(handed, "long row"):
        for group in [rows] if len(rows) > ALIKE else [(row,) for row in rows]:
            yield Problem(
                message=f"More cells than the {width} headers, so the cells have moved to the right.",
                fix="Most often a name or a comment has a comma in it: put it in quotation marks, or take the comma out.",
                table=part.table,
                part=part,
                rows=group,
            )
    for part, width, rows, _ in from_notes(handed, "short row"):
        yield Problem(
            message=f"Fewer cells than the {width} headers; the missing ones were read as blank.",
            fix="Check the end of these rows; a file that was cut off ends like this.",
            table=part.table,
            part=part,
            rows=rows,
            severity=QUERY,
        )
