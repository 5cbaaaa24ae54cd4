"""Is every file that the plan names there?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import Problem, check, from_notes
from afa_eval.data.handed import Handed


@check("AFA101")
def file_is_there(handed: Handed) -> Iterator[Problem]:
    """Is every file that the plan names there?"""
    for part, detail, _, _ in from_notes(handed, "missing"):
        yield Problem(
            message=f"There is no file '{part.raw.file}'.",
            fix=f"{detail} Paths in the plan are relative to the plan's folder.".strip(),
            table=part.table,
            part=part,
        )
