"""Is every quotation mark closed?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import Problem, check, from_notes
from afa_eval.data.handed import Handed


@check("AFA107")
def quotes_are_closed(handed: Handed) -> Iterator[Problem]:
    """Is every quotation mark closed?"""
    for part, _, rows, _ in from_notes(handed, "open quote"):
        yield Problem(
            message='A quotation mark (") opens in this row and is never closed, so the rest of the file is lost.',
            fix="Remove the quotation mark, or close it, in this row.",
            table=part.table,
            part=part,
            rows=rows,
        )
