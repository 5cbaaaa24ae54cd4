"""Is it clear which sheet of a workbook is meant?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import QUERY, Problem, check, from_notes
from afa_eval.data.handed import Handed


@check("AFA106", QUERY)
def sheet_is_named(handed: Handed) -> Iterator[Problem]:
    """Is it clear which sheet of a workbook is meant?"""
    for part, detail, _, _ in from_notes(handed, "several sheets"):
        yield Problem(
            message=f"The workbook has several sheets ({detail}); '{part.raw.sheet}' was read.",
            fix=f'Name the sheet in the plan: "{part.raw.file}#{part.raw.sheet}".',
            table=part.table,
            part=part,
        )
