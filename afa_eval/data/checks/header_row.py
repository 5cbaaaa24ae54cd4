"""Do the headers stand in row 1?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import QUERY, Problem, check, from_notes
from afa_eval.data.handed import Handed


@check("AFA201", QUERY)
def headers_are_in_row_1(handed: Handed) -> Iterator[Problem]:
    """Do the headers stand in row 1?"""
    for part, detail, _, _ in from_notes(handed, "header row"):
        row = int(detail)
        yield Problem(
            message=f"The headers stand in row {row}; what is above them was left out.",
            fix=f"Check that row {row} holds the headers, and delete the rows above it.",
            table=part.table,
            part=part,
            rows=(row,),
        )
