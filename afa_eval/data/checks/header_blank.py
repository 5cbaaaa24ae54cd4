"""Has every column a header?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import QUERY, Problem, check, from_notes
from afa_eval.data.handed import Handed


@check("AFA202", QUERY)
def columns_have_headers(handed: Handed) -> Iterator[Problem]:
    """Has every column a header?"""
    for part, letter, _, _ in from_notes(handed, "blank header"):
        yield Problem(
            message=f"Column {letter} has cells but no header (merged header cells leave the others blank); it was left out.",
            fix=f"Write a header above column {letter}, or delete the column.",
            table=part.table,
            part=part,
            header=letter,
            rows=(part.raw.header_row,),
        )
