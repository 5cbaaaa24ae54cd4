"""Is every mark of the register a code of its year?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import Problem, check, from_notes
from afa_eval.data.handed import Handed


@check("AFA306")
def marks_are_attendance_codes(handed: Handed) -> Iterator[Problem]:
    """Is every mark of the register a code of its year?"""
    for kind in ("mark code",):
        for part, detail, rows, column in from_notes(handed, kind):
            message, fix, value = detail.split("\n")
            yield Problem(message=message, fix=fix, part=part, header=column, value=value, rows=rows)
