"""Does the workbook have the sheet that the plan names?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import Problem, check, from_notes
from afa_eval.data.handed import Handed


@check("AFA105")
def sheet_is_there(handed: Handed) -> Iterator[Problem]:
    """Does the workbook have the sheet that the plan names?"""
    for part, detail, _, _ in from_notes(handed, "sheet missing"):
        yield Problem(message=f"The workbook has no sheet '{part.raw.sheet}'.", fix=detail, table=part.table, part=part)
