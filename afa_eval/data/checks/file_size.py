"""Is the file small enough to read as text?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import Problem, check, from_notes
from afa_eval.data.handed import Handed


@check("AFA104")
def file_can_be_held(handed: Handed) -> Iterator[Problem]:
    """Is the file small enough to read as text?"""
    for part, detail, _, _ in from_notes(handed, "too large"):
        yield Problem(
            message=f"This file has {detail}, more than is read as a table.",
            fix="Export fewer columns, years or schools; only a register of marks may be of any length.",
            table=part.table,
            part=part,
        )
    for part, detail, _, _ in from_notes(handed, "long line"):
        yield Problem(
            message=f"A line of this file is longer than {detail} characters: it is no table.",
            fix="Export it again as CSV with one line a row.",
            table=part.table,
            part=part,
        )
