"""Is every mark of the register a code of its year?"""

from __future__ import annotations

from collections.abc import Iterator

from afa_eval.data.checks.base import Problem, check
from afa_eval.data.checks.codes import about_marks
from afa_eval.data.handed import Handed


@check("AFA306")
def marks_are_attendance_codes(handed: Handed) -> Iterator[Problem]:
    """Is every mark of the register a code of its year?"""
    yield from about_marks(handed, "mark code")
